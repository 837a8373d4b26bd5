"""One shape for the many ways French text is typed, with the way back to every offset.

Apostrophes, quotation marks, spaces and dashes are mapped character by character, so offsets into
the normalised text are offsets into the original. Only decomposed accents (NFD), soft hyphens and
repeated spaces change the length; :class:`NormalText` then carries the way back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\u2008\u2005\u2004\u2003\u2002\t\n\r", " "),
        **dict.fromkeys("‐‑‒", "-"),
        "—": "–",
    }
)
_ANY = re.compile("[" + "".join(map(chr, _SAME_LENGTH)) + "]")
_WORD = re.compile(r"\w+")
# Several stages read the same sentence: those of the last articles are remembered. Longer texts are
# not, so memory stays flat.
_REMEMBERED = 1_024
_LONGEST_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class NormalText:
    """A normalised text and the way back to the original's offsets.

    Attributes:
        text: the normalised text.
        origins: for each character of ``text`` its offset in the original, with the original's
            length at the end; None when they are the same.
        length: length of the original in code points.
    """

    text: str
    origins: Sequence[int] | None
    length: int
    _words: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def words(self) -> frozenset[str]:
        """The runs of word characters of ``text``, each once, as they are written."""
        if self._words is None:
            object.__setattr__(self, "_words", frozenset(_WORD.findall(self.text)))
        assert self._words is not None
        return self._words

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's offsets of ``text[start:end]``."""
        if self.origins is None:
            return start, end
        first = self.origins[start]
        # One character may compose to two: each of them still stands for the whole.
        return first, max(self.origins[end], first + 1 if end > start else first)


def normalise(text: str) -> NormalText:
    """Return the text in the shape that cues and features are written for."""
    return (_normalise if len(text) > _LONGEST_REMEMBERED else _remember)(text)


def _normalise(text: str) -> NormalText:
    # Most sentences need at most an apostrophe mapped: translating is ten times dearer.
    shaped = text
    for char in set(_ANY.findall(text)):
        shaped = shaped.replace(char, char.translate(_SAME_LENGTH))
    if "\u00ad" in text or "  " in shaped or not unicodedata.is_normalized("NFC", text):
        return _compose(text)
    return NormalText(shaped, None, len(text))


_remember = lru_cache(maxsize=_REMEMBERED)(_normalise)


def _compose(text: str) -> NormalText:
    """Compose combining marks with their base, drop soft hyphens and repeated spaces."""
    parts: list[str] = []
    origins: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = unicodedata.normalize("NFC", text[start:end])
        for place, char in enumerate(piece.translate(_SAME_LENGTH)):
            if char != "\u00ad" and not (char == " " and parts and parts[-1] == " "):
                parts.append(char)
                origins.append(min(start + place, end - 1))
        start = end
    origins.append(len(text))
    return NormalText("".join(parts), origins, len(text))
