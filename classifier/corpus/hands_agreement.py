"""How far two readings of the hands of the same documents agree: two passes, or gold and a program.

Spans are paired one to one (:mod:`classifier.matching`); chains are compared by their edges, whose
ends are the same hand when one name stands in the other. Intervals are over articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.corpus.agreement import cohen_kappa
from classifier.corpus.hands import (
    HAND_TYPES,
    ROOT,
    ReadHands,
    carriers_of,
    chain_depth,
    chain_edges,
    identity,
)
from classifier.matching import pair_cues
from classifier.records import Cue
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

Edge = tuple[str, str]

FIGURES: Mapping[str, str] = {
    "span_exact": "hands, exact F1",
    "span_overlap": "hands, overlap F1",
    "type": "type, share of paired hands",
    "order": "who passes it on, share of paired hands",
    "edge_f1": "edges of the chain, F1",
    "chain_exact": "chain exact, share of articles",
    "depth": "depth equal, share of articles",
    "origins": "number of origins equal, share of articles",
    "origin_kind": "kinds of origin equal, share of sentences",
}
"""The figures of a comparison, each with how it is printed."""

_COUNTS = (
    *("first", "second", "exact", "overlap", "typed", "ordered"),
    *("edges_first", "edges_second", "edges_both"),
    *("articles", "whole", "depth", "origins", "units", "kinds"),
)


@dataclass(frozen=True)
class HandsView:
    """One reading of one document, in the shape in which readings are compared.

    Attributes:
        hands: for each marked sentence its hands as ``(start, end, type)`` and, beside each, the
            names of those that pass it on.
        edges: the chain by names.
        claims: for each claim its units, kind and origin's name.
    """

    key: str
    hands: tuple[tuple[tuple[Cue, tuple[str, ...]], ...], ...]
    edges: tuple[Edge, ...]
    claims: tuple[tuple[tuple[int, ...], str, str], ...]
    units: tuple[int, ...]

    @property
    def depth(self) -> int:
        return chain_depth(self.edges)

    @property
    def origins(self) -> int:
        """Independent origins: the different hands at which claims end, of whatever kind.

        A newsroom that does not say where it has it from is one, a claim without any hand none.
        """
        return len({identity(name) for _, _, name in self.claims if name})

    def kinds(self, unit: int) -> frozenset[str]:
        """Return the kinds of origin of a unit's claims."""
        return frozenset(kind for units, kind, _ in self.claims if unit in units)


def view_hands(read: ReadHands) -> HandsView:
    """Return an annotated document as it is compared."""
    document = read.document
    return HandsView(
        document.key,
        tuple(
            tuple(
                (
                    Cue(hand.start, hand.end, hand.type),
                    tuple(carriers_of(mark.hands, hand, unit.text)),
                )
                for hand in mark.hands
            )
            for mark, unit in zip(document.sentences, read.units, strict=True)
        ),
        tuple(chain_edges(read)),
        tuple((claim.units, claim.kind, claim.origin) for claim in document.claims),
        tuple(mark.index for mark in document.sentences),
    )


def same_name(first: str, second: str) -> bool:
    """Say whether two names are one hand's: equal, or one stands in the other as whole words."""
    a, b = identity(first), identity(second)
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    return len(short) > 1 and re.search(rf"(?<!\w){re.escape(short)}(?!\w)", long) is not None


def pair_edges(first: Sequence[Edge], second: Sequence[Edge]) -> list[tuple[Edge, Edge]]:
    """Pair the edges of two chains, each at most once; equal names go before contained ones."""
    pairs: list[tuple[Edge, Edge]] = []
    left, right = list(first), list(second)
    for strict in (True, False):
        for one in list(left):
            for other in right:
                ends = zip(one, other, strict=True)
                if all(
                    identity(a) == identity(b) if strict or ROOT in (a, b) else same_name(a, b)
                    for a, b in ends
                ):
                    pairs.append((one, other))
                    left.remove(one)
                    right.remove(other)
                    break
    return pairs


