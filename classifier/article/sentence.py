"""A sentence as it is read for sources: its tokens, the outlets and the names in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from classifier.article.tokens import Outlet, Token, tokens_of
from classifier.article.vocabulary import Vocabulary, vocabulary

_PADDING = 64
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
        low: gives the token at an index in small letters; empty up to 64 beyond both ends.
        quotes: whether there are quotation marks.
    """

    text: str
    outlets: Sequence[Outlet] = ()
    tokens: list[Token] = field(init=False)
    lows: list[str] = field(init=False)
    low: Callable[[int], str] = field(init=False)
    quotes: bool = field(init=False)
    _outlet_at: dict[int, Outlet] = field(init=False)
    _words: Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = tokens_of(self.text)
        # Empty beyond both ends: an index below zero counts from the padding.
        self.lows = [token.low for token in self.tokens] + [""] * _PADDING
        self.low = self.lows.__getitem__
        self.quotes = any(mark in self.text for mark in '«»"')
        self._outlet_at = {outlet.start: outlet for outlet in self.outlets}
        self._words = vocabulary()

    def _outlet_from(self, at: int) -> Outlet | None:
        """Return the outlet whose name begins at token ``at``, its article included."""
        if at >= len(self.tokens):
            return None
        found = self._outlet_at.get(self.tokens[at].start)
        if found is None and at + 1 < len(self.tokens) and self.tokens[at].text in _ARTICLES:
            found = self._outlet_at.get(self.tokens[at + 1].start)
        return found

    def _after_outlet(self, outlet: Outlet, at: int) -> int:
        while at < len(self.tokens) and self.tokens[at].start < outlet.end:
            at += 1
        return at

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
        if at >= len(self.tokens):
            return False
        token = self.tokens[at]
        if not token.text[0].isupper() or token.low in ("l'", "d'"):
            return False
        return not (at == 0 and (token.low in self._words.stop or token.low in self._words.heads))

    def _is_full_name(self, at: int) -> bool:
        return (
            self._is_name(at)
            and at + 1 < len(self.tokens)
            and self._name_end(at) >= at + 2
            and self._outlet_from(at) is None
        ) or (at < len(self.tokens) and self.tokens[at].text.rstrip(".") in CIVIL)

    def _goes_on_with_verb(self, at: int) -> bool:
        """Say whether the name at ``at`` opens a clause: *selon l'avocat, M. Roux dit*."""
        after = self._name_end(at)
        return after < len(self.tokens) and self.tokens[after].low in self._words.verbs

    def _name_end(self, at: int) -> int:
        """Return the token after the name that begins at ``at``."""
        here = at + 1
        tokens = self.tokens
        while here < len(tokens):
            token = tokens[here]
            if token.text == "." and tokens[here - 1].text in _SHORTENED:
                here += 1
            elif token.text[0].isupper() and tokens[here - 1].text != ",":
                if self._outlet_from(here) is not None:
                    break
                here += 1
            elif token.low in _PARTICLES and here + 1 < len(tokens):
                step = here + 1
                while step < len(tokens) and tokens[step].low in _PARTICLES:
                    step += 1
                if (
                    step < len(tokens)
                    and tokens[step].text[0].isupper()
                    and self._outlet_from(here) is None
                    and self._outlet_from(step) is None
                ):
                    here = step + 1
                else:
                    break
            else:
                break
        return here
