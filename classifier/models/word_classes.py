"""What a word does in framing, whatever the word: classes of words, and their company.

*Menacer*, *sommer* and *jurer* are one class, *grève* and *représailles* another. A model that sees
classes side by side learns a turn of phrase from one example and knows it in other words, which a
pattern of the lexicon, written for the sentences that its author read, does not. The classes are
data (``[classes]`` in ``resources/cues.toml``) and label nothing by themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from classifier.errors import DataError

Marked = tuple[tuple[int, tuple[str, ...]], ...]
"""Places of tokens that belong to a class, with their classes."""

NEAR = 3
"""How many tokens apart two words still keep company."""

# Only these are looked at three at a time: what tells a threat from a danger is all three.
CORE = frozenset(
    {
        "harm_act",
        "harm_name",
        "threat_word",
        "future",
        "going_to",
        "if_word",
        "conditional",
        "risk",
        "law",
        "deadline",
        "ready",
        "we",
        "you",
    }
)
_KNOWN_WORDS = 100_000
# By how many letters beginnings are looked up.
_FIRST = 3


class WordClasses(dict[str, tuple[str, ...]]):
    """Tokens → the classes they belong to, remembered up to a bound.

    Args:
        classes: name → words in small letters; ``menac*`` is a beginning, ``*erait`` an ending,
            ``mis en garde`` a run of words.

    Raises:
        DataError: an empty word.
    """

    def __init__(self, classes: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.classes = dict(classes)
        self._words: dict[str, list[int]] = {}
        # Beginnings by their first letters, ends by their last: few words have those of any.
        self._beginnings: dict[str, list[tuple[str, int]]] = {}
        self._ends: dict[str, list[tuple[str, int]]] = {}
        # By their first two words.
        self._runs: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
        self._names = tuple(classes)
        for number, (name, words) in enumerate(classes.items()):
            for word in words:
                if not word.strip("* "):
                    raise DataError(f"class {name!r}", repr(word), "a word")
                run = tuple(word.replace("'", " ").split())
                if len(run) > 1:
                    self._runs.setdefault((run[0], run[1]), []).append((run, name))
                elif word.endswith("*"):
                    start = word[:-1]
                    self._beginnings.setdefault(start[:_FIRST], []).append((start, number))
                elif word.startswith("*"):
                    self._ends.setdefault(word[-1], []).append((word[1:], number))
                else:
                    self._words.setdefault(run[0], []).append(number)

    def __missing__(self, token: str) -> tuple[str, ...]:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        found = list(self._words.get(token, ()))
        found += sorted(
            number
            for size in range(1, _FIRST + 1)
            for start, number in self._beginnings.get(token[:size], ())
            if token.startswith(start)
        )
        # An ending alone is no word: *rait* is not the conditional of anything.
        found += [
            number
            for end, number in self._ends.get(token[-1:], ())
            if len(token) > len(end) + 1 and token.endswith(end)
        ]
        classes = self[token] = tuple(self._names[number] for number in dict.fromkeys(found))
        return classes

    def mark(self, tokens: Sequence[str]) -> Marked:
        """Return the tokens that belong to a class, in order."""
        marked = [
            (place, classes)
            for place, classes in enumerate(map(self.__getitem__, tokens))
            if classes
        ]
        if not self._runs.keys().isdisjoint(itertools.pairwise(tokens)):
            marked = self._with_runs(marked, tokens)
        return tuple(marked)

    def _with_runs(
        self, marked: list[tuple[int, tuple[str, ...]]], tokens: Sequence[str]
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return the marked places with the classes of the runs that begin there."""
        every = dict(marked)
        for place, pair in enumerate(itertools.pairwise(tokens)):
            for run, name in self._runs.get(pair, ()):
                if tuple(tokens[place : place + len(run)]) == run:
                    every[place] = (*every.get(place, ()), name)
        return sorted(every.items())


@lru_cache(maxsize=65_536)
def _both(first: str, second: str) -> str:
    return f"{first}&{second}"


@lru_cache(maxsize=65_536)
def _then(first: str, second: str) -> str:
    return f"{first}>{second}"


@lru_cache(maxsize=262_144)
def _in_row(first: str, second: str, third: str) -> str:
    return f"{first}>{second}>{third}"


def class_features(marked: Marked, before: Marked) -> Iterable[str]:
    """Return the classes of a sentence, their pairs, those close by in order, those of the last.

    Args:
        marked: of the sentence.
        before: of the sentence before it; empty for the first.
    """
    present = sorted({name for _, classes in marked for name in classes})
    features = dict.fromkeys(present)
    features.update(dict.fromkeys(itertools.starmap(_both, itertools.combinations(present, 2))))
    core = [name for name in present if name in CORE]
    features.update(dict.fromkeys(map("&".join, itertools.combinations(core, 3))))
    for number, (place, classes) in enumerate(marked):
        for other, (at, others) in enumerate(marked[number + 1 : number + 1 + NEAR], number + 1):
            if at - place > NEAR:
                break
            features.update(dict.fromkeys(_then(a, b) for a in classes for b in others))
            if at == place + 1 and other + 1 < len(marked) and marked[other + 1][0] == at + 1:
                thirds = marked[other + 1][1]
                features.update(
                    dict.fromkeys(_in_row(a, b, c) for a in classes for b in others for c in thirds)
                )
    features.update(dict.fromkeys(f"before:{name}" for _, classes in before for name in classes))
    return features
