"""Small charts as SVG text: lines, points and whiskers, for a page without scripts or libraries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#b7791f", "#2b6cb0", "#c53030", "#4a5568", "#2f855a", "#6b46c1")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "", "4 4")
_LEFT, _BOTTOM, _TOP, _RIGHT = 52.0, 44.0, 12.0, 12.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line or cloud of points; ``names`` are written beside the points."""

    title: str
    x: Sequence[float]
    y: Sequence[float]
    line: bool = True
    names: Sequence[str] = ()


def chart(
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] = (0.0, 1.0),
    y_range: tuple[float, float] = (0.0, 1.0),
    diagonal: bool = False,
    log_x: bool = False,
    width: int = 420,
    height: int = 300,
    about: str = "",
) -> str:
    """Return a chart as one ``<svg>`` element; points that are NaN are left out.

    Args:
        diagonal: also draw y = x.
        log_x: a decadic axis; ``x_range`` must then be positive.
        about: what the chart shows, for readers who cannot see it.
    """
    low, high = (math.log10(v) for v in x_range) if log_x else x_range
    bottom, top = y_range

    def at(x: float, y: float) -> tuple[float, float]:
        value = math.log10(x) if log_x else x
        return (
            _LEFT + (value - low) / (high - low) * (width - _LEFT - _RIGHT),
            height - _BOTTOM - (y - bottom) / (top - bottom) * (height - _BOTTOM - _TOP),
        )

    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height + 18 * len(series)}" role="img" '
        f'aria-label="{escape(about or y_label, quote=True)}">'
    ]
    ticks_x = _decades(low, high) if log_x else _ticks(low, high)
    for tick in ticks_x:
        x, y = at(tick, bottom)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{y:.1f}"/>')
        # A long number at the right end would be cut off.
        anchor = "end" if x > width - _RIGHT - 8 and tick >= 100 else "middle"
        parts.append(f'<text x="{x:.1f}" y="{y + 15:.1f}" text-anchor="{anchor}">{tick:,g}</text>')
    for tick in _ticks(bottom, top):
        y = at(ticks_x[0], tick)[1]
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    if diagonal:
        (x1, y1), (x2, y2) = at(x_range[0], bottom), at(x_range[1], top)
        parts.append(
            f'<line class="diagonal" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
        )
    for number, one in enumerate(series):
        parts += _draw(one, number, at, width)
        y = height + 18 * number + 8
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        sign = f'<circle cx="{_LEFT + 12}" cy="{y - 4}" r="3" fill="{colour}"/>'
        if one.line:
            sign = (
                f'<line x1="{_LEFT}" x2="{_LEFT + 24}" y1="{y - 4}" y2="{y - 4}" '
                f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
            )
        parts.append(f'{sign}<text x="{_LEFT + 32}" y="{y}">{escape(one.title)}</text>')
    middle = (_LEFT + width - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{height - 10}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text transform="translate(14 {height / 2 - 10:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_label)}</text></svg>'
    )
    return "".join(parts)


def _draw(
    one: Series,
    number: int,
    place: Callable[[float, float], tuple[float, float]],
    width: int,
) -> list[str]:
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    points = [
        (place(x, y), one.names[k] if k < len(one.names) else "")
        for k, (x, y) in enumerate(zip(one.x, one.y, strict=True))
        if math.isfinite(x) and math.isfinite(y)
    ]
    parts = []
    if one.line and len(points) > 1:
        path = " ".join(f"{x:.1f},{y:.1f}" for (x, y), _ in points)
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dash}" points="{path}"/>'
        )
    if not one.line or len(points) <= 25:
        for (x, y), name in points:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
            if name:
                right = x > width * 0.6
                where = f'x="{x - 6:.1f}" text-anchor="end"' if right else f'x="{x + 6:.1f}"'
                parts.append(f'<text {where} y="{y - 6:.1f}">{escape(name)}</text>')
    return parts


def _ticks(low: float, high: float) -> list[float]:
    """Return four to eight round values from ``low`` to ``high``."""
    span = high - low
    step = 10 ** math.floor(math.log10(span))
    for finer in (1, 2, 5):
        if span / (step / finer) >= 4:
            step /= finer
            break
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 of every decade from 10^low to 10^high."""
    every = (f * 10.0**k for k in range(math.floor(low), math.ceil(high) + 1) for f in (1, 2, 5))
    return [v for v in every if low - 1e-9 <= math.log10(v) <= high + 1e-9] or [10**low]
