"""Is one model better than another on this test set, or can this test set not tell?

Three answers for each score, all from whole articles (:mod:`classifier.evaluation.paired` has the
procedures and their sources): a randomisation test, Holm's correction and a verdict; an interval
of the difference; and the smallest difference that this test set could have shown.

Several runs (seeds) of one model: its score is that of its runs' counts averaged by sentence, and
the variance between runs is part of test, interval and smallest difference. A model with one run
adds none, and the result says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from classifier.evaluation.metrics import SCORES, Key, Tally
from classifier.evaluation.outcomes import BoolArray, Outcomes
from classifier.evaluation.paired import (
    RunNoise,
    adjust_holm,
    permutation_p,
    randomise,
    resample_difference,
    smallest_detectable,
    standard_error,
)
from classifier.statistics import (
    Clusters,
    FloatArray,
    IntArray,
    Interval,
    Measure,
    Resamples,
)

Verdict = Literal["better", "worse", "tied", "undefined", "not tested"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One score of model ``first`` minus that of model ``second``.

    Attributes:
        interval: the difference with its unadjusted interval (percentile).
        p_value: two-sided, of the randomisation test; in (0, 1]; NaN when the difference is.
        p_adjusted: after Holm's correction over the family of the comparison.
        verdict: of ``first``: ``better`` or ``worse`` when ``p_adjusted <= alpha``; ``tied`` when
            this test set shows no difference, which does not mean that there is none; ``undefined``
            when there is no difference to speak of; ``not tested`` where there is no test.
        detectable: the smallest true difference that would have been found with a power of 0.8
            (:func:`smallest_detectable`); NaN when it cannot be told.
        runs: how many runs (seeds) of each model.
        note: what the reader must know; empty when nothing.
    """

    first: str
    second: str
    key: Key
    first_value: float
    second_value: float
    interval: Interval
    p_value: float
    p_adjusted: float
    verdict: Verdict
    detectable: float
    runs: tuple[int, int]
    note: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """All differences of a set of models, judged as one family.

    Attributes:
        alpha: the share of families with any false *better* or *worse* that is accepted.
        permutations: exchanges of articles per test.
        family: number of hypotheses that Holm's correction runs over.
        rows: for each pair, the rows on which the two models' answers differ.
    """

    differences: tuple[Difference, ...]
    alpha: float
    permutations: int
    family: int
    rows: Mapping[tuple[str, str], IntArray]


