"""Behavioural tests: small sentences for which the right answer, or the right change, is known.

The idea is CheckList (Ribeiro, Wu, Guestrin & Singh, "Beyond Accuracy: Behavioral Testing of NLP
Models with CheckList", ACL 2020), implemented here. Three kinds of capability:

- *functionality*: a sentence that carries a device, or one that only looks like it;
- *invariance*: a change that must change nothing (names, quotes, accents, spacing…);
- *direction*: a change that must move one label's probability up or down.

The sentences are in ``classifier/resources/behaviour``. All people and events are invented.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Any, Literal

import msgspec

from classifier.evaluation.perturbations import PERTURBATIONS, fill, swaps
from classifier.records import Article, LabelScore
from classifier.schema import load_schema, resource_bytes
from classifier.scoring import Scorer

Kind = Literal["functionality", "invariance", "direction"]
BREAK = " || "
"""Between sentences of a case; the last one is judged."""
SURE = 0.95
"""A probability from which there is no room left to move further in that direction."""


class _Functionality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    label: str
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()


class _FunctionalityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    test: tuple[_Functionality, ...]


class _InvarianceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slots: dict[str, tuple[str, ...]]
    base: tuple[str, ...]
    translated: tuple[tuple[str, str], ...]


class _Direction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    label: str
    move: Literal["up", "down"]
    pairs: tuple[tuple[str, str], ...]


class _DirectionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    test: tuple[_Direction, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One behavioural test.

    Attributes:
        id: stable: capability and a hash of the texts.
        capability: ``frame``, ``accents dropped``, ``adding citant X``…
        texts: the sentence, or before and after the change.
        label: the label it is about; empty for all.
        expected: ``positive``, ``negative``, ``same``, ``up`` or ``down``.
        whole: whether the text is to be cut into sentences as running text.
    """

    kind: Kind
    capability: str
    texts: tuple[str, ...]
    label: str
    expected: str
    whole: bool = False

    @property
    def id(self) -> str:
        digest = hashlib.sha256("\x1f".join((self.expected, self.label, *self.texts)).encode())
        return f"{self.kind}/{self.capability}/{digest.hexdigest()[:10]}"


@dataclass(frozen=True, slots=True)
class Result:
    """What a model did with a case.

    Attributes:
        probabilities: of the case's label (or of the one that changed most) in each text.
        label: which label that is.
    """

    case: Case
    passed: bool
    label: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Capability:
    """All results of one capability."""

    kind: Kind
    name: str
    cases: int
    failed: int
    failures: tuple[Result, ...]

    @property
    def rate(self) -> float:
        """The share of failed cases."""
        return self.failed / self.cases

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the rate, 95 %."""
        return wilson(self.failed, self.cases)


@dataclass(frozen=True, eq=False)
class Behaviour:
    """The whole suite on one model."""

    results: tuple[Result, ...]

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """The capabilities in the order of the suite."""
        found: dict[tuple[Kind, str], list[Result]] = {}
        for result in self.results:
            found.setdefault((result.case.kind, result.case.capability), []).append(result)
        return tuple(
            Capability(
                kind,
                name,
                len(results),
                sum(not one.passed for one in results),
                tuple(one for one in results if not one.passed),
            )
            for (kind, name), results in found.items()
        )

    @property
    def failed(self) -> frozenset[str]:
        """The ids of the cases that failed."""
        return frozenset(one.case.id for one in self.results if not one.passed)

    def as_dict(self, examples: int = 5) -> dict[str, Any]:
        """Return plain values, with some failures of each capability."""
        return {
            "cases": len(self.results),
            "failed": len(self.failed),
            "failed_ids": sorted(self.failed),
            "capabilities": [
                {
                    "kind": one.kind,
                    "name": one.name,
                    "cases": one.cases,
                    "failed": one.failed,
                    "rate": one.rate,
                    "low": one.interval[0],
                    "high": one.interval[1],
                    "examples": [
                        {
                            "texts": list(result.case.texts),
                            "expected": result.case.expected,
                            "label": result.label,
                            "probabilities": list(result.probabilities),
                        }
                        for result in one.failures[:examples]
                    ],
                }
                for one in self.capabilities
            ],
        }


def wilson(hits: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share (Wilson, *JASA* 22, 1927); (0, 1) for a count of 0."""
    if not count:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count**2)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


