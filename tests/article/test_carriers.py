"""Sentences that carry a claim: overlaps by hand, and what the fitted weights make of them."""

from __future__ import annotations

import math

import pytest

from classifier.article.carriers import (
    CARRIER_FEATURES,
    Overlap,
    describe_carriers,
    weigh_carriers,
)
from classifier.article.headline import load_headline_model
from classifier.article.similarity import read_words
from tests.article.test_passages import body

TITLE = "Un pêcheur retrouvé mort dans le port de Larcy"
TEXTS = (
    "Le port de Larcy accueille chaque été une régate.",
    "Le pêcheur a été retrouvé mort mardi.",
    "Un marché se tient lundi.",
)


def overlap() -> Overlap:
    return Overlap(read_words(TITLE), body(*TEXTS))


def test_names_are_counted_apart():
    found = overlap()
    assert found.names == 1  # Larcy
    assert found.core[1] > found.core[0]
    assert found.whole[2] == found.core[2] == 0
    assert 0 <= found.missing < 1


def test_rows_by_hand():
    found = overlap()
    rows = describe_carriers(found, None)
    best = dict(zip(CARRIER_FEATURES, rows[1], strict=True))
    assert best["core_of_best"] == 1
    assert best["both"] == pytest.approx(found.whole[1] * found.core[1])
    assert (best["early"], best["place"], best["few"]) == pytest.approx((1 / 2, 1 / 3, 1 / 3))
    assert best["other"] == 0
    assert dict(zip(CARRIER_FEATURES, describe_carriers(found, found)[1], strict=True))[
        "other"
    ] == pytest.approx(found.whole[1])


def test_weights_by_hand():
    [value] = weigh_carriers([(1.0, 2.0)], (0.5, -1.0, 0.25))
    assert value == pytest.approx(1 / (1 + math.exp(-(0.5 - 2 + 0.25))))


def test_what_restates_carries_more_than_what_shares_a_name():
    weights = load_headline_model().carriers.weights
    assert len(weights) == len(CARRIER_FEATURES) + 1
    chances = weigh_carriers(describe_carriers(overlap(), None), weights)
    assert chances[1] > chances[0] > chances[2]
