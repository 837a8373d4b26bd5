"""Which sentences of an article go back to one origin, and what kind of origin it is.

A sentence's own hands end somewhere: at somebody named, a document, somebody anonymous, or at a
newsroom that does not say where it has it from. The last takes the origin that the newsroom states
elsewhere; a sentence without any hand goes on with a neighbour's claim, or its origin is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classifier.article.order import NEWSROOMS
from classifier.records import Claim, Hand, Sentence
from classifier.text.normalise import normalise

End = tuple[str, int | None]
"""A kind of origin and the node of the chain that it is; None where nobody is named."""

_RESUMES = re.compile(r"(?:il|elle|ils|elles|ces?|cette|cet|celui|celle)\b", re.IGNORECASE)
_DOUBTS = re.compile(
    r"\b(?:présum|préten|supposé|soi-disant|allégu|sembl|apparem|invérifi|vérifi|authent)",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"\b(?!portrait|retrait|extrait|attrait)\w+r(?:ait|aient)\b")
_SAW = re.compile(r"\b(?:a|ont) (?:pu )?(?:constaté|vu|observé|vérifié|compté)\b|\bvue? par\b")
_STAFF = re.compile(
    r"\b(?:journaliste|correspondant|envoyé|photographe|reporter|équipe|cellule)", re.IGNORECASE
)
# What stands before a newsroom that words were given to: it need not have the rest from there.
_TOLD = re.compile(
    r"(?:\b(?:à|au|aux|auprès|sur|avec|micro|pour|dans)\b)(?: [\w'-]+){0,2} ?(?:l'|d')?$",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 7, 20
"""Sentences over which a newsroom's source, named before or after, still stands for it."""
_NEAR = 1
"""The same for a source that answers by name: it is asked about one thing."""
_ASKED = 4
"""The same for somebody who spoke to the newsroom, where it cites nobody else."""
_FAR = 6
"""Sentences that a claim in the conditional may lie from the one that it goes on with."""


@dataclass(frozen=True, slots=True)
class SourcedSentence:
    """A sentence with its hands, each by name."""

    sentence: Sentence
    hands: tuple[Hand, ...]


@dataclass(frozen=True, slots=True)
class _Stated:
    """An origin that a sentence states, and the newsrooms that have it from there.

    Attributes:
        told: those of them that it was told to: *a dit un diplomate à l'agence Orel* does not say
            that the rest of what Orel writes is that diplomat's; *écrit Orel, citant un diplomate*
            does.
    """

    place: int
    end: End
    rooms: frozenset[int]
    told: frozenset[int]


