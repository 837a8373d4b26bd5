"""Behavioural cases: the suite's size and form, and each way a case passes or fails."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from classifier.evaluation import perturbations
from classifier.evaluation.behaviour import (
    Behaviour,
    Case,
    Result,
    judge_case,
    label_text,
    load_cases,
    run_behaviour,
    wilson,
)
from classifier.evaluation.perturbations import PERTURBATIONS, fill, swaps
from classifier.models.rules import KeywordModel, MajorityModel
from classifier.records import LabelScore, ModelInfo
from classifier.schema import load_schema
from classifier.scoring import Scorer

NAMES = load_schema().names


def scorer_of(model) -> Scorer:
    thresholds = dict(zip(NAMES, model.thresholds.tolist(), strict=True))
    return Scorer(model, ModelInfo("m", "1", "", thresholds), thresholds)


def labels(first=0.1, *, at=0.5):
    scores = {name: LabelScore(0.1, False) for name in NAMES}
    scores[NAMES[0]] = LabelScore(first, first >= at)
    return scores


def test_the_suite_has_what_was_promised():
    cases = load_cases()
    assert len(cases) >= 400
    kinds = Counter(case.kind for case in cases)
    assert set(kinds) == {"functionality", "invariance", "direction"}
    assert min(kinds.values()) >= 50
    assert len({case.id for case in cases}) == len(cases)
    devices = sum(len(label.devices) for label in load_schema().labels)
    tests = {case.capability for case in cases if case.kind == "functionality"}
    assert len(tests) == devices
    for capability in tests:
        expected = Counter(c.expected for c in cases if c.capability == capability)
        assert min(expected["positive"], expected["negative"]) >= 10
    invariances = {case.capability for case in cases if case.kind == "invariance"}
    assert set(perturbations.SLOT_NAMES.values()) | set(PERTURBATIONS) >= invariances - {
        "machine-translation French"
    }
    assert {
        "names of people",
        "outlets",
        "accents dropped",
        "typos",
        "glued paragraphs",
        "no-break spaces",
    } <= (invariances)
    for case in cases:
        assert case.label in ("", *NAMES)
        assert all(text and "{" not in text for text in case.texts)


def test_functionality_judges_the_decision():
    case = Case("functionality", "c", ("t",), NAMES[0], "positive")
    assert judge_case(case, [labels(0.6)]).passed
    assert not judge_case(case, [labels(0.4)]).passed
    negative = Case("functionality", "c", ("t",), NAMES[0], "negative")
    assert judge_case(negative, [labels(0.4)]).passed
    assert not judge_case(negative, [labels(0.6)]).passed


def test_invariance_judges_decisions_and_not_probabilities():
    case = Case("invariance", "c", ("t", "u"), "", "same")
    assert judge_case(case, [labels(0.51), labels(0.99)]).passed
    failed = judge_case(case, [labels(0.51), labels(0.49)])
    assert not failed.passed
    assert failed.label == NAMES[0]
    assert failed.probabilities == (0.51, 0.49)


@pytest.mark.parametrize(
    ("move", "p", "q", "passed"),
    [
        ("up", 0.2, 0.3, True),
        ("up", 0.3, 0.3, False),
        ("up", 0.3, 0.2, False),
        ("up", 0.97, 0.96, True),
        ("up", 0.97, 0.90, False),
        ("down", 0.3, 0.2, True),
        ("down", 0.2, 0.2, False),
        ("down", 0.02, 0.03, True),
        ("down", 0.02, 0.20, False),
    ],
)
def test_direction_needs_a_move_unless_there_is_no_room(move, p, q, passed):
    case = Case("direction", "c", ("t", "u"), NAMES[0], move)
    result = judge_case(case, [labels(p), labels(q)])
    assert result.passed is passed
    assert result.probabilities == (p, q)


def test_a_text_without_a_sentence_fails():
    case = Case("functionality", "c", ("t",), NAMES[0], "negative")
    assert not judge_case(case, [{}]).passed


def test_a_model_that_never_speaks_fails_all_positives_and_keeps_all_else():
    behaviour = run_behaviour(scorer_of(MajorityModel()))
    for capability in behaviour.capabilities:
        expected = Counter(
            result.case.expected
            for result in behaviour.results
            if result.case.capability == capability.name
        )
        if capability.kind == "functionality":
            assert capability.failed == expected["positive"]
        elif capability.kind == "invariance":
            assert capability.failed == 0
        else:  # no probability ever moves
            assert capability.failed == capability.cases


def test_the_last_sentence_is_judged():
    scorer = scorer_of(KeywordModel())
    hedged, plain = "Selon le préfet, le pont sera fermé.", "Le pont est gris."
    assert label_text(scorer, f"{plain} || {hedged}")[NAMES[0]].positive
    assert not label_text(scorer, f"{hedged} || {plain}")[NAMES[0]].positive
    assert label_text(scorer, f"{plain} || {hedged}", whole=True)[NAMES[0]].positive


def test_rates_and_examples():
    case = Case("functionality", "c", ("t",), NAMES[0], "positive")
    results = [Result(case, passed, NAMES[0], (0.5,)) for passed in (True, False, False, True)]
    (one,) = Behaviour(tuple(results)).capabilities
    assert (one.cases, one.failed, one.rate, len(one.failures)) == (4, 2, 0.5, 2)
    plain = Behaviour(tuple(results)).as_dict(examples=1)
    assert len(plain["capabilities"][0]["examples"]) == 1


def test_wilson_by_hand():
    # z = 1.96, n = 10, p = 0.3: (0.3 + 0.19207) / 1.38414 ± 1.96/1.38414 · √(0.021 + 0.0096035)
    low, high = wilson(3, 10)
    assert low == pytest.approx(0.1078, abs=2e-4)
    assert high == pytest.approx(0.6032, abs=2e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0.0


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("quotes “ ”", "« Oui », dit-il", "“Oui”, dit-il"),
        ('quotes " "', "« Oui », dit-il", '"Oui", dit-il'),
        ("apostrophes ’", "l'eau", "l’eau"),
        ("accents dropped", "À l'œuvre, garçon", "A l'oeuvre, garcon"),
        ("no-break spaces", "Quoi ? « Rien »", "Quoi\u00a0? «\u00a0Rien\u00a0»"),
        ("tight punctuation", "Quoi ? « Rien » !", "Quoi? «Rien»!"),
        ("double spaces", "a b c d", "a b  c d"),
    ],
)
def test_perturbations_by_hand(name, before, after):
    assert PERTURBATIONS[name].change(before) == after


def test_a_typo_changes_two_letters_and_is_always_the_same():
    text = "Les livraisons reprendront bientôt"
    changed = PERTURBATIONS["typos"].change(text)
    assert changed != text
    assert sorted(changed) == sorted(text)
    assert sum(a != b for a, b in zip(changed, text, strict=True)) == 2
    assert changed == PERTURBATIONS["typos"].change(text)
    assert PERTURBATIONS["typos"].change("Il a dit non.") == "Il a dit non."


def test_slots():
    slots = {"city": ["Rome", "Oslo", "Lima"], "person": ["Ann"]}
    assert fill("{city} attend {person}.", slots) == "Rome attend Ann."
    assert list(swaps("à {city}", slots)) == [
        ("capitals and cities", "À Oslo"),
        ("capitals and cities", "À Lima"),
    ]


def test_cases_are_scored_once_each():
    calls = []
    scorer = scorer_of(MajorityModel())
    score = scorer.score
    double = SimpleNamespace(score=lambda article: calls.append(article) or score(article))
    case = Case("functionality", "c", ("Le pont est gris.",), NAMES[0], "negative")
    run_behaviour(double, [case, case])
    assert len(calls) == 1
