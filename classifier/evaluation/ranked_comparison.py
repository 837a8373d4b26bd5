"""Two models' probabilities on the same articles: which orders sentences better, which means it.

- **Average precision and ROC-AUC** are tested as F1 is (:mod:`classifier.evaluation.comparison`),
  in a family of their own. Each model's probabilities are replaced by their ranks before articles
  are exchanged: two scales that were mixed as they are would spoil the order by themselves
  (Bandos, Rockette & Gur, "A permutation test sensitive to differences in areas for comparing ROC
  curves from a paired design", *Statistics in Medicine* 24(18), 2005; here whole articles change
  sides, since sentences of one article resemble each other).
- **ECE** is shown as a difference with its interval and not tested: errors of two models that lean
  to opposite sides cancel when articles are exchanged, so that exchange says nothing of it.

Several runs (seeds): a model's score is the mean of its runs' scores; their variance joins as
:class:`classifier.evaluation.paired.RunNoise` says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from classifier.evaluation.comparison import (
    Difference,
    article_shares,
    judge_difference,
    run_remark,
)
from classifier.evaluation.metrics import Key, Tally, ranking_keys, ranking_measure
from classifier.evaluation.outcomes import BoolArray, Outcomes
from classifier.evaluation.paired import (
    RunNoise,
    adjust_holm,
    permutation_p,
    smallest_detectable,
    standard_error,
)
from classifier.statistics import FloatArray, IntArray, Replicates, Resamples, divide

ECE = "ece_equal_mass"
PERMUTATIONS = 2_000
_CELLS = 4_000_000  # exchange × rank cells worked on at a time
_NO_CHANCE = "undefined for one of the two models, or for a run of it"


def rank_scores(scores: npt.ArrayLike) -> IntArray:
    """Return (n,) twice the mean rank of each score, 2 to 2n; equal scores share one."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("scores: expected (n,) finite numbers")
    _, index, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((2 * last - count + 1)[index], dtype=np.int64)


def measure_ranks(ranks: IntArray, truth: BoolArray) -> FloatArray:
    """Return (b, 2) average precision and ROC-AUC of b orders of n sentences.

    Definitions as in :class:`classifier.evaluation.ranking.Ranking`; no sorting, since ranks are
    small whole numbers.

    Args:
        ranks: (b, n), high is likely; equal numbers are ties.
        truth: (n,).
    """
    rows, size = ranks.shape
    width = 2 * size + 1
    # Column 0 is the highest rank: sums from the left are then of all that stands above.
    place = (width - 1 - ranks) + np.arange(rows)[:, None] * width

    def count(cells: npt.NDArray[np.int64]) -> FloatArray:
        found = np.bincount(cells.ravel(), minlength=rows * width).reshape(rows, width)
        return found.astype(np.float64)

    everyone, positive = count(place), count(place[:, truth])
    above = np.cumsum(everyone, axis=1)
    hits = np.cumsum(positive, axis=1)
    gained = positive * hits
    precision = np.divide(gained, above, out=np.zeros_like(gained), where=above > 0).sum(axis=1)
    negative = everyone - positive
    beaten = (positive * (above - hits - negative / 2)).sum(axis=1)
    positives = float(truth.sum())
    pairs = positives * (size - positives)
    return np.stack(
        [divide(precision, np.full(rows, positives)), 1 - divide(beaten, np.full(rows, pairs))],
        axis=1,
    )


