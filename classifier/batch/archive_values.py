"""The values of one figure over an archive, and a share of its articles, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import numpy as np

from classifier.batch.archive_counts import CELLS
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

_REPLICATES = 1000
_DIGITS = 4


class Values:
    """How often each value came; rounded to four decimals, and coarser where there are too many.

    At most ``most`` different values are held: where one more comes, all are rounded to a decimal
    less, so shares between 0 and 1 stay exact to a hundredth from ``most`` = 101 upwards.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._digits = _DIGITS
        self.counts: Counter[float] = Counter()

    def add(self, value: float, times: int = 1) -> None:
        """Count a value."""
        self.counts[round(value, self._digits)] += times
        while len(self.counts) > self._most:
            self._digits -= 1
            coarser: Counter[float] = Counter()
            for one, number in self.counts.items():
                coarser[round(one, self._digits)] += number
            self.counts = coarser

    def __len__(self) -> int:
        return self.counts.total()

    def quantile(self, share: float) -> float:
        """Return the value below which ``share`` (0 to 1) of them lie; the median for a half.

        Between two values their mean, as :func:`statistics.median` does; NaN where there is none.
        """
        if not self.counts:
            return float("nan")
        values = sorted(self.counts)
        upto = np.cumsum([self.counts[one] for one in values])
        place = share * int(upto[-1])
        low = int(np.searchsorted(upto, place, side="left"))
        high = int(np.searchsorted(upto, place, side="right"))
        return (values[low] + values[min(high, len(values) - 1)]) / 2

    def bins(self, edges: Sequence[float]) -> tuple[int, ...]:
        """Return how many values lie in each bin: up to the first edge, …, above the last.

        A value on an edge lies below it.
        """
        found = [0] * (len(edges) + 1)
        for value, number in self.counts.items():
            found[bisect_left(edges, value)] += number
        return tuple(found)


def share_intervals(articles: int, pairs: Sequence[tuple[int, int]]) -> tuple[Interval, ...]:
    """Return shares of articles with their 95 % intervals over articles.

    The bootstrap (:class:`~classifier.statistics.Resamples`) needs no more than the counts, for
    articles that count alike are alike. Beyond :data:`~classifier.batch.archive_counts.CELLS`
    articles it draws as many batches of articles, put together by chance.

    Args:
        articles: how many articles there are, at least as many as any share has.
        pairs: for each share, the articles that have the figure and those of them that count.
    """
    cells = min(articles, CELLS)
    totals = np.hstack([_columns(articles, cells, *pair) for pair in pairs])
    clusters = Clusters(tuple(map(str, range(cells))), np.arange(cells))
    drawn = Resamples.draw(clusters, replicates=_REPLICATES)
    replicates = drawn.of_totals(lambda sums: divide(sums[:, 1::2], sums[:, ::2]), totals)
    return replicates.intervals(cells)


def _columns(articles: int, cells: int, having: int, counting: int) -> FloatArray:
    """Return having and counting by cell, shape (cells, 2)."""
    if articles <= cells:
        place = np.arange(cells)
        return np.column_stack([place < having, place < counting]).astype(np.float64)
    chance = np.random.default_rng(0)
    even = np.full(cells, 1 / cells)
    counted = chance.multinomial(counting, even)
    rest = chance.multinomial(having - counting, even)
    return np.column_stack([counted + rest, counted]).astype(np.float64)
