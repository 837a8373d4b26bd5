"""A sentence as it is read for sources: its tokens, the outlets and the names in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from classifier.article.tokens import Outlet, Tokens, tokens_of
from classifier.article.vocabulary import Vocabulary, vocabulary

_PADDING = [""] * 64
_QUOTES = frozenset('«»"')
_PARTICLES = frozenset(
    {"de", "du", "la", "le", "van", "von", "der", "den", "ben", "bin", "al", "el", "da", "di", "d'"}
)
CIVIL = frozenset({"M", "MM", "Mme", "Mmes", "Me", "Mlle", "Dr", "Pr", "Mgr", "Maître"})
_SHORTENED = CIVIL | {"J", "F", "B", "W"}
_ARTICLES = frozenset({"Le", "La", "Les", "L'", "The"})
_DONE = re.compile(r"\w{2,}(?:ée?s?|ie?s?|ue?s?|ite?s?)")
_DONE_BY = frozenset({"par", "à", "au", "aux", "dans", "sur", "lors", "en", "depuis", "le"})


@dataclass
class Line:
    """One sentence: its tokens, the outlets in it, and where names begin and end.

    Attributes:
        text: the normalised sentence.
        outlets: names of outlets in it.
        size: how many tokens there are.
        texts: the tokens as they are written.
        lows: the tokens in small letters, and beyond them 64 empty ones.
        low: gives the token at an index in small letters; empty up to 64 beyond both ends.
        present: what stands in ``lows``.
        quotes: whether there are quotation marks.
    """

    text: str
    outlets: Sequence[Outlet] = ()
    tokens: Tokens = field(init=False)
    size: int = field(init=False)
    texts: list[str] = field(init=False)
    lows: list[str] = field(init=False)
    low: Callable[[int], str] = field(init=False)
    present: frozenset[str] = field(init=False)
    quotes: bool = field(init=False)
    _outlet_at: dict[int, Outlet] = field(init=False)
    _words: Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = tokens = tokens_of(self.text)
        self.texts = tokens.texts
        self.size = len(tokens.texts)
        # Empty beyond both ends: an index below zero counts from the padding.
        self.lows = tokens.lows + _PADDING
        self.low = self.lows.__getitem__
        self.present = frozenset(tokens.lows)
        self.quotes = not self.present.isdisjoint(_QUOTES)
        self._outlet_at = {outlet.start: outlet for outlet in self.outlets}
        self._words = vocabulary()

    def positions(self, words: Container[str]) -> list[int]:
        """Return the tokens that are one of some words, given in small letters."""
        return [at for at, low in enumerate(self.tokens.lows) if low in words]

    def is_capital(self, at: int) -> bool:
        """Say whether the token at ``at`` begins with a capital letter."""
        return self.texts[at][0].isupper()

    def _outlet_from(self, at: int) -> Outlet | None:
        """Return the outlet whose name begins at token ``at``, its article included."""
        if not self._outlet_at or at >= self.size:
            return None
        starts = self.tokens.starts
        found = self._outlet_at.get(starts[at])
        if found is None and at + 1 < self.size and self.texts[at] in _ARTICLES:
            found = self._outlet_at.get(starts[at + 1])
        return found

    def _after_outlet(self, outlet: Outlet, at: int) -> int:
        return max(at, bisect_left(self.tokens.starts, outlet.end))

    def _is_adverb(self, low: str) -> bool:
        """Say whether a word ends a phrase as *seulement* does, and *arrondissement* does not."""
        words = self._words
        return low.endswith("ment") and not (low in words.heads or low in words.nouns)

    def _is_participle(self, at: int) -> bool:
        """Say whether a participle with its own complement ends the phrase: *publiés par*."""
        low = self.low(at)
        if low in self._words.asked:
            return True
        return bool(_DONE.fullmatch(low)) and self.low(at + 1) in _DONE_BY

    def _is_name(self, at: int) -> bool:
        """Say whether a capital at ``at`` begins a name."""
        if at >= self.size or not self.is_capital(at):
            return False
        low = self.lows[at]
        if low in ("l'", "d'"):
            return False
        return not (at == 0 and (low in self._words.stop or low in self._words.heads))

    def _is_full_name(self, at: int) -> bool:
        return (
            self._is_name(at)
            and at + 1 < self.size
            and self._name_end(at) >= at + 2
            and self._outlet_from(at) is None
        ) or (at < self.size and self.texts[at].rstrip(".") in CIVIL)

    def _goes_on_with_verb(self, at: int) -> bool:
        """Say whether the name at ``at`` opens a clause: *selon l'avocat, M. Roux dit*."""
        after = self._name_end(at)
        return after < self.size and self.lows[after] in self._words.verbs

    def _name_end(self, at: int) -> int:
        """Return the token after the name that begins at ``at``."""
        here = at + 1
        texts, lows, size = self.texts, self.lows, self.size
        while here < size:
            text = texts[here]
            if text == "." and texts[here - 1] in _SHORTENED:
                here += 1
            elif text[0].isupper() and texts[here - 1] != ",":
                if self._outlet_from(here) is not None:
                    break
                here += 1
            elif lows[here] in _PARTICLES and here + 1 < size:
                step = here + 1
                while step < size and lows[step] in _PARTICLES:
                    step += 1
                if (
                    step < size
                    and texts[step][0].isupper()
                    and self._outlet_from(here) is None
                    and self._outlet_from(step) is None
                ):
                    here = step + 1
                else:
                    break
            else:
                break
        return here
