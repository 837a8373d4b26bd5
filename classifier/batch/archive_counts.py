"""Counts of an archive by group, in bounded memory, with intervals over articles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

CELLS = 1000
"""Up to so many articles of a group stand alone when articles are drawn; see :class:`Counts`."""

_REPLICATES = 1000
_FIRST_CELLS = 4


class Counts:
    """Sentences and positives of a group's articles, kept by article as long as they are few.

    The bootstrap draws whole articles. Beyond :data:`CELLS` articles each further one joins a cell
    that its key chooses, and cells are drawn: each holds whole articles, put together by chance, so
    the interval stays one over articles while memory no longer grows with them.
    """

    def __init__(self, labels: int) -> None:
        self._cells = np.zeros((_FIRST_CELLS, labels + 1), dtype=np.int64)
        self.articles = 0

    def add(self, key: str, row: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Add an article: its number of sentences, then of positives for each label."""
        if self.articles < CELLS:
            cell = self.articles
            if cell == len(self._cells):
                self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)])
        else:
            digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
            cell = int.from_bytes(digest, "big") % CELLS
        self._cells[cell] += row
        self.articles += 1

    @property
    def totals(self) -> FloatArray:
        """Counts by cell, shape (cells, 1 + labels)."""
        return self._cells[: min(self.articles, CELLS)].astype(np.float64)

    @property
    def sentences(self) -> int:
        """The number of sentences that can carry a label."""
        return int(self._cells[:, 0].sum())

    def intervals(self) -> tuple[Interval, ...]:
        """Return each label's share of the sentences with its 95 % interval over articles."""
        totals = self.totals
        clusters = Clusters(tuple(map(str, range(len(totals)))), np.arange(len(totals)))
        drawn = Resamples.draw(clusters, replicates=_REPLICATES)
        replicates = drawn.of_totals(lambda sums: divide(sums[:, 1:], sums[:, :1]), totals)
        return replicates.intervals(len(totals))


@dataclass(frozen=True)
class Group:
    """One value of a column, or one stretch of time, with its shares.

    Attributes:
        name: as the column has it; for time ``2020``, ``2020-03`` or ``2020-03-17``.
        shares: one interval a label, in schema order.
        positives: one count a label.
    """

    name: str
    articles: int
    sentences: int
    positives: tuple[int, ...]
    shares: tuple[Interval, ...]


@dataclass(frozen=True)
class Column:
    """An archive by the values of one column.

    Attributes:
        groups: for time in its order; else the values with most sentences, largest first.
        values: how many different values there are; more are not told apart where it is ``most``.
        unnamed: articles without a value.
        rest: articles whose value is not among the groups.
    """

    name: str
    groups: tuple[Group, ...]
    values: int
    unnamed: int
    rest: int


class Table:
    """Counts by the values of one column; at most ``most`` values are told apart."""

    def __init__(self, labels: int, most: int) -> None:
        self._labels, self._most = labels, most
        self.counts: dict[str, Counts] = {}
        self.unnamed = 0
        self.rest = 0

    def add(self, value: str, key: str, row: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Add an article under a value; empty where it has none."""
        if not value:
            self.unnamed += 1
            return
        counts = self.counts.get(value)
        if counts is None:
            if len(self.counts) >= self._most:
                self.rest += 1
                return
            counts = self.counts[value] = Counts(self._labels)
        counts.add(key, row)

    @property
    def full(self) -> bool:
        """Whether there were more values than are told apart."""
        return self.rest > 0

    def column(self, name: str, shown: int, *, in_order: bool = False) -> Column:
        """Return the column; ``in_order``: sorted by value, else by size."""
        ranked = sorted(self.counts.items(), key=lambda one: (-one[1].sentences, one[0]))[:shown]
        kept = sorted(ranked) if in_order else ranked
        left = sum(one.articles for one in self.counts.values())
        groups = tuple(show_group(value, counts) for value, counts in kept)
        rest = self.rest + left - sum(one.articles for one in groups)
        return Column(name, groups, len(self.counts), self.unnamed, rest)


def show_group(name: str, counts: Counts) -> Group:
    """Return a group's counts with intervals."""
    positives = tuple(int(one) for one in counts.totals.sum(axis=0)[1:])
    return Group(name, counts.articles, counts.sentences, positives, counts.intervals())


class Times:
    """Counts by day, month and year at once; the finest that stays readable is shown."""

    STEPS: Mapping[str, tuple[int, int]] = {"day": (10, 62), "month": (7, 72), "year": (4, 200)}
    """Length of the date that names a step, and how many steps a chart holds."""

    def __init__(self, labels: int) -> None:
        self._tables = {step: Table(labels, most) for step, (_, most) in self.STEPS.items()}

    def add(self, date: str, key: str, row: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Add an article of a date ``2020-03-17``, ``2020-03``, ``2020`` or empty."""
        for step, (length, _) in self.STEPS.items():
            self._tables[step].add(date[:length] if len(date) >= length else "", key, row)

    def column(self) -> Column:
        """Return the finest step that holds every dated article, else the coarsest."""
        fewest = min(table.unnamed for table in self._tables.values())
        for step, table in self._tables.items():
            if not table.full and table.unnamed == fewest:
                return table.column(step, len(table.counts), in_order=True)
        return self._tables["year"].column("year", self.STEPS["year"][1], in_order=True)


def count_row(
    sentences: int, positives: Iterable[int]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return an article's counts as :class:`Counts` takes them."""
    return np.array([sentences, *positives], dtype=np.int64)
