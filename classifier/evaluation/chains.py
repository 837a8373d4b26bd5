"""Hands and chains found by program against gold: spans, types, order, edges, depth, origins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classifier.article.chain import ChainFinder
from classifier.article.gazetteer import load_gazetteer
from classifier.article.order import NEWSROOMS
from classifier.corpus.dataset import Document
from classifier.corpus.hands import ROOT, ReadHands
from classifier.corpus.hands_agreement import (
    HandsView,
    compare_views,
    comparison_table,
    count_views,
    view_hands,
)
from classifier.corpus.hands_passes import load_hands
from classifier.corpus.splits import read_splits
from classifier.models.cues import evidence, load_lexicon
from classifier.records import Chain, Cue
from classifier.scoring import Scorer
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
    return HandsBench(tuple(load_hands(data, keys=None if keys is None else set(keys))))


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
        claim_names(chain),
        tuple(mark.index for mark in read.document.sentences),
    ), chain


def claim_names(chain: Chain) -> tuple[tuple[tuple[int, ...], str, str], ...]:
    """Return a chain's claims with their origins by name."""
    nodes = chain.nodes
    return tuple(
        (one.sentences, one.kind, "" if one.origin is None else nodes[one.origin].name)
        for one in chain.claims
    )


def chain_names(chain: Chain) -> tuple[tuple[str, str], ...]:
    """Return a chain's edges by name; the article is :data:`classifier.corpus.hands.ROOT`."""
    names = [ROOT, *(node.name for node in chain.nodes[1:])]
    return tuple((names[edge.carrier], names[edge.source]) for edge in chain.edges)


@dataclass(frozen=True)
class ChainFigures:
    """The figures of one part of the gold.

    Attributes:
        split: train, validation or test.
        given: with the gold's hedged and relayed sentences given.
        whole: edges, depth and origins when a model finds those sentences too.
    """

    split: str
    documents: int
    sentences: int
    given: Mapping[str, Interval]
    whole: Mapping[str, Interval]


_ERRORS = (
    *("hands", "missed", "extra", "boundary", "type", "carrier", "sentences"),
    *("origin, no hand", "origin, newsroom only", "origin, other hands"),
)

WHOLE = ("edge_f1", "chain_exact", "depth", "origins", "origin_kind")
"""The figures that do not need the gold's own sentences."""


def evaluate_chains(
    scorer: Scorer, data: Path, splits: Sequence[str] = ("test", "validation", "train")
) -> list[ChainFigures]:
    """Judge hands and chains on every part of the gold.

    The rules were written looking at train and validation documents: only test is unseen.

    Raises:
        DataError: no gold, no splits, or a text that is not here.
    """
    manifest = read_splits(data / "splits.json")
    found = []
    for split in splits:
        bench = load_bench(data, manifest.keys(split))
        gold = [view_hands(one) for one in bench.documents]
        given = [find_view(one)[0] for one in bench.documents]
        whole = [
            score_view(scorer, one, view) for one, view in zip(bench.documents, given, strict=True)
        ]
        found.append(
            ChainFigures(
                split,
                len(bench),
                bench.sentences,
                compare_views(zip(gold, given, strict=True)),
                {
                    name: value
                    for name, value in compare_views(zip(gold, whole, strict=True)).items()
                    if name in WHOLE
                },
            )
        )
    return found


def score_view(scorer: Scorer, read: ReadHands, given: HandsView) -> HandsView:
    """Return the chain that the scorer draws by itself; the hands stay those of ``given``."""
    chain = scorer.score_document(Document(read.article, read.context)).chain
    assert chain is not None
    return replace(given, edges=chain_names(chain), claims=claim_names(chain))


def count_errors(pairs: Iterable[tuple[HandsView, HandsView]]) -> dict[str, int]:
    """Count a program's mistakes by kind, over pairs of gold and found.

    Hands: in gold, missed, extra, with another boundary, of another type, under another carrier.
    Sentences: all, and those whose kinds of origin differ, by what gold has in them: no hand (the
    claim goes on or does not), newsrooms only (their origin stands elsewhere or nowhere), others.
    """
    counts = dict.fromkeys(_ERRORS, 0)
    for gold, found in pairs:
        both = count_views(gold, found)
        counts["hands"] += both["first"]
        counts["missed"] += both["first"] - both["overlap"]
        counts["extra"] += both["second"] - both["overlap"]
        counts["boundary"] += both["overlap"] - both["exact"]
        counts["type"] += both["overlap"] - both["typed"]
        counts["carrier"] += both["overlap"] - both["ordered"]
        counts["sentences"] += both["units"]
        for mine, unit in zip(gold.hands, gold.units, strict=True):
            if gold.kinds(unit) != found.kinds(unit):
                rooms = all(cue.device in NEWSROOMS for cue, _ in mine)
                kind = "no hand" if not mine else "newsroom only" if rooms else "other hands"
                counts[f"origin, {kind}"] += 1
    return counts


def chain_table(figures: Iterable[ChainFigures]) -> str:
    """Return the figures as plain text."""
    text = ""
    for one in figures:
        title = f"{one.split}: {one.documents} documents, {one.sentences} sentences"
        text += comparison_table(f"{title}, hedged and relayed sentences given", one.given)
        text += comparison_table(f"{title}, found by the model too", one.whole)
    return text


def chain_document(figures: Iterable[ChainFigures]) -> dict[str, Any]:
    """Return the figures as plain JSON values, without text."""
    return {
        one.split: {
            "documents": one.documents,
            "sentences": one.sentences,
            "given": {name: _plain(value) for name, value in one.given.items()},
            "whole": {name: _plain(value) for name, value in one.whole.items()},
        }
        for one in figures
    }


def _plain(one: Interval) -> dict[str, Any]:
    ends = {"value": one.value, "low": one.low, "high": one.high}
    plain = {name: None if math.isnan(end) else end for name, end in ends.items()}
    return {**plain, "reason": one.reason, "clusters": one.clusters}
