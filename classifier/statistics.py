"""What a figure may claim: a value or the reason there is none, and an interval over articles.

Sentences of one article resemble each other, so the unit drawn is always the article.
:class:`Clusters` is built once for a set of sentences; :class:`Resamples` draws its articles once;
every interval and every paired difference of a report comes from those same draws.

Sources: Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993 (percentile: ch. 13; BCa:
ch. 14, eq. 14.9-14.15); DiCiccio & Efron, "Bootstrap confidence intervals", *Statistical Science*
11(3), 1996; for whole clusters: Davison & Hinkley, *Bootstrap Methods*, 1997, § 3.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Method = Literal["percentile", "bca"]

Measure = Callable[[FloatArray], FloatArray]
"""Vectorised over its first axis: (b, k) sums or (b, n) row weights in, (b, m) figures out."""

MAX_UNDEFINED = 0.1
"""An interval is given only when at most this share of the replicates is undefined."""

_CELLS = 2_000_000  # replicate × row cells worked on at a time: 16 MB of float64
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Value:
    """A figure; NaN exactly when it is undefined, and then ``reason`` says why."""

    value: float
    reason: str = ""

    @property
    def defined(self) -> bool:
        return not math.isnan(self.value)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its confidence interval over articles.

    Attributes:
        value: the figure on the data as they are; NaN when undefined.
        low, high: the ends; NaN when there is no interval.
        level: the coverage aimed at, 0.95 for 95 %.
        method: how the ends were really found; BCa falls back to percentile where it is undefined.
        replicates: how many times the articles were drawn.
        undefined_replicates: in how many of them the figure was NaN; the ends come from the others.
        clusters: how many articles there were to draw from.
        reason: why the value or the ends are NaN, or what weakens them; empty when nothing does.
    """

    value: float
    low: float
    high: float
    level: float
    method: Method
    replicates: int
    undefined_replicates: int
    clusters: int
    reason: str = ""


def divide(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> FloatArray:
    """Return ``numerator / denominator`` by element; NaN, silently, where the denominator is 0."""
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom != 0)
    return out


