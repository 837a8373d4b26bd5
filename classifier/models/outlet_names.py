"""Names of news outlets, found in a text and covered.

Every character of a known name (*Le Soir*, *Reuters*) or of a name shaped like one (*Vosges Matin*,
*Daily …*) becomes :data:`COVER`. Offsets stay, patterns need no list of names, and a model learns
from a credit without learning whom it credits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from classifier.errors import DataError

WORD = re.compile(r"[^\W_]+")
COVER = "ꙮ"
"""A letter that French never uses: stands for each character of an outlet's name."""

_GOES_ON = re.compile(r"\w|-(?!t-)\w")


class OutletList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of news outlets, as they are written.

    Attributes:
        names: known without an article: *Reuters*, *Ouest-France*.
        articled: words of the language too, names only after an article or *quotidien*, *chaîne*…
        after: the words that may stand before an articled name.
        shaped: a pattern of unlisted names; it is tried where one of ``shape_words`` stands.
    """

    names: tuple[str, ...] = ()
    articled: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    shaped: str = ""
    shape_words: tuple[str, ...] = ()


class OutletNames:
    """Finds the names of news outlets in a text and covers them."""

    def __init__(self, listed: OutletList) -> None:
        self._after = re.compile(
            rf"(?:\b(?:{'|'.join(listed.after)}) |\b[LlDd]'|[«\"] ?)$" if listed.after else "(?!)"
        )
        self._names: dict[str, list[tuple[str, bool]]] = {}
        for bare, names in ((True, listed.names), (False, listed.articled)):
            for name in names:
                first = WORD.match(name)
                if first is None:
                    raise DataError("cue lexicon", f"outlet {name!r}", "a name")
                self._names.setdefault(first[0], []).append((name, bare))
        # The second words of the names that a word begins; None where it is a name by itself.
        self._seconds: dict[str, frozenset[str] | None] = {}
        for word, known in self._names.items():
            seconds = [WORD.findall(name)[1:2] for name, _ in known]
            every = frozenset(second for second, *_ in filter(None, seconds))
            self._seconds[word] = every if all(seconds) else None
            known.sort(key=lambda one: (-len(one[0]), one))
        # Words that begin as a listed name does; the class comes first, for it is sought fastest.
        letters = "".join(sorted({word[0] for word in self._names}))
        begins = rf"[{letters}](?<![^\W_][{letters}])[^\W_]*"
        self._first = re.compile(begins if letters else "(?!)")
        self._shape = re.compile(listed.shaped or "(?!)")
        self._shape_words = frozenset(listed.shape_words)

    def begins_name(self, word: str) -> bool:
        """Say whether a listed name begins with this word, written so."""
        return word in self._names

    def may_stand(self, word: str, words: frozenset[str]) -> bool:
        """Say whether a name that begins with the word may stand in a text of these words."""
        seconds = self._seconds[word]
        return seconds is None or not seconds.isdisjoint(words)

    def hints_at_shape(self, word: str) -> bool:
        """Say whether an unlisted name may stand where this word does."""
        return word.lower() in self._shape_words

    def cover(self, text: str, begins: Iterable[str] | None, *, shaped: bool) -> str:
        """Return the text with every outlet's name covered, character by character.

        Args:
            begins: the words of the text that begin a listed name; None where they are not known.
            shaped: whether a word of it hints at an unlisted one.
        """
        if shaped:
            text = self._shape.sub(lambda match: COVER * len(match[0]), text)
        for start, word in self._places(text, begins):
            for name, bare in self._names.get(word, ()):
                end = start + len(name)
                if (
                    text.startswith(name, start)
                    and not _GOES_ON.match(text, end)
                    and (bare or self._after.search(text, max(0, start - 20), start))
                ):
                    text = text[:start] + COVER * (end - start) + text[end:]
                    break
        return text

    def _places(self, text: str, begins: Iterable[str] | None) -> list[tuple[int, str]]:
        """Return where the words that may begin a listed name stand, in order."""
        if begins is None:
            return [(found.start(), found[0]) for found in self._first.finditer(text)]
        places = []
        for word in begins:
            start = text.find(word)
            while start >= 0:
                end = start + len(word)
                # A part of a longer word begins nothing.
                if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                    places.append((start, word))
                start = text.find(word, end)
        return sorted(places)
