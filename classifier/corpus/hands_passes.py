"""Two readings of hands become gold: what both say stands, the rest is read a third time.

A dispute sheet shows each disputed unit, and each disputed set of document lines, with what both
say. The third reader answers ``3 | A`` or ``3 | B``, or the unit's hand lines anew; ``> A`` or
``> B``, or the document's lines anew (see :mod:`classifier.corpus.hands_sheets`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from classifier.corpus.annotations import AnnotatedArticle
from classifier.corpus.dataset import load_gold
from classifier.corpus.hands import (
    DocumentHands,
    HandMark,
    ReadHands,
    SentenceHands,
    carriers_of,
    check_hands,
    hand_name,
    identity,
    join_hands,
    read_hands,
    refer_names,
    write_hands,
)
from classifier.corpus.hands_agreement import same_name
from classifier.corpus.hands_sheets import HandsAnswers, check_names
from classifier.corpus.sheets import document_lines
from classifier.errors import DataError, Fault, FaultsError

HandsPair = tuple[ReadHands, ReadHands]
"""A document as both passes read it, over the same units."""

_CHOICE = re.compile(r"^(\d+|>)\s*\|?\s*([AB])$")


def load_hands(
    data: Path, layer: str = "gold", keys: Collection[str] | None = None
) -> list[ReadHands]:
    """Load the hands of every source, joined to the text.

    Args:
        layer: ``gold``, ``pass_a`` or ``pass_b``.
        keys: only these documents (``source/id``); the text of no other source is needed.

    Raises:
        DataError: there are none, or a text is not here or another.
        FaultsError: faults in the files.
    """
    files = sorted(data.glob(f"*/hands/{layer}.jsonl"))
    if not files:
        where = str(data / "SOURCE" / "hands" / f"{layer}.jsonl")
        raise DataError(where, "no file", "hands of at least one source")
    documents = [one for one in read_hands(files) if keys is None or one.key in keys]
    sources = sorted({one.source for one in documents})
    labelled = {one.document.key: one for one in load_gold(data, sources)}
    for one in documents:
        if one.key not in labelled:
            raise DataError(one.key, "hands without labels", "a document with gold labels")
    return [
        join_hands(one, labelled[one.key].article, labelled[one.key].document) for one in documents
    ]


def pair_hands(first: Iterable[ReadHands], second: Iterable[ReadHands]) -> list[HandsPair]:
    """Pair two passes by document.

    Raises:
        DataError: a document that only one pass has read, or other units or text.
    """
    others = {one.document.key: one for one in second}
    pairs = []
    for one in first:
        other = others.pop(one.document.key, None)
        if other is None:
            raise DataError(one.document.key, "one pass", "two passes of every document")
        units = [[mark.index for mark in each.document.sentences] for each in (one, other)]
        if one.document.sha256 != other.document.sha256 or units[0] != units[1]:
            raise DataError(one.document.key, "passes over other text or units", "the same in both")
        pairs.append((one, other))
    if others:
        raise DataError(next(iter(others)), "one pass", "two passes of every document")
    return pairs


def _pairing(a: SentenceHands, b: SentenceHands, text: str) -> list[tuple[HandMark, HandMark]]:
    """Return the hands of two readings side by side; an empty list where they are disputed."""
    if len(a.hands) != len(b.hands):
        return []
    left = sorted(a.hands, key=lambda hand: hand.start)
    right = sorted(b.hands, key=lambda hand: hand.start)
    for one, other in zip(left, right, strict=True):
        carriers = [
            sorted(map(identity, carriers_of(mark.hands, hand, text)))
            for mark, hand in ((a, one), (b, other))
        ]
        if (
            one.type != other.type
            or not (one.start < other.end and other.start < one.end)
            or len(carriers[0]) != len(carriers[1])
            or not all(same_name(*names) for names in zip(*carriers, strict=True))
            or not same_name(hand_name(one, text), hand_name(other, text))
        ):
            return []
    return list(zip(left, right, strict=True))


def disputed_units(pair: HandsPair) -> list[int]:
    """Return the places, in the list of marked units, whose hands are disputed."""
    one, other = pair
    return [
        place
        for place, (a, b) in enumerate(
            zip(one.document.sentences, other.document.sentences, strict=True)
        )
        if (a.hands or b.hands) and not _pairing(a, b, one.units[place].text)
    ]


def is_lines_disputed(pair: HandsPair) -> bool:
    """Say whether publisher, credits or claims differ."""
    a, b = pair[0].document, pair[1].document
    if identity(a.publisher) != identity(b.publisher):
        return True
    if sorted(map(identity, a.credits)) != sorted(map(identity, b.credits)):
        return True
    if len(a.claims) != len(b.claims):
        return True
    for one, other in zip(
        sorted(a.claims, key=lambda claim: (claim.units, claim.kind, identity(claim.origin))),
        sorted(b.claims, key=lambda claim: (claim.units, claim.kind, identity(claim.origin))),
        strict=True,
    ):
        if (one.units, one.kind) != (other.units, other.kind):
            return True
        if one.kind != "missing" and not same_name(one.origin, other.origin):
            return True
    return False


def write_hands_disputes(pairs: Iterable[HandsPair]) -> str:
    """Return the sheet of what the passes dispute, each unit with what stands before it."""
    lines: list[str] = []
    for one, other in pairs:
        places, disputed = disputed_units((one, other)), is_lines_disputed((one, other))
        if not places and not disputed:
            continue
        lines += ["", f"## {one.document.key}"]
        marks = {mark.index: place for place, mark in enumerate(one.document.sentences)}
        for unit in one.context:
            place = marks.get(unit.index)
            sign = " " if place is None else "?" if place in places else "*"
            lines.append(f"{unit.index:3d} {sign} {' '.join(unit.text.split())}")
            if place in places:
                for name, read in (("A", one), ("B", other)):
                    shown = show_hands(read.document.sentences[place], unit.text)
                    lines += [f"      {name}: {line}" for line in shown or ["no hand"]]
        if disputed:
            lines.append("  > ?")
            for name, read in (("A", one), ("B", other)):
                lines += [f"      {name}: {line}" for line in show_lines(read.document)]
    return "\n".join(lines).lstrip("\n") + "\n"


def show_hands(mark: SentenceHands, text: str) -> list[str]:
    """Return a unit's hands as answer lines."""
    lines = []
    for hand in mark.hands:
        by = ", ".join([*map(str, hand.by), *hand.carriers]) or "0"
        name = f" | is {hand.name}" if hand.name else ""
        words = " ".join(text[hand.start : hand.end].split())
        lines.append(f"{mark.index} | {hand.type} | {words} | by {by}{name}")
    return lines


