"""The cue lexicon: transparent patterns that show where a device stands in a sentence.

The patterns are data (``resources/cues.toml``): each has a label, a device, a polarity, anchor
words, and examples that a test runs. ``positive`` patterns yield evidence; ``negative`` ones
withdraw the evidence they overlap (*ligne rouge du métro*); ``hint`` patterns yield none, but a
trained model may weigh them.

Names of news outlets are covered before any pattern is tried
(:mod:`classifier.models.outlet_names`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import msgspec

from classifier.errors import DataError
from classifier.models.outlet_names import COVER as COVER
from classifier.models.outlet_names import WORD as WORD
from classifier.models.outlet_names import OutletList, OutletNames
from classifier.models.word_classes import WordClasses
from classifier.records import Cue
from classifier.schema import load_schema, resource_bytes
from classifier.text.needed_words import Clause, Piece, WordPieces, needed_pieces
from classifier.text.normalise import NormalText

Polarity = Literal["positive", "negative", "hint"]

_MACRO = re.compile(r"\{([A-Z_]+)\}")
_PREFIX = 3
_SUFFIX = 4
# Sentences before the words that patterns need are looked for, and in how many of them a pattern
# must have been tried: reading it takes as long as searching some hundred sentences in vain.
_PAYS = 4_000
_OFTEN = 1 / 50
# How many words that a pattern needs are looked for.
_NEEDED = 2
# Words whose entries are remembered; beyond, all are forgotten, so memory stays flat.
_KNOWN_WORDS = 50_000
# The one letter whose small form is two characters, the second no part of a word.
_DOTTED_I = "İ"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern of the lexicon.

    Attributes:
        anchors: words (lower case) one of which must stand in the sentence for the pattern to be
            tried; ``menac*`` is a beginning of at least three letters, ``*rait`` an end of four or
            more, ``@outlet`` a group, ``ꙮ`` any outlet's name, ``"`` a
            quotation mark.
        requires: the same, for a second word that must stand there too.
        positive, negative: sentences in which the pattern must, and must not, be found.
    """

    id: str
    label: str
    device: str
    anchors: tuple[str, ...]
    pattern: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    polarity: Polarity = "positive"
    requires: tuple[str, ...] = ()


