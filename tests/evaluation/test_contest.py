"""Comparing models by command: verdicts, sentences side by side, several runs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifier.cli import main
from classifier.errors import DataError
from classifier.evaluation.contest import contest_html, contest_text, hold_contest
from classifier.models.rules import KeywordModel, MajorityModel
from classifier.schema import load_schema
from tests.evaluation.test_behaviour import scorer_of

NAMES = load_schema().names


def test_a_model_against_silence_and_itself(scorer, bench):
    models = {"model": [scorer], "silent": [scorer_of(MajorityModel())], "again": [scorer]}
    found = hold_contest(models, bench, split="train", shown="train")
    by_pair = {}
    for one in found.comparison.differences:
        by_pair.setdefault((one.first, one.second), []).append(one)
    assert {one.verdict for one in by_pair["model", "silent"]} == {"better"}
    assert {one.verdict for one in by_pair["silent", "again"]} == {"worse"}
    assert {one.verdict for one in by_pair["model", "again"]} == {"tied"}
    assert found.differing["model", "again"] == ()
    differing = found.differing["model", "silent"]
    assert len(differing) > 0
    assert all(one.answers == (True, False) for one in differing)
    assert all(np.isnan(one.detectable) for one in by_pair["model", "again"])
    assert differing[0].text in contest_html(found)
    assert differing[0].text not in json.dumps(found.as_dict(), ensure_ascii=False)
    assert "could have shown" in contest_text(found)
    # Order and calibration stand beside F1, in a family of their own and without a test.
    ranking = [one for one in found.ranking if (one.first, one.second) == ("model", "silent")]
    assert len(ranking) == 2 * (len(NAMES) + 1)
    assert {one.verdict for one in ranking} == {"better"}
    assert {one.verdict for one in found.calibration} == {"not tested"}
    plain = found.as_dict()
    assert len(plain["ranking"]) == 3 * len(ranking)
    assert len(plain["calibration"]) == 3 * len(NAMES)
    assert "AP macro" in contest_text(found)
    assert "ECE (ten bins of equal count)" in contest_html(found)


def test_several_runs_are_one_model(scorer, bench):
    models = {"two": [scorer, scorer], "words": [scorer_of(KeywordModel())]}
    found = hold_contest(models, bench, split="train", shown="none")
    assert {one.runs for one in found.comparison.differences} == {(2, 1)}
    assert found.differing == {}
    assert "one run of words" in found.comparison.differences[0].note


def test_no_article_is_an_error(scorer, bench):
    with pytest.raises(DataError):
        hold_contest({"a": [scorer], "b": [scorer]}, bench, sources=["ppn"])


def test_the_command(corpus_folder, model_folder, tmp_path, capsys):
    arguments = ["compare", str(model_folder), str(model_folder), "--data", str(corpus_folder)]
    out = tmp_path / "figures.json"
    assert main([*arguments, "--report", str(tmp_path), "--json", str(out)]) == 0
    assert {one["verdict"] for one in json.loads(out.read_text())["differences"]} == {"tied"}
    assert (tmp_path / "comparison.html").exists()
    assert "tied" in capsys.readouterr().out
    assert main(["compare", str(model_folder), "--data", str(corpus_folder)]) == 2
