"""Paired tests: by hand, against scipy, and simulated for level and power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from classifier.evaluation.paired import (
    RunNoise,
    adjust_holm,
    permutation_p,
    randomise,
    resample_difference,
    smallest_detectable,
    standard_error,
)
from classifier.statistics import Clusters, FloatArray, Resamples, divide


def total_of(sums: FloatArray) -> FloatArray:
    return sums[:, :1]


def f1_of(sums: FloatArray) -> FloatArray:
    return divide(2 * sums[:, :1], 2 * sums[:, :1] + sums[:, 1:2] + sums[:, 2:3])


def column(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)[:, None]


# --- randomisation -------------------------------------------------------------------------


def test_exchanging_two_articles_gives_four_arrangements() -> None:
    # Totals 5 and 1 by article differences 1 and 3: ±1 ± 3 = 4, 2, −2, −4, each a quarter.
    null = randomise(total_of, column(2, 3), column(1, 0), 4000, np.random.default_rng(0))[:, 0]
    values, counts = np.unique(null, return_counts=True)
    assert values.tolist() == [-4, -2, 2, 4]
    assert counts / 4000 == pytest.approx([0.25] * 4, abs=0.03)


def test_p_by_hand() -> None:
    # |null| >= 2: −2, 2.0, 3: (1 + 3) / (1 + 5) = 2/3. Nothing as large: 1/6, never 0.
    null = np.array([-2.0, -1.0, 0.0, 2.0, 3.0])
    assert permutation_p(2.0, null) == pytest.approx(4 / 6)
    assert permutation_p(-2.0, null) == pytest.approx(4 / 6)
    assert permutation_p(9.0, null) == pytest.approx(1 / 6)
    assert permutation_p(0.0, null) == 1.0


def test_p_counts_an_undefined_exchange_as_extreme() -> None:
    # −2 and the NaN: (1 + 2) / (1 + 3).
    assert permutation_p(2.0, np.array([math.nan, -2.0, 0.0])) == pytest.approx(3 / 4)
    assert math.isnan(permutation_p(math.nan, np.array([0.0])))


def test_p_equals_scipys_exact_test() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        a = rng.poisson(5, 9).astype(np.float64)
        b = rng.poisson(3, 9).astype(np.float64)
        theirs = stats.permutation_test(
            (a, b), lambda x, y: np.sum(x) - np.sum(y), permutation_type="samples", n_resamples=1000
        ).pvalue  # 2^9 arrangements: exact
        null = randomise(total_of, column(*a), column(*b), 20_000, rng)[:, 0]
        error = math.sqrt(theirs * (1 - theirs) / 20_000)
        assert permutation_p(float(a.sum() - b.sum()), null) == pytest.approx(
            theirs, abs=4 * error + 1e-4
        )


def test_both_models_are_resampled_together() -> None:
    # The second is the first plus 1 in every article: the difference never varies but with size.
    first, second = column(3, 8, 1, 9), column(4, 9, 2, 10)
    resamples = Resamples.draw(Clusters.of("abcd"), replicates=50)
    drawn = resample_difference(total_of, first, second, resamples)
    assert (drawn.samples == -4).all()
    assert drawn.leave_one_out().tolist() == [[-3.0]] * 4


# --- Holm ----------------------------------------------------------------------------------


def test_holm_by_hand() -> None:
    # Rising: 0.01, 0.02, 0.03, 0.4 times 4, 3, 2, 1: 0.04, 0.06, 0.06 (held up), 0.4.
    assert adjust_holm([0.02, 0.4, 0.01, 0.03]) == pytest.approx([0.06, 0.4, 0.04, 0.06])


def test_holm_leaves_out_what_was_not_tested() -> None:
    # Two tests: 0.02 · 2, then max(0.04, 0.03 · 1) = 0.04.
    found = adjust_holm([0.02, math.nan, 0.03])
    assert found[[0, 2]] == pytest.approx([0.04, 0.04])
    assert math.isnan(found[1])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values: list[float]) -> None:
    adjusted = adjust_holm(p_values)
    for alpha in (0.01, 0.05, 0.2):
        rejected = set()
        for step, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
            if p_values[index] > alpha / (len(p_values) - step):
                break
            rejected.add(index)
        near = np.abs(adjusted - alpha) < 1e-12  # one multiplies, the other divides
        for index in range(len(p_values)):
            assert near[index] or (adjusted[index] <= alpha) == (index in rejected)


# --- runs ----------------------------------------------------------------------------------


def test_one_run_each_adds_no_noise() -> None:
    noise = RunNoise.of(total_of, [[column(1, 2)], [column(3, 4)]], np.random.default_rng(0))
    assert noise.error.tolist() == [0.0]
    assert (noise.draw(5, np.random.default_rng(0)) == 0).all()


def test_run_noise_by_hand() -> None:
    # Model 1: runs 10, 14 all in one article. S² = 8; exchanging that article between the runs
    # gives ±4: D² = 16 / 2 = 8: nothing left. Model 2: 0, 8 over 4 articles, each 0 or 2: S² = 32;
    # exchanges: sums of four ±2, variance 4 · 4 = 16, D² = 8: (32 − 8) / 2 = 12.
    # Error √12; one model counts: Welch's degrees of freedom 12² / (12² / (2 − 1)) = 1.
    models = [[column(10), column(14)], [column(0, 0, 0, 0), column(2, 2, 2, 2)]]
    noise = RunNoise.of(total_of, models[1:], np.random.default_rng(0), exchanges=40_000)
    assert noise.error[0] ** 2 == pytest.approx(12, rel=0.02)
    assert noise.freedom[0] == pytest.approx(1)
    assert RunNoise.of(total_of, models[:1], np.random.default_rng(0)).error.tolist() == [0.0]


def test_welchs_degrees_of_freedom() -> None:
    # Two equal models of three runs: (v + v)² / (v²/2 + v²/2) = 4.
    runs = [column(*[value] * 40) for value in (0.0, 1.0, 2.0)]
    noise = RunNoise.of(total_of, [runs, runs], np.random.default_rng(0), exchanges=4000)
    assert noise.freedom[0] == pytest.approx(4, rel=0.01)


def test_a_run_without_a_score_leaves_the_noise_undefined() -> None:
    good, empty = np.array([[2.0, 1.0, 0.0]] * 2), np.zeros((2, 3))
    noise = RunNoise.of(f1_of, [[good, empty]], np.random.default_rng(0))
    assert math.isnan(noise.error[0])


# --- power ---------------------------------------------------------------------------------


def test_smallest_detectable_by_hand() -> None:
    # (1.959964 + 0.841621) · 0.01 = 0.02801585.
    assert smallest_detectable(0.01, 0.05) == pytest.approx(0.02801585)
    # The run noise with many degrees of freedom adds as a variance: √(0.03² + 0.04²) = 0.05.
    assert smallest_detectable(0.03, 0.05, run_error=0.04, freedom=1e6) == pytest.approx(
        0.05 * 2.801585, rel=0.02
    )
    # Four articles alike, c = 1/4: M = z √(0.01² + M²/4) + 0.00841621, squared and solved:
    # (1 − 0.960365) M² − 0.0168324 M + 0.0000708326 − 0.000384146 = 0 → M = 0.442545.
    assert smallest_detectable(0.01, 0.05, concentration=0.25) == pytest.approx(0.442545, rel=1e-4)
    # Three articles: at best p = 2 / 2³ = 0.25; no difference is large enough.
    assert smallest_detectable(0.01, 0.05, concentration=1 / 3) == math.inf
    # With one degree of freedom the tails of the t cost much more.
    assert smallest_detectable(0.03, 0.05, run_error=0.04, freedom=1) > 0.4


@pytest.mark.parametrize("error", [0.0, math.nan])
def test_no_error_no_smallest_difference(error: float) -> None:
    assert math.isnan(smallest_detectable(error, 0.05))


def test_standard_error_leaves_out_the_undefined() -> None:
    # 1 and 3: mean 2, variance (1 + 1) / 1.
    assert standard_error(np.array([1.0, math.nan, 3.0])) == pytest.approx(math.sqrt(2))
    assert math.isnan(standard_error(np.array([1.0, math.nan])))


# --- simulated -----------------------------------------------------------------------------

ARTICLES = 60


class World:
    """Articles of one size, rate of positives and ease; models answer them at random."""

    def __init__(self, rng: np.random.Generator, articles: int = ARTICLES) -> None:
        self.rng = rng
        self.size = rng.integers(5, 26, articles)
        self.positives = rng.binomial(self.size, rng.beta(1, 4, articles))
        self.ease = rng.beta(4, 1, articles)
        self.noise = rng.beta(1, 19, articles)

    def answer(self, skill: float = 0.85) -> FloatArray:
        """tp, fp, fn by article of a model that finds ``skill · ease`` of the positives."""
        found = self.rng.binomial(self.positives, np.clip(self.ease * skill, 0, 1))
        false = self.rng.binomial(self.size - self.positives, self.noise)
        return np.stack([found, false, self.positives - found], axis=1).astype(np.float64)


def f1_difference(first: FloatArray, second: FloatArray) -> float:
    return float((f1_of(first.sum(0)[None]) - f1_of(second.sum(0)[None]))[0, 0])


def test_false_positive_rate_is_alpha() -> None:
    # Two models alike: at 0.05 with 199 permutations the test is exact, (199 + 1) · 0.05 = 10.
    rng, simulations = np.random.default_rng(21), 2000
    p_values = []
    for _ in range(simulations):
        world = World(rng)
        first, second = world.answer(), world.answer()
        null = randomise(f1_of, first, second, 199, rng)[:, 0]
        p_values.append(permutation_p(f1_difference(first, second), null))
    for alpha in (0.05, 0.2):
        rejected = np.mean(np.array(p_values) <= alpha)
        assert rejected == pytest.approx(
            alpha, abs=3 * math.sqrt(alpha * (1 - alpha) / simulations)
        )


def test_intervals_of_the_difference_cover_as_often_as_they_say() -> None:
    # Expected counts give the true difference: with skill s a model finds E[ease] · s = 0.8 s of
    # the positives (3 an article) and 0.05 of the other 12. F1 = 2 tp / (3 + tp + 0.6):
    # s = 0.85 → tp 2.04, 0.72340; s = 0.7 → tp 1.68, 0.63636. Difference 0.08704.
    rng, simulations, clusters = np.random.default_rng(24), 600, Clusters.of(map(str, range(150)))
    true, covered = 4.08 / 5.64 - 3.36 / 5.28, 0
    for _ in range(simulations):
        world = World(rng, 150)
        resamples = Resamples.draw(clusters, replicates=300, seed=rng)
        drawn = resample_difference(f1_of, world.answer(), world.answer(0.7), resamples)
        found = drawn.intervals(150, method="percentile")[0]
        covered += found.low <= true <= found.high
    error = math.sqrt(0.95 * 0.05 / simulations)
    assert covered / simulations == pytest.approx(0.95, abs=3 * error)


def test_smallest_detectable_difference_is_found_four_times_in_five() -> None:
    # A skill of 0.64 against 0.85 loses about 0.125 of F1, which is about what is detectable here.
    rng, simulations = np.random.default_rng(22), 500
    clusters = Clusters.of(map(str, range(ARTICLES)))
    true, detectable, hits = [], [], 0
    for _ in range(simulations):
        world = World(rng)
        first, second = world.answer(), world.answer(0.64)
        true.append(f1_difference(first, second))
        null = randomise(f1_of, first, second, 199, rng)[:, 0]
        hits += permutation_p(true[-1], null) <= 0.05
        resamples = Resamples.draw(clusters, replicates=100, seed=rng)
        error = standard_error(resample_difference(f1_of, first, second, resamples).samples[:, 0])
        shares = world.positives / world.positives.sum()
        detectable.append(smallest_detectable(error, 0.05, concentration=float((shares**2).sum())))
    assert np.mean(true) == pytest.approx(np.mean(detectable), abs=0.006)
    assert hits / simulations == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("spread", [0.0, 0.06, 0.2])
def test_seed_luck_is_not_called_a_difference(spread: float) -> None:
    """Two models of three runs with one expected score; their runs vary by ``spread``."""
    rng, simulations = np.random.default_rng(23), 300
    rejected = {"with noise": 0, "runs ignored": 0}
    for _ in range(simulations):
        world = World(rng)
        models = [
            [world.answer(0.85 * (1 + rng.normal(0, spread))) for _ in range(3)] for _ in "ab"
        ]
        first, second = (np.mean(runs, axis=0) for runs in models)
        observed = f1_difference(first, second)
        null = randomise(f1_of, first, second, 199, rng)
        noise = RunNoise.of(f1_of, models, rng, exchanges=50).draw(199, rng)
        rejected["with noise"] += permutation_p(observed, (null + noise)[:, 0]) <= 0.05
        rejected["runs ignored"] += permutation_p(observed, null[:, 0]) <= 0.05
    error = math.sqrt(0.05 * 0.95 / simulations)
    assert rejected["with noise"] / simulations < 0.05 + 3 * error
    if spread == 0.2:  # the guard seen to fail
        assert rejected["runs ignored"] / simulations > 0.3
