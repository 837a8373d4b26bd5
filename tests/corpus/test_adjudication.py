"""From two passes to gold: what is disputed, what a third reading may say, what gold holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from classifier.corpus.adjudication import (
    Decision,
    Pair,
    adjudicate,
    check_complete,
    disputes,
    is_disputed,
    pair_passes,
    read_decisions,
    write_disputes,
)
from classifier.corpus.annotations import DocumentMark, LabelMark, SentenceMark
from classifier.errors import DataError, FaultsError

from .samples import HEDGING, PORT, RELAY, annotate, cue, hedge, relay, threat

Labels = dict[int, Mapping[str, LabelMark]]

SENTENCE = "L'affaire a été révélée par le quotidien L'Écho."
LONG = cue(SENTENCE, "révélée par le quotidien L'Écho", "outlet")
SHORT = cue(SENTENCE, "le quotidien L'Écho", "outlet")
FRAME = (0, 12, "frame")


def pair(first: Labels, second: Labels) -> Pair:
    return annotate(PORT, first), annotate(PORT, second).document


def mark(labels: Mapping[str, LabelMark]) -> SentenceMark:
    return SentenceMark(0, "text", 0, 40, "sentence", dict(labels))


# Units 1 and 4 are agreed, 2 is one pass's alone, 3 differs in depth.
PAIR = pair(
    {1: hedge(FRAME), 2: hedge((18, 24, "conditional")), 3: relay(1, LONG)},
    {1: hedge(FRAME), 3: relay(2, SHORT)},
)


# --- what is disputed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "disputed"),
    [
        ({}, {}, False),
        (hedge((0, 5, "frame")), hedge((0, 5, "frame")), False),
        (hedge((0, 5, "frame")), hedge((3, 9, "frame")), False),
        (hedge((0, 5, "frame")), {}, True),
        (hedge((0, 5, "frame")), threat((0, 5, "veiled")), True),
        (hedge((0, 5, "frame")), hedge((5, 9, "frame")), True),
        (hedge((0, 5, "frame")), hedge((0, 5, "doubt")), True),
        (relay(1, (0, 5, "outlet")), relay(2, (0, 5, "outlet")), True),
        # A second cue of the same device, which the other pass has not seen.
        (hedge((0, 5, "frame"), (20, 25, "frame")), hedge((0, 5, "frame")), True),
        # One long cue and the two parts of it.
        (hedge((0, 9, "frame")), hedge((0, 4, "frame"), (5, 9, "frame")), False),
    ],
)
def test_disputes(
    first: Mapping[str, LabelMark], second: Mapping[str, LabelMark], disputed: bool
) -> None:
    assert is_disputed(mark(first), mark(second)) is disputed
    assert is_disputed(mark(second), mark(first)) is disputed


def test_the_sheet_shows_disputes_in_context_with_both_readings() -> None:
    assert disputes(PAIR) == [2, 3]
    assert write_disputes([PAIR]).splitlines() == [
        "## gazette/port",
        "  0   Le port de Valmer change de mains",
        "  1   Selon L'Écho, la vente est proche.",
        "  2 ? Le port de Valmer serait vendu.",
        "      A: H.conditional [serait]",
        "      B: none",
        "  3 ? L'affaire a été révélée par le quotidien L'Écho.",
        "      A: R.outlet d1 [révélée par le quotidien L'Écho]",
        "      B: R.outlet d2 [le quotidien L'Écho]",
    ]
    assert write_disputes([pair({}, {})]).strip() == ""


# --- pairs -----------------------------------------------------------------------------------


def test_passes_must_cover_the_same_documents_and_units() -> None:
    one, other = pair({}, {})
    assert pair_passes([one], [other]) == [(one, other)]
    with pytest.raises(DataError, match="gazette/port: found one pass"):
        pair_passes([one], [])
    with pytest.raises(DataError, match="gazette/port: found one pass"):
        pair_passes([], [other])
    shorter = msgspec.structs.replace(other, sentences=other.sentences[:-1])
    with pytest.raises(DataError, match="6 units in one pass, 5 in the other"):
        pair_passes([one], [shorter])
    moved = msgspec.structs.replace(other.sentences[0], end=9)
    with pytest.raises(DataError, match="the same units in both passes"):
        pair_passes(
            [one], [msgspec.structs.replace(other, sentences=(moved, *other.sentences[1:]))]
        )
    with pytest.raises(DataError, match="different texts"):
        pair_passes([one], [msgspec.structs.replace(other, sha256="0" * 64)])


# --- the third reading -------------------------------------------------------------------------


def decide(folder: Path, text: str, *pairs: Pair) -> dict[str, dict[int, Decision]]:
    path = folder / "decisions.ann"
    path.write_text(text, "utf-8")
    return read_decisions([path], pairs)


def gold_of(folder: Path, text: str, one: Pair = PAIR) -> DocumentMark:
    (gold,) = adjudicate([one], decide(folder, text, one))
    return gold


@pytest.mark.parametrize(
    ("lines", "labels", "note"),
    [
        ("3 | A", relay(1, LONG), ""),
        ("3 | B | note: la radio tient d'un autre", relay(2, SHORT), "la radio tient d'un autre"),
        ("3 | none", {}, ""),
        ("3|B", relay(2, SHORT), ""),
        ("3 | R.outlet | L'Écho | d1", relay(1, cue(SENTENCE, "L'Écho", "outlet")), ""),
        # Lines of one unit add up, notes too.
        (
            "3 | R.outlet | L'Écho | d1 | note: un\n3 | R.via_outlet | quotidien | note: deux",
            relay(1, cue(SENTENCE, "quotidien", "via_outlet"), cue(SENTENCE, "L'Écho", "outlet")),
            "un; deux",
        ),
        # A choice, then more than it: the choice and the line.
        (
            "3 | B\n3 | H.frame | L'affaire",
            relay(2, SHORT) | hedge(cue(SENTENCE, "L'affaire", "frame")),
            "",
        ),
        # A choice again replaces what was said.
        ("3 | A\n3 | none", {}, ""),
    ],
)
def test_a_third_reading_chooses_or_says_its_own(
    tmp_path: Path, lines: str, labels: dict[str, LabelMark], note: str
) -> None:
    gold = gold_of(tmp_path, f"## gazette/port\n2 | none\n{lines}\n")
    assert gold.sentences[3].labels == labels
    assert gold.sentences[3].note == note
    # The passes themselves are as they were.
    assert PAIR[0].document.sentences[3].labels == relay(1, LONG)
    assert PAIR[1].sentences[3].labels == relay(2, SHORT)


def test_agreed_units_stand_with_the_shorter_words(tmp_path: Path) -> None:
    both = pair(
        {1: hedge((0, 12, "frame")) | relay(1, (0, 5, "outlet"))},
        {1: hedge((6, 12, "frame")) | relay(1, (0, 5, "outlet"), (0, 9, "outlet"))},
    )
    assert disputes(both) == []
    (gold,) = adjudicate([both], {})
    assert gold.sentences[1].labels == {
        HEDGING: LabelMark(((6, 12, "frame"),)),
        RELAY: LabelMark(((0, 5, "outlet"),), 1),
    }
    assert gold.sentences[0].labels == {}


def test_a_note_of_either_pass_stays() -> None:
    one, other = pair({}, {})
    noted = msgspec.structs.replace(other.sentences[4], note="ironique ?")
    other = msgspec.structs.replace(
        other, sentences=(*other.sentences[:4], noted, *other.sentences[5:])
    )
    (gold,) = adjudicate([(one, other)], {})
    assert gold.sentences[4].note == "ironique ?"


def test_a_unit_that_is_not_disputed_may_be_decided_too(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, "## gazette/port\n1 | none\n2 | A\n3 | A\n")
    assert gold.sentences[1].labels == {}


def test_a_missing_third_reading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultsError) as caught:
        decide(tmp_path, "## gazette/port\n2 | A\n", PAIR)
    (fault,) = caught.value.faults
    assert (fault.where, fault.found) == ("gazette/port unit 3", "no answer")
    with pytest.raises(FaultsError) as caught:
        read_decisions([], [PAIR])
    assert len(caught.value.faults) == 2


def test_all_faults_of_decisions_at_once(tmp_path: Path) -> None:
    text = """\
2 | A
## gazette/harbour
2 | A
##
2 | A
## gazette/port
9 | A
3 | C
3 | R.outlet | le journal
2 | none
"""
    with pytest.raises(FaultsError) as caught:
        decide(tmp_path, text, PAIR)
    file = tmp_path / "decisions.ann"
    assert [(fault.where, fault.found) for fault in caught.value.faults] == [
        (f"{file}:1", "'2 | A'"),
        (f"{file}:2", "document 'gazette/harbour'"),
        (f"{file}:4", "document ''"),
        (f"{file}:7", "'9 | A'"),
        (f"{file}:8", "'3 | C'"),
        (f"{file}:9", "'3 | R.outlet | le journal'"),
        ("gazette/port unit 3", "no answer"),
    ]


def test_gold_with_a_relay_without_depth_is_refused(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, "## gazette/port\n2 | A\n3 | R.outlet | L'Écho\n")
    with pytest.raises(FaultsError, match="gazette/port unit 3: found a relay without depth"):
        check_complete([gold])
    check_complete([gold_of(tmp_path, "## gazette/port\n2 | A\n3 | R.outlet | L'Écho | d1\n")])
