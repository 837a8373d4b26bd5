"""The places of a sentence as they are found, and how a phrase becomes one."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from msgspec.structs import replace

from classifier.article.order import NEWSROOMS, Place
from classifier.article.phrases import Reader
from classifier.article.tokens import Phrase
from classifier.article.vocabulary import Vocabulary, vocabulary

_WHOLE = frozenset(
    {"site", "article", "journaliste", "journalistes", "correspondant", "correspondante", "dépêche"}
    | {"équipe", "envoyé", "envoyée", "documentaire", "reportage", "cellule"}
    | {"correspondants", "reporter", "reporters", "confrère", "confrères", "compte"}
)
_OPENING = frozenset(
    {"le", "la", "les", "l'", "une", "un", "des", "nos", "aux", "ses"}
    | {"long", "longue", "récent", "récente", "nouvel", "nouvelle", "autre"}
)


@cache
def _media() -> frozenset[str]:
    """Return the nouns that make a phrase a newsroom's."""
    heads = vocabulary().heads
    return frozenset(noun for noun, types in heads.items() if types[0] in NEWSROOMS)


class Board:
    """The places found in one sentence so far, and how one is added.

    Attributes:
        rooms: whether a newsroom can stand in the sentence.
        credits: whether a word that credits one stands there too.
    """

    def __init__(self, reader: Reader, words: Vocabulary) -> None:
        self.reader, self.words = reader, words
        self.tokens = reader.tokens
        self.size = reader.size
        self.low = reader.low
        self.lows = reader.lows
        self.places: list[Place] = []
        self.groups = 0
        self.rooms = bool(reader.outlets) or not reader.present.isdisjoint(_media())
        self.credits = self.rooms and not words.credit.isdisjoint(reader.present)

    def _put(self, phrase: Phrase, role: str, verb: int = -1, *, same: bool = False) -> None:
        self.groups += not same
        self.places.append(Place(phrase, role, verb, self.groups))

    def _add(self, at: int, role: str, *, verb: int = -1, only: Collection[str] = ()) -> bool:
        """Add the phrase at token ``at`` and those coordinated with it."""
        phrase = self._credited(at) or self.reader.phrase(at)
        if phrase is None or (only and phrase.type not in only):
            return False
        self._put(phrase, role, verb)
        while True:
            after, listed = phrase.after, phrase.type in NEWSROOMS
            if self.low(after) in ("et", "ou") or (self.low(after) == "," and listed):
                step = after + 1
            elif self.low(after) == "ainsi" and self.low(after + 1) == "que":
                step = after + 2
            else:
                return True
            if (
                self.low(step) == "selon"
                or (self.low(step) in ("de", "d'") and listed)
                or (role == "cited" and self.low(step) in ("à", "de", "sur", "par"))
            ):
                step += 1
            another = self.reader.phrase(step)
            if another is None or listed != (another.type in NEWSROOMS):
                return True
            if self.low(after) == "," and self.low(another.after) not in (",", "et", "ou", "."):
                return True
            if self.low(step) in ("du", "des") and not listed and role != "cited":
                return True
            self._put(another, role, verb, same=True)
            phrase = another

    def _credited(self, at: int) -> Phrase | None:
        """Return the outlet behind a story or a medium: *une information du | Soir*."""
        if not self.credits:
            return None
        here = at
        while self.low(here) in _OPENING:
            here += 1
        if self.low(here) not in self.words.credit:
            return None
        for step in range(here + 1, here + 4):
            if self.low(step) in ("de", "d'", "du", "des"):
                phrase = self.reader.phrase(step + (self.low(step) in ("de", "d'")))
                if phrase is None or phrase.type not in NEWSROOMS:
                    continue
                if self.low(here) in _WHOLE:
                    first = at + (self.low(at) in ("aux", "au", "du"))
                    return replace(phrase, first=first, start=self.tokens.starts[first])
                return phrase
        return None

    def _pronoun(self, at: int) -> bool:
        """Add *lui*, *elle*, *ce dernier* after a frame."""
        last = at + 1
        if self.low(at) in ("ce", "cette", "ces") and self.low(at + 1).startswith("derni"):
            last = at + 2
        elif self.low(at) not in self.words.pronouns or self.low(at) in ("il", "ils"):
            return False
        start, end = self.tokens.starts[at], self.tokens.ends[last - 1]
        type_ = "crowd" if self.low(at) in ("eux", "elles") else "person"
        self._put(Phrase(at, last, start, end, type_, self.low(last - 1)), "frame")
        return True

    def _describes(self, at: int) -> bool:
        return self.reader.texts[at][0].isalnum() and self.low(at) not in self.words.ends

    def _date(self, phrase: Phrase) -> bool:
        one = phrase.after == phrase.first + 1 and not phrase.head
        return one and self.low(phrase.first) in self.words.time

    def _is_bare(self, phrase: Phrase) -> bool:
        """Say whether a phrase has no determiner: *maire de Blanc* only describes a name."""
        return bool(phrase.head) and self.low(phrase.first) == phrase.head