class _LexiconFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outlets: OutletList
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    cue: tuple[Entry, ...]
    classes: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern found in a normalised sentence."""

    entry: Entry
    start: int
    end: int


_OPENING = re.compile(r"(?:^|[.!?:;«»\"(–-] ?)[A-ZÀ-Þ](?![A-ZÀ-Þ])")


def _plain(text: str) -> str:
    """Return the text with small letters where a capital only opens a sentence or a quotation.

    Patterns are then compared with regard to case, which is several times faster and tells names
    from words. A text in capitals alone is put in small letters.
    """
    if text.isupper():
        lower = text.lower()
        return lower if len(lower) == len(text) else text
    return _OPENING.sub(lambda match: match[0].lower(), text)


class _Words:
    """What each word says of the entries, as bits, remembered up to a bound.

    The bits of the entries that a word anchors come first, then :data:`_NAMED` and :data:`_SHAPED`;
    then, for what else an entry asks for, those of the entries that the word satisfies.

    Args:
        asked: for each entry its anchors and what else it asks for: words, one of which must stand
            in the sentence.
    """

    def __init__(self, asked: Sequence[Sequence[Clause]], outlets: OutletNames) -> None:
        self.known: dict[str, int] = {}
        self.silent: set[str] = set()
        self._outlets = outlets
        self.named, self.shaped = _NAMED << len(asked), _SHAPED << len(asked)
        self._width = len(asked) + _FLAGS
        self._every = (1 << len(asked)) - 1
        # One bit more for every place in which an entry asks for nothing.
        self._free = [self._every] * (max(map(len, asked), default=1) - 1)
        pieces: dict[str, int] = {}
        for number, clauses in enumerate(asked):
            for place, clause in enumerate(clauses):
                for piece in clause:
                    bit = 1 << place * self._width + number
                    pieces[piece] = pieces.get(piece, 0) | bit
                if place:
                    self._free[place - 1] ^= 1 << number
        self._pieces = WordPieces()
        for piece, bits in pieces.items():
            self._pieces.add(piece, bits)

    def bits(self, word: str) -> int:
        """Return what a word says, remembered by how it is written."""
        bits = self.known.get(word)
        if bits is not None:
            return bits
        if len(self.known) + len(self.silent) >= _KNOWN_WORDS:
            self.known.clear()
            self.silent.clear()
        bits = self._pieces.of(word.lower())
        if self._outlets.begins_name(word):
            bits |= self.named
        if self._outlets.hints_at_shape(word):
            bits |= self.shaped
        if bits:
            self.known[word] = bits
        else:
            self.silent.add(word)
        return bits

    def choose(self, bits: int) -> list[int]:
        """Return the numbers of the entries for which words of these bits have all they ask for."""
        chosen = bits & self._every
        for free in self._free:
            bits >>= self._width
            chosen &= bits | free
        numbers = []
        while chosen:
            lowest = chosen & -chosen
            numbers.append(lowest.bit_length() - 1)
            chosen ^= lowest
        return numbers


_NAMED, _SHAPED = 1, 2
"""Bits of a word, above those of the entries: it begins a listed name; it hints at another."""

_FLAGS = 2
"""How many they are."""


@dataclass
class CueLexicon:
    """A compiled lexicon; patterns are compiled when first tried."""

    entries: tuple[Entry, ...]
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    outlets: OutletNames
    classes: WordClasses = field(default_factory=lambda: WordClasses({}))
    _words: _Words = field(init=False, repr=False)
    _patterns: list[re.Pattern[str] | None] = field(init=False, repr=False)
    _texts: int = field(default=0, init=False, repr=False)
    _tried: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._patterns = [None] * len(self.entries)
        self._tried = [0] * len(self.entries)
        self._words = _Words([self._asked(entry) for entry in self.entries], self.outlets)

    def _asked(self, entry: Entry) -> list[Clause]:
        """Return an entry's anchors and required words as pieces of words.

        Raises:
            DataError: a beginning or an end is too short.
        """
        clauses = []
        for anchors in (entry.anchors, entry.requires):
            pieces = {_piece(entry.id, anchor) for anchor in self._expand_groups(anchors)}
            clauses.append(frozenset(pieces))
        return clauses if entry.requires else clauses[:1]

    def _look_closer(self) -> None:
        """Ask also for the words without which a pattern that is often tried is not found."""
        asked = [self._asked(entry) for entry in self.entries]
        for number, tried in enumerate(self._tried):
            if tried >= self._texts * _OFTEN:
                needed = needed_pieces(self.pattern(number))
                # Names are covered after the words were looked at.
                telling = [one for one in needed if COVER not in "".join(one)]
                asked[number] += telling[:_NEEDED]
        # Another thread may be reading with the old words: they are left as they are.
        self._words = _Words(asked, self.outlets)

    def _expand_groups(self, anchors: Iterable[str]) -> Iterator[str]:
        for anchor in anchors:
            yield from self.groups[anchor[1:]] if anchor.startswith("@") else (anchor,)

    def pattern(self, number: int) -> re.Pattern[str]:
        """Return the compiled pattern of ``entries[number]``."""
        compiled = self._patterns[number]
        if compiled is None:
            compiled = re.compile(self._expand(self.entries[number].pattern))
            self._patterns[number] = compiled
        return compiled

    def _expand(self, pattern: str) -> str:
        while _MACRO.search(pattern):
            pattern = _MACRO.sub(lambda match: f"(?:{self.macros[match[1]]})", pattern)
        return pattern

    def candidates(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of the entries whose anchors stand among the words."""
        bits = 0
        for word in words:
            bits |= self._words.bits(word)
        return self._words.choose(bits)

    def find(self, text: str) -> list[Match]:
        """Return every match in a normalised sentence, whatever its polarity.

        Args:
            text: a sentence as :func:`classifier.text.normalise.normalise` returns it.
        """
        return self.read(text)[1]

    def read(self, text: str, words: frozenset[str] | None = None) -> tuple[str, list[Match]]:
        """Return a normalised sentence with its outlets' names covered, and its matches.

        Args:
            words: the runs of word characters of the text, where they are known.
        """
        texts = self._texts = self._texts + 1
        if texts == _PAYS:
            self._look_closer()
        hidden = _DOTTED_I in text
        if words is None or hidden or "_" in text:
            words = frozenset(WORD.findall(text.lower() if hidden else text))
        facts = self._words
        bits = 0
        begin = []
        # Most words say nothing to the lexicon; they are set aside all at once.
        for word in words.difference(facts.silent):
            those = facts.known.get(word) or facts.bits(word)
            bits |= those
            if those & facts.named and (hidden or self.outlets.may_stand(word, words)):
                begin.append(word)
        covered = text
        if begin or hidden or bits & facts.shaped:
            # The words of a text in small letters are not those that begin names.
            begins = None if hidden else begin
            covered = self.outlets.cover(text, begins, shaped=hidden or bool(bits & facts.shaped))
            if COVER in covered:
                bits |= facts.bits(COVER)
        if '"' in text or "«" in text:
            bits |= facts.bits('"')
        numbers = facts.choose(bits)
        if not numbers:
            return covered, []
        plain = _plain(covered)
        matches = []
        for number in numbers:
            self._tried[number] += 1
            entry = self.entries[number]
            for match in self.pattern(number).finditer(plain):
                # A group called "cue" narrows the evidence within the words that were needed.
                narrow = match.re.groupindex and match.span("cue")
                start, end = narrow if narrow and narrow[0] >= 0 else match.span()
                while end > start and text[end - 1] in " ,;:":
                    end -= 1
                if end > start:
                    matches.append(Match(entry, start, end))
        return covered, matches


