"""Stand-off records of hands: whose words a hedged or relayed sentence passes on, in which order.

One JSON object a line, one document an object, beside the labels and in their manner: for every
marked sentence the spans of its sources, each with a type and with the hand that passes it on; for
the document its publisher, the newsrooms that the whole piece is credited to, and the claims with
the origin that each group of sentences goes back to. The chain follows from them
(:func:`chain_edges`).

A name that is some hand's own words is stored as a reference to that hand (``#3.2``: unit 3, hand
2), so that files hold offsets and proper names but no phrases of the text; :func:`join_hands`
gives the words back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from classifier.corpus.annotations import DocumentMark, decode_lines, document_hash
from classifier.errors import DataError, Fault, FaultsError
from classifier.records import Article, Field, Sentence

HandType = Literal["outlet", "agency", "institution", "person", "document", "anonymous", "crowd"]
OriginKind = Literal["named", "document", "anonymous", "missing"]

HAND_TYPES: tuple[HandType, ...] = get_args(HandType)
ORIGIN_KINDS: tuple[OriginKind, ...] = get_args(OriginKind)

ROOT = "@"
"""The article itself, where a chain begins: its publisher, known or not."""

_REFERENCE = re.compile(r"#(\d+)\.(\d+)")
_DETERMINER = re.compile(
    r"^(?:(?:l|d)'|(?:les?|la|une?|des|du|ses?|sa|son|leurs?|ces?|cet|cette|au|aux|the) )",
    re.IGNORECASE,
)


class HandMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One source in a sentence: ``sentence.text[start:end]``.

    Attributes:
        by: who passes it on: numbers of hands of the same sentence, from 1; none for the article.
        carriers: the names of those who pass it on, where they stand in another sentence.
        name: what the hand is called, where its words here are not the name itself
            (*le journal*, *lui*, *la ministre Jeanne Morvan*).
    """

    start: int
    end: int
    type: HandType
    by: tuple[int, ...] = ()
    carriers: tuple[str, ...] = ()
    name: str = ""


