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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import msgspec

from classifier.schema import resource_bytes
from classifier.text.normalise import normalise

STEM = 6
"""Letters of a stem: long enough to part most words, short enough for French endings."""

RAREST = 3.5
"""The highest weight of a word: rarer than one article in thirty counts no more."""

_NEAR = 0.5  # Dice's coefficient from which two words are forms of one
_NAME_BONUS = 1.4
_TOKEN = re.compile(r"\d+(?:[ .,]\d+)*|[^\W\d_]+")
_CUT = re.compile(r"(?:s|x|e|es)$")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as content words.

    Attributes:
        weights: stem → weight (rarity, more for names and numbers).
        numbers: the numbers as values, in order.
    """

    weights: Mapping[str, float]
    numbers: tuple[float, ...]


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


def read_words(text: str) -> Words:
    """Return the content words of a text; words of one or two letters and the commonest fall."""
    table, unknown = rarity()
    weights: dict[str, float] = {}
    numbers: list[float] = []
    for place, match in enumerate(_TOKEN.finditer(normalise(text).text)):
        token = match[0]
        if token[0].isdigit():
            value = parse_number(token)
            numbers.append(value)
            weights[f"#{value:g}"] = unknown * 0.7
            continue
        if len(token) < 3:
            continue
        key = stem(token)
        weight = table.get(key, unknown)
        if weight < 1:  # in more than a third of all articles: no content
            continue
        if place and token[0].isupper():
            weight *= _NAME_BONUS
        weights[key] = max(weight, weights.get(key, 0.0))
    return Words(weights, tuple(numbers))


_NONE: dict[str, float] = {}


def coverage(headline: Words, sentence: Words) -> float:
    """Return the share, 0 to 1, of the headline's weight that the sentence carries; 0 if none."""
    total = math.fsum(headline.weights.values())
    if not total:
        return 0.0
    # Only words with the same beginning can be near: they are gathered once for the sentence.
    heads: dict[str, dict[str, float]] = {}
    for other, weight in sentence.weights.items():
        heads.setdefault(other[:3], {})[other] = weight
    carried = math.fsum(
        weight * nearest(word, heads.get(word[:3], _NONE))
        for word, weight in headline.weights.items()
    )
    return min(carried / total, 1.0)


def missing_words(headline: Words, sentences: Iterable[Words]) -> float:
    """Return the share of the headline's weight that none of the sentences carries."""
    pool: dict[str, float] = {}
    for one in sentences:
        pool.update(one.weights)
    return 1 - coverage(headline, Words(pool, ()))


def nearest(word: str, others: Mapping[str, float]) -> float:
    """Return how near the nearest of these stems is to a stem, 0 to 1; 0 below Dice 0.5."""
    if word in others:
        return 1.0
    if word[0] == "#" or len(word) < 4:
        return 0.0
    head = word[:3]
    best = max((dice(word, other) for other in others if other.startswith(head)), default=0.0)
    return best if best >= _NEAR else 0.0


@lru_cache(maxsize=65536)
def dice(first: str, second: str) -> float:
    """Return Dice's coefficient of the character trigrams of two words, 0 to 1."""
    a = {first[at : at + 3] for at in range(max(1, len(first) - 2))}
    b = {second[at : at + 3] for at in range(max(1, len(second) - 2))}
    return 2 * len(a & b) / (len(a) + len(b))


def similarities(headline: str, sentences: Sequence[str]) -> list[float]:
    """Return the similarity, 0 to 1, of each sentence to the headline."""
    words = read_words(headline)
    return [coverage(words, read_words(text)) for text in sentences]