def _piece(entry: str, anchor: str) -> Piece:
    """Return an anchor as a piece of a word.

    Raises:
        DataError: a beginning or an end is too short.
    """
    word = anchor.strip("*")
    if anchor.endswith("*"):
        if len(word) < _PREFIX:
            wanted = f"at least {_PREFIX} letters before the star"
            raise DataError(f"cue {entry}", f"anchor {anchor!r}", wanted)
        return f" {word}"
    if anchor.startswith("*"):
        if len(word) < _SUFFIX:
            wanted = f"at least {_SUFFIX} letters after the star"
            raise DataError(f"cue {entry}", f"anchor {anchor!r}", wanted)
        return f"{word} "
    return f" {word} "


def evidence(matches: Iterable[Match], normal: NormalText) -> dict[str, tuple[Cue, ...]]:
    """Return the cues per label: positive matches that no negative match of the label overlaps.

    Of two overlapping cues of one device the longer stays. Offsets are the original sentence's.
    """
    matches = list(matches)
    found: dict[str, tuple[Cue, ...]] = {}
    if not matches:
        return found
    withdrawn = [match for match in matches if match.entry.polarity == "negative"]
    kept: dict[str, list[Match]] = {}
    for match in matches:
        if match.entry.polarity != "positive" or any(_withdraws(no, match) for no in withdrawn):
            continue
        kept.setdefault(match.entry.label, []).append(match)
    for label, of_label in kept.items():
        of_label.sort(key=lambda match: (match.start - match.end, match.start))
        chosen: list[Match] = []
        for match in of_label:
            if not any(
                match.entry.device == other.entry.device
                and match.start < other.end
                and other.start < match.end
                for other in chosen
            ):
                chosen.append(match)
        found[label] = tuple(
            sorted(
                Cue(*normal.original_span(*_whole_words(normal.text, match)), match.entry.device)
                for match in chosen
            )
        )
    return found


def _whole_words(text: str, match: Match) -> tuple[int, int]:
    """Return the span of a match up to the end of its last word.

    Patterns reach on for so many characters at most, which may end inside a word.
    """
    end = match.end
    if text[end - 1].isalnum():
        while end < len(text) and text[end].isalnum():
            end += 1
    return match.start, end


def _withdraws(negative: Match, match: Match) -> bool:
    return (
        negative.entry.label == match.entry.label
        and negative.start < match.end
        and match.start < negative.end
        and negative.entry.device in ("", match.entry.device)
    )


@cache
def load_lexicon() -> CueLexicon:
    """Return the lexicon that travels with the package; read once."""
    return parse_lexicon(resource_bytes("cues.toml"))


def parse_lexicon(source: bytes) -> CueLexicon:
    """Read a lexicon from TOML.

    Raises:
        DataError: broken TOML, unknown keys, or a device that the schema does not know.
    """
    try:
        parsed = msgspec.toml.decode(source, type=_LexiconFile)
    except msgspec.DecodeError as error:
        raise DataError(
            "cue lexicon", str(error), "outlets, groups, macros and cue entries"
        ) from None
    schema = load_schema()
    for entry in parsed.cue:
        devices = schema.label(entry.label).device_names
        if entry.device not in devices and not (
            entry.device == "" and entry.polarity == "negative"
        ):
            raise DataError(f"cue {entry.id}", f"device {entry.device!r}", ", ".join(devices))
    outlets, classes = OutletNames(parsed.outlets), WordClasses(parsed.classes)
    return CueLexicon(parsed.cue, parsed.groups, parsed.macros, outlets, classes)