@dataclass
class Claims:
    """Groups sentences by the origin that they go back to.

    Attributes:
        node: gives the number of a hand in the chain, by name and type.
        rooms: the newsrooms from which the newsroom of a number has its news, directly or not.
    """

    node: Callable[[str, str], int]
    rooms: Callable[[int], set[int]]

    def of(self, sourced: Sequence[SourcedSentence]) -> list[Claim]:
        """Return the claims, in order of their first sentence."""
        ends = [self._ends(one) for one in sourced]
        open_ended = any(
            end[0] == "missing" and end[1] is not None for found in ends for end in found
        )
        stated = [
            _Stated(place, end, *self._rooms_of(sourced[place], end))
            for place, found in enumerate(ends if open_ended else ())
            for end in found
            if end[0] != "missing"
        ]
        settled: list[list[End]] = []
        for place, found in enumerate(ends):
            settled.append([self._settle(sourced, place, end, stated) for end in found])
        for place in range(len(sourced)):
            if not settled[place]:
                settled[place] = [self._continue(place, sourced, settled)]
        grouped: dict[End, list[int]] = {}
        for one, found in zip(sourced, settled, strict=True):
            for end in dict.fromkeys(found):
                grouped.setdefault(end, []).append(one.sentence.index)
        return [Claim(tuple(units), kind, origin) for (kind, origin), units in grouped.items()]

    def _ends(self, one: SourcedSentence) -> list[End]:
        """Return where the sentence's own hands end: kinds and nodes."""
        hands = one.hands
        if not hands:
            return []
        numbers = [self.node(hand.name, hand.type) for hand in hands]
        carried = {n for hand in hands for n in hand.by}
        ends: list[End] = []
        rooms: list[End] = []
        for n, (hand, number) in enumerate(zip(hands, numbers, strict=True), start=1):
            if hand.by and any(
                hands[m - 1].type in ("anonymous", "crowd") for m in _above(hands, n)
            ):
                continue
            if hand.type in ("anonymous", "crowd"):
                ends.append(("anonymous", number))
            elif n in carried:
                continue
            elif hand.type == "document":
                ends.append(("document", number))
            elif hand.type in NEWSROOMS:
                text = one.sentence.text
                saw = _SAW.search(text) or _STAFF.search(text[hand.start : hand.end])
                rooms.append(("named" if saw else "missing", number or None))
            else:
                ends.append(("named", number))
        return list(dict.fromkeys(ends or rooms[:1]))

    def _rooms_of(self, one: SourcedSentence, end: End) -> tuple[frozenset[int], frozenset[int]]:
        """Return the newsrooms that have what ``end`` says, and those that it was told to."""
        hands = one.hands
        found, told = set[int](), set[int]()
        text = one.sentence.text.replace("’", "'")
        for n, hand in enumerate(hands, start=1):
            if self.node(hand.name, hand.type) != end[1]:
                continue
            for m in _above(hands, n):
                room = hands[m - 1]
                if room.type in NEWSROOMS:
                    spoken_to = _TOLD.search(text[: room.start])
                    (told if spoken_to else found).add(self.node(room.name, room.type))
            found |= {self.node(name, "outlet") for name in hand.carriers}
        return frozenset(found), frozenset(told)

    def _settle(
        self,
        sourced: Sequence[SourcedSentence],
        place: int,
        end: End,
        stated: Sequence[_Stated],
    ) -> End:
        """Return the origin that the article states elsewhere for a sentence's last carrier."""
        kind, number = end
        if kind != "missing" or number is None:
            return end
        below = {number, *self.rooms(number)}
        near = []
        for other in stated:
            away = sourced[other.place].sentence.index - sourced[place].sentence.index
            cited = bool(other.rooms & below)
            if not cited and not other.told & below:
                continue
            named = other.end[0] == "named"
            reach = _NEAR if named else _AFTER if away > 0 else _BEFORE
            if abs(away) <= (reach if cited else min(reach, _ASKED)):
                near.append((named, not cited, abs(away), away > 0, other.end))
        return min(near, key=lambda one: one[:4])[4] if near else end

    def _continue(
        self, place: int, sourced: Sequence[SourcedSentence], settled: Sequence[list[End]]
    ) -> End:
        """Return the claim that a sentence without a hand goes on with, if it does.

        A headline announces the next one's claim. A pronoun at the start goes on with what stands
        before; the journalistic conditional with its nearest neighbour, for somebody must have
        said it; *l'auteur présumé* alone goes on with nothing.
        """
        here = sourced[place].sentence
        text = normalise(here.text).text
        conditional = "rai" in text and _CONDITIONAL.search(text) is not None
        next_first = False
        if here.field != "text":
            next_first = True
        elif _RESUMES.match(text):
            pass
        elif conditional:
            after = sourced[place + 1].sentence.index if place + 1 < len(sourced) else -1
            next_first = after == here.index + 1
        elif _DOUBTS.search(text):
            return ("missing", None)
        for other in (place + 1, place - 1) if next_first else (place - 1, place + 1):
            if 0 <= other < len(sourced) and settled[other]:
                away = abs(sourced[other].sentence.index - here.index)
                if away <= (_FAR if conditional else 2) or here.field != "text":
                    return settled[other][-1]
            if not conditional and not next_first:
                break
        return ("missing", None)


def _above(hands: Sequence[Hand], n: int) -> set[int]:
    """Return the numbers of the hands of one sentence that pass on its hand ``n``."""
    ways, seen = list(hands[n - 1].by), set[int]()
    while ways:
        m = ways.pop()
        if m not in seen:
            seen.add(m)
            ways += hands[m - 1].by
    return seen
