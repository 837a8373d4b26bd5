"""Paired procedures for two models on the same articles.

- **Randomisation test**: if two models were alike, exchanging their answers on any articles would
  change nothing; how often does a random exchange give a difference as large as the one found?
  (Noreen, *Computer-Intensive Methods for Testing Hypotheses*, 1989, ch. 2; with the observed
  arrangement counted, so that p is never 0: Phipson & Smyth 2010.)
- **Paired bootstrap**: both models on the same drawn articles.
- **Several runs (seeds)**: the variance between runs joins the null distribution and the
  replicates as a noise term, a Student t. Its scale is the standard error over runs, less what the
  articles already account for; its degrees of freedom are Welch's (1947). Drawing two or three
  runs with replacement instead has no tails: where runs vary most it rejects a true null two to
  three times as often as it says (the tests simulate both).

A *measure* here turns (b, k) summed counts into (b, m) scores.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from classifier.statistics import FloatArray, Measure, Replicates, Resamples

POWER = 0.8
_TIE = 1e-12  # differences this close to the observed one are equal to it
_CELLS = 2_000_000


def randomise(
    measure: Measure,
    first: FloatArray,
    second: FloatArray,
    permutations: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return (permutations, m) differences after exchanging a random half of the articles.

    Args:
        measure: (b, k) sums → (b, m) scores.
        first, second: (articles, k) counts of each model by article.
    """
    if permutations < 1:
        raise ValueError(f"{permutations} permutations: expected 1 or more")
    moved = second - first
    start, end = first.sum(axis=0), second.sum(axis=0)
    out = []
    size = max(1, _CELLS // max(1, len(first)))
    for begin in range(0, permutations, size):
        rows = min(size, permutations - begin)
        change = rng.integers(0, 2, (rows, len(first))).astype(np.float64) @ moved
        out.append(measure(start + change) - measure(end - change))
    return np.concatenate(out)


def permutation_p(observed: float, null: FloatArray) -> float:
    """Return the two-sided p-value ``(1 + #{|null| >= |observed|}) / (1 + permutations)``.

    NaN when the observed difference is. An exchange that leaves a score undefined counts as
    extreme: it may only make p larger.
    """
    if math.isnan(observed):
        return math.nan
    extreme = ~(np.abs(null) < abs(observed) - _TIE)
    return (1 + int(extreme.sum())) / (1 + len(null))


def resample_difference(
    measure: Measure, first: FloatArray, second: FloatArray, resamples: Resamples
) -> Replicates:
    """Resample the difference of two models, both on the same drawn articles.

    Args:
        first, second: (articles, k) counts of each model by article.
    """
    width = first.shape[1]

    def difference(sums: FloatArray) -> FloatArray:
        return measure(sums[:, :width]) - measure(sums[:, width:])

    return resamples.of_totals(difference, np.concatenate([first, second], axis=1))


@dataclass(frozen=True, eq=False)
class RunNoise:
    """What the choice of seeds adds to a difference of scores.

    Attributes:
        error: (m,) standard error of the difference due to seeds; 0 with one run of each or when
            runs vary no more than exchanging their articles does; NaN when the score of some run
            is undefined.
        freedom: (m,) Welch's degrees of freedom; infinite where the error is 0.
    """

    error: FloatArray
    freedom: FloatArray

    @classmethod
    def of(
        cls,
        measure: Measure,
        models: Sequence[Sequence[FloatArray]],
        rng: np.random.Generator,
        exchanges: int = 200,
    ) -> RunNoise:
        """Estimate it from each run's score on all articles.

        A model adds ``max(0, S² − D²) / runs``: S² is the variance of its runs' scores; D² the part
        of it that comes from runs answering this or that article otherwise, half the variance of
        the difference of two runs when articles are exchanged between them. The article resampling
        has D² / runs already; counting it twice would cost most of the power.

        Args:
            models: for each model its runs' counts by article, (articles, k).
        """
        scores = [
            np.concatenate([measure(counts.sum(0)[None]) for counts in runs]) for runs in models
        ]
        within = [
            [randomise(measure, one, other, exchanges, rng) for one, other in combinations(runs, 2)]
            for runs in models
        ]
        return cls.from_runs(scores, within)

    @classmethod
    def from_runs(
        cls, scores: Sequence[FloatArray], within: Sequence[Sequence[FloatArray]]
    ) -> RunNoise:
        """As :meth:`of`, of any score.

        Args:
            scores: for each model (runs, m).
            within: for each model, for pairs of its runs, (exchanges, m) differences after
                exchanging articles between the two; empty to count the runs' whole variance.
        """
        variance = np.zeros(scores[0].shape[1])
        squares = np.zeros_like(variance)
        for of_runs, exchanged in zip(scores, within, strict=True):
            if len(of_runs) > 1:
                # An exchange that leaves a score undefined counts as no difference: D² is smaller.
                shared = [(np.nan_to_num(moved) ** 2).mean(0) / 2 for moved in exchanged]
                excess = of_runs.var(axis=0, ddof=1) - (np.mean(shared, axis=0) if shared else 0.0)
                part = np.maximum(0.0, excess) / len(of_runs)
                variance += part
                squares += part**2 / (len(of_runs) - 1)
        freedom = np.full(len(variance), np.inf)
        np.divide(variance**2, squares, out=freedom, where=squares > 0)
        return cls(np.sqrt(variance), freedom)

    def draw(self, size: int, rng: np.random.Generator) -> FloatArray:
        """Return (size, m) draws of the noise."""
        out = np.zeros((size, len(self.error)))
        for k in np.flatnonzero(self.error > 0):
            out[:, k] = self.error[k] * rng.standard_t(self.freedom[k], size)
        return out


def standard_error(samples: FloatArray) -> float:
    """Return the standard deviation of the defined replicates (n,); NaN with fewer than two."""
    defined = samples[~np.isnan(samples)]
    return float(np.std(defined, ddof=1)) if len(defined) > 1 else math.nan


def smallest_detectable(
    error: float,
    alpha: float,
    *,
    concentration: float = 0.0,
    power: float = POWER,
    run_error: float = 0.0,
    freedom: float = math.inf,
) -> float:
    """Return the smallest true difference M found with probability ``power`` at level ``alpha``.

    ``(z_{1−alpha/2} + z_power) · SE`` (Bloom 1995), but for two things. The randomisation test's
    null distribution widens with the difference itself, from ``SE²`` to ``SE² + c · M²``, since
    exchanging an article exchanges its share of the difference: with few articles this costs
    power. And with several runs the first term is a quantile of the normal plus their Student t.
    It holds for two models that differ on about as many sentences as these two.

    NaN when the error is 0 or undefined: two models with the same answers say nothing of what could
    have been seen. Infinite when no difference, however large, could pass: too few articles.

    Args:
        error: standard error of the difference over articles, from the paired bootstrap.
        alpha: two-sided; for one test of a family of h, ``alpha / h``, the strictest that Holm
            asks for.
        concentration: c, the sum of squares of the articles' shares in the score (1 / articles
            when they weigh the same; its inverse is Kish's effective number of articles).
        run_error, freedom: :class:`RunNoise` of this score.
    """
    whole = math.hypot(error, run_error)
    if not whole > 0:
        return math.nan
    z, needed = NormalDist().inv_cdf(1 - alpha / 2), NormalDist().inv_cdf(power) * whole
    if z**2 * concentration >= 1:
        return math.inf
    rng = np.random.default_rng(0)
    student = run_error > 0 and math.isfinite(freedom)
    normal = rng.standard_normal(20_000) if student else np.zeros(0)
    noise = run_error * rng.standard_t(freedom, 20_000) if student else normal

    def missing(difference: float) -> float:
        spread = math.sqrt(error**2 + concentration * difference**2)
        if student:
            critical = float(np.quantile(np.abs(spread * normal + noise), 1 - alpha))
        else:
            critical = z * math.hypot(spread, run_error)
        return critical + needed - difference

    low, high = 0.0, whole
    while missing(high) > 0:
        low, high = high, 2 * high
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if missing(middle) > 0 else (low, middle)
    return high


def adjust_holm(p_values: npt.ArrayLike) -> FloatArray:
    """Return Holm's adjusted p-values (Holm 1979), in the order given.

    The i-th smallest of h becomes the largest of ``min(1, (h − j + 1) p_(j))`` for j up to i.
    NaN stays NaN and does not count in h.
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    rising = tested[np.argsort(given[tested], kind="stable")]
    factors = np.arange(len(rising), 0, -1)
    adjusted[rising] = np.minimum(1.0, np.maximum.accumulate(factors * given[rising]))
    return adjusted
