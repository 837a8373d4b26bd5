"""What two markings of the same sentences share: cue spans and relay depths, as counts.

The two markings may be gold and prediction or two annotation passes; every count is symmetric in
them. Counts come one row a sentence, so that they can be summed over any selection of articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.statistics import FloatArray, IntArray, divide

if TYPE_CHECKING:
    from classifier.records import Cue

DEPTH_LABEL = "relay_sourcing"
"""The label whose positives have a depth."""

SPAN_MATCHES: Mapping[str, tuple[bool, bool]] = {
    "span_exact": (False, True),
    "span_overlap": (True, True),
    "span_exact_any_device": (False, False),
    "span_overlap_any_device": (True, False),
}
"""The ways in which spans are counted: name → whether overlap is enough, whether devices count."""


def pair_cues(
    first: Iterable[Cue], second: Iterable[Cue], *, overlap: bool, devices: bool
) -> list[tuple[Cue, Cue]]:
    """Pair the cues of one sentence, each at most once, in as many pairs as possible.

    Two cues may pair when they have the same offsets or, with ``overlap``, share at least one
    character; with ``devices`` they must also have the same device. Without ``devices``, pairs of
    one device are tried before others. The pairing is a maximum bipartite matching (augmenting
    paths; Kuhn 1955), so one long cue never counts for two short ones, and the number of pairs
    does not depend on the order of the cues. A cue given twice counts once.
    """
    left, right = sorted(set(first)), sorted(set(second))

    def shared(a: Cue, b: Cue) -> int:
        if overlap:
            return min(a.end, b.end) - max(a.start, b.start)
        return int((a.start, a.end) == (b.start, b.end))

    edges = [
        sorted(
            (
                j
                for j, b in enumerate(right)
                if shared(a, b) > 0 and (a.device == b.device or not devices)
            ),
            key=lambda j: (right[j].device != a.device, -shared(a, right[j]), j),
        )
        for a in left
    ]
    same = [[j for j in near if right[j].device == left[i].device] for i, near in enumerate(edges)]
    partner: dict[int, int] = {}

    def augment(i: int, near: list[list[int]], seen: set[int]) -> bool:
        for j in near[i]:
            if j not in seen:
                seen.add(j)
                if j not in partner or augment(partner[j], near, seen):
                    partner[j] = i
                    return True
        return False

    for near in (same, edges):
        for i in range(len(left)):
            if i not in partner.values():
                augment(i, near, set())
    return sorted((left[i], right[j]) for j, i in partner.items())


def count_cues(
    first: Sequence[Iterable[Cue]], second: Sequence[Iterable[Cue]], *, overlap: bool, devices: bool
) -> IntArray:
    """Count the cues of n sentences under one label.

    Returns:
        (n, 3): cues of the first marking, of the second, and pairs (:func:`pair_cues`). Without
        ``devices``, cues of one sentence that differ in their device alone are one cue.
    """
    if len(first) != len(second):
        raise ValueError(f"cues of {len(first)} and of {len(second)} sentences: expected as many")
    counts = np.zeros((len(first), 3), dtype=np.int64)
    for row, (a, b) in enumerate(zip(first, second, strict=True)):
        left, right = set(a), set(b)
        if not devices:
            # Records come with msgspec; this module is to be had with numpy alone.
            left = {type(cue)(cue.start, cue.end, "") for cue in left}
            right = {type(cue)(cue.start, cue.end, "") for cue in right}
        if left or right:
            pairs = pair_cues(left, right, overlap=overlap, devices=devices)
            counts[row] = len(left), len(right), len(pairs)
    return counts


def span_f1(counts: npt.ArrayLike) -> FloatArray:
    """Return the F1 of summed :func:`count_cues` (..., 3): ``2 · pairs / (first + second)``.

    1: every cue has its partner; 0: none has; NaN: neither marking has a cue.
    """
    sums = np.asarray(counts, dtype=np.float64)
    return divide(2 * sums[..., 2], sums[..., 0] + sums[..., 1])


def count_depths(first: npt.ArrayLike, second: npt.ArrayLike) -> IntArray:
    """Compare the relay depths of n sentences; a depth of 0 says that there is no relay.

    Returns:
        (n, 3): 1 where both markings see a relay, where their depths are then equal, and where
        they differ by at most one.
    """
    a, b = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"depths of shapes {a.shape} and {b.shape}: expected (n,) twice")
    if (a < 0).any() or (b < 0).any():
        raise ValueError("a negative depth: expected 1 or more, or 0 for no relay")
    both = (a > 0) & (b > 0)
    return np.stack([both, both & (a == b), both & (np.abs(a - b) <= 1)], axis=1).astype(np.int64)
