"""Relay depth: how many hands a sentence names between this article and the claim."""

from __future__ import annotations

from collections.abc import Iterable

from classifier.records import Cue

MAX_DEPTH = 5


def count_hands(relay: Iterable[Cue], hedging: Iterable[Cue], text: str) -> int:
    """Return the depth that a sentence's cues speak for, at least 1.

    A credited outlet is one hand; somebody who speaks through an outlet, a carrier's source and
    those whom a speaker repeats are one more each; an unnamed source in a relay is a hand too.

    Args:
        relay, hedging: cues of the two labels in this sentence.
        text: the sentence.
    """
    devices = [cue.device for cue in relay]
    kinds = set(devices)
    unnamed = any(cue.device == "unnamed_source" for cue in hedging)
    depth = 1
    if "via_outlet" in kinds:
        depth += 1
    if "cited_source" in kinds:
        depth += 1
    if "hearsay" in kinds:
        depth += 1
    if depth == 1 and unnamed:
        depth = 2
    return min(depth, MAX_DEPTH)
