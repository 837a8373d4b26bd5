"""From two passes to gold: what both say stands; every disagreement is read a third time.

A dispute sheet shows each disputed unit with the two units before it and what both passes say.
The third reader answers in the form of :mod:`classifier.corpus.sheets`, or shorter: ``3 | A`` or
``3 | B`` takes a pass whole, ``3 | none`` takes no label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from classifier.corpus.annotations import AnnotatedArticle, DocumentMark, LabelMark, SentenceMark
from classifier.corpus.sheets import document_lines, read_line
from classifier.errors import DataError, Fault, FaultsError
from classifier.schema import load_schema

Pair = tuple[AnnotatedArticle, DocumentMark]
"""A document as the first pass reads it, with its text, and as the second does."""

_CHOICE = re.compile(r"^(\d+)\s*\|\s*(A|B|none)\s*(?:\|\s*note:\s*(.*))?$")


class Decision(msgspec.Struct):
    """The labels that a third reading gives a unit."""

    labels: dict[str, LabelMark]
    note: str = ""


def pair_passes(first: Iterable[AnnotatedArticle], second: Iterable[DocumentMark]) -> list[Pair]:
    """Pair the two passes by document.

    Raises:
        DataError: a document that only one pass has read, or whose units or text differ.
    """
    others = {document.key: document for document in second}
    pairs = []
    for one in first:
        other = others.pop(one.document.key, None)
        if other is None:
            raise DataError(one.document.key, "one pass", "two passes of every document")
        _check_same_units(one.document, other)
        pairs.append((one, other))
    if others:
        raise DataError(next(iter(others)), "one pass", "two passes of every document")
    return pairs


def _check_same_units(first: DocumentMark, second: DocumentMark) -> None:
    if first.sha256 != second.sha256:
        raise DataError(first.key, "passes that read different texts", "one SHA-256 in both")
    units = [
        [(mark.index, mark.field, mark.start, mark.end, mark.kind) for mark in one.sentences]
        for one in (first, second)
    ]
    if units[0] != units[1]:
        found = f"{len(units[0])} units in one pass, {len(units[1])} in the other, not the same"
        raise DataError(first.key, found, "the same units in both passes")


def is_disputed(first: SentenceMark, second: SentenceMark) -> bool:
    """Say whether labels, devices or depth differ, or a cue overlaps none of the other pass."""
    if first.labels.keys() != second.labels.keys():
        return True
    for name, mine in first.labels.items():
        other = second.labels[name]
        if mine.devices != other.devices or mine.depth != other.depth:
            return True
        if not all(_meets(cue, other.cues) for cue in mine.cues):
            return True
        if not all(_meets(cue, mine.cues) for cue in other.cues):
            return True
    return False


def _meets(cue: tuple[int, int, str], others: Iterable[tuple[int, int, str]]) -> bool:
    start, end, device = cue
    return any(device == d and start < e and s < end for s, e, d in others)


def disputes(pair: Pair) -> list[int]:
    """Return the positions, in the document's list of units, that are disputed."""
    one, other = pair
    return [
        place
        for place, (first, second) in enumerate(
            zip(one.document.sentences, other.sentences, strict=True)
        )
        if is_disputed(first, second)
    ]


