"""Calibration and thresholds, against hand-worked cases and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from classifier.models.calibration import choose_thresholds, fit_platt, sigmoid


def test_sigmoid_is_stable():
    np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


def test_platt_finds_the_slope_that_made_the_data():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=20_000)
    gold = rng.random(20_000) < sigmoid(2.0 * scores - 1.0)
    slope, offset = fit_platt(scores, gold)
    reference = LogisticRegression(C=1e6).fit(scores[:, None], gold)
    # Platt's targets pull a little towards the middle; on 20,000 examples it does not show.
    assert abs(slope - reference.coef_[0, 0]) < 0.01
    assert abs(offset - reference.intercept_[0]) < 0.01


def test_platt_leaves_one_class_alone():
    assert fit_platt(np.array([1.0, 2.0]), np.array([True, True])) == (1.0, 0.0)


def test_threshold_worked_by_hand():
    # Sorted: .9 yes, .8 no, .7 yes, .1 no. Cuts give F1 2/3 (1 of 2), 1/2, 4/5, 2/3: cut at .4.
    probabilities = np.array([[0.9], [0.8], [0.7], [0.1]])
    gold = np.array([[True], [False], [True], [False]])
    np.testing.assert_allclose(choose_thresholds(probabilities, gold), [0.4])


def test_threshold_is_the_best_of_all():
    rng = np.random.default_rng(5)
    probabilities = rng.random((300, 1)).round(2)
    gold = rng.random((300, 1)) < probabilities
    chosen = choose_thresholds(probabilities, gold)[0]
    best = max(
        f1_score(gold[:, 0], probabilities[:, 0] >= cut) for cut in np.arange(0, 1.01, 0.005)
    )
    assert f1_score(gold[:, 0], probabilities[:, 0] >= chosen) == best


def test_no_positive_leaves_one_half():
    assert choose_thresholds(np.zeros((4, 1)), np.zeros((4, 1), dtype=bool))[0] == 0.5


def test_where_validation_is_rich_in_a_label_its_threshold_rises():
    probabilities = np.array([[0.9], [0.8], [0.7], [0.6], [0.5], [0.4]])
    gold = np.array([[True], [True], [False], [True], [False], [False]])
    # One for one, taking the fourth costs one false alarm: F1 6/7 against 4/5.
    assert choose_thresholds(probabilities, gold)[0] == pytest.approx(0.55)
    # If that false alarm stands for three, F1 6/9 against 4/5.
    assert choose_thresholds(probabilities, gold, [3.0])[0] == pytest.approx(0.75)
