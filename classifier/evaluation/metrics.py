"""Predictions against gold: every score, its interval over articles, and why one is undefined.

Most scores depend on sums over sentences alone (true positives, spans found, squared errors).
:class:`Tally` keeps those sums one row a sentence and turns any sum of rows into all scores at
once, so that two thousand resamples cost one matrix product. Ranking scores take row weights.

Scores are addressed by scope and name: a label's name, ``macro``, ``micro`` or ``sentence``, and
``f1``, ``recall``… What 1, 0 and NaN mean is said once, in :data:`SCORES`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.evaluation.outcomes import BoolArray, Outcomes
from classifier.evaluation.ranking import RANKING, Ranking
from classifier.evaluation.reliability import Binning, assign_bins
from classifier.matching import DEPTH_LABEL, SPAN_MATCHES, count_cues, count_depths, span_f1
from classifier.statistics import (
    FloatArray,
    Interval,
    Measure,
    Method,
    Replicates,
    Resamples,
    Value,
    divide,
)

ECE_BINS = 10


class Key(NamedTuple):
    """Where a score stands: a label's name, ``macro``, ``micro`` or ``sentence``, and its name."""

    scope: str
    name: str


class Score(NamedTuple):
    """What a score means, why it may be undefined, and where it should go.

    ``direction`` is 1 when more is better, -1 when less is, 0 when the score only describes.
    """

    meaning: str
    undefined: str
    direction: int = 1


SCORES: Mapping[str, Score] = {
    "precision": Score(
        "share of predicted positives that are right: 1 all, 0 none", "nothing predicted positive"
    ),
    "recall": Score("share of gold positives that are found: 1 all, 0 none", "no positive in gold"),
    "f1": Score(
        "2tp / (2tp + fp + fn): 1 perfect, 0 no true positive among some positives",
        "no positive in gold and none predicted",
    ),
    "specificity": Score(
        "share of gold negatives left alone: 1 all, 0 none", "no negative in gold"
    ),
    "mcc": Score(
        "correlation of gold and prediction (Matthews 1975): 1 equal, 0 unrelated, -1 opposite",
        "gold or prediction is the same for every sentence",
    ),
    "prevalence": Score("share of sentences positive in gold", "no sentence", 0),
    "support": Score("number of sentences positive in gold", "", 0),
    "predicted": Score("number of sentences predicted positive", "", 0),
    "average_precision": Score(
        "precision averaged over the positives' ranks: 1 perfect, the prevalence at chance",
        "no positive in gold",
    ),
    "roc_auc": Score(
        "chance that a positive outranks a negative: 1 always, 0.5 at chance, 0 never",
        "gold is the same for every sentence",
    ),
    "brier": Score(
        "mean squared error of the probability (Brier 1950): 0 perfect, 1 always sure and wrong",
        "no sentence",
        -1,
    ),
    "ece_equal_mass": Score(
        f"calibration error over {ECE_BINS} bins of equal count: 0 calibrated", "no sentence", -1
    ),
    "ece_equal_width": Score(
        f"calibration error over {ECE_BINS} bins of equal width: 0 calibrated", "no sentence", -1
    ),
    "exact_match": Score("share of sentences with every label right", "no sentence"),
    "any_positive": Score("share of sentences with a label in gold", "no sentence", 0),
    "span_exact": Score("F1 of cues, same offsets and device", "no cue in gold and none predicted"),
    "span_overlap": Score(
        "F1 of cues paired one to one, same device, a character shared",
        "no cue in gold and none predicted",
    ),
    "span_exact_any_device": Score("F1 of cues, same offsets", "no cue in gold and none predicted"),
    "span_overlap_any_device": Score(
        "F1 of cues paired one to one, a character shared", "no cue in gold and none predicted"
    ),
    "depth_exact": Score(
        "share of relays found whose depth is right", "no relay in both gold and prediction"
    ),
    "depth_within_one": Score(
        "share of relays found whose depth is at most one off",
        "no relay in both gold and prediction",
    ),
    "depth_support": Score("number of sentences that are relays in gold and prediction", "", 0),
}

_CONFUSION = (
    "precision",
    "recall",
    "f1",
    "specificity",
    "mcc",
    "prevalence",
    "support",
    "predicted",
)
_AVERAGED = ("precision", "recall", "f1")
_BINNINGS: tuple[Binning, ...] = ("equal_mass", "equal_width")

Scores = dict[str, dict[str, Value]]
ScoreIntervals = dict[str, dict[str, Interval]]


