"""One label's share over time as SVG: a line, and the interval as a band or as whiskers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from classifier.batch.archive_counts import Group

_WIDTH, _HEIGHT = 640, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 10, 26


def draw(groups: Sequence[Group], label: int, step: str) -> str:
    """Return the chart of a label's column; the table below the charts says the same in words."""
    shares = [group.shares[label] for group in groups]
    ends = [one.high if math.isfinite(one.high) else one.value for one in shares]
    top = _round_up(max((end for end in ends if math.isfinite(end)), default=0.0))
    times = [_place(group.name, step) for group in groups]
    first, span = times[0], (times[-1] - times[0]) or 1
    single = len(groups) == 1

    def x(time: float) -> float:
        inside = _WIDTH - _LEFT - _RIGHT
        return _LEFT + (inside / 2 if single else (time - first) / span * inside)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">']
    for tick in (0.0, top / 2, top):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" '
            f'y2="{y(tick):.1f}"/>' + write_text(_LEFT - 6, y(tick) + 4, "end", write_percent(tick))
        )
    for number in _spread(len(groups)):
        anchor = "start" if number == 0 and not single else "middle"
        anchor = "end" if number == len(groups) - 1 and not single else anchor
        name = groups[number].name
        inner = "" if number in (0, len(groups) - 1) else "inner"
        parts.append(
            write_text(x(times[number]), _HEIGHT - 6, anchor, {"fr": name, "en": name}, inner)
        )
    points = [
        (x(time), y(one.value), one)
        for time, one in zip(times, shares, strict=True)
        if math.isfinite(one.value)
    ]
    for at, _, one in points:
        if math.isfinite(one.low):
            parts.append(
                f'<line class="whisker" x1="{at:.1f}" x2="{at:.1f}" y1="{y(one.low):.1f}" '
                f'y2="{y(min(one.high, top)):.1f}"/>'
            )
    line = " ".join(f"{at:.1f},{height:.1f}" for at, height, _ in points)
    parts.append(f'<polyline class="line" points="{line}"/>')
    parts += [f'<circle cx="{at:.1f}" cy="{height:.1f}" r="2.5"/>' for at, height, _ in points]
    return "".join(parts) + "</svg>"


def write_text(x: float, y: float, anchor: str, texts: Mapping[str, str], name: str = "") -> str:
    """Return SVG text, twice where the languages differ; the style sheet shows one of them."""
    shown = {"": texts["fr"]} if len(set(texts.values())) == 1 else texts
    return "".join(
        f'<text class="{" ".join(one for one in (at and f"in-{at}", name) if one)}" '
        f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        for at, text in shown.items()
    )


def write_percent(share: float) -> dict[str, str]:
    """Return the name of a step of the axis in each language."""
    text = f"{round(share * 100, 3):g}"
    return {"fr": f"{text.replace('.', ',')}\u202f%", "en": f"{text}%"}


def _place(name: str, step: str) -> float:
    """Return where a day, month or year stands, so that gaps between dates are gaps."""
    year, month, day = (*map(int, name.split("-")), 1, 1)[:3]
    if step == "year":
        return float(year)
    if step == "month":
        return float(year * 12 + month)
    try:
        return float(date(year, month, day).toordinal())
    except ValueError:  # the 31st of June, as some archives have it
        return float(date(year, max(1, min(month, 12)), 1).toordinal() + day - 1)


def _spread(number: int) -> list[int]:
    """Return which of so many steps are named below the axis: at most six, ends included."""
    if number <= 6:
        return list(range(number))
    return sorted({round(place * (number - 1) / 5) for place in range(6)})


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 4, 5, 10 times a power of ten; a hundredth for nothing."""
    if value <= 0:
        return 0.01
    power = 10.0 ** math.floor(math.log10(value))
    return min(next(power * one for one in (1, 2, 4, 5, 10) if power * one >= value * 0.999), 1.0)
