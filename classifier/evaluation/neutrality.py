"""Does a label change when Moscow and Washington are swapped?

Pairs of actors in templates, and in real sentences that name one of them: the same words about the
other must get the same labels. A *flip* is a decision that changes; the *shift* of a pair is the
probability with its second actor minus that with its first, so that a shift away from 0 on average
over pairs of one kind favours a side. Intervals are over pairs (templates) or articles (real
sentences), which are what was drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import msgspec
import numpy as np

from classifier.corpus.annotations import AnnotatedArticle
from classifier.evaluation.behaviour import BREAK, label_text
from classifier.records import LabelScore
from classifier.schema import load_schema, resource_bytes
from classifier.scoring import Scorer
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

REPLICATES = 2000
SEED = 20261122
GOAL = 0.01
Shape = Literal["singular", "plural"]
_LONGER = re.compile(r"\w\W+[A-ZÉ][\w'’-]+ $")
"""Ends in a capitalised word that does not begin the sentence."""


class ActorKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pairs of one kind; ``sides`` says what the first and the second of each have in common."""

    name: str
    shape: Shape
    sides: tuple[str, str]
    pairs: tuple[tuple[str, str], ...]
    in_text: bool = False


class _NeutralityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    singular: tuple[str, ...]
    plural: tuple[str, ...]
    kind: tuple[ActorKind, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """One sentence about the first actor of a pair and the same about the second.

    Attributes:
        cluster: what was drawn: the pair, or the article.
        sides: the two texts; empty for real sentences of others, which a report may not quote.
        probabilities: (2, labels).
        flipped: (labels,) bool.
    """

    kind: str
    cluster: str
    pair: str
    sides: tuple[str, str]
    probabilities: FloatArray
    flipped: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Neutrality:
    """One set of swaps: ``templates`` or ``real sentences``.

    Attributes:
        flips: share of swaps with any flipped label.
        label_flips: label → share flipped.
        shifts: kind of pair (and ``all``) → label → mean of second minus first.
        examples: flipped swaps that may be quoted.
    """

    name: str
    swaps: int
    pairs: int
    flips: Interval
    label_flips: Mapping[str, Interval]
    shifts: Mapping[str, Mapping[str, Interval]]
    sides: Mapping[str, tuple[str, str]]
    examples: tuple[Swap, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""

        def plain(interval: Interval) -> dict[str, Any]:
            return {
                "value": interval.value,
                "low": interval.low,
                "high": interval.high,
                "reason": interval.reason,
            }

        return {
            "swaps": self.swaps,
            "pairs": self.pairs,
            "goal": GOAL,
            "flips": plain(self.flips),
            "label_flips": {name: plain(one) for name, one in self.label_flips.items()},
            "shifts": {
                kind: {
                    "sides": list(self.sides.get(kind, ())),
                    **{name: plain(one) for name, one in of_kind.items()},
                }
                for kind, of_kind in self.shifts.items()
            },
            "examples": [
                {"kind": one.kind, "texts": list(one.sides)} for one in self.examples[:10]
            ],
        }


@cache
def load_actors() -> tuple[tuple[ActorKind, ...], Mapping[Shape, tuple[str, ...]]]:
    """Return the kinds of pairs, and the templates by grammatical number."""
    file = msgspec.toml.decode(resource_bytes("behaviour/neutrality.toml"), type=_NeutralityFile)
    return file.kind, {"singular": file.singular, "plural": file.plural}


def place(template: str, first: str, second: str) -> str:
    """Put two actors into a template's ``{A}`` and ``{B}``; every sentence keeps its capital."""
    text = template.replace("{A}", first).replace("{B}", second)
    text = re.sub(r"\b([dD])e le ", r"\1u ", text)
    text = re.sub(r"\b([dD])e les ", r"\1es ", text)
    return BREAK.join(part[:1].upper() + part[1:] for part in text.split(BREAK))


def swap_templates(
    scorer: Scorer, *, progress: Callable[[int, int], None] | None = None
) -> list[Swap]:
    """Put every pair into every template of its number, both ways round."""
    kinds, templates = load_actors()
    total = sum(len(kind.pairs) * len(templates[kind.shape]) for kind in kinds)
    found = []
    for kind in kinds:
        for first, second in kind.pairs:
            for template in templates[kind.shape]:
                texts = (place(template, first, second), place(template, second, first))
                labels = [label_text(scorer, text) for text in texts]
                pair = f"{first} / {second}"
                found.append(_swap(kind.name, f"{kind.name}: {pair}", pair, texts, labels))
                if progress is not None:
                    progress(len(found), total)
    return found


def swap_sentences(
    scorer: Scorer,
    annotated: Sequence[AnnotatedArticle],
    quotable: Callable[[str], bool],
    *,
    most: int = 1500,
) -> list[Swap]:
    """Swap actors in real sentences that name exactly one of a pair, with the sentence before.

    Args:
        quotable: says of a source whether its text may stand in a report.
        most: how many sentences at most, taken evenly from all that qualify.
    """
    kinds, _ = load_actors()
    other = {
        name: (kind, pair, pair[1 - side])
        for kind in kinds
        if kind.in_text
        for pair in kind.pairs
        for side, name in enumerate(pair)
    }
    if not other:
        return []
    listed = "|".join(map(re.escape, sorted(other, key=len)[::-1]))
    # *Washington Post* and *Paris Match* are no capitals: a name may not be part of a longer one.
    names = re.compile(rf"(?<![\w-])(?:{listed})(?![\w-]| [A-ZÉ])")
    wanted = []
    for one in annotated:
        for before, target in pairwise((None, *one.sentences)):
            if target is None or target.kind == "credit":
                continue
            found_names = list(names.finditer(target.text))
            if len({match[0] for match in found_names}) == 1 and not any(
                _LONGER.search(target.text[: match.start()]) for match in found_names
            ):
                lead = before.text if before else ""
                wanted.append((one, lead, target.text, found_names[0][0]))
    step = max(1, -(-len(wanted) // most))
    found = []
    for one, lead, text, name in wanted[::step]:
        kind, pair, counterpart = other[name]
        changed = names.sub(counterpart, text)
        ordered = (text, changed) if name == pair[0] else (changed, text)
        start = " ".join(lead.split()) + BREAK if lead else ""
        texts = (start + ordered[0], start + ordered[1])
        labels = [label_text(scorer, each) for each in texts]
        shown = texts if quotable(one.document.source) else ("", "")
        found.append(_swap(kind.name, one.document.key, " / ".join(pair), shown, labels))
    return found


def _swap(
    kind: str,
    cluster: str,
    pair: str,
    texts: tuple[str, str],
    labels: Sequence[Mapping[str, LabelScore]],
) -> Swap:
    names = load_schema().names
    probabilities = np.array(
        [[side[name].probability if side else np.nan for name in names] for side in labels]
    )
    first, second = labels
    flipped = tuple(
        bool(first and second and first[name].positive != second[name].positive) for name in names
    )
    return Swap(kind, cluster, pair, texts, probabilities, flipped)


def summarise_swaps(name: str, swaps: Sequence[Swap]) -> Neutrality | None:
    """Return the shares and shifts of some swaps; None when there is none."""
    if not swaps:
        return None
    labels = load_schema().names
    sides = {kind.name: kind.sides for kind in load_actors()[0]}
    flips = np.array([[any(one.flipped), *one.flipped] for one in swaps], dtype=np.float64)
    shares = _means(flips, [one.cluster for one in swaps], bounded=True)
    shifts = {}
    for kind in ("all", *dict.fromkeys(one.kind for one in swaps)):
        chosen = [one for one in swaps if kind in ("all", one.kind)]
        moved = np.array([one.probabilities[1] - one.probabilities[0] for one in chosen])
        means = _means(moved, [one.cluster for one in chosen])
        shifts[kind] = dict(zip(labels, means, strict=True))
    return Neutrality(
        name,
        len(swaps),
        len({one.pair for one in swaps}),
        shares[0],
        dict(zip(labels, shares[1:], strict=True)),
        shifts,
        {kind: both for kind, both in sides.items() if kind in shifts},
        tuple(one for one in swaps if any(one.flipped) and one.sides[0]),
    )


def _means(values: FloatArray, clusters: Sequence[str], *, bounded: bool = False) -> list[Interval]:
    """Return the mean of each column (n, k) with a percentile interval over clusters.

    With no event at all a resample shows no uncertainty: a ``bounded`` share then gets the exact
    upper limit ``1 − 0.025^(1/clusters)`` (Clopper & Pearson 1934), clusters for trials.
    """
    parts = Clusters.of(clusters)
    resamples = Resamples.draw(parts, replicates=REPLICATES, seed=SEED)
    counts = np.concatenate([values, np.ones((len(values), 1))], axis=1)

    def measure(sums: FloatArray) -> FloatArray:
        return divide(sums[:, :-1], sums[:, -1:])

    found = list(resamples.of_counts(measure, counts).intervals(len(parts), method="percentile"))
    if bounded:
        high = 1 - 0.025 ** (1 / max(1, len(parts)))
        reason = f"none in {len(parts)} clusters: the upper end is Clopper and Pearson's"
        for k, one in enumerate(found):
            if one.value == 0:
                found[k] = Interval(
                    0.0, 0.0, high, one.level, one.method, one.replicates, 0, len(parts), reason
                )
    return found
