"""The tokens of a sentence, and what is read from them: outlets' names and noun phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import overload

import msgspec

_TOKEN = re.compile(r"(\w++(?:[-.]\w++)*+'?|[^\w\s])")
# An underscore belongs to no token; where there is none, the shorter pattern is faster.
_TOKEN_APART = re.compile(r"([^\W_]++(?:[-.][^\W_]++)*+'?|[^\w\s])")


class Token(msgspec.Struct, frozen=True, gc=False):
    """A word or mark of a normalised sentence.

    Attributes:
        low: the token in small letters.
        capital: whether it begins with a capital letter.
        word: whether it begins with a letter or digit.
    """

    start: int
    end: int
    text: str
    low: str
    capital: bool
    word: bool


class Tokens(Sequence[Token]):
    """The tokens of a sentence, column by column: most are asked for one thing only.

    Attributes:
        texts, lows: each token as it is written, and in small letters.
        starts, ends: its characters are ``text[start:end]``.
    """

    __slots__ = ("ends", "lows", "starts", "texts")

    def __init__(self, text: str) -> None:
        # What stands between the tokens and the tokens themselves, in turn.
        pieces = (_TOKEN_APART if "_" in text else _TOKEN).split(text)
        edges = list(accumulate(map(len, pieces)))
        self.texts: list[str] = pieces[1::2]
        self.lows = list(map(str.lower, self.texts))
        self.starts = edges[:-1:2]
        self.ends = edges[1::2]

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, at: int) -> Token: ...

    @overload
    def __getitem__(self, at: slice) -> list[Token]: ...

    def __getitem__(self, at: int | slice) -> Token | list[Token]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        word = self.texts[at]
        first = word[0]
        return Token(
            self.starts[at], self.ends[at], word, self.lows[at], first.isupper(), first.isalnum()
        )


def tokens_of(text: str) -> Tokens:
    """Return the tokens of a normalised sentence; an elision (``l'``) is one by itself."""
    return Tokens(text)


def places_of(text: str, word: str) -> Iterator[int]:
    """Yield where a word, or a name of several, stands in a text as a whole."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if _is_edge(text, at - 1) and _is_edge(text, end):
            yield at
        at = text.find(word, end)


def _is_edge(text: str, at: int) -> bool:
    return not 0 <= at < len(text) or not (text[at].isalnum() or text[at] == "_")


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Say whether one of the words stands in a text; a tenth of the cost of matching a pattern."""
    for word in words:  # noqa: SIM110 (a generator costs more than the search)
        if word in text:
            return True
    return False


class Outlet(msgspec.Struct, frozen=True, gc=False):
    """An outlet's name that stands in the sentence, as the gazetteer or the lexicon has it."""

    start: int
    end: int
    name: str
    agency: bool
    certain: bool


class Phrase(msgspec.Struct, frozen=True, gc=False):
    """A noun phrase that can be a hand.

    Attributes:
        first, after: its tokens are ``tokens[first:after]``.
        start, end: its characters.
        type: see :data:`classifier.records.HAND_TYPES`.
        head: its head noun in small letters; empty for a bare name.
        name: the name within it; empty where there is none.
        definite: whether it points to one thing known (*le*, *ce*, *son*).
    """

    first: int
    after: int
    start: int
    end: int
    type: str
    head: str = ""
    name: str = ""
    definite: bool = False


def names_of(found: Iterable[Outlet]) -> list[Outlet]:
    """Return outlets in order, of two that overlap the longer."""
    found = list(found)
    if len(found) < 2:
        return found
    kept: list[Outlet] = []
    for outlet in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(outlet.end <= other.start or other.end <= outlet.start for other in kept):
            kept.append(outlet)
    return sorted(kept, key=lambda one: one.start)
