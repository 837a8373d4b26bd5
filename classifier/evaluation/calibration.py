"""What a model's probabilities are worth on the sentences at hand, before and after calibration.

The expected calibration error is given in ten bins of equal count (and beside it of equal width);
risk and coverage say what is gained by staying silent on the least sure sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.reliability import (
    Reliability,
    RiskCoverage,
    answer_confidence,
    bin_reliability,
    trace_risk,
)
from classifier.statistics import FloatArray, Value

BINS = 10
COVERAGES = (0.5, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, eq=False)
class LabelCalibration:
    """One label's probabilities against gold.

    Attributes:
        after, before: in bins of equal count; ``before`` calibration where it can be undone.
        ece_width: of ``after`` in bins of equal width.
        brier_after, brier_before: mean squared error.
        risk: errors against coverage, the least sure left out first.
    """

    label: str
    after: Reliability
    before: Reliability | None
    ece_width: Value
    brier_after: Value
    brier_before: Value
    risk: RiskCoverage

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "binning": f"{BINS} bins of equal count",
            "ece": self.after.ece.value,
            "ece_before": self.before.ece.value if self.before else None,
            "ece_equal_width": self.ece_width.value,
            "brier": self.brier_after.value,
            "brier_before": self.brier_before.value if self.before else None,
            "aurc": self.risk.aurc.value,
            "risk_at_coverage": {str(at): risk_at(self.risk, at) for at in COVERAGES},
            "bins": [
                {"n": int(n), "confidence": float(p), "frequency": float(f)}
                for n, p, f in zip(
                    self.after.count, self.after.confidence, self.after.frequency, strict=True
                )
            ],
        }


def undo_platt(probabilities: FloatArray, platt: FloatArray) -> FloatArray:
    """Return the probabilities that the raw scores would have given without calibration.

    ``p = σ(a·s + b)`` gives ``s = (logit p − b) / a``, and before calibration the model said
    ``σ(s)``. A slope of 0 leaves nothing to undo: those columns are NaN.

    Args:
        probabilities: (n, L).
        platt: (L, 2), slope and offset.
    """
    p = np.clip(probabilities, 1e-15, 1 - 1e-15)
    logit = np.log(p) - np.log1p(-p)
    slope = np.where(platt[:, 0] == 0, np.nan, platt[:, 0])
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(-np.logaddexp(0.0, -(logit - platt[:, 1]) / slope)))


def risk_at(risk: RiskCoverage, coverage: float) -> float:
    """Return the share of errors among the surest sentences, at least ``coverage`` of them."""
    reached = np.flatnonzero(risk.coverage >= coverage - 1e-12)
    return float(risk.risk[reached[0]]) if len(reached) else float("nan")


def measure_calibration(
    outcomes: Outcomes, platt: FloatArray | None = None
) -> tuple[LabelCalibration, ...]:
    """Return every label's calibration; empty where the predictions hold no probabilities.

    Args:
        platt: (L, 2) slope and offset with which the probabilities were calibrated.
    """
    p = outcomes.probabilities
    if p is None or not len(p):
        return ()
    raw = None if platt is None else undo_platt(p, platt)
    found = []
    for column, name in enumerate(outcomes.labels):
        gold = outcomes.gold[:, column]
        undone = None if raw is None or np.isnan(raw[:, column]).any() else raw[:, column]
        wrong = gold != outcomes.predicted[:, column]
        sure = answer_confidence(outcomes.predicted[:, column], p[:, column])
        found.append(
            LabelCalibration(
                name,
                bin_reliability(gold, p[:, column], bins=BINS),
                None if undone is None else bin_reliability(gold, undone, bins=BINS),
                bin_reliability(gold, p[:, column], bins=BINS, binning="equal_width").ece,
                Value(float(np.mean((p[:, column] - gold) ** 2))),
                Value(float("nan"), "no calibration to undo")
                if undone is None
                else Value(float(np.mean((undone - gold) ** 2))),
                trace_risk(wrong, sure),
            )
        )
    return tuple(found)
