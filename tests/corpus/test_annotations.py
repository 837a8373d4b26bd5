"""Stand-off files: what goes in comes out, and every fault is told, all at once."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classifier.corpus.annotations import (
    DocumentMark,
    LabelMark,
    SentenceMark,
    check_document,
    cues_of,
    document_hash,
    file_hash,
    join_text,
    mark_document,
    read_annotations,
    write_annotations,
)
from classifier.errors import DataError, FaultsError
from classifier.records import Article, Cue
from classifier.text.segmentation import segment

from .samples import HEDGING, PORT, RELAY, THREAT, annotate, hedge, relay

GOOD: dict[str, Any] = {
    "source": "gazette",
    "id": "a1",
    "sha256": "0" * 64,
    "sentences": [
        {"index": 0, "field": "title", "start": 0, "end": 20, "kind": "headline"},
        {
            "index": 2,
            "field": "text",
            "start": 0,
            "end": 30,
            "kind": "sentence",
            "labels": {
                RELAY: {"cues": [[0, 9, "outlet"], [12, 30, "cited_source"]], "depth": 2},
            },
            "note": "ou une seule main ?",
        },
        {"index": 3, "field": "text", "start": 31, "end": 40, "kind": "credit"},
    ],
    "selection": "random",
    "date": "2024-02-03",
}


def good() -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(GOOD))
    return copy


def label(name: str, **mark: Any) -> dict[str, Any]:
    """The good document with one label on its middle unit in place of its own."""
    document = good()
    document["sentences"][1]["labels"] = {name: mark}
    return document


def unit(place: int, **changes: Any) -> dict[str, Any]:
    document = good()
    document["sentences"][place] |= changes
    return document


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", "utf-8")
    return path


def test_the_good_document_has_no_fault(tmp_path: Path) -> None:
    (document,) = read_annotations([write(tmp_path / "a.jsonl", good())])
    assert document.key == "gazette/a1"
    assert document.sentences[1].labels[RELAY].devices == {"outlet", "cited_source"}
    assert document.sentences[0].labels == {}


@pytest.mark.parametrize(
    ("document", "found", "expected"),
    [
        (good() | {"sha256": "0" * 63}, "sha256 '000", "64 hexadecimal digits"),
        (good() | {"sha256": "z" * 64}, "sha256 'zzz", "64 hexadecimal digits"),
        (good() | {"colour": "red"}, "unknown field `colour`", "one annotated document"),
        ({"source": "gazette"}, "missing required field `id`", "one annotated document"),
        (unit(1, field="body"), "Invalid enum value 'body'", "one annotated document"),
        (unit(1, kind="verse"), "Invalid enum value 'verse'", "one annotated document"),
        (unit(1, start="0"), "Expected `int`, got `str`", "one annotated document"),
        (unit(1, index=0), "sentence 0 after sentence 0", "indexes that rise"),
        (unit(0, index=-1), "sentence -1 after sentence -1", "indexes that rise"),
        (unit(0, end=0), "offsets 0..0", "0 <= start < end"),
        (unit(1, start=-3), "offsets -3..30", "0 <= start < end"),
        (unit(2, start=29), "sentence 3: starts at 29", "not before 30"),
        (unit(1, field="title"), "sentence 2: starts at 0", "not before 20"),
        (unit(2, field="heading"), "sentence 3: starts at 31", "not before"),
        (unit(1, kind="credit"), "a label on a credit line", "credit lines carry no label"),
        (label("irony", cues=[[0, 2, "frame"]]), "label 'irony'", f"one of {HEDGING}"),
        (label(HEDGING, cues=[]), f"{HEDGING} without a cue", "at least one cue span"),
        (label(HEDGING, cues=[[0, 2, "outlet"]]), "device 'outlet'", "one of frame"),
        (label(THREAT, cues=[[0, 31, "veiled"]]), "cue 0..31", "inside 0..30"),
        (label(THREAT, cues=[[5, 5, "veiled"]]), "cue 5..5", "inside 0..30"),
        (label(THREAT, cues=[[-1, 5, "veiled"]]), "cue -1..5", "inside 0..30"),
        (label(RELAY, cues=[[0, 2, "outlet"]]), "depth None", "a whole number of hands"),
        (label(RELAY, cues=[[0, 2, "outlet"]], depth=0), "depth 0", "a whole number of hands"),
        (label(THREAT, cues=[[0, 2, "veiled"]], depth=1), "with a depth", "on relay_sourcing only"),
    ],
)
def test_every_fault_names_line_found_and_expected(
    tmp_path: Path, document: dict[str, Any], found: str, expected: str
) -> None:
    path = write(tmp_path / "a.jsonl", good() | {"id": "a0"}, document)
    with pytest.raises(FaultsError) as caught:
        read_annotations([path])
    (fault,) = caught.value.faults
    assert fault.where == f"{path}:2"
    assert found in fault.found
    assert expected in fault.expected


def test_all_faults_of_all_files_in_one_report(tmp_path: Path) -> None:
    twice = label(THREAT, cues=[[0, 31, "veiled"], [0, 2, "frame"]])
    first = write(tmp_path / "a.jsonl", "{broken", "", twice)
    second = write(tmp_path / "b.jsonl", unit(1, end=0) | {"id": "a2"}, good())
    latin = tmp_path / "c.jsonl"
    latin.write_bytes(b'{"source": "\xe9"}\n')
    missing = tmp_path / "d.jsonl"
    with pytest.raises(FaultsError) as caught:
        read_annotations([first, second, latin, missing])
    by_place = [(fault.where, fault.found) for fault in caught.value.faults]
    assert [where for where, _ in by_place] == [
        f"{first}:1",
        f"{first}:3",
        f"{first}:3",
        f"{second}:1",
        # The label's cues no longer stand inside a unit of no length.
        f"{second}:1",
        f"{second}:1",
        f"{second}:2",
        f"{latin}:1",
        str(missing),
    ]
    assert by_place[6][1] == "document gazette/a1 again"
    assert f"as in {first}:3" in caught.value.faults[6].expected
    assert "No such file" in by_place[8][1]
    assert str(caught.value).count("\n") == 8


def test_files_are_read_as_they_were_written(tmp_path: Path) -> None:
    one = annotate(PORT, {1: hedge((0, 13, "frame"))}, topic="economie", group="g")
    other = msgspec.structs.replace(one.document, id="second", sentences=())
    path = tmp_path / "new" / "folder" / "b01.jsonl"
    write_annotations([other, one.document], path)
    assert read_annotations([path]) == [other, one.document]
    assert not list(path.parent.glob("*.part"))
    # Absent values are not written: a negative unit is short.
    assert '"note"' not in path.read_text()
    assert file_hash(path) != file_hash(write(tmp_path / "x", "other"))


def test_hash_holds_every_field_and_their_borders() -> None:
    # printf 'ab\037c\037d' | sha256sum
    text = Article("x", "d", title="ab", heading="c")
    assert document_hash(text) == "f565652fa428e62637d7c368242d5895884abab238bed7e06c3346475614c6ec"
    assert document_hash(text) != document_hash(Article("x", "d", title="a", heading="bc"))
    assert document_hash(text) == document_hash(Article("y", "d", title="ab", heading="c"))
    assert len(document_hash(Article("x", "\ud83d"))) == 64


def test_joined_units_are_the_words_of_the_text() -> None:
    joined = annotate(PORT, {1: hedge((0, 13, "frame"))})
    texts = [sentence.text for sentence in joined.sentences]
    assert texts[:3] == [PORT.title, PORT.heading, "Le port de Valmer serait vendu."]
    assert joined.document.sentences[1].labels[HEDGING].cues == ((0, 13, "frame"),)


def test_a_changed_text_is_refused_by_name() -> None:
    document = annotate(PORT).document
    changed = dataclasses.replace(PORT, heading="Selon L'Écho, la vente est loin.")
    with pytest.raises(DataError) as caught:
        join_text(document, changed)
    fault = caught.value.fault
    assert fault.where == "gazette/port"
    assert document_hash(changed)[:12] in fault.found
    assert document.sha256[:12] in fault.expected


def test_a_unit_beyond_its_field_is_refused() -> None:
    mark = SentenceMark(0, "heading", 0, 99, "sentence")
    document = DocumentMark("gazette", "port", document_hash(PORT), (mark,))
    assert check_document(document, "here") == []
    with pytest.raises(DataError, match="sentence 0 ending at 99; expected at most 34"):
        join_text(document, PORT)


def test_cues_come_in_order_and_notes_stay() -> None:
    mark = LabelMark(((9, 12, "doubt"), (0, 5, "frame")))
    assert cues_of(mark) == (Cue(0, 5, "frame"), Cue(9, 12, "doubt"))
    document = mark_document(
        PORT, segment(PORT), {2: relay(2)}, source="gazette", notes={3: "à revoir"}, batch="b01"
    )
    assert [one.note for one in document.sentences] == ["", "", "", "à revoir", "", ""]
    assert document.sentences[2].labels[RELAY].depth == 2
    assert document.batch == "b01"
