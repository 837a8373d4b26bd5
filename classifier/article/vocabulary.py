"""Words by which sources are known, read from ``resources/hands.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from classifier.article.tokens import tokens_of
from classifier.schema import resource_bytes

HAVING = frozenset({"a", "ont", "avait", "avaient", "aurait", "auraient", "ayant", "avoir"})
AUXILIARY = frozenset({"a", "ont", "avait", "est", "aurait", "était"})
_FEMININE = (
    ("teur", ("teuse", "trice")),
    ("eur", ("euse", "eure")),
    ("ier", ("ière",)),
    ("er", ("ère",)),
    ("ien", ("ienne",)),
    ("ant", ("ante",)),
    ("é", ("ée",)),
    ("eux", ("euse",)),
)
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
        cited: first word of what stands before a hand that is cited → all its words, longest first.
        cited_keys: the longest word of each of them, one of which must stand there too.
        asked, credit, filler, time: see the file.
        before, stop, pronouns, capitals, story, platforms, nouns: see the file.
        ends: what ends a noun phrase, verbs of saying among it.
        verbs: what makes a clause of a name: verbs of saying and auxiliaries.
        openings: what a noun phrase without a determiner may begin with.
        starts: what a group of a verb of saying begins with.
        learnt: forms with which something is known *auprès de* somebody.
    """

    heads: Mapping[str, tuple[str, ...]]
    says: frozenset[str]
    said: frozenset[str]
    human: frozenset[str]
    weak: frozenset[str]
    cited: Mapping[str, tuple[tuple[str, ...], ...]]
    cited_keys: frozenset[str]
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
    nouns: frozenset[str]
    ends: frozenset[str]
    verbs: frozenset[str]
    learnt: frozenset[str]
    openings: frozenset[str]
    starts: frozenset[str]


def _women(noun: str) -> Iterator[str]:
    """Yield what a woman of a trade may be called; a form that nobody uses does no harm."""
    for end, forms in _FEMININE:
        if noun.endswith(end):
            yield from (noun.removesuffix(end) + form for form in forms)
            return


@cache
def vocabulary() -> Vocabulary:
    """Return the word lists, read once."""
    raw = msgspec.toml.decode(resource_bytes("hands.toml"), type=_Vocabulary)
    heads: dict[str, tuple[str, ...]] = {}
    for type_, nouns in raw.heads.items():
        for noun in nouns.split():
            if type_ == "trade":
                for one in (noun, *_women(noun)):
                    heads.setdefault(one, ("person",))
                    heads.setdefault(one if one.endswith("s") else one + "s", ("crowd",))
            else:
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

    cited: dict[str, tuple[tuple[str, ...], ...]] = {}
    for phrase in sorted(listed(raw.places, "cited"), key=lambda one: (-len(one), one)):
        first, *rest = (token.low for token in tokens_of(phrase))
        cited[first] = (*cited.get(first, ()), (first, *rest))
    asked = listed(raw.places, "asked")
    says = listed(raw.verbs, "forms") | conjugate(listed(raw.verbs, "er"))
    said = listed(raw.verbs, "past") | {stem + "é" for stem in listed(raw.verbs, "er")}
    stop = listed(raw.words, "stop")
    return Vocabulary(
        heads=heads,
        says=says,
        said=said,
        human=listed(raw.verbs, "human") | conjugate(listed(raw.verbs, "human")),
        weak=listed(raw.verbs, "weak"),
        cited=cited,
        cited_keys=frozenset(
            max(reversed(form), key=len) for forms in cited.values() for form in forms
        ),
        asked=frozenset(word + end for word in asked for end in ("", "e", "s", "es")),
        credit=listed(raw.places, "credit"),
        filler=listed(raw.places, "filler"),
        time=listed(raw.places, "time"),
        before=listed(raw.words, "before"),
        stop=stop,
        pronouns=listed(raw.words, "pronouns"),
        capitals=listed(raw.words, "capitals"),
        story=listed(raw.roles, "story"),
        platforms=listed(raw.words, "platforms"),
        nouns=listed(raw.words, "nouns"),
        ends=stop | says,
        starts=says | HAVING,
        openings=listed(raw.words, "before") | heads.keys(),
        verbs=says | AUXILIARY,
        learnt=said | says | {"appris", "apprend-on", "obtenu"},
    )