@cache
def load_cases() -> tuple[Case, ...]:
    """Return every case of the suite, in a fixed order."""
    cases: list[Case] = []
    first = msgspec.toml.decode(
        resource_bytes("behaviour/functionality.toml"), type=_FunctionalityFile
    )
    for test in first.test:
        for expected, texts in (("positive", test.positive), ("negative", test.negative)):
            cases += [
                Case("functionality", test.name, (text,), test.label, expected) for text in texts
            ]
    cases += _invariances()
    third = msgspec.toml.decode(resource_bytes("behaviour/direction.toml"), type=_DirectionFile)
    for move in third.test:
        cases += [Case("direction", move.name, pair, move.label, move.move) for pair in move.pairs]
    return tuple({case.id: case for case in cases}.values())


def _invariances() -> Iterable[Case]:
    file = msgspec.toml.decode(resource_bytes("behaviour/invariance.toml"), type=_InvarianceFile)
    for number, base in enumerate(file.base):
        plain = fill(base, file.slots)
        for slot, changed in swaps(base, file.slots, start=number):
            yield Case("invariance", slot, (plain, changed), "", "same")
        for name, perturbation in PERTURBATIONS.items():
            changed = perturbation.change(plain)
            if changed != plain:
                yield Case("invariance", name, (plain, changed), "", "same", perturbation.whole)
    for natural, translated in file.translated:
        yield Case("invariance", "machine-translation French", (natural, translated), "", "same")


def label_text(scorer: Scorer, text: str, *, whole: bool = False) -> Mapping[str, LabelScore]:
    """Return the labels of a case's last sentence.

    Args:
        text: sentences apart by :data:`BREAK`.
        whole: score running text, cut into sentences by the project's own segmenter.
    """
    parts = tuple(text.split(BREAK))
    if whole:
        article = Article(id="case", text=" ".join(parts))
    else:
        article = Article(id="case", text="\n".join(parts), sentences=parts)
    scored = [one for one in scorer.score(article).sentences if one.sentence.kind != "credit"]
    return scored[-1].labels if scored else {}


def run_behaviour(
    scorer: Scorer,
    cases: Sequence[Case] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Behaviour:
    """Run cases, by default the whole suite, on a model."""
    chosen = load_cases() if cases is None else cases
    memory: dict[tuple[str, bool], Mapping[str, LabelScore]] = {}

    def look(text: str, whole: bool) -> Mapping[str, LabelScore]:
        if (text, whole) not in memory:
            memory[text, whole] = label_text(scorer, text, whole=whole)
        return memory[text, whole]

    results = []
    for number, case in enumerate(chosen):
        # What stood before the change is always cut as it was written.
        found = [
            look(text, case.whole and position == len(case.texts) - 1)
            for position, text in enumerate(case.texts)
        ]
        results.append(judge_case(case, found))
        if progress is not None:
            progress(number + 1, len(chosen))
    return Behaviour(tuple(results))


def judge_case(case: Case, found: Sequence[Mapping[str, LabelScore]]) -> Result:
    """Judge one case by the labels of each of its texts.

    A direction is kept when the probability moves that way at all; it also is when it was and
    stays beyond :data:`SURE`, where there is no room to move.
    """
    if not all(found):
        return Result(case, False, case.label, ())
    if case.expected in ("positive", "negative"):
        label = found[0][case.label]
        passed = label.positive == (case.expected == "positive")
        return Result(case, passed, case.label, (label.probability,))
    before, after = found
    if case.expected == "same":
        names = load_schema().names
        flipped = [name for name in names if before[name].positive != after[name].positive]
        most = max(
            flipped or names, key=lambda n: abs(after[n].probability - before[n].probability)
        )
        pair = (before[most].probability, after[most].probability)
        return Result(case, not flipped, most, pair)
    p, q = before[case.label].probability, after[case.label].probability
    if case.expected == "down":
        p, q = 1 - p, 1 - q
    kept = q > p or min(p, q) >= SURE
    shown = (before[case.label].probability, after[case.label].probability)
    return Result(case, kept, case.label, shown)
