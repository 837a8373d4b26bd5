"""Coded checks: each passes on sound data, fails on its fault, and can be inapplicable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.corpus.annotations import LabelMark, join_text, mark_document
from classifier.corpus.splits import SplitManifest
from classifier.evaluation.bench import Bench
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.validity import (
    CHECKS,
    check_corpus,
    check_model,
    prevalence_shift,
)
from classifier.records import Article
from classifier.schema import load_schema
from classifier.text.segmentation import segment
from tests.conftest import ROOT

NAMES = load_schema().names


def article(key, texts, *, source="written", labels=None, date=""):
    one = Article(id=key, text="\n".join(texts), sentences=tuple(texts))
    mark = mark_document(one, segment(one), labels or {}, source=source, date=date)
    return join_text(mark, one)


def words(seed, count=60):
    rng = np.random.default_rng(seed)
    return " ".join(f"mot{rng.integers(0, 10_000)}" for _ in range(count)) + "."


def bench(*placed, newest=None):
    assignment = {one.document.key: split for one, split in placed}
    manifest = SplitManifest(0, 0.5, {}, newest or {}, (), assignment)
    return Bench(Path("data"), tuple(one for one, _ in placed), (), manifest)


def answers(found):
    return {check.code: check.status for check in found}


def test_every_check_has_its_page():
    pages = {path.stem for path in (ROOT / "docs" / "checks").glob("CAD*.md")}
    assert pages == set(CHECKS)
    for code, title in CHECKS.items():
        assert (
            (ROOT / "docs" / "checks" / f"{code}.md")
            .read_text("utf-8")
            .startswith(f"# {code}: {title}")
        )


def test_sound_splits_pass():
    found = check_corpus(
        bench((article("a", [words(1)]), "train"), (article("b", [words(2)]), "test"))
    )
    status = answers(found)
    assert status["CAD001"] == status["CAD002"] == status["CAD003"] == "passed"
    assert status["CAD008"] == "passed"
    assert status["CAD005"] == "not_applicable"  # one document a side


def test_near_duplicates_fail():
    text = words(1, 120)
    found = check_corpus(
        bench((article("a", [text]), "train"), (article("b", [text + " fin."]), "test"))
    )
    assert answers(found)["CAD001"] == "failed"
    (torn,) = [check for check in found if check.code == "CAD001"]
    assert "written/a (train)" in torn.items[0]


def test_agency_copy_inside_different_articles_fails():
    shared = words(1, 60)
    first = article("a", [shared, words(2, 90)])
    second = article("b", [words(3, 90), shared])
    status = answers(check_corpus(bench((first, "train"), (second, "test"))))
    assert status["CAD001"] == "failed"  # splits cluster shared copy too
    assert status["CAD002"] == "failed"
    together = answers(check_corpus(bench((first, "train"), (second, "train"))))
    assert together["CAD002"] == "passed"


def test_a_short_quotation_is_no_agency_copy():
    shared = words(1, 20)
    first, second = (article(key, [shared, words(n, 90)]) for key, n in (("a", 2), ("b", 3)))
    assert answers(check_corpus(bench((first, "train"), (second, "test"))))["CAD002"] == "passed"


def test_repeated_sentences_warn():
    text = "Le pont sera fermé demain matin."
    found = check_corpus(
        bench((article("a", [text]), "train"), (article("b", [text]), "test")), thorough=False
    )
    status = answers(found)
    assert status["CAD003"] == "warning"
    assert status["CAD001"] == "not_applicable"  # the quick suite does not compare


def test_misplaced_documents_fail():
    outside = article("a", [words(1)], source="ppn")
    status = answers(check_corpus(bench((outside, "train")), thorough=False))
    assert status["CAD008"] == "failed"
    recent = article("b", [words(1)], source="orangesum", date="2020-07-01")
    late = bench((recent, "validation"), newest={"orangesum": "2020-06-15"})
    assert answers(check_corpus(late, thorough=False))["CAD008"] == "failed"
    assert answers(check_corpus(bench((recent, "elsewhere"))))["CAD008"] == "failed"


def test_nothing_annotated_is_not_a_pass():
    empty = Bench(Path("data"), (), (), None)
    assert {check.status for check in check_corpus(empty)} == {"not_applicable"}


def test_few_positives_and_shift_warn():
    hedge = {0: {NAMES[0]: LabelMark(((0, 3, "frame"),))}}
    train = [(article(f"t{n}", [words(n)]), "train") for n in range(40)]
    test = [(article(f"u{n}", [words(n + 99)], labels=hedge), "test") for n in range(40)]
    found = {check.code: check for check in check_corpus(bench(*train, *test), thorough=False)}
    assert found["CAD004"].status == "warning"
    assert "written relay_sourcing: 0" in found["CAD004"].items
    assert not any(NAMES[0] in item for item in found["CAD004"].items)
    assert found["CAD005"].status == "warning"
    assert len(found["CAD005"].items) == 1


def test_prevalence_shift_by_hand():
    alike = np.tile([1, 4], (30, 1))
    shares, p_value = prevalence_shift(alike, alike)
    assert shares == (0.25, 0.25)
    assert p_value == 1.0
    shares, p_value = prevalence_shift(np.tile([0, 4], (30, 1)), np.tile([2, 4], (30, 1)))
    assert shares == (0.0, 0.5)
    assert p_value == pytest.approx(1 / 2001)  # no exchange is as extreme


def test_prevalence_shift_keeps_its_level():
    rng = np.random.default_rng(3)
    false = 0
    for seed in range(60):
        # Articles differ in their rate: sentences are far from independent.
        rates = rng.beta(1, 3, size=40)
        counts = np.stack([rng.binomial(10, rates), np.full(40, 10)], axis=1)
        _, p = prevalence_shift(counts[:20], counts[20:], permutations=199, seed=seed)
        false += p <= 0.05
    assert false <= 8  # of 60 at 5 %: 3 expected, 8 is beyond 0.995


def outcomes(gold, predicted):
    gold, predicted = np.array(gold, dtype=bool), np.array(predicted, dtype=bool)
    return Outcomes(NAMES, gold, predicted)


def test_worse_than_nothing_and_worse_than_key_words():
    gold = [[1, 1, 0]] * 2 + [[0, 0, 0]] * 8
    good = outcomes(gold, gold)
    loud = outcomes(gold, [[1, 1, 1]] * 10)
    status = answers(check_model(good, loud, {}, {}))
    assert status["CAD006"] == status["CAD007"] == "passed"
    found = {check.code: check for check in check_model(loud, good, {}, {})}
    assert found["CAD006"].status == "warning"
    assert len(found["CAD006"].items) == 3
    assert found["CAD007"].status == "warning"
    # The third label never occurs: key words have no F1 there to be worse than.
    assert len(found["CAD007"].items) == 2
    assert answers(check_model(None, None, {}, {}))["CAD006"] == "not_applicable"


@pytest.mark.parametrize(
    ("learned", "at_hand", "status"),
    [
        ({"splits.json": "aa"}, {"splits.json": "aa"}, "passed"),
        ({"splits.json": "aa"}, {"splits.json": "bb"}, "failed"),
        ({}, {"splits.json": "bb"}, "not_applicable"),
        ({"splits.json": "aa"}, {}, "not_applicable"),
    ],
)
def test_splits_of_training(learned, at_hand, status):
    assert answers(check_model(None, None, learned, at_hand))["CAD009"] == status
