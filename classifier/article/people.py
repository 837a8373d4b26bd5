"""Whom a pronoun or a bare description stands for: *il*, *cette dernière*, *le centriste*.

No parser: people are capitals in a row that are no outlet. The nearest sentence that names somebody
of the right gender decides, outside quotation marks where it can; its first name is its likeliest
subject, and so the likeliest to go on speaking.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.article.gazetteer import Gazetteer
from classifier.article.tokens import places_of
from classifier.article.vocabulary import vocabulary

CAPITALS = r"[A-ZÀ-Þ](?:[\w'’-]*\w|\.(?= [A-ZÀ-Þ]))?"
CIVIL = re.compile(r"^(?:M|MM|Mme|Mmes|Me|Mlle|Dr|Pr|Mgr|Maître)\.? ")
_NAME = re.compile(
    rf"(?<![\w'])({CAPITALS}(?:(?: (?:de|du|von|van|ben|bin|al|el|d'))? {CAPITALS})+)"
)
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r'«[^»]*(?:»|$)|"[^"]*(?:"|$)')
_FULL = rf"({CAPITALS}(?: {CAPITALS})+)"
_NAMED_AFTER = re.compile(rf"\b[^.;:«»\"]{{0,60}}?(?<![\w'])(?:M\. |Mme |Me )?{_FULL}")
_NAMED_BEFORE = re.compile(rf"(?<![\w']){_FULL}(?:, | \()(?:[a-zà-ÿ'-]+ ?){{0,3}}?$")
_SHOWN = re.compile(
    r"\b(?:(Mme|Mlle|[Ll]a|[Uu]ne|[Ss]a|[Cc]ette)|M\.?|[Ll]e|[Uu]n|[Ss]on|[Cc]e)"
    r" (?:[a-zà-ÿ'-]+ ){0,2}$"
)
_FIRST = re.compile(r"\w*(?:ine|elle|ette|ise|yse|anne|enne|ie|ence|ance|tha|ra|na|la|da|ia)$")
_NO_WOMAN = frozenset({"Luca", "Nicola", "Andrea", "Jean-Marie", "Mustapha", "Moussa", "Elia"})
_NAMINGS = 32
"""Namings of one description that are weighed, on either side of it."""
REACH = 5
"""Sentences that a pronoun looks back over."""


class _Naming(NamedTuple):
    """A place where a description stands beside a full name, with the words around it."""

    at: int
    near: frozenset[str]
    name: str


@dataclass
class People:
    """The people that one article names.

    Attributes:
        text: the whole article, normalised.
        gazetteer: knows names that are outlets, no people.
    """

    text: str
    gazetteer: Gazetteer
    _genders: dict[str, str] = field(default_factory=dict, repr=False)
    _names: dict[str, list[tuple[int, str]]] = field(default_factory=dict, repr=False)
    _heads: dict[str, list[_Naming]] = field(default_factory=dict, repr=False)

    def names_in(self, unit: str) -> list[tuple[int, str]]:
        """Return the full names in a unit with where they stand, outlets and headings left out."""
        if unit not in self._names:
            self._names[unit] = list(self._read(unit))
        return self._names[unit]

    def _read(self, unit: str) -> Iterator[tuple[int, str]]:
        words = vocabulary()
        for match in _NAME.finditer(unit):
            name, start = CIVIL.sub("", match[1]), match.start()
            first, _, rest = name.partition(" ")
            while rest and (
                first in words.capitals
                or first.lower() in words.stop
                or first.lower() in words.heads
            ):
                start, name = start + len(first) + 1, rest
                first, _, rest = name.partition(" ")
            if not rest and not CIVIL.match(match[1]):
                continue
            if first.isupper() and len(first) > 2:
                continue
            if not self.gazetteer.find(name):
                yield start, name

    def gender(self, name: str) -> str:
        """Return ``m`` or ``f`` where the article or the first name shows it, else nothing."""
        if name not in self._genders:
            self._genders[name] = self._find_gender(name)
        return self._genders[name]

    def _find_gender(self, name: str) -> str:
        first, _, last = name.rpartition(" ")
        for at in places_of(self.text, last):
            before = self.text[max(0, at - 60) : at]
            if first:
                before = before.removesuffix(first + " ")
            shown = _SHOWN.search(before)
            if shown:
                return "f" if shown[1] else "m"
        given = first.split(" ")[0]
        if given and _FIRST.fullmatch(given) and given not in _NO_WOMAN:
            return "f"
        return ""

    def nearest(
        self, before: Sequence[str], own: str, gender: str, known: Sequence[str], *, last: bool
    ) -> str:
        """Return who is meant: a name that stands in the nearest sentence that has one.

        Args:
            before: the sentences before, in order.
            own: the sentence itself up to the pronoun.
            gender: ``m``, ``f`` or nothing.
            known: full names of people that have been hands; a family name may stand for them.
            last: *ce dernier*: the last name of the sentence, else its first.
        """
        by_end = {name.rpartition(" ")[2]: name for name in known}
        units = [*before[-REACH:], own]
        for number in range(len(units) - 1, -1, -1):
            plain = _QUOTED.sub(lambda found: " " * len(found[0]), units[number])
            for text in (plain,) if number == len(units) - 1 else (plain, units[number]):
                named = dict(self.names_in(text))
                for end, name in by_end.items():
                    at = next(places_of(text, end), -1)
                    if at >= 0 and not any(one.endswith(end) for one in named.values()):
                        named[at] = name
                agreed = [
                    name
                    for _, name in sorted(named.items())
                    if not gender or self.gender(name) in ("", gender)
                ]
                sure = [name for name in agreed if gender and self.gender(name) == gender]
                if agreed:
                    return agreed[-1] if last else (sure or agreed)[0]
        return ""

    def described(self, head: str, words: str, before: str) -> str:
        """Return the name that the article gives to somebody described as ``words``.

        *Le maire de Brive, Jean Roux* and *Jean Roux, maire de Brive* both name the mayor of Brive;
        *le maire de Tulle* is somebody else. What stands before goes before what stands after.
        """
        asked = {low for low in _WORD.findall(words.casefold()) if len(low) > 3} - {head}
        proper = {one.casefold() for one in _WORD.findall(words)[1:] if one[0].isupper()}
        namings = self._namings(head)
        middle = bisect(namings, len(before), key=lambda one: one.at)
        best: tuple[int, bool, int] | None = None
        found = ""
        for naming in namings[max(0, middle - _NAMINGS) : middle + _NAMINGS]:
            if proper and not proper & naming.near:
                continue
            earlier = naming.at < len(before)
            rank = (len(asked & naming.near), earlier, naming.at if earlier else -naming.at)
            if best is None or rank > best:
                best, found = rank, naming.name
        return found

    def _namings(self, head: str) -> list[_Naming]:
        """Return where the article names somebody whom it calls ``head``, in reading order."""
        if head not in self._heads:
            self._heads[head] = list(self._read_namings(head))
        return self._heads[head]

    def _read_namings(self, head: str) -> Iterator[_Naming]:
        for at in places_of(self.text, head):
            after = self.text[at : at + len(head) + 120]
            front = self.text[max(0, at - 70) : at]
            for match, window in (
                (_NAMED_AFTER.match(after, len(head)), after),
                (_NAMED_BEFORE.search(front), front + after[: len(head) + 40]),
            ):
                named = self.names_in(match[1]) if match else []
                if not match or not named:
                    continue
                shown = window[: match.end()] if window is after else window[match.start() :]
                near = frozenset(low for low in _WORD.findall(shown.casefold()) if len(low) > 3)
                yield _Naming(at, near, named[-1][1])