def show_lines(document: DocumentHands) -> list[str]:
    """Return a document's publisher, credits and claims as answer lines."""
    return [
        f"> publisher | {document.publisher or '?'}",
        *(f"> credit | {name}" for name in document.credits),
        *(
            f"> claim {','.join(map(str, one.units))} | {one.kind} | {one.origin or '-'}"
            for one in document.claims
        ),
    ]


def adjudicate_hands(
    paths: Iterable[Path], pairs: Sequence[HandsPair], documents: Sequence[AnnotatedArticle]
) -> list[DocumentHands]:
    """Return gold: third readings where there are some, else what both passes say.

    Where both mark one hand with words of different length, the shorter words stand.

    Raises:
        FaultsError: disputes without an answer, answers that do not fit, names that no hand bears.
    """
    labelled = {one.document.key: one for one in documents}
    known = {pair[0].document.key: pair for pair in pairs}
    thirds = {key: HandsAnswers(labelled[key]) for key in known}
    chosen: dict[tuple[str, int], str] = {}
    faults: list[Fault] = []
    for where, key, line, rest in document_lines(paths, known, "a disputed document", faults):
        if rest is not None:
            continue
        choice = _CHOICE.match(line)
        if choice:
            chosen[key, -1 if choice[1] == ">" else int(choice[1])] = choice[2]
            continue
        try:
            thirds[key].add(line)
            if re.match(r"\d", line):
                chosen[key, int(line.split("|")[0])] = "C"
            else:
                chosen[key, -1] = "C"
        except ValueError as error:
            faults.append(Fault(where, repr(line), str(error)))
    gold = []
    for key, pair in known.items():
        gold.append(_settle(pair, thirds[key], chosen, faults))
        faults.extend(check_hands(gold[-1], key))
        faults.extend(check_names(join_hands(gold[-1], pair[0].article)))
    if faults:
        raise FaultsError(faults)
    return gold


