"""What *le journal*, *la source*, *ce rapport*, *lui* and a bare surname stand for in an article.

Hands are resolved in reading order against those named before; what an article says outside its
hedged and relayed sentences (a full name, a title with its name) is looked up where it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from msgspec.structs import replace

from classifier.article.gazetteer import Gazetteer
from classifier.article.hands import HandFinder
from classifier.article.order import NEWSROOMS
from classifier.article.people import CAPITALS, CIVIL, REACH, People
from classifier.article.tokens import places_of
from classifier.article.vocabulary import vocabulary
from classifier.corpus.hands import identity as read_identity
from classifier.records import Hand

identity = lru_cache(maxsize=4096)(read_identity)
"""What a name is compared by; those met last are remembered."""

BREAK = "\n"
"""What stands between the units of an article's text: no normalised unit holds it."""

_LOOKED_BACK = 1500
"""Characters before a sentence in which the newsroom that it means is looked for."""

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_DEFINITE = re.compile(
    r"^(?:l[ea]s? |l'|ce(?:t|tte|s)? |cette même |l[ae] même |même |ce même )", re.I
)
_OWN = re.compile(r"^(?:sa|ses|son|leurs?) ", re.IGNORECASE)
_ONE_OF = re.compile(r"^(?:l'une? d|une? d)(?:e ces|e ses|'entre|es) ?", re.IGNORECASE)
_SHORT = frozenset(
    {"il", "elle", "lui", "eux", "elles", "ils", "dernier", "dernière", "derniers"}
    | {"celui-ci", "celle-ci", "l'"}
)


_SAME = re.compile(r"(?:l[ae]|cette) même ", re.IGNORECASE)
_CONTRACTED = re.compile(r"\b(?:au|du|aux) $", re.IGNORECASE)
_BEFORE_NAME = re.compile(rf"(?<![\w'])({CAPITALS}(?: {CAPITALS})*) $")
_TWO = re.compile(r"[\w'-]+ [\w'-]+$")
_SUPPOSED = re.compile(
    r"\baurai(?:t|ent)(?:-(?:t-)?\w+)? (?:[\w']+ ){0,2}?(?:dit|écrit|promis|répondu|\w+é)\b"
)
_SHE = frozenset({"elle", "elles", "dernière", "dernières", "celle-ci"})
_LAST = ("derni", "celui", "celle")
_ANY_PAPER = frozenset({"document", "texte"})
_ANYBODY = frozenset({"homme", "femme", "intéressé", "intéressée"})
_BROADCAST = {"chaîne": ("television", "channel"), "radio": ("radio",), "station": ("radio",)}
_PAPERS = {
    "quotidien": ("daily",),
    "hebdomadaire": ("weekly", "magazine"),
    "hebdo": ("weekly", "magazine"),
    "magazine": ("magazine", "weekly", "monthly"),
    "mensuel": ("monthly", "magazine"),
    "site": ("site",),
}
_GENERIC = frozenset(
    {"association", "organisation", "groupe", "société", "entreprise", "syndicat", "fédération"}
    | {"parti", "enseigne", "institution", "ong", "collectif", "compagnie", "organisme"}
)
_PLURAL = frozenset({"médias", "journaux", "confrères", "presse", "quotidiens", "chaînes", "sites"})


@dataclass(eq=False)
class _Known:
    """A hand that has been met: its name, type, head noun and who passes it on."""

    name: str
    type: str
    head: str
    carriers: tuple[str, ...]
    kind: str = ""


