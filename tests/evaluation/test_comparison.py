"""Comparing models: verdicts, families, several runs, rows that differ."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from classifier.evaluation.comparison import compare, differing_rows
from classifier.evaluation.metrics import Key, score
from classifier.evaluation.outcomes import Outcomes
from classifier.records import Cue
from classifier.schema import load_schema
from classifier.statistics import Clusters, Resamples

LABELS = load_schema().names
HEDGING, RELAY, THREAT = LABELS
ROWS = 600
RNG = np.random.default_rng(40)
GOLD = RNG.random((ROWS, 3)) < [0.3, 0.3, 0.2]
CLUSTERS = Clusters.of(map(str, RNG.integers(0, 60, ROWS)))
RESAMPLES = Resamples.draw(CLUSTERS, replicates=400, seed=0)


def model(seed: int, errors: float, gold: np.ndarray = GOLD) -> Outcomes:
    """A model that gets this share of the answers wrong."""
    rng = np.random.default_rng(seed)
    predicted = gold ^ (rng.random(gold.shape) < errors)
    return Outcomes(LABELS, gold, predicted, np.where(predicted, 0.9, 0.1))


GOOD, POOR = model(1, 0.05), model(2, 0.25)


def test_a_clear_difference_is_better_one_way_and_worse_the_other() -> None:
    found = compare({"good": [GOOD], "poor": [POOR]}, RESAMPLES, permutations=999)
    back = compare({"poor": [POOR], "good": [GOOD]}, RESAMPLES, permutations=999)
    assert [d.key for d in found.differences] == [Key(s, "f1") for s in (*LABELS, "macro")]
    assert found.family == 4
    for one, other in zip(found.differences, back.differences, strict=True):
        assert (one.first, one.second, one.verdict, other.verdict) == (
            "good", "poor", "better", "worse",
        )  # fmt: skip
        assert one.interval.value == pytest.approx(one.first_value - one.second_value)
        assert one.interval.low > 0
        assert (other.interval.low, other.interval.high) == pytest.approx(
            (-one.interval.high, -one.interval.low)
        )
        # Nothing as large among 999 exchanges: (1 + 0) / 1000; Holm makes it 4/1000.
        assert (one.p_value, one.p_adjusted) == (0.001, 0.004)
        assert one.first_value == score(GOOD)[one.key.scope]["f1"].value
        assert 0 < one.detectable < one.interval.value
        assert one.runs == (1, 1)
        assert "one run of good and of poor" in one.note


def test_models_alike_are_tied_with_the_smallest_difference_that_would_show() -> None:
    found = compare({"a": [model(3, 0.1)], "b": [model(4, 0.1)]}, RESAMPLES, permutations=499)
    for difference in found.differences:
        assert difference.verdict == "tied"
        assert difference.interval.low < 0 < difference.interval.high
        assert difference.detectable > abs(difference.interval.value)


def test_a_larger_family_can_detect_less() -> None:
    # (z_{1 − 0.05/8} + z_0.8) / (z_{1 − 0.05/2} + z_0.8) = (2.4977 + 0.8416) / (1.9600 + 0.8416)
    # = 1.192 for four tests against one; a little more, for the articles' part in the null.
    models = {"a": [GOOD], "b": [POOR]}
    four = compare(models, RESAMPLES, permutations=99).differences[0]
    alone = compare(models, RESAMPLES, permutations=99, keys=[four.key]).differences[0]
    assert four.detectable / alone.detectable == pytest.approx(1.22, abs=0.03)


def test_three_articles_can_show_no_difference_at_all() -> None:
    few = Resamples.draw(Clusters.of("abc" * (ROWS // 3)), replicates=50)
    found = compare({"a": [GOOD], "b": [POOR]}, few, keys=[Key(HEDGING, "f1")], permutations=999)
    assert found.differences[0].verdict == "tied"
    assert found.differences[0].detectable == math.inf


def test_a_model_is_tied_with_itself_and_nothing_can_be_detected() -> None:
    found = compare({"a": [GOOD], "b": [GOOD]}, RESAMPLES, permutations=99)
    for difference in found.differences:
        assert (difference.p_value, difference.verdict) == (1.0, "tied")
        assert (difference.interval.low, difference.interval.high) == (0.0, 0.0)
        assert math.isnan(difference.detectable)
    assert found.rows["a", "b"].tolist() == []


def test_less_is_better_for_a_brier_score() -> None:
    found = compare(
        {"good": [GOOD], "poor": [POOR]}, RESAMPLES, keys=[Key(HEDGING, "brier")], permutations=99
    ).differences[0]
    assert found.interval.value < 0
    assert found.verdict == "better"


def test_every_pair_is_in_one_family() -> None:
    models = {"a": [GOOD], "b": [POOR], "c": [model(5, 0.1)]}
    found = compare(models, RESAMPLES, permutations=499, keys=[Key("macro", "f1")])
    assert [(d.first, d.second) for d in found.differences] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.family == 3
    assert all(d.p_adjusted >= d.p_value for d in found.differences)
    chosen = compare(models, RESAMPLES, permutations=99, pairs=[("c", "a")])
    assert {(d.first, d.second) for d in chosen.differences} == {("c", "a")}


def test_the_same_seed_gives_the_same_comparison() -> None:
    models = {"a": [GOOD, model(7, 0.05)], "b": [POOR]}
    one, again = (compare(models, RESAMPLES, permutations=99, seed=5) for _ in range(2))
    assert one.differences == again.differences


def test_an_undefined_score_has_no_verdict_and_no_part_in_the_family() -> None:
    gold = GOLD & [True, True, False]
    a, b = (
        replace(m, gold=gold, predicted=m.predicted & [True, True, False]) for m in (GOOD, POOR)
    )
    found = compare({"a": [a], "b": [b]}, RESAMPLES, permutations=99)
    verdicts = {d.key.scope: d.verdict for d in found.differences}
    assert verdicts == {
        HEDGING: "better", RELAY: "better", THREAT: "undefined", "macro": "undefined"
    }  # fmt: skip
    assert found.family == 2
    threat = found.differences[2]
    assert math.isnan(threat.p_adjusted)
    assert "undefined for one of the two" in threat.interval.reason


def test_spans_can_be_compared() -> None:
    cues = [{HEDGING: [Cue(0, 5, "frame")]} if row[0] else {} for row in GOLD]
    right = replace(GOOD, gold_cues=cues, predicted_cues=cues)
    wrong = replace(GOOD, gold_cues=cues, predicted_cues=[{} for _ in cues])
    found = compare(
        {"right": [right], "wrong": [wrong]},
        RESAMPLES,
        keys=[Key(HEDGING, "span_exact")],
        permutations=99,
    ).differences[0]
    assert (found.first_value, found.second_value, found.verdict) == (1.0, 0.0, "better")


# --- several runs --------------------------------------------------------------------------


def test_the_score_of_several_runs_is_that_of_their_mean_counts() -> None:
    # Hedging tp, fp, fn of run 1: 2 0 0; of run 2: 1 1 1. Mean 1.5, 0.5, 0.5:
    # F1 = 3 / (3 + 0.5 + 0.5) = 0.75. The other model: 2 0 0: 1.
    gold = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 0]], dtype=bool)
    other = np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0]], dtype=bool)
    found = compare(
        {"a": [Outcomes(LABELS, gold, gold), Outcomes(LABELS, gold, other)],
         "b": [Outcomes(LABELS, gold, gold)]},
        Resamples.draw(Clusters.of("xyz"), replicates=50),
        keys=[Key(HEDGING, "f1")],
        permutations=20,
    ).differences[0]  # fmt: skip
    assert (found.first_value, found.second_value) == pytest.approx((0.75, 1.0))
    assert found.runs == (2, 1)
    assert found.note == "one run of b: its variance between seeds is not in this"


def test_seeds_that_vary_widen_the_interval() -> None:
    same = [model(seed, 0.1) for seed in (10, 11, 12)]
    apart = [model(seed, errors) for seed, errors in ((10, 0.05), (11, 0.1), (12, 0.15))]
    key = [Key(HEDGING, "f1")]
    narrow, wide = (
        compare({"a": runs, "b": [POOR]}, RESAMPLES, keys=key, permutations=199).differences[0]
        for runs in (same, apart)
    )
    assert wide.interval.high - wide.interval.low > 1.5 * (
        narrow.interval.high - narrow.interval.low
    )
    assert wide.detectable > narrow.detectable
    assert wide.p_value > narrow.p_value


def test_a_run_without_a_score_leaves_the_difference_undefined() -> None:
    silent = Outcomes(LABELS, GOLD, np.zeros_like(GOLD))
    found = compare(
        {"a": [GOOD, silent], "b": [POOR]},
        RESAMPLES,
        keys=[Key(HEDGING, "precision")],
        permutations=20,
    ).differences[0]
    assert found.verdict == "undefined"
    assert "for a run of it" in found.interval.reason


# --- rows ----------------------------------------------------------------------------------


def test_rows_that_differ() -> None:
    gold = np.zeros((4, 3), dtype=bool)
    a, b = gold.copy(), gold.copy()
    a[1, 0] = a[3, 2] = b[3, 2] = b[2, 1] = True
    one, two = [Outcomes(LABELS, gold, a)], [Outcomes(LABELS, gold, b)]
    assert differing_rows(one, two).tolist() == [1, 2]
    assert differing_rows(one, two, RELAY).tolist() == [2]
    # Two of three runs answer as in a; one of two is no majority.
    assert differing_rows(one + one + two, one).tolist() == []
    assert differing_rows(one + two, two).tolist() == [2]


# --- refused -------------------------------------------------------------------------------


def test_another_gold_is_refused() -> None:
    other = model(1, 0.1, ~GOLD)
    with pytest.raises(ValueError, match="b: labels or gold differ"):
        compare({"a": [GOOD], "b": [other]}, RESAMPLES)


def test_too_few_permutations_for_any_verdict_are_refused() -> None:
    # The smallest p is 1/79; Holm makes it 4/79 > 0.05. With 79 it is 4/80 = 0.05.
    models = {"a": [GOOD], "b": [POOR]}
    with pytest.raises(ValueError, match="78 permutations for 4 tests: expected at least 79"):
        compare(models, RESAMPLES, permutations=78)
    assert compare(models, RESAMPLES, permutations=79).differences[0].verdict == "better"


def test_another_partition_is_refused() -> None:
    with pytest.raises(ValueError, match="600 sentences: expected 2"):
        compare({"a": [GOOD], "b": [POOR]}, Resamples.draw(Clusters.of("ab"), replicates=2))


def test_no_run_is_refused() -> None:
    with pytest.raises(ValueError, match="one or more runs"):
        compare({"a": [GOOD], "b": []}, RESAMPLES)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (Key("macro", "roc_auc"), "no macro/roc_auc that sums over sentences"),
        (Key(HEDGING, "support"), "neither better nor worse"),
        (Key(HEDGING, "ece_equal_mass"), "neither better nor worse"),
        (Key(HEDGING, "span_exact"), "no attribution_hedging/span_exact"),
    ],
)
def test_scores_that_cannot_be_compared_are_refused(key: Key, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare({"a": [GOOD], "b": [POOR]}, RESAMPLES, keys=[key])
