"""Does an article's chain or a signal change when names change places that should not matter?

In real articles, capitals of opposed sides are exchanged, and outlets, and agencies: every signal
and the shape of the chain (how many hands, who relays whom, which kinds of origin) should stay. In
templates, a source that cites one more makes the chain longer by exactly one, and it matters not
which of two speakers speaks.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.corpus.dataset import annotated_sources, load_gold
from classifier.corpus.splits import read_splits
from classifier.evaluation.neutrality import load_actors
from classifier.records import Article, ArticleScore
from classifier.scoring import Scorer
from classifier.statistics import Clusters, Interval, Resamples

OUTLETS = (
    ("Libération", "Ouest-France"),
    ("Mediapart", "Politico"),
    ("Reuters", "Interfax"),
    ("Sky News", "BFMTV"),
)
"""Pairs of one kind, which take no article and are nobody's name: the grammar stays whole."""

TOLERANCE = 0.01
"""What a signal may move by: less is not seen in any output."""

RELAYS = (
    "La base fermera en mars, rapporte {0}.",
    "La base fermera en mars, a rapporté mardi {0}.",
    "Selon {0}, la base fermera en mars.",
    "D'après {0}, la base aurait été fermée.",
)
CITES = (
    "La base fermera en mars, rapporte {0}, citant {1}.",
    "La base fermera en mars, a rapporté mardi {0}, citant {1}.",
    "Selon {0}, qui cite {1}, la base fermera en mars.",
    "D'après {0}, citant {1}, la base aurait été fermée.",
)
"""The same with one hand more."""

SPEAKERS = (
    "Le ministre Paul Roux a dit à Reuters que le préfet Jean Vimont se trompait.",
    "Selon le ministre Paul Roux, le préfet Jean Vimont aurait menti.",
    "« Le préfet Jean Vimont ment », a déclaré à Libération le ministre Paul Roux.",
)
_WITHIN = r"(?<=[\w,;:»)] )[A-ZÉ][\w'’-]+ "
"""A capitalised word that does not begin a sentence, before a name: both are one."""
_REPLICATES = 1000
_SEED = 20261122


@dataclass(frozen=True)
class SwapFigures:
    """One property.

    Attributes:
        name: ``sides``, ``outlets``, ``cites`` or ``speakers``.
        cases: how many articles or sentences were tried.
        changed: share in which something changed that should not; interval over the cases.
        what: what changed, with counts; never text.
    """

    name: str
    cases: int
    changed: Interval
    what: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        one = self.changed
        ends = {"value": one.value, "low": one.low, "high": one.high, "reason": one.reason}
        return {"cases": self.cases, "changed": ends, "what": dict(self.what)}


