"""Pieces of words without which a pattern is not found, read off the pattern itself.

To search a sentence for a long pattern costs far more than to know its words. A pattern asks for
pieces of words: one of these, and one of those. A text that lacks them need not be searched. What
is read off a pattern may be too wide, never too narrow: what is not understood asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Piece = str
"""A part of a word in small letters; a space stands where the word is known to begin or end."""

Clause = frozenset[Piece]
"""Pieces one of which must stand in the text."""

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
_EDGES = (ops.AT_BOUNDARY, ops.AT_BEGINNING, ops.AT_BEGINNING_STRING, ops.AT_END, ops.AT_END_STRING)
_NO_WIDTH = (ops.AT, ops.ASSERT, ops.ASSERT_NOT)
_WORD_CLASS = [(ops.CATEGORY, ops.CATEGORY_WORD)]
# Shorter pieces stand in nearly every text: they would tell nothing. A word of one letter is whole.
_SHORTEST = 4
_ONE_LETTER = 3


def needed_pieces(pattern: re.Pattern[str]) -> list[Clause]:
    """Return what a text must have for the pattern to be found in it, the most telling first.

    Clauses that :class:`WordPieces` cannot hold, for a piece of theirs is too short, are left out.
    """
    reader = _Reader()
    reader.follow(parser.parse(pattern.pattern, pattern.flags))
    reader.cut()
    clauses = [one for one in reader.clauses if all(map(_can_be_held, one))]
    return sorted(clauses, key=_telling, reverse=True)


class WordPieces:
    """Pieces of words with their bits; for a word the bits of all the pieces that it holds."""

    def __init__(self) -> None:
        self._beginning: dict[str, list[tuple[Piece, int]]] = {}

    def add(self, piece: Piece, bits: int) -> None:
        """Add bits to those of a piece.

        Raises:
            ValueError: the piece is too short.
        """
        if not _can_be_held(piece):
            raise ValueError(piece)
        self._beginning.setdefault(piece[:_SHORTEST], []).append((piece, bits))

    def of(self, word: str) -> int:
        """Return the bits of a word in small letters."""
        padded = f" {word} "
        bits = 0
        for start in range(max(1, len(padded) - _SHORTEST + 1)):
            for piece, those in self._beginning.get(padded[start : start + _SHORTEST], ()):
                if padded.startswith(piece, start):
                    bits |= those
        return bits


def _can_be_held(piece: Piece) -> bool:
    return len(piece) >= _SHORTEST or (piece[0] == piece[-1] == " " and len(piece) == _ONE_LETTER)


def _telling(clause: Clause) -> tuple[int, int]:
    """Long pieces are rare; few of them are rarer."""
    return min(map(len, clause)), -len(clause)


class _Reader:
    """Follows a pattern and keeps what every match of it holds.

    Attributes:
        clauses: what is asked for so far.
        piece: the word that is being read, as far as it is known; it begins with a space where the
            word begins; a space alone where one may only begin here.
    """

    def __init__(self, piece: str = "") -> None:
        self.clauses: list[Clause] = []
        self.piece = piece

    def cut(self) -> None:
        """Keep what was read of a word; it may go on in any way, and so may what follows."""
        if self.piece.strip():
            self.clauses.append(frozenset([self.piece]))
        self.piece = ""

    def end(self) -> None:
        """Keep a whole end of a word; what follows begins a word, if it is one."""
        if self.piece.strip():
            self.piece += " "
            self.cut()
        self.piece = " "

    def follow(self, items: Iterable[Any]) -> None:
        """Read one item after the other."""
        for op, value in items:
            letter = _one_letter(op, value)
            if letter:
                self.piece += letter
            elif _is_between(op, value) or _is_edge(op, value):
                self.end()
            elif op in _NO_WIDTH:
                continue
            elif op is ops.SUBPATTERN:
                self.follow(value[-1])
            elif op is ops.ATOMIC_GROUP:
                self.follow(value)
            elif op is ops.BRANCH:
                self._branch(value[1])
            elif op in _REPEATS:
                self._repeat(*value)
            else:
                self.cut()

    def _branch(self, branches: Sequence[Any]) -> None:
        readers = []
        for branch in branches:
            reader = _Reader(self.piece)
            reader.follow(branch)
            readers.append(reader)
        # A word may begin after the branches only if it may after each of them.
        goes_on = " " if all(reader.piece == " " for reader in readers) else ""
        for reader in readers:
            reader.cut()
        if all(reader.clauses for reader in readers):
            best = [max(reader.clauses, key=_telling) for reader in readers]
            self.clauses.append(frozenset().union(*best))
        self.cut()
        self.piece = goes_on

    def _repeat(self, least: int, most: int, items: Sequence[Any]) -> None:
        inner = _Reader(self.piece if least or self.piece == " " else "")
        inner.follow(items)
        if least:
            self.clauses += inner.clauses
            self.piece = inner.piece
            if most > 1 and self.piece != " ":
                self.cut()
        elif not self.piece == inner.piece == " ":
            # What may be left out asks for nothing, and the word before it may have ended.
            self.cut()


def _one_letter(op: Any, value: Any) -> str:
    """Return the letter of a word, in small, that an item is; empty if it is something else."""
    if op is ops.LITERAL:
        char = chr(value)
        return char.lower() if char.isalnum() else ""
    if op is ops.IN and all(kind is ops.LITERAL for kind, _ in value):
        letters = {chr(code).lower() for _, code in value}
        char = letters.pop() if len(letters) == 1 else ""
        return char if char.isalnum() else ""
    return ""


def _is_edge(op: Any, value: Any) -> bool:
    """Say whether a word can only begin or end here: ``\\b``, ``^``, ``(?<!\\w)``, ``(?!\\w)``."""
    if op is ops.AT:
        return value in _EDGES
    if op is not ops.ASSERT_NOT:
        return False
    items = list(value[1])
    return len(items) == 1 and items[0][0] is ops.IN and list(items[0][1]) == _WORD_CLASS


def _is_between(op: Any, value: Any) -> bool:
    """Say whether an item is one character or more that stand between words."""
    if op is ops.LITERAL:
        return re.match(r"\w", chr(value)) is None
    if op is ops.IN:
        return all(_stands_between(*member) for member in value)
    if op in _REPEATS:
        return value[0] > 0 and len(value[2]) == 1 and _is_between(*value[2][0])
    return False


def _stands_between(op: Any, value: Any) -> bool:
    if op is ops.LITERAL:
        return re.match(r"\w", chr(value)) is None
    return op is ops.CATEGORY and value is ops.CATEGORY_SPACE
