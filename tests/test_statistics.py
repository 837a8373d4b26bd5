"""Values, clusters and intervals: hand-worked, against scipy, and simulated."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from classifier.statistics import Clusters, FloatArray, Resamples, Value, bca_tails, divide


def mean_of(sums: FloatArray) -> FloatArray:
    """The mean, from columns that hold a value and a 1."""
    return divide(sums[:, :1], sums[:, 1:2])


def f1_of(sums: FloatArray) -> FloatArray:
    return divide(2 * sums[:, :1], 2 * sums[:, :1] + sums[:, 1:2] + sums[:, 2:3])


def test_divide_is_nan_without_a_warning() -> None:
    found = divide([1, 2, 0], [4, 0, 0])
    assert found[0] == 0.25
    assert np.isnan(found[1:]).all()


def test_value_knows_whether_it_is_defined() -> None:
    assert Value(0.0).defined
    assert not Value(math.nan, "no positive in gold").defined


def test_core_imports_with_numpy_alone() -> None:
    code = (
        "import sys, classifier.statistics, classifier.matching, classifier.evaluation.comparison,"
        " classifier.evaluation.reliability; "
        "print([m for m in ('scipy', 'sklearn', 'msgspec', 'torch', 'mlflow') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# --- clusters ------------------------------------------------------------------------------


def test_clusters_sum_rows_by_article() -> None:
    clusters = Clusters.of(["b", "a", "b", "c"])
    assert clusters.names == ("b", "a", "c")
    assert (len(clusters), clusters.rows) == (3, 4)
    # b: rows 0 and 2, (1 + 3, 10 + 30); a: row 1; c: row 3.
    totals = clusters.totals([[1, 10], [2, 20], [3, 30], [4, 40]])
    assert totals.tolist() == [[4, 40], [2, 20], [4, 40]]


def test_clusters_take_drops_articles_without_rows() -> None:
    clusters = Clusters.of(["b", "a", "b", "c"])
    assert clusters.take([3, 0, 2]).names == ("c", "b")
    assert clusters.take(np.array([False, True, False, True])).codes.tolist() == [0, 1]


def test_totals_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(2, k\)"):
        Clusters.of(["a", "b"]).totals(np.zeros((3, 1)))


# --- draws ---------------------------------------------------------------------------------


def test_draws_are_seeded_and_draw_as_many_articles_as_there_are() -> None:
    clusters = Clusters.of("aabbbcd")
    one, again = (Resamples.draw(clusters, replicates=50, seed=7) for _ in range(2))
    assert (one.weights == again.weights).all()
    assert (one.weights.sum(axis=1) == 4).all()
    other = Resamples.draw(clusters, replicates=50, seed=8)
    assert (one.weights != other.weights).any()


def test_draws_are_multinomial() -> None:
    # Each of 4 articles is drawn 4 times with chance 1/4: mean 1, variance 4 · 1/4 · 3/4 = 0.75.
    weights = Resamples.draw(Clusters.of("abcd"), replicates=20_000, seed=1).weights
    assert weights.mean(axis=0) == pytest.approx([1] * 4, abs=0.03)
    assert weights.var(axis=0) == pytest.approx([0.75] * 4, abs=0.03)


@given(st.integers(1, 6), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_the_three_paths_agree(articles: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusters = Clusters.of(str(key) for key in rng.integers(0, articles, rows))
    values = rng.normal(size=rows)
    resamples = Resamples.draw(clusters, replicates=5, seed=rng)

    def of_rows(index: np.ndarray) -> list[float]:
        return [values[index].mean() if len(index) else math.nan]

    def of_weights(weights: FloatArray) -> FloatArray:
        return divide(weights @ values[:, None], weights.sum(axis=1, keepdims=True))

    fast = resamples.of_counts(mean_of, np.stack([values, np.ones(rows)], axis=1))
    for slow in (resamples.of_weights(of_weights), resamples.of_rows(of_rows)):
        np.testing.assert_allclose(slow.estimate, fast.estimate)
        np.testing.assert_allclose(slow.samples, fast.samples)
        if len(clusters) > 1:
            # Leaving out by subtraction and by selection differ by rounding.
            np.testing.assert_allclose(slow.leave_one_out(), fast.leave_one_out(), atol=1e-9)


def test_leave_one_out_leaves_out_the_whole_article() -> None:
    # a: 1, 3 (sum 4 of 2); b: 8 (8 of 1). Without a: 8; without b: 4/2 = 2; all: 12/3 = 4.
    clusters = Clusters.of("aab")
    drawn = Resamples.draw(clusters, replicates=3).of_counts(mean_of, [[1, 1], [3, 1], [8, 1]])
    assert drawn.estimate.tolist() == [4.0]
    assert drawn.leave_one_out().tolist() == [[8.0], [2.0]]


# --- intervals -----------------------------------------------------------------------------


def test_bca_by_hand() -> None:
    # Replicates 1..9 and the value 4.5: 4 of 9 below, none equal; z0 = Φ⁻¹(4/9) = −0.139710.
    # Left out in turn: 1, 2, 6; mean 3; deviations 2, 1, −3: squares 14, cubes 8 + 1 − 27 = −18;
    # a = −18 / (6 · 14^1.5) = −18 / 314.302 = −0.0572697.
    # Level 0.8: z = ∓1.281552, z0 + z = −1.421262 and 1.141842.
    # low:  −0.139710 − 1.421262 / (1 − 0.081395) = −0.139710 − 1.547196 = −1.686906 → Φ 0.045811
    # high: −0.139710 + 1.141842 / (1 + 0.065393) = −0.139710 + 1.071756 = 0.932046 → Φ 0.824344
    tails = bca_tails(4.5, np.arange(1.0, 10.0), np.array([1.0, 2.0, 6.0]), 0.8)
    assert tails is not None
    assert tails == pytest.approx((0.045811, 0.824344), abs=2e-6)


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("seed", range(5))
def test_intervals_equal_scipys_on_the_same_replicates(method: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=25)
    clusters = Clusters.of(map(str, range(25)))  # one row an article: the plain bootstrap
    drawn = Resamples.draw(clusters, replicates=999, seed=rng).of_counts(
        mean_of, np.stack([values, np.ones(25)], axis=1)
    )

    class Given:
        bootstrap_distribution = drawn.samples[:, 0]

    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=0, bootstrap_result=Given(), confidence_level=0.9,
        method={"bca": "BCa"}.get(method, method), vectorized=False,
    ).confidence_interval  # fmt: skip
    ours = drawn.intervals(25, method=method, level=0.9)[0]  # type: ignore[arg-type]
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert (ours.method, ours.level, ours.replicates, ours.clusters) == (method, 0.9, 999, 25)
    assert ours.low < ours.value < ours.high
    assert ours.reason == ""


def interval_of(values: list[list[float]], articles: str, method: str = "bca"):  # type: ignore[no-untyped-def]
    clusters = Clusters.of(articles)
    drawn = Resamples.draw(clusters, replicates=400, seed=3).of_counts(mean_of, values)
    return drawn.intervals(len(clusters), method=method, reasons=["no row counts"])[0]  # type: ignore[arg-type]


def test_an_undefined_value_has_no_interval_and_says_why() -> None:
    found = interval_of([[1, 0], [2, 0]], "ab")
    assert math.isnan(found.value)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.reason == "no row counts"


def test_one_article_has_no_interval() -> None:
    found = interval_of([[1, 1], [2, 1]], "aa")
    assert found.value == 1.5
    assert math.isnan(found.low)
    assert "1 article" in found.reason


def test_no_article_has_no_interval() -> None:
    clusters = Clusters.of([])
    found = Resamples.draw(clusters).of_counts(mean_of, np.zeros((0, 2))).intervals(0)[0]
    assert math.isnan(found.value)
    assert found.reason == "undefined"


def test_too_many_undefined_resamples_give_no_interval() -> None:
    # One article of five bears on the figure: (4/5)^5 = 33 % of the resamples lack it.
    found = interval_of([[1, 1]] + [[0, 0]] * 4, "abcde")
    assert found.value == 1.0
    assert 0.25 < found.undefined_replicates / found.replicates < 0.41
    assert math.isnan(found.low)
    assert f"{found.undefined_replicates} of 400" in found.reason


def test_few_undefined_resamples_are_counted_and_left_out() -> None:
    # Three of four articles bear on it; it is undefined only when all four draws fall on the
    # other: (1/4)^4 = 0.4 %.
    values = [[1, 1], [2, 1], [3, 1], [0, 0]]
    found = interval_of(values, "abcd", "percentile")
    assert found.undefined_replicates <= 8
    assert 1 <= found.low < 2 < found.high <= 3


def test_an_interval_of_no_width_says_what_it_hides() -> None:
    found = interval_of([[1, 1]] * 6, "abcdef")
    assert (found.low, found.high) == (1.0, 1.0)
    assert "does not show" in found.reason


def test_bca_falls_back_to_percentile_and_says_so() -> None:
    # The least of the values: no resample lies below, some equal it, most lie above. With the
    # least in the first article only, half the ties count, so z0 is finite; a figure that NaN
    # takes when one article is left out has no acceleration.
    def least(index: np.ndarray) -> list[float]:
        return [math.nan if 0 not in index and len(set(index)) == 4 else float(index.min())]

    clusters = Clusters.of("abcde")
    drawn = Resamples.draw(clusters, replicates=400, seed=0).of_rows(least)
    bca, percentile = (drawn.intervals(5, method=m)[0] for m in ("bca", "percentile"))
    assert np.isnan(drawn.leave_one_out()).any()
    assert (bca.low, bca.high, bca.method) == (percentile.low, percentile.high, "percentile")
    assert "BCa undefined" in bca.reason


def test_replicates_equal_to_the_value_count_half() -> None:
    # 1, 2, 2, 3 about 2: below (1 + 3) / 2 of 4 = 1/2: z0 = 0; left out 1, 2, 3: a = 0: the tails
    # are those of the percentile interval.
    tails = bca_tails(2.0, np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), 0.9)
    assert tails == pytest.approx((0.05, 0.95))


def test_bca_is_undefined_with_every_replicate_on_one_side() -> None:
    assert bca_tails(5.0, np.array([1.0, 2.0]), np.array([1.0, 2.0]), 0.95) is None


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        Resamples.draw(Clusters.of("ab"), replicates=2).of_counts(
            mean_of, [[1, 1], [2, 1]]
        ).intervals(2, level=level)


# --- simulated -----------------------------------------------------------------------------

SIMULATIONS = 600
ERROR = math.sqrt(0.95 * 0.05 / SIMULATIONS)  # 0.0089: the simulation's own standard error


def draw_articles(rng: np.random.Generator, count: int) -> FloatArray:
    """tp, fp, fn of articles whose rate of positives and ease vary: F1 of the population is 0.8.

    Means: 15 sentences, 0.2 of them positive = 3, found 4/5 → tp 2.4, fn 0.6; of the other 12 a
    twentieth → fp 0.6; F1 = 4.8 / (4.8 + 1.2) = 0.8.
    """
    size = rng.integers(5, 26, count)
    positives = rng.binomial(size, rng.beta(1, 4, count))
    found = rng.binomial(positives, rng.beta(4, 1, count))
    false = rng.binomial(size - positives, rng.beta(1, 19, count))
    return np.stack([found, false, positives - found], axis=1).astype(np.float64)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_cover_as_often_as_they_say(method: str) -> None:
    rng = np.random.default_rng(11)
    clusters = Clusters.of(map(str, range(150)))
    covered = 0
    for _ in range(SIMULATIONS):
        resamples = Resamples.draw(clusters, replicates=600, seed=rng)
        drawn = resamples.of_totals(f1_of, draw_articles(rng, 150))
        found = drawn.intervals(150, method=method)[0]  # type: ignore[arg-type]
        covered += found.low <= 0.8 <= found.high
    assert covered / SIMULATIONS == pytest.approx(0.95, abs=3 * ERROR)


def test_resampling_sentences_instead_of_articles_would_cover_too_rarely() -> None:
    # The guard seen to fail: 30 articles of 20 sentences, all alike within the article.
    rng = np.random.default_rng(12)
    covered = {"articles": 0, "sentences": 0}
    keys = np.repeat(np.arange(30), 20)
    partitions = {"articles": keys, "sentences": np.arange(600)}
    for _ in range(150):
        right = np.repeat(rng.random(30) < 0.7, 20)
        counts = np.stack([right, np.ones(600)], axis=1)
        for name, partition in partitions.items():
            clusters = Clusters.of(map(str, partition))
            drawn = Resamples.draw(clusters, replicates=200, seed=rng).of_counts(mean_of, counts)
            found = drawn.intervals(len(clusters), method="percentile")[0]
            covered[name] += found.low <= 0.7 <= found.high
    assert covered["articles"] / 150 > 0.88
    assert covered["sentences"] / 150 < 0.5
