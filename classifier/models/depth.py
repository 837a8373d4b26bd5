"""Relay depth: how many hands a sentence names between this article and the claim."""

from __future__ import annotations

import re
from collections.abc import Iterable

from classifier.records import Cue

MAX_DEPTH = 5

_SPEECH = re.compile(
    r"\b(?:(?:a|ont|avait|avaient|aurait|auraient|ayant)(?:-t)?(?:-(?:il|elle|ils|elles))?"
    r"(?: \w+){0,2} (?:dit|déclaré|affirmé|lancé|confié|assuré|indiqué|reconnu|expliqué|précisé"
    r"|raconté|annoncé|avoué|répondu|ajouté|suggéré|plaisanté|écrit|promis|nié|démenti|contesté)"
    r"|affirme(?:nt)?|assure(?:nt)?|conteste(?:nt)?|considère(?:nt)?|explique(?:nt)?|confie(?:nt)?"
    r"|raconte(?:nt)?|dément(?:ent)?|indique(?:nt)?|accuse(?:nt)?|estime(?:nt)?|juge(?:nt)?)\b"
)
_PAPER = re.compile(
    r"\b(?:étude|rapport|note|notes|document|documents|lettre|courrier|mail|message|messages"
    r"|témoignages?|réquisitoire|ordonnance|procès-verba(?:l|ux)|enregistrements?|bilan|chiffres"
    r"|courriel|tweet|communiqué|circulaire|expertise)\b",
    re.IGNORECASE,
)


def count_hands(relay: Iterable[Cue], hedging: Iterable[Cue], text: str) -> int:
    """Return the depth that a sentence's cues speak for, at least 1.

    A credited outlet is one hand. Somebody who speaks through an outlet, a carrier's source and
    those whom a speaker repeats are one more. So is what the outlet passes on, where the sentence
    shows it beside the credit: an unnamed source, somebody's words, a paper. Somebody repeated by
    a speaker whom an outlet quotes makes three.

    Args:
        relay, hedging: cues of the two labels in this sentence.
        text: the sentence.
    """
    cues = list(relay)
    kinds = [cue.device for cue in cues]
    if "hearsay" in kinds and "outlet" in kinds and "via_outlet" not in kinds:
        return 3
    if any(kind != "outlet" for kind in kinds):
        return 2
    unnamed = any(
        cue.device == "unnamed_source" and not any(_overlap(cue, other) for other in cues)
        for cue in hedging
    )
    return 2 if unnamed or _speaks(cues, text) else 1


def _overlap(cue: Cue, other: Cue) -> bool:
    return cue.start < other.end and other.start < cue.end


def _speaks(cues: Iterable[Cue], text: str) -> bool:
    """Say whether the sentence, without its credits, reports words or a paper."""
    for cue in sorted(cues, key=lambda cue: -cue.start):
        if _PAPER.search(text[cue.start : cue.end]):
            return True
        text = text[: cue.start] + " | " + text[cue.end :]
    return _SPEECH.search(text.replace("’", "'")) is not None
