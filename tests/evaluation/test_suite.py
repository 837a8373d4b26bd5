"""The whole suite on a small corpus, its report, and the page in a real browser."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest

from classifier.cli import main
from classifier.evaluation.bench import load_bench
from classifier.evaluation.blocks import Heading, Paragraph, Table, to_html, to_markdown
from classifier.evaluation.browser import browser_rows
from classifier.evaluation.harness import evaluate, parts_of_test
from classifier.evaluation.page import report_html, write_report
from classifier.evaluation.predictions import judge
from classifier.evaluation.slices import device_recall, measure_slices, natural_rates
from classifier.evaluation.subjects import Predictions
from classifier.evaluation.suite import run_suite
from classifier.rendering.jsonl import to_json
from classifier.schema import load_schema

NAMES = load_schema().names


def test_every_part_ran(dossier):
    assert set(dossier.evaluation.parts) == {"written"}
    assert {one.dimension for one in dossier.slices} >= {"split", "source"}
    assert [one.source for one in dossier.references] == ["written"]
    assert dossier.references[0].f1 == dict.fromkeys(NAMES, 1.0)
    assert set(dossier.baselines) == {"majority", "keywords", "lexicon"}
    assert dossier.baselines["majority"]["written"] == 0.0
    assert {check.code for check in dossier.checks} == {f"CAD00{k}" for k in range(1, 10)}
    assert dossier.behaviour is not None
    assert dossier.templates is not None
    assert dossier.cost.sentences_per_s > 0
    assert dossier.cost.p50_ms <= dossier.cost.p99_ms
    assert 1 < dossier.cost.peak_mb < 2000
    assert dossier.cost.size_bytes > 1000
    assert dossier.browsable.split == "validation"


def test_figures_are_those_of_the_harness(dossier, scorer, bench):
    test = bench.split("test")
    beside = evaluate(scorer, parts_of_test(test), left_out=bench.left_out)
    assert str(beside.flat()) == str(dossier.evaluation.flat())  # NaN is not equal to itself


def test_plain_values_hold_no_text(dossier, bench):
    encoded = msgspec.json.encode(dossier.as_dict()).decode()
    for one in bench.annotated:
        for sentence in one.sentences:
            assert sentence.text not in encoded


def test_nothing_at_hand_still_runs_behaviour_and_cost(scorer, model_folder, tmp_path):
    found = run_suite(scorer, load_bench(tmp_path), directory=model_folder, suite="quick")
    assert found.evaluation.parts == {}
    assert found.behaviour is not None
    assert found.cost is not None
    assert found.browsable is None
    assert any("splits.json" in fault.where for fault in found.not_run)
    statuses = {check.status for check in found.checks}
    assert statuses == {"not_applicable"}
    assert "<html" in report_html([found])


def test_absent_text_is_named_with_its_command(corpus_folder, tmp_path, monkeypatch):
    data = tmp_path / "data"
    shutil.copytree(corpus_folder, data)
    gold = data / "orangesum" / "gold" / "b01.jsonl"
    gold.parent.mkdir(parents=True)
    line = (data / "written/gold/b01.jsonl").read_text("utf-8").splitlines()[0]
    gold.write_text(line.replace('"written"', '"orangesum"') + "\n", "utf-8")
    monkeypatch.setenv("CADRAGE_HOME", str(tmp_path / "nothing"))
    found = load_bench(data)
    (fault,) = found.missing
    assert "cadrage corpus fetch orangesum" in fault.fix
    assert found.sources == ["written"]


def test_a_predictions_file_gets_the_model_s_own_scores(scorer, bench, tmp_path):
    test = bench.split("test")
    path = tmp_path / "predictions.jsonl"
    lines = [to_json(scorer.score_document(document)) for document in test.documents]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    said = Predictions(path)
    ours, theirs = judge(scorer, test).outcomes, judge(said, test).outcomes
    assert np.array_equal(ours.predicted, theirs.predicted)
    assert ours.predicted_cues == theirs.predicted_cues
    found = run_suite(said, bench)
    assert found.behaviour is None
    assert {"behaviour", "neutrality", "cost"} <= {fault.where for fault in found.not_run}
    path.write_text(lines[0] + "\n", "utf-8")
    assert (
        len(
            run_suite(Predictions(path), bench, suite="quick")
            .evaluation.parts["written"]
            .judged.clusters
        )
        == 1
    )  # what the file does not hold is not judged


def test_broken_predictions_are_all_named(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": 3}\n{"id": "a", "sentences": [{"field": "text"}]}\n', "utf-8")
    with pytest.raises(Exception, match=r"bad\.jsonl:1[\s\S]*bad\.jsonl:2"):
        Predictions(path)


def test_slices_add_up(scorer, bench):
    data = bench.split("train")
    judged = judge(scorer, data)
    slices = measure_slices(judged, data, by=lambda mark: {"half": mark.id[-1]}, at_least=1)
    assert sum(one.sentences for one in slices) == len(judged.outcomes)
    total = sum(one.scores[NAMES[0]]["support"].value for one in slices)
    assert total == judged.outcomes.gold[:, 0].sum()


def test_device_recall_by_hand(scorer, bench):
    data = bench.split("train")
    judged = judge(scorer, data)
    silent = replace(
        judged, outcomes=replace(judged.outcomes, predicted=np.zeros_like(judged.outcomes.gold))
    )
    for one in device_recall(silent):
        if one.support:
            assert one.recall.value == 0
            assert math.isnan(one.named.value)
        else:
            assert math.isnan(one.recall.value)
    shown = {one.device: one.support for one in device_recall(judged)}
    assert shown["outlet"] == judged.outcomes.gold[:, 1].sum()
    every = replace(
        judged,
        outcomes=replace(judged.outcomes, predicted=np.ones_like(judged.outcomes.gold)),
    )
    said = every.outcomes.predicted_cues
    for one in device_recall(every, "written"):
        column = NAMES.index(one.label)
        wrong = [
            any(cue.device == one.device for cue in cues.get(one.label, ()))
            for cues, gold in zip(said, judged.outcomes.gold[:, column], strict=True)
            if not gold
        ]
        assert (one.part, one.false) == ("written", sum(wrong))


def test_natural_rates_use_random_articles_alone(scorer, bench):
    data = bench.split("train")
    assert natural_rates(judge(scorer, data), data) == ()
    marks = [
        msgspec.structs.replace(mark, selection="random" if number < 4 else "device:frame")
        for number, mark in enumerate(data.marks)
    ]
    drawn = replace(data, marks=tuple(marks))
    (rates,) = natural_rates(judge(scorer, drawn), drawn)
    assert (rates.articles, rates.sentences) == (4, 20)
    assert rates.gold[NAMES[0]].value == pytest.approx(0.2)  # one sentence in five is hedged


def test_blocks_escape_what_they_show():
    blocks = [Heading(2, "a < b"), Paragraph("<i>"), Table(("x|y", "n"), [("<b>", "1")])]
    html = to_html(blocks, "p")
    assert "<i>" not in html
    assert "<b>" not in html
    assert '<h2 id="p1">a &lt; b</h2>' in html
    assert to_markdown(blocks).splitlines()[4] == "| x\\|y | n |"


class Outside(HTMLParser):
    """Collects everything that a page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "srcset", "action", "data") or (
                name == "href" and not value.startswith("#")
            ):
                self.found.append((tag, name, value))
            assert not name.startswith("on"), "the page's policy forbids inline handlers"
            assert name != "style", "the page's policy forbids inline styles"