class Tally:
    """Counts of n sentences, (n, k), and the scores of any sum of them.

    Attributes:
        counts: (n, k), one row a sentence; sums over sentences are what :meth:`measure` takes.
        keys: the m scores that :meth:`measure` returns, in order.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        self.labels = outcomes.labels
        gold, predicted = outcomes.gold, outcomes.predicted
        parts: list[tuple[str, npt.NDArray[np.generic]]] = [
            (
                "confusion",
                np.concatenate([gold & predicted, ~gold & predicted, gold & ~predicted], axis=1),
            ),
            (
                "sentence",
                np.stack(
                    [
                        np.ones(len(gold), dtype=bool),
                        (gold == predicted).all(axis=1),
                        gold.any(axis=1),
                    ],
                    axis=1,
                ),
            ),
        ]
        if outcomes.probabilities is not None:
            p = outcomes.probabilities
            parts.append(("brier", (p - gold) ** 2))
            parts += [(f"ece_{binning}", _bin_gaps(gold, p, binning)) for binning in _BINNINGS]
        if outcomes.gold_depths is not None and outcomes.predicted_depths is not None:
            parts.append(("depth", count_depths(outcomes.gold_depths, outcomes.predicted_depths)))
        if outcomes.gold_cues is not None and outcomes.predicted_cues is not None:
            for name, (overlap, devices) in SPAN_MATCHES.items():
                spans = [
                    count_cues(
                        [row.get(label, ()) for row in outcomes.gold_cues],
                        [row.get(label, ()) for row in outcomes.predicted_cues],
                        overlap=overlap,
                        devices=devices,
                    )
                    for label in self.labels
                ]
                parts.append((name, np.concatenate(spans, axis=1)))
        self._slices: dict[str, slice] = {}
        start = 0
        for name, part in parts:
            self._slices[name] = slice(start, start + part.shape[1])
            start += part.shape[1]
        self.counts = np.concatenate([part.astype(np.float64) for _, part in parts], axis=1)
        self.keys = tuple(self._scores(np.zeros((1, start))))

    def measure(self, sums: FloatArray) -> FloatArray:
        """Return (b, m) scores of (b, k) summed counts, in the order of :attr:`keys`."""
        return np.stack(list(self._scores(sums).values()), axis=1)

    def _scores(self, sums: FloatArray) -> dict[Key, FloatArray]:
        def part(name: str, width: int | None = None) -> FloatArray:
            columns = sums[:, self._slices[name]]
            return columns if width is None else columns.reshape(len(sums), -1, width)

        out: dict[Key, FloatArray] = {}
        total, exact, some = part("sentence").T
        # (b, L) each: the columns stand tp for all labels, then fp, then fn.
        tp, fp, fn = np.moveaxis(part("confusion").reshape(len(sums), 3, -1), 1, 0)
        by_label = _confusion_scores(tp, fp, fn, total[:, None])
        pooled = _confusion_scores(tp.sum(1), fp.sum(1), fn.sum(1), total * len(self.labels))
        for position, label in enumerate(self.labels):
            for name in _CONFUSION:
                out[Key(label, name)] = by_label[name][:, position]
        for name in _AVERAGED:
            out[Key("macro", name)] = by_label[name].mean(axis=1)
            out[Key("micro", name)] = pooled[name]
        out[Key("sentence", "exact_match")] = divide(exact, total)
        out[Key("sentence", "any_positive")] = divide(some, total)
        for name in ("brier", "ece_equal_mass", "ece_equal_width"):
            if name in self._slices:
                width = 1 if name == "brier" else ECE_BINS
                errors = np.abs(part(name, width)).sum(axis=2)
                for position, label in enumerate(self.labels):
                    out[Key(label, name)] = divide(errors[:, position], total)
        for name in SPAN_MATCHES:
            if name in self._slices:
                spans = part(name, 3)
                for position, label in enumerate(self.labels):
                    out[Key(label, name)] = span_f1(spans[:, position])
                out[Key("micro", name)] = span_f1(spans.sum(axis=1))
        if "depth" in self._slices:
            both, same, near = part("depth").T
            out[Key(DEPTH_LABEL, "depth_exact")] = divide(same, both)
            out[Key(DEPTH_LABEL, "depth_within_one")] = divide(near, both)
            out[Key(DEPTH_LABEL, "depth_support")] = both
        return out


def _confusion_scores(
    tp: FloatArray, fp: FloatArray, fn: FloatArray, total: FloatArray
) -> dict[str, FloatArray]:
    tn = total - tp - fp - fn
    # The product under the root can pass 2^53 but not overflow: roots first keep it exact enough.
    margins = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    return {
        "precision": divide(tp, tp + fp),
        "recall": divide(tp, tp + fn),
        "f1": divide(2 * tp, 2 * tp + fp + fn),
        "specificity": divide(tn, tn + fp),
        "mcc": divide(tp * tn - fp * fn, margins),
        "prevalence": divide(tp + fn, total),
        "support": tp + fn,
        "predicted": tp + fp,
    }


def _bin_gaps(gold: BoolArray, probabilities: FloatArray, binning: Binning) -> FloatArray:
    """Return (n, L · bins): gold − probability in the sentence's bin, 0 elsewhere.

    The bins are those of all n sentences, in every resample too: the ECE then is a sum over bins
    of absolute sums, ``Σ |Σ (gold − p)| / n``.
    """
    rows, labels = gold.shape
    gaps = np.zeros((rows, labels, ECE_BINS))
    for label in range(labels):
        where = assign_bins(probabilities[:, label], ECE_BINS, binning)
        gaps[np.arange(rows), label, where] = gold[:, label] - probabilities[:, label]
    return gaps.reshape(rows, labels * ECE_BINS)


def score(outcomes: Outcomes) -> Scores:
    """Return every score that the outcomes allow; one that is undefined is NaN with its reason.

    A macro average is the unweighted mean over all labels; it is NaN when one label's score is,
    since a mean over the others would measure something else. Without probabilities, depths or
    cues the scores that need them are NaN with that reason.
    """
    tally = Tally(outcomes)
    keys, figures = list(tally.keys), tally.measure(tally.counts.sum(axis=0)[None])[0].tolist()
    if outcomes.probabilities is not None:
        keys += ranking_keys(outcomes.labels)
        ranking = ranking_measure(outcomes, outcomes.probabilities)
        figures += ranking(np.ones((1, len(outcomes))))[0].tolist()
    table: Scores = {}
    for key, figure, reason in zip(keys, figures, _reasons(keys, figures), strict=True):
        table.setdefault(key.scope, {})[key.name] = Value(figure, reason)
    for key, reason in _missing(outcomes).items():
        table.setdefault(key.scope, {})[key.name] = Value(math.nan, reason)
    return table


def score_intervals(
    outcomes: Outcomes, resamples: Resamples, *, method: Method = "bca", level: float = 0.95
) -> ScoreIntervals:
    """Return every score of :func:`score` with its interval over articles.

    Args:
        resamples: drawn over the articles of these very sentences; shared by all scores.
    """
    if resamples.clusters.rows != len(outcomes):
        raise ValueError(
            f"{len(outcomes)} sentences: expected {resamples.clusters.rows}, the "
            "rows of the partition into articles"
        )
    tally = Tally(outcomes)
    found: list[tuple[Sequence[Key], Replicates]] = [
        (tally.keys, resamples.of_counts(tally.measure, tally.counts))
    ]
    if outcomes.probabilities is not None:
        found.append(
            (
                ranking_keys(outcomes.labels),
                resamples.of_weights(ranking_measure(outcomes, outcomes.probabilities)),
            )
        )
    table: ScoreIntervals = {}
    for keys, replicates in found:
        intervals = replicates.intervals(
            len(resamples.clusters),
            method=method,
            level=level,
            reasons=_reasons(keys, replicates.estimate.tolist()),
        )
        for key, interval in zip(keys, intervals, strict=True):
            table.setdefault(key.scope, {})[key.name] = interval
    for key, reason in _missing(outcomes).items():
        table.setdefault(key.scope, {})[key.name] = Interval(
            math.nan,
            math.nan,
            math.nan,
            level,
            method,
            len(resamples.weights),
            len(resamples.weights),
            len(resamples.clusters),
            reason,
        )
    return table


def ranking_keys(labels: Sequence[str]) -> list[Key]:
    """Return the scores of :func:`ranking_measure`, in order."""
    return [Key(scope, name) for scope in (*labels, "macro") for name in RANKING]


def ranking_measure(outcomes: Outcomes, probabilities: FloatArray) -> Measure:
    """Return what turns (b, n) row weights into the scores of :func:`ranking_keys`."""
    rankings = [
        Ranking(outcomes.gold[:, k], probabilities[:, k]) for k in range(len(outcomes.labels))
    ]

    def measure(weights: FloatArray) -> FloatArray:
        by_label = np.stack([ranking.measure(weights) for ranking in rankings], axis=1)
        every = np.concatenate([by_label, by_label.mean(axis=1, keepdims=True)], axis=1)
        return every.reshape(len(weights), -1)

    return measure


def _reasons(keys: Sequence[Key], figures: Sequence[float]) -> list[str]:
    """Return, for each figure, why it is NaN; empty where it is not."""
    undefined = {key for key, figure in zip(keys, figures, strict=True) if math.isnan(figure)}
    reasons = []
    for key in keys:
        reason = SCORES[key.name].undefined if key in undefined else ""
        if reason and key.scope == "macro":
            labels = [k.scope for k in keys if k in undefined and k.name == key.name]
            reason = f"undefined for {', '.join(s for s in labels if s not in ('macro', 'micro'))}"
        reasons.append(reason)
    return reasons


def _missing(outcomes: Outcomes) -> dict[Key, str]:
    """Return the scores for which the outcomes hold no material, with the reason."""
    missing: dict[Key, str] = {}
    if outcomes.probabilities is None:
        names = ("brier", *(f"ece_{binning}" for binning in _BINNINGS))
        keys = [Key(label, name) for label in outcomes.labels for name in names]
        missing |= dict.fromkeys(keys + ranking_keys(outcomes.labels), "no probabilities given")
    if outcomes.gold_cues is None or outcomes.predicted_cues is None:
        scopes = (*outcomes.labels, "micro")
        missing |= {Key(scope, name): "no cues given" for scope in scopes for name in SPAN_MATCHES}
    depths = outcomes.gold_depths is not None and outcomes.predicted_depths is not None
    if DEPTH_LABEL in outcomes.labels and not depths:
        names = ("depth_exact", "depth_within_one", "depth_support")
        missing |= {Key(DEPTH_LABEL, name): "no depths given" for name in names}
    return missing