def count_views(first: HandsView, second: HandsView) -> dict[str, int]:
    """Return the counts of one document, all symmetric but their names."""
    counts = dict.fromkeys(_COUNTS, 0)
    for mine, theirs in zip(first.hands, second.hands, strict=True):
        a, b = [cue for cue, _ in mine], [cue for cue, _ in theirs]
        above = dict(mine), dict(theirs)
        counts["first"] += len(a)
        counts["second"] += len(b)
        counts["exact"] += len(pair_cues(a, b, overlap=False, devices=False))
        pairs = pair_cues(a, b, overlap=True, devices=False)
        counts["overlap"] += len(pairs)
        for one, other in pairs:
            counts["typed"] += one.device == other.device
            counts["ordered"] += _same_set(above[0][one], above[1][other])
    both = len(pair_edges(first.edges, second.edges))
    counts["edges_first"], counts["edges_second"] = len(first.edges), len(second.edges)
    counts["edges_both"] = both
    counts["articles"] = 1
    counts["whole"] = int(both == len(first.edges) == len(second.edges))
    counts["depth"] = int(first.depth == second.depth)
    counts["origins"] = int(first.origins == second.origins)
    counts["units"] = len(first.units)
    counts["kinds"] = sum(first.kinds(unit) == second.kinds(unit) for unit in first.units)
    return counts


def _same_set(first: Sequence[str], second: Sequence[str]) -> bool:
    return len(first) == len(second) and all(
        any(same_name(one, other) for other in second) for one in first
    )


def compare_views(
    pairs: Iterable[tuple[HandsView, HandsView]], *, replicates: int = 2000, seed: int = 0
) -> dict[str, Interval]:
    """Compare two readings of documents; returns :data:`FIGURES` with intervals over articles."""
    listed = list(pairs)
    table = np.array(
        [[count_views(a, b)[name] for name in _COUNTS] for a, b in listed], dtype=np.float64
    ).reshape(-1, len(_COUNTS))
    clusters = Clusters.of(one.key for one, _ in listed)

    def measure(sums: FloatArray) -> FloatArray:
        at = {name: sums[:, number] for number, name in enumerate(_COUNTS)}
        hands = at["first"] + at["second"]
        return np.stack(
            [
                divide(2 * at["exact"], hands),
                divide(2 * at["overlap"], hands),
                divide(at["typed"], at["overlap"]),
                divide(at["ordered"], at["overlap"]),
                divide(2 * at["edges_both"], at["edges_first"] + at["edges_second"]),
                divide(at["whole"], at["articles"]),
                divide(at["depth"], at["articles"]),
                divide(at["origins"], at["articles"]),
                divide(at["kinds"], at["units"]),
            ],
            axis=1,
        )

    drawn = Resamples.draw(clusters, replicates=replicates, seed=seed)
    found = drawn.of_counts(measure, table).intervals(len(clusters))
    return dict(zip(FIGURES, found, strict=True))


def type_kappa(pairs: Iterable[tuple[HandsView, HandsView]]) -> float:
    """Return Cohen's κ of the types of paired hands; NaN without any."""
    table = np.zeros((len(HAND_TYPES), len(HAND_TYPES)))
    for first, second in pairs:
        for mine, theirs in zip(first.hands, second.hands, strict=True):
            cues = [cue for cue, _ in mine], [cue for cue, _ in theirs]
            for one, other in pair_cues(*cues, overlap=True, devices=False):
                row, column = (HAND_TYPES.index(cue.device) for cue in (one, other))
                table[row, column] += 1
    return float(cohen_kappa(table))


def comparison_table(title: str, figures: Mapping[str, Interval]) -> str:
    """Return a comparison as plain text."""
    lines = [title]
    for name, shown in FIGURES.items():
        if name not in figures:
            continue
        one = figures[name]
        if np.isnan(one.value):
            lines.append(f"  {shown:44s} undefined: {one.reason}")
        else:
            lines.append(f"  {shown:44s} {one.value:.3f} [{one.low:.3f}, {one.high:.3f}]")
    return "\n".join(lines) + "\n"
