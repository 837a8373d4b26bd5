"""Comparing orders and calibration: by hand, against scikit-learn and scipy, and simulated."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from classifier.evaluation.metrics import score
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.paired import permutation_p
from classifier.evaluation.ranked_comparison import (
    compare_calibration,
    compare_ranking,
    exchange_ranks,
    measure_ranks,
    rank_scores,
)
from classifier.schema import load_schema
from classifier.statistics import Clusters, FloatArray, Resamples

LABELS = load_schema().names
ROWS = 500
RNG = np.random.default_rng(60)
GOLD = RNG.random((ROWS, len(LABELS))) < 0.3
CLUSTERS = Clusters.of(map(str, RNG.integers(0, 50, ROWS)))
RESAMPLES = Resamples.draw(CLUSTERS, replicates=300, seed=0)


def model(seed: int, skill: float) -> Outcomes:
    """A model whose scores of positives lie ``skill`` standard deviations higher."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-(rng.normal(0, 1, GOLD.shape) + skill * GOLD - 1)))
    return Outcomes(LABELS, GOLD, p >= 0.5, p)


GOOD, POOR = model(1, 2.5), model(2, 0.8)


# --- ranks ---------------------------------------------------------------------------------


def test_ranks_by_hand() -> None:
    # 0.1 is first; the two 0.4 share (2 + 3) / 2; 0.9 is fourth: doubled 2, 5, 5, 8.
    assert rank_scores([0.4, 0.1, 0.9, 0.4]).tolist() == [5, 2, 8, 5]
    with pytest.raises(ValueError, match="finite"):
        rank_scores([0.1, math.nan])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_ranks_are_scipys(values: list[int]) -> None:
    assert rank_scores(values).tolist() == (2 * stats.rankdata(values)).tolist()


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_scores_of_ranks_are_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    values, truth = np.array([v for v, _ in rows]), np.array([t for _, t in rows])
    ap, auc = measure_ranks(rank_scores(values)[None], truth)[0]
    if truth.any():
        assert ap == pytest.approx(average_precision_score(truth, values))
    else:
        assert math.isnan(ap)
    if truth.any() and not truth.all():
        assert auc == pytest.approx(roc_auc_score(truth, values))
    else:
        assert math.isnan(auc)


# --- exchange ------------------------------------------------------------------------------


def test_exchanging_by_hand() -> None:
    # Two articles of two sentences, one positive each. The first model ranks 1 2 | 3 4 (doubled),
    # the second 2 1 | 4 3; positives are the 2nd and the 4th sentence.
    first, second = np.array([[2], [4], [6], [8]]), np.array([[4], [2], [8], [6]])
    gold = np.array([[False], [True], [False], [True]])
    codes = np.array([0, 0, 1, 1])
    swaps = np.array([[False, False], [True, True], [False, True], [True, False]])
    found = exchange_ranks(first, second, gold, codes, swaps)
    # Unmoved, first: order + − + −: AP (1 + 2/3) / 2 = 5/6, AUC 3/4. Second: − + − +: AP
    # (1/2 + 2/4) / 2 = 1/2, AUC 1/4. Moved article 1: first 1 2 | 4 3 → order −, +, +, −: AP
    # (1/2 + 2/3) / 2 = 7/12, AUC 1/2; second 2 1 | 3 4 → +, −, −, +: AP (1 + 2/4) / 2 = 3/4, AUC
    # 1/2.
    expected = [[1 / 3, 1 / 2], [-1 / 3, -1 / 2], [-1 / 6, 0], [1 / 6, 0]]
    assert found[:, :2] == pytest.approx(np.array(expected))
    assert found[:, 2:] == pytest.approx(np.array(expected))  # one label: macro is the same


def test_the_scale_of_a_model_does_not_matter() -> None:
    squeezed = replace(POOR, probabilities=np.asarray(POOR.probabilities) ** 3 / 2)
    plain, again = (
        compare_ranking({"a": [GOOD], "b": [other]}, RESAMPLES, permutations=199)
        for other in (POOR, squeezed)
    )
    assert plain == again
    same = compare_ranking({"a": [POOR], "b": [squeezed]}, RESAMPLES, permutations=199)
    for one in same:
        assert one.interval.value == 0
        assert (one.p_value, one.verdict) == (1.0, "tied")


def test_a_clear_difference_is_found_and_holm_is_over_all_of_it() -> None:
    found = compare_ranking({"good": [GOOD], "poor": [POOR]}, RESAMPLES, permutations=499)
    assert len(found) == 2 * (len(LABELS) + 1)
    table = score(GOOD)
    for one in found:
        assert one.first_value == pytest.approx(table[one.key.scope][one.key.name].value)
        assert one.interval.value == pytest.approx(one.first_value - one.second_value)
        assert one.interval.low > 0
        assert one.interval.clusters == len(CLUSTERS)
        # Nothing as large among 499 exchanges: 1/500; Holm over eight tests makes it 8/500.
        assert (one.p_value, one.p_adjusted) == (0.002, pytest.approx(0.016))
        assert one.verdict == "better"
        assert 0 < one.detectable < one.interval.value
    back = compare_ranking({"poor": [POOR], "good": [GOOD]}, RESAMPLES, permutations=499)
    assert {one.verdict for one in back} == {"worse"}


