"""Where a sentence's features stand in a model's tables, found without writing out their names.

:mod:`classifier.models.features` says what the features are called; training reads the names.
Scoring needs their rows alone. These are looked up word by word and class by class, and remembered;
an article's are then put in order and made single all at once. The order decides a sum's last bit,
so it is that of the tables, sentence by sentence, whatever else is in the article.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.models.features import (
    EXTRACTORS,
    Placed,
    UnitView,
    char_ngrams,
    name_cues,
    name_past_cues,
    place_cues,
)
from classifier.models.word_classes import NEAR, Marked

ABSENT = -1
"""The row of a feature that a model does not know."""

# Words and the like whose rows are remembered; beyond, all are forgotten, so memory stays flat.
_KNOWN_WORDS = 50_000
_WORDY = ("word", "char", "before")

Key = TypeVar("Key")
Value = TypeVar("Value")

Index = Mapping[str, int]
"""Feature → row."""

Rows = NDArray[np.int64]


class _Table(dict[Key, Value]):
    """What is worked out once for each key."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        value = self[key] = self._make(key)
        return value


class _Words(dict[str, int]):
    """Words → their numbers; for each number its rows, all in arrays that grow.

    Attributes:
        starts: number → where its rows begin in ``rows``; the next one's is where they end.
        rows: the word's own in ``word``, then its n-grams' in ``char``.
        before: number → its row in ``before``, or ABSENT.
        pairing: number → the word's number in pairs, or ABSENT.
    """

    def __init__(self, own: Callable[[str], list[int]], before: Index, pairing: Index) -> None:
        super().__init__()
        self._own, self._before, self._pairing = own, before, pairing
        self._lock = Lock()
        self.starts = np.zeros(1024, np.int64)
        self.rows = np.zeros(16_384, np.int64)
        self.before = np.full(1024, ABSENT, np.int64)
        self.pairing = np.full(1024, ABSENT, np.int64)

    def __missing__(self, token: str) -> int:
        with self._lock:
            if token in self:  # another thread was faster
                return self[token]
            number = len(self)
            own = self._own(token)
            start = int(self.starts[number])
            if number + 2 > len(self.starts):
                self.starts, self.before = _double(self.starts), _double(self.before)
                self.pairing = _double(self.pairing)
            while start + len(own) > len(self.rows):
                self.rows = _double(self.rows)
            self.rows[start : start + len(own)] = own
            self.starts[number + 1] = start + len(own)
            self.before[number] = self._before.get(token, ABSENT)
            self.pairing[number] = self._pairing.get(token, ABSENT)
            self[token] = number
            return number


def _double(array: Rows) -> Rows:
    return np.concatenate([array, np.zeros_like(array)])


