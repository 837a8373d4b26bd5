"""Where a signal stands among ordinary press articles: the reference distribution.

``resources/reference.json`` holds, for each signal, the distinct values and their counts over
articles of OrangeSum drawn at random and never annotated, scored by the default model. It names
that model and its thresholds, and the hashes of the resources that the signals come from.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import accumulate
from pathlib import Path

import msgspec

from classifier.article.signals import SIGNALS, place_signals
from classifier.records import ModelInfo, Signal
from classifier.schema import resource_bytes

RESOURCES = ("headline.json", "headline.toml", "loaded.toml", "rarity.json")
"""What, beside the model, decides the signals' values."""

LEAST = 1000
"""Articles below which no distribution is a reference."""


class SignalValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The distinct values of one signal, rising, and how many articles have each."""

    values: tuple[float, ...]
    counts: tuple[int, ...]


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The distribution of every signal over ordinary articles.

    Attributes:
        model, thresholds: which model scored, and its decision thresholds.
        resources: SHA-256 of all of :data:`RESOURCES` together.
    """

    source: str
    seed: int
    articles: int
    model: str
    thresholds: dict[str, float]
    resources: str
    signals: dict[str, SignalValues]


def resources_hash() -> str:
    """Return the SHA-256 (hex) of the resources that the signals come from."""
    digest = hashlib.sha256()
    for name in RESOURCES:
        digest.update(hashlib.sha256(resource_bytes(name)).digest())
    return digest.hexdigest()


@cache
def load_reference() -> Reference:
    """Return the reference that travels in the package."""
    return msgspec.json.decode(resource_bytes("reference.json"), type=Reference)


def build_reference(
    scored: Iterable[Iterable[Signal]], model: ModelInfo, *, source: str, seed: int
) -> Reference:
    """Return the distribution of the signals of these articles; undefined values do not count."""
    counts: dict[str, Counter[float]] = {name: Counter() for name in SIGNALS}
    articles = 0
    for signals in scored:
        articles += 1
        for one in signals:
            if not math.isnan(one.value):
                counts[one.name][round(one.value, 4)] += 1
    tables = {}
    for name, found in counts.items():
        values = tuple(sorted(found))
        tables[name] = SignalValues(values, tuple(found[value] for value in values))
    return Reference(
        source, seed, articles, model.sha256, dict(model.thresholds), resources_hash(), tables
    )


def write_reference(reference: Reference, path: Path) -> None:
    """Write a reference as JSON, atomically."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(msgspec.json.encode(reference) + b"\n")
    part.replace(path)


class Ranks:
    """Percentiles of one reference for what one model gives."""

    def __init__(self, reference: Reference, model: ModelInfo) -> None:
        self._reason = ""
        if model.sha256 != reference.model:
            self._reason = "other_model"
        elif dict(model.thresholds) != reference.thresholds:
            self._reason = "other_thresholds"
        elif reference.resources != resources_hash():
            self._reason = "other_resources"
        self._tables: Mapping[str, tuple[tuple[float, ...], list[int]]] = {
            name: (one.values, [0, *accumulate(one.counts)])
            for name, one in reference.signals.items()
        }

    def __call__(self, name: str, value: float) -> tuple[float, str]:
        """Return the share, in percent, of reference articles below ``value``, ties half."""
        if self._reason:
            return math.nan, self._reason
        values, below = self._tables.get(name, ((), [0]))
        if below[-1] < LEAST:
            return math.nan, "no_reference"
        value = round(value, 4)
        less, upto = below[bisect_left(values, value)], below[bisect_right(values, value)]
        return 100 * (less + upto) / 2 / below[-1], ""


def rank_signals(signals: Iterable[Signal], model: ModelInfo) -> tuple[Signal, ...]:
    """Return the signals with their percentiles in the packaged reference, or why there is none."""
    key = (model.sha256, tuple(model.thresholds.items()))
    if key not in _RANKS:
        _RANKS[key] = Ranks(load_reference(), model)
    return place_signals(signals, _RANKS[key])


_RANKS: dict[tuple[str, tuple[tuple[str, float], ...]], Ranks] = {}
"""One ranking a model and thresholds; a process uses one or two."""