@dataclass(frozen=True, eq=False)
class Clusters:
    """A partition of n sentence rows into articles.

    Attributes:
        names: the articles, in order of their first row.
        codes: (n,) the position in ``names`` of each row's article.
    """

    names: tuple[str, ...]
    codes: IntArray

    @classmethod
    def of(cls, keys: Iterable[str]) -> Clusters:
        """Build the partition from one article key a row."""
        positions: dict[str, int] = {}
        codes = [positions.setdefault(key, len(positions)) for key in keys]
        return cls(tuple(positions), np.asarray(codes, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.names)

    @property
    def rows(self) -> int:
        """The number n of rows."""
        return len(self.codes)

    def totals(self, values: npt.ArrayLike) -> FloatArray:
        """Sum the rows (n, k) of each article; returns (articles, k)."""
        table = np.asarray(values, dtype=np.float64)
        if table.ndim != 2 or len(table) != self.rows:
            raise ValueError(f"counts of shape {table.shape}: expected ({self.rows}, k)")
        out = np.empty((len(self), table.shape[1]))
        for column in range(table.shape[1]):
            out[:, column] = np.bincount(self.codes, table[:, column], minlength=len(self))
        return out

    def take(self, rows: npt.ArrayLike) -> Clusters:
        """Return the partition of a selection of rows (indexes or a mask of length n)."""
        return Clusters.of(self.names[code] for code in self.codes[np.asarray(rows)])


@dataclass(frozen=True, eq=False)
class Resamples:
    """Articles drawn with replacement, as many as there are, again and again.

    Attributes:
        clusters: the partition drawn from.
        weights: (replicates, articles) how often each article was drawn (multinomial).
    """

    clusters: Clusters
    weights: npt.NDArray[np.uint16]

    @classmethod
    def draw(
        cls, clusters: Clusters, *, replicates: int = 2000, seed: int | np.random.Generator = 0
    ) -> Resamples:
        """Draw ``replicates`` samples of articles; the same seed draws the same articles."""
        count = len(clusters)
        if replicates < 1:
            raise ValueError(f"{replicates} replicates: expected 1 or more")
        rng = np.random.default_rng(seed)
        weights = np.zeros((replicates, count), dtype=np.uint16)
        for block in _blocks(replicates, count):
            size = block.stop - block.start
            drawn = rng.integers(0, count, (size, count)) if count else np.zeros((size, 0), int)
            flat = (drawn + np.arange(size)[:, None] * count).ravel()
            weights[block] = np.bincount(flat, minlength=size * count).reshape(size, count)
        return cls(clusters, weights)

    def of_counts(self, measure: Measure, counts: npt.ArrayLike) -> Replicates:
        """Resample a figure that depends on sums of counts alone. The fast path.

        Args:
            measure: (b, k) sums → (b, m) figures.
            counts: (n, k), one row a sentence.
        """
        return self.of_totals(measure, self.clusters.totals(counts))

    def of_totals(self, measure: Measure, totals: FloatArray) -> Replicates:
        """As :meth:`of_counts`, from counts (articles, k) already summed by article."""
        whole = totals.sum(axis=0)
        samples = [
            measure(self.weights[block].astype(np.float64) @ totals)
            for block in _blocks(len(self.weights), len(self.clusters))
        ]
        return Replicates(
            measure(whole[None])[0], np.concatenate(samples), lambda: measure(whole - totals)
        )

    def of_weights(self, measure: Measure) -> Replicates:
        """Resample a figure that takes a weight a sentence: average precision, ROC-AUC.

        Args:
            measure: (b, n) row weights → (b, m) figures; all weights 1 is the data as they are.
        """
        codes = self.clusters.codes

        def leave_one_out() -> FloatArray:
            kept = [
                (codes[None] != np.arange(block.start, block.stop)[:, None]).astype(np.float64)
                for block in _blocks(len(self.clusters), len(codes))
            ]
            return np.concatenate([measure(weights) for weights in kept])

        samples = [
            measure(self.weights[block][:, codes].astype(np.float64))
            for block in _blocks(len(self.weights), len(codes))
        ]
        whole = np.ones((1, len(codes)))
        return Replicates(measure(whole)[0], np.concatenate(samples), leave_one_out)

    def of_rows(self, measure: Callable[[IntArray], npt.ArrayLike]) -> Replicates:
        """Resample any figure at all, one replicate at a time. The slow path.

        Args:
            measure: row indexes, repeated as drawn, → (m,) figures.
        """

        def one_by_one(weights: FloatArray) -> FloatArray:
            index = np.arange(weights.shape[1])
            figures = [measure(np.repeat(index, row.astype(np.int64))) for row in weights]
            return np.asarray(figures, dtype=np.float64)

        return self.of_weights(one_by_one)


def _blocks(rows: int, columns: int) -> Iterator[slice]:
    size = max(1, _CELLS // max(1, columns))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


@dataclass(frozen=True, eq=False)
class Replicates:
    """m figures: on the data, on every resample, and with each article left out in turn.

    Attributes:
        estimate: (m,) the figures on the data as they are.
        samples: (replicates, m).
        leave_one_out: computes (articles, m); called for BCa only.
    """

    estimate: FloatArray
    samples: FloatArray
    leave_one_out: Callable[[], FloatArray]

    def intervals(
        self,
        clusters: int,
        *,
        method: Method = "bca",
        level: float = 0.95,
        reasons: Iterable[str] | None = None,
    ) -> tuple[Interval, ...]:
        """Return one interval a figure.

        No interval (NaN ends, with the reason) is given when the figure is undefined, when there
        are fewer than two articles, or when more than :data:`MAX_UNDEFINED` of the replicates are
        undefined. An interval of width 0 carries a reason too: when every resample gives the same
        value (a precision of 1, say), resampling cannot show the uncertainty there is. With few
        articles both methods are a little too narrow: simulated F1 at 0.95 was covered 0.93 of the
        time with 30 articles, 0.94 with 60, 0.95 with 200.

        Args:
            clusters: how many articles were drawn from.
            reasons: why each figure is undefined where it is.
        """
        if not 0 < level < 1:
            raise ValueError(f"level {level}: expected a share between 0 and 1")
        knives = self.leave_one_out() if method == "bca" and clusters > 1 else None
        whys = list(reasons) if reasons is not None else ["undefined"] * len(self.estimate)
        return tuple(
            _interval(
                float(self.estimate[k]),
                self.samples[:, k],
                None if knives is None else knives[:, k],
                clusters,
                level,
                whys[k],
            )
            for k in range(len(self.estimate))
        )


def _interval(
    value: float,
    samples: FloatArray,
    knives: FloatArray | None,
    clusters: int,
    level: float,
    why: str,
) -> Interval:
    defined = samples[~np.isnan(samples)]
    undefined = len(samples) - len(defined)
    method: Method = "percentile" if knives is None else "bca"

    def build(low: float, high: float, reason: str = "") -> Interval:
        return Interval(value, low, high, level, method, len(samples), undefined, clusters, reason)

    if math.isnan(value):
        return build(math.nan, math.nan, why or "undefined")
    if clusters < 2:
        return build(math.nan, math.nan, f"{clusters} article: an interval needs two or more")
    if undefined > MAX_UNDEFINED * len(samples):
        return build(
            math.nan,
            math.nan,
            f"undefined in {undefined} of {len(samples)} resamples: too few articles bear on it",
        )
    tail = (1 - level) / 2
    tails = (tail, 1 - tail)
    reason = ""
    if defined.min() == defined.max():
        reason = "every resample gives one value: the true uncertainty does not show"
    elif knives is not None:
        corrected = bca_tails(value, defined, knives, level)
        if corrected is None:
            method, reason = "percentile", "BCa undefined here: percentile instead"
        else:
            tails = corrected
    low, high = np.quantile(defined, tails)
    return build(float(low), float(high), reason)


def bca_tails(
    value: float, samples: FloatArray, knives: FloatArray, level: float
) -> tuple[float, float] | None:
    """Return the two probabilities at which BCa reads the resampled distribution.

    Efron & Tibshirani 1993, eq. 14.10 (tails), 14.14 (bias ``z0``; replicates equal to the value
    count half) and 14.15 (acceleration from the values with one article left out).

    Returns None where BCa is undefined: every replicate on one side of the value, or a value that
    is undefined without some article.
    """
    below = float(np.mean(samples < value) + np.mean(samples <= value)) / 2
    if not 0 < below < 1 or bool(np.isnan(knives).any()):
        return None
    bias = _NORMAL.inv_cdf(below)
    spread = knives.mean() - knives
    squares = float((spread**2).sum())
    acceleration = float((spread**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0

    def corrected(probability: float) -> float:
        shifted = bias + _NORMAL.inv_cdf(probability)
        return _NORMAL.cdf(bias + shifted / (1 - acceleration * shifted))

    tail = (1 - level) / 2
    low, high = corrected(tail), corrected(1 - tail)
    return (low, high) if low < high else None
