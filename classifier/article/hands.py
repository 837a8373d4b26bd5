"""Who speaks in a sentence, and through whom: source spans, their types and their order.

Rules over tokens, no parser. Places where a source stands (*selon …*, *… a déclaré*, *rapporte …*,
*citant …*, *interrogé par …*, *à l'agence …*) give the phrases
(:mod:`classifier.article.phrases`); what the places are to each other gives the order
(:mod:`classifier.article.order`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from msgspec.structs import replace

from classifier.article.gazetteer import Gazetteer
from classifier.article.order import order_places
from classifier.article.phrases import Reader
from classifier.article.places import Places
from classifier.article.tokens import Outlet, holds_any, names_of, places_of
from classifier.article.vocabulary import Vocabulary, vocabulary
from classifier.models.cues import COVER
from classifier.records import Hand
from classifier.text.normalise import NormalText, normalise

_COVERED = re.compile(f"{COVER}+")
_NAME = (
    r"(?:(?:[A-ZÀ-Þ][\w'&.-]*|\d+)"
    r"(?: (?:[A-ZÀ-Þ][\w'&.-]*|\d+|(?:of|de|du|des|the|del|della|di|do|y|la|los)(?= ))){0,4})"
)
_MEDIA = (
    *("journal", "quotidien", "hebdomadaire", "mensuel", "magazine", "revue", "chaîne", "radio"),
    *("site", "tabloïd", "portail", "agence", "feuille", "télévision"),
)
"""The nouns of :data:`_MEDIUM`."""
_TEACHING = frozenset(_MEDIA)
_DASHED = re.compile(rf"[–|] ?({_NAME})$")
_MEDIUM = re.compile(
    r"\b(?:journal|quotidien|hebdomadaire|mensuel|magazine|revue|chaîne|radio|site|tabloïd|portail"
    rf"|(agence)|feuille|télévision)((?: [a-zà-ÿ-]+){{0,3}}?) (?:\")?({_NAME})"
)
_ARTICLE = re.compile(r"(?:Les? |La |L'|The |les? |la |l')")


def may_teach(words: Set[str]) -> bool:
    """Say whether a text of these words can hold what :func:`learn_outlets` learns from it."""
    return not _TEACHING.isdisjoint(words)


def learn_outlets(title: str, texts: Iterable[str]) -> dict[str, bool]:
    """Return names that an article itself says are newsrooms → whether each is an agency.

    Title and units are normalised texts.

    *le journal Nordposten* teaches a name, and so does the end of a headline, *… – Nordposten*.
    """
    found: dict[str, bool] = {}
    dashed = _DASHED.search(title)
    if dashed:
        found[dashed[1]] = False
    for text in texts:
        if not holds_any(text, _MEDIA):
            continue
        for match in _MEDIUM.finditer(text):
            words, name = match[2].split(), match[3].rstrip(" .")
            if not vocabulary().stop.isdisjoint(words) or not vocabulary().says.isdisjoint(words):
                continue
            found[name] = found.get(name, False) or match[1] is not None
    if not found:
        return found
    platforms = vocabulary().platforms
    bare = {re.sub(r"^(?:Les? |La |L'|The )", "", name): kind for name, kind in found.items()}
    return {name: kind for name, kind in bare.items() if name and name not in platforms}


@dataclass
class HandFinder:
    """Finds the hands of sentences.

    Attributes:
        gazetteer: the outlets that may be named.
        learned: names that the article says are newsrooms → whether each is an agency.
        own: the publisher's name, normalised; what looks like an outlet within it (*Le Courrier*
            in *Le Courrier du Valois*) is the publisher.
    """

    gazetteer: Gazetteer
    learned: dict[str, bool] = field(default_factory=dict)
    own: str = ""
    words: Vocabulary = field(default_factory=vocabulary)
    _bare: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        article = _ARTICLE.match(self.own)
        self._bare = self.own[article.end() :] if article else self.own

    def find(self, text: str, covered: str | None = None) -> tuple[Hand, ...]:
        """Return the hands of a sentence in order of place; references are not resolved yet.

        Args:
            covered: the normalised sentence with outlets' names covered, where the lexicon has
                made it; adds names that are shaped like an outlet's.
        """
        return self.find_normal(normalise(text), covered)

    def find_normal(self, normal: NormalText, covered: str | None = None) -> tuple[Hand, ...]:
        """Return the same for a normalised sentence, with offsets into the original."""
        text = normal.text
        # Normalising again changes nothing where no character was added, dropped or moved.
        again = normal if normal.origins is None else normalise(text)
        reader = Reader(text, self._outlets(text, again, covered))
        if not reader.size:
            return ()
        hands = []
        for place, by in order_places(reader, Places(reader, self.words).find()):
            start, end = normal.original_span(place.phrase.start, place.phrase.end)
            hands.append(Hand(start, end, place.phrase.type, by, place.phrase.name))
        return tuple(hands)

    def outlets(self, text: str, covered: str | None = None) -> list[Outlet]:
        """Return the outlets named in a normalised sentence, without their articles."""
        return self._outlets(text, normalise(text), covered)

    def _outlets(self, text: str, normal: NormalText, covered: str | None) -> list[Outlet]:
        found = [
            Outlet(
                mention.start,
                mention.end,
                text[mention.start : mention.end],
                mention.entry.kind == "agency",
                not mention.ambiguous,
            )
            for mention in self.gazetteer.find_normal(normal)
        ]
        for name, agency in self.learned.items():
            for at in places_of(text, name):
                found.append(Outlet(at, at + len(name), name, agency, True))
        if covered is not None and len(covered) == len(text):
            for match in _COVERED.finditer(covered):
                start, end = (
                    match.start(),
                    match.start() + len(text[slice(*match.span())].rstrip(".,; ")),
                )
                if not any(one.start < end and start < one.end for one in found):
                    found.append(Outlet(start, end, text[start:end], False, True))
        for at in places_of(text, self._bare) if self._bare else ():
            found = self._with_own(found, at, at + len(self._bare))
        return [_without_article(text, one) for one in names_of(found)]

    def _with_own(self, found: list[Outlet], start: int, end: int) -> list[Outlet]:
        """Return the outlets, those within the publisher's name at a place replaced by it.

        A publisher that is in the list and may be a word too (*La Croix*) is found by the list.
        """
        within = [one for one in found if one.start < end and start < one.end]
        known = not within and self.gazetteer.outlets(self.own)
        if known or any(one.start <= start and end <= one.end for one in within):
            return found
        whole = Outlet(start, end, self.own, False, True)
        return [*(one for one in found if one not in within), whole]


def _without_article(text: str, outlet: Outlet) -> Outlet:
    """Return the outlet without the article that some names begin with."""
    match = _ARTICLE.match(text, outlet.start, outlet.end)
    return replace(outlet, start=match.end()) if match else outlet
