"""Annotated hands: answers read, faults at once, chains derived, passes compared, gold made."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.corpus.annotations import AnnotatedArticle, LabelMark, join_text, mark_document
from classifier.corpus.hands import (
    DocumentHands,
    HandMark,
    SentenceHands,
    chain_depth,
    chain_edges,
    check_hands,
    identity,
    join_hands,
    read_hands,
    write_hands,
)
from classifier.corpus.hands_agreement import compare_views, pair_edges, same_name, view_hands
from classifier.corpus.hands_passes import (
    adjudicate_hands,
    disputed_units,
    is_lines_disputed,
    pair_hands,
    write_hands_disputes,
)
from classifier.corpus.hands_sheets import read_hands_answers, write_hands_sheet
from classifier.errors import DataError, FaultsError
from classifier.records import Article
from classifier.text.segmentation import segment

TEXT = (
    "Trois gardiens ont été blessés, rapporte le quotidien Le Soir, citant ses propres sources. "
    "La source précise qu'un détenu serait en fuite. "
    "« Nous attendons », a dit la ministre Jeanne Morvan à l'agence Orel. "
    "Le temps est beau."
)
ANSWERS = """\
## written/x
> publisher | Actu des Confins
> credit | Orel
0 | outlet | le quotidien Le Soir | by 0 | is Le Soir
0 | anonymous | ses propres sources | by 1
1 | anonymous | La source | by Le Soir | is ses propres sources
2 | person | la ministre Jeanne Morvan | by 2 | is Jeanne Morvan
2 | agency | l'agence Orel | by 0 | is Orel
> claim 0,1 | anonymous | ses propres sources
> claim 2 | named | Jeanne Morvan
"""


@pytest.fixture
def document() -> AnnotatedArticle:
    article = Article("x", TEXT, publisher="Actu des Confins")
    relay = {"relay_sourcing": LabelMark(((0, 5, "outlet"),), 1)}
    labels = {0: relay, 1: relay, 2: relay}
    return join_text(mark_document(article, segment(article), labels, source="written"), article)


def read(text: str, document: AnnotatedArticle, tmp_path: Path) -> DocumentHands:
    path = tmp_path / "answers.ann"
    path.write_text(text, "utf-8")
    (found,) = read_hands_answers([path], [document])
    return found


def test_answers_become_a_record(document: AnnotatedArticle, tmp_path: Path) -> None:
    found = read(ANSWERS, document, tmp_path)
    assert found.publisher == "Actu des Confins"
    hands = found.sentences[0].hands
    text = document.sentences[0].text
    assert [text[one.start : one.end] for one in hands] == [
        "le quotidien Le Soir",
        "ses propres sources",
    ]
    assert hands[1].by == (1,)
    assert found.sentences[1].hands[0].carriers == ("Le Soir",)
    joined = join_hands(found, document.article)
    assert chain_edges(joined) == [
        ("@", "Orel"),
        ("Orel", "Le Soir"),
        ("Le Soir", "ses propres sources"),
        ("Orel", "Jeanne Morvan"),
    ]
    assert chain_depth(chain_edges(joined)) == 3


def test_the_sheet_stars_what_is_marked(document: AnnotatedArticle) -> None:
    lines = write_hands_sheet([document]).splitlines()
    assert lines[0].startswith("## written/x")
    assert [line[0] for line in lines[1:5]] == ["*", "*", "*", " "]
    assert "outlet" not in "".join(lines)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 | witness | ses propres sources", "a type:"),
        ("3 | person | Le temps", "a unit with a star"),
        ("0 | outlet | Le Matin", "words that stand in the sentence"),
        ("0 | outlet | Trois gardiens | by nobody", "the name of a hand"),
        ("0 | outlet | gardiens | by 3", "passed on by itself|another hand"),
        ("> claim 0 | sure | Orel", "a kind of origin"),
        ("> claim 0 | named | Jean Vimont", "the name of a hand of this document"),
        ("> owner | Orel", "> publisher"),
    ],
)
def test_all_faults_are_named(
    line: str, expected: str, document: AnnotatedArticle, tmp_path: Path
) -> None:
    with pytest.raises(FaultsError, match=expected):
        read(ANSWERS + line + "\n", document, tmp_path)


def test_every_marked_unit_needs_a_claim(document: AnnotatedArticle, tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="unit 2 in no claim"):
        read(ANSWERS.replace("> claim 2 | named | Jeanne Morvan\n", ""), document, tmp_path)


def test_an_unread_document_is_refused(document: AnnotatedArticle, tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="no answer"):
        read("", document, tmp_path)


def test_files_come_back_as_they_were(document: AnnotatedArticle, tmp_path: Path) -> None:
    found = read(ANSWERS, document, tmp_path)
    write_hands([found], tmp_path / "gold.jsonl")
    assert read_hands([tmp_path / "gold.jsonl"]) == [found]
    (tmp_path / "gold.jsonl").write_bytes(b'{"source": 1}\n{broken\n')
    with pytest.raises(FaultsError) as caught:
        read_hands([tmp_path / "gold.jsonl", tmp_path / "none.jsonl"])
    assert len(caught.value.faults) == 3


def test_another_text_is_refused(document: AnnotatedArticle, tmp_path: Path) -> None:
    found = read(ANSWERS, document, tmp_path)
    with pytest.raises(DataError, match="another text"):
        join_hands(found, Article("x", TEXT + " Bis."))


def test_order_must_not_go_in_circles() -> None:
    hands = (HandMark(0, 3, "person", (2,)), HandMark(4, 6, "person", (1,)))
    marks = (SentenceHands(0, "text", 0, 9, hands),)
    faults = list(check_hands(DocumentHands("s", "i", "0" * 64, marks), "here"))
    assert any("by itself" in fault.found for fault in faults)


def test_names_are_compared_without_their_determiner() -> None:
    assert identity("La Maison Blanche") == identity("Maison  blanche")
    assert same_name("Patrick Ryder", "le porte-parole Patrick Ryder")
    assert not same_name("Soir", "Soirée")
    assert pair_edges([("@", "Le Soir")], [("@", "Soir"), ("Soir", "x")]) == [
        (("@", "Le Soir"), ("@", "Soir"))
    ]


def test_the_same_reading_twice_agrees(document: AnnotatedArticle, tmp_path: Path) -> None:
    view = view_hands(join_hands(read(ANSWERS, document, tmp_path), document.article))
    figures = compare_views([(view, view)], replicates=50)
    assert all(one.value == 1 for one in figures.values())
    assert view.origins == 2
    assert view.kinds(1) == {"anonymous"}


def second(document: AnnotatedArticle, tmp_path: Path) -> DocumentHands:
    text = ANSWERS.replace("0 | anonymous | ses propres sources", "0 | crowd | propres sources")
    text = text.replace("is ses propres sources", "is propres sources")
    return read(
        text.replace("> claim 2 | named | Jeanne Morvan", "> claim 2 | missing | -"),
        document,
        tmp_path,
    )


def test_disputes_and_gold(document: AnnotatedArticle, tmp_path: Path) -> None:
    first = join_hands(read(ANSWERS, document, tmp_path), document.article, document.document)
    other = join_hands(second(document, tmp_path), document.article, document.document)
    (pair,) = pair_hands([first], [other])
    assert disputed_units(pair) == [0]
    assert is_lines_disputed(pair)
    sheet = write_hands_disputes([pair])
    assert "A: 0 | anonymous | ses propres sources | by 1" in sheet
    assert "B: > claim 2 | missing | -" in sheet

    decisions = tmp_path / "third.ann"
    decisions.write_text("## written/x\n0 | B\n", "utf-8")
    with pytest.raises(FaultsError, match="the lines anew"):
        adjudicate_hands([decisions], [pair], [document])
    decisions.write_text("## written/x\n0 | B\n> A\n", "utf-8")
    (gold,) = adjudicate_hands([decisions], [pair], [document])
    assert gold.sentences[0].hands[1].type == "crowd"
    assert gold.claims[1].kind == "named"
    decisions.write_text(
        "## written/x\n0 | outlet | Le Soir\n0 | anonymous | ses propres sources | by 1\n> A\n",
        "utf-8",
    )
    (gold,) = adjudicate_hands([decisions], [pair], [document])
    assert gold.sentences[0].hands[0].start == TEXT.index("Le Soir")


def test_a_document_that_one_pass_lacks_is_refused(
    document: AnnotatedArticle, tmp_path: Path
) -> None:
    first = join_hands(read(ANSWERS, document, tmp_path), document.article)
    with pytest.raises(DataError, match="one pass"):
        pair_hands([first], [])


def test_the_projects_gold_is_sound() -> None:
    files = sorted(Path("data").glob("*/hands/gold.jsonl"))
    documents = read_hands(files)
    assert len(documents) >= 120
    assert sum(len(one.sentences) for one in documents) >= 700