@dataclass
class References:
    """Gives every hand of an article its name.

    Attributes:
        text: the whole article, normalised, in which full names are looked up.
        gazetteer: tells two spellings of an outlet from two outlets.
    """

    text: str
    gazetteer: Gazetteer
    known: list[_Known] = field(default_factory=list)
    people: People = field(init=False)
    _same: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.people = People(self.text, self.gazetteer)

    @cached_property
    def _lower(self) -> str:
        return self.text.lower()

    def same(self, a: str, b: str) -> bool:
        """Say whether two names are one outlet's."""
        if (a, b) not in self._same:
            one = identity(a) == identity(b) or self.gazetteer.same_outlet(a, b)
            self._same[a, b] = self._same[b, a] = one
        return self._same[a, b]

    def resolve(self, hands: Sequence[Hand], text: str, start: int) -> tuple[Hand, ...]:
        """Return the hands of a sentence with their names, and carriers that stand elsewhere.

        Args:
            text: the sentence, normalised.
            start: where it begins in the article's text.
        """
        resolved: list[Hand] = []
        for hand in hands:
            resolved.append(self._resolve(hand, text, start, resolved))
        supposed = "aurai" in text and _SUPPOSED.search(text) is not None
        if supposed and all(hand.type not in NEWSROOMS for hand in hands):
            resolved = [self._second_hand(hand) for hand in resolved]
        for hand in resolved:
            self._note(hand, resolved, text)
        return tuple(resolved)

    def _second_hand(self, hand: Hand) -> Hand:
        """Return a speaker with who tells of it: *aurait dit* is never heard first-hand."""
        if hand.by or hand.carriers or hand.type not in ("person", "anonymous"):
            return hand
        known = next((one for one in self.known if one.name == hand.name), None)
        rooms = [one.name for one in self.known if one.type in NEWSROOMS]
        carriers = known.carriers if known else ()
        return replace(hand, carriers=carriers or tuple(rooms if len(rooms) == 1 else ()))

    def _note(self, hand: Hand, resolved: Sequence[Hand], text: str) -> None:
        carriers = tuple([resolved[n - 1].name for n in hand.by]) or hand.carriers
        found = next((one for one in self.known if one.name == hand.name), None)
        if found is None:
            head, kind = _head(text[hand.start : hand.end]), ""
            if hand.type in NEWSROOMS:
                outlets = self.gazetteer.outlets(hand.name)
                kind = outlets[0].kind if outlets else ""
            self.known.append(_Known(hand.name, hand.type, head, carriers, kind))
        else:
            # Met last, it stands last; names are unique.
            self.known.remove(found)
            found.carriers = found.carriers or carriers
            self.known.append(found)

    def _resolve(self, hand: Hand, text: str, start: int, done: Sequence[Hand]) -> Hand:
        words = " ".join(text[hand.start : hand.end].split())
        if _CONTRACTED.search(text[max(0, hand.start - 5) : hand.start]):
            words = "le " + words
        if hand.type in NEWSROOMS:
            return self._newsroom(hand, words, start)
        if hand.type in ("anonymous", "crowd"):
            return self._unnamed(hand, words, done)
        if hand.type == "document":
            return self._document(hand, words)
        if hand.type == "person":
            return self._person(hand, words, start, text[: hand.start])
        return self._institution(hand, words)

    def _last(self, types: Sequence[str], test: object = None) -> _Known | None:
        for one in reversed(self.known):
            if one.type in types and (test is None or test(one)):  # type: ignore[operator]
                return one
        return None

    def _newsroom(self, hand: Hand, words: str, start: int) -> Hand:
        name = hand.name
        if name:
            for one in self.known:
                if one.type in NEWSROOMS and (self.same(one.name, name) or _begins(one.name, name)):
                    return replace(hand, name=one.name, type=one.type)
            return hand
        head = _head(words)
        if head in _PLURAL or not _DEFINITE.match(words):
            return replace(hand, name=words)
        if head in ("agence", "dépêche"):
            found = self._last(("agency",))
        else:
            kinds = _BROADCAST.get(head) or _PAPERS.get(head) or ()
            found = (
                self._last(("outlet",), lambda one: one.kind in kinds or one.head == head)
                or self._last(("outlet",), lambda one: one.kind in ("", *kinds))
                or (self._last(("outlet",)) if len(_WORD.findall(words)) <= 3 else None)
            )
        if found is None:
            before = self.text[max(0, start - _LOOKED_BACK) : start]
            named = [one for one in self.gazetteer.find(before) if not one.ambiguous]
            if named:
                return replace(hand, name=before[named[-1].start : named[-1].end])
            return replace(hand, name=words)
        return replace(hand, name=found.name, carriers=() if hand.by else found.carriers)

    def _unnamed(self, hand: Hand, words: str, done: Sequence[Hand]) -> Hand:
        head = _head(words).rstrip("s")
        bare = len(_WORD.findall(words)) <= 3

        def like(one: _Known) -> bool:
            return one.head.rstrip("s") == head

        found = None
        if _OWN.match(words) and hand.by and bare:
            above = {done[n - 1].name for n in hand.by if n <= len(done)}
            found = self._last(
                ("anonymous", "crowd"), lambda one: like(one) and above & set(one.carriers)
            )
        elif _ONE_OF.match(words) or _DEFINITE.match(words):
            found = self._last(("anonymous", "crowd"), like)
        if found is None and head == "source" and _DEFINITE.match(words) and bare:
            found = self._last(("anonymous",))
        if head == "source" and _SAME.match(words) and bare and (not found or found.head != head):
            found = self._said_last() or found
        if found is None:
            return replace(hand, name=words)
        carriers = () if hand.by else found.carriers
        return replace(hand, name=found.name, type=found.type, carriers=carriers)

    def _said_last(self) -> _Known | None:
        """Return who spoke last; of a newsroom and whom it passes on, the latter."""
        last = self.known[-1] if self.known else None
        if last is None or last.type not in NEWSROOMS:
            return last
        spoke = self._last(("anonymous", "crowd", "person", "institution", "document"))
        return spoke if spoke is not None and last.name in spoke.carriers else last

    def _document(self, hand: Hand, words: str) -> Hand:
        head = _head(words)
        if not _DEFINITE.match(words) or len(_WORD.findall(words)) > 3:
            return replace(hand, name=words)
        found = self._last(("document",), lambda one: one.head.rstrip("s") == head.rstrip("s"))
        if found is None and head in _ANY_PAPER:
            found = self._last(("document",))
        if found is not None:
            return replace(hand, name=found.name, carriers=() if hand.by else found.carriers)
        outlet = self._last(NEWSROOMS)
        if outlet is not None and head in vocabulary().story:
            return replace(hand, name=outlet.name, type=outlet.type)
        return replace(hand, name=words)

    def _person(self, hand: Hand, words: str, start: int, own: str) -> Hand:
        name = CIVIL.sub("", hand.name)
        if name:
            return replace(hand, name=self._full(name))
        low = words.lower().rpartition(" ")[2]
        body = self._body(start) if low == "l'" else None
        if body is not None:
            return replace(hand, name=body.name, type=body.type)
        if low in _SHORT and hand.type == "person":
            name = self._meant(low, start, own) or words
            known = self._last(("person",), lambda one: one.name == name)
            return replace(
                hand, name=name, carriers=known.carriers if known and not hand.by else ()
            )
        head = _head(words)
        if _DEFINITE.match(words) and head and len(_WORD.findall(words)) <= 2:
            found = self._last(("anonymous",), lambda one: one.head == head)
            if found is None and (words.lower().startswith("ce") or head in _ANYBODY):
                found = self._last(("anonymous", "person"))
                found = found if found and found.type == "anonymous" else None
            if found is not None:
                carriers = () if hand.by else found.carriers
                return replace(hand, name=found.name, type="anonymous", carriers=carriers)
        if _DEFINITE.match(words) and head:
            found = self._last(("person",), lambda one: one.head == head and one.name[:1].isupper())
            if found is not None:
                return replace(hand, name=found.name)
        if head:
            name = self.people.described(head, words, self.text[:start])
            if name:
                return replace(hand, name=self._full(name))
        return replace(hand, name=words)

    def _body(self, start: int) -> _Known | None:
        """Return the institution that alone speaks in the sentence before, marked or not."""
        last = self.text[:start].removesuffix(BREAK).rpartition(BREAK)[2]
        found = HandFinder(self.gazetteer).find(last)
        if len(found) != 1 or found[0].type != "institution":
            return None
        hand = self._institution(found[0], last[found[0].start : found[0].end])
        return _Known(hand.name, hand.type, "", ())

    def _full(self, name: str) -> str:
        """Return the full name of which ``name`` is the end, where the article gives it."""
        known = self._last(
            ("person",), lambda one: one.name == name or one.name.endswith(" " + name)
        )
        if known is not None:
            return known.name
        if " " in name:
            return name
        for at in places_of(self.text, name):
            match = _BEFORE_NAME.search(self.text[max(0, at - 60) : at])
            if match is None:
                continue
            given = match[1]
            if CIVIL.match(given + " ") or given.lower() in vocabulary().stop:
                return name
            return f"{given} {name}"
        return name

    def _meant(self, low: str, start: int, own: str) -> str:
        """Return whom a pronoun in small letters stands for; empty where nobody is named."""
        gender = "f" if low in _SHE else "m"
        known = [one.name for one in self.known if one.type == "person" and " " in one.name]
        units = self.text[:start].rsplit(BREAK, REACH)[-REACH:]
        name = self.people.nearest(units, own, gender, known, last=low.startswith(_LAST))
        if name:
            return self._full(name)
        person = self._last(("person",), lambda one: self.people.gender(one.name) in ("", gender))
        other = person or self._last(("person", "institution"))
        return other.name if other else ""

    def _institution(self, hand: Hand, words: str) -> Hand:
        name = hand.name or words
        whole = self._spelled_out(name)
        for one in self.known:
            if whole and one.type == "institution" and identity(one.name).endswith(whole):
                return replace(hand, name=one.name)
        for one in self.known:
            if one.type in NEWSROOMS and (_begins(one.name, name) or identity(one.name) == name):
                return replace(hand, name=one.name, type=one.type)
            if identity(one.name) == identity(words):
                return replace(hand, name=one.name)
        last = _WORD.findall(words.lower())[-1:]
        if _DEFINITE.match(words) and not _GENERIC.isdisjoint(last):
            found = self._last(("institution",), lambda one: identity(one.name)[:1] != one.name[:1])
            if found is not None and len(_WORD.findall(words)) <= 2:
                return replace(hand, name=found.name)
        return replace(hand, name=words)

    def _spelled_out(self, name: str) -> str:
        """Return the words that an acronym stands for: *la Ligue des rameurs (LDR)*."""
        short = identity(name)
        if " " in short or not 2 <= len(short) <= 10:
            return ""
        at = self._lower.find(f" ({short})")
        match = _TWO.search(self._lower[max(0, at - 80) : at]) if at > 0 else None
        return match[0] if match else ""


def _begins(whole: str, part: str) -> bool:
    """Say whether ``part`` begins a longer name: *La Gazette*, *La Gazette d'Oran*."""
    a, b = identity(whole), identity(part)
    return a != b and a.startswith(b + " ")


def _head(words: str) -> str:
    """Return the head noun of a phrase in small letters; empty for a bare name."""
    heads = vocabulary().heads
    for word in _WORD.findall(words):
        low: str = word.lower()
        if low in heads:
            return low
    return ""
