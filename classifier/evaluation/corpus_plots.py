"""What the corpus holds, as pictures (matplotlib, of the extra ``train``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifier.corpus.overview import (
    Unit,
    count_devices,
    count_together,
    natural_rates,
    source_names,
    split_names,
)
from classifier.evaluation.plots import COLOURS, new_figure
from classifier.schema import load_schema

_HATCHES = ("", "//", "..", "xx")
"""One pattern a split: pictures must be read without colours too."""
_FEWEST = 30
"""Sentences of a source from which a distribution is drawn."""


def save_plots(units: Sequence[Unit], folder: Path) -> list[Path]:
    """Draw every picture of the corpus into a folder.

    Returns:
        the PNG files; those that the data have nothing for are left out.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figures = {
        "labels": labels_figure(units),
        "devices": devices_figure(units),
        "lengths": lengths_figure(units),
        "together": together_figure(units),
        "depths": depths_figure(units),
        "rates": rates_figure(units),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, figure in figures.items():
        if figure is not None:
            paths.append(folder / f"{name}.png")
            figure.savefig(paths[-1], dpi=150)
    return paths


def labels_figure(units: Sequence[Unit]) -> Any:
    """Draw positive sentences by label and source, one pattern a split."""
    labels = load_schema().labels
    counts = Counter((u.source, name, u.split) for u in units for name in u.mark.labels)
    bars = [
        (f"{source}: {label.title['en'].lower()}", COLOURS[place % len(COLOURS)], source, label)
        for source in source_names(units)
        for place, label in enumerate(labels)
    ]
    return _stacked(
        [(title, colour) for title, colour, _, _ in bars],
        {
            split: [counts[source, label.name, split] for _, _, source, label in bars]
            for split in split_names(units)
        },
        "Positive sentences",
    )


def devices_figure(units: Sequence[Unit]) -> Any:
    """Draw the sentences that hold each device, one colour a label, one pattern a split."""
    counts = count_devices(units, lambda unit: unit.split)
    bars = [
        (label, device, COLOURS[place % len(COLOURS)])
        for place, label in enumerate(load_schema().labels)
        for device in label.devices
    ]
    return _stacked(
        [(f"{label.code}: {device.title['en']}", colour) for label, device, colour in bars],
        {
            split: [counts[label.name, device.name, split] for label, device, _ in bars]
            for split in split_names(units)
        },
        "Sentences",
    )


def _stacked(bars: list[tuple[str, str]], parts: dict[str, list[int]], what: str) -> Any:
    if not bars or not any(map(any, parts.values())):
        return None
    figure, axes = new_figure(7.0, 0.8 + 0.28 * len(bars))
    rows = np.arange(len(bars))
    left = np.zeros(len(bars))
    for place, (split, counts) in enumerate(parts.items()):
        axes.barh(
            rows,
            counts,
            left=left,
            color=[colour for _, colour in bars],
            alpha=0.85,
            edgecolor="white",
            hatch=_HATCHES[place % len(_HATCHES)],
        )
        # The legend shows the pattern alone: the colour is the label's.
        axes.barh([0], [0], color="#888888", hatch=_HATCHES[place % len(_HATCHES)], label=split)
        left += counts
    axes.set_yticks(rows, [title for title, _ in bars])
    axes.invert_yaxis()
    axes.set_xlabel(what)
    axes.legend(frameon=False)
    return figure


def lengths_figure(units: Sequence[Unit]) -> Any:
    """Draw how long sentences are, one line a source; the longest hundredth is left out."""
    if not any(count >= _FEWEST for count in Counter(unit.source for unit in units).values()):
        return None
    figure, axes = new_figure()
    last = max(10.0, float(np.quantile([unit.length for unit in units], 0.99)))
    edges = np.linspace(0, last, 31)
    for place, source in enumerate(source_names(units)):
        lengths = [unit.length for unit in units if unit.source == source]
        if len(lengths) < _FEWEST:
            continue
        shares = np.histogram(lengths, edges)[0] / len(lengths)
        dashes = ("-", "--", ":", "-.")[place % 4]
        axes.stairs(shares, edges, linestyle=dashes, label=source)
    axes.set(xlabel="Characters", ylabel="Share of sentences", xlim=(0, last))
    axes.legend(frameon=False)
    return figure


def together_figure(units: Sequence[Unit]) -> Any:
    """Draw how many sentences carry two labels at once."""
    together = count_together(units)
    if not together.any():
        return None
    figure, axes = new_figure(5.5, 4.2)
    titles = [label.title["en"] for label in load_schema().labels]
    off = together.copy()
    np.fill_diagonal(off, 0)
    axes.imshow(off, cmap="Blues", vmin=0, vmax=max(1, off.max()) * 1.6)
    for row, column in np.ndindex(*together.shape):
        axes.text(column, row, f"{together[row, column]:,}", ha="center", va="center")
    axes.set_xticks(range(len(titles)), titles, rotation=20, ha="right")
    axes.set_yticks(range(len(titles)), titles)
    axes.spines[:].set_visible(False)
    return figure


def depths_figure(units: Sequence[Unit]) -> Any:
    """Draw the depths of relays, stacked by source."""
    counts = Counter((unit.depth, unit.source) for unit in units if unit.depth is not None)
    if not counts:
        return None
    figure, axes = new_figure()
    depths = sorted({depth for depth, _ in counts if depth is not None})
    bottom = np.zeros(len(depths))
    for place, source in enumerate(source_names(units)):
        found = np.array([counts[depth, source] for depth in depths], dtype=float)
        hatch = _HATCHES[place % len(_HATCHES)]
        axes.bar(depths, found, bottom=bottom, hatch=hatch, edgecolor="white", label=source)
        bottom += found
    axes.set_xticks(depths)
    axes.set(xlabel="Relay depth (hands)", ylabel="Sentences")
    axes.legend(frameon=False)
    return figure


def rates_figure(units: Sequence[Unit]) -> Any:
    """Draw the natural rates with their intervals over articles."""
    rates = natural_rates(units)
    if not rates:
        return None
    figure, axes = new_figure()
    titles = [*(label.title["en"] for label in load_schema().labels), "Any label"]
    for place, (source, (_, found)) in enumerate(rates.items()):
        values = np.array([100 * rate.value for rate in found.values()])
        low = np.array([100 * rate.low for rate in found.values()])
        high = np.array([100 * rate.high for rate in found.values()])
        # An interval that is undefined is drawn as the point alone.
        errors = np.nan_to_num(np.maximum(0, [values - low, high - values]))
        where = np.arange(len(values)) + 0.7 * (place / len(rates) - 0.5)
        axes.errorbar(where, values, errors, fmt="o^sv"[place % 4], capsize=3, label=source)
    axes.set_xticks(range(len(titles)), titles, rotation=15)
    axes.set_ylabel("% of sentences, articles drawn at random")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure
