"""What an annotator of hands reads, and what the answers mean.

A sheet shows each document with its numbered units; a star marks the hedged and relayed ones. The
answers of a document:

    ## seed/article-1
    > publisher | Le Courrier du Valois
    > credit | AFP
    3 | outlet | le quotidien Le Soir | by 0 | is Le Soir
    3 | anonymous | deux responsables | by 1
    5 | anonymous | la source | by Le Soir | is deux responsables
    > claim 3,5 | anonymous | deux responsables
    > claim 7 | missing | -

``by`` is 0 for the article, the numbers of hands in the unit's list (1,2), or names of hands of
another unit; ``is`` says what the hand is called where the words are not its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from classifier.corpus.annotations import AnnotatedArticle, document_hash
from classifier.corpus.hands import (
    HAND_TYPES,
    ORIGIN_KINDS,
    ROOT,
    ClaimMark,
    DocumentHands,
    HandMark,
    ReadHands,
    SentenceHands,
    check_hands,
    hand_name,
    identity,
    join_hands,
)
from classifier.corpus.sheets import document_lines, drawn_from, find_words, write_sheet
from classifier.errors import Fault, FaultsError
from classifier.records import Sentence

SOURCED = ("attribution_hedging", "relay_sourcing")
"""The labels whose positive sentences have hands."""

_HAND = re.compile(r"^(\d+)\s*\|\s*(\w+)\s*\|\s*(.*)$")
_CLAIM = re.compile(r"^claim\s+([\d,\s]+)\|\s*(\w+)\s*\|\s*(.*)$")


def marked_units(one: AnnotatedArticle) -> list[int]:
    """Return the indexes of the units whose gold is hedged or relayed."""
    return [
        mark.index for mark in one.document.sentences if not mark.labels.keys().isdisjoint(SOURCED)
    ]


def write_hands_sheet(documents: Iterable[AnnotatedArticle]) -> str:
    """Return a sheet: every document with its numbered units, the marked ones with a star."""
    shown = []
    for one in documents:
        marked = set(marked_units(one))
        for line in write_sheet(drawn_from([one])).splitlines():
            number = re.match(r"\s*(\d+) .", line)
            star = "* " if number and int(number[1]) in marked else "  "
            shown.append(line if line.startswith("##") else star + line)
        shown.append("")
    return "\n".join(shown)


class HandsAnswers:
    """The answer lines of one document, taken one by one."""

    def __init__(self, one: AnnotatedArticle) -> None:
        marked = marked_units(one)
        self.one = one
        self.units = {unit.index: unit for unit in one.sentences if unit.index in marked}
        self.hands: dict[int, list[HandMark]] = {index: [] for index in marked}
        self.notes: dict[int, str] = {}
        self.publisher: str | None = None
        self.credits: list[str] = []
        self.claims: list[ClaimMark] = []

    def add(self, line: str) -> None:
        """Take one line.

        Raises:
            ValueError: what was expected instead.
        """
        if line.startswith(">"):
            self._add_chain(line[1:].strip())
            return
        match = _HAND.match(line)
        if not match:
            raise ValueError(
                "unit | type | words [| by N] [| is NAME], or > publisher, credit, claim"
            )
        unit = self.units.get(int(match[1]))
        if unit is None:
            raise ValueError("the number of a unit with a star")
        if match[2] not in HAND_TYPES:
            raise ValueError(f"a type: {', '.join(HAND_TYPES)}")
        self.hands[unit.index].append(self._read_hand(unit, match[2], match[3]))

    def _read_hand(self, unit: Sentence, type_: str, rest: str) -> HandMark:
        words, *options = [part.strip() for part in re.split(r"\s*\|\s*", rest)]
        by: tuple[int, ...] = ()
        carriers: tuple[str, ...] = ()
        name, occurrence = "", 1
        for option in options:
            key, _, value = option.partition(" ")
            if key == "by" and value.strip():
                if re.fullmatch(r"[\d,\s]+", value):
                    numbers = sorted({int(number) for number in re.findall(r"\d+", value)})
                    by = () if numbers == [0] else tuple(numbers)
                else:
                    carriers = tuple(filter(None, map(str.strip, value.split(","))))
            elif key == "is" and value.strip():
                name = value.strip()
            elif re.fullmatch(r"#[1-9]", option):
                occurrence = int(option[1:])
            elif option.startswith("note:"):
                self.notes[unit.index] = option[5:].strip()
            elif option:
                raise ValueError("options by N, by NAME, is NAME, #2 or note: …")
        start, end = find_words(unit.text, words, occurrence)
        if identity(name) == identity(words):
            name = ""
        return HandMark(start, end, type_, by, carriers, name)  # type: ignore[arg-type]

    def _add_chain(self, line: str) -> None:
        claim = _CLAIM.match(line)
        if claim:
            units = sorted({int(number) for number in re.findall(r"\d+", claim[1])})
            if set(units) - self.units.keys():
                raise ValueError("numbers of units with a star")
            if claim[2] not in ORIGIN_KINDS:
                raise ValueError(f"a kind of origin: {', '.join(ORIGIN_KINDS)}")
            origin = "" if claim[3].strip() in ("-", "–", "?") else claim[3].strip()
            self.claims.append(ClaimMark(tuple(units), claim[2], origin))
            return
        key, _, value = line.partition("|")
        value = value.strip()
        if key.strip() == "publisher" and value:
            self.publisher = "" if value in ("-", "?") else value
        elif key.strip() == "credit" and value:
            self.credits.append(value)
        else:
            raise ValueError("> publisher | NAME or ?, > credit | NAME, > claim 2,3 | KIND | NAME")

    def record(self, batch: str) -> DocumentHands:
        """Return the document's record."""
        marks = {mark.index: mark for mark in self.one.document.sentences}
        return DocumentHands(
            source=self.one.document.source,
            id=self.one.document.id,
            sha256=document_hash(self.one.article),
            sentences=tuple(
                SentenceHands(
                    index,
                    marks[index].field,
                    marks[index].start,
                    marks[index].end,
                    tuple(found),
                    self.notes.get(index, ""),
                )
                for index, found in self.hands.items()
            ),
            publisher=self.publisher or "",
            credits=tuple(self.credits),
            claims=tuple(self.claims),
            batch=batch,
        )


