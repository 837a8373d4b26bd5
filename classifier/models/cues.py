"""The cue lexicon: transparent patterns that show where a device stands in a sentence.

The patterns are data (``resources/cues.toml``): each has a label, a device, a polarity, anchor
words, and examples that a test runs. ``positive`` patterns yield evidence; ``negative`` ones
withdraw the evidence they overlap (*ligne rouge du métro*); ``hint`` patterns yield none, but a
trained model may weigh them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import msgspec

from classifier.errors import DataError
from classifier.records import Cue
from classifier.schema import load_schema, resource_bytes
from classifier.text.normalise import NormalText

Polarity = Literal["positive", "negative", "hint"]

WORD = re.compile(r"[^\W_]+")
_MACRO = re.compile(r"\{([A-Z_]+)\}")
_PREFIX = 3


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern of the lexicon.

    Attributes:
        anchors: words (lower case) one of which must stand in the sentence for the pattern to be
            tried; ``menac*`` is a beginning of at least three letters, ``@outlet`` a group.
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
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    cue: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern found in a normalised sentence."""

    entry: Entry
    start: int
    end: int


@dataclass
class CueLexicon:
    """A compiled lexicon; patterns are compiled when first tried."""

    entries: tuple[Entry, ...]
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    _words: dict[str, list[int]] = field(init=False, repr=False)
    _stems: dict[str, list[tuple[str, int]]] = field(init=False, repr=False)
    _required: list[tuple[frozenset[str], tuple[str, ...]] | None] = field(init=False, repr=False)
    _patterns: list[re.Pattern[str] | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._words, self._stems = {}, {}
        self._patterns = [None] * len(self.entries)
        self._required = []
        for number, entry in enumerate(self.entries):
            words, stems = self._anchors(entry, entry.anchors)
            for word in words:
                self._words.setdefault(word, []).append(number)
            for stem in stems:
                self._stems.setdefault(stem[:_PREFIX], []).append((stem, number))
            self._required.append(self._anchors(entry, entry.requires) if entry.requires else None)

    def _anchors(
        self, entry: Entry, anchors: Iterable[str]
    ) -> tuple[frozenset[str], tuple[str, ...]]:
        words: set[str] = set()
        stems: set[str] = set()
        for anchor in anchors:
            for word in self.groups[anchor[1:]] if anchor.startswith("@") else (anchor,):
                if word.endswith("*"):
                    if len(word) <= _PREFIX:
                        raise DataError(
                            f"cue {entry.id}",
                            f"anchor {word!r}",
                            f"at least {_PREFIX} letters before the star",
                        )
                    stems.add(word[:-1])
                else:
                    words.add(word)
        return frozenset(words), tuple(sorted(stems))

    def pattern(self, number: int) -> re.Pattern[str]:
        """Return the compiled pattern of ``entries[number]``."""
        compiled = self._patterns[number]
        if compiled is None:
            compiled = re.compile(self._expand(self.entries[number].pattern), re.IGNORECASE)
            self._patterns[number] = compiled
        return compiled

    def _expand(self, pattern: str) -> str:
        while _MACRO.search(pattern):
            pattern = _MACRO.sub(lambda match: f"(?:{self.macros[match[1]]})", pattern)
        return pattern

    def candidates(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of the entries whose anchors stand among the (lower case) words."""
        present = set(words)
        found: set[int] = set()
        known = self._words
        for word in present & known.keys():
            found.update(known[word])
        stems = self._stems
        for word in present:
            for stem, number in stems.get(word[:_PREFIX], ()):
                if number not in found and word.startswith(stem):
                    found.add(number)
        return sorted(number for number in found if self._satisfied(number, present))

    def _satisfied(self, number: int, present: set[str]) -> bool:
        required = self._required[number]
        if required is None:
            return True
        words, stems = required
        if not words.isdisjoint(present):
            return True
        return bool(stems) and any(word.startswith(stems) for word in present)

    def find(self, text: str, words: Sequence[str] | None = None) -> list[Match]:
        """Return every match in a normalised sentence, whatever its polarity.

        Args:
            text: a sentence as :func:`classifier.text.normalise.normalise` returns it.
            words: its words in lower case, where they are known already.
        """
        if words is None:
            words = WORD.findall(text.lower())
        matches = []
        for number in self.candidates(words):
            entry = self.entries[number]
            for match in self.pattern(number).finditer(text):
                # A group called "cue" narrows the evidence within the words that were needed.
                narrow = match.re.groupindex and match.span("cue")
                start, end = narrow if narrow and narrow[0] >= 0 else match.span()
                while end > start and text[end - 1] in " ,;:":
                    end -= 1
                if end > start:
                    matches.append(Match(entry, start, end))
        return matches


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
        raise DataError("cue lexicon", str(error), "groups, macros and cue entries") from None
    schema = load_schema()
    for entry in parsed.cue:
        devices = schema.label(entry.label).device_names
        if entry.device not in devices and not (
            entry.device == "" and entry.polarity == "negative"
        ):
            raise DataError(f"cue {entry.id}", f"device {entry.device!r}", ", ".join(devices))
    return CueLexicon(parsed.cue, parsed.groups, parsed.macros)
