"""Which sentences of the body carry a headline's claim: a small logistic model over overlaps.

A sentence that restates a claim shares its plain words (*retrouvé mort*), one that is merely about
the same people shares its names; so the two are counted apart. Then how near a sentence comes to
the best one, where it stands, and whether it also takes up the other headline. The weights stand in
``resources/headline.json`` and were fitted on the sentences that readers marked as carrying the
claim (``experiments/headline/train.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

from classifier.article.passages import Body
from classifier.article.similarity import Words

CARRIER_FEATURES = (
    "whole",
    "core",
    "whole_of_best",
    "core_of_best",
    "both",
    "early",
    "place",
    "other",
    "few",
)
"""In the order of the weights."""

Row = tuple[float, ...]


class Overlap:
    """A headline's words among the sentences of a body, each list by the sentence's place.

    Attributes:
        whole: share of the headline's weight that the sentence carries, 0 to 1: its similarity.
        core: the same without names; of the names where there is nothing else.
        missing: share of the headline's weight that no sentence carries.
        names: how many of the headline's stems are names.
    """

    __slots__ = ("core", "missing", "names", "whole", "words")

    def __init__(self, words: Words, body: Body) -> None:
        self.words = words
        index = body.index
        named = {word for word in words.weights if word in words.names or index.has_name(word)}
        self.names = len(named)
        self.whole, self.core, self.missing = index.cover(words, named)


def describe_carriers(overlap: Overlap, other: Overlap | None) -> list[Row]:
    """Return for each sentence its :data:`CARRIER_FEATURES`.

    Args:
        other: the article's other headline, if it has two.
    """
    whole, core = overlap.whole, overlap.core
    most, most_core = max(whole) or 1.0, max(core) or 1.0
    size = len(whole)
    others = other.whole if other is not None else [0.0] * size
    return [
        (
            a,
            c,
            a / most,
            c / most_core,
            a * c,
            1 / (1 + place),
            place / size,
            shared,
            1 / size,
        )
        for place, (a, c, shared) in enumerate(zip(whole, core, others, strict=True))
    ]


def weigh_carriers(rows: Sequence[Row], weights: Sequence[float]) -> list[float]:
    """Return for each sentence the probability that it carries the claim.

    Args:
        weights: one a feature, the intercept last.
    """
    *slopes, start = weights
    return [1 / (1 + math.exp(-start - sum(map(mul, slopes, row)))) for row in rows]
