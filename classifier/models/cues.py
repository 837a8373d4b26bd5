"""The cue lexicon: transparent patterns that show where a device stands in a sentence.

The patterns are data (``resources/cues.toml``): each has a label, a device, a polarity, anchor
words, and examples that a test runs. ``positive`` patterns yield evidence; ``negative`` ones
withdraw the evidence they overlap (*ligne rouge du métro*); ``hint`` patterns yield none, but a
trained model may weigh them.

Names of news outlets are covered before any pattern is tried: every character of a known name
(*Le Soir*, *Reuters*) or of a name shaped like one (*Vosges Matin*, *Daily …*) becomes
:data:`COVER`. Offsets stay, patterns need no list of names, and a model learns from a credit
without learning whom it credits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import msgspec

from classifier.errors import DataError
from classifier.records import Cue
from classifier.schema import load_schema, resource_bytes
from classifier.text.normalise import NormalText

Polarity = Literal["positive", "negative", "hint"]
_Anchors = tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]

WORD = re.compile(r"[^\W_]+")
COVER = "ꙮ"
"""A letter that French never uses: stands for each character of an outlet's name."""

_MACRO = re.compile(r"\{([A-Z_]+)\}")
_PREFIX = 3
_SUFFIX = 4
# Words whose entries are remembered; a newspaper's vocabulary fits.
_KNOWN_WORDS = 100_000


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


class OutletList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of news outlets, as they are written.

    Attributes:
        names: known without an article: *Reuters*, *Ouest-France*.
        articled: words of the language too, names only after an article or *quotidien*, *chaîne*…
        after: the words that may stand before an articled name.
        shaped: a pattern of unlisted names; it is tried where one of ``shape_words`` stands.
    """

    names: tuple[str, ...] = ()
    articled: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    shaped: str = ""
    shape_words: tuple[str, ...] = ()


class _LexiconFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outlets: OutletList
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    cue: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern found in a normalised sentence."""

    entry: Entry
    start: int
    end: int


class OutletNames:
    """Finds the names of news outlets in a text and covers them."""

    def __init__(self, listed: OutletList) -> None:
        self._after = re.compile(
            rf"(?:\b(?:{'|'.join(listed.after)}) |\b[LlDd]'|[«\"] ?)$" if listed.after else "(?!)"
        )
        self._names: dict[str, list[tuple[str, bool]]] = {}
        for bare, names in ((True, listed.names), (False, listed.articled)):
            for name in names:
                first = WORD.match(name)
                if first is None:
                    raise DataError("cue lexicon", f"outlet {name!r}", "a name")
                self._names.setdefault(first[0], []).append((name, bare))
        for known in self._names.values():
            known.sort(key=lambda one: (-len(one[0]), one))
        self._firsts = frozenset(word.lower() for word in self._names)
        self._shape = re.compile(listed.shaped or "(?!)")
        self._shape_words = frozenset(listed.shape_words)

    def cover(self, text: str, words: Collection[str]) -> str:
        """Return the text with every outlet's name covered, character by character.

        Args:
            words: the (lower case) words of the text.
        """
        if not self._shape_words.isdisjoint(words):
            text = self._shape.sub(lambda match: COVER * len(match[0]), text)
        if self._firsts.isdisjoint(words):
            return text
        for word in WORD.finditer(text):
            for name, bare in self._names.get(word[0], ()):
                start = word.start()
                end = start + len(name)
                if (
                    text.startswith(name, start)
                    and not _GOES_ON.match(text, end)
                    and (bare or self._after.search(text, max(0, start - 20), start))
                ):
                    text = text[:start] + COVER * (end - start) + text[end:]
                    break
        return text


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


_GOES_ON = re.compile(r"\w|-(?!t-)\w")


@dataclass
class CueLexicon:
    """A compiled lexicon; patterns are compiled when first tried."""

    entries: tuple[Entry, ...]
    groups: dict[str, tuple[str, ...]]
    macros: dict[str, str]
    outlets: OutletNames
    _anchored: list[_Anchors] = field(init=False, repr=False)
    _required: list[int | None] = field(init=False, repr=False)
    _lists: list[_Anchors] = field(init=False, repr=False)
    _known: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(init=False, repr=False)
    _patterns: list[re.Pattern[str] | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._patterns = [None] * len(self.entries)
        self._known = {}
        self._anchored = [self._anchors(entry, entry.anchors) for entry in self.entries]
        self._required, self._lists = [], []
        for entry in self.entries:
            required = self._anchors(entry, entry.requires) if entry.requires else None
            if required is not None and required not in self._lists:
                self._lists.append(required)
            self._required.append(None if required is None else self._lists.index(required))

    def _anchors(self, entry: Entry, anchors: Iterable[str]) -> _Anchors:
        words: set[str] = set()
        stems: set[str] = set()
        ends: set[str] = set()
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
                elif word.startswith("*"):
                    if len(word) <= _SUFFIX:
                        raise DataError(
                            f"cue {entry.id}",
                            f"anchor {word!r}",
                            f"at least {_SUFFIX} letters after the star",
                        )
                    ends.add(word[1:])
                else:
                    words.add(word)
        return frozenset(words), tuple(sorted(stems)), tuple(sorted(ends))

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

    def candidates(self, present: Iterable[str]) -> list[int]:
        """Return the numbers of the entries whose anchors stand among the (lower case) words."""
        found: set[int] = set()
        lists: set[int] = set()
        known = self._known
        for word in present:
            known_word = known.get(word)
            if known_word is None:
                known_word = self._look_up(word)
            entries, word_lists = known_word
            if entries:
                found.update(entries)
            if word_lists:
                lists.update(word_lists)
        required = self._required
        return [
            number
            for number in sorted(found)
            if required[number] is None or required[number] in lists
        ]

    def _look_up(self, word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the entries that a word anchors and the lists of required words it is on."""
        if len(self._known) >= _KNOWN_WORDS:
            self._known.clear()
        answer = (
            tuple(number for number, one in enumerate(self._anchored) if _stands_on(word, one)),
            tuple(number for number, one in enumerate(self._lists) if _stands_on(word, one)),
        )
        self._known[word] = answer
        return answer

    def find(self, text: str) -> list[Match]:
        """Return every match in a normalised sentence, whatever its polarity.

        Args:
            text: a sentence as :func:`classifier.text.normalise.normalise` returns it.
        """
        return self.read(text)[1]

    def read(self, text: str) -> tuple[str, list[Match]]:
        """Return a normalised sentence with its outlets' names covered, and its matches."""
        present = set(WORD.findall(text.lower()))
        covered = self.outlets.cover(text, present)
        if covered is not text and COVER in covered:
            present.add(COVER)
        plain = _plain(covered)
        if '"' in text or "«" in text:
            present.add('"')
        matches = []
        for number in self.candidates(present):
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


def _stands_on(word: str, anchors: _Anchors) -> bool:
    words, beginnings, ends = anchors
    return word in words or word.startswith(beginnings) or word.endswith(ends)


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
    return CueLexicon(parsed.cue, parsed.groups, parsed.macros, OutletNames(parsed.outlets))
