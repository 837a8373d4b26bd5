"""Opening or closing? The marks that look the same on both sides: ``"``, ``'``, ``+``."""

from __future__ import annotations

CLOSING = frozenset("»”)]›")
STRAIGHT = frozenset("\"'’+")

_BEFORE_OPENING = frozenset("([«“‘'’")
_AFTER_CLOSING = frozenset(",.;:!?…)]»”")


class StraightQuotes:
    """The straight marks of one line, read from left to right, each at most once.

    White space decides: none before it, it closes; none after it, it opens. Where it says
    nothing, as between two glued paragraphs, the mark is the partner of the one before.
    """

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._start = start
        self._end = end
        self._read: dict[str, tuple[int, bool]] = {}

    def closes(self, at: int) -> bool:
        """Does the mark at ``at`` close a quotation? Ask from left to right."""
        decided = self._decide(at)
        return self._is_open(at) if decided is None else decided

    def _decide(self, at: int) -> bool | None:
        text = self._text
        opens = at == self._start or text[at - 1].isspace() or text[at - 1] in _BEFORE_OPENING
        closes = at + 1 == self._end or text[at + 1].isspace() or text[at + 1] in _AFTER_CLOSING
        return closes if opens != closes else None

    def _is_open(self, at: int) -> bool:
        mark = self._text[at]
        position, is_open = self._read.get(mark, (self._start, False))
        found = self._text.find(mark, position, at)
        while found >= 0:
            decided = self._decide(found)
            is_open = not is_open if decided is None else not decided
            found = self._text.find(mark, found + 1, at)
        self._read[mark] = (max(position, at), is_open)
        return is_open
