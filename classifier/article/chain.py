"""The chain of hands through which an article's claims came: a small directed graph.

The article stands at its beginning, newsrooms it is taken from come next, then the hands of its
hedged and relayed sentences, each under those that pass it on. Every edge keeps the words that
show it. Sentences that go back to one origin are one claim.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from msgspec.structs import replace

from classifier.article.claims import Claims, SourcedSentence
from classifier.article.gazetteer import Gazetteer
from classifier.article.hands import HandFinder, learn_outlets, may_teach
from classifier.article.order import NEWSROOMS
from classifier.article.outlets import gazetteer_for
from classifier.article.references import BREAK, References, identity
from classifier.article.tokens import holds_any
from classifier.article.unlisted import find_unlisted
from classifier.records import Article, Chain, ChainEdge, ChainNode, Claim, Cue, Hand, Sentence
from classifier.text.normalise import NormalText, normalise

SOURCED = ("attribution_hedging", "relay_sourcing")
"""The labels whose positive sentences have hands."""

_ASKING = re.compile(
    r"répond|réagi|donn\w+ suite|comment|joint|sollicit|contact|interrog", re.IGNORECASE
)
_ASKED = (
    *("demande", "sollicit", "question", "appel", "requête", "contacté", "joint", "interrogé"),
    *("journaliste", "correspondant", "photographe", "reporter", "équipe"),
)
"""Words with one of which whatever :data:`_REQUEST` and :data:`_STAFF` match begins."""
_LEADS = re.compile(
    r"(?:demandes?(?: de commentaires?| d'interview)?|sollicitations?|questions?|appels?|requêtes?)"
    r" d(?:e |u |'|es )"
    r"|(?:contacté|joint|sollicité|interrogé)e?s? par "
    r"|(?:correspondante?|journaliste|photographe|reporter|équipe)s? d(?:e |u |')"
)
"""What they match, but for what must follow at once: a newsroom."""
_REQUEST = re.compile(
    r"(?:demandes?(?: de commentaires?| d'interview)?|sollicitations?|questions?|appels?|requêtes?)"
    r" (?:de |du |d'|des )(?:la |le |l')?$"
)
_STAFF = re.compile(
    r"(?:contacté|joint|sollicité|interrogé)e?s? par (?:l'|la |le )?$"
    r"|(?:correspondante?|journaliste|photographe|reporter|équipe)s? (?:de |du |d')(?:l'|la |le )?$"
)


def credit_outlets(hands: Sequence[Hand], cues: Iterable[Cue]) -> tuple[Hand, ...]:
    """Return the hands, those of them outlets whose name the relay label credits as one.

    No list holds every outlet; *rapporte Les Nouvelles du Lac* says that it is one.
    """
    credited = [cue for cue in cues if cue.device in ("outlet", "via_outlet")]
    return tuple(
        replace(hand, type="outlet")
        if hand.name
        and hand.type in ("person", "institution")
        and not hand.by
        and any(
            cue.device == "outlet" and cue.start <= hand.start and hand.end <= cue.end
            for cue in credited
        )
        else hand
        for hand in hands
    )


def _tells_of_asking(text: str) -> bool:
    return "journaliste" in text or _ASKING.search(text) is not None


@dataclass
class ChainFinder:
    """Finds the hands of one article and how they hang together.

    Attributes:
        units: all units of the article, in order.
        covered: unit index → the normalised unit with outlets' names covered, where it is known.
        cues: unit index → the words that credit an outlet, as the relay label shows them.
        gazetteer: without it, the part of the project's that the article needs.
        normals: the normalised units, in order, where they are known.
    """

    article: Article
    units: Sequence[Sentence]
    covered: Mapping[int, str] = field(default_factory=dict)
    cues: Mapping[int, Sequence[Cue]] = field(default_factory=dict)
    gazetteer: Gazetteer | None = None
    normals: Sequence[NormalText] = ()
    _text: str = field(init=False, repr=False)
    _starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.normals:
            self.normals = [normalise(unit.text) for unit in self.units]
        self._text = BREAK.join([normal.text for normal in self.normals])
        # Where each unit begins in the text, and after them where one more would.
        sizes = [len(normal.text) + len(BREAK) for normal in self.normals]
        self._starts = list(accumulate(sizes, initial=0))

    @cached_property
    def _outlets(self) -> Gazetteer:
        if self.gazetteer is not None:
            return self.gazetteer
        return gazetteer_for(self.article.publisher, *(unit.text for unit in self.units))

    @cached_property
    def _finder(self) -> HandFinder:
        title = normalise(self.article.title).text
        own = normalise(self.article.publisher).text.strip()
        texts = [normal.text for normal in self.normals if may_teach(normal.words)]
        return HandFinder(self._outlets, learn_outlets(title, texts), own)

    @cached_property
    def _references(self) -> References:
        return References(self._text, self._outlets)

    def hands(self, marked: Collection[int]) -> list[SourcedSentence]:
        """Return the marked units with their hands, references resolved."""
        found: list[SourcedSentence] = []
        if not marked:
            return found
        taken = self._find(marked)
        for unit, start in zip(self.units, self._starts, strict=False):
            if unit.index in marked:
                hands = taken[unit.index]
                if hands:
                    flat = unit.text.replace("’", "'")
                    hands = self._references.resolve(hands, flat, start)
                found.append(SourcedSentence(unit, hands))
        return found

    def _find(self, marked: Collection[int]) -> dict[int, tuple[Hand, ...]]:
        """Return the hands of units by index; an outlet that one of them shows, all know."""
        taken: dict[int, tuple[Hand, ...]] = {}
        learned = set[str]()
        units = [
            pair for pair in zip(self.units, self.normals, strict=True) if pair[0].index in marked
        ]
        for unit, normal in units:
            found = self._find_in(unit, normal)
            named = find_unlisted(found, unit.text, self._text) if found else found
            learned |= {a.name for a, b in zip(named, found, strict=True) if a.type != b.type}
            taken[unit.index] = named
        if learned:
            self._finder.learned.update(dict.fromkeys(learned, False))
            for unit, normal in units:
                if holds_any(normal.text, learned):
                    taken[unit.index] = self._find_in(unit, normal)
        return taken

    def _find_in(self, unit: Sentence, normal: NormalText) -> tuple[Hand, ...]:
        found = self._finder.find_normal(normal, self.covered.get(unit.index))
        return credit_outlets(found, self.cues.get(unit.index, ())) if found else found

    def credits(self) -> list[tuple[str, bool, Sentence, int, int]]:
        """Return the newsrooms that the whole piece is taken from: name, agency, place."""
        found: dict[str, tuple[str, bool, Sentence, int, int]] = {}
        credits = [place for place, unit in enumerate(self.units) if unit.kind == "credit"]
        for place in [*credits, *self._askings()]:
            unit, flat = self.units[place], self.normals[place].text
            credit = unit.kind == "credit"
            if credit and identity(flat) == identity(self.article.publisher):
                continue
            for outlet in self._finder.outlets(flat, self.covered.get(unit.index)):
                before = flat[: outlet.start]
                shown = credit and not re.search(r"(?:photos?|©|crédits?)\b[^.]*$", before, re.I)
                asked = _REQUEST.search(before) or (outlet.agency and _STAFF.search(before))
                if not shown and not asked:
                    continue
                if not self._is_publisher(outlet.name):
                    newsroom = (outlet.name, outlet.agency, unit, outlet.start, outlet.end)
                    found.setdefault(identity(outlet.name), newsroom)
        return self._one_name(found.values())

    def _askings(self) -> list[int]:
        """Return the places of the units that can tell of a newsroom that asked or was there.

        A word looked for in the whole text at once costs a tenth of a pattern tried on each unit.
        """
        text, found = self._text, set[int]()
        for word in _ASKED:
            at = text.find(word)
            while at >= 0:
                if _LEADS.match(text, at):
                    found.add(bisect_right(self._starts, at) - 1)
                at = text.find(word, at + 1)
        return [
            place
            for place in sorted(found)
            if self.units[place].kind != "credit" and _tells_of_asking(self.normals[place].text)
        ]

    def _one_name(
        self, found: Iterable[tuple[str, bool, Sentence, int, int]]
    ) -> list[tuple[str, bool, Sentence, int, int]]:
        kept: list[tuple[str, bool, Sentence, int, int]] = []
        for one in found:
            if not any(self._same(one[0], other[0]) for other in kept):
                kept.append(one)
        return kept

    def _same(self, a: str, b: str) -> bool:
        return self._references.same(a, b)

    def _is_publisher(self, name: str) -> bool:
        return bool(self.article.publisher) and self._same(name, self.article.publisher)

    def chain(self, marked: Collection[int]) -> Chain:
        """Return the chain of the marked units (hedged or relayed)."""
        return self.trace(marked)[0]

    def trace(self, marked: Collection[int]) -> tuple[Chain, list[SourcedSentence]]:
        """Return the chain of the marked units, and the hands that it was drawn from."""
        graph = _Graph(self, self.credits())
        sourced = self.hands(marked)
        for one in sourced:
            graph.add(one)
        return graph.chain(Claims(graph.node, graph.rooms).of(sourced)), sourced


class _Graph:
    """Nodes and edges as they are found."""

    def __init__(
        self, finder: ChainFinder, credits: Sequence[tuple[str, bool, Sentence, int, int]]
    ) -> None:
        self.finder = finder
        self.nodes = [ChainNode(finder.article.publisher, "article")]
        self.edges: dict[tuple[int, int], ChainEdge] = {}
        self.numbers: dict[str, int] = {}
        self.roots = [0]
        for name, agency, unit, start, end in credits:
            number = self.node(name, "agency" if agency else "outlet")
            self._edge(0, number, unit, start, end)
            self.roots = [*(root for root in self.roots if root), number]

    def node(self, name: str, type_: str) -> int:
        """Return the number of the hand of this name; the publisher is the article itself."""
        key = identity(name)
        known = self.numbers.get(key)
        if known is not None:
            return known
        if type_ in NEWSROOMS:
            if self.finder._is_publisher(name):
                return 0
            for number, node in enumerate(self.nodes):
                if node.type in NEWSROOMS and self.finder._same(node.name, name):
                    self.numbers[key] = number
                    return number
        self.nodes.append(ChainNode(name, type_))
        self.numbers[key] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def _edge(self, carrier: int, source: int, unit: Sentence, start: int, end: int) -> None:
        if carrier != source and source != 0 and not self._above(source, carrier):
            edge = ChainEdge(carrier, source, unit.index, start, end)
            self.edges.setdefault((carrier, source), edge)

    def _above(self, upper: int, lower: int) -> bool:
        """Say whether ``upper`` already passes on ``lower``, directly or not."""
        ways, seen = [lower], set[int]()
        while ways:
            node = ways.pop()
            if node == upper:
                return True
            if node not in seen:
                seen.add(node)
                ways += [carrier for carrier, source in self.edges if source == node]
        return False

    def add(self, one: SourcedSentence) -> None:
        """Add the hands of a sentence."""
        if not one.hands:
            return
        numbers = [self.node(hand.name, hand.type) for hand in one.hands]
        for hand, number in zip(one.hands, numbers, strict=True):
            if number in self.roots:
                continue
            above = [numbers[n - 1] for n in hand.by]
            above += [
                self.numbers[identity(name)]
                for name in hand.carriers
                if identity(name) in self.numbers
            ]
            for carrier in above or [0]:
                for each in self.roots if carrier == 0 else [carrier]:
                    self._edge(each, number, one.sentence, hand.start, hand.end)

    def sources(self, number: int) -> list[int]:
        """Return what a hand passes on."""
        return [source for carrier, source in self.edges if carrier == number]

    def rooms(self, number: int) -> set[int]:
        """Return the newsrooms from which a newsroom has its news, directly or not."""
        ways, seen = [number], set[int]()
        while ways:
            for source in self.sources(ways.pop()):
                if self.nodes[source].type in NEWSROOMS and source not in seen:
                    seen.add(source)
                    ways.append(source)
        return seen

    def depth(self) -> int:
        """Return the hands on the longest way from the article."""

        known: dict[int, int] = {}

        def below(node: int) -> int:
            if node not in known:
                known[node] = max((1 + below(source) for source in self.sources(node)), default=0)
            return known[node]

        return below(0)

    def chain(self, claims: Sequence[Claim]) -> Chain:
        """Return the record."""
        origins = {one.origin for one in claims if one.origin is not None}
        open_ended = sum(one.kind in ("anonymous", "missing") for one in claims)
        return Chain(
            tuple(self.nodes),
            tuple(self.edges.values()),
            tuple(claims),
            self.depth(),
            len(origins),
            open_ended / len(claims) if claims else None,
        )