def test_the_page_stands_alone(dossier, tmp_path):
    path = write_report([dossier], tmp_path)
    page = path.read_text("utf-8")
    outside = Outside()
    outside.feed(page)
    assert outside.found == []
    assert "default-src 'none'" in page
    assert {file.name for file in tmp_path.iterdir()} == {
        "report.html",
        "report.md",
        "report.json",
    }
    assert "CAD001" in (tmp_path / "report.md").read_text("utf-8")


def test_browser_rows_say_what_is_there(dossier):
    rows = browser_rows(dossier.browsable)
    assert rows
    for row in rows:
        for cues in (*row["gc"], *row["pc"]):
            assert all(0 <= start < end <= len(row["t"]) for start, end, _ in cues)
        assert any(row["g"]) or any(row["y"]) or max(row["p"]) >= 0.2


def test_the_command_writes_json_and_says_what_failed(
    corpus_folder, model_folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("CADRAGE_HOME", str(tmp_path / "home"))
    out = tmp_path / "figures.json"
    code = main(
        [
            "evaluate",
            str(model_folder),
            "--data",
            str(corpus_folder),
            "--suite",
            "quick",
            "--no-track",
            "--json",
            str(out),
        ]
    )
    plain = json.loads(out.read_text("utf-8"))
    assert plain["parts"]["written"]["scores"]["macro"]["f1"]["value"] <= 1
    assert code == int(any(check["status"] == "failed" for check in plain["checks"]))
    assert (tmp_path / "home" / "reports" / "evaluation" / "report.html").exists()
    assert "behaviour:" in capsys.readouterr().out
