"""The promotion gate: every way in, every way out, and floors that only fall with a reason."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from classifier.errors import DataError, UsageError
from classifier.evaluation.comparison import Difference
from classifier.evaluation.cost import speed_ratio
from classifier.evaluation.metrics import Key
from classifier.promotion import (
    Floors,
    Standing,
    corpus_hash,
    decide,
    is_cheaper,
    read_floors,
    set_floors,
    sum_up,
    write_floors,
)
from classifier.records import Article
from classifier.statistics import Interval

FLOORS = Floors("corpus", {"orangesum.macro.f1": 0.7, "neutrality.unflipped": 0.98})
GOOD = Standing(
    "new",
    {"orangesum.macro.f1": 0.75, "neutrality.unflipped": 1.0},
    frozenset({"a"}),
    (),
    1_000_000,
)
OLD = replace(GOOD, name="old", failed_cases=frozenset({"a", "b"}))


SAME = (0.9, 1.0, 1.1)


def promoted(
    candidate=GOOD, champion=OLD, verdict="better", floors=FLOORS, corpus="corpus", speed=SAME
):
    return decide(candidate, champion, verdict, floors, corpus, speed)


def test_better_is_promoted():
    found = promoted()
    assert found.promoted
    assert found.reasons == ("better than old",)


@pytest.mark.parametrize("verdict", ["tied", "worse", "undefined"])
def test_not_better_is_not_promoted(verdict):
    found = promoted(verdict=verdict)
    assert not found.promoted
    assert verdict in found.reasons[0]


def test_tied_and_cheaper_is_promoted():
    assert promoted(verdict="tied", speed=(1.1, 1.2, 1.3)).promoted
    assert promoted(replace(GOOD, size=900_000), verdict="tied").promoted
    assert not promoted(verdict="worse", speed=(1.1, 1.2, 1.3)).promoted


def test_cheaper_is_more_than_noise_and_no_trade():
    assert not is_cheaper(GOOD, OLD, (1.0, 3.0, 9.0))  # faster in most rounds is not enough
    assert not is_cheaper(replace(GOOD, size=2_000_000), OLD, (2.0, 2.0, 2.0))
    assert not is_cheaper(replace(GOOD, size=100_000), OLD, (0.4, 0.5, 0.6))
    assert not is_cheaper(replace(GOOD, size=0), OLD, (2.0, 2.0, 2.0))  # size not measured


def test_a_model_is_not_faster_than_itself(scorer):
    articles = [Article(id="a", text="Selon le préfet, le pont sera fermé. " * 20)]
    speed = speed_ratio(scorer, scorer, articles, rounds=3)
    assert speed == (1.0, 1.0, 1.0)  # one model is timed under one name


def test_a_lost_behavioural_test_stops_it():
    found = promoted(replace(GOOD, failed_cases=frozenset({"a", "c"})))
    assert not found.promoted
    assert "loses 1 behavioural tests: c" in found.reasons[0]


def test_no_behavioural_run_stops_it():
    assert not promoted(replace(GOOD, failed_cases=None)).promoted


@pytest.mark.parametrize("value", [0.699, math.nan])
def test_a_broken_or_unmeasured_floor_stops_it(value):
    figures = {**GOOD.figures, "orangesum.macro.f1": value}
    found = promoted(replace(GOOD, figures=figures))
    assert not found.promoted
    assert "orangesum.macro.f1" in found.reasons[0]


def test_a_figure_at_its_floor_passes():
    figures = {**GOOD.figures, "orangesum.macro.f1": 0.7}
    assert promoted(replace(GOOD, figures=figures)).promoted


def test_a_failed_check_stops_it():
    assert not promoted(replace(GOOD, failed_checks=("CAD001",))).promoted


def test_all_reasons_are_told_at_once():
    bad = replace(GOOD, figures={}, failed_checks=("CAD002",), failed_cases=frozenset({"z"}))
    assert len(promoted(bad, verdict="worse").reasons) == 5


def test_the_first_champion_needs_the_floors_too():
    assert promoted(champion=None, verdict="undefined").promoted
    assert not promoted(replace(GOOD, figures={}), champion=None, verdict="undefined").promoted


def test_floors_of_another_corpus_are_refused():
    with pytest.raises(DataError, match="cadrage floors"):
        promoted(corpus="other")


def test_floors_rise_freely_and_fall_with_a_reason():
    higher = set_floors(FLOORS, {**FLOORS.floors, "orangesum.macro.f1": 0.72}, "corpus")
    assert higher.floors["orangesum.macro.f1"] == 0.72
    assert higher.lowered == ()
    lower = {**FLOORS.floors, "orangesum.macro.f1": 0.6}
    with pytest.raises(UsageError, match=r"orangesum\.macro\.f1 0\.700"):
        set_floors(FLOORS, lower, "corpus")
    with pytest.raises(UsageError):
        set_floors(FLOORS, lower, "corpus", reason="  ")
    found = set_floors(FLOORS, lower, "new", reason="new test set", today="2026-11-22")
    assert found.corpus == "new"
    (entry,) = found.lowered
    assert entry.reason == "new test set"
    assert entry.floors == {"orangesum.macro.f1": (0.7, 0.6)}


def test_dropping_a_floor_is_lowering_it():
    with pytest.raises(UsageError):
        set_floors(FLOORS, {"orangesum.macro.f1": 0.7}, "corpus")
    found = set_floors(FLOORS, {"orangesum.macro.f1": 0.7}, "c", reason="no swaps", today="x")
    assert found.lowered[0].floors == {"neutrality.unflipped": (0.98, None)}


def test_floors_survive_a_file(tmp_path):
    path = tmp_path / "floors.json"
    floors = set_floors(FLOORS, {"orangesum.macro.f1": 0.6}, "c", reason="why", today="x")
    write_floors(floors, path)
    assert read_floors(path) == floors
    path.write_text("{}", "utf-8")
    with pytest.raises(DataError):
        read_floors(path)
    with pytest.raises(DataError, match="cadrage floors"):
        read_floors(tmp_path / "none.json")


def test_the_corpus_hash_sees_every_file():
    one = corpus_hash({"a": "1", "b": "2"})
    assert one == corpus_hash({"b": "2", "a": "1"})
    assert one != corpus_hash({"a": "1", "b": "3"})
    assert one != corpus_hash({"a": "1"})


def difference(scope, name, verdict):
    nothing = Interval(0.0, 0.0, 0.0, 0.95, "percentile", 1, 0, 1)
    return Difference(
        "new", "old", Key(scope, name), 0, 0, nothing, 1, 1, verdict, 0, (1, 1)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("macro", "label", "ranking", "expected"),
    [
        ("tied", "tied", "tied", "tied"),
        ("tied", "better", "undefined", "tied"),
        ("tied", "worse", "tied", "worse"),
        ("tied", "tied", "worse", "worse"),
        ("better", "worse", "worse", "better"),
        ("worse", "better", "better", "worse"),
        ("undefined", "worse", "tied", "undefined"),
    ],
)
def test_macro_f1_decides_and_tied_means_worse_nowhere(macro, label, ranking, expected):
    found = [
        difference("relay_sourcing", "f1", label),
        difference("macro", "f1", macro),
        difference("macro", "average_precision", ranking),
        difference("relay_sourcing", "ece_equal_mass", "not tested"),
    ]
    assert sum_up(found) == expected
