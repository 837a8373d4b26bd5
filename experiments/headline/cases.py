"""The tuning headlines, each read with its article, and how they are parted and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from classifier.article.carriers import CARRIER_FEATURES
from classifier.article.comparison import CarrierRule, Comparison, Headlines
from classifier.corpus.headlines import (
    HeadlineMark,
    HeadlinePair,
    join_headlines,
    load_articles,
    read_headlines,
)
from classifier.scoring import Scorer

OUTER, INNER = 10, 5
Array = NDArray[np.float64]
Truth = NDArray[np.bool_]
Describe = Callable[[Comparison], Mapping[str, float]]


@dataclass(frozen=True)
class Case:
    """An annotated headline, its article read once.

    Attributes:
        rows: (n_sentences, n_carrier_features).
        carries: (n_sentences,) whether readers marked the sentence.
    """

    mark: HeadlineMark
    pair: HeadlinePair
    read: Headlines
    rows: Array
    carries: Truth

    @property
    def group(self) -> str:
        """What must not be parted: the article, or the group of minimal pairs."""
        return self.mark.group or self.mark.key

    @property
    def real(self) -> bool:
        """Minimal pairs teach, but their shares are nobody's: thresholds come from real ones."""
        return self.mark.source != "written"


def read_cases(scorer: Scorer, data: Path = Path("data")) -> list[Case]:
    """Return the tuning headlines."""
    marks = read_headlines(data / "headlines" / "gold.jsonl")
    marks = [mark for mark in marks if mark.part == "tuning"]
    articles = load_articles([mark.source for mark in marks], data)
    blank = CarrierRule((0.0,) * (len(CARRIER_FEATURES) + 1), 0.0, 0.0)
    cases = []
    for mark, article in join_headlines(marks, articles):
        sentences = scorer.score(article).sentences
        spans = {one.sentence.index: one.sentence for one in sentences}
        read = Headlines(sentences)
        for pair in mark.pairs:
            compared = read.compare(pair.field, blank)
            if compared is None:
                continue
            carries = [
                any(
                    first < spans[unit.index].end and spans[unit.index].start < last
                    for first, last in pair.claims
                )
                for unit in compared.units
            ]
            cases.append(Case(mark, pair, read, np.array(compared.rows), np.array(carries)))
    return cases


def folds(cases: Sequence[Case], number: int) -> list[tuple[Array, Array]]:
    """Return places of headlines to fit on and to judge, articles whole."""
    groups = [case.group for case in cases]
    split = GroupKFold(number, shuffle=True, random_state=1)
    return list(split.split(groups, groups=groups))


def take(cases: Sequence[Case], places: Array) -> list[Case]:
    """Return the cases at these places."""
    return [cases[int(place)] for place in places]


def measure(
    cases: Sequence[Case], rule: CarrierRule, describe: Describe = lambda one: one.features
) -> tuple[tuple[str, ...], Array]:
    """Return the names of the features and the table (n_headlines, n_features)."""
    rows, names = [], ()
    for case in cases:
        compared = case.read.compare(case.pair.field, rule)
        assert compared is not None
        features = describe(compared)
        names = tuple(features)
        rows.append([features[name] for name in names])
    return names, np.array(rows)


def standardise(table: Array) -> tuple[Array, Array, Array]:
    """Return the table with mean 0 and deviation 1, the means and the deviations."""
    means, scales = table.mean(axis=0), table.std(axis=0)
    scales[scales < 1e-6] = 1.0
    return (table - means) / scales, means, scales


def log_loss(probabilities: Array, truth: Truth) -> float:
    """Return the mean log loss, in nats."""
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return float(-np.where(truth, np.log(clipped), np.log(1 - clipped)).mean())
