"""Reading sheets: what an annotator sees, and what is made of the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.corpus.annotations import AnnotatedArticle, DocumentMark, LabelMark
from classifier.corpus.sheets import drawn_from, read_answers, write_sheet
from classifier.errors import DataError, FaultsError
from classifier.records import Article

from .samples import HEDGING, PORT, PORT_ANSWERS, RELAY, THREAT, annotate, article, cue

LAKE = article(
    "lac 2",
    "Selon on ne sait qui, on a vu l’ours.",
    "« Ils paieront, ils paieront ! », a dit le chef.",
    "La Gazette du Lac",
    published="2024-05-01",
)


def lake(**attributes: str) -> AnnotatedArticle:
    return annotate(LAKE, **attributes)


def answer(folder: Path, text: str, *documents: AnnotatedArticle) -> list[DocumentMark]:
    path = folder / "answers.ann"
    path.write_text(text, "utf-8")
    return read_answers([path], drawn_from(documents))


def faults_of(folder: Path, text: str, *documents: AnnotatedArticle) -> list[tuple[str, str, str]]:
    with pytest.raises(FaultsError) as caught:
        answer(folder, text, *documents)
    return [(fault.where, fault.found, fault.expected) for fault in caught.value.faults]


def test_a_sheet_shows_every_unit_once() -> None:
    port = annotate(PORT, date="2024-02-03")
    gap = AnnotatedArticle(PORT, port.document, (port.sentences[0], *port.sentences[3:]))
    assert write_sheet(drawn_from([port, lake()])).splitlines() == [
        "## gazette/port | 2024-02-03 | publisher: La Gazette du Lac",
        "  0 T Le port de Valmer change de mains",
        "  1 H Selon L'Écho, la vente est proche.",
        "  2   Le port de Valmer serait vendu.",
        "  3   L'affaire a été révélée par le quotidien L'Écho.",
        "  4   Une source proche du dossier parle de deux millions.",
        "  5   La mairie ouvre à neuf heures.",
        "",
        "## gazette/lac 2",
        "  0   Selon on ne sait qui, on a vu l’ours.",
        "  1   « Ils paieront, ils paieront ! », a dit le chef.",
        "  2   La Gazette du Lac",
    ]
    assert "     […]" in write_sheet(drawn_from([gap])).splitlines()


def test_credit_lines_are_marked() -> None:
    text = article("c", "La vente est faite.", "Source : L'Écho")
    assert write_sheet(drawn_from([annotate(text)])).splitlines()[-1] == "  1 C Source : L'Écho"


def test_answers_become_labels(tmp_path: Path) -> None:
    (mark,) = answer(tmp_path, PORT_ANSWERS, annotate(PORT, batch="b01", date="2024-02-03"))
    sentences = mark.sentences
    assert (mark.topic, mark.batch, mark.date) == ("economie", "b01", "2024-02-03")
    assert sentences[0].labels == {}
    heading = "Selon L'Écho, la vente est proche."
    assert sentences[1].labels == {
        HEDGING: LabelMark((cue(heading, "Selon L'Écho", "frame"),)),
        RELAY: LabelMark((cue(heading, "Selon L'Écho", "outlet"),), 1),
    }
    # Written in lower case, found with the sentence's capital.
    assert sentences[4].labels[HEDGING].cues == ((0, 28, "unnamed_source"),)
    assert sentences[4].note == "peut-être un élu"
    assert sentences[5].labels == {}


def test_the_deepest_depth_and_all_cues_and_notes_count(tmp_path: Path) -> None:
    text = """\
