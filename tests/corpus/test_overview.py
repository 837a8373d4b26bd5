"""Tables and pictures of the corpus: every figure counted by hand."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from classifier.corpus.annotations import DocumentMark, LabelMark, SentenceMark
from classifier.corpus.overview import (
    ANY,
    UNSPLIT,
    Table,
    count_devices,
    count_together,
    list_units,
    make_tables,
    natural_rates,
)
from classifier.evaluation.corpus_plots import save_plots

from .samples import HEDGING, RELAY, THREAT, hedge, relay, threat


def document(
    name: str, *labels: dict[str, LabelMark], credit: bool = False, **facts: str
) -> DocumentMark:
    """A document of units of 10, 20, 30… characters, one for each mapping of labels."""
    marks, start = [], 0
    for index, given in enumerate(labels):
        end = start + 10 * (index + 1)
        marks.append(SentenceMark(index, "text", start, end, "sentence", given))
        start = end
    if credit:
        marks.append(SentenceMark(len(marks), "text", start, start + 999, "credit"))
    source = facts.pop("source", "gazette")
    return msgspec.structs.replace(DocumentMark(source, name, "0" * 64, tuple(marks)), **facts)


BOTH = hedge((0, 2, "frame"), (3, 5, "frame"), (6, 8, "doubt")) | relay(2)
DOCUMENTS = [
    document("a", BOTH, {}, credit=True, topic="sport", date="2020-01-02", selection="random"),
    document("b", hedge(), relay(3), {}, topic="guerre", date="2021-05-06", selection="random"),
    document("c", threat((0, 2, "veiled")), source="echo", date="2021-01-01"),
]
ASSIGNMENT = {"gazette/a": "train", "gazette/b": "test"}
UNITS = list_units(DOCUMENTS, ASSIGNMENT)


def table(title: str) -> Table:
    (found,) = [one for one in make_tables(DOCUMENTS, ASSIGNMENT) if one.title == title]
    return found


def test_credit_lines_count_nowhere() -> None:
    assert len(UNITS) == 6
    assert [unit.length for unit in UNITS] == [10, 20, 10, 20, 30, 10]
    assert [unit.split for unit in UNITS] == ["train"] * 2 + ["test"] * 3 + [UNSPLIT]


def test_labels_by_source_and_split() -> None:
    assert table("Labels by source and split").rows == (
        ("gazette", "train", "1", "2", "1", "1", "0"),
        ("gazette", "test", "1", "3", "1", "1", "0"),
        ("gazette", "all", "2", "5", "2", "2", "0"),
        ("echo", "no split", "1", "1", "0", "0", "1"),
        ("echo", "all", "1", "1", "0", "0", "1"),
        ("all", "train", "1", "2", "1", "1", "0"),
        ("all", "test", "1", "3", "1", "1", "0"),
        ("all", "no split", "1", "1", "0", "0", "1"),
        ("all", "all", "3", "6", "2", "2", "1"),
    )


def test_a_device_counts_once_a_sentence() -> None:
    counts = count_devices(UNITS, lambda unit: unit.split)
    assert counts == {
        (HEDGING, "frame", "train"): 1,
        (HEDGING, "doubt", "train"): 1,
        (RELAY, "outlet", "train"): 1,
        (HEDGING, "frame", "test"): 1,
        (RELAY, "outlet", "test"): 1,
        (THREAT, "veiled", "no split"): 1,
    }
    rows = {row[0]: row[1:] for row in table("Devices by split").rows}
    assert table("Devices by split").columns == ("device", "train", "test", "no split", "all")
    assert rows["H.frame"] == ("1", "1", "0", "2")
    # A device that nobody found is shown with its noughts.
    assert rows["T.red_line"] == ("0", "0", "0", "0")
    assert {row[0]: row[1:] for row in table("Devices by source").rows}["T.veiled"] == (
        "0",
        "1",
        "1",
    )


def test_depths_lengths_topics_years_and_strata() -> None:
    assert table("Relay depth by source").rows == (("2", "1", "0", "1"), ("3", "1", "0", "1"))
    # 10, 10, 20, 20, 30: the 5 % mark lies a fifth of the way from the first to the second.
    assert table("Sentence lengths in characters").rows[0] == (
        "gazette",
        "10",
        "10",
        "20",
        "20",
        "28",
        "30",
    )
    assert table("Topics").rows == (
        ("guerre", "1", "3", "1", "1", "0"),
        ("not given", "1", "1", "0", "0", "1"),
        ("sport", "1", "2", "1", "1", "0"),
    )
    assert [row[:3] for row in table("Years").rows] == [("2020", "1", "2"), ("2021", "2", "4")]
    assert [row[0] for row in table("How documents were drawn").rows] == ["not given", "random"]


def test_labels_together() -> None:
    assert count_together(UNITS).tolist() == [[2, 1, 0], [1, 2, 0], [0, 0, 1]]
    assert table("Labels together").rows[0] == (HEDGING, "2", "1", "0", "1")
    assert count_together([]).tolist() == [[0] * 3] * 3


def test_rates_are_of_random_documents_with_intervals_over_articles() -> None:
    ((source, (sentences, rates)),) = natural_rates(UNITS).items()
    assert (source, sentences) == ("gazette", 5)
    # Hedging in 1 of 2 and 1 of 3 sentences: 2 / 5; drawn again, from 1/3 to 1/2.
    assert rates[HEDGING].value == pytest.approx(0.4)
    assert rates[HEDGING].low == pytest.approx(1 / 3)
    assert rates[HEDGING].high == pytest.approx(1 / 2)
    assert rates[HEDGING].clusters == 2
    # The first document's both labels are one sentence: 1 + 2 of 5.
    assert rates[ANY].value == pytest.approx(0.6)
    assert rates[THREAT].value == 0.0
    strata = [
        document("d", hedge(), selection="random:site", source="ppn"),
        document("e", hedge(), selection="all", source="echo"),
        document("f", hedge(), selection="device:frame", source="gazette"),
    ]
    found = natural_rates(list_units(strata, {}))
    assert list(found) == ["ppn/site", "echo"]
    rows = next(t for t in make_tables(strata, {}) if t.title == "Natural rates").rows
    assert rows[0][4:] == ("100.00%", "1 article: an interval needs two or more")


def test_tables_are_shown_aligned() -> None:
    shown = Table("Sizes", ("source", "n"), (("gazette", "7"), ("echo", "1,234")), "a note")
    assert shown.as_text().splitlines() == [
        "Sizes",
        "  source       n",
        "  gazette      7",
        "  echo     1,234",
        "  a note",
    ]


def test_an_empty_corpus_has_tables_without_figures() -> None:
    tables = make_tables([], {})
    assert len(tables) == len(make_tables(DOCUMENTS, {}))
    assert all(one.as_text() for one in tables)


def test_pictures_are_saved(tmp_path: Path) -> None:
    many = [document(f"m{n}", *[{}] * 9, BOTH, selection="random") for n in range(4)]
    paths = save_plots(list_units([*DOCUMENTS, *many], ASSIGNMENT), tmp_path / "new" / "plots")
    names = ["labels", "devices", "lengths", "together", "depths", "rates"]
    assert [path.name for path in paths] == [f"{name}.png" for name in names]
    assert all(path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for path in paths)
    assert save_plots(list_units([document("z", {})], {}), tmp_path / "none") == []