def exchange_ranks(
    first: IntArray, second: IntArray, gold: BoolArray, codes: IntArray, swaps: BoolArray
) -> FloatArray:
    """Return (b, 2L + 2) differences of AP and AUC, by label and macro, after each exchange.

    Args:
        first, second: (n, L) ranks by each model.
        gold: (n, L).
        codes: (n,) the article of each sentence.
        swaps: (b, articles), which articles change sides.
    """
    rows, labels = gold.shape
    out = np.empty((len(swaps), labels + 1, 2))
    size = max(1, _CELLS // max(1, 2 * rows + 1))
    for start in range(0, len(swaps), size):
        moved = swaps[start : start + size][:, codes]
        for k in range(labels):
            one = np.where(moved, second[:, k], first[:, k])
            other = first[:, k] + second[:, k] - one
            truth = gold[:, k]
            gap = measure_ranks(one, truth) - measure_ranks(other, truth)
            out[start : start + size, k] = gap
    out[:, labels] = out[:, :labels].mean(axis=1)
    return out.reshape(len(swaps), -1)


def compare_ranking(
    models: Mapping[str, Sequence[Outcomes]],
    resamples: Resamples,
    *,
    alpha: float = 0.05,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """Compare every pair of models by average precision and ROC-AUC, by label and macro.

    Args:
        models: as :func:`classifier.evaluation.comparison.compare` takes them, with probabilities.
        alpha: Holm's family-wise level over all these scores and pairs.

    Returns:
        nothing when a model has no probabilities.
    """
    known = next(iter(models.values()))[0]
    if any(one.probabilities is None for runs in models.values() for one in runs):
        return ()
    keys = ranking_keys(known.labels)
    rng = np.random.default_rng(seed)
    codes, articles = resamples.clusters.codes, len(resamples.clusters)
    ranks = {
        name: [np.stack([rank_scores(p) for p in _p(one).T], axis=1) for one in runs]
        for name, runs in models.items()
    }
    drawn = {
        name: [resamples.of_weights(ranking_measure(one, _p(one))) for one in runs]
        for name, runs in models.items()
    }
    within = {
        name: [
            exchange_ranks(a, b, known.gold, codes, rng.random((100, articles)) < 0.5)
            for a, b in combinations(of_runs, 2)
        ]
        for name, of_runs in ranks.items()
    }
    pairs = list(combinations(models, 2))
    shares = article_shares(known, resamples.clusters)
    found: list[Difference] = []
    for a, b in pairs:
        swaps = rng.random((permutations, articles)) < 0.5
        # Each run meets a run of the other side; all of them equally often.
        turns = range(math.lcm(len(ranks[a]), len(ranks[b])))
        null = np.mean(
            [
                exchange_ranks(
                    ranks[a][turn % len(ranks[a])],
                    ranks[b][turn % len(ranks[b])],
                    known.gold,
                    codes,
                    swaps,
                )
                for turn in turns
            ],
            axis=0,
        )
        noise = RunNoise.from_runs(
            [np.stack([one.estimate for one in drawn[name]]) for name in (a, b)],
            [within[a], within[b]],
        )
        null += noise.draw(len(null), rng)
        for k, one in enumerate(_differences((a, b), keys, drawn, noise, rng, articles)):
            detectable = smallest_detectable(
                standard_error(_gap(drawn[a], drawn[b]).samples[:, k]),
                alpha / (len(keys) * len(pairs)),
                concentration=float((shares[keys[k].scope] ** 2).sum()),
                run_error=noise.error[k],
                freedom=noise.freedom[k],
            )
            p_value = permutation_p(one.interval.value, null[:, k])
            found.append(replace(one, p_value=p_value, detectable=detectable))
    adjusted = adjust_holm([one.p_value for one in found])
    return tuple(
        replace(one, p_adjusted=float(p), verdict=judge_difference(one, float(p), alpha))
        for one, p in zip(found, adjusted, strict=True)
    )


def compare_calibration(
    models: Mapping[str, Sequence[Outcomes]], resamples: Resamples, *, seed: int = 0
) -> tuple[Difference, ...]:
    """Return every pair's difference of ECE, by label, with an interval and without a test.

    Ten bins of equal count, those of all sentences in every resample too.

    Returns:
        nothing when a model has no probabilities.
    """
    known = next(iter(models.values()))[0]
    if any(one.probabilities is None for runs in models.values() for one in runs):
        return ()
    keys = [Key(label, ECE) for label in known.labels]
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[Replicates]] = {}
    for name, runs in models.items():
        for one in runs:
            tally = Tally(Outcomes(one.labels, one.gold, one.predicted, one.probabilities))
            columns = [tally.keys.index(key) for key in keys]
            whole = resamples.of_counts(tally.measure, tally.counts)
            kept = Replicates(
                whole.estimate[columns], whole.samples[:, columns], whole.leave_one_out
            )
            drawn.setdefault(name, []).append(kept)
    found: list[Difference] = []
    for a, b in combinations(models, 2):
        scores = [np.stack([one.estimate for one in drawn[name]]) for name in (a, b)]
        noise = RunNoise.from_runs(scores, [[], []])
        found += _differences((a, b), keys, drawn, noise, rng, len(resamples.clusters))
    return tuple(replace(one, verdict="not tested") for one in found)


def _p(outcomes: Outcomes) -> FloatArray:
    assert outcomes.probabilities is not None
    return outcomes.probabilities


def _gap(first: Sequence[Replicates], second: Sequence[Replicates]) -> Replicates:
    """Return the difference of two models' mean over runs, on the same drawn articles."""

    def mean(runs: Sequence[Replicates]) -> tuple[FloatArray, FloatArray]:
        estimate = np.mean([one.estimate for one in runs], axis=0)
        return estimate, np.mean([one.samples for one in runs], axis=0)

    (value, samples), (other, others) = mean(first), mean(second)
    # Percentile intervals leave no article out.
    return Replicates(value - other, samples - others, lambda: np.zeros((0, len(value))))


def _differences(
    pair: tuple[str, str],
    keys: Sequence[Key],
    drawn: Mapping[str, Sequence[Replicates]],
    noise: RunNoise,
    rng: np.random.Generator,
    articles: int,
) -> list[Difference]:
    """Return the differences of one pair with their intervals, not yet tested."""
    runs = (drawn[pair[0]], drawn[pair[1]])
    gap = _gap(*runs)
    whole = replace(gap, samples=gap.samples + noise.draw(len(gap.samples), rng))
    intervals = whole.intervals(articles, method="percentile", reasons=[_NO_CHANCE] * len(keys))
    values = [np.mean([one.estimate for one in side], axis=0) for side in runs]
    return [
        Difference(
            *pair,
            key,
            float(values[0][k]),
            float(values[1][k]),
            intervals[k],
            math.nan,
            math.nan,
            "undefined",
            math.nan,
            (len(runs[0]), len(runs[1])),
            run_remark(pair, (len(runs[0]), len(runs[1]))),
        )
        for k, key in enumerate(keys)
    ]
