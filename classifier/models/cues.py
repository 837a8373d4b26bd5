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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from classifier.errors import DataError
from classifier.models.outlet_names import COVER as COVER
from classifier.models.outlet_names import WORD as WORD
from classifier.models.outlet_names import OutletList, OutletNames
from classifier.models.word_classes import WordClasses
from classifier.records import Cue
from classifier.schema import load_schema, resource_bytes
from classifier.text.normalise import NormalText

Polarity = Literal["positive", "negative", "hint"]

_MACRO = re.compile(r"\{([A-Z_]+)\}")
_PREFIX = 3
_SUFFIX = 4
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


class _WordFacts(NamedTuple):
    """What one word says, as bits.

    Attributes:
        entries: of the entries that it anchors, and :data:`_NAMED` and :data:`_SHAPED` beyond.
        allows: of the entries on whose list of required words it is.
    """

    entries: int
    allows: int


_NAMED, _SHAPED = 1, 2
"""Bits of a word, above those of the entries: it begins a listed name; it hints at another."""

_Target = tuple[int | None, int | None]


class _Anchors:
    """Words, beginnings and ends → what they anchor: (entry, None) or (None, list)."""

    def __init__(self) -> None:
        self._words: dict[str, set[_Target]] = {}
        self._stems: dict[str, set[_Target]] = {}
        self._ends: dict[str, set[_Target]] = {}

    def add(self, entry: str, anchor: str, target: _Target) -> None:
        """Add one anchor; raises DataError for a beginning or an end that is too short."""
        if anchor.endswith("*"):
            if len(anchor) <= _PREFIX:
                wanted = f"at least {_PREFIX} letters before the star"
                raise DataError(f"cue {entry}", f"anchor {anchor!r}", wanted)
            self._stems.setdefault(anchor[:-1], set()).add(target)
        elif anchor.startswith("*"):
            if len(anchor) <= _SUFFIX:
                wanted = f"at least {_SUFFIX} letters after the star"
                raise DataError(f"cue {entry}", f"anchor {anchor!r}", wanted)
            self._ends.setdefault(anchor[1:], set()).add(target)
        else:
            self._words.setdefault(anchor, set()).add(target)

    def of(self, word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the entries and the lists that a (lower case) word anchors, in order."""
        found = set(self._words.get(word, ()))
        for length in range(1, len(word) + 1):
            found.update(self._stems.get(word[:length], ()))
            found.update(self._ends.get(word[-length:], ()))
        entries = sorted(entry for entry, _ in found if entry is not None)
        return tuple(entries), tuple(sorted(number for _, number in found if number is not None))


@dataclass
class CueLexicon:
    """A compiled lexicon; patterns are compiled when first tried."""

    entries: tuple[Entry, ...]
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    outlets: OutletNames
    classes: WordClasses = field(default_factory=lambda: WordClasses({}))
    _anchored: _Anchors = field(init=False, repr=False)
    _lists: list[int] = field(init=False, repr=False)
    _free: int = field(init=False, repr=False)
    _silent: set[str] = field(init=False, repr=False)
    _known: dict[str, _WordFacts] = field(init=False, repr=False)
    _patterns: list[re.Pattern[str] | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._patterns = [None] * len(self.entries)
        self._known, self._silent = {}, set()
        self._anchored, self._lists, self._free = _Anchors(), [], 0
        lists: list[frozenset[str]] = []
        for number, entry in enumerate(self.entries):
            for anchor in self._expand_groups(entry.anchors):
                self._anchored.add(entry.id, anchor, (number, None))
            required = frozenset(self._expand_groups(entry.requires))
            if not required:
                self._free |= 1 << number
                continue
            if required not in lists:
                lists.append(required)
                self._lists.append(0)
                for anchor in required:
                    self._anchored.add(entry.id, anchor, (None, len(lists) - 1))
            self._lists[lists.index(required)] |= 1 << number

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
        entries = allowed = 0
        for word in words:
            facts = self._facts(word)
            entries |= facts.entries
            allowed |= facts.allows
        return self._choose(entries, allowed)

    def _choose(self, entries: int, allowed: int) -> list[int]:
        # Bits beyond the entries fall away here.
        chosen = entries & (allowed | self._free)
        numbers = []
        while chosen:
            lowest = chosen & -chosen
            numbers.append(lowest.bit_length() - 1)
            chosen ^= lowest
        return numbers

    def _facts(self, word: str) -> _WordFacts:
        """Return what a word says, remembered by how it is written."""
        facts = self._known.get(word)
        if facts is not None:
            return facts
        if len(self._known) + len(self._silent) >= _KNOWN_WORDS:
            self._known.clear()
            self._silent.clear()
        anchored, lists = self._anchored.of(word.lower())
        entries = sum(1 << number for number in anchored)
        if self.outlets.begins_name(word):
            entries |= _NAMED << len(self.entries)
        if self.outlets.hints_at_shape(word):
            entries |= _SHAPED << len(self.entries)
        facts = _WordFacts(entries, sum(self._lists[number] for number in lists))
        if any(facts):
            self._known[word] = facts
        else:
            self._silent.add(word)
        return facts

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
        hidden = _DOTTED_I in text
        if words is None or hidden or "_" in text:
            words = frozenset(WORD.findall(text.lower() if hidden else text))
        entries = allowed = 0
        begin = []
        named, shaped = _NAMED << len(self.entries), _SHAPED << len(self.entries)
        # Three words in four say nothing to the lexicon; they are set aside all at once.
        for word in words.difference(self._silent):
            facts = self._known.get(word) or self._facts(word)
            entries |= facts.entries
            allowed |= facts.allows
            if facts.entries & named and (hidden or self.outlets.may_stand(word, words)):
                begin.append(word)
        covered = text
        if begin or hidden or entries & shaped:
            # The words of a text in small letters are not those that begin names.
            begins = None if hidden else begin
            covered = self.outlets.cover(text, begins, shaped=hidden or bool(entries & shaped))
        marks = [COVER] if covered is not text and COVER in covered else []
        if '"' in text or "«" in text:
            marks.append('"')
        for mark in marks:
            facts = self._facts(mark)
            entries |= facts.entries
            allowed |= facts.allows
        numbers = self._choose(entries, allowed)
        if not numbers:
            return covered, []
        plain = _plain(covered)
        matches = []
        for number in numbers:
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
                Cue(*normal.original_span(match.start, match.end), match.entry.device)
                for match in chosen
            )
        )
    return found


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
