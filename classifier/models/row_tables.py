"""What the look-ups of a model's rows share: tables, lists in arrays, an article's units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.models.features import UnitView

ABSENT = -1
"""The row of a feature that a model does not know."""

# Keys whose values are remembered; beyond, all are forgotten, so memory stays flat.
_KNOWN_KEYS = 50_000

Key = TypeVar("Key")
Value = TypeVar("Value")

Index = Mapping[str, int]
"""Feature → row."""

Rows = NDArray[np.int64]


class Table(dict[Key, Value]):
    """What is worked out once for each key."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        if len(self) >= _KNOWN_KEYS:
            self.clear()
        value = self[key] = self._make(key)
        return value


class Lists:
    """Lists of whole numbers, one after the other in an array that grows.

    What one thread has been given another does not move: it writes into a new array.
    """

    def __init__(self) -> None:
        self._count = 0
        self._starts = np.zeros(1024, np.int64)
        self._values = np.zeros(16_384, np.int64)

    def add(self, values: Sequence[int]) -> int:
        """Add a list and return its number; one thread at a time."""
        number = self._count
        start = int(self._starts[number])
        end = start + len(values)
        if number + 2 > len(self._starts):
            self._starts = double(self._starts)
        while end > len(self._values):
            self._values = double(self._values)
        self._values[start:end] = values
        self._starts[number + 1] = end
        self._count += 1
        return number

    def of(self, numbers: Rows) -> tuple[Rows, Rows]:
        """Return what is in these lists, one after the other, and their sizes."""
        begin = self._starts[numbers]
        sizes = self._starts[numbers + 1] - begin
        return self._values[in_ranges(begin, sizes)], sizes


def double(array: Rows) -> Rows:
    return np.concatenate([array, np.zeros_like(array)])


def in_ranges(starts: Rows, sizes: Rows) -> Rows:
    """Return the whole numbers of every range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)


class Units:
    """An article's units, and those before them, wherever they were read.

    Attributes:
        here: how many units the article has; they come first.
        every: the units, and after them those before one of them that are not among them.
        later, earlier: places of units that have one before, and the places of those.
    """

    def __init__(self, views: Sequence[UnitView]) -> None:
        self.here = len(views)
        self.every = list(views)
        # A unit before is a copy that knows less of its own past: its tokens are the same object.
        places = {id(view.tokens): place for place, view in enumerate(views)}
        past = []
        for unit, view in enumerate(views):
            if view.before is not None:
                place = places.get(id(view.before.tokens))
                if place is None:
                    place = len(self.every)
                    self.every.append(view.before)
                past.append((unit, place))
        self.later, self.earlier = np.array(past, np.int64).reshape(-1, 2).T


class Parts:
    """Something of every unit, such as its words, one unit after the other.

    Attributes:
        numbers: what is there, as numbers.
        owners: the unit of each.
        here: how many stand in the article's own units.
    """

    def __init__(self, units: Units, sizes: Sequence[int], numbers: Sequence[int]) -> None:
        self._units = units
        self._sizes = np.array(sizes, np.int64)
        self.numbers = np.array(numbers, np.int64)
        self.owners = np.repeat(np.arange(len(sizes)), self._sizes)
        self.here = int(self._sizes[: units.here].sum())

    def past(self) -> tuple[Rows, Rows]:
        """Return what stands in the unit before each unit, and the units it stands before."""
        starts = np.cumsum(self._sizes) - self._sizes
        sizes = self._sizes[self._units.earlier]
        before = self.numbers[in_ranges(starts[self._units.earlier], sizes)]
        return before, np.repeat(self._units.later, sizes)
