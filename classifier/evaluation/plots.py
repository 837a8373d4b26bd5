"""Curves as pictures (matplotlib, of the extra ``train``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier.errors import MissingExtraError
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.reliability import bin_reliability
from classifier.schema import load_schema

COLOURS = ("#b7791f", "#2b6cb0", "#c53030")
"""One colour a label, in schema order; never the only sign."""
_DASHES = ("-", "--", ":")


def new_figure(width: float = 6.0, height: float = 4.5) -> tuple[Any, Any]:
    """Return a matplotlib figure and its axes, drawn without a display.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing a figure", "train") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def precision_recall_figure(outcomes: Outcomes) -> Any:
    """Draw precision against recall, one line a label that has positives."""
    figure, axes = new_figure()
    probabilities = outcomes.probabilities
    if probabilities is None:
        raise ValueError("outcomes without probabilities")
    for column, name in enumerate(outcomes.labels):
        truth = outcomes.gold[:, column]
        if not truth.any():
            continue
        order = np.argsort(-probabilities[:, column], kind="stable")
        hits = np.cumsum(truth[order])
        recall = hits / truth.sum()
        precision = hits / np.arange(1, len(truth) + 1)
        title = load_schema().label(name).title["en"]
        axes.plot(recall, precision, _DASHES[column % 3], color=COLOURS[column % 3], label=title)
    axes.set(xlabel="Recall", ylabel="Precision", xlim=(0, 1), ylim=(0, 1.02))
    if axes.lines:
        axes.legend(frameon=False, loc="lower left")
    return figure


def reliability_figure(outcomes: Outcomes) -> Any:
    """Draw observed share against predicted probability in bins of equal count."""
    figure, axes = new_figure()
    if outcomes.probabilities is None:
        raise ValueError("outcomes without probabilities")
    axes.plot([0, 1], [0, 1], color="#888888", linewidth=0.8)
    for column, name in enumerate(outcomes.labels):
        bins = bin_reliability(outcomes.gold[:, column], outcomes.probabilities[:, column])
        title = load_schema().label(name).title["en"]
        axes.plot(
            bins.confidence,
            bins.frequency,
            "o" + _DASHES[column % 3],
            color=COLOURS[column % 3],
            label=title,
            markersize=4,
        )
    axes.set(xlabel="Predicted probability", ylabel="Observed share", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False, loc="upper left")
    return figure
