"""The chain of hands through which an article's claims came: a small directed graph.

The article stands at its beginning, newsrooms it is taken from come next, then the hands of its
hedged and relayed sentences, each under those that pass it on. Every edge keeps the words that
show it. Sentences that go back to one origin are one claim.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from classifier.article.gazetteer import Gazetteer
from classifier.article.hands import HandFinder, learn_outlets
from classifier.article.order import NEWSROOMS
from classifier.article.outlets import gazetteer_for
from classifier.article.references import BREAK, References
from classifier.corpus.hands import identity
from classifier.records import Article, Chain, ChainEdge, ChainNode, Claim, Cue, Hand, Sentence
from classifier.text.normalise import normalise

SOURCED = ("attribution_hedging", "relay_sourcing")
"""The labels whose positive sentences have hands."""

_ASKING = re.compile(
    r"répond|réagi|donn\w+ suite|comment|joint|sollicit|contact|interrog", re.IGNORECASE
)
_REQUEST = re.compile(
    r"(?:demandes?(?: de commentaires?| d'interview)?|sollicitations?|questions?|appels?|requêtes?)"
    r" (?:de |du |d'|des )(?:la |le |l')?$"
)
_STAFF = re.compile(
    r"(?:contacté|joint|sollicité|interrogé)e?s? par (?:l'|la |le )?$"
    r"|(?:correspondante?|journaliste|photographe|reporter|équipe)s? (?:de |du |d')(?:l'|la |le )?$"
)
_RESUMES = re.compile(r"(?:il|elle|ils|elles|ces?|cette|cet|celui|celle)\b", re.IGNORECASE)
_DOUBTS = re.compile(
    r"\b(?:présum|préten|supposé|soi-disant|allégu|sembl|apparem|invérifi|vérifi|authent)",
    re.IGNORECASE,
)
_SAW = re.compile(r"\b(?:a|ont) (?:pu )?(?:constaté|vu|observé|vérifié|compté)\b|\bvue? par\b")


@dataclass(frozen=True, slots=True)
class SourcedSentence:
    """A sentence with its hands, each by name."""

    sentence: Sentence
    hands: tuple[Hand, ...]


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


@dataclass
class ChainFinder:
    """Finds the hands of one article and how they hang together.

    Attributes:
        units: all units of the article, in order.
        covered: unit index → the normalised unit with outlets' names covered, where it is known.
        cues: unit index → the words that credit an outlet, as the relay label shows them.
        gazetteer: without it, the part of the project's that the article needs.
    """

    article: Article
    units: Sequence[Sentence]
    covered: Mapping[int, str] = field(default_factory=dict)
    cues: Mapping[int, Sequence[Cue]] = field(default_factory=dict)
    gazetteer: Gazetteer | None = None

    def __post_init__(self) -> None:
        texts = [unit.text for unit in self.units]
        whole = " \n ".join((self.article.publisher, *texts))
        if self.gazetteer is None:
            self.gazetteer = gazetteer_for(whole)
        self._flat = {unit.index: normalise(unit.text).text for unit in self.units}
        flat = list(self._flat.values())
        self._text = BREAK.join(flat)
        learned = learn_outlets(normalise(self.article.title).text, flat)
        self._finder = HandFinder(self.gazetteer, learned)
        self._references = References(self._text, self.gazetteer)

    def hands(self, marked: Collection[int]) -> list[SourcedSentence]:
        """Return the marked units with their hands, references resolved."""
        found = []
        before = ""
        for unit in self.units:
            if unit.index in marked:
                raw = self._finder.find(unit.text, self.covered.get(unit.index))
                raw = credit_outlets(raw, self.cues.get(unit.index, ()))
                flat = unit.text.replace("’", "'")
                found.append(SourcedSentence(unit, self._references.resolve(raw, flat, before)))
            before += self._flat[unit.index] + BREAK
        return found

    def credits(self) -> list[tuple[str, bool, Sentence, int, int]]:
        """Return the newsrooms that the whole piece is taken from: name, agency, place."""
        found: dict[str, tuple[str, bool, Sentence, int, int]] = {}
        for unit in sorted(self.units, key=lambda unit: unit.kind != "credit"):
            flat = self._flat[unit.index]
            credit = unit.kind == "credit"
            if not credit and _ASKING.search(flat) is None and "journaliste" not in flat:
                continue
            for outlet in self._finder.outlets(flat, self.covered.get(unit.index)):
                before = flat[: outlet.start]
                shown = credit and not re.search(r"(?:photos?|©|crédits?)\b[^.]*$", before, re.I)
                asked = _REQUEST.search(before) or (outlet.agency and _STAFF.search(before))
                if not shown and not asked:
                    continue
                if not self._is_publisher(outlet.name):
                    place = (outlet.name, outlet.agency, unit, outlet.start, outlet.end)
                    found.setdefault(identity(outlet.name), place)
        return self._one_name(found.values())

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
        return graph.chain(_Claims(graph).of(sourced)), sourced


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
        if key in self.numbers:
            return self.numbers[key]
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
        origins = {(one.kind, one.origin) for one in claims if one.kind != "missing"}
        open_ended = sum(one.kind in ("anonymous", "missing") for one in claims)
        return Chain(
            tuple(self.nodes),
            tuple(self.edges.values()),
            tuple(claims),
            self.depth(),
            len(origins),
            open_ended / len(claims) if claims else None,
        )


class _Claims:
    """Groups sentences by the origin that they go back to."""

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph

    def of(self, sourced: Sequence[SourcedSentence]) -> list[Claim]:
        """Return the claims, in order of their first sentence."""
        ends = [self._ends(one) for one in sourced]
        stated = [
            (place, end) for place, found in enumerate(ends) for end in found if end[0] != "missing"
        ]
        settled: list[list[tuple[str, int | None]]] = []
        for place, found in enumerate(ends):
            settled.append([self._settle(place, end, stated) for end in found])
        for place in range(len(sourced)):
            if not settled[place]:
                settled[place] = [self._continue(place, sourced, settled)]
        grouped: dict[tuple[str, int | None], list[int]] = {}
        for one, found in zip(sourced, settled, strict=True):
            for end in dict.fromkeys(found):
                grouped.setdefault(end, []).append(one.sentence.index)
        return [Claim(tuple(units), kind, origin) for (kind, origin), units in grouped.items()]

    def _ends(self, one: SourcedSentence) -> list[tuple[str, int | None]]:
        """Return where the sentence's own hands end: kinds and nodes."""
        hands = one.hands
        numbers = [self.graph.node(hand.name, hand.type) for hand in hands]
        carried = {n for hand in hands for n in hand.by}
        ends: list[tuple[str, int | None]] = []
        rooms: list[tuple[str, int | None]] = []
        for n, (hand, number) in enumerate(zip(hands, numbers, strict=True), start=1):
            above = self._above(hands, n)
            if any(hands[m - 1].type in ("anonymous", "crowd") for m in above):
                continue
            if hand.type in ("anonymous", "crowd"):
                ends.append(("anonymous", number))
            elif n in carried:
                continue
            elif hand.type == "document":
                ends.append(("document", number))
            elif hand.type in NEWSROOMS:
                saw = _SAW.search(one.sentence.text) is not None
                rooms.append(("named" if saw else "missing", number or None))
            else:
                ends.append(("named", number))
        return list(dict.fromkeys(ends or rooms[:1]))

    def _above(self, hands: Sequence[Hand], n: int) -> set[int]:
        ways, seen = list(hands[n - 1].by), set[int]()
        while ways:
            m = ways.pop()
            if m not in seen:
                seen.add(m)
                ways += hands[m - 1].by
        return seen

    def _settle(
        self,
        place: int,
        end: tuple[str, int | None],
        stated: Sequence[tuple[int, tuple[str, int | None]]],
    ) -> tuple[str, int | None]:
        """Return the origin that the article states elsewhere for a sentence's last carrier."""
        kind, number = end
        if kind != "missing" or number is None:
            return end
        below = self._below(number)
        near = [
            (abs(other - place), other > place, found)
            for other, found in stated
            if found[1] in below and found[0] != "named"
        ]
        return min(near, key=lambda one: one[:2])[2] if near else end

    def _below(self, number: int) -> set[int]:
        ways, seen = self.graph.sources(number), set[int]()
        while ways:
            node = ways.pop()
            if node not in seen:
                seen.add(node)
                ways += self.graph.sources(node)
        return seen

    def _continue(
        self,
        place: int,
        sourced: Sequence[SourcedSentence],
        settled: Sequence[list[tuple[str, int | None]]],
    ) -> tuple[str, int | None]:
        """Return the claim that a sentence without a hand goes on with, if it does.

        A headline announces the next one's claim; a pronoun at the start and the journalistic
        conditional go on with what stands before; *l'auteur présumé* alone goes on with nothing.
        """
        here = sourced[place].sentence
        text = normalise(here.text).text
        if here.field != "text":
            near = [place + 1, place - 1]
        elif _RESUMES.match(text) or not _DOUBTS.search(text):
            near = [place - 1]
        else:
            near = []
        for other in near:
            if 0 <= other < len(sourced) and settled[other]:
                distance = abs(sourced[other].sentence.index - here.index)
                if distance <= 2 or here.field != "text":
                    return settled[other][-1]
        return ("missing", None)
