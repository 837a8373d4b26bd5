"""Where the features of a sentence's word classes stand in a model's tables.

An article's sentences are looked up together, for each call of numpy costs as much as some words.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from threading import Lock

import numpy as np

from classifier.models.row_tables import ABSENT, Index, Lists, Parts, Rows, Table, Units
from classifier.models.word_classes import NEAR

# More than the places of any unit, so that two units are never close.
_FAR = 1 << 32
# Units whose classes are compared at once: bits of a number.
_BLOCK = 64
Classes = tuple[str, ...]


class _Sets(dict[Classes, int]):
    """Sets of classes that a word can have → their numbers; there are some hundred.

    Attributes:
        members: number → its classes, as numbers.
        past: number → the rows of its classes in the unit before.
        pairs: number, number → that of the two side by side in ``close``, or ABSENT.
        close: the rows of pairs.
    """

    def __init__(
        self,
        numbers: Index,
        known_past: Callable[[Classes], list[int]],
        known_pair: Callable[[Classes, Classes], list[int]],
    ) -> None:
        super().__init__()
        self._numbers, self._known_past, self._known_pair = numbers, known_past, known_pair
        self._lock = Lock()
        self.sets: list[Classes] = []
        self.members, self.past, self.close = Lists(), Lists(), Lists()
        self.pairs = np.full((128, 128), ABSENT, np.int64)

    def __missing__(self, classes: Classes) -> int:
        with self._lock:
            if classes in self:  # another thread was faster
                return self[classes]
            self.sets.append(classes)
            self.past.add(self._known_past(classes))
            members = [self._numbers[one] for one in classes if one in self._numbers]
            number = self.members.add(members)
            if number + 1 > len(self.pairs):
                self.pairs = np.pad(self.pairs, (0, len(self.pairs)), constant_values=ABSENT)
            self[classes] = number
            return number

    def side_by_side(self, first: Rows, second: Rows) -> Rows:
        """Return the numbers of pairs of sets."""
        numbers = self.pairs[first, second]
        new = np.flatnonzero(numbers == ABSENT)
        if len(new):
            with self._lock:
                for one, two in zip(first[new].tolist(), second[new].tolist(), strict=True):
                    if self.pairs[one, two] == ABSENT:
                        rows = self._known_pair(self.sets[one], self.sets[two])
                        self.pairs[one, two] = self.close.add(rows)
                numbers = self.pairs[first, second]
        return numbers


class ClassRows:
    """The rows of :func:`classifier.models.word_classes.class_features`.

    Args:
        index: feature → row.
        first: what to add to the rows.
    """

    def __init__(self, index: Index, first: int = 0) -> None:
        def known(names: Iterable[str]) -> list[int]:
            return [first + index[name] for name in names if name in index]

        together = [
            (name.split("&"), first + row)
            for name, row in index.items()
            if ">" not in name and not name.startswith("before:")
        ]
        names = {name: None for classes, _ in together for name in classes}
        numbers = {name: number for number, name in enumerate(names)}
        self._classes = len(numbers)
        # One class, two or three that stand in one sentence, in whatever order.
        self._columns: list[list[Rows]] = []
        ordered: list[int] = []
        for size in (1, 2, 3):
            of_size = [(classes, row) for classes, row in together if len(classes) == size]
            named = [[numbers[name] for name in classes] for classes, _ in of_size]
            self._columns.append(list(np.array(named, np.int64).reshape(-1, size).T))
            ordered += [row for _, row in of_size]
        self._together = np.array(ordered, np.int64)
        # Two classes → the third one in a row → row.
        self._thirds: dict[str, dict[str, int]] = {}
        for name, row in index.items():
            two, mark, third = name.rpartition(">")
            if mark and ">" in two:
                self._thirds.setdefault(two, {})[third] = first + row
        self._sets = _Sets(
            numbers,
            lambda classes: known(f"before:{name}" for name in classes),
            lambda one, two: known(map(">".join, itertools.product(one, two))),
        )
        self._in_row = Table[tuple[int, int, int], list[int]](self._find_in_row)

    def _find_in_row(self, numbers: tuple[int, int, int]) -> list[int]:
        one, two, three = (self._sets.sets[number] for number in numbers)
        thirds = [self._thirds.get(pair) for pair in map(">".join, itertools.product(one, two))]
        return [known[name] for known in thirds if known for name in three if name in known]

    def of(self, units: Units) -> tuple[list[Rows], list[Rows]]:
        """Return arrays of rows, some twice, and of the units that they belong to."""
        sets = self._sets
        marked = [view.classes for view in units.every]
        every = list(itertools.chain.from_iterable(marked))
        parts = Parts(units, list(map(len, marked)), [sets[classes] for _, classes in every])
        numbers, owners = parts.numbers[: parts.here], parts.owners[: parts.here]
        places = np.array([place for place, _ in every[: parts.here]], np.int64)
        found = [self._together_in(numbers, owners, units.here)]
        found.append(self._near(numbers, places + owners * _FAR, owners))
        if len(units.later):
            before, later = parts.past()
            rows, sizes = sets.past.of(before)
            found.append((rows, np.repeat(later, sizes)))
        return [rows for rows, _ in found], [unit for _, unit in found]

    def _together_in(self, numbers: Rows, owners: Rows, units: int) -> tuple[Rows, Rows]:
        """Return the rows of the classes of each unit and of their company, and their units."""
        members, sizes = self._sets.members.of(numbers)
        owners = np.repeat(owners, sizes)
        present = np.zeros((self._classes, -(-units // _BLOCK) * _BLOCK), np.bool_)
        present[members, owners] = True
        # Units are the bits of a number: those of 64 units are compared at once.
        bits = np.packbits(present, axis=1, bitorder="little").view(np.uint64)
        rows, where = [], []
        octets = -(-min(units, _BLOCK) // 8)
        for block in range(bits.shape[1]):
            of_class = bits[:, block]
            held = np.concatenate(
                [
                    functools.reduce(np.bitwise_and, map(of_class.take, columns))
                    for columns in self._columns
                ]
            )
            some = np.flatnonzero(held)
            each = held[some].view(np.uint8).reshape(-1, _BLOCK // 8)[:, :octets]
            place = np.flatnonzero(np.unpackbits(each, bitorder="little"))
            rows.append(self._together[some[place // (octets * 8)]])
            where.append(block * _BLOCK + place % (octets * 8))
        return np.concatenate(rows), np.concatenate(where)

    def _near(self, numbers: Rows, places: Rows, owners: Rows) -> tuple[Rows, Rows]:
        """Return the rows of classes close by in order, and their units.

        Args:
            places: those of a unit far from those of the next.
        """
        steps = range(1, NEAR + 1)
        close = [np.flatnonzero(places[step:] - places[:-step] <= NEAR) for step in steps]
        first = np.concatenate(close)
        second = np.concatenate([found + step for found, step in zip(close, steps, strict=True)])
        pairs = self._sets.side_by_side(numbers[first], numbers[second])
        rows, sizes = self._sets.close.of(pairs)
        start = np.flatnonzero(places[2:] - places[:-2] == 2)
        threes = (numbers[start + step].tolist() for step in range(3))
        lists = [self._in_row[three] for three in zip(*threes, strict=True)]
        return (
            np.concatenate([rows, np.array(list(itertools.chain(*lists)), np.int64)]),
            np.concatenate(
                [np.repeat(owners[first], sizes), np.repeat(owners[start], list(map(len, lists)))]
            ),
        )