def _in_ranges(starts: Rows, sizes: Rows) -> Rows:
    """Return the whole numbers of every range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)


class WordRows:
    """The rows of ``word``, ``char`` and ``before``, remembered word by word up to a bound.

    Args:
        groups: name of a group → its features' rows, and what to add to them.
    """

    def __init__(self, groups: Mapping[str, tuple[Index, int]]) -> None:
        nothing: tuple[Index, int] = ({}, 0)
        self._word, self._first_word = groups.get("word", nothing)
        self._char, self._first_char = groups.get("char", nothing)
        self._before, self._first_before = groups.get("before", nothing)
        self._pairing: dict[str, int] = {}
        pairs = []
        for feature, row in self._word.items():
            first, space, second = feature.partition(" ")
            if space:
                number = self._pairing.setdefault(first, len(self._pairing))
                pairs.append((number, self._pairing.setdefault(second, len(self._pairing)), row))
        firsts, seconds, rows = np.array(pairs, np.int64).reshape(-1, 3).T
        keys = firsts * len(self._pairing) + seconds
        order = np.argsort(keys)
        self._pairs, self._pair_rows = keys[order], rows[order] + self._first_word
        self._words = self._fresh()

    def _fresh(self) -> _Words:
        return _Words(self._own, self._before, self._pairing)

    def _own(self, token: str) -> list[int]:
        own = [self._first_word + self._word[token]] if token in self._word else []
        if self._char:
            char = self._char
            own += [self._first_char + char[gram] for gram in char_ngrams(token) if gram in char]
        return own

    def of(self, views: Sequence[UnitView]) -> tuple[list[Rows], list[Rows]]:
        """Return arrays of rows, some twice, and of the units that they belong to."""
        # Another thread may be reading the old words: they are left as they are.
        words = self._words
        if len(words) > _KNOWN_WORDS:
            words = self._words = self._fresh()
        texts = [view.tokens for view in views]
        past = self._past(views, texts) if self._before else []
        sizes = np.fromiter(map(len, texts), np.int64, count=len(texts))
        every = itertools.chain.from_iterable(texts)
        numbers = np.fromiter(map(words.__getitem__, every), np.int64, count=int(sizes.sum()))
        starts = np.cumsum(sizes) - sizes
        owners = np.repeat(np.arange(len(texts)), sizes)
        here = int(sizes[: len(views)].sum())
        own, of_word = numbers[:here], owners[:here]
        begin = words.starts[own]
        counts = words.starts[own + 1] - begin
        rows = [words.rows[_in_ranges(begin, counts)]]
        units = [np.repeat(of_word, counts)]
        if len(self._pairs):
            pairing = words.pairing[own]
            first, second = pairing[:-1], pairing[1:]
            beside = (first >= 0) & (second >= 0) & (of_word[:-1] == of_word[1:])
            keys = first[beside] * len(self._pairing) + second[beside]
            places = np.minimum(np.searchsorted(self._pairs, keys), len(self._pairs) - 1)
            known = self._pairs[places] == keys
            rows.append(self._pair_rows[places[known]])
            units.append(of_word[:-1][beside][known])
        if past:
            later, earlier = np.array(past, np.int64).T
            found = words.before[numbers[_in_ranges(starts[earlier], sizes[earlier])]]
            of_later = np.repeat(later, sizes[earlier])
            rows.append(found[found >= 0] + self._first_before)
            units.append(of_later[found >= 0])
        return rows, units

    def _past(
        self, views: Sequence[UnitView], texts: list[tuple[str, ...]]
    ) -> list[tuple[int, int]]:
        """Return units that have one before, and its place in the texts, added where it must be."""
        places = {id(tokens): place for place, tokens in enumerate(texts)}
        past = []
        for unit, view in enumerate(views):
            if view.before is not None:
                place = places.get(id(view.before.tokens))
                if place is None:
                    place = len(texts)
                    texts.append(view.before.tokens)
                past.append((unit, place))
        return past


Classes = tuple[str, ...]


class ClassRows:
    """The rows of :func:`classifier.models.word_classes.class_features`.

    There are a few dozen classes and some hundred words' sets of them, so the tables stay small.

    Args:
        index: feature → row.
        first: what to add to the rows.
    """

    def __init__(self, index: Index, first: int = 0) -> None:
        def known(names: Iterable[str]) -> list[int]:
            return [first + index[name] for name in names if name in index]

        def in_row(*words: Classes) -> list[int]:
            return known(map(">".join, itertools.product(*words)))

        def then(one: Classes) -> _Table[Classes, list[int]]:
            return _Table(lambda other: in_row(one, other))

        together = [
            (name.split("&"), first + row)
            for name, row in index.items()
            if ">" not in name and not name.startswith("before:")
        ]
        names = {name: None for classes, _ in together for name in classes}
        numbers = {name: number for number, name in enumerate(names)}
        self._classes = len(numbers)
        # One class, two or three that stand in one sentence, in whatever order.
        self._together: list[tuple[list[Rows], Rows]] = []
        for size in (1, 2, 3):
            of_size = [(classes, row) for classes, row in together if len(classes) == size]
            if of_size:
                named = [[numbers[name] for name in classes] for classes, _ in of_size]
                rows = np.array([row for _, row in of_size], np.int64)
                self._together.append((list(np.array(named, np.int64).T), rows))
        self._numbers = _Table[Classes, list[int]](
            lambda classes: [numbers[name] for name in classes if name in numbers]
        )
        self._then = _Table(then)
        self._in_row = _Table[tuple[Classes, ...], list[int]](lambda words: in_row(*words))
        self._past = _Table[Classes, list[int]](
            lambda classes: known(f"before:{name}" for name in classes)
        )

    def together(self, units: Sequence[Marked]) -> tuple[Rows, Rows]:
        """Return the rows of the classes of each unit and of their company, and their units."""
        places: list[int] = []
        sizes = []
        numbers = self._numbers
        for marked in units:
            count = len(places)
            for _, classes in marked:
                places += numbers[classes]
            sizes.append(len(places) - count)
        present = np.zeros((self._classes, len(units)), np.bool_)
        if places:
            present[places, np.repeat(np.arange(len(units)), sizes)] = True
        rows, owners = [], []
        for columns, of_size in self._together:
            held = present[columns[0]]
            for column in columns[1:]:
                held &= present[column]
            # Found flat, which is ten times faster than by row and column.
            feature, unit = np.divmod(np.flatnonzero(held), len(units))
            rows.append(of_size[feature])
            owners.append(unit)
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(rows), np.concatenate(owners)

    def near(self, marked: Marked, before: Marked) -> list[int]:
        """Return the rows of classes close by in order, and of the unit before; some twice.

        Args:
            before: of the unit before; empty for the first.
        """
        rows: list[int] = []
        then = self._then
        for steps in range(1, NEAR + 1):
            for (place, classes), (at, others) in zip(marked, marked[steps:], strict=False):
                if at - place <= NEAR:
                    rows += then[classes][others]
        for one, two, three in zip(marked, marked[1:], marked[2:], strict=False):
            if three[0] == one[0] + 2:
                rows += self._in_row[one[1], two[1], three[1]]
        past = self._past
        for _, classes in before:
            rows += past[classes]
        return rows


class CueRows:
    """The rows of :func:`classifier.models.features.cue_features`, part by part."""

    def __init__(self, index: Index, first: int) -> None:
        def known(names: Iterable[str]) -> list[int]:
            return [first + index[name] for name in names if name in index]

        # Most sentences have no pattern, and the rest few: what they can be is soon known.
        self._placed = _Table[Placed, list[int]](lambda placed: known(itertools.chain(*placed)))
        self._found = _Table[tuple[tuple[str, ...], tuple[str, ...]], list[int]](
            lambda found: known(name_cues(*found))
        )
        self._past = _Table[tuple[tuple[str, ...], ...], list[int]](
            lambda past: known(name_past_cues(*past))
        )

    def of(self, view: UnitView) -> list[int]:
        """Return the rows of a unit; some twice."""
        rows = self._placed[place_cues(view)].copy()
        if view.patterns:
            rows += self._found[view.patterns, view.devices]
        before = view.before
        if before is not None:
            second = before.before.devices if before.before is not None else ()
            if before.patterns or second:
                rows += self._past[before.patterns, before.devices, second]
        return rows


class FeatureRows:
    """Finds the rows of an article's features in the stacked tables of a model's groups.

    Args:
        groups: each group's features with their rows, in the order in which they are stacked.
    """

    def __init__(self, groups: Mapping[str, Index]) -> None:
        heights = [len(index) for index in groups.values()]
        self.offsets = np.cumsum([0, *heights], dtype=np.int64)
        firsts = dict(zip(groups, self.offsets.tolist(), strict=False))
        placed = {name: (index, firsts[name]) for name, index in groups.items()}
        wordy = {name: placed[name] for name in _WORDY if name in placed}
        self._words = WordRows(wordy) if wordy else None
        self._classes = ClassRows(*placed["class"]) if "class" in groups else None
        self._cues = CueRows(*placed["cue"]) if "cue" in groups else None
        by_name = [name for name in groups if name not in (*_WORDY, "class", "cue")]
        self._named = [(*placed[name], EXTRACTORS[name]) for name in by_name]

    def find(self, views: Sequence[UnitView]) -> tuple[Rows, Rows]:
        """Return the rows of an article's units, unit by unit, and where each group's begin.

        Returns:
            Rows of the stacked tables: each once a unit, rising; and for each unit and group, flat,
            its first place among them.
        """
        height = int(self.offsets[-1])
        units = np.arange(len(views))
        rows, owners = self._words.of(views) if self._words is not None else ([], [])
        others: list[int] = []
        sizes = []
        for view in views:
            start = len(others)
            before = view.before
            if self._classes is not None:
                others += self._classes.near(view.classes, before.classes if before else ())
            if self._cues is not None:
                others += self._cues.of(view)
            for index, first, extract in self._named:
                others += [first + index[name] for name in extract(view) if name in index]
            sizes.append(len(others) - start)
        rows.append(np.array(others, np.int64))
        owners.append(np.repeat(units, sizes))
        if self._classes is not None:
            together, where = self._classes.together([view.classes for view in views])
            rows.append(together)
            owners.append(where)
        flat, of_unit = np.concatenate(rows), np.concatenate(owners)
        keys = np.sort(flat + of_unit * height)
        if len(keys):
            keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
        cells = (units[:, None] * height + self.offsets[:-1]).ravel()
        starts = np.searchsorted(keys, cells)
        per_unit = np.diff(starts[:: len(self.offsets) - 1], append=len(keys))
        return keys - np.repeat(units * height, per_unit), starts
