"""What a title's fidelity is worth: a probability, judged as one, floors beside it.

Beside the fidelity stands *similarity alone*, the same kind of model that sees nothing but how
similar the title is to the body, and the Brier score of saying the set's own share to every title,
which nobody could know beforehand. Intervals of 95 % are over articles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.evaluation.ranking import Ranking
from classifier.evaluation.reliability import assign_bins, bin_reliability
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

FIGURES = ("auc", "brier", "base_brier", "brier_gain", "mean_value", "share_without_departure")
REPLICATES = 2000
SEED = 20261123
BINS = 5


@dataclass(frozen=True)
class FidelityScores:
    """Figures of one set of titles.

    Attributes:
        titles, departures: how many, and how many of them depart from their body.
        figures: reader → figure (:data:`FIGURES`) → interval. ``auc``: titles without departure
            above the others; ``brier``: mean squared error; ``base_brier``: that of the set's own
            share; ``brier_gain``: the share of it that is saved.
        calibration_error: reader → expected calibration error, five bins of equal mass.
        luck: reader → what that error would be, on average, if every value were right.
        fifths: reader → for each of those bins, rising, its mean value and the share of its titles
            that do not depart.
    """

    titles: int
    departures: int
    figures: Mapping[str, Mapping[str, Interval]]
    calibration_error: Mapping[str, float]
    luck: Mapping[str, float]
    fifths: Mapping[str, tuple[tuple[float, float], ...]]


def score_fidelity(
    groups: Iterable[str],
    departs: Sequence[bool],
    values: Mapping[str, npt.ArrayLike],
    *,
    replicates: int = REPLICATES,
) -> FidelityScores:
    """Return the figures of these titles.

    Args:
        groups: (n,) the article, or group of articles, of each title.
        departs: (n,) whether readers found a departure.
        values: reader → (n,) probabilities of no departure, 0 to 1.
    """
    clusters = Clusters.of(groups)
    kept = ~np.asarray(departs, dtype=bool)
    resamples = Resamples.draw(clusters, replicates=replicates, seed=SEED)
    figures, errors, luck, fifths = {}, {}, {}, {}
    for reader, given in values.items():
        value = np.asarray(given, dtype=np.float64)
        figures[reader] = _intervals(resamples, kept, value)
        errors[reader] = calibration_error(kept, value)
        luck[reader] = _luck(value)
        bins = bin_reliability(kept, value, bins=BINS)
        fifths[reader] = tuple(zip(bins.confidence.tolist(), bins.frequency.tolist(), strict=True))
    return FidelityScores(len(kept), int((~kept).sum()), figures, errors, luck, fifths)


def _intervals(
    resamples: Resamples, kept: npt.NDArray[np.bool_], value: FloatArray
) -> dict[str, Interval]:
    ranking = Ranking(kept, value)
    columns = np.stack([np.ones(len(kept)), kept, (value - kept) ** 2, value], axis=1)

    def measure(weights: FloatArray) -> FloatArray:
        total, right, error, said = (weights @ columns).T
        share = divide(right, total)
        base, brier = share * (1 - share), divide(error, total)
        gain = 1 - divide(brier, base)
        table = [ranking.measure(weights)[:, 1], brier, base, gain, divide(said, total), share]
        return np.stack(table, axis=1)

    number = len(resamples.clusters)
    alike = "every title departs, or none"
    reasons = [alike, "no title", "no title", alike, "no title", "no title"]
    drawn = resamples.of_weights(measure).intervals(number, method="percentile", reasons=reasons)
    return dict(zip(FIGURES, drawn, strict=True))


def calibration_error(kept: npt.NDArray[np.bool_], value: FloatArray, bins: int = BINS) -> float:
    """Return ``Σ count/n · |share − mean value|`` over bins of equal mass; NaN without a title."""
    if not len(value):
        return math.nan
    gaps = np.bincount(assign_bins(value, bins, "equal_mass"), kept - value, minlength=bins)
    return float(np.abs(gaps).sum() / len(value))


def _luck(value: FloatArray, draws: int = 1000) -> float:
    """Return the mean calibration error of titles drawn with exactly these probabilities."""
    drawn = np.random.default_rng(SEED).random((draws, len(value))) < value
    return float(np.mean([calibration_error(kept, value) for kept in drawn]))


def fidelity_document(scores: FidelityScores) -> dict[str, Any]:
    """Return the figures as plain JSON values, undefined ones as null with their reason."""
    return {
        "titles": scores.titles,
        "departures": scores.departures,
        "readers": {
            reader: {
                **{name: _plain(one) for name, one in figures.items()},
                "calibration_error": _number(scores.calibration_error[reader]),
                "calibration_error_by_luck": _number(scores.luck[reader]),
                "fifths": [
                    [_number(said), _number(share)] for said, share in scores.fifths[reader]
                ],
            }
            for reader, figures in scores.figures.items()
        },
    }


def _plain(one: Interval) -> dict[str, Any]:
    ends = {"value": one.value, "low": one.low, "high": one.high}
    return {**{name: _number(end) for name, end in ends.items()}, "reason": one.reason}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def fidelity_lines(scores: FidelityScores) -> list[str]:
    """Return the figures as text, one reader a line."""
    lines = [f"  fidelity: {scores.titles} titles, {scores.departures} of them depart"]
    for reader, figures in scores.figures.items():
        said = ", ".join(
            f"{name} {_say(figures[key])}"
            for key, name in (("auc", "AUC"), ("brier", "Brier"), ("brier_gain", "gain"))
        )
        lines.append(
            f"    {reader:17s} {said}; base rate's Brier {figures['base_brier'].value:.3f}; "
            f"says {figures['mean_value'].value:.3f} of "
            f"{figures['share_without_departure'].value:.3f}; calibration error "
            f"{scores.calibration_error[reader]:.3f} (luck {scores.luck[reader]:.3f})"
        )
    return lines


def _say(one: Interval) -> str:
    return "–" if math.isnan(one.value) else f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
