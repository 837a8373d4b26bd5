"""Figures of headlines and signals, by hand on readings made up for the purpose."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec import structs

from classifier.article.headline import Comparison, load_headline_model
from classifier.cli import main
from classifier.corpus.annotations import document_hash
from classifier.corpus.headlines import (
    CLASSES,
    HeadlineMark,
    HeadlinePair,
    load_articles,
    write_headlines,
)
from classifier.evaluation.headlines import (
    FIGURES,
    READERS,
    ReadHeadline,
    headline_document,
    headline_table,
    read_gold,
    score_headlines,
    score_titles,
)
from classifier.evaluation.signals import spearman
from classifier.records import Headline
from classifier.scoring import Scorer

ROOT = Path(__file__).parents[2]


def reading(number: int, gold: tuple[str, ...], found: tuple[str, ...]) -> ReadHeadline:
    names = {*load_headline_model().features, *load_headline_model().fidelity.features}
    experimental = load_headline_model().experimental
    headline = Headline(
        "title",
        (),
        dict.fromkeys(CLASSES, 0.5),
        tuple(name for name in found if name not in experimental),
        tuple(name for name in found if name in experimental),
        fidelity=0.25 if "drops_attribution" in found else 0.75,
    )
    pair = HeadlinePair("title", gold, ((0, 1),))  # type: ignore[arg-type]
    mark = HeadlineMark("ppn", str(number), "0" * 64, (pair,))
    compared = Comparison("title", (), (), (), dict.fromkeys(names, 0.0))
    return ReadHeadline(mark, pair, compared, headline, frozenset({1, 2}), frozenset({2, 3}))


def test_figures_by_hand():
    read = [
        reading(1, ("drops_attribution",), ("drops_attribution",)),
        reading(2, ("drops_attribution", "raises"), ("drops_attribution",)),
        reading(3, ("drops_attribution",), ("faithful",)),
        reading(4, ("faithful",), ("drops_attribution", "faithful")),
    ]
    scores = score_headlines("made up", read)
    figures = scores.figures["model"]["drops_attribution"]
    assert [figures[name].value for name in FIGURES] == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    assert scores.counts == {"drops_attribution": 3, "raises": 1, "faithful": 1}
    raises = scores.figures["model"]["raises"]
    assert math.isnan(raises["precision"].value)
    assert raises["precision"].reason == "nothing was found"
    assert raises["f1"].value == 0
    # One of two reported sentences carries the claim, one of two that do is reported.
    assert [scores.claims[name].value for name in FIGURES] == [0.5, 0.5, 0.5]


def test_the_majority_finds_one_class_alone():
    model = load_headline_model()
    read = [reading(k, (model.majority,) if k < 3 else ("raises",), ()) for k in range(4)]
    floor = score_headlines("made up", read).figures["majority"]
    assert floor[model.majority]["recall"].value == 1
    assert floor[model.majority]["precision"].value == 0.75
    assert math.isnan(floor["raises"]["precision"].value)


def test_table_and_document_say_the_same():
    scores = [score_headlines("made up", [reading(k, ("faithful",), ("faithful",)) for k in "12"])]
    table = headline_table(scores)
    assert all(name in table for name in CLASSES)
    document = headline_document(scores, Scorer.load())
    assert json.loads(json.dumps(document)) == document
    [one] = document["sets"]
    assert set(one["classes"]) == set(READERS)
    assert one["classes"]["model"]["faithful"]["f1"]["value"] == 1
    assert one["fidelity"]["titles"] == 2
    assert "fidelity: 2 titles, 0 of them depart" in table


def test_the_fidelity_of_titles_is_judged_against_any_departure():
    read = [
        reading(1, ("drops_attribution",), ("drops_attribution",)),
        reading(2, ("keeps_attribution", "raises"), ("faithful",)),
        reading(3, ("faithful",), ("faithful",)),
        reading(4, ("no_claim",), ("drops_attribution",)),
    ]
    scores = score_titles(read)
    assert scores is not None
    assert (scores.titles, scores.departures) == (4, 2)
    # Values 0.25, 0.75 depart and 0.75, 0.25 do not: as often right as wrong.
    assert scores.figures["model"]["auc"].value == 0.5
    assert scores.figures["model"]["brier"].value == pytest.approx(
        (0.25**2 + 0.75**2 + 0.25**2 + 0.75**2) / 4
    )
    heading = [replace(one, pair=structs.replace(one.pair, field="heading")) for one in read]
    assert score_titles(heading) is None
    assert score_headlines("made up", heading).fidelity is None


def test_spearman_by_hand():
    # Ranks 1 2 3 4 and 1 3 2 4: rho = 1 - 6 * 2 / (4 * 15) = 0.8.
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([10.0, 30, 20, 40])) == pytest.approx(0.8)
    assert math.isnan(spearman(np.array([1.0, 1]), np.array([1.0, 2])))


def written_gold(folder: Path) -> Path:
    """A data folder with gold for a few written headlines of the test groups."""
    articles = load_articles(["written"], ROOT / "data")
    marks = []
    for key, article in sorted(articles.items()):
        group = article.id[:5]
        end = article.text.index("\n")
        mark = HeadlineMark(
            "written",
            article.id,
            document_hash(article),
            (HeadlinePair("title", ("faithful",), ((0, end),)),),
            group=group,
        )
        if mark.part == "test" and len(marks) < 12:
            marks.append(mark)
        assert key == mark.key
    (folder / "headlines").mkdir()
    write_headlines(marks, folder / "headlines" / "gold.jsonl")
    source = ROOT / "data" / "headlines" / "written.jsonl"
    (folder / "headlines" / "written.jsonl").write_bytes(source.read_bytes())
    return folder


def test_gold_meets_the_sentences_that_are_read(tmp_path):
    read = read_gold(Scorer.load(), written_gold(tmp_path))
    assert len(read) == 12
    assert all(one.claims == {1} for one in read)
    assert read_gold(Scorer.load(), tmp_path, part="tuning") == []


def test_the_command_judges_headlines(tmp_path, capsys):
    data = written_gold(tmp_path)
    out = tmp_path / "figures.json"
    done = main(["evaluate", "--task", "headline", "--data", str(data), "--json", str(out)])
    assert done == 0
    assert "12 headlines of 12 articles" in capsys.readouterr().out
    document = msgspec.json.decode(out.read_bytes())
    assert {one["name"] for one in document["sets"]} >= {"all headlines", "written"}
    assert main(["evaluate", "a", "b", "--task", "headline"]) == 2
