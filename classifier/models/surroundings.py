"""What stands around a sentence: outlets in the headline and nearby, devices of its neighbours.

One sentence does not show that an article is *about* a newsroom (*David Pujadas a failli quitter
France 2*), nor that a vow (*Nous allons les fermer*) goes on with a threat made two sentences
before. Both show in the headline and in the sentences around. Only :data:`REACH` sentences to each
side are looked at, and the headline, so that a run taken from a longer article shows about what
the whole article does.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from classifier.models.outlet_names import COVER
from classifier.records import Sentence

REACH = 8
"""Sentences to each side that are looked at."""

_MOST = 2
_MOST_OUTLETS = 3
_COVERED = re.compile(f"{COVER}+")
_RELAY = "relay_sourcing"

Seen = tuple[str, str, tuple[str, ...]]
"""Of a unit: its normalised text, the same with outlets covered, its devices."""


def surrounding_features(
    sentences: Sequence[Sentence], seen: Sequence[Seen]
) -> list[tuple[str, ...]]:
    """Return each unit's features, named, in an order that no hash seed changes.

    Args:
        sentences: of one article, n of them, in reading order.
        seen: n units.
    """
    outlets = [_outlets(text, covered) for text, covered, _ in seen]
    marked = [place for place, one in enumerate(seen) if one[2]]
    if not marked and not any(outlets):
        return [()] * len(seen)
    heads = [place for place, one in enumerate(sentences) if one.field != "text"]
    named = {
        field: frozenset().union(*(outlets[n] for n in heads if sentences[n].field == field))
        for field in ("title", "heading")
    }
    naming = [place for place, one in enumerate(outlets) if one]
    marked_heads = [place for place in heads if seen[place][2]]
    found: list[tuple[str, ...]] = []
    for place, (sentence, (_, _, devices)) in enumerate(zip(sentences, seen, strict=True)):
        features = []
        if outlets[place]:
            features += _company(sentence.field, outlets[place], named, devices)
            near = [outlets[other] for other in _near(sentences, place, heads, naming)]
            most = max(sum(name in other for other in near) for name in outlets[place])
            features.append(f"outlet:again={min(most, _MOST_OUTLETS)}")
        counts: dict[str, int] = {}
        for other in _near(sentences, place, marked_heads, marked):
            for device in seen[other][2]:
                counts[device] = counts.get(device, 0) + 1
        features += [f"around:{name}={min(counts[name], _MOST)}" for name in sorted(counts)]
        found.append(tuple(features))
    return found


def _near(
    sentences: Sequence[Sentence], place: int, heads: Sequence[int], telling: Sequence[int]
) -> list[int]:
    """Return the telling units of the headline and near a place, without the one that stands there.

    Args:
        heads: places in the headline that tell something, or all of them.
        telling: places that tell something, rising.
    """
    first = bisect_left(telling, place - REACH)
    index = sentences[place].index
    near = [
        other
        for other in telling[first : bisect_right(telling, place + REACH, first)]
        if other != place and abs(sentences[other].index - index) <= REACH
    ]
    if heads:
        near += [other for other in heads if other != place and other not in near]
    return near


def _outlets(text: str, covered: str) -> frozenset[str]:
    if COVER not in covered:
        return frozenset()
    return frozenset(text[one.start() : one.end()].lower() for one in _COVERED.finditer(covered))


def _company(
    field: str,
    outlets: frozenset[str],
    named: dict[str, frozenset[str]],
    devices: Sequence[str],
) -> list[str]:
    """Return how a unit's outlets stand to those of the headline."""
    facts = ["title_names"] if named["title"] else []
    facts += [
        f"of_{part}" for part in ("title", "heading") if part != field and outlets & named[part]
    ]
    relays = [device for device in devices if device.startswith(_RELAY)]
    return [
        "outlet",
        f"outlet:{min(len(outlets), _MOST_OUTLETS)}",
        *(f"outlet:{fact}" for fact in facts),
        *(f"outlet:{fact}&{device}" for fact in facts for device in relays),
    ]