def exchanger(pairs: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """Return a function that puts each name of a pair where the other stands."""
    other = {name: pair[1 - side] for pair in pairs for side, name in enumerate(pair)}
    listed = "|".join(map(re.escape, sorted(other, key=len)[::-1]))
    # *Washington Post* and *Ici Paris* are no capitals: a name may not be part of a longer one.
    names = re.compile(rf"({_WITHIN})?(?<![\w-])({listed})(?![\w-]| [A-ZÉ])")
    return lambda text: names.sub(
        lambda match: match[0] if match[1] else other[match[2]],
        text,
    )


def exchange_article(article: Article, change: Callable[[str], str]) -> Article | None:
    """Return the article with names exchanged; None where it holds none of them."""
    changed = replace(
        article,
        title=change(article.title),
        heading=change(article.heading),
        text=change(article.text),
        sentences=None if article.sentences is None else tuple(map(change, article.sentences)),
    )
    return None if changed == article else changed


def chain_shape(score: ArticleScore) -> tuple[Any, ...]:
    """Return what of a chain does not depend on names or their order: figures, kinds of origin,
    and how many hands pass how many on."""
    chain = score.chain
    if chain is None:
        return ()
    kinds = sorted(claim.kind for claim in chain.claims)
    passed_on = Counter(edge.carrier for edge in chain.edges)
    return sorted(passed_on.values()), kinds, chain.depth, chain.origins, chain.unnamed


def differences(one: ArticleScore, other: ArticleScore) -> list[str]:
    """Return the signals that differ by more than TOLERANCE, and ``chain`` if its shape does."""
    pairs = zip(one.signals, other.signals, strict=True)
    found = [
        a.name
        for a, b in pairs
        if not np.isclose(a.value, b.value, rtol=0, atol=TOLERANCE, equal_nan=True)
    ]
    return [*found, *(["chain"] if chain_shape(one) != chain_shape(other) else [])]


def articles_of_test(data: Path) -> list[Article]:
    """Return the annotated articles of the test part.

    Raises:
        DataError: no gold, no splits, or a text that is not here.
    """
    keys = set(read_splits(data / "splits.json").keys("test"))
    gold = load_gold(data, annotated_sources(data))
    return [one.article for one in gold if one.document.key in keys]


def swap_articles(scorer: Scorer, articles: Sequence[Article]) -> list[SwapFigures]:
    """Exchange capitals of opposed sides, and outlets, in every article that names one."""
    sides = [pair for kind in load_actors()[0] if kind.in_text for pair in kind.pairs]
    found = []
    for name, pairs in (("sides", sides), ("outlets", OUTLETS)):
        change = exchanger(pairs)
        tried = [(one, exchange_article(one, change)) for one in articles]
        found.append(
            summarise(
                name,
                [differences(scorer.score(a), scorer.score(b)) for a, b in tried if b is not None],
            )
        )
    return found


def swap_templates(scorer: Scorer) -> list[SwapFigures]:
    """Lengthen chains by *citant X*, and exchange who speaks with whom he speaks of."""
    names = [name for pair in OUTLETS for name in pair]

    def depth(text: str) -> int:
        chain = scorer.score(Article("template", text, publisher="Info Rivage")).chain
        return 0 if chain is None else chain.depth

    longer = [
        [] if depth(long.format(a, b)) == depth(short.format(a)) + 1 else ["depth"]
        for short, long in zip(RELAYS, CITES, strict=True)
        for a, b in itertools.permutations(names, 2)
    ]
    turn = exchanger([("ministre Paul Roux", "préfet Jean Vimont")])
    speakers = [
        differences(scorer.score(Article("a", text)), scorer.score(Article("a", turn(text))))
        for text in SPEAKERS
    ]
    return [summarise("cites", longer), summarise("speakers", speakers)]


def summarise(name: str, cases: Sequence[Sequence[str]]) -> SwapFigures:
    """Return the share of cases with any difference; NaN where there is no case.

    With no difference at all a resample shows no uncertainty: the upper end is then
    ``1 - 0.025^(1/n)`` (Clopper & Pearson 1934).
    """
    what = Counter(itertools.chain.from_iterable(cases))
    changed = np.array([bool(one) for one in cases], dtype=np.float64)
    clusters = Clusters.of(map(str, range(len(cases))))
    if not len(cases):
        nan = float("nan")
        share = Interval(nan, nan, nan, 0.95, "percentile", 0, 0, 0, "no article names one of them")
    elif not changed.any():
        high = 1 - 0.025 ** (1 / len(cases))
        reason = f"none in {len(cases)}: the upper end is Clopper and Pearson's"
        share = Interval(0.0, 0.0, high, 0.95, "percentile", 0, 0, len(cases), reason)
    else:
        drawn = Resamples.draw(clusters, replicates=_REPLICATES, seed=_SEED)
        means = drawn.of_rows(lambda rows: [float(changed[rows].mean())])
        [share] = means.intervals(len(clusters), method="percentile")
    return SwapFigures(name, len(cases), share, what)


WORDS = {
    "sides": "articles in which capitals of opposed sides change places",
    "outlets": "articles in which outlets change places",
    "cites": "sentences to which *citant X* is added: other than one hand more",
    "speakers": "sentences in which two speakers change places",
}


def swap_table(figures: Iterable[SwapFigures]) -> str:
    """Return the figures as text, a line each."""
    lines = []
    for one in figures:
        ends = (
            "" if np.isnan(one.changed.low) else f" [{one.changed.low:.3f}, {one.changed.high:.3f}]"
        )
        what = ", ".join(f"{name} {count}" for name, count in one.what.items())
        said = f"{WORDS[one.name]}: {one.cases}, changed {one.changed.value:.3f}{ends}"
        lines.append(f"{said}{f' ({what})' if what else ''}")
    return "\n".join(lines) + "\n"