def compare(
    models: Mapping[str, Sequence[Outcomes]],
    resamples: Resamples,
    *,
    keys: Iterable[Key] | None = None,
    pairs: Iterable[tuple[str, str]] | None = None,
    alpha: float = 0.05,
    permutations: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Comparison:
    """Compare models on the same sentences.

    Args:
        models: name → outcomes, one a run; all with the same labels and gold, row by row.
        resamples: drawn over the articles of these sentences.
        keys: scores that sum over sentences (for ranking and ECE see
            :mod:`classifier.evaluation.ranked_comparison`); default F1 by label and macro.
        pairs: which models against which; default every pair, in the order given.
        alpha: Holm's family-wise level over keys × pairs (undefined ones left out).
    """
    labels = _check(models, resamples)
    wanted = list(keys) if keys is not None else [Key(s, "f1") for s in (*labels, "macro")]
    runs = {
        name: [Tally(_needed(outcomes, wanted)) for outcomes in given]
        for name, given in models.items()
    }
    known = next(iter(runs.values()))[0]
    for name, tallies in runs.items():
        for key in wanted:
            if any(key not in tally.keys for tally in tallies):
                raise ValueError(f"{name}: no {key.scope}/{key.name} that sums over sentences")
    for key in wanted:
        if not SCORES[key.name].direction or key.name.startswith("ece_"):
            raise ValueError(f"{key.name}: neither better nor worse sentence by sentence")
    columns = [known.keys.index(key) for key in wanted]
    chosen = list(pairs) if pairs is not None else list(combinations(models, 2))
    rng = np.random.default_rng(seed)
    family = len(wanted) * len(chosen)
    if family > alpha * (permutations + 1):
        raise ValueError(
            f"{permutations} permutations for {family} tests: expected at least "
            f"{math.ceil(family / alpha) - 1}, or no verdict could pass {alpha}"
        )

    shares = article_shares(next(iter(models.values()))[0], resamples.clusters)
    concentrations = [float((shares[key.scope] ** 2).sum()) for key in wanted]

    def measure(sums: FloatArray) -> FloatArray:
        return known.measure(sums)[:, columns]

    found: list[Difference] = []
    for first, second in chosen:
        a, b = (
            [resamples.clusters.totals(tally.counts) for tally in runs[name]]
            for name in (first, second)
        )
        found += _differences(
            (first, second),
            wanted,
            measure,
            a,
            b,
            resamples,
            rng,
            permutations=permutations,
            alpha=alpha,
            family=family,
            concentrations=concentrations,
        )
    adjusted = adjust_holm([difference.p_value for difference in found])
    return Comparison(
        tuple(
            replace(d, p_adjusted=float(p), verdict=judge_difference(d, float(p), alpha))
            for d, p in zip(found, adjusted, strict=True)
        ),
        alpha,
        permutations,
        int(np.sum(~np.isnan(adjusted))),
        {pair: differing_rows(models[pair[0]], models[pair[1]]) for pair in chosen},
    )


def _check(models: Mapping[str, Sequence[Outcomes]], resamples: Resamples) -> tuple[str, ...]:
    if not models or not all(models.values()):
        raise ValueError("a model without outcomes: expected one or more runs of each")
    known = next(iter(models.values()))[0]
    if len(known) != resamples.clusters.rows:
        raise ValueError(
            f"{len(known)} sentences: expected {resamples.clusters.rows}, the rows of the "
            "partition into articles"
        )
    for name, runs in models.items():
        for outcomes in runs:
            if outcomes.labels != known.labels or not np.array_equal(outcomes.gold, known.gold):
                raise ValueError(f"{name}: labels or gold differ from those of the first model")
    return known.labels


def _needed(outcomes: Outcomes, keys: Iterable[Key]) -> Outcomes:
    """Leave out what no key asks for: all tallies then have the same columns, and cost less."""
    names = {key.name.split("_")[0] for key in keys}
    kept = outcomes
    if not names & {"brier", "ece"}:
        kept = replace(kept, probabilities=None)
    if "depth" not in names:
        kept = replace(kept, gold_depths=None, predicted_depths=None)
    if "span" not in names:
        kept = replace(kept, gold_cues=None, predicted_cues=None)
    return kept


def article_shares(outcomes: Outcomes, clusters: Clusters) -> dict[str, FloatArray]:
    """Return each article's share, (articles,), in a scope's score: its share of the positives."""
    gold = clusters.totals(outcomes.gold)
    by_label = gold / np.maximum(1, gold.sum(axis=0))
    shares = dict(zip(outcomes.labels, by_label.T, strict=True))
    shares["macro"] = by_label.mean(axis=1)
    shares["micro"] = gold.sum(axis=1) / max(1, gold.sum())
    shares["sentence"] = np.bincount(clusters.codes, minlength=len(clusters)) / max(
        1, len(outcomes)
    )
    return shares


def judge_difference(difference: Difference, p_adjusted: float, alpha: float) -> Verdict:
    """Return the verdict of a difference whose p-value was adjusted."""
    if math.isnan(p_adjusted):
        return "undefined"
    if p_adjusted > alpha:
        return "tied"
    gain = difference.interval.value * SCORES[difference.key.name].direction
    return "better" if gain > 0 else "worse"


def run_remark(names: tuple[str, str], runs: tuple[int, int]) -> str:
    """Say which models have one run only, so that their seeds' variance is unknown."""
    single = [name for name, count in zip(names, runs, strict=True) if count < 2]
    if not single:
        return ""
    return f"one run of {' and of '.join(single)}: its variance between seeds is not in this"


def _differences(
    names: tuple[str, str],
    keys: Sequence[Key],
    measure: Measure,
    a: Sequence[FloatArray],
    b: Sequence[FloatArray],
    resamples: Resamples,
    rng: np.random.Generator,
    *,
    permutations: int,
    alpha: float,
    family: int,
    concentrations: Sequence[float],
) -> list[Difference]:
    """Compare two models given their counts by article, (articles, k) a run."""
    mean_a, mean_b = np.mean(a, axis=0), np.mean(b, axis=0)
    values_a, values_b = measure(mean_a.sum(0)[None])[0], measure(mean_b.sum(0)[None])[0]
    noise = RunNoise.of(measure, [a, b], rng)
    null = randomise(measure, mean_a, mean_b, permutations, rng)
    null += noise.draw(len(null), rng)
    drawn = resample_difference(measure, mean_a, mean_b, resamples)
    whole = replace(
        drawn,
        estimate=np.where(np.isnan(noise.error), np.nan, drawn.estimate),
        samples=drawn.samples + noise.draw(len(drawn.samples), rng),
    )
    intervals = whole.intervals(
        len(resamples.clusters),
        method="percentile",
        reasons=["undefined for one of the two models, or for a run of it"] * len(keys),
    )
    remark = run_remark(names, (len(a), len(b)))
    differences = []
    for k, key in enumerate(keys):
        p_value = permutation_p(intervals[k].value, null[:, k])
        detectable = smallest_detectable(
            standard_error(drawn.samples[:, k]),
            alpha / family,
            concentration=concentrations[k],
            run_error=noise.error[k],
            freedom=noise.freedom[k],
        )
        differences.append(
            Difference(
                *names,
                key,
                float(values_a[k]),
                float(values_b[k]),
                intervals[k],
                p_value,
                math.nan,
                "undefined",
                detectable,
                (len(a), len(b)),
                remark,
            )
        )
    return differences


def differing_rows(
    first: Sequence[Outcomes], second: Sequence[Outcomes], label: str | None = None
) -> IntArray:
    """Return the rows where two models' answers differ on some label, or on ``label``.

    The answer of several runs is that of most of them; half is a no.
    """

    def vote(runs: Sequence[Outcomes]) -> BoolArray:
        votes = np.stack([outcomes.predicted for outcomes in runs]).sum(axis=0)
        return np.asarray(votes * 2 > len(runs))

    differs = vote(first) != vote(second)
    if label is not None:
        differs = differs[:, [first[0].labels.index(label)]]
    return np.flatnonzero(differs.any(axis=1))
