"""Who speaks in a sentence, and through whom: source spans, their types and their order.

Rules over tokens, no parser. Places where a source stands (*selon …*, *… a déclaré*, *rapporte …*,
*citant …*, *interrogé par …*, *à l'agence …*) give the phrases
(:mod:`classifier.article.phrases`); what the places are to each other gives the order
(:mod:`classifier.article.order`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from classifier.article.gazetteer import Gazetteer
from classifier.article.order import NEWSROOMS, Place, order_places
from classifier.article.phrases import Outlet, Phrase, Reader, Vocabulary, names_of, vocabulary
from classifier.models.cues import COVER
from classifier.records import Hand
from classifier.text.normalise import normalise

_COVERED = re.compile(f"{COVER}+")
_ASKED_AUX = re.compile(r"(?:a|ont|avait|avaient|aurait|auraient)-(?:t-)?(il|elle|ils|elles|on)")
_ASKED_SAYS = re.compile(r"(\w+)-(?:t-)?(il|elle|ils|elles|on)")
_AUX = frozenset({"a", "ont", "avait", "avaient", "aurait", "auraient", "ayant", "avoir"})
_MADE = frozenset({"savoir", "part", "état", "valoir", "comprendre"})
_QUOTED = frozenset({",", '"', "»", "comme", "–", "?", "!", "(", "que", "qu'", "l'", "s'", "…"})
_EVEN = frozenset({"aussi", "également", "notamment", "ainsi", "encore", "lui-même", "elle-même"})
_SAID_BY = frozenset({"dires", "récit", "récits", "témoignage", "témoignages", "propos"})
_ACCUSED = re.compile(
    r"(?:accus|critiqu|dénonc|alert|avert|contest|interrog|contact|défend|prév|soupçonn|cit|montr|vu|vo"
    r"|écout|reconn|craint|craign|appel|jug|publi|découv)"
)
_INSIDE = frozenset(
    {"par", "dans", "sur", "avec", "pour", "chez", "contre", "en", "sous", "auprès", "entre", "devant"}
    | {"selon", "vers", "à", "de", "d'", "du", "des", "au", "aux", "«", "et"}
)
_ITSELF = re.compile(r"dit|dis|demand|inqui|alarm|souv|interrog|défend|réjoui|félicit|indign|étonn")
_AWAY = re.compile(r"qui|dont|lequel|laquelle|où|selon|se|s'|lui-même|elle-même|\w+ant|\w+é(?:e|s|es)?|joint")
_WEAK = "weak"
_PARTICIPLE = re.compile(r"[a-zà-ÿ]{2,}(?:é|i|u|is|it)")
_PRESENT = re.compile(r"[a-zà-ÿ]{3,}(?:e|ent|t|d|it)")
_TELLABLE = frozenset(
    {"agence", "quotidien", "journal", "chaîne", "radio", "magazine", "site", "hebdomadaire"}
    | {"mensuel", "télévision", "revue", "confrères", "média", "station", "confrère"}
)
_LEARNT = frozenset({"appris", "reçu", "entendu", "su", "tenir", "tient", "tenait", "tenir"})
_WHOLE = frozenset(
    {"site", "article", "journaliste", "journalistes", "correspondant", "correspondante", "dépêche"}
    | {"correspondants", "reporter", "reporters", "confrère", "confrères", "compte"}
)
_CLOSED = frozenset({'"', "»"})
_RANK = {"frame": 0, "cited": 0, "agent": 1, "subject": 2, "told": 1, "noted": 3, "bare": 4}
_NAME = (
    r"(?:(?:[A-ZÀ-Þ][\w'&.-]*|\d+)"
    r"(?: (?:[A-ZÀ-Þ][\w'&.-]*|\d+|(?:of|de|du|des|the|del|della|di|do|y|la|los)(?= ))){0,4})"
)
_DASHED = re.compile(rf"[–|] ?({_NAME})$")
_MEDIUM = re.compile(
    r"\b(?:journal|quotidien|hebdomadaire|mensuel|magazine|revue|chaîne|radio|site|tabloïd|portail"
    rf"|(agence)|feuille|télévision)((?: [a-zà-ÿ-]+){{0,3}}?) (?:\")?({_NAME})"
)


def learn_outlets(title: str, texts: Iterable[str]) -> dict[str, bool]:
    """Return names that an article itself says are newsrooms → whether each is an agency.

    *le journal Nordposten* teaches a name, and so does the end of a headline, *… – Nordposten*.
    """
    found: dict[str, bool] = {}
    dashed = _DASHED.search(normalise(title).text)
    if dashed:
        found[dashed[1]] = False
    for text in texts:
        for match in _MEDIUM.finditer(normalise(text).text):
            words, name = match[2].split(), match[3].rstrip(" .")
            if not vocabulary().stop.isdisjoint(words) or not vocabulary().says.isdisjoint(words):
                continue
            found[name] = found.get(name, False) or match[1] is not None
    platforms = vocabulary().platforms
    bare = {re.sub(r"^(?:Les? |La |L'|The )", "", name): kind for name, kind in found.items()}
    return {name: kind for name, kind in bare.items() if name and name not in platforms}


@dataclass
class HandFinder:
    """Finds the hands of sentences.

    Attributes:
        gazetteer: the outlets that may be named.
        learned: names that the article says are newsrooms → whether each is an agency.
    """

    gazetteer: Gazetteer
    learned: dict[str, bool] = field(default_factory=dict)
    words: Vocabulary = field(default_factory=vocabulary)

    def find(self, text: str, covered: str | None = None) -> tuple[Hand, ...]:
        """Return the hands of a sentence in order of place; references are not resolved yet.

        Args:
            covered: the normalised sentence with outlets' names covered, where the lexicon has
                made it; adds names that are shaped like an outlet's.
        """
        normal = normalise(text)
        reader = Reader(normal.text, self.outlets(normal.text, covered))
        if not reader.tokens:
            return ()
        hands = []
        for place, by in order_places(reader, _Places(reader, self.words).find()):
            start, end = normal.original_span(place.phrase.start, place.phrase.end)
            hands.append(Hand(start, end, place.phrase.type, by, place.phrase.name))
        return tuple(hands)

    def outlets(self, text: str, covered: str | None = None) -> list[Outlet]:
        """Return the outlets named in a normalised sentence, without their articles."""
        found = [
            Outlet(
                mention.start,
                mention.end,
                text[mention.start : mention.end],
                mention.entry.kind == "agency",
                not mention.ambiguous,
            )
            for mention in self.gazetteer.find(text)
        ]
        for name, agency in self.learned.items():
            for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                found.append(Outlet(*match.span(), name, agency, True))
        if covered is not None and len(covered) == len(text):
            for match in _COVERED.finditer(covered):
                start, end = match.start(), match.start() + len(text[slice(*match.span())].rstrip(".,; "))
                if not any(one.start < end and start < one.end for one in found):
                    found.append(Outlet(start, end, text[start:end], False, True))
        return [_without_article(text, one) for one in names_of(found)]


def _without_article(text: str, outlet: Outlet) -> Outlet:
    """Return the outlet without the article that some names begin with."""
    match = re.match(r"(?:Les? |La |L'|The |les? |la |l')", text[outlet.start : outlet.end])
    return replace(outlet, start=outlet.start + match.end()) if match else outlet


class _Places:
    """The places of one sentence."""

    def __init__(self, reader: Reader, words: Vocabulary) -> None:
        self.reader, self.words = reader, words
        self.tokens = reader.tokens
        self.low = reader.low
        self.places: list[Place] = []
        self.groups = 0

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
            if self.low(step) == "selon" or (self.low(step) in ("de", "d'") and listed):
                step += 1
            elif role == "cited" and self.low(step) in ("à", "de", "sur", "par"):
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
        if not self._add(at, "cited", verb=verb) and self.low(at) in ("un", "une", "des", "deux", "trois"):
            phrase = self.reader.somebody(at)
            if phrase is not None:
                self._put(phrase, "cited", verb)
        if self.places and self.places[-1].phrase.first >= first and (
            not self.low(verb).endswith("ant") and self.low(verb - 1) != "en"
        ):
            start = verb
            while self.low(start - 1) in ("a", "ont", "avait", "avaient", "été", "pour", "s'"):
                start -= 1
            size = len(self.places)
            self._subject(start, verb + 1)
            self.places[size:] = [replace(one, verb=verb) for one in self.places[size:]]

    def _credited(self, at: int) -> Phrase | None:
        """Return the outlet behind a story or a medium: *une information du | Soir*."""
        here = at
        while self.low(here) in ("le", "la", "les", "l'", "une", "un", "des", "nos", "aux", "ses"):
            here += 1
        if self.low(here) not in self.words.credit:
            return None
        for step in range(here + 1, here + 4):
            if self.low(step) in ("de", "d'", "du", "des"):
                phrase = self.reader.phrase(step + (self.low(step) in ("de", "d'")))
                if phrase is None or phrase.type not in NEWSROOMS:
                    return None
                if self.low(here) in _WHOLE:
                    first = at + (self.low(at) in ("aux", "au", "du"))
                    return replace(phrase, first=first, start=self.tokens[first].start)
                return phrase
        return None

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
            if phrase is not None and phrase.type not in ("document", *NEWSROOMS):
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

    def _describes(self, at: int) -> bool:
        token = self.tokens[at]
        return token.word and token.low not in self.words.stop | self.words.says

    def _pronoun(self, at: int) -> bool:
        """Add *lui*, *elle*, *ce dernier* after a frame."""
        last = at + 1
        if self.low(at) in ("ce", "cette", "ces") and self.low(at + 1).startswith("derni"):
            last = at + 2
        elif self.low(at) not in self.words.pronouns or self.low(at) in ("il", "ils"):
            return False
        start, end = self.tokens[at].start, self.tokens[last - 1].end
        type_ = "crowd" if self.low(at) in ("eux", "elles") else "person"
        self._put(Phrase(at, last, start, end, type_, self.low(last - 1)), "frame")
        return True

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
                or any(self.low(n) in said or "-on" in self.low(n) for n in range(max(0, at - 8), at))
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

    def _verbs(self) -> Iterator[tuple[int, int, str]]:
        """Yield first and after of each group of a verb of saying, and the pronoun it carries."""
        at = 0
        while at < len(self.tokens):
            low = self.low(at)
            asked_aux, asked = _ASKED_AUX.fullmatch(low), _ASKED_SAYS.fullmatch(low)
            if low in _AUX or asked_aux:
                end = at + 1
                while end < min(len(self.tokens), at + 6) and self._fills(end):
                    end += 1
                if self.low(end) in self.words.said and self._says_it(end):
                    yield at, end + 1, asked_aux[1] if asked_aux else ""
                    at = end
                elif self.low(end) in self.words.weak:
                    yield at, end + 1, _WEAK
                    at = end
                elif self._after_quote(at) and _PARTICIPLE.fullmatch(self.low(end)):
                    yield at, end + 1, asked_aux[1] if asked_aux else ""
                    at = end
            elif asked and asked[1] in self.words.says:
                yield at, at + 1, asked[2]
            elif self._after_quote(at) and _PRESENT.fullmatch(low) and low not in self.words.stop:
                yield at, at + 1, ""
            elif low in self.words.says and not self._is_noun(at) and self._says_it(at):
                if self.low(at - 1) not in ("s'", "se") or _ITSELF.match(low):
                    yield at, at + 1, ""
            at += 1

    def _after_quote(self, at: int) -> bool:
        """Say whether a quotation closes just before ``at``."""
        return self.low(at - 1) in _CLOSED or (
            self.low(at - 1) == "," and self.low(at - 2) in _CLOSED
        )

    def _fills(self, at: int) -> bool:
        low = self.low(at)
        return low in self.words.filler or low.endswith("ment") or low in self.words.time

    def _says_it(self, at: int) -> bool:
        return self.low(at) not in ("fait", "font") or self.low(at + 1) in _MADE

    def _is_noun(self, at: int) -> bool:
        """Say whether a form at ``at`` is a noun: *le rapport*, *une note*."""
        before = self.low(at - 1)
        if before in ("un", "une", "des", "du", "de", "d'", "cette", "ce", "son", "sa", "ses"):
            return True
        return before in ("le", "la", "les", "l'") and self.low(at) in self.words.heads

    def _speaker(self, first: int, after: int, asked: str) -> None:
        """Add the subject of the verb group ``tokens[first:after]``."""
        if asked == _WEAK:
            self._subject(first, after, only=NEWSROOMS)
            return
        inverted = self.low(first - 1) in (",", "»", '"') and not _ACCUSED.match(self.low(after - 1))
        if not asked and not inverted and self._subject(first, after):
            return
        if not self._inversion(first, after, asked) and inverted and not asked:
            self._subject(first, after)

    def _inversion(self, first: int, after: int, asked: str) -> bool:
        """Add the subject that stands after the verb; say whether there is one."""
        here = after + (self.low(after) in _MADE)
        quoted = first == 0 or self.low(first - 1) in _QUOTED
        quoted = quoted or (self.low(first - 1) == "le" and self.low(first - 2) == "comme")
        while here < min(len(self.tokens), after + 10):
            low = self.low(here)
            if low in ("que", "qu'", "."):
                break
            if low in ("à", "auprès", "sur", "dans", "au", "aux", "selon"):
                told = self.reader.phrase(here + (low not in ("au", "aux")) + (low == "auprès"))
                if told is not None:
                    here = told.after
                    continue
            elif low not in ("de", "d'", "du"):
                phrase = self.reader.phrase(here)
                if phrase is not None and self._is_bare(phrase):
                    return False
                if phrase is None and quoted and self._is_human(first, after):
                    phrase = self.reader.somebody(here) if low not in self.words.time else None
                if phrase is not None:
                    if asked == "on" or not (asked or quoted) or self._date(phrase):
                        return False
                    self._put_subject(here, phrase, first)
                    return True
            if low in self.words.time or low[:1].isdigit() or low.endswith("ment"):
                here += 1
                continue
            break
        if asked and asked != "on":
            token = self.tokens[first]
            pronoun = token.low.rpartition("-")[2]
            start = token.end - len(pronoun)
            self._put(Phrase(first, first + 1, start, token.end, "person", pronoun), "bare", first)
            return True
        return False

    def _put_subject(self, at: int, phrase: Phrase, verb: int) -> None:
        if not self._add(at, "subject", verb=verb):
            self._put(phrase, "subject", verb)

    def _date(self, phrase: Phrase) -> bool:
        one = phrase.after == phrase.first + 1 and not phrase.head
        return one and self.low(phrase.first) in self.words.time

    def _is_human(self, first: int, after: int) -> bool:
        """Say whether the verb's subject can only be somebody."""
        low = self.low(after - 1)
        stem = re.sub(r"-.*", "", self.low(first)) if after == first + 1 else low
        return stem in self.words.human or re.sub(r"é$", "e", stem) in self.words.human

    def _subject(self, verb: int, after: int, only: Collection[str] = ()) -> bool:
        """Add the phrase before the verb, over clitics and insertions; say whether there is one."""
        size = len(self.places)
        found = self._find_subject(verb, after)
        if only and any(one.phrase.type not in only for one in self.places[size:]):
            del self.places[size:]
        return found

    def _find_subject(self, verb: int, after: int) -> bool:
        here = verb - 1
        while here >= 0 and (self.low(here) in self.words.filler or self.low(here).endswith("ment")):
            here -= 1
        if here < 0:
            return False
        low = self.low(here)
        if low in ("il", "elle", "ils", "elles"):
            token = self.tokens[here]
            if self.low(here - 1) not in ("que", "qu'", "comme", "lorsqu'", "quand", "s'", "dont"):
                self._put(Phrase(here, here + 1, token.start, token.end, "person", low), "bare", verb)
            return True
        if low == "qui":
            return self._ends_at(here - (self.low(here - 1) == ","), verb)
        if low in ("on", "je", "nous", "vous", "j'", "ce", "cela"):
            return True
        if low in ("que", "qu'", *_CLOSED):
            return False
        if low in (",", ")", "–"):
            if self.low(here - 1) in _CLOSED:
                return False
            openings = []
            for opening in range(here - 1, max(0, here - 36), -1):
                if self.low(opening) in (*_CLOSED, "«", "que", "qu'"):
                    break
                if self.low(opening) in (",", "(", "–"):
                    openings.append(opening)
            for opening in reversed(openings):
                if _AWAY.fullmatch(self.low(opening + 1)) and self._ends_at(opening, verb, far=True):
                    return True
            if self._ends_at(here, verb):
                return True
            return any(self._ends_at(opening, verb, far=True) for opening in openings[:1])
        return self._ends_at(here + 1, verb, human=self._is_human(verb, after))

    def _ends_at(self, end: int, verb: int, *, far: bool = False, human: bool = False) -> bool:
        """Add the longest phrase that ends before token ``end``; say whether there is one."""
        for first in range(max(0, end - 16), end):
            low, before = self.low(first), self.low(first - 1)
            if low in ("du", "de", "d'", "au", "aux", "à") or (
                before in _INSIDE and not (before == "et" and not far)
            ) or before in ("le", "la", "les", "l'", "un", "une", "ce", "cette", "son", "sa", "ses"):
                continue
            if low == "des" and first > 0 and before not in (",", ".", "que", "qu'", "et", "mais"):
                continue
            phrase = self.reader.phrase(first)
            if phrase is None and human:
                phrase = self.reader.somebody(first)
            if phrase is None or phrase.after != end or self._date(phrase):
                continue
            bare = phrase.after == phrase.first + 1 and phrase.type == "person" and not phrase.head
            if far and bare and first == 0:
                continue
            if before == "," and self._is_bare(phrase):
                continue
            self._coordinated_before(first, verb)
            self._put(phrase, "subject", verb)
            return True
        return False

    def _is_bare(self, phrase: Phrase) -> bool:
        """Say whether a phrase has no determiner: *maire de Blanc* only describes a name."""
        return bool(phrase.head) and self.low(phrase.first) == phrase.head

    def _coordinated_before(self, first: int, verb: int) -> None:
        """Add what stands before *et* and the subject: *Le Soir et La Dépêche rapportent*."""
        while self.low(first - 1) in ("et", "ou", ",") or self.low(first - 1) == "encore":
            end = first - 1 - (self.low(first - 1) == "encore")
            listed = self.low(end) == ","
            for start in range(max(0, end - 8), end):
                phrase = self.reader.phrase(start)
                if phrase is None or phrase.after != end or self._is_bare(phrase):
                    continue
                if self.low(start - 1) in _INSIDE or (listed and phrase.type not in NEWSROOMS):
                    return
                self._put(phrase, "subject", verb)
                self.groups -= 1
                first = start
                break
            else:
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
