"""Figures of a title's fidelity: by hand, at their bounds, and on probabilities that are right."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.evaluation.fidelity import (
    FIGURES,
    calibration_error,
    fidelity_document,
    fidelity_lines,
    score_fidelity,
)

DEPARTS = [True, False, False, True, False]
VALUES = [0.2, 0.9, 0.6, 0.6, 0.7]


def test_figures_by_hand():
    scores = score_fidelity("abcde", DEPARTS, {"model": VALUES}, replicates=50)
    figures = {name: one.value for name, one in scores.figures["model"].items()}
    assert (scores.titles, scores.departures) == (5, 2)
    # Six pairs of a kept and a departing title: five in order, one tie.
    assert figures["auc"] == pytest.approx(5.5 / 6)
    assert figures["brier"] == pytest.approx((0.04 + 0.01 + 0.16 + 0.36 + 0.09) / 5)
    assert figures["base_brier"] == pytest.approx(0.6 * 0.4)
    assert figures["brier_gain"] == pytest.approx(1 - 0.132 / 0.24)
    assert figures["mean_value"] == pytest.approx(0.6)
    assert figures["share_without_departure"] == pytest.approx(0.6)
    assert tuple(figures) == FIGURES


def test_calibration_error_by_hand():
    kept = np.array([True, True, False, False])
    # Two bins of two titles: 0.2 and 0.4 against 0 of 2, 0.6 and 0.8 against 2 of 2.
    error = calibration_error(kept, np.array([0.6, 0.8, 0.2, 0.4]), bins=2)
    assert error == pytest.approx((abs(2 - 1.4) + abs(0 - 0.6)) / 4)
    assert math.isnan(calibration_error(np.zeros(0, dtype=bool), np.zeros(0)))


def test_the_fifths_rise_and_show_what_was_found():
    values = np.linspace(0.05, 0.95, 10)
    scores = score_fidelity(map(str, range(10)), values < 0.5, {"model": values}, replicates=20)
    said, share = np.array(scores.fifths["model"]).T
    assert said == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    assert share == pytest.approx([0, 0, 0.5, 1, 1])


def test_right_probabilities_err_as_much_as_luck_makes_them():
    rng = np.random.default_rng(5)
    values = rng.random(4000)
    departs = rng.random(4000) >= values
    wrong = np.sqrt(values)
    scores = score_fidelity(
        map(str, range(4000)), departs, {"right": values, "wrong": wrong}, replicates=20
    )
    assert scores.calibration_error["right"] < 3 * scores.luck["right"] < 0.1
    assert scores.calibration_error["wrong"] > 5 * scores.luck["wrong"]
    assert scores.figures["right"]["brier_gain"].value == pytest.approx(1 / 3, abs=0.05)


def test_articles_are_drawn_whole():
    many = 40
    departs = [k % 2 == 0 for k in range(many)] * 3
    values = list(np.linspace(0.1, 0.9, many)) * 3
    whole, parted = (
        score_fidelity(groups, departs, {"model": values}, replicates=300).figures["model"]["brier"]
        for groups in ([str(k) for k in range(many)] * 3, map(str, range(3 * many)))
    )
    assert whole.value == pytest.approx(parted.value)
    assert whole.high - whole.low > 1.4 * (parted.high - parted.low)


def test_one_kind_of_title_has_no_ranking_and_says_why():
    scores = score_fidelity("ab", [False, False], {"model": [0.5, 0.6]}, replicates=20)
    auc = scores.figures["model"]["auc"]
    assert math.isnan(auc.value)
    assert auc.reason == "every title departs, or none"
    document = fidelity_document(scores)
    assert json.loads(json.dumps(document)) == document
    assert document["readers"]["model"]["auc"]["value"] is None
    assert any("AUC –" in line for line in fidelity_lines(scores))


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_figures_stay_in_their_range(titles):
    departs, values = zip(*titles, strict=True)
    scores = score_fidelity(map(str, range(len(titles))), departs, {"m": values}, replicates=10)
    for name in ("auc", "brier", "base_brier", "mean_value", "share_without_departure"):
        value = scores.figures["m"][name].value
        assert math.isnan(value) or -1e-9 <= value <= 1 + 1e-9
    assert 0 <= scores.calibration_error["m"] <= 1
