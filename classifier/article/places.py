"""Where sources stand in a sentence: frames, citations, newsrooms that words were given to."""

from __future__ import annotations

from dataclasses import replace

from classifier.article.order import NEWSROOMS, Place
from classifier.article.speakers import Speakers
from classifier.article.tokens import Phrase

_EVEN = frozenset({"aussi", "également", "notamment", "ainsi", "encore", "lui-même", "elle-même"})
_SAID_BY = frozenset({"dires", "récit", "récits", "témoignage", "témoignages", "propos"})
_TELLABLE = frozenset(
    {"agence", "quotidien", "journal", "chaîne", "radio", "magazine", "site", "hebdomadaire"}
    | {"mensuel", "télévision", "revue", "confrères", "média", "station", "confrère"}
)
_LEARNT = frozenset({"appris", "reçu", "entendu", "su", "tenir", "tient", "tenait"})
_RANK = {"frame": 0, "cited": 0, "agent": 1, "subject": 2, "told": 1, "noted": 3, "bare": 4}


class Places(Speakers):
    """All places of one sentence."""

    def find(self) -> list[Place]:
        """Return the places, in order, none within another."""
        starts = {token.start: at for at, token in enumerate(self.tokens)}
        lower = self.reader.text.lower()
        for match in self.words.cited.finditer(lower):
            at, verb = starts.get(match.end()), starts.get(match.start())
            if at is not None and verb is not None:
                self._cite(at, verb)
        for at in range(len(self.tokens)):
            self._frame(at)
            self._agent(at)
            self._told(at)
        for start, end, asked in self._verbs():
            self._speaker(start, end, asked)
        self._headline()
        self._told_by_whom()
        kept: list[Place] = []
        for place in sorted(
            self.places,
            key=lambda one: (
                _RANK[one.role],
                one.phrase.start - one.phrase.end,
                one.phrase.start,
            ),
        ):
            if all(
                place.phrase.end <= other.phrase.start or other.phrase.end <= place.phrase.start
                for other in kept
            ):
                kept.append(place)
        return sorted(kept, key=lambda one: one.phrase.start)

    def _cite(self, at: int, verb: int) -> None:
        """Add what is cited from token ``at`` on, over *à*, *de* and *les dires de*."""
        bounds = ("de", "d'", "du", "des", "par", "auprès")
        if self.low(at - 1) in _LEARNT and self.low(at) not in bounds:
            return
        first = at
        while self.low(at) in _EVEN:
            at += 1
        if self.low(at) in ("à", "de", "d'", "sur", "par"):
            at += 1
        said = at + (self.low(at) in ("le", "les", "des"))
        if self.low(said) in _SAID_BY and self.low(said + 1) in ("de", "d'", "du", "des"):
            at = said + 1 + (self.low(said + 1) in ("de", "d'"))
        if not self._add(at, "cited", verb=verb) and self.low(at) in (
            "un",
            "une",
            "des",
            "deux",
            "trois",
        ):
            phrase = self.reader.somebody(at)
            if phrase is not None:
                self._put(phrase, "cited", verb)
        if (
            self.places
            and self.places[-1].phrase.first >= first
            and (not self.low(verb).endswith("ant") and self.low(verb - 1) != "en")
        ):
            start = verb
            while self.low(start - 1) in ("a", "ont", "avait", "avaient", "été", "pour", "s'"):
                start -= 1
            size = len(self.places)
            self._subject(start, verb + 1)
            self.places[size:] = [replace(one, verb=verb) for one in self.places[size:]]

    def _frame(self, at: int) -> None:
        low, before, after = self.low(at), self.low(at - 1), self.low(at + 1)
        if low == "selon" and after in ("qui", "lequel", "laquelle", "lesquels", "lesquelles"):
            self._before(at)
        elif (
            low == "selon"
            or (low == "après" and before == "d'")
            or (low == "croire" and before == "en")
            or low == "dixit"
        ):
            if not self._pronoun(at + 1):
                self._add(at + 1, "frame")
        elif low in ("dires", "avis", "aveu", "yeux") and after in ("de", "du", "d'"):
            self._add(at + 1 + (after != "du"), "frame")
        elif low == "pour" and (at == 0 or before in (",", '"', "»", ".", ";", ":", "mais", "et")):
            if self._pronoun(at + 1):
                return
            phrase = self.reader.phrase(at + 1)
            if phrase is None or phrase.type in ("document", *NEWSROOMS):
                return
            if self.low(phrase.after) in (",", "", "et") or phrase.name:
                self._add(at + 1, "frame")
        elif low in self.words.credit and before in ("les", "l'", "une", "des", "aux", "ces"):
            credited = self._credited(at)
            if credited is not None:
                self._put(credited, "noted")
        elif low in ("source", "sources") and before in ("de", "d'"):
            end = at + 1
            while end < len(self.tokens):
                near = self.low(end - 1) in ("proche", "proches")
                step = self.reader.complement_end(end) if near else None
                if step is None and not self._describes(end):
                    break
                end = step or end + 1
            if end > at + 1:
                start = self.tokens[at].start
                self._put(
                    Phrase(at, end, start, self.tokens[end - 1].end, "anonymous", low), "frame"
                )

    def _before(self, at: int) -> None:
        """Add the phrase that ends before the comma at ``at - 1``: *…, selon qui*."""
        end = at - 1 if self.low(at - 1) in (",", "(", "–") else at
        for first in range(max(0, end - 12), end):
            phrase = self.reader.phrase(first)
            if phrase is not None and phrase.after == end:
                self._put(phrase, "frame")
                return

    def _agent(self, at: int) -> None:
        """*interrogé par …*, *publiée dans …*: the newsroom behind the phrase before."""
        if self.low(at) not in self.words.asked:
            return
        for step in range(at + 1, at + 5):
            low = self.low(step)
            if low in ("par", "dans", "sur", "à", "auprès", "au"):
                here = step + (low != "au")
                here += low == "auprès" and self.low(here) in ("de", "d'")
                only = () if low == "par" and self.low(at).startswith("cit") else NEWSROOMS
                self._add(here, "agent", verb=at, only=only)
                if at <= 1 and self.places and self.places[-1].role == "agent":
                    self._asked(self.places[-1].phrase.after)
                return
            if low in ("", ",", "."):
                return

    def _asked(self, comma: int) -> None:
        """Add who was asked: *Interrogée par …, | la directrice …*."""
        if self.low(comma) != ",":
            return
        phrase = self.reader.phrase(comma + 1) or self.reader.somebody(comma + 1)
        if phrase is not None and phrase.type not in NEWSROOMS:
            self._put(phrase, "subject", phrase.after)
        elif self.low(comma + 1) in ("il", "elle", "ils", "elles"):
            token = self.tokens[comma + 1]
            self._put(
                Phrase(comma + 1, comma + 2, token.start, token.end, "person", token.low), "subject"
            )

    def _told(self, at: int) -> None:
        """*à l'agence …*, *au micro de …*, *dans … *: the newsroom that took the words."""
        low = self.low(at)
        if low not in ("à", "au", "aux", "auprès", "sur", "dans", "avec"):
            return
        here = at + (low not in ("au", "aux"))
        if low == "auprès":
            here += self.low(here) in ("de", "d'")
            phrase = self.reader.phrase(here)
            said = self.words.said | self.words.says | {"appris", "apprend-on", "obtenu"}
            if phrase is not None and (
                phrase.type in NEWSROOMS
                or any(
                    self.low(n) in said or "-on" in self.low(n) for n in range(max(0, at - 8), at)
                )
            ):
                self._add(here, "told", verb=at)
            return
        credited = self._credited(at + 1)
        if credited is not None:
            self._put(credited, "told", at)
            return
        phrase = self.reader.phrase(here)
        if phrase is None or phrase.type not in NEWSROOMS:
            return
        sure = bool(phrase.head) or any(
            one.certain for one in self.reader.outlets if phrase.start <= one.start < phrase.end
        )
        generic = not phrase.name and (
            low == "dans" or phrase.head not in _TELLABLE or not phrase.definite
        )
        if sure and not generic:
            self._add(here, "told", verb=at)

    def _told_by_whom(self) -> None:
        """Add who opens a sentence that went to a newsroom, where no verb of saying shows it.

        *L'attaque de Jean Roux sur Radio Soir*: the first that the sentence names is the speaker.
        """
        roles = {one.role for one in self.places}
        speakers = [one for one in self.places if one.phrase.type not in NEWSROOMS]
        if "told" not in roles or speakers:
            return
        for at in range(len(self.tokens)):
            phrase = self.reader.phrase(at)
            if phrase is None or phrase.type != "person" or self._date(phrase):
                continue
            if (at == 0 and phrase.head) or " " in phrase.name:
                self._put(phrase, "subject", phrase.after)
                return

    def _headline(self) -> None:
        """Add the outlet that stands after a dash at the end or in parentheses."""
        for outlet in self.reader.outlets:
            at = next((n for n, one in enumerate(self.tokens) if one.start >= outlet.start), 0)
            if at == 0:
                continue
            phrase = self.reader.phrase(at - (self.low(at - 1) in ("le", "la", "les", "l'", "the")))
            if phrase is None or phrase.type not in NEWSROOMS:
                continue
            before, after = self.low(phrase.first - 1), self.low(phrase.after)
            ends = after in ("", ".", ")")
            if (before in ("–", "-", "|") and ends) or (before == "(" and after == ")"):
                self._put(phrase, "frame")