def test_a_label_without_positives_has_no_verdict() -> None:
    gold = GOLD & [True, True, False]
    models = {name: [replace(one, gold=gold)] for name, one in (("a", GOOD), ("b", POOR))}
    found = compare_ranking(models, RESAMPLES, permutations=199)
    silent = {one.key.scope for one in found if one.verdict == "undefined"}
    assert silent == {LABELS[2], "macro"}
    tested = [one for one in found if one.verdict != "undefined"]
    assert len(tested) == 4
    assert all(one.p_adjusted <= 4 * one.p_value for one in tested)


def test_runs_that_vary_say_less() -> None:
    alike = [model(seed, 2.0) for seed in (11, 12, 13)]
    apart = [model(seed, skill) for seed, skill in ((11, 0.8), (12, 2.0), (13, 3.2))]
    narrow, wide = (
        compare_ranking({"a": runs, "b": [POOR]}, RESAMPLES, permutations=199)[0]
        for runs in (alike, apart)
    )
    assert wide.runs == (3, 1)
    assert wide.first_value == pytest.approx(
        np.mean([score(one)[LABELS[0]]["average_precision"].value for one in apart])
    )
    assert wide.interval.high - wide.interval.low > 1.5 * (
        narrow.interval.high - narrow.interval.low
    )
    assert wide.detectable > narrow.detectable
    assert wide.p_value > narrow.p_value
    assert wide.note == "one run of b: its variance between seeds is not in this"


def test_without_probabilities_there_is_nothing_to_compare() -> None:
    bare = replace(POOR, probabilities=None)
    assert compare_ranking({"a": [GOOD], "b": [bare]}, RESAMPLES) == ()
    assert compare_calibration({"a": [GOOD], "b": [bare]}, RESAMPLES) == ()


# --- calibration ---------------------------------------------------------------------------


def test_ece_is_a_difference_with_an_interval_and_no_test() -> None:
    sure = replace(GOOD, probabilities=np.where(GOLD, 1.0, 0.0))
    found = compare_calibration({"sure": [sure], "good": [GOOD]}, RESAMPLES)
    assert [one.key.scope for one in found] == list(LABELS)
    table = score(GOOD)
    for one in found:
        assert one.first_value == 0
        assert one.second_value == pytest.approx(table[one.key.scope]["ece_equal_mass"].value)
        assert one.interval.high < 0
        assert one.verdict == "not tested"
        assert math.isnan(one.p_value)
        assert math.isnan(one.p_adjusted)


def test_the_whole_variance_of_runs_is_in_the_interval_of_ece() -> None:
    leaning = [
        replace(GOOD, probabilities=np.clip(np.asarray(GOOD.probabilities) + shift, 0, 1))
        for shift in (0.0, 0.1, 0.2)
    ]
    one = compare_calibration({"a": leaning[1:2], "b": [GOOD]}, RESAMPLES)[0]
    several = compare_calibration({"a": leaning, "b": [GOOD]}, RESAMPLES)[0]
    assert several.interval.high - several.interval.low > 2 * (one.interval.high - one.interval.low)


# --- simulated -----------------------------------------------------------------------------


def world(
    rng: np.random.Generator, articles: int
) -> tuple[Clusters, np.ndarray, FloatArray, FloatArray]:
    """Articles that differ in size, rate and ease; two models alike, on scales of their own."""
    size = rng.integers(4, 16, articles)
    codes = np.repeat(np.arange(articles), size)
    gold = rng.random(len(codes)) < rng.beta(1, 3, articles)[codes]
    shared = rng.normal(0, 0.7, articles)[codes] + rng.normal(0, 0.5, len(codes))
    first, second = (
        1.5 * gold + shared + rng.normal(0, 0.5, articles)[codes] + rng.normal(0, 0.7, len(codes))
        for _ in "ab"
    )
    return Clusters.of(map(str, codes)), gold, first, np.exp(second)


def test_false_positive_rate_of_the_test_on_ranks_is_alpha() -> None:
    rng, simulations = np.random.default_rng(61), 600
    p_values = []
    for _ in range(simulations):
        clusters, gold, first, second = world(rng, 40)
        ranks = [rank_scores(scores)[:, None] for scores in (first, second)]
        swaps = rng.random((100, 40)) < 0.5
        swaps[0] = False  # the observed arrangement; the other 99 are exchanges
        gaps = exchange_ranks(*ranks, gold[:, None], clusters.codes, swaps)
        p_values.append([permutation_p(gaps[0, k], gaps[1:, k]) for k in (0, 1)])
    for alpha in (0.05, 0.2):
        rejected = np.mean(np.array(p_values) <= alpha, axis=0)
        error = math.sqrt(alpha * (1 - alpha) / simulations)
        assert rejected == pytest.approx([alpha, alpha], abs=3 * error)
