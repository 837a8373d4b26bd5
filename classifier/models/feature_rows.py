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

import numpy as np

from classifier.models.class_rows import ClassRows
from classifier.models.features import (
    EXTRACTORS,
    Placed,
    UnitView,
    every_gram,
    name_cues,
    name_past_cues,
    place_cues,
)
from classifier.models.row_tables import ABSENT, Index, Lists, Parts, Rows, Table, Units, double

# Words and the like whose rows are remembered; beyond, all are forgotten, so memory stays flat.
_KNOWN_WORDS = 50_000
_WORDY = ("word", "char", "before")


class _Words(dict[str, int]):
    """Words → their numbers; for each number its rows, all in arrays that grow.

    Attributes:
        rows: the word's own in ``word``, then its n-grams' in ``char``.
        before: number → its row in ``before``, or ABSENT.
        pairing: number → the word's number in pairs, or ABSENT.
    """

    def __init__(self, own: Callable[[str], list[int]], before: Index, pairing: Index) -> None:
        super().__init__()
        self._own, self._before, self._pairing = own, before, pairing
        self._lock = Lock()
        self.rows = Lists()
        self.before = np.full(1024, ABSENT, np.int64)
        self.pairing = np.full(1024, ABSENT, np.int64)

    def __missing__(self, token: str) -> int:
        with self._lock:
            if token in self:  # another thread was faster
                return self[token]
            number = self.rows.add(self._own(token))
            if number + 1 > len(self.before):
                self.before, self.pairing = double(self.before), double(self.pairing)
            self.before[number] = self._before.get(token, ABSENT)
            self.pairing[number] = self._pairing.get(token, ABSENT)
            self[token] = number
            return number


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
            first, row = self._first_char, self._char.get
            own += [first + known for gram in every_gram(token) if (known := row(gram)) is not None]
        return own

    def of(self, units: Units) -> tuple[list[Rows], list[Rows]]:
        """Return arrays of rows, some twice, and of the units that they belong to."""
        # Another thread may be reading the old words: they are left as they are.
        words = self._words
        if len(words) > _KNOWN_WORDS:
            words = self._words = self._fresh()
        texts = [view.tokens for view in units.every]
        every = itertools.chain.from_iterable(texts)
        parts = Parts(units, list(map(len, texts)), list(map(words.__getitem__, every)))
        own, of_word = parts.numbers[: parts.here], parts.owners[: parts.here]
        known, counts = words.rows.of(own)
        rows, owners = [known], [np.repeat(of_word, counts)]
        if len(self._pairs):
            pairing = words.pairing[own]
            first, second = pairing[:-1], pairing[1:]
            beside = (first >= 0) & (second >= 0) & (of_word[:-1] == of_word[1:])
            keys = first[beside] * len(self._pairing) + second[beside]
            places = np.minimum(np.searchsorted(self._pairs, keys), len(self._pairs) - 1)
            listed = self._pairs[places] == keys
            rows.append(self._pair_rows[places[listed]])
            owners.append(of_word[:-1][beside][listed])
        if self._before and len(units.later):
            before, later = parts.past()
            found = words.before[before]
            rows.append(found[found >= 0] + self._first_before)
            owners.append(later[found >= 0])
        return rows, owners


class CueRows:
    """The rows of :func:`classifier.models.features.cue_features`, part by part."""

    def __init__(self, index: Index, first: int) -> None:
        def known(names: Iterable[str]) -> list[int]:
            return [first + index[name] for name in names if name in index]

        # Most sentences have no pattern, and the rest few: what they can be is soon known.
        self._placed = Table[Placed, list[int]](lambda placed: known(itertools.chain(*placed)))
        self._found = Table[tuple[tuple[str, ...], tuple[str, ...]], list[int]](
            lambda found: known(name_cues(*found))
        )
        self._past = Table[tuple[tuple[str, ...], ...], list[int]](
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
        read = Units(views)
        rows, owners = self._words.of(read) if self._words is not None else ([], [])
        if self._classes is not None:
            of_classes = self._classes.of(read)
            rows += of_classes[0]
            owners += of_classes[1]
        others: list[int] = []
        sizes = []
        for view in views:
            start = len(others)
            if self._cues is not None:
                others += self._cues.of(view)
            for index, first, extract in self._named:
                others += [first + index[name] for name in extract(view) if name in index]
            sizes.append(len(others) - start)
        rows.append(np.array(others, np.int64))
        owners.append(np.repeat(units, sizes))
        flat, of_unit = np.concatenate(rows), np.concatenate(owners)
        keys = np.sort(flat + of_unit * height)
        if len(keys):
            keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
        cells = (units[:, None] * height + self.offsets[:-1]).ravel()
        starts = np.searchsorted(keys, cells)
        per_unit = np.diff(starts[:: len(self.offsets) - 1], append=len(keys))
        return keys - np.repeat(units * height, per_unit), starts