def write_disputes(pairs: Iterable[Pair]) -> str:
    """Return the sheet of all disputed units."""
    lines: list[str] = []
    for pair in pairs:
        one, other = pair
        places = disputes(pair)
        if not places:
            continue
        lines += ["", f"## {one.document.key}"]
        shown = -1
        for place in places:
            for before in range(max(0, place - 2, shown + 1), place):
                lines.append(f"{one.sentences[before].index:3d}   {_flat(one, before)}")
            shown = place
            lines.append(f"{one.sentences[place].index:3d} ? {_flat(one, place)}")
            text = one.sentences[place].text
            for name, mark in (("A", one.document.sentences[place]), ("B", other.sentences[place])):
                lines.append(f"      {name}: {_say(mark, text)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _flat(one: AnnotatedArticle, place: int) -> str:
    return " ".join(one.sentences[place].text.split())


def _say(mark: SentenceMark, text: str) -> str:
    parts = []
    for label in load_schema().labels:
        found = mark.labels.get(label.name)
        if found is None:
            continue
        depth = f" d{found.depth}" if found.depth is not None else ""
        parts += [
            f"{label.code}.{device}{depth} [{text[start:end]}]" for start, end, device in found.cues
        ]
    said = " ; ".join(parts) or "none"
    return f"{said}   (note: {mark.note})" if mark.note else said


def read_decisions(paths: Iterable[Path], pairs: Sequence[Pair]) -> dict[str, dict[int, Decision]]:
    """Read the third reader's answers.

    Returns:
        document key → unit index → decision.

    Raises:
        FaultsError: unknown documents or units, words that do not stand there, and every disputed
            unit that has no answer.
    """
    known = {pair[0].document.key: pair for pair in pairs}
    open_units = {
        (key, pair[0].sentences[place].index)
        for key, pair in known.items()
        for place in disputes(pair)
    }
    decided: dict[str, dict[int, Decision]] = {}
    faults: list[Fault] = []
    for where, key, line, rest in document_lines(paths, known, "a disputed document", faults):
        if rest is not None:
            continue
        try:
            _read_decision(line, known[key], decided.setdefault(key, {}))
        except ValueError as error:
            faults.append(Fault(where, repr(line), str(error)))
    for key, index in sorted(open_units):
        if index not in decided.get(key, {}):
            faults.append(Fault(f"{key} unit {index}", "no answer", "a third reading"))
    if faults:
        raise FaultsError(faults)
    return decided


def _read_decision(line: str, pair: Pair, decided: dict[int, Decision]) -> None:
    one, other = pair
    choice = _CHOICE.match(line)
    if not choice:
        labels: dict[int, dict[str, LabelMark]] = {
            index: decision.labels for index, decision in decided.items()
        }
        notes = {index: decision.note for index, decision in decided.items()}
        read_line(line, one.sentences, labels, notes)
        for index, found in labels.items():
            decided[index] = Decision(found, notes.get(index, ""))
        return
    index = int(choice[1])
    marks = {mark.index: mark for mark in (other if choice[2] == "B" else one.document).sentences}
    if index not in marks:
        raise ValueError("the number of a unit of this document")
    labels_of = {} if choice[2] == "none" else dict(marks[index].labels)
    decided[index] = Decision(labels_of, choice[3] or "")


def adjudicate(
    pairs: Iterable[Pair], decided: Mapping[str, Mapping[int, Decision]]
) -> Iterator[DocumentMark]:
    """Yield gold: third readings where there are some, else what both passes say.

    Where both mark a device with cues of different length, the shorter words are the cue.
    """
    for one, other in pairs:
        readings = decided.get(one.document.key, {})
        sentences = []
        for mine, theirs in zip(one.document.sentences, other.sentences, strict=True):
            third = readings.get(mine.index)
            if third is not None:
                labels, note = dict(third.labels), third.note
            else:
                labels = {
                    name: LabelMark(_merge(label, theirs.labels[name]), label.depth)
                    for name, label in mine.labels.items()
                }
                note = mine.note or theirs.note
            sentences.append(msgspec.structs.replace(mine, labels=labels, note=note))
        yield msgspec.structs.replace(one.document, sentences=tuple(sentences))


def _merge(first: LabelMark, second: LabelMark) -> tuple[tuple[int, int, str], ...]:
    merged: list[tuple[int, int, str]] = []
    for cue in sorted({*first.cues, *second.cues}, key=lambda cue: (cue[1] - cue[0], cue)):
        if not _meets(cue, merged):
            merged.append(cue)
    return tuple(sorted(merged))


def check_complete(gold: Iterable[DocumentMark]) -> None:
    """Refuse gold with a relay without depth (a third reading may have forgotten it).

    Raises:
        FaultsError: every such unit.
    """
    faults = [
        Fault(f"{document.key} unit {mark.index}", "a relay without depth", "d1, d2 or d3")
        for document in gold
        for mark in document.sentences
        for name, label in mark.labels.items()
        if name == "relay_sourcing" and label.depth is None
    ]
    if faults:
        raise FaultsError(faults)
