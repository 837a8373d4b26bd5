"""How well probabilities order the sentences of one label, whatever the threshold.

Both figures take integer weights a sentence, so that resampling whole articles sorts only once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.statistics import FloatArray, divide

RANKING = ("average_precision", "roc_auc")
"""The figures of :meth:`Ranking.measure`, in order."""


class Ranking:
    """The sentences of one label from the highest probability to the lowest; ties stand together.

    Average precision is ``Σ (R_i − R_{i−1}) P_i`` over the distinct probabilities, without
    interpolation (Manning, Raghavan & Schütze 2008, § 8.4; scikit-learn's definition). 1: every
    positive stands above every negative; the prevalence: no better than chance; NaN: no positive.

    ROC-AUC is the probability that a positive drawn at random stands above a negative drawn at
    random, ties counting half (Hanley & McNeil 1982). 1: always; 0.5: chance; 0: never; NaN:
    no positive or no negative.
    """

    def __init__(self, truth: npt.ArrayLike, scores: npt.ArrayLike) -> None:
        """Sort once. ``truth`` (n,) bool, ``scores`` (n,) finite floats."""
        positive = np.asarray(truth, dtype=bool)
        values = np.asarray(scores, dtype=np.float64)
        if positive.ndim != 1 or positive.shape != values.shape:
            raise ValueError(f"truth {positive.shape} and scores {values.shape}: expected (n,)")
        if not np.isfinite(values).all():
            raise ValueError("scores with NaN or infinity: expected finite numbers")
        self._order = np.argsort(-values, kind="stable")
        ranked, truths = values[self._order], positive[self._order]
        self._positives = np.flatnonzero(truths)
        # Only groups of equal scores that hold a positive change either figure.
        last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)[: len(ranked)]
        group = np.searchsorted(last, self._positives)
        used, first = np.unique(group, return_index=True)
        self._ends = last[used]
        self._starts = np.where(used > 0, last[used - 1] + 1, 0)
        self._last_positive = np.append(first[1:], len(self._positives))[: len(used)] - 1

    def measure(self, weights: npt.ArrayLike | None = None) -> FloatArray:
        """Return (b, 2) average precision and ROC-AUC under row weights (b, n); default all 1."""
        rows = len(self._order)
        table = np.ones((1, rows)) if weights is None else np.asarray(weights, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != rows:
            raise ValueError(f"weights of shape {table.shape}: expected (b, {rows})")
        if not len(self._positives):
            return np.full((len(table), 2), np.nan)
        ranked = table[:, self._order]
        seen = np.zeros((len(table), rows + 1))
        np.cumsum(ranked, axis=1, out=seen[:, 1:])
        hits = np.cumsum(ranked[:, self._positives], axis=1)[:, self._last_positive]
        gained = np.diff(hits, axis=1, prepend=0.0)
        seen_after = seen[:, self._ends + 1]
        positives = hits[:, -1]
        negatives = seen[:, -1] - positives
        # A group whose rows all weigh 0 before any other: nothing gained, any precision will do.
        precision = hits / np.where(seen_after > 0, seen_after, 1.0)
        above = seen[:, self._starts] - (hits - gained)
        within = seen_after - seen[:, self._starts] - gained
        beaten = (gained * (above + within / 2)).sum(axis=1)
        return np.stack(
            [
                divide((gained * precision).sum(axis=1), positives),
                1 - divide(beaten, positives * negatives),
            ],
            axis=1,
        )
