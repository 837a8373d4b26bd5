"""Cues and depths of two markings, counted by hand and against scipy's matching."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from classifier.matching import count_cues, count_depths, pair_cues, span_f1
from classifier.records import Cue

cues = st.lists(
    st.builds(
        lambda start, length, device: Cue(start, start + length, device),
        st.integers(0, 12),
        st.integers(1, 6),
        st.sampled_from(["frame", "doubt"]),
    ),
    max_size=6,
)


def count(first: list[Cue], second: list[Cue], overlap: bool, devices: bool) -> list[int]:
    return count_cues([first], [second], overlap=overlap, devices=devices)[0].tolist()


# Gold: frame 0-5, doubt 10-20. Predicted: frame 0-5 (exact), frame 12-15 (inside the doubt).
GOLD = [Cue(0, 5, "frame"), Cue(10, 20, "doubt")]
PREDICTED = [Cue(0, 5, "frame"), Cue(12, 15, "frame")]


@pytest.mark.parametrize(
    ("overlap", "devices", "pairs"),
    [
        (False, True, 1),  # frame 0-5 alone
        (False, False, 1),  # 12-15 is not 10-20
        (True, True, 1),  # 12-15 overlaps 10-20, but frame is not doubt
        (True, False, 2),
    ],
)
def test_what_counts_as_the_same_cue(overlap: bool, devices: bool, pairs: int) -> None:
    assert count(GOLD, PREDICTED, overlap, devices) == [2, 2, pairs]


def test_a_long_cue_never_counts_for_two_short_ones() -> None:
    long, short = [Cue(0, 20, "frame")], [Cue(0, 5, "frame"), Cue(10, 15, "frame")]
    assert count(long, short, True, True) == [1, 2, 1]
    assert count(short, long, True, True) == [2, 1, 1]


def test_pairs_are_as_many_as_possible() -> None:
    # Greedy by offset pairs 0-10 with 0-3 … and 5-8 would go without; 0-10 must take 0-3's place.
    first = [Cue(0, 10, "frame"), Cue(2, 4, "frame")]
    second = [Cue(0, 3, "frame"), Cue(5, 8, "frame")]
    # 2-4 meets 0-3 only; 0-10 meets both: two pairs exist.
    assert pair_cues(first, second, overlap=True, devices=True) == [
        (Cue(0, 10, "frame"), Cue(5, 8, "frame")),
        (Cue(2, 4, "frame"), Cue(0, 3, "frame")),
    ]


def test_cues_that_touch_do_not_overlap() -> None:
    assert count([Cue(0, 5, "frame")], [Cue(5, 9, "frame")], True, True) == [1, 1, 0]


def test_pairs_of_one_device_come_first() -> None:
    first = [Cue(0, 10, "frame")]
    second = [Cue(0, 10, "doubt"), Cue(4, 6, "frame")]
    assert pair_cues(first, second, overlap=True, devices=False) == [
        (Cue(0, 10, "frame"), Cue(4, 6, "frame"))
    ]


def test_a_cue_of_the_same_device_goes_before_an_earlier_one() -> None:
    # Both meet 0-10 doubt; one pair is possible, and it is doubt with doubt.
    first = [Cue(0, 10, "conditional"), Cue(2, 8, "doubt")]
    assert pair_cues(first, [Cue(0, 10, "doubt")], overlap=True, devices=False) == [
        (Cue(2, 8, "doubt"), Cue(0, 10, "doubt"))
    ]


def test_without_devices_the_same_words_are_one_cue() -> None:
    twice = [Cue(0, 5, "frame"), Cue(0, 5, "doubt")]
    assert count(twice, [Cue(0, 5, "frame")], False, True) == [2, 1, 1]
    assert count(twice, [Cue(0, 5, "frame")], False, False) == [1, 1, 1]


@given(cues, cues, st.booleans(), st.booleans())
def test_counts_are_those_of_a_maximum_matching(
    first: list[Cue], second: list[Cue], overlap: bool, devices: bool
) -> None:
    left, right, pairs = count(first, second, overlap, devices)
    assert count(second, first, overlap, devices) == [right, left, pairs]
    a = sorted({(c.start, c.end, c.device if devices else "") for c in first})
    b = sorted({(c.start, c.end, c.device if devices else "") for c in second})
    assert (left, right) == (len(a), len(b))
    near = [
        [x[2] == y[2] and ((x[0] < y[1] and y[0] < x[1]) if overlap else x[:2] == y[:2]) for y in b]
        for x in a
    ]
    best = 0
    if a and b:
        best = int((maximum_bipartite_matching(csr_matrix(np.array(near, dtype=int))) >= 0).sum())
    assert pairs == best


@given(cues, cues, st.booleans(), st.booleans())
def test_pairs_use_each_cue_once(
    first: list[Cue], second: list[Cue], overlap: bool, devices: bool
) -> None:
    pairs = pair_cues(first, second, overlap=overlap, devices=devices)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert all(a in first and b in second for a, b in pairs)


def test_span_f1_by_hand() -> None:
    # 3 gold, 2 predicted, 2 pairs: precision 2/2, recall 2/3, F1 = 2·2 / (3 + 2) = 0.8.
    found = span_f1([[3, 2, 2], [0, 4, 0], [0, 0, 0]])
    assert found[0] == pytest.approx(0.8)
    assert found[1] == 0.0  # none in gold, four predicted: defined
    assert math.isnan(found[2])


def test_cues_of_different_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="cues of 1 and of 2"):
        count_cues([[]], [[], []], overlap=True, devices=True)


def test_depths_by_hand() -> None:
    # Both relays in rows 0, 1, 3: equal in 0, one apart in 1, two apart in 3.
    found = count_depths([1, 2, 0, 3, 1], [1, 3, 2, 1, 0])
    assert found.tolist() == [[1, 1, 1], [1, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("depths", [([1], [1, 2]), ([-1], [1])])
def test_depths_that_make_no_sense_are_refused(depths: tuple[list[int], list[int]]) -> None:
    with pytest.raises(ValueError, match="depth"):
        count_depths(*depths)
