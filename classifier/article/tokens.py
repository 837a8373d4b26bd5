"""The tokens of a sentence, and what is read from them: outlets' names and noun phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

_TOKEN = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*'?|[^\w\s]")


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


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a normalised sentence; an elision (``l'``) is one by itself."""
    found = []
    end = 0
    # Finding all words at once and each again from the last one's end is faster than matches.
    for word in _TOKEN.findall(text):
        start = text.find(word, end)
        end = start + len(word)
        # A mark alone may be lower case (the iota below a Greek vowel) and no letter.
        if word.islower() and word[0].isalnum():
            found.append(Token(start, end, word, word, False, True))
        else:
            first = word[0]
            found.append(Token(start, end, word, word.lower(), first.isupper(), first.isalnum()))
    return found


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


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet's name that stands in the sentence, as the gazetteer or the lexicon has it."""

    start: int
    end: int
    name: str
    agency: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class Phrase:
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
    kept: list[Outlet] = []
    for outlet in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(outlet.end <= other.start or other.end <= outlet.start for other in kept):
            kept.append(outlet)
    return sorted(kept, key=lambda one: one.start)