def read_hands_answers(
    paths: Iterable[Path],
    documents: Sequence[AnnotatedArticle],
    *,
    batch: str = "",
    only: Collection[str] = (),
) -> list[DocumentHands]:
    """Turn an annotator's answers into records.

    Args:
        only: keys of the documents that must be answered; without it, all.

    Raises:
        FaultsError: all faults at once: documents not answered, words that do not stand in the
            unit, hands passed on by none, origins that no hand of the document bears.
    """
    known = {one.document.key: one for one in documents if not only or one.document.key in only}
    faults: list[Fault] = []
    answers: dict[str, HandsAnswers] = {}
    for where, key, line, rest in document_lines(paths, known, "a document of this sheet", faults):
        if rest is not None:
            if key in answers:
                faults.append(Fault(where, f"document {key} again", "each document once"))
            answers[key] = HandsAnswers(known[key])
            continue
        try:
            answers[key].add(line)
        except ValueError as error:
            faults.append(Fault(where, repr(line), str(error)))
    records = []
    for key, one in known.items():
        if key not in answers:
            faults.append(Fault(key, "no answer", "a '##' line for each document"))
            continue
        if answers[key].publisher is None:
            faults.append(Fault(key, "no publisher", "> publisher | NAME, or ? if it is unknown"))
        record = answers[key].record(batch)
        faults.extend(check_hands(record, key))
        faults.extend(check_names(join_hands(record, one.article)))
        records.append(record)
    if faults:
        raise FaultsError(faults)
    return records


def answered_keys(paths: Iterable[Path], documents: Sequence[AnnotatedArticle]) -> set[str]:
    """Return the documents that answer files hold; unknown ones are left to their reader."""
    known = {one.document.key for one in documents}
    lines = document_lines(paths, known, "an annotated document", [])
    return {key for _, key, _, rest in lines if rest is not None}


def check_names(read: ReadHands) -> Iterable[Fault]:
    """Yield a fault for every carrier and every origin that no hand of the document bears."""
    document = read.document
    names = {identity(ROOT), *map(identity, document.credits), identity(document.publisher)}
    for mark, unit in zip(document.sentences, read.units, strict=True):
        names |= {identity(hand_name(hand, unit.text)) for hand in mark.hands}
    for mark in document.sentences:
        for hand in mark.hands:
            for carrier in hand.carriers:
                if identity(carrier) in names:
                    continue
                yield Fault(
                    f"{document.key} unit {mark.index}",
                    f"by {carrier!r}",
                    "0, a number, or the name of a hand, as its line's words or 'is' give it",
                )
    for claim in document.claims:
        if claim.origin and identity(claim.origin) not in names:
            yield Fault(
                f"{document.key} claim {','.join(map(str, claim.units))}",
                f"origin {claim.origin!r}",
                "the name of a hand of this document, as its line's words or 'is' give it",
            )
