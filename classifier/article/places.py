"""Where sources stand in a sentence: frames, citations, newsrooms that words were given to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from msgspec.structs import replace

from classifier.article.order import NEWSROOMS, Place
from classifier.article.speakers import Speakers
from classifier.article.tokens import Phrase
from classifier.article.vocabulary import vocabulary

_EVEN = frozenset({"aussi", "également", "notamment", "ainsi", "encore", "lui-même", "elle-même"})
_SAID_BY = frozenset({"dires", "récit", "récits", "témoignage", "témoignages", "propos"})
_TELLABLE = frozenset(
    {"agence", "quotidien", "journal", "chaîne", "radio", "magazine", "site", "hebdomadaire"}
    | {"mensuel", "télévision", "revue", "confrères", "média", "station", "confrère"}
)
_FRAMES = frozenset(
    {"selon", "après", "croire", "croit", "dixit", "dires", "avis", "aveu", "yeux", "pour"}
    | {"source", "sources"}
)
_TO = frozenset({"à", "au", "aux", "auprès", "sur", "dans", "avec", "pour"})
_WORDS = frozenset({"dires", "propos", "déclarations", "mots", "termes"})
_STAFF = frozenset(
    {"journaliste", "correspondant", "correspondante", "envoyé", "envoyée", "équipe", "reporter"}
    | {"photographe", "cellule"}
)
_MADE_KNOWN = frozenset(
    {"annonce", "publication", "révélation", "révélations", "diffusion", "divulgation"}
)
_OPINED = frozenset(
    {"jugé", "considéré", "reconnu", "admis", "décrit", "présenté", "évoqué", "avancé", "affirmé"}
    | {"démenti", "annoncé", "estimé", "rapporté", "raconté", "confirmé", "dénoncé"}
)
_BY_ANYONE = ("cit", "communiqu", "fourni", "transmis", "confirm", "diffus")
_ITSELF_IS = frozenset({"en", "lui-même", "elle-même", "eux-mêmes", "elles-mêmes"})
_OWN = frozenset({"son", "sa", "ses", "leur", "leurs", "notre", "nos"})
_SEVERAL = frozenset({"les", "des", "ces", "ses", "leurs", "plusieurs", "certains", "certaines"})
_LEARNT = frozenset({"appris", "reçu", "entendu", "su", "tenir", "tient", "tenait"})
_HIMSELF = frozenset({"lui", "elle", "eux", "elles"})
_WHICH = frozenset({"cette", "ces", "l'", "la", "les", "ce", "son", "sa", "ses"})
_NEWS = frozenset({"nouvelle", "nouvelles", "histoire", "chiffre", "chiffres", "détails", "fait"})
_RANK = {"frame": 0, "cited": 0, "agent": 1, "subject": 2, "told": 1, "noted": 3, "bare": 4}


@cache
def _leads() -> frozenset[str]:
    """Return the words beside which a source can stand, verbs of saying and citing aside."""
    words = vocabulary()
    return _FRAMES | words.credit | words.asked | _TO | {"par"}


class Places(Speakers):
    """All places of one sentence."""

    def find(self) -> list[Place]:
        """Return the places, in order, none within another."""
        for at, verb in self._citations():
            self._cite(at, verb)
        credit, asked = self.words.credit, self.words.asked
        for at in self.reader.positions(_leads()):
            low = self.lows[at]
            if low in _FRAMES or low in credit:
                self._frame(at)
            if low in asked:
                self._agent(at)
            if low in _TO:
                if self.rooms or low == "auprès":
                    self._told(at)
            elif low == "par":
                self._passive(at)
        for start, end, pronoun in self._verbs():
            self._speaker(start, end, pronoun)
        self._headline()
        self._told_by_whom()
        if len(self.places) < 2:
            return self.places
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

    def _citations(self) -> Iterator[tuple[int, int]]:
        """Yield, for each verb of citing, where the cited begins and where the verb does."""
        if self.words.cited_keys.isdisjoint(self.reader.present):
            return
        cited, lows, tokens = self.words.cited, self.lows, self.tokens
        done = 0
        for at in self.reader.positions(cited):
            if at < done:
                continue
            for form in cited[lows[at]]:
                end = at + len(form)
                if end < self.size and lows[end - 1] == form[-1] and tuple(lows[at:end]) == form:
                    if tokens.starts[end] == tokens.ends[end - 1]:
                        continue
                    done = end + (lows[end] in _EVEN)
                    if done < self.size:
                        yield done, at
                    break

    def _cite(self, at: int, verb: int) -> None:
        """Add what is cited from token ``at`` on, over *à*, *de* and *les dires de*."""
        bounds = ("de", "d'", "du", "des", "par", "auprès")
        if self.low(verb) in _LEARNT and self.low(at) in _WHICH and self.low(at + 2) in bounds:
            # *tient cette information de deux sources*
            at += 2 * (self.low(at + 1) in self.words.credit | _NEWS)
        if self.low(at - 1) in _LEARNT and self.low(at) not in bounds:
            return
        if self.low(verb - 1) in ("que", "qu'") and self.low(verb).startswith("cite"):
            # *plusieurs médias que cite Le Fanal*: the other way round.
            self._add(at, "agent", verb=verb, only=NEWSROOMS)
            return
        first = at
        at += 2 * (self.low(at) in _HIMSELF and self.low(at + 1) in _EVEN)
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
            and (not self.low(verb).endswith("ant") and self.low(verb - 1) not in _ITSELF_IS)
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
            or (low in ("croire", "croit") and before == "en")
            or low == "dixit"
        ):
            if self._unnamed_own(at + 1) or self._pronoun(at + 1):
                return
            if low == "croire" and self.low(at - 2) == "l'":
                token = self.tokens[at - 2]
                self._put(Phrase(at - 2, at - 1, token.start, token.end, "person", "l'"), "frame")
                return
            if not self._add(self._said_by(at + 1), "frame"):
                self._detached(at)
        elif (
            low in ("dires", "avis", "aveu", "yeux")
            and after in ("de", "du", "d'")
            and self.low(at - 2) not in ("contre", "sans", "sous")
        ):
            self._add(at + 1 + (after != "du"), "frame")
        elif low == "aveu" and after == "même" and self.low(at + 2) in ("de", "du", "d'"):
            self._add(at + 2 + (self.low(at + 2) != "du"), "frame")
        elif low == "pour" and (at == 0 or before in (",", '"', "»", ".", ";", ":", "mais", "et")):
            if self._pronoun(at + 1):
                return
            phrase = self.reader.phrase(at + 1)
            if phrase is None or phrase.type == "document":
                return
            if phrase.type in NEWSROOMS and (at or self.low(phrase.after) != ","):
                return
            if self.low(phrase.after) in (",", "", "et") or phrase.name:
                self._add(at + 1, "frame")
        elif low in self.words.credit and (
            before in ("les", "l'", "une", "des", "aux", "ces")
            or (before in ("un", "le", "la") and low in _STAFF)
            or (before in ("un", "long") and low == "article")
        ):
            first = at - 1 if before in ("un", "une", "le", "la", "l'") else at
            credited = self._credited(first - (before == "long"))
            if credited is not None:
                self._put(credited, "noted")
        elif low in ("source", "sources") and before in ("de", "d'"):
            end = at + 1
            while end < self.size:
                near = self.low(end - 1) in ("proche", "proches")
                step = self.reader.complement_end(end) if near else None
                if step is None and not self._describes(end):
                    break
                end = step or end + 1
            if end > at + 1:
                start, stop = self.tokens.starts[at], self.tokens.ends[end - 1]
                self._put(Phrase(at, end, start, stop, "anonymous", low), "frame")

    def _unnamed_own(self, at: int) -> bool:
        """Add *nos informations*: sources that the publisher has and does not name."""
        if self.low(at) not in ("nos", "notre") or self.low(at + 1) not in self.words.story:
            return False
        start, end = self.tokens[at].start, self.tokens[at + 1].end
        self._put(Phrase(at, at + 2, start, end, "anonymous", self.low(at + 1)), "frame")
        return True

    def _said_by(self, at: int) -> int:
        """Return where the speaker begins: *selon les déclarations du | maire*."""
        said = at + (self.low(at) in ("le", "les", "des"))
        if self.low(said) in _WORDS and self.low(said + 1) in ("même", "mêmes"):
            said += 1
        elif self.low(said) not in _WORDS:
            return at
        if self.low(said + 1) in ("de", "d'", "du", "des"):
            return said + 1 + (self.low(said + 1) in ("de", "d'"))
        return at

    def _passive(self, at: int) -> None:
        """*jugé peu sûr par …*, *la publication par …*: who said it, after *par*."""
        phrase = self._credited(at + 1) or self.reader.phrase(at + 1)
        if phrase is None or self._date(phrase):
            return
        for step in range(at - 1, max(-1, at - 7), -1):
            low = self.low(step)
            if low in (",", ".", "qui", "que", "par"):
                return
            stem = low.rstrip("s").removesuffix("e")
            if phrase.type in NEWSROOMS:
                if low in _MADE_KNOWN or stem == "fait":
                    self._put(phrase, "noted")
                    return
            elif stem in self.words.said and stem in _OPINED and phrase.type != "document":
                self._add(at + 1, "subject", verb=step)
                return

    def _detached(self, at: int) -> None:
        """Add whom a detached frame names by a noun that no list holds: *Selon la hiérarchie, …*.

        Without a comma it may be a rule or a season: *les horaires changent selon les saisons*.
        """
        phrase = self.reader.somebody(at + 1)
        if phrase is None or self.low(phrase.after) not in (",", ".", "", ")"):
            return
        if at > 0 and self.low(at - 1) not in (",", "(", "»", '"', "–", "que", "qu'"):
            return
        plural = phrase.head.endswith("s") and self.low(phrase.first) in _SEVERAL
        type_ = "crowd" if plural else "institution"
        self._put(phrase if phrase.name else replace(phrase, type=type_), "frame")

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
        for step in range(at + 1, at + 5):
            low = self.low(step)
            if low in ("par", "dans", "sur", "à", "auprès", "au"):
                here = step + (low != "au")
                here += low == "auprès" and self.low(here) in ("de", "d'")
                anyone = low == "par" and self._shown_by_anyone(at)
                only = () if anyone else NEWSROOMS
                self._add(here, "agent", verb=at, only=only)
                if at <= 1 and self.places and self.places[-1].role == "agent":
                    self._asked(self.places[-1].phrase.after)
                return
            if low in ("", ",", "."):
                return

    def _shown_by_anyone(self, at: int) -> bool:
        """Say whether anybody may stand after *par*: *cité par …*, *un bilan fourni par …*."""
        low = self.low(at)
        if low.startswith("cit") or not low.startswith(_BY_ANYONE):
            return low.startswith("cit")
        near = {self.low(step) for step in range(max(0, at - 4), at)}
        heads = self.words.heads
        return any(
            heads.get(one, ("",))[0] == "document" or one in self.words.credit for one in near
        )

    def _asked(self, comma: int) -> None:
        """Add who was asked: *Interrogée par … (sur …), | la directrice …*."""
        near = self.low(comma) == ","
        while self.low(comma) not in (",", ""):
            comma += 1
        phrase = self.reader.phrase(comma + 1) or self.reader.somebody(comma + 1)
        if not near and (phrase is None or phrase.type != "person" or not phrase.name):
            return
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
        if low == "pour" and at > 0 and self.low(at - 1) in self.words.says:
            self._add(at + 1, "told", verb=at, only=NEWSROOMS)
        if low == "pour":
            return
        here = at + (low not in ("au", "aux"))
        if low == "auprès":
            here += self.low(here) in ("de", "d'")
            phrase = self.reader.phrase(here)
            if phrase is not None and (
                phrase.type in NEWSROOMS
                or any(
                    self.low(n) in self.words.learnt or "-on" in self.low(n)
                    for n in range(max(0, at - 8), at)
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
            low == "dans"
            or phrase.head not in _TELLABLE
            or not phrase.definite
            or self.low(phrase.first) in _OWN
            or (phrase.head == "site" and phrase.after > phrase.first + 2)
        )
        if sure and not generic:
            self._add(here, "told", verb=at)

    def _told_by_whom(self) -> None:
        """Add who opens a sentence that went to a newsroom, where no verb of saying shows it.

        *L'attaque de Jean Roux sur Radio Soir*: the first that the sentence names is the speaker.
        """
        if not self.rooms or "told" not in [one.role for one in self.places]:
            return
        if any(one.phrase.type not in NEWSROOMS for one in self.places):
            return
        for at in range(self.size):
            phrase = self.reader.phrase(at)
            if phrase is None or phrase.type != "person" or self._date(phrase):
                continue
            if (at == 0 and phrase.head) or " " in phrase.name:
                self._put(phrase, "subject", phrase.after)
                return

    def _headline(self) -> None:
        """Add the outlet that stands after a dash at the end or in parentheses."""
        for outlet in self.reader.outlets:
            at = bisect_left(self.tokens.starts, outlet.start)
            if at in (0, self.size):
                continue
            phrase = self.reader.phrase(at - (self.low(at - 1) in ("le", "la", "les", "l'", "the")))
            if phrase is None or phrase.type not in NEWSROOMS:
                continue
            before, after = self.low(phrase.first - 1), self.low(phrase.after)
            ends = after in ("", ".", ")")
            if (before in ("–", "-", "|") and ends) or (before == "(" and after == ")"):
                self._put(phrase, "frame")
