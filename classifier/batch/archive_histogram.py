"""How a signal's values are spread, as bars: the archive filled, ordinary press as dashes above."""

from __future__ import annotations

import math
from dataclasses import dataclass

from classifier.batch.archive_chart import write_percent, write_text
from classifier.batch.archive_records import SignalSpread
from classifier.batch.archive_signals import BOTH_ENDS
from classifier.records import Signal
from classifier.rendering.bilingual import LANGUAGES
from classifier.rendering.signals import SHARES, show_value

COUNTS = frozenset(("relay_depth", "independent_origins"))
"""Signals that are whole numbers."""

_BINS = 10
_TAIL = 0.98
_WIDTH, _HEIGHT = 360, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 22, 10, 24
_MOSTLY_NOUGHT = 0.6


@dataclass(frozen=True)
class Bins:
    """Shares of the articles by value.

    Attributes:
        edges: upper ends, each inside its bin; a last bin, where values lie above, has none.
        here, press: shares from 0 to 1, one a bin; ``press`` is empty without a reference.
    """

    edges: tuple[float, ...]
    here: tuple[float, ...]
    press: tuple[float, ...]

    @property
    def nought_apart(self) -> bool:
        """Whether the bar of nought would leave nothing to see of the others, so is not drawn."""
        highest = max(self.here[0], *self.press[:1], 0.0)
        others = (*self.here[1:], *self.press[1:])
        return self.edges[0] == 0 and highest > _MOSTLY_NOUGHT and any(others)


def make_bins(spread: SignalSpread) -> Bins:
    """Return about ten bins of a round width, the first for nought alone, the last open.

    They reach as far as 98 % of the articles, here and in ordinary press. A probability has no bin
    for nought, and empty bins at the end are left out.
    """
    both = [one for one in (spread.values, spread.reference) if one is not None]
    top = max(one.quantile(_TAIL) for one in both)
    step = _round_up(top / _BINS)
    if spread.name in COUNTS:
        step = max(1.0, math.ceil(step))
    number = max(1, math.ceil(round(top / step, 6)))
    first = 1 if spread.name in BOTH_ENDS else 0
    edges = tuple(round(step * one, 6) for one in range(first, number + 1))
    shares = [[count / len(one) for count in one.bins(edges)] for one in both]
    while len(shares[0]) > 1 and not any(share[-1] for share in shares):
        shares = [share[:-1] for share in shares]
    return Bins(edges, tuple(shares[0]), tuple(shares[1]) if len(shares) > 1 else ())


def name_bin(spread: SignalSpread, bins: Bins, number: int, language: str) -> str:
    """Return the values of a bin in words: ``0``, ``5 – 10 %``, ``> 50 %``."""
    if number == len(bins.edges):
        return f"> {show(spread.name, bins.edges[-1], language)}"
    high = show(spread.name, bins.edges[number], language)
    below = bins.edges[number - 1] if number else 0.0
    single = spread.name in COUNTS and bins.edges[number] - below <= 1
    if single or bins.edges[number] == 0:
        return high
    return f"{_bare(spread.name, below, language)} – {high}"


def show(name: str, value: float, language: str) -> str:
    """Return a signal's value as it is read; shares below ten percent with one decimal."""
    if name in SHARES and 0 < value < 0.1 and round(value * 100, 1) != round(value * 100):
        text = f"{value * 100:.1f}"
        return f"{text.replace('.', ',')}\u202f%" if language == "fr" else f"{text}%"
    return show_value(Signal(name, value), language)


def _bare(name: str, value: float, language: str) -> str:
    return show(name, value, language).removesuffix("%").removesuffix("\u202f")


def draw(spread: SignalSpread, bins: Bins) -> str:
    """Return the bars as SVG; the table beside them says the same in words."""
    first = 1 if bins.nought_apart else 0
    numbers = range(first, len(bins.here))
    most = _round_up(max((*bins.here[first:], *bins.press[first:])))
    width = (_WIDTH - _LEFT - _RIGHT) / len(numbers)

    def y(share: float) -> float:
        return _HEIGHT - _BOTTOM - share / most * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">']
    for tick in (0.0, most / 2, most):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" '
            f'y2="{y(tick):.1f}"/>{write_text(_LEFT - 5, y(tick) + 4, "end", write_percent(tick))}'
        )
    for number in numbers:
        left, share = _LEFT + (number - first) * width, bins.here[number]
        parts.append(
            f'<rect class="here" x="{left + 1.5:.1f}" y="{y(share):.1f}" '
            f'width="{width - 3:.1f}" height="{y(0) - y(share):.1f}"/>'
        )
        if bins.press:
            parts.append(
                f'<line class="press" x1="{left:.1f}" x2="{left + width:.1f}" '
                f'y1="{y(bins.press[number]):.1f}" y2="{y(bins.press[number]):.1f}"/>'
            )
    parts += _name_axis(spread, bins, numbers, width)
    return "".join(parts) + "</svg>"


def _name_axis(spread: SignalSpread, bins: Bins, numbers: range, width: float) -> list[str]:
    """Return the words below: nought and whole numbers below their bar, else ends of bars."""
    single = spread.name in COUNTS and (len(bins.edges) < 2 or bins.edges[1] == 1)
    every = 1 if single else max(1, math.ceil(len(numbers) / 6))
    parts = []
    for place, number in enumerate(numbers):
        if number == len(bins.edges):  # the last bin, which has no end
            if single:
                names = {at: name_bin(spread, bins, number, at) for at in LANGUAGES}
                x = _LEFT + (place + 0.5) * width
                parts.append(write_text(x, _HEIGHT - 7, "middle", names))
            continue
        middle = single or bins.edges[number] == 0
        if not middle and (place + (bins.edges[numbers[0]] > 0)) % every:
            continue
        x = _LEFT + (place + (0.5 if middle else 1)) * width
        names = {at: show(spread.name, bins.edges[number], at) for at in LANGUAGES}
        parts.append(write_text(x, _HEIGHT - 7, "middle", names))
    return parts


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5, 10 times a power of ten; a hundredth for nothing."""
    if value <= 0:
        return 0.01
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= value * 0.999)