## gazette/port
3 | R.outlet | quotidien L'Écho | d1 | note: un
3 | R.via_outlet | L'Écho | d3 | note: deux
3 | R.outlet | quotidien L'Écho
"""
    (mark,) = answer(tmp_path, text, annotate(PORT))
    sentence = "L'affaire a été révélée par le quotidien L'Écho."
    cues = (cue(sentence, "quotidien L'Écho", "outlet"), cue(sentence, "L'Écho", "via_outlet"))
    assert mark.sentences[3].labels[RELAY] == LabelMark(cues, 3)
    assert mark.sentences[3].note == "un; deux"


def test_a_depth_counts_for_relays_only(tmp_path: Path) -> None:
    (mark,) = answer(tmp_path, "## gazette/port\n2 | H.conditional | serait | d2\n", annotate(PORT))
    assert mark.sentences[2].labels[HEDGING].depth is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 | H.frame | on ne sait qui", "on ne sait qui"),
        # A whole word before the end of "Selon".
        ("0 | H.frame | on", "on"),
        ("0 | H.frame | on | #2", "on"),
        ("0 | H.frame | selon", "Selon"),
        ("0 | H.frame | l'ours", "l’ours"),
        ("1 | T.explicit | ils paieront", "ils paieront"),
        ("1 | T.explicit | Ils  paieront", "Ils paieront"),
        # Part of a word, where no whole word is meant.
        ("1 | T.explicit | paier", "paier"),
    ],
)
def test_words_are_found(tmp_path: Path, line: str, words: str) -> None:
    index = int(line[0])
    (mark,) = answer(tmp_path, f"## gazette/lac 2\n{line}\n", lake())
    sentence = (LAKE.sentences or ())[index]
    ((start, end, _),) = next(iter(mark.sentences[index].labels.values())).cues
    assert sentence[start:end] == words
    whole = line.split(" | ")[2]
    if whole == "on":
        assert start == (6 if "#2" not in line else 22)
    if words == "ils paieront":
        assert start == 16


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("3", "index | CODE.device | words"),
        ("x | H.frame | Selon", "index | CODE.device | words"),
        ("9 | H.frame | Selon", "the number of a unit of this document"),
        ("1 | X.frame | Selon", "a code such as H.frame"),
        ("1 | H.outlet | Selon", "a code such as H.frame"),
        ("1 | H.frame | d'après", "words that stand in the sentence: \"Selon L'Écho"),
        ("1 | H.frame | Selon | #2", "words that stand in the sentence"),
        ("1 | H.frame | Selon | #0", "options d2, #2 or note: …"),
        ("1 | H.frame | Selon | deux", "options d2, #2 or note: …"),
        ("1 | H.frame | ", "the cue's words after the code"),
    ],
)
def test_a_faulty_line_says_what_was_expected(tmp_path: Path, line: str, expected: str) -> None:
    ((where, found, said),) = faults_of(tmp_path, f"## gazette/port\n\n{line}\n", annotate(PORT))
    assert where == f"{tmp_path / 'answers.ann'}:3"
    assert found == repr(line.strip())
    assert expected in said


def test_no_label_on_a_credit_line(tmp_path: Path) -> None:
    text = annotate(article("c", "La vente est faite.", "Source : L'Écho"))
    ((_, _, expected),) = faults_of(tmp_path, "## gazette/c\n1 | R.outlet | L'Écho | d1\n", text)
    assert expected == "no label on a credit line"


def test_all_faults_of_a_sheet_at_once(tmp_path: Path) -> None:
    text = """\
0 | H.frame | Selon
## gazette/harbour
1 | H.frame | Selon
## gazette/port
1 | R.outlet | L'Écho
1 | H.frame | d'après
"""
    file = tmp_path / "answers.ann"
    assert [
        (where, found) for where, found, _ in faults_of(tmp_path, text, annotate(PORT), lake())
    ] == [
        (f"{file}:1", "'0 | H.frame | Selon'"),
        (f"{file}:2", "document 'gazette/harbour'"),
        (f"{file}:6", '"1 | H.frame | d\'après"'),
        ("gazette/lac 2", "no answer"),
        ("gazette/port unit 1", "a relay without depth"),
    ]


def test_a_document_runs_over_files_but_not_into_the_next(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.ann" for name in "abc")
    first.write_text("## gazette/port economie\n1 | H.frame | Selon L'Écho\n", "utf-8")
    second.write_text("## gazette/port\n2 | H.conditional | serait vendu\n", "utf-8")
    documents = drawn_from([annotate(PORT)])
    (mark,) = read_answers([first, second], documents)
    assert [bool(one.labels) for one in mark.sentences[:3]] == [False, True, True]
    assert mark.topic == "economie"
    third.write_text("3 | H.frame | L'affaire\n", "utf-8")
    with pytest.raises(FaultsError, match="first the '##' line of a document"):
        read_answers([first, third], documents)


def test_an_id_may_hold_spaces_and_begin_like_another(tmp_path: Path) -> None:
    short = annotate(article("lac", "Il fait beau sur le lac."))
    text = "## gazette/lac 2 | 2024-05-01 nature\n1 | T.explicit | paieront\n## gazette/lac météo\n"
    marks = {mark.id: mark for mark in answer(tmp_path, text, short, lake())}
    assert marks["lac"].topic == "météo"
    assert THREAT in marks["lac 2"].sentences[1].labels


def test_unreadable_answers_are_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.ann"
    latin.write_bytes("## gazette/port été".encode("latin-1"))
    with pytest.raises(DataError, match="byte 16 is not UTF-8"):
        read_answers([latin], drawn_from([annotate(PORT)]))
    with pytest.raises(DataError, match=r"none\.ann: found No such file"):
        read_answers([tmp_path / "none.ann"], drawn_from([annotate(PORT)]))


def test_a_document_without_a_positive_still_counts_as_read(tmp_path: Path) -> None:
    text: Article = PORT
    (mark,) = answer(tmp_path, "﻿## gazette/port\n", annotate(text))
    assert not any(one.labels for one in mark.sentences)
