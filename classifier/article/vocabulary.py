"""Words by which sources are known, read from ``resources/hands.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from classifier.schema import resource_bytes

_EVEN = ("aussi", "également", "notamment", "ainsi", "encore", "lui-même", "elle-même")
_ENDINGS = ("e", "ent", "ait", "aient", "eait", "era", "a", "èrent")


class _Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    heads: dict[str, str]
    roles: dict[str, str]
    verbs: dict[str, str]
    places: dict[str, str | list[str]]
    words: dict[str, str]


@dataclass(frozen=True)
class Vocabulary:
    """The word lists of ``resources/hands.toml``, made ready.

    Attributes:
        heads: noun → types it can be the head of, in the order of the file.
        says: finite forms of verbs of saying.
        said: their past participles.
        human: those whose subject is somebody, whatever the noun.
        weak: participles that say something of a newsroom only.
        cited: matches what stands before a hand that is cited.
        asked, credit, filler, time: see the file.
        before, stop, pronouns, capitals, story: see the file.
    """

    heads: Mapping[str, tuple[str, ...]]
    says: frozenset[str]
    said: frozenset[str]
    human: frozenset[str]
    weak: frozenset[str]
    cited: re.Pattern[str]
    asked: frozenset[str]
    credit: frozenset[str]
    filler: frozenset[str]
    time: frozenset[str]
    before: frozenset[str]
    stop: frozenset[str]
    pronouns: frozenset[str]
    capitals: frozenset[str]
    story: frozenset[str]
    platforms: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return the word lists, read once."""
    raw = msgspec.toml.decode(resource_bytes("hands.toml"), type=_Vocabulary)
    heads: dict[str, tuple[str, ...]] = {}
    for type_, nouns in raw.heads.items():
        for noun in nouns.split():
            heads[noun] = (*heads.get(noun, ()), type_)
    for noun, types in list(heads.items()):
        if noun.endswith("al"):
            heads.setdefault(noun[:-1] + "ux", types)
        elif noun[-1] not in "sxz":
            heads.setdefault(noun + "s", types)

    def listed(table: Mapping[str, str | list[str]], name: str) -> frozenset[str]:
        value = table[name]
        return frozenset(value.split() if isinstance(value, str) else value)

    def conjugate(stems: Iterable[str]) -> frozenset[str]:
        return frozenset(stem + end for stem in stems for end in _ENDINGS)

    cited = sorted(listed(raw.places, "cited"), key=len, reverse=True)
    asked = listed(raw.places, "asked")
    return Vocabulary(
        heads=heads,
        says=listed(raw.verbs, "forms") | conjugate(listed(raw.verbs, "er")),
        said=listed(raw.verbs, "past"),
        human=listed(raw.verbs, "human") | conjugate(listed(raw.verbs, "human")),
        weak=listed(raw.verbs, "weak"),
        cited=re.compile(rf"\b(?:{'|'.join(map(re.escape, cited))}) (?:(?:{'|'.join(_EVEN)}) )?"),
        asked=frozenset(word + end for word in asked for end in ("", "e", "s", "es")),
        credit=listed(raw.places, "credit"),
        filler=listed(raw.places, "filler"),
        time=listed(raw.places, "time"),
        before=listed(raw.words, "before"),
        stop=listed(raw.words, "stop"),
        pronouns=listed(raw.words, "pronouns"),
        capitals=listed(raw.words, "capitals"),
        story=listed(raw.roles, "story"),
        platforms=listed(raw.words, "platforms"),
    )
