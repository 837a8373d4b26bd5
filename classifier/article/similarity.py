"""How much of a headline's claim a sentence of the body carries: rarity-weighted word overlap.

Each content word of the headline looks for its nearest word in the sentence: the same stem counts
1, a word of the same beginning counts Dice's coefficient of the character trigrams (*autorise*,
*autorisation*), a number only its equal. The words weigh by their rarity in the press
(``resources/rarity.json``: document frequencies of stems in OrangeSum articles older than the test
part, CC BY-SA 4.0), names and numbers more. Numpy is not needed; nothing here is learned from
annotated headlines.

Source of the coefficient: L. Dice, "Measures of the Amount of Ecologic Association Between
Species", *Ecology* 26(3), 1945.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache

import msgspec

from classifier.schema import resource_bytes
from classifier.text.normalise import normalise

STEM = 6
"""Letters of a stem: long enough to part most words, short enough for French endings."""

RAREST = 3.5
"""The highest weight of a word: rarer than one article in thirty counts no more."""

NEAR = 0.5
"""Dice's coefficient from which two words are forms of one."""

_NAME_BONUS = 1.4
_START = re.compile(r"[^\W\d_]+|\d")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:[ .,]\d+)*")
_TOKEN = re.compile(r"\d+(?:[ .,]\d+)*|[^\W\d_]{3,}")
_CUT = re.compile(r"(?:s|x|e|es)$")


class Words(msgspec.Struct, frozen=True, gc=False):
    """A text as content words.

    Attributes:
        weights: stem → weight (rarity, more for names and numbers).
        numbers: the numbers as values, in order.
        names: the stems with a capital that does not begin the text.
    """

    weights: Mapping[str, float]
    numbers: tuple[float, ...]
    names: frozenset[str] = frozenset()


@cache
def rarity() -> tuple[Mapping[str, float], float]:
    """Return stem → inverse document frequency, and the weight of every other stem.

    No weight is above :data:`RAREST`, and names have it whether the press speaks of them often or
    not: swapping two sides must not change what is similar.
    """
    file = msgspec.json.decode(resource_bytes("rarity.json"))
    table = {
        word: min(math.log(file["documents"] / int(count)), RAREST)
        for count, words in file["stems"].items()
        for word in words.split()
    }
    return table, RAREST


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a word's stem: no accents, small letters, no plural, its first letters."""
    plain = unicodedata.normalize("NFD", word.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    if len(plain) > 4:
        plain = _CUT.sub("", plain)
    return plain[:STEM]


def parse_number(text: str) -> float:
    """Return the value of digits as French writes them: ``1.200`` and ``1 200`` are 1200."""
    compact = re.sub(r"[ .](?=\d{3}\b)", "", text).replace(",", ".").replace(" ", "")
    try:
        return float(compact)
    except ValueError:
        return float(re.sub(r"\D", "", text) or 0)


@lru_cache(maxsize=65536)
def _weigh_word(token: str) -> tuple[str, float, bool] | None:
    """Return a word's stem, its weight, and whether it is a name (a capital); None: no content."""
    table, unknown = rarity()
    if token[0].isdigit():
        return f"#{parse_number(token):g}", unknown * 0.7, False
    key = stem(token)
    weight = table.get(key, unknown)
    if weight < 1:  # in more than a third of all articles
        return None
    named = token[0].isupper()
    return key, weight * _NAME_BONUS if named else weight, named


def read_words(text: str) -> Words:
    """Return the content words of a text; words of one or two letters and the commonest fall."""
    return read_normal_words(normalise(text).text)


def read_normal_words(text: str) -> Words:
    """Return the content words of a text that is normalised already."""
    weights: dict[str, float] = {}
    names: list[str] = []
    tokens = _TOKEN.findall(text)
    start = _START.search(text)
    if tokens and start and tokens[0] == start[0]:  # a capital there says nothing
        tokens[0] = tokens[0].lower()
    for known in map(_weigh_word, tokens):
        if known is not None:
            key, weight, named = known
            if named:
                names.append(key)
            if key not in weights or weight > weights[key]:
                weights[key] = weight
    numbers = tuple(map(parse_number, _NUMBER.findall(text))) if _DIGIT.search(text) else ()
    return Words(weights, numbers, frozenset(names))


class Index:
    """Where each stem stands among several sentences, so that a headline meets all at once.

    Attributes:
        places: stem → the sentences that hold it, by their place from 0.
    """

    __slots__ = ("_found", "_heads", "places", "size")

    def __init__(self, sentences: Iterable[Words]) -> None:
        places: dict[str, list[int]] = {}
        self.size = 0
        for place, one in enumerate(sentences):
            self.size += 1
            for word in one.weights:
                if word in places:
                    places[word].append(place)
                else:
                    places[word] = [place]
        self.places = places
        # Only stems that begin alike can be near one another.
        heads: dict[str, list[str]] = {}
        for word in places:
            head = word[:3]
            if head in heads:
                heads[head].append(word)
            else:
                heads[head] = [word]
        self._heads = heads
        self._found: dict[str, dict[int, float]] = {}

    def find(self, word: str) -> dict[int, float]:
        """Return place → how near, above 0 to 1, the nearest stem of the sentence is to a stem."""
        known = self._found.get(word)
        if known is not None:
            return known
        found = self._found[word] = dict.fromkeys(self.places.get(word, ()), 1.0)
        if word[0] == "#" or len(word) < 4 or len(found) == self.size:
            return found
        for other in self._heads.get(word[:3], ()):
            near = dice(word, other) if other != word else 0.0
            if near >= NEAR:
                for place in self.places[other]:
                    if near > found.get(place, 0.0):
                        found[place] = near
        return found

    def cover(
        self, headline: Words, apart: Collection[str] = ()
    ) -> tuple[list[float], list[float], float]:
        """Return the shares, 0 to 1, of the headline's weight that each sentence carries.

        Args:
            apart: stems of the headline left out of the second list.

        Returns:
            The shares; those of the stems that are not ``apart`` (the same where there are none);
            the share that no sentence carries. A headline without words is carried by nothing.
        """
        total = math.fsum(headline.weights.values())
        if not total:
            return [0.0] * self.size, [0.0] * self.size, 1.0
        carried: list[list[float]] = [[] for _ in range(self.size)]
        beside: list[list[float]] = [[] for _ in range(self.size)]
        anywhere, rest = [], []
        for word, weight in headline.weights.items():
            found = self.find(word)
            sides = (carried,) if word in apart else (carried, beside)
            if word not in apart:
                rest.append(weight)
            if found:
                anywhere.append(weight * max(found.values()))
                for place, near in found.items():
                    for side in sides:
                        side[place].append(weight * near)
        shares = [min(math.fsum(parts) / total, 1.0) for parts in carried]
        others = shares
        if apart and rest:
            left = math.fsum(rest)
            others = [min(math.fsum(parts) / left, 1.0) for parts in beside]
        return shares, others, 1 - min(math.fsum(anywhere) / total, 1.0)


def coverage(headline: Words, sentence: Words) -> float:
    """Return the share, 0 to 1, of the headline's weight that the sentence carries; 0 if none."""
    return Index([sentence]).cover(headline)[0][0]


@lru_cache(maxsize=65536)
def dice(first: str, second: str) -> float:
    """Return Dice's coefficient of the character trigrams of two words, 0 to 1."""
    a = {first[at : at + 3] for at in range(max(1, len(first) - 2))}
    b = {second[at : at + 3] for at in range(max(1, len(second) - 2))}
    return 2 * len(a & b) / (len(a) + len(b))
