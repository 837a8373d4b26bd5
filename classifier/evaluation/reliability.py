"""Do probabilities mean what they say: reliability bins, ECE, risk and coverage.

Everything here is about one label, binary: how often the label is there among sentences to which
the model gave it a probability near p. Brier scores stand in :mod:`classifier.evaluation.metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from classifier.statistics import FloatArray, IntArray, Value, divide

Binning = Literal["equal_mass", "equal_width"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """The bins of a reliability diagram; empty bins are left out.

    Attributes:
        binning, bins: how it was binned, and into how many bins at most.
        low, high: (k,) the smallest and largest probability found in each bin.
        count: (k,) sentences.
        confidence: (k,) mean probability.
        frequency: (k,) share of positives in gold.
    """

    binning: Binning
    bins: int
    low: FloatArray
    high: FloatArray
    count: IntArray
    confidence: FloatArray
    frequency: FloatArray

    @property
    def ece(self) -> Value:
        """The expected calibration error: ``Σ count/n · |frequency − confidence|``.

        0: in every bin the mean probability is the share of positives; 1: always sure, always
        wrong; NaN: no sentence. It is biased upwards on few sentences and depends on the bins
        (Kumar, Liang & Ma 2019): compare it only under one binning and on one set.
        """
        if not len(self.count):
            return Value(np.nan, "no sentence")
        gaps = np.abs(self.frequency - self.confidence)
        return Value(float(self.count @ gaps / self.count.sum()))


def assign_bins(probabilities: npt.ArrayLike, bins: int, binning: Binning) -> IntArray:
    """Return (n,) the bin of each probability, 0 to ``bins − 1``.

    ``equal_width``: bin m holds ``(m/bins, (m+1)/bins]``, the first also 0 (Guo et al. 2017).
    ``equal_mass``: the upper end of bin m is the ``(m+1)/bins`` quantile (the order statistic,
    not interpolated), so each holds n/bins sentences unless probabilities tie; ties stay together.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 1 or bool(((values < 0) | (values > 1) | np.isnan(values)).any()):
        raise ValueError("probabilities: expected (n,) numbers between 0 and 1")
    if bins < 1:
        raise ValueError(f"{bins} bins: expected 1 or more")
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    inner = np.arange(1, bins)
    if binning == "equal_width":
        edges = inner / bins
    elif binning == "equal_mass":
        edges = np.sort(values)[(inner * len(values) + bins - 1) // bins - 1]
    else:
        raise ValueError(f"binning {binning!r}: expected equal_mass or equal_width")
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def bin_reliability(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    bins: int = 10,
    binning: Binning = "equal_mass",
) -> Reliability:
    """Bin one label's probabilities (n,) in [0, 1] against its gold (n,) bool."""
    positive = np.asarray(truth, dtype=np.float64)
    values = np.asarray(probabilities, dtype=np.float64)
    if positive.shape != values.shape:
        raise ValueError(f"truth {positive.shape} and probabilities {values.shape}: expected equal")
    where = assign_bins(values, bins, binning)
    used, index, count = np.unique(where, return_inverse=True, return_counts=True)
    low, high = np.full(len(used), np.inf), np.full(len(used), -np.inf)
    np.minimum.at(low, index, values)
    np.maximum.at(high, index, values)
    return Reliability(
        binning,
        bins,
        low,
        high,
        count.astype(np.int64),
        np.bincount(index, values, minlength=len(used)) / count,
        np.bincount(index, positive, minlength=len(used)) / count,
    )


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """What is gained by staying silent when unsure (El-Yaniv & Wiener 2010).

    Attributes:
        confidence: (k,) the distinct confidences, falling; one answers at or above them.
        coverage: (k,) share of sentences answered, rising to 1.
        risk: (k,) share of errors among those answered.
        weight: (k,) share of sentences of exactly that confidence.
    """

    confidence: FloatArray
    coverage: FloatArray
    risk: FloatArray
    weight: FloatArray

    @property
    def aurc(self) -> Value:
        """The area under the curve: the mean, over sentences, of the risk when it is just answered.

        (Geifman & El-Yaniv 2017.) Sentences of one confidence are answered together, so the order
        of ties does not matter. 0: no error; near the error rate: confidence says nothing; 1: all
        wrong; NaN: no sentence.
        """
        if not len(self.risk):
            return Value(np.nan, "no sentence")
        return Value(float(self.weight @ self.risk))

    def coverage_at(self, risk: float) -> Value:
        """Return the largest coverage whose risk is at most ``risk``; 0 when there is none."""
        if not len(self.risk):
            return Value(np.nan, "no sentence")
        reached = self.coverage[self.risk <= risk]
        return Value(float(reached.max()) if len(reached) else 0.0)


def answer_confidence(predicted: npt.ArrayLike, probabilities: npt.ArrayLike) -> FloatArray:
    """Return the probability of the answer given: p for a yes, 1 − p for a no; any shape."""
    values = np.asarray(probabilities, dtype=np.float64)
    return np.where(np.asarray(predicted, dtype=bool), values, 1 - values)


def trace_risk(errors: npt.ArrayLike, confidence: npt.ArrayLike) -> RiskCoverage:
    """Trace risk against coverage from errors (n,) bool and confidences (n,), high when sure."""
    wrong = np.asarray(errors, dtype=np.float64)
    sure = np.asarray(confidence, dtype=np.float64)
    if wrong.ndim != 1 or wrong.shape != sure.shape:
        raise ValueError(f"errors {wrong.shape} and confidences {sure.shape}: expected (n,) twice")
    if bool(np.isnan(sure).any()):
        raise ValueError("confidences with NaN: expected numbers")
    rising, index, count = np.unique(sure, return_inverse=True, return_counts=True)
    failed = np.bincount(index, wrong, minlength=len(rising))[::-1]
    answered = np.cumsum(count[::-1])
    return RiskCoverage(
        rising[::-1],
        answered / max(1, len(sure)),
        divide(np.cumsum(failed), answered),
        count[::-1] / max(1, len(sure)),
    )
