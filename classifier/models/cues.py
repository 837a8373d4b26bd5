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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from classifier.errors import DataError
from classifier.models.word_classes import WordClasses
from classifier.records import Cue
from classifier.schema import load_schema, resource_bytes
from classifier.text.normalise import NormalText

Polarity = Literal["positive", "negative", "hint"]

WORD = re.compile(r"[^\W_]+")
COVER = "ꙮ"
"""A letter that French never uses: stands for each character of an outlet's name."""

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
    classes: dict[str, tuple[str, ...]] = {}


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
        # Words that begin as a listed name does; the class comes first, for it is sought fastest.
        letters = "".join(sorted({word[0] for word in self._names}))
        begins = rf"[{letters}](?<![^\W_][{letters}])[^\W_]*"
        self._first = re.compile(begins if letters else "(?!)")
        self._shape = re.compile(listed.shaped or "(?!)")
        self._shape_words = frozenset(listed.shape_words)

    def begins_name(self, word: str) -> bool:
        """Say whether a listed name begins with this word, written so."""
        return word in self._names

    def hints_at_shape(self, word: str) -> bool:
        """Say whether an unlisted name may stand where this word does."""
        return word.lower() in self._shape_words

    def cover(self, text: str, *, named: bool, shaped: bool) -> str:
        """Return the text with every outlet's name covered, character by character.

        Args:
            named: whether a word of the text begins a listed name.
            shaped: whether a word of it hints at an unlisted one.
        """
        if shaped:
            text = self._shape.sub(lambda match: COVER * len(match[0]), text)
        if not named:
            return text
        for word in self._first.finditer(text):
            start = word.start()
            for name, bare in self._names.get(word[0], ()):
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


class _WordFacts(NamedTuple):
    """What one word says: entries it anchors, lists of required words it is on, outlets' names."""

    entries: tuple[int, ...]
    lists: tuple[int, ...]
    named: bool
    shaped: bool


_NOTHING = _WordFacts((), (), False, False)
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
    _required: list[int | None] = field(init=False, repr=False)
    _silent: set[str] = field(init=False, repr=False)
    _known: dict[str, _WordFacts] = field(init=False, repr=False)
    _patterns: list[re.Pattern[str] | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._patterns = [None] * len(self.entries)
        self._known, self._silent = {}, set()
        self._anchored, self._required = _Anchors(), []
        lists: list[frozenset[str]] = []
        for number, entry in enumerate(self.entries):
            for anchor in self._expand_groups(entry.anchors):
                self._anchored.add(entry.id, anchor, (number, None))
            required = frozenset(self._expand_groups(entry.requires))
            if required and required not in lists:
                lists.append(required)
                for anchor in required:
                    self._anchored.add(entry.id, anchor, (None, len(lists) - 1))
            self._required.append(lists.index(required) if required else None)

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
        return self._choose([self._facts(word) for word in words])

    def _choose(self, facts: Iterable[_WordFacts]) -> list[int]:
        found: set[int] = set()
        lists: set[int] = set()
        for one in facts:
            found.update(one.entries)
            lists.update(one.lists)
        required = self._required
        return [
            number
            for number in sorted(found)
            if required[number] is None or required[number] in lists
        ]

    def _facts(self, word: str) -> _WordFacts:
        """Return what a word says, remembered by how it is written."""
        facts = self._known.get(word)
        if facts is not None:
            return facts
        if len(self._known) + len(self._silent) >= _KNOWN_WORDS:
            self._known.clear()
            self._silent.clear()
        facts = _WordFacts(
            *self._anchored.of(word.lower()),
            self.outlets.begins_name(word),
            self.outlets.hints_at_shape(word),
        )
        if facts == _NOTHING:
            self._silent.add(word)
        else:
            self._known[word] = facts
        return facts

    def find(self, text: str) -> list[Match]:
        """Return every match in a normalised sentence, whatever its polarity.

        Args:
            text: a sentence as :func:`classifier.text.normalise.normalise` returns it.
        """
        return self.read(text)[1]

    def read(self, text: str) -> tuple[str, list[Match]]:
        """Return a normalised sentence with its outlets' names covered, and its matches."""
        hidden = _DOTTED_I in text
        words = set(WORD.findall(text.lower() if hidden else text))
        # Three words in four say nothing to the lexicon; they are set aside all at once.
        facts = list(map(self._facts, words.difference(self._silent)))
        named = shaped = hidden
        for one in facts:
            named |= one.named
            shaped |= one.shaped
        covered = self.outlets.cover(text, named=named, shaped=shaped) if named or shaped else text
        if covered is not text and COVER in covered:
            facts.append(self._facts(COVER))
        if '"' in text or "«" in text:
            facts.append(self._facts('"'))
        numbers = self._choose(facts)
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
