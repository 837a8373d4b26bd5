"""Noun phrases that can name a source: where they end, what type of hand they are.

No parser: a phrase is read from left to right, from its determiner over adjectives, complements
and a name, until a word that cannot belong to it. Vocabulary is data (``resources/hands.toml``);
offsets are those of the normalised sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from classifier.article.sentence import CIVIL, Line
from classifier.article.tokens import Outlet, Phrase
from classifier.article.vocabulary import AUXILIARY

_DETERMINERS = frozenset(
    {"le", "la", "les", "l'", "un", "une", "des", "deux", "trois", "quatre", "cinq", "plusieurs"}
    | {"certains", "certaines", "quelques", "son", "sa", "ses", "leur", "leurs", "ce", "cet"}
    | {"cette", "ces", "notre", "nos", "aucun", "chaque", "nombre"}
)
_COMPLEMENTED = _DETERMINERS | {"de"}
_BEGINS = _DETERMINERS | {"de", "d'"}
_OPENING = _BEGINS | {"du", "au", "aux", "«", '"'}
_OWNED = frozenset({"ses", "leurs", "nos", "mes"})
_FEW = frozenset({"deux", "trois", "quatre", "cinq"})
_INDEFINITE = _FEW | {
    "un",
    "une",
    "des",
    "de",
    "d'",
    "plusieurs",
    "certains",
    "certaines",
    "autres",
}
_OF = frozenset({"de", "du", "des", "d'"})
_SOME = frozenset({"certains", "certaines", "beaucoup", "nombreux"})
_NEWS = frozenset(
    {"presse", "information", "informations", "officielle", "étatique", "publique", "locale"}
    | {"russe", "chinoise", "américaine", "britannique", "française", "allemande", "italienne"}
)
_BODIES = ("institution", "outlet", "agency")
_MADE_BY = re.compile(r"(?:réalis|men|command|conduit|rédig|élabor)(?:ée?s?|e?s?)")
_ADJECTIVE = re.compile(r"[a-zà-ÿ-]{4,}")
# *devraient*, *pourrait*, *seront*: verbs, which no list could name.
_VERB = re.compile(r"\w+(?:aient|eront|iront|(?<!t)(?<!b)rait|trait(?<!portrait)(?<!retrait))")


@dataclass
class Reader(Line):
    """Reads the phrases of one sentence."""

    _read: dict[int, Phrase | None] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._read = {}

    def phrase(self, at: int) -> Phrase | None:
        """Return the hand whose phrase begins at token ``at``, or None.

        A contracted article (*du parquet*) may stand at ``at``; it is no part of the phrase.
        """
        if at >= self.size:
            return None
        if at in self._read:
            return self._read[at]
        low = self.lows[at]
        may_begin = (
            low in _OPENING
            or low in self._words.openings
            or self.is_capital(at)
            or self.tokens.starts[at] in self._outlet_at
        )
        found = self._read[at] = self._phrase(at) if may_begin else None
        return found

    def _phrase(self, at: int) -> Phrase | None:
        lows, size, words = self.lows, self.size, self._words
        here, determiner, definite, indefinite = at, "", False, False
        if lows[here] in ("«", '"') and here + 1 < size:
            here += 1
        if lows[here] in ("du", "au", "aux") or (
            lows[here] in _OF and lows[here + 1] in ("la", "l'", "le", "les")
        ):
            definite, here = True, here + 1
        if here >= size:
            return None
        first = here
        named = self.is_capital(here) and self._outlet_from(here) is not None
        if not named and lows[here] in _BEGINS:
            determiner = lows[here]
            indefinite = determiner in _INDEFINITE
            definite = not indefinite
            here += 1
            if determiner in ("un", "une", "l'") and lows[here] in ("un", "une", "des"):
                here += 1
            if lows[here] in ("de", "d'", "des") and (
                determiner in ("un", "une", "nombre") or lows[here - 1] in ("un", "une")
            ):
                here += 1
                indefinite, definite = True, False
                if lows[here] in _DETERMINERS:
                    here += 1
        if here >= size:
            return None
        if determiner == "l'" and lows[here] in ("eux", "elles", "entre"):
            # *l'un d'eux*, *l'une d'entre elles*
            after = here + 1 + (lows[here] == "entre")
            return self._make(first, min(after, size), "anonymous", "un", "", False)
        while (
            here + 1 < size
            and lows[here] in words.before
            and self._outlet_from(here) is None
            and (lows[here + 1] in words.heads or lows[here + 1] in words.before)
        ):
            if lows[here] in _INDEFINITE:
                indefinite, definite = determiner != "les", determiner == "les"
            here += 1
        outlet = self._outlet_from(here)
        if outlet is not None:
            return self._named_outlet(first, here, outlet, "")
        if here >= size:
            return None
        low, capital = lows[here], self.is_capital(here)
        if not determiner and not capital and lows[here - 1] in AUXILIARY:
            return None
        if low in _SOME and lows[here + 1] in _OF:
            return None
        if low in words.heads and not (
            capital and here > 0 and self._is_name(here) and not determiner
        ):
            return self._headed(first, here, determiner, definite)
        if capital or self.texts[here].rstrip(".") in CIVIL:
            return self._name(first, here, determiner)
        if determiner and self._is_name(here + 1) and self._outlet_from(here + 1) is None:
            # *le pasteur Elia Fonoti*: a name says that the unknown noun is somebody's.
            found = self.somebody(first)
            return found if found is not None and found.name else None
        return None

    def somebody(self, at: int) -> Phrase | None:
        """Return the phrase at ``at`` whatever its noun, as somebody: *le trésorier du club*."""
        determiner = self.low(at)
        if determiner not in _DETERMINERS or at + 1 >= self.size:
            return None
        head = at + 1
        while head + 1 < self.size and self.low(head) in self._words.before:
            head += 1
        if not self.texts[head][0].islower() or self.low(head) in self._words.ends:
            return None
        return self._headed(at, head, determiner, determiner not in _INDEFINITE, ("person",))

    def _named_outlet(self, first: int, at: int, outlet: Outlet, head: str) -> Phrase:
        after = self._after_outlet(outlet, at)
        type_ = "agency" if outlet.agency or head in ("agence", "agences") else "outlet"
        return self._make(first, after, type_, head, outlet.name, True)

    def _make(
        self, first: int, after: int, type_: str, head: str, name: str, definite: bool
    ) -> Phrase:
        start, end = self.tokens.starts[first], self.tokens.ends[after - 1]
        return Phrase(first, after, start, end, type_, head, name, definite)

    def _span(self, first: int, after: int) -> str:
        """Return the words of ``tokens[first:after]`` as the sentence has them."""
        return self.text[self.tokens.starts[first] : self.tokens.ends[after - 1]]

    def _headed(
        self, first: int, at: int, determiner: str, definite: bool, types: tuple[str, ...] = ()
    ) -> Phrase:
        """Read a phrase whose head noun stands at ``at``."""
        head = self.low(at)
        types = types or self._words.heads[head]
        here, name, outlet = at + 1, "", None
        lows, size = self.lows, self.size
        while here < size:
            low, text, capital = lows[here], self.texts[here], self.is_capital(here)
            outlet = self._outlet_from(here)
            if outlet is not None and types[0] in ("outlet", "agency"):
                return self._named_outlet(first, here, outlet, head)
            if outlet is not None and low not in _OF:
                break
            if low in _OF or (low in ("à", "au", "aux") and self._complement(here, head)):
                step = self.complement_end(here)
                if step is None:
                    break
                here = step
            elif (
                (low == "en" and self._is_name(here + 1) and lows[here + 2] == "(")
                or (low == "en" and lows[here + 1] == "chef")
                or (low == "et" and self._goes_on(here + 1, here == at + 1, types[0]))
            ):
                here += 2
            elif types[0] == "document" and lows[here + 1] == "par" and _MADE_BY.fullmatch(low):
                step = self.complement_end(here + 1)
                if step is None:
                    break
                here = step
            elif low == "et" and here > at + 1 and lows[here + 1] in _OF:
                step = self.complement_end(here + 1)
                if step is None or not self.is_capital(step - 1):
                    break
                here = step
            elif low == "au" and lows[here + 1] == "sein":
                step = self.complement_end(here + 2)
                if step is None:
                    break
                here = step
            elif (
                capital
                and here > at + 1
                and self._words.heads.get(lows[here - 1], ("",))[0] in _BODIES
            ):
                here = self._name_end(here)
            elif capital and self._is_name(here):
                name_end = self._name_end(here)
                name = self._span(here, name_end)
                here = name_end
                break
            elif low == "," and types[0] == "person" and determiner not in ("des", "deux"):
                if self._is_full_name(here + 1) and not self._goes_on_with_verb(here + 1):
                    name_end = self._name_end(here + 1)
                    name = self._span(here + 1, name_end)
                    here = name_end
                break
            elif (
                low not in self._words.ends
                and text[0].isalnum()
                and not text[0].isdigit()
                and not text.endswith("ant")
                and not self._is_adverb(low)
                and not _VERB.fullmatch(low)
                and not self._is_participle(here)
            ):
                here += 1
            else:
                break
        type_ = self._type(types, head, determiner, definite, name)
        if head in ("agence", "agences") and here > at + 1 and not self._sends_news(at + 1):
            type_ = "institution"
        return self._make(first, here, type_, head, name, definite)

    def _goes_on(self, at: int, headed: bool, type_: str) -> bool:
        """Say whether *et* joins words of one phrase: *actrice et | réalisatrice Nora Vidal*."""
        low = self.low(at)
        known = self._words.heads.get(low, ())
        if known:
            return headed and (
                (type_ == "person" and "person" in known and self._is_name(at + 1))
                or (type_ in ("crowd", "anonymous") and low.endswith("s"))
            )
        ends = self.low(at + 1)
        return (
            not headed
            and _ADJECTIVE.fullmatch(low) is not None
            and low not in self._words.ends
            and (not ends or not ends[0].isalnum() or ends in self._words.ends)
        )

    def _type(
        self, types: tuple[str, ...], head: str, determiner: str, definite: bool, name: str
    ) -> str:
        first = types[0]
        if first == "institution" and "crowd" in types and head.endswith("s") and not definite:
            return "crowd"
        if first in ("outlet", "agency", "institution", "document"):
            return first
        if name:
            return "person"
        plural = head.endswith("s") and head not in ("fils",)
        if "crowd" in types and plural:
            return "anonymous" if determiner in _FEW | _OWNED else "crowd"
        if first == "person" and plural and determiner in _OWNED:
            return "anonymous"
        if first == "person":
            return "person" if definite or head == "porte-parole" else "anonymous"
        return first

    def _sends_news(self, at: int) -> bool:
        """Say whether what follows *agence* makes it a newsroom: *de presse*, *officielle*."""
        low = self.low(at + 1) if self.low(at) in _OF else self.low(at)
        return low in _NEWS

    def _complement(self, at: int, head: str) -> bool:
        """Say whether *à* or *aux* at ``at`` belongs to an office: *aux Affaires étrangères*."""
        office = head in ("ministre", "secrétaire", "conseiller", "adjoint", "commissaire")
        if office or head.startswith("particip") or self.low(at + 1) == "fait":
            noun = at + 1 + (self.low(at + 1) in ("la", "l'"))
            outlet = self._outlet_from(noun) or self._outlet_from(at + 1)
            return outlet is None and self._words.heads.get(self.low(noun)) is None
        for step in (1, 2):
            if at + step < self.size:
                if self.is_capital(at + step):
                    return self.low(at) != "en" and self._outlet_from(at + step) is None
                if self.low(at + step) not in ("la", "l'"):
                    return False
        return False

    def complement_end(self, at: int) -> int | None:
        """Return where the complement that begins at ``at`` (*de la Santé*) ends, or None."""
        lows, size, words = self.lows, self.size, self._words
        here = at + 1
        while here < size and lows[here] in _COMPLEMENTED:
            here += 1
        while here + 1 < size and lows[here] in words.before:
            here += 1
        if here >= size or not self.texts[here][0].isalnum():
            return None
        if self._outlet_from(here) is not None or self._outlet_from(at + 1) is not None:
            return self._after_outlet(
                self._outlet_from(at + 1) or self._outlet_at[self.tokens.starts[here]], here
            )
        low, capital = lows[here], self.is_capital(here)
        if (low in words.stop and not capital) or low in words.pronouns:
            return None
        if capital and self._is_name(here):
            return self._name_end(here)
        return here + 1

    def _name(self, first: int, at: int, determiner: str) -> Phrase | None:
        """Read a bare name: a person's, or with an article an institution's."""
        lows, size, words = self.lows, self.size, self._words
        if not self._is_name(at):
            return None
        if self.texts[at] in words.platforms:
            return None
        civil = self.texts[at].rstrip(".") in CIVIL
        after = self._name_end(at)
        name = self._span(at, after)
        last = self.texts[after - 1]
        if civil:
            bare = re.sub(r"^\w+\.? ", "", name)
            return self._make(first, after, "person", "", bare, True)
        shouted = last.isupper() and len(last) > 1
        if lows[at] == "personne":
            return None
        if determiner or shouted or name in words.capitals:
            # *la Maison Blanche*, *l'Organisation mondiale de la santé*: small words follow.
            while after < size and determiner:
                low = lows[after]
                if low in _OF:
                    step = self.complement_end(after)
                    if step is None:
                        break
                    after = step
                elif (
                    self.texts[after][0].isalnum()
                    and low not in words.ends
                    and not self._is_adverb(low)
                    and not low[0].isdigit()
                ):
                    after += 1
                else:
                    break
            name = self._span(at, after)
            return self._make(first, after, "institution", "", name, True)
        return self._make(first, after, "person", "", name, True)
