"""The tokens of a sentence, and what is read from them: outlets' names and noun phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*'?|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark of a normalised sentence; ``low`` is it in small letters."""

    start: int
    end: int
    text: str
    low: str

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def word(self) -> bool:
        return self.text[0].isalnum()


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a normalised sentence; an elision (``l'``) is one by itself."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        found.append(Token(match.start(), match.end(), word, word.lower()))
    return found


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