class SentenceHands(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The hands of one marked sentence, in order; none where no source is named or described."""

    index: int
    field: Field
    start: int
    end: int
    hands: tuple[HandMark, ...] = ()
    note: str = ""


class ClaimMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Sentences that go back to one origin.

    Attributes:
        units: their indexes, rising.
        origin: the origin's name; for ``missing`` the last hand that is named, or nothing.
    """

    units: tuple[int, ...]
    kind: OriginKind
    origin: str = ""


class DocumentHands(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The hands of one document.

    Attributes:
        publisher: who published this copy, as the reader sees it; empty when it does not show.
        credits: newsrooms that the piece as a whole is taken from.
    """

    source: str
    id: str
    sha256: str
    sentences: tuple[SentenceHands, ...]
    publisher: str = ""
    credits: tuple[str, ...] = ()
    claims: tuple[ClaimMark, ...] = ()
    batch: str = ""

    @property
    def key(self) -> str:
        """``source/id``, unique in the corpus."""
        return f"{self.source}/{self.id}"


class ReadHands(msgspec.Struct, frozen=True):
    """A document's hands joined to its text: ``units[i]`` is what ``document.sentences[i]`` marks.

    Attributes:
        article: the text.
        context: every unit of the document that its labels cover, in reading order.
    """

    document: DocumentHands
    article: Article
    units: tuple[Sentence, ...]
    context: tuple[Sentence, ...] = ()


def identity(name: str) -> str:
    """Return what a hand's name is compared by: small letters, no determiner, single spaces."""
    shown = " ".join(name.replace("’", "'").casefold().split())
    shorter = _DETERMINER.sub("", shown, count=1)
    return shorter or shown


def hand_name(hand: HandMark, text: str) -> str:
    """Return what a hand is called: its name, else its words in the sentence ``text``."""
    return hand.name or " ".join(text[hand.start : hand.end].split())


def carriers_of(hands: Sequence[HandMark], hand: HandMark, text: str) -> list[str]:
    """Return the names of the hands that pass ``hand`` on; :data:`ROOT` is the article."""
    above = [hand_name(hands[number - 1], text) for number in hand.by]
    return [*above, *hand.carriers] or [ROOT]


def chain_edges(read: ReadHands) -> list[tuple[str, str]]:
    """Return the chain's edges (carrier, source) by name, in order of appearance, each once.

    What the article passes on itself hangs under its credits, where it has some; a credit of its
    own publisher is no hand.
    """
    document = read.document
    own = identity(document.publisher)
    credits = [name for name in document.credits if not own or identity(name) != own]
    known: dict[str, str] = {}
    edges: dict[tuple[str, str], tuple[str, str]] = {}

    def add(carrier: str, source: str) -> None:
        a, b = identity(carrier), identity(source)
        if a != b and b != own:
            names = known.setdefault(a, carrier), known.setdefault(b, source)
            edges.setdefault((a, b), names)

    for name in credits:
        add(ROOT, name)
    roots = credits or [ROOT]
    for mark, unit in zip(document.sentences, read.units, strict=True):
        for hand in mark.hands:
            name = hand_name(hand, unit.text)
            if identity(name) in map(identity, credits):
                continue
            for carrier in carriers_of(mark.hands, hand, unit.text):
                # The publisher's own credit passes nothing on: what it says is the article's.
                for one in roots if identity(carrier) in (ROOT, own) else [carrier]:
                    add(one, name)
    return list(edges.values())


def chain_depth(edges: Iterable[tuple[str, str]]) -> int:
    """Return the number of hands on the longest way from the article; 0 without any."""
    below: dict[str, list[str]] = {}
    for carrier, source in edges:
        below.setdefault(identity(carrier), []).append(identity(source))

    def depth(node: str, seen: frozenset[str]) -> int:
        ways = [one for one in below.get(node, ()) if one not in seen]
        return max((1 + depth(one, seen | {one}) for one in ways), default=0)

    return depth(ROOT, frozenset({ROOT}))


def check_hands(document: DocumentHands, where: str) -> Iterator[Fault]:
    """Yield the faults of one document that show without its text."""
    if not re.fullmatch(r"[0-9a-f]{64}", document.sha256):
        yield Fault(where, f"sha256 {document.sha256[:70]!r}", "64 hexadecimal digits")
    last = -1
    for mark in document.sentences:
        at = f"sentence {mark.index}"
        if mark.index <= last:
            yield Fault(where, f"{at} after sentence {last}", "indexes that rise")
        last = mark.index
        if not 0 <= mark.start < mark.end:
            yield Fault(where, f"{at}: offsets {mark.start}..{mark.end}", "0 <= start < end")
        yield from _check_order(where, at, mark)
    known = {mark.index for mark in document.sentences}
    claimed: set[int] = set()
    for claim in document.claims:
        if not claim.units or set(claim.units) - known:
            yield Fault(where, f"a claim of units {claim.units}", "marked units of the document")
        if not claim.origin and claim.kind != "missing":
            yield Fault(where, f"a {claim.kind} origin without a name", "who or what it is")
        claimed.update(claim.units)
    for index in sorted(known - claimed):
        yield Fault(where, f"unit {index} in no claim", "every marked unit in a claim")


def _check_order(where: str, at: str, mark: SentenceHands) -> Iterator[Fault]:
    size, count = mark.end - mark.start, len(mark.hands)
    seen: set[tuple[int, int]] = set()
    for number, hand in enumerate(mark.hands, start=1):
        here = f"{at}, hand {number}"
        if not 0 <= hand.start < hand.end <= size:
            yield Fault(where, f"{here}: {hand.start}..{hand.end}", f"inside 0..{size}")
        if (hand.start, hand.end) in seen:
            yield Fault(where, f"{here}: words that are a hand already", "each hand once")
        seen.add((hand.start, hand.end))
        if number in hand.by or not all(1 <= one <= count for one in hand.by):
            yield Fault(where, f"{here}: by {hand.by}", f"0, or another hand of 1..{count}")
            return
    for number in range(1, count + 1):
        above, seen_above = set(mark.hands[number - 1].by), set[int]()
        while above - seen_above:
            seen_above |= above
            above = {up for one in above for up in mark.hands[one - 1].by}
        if number in seen_above:
            yield Fault(where, f"{at}: hand {number} is passed on by itself", "an order of hands")
            return


def read_hands(paths: Iterable[Path]) -> list[DocumentHands]:
    """Read stand-off files of hands and check everything that needs no text.

    Raises:
        FaultsError: every fault of every file at once.
    """
    faults: list[Fault] = []
    found: dict[str, DocumentHands] = {}
    record = "one document's hands as JSON"
    for path in paths:
        lines = decode_lines(path, DocumentHands, faults, file="a file of hands", record=record)
        for where, document in lines:
            faults.extend(check_hands(document, where))
            if document.key in found:
                faults.append(Fault(where, f"document {document.key} again", "once"))
            found[document.key] = document
    if faults:
        raise FaultsError(faults)
    return list(found.values())


def write_hands(documents: Iterable[DocumentHands], path: Path) -> None:
    """Write documents as stand-off JSONL, atomically, in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    encoder = msgspec.json.Encoder()
    part.write_bytes(b"".join(encoder.encode(document) + b"\n" for document in documents))
    part.replace(path)


def join_hands(
    document: DocumentHands, article: Article, labelled: DocumentMark | None = None
) -> ReadHands:
    """Join a document's hands to its text, and to the units that its labels cover.

    Raises:
        DataError: the text is not the one that was read.
    """
    if document_hash(article) != document.sha256:
        raise DataError(document.key, "another text", "the text whose hands were annotated")

    def unit(mark: SentenceHands) -> Sentence:
        text = article.content(mark.field)[mark.start : mark.end]
        return Sentence(mark.index, mark.field, mark.start, mark.end, "sentence", text)

    context = tuple(
        Sentence(
            one.index,
            one.field,
            one.start,
            one.end,
            one.kind,
            article.content(one.field)[one.start : one.end],
        )
        for one in (labelled.sentences if labelled is not None else ())
    )
    units = tuple(map(unit, document.sentences))
    words = {
        f"#{mark.index}.{number}": " ".join(one.text[hand.start : hand.end].split())
        for mark, one in zip(document.sentences, units, strict=True)
        for number, hand in enumerate(mark.hands, start=1)
    }
    lost = [
        name for name in _all_names(document) if _REFERENCE.fullmatch(name) and name not in words
    ]
    if lost:
        raise DataError(document.key, f"a reference {lost[0]}", "a hand of this document")
    renamed = _rename(document, lambda name: words.get(name, name))
    return ReadHands(renamed, article, units, context)


def refer_names(read: ReadHands) -> DocumentHands:
    """Return the document with names that are some hand's words as references to that hand."""
    known: dict[str, str] = {}
    for mark, unit in zip(read.document.sentences, read.units, strict=True):
        for number, hand in enumerate(mark.hands, start=1):
            if not hand.name:
                known.setdefault(identity(hand_name(hand, unit.text)), f"#{mark.index}.{number}")
    return _rename(read.document, lambda name: known.get(identity(name), name) if name else name)


def _all_names(document: DocumentHands) -> Iterator[str]:
    for mark in document.sentences:
        for hand in mark.hands:
            yield hand.name
            yield from hand.carriers
    for claim in document.claims:
        yield claim.origin


def _rename(document: DocumentHands, change: Callable[[str], str]) -> DocumentHands:
    return msgspec.structs.replace(
        document,
        sentences=tuple(
            msgspec.structs.replace(
                mark,
                hands=tuple(
                    msgspec.structs.replace(
                        hand, name=change(hand.name), carriers=tuple(map(change, hand.carriers))
                    )
                    for hand in mark.hands
                ),
            )
            for mark in document.sentences
        ),
        claims=tuple(
            msgspec.structs.replace(claim, origin=change(claim.origin)) for claim in document.claims
        ),
    )
