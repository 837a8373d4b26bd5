"""The rereading of test: its file fits the gold and the splits, its card says what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from classifier.corpus.annotations import read_annotations
from classifier.corpus.audit import read_audit
from classifier.corpus.dataset import annotated_sources, annotation_files
from classifier.corpus.splits import read_splits

DATA = Path(__file__).parents[2] / "data"
LINES = [json.loads(line) for line in (DATA / "rereading.jsonl").read_text("utf-8").splitlines()]


def test_every_unit_is_of_test_and_its_gold_is_the_gold() -> None:
    files = [file for name in annotated_sources(DATA) for file in annotation_files(DATA, name)]
    gold = {mark.key: mark for mark in read_annotations(files)}
    assignment = read_splits(DATA / "splits.json").assignment
    for line in LINES:
        assert assignment[line["document"]] == "test"
        units = {unit.index: unit for unit in gold[line["document"]].sentences}
        assert sorted(units[line["index"]].labels) == sorted(line["gold"])


@pytest.mark.parametrize("drawn", ["disagreement", "agreement"])
def test_the_card_says_what_the_file_holds(drawn: str) -> None:
    lines = [line for line in LINES if line["drawn"] == drawn]
    other = [line for line in lines if line["first"] != line["gold"]]
    twice = [line for line in other if line.get("second") == line["first"]]
    assert len(lines) == 110
    card = " ".join((DATA / "README.md").read_text("utf-8").split())
    figures = re.search(
        r"to (\d+) of the first and (\d+) of the second; .* the first to (\d+) and (\d+) of them",
        card,
    )
    assert figures is not None
    column = drawn == "agreement"
    assert (len(other), len(twice)) == (int(figures[1 + column]), int(figures[3 + column]))


def test_the_card_says_what_the_audits_found() -> None:
    audit = read_audit(DATA / "audit.json")
    card = " ".join((DATA / "README.md").read_text("utf-8").split())
    found = re.search(r"read again: (\d+) units, of which (\d+) were wrong", card)
    assert found is not None
    reread = sum(map(len, audit.reread.values()))
    assert (int(found[1]), int(found[2])) == (reread, sum(map(len, audit.changed.values())))
    assert audit.error_rate == int(found[2]) / reread
