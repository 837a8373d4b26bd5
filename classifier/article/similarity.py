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
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain, filterfalse

import msgspec

from classifier.schema import resource_bytes
from classifier.text.normalise import NormalText, normalise

HEAD = 3
"""Letters by which stems are looked up: only stems that begin alike can be near one another."""

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
_LETTERS = re.compile(r"[^\W\d_]{3,}")
# Beginnings of words whose small letters are remembered; beyond, all are forgotten.
_KNOWN_HEADS = 50_000


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
    plain = _plain(word)
    if len(plain) > 4:
        if plain.endswith("es"):
            plain = plain[:-2]
        elif plain[-1] in "sxe":
            plain = plain[:-1]
    return plain[:STEM]


def _plain(letters: str) -> str:
    """Return letters as small ones without accents."""
    plain = letters.casefold()
    if plain.isascii():
        return plain
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFD", plain)))


class _Heads(dict[str, str]):
    """The first letters of words as they are written → the first letters of their stems."""

    def __missing__(self, written: str) -> str:
        if len(self) >= _KNOWN_HEADS:
            self.clear()
        head = _plain(written)[:HEAD]
        if written[:1].isdigit() and not written[0].isdecimal():  # *¹Selon* is weighed as a number
            head = "#0"
        self[written] = head
        return head


_HEADS = _Heads()


@lru_cache(maxsize=65536)
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
        return _number_key(parse_number(token)), unknown * 0.7, False
    key = stem(token)
    weight = table.get(key, unknown)
    if weight < 1:  # in more than a third of all articles
        return None
    named = token[0].isupper()
    return key, weight * _NAME_BONUS if named else weight, named


def _number_key(value: float) -> str:
    return f"#{value:g}"


def read_words(text: str) -> Words:
    """Return the content words of a text; words of one or two letters and the commonest fall."""
    normal = normalise(text).text
    weights, names = weigh_words(normal)
    return Words(weights, read_numbers(normal), frozenset(names))


def weigh_words(text: str) -> tuple[dict[str, float], list[str]]:
    """Return stem → weight of a normalised text, and the stems that are names."""
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
    return weights, names


def read_numbers(text: str) -> tuple[float, ...]:
    """Return the numbers of a normalised text as values, in order."""
    return tuple(map(parse_number, _NUMBER.findall(text))) if _DIGIT.search(text) else ()


class Index:
    """Where stems stand among several sentences, so that a headline meets all at once.

    Few words of a body begin like one of a headline: those alone become stems.
    """

    __slots__ = ("_alike", "_found", "_numbers", "_texts", "_written", "size")

    def __init__(self, texts: Sequence[NormalText]) -> None:
        self._texts, self.size = texts, len(texts)
        self._written = [one.words for one in texts]
        self._alike: dict[str, dict[str, list[int]]] = {}
        self._numbers: list[tuple[float, ...]] | None = None
        self._found: dict[str, dict[int, float]] = {}
        # Digits and marks part words: *covid19*, *mot_clé*.
        odd = filterfalse(str.isalpha, chain.from_iterable(self._written))
        mixed = set(filter(_LETTERS.search, odd))
        if mixed:
            for place, text in enumerate(texts):
                if not mixed.isdisjoint(text.words):
                    self._written[place] = frozenset(_LETTERS.findall(text.text))

    @property
    def numbers(self) -> list[tuple[float, ...]]:
        """The numbers of each sentence as values, in order."""
        if self._numbers is None:
            self._numbers = [read_numbers(one.text) for one in self._texts]
        return self._numbers

    def look_up(self, stems: Iterable[str]) -> None:
        """Find all words that begin like one of these stems, at once: each call reads all words."""
        heads = {word[:HEAD] for word in stems} - self._alike.keys()
        if heads:
            alike = self._alike
            for head in heads:
                alike[head] = {}
            for place, words in enumerate(self._written):
                for word in words:
                    head = _HEADS[word[:HEAD]]
                    if head in heads and len(word) >= HEAD:
                        alike[head].setdefault(word, []).append(place)

    def find(self, word: str) -> dict[int, float]:
        """Return place → how near, above 0 to 1, the nearest stem of the sentence is to a stem."""
        known = self._found.get(word)
        if known is not None:
            return known
        found = self._places_of_number(word) if word[0] == "#" else {}
        for written, places in self._words_like(word).items():
            near = _nearness(word, written)
            if near:
                for place in places:
                    if near > found.get(place, 0.0):
                        found[place] = near
        self._found[word] = found
        return found

    def has_name(self, word: str) -> bool:
        """Say whether a stem has a capital somewhere but at the beginning of a sentence."""
        for written, places in self._words_like(word).items():
            if (
                written[0].isupper()
                and stem(written) == word
                and any(_stands_inside(self._texts[place].text, written) for place in places)
            ):
                return True
        return False

    def _words_like(self, word: str) -> dict[str, list[int]]:
        """Return the words that begin like a stem → the sentences that hold them."""
        head = word[:HEAD]
        if head not in self._alike:
            self.look_up((word,))
        return self._alike[head]

    def _places_of_number(self, word: str) -> dict[int, float]:
        """Return the sentences that hold a number, all of them as near as can be."""
        return {
            place: 1.0
            for place in range(self.size)
            if word in map(_number_key, self.numbers[place])
        }

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
        # Only sentences that share a word are counted; sums are exact in any order.
        carried: dict[int, list[float]] = {}
        beside: dict[int, list[float]] = {}
        anywhere, rest = [], []
        for word, weight in headline.weights.items():
            side = carried
            if word not in apart:
                side = beside
                rest.append(weight)
            found = self.find(word)
            if found:
                anywhere.append(weight * max(found.values()))
                for place, near in found.items():
                    if place in side:
                        side[place].append(weight * near)
                    else:
                        side[place] = [weight * near]
        left = math.fsum(rest) if apart and rest else 0.0
        shares = [0.0] * self.size
        others = [0.0] * self.size if left else shares
        for place, parts in beside.items():
            if left:
                others[place] = min(math.fsum(parts) / left, 1.0)
            if place not in carried:
                shares[place] = min(math.fsum(parts) / total, 1.0)
        for place, parts in carried.items():
            shares[place] = min(math.fsum(parts + beside.get(place, [])) / total, 1.0)
        return shares, others, 1 - min(math.fsum(anywhere) / total, 1.0)


def _nearness(word: str, written: str) -> float:
    """Return how near, 0 to 1, a word as it is written comes to a stem that begins like it."""
    if word[0] == "#":
        known = _weigh_word(written)
        return float(known is not None and known[0] == word)
    other = stem(written)
    if other == word:
        return 1.0
    near = dice(word, other) if len(word) > HEAD else 0.0
    return near if near >= NEAR and _weigh_word(written) is not None else 0.0


def _stands_inside(text: str, word: str) -> bool:
    """Say whether a word of a text stands elsewhere than at its beginning."""
    start = _START.search(text)
    return start is None or start[0] != word or _TOKEN.findall(text).count(word) > 1


def coverage(headline: Words, sentence: str) -> float:
    """Return the share, 0 to 1, of the headline's weight that the sentence carries; 0 if none."""
    return Index([normalise(sentence)]).cover(headline)[0][0]


@lru_cache(maxsize=65536)
def dice(first: str, second: str) -> float:
    """Return Dice's coefficient of the character trigrams of two words, 0 to 1."""
    a = {first[at : at + 3] for at in range(max(1, len(first) - 2))}
    b = {second[at : at + 3] for at in range(max(1, len(second) - 2))}
    return 2 * len(a & b) / (len(a) + len(b))
