"""Reliability bins, ECE, risk and coverage: by hand and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from classifier.evaluation.reliability import (
    answer_confidence,
    assign_bins,
    bin_reliability,
    trace_risk,
)


def test_equal_width_bins_hold_their_upper_end() -> None:
    # Four bins: [0, .25], (.25, .5], (.5, .75], (.75, 1].
    found = assign_bins([0.0, 0.25, 0.26, 0.5, 0.75, 0.76, 1.0], 4, "equal_width")
    assert found.tolist() == [0, 0, 1, 1, 2, 3, 3]


def test_equal_mass_bins_hold_equally_many() -> None:
    # Seven in three bins: the upper ends are the 3rd (⌈7/3⌉) and 5th (⌈14/3⌉) smallest.
    found = assign_bins([0.7, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 3, "equal_mass")
    assert found.tolist() == [2, 0, 0, 0, 1, 1, 2]


def test_ties_stay_in_one_bin() -> None:
    assert assign_bins([0.2] * 5 + [0.9], 3, "equal_mass").tolist() == [0] * 5 + [2]


def test_ece_by_hand() -> None:
    # Two bins of width 1/2. Low: 0.1, 0.3 with gold 0, 1: mean 0.2, frequency 0.5, gap 0.3.
    # High: 0.8, 1.0 with gold 1, 1: mean 0.9, frequency 1, gap 0.1.
    # ECE = 2/4 · 0.3 + 2/4 · 0.1 = 0.2.
    found = bin_reliability([0, 1, 1, 1], [0.1, 0.3, 0.8, 1.0], bins=2, binning="equal_width")
    assert found.confidence == pytest.approx([0.2, 0.9])
    assert found.frequency == pytest.approx([0.5, 1.0])
    assert found.count.tolist() == [2, 2]
    assert (found.low.tolist(), found.high.tolist()) == ([0.1, 0.8], [0.3, 1.0])
    assert found.ece.value == pytest.approx(0.2)


def test_always_sure_and_always_wrong_is_1() -> None:
    assert bin_reliability([0, 1], [1.0, 0.0]).ece.value == 1.0


def test_no_sentence_is_undefined() -> None:
    for value in (bin_reliability([], []).ece, trace_risk([], []).aurc):
        assert math.isnan(value.value)
        assert value.reason == "no sentence"


@pytest.mark.parametrize("binning", ["uniform", "quantile"])
def test_bins_equal_scikit_learn(binning: str) -> None:
    rng = np.random.default_rng(4)
    # 501 values: the quantiles of ten bins are values themselves, so sklearn interpolates nothing.
    p = rng.random(501)
    truth = rng.random(501) < p
    ours = bin_reliability(
        truth, p, bins=10, binning="equal_width" if binning == "uniform" else "equal_mass"
    )
    frequency, confidence = calibration_curve(truth, p, n_bins=10, strategy=binning)
    assert ours.frequency == pytest.approx(frequency)
    assert ours.confidence == pytest.approx(confidence)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 20))
def test_bins_are_ordered_and_fair(values: list[float], bins: int) -> None:
    for binning in ("equal_mass", "equal_width"):
        where = assign_bins(values, bins, binning)  # type: ignore[arg-type]
        assert where.min() >= 0
        assert where.max() < bins
        order = np.argsort(values)
        assert (np.diff(where[order]) >= 0).all()
    where = assign_bins(values, bins, "equal_mass")
    if len(set(values)) == len(values):
        counts = np.bincount(where, minlength=bins)
        assert counts.max() <= math.ceil(len(values) / bins)


@pytest.mark.parametrize("wrong", [[-0.1], [1.1], [math.nan]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        bin_reliability([1], wrong)


def test_confidence_is_the_probability_of_the_answer() -> None:
    # At a threshold of 0.3, a yes at 0.4 is given with a confidence of 0.4; a no at 0.2 with 0.8.
    assert answer_confidence([True, False], [0.4, 0.2]) == pytest.approx([0.4, 0.8])


def test_risk_and_coverage_by_hand() -> None:
    # From the surest: right, wrong, right, right. Risk after each: 0, 1/2, 1/3, 1/4.
    # AURC = (0 + 1/2 + 1/3 + 1/4) / 4 = 13/48.
    found = trace_risk([0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6])
    assert found.coverage == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert found.risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert found.aurc.value == pytest.approx(13 / 48)
    # At most 1/3 wrong: all four may be answered (1/4); at most 0.2: only the first.
    assert found.coverage_at(1 / 3).value == 1.0
    assert found.coverage_at(0.2).value == 0.25


def test_ties_are_answered_together_whatever_their_order() -> None:
    # All four tie: one point, coverage 1, risk 1/4 = AURC; a random order would give it on average.
    for errors in ([1, 0, 0, 0], [0, 0, 0, 1]):
        found = trace_risk(errors, [0.5] * 4)
        assert (found.coverage.tolist(), found.risk.tolist()) == ([1.0], [0.25])
        assert found.aurc.value == 0.25


def test_no_coverage_when_the_surest_are_wrong() -> None:
    assert trace_risk([1, 0], [0.9, 0.8]).coverage_at(0.4).value == 0.0


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.5, 0.7, 0.9])), min_size=1))
def test_full_coverage_has_the_error_rate(rows: list[tuple[bool, float]]) -> None:
    errors, sure = map(np.array, zip(*rows, strict=True))
    found = trace_risk(errors, sure)
    assert found.coverage[-1] == 1.0
    assert found.risk[-1] == pytest.approx(errors.mean())
    assert found.weight.sum() == pytest.approx(1.0)
