"""Who speaks: the subjects of verbs of saying, before the verb or after it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from msgspec.structs import replace

from classifier.article.board import Board
from classifier.article.order import NEWSROOMS, is_quoted
from classifier.article.tokens import Phrase
from classifier.article.vocabulary import HAVING as _AUX

_ASKED_AUX = re.compile(r"(?:a|ont|avait|avaient|aurait|auraient)-(?:t-)?(il|elle|ils|elles|on)")
_ASKED_SAYS = re.compile(r"(\w+)-(?:t-)?(il|elle|ils|elles|on)")
_MADE = frozenset({"savoir", "part", "état", "valoir", "comprendre"})
_QUOTED = frozenset({",", '"', "»", "comme", "–", "?", "!", "(", "que", "qu'", "l'", "s'", "…"})
_ACCUSED = re.compile(
    r"(?:accus|critiqu|dénonc|alert|avert|contest|interrog|contact|défend|prév|soupçonn|cit|montr|vu|vo"
    r"|écout|reconn|craint|craign|appel|jug|publi|découv)"
)
_INSIDE = frozenset(
    {
        "par",
        "dans",
        "sur",
        "avec",
        "pour",
        "chez",
        "contre",
        "en",
        "sous",
        "auprès",
        "entre",
        "devant",
    }
    | {"selon", "vers", "à", "de", "d'", "du", "des", "au", "aux", "«", "et"}
)
_ITSELF = re.compile(r"dit|dis|demand|inqui|alarm|souv|interrog|défend|réjoui|félicit|indign|étonn")
_AWAY = re.compile(
    r"qui|dont|lequel|laquelle|où|selon|se|s'|lui-même|elle-même|\w+ant|\w+é(?:e|s|es)?|joint"
)
_WEAK = "weak"
_SEES = frozenset({"consulter", "lire", "voir", "visionner", "obtenir", "écouter", "examiner"})
_PARTICIPLE = re.compile(r"[a-zà-ÿ]{2,}(?:é|i|u|is|it)")
_WHEN = frozenset(
    {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "hier", "aussi"}
)
_TO_WHOM = frozenset({"lui", "leur", "m'", "nous"})
_LETS = frozenset({"laisse", "laissent", "laissait", "laissaient", "laissé"})
_PRESENT = re.compile(r"[a-zà-ÿ]{3,}(?:e|ent|t|d|it)")
_CLOSED = frozenset({'"', "»"})


class Speakers(Board):
    """Adds the subjects of verbs of saying."""

    def _verbs(self) -> Iterator[tuple[int, int, str]]:
        """Yield first and after of each group of a verb of saying, and the pronoun it carries."""
        after = 0
        for at, closes in self._verb_places():
            if at < after:
                continue
            low = self.lows[at]
            asked_aux = asked = None
            if "-" in low:
                asked_aux, asked = _ASKED_AUX.fullmatch(low), _ASKED_SAYS.fullmatch(low)
            if low in _AUX or asked_aux:
                end = at + 1
                while end < min(self.size, at + 6) and self._fills(end):
                    end += 1
                pronoun = asked_aux[1] if asked_aux else ""
                if self.low(end) in self.words.said and self._says_it(end):
                    yield at, end + 1, pronoun
                    after = end + 1
                elif self.low(end) in self.words.weak:
                    yield at, end + 1, _WEAK
                    after = end + 1
                elif self.low(end) == "pu" and self.low(end + 1) in _SEES:
                    yield at, end + 2, _WEAK
                    after = end + 2
                elif closes and _PARTICIPLE.fullmatch(self.low(end)):
                    yield at, end + 1, pronoun
                    after = end + 1
            elif asked and asked[1] in self.words.says:
                yield at, at + 1, asked[2]
            elif (closes and _PRESENT.fullmatch(low) and low not in self.words.stop) or (
                low in self.words.says
                and not self._is_noun(at)
                and self._says_it(at)
                and (self.low(at - 1) not in ("s'", "se") or _ITSELF.match(low))
            ):
                yield at, at + 1, ""

    def _verb_places(self) -> list[tuple[int, bool]]:
        """Return the tokens at which such a group can begin, and whether a quotation closes there.

        It begins with one of few words, with one that carries its subject (*a-t-il*), or with any
        word just after a quotation.
        """
        starts, lows = self.words.starts, self.tokens.lows
        places = {at: False for at, low in enumerate(lows) if low in starts or "-" in low}
        if _CLOSED.isdisjoint(self.reader.present):
            return list(places.items())
        for at in self.reader.positions(_CLOSED):
            for after in (at + 1, at + 2) if self.low(at + 1) == "," else (at + 1,):
                if after < self.size:
                    places[after] = True
        return sorted(places.items())

    def _fills(self, at: int) -> bool:
        low = self.low(at)
        return low in self.words.filler or low.endswith("ment") or low in self.words.time

    def _says_it(self, at: int) -> bool:
        if self.low(at) in _LETS:
            return self.low(at + 1) == "entendre"
        return self.low(at) not in ("fait", "font") or self.low(at + 1) in _MADE

    def _is_noun(self, at: int) -> bool:
        """Say whether a form at ``at`` is a noun: *le rapport*, *une note*."""
        before = self.low(at - 1)
        if before in ("un", "une", "des", "du", "de", "d'", "cette", "ce", "son", "sa", "ses"):
            return True
        return before in ("le", "la", "les", "l'") and self.low(at) in self.words.heads

    def _speaker(self, first: int, after: int, asked: str) -> None:
        """Add the subject of the verb group ``tokens[first:after]``."""
        if not asked and is_quoted(first, self.reader) and not self._reports(after):
            return
        if asked == _WEAK:
            if self.rooms and self._subject(first, after, only=NEWSROOMS):
                self._published(first, after)
                self._which(first)
            elif self.low(first - 1) in ("que", "qu'"):
                self._add(after, "subject", verb=first, only=NEWSROOMS)
                self._which(first)
            return
        inverted = self.low(first - 1) in (",", "»", '"') and not _ACCUSED.match(
            self.low(after - 1)
        )
        if not asked and not inverted and self._subject(first, after):
            self._published(first, after)
            return
        if not self._inversion(first, after, asked) and inverted and not asked:
            self._subject(first, after)

    def _reports(self, after: int) -> bool:
        """Say whether a proposition follows: *« Ils disent que … »*, not *« Il demande … »*."""
        return any(self.low(at) in ("que", "qu'", ":") for at in range(after, after + 4))

    def _published(self, verb: int, after: int) -> None:
        """Add the document that a newsroom shows: *Le Fanal a publié lundi | un courriel*."""
        if not self.places or self.places[-1].verb != verb:
            return
        if self.places[-1].phrase.type not in NEWSROOMS:
            return
        here = after
        while self.low(here) in _WHEN:
            here += 1
        phrase = self.reader.phrase(here)
        if phrase is not None and phrase.type == "document":
            self._put(phrase, "cited", verb)

    def _which(self, verb: int) -> None:
        """Add the document before *que*: *Le rapport, | que Le Fanal a pu lire*."""
        if not self.places or self.places[-1].verb != verb:
            return
        end = min(verb, self.places[-1].phrase.first) - 1
        if self.low(end) not in ("que", "qu'"):
            return
        end -= self.low(end - 1) == ","
        for first in range(max(0, end - 12), end):
            phrase = self.reader.phrase(first)
            if phrase is not None and phrase.after == end and phrase.type == "document":
                self._put(phrase, "cited", verb)
                return

    def _inversion(self, first: int, after: int, asked: str) -> bool:
        """Add the subject that stands after the verb; say whether there is one."""
        if self.low(first) == "avoir":
            return False
        here = after + (self.low(after) in _MADE)
        quoted = first == 0 or self.low(first - 1) in _QUOTED
        quoted = quoted or (self.low(first - 1) == "le" and self.low(first - 2) == "comme")
        while here < min(self.size, after + 10):
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
                    loose = phrase.type in NEWSROOMS and bool(phrase.name)
                    if asked == "on" or not (asked or quoted or loose) or self._date(phrase):
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
        while here >= 0 and (
            self.low(here) in self.words.filler or self.low(here).endswith("ment")
        ):
            here -= 1
        if here < 0:
            return False
        low = self.low(here)
        if low in ("il", "elle", "ils", "elles"):
            token = self.tokens[here]
            if self.low(here - 1) not in ("que", "qu'", "comme", "lorsqu'", "quand", "s'", "dont"):
                self._put(
                    Phrase(here, here + 1, token.start, token.end, "person", low), "bare", verb
                )
            return True
        if low == "qui":
            return self._ends_at(here - (self.low(here - 1) == ","), verb)
        if low in ("on", "je", "nous", "vous", "j'", "ce", "cela"):
            return True
        if low in ("que", "qu'", *_CLOSED):
            return False
        if low == ")" and (opening := self._opening(here)) is not None:
            # *l'office des forêts (OFV) a dit*
            return self._ends_at(opening, verb) or self._ends_at(here, verb)
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
                if _AWAY.fullmatch(self.low(opening + 1)) and self._ends_at(
                    opening, verb, far=True
                ):
                    return True
            if self._ends_at(here, verb):
                return True
            return any(self._ends_at(opening, verb, far=True) for opening in openings[:1])
        spoken_to = not _TO_WHOM.isdisjoint(self.low(at) for at in range(here + 1, verb))
        return self._ends_at(here + 1, verb, human=spoken_to or self._is_human(verb, after))

    def _opening(self, closing: int) -> int | None:
        """Return the token of the bracket that the one at ``closing`` closes, if it is near."""
        near = range(closing - 1, max(0, closing - 9), -1)
        return next((at for at in near if self.low(at) == "("), None)

    def _ends_at(self, end: int, verb: int, *, far: bool = False, human: bool = False) -> bool:
        """Add the longest phrase that ends before token ``end``; say whether there is one."""
        for first in range(max(0, end - 16), end):
            low, before = self.low(first), self.low(first - 1)
            opens = before == "«" and is_quoted(first, self.reader)
            if (
                low in ("du", "de", "d'", "au", "aux", "à")
                or (before in _INSIDE and not (before == "et" and not far) and not opens)
                or before
                in ("le", "la", "les", "l'", "un", "une", "ce", "cette", "son", "sa", "ses")
            ):
                continue
            if low == "des" and first > 0 and before not in (",", ".", "que", "qu'", "et", "mais"):
                continue
            phrase = self._credited(first) or self.reader.phrase(first)
            if phrase is None and human:
                phrase = self.reader.somebody(first)
            if phrase is not None and phrase.after == end - 1 and self._named_on(phrase):
                phrase = replace(phrase, after=end, end=self.tokens[end - 1].end)
            if phrase is None or phrase.after != end or self._date(phrase):
                continue
            if any(one.start < phrase.start < one.end for one in self.reader.outlets):
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

    def _named_on(self, phrase: Phrase) -> bool:
        """Say whether a small word ends an institution's name: *le syndicat Santé unie*."""
        low = self.low(phrase.after)
        body = phrase.type == "institution" and bool(phrase.head) and bool(phrase.name)
        return body and low.isalpha() and low not in self.words.ends

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
