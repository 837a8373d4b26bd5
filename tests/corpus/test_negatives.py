"""Cases of the negative rules: faults told, and every rule present in every split."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from classifier.cli import main
from classifier.corpus.annotations import DocumentMark, SentenceMark, read_annotations
from classifier.corpus.dataset import annotated_sources, annotation_files
from classifier.corpus.exchange import read_assignment
from classifier.corpus.negatives import (
    CREDIT_RULE,
    FILE,
    RULES,
    NegativeCase,
    check_negatives,
    count_negatives,
    read_negatives,
)
from classifier.corpus.overview import negative_table
from classifier.corpus.splits import SPLITS
from classifier.errors import FaultsError

from .samples import annotate, article, hedge, raw_document, relay, write_source

DATA = Path(__file__).parents[2] / "data"

DOCUMENT = raw_document(
    article("quai", "Selon la saison."),
    SentenceMark(0, "title", 0, 20, "headline", hedge()),
    SentenceMark(2, "text", 0, 20, "sentence", relay(1)),
    SentenceMark(3, "text", 21, 40, "sentence"),
    SentenceMark(4, "text", 41, 50, "credit"),
)


def read(tmp_path: Path, *lines: str) -> list[NegativeCase]:
    path = tmp_path / FILE
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return read_negatives(path, [DOCUMENT])


def line(rule: str, index: int, document: str = "gazette/quai") -> str:
    return f'{{"rule": "{rule}", "document": "{document}", "index": {index}}}'


@cache
def gold() -> list[DocumentMark]:
    files = [file for name in annotated_sources(DATA) for file in annotation_files(DATA, name)]
    return read_annotations(files)


def test_cases_are_read_in_order_and_blank_lines_skipped(tmp_path: Path) -> None:
    cases = read(tmp_path, line("H.6", 3), "", line("T.1", 0), line(CREDIT_RULE, 4))
    assert cases == [
        NegativeCase("H.6", "gazette/quai", 3),
        NegativeCase("T.1", "gazette/quai", 0),
        NegativeCase("R.7", "gazette/quai", 4),
    ]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (line("H.13", 3), "rule 'H.13'"),
        (line("H.0", 3), "rule 'H.0'"),
        (line("H", 3), "rule 'H'"),
        (line("H.6", 3, "gazette/pont"), "document 'gazette/pont'"),
        (line("H.6", 1), "index 1 of gazette/quai"),
        (line("H.6", 0), "gold carries attribution_hedging"),
        (line("R.1", 2), "gold carries relay_sourcing"),
        (line("H.6", 4), "kind credit"),
        (line("R.7", 3), "kind sentence"),
        ('{"rule": "H.6", "document": "gazette/quai"}', "index"),
        ('{"rule": "H.6", "document": "gazette/quai", "index": 3, "text": "…"}', "text"),
        ("{", "truncated"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, bad: str, told: str) -> None:
    with pytest.raises(FaultsError) as caught:
        read(tmp_path, line("T.2", 3), bad)
    (fault,) = caught.value.faults
    assert fault.where == f"{tmp_path / FILE}:2"
    assert told in fault.found


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FaultsError) as caught:
        read(
            tmp_path, line("X.1", 9), line("T.2", 3), line("H.6", 0), line("T.2", 3), line("R.7", 2)
        )
    where = [fault.where.rpartition(":")[2] for fault in caught.value.faults]
    assert where == ["1", "1", "3", "4", "5", "5"]
    assert f"once, as in {tmp_path / FILE}:2" in str(caught.value)


def test_a_missing_file_is_a_fault_of_the_reader_and_none_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="a file of negative cases"):
        read_negatives(tmp_path / FILE, [])
    assert check_negatives(tmp_path) == []


def test_cases_are_counted_by_rule_and_split() -> None:
    cases = [
        NegativeCase("H.6", "a/1", 0),
        NegativeCase("H.6", "a/1", 4),
        NegativeCase("H.6", "a/2", 0),
        NegativeCase("T.9", "a/3", 1),
        NegativeCase("T.9", "a/4", 1),
    ]
    assignment = {"a/1": "train", "a/2": "test", "a/3": "validation"}
    assert count_negatives(cases, assignment) == {
        ("H.6", "train"): 2,
        ("H.6", "test"): 1,
        ("T.9", "validation"): 1,
    }
    table = negative_table(cases, assignment)
    assert table.columns == ("rule", "train", "validation", "test", "all")
    assert [row[0] for row in table.rows] == list(RULES)
    assert ("H.6", "2", "0", "1", "3") in table.rows
    assert ("H.7", "0", "0", "0", "0") in table.rows


def test_validate_and_stats_read_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = article("quai", "Selon la mairie, le quai ferme.", "Le bus tourne selon la saison.")
    write_source(tmp_path, [annotate(text, {0: hedge((0, 15, "frame"))})])
    (tmp_path / FILE).write_text(line("H.6", 1) + "\n", "utf-8")
    assert main(["corpus", "validate", "--data", str(tmp_path)]) == 0
    assert main(["corpus", "stats", "--data", str(tmp_path)]) == 0
    assert "Cases of the negative rules" in capsys.readouterr().out
    (tmp_path / FILE).write_text(line("H.6", 0) + "\n", "utf-8")
    assert main(["corpus", "validate", "--data", str(tmp_path)]) == 1
    assert "gold carries attribution_hedging" in capsys.readouterr().err


def test_the_rules_are_those_of_the_guidelines() -> None:
    text = (DATA / "GUIDELINES.md").read_text("utf-8")
    numbered = []
    for code, listed in re.findall(r"^Not ([HRT]):\n\n(.*?)\n\n", text, re.M | re.S):
        numbered += [f"{code}.{number}" for number in re.findall(r"^(\d+)\. ", listed, re.M)]
    assert tuple(numbered) == RULES
    assert len(RULES) == 28


def test_the_corpus_has_every_negative_rule_in_every_split() -> None:
    cases = read_negatives(DATA / FILE, gold())
    counts = count_negatives(cases, read_assignment(DATA))
    absent = {(rule, split) for rule in RULES for split in SPLITS if not counts[rule, split]}
    assert not absent, "a rule that has no case in a split"
    assert sum(counts.values()) == len(cases), "a case whose document is in no split"
