"""Hands and chains found by program against gold: spans, types, order, edges, depth, origins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from classifier.article.chain import ChainFinder
from classifier.article.gazetteer import load_gazetteer
from classifier.corpus.hands import ROOT, ReadHands
from classifier.corpus.hands_agreement import HandsView, compare_views, view_hands
from classifier.corpus.hands_passes import load_hands
from classifier.models.cues import evidence, load_lexicon
from classifier.records import Chain, Cue
from classifier.statistics import Interval
from classifier.text.normalise import normalise


@dataclass(frozen=True)
class HandsBench:
    """Documents with gold hands, their text and the units that their labels cover."""

    documents: tuple[ReadHands, ...]

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def sentences(self) -> int:
        return sum(len(one.units) for one in self.documents)


def load_bench(data: Path, keys: Iterable[str] | None = None) -> HandsBench:
    """Load the gold hands of all documents, or of those of ``keys`` (``source/id``)."""
    wanted = None if keys is None else set(keys)
    return HandsBench(
        tuple(one for one in load_hands(data) if wanted is None or one.document.key in wanted)
    )


def find_view(read: ReadHands) -> tuple[HandsView, Chain]:
    """Return what the program finds in a document, given which sentences are marked."""
    lexicon = load_lexicon()
    units = read.context or read.units
    covered, cues = {}, {}
    for unit in units:
        normal = normalise(unit.text)
        covered[unit.index], matches = lexicon.read(normal.text)
        cues[unit.index] = evidence(matches, normal).get("relay_sourcing", ())
    marked = {mark.index for mark in read.document.sentences}
    finder = ChainFinder(read.article, units, covered, cues, load_gazetteer())
    chain, sourced = finder.trace(marked)
    hands = []
    for one in sourced:
        names = [hand.name for hand in one.hands]
        hands.append(
            tuple(
                (
                    Cue(hand.start, hand.end, hand.type),
                    (*(names[n - 1] for n in hand.by), *hand.carriers) or (ROOT,),
                )
                for hand in one.hands
            )
        )
    return HandsView(
        read.document.key,
        tuple(hands),
        chain_names(chain),
        tuple(
            (
                one.sentences,
                one.kind,
                chain.nodes[one.origin].name if one.origin is not None else "",
            )
            for one in chain.claims
        ),
        tuple(mark.index for mark in read.document.sentences),
    ), chain


def chain_names(chain: Chain) -> tuple[tuple[str, str], ...]:
    """Return a chain's edges by name; the article is :data:`classifier.corpus.hands.ROOT`."""
    names = [ROOT, *(node.name for node in chain.nodes[1:])]
    return tuple((names[edge.carrier], names[edge.source]) for edge in chain.edges)


def judge_chains(bench: HandsBench, *, replicates: int = 2000) -> dict[str, Interval]:
    """Return the figures of the program against gold, each with its interval over articles."""
    return compare_views(
        [(view_hands(one), find_view(one)[0]) for one in bench.documents], replicates=replicates
    )