def _settle(
    pair: HandsPair,
    third: HandsAnswers,
    chosen: dict[tuple[str, int], str],
    faults: list[Fault],
) -> DocumentHands:
    one, other = pair
    key = one.document.key
    read = third.record(one.document.batch)
    again = {mark.index: mark for mark in read.sentences}
    disputed = set(disputed_units(pair))
    sentences = []
    for place, (a, b) in enumerate(
        zip(one.document.sentences, other.document.sentences, strict=True)
    ):
        answer = chosen.get((key, a.index))
        if answer is None and place in disputed:
            faults.append(Fault(f"{key} unit {a.index}", "no answer", "a third reading"))
        if answer is None:
            sentences.append(_shorter(a, b, one.units[place].text))
        else:
            sentences.append({"A": a, "B": b, "C": again[a.index]}[answer])
    answer = chosen.get((key, -1))
    if answer is None and is_lines_disputed(pair):
        faults.append(Fault(f"{key} lines", "no answer", "> A, > B, or the lines anew"))
    source = {"A": one.document, "B": other.document, "C": read}[answer or "A"]
    return msgspec.structs.replace(
        one.document,
        sentences=tuple(sentences),
        publisher=source.publisher,
        credits=source.credits,
        claims=source.claims,
    )


def _shorter(a: SentenceHands, b: SentenceHands, text: str) -> SentenceHands:
    """Return the first reading with, for each hand, the shorter words of the two."""
    spans = {
        (mine.start, mine.end): min((mine, theirs), key=lambda hand: hand.end - hand.start)
        for mine, theirs in _pairing(a, b, text)
    }
    hands = []
    for hand in a.hands:
        short = spans.get((hand.start, hand.end), hand)
        # A name that was the longer words themselves must not get lost with them.
        name = (
            hand.name
            if (short.start, short.end) == (hand.start, hand.end)
            else (hand.name or hand_name(hand, text))
        )
        hands.append(msgspec.structs.replace(hand, start=short.start, end=short.end, name=name))
    return msgspec.structs.replace(a, hands=tuple(hands), note=a.note or b.note)


def write_layer(
    records: Iterable[DocumentHands],
    documents: Iterable[AnnotatedArticle],
    data: Path,
    layer: str,
) -> Iterator[tuple[Path, int]]:
    """Write ``data/SOURCE/hands/LAYER.jsonl`` of each source; yields file and documents."""
    articles = {one.document.key: one.article for one in documents}
    for source, marks in by_source(records):
        path = data / source / "hands" / f"{layer}.jsonl"
        write_hands((refer_names(join_hands(one, articles[one.key])) for one in marks), path)
        yield path, len(marks)


def by_source(documents: Iterable[DocumentHands]) -> Iterator[tuple[str, list[DocumentHands]]]:
    """Yield each source with its documents, in order of id."""
    found: dict[str, list[DocumentHands]] = {}
    for one in documents:
        found.setdefault(one.source, []).append(one)
    for source in sorted(found):
        yield source, sorted(found[source], key=lambda one: one.id)
