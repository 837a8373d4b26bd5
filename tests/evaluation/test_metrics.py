"""Scores of predictions: by hand, against scikit-learn, undefined with a reason."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from classifier.evaluation.metrics import SCORES, Key, Tally, score, score_intervals
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.reliability import bin_reliability
from classifier.records import Cue
from classifier.schema import load_schema
from classifier.statistics import Clusters, Resamples

LABELS = load_schema().names
HEDGING, RELAY, THREAT = LABELS


def outcomes(gold: list[list[int]], predicted: list[list[int]], **more: object) -> Outcomes:
    as_bool = [np.array(table, dtype=bool).reshape(-1, 3) for table in (gold, predicted)]
    return Outcomes(LABELS, *as_bool, **more)  # type: ignore[arg-type]


def random_outcomes(rng: np.random.Generator, rows: int, *, step: float = 0.0) -> Outcomes:
    gold = rng.random((rows, 3)) < [0.4, 0.2, 0.1]
    probabilities = np.clip(0.3 * rng.normal(size=(rows, 3)) + 0.2 + 0.5 * gold, 0, 1)
    if step:
        probabilities = np.round(probabilities / step) * step
    return Outcomes(LABELS, gold, probabilities >= 0.5, probabilities)


# Hedging: gold 1 1 1 0 0 0, predicted 1 1 0 1 0 0: tp 2, fp 1, fn 1, tn 2.
# Relay:   gold 1 0 0 0 0 0, predicted 0 0 0 0 0 0: tp 0, fp 0, fn 1, tn 5.
# Threat:  gold none,        predicted none:        tp 0, fp 0, fn 0, tn 6.
SMALL = outcomes(
    [[1, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
    [[1, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]],
)


@pytest.mark.parametrize(
    ("scope", "name", "expected"),
    [
        (HEDGING, "precision", 2 / 3),  # tp / (tp + fp) = 2 / (2 + 1)
        (HEDGING, "recall", 2 / 3),  # tp / (tp + fn) = 2 / (2 + 1)
        (HEDGING, "f1", 2 / 3),  # 2·2 / (2·2 + 1 + 1)
        (HEDGING, "specificity", 2 / 3),  # tn / (tn + fp) = 2 / (2 + 1)
        (HEDGING, "mcc", 1 / 3),  # (2·2 − 1·1) / √(3·3·3·3) = 3 / 9
        (HEDGING, "prevalence", 1 / 2),  # 3 / 6
        (HEDGING, "support", 3),
        (HEDGING, "predicted", 3),
        (RELAY, "recall", 0),  # 0 / 1: defined
        (RELAY, "f1", 0),  # 0 / (0 + 0 + 1): gold has one, so 0 is defined
        (RELAY, "specificity", 1),  # 5 / 5
        (THREAT, "prevalence", 0),  # 0 / 6
        (THREAT, "specificity", 1),  # 6 / 6
        ("micro", "precision", 2 / 3),  # (2 + 0 + 0) / (3 + 0 + 0)
        ("micro", "recall", 1 / 2),  # (2 + 0 + 0) / (3 + 1 + 0)
        ("micro", "f1", 4 / 7),  # 2·2 / (2·2 + 1 + 2)
        ("sentence", "exact_match", 1 / 2),  # rows 1, 4, 5 of six
        ("sentence", "any_positive", 1 / 2),  # rows 0, 1, 2
    ],
)
def test_by_hand(scope: str, name: str, expected: float) -> None:
    found = score(SMALL)[scope][name]
    assert found.value == pytest.approx(expected)
    assert found.reason == ""


@pytest.mark.parametrize(
    ("scope", "name", "reason"),
    [
        (RELAY, "precision", "nothing predicted positive"),
        (RELAY, "mcc", "gold or prediction is the same for every sentence"),
        (THREAT, "recall", "no positive in gold"),
        (THREAT, "f1", "no positive in gold and none predicted"),
        ("macro", "f1", f"undefined for {THREAT}"),
        ("macro", "precision", f"undefined for {RELAY}, {THREAT}"),
        (HEDGING, "average_precision", "no probabilities given"),
        ("macro", "roc_auc", "no probabilities given"),
        (HEDGING, "brier", "no probabilities given"),
        (HEDGING, "span_exact", "no cues given"),
        (RELAY, "depth_exact", "no depths given"),
    ],
)
def test_undefined_is_nan_with_its_reason(scope: str, name: str, reason: str) -> None:
    found = score(SMALL)[scope][name]
    assert math.isnan(found.value)
    assert found.reason == reason


def test_f1_without_gold_positives_is_0_once_something_is_predicted() -> None:
    # fp 1: 2·0 / (0 + 1 + 0) = 0, defined; recall stays undefined.
    found = score(outcomes([[0, 0, 0]], [[1, 0, 0]]))[HEDGING]
    assert found["f1"].value == 0.0
    assert found["recall"].reason == "no positive in gold"


def test_no_sentence_at_all_is_undefined_without_a_warning() -> None:
    empty = outcomes([], [], probabilities=np.zeros((0, 3)))
    table = score(empty)
    counted = {"support", "predicted"}
    for scope, figures in table.items():
        for name, value in figures.items():
            assert value.defined == (name in counted), (scope, name)
            assert bool(value.reason) == (name not in counted), (scope, name)
    intervals = score_intervals(empty, Resamples.draw(Clusters.of([]), replicates=10))
    assert {k: set(v) for k, v in intervals.items()} == {k: set(v) for k, v in table.items()}


def test_brier_and_ece_by_hand() -> None:
    # Hedging p = 0.9, 0.4 with gold 1, 0: ((−0.1)² + 0.4²) / 2 = (0.01 + 0.16) / 2 = 0.085.
    # Ten bins of width 0.1, one sentence each: ECE = (0.1 + 0.4) / 2 = 0.25, and the same by mass.
    found = score(
        outcomes(
            [[1, 0, 0], [0, 0, 0]],
            [[1, 0, 0], [0, 0, 0]],
            probabilities=np.array([[0.9, 0, 0], [0.4, 0, 0]]),
        )
    )
    assert found[HEDGING]["brier"].value == pytest.approx(0.085)
    assert found[HEDGING]["ece_equal_width"].value == pytest.approx(0.25)
    assert found[HEDGING]["ece_equal_mass"].value == pytest.approx(0.25)
    assert found[RELAY]["brier"].value == 0.0


def test_depth_is_judged_where_both_see_a_relay() -> None:
    # Both: rows 0, 1, 2; right: row 0; at most one off: rows 0 and 1.
    found = score(
        outcomes(
            [[0, 1, 0]] * 5,
            [[0, 1, 0]] * 5,
            gold_depths=np.array([1, 2, 3, 1, 0]),
            predicted_depths=np.array([1, 1, 1, 0, 2]),
        )
    )[RELAY]
    assert found["depth_exact"].value == pytest.approx(1 / 3)
    assert found["depth_within_one"].value == pytest.approx(2 / 3)
    assert found["depth_support"].value == 3


def test_no_common_relay_leaves_depth_undefined() -> None:
    none = np.zeros(6, dtype=np.int64)
    found = score(
        Outcomes(LABELS, SMALL.gold, SMALL.predicted, gold_depths=none, predicted_depths=none)
    )[RELAY]
    assert found["depth_exact"].reason == "no relay in both gold and prediction"


def test_spans_by_hand() -> None:
    # Hedging: gold frame 0-5, doubt 9-12; predicted frame 0-5, frame 9-12. Exact with device: 1
    # pair of 2 and 2: F1 = 2·1 / 4; without device both: 1. Relay: gold outlet 3-9, predicted
    # outlet 4-9: exact 0, overlap 1. Over all labels, exact: 2·1 / (3 + 3) = 1/3; overlap 2/3.
    gold = [{HEDGING: [Cue(0, 5, "frame"), Cue(9, 12, "doubt")], RELAY: [Cue(3, 9, "outlet")]}, {}]
    predicted = [
        {HEDGING: [Cue(0, 5, "frame"), Cue(9, 12, "frame")]},
        {},
    ]
    predicted[0][RELAY] = [Cue(4, 9, "outlet")]
    found = score(
        outcomes(
            [[1, 1, 0], [0, 0, 0]],
            [[1, 1, 0], [0, 0, 0]],
            gold_cues=gold,
            predicted_cues=predicted,
        )
    )
    assert found[HEDGING]["span_exact"].value == pytest.approx(1 / 2)
    assert found[HEDGING]["span_exact_any_device"].value == 1.0
    assert found[HEDGING]["span_overlap"].value == pytest.approx(1 / 2)
    assert found[RELAY]["span_exact"].value == 0.0
    assert found[RELAY]["span_overlap"].value == 1.0
    assert found[THREAT]["span_overlap"].reason == "no cue in gold and none predicted"
    assert found["micro"]["span_exact"].value == pytest.approx(1 / 3)
    assert found["micro"]["span_overlap"].value == pytest.approx(2 / 3)
    assert found["micro"]["span_overlap_any_device"].value == 1.0


@pytest.mark.parametrize("seed", range(10))
def test_equals_scikit_learn(seed: int) -> None:
    data = random_outcomes(np.random.default_rng(seed), 300, step=0.05)
    assert data.probabilities is not None
    found = score(data)
    for k, label in enumerate(LABELS):
        truth, answer, p = data.gold[:, k], data.predicted[:, k], data.probabilities[:, k]
        theirs = {
            "precision": sk.precision_score(truth, answer),
            "recall": sk.recall_score(truth, answer),
            "f1": sk.f1_score(truth, answer),
            "specificity": sk.recall_score(~truth, ~answer),
            "mcc": sk.matthews_corrcoef(truth, answer),
            "average_precision": sk.average_precision_score(truth, p),
            "roc_auc": sk.roc_auc_score(truth, p),
            "brier": sk.brier_score_loss(truth, p),
        }
        for name, value in theirs.items():
            assert found[label][name].value == pytest.approx(value), (label, name)
        for binning in ("equal_mass", "equal_width"):
            curve = bin_reliability(truth, p, bins=10, binning=binning)  # type: ignore[arg-type]
            assert found[label][f"ece_{binning}"].value == pytest.approx(curve.ece.value)
    for scope in ("macro", "micro"):
        p, r, f, _ = sk.precision_recall_fscore_support(data.gold, data.predicted, average=scope)
        for name, value in (("precision", p), ("recall", r), ("f1", f)):
            assert found[scope][name].value == pytest.approx(value), (scope, name)
    for name, function in (
        ("average_precision", sk.average_precision_score),
        ("roc_auc", sk.roc_auc_score),
    ):
        theirs = function(data.gold, data.probabilities, average="macro")
        assert found["macro"][name].value == pytest.approx(theirs)
    theirs = sk.accuracy_score(data.gold, data.predicted)
    assert found["sentence"]["exact_match"].value == pytest.approx(theirs)


@given(st.data())
@settings(max_examples=60)
def test_any_table_gives_a_value_in_range_or_a_reason(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 6))
    table = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=rows, max_size=rows)
    gold, predicted = (np.array(data.draw(table), dtype=bool).reshape(rows, 3) for _ in "ab")
    levels = st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=3 * rows, max_size=3 * rows)
    p = np.array(data.draw(levels)).reshape(rows, 3)
    for figures in score(Outcomes(LABELS, gold, predicted, p)).values():
        for name, value in figures.items():
            assert value.defined == (value.reason == "")
            if value.defined and name not in ("support", "predicted"):
                assert -1e-12 - (name == "mcc") <= value.value <= 1 + 1e-12


def test_every_score_is_explained() -> None:
    table = score(random_outcomes(np.random.default_rng(0), 20))
    assert {name for figures in table.values() for name in figures} == set(SCORES)


# --- outcomes ------------------------------------------------------------------------------


def test_take_keeps_rows_together() -> None:
    cues = [{HEDGING: [Cue(i, i + 1, "frame")]} for i in range(6)]
    whole = Outcomes(
        LABELS,
        SMALL.gold,
        SMALL.predicted,
        np.arange(18).reshape(6, 3) / 18,
        np.arange(6),
        np.arange(6),
        cues,
        cues,
    )
    part = whole.take(np.array([False, True, False, False, True, False]))
    assert len(part) == 2
    assert part.probabilities is not None
    assert part.probabilities[1].tolist() == [12 / 18, 13 / 18, 14 / 18]
    assert part.gold_depths is not None
    assert part.gold_depths.tolist() == [1, 4]
    assert part.gold_cues == [cues[1], cues[4]]
    assert (part.gold == SMALL.gold[[1, 4]]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"predicted": np.zeros((5, 3), dtype=bool)}, r"predicted of shape \(5, 3\): expected"),
        ({"predicted": np.zeros((6, 3))}, "of type float64: expected bool"),
        ({"probabilities": np.full((6, 3), 1.5)}, "between 0 and 1"),
        ({"probabilities": np.full((6, 3), math.nan)}, "none missing"),
        ({"gold_depths": np.zeros(5, dtype=int)}, "gold_depths: 5 rows, expected 6"),
        ({"predicted_cues": []}, "predicted_cues: 0 rows, expected 6"),
    ],
)
def test_outcomes_that_do_not_fit_are_refused(change: dict[str, object], message: str) -> None:
    given_ = {"labels": LABELS, "gold": SMALL.gold, "predicted": SMALL.predicted} | change
    with pytest.raises(ValueError, match=message):
        Outcomes(**given_)  # type: ignore[arg-type]


# --- intervals -----------------------------------------------------------------------------


def test_the_counts_of_a_resample_are_its_scores() -> None:
    """The fast path and scoring the drawn sentences anew give the same figures."""
    rng = np.random.default_rng(3)
    data = random_outcomes(rng, 200)
    clusters = Clusters.of(map(str, rng.integers(0, 12, 200)))
    resamples = Resamples.draw(clusters, replicates=6, seed=1)
    tally = Tally(data)
    fast = resamples.of_counts(tally.measure, tally.counts).samples
    for weights, row in zip(resamples.weights, fast, strict=True):
        anew = score(data.take(np.repeat(np.arange(200), weights[clusters.codes])))
        for key, value in zip(tally.keys, row, strict=True):
            if not key.name.startswith("ece_equal_mass"):  # bins are those of the whole set
                assert value == pytest.approx(anew[key.scope][key.name].value, nan_ok=True)


def test_intervals_stand_around_the_scores_and_name_the_same_ones() -> None:
    rng = np.random.default_rng(5)
    data = random_outcomes(rng, 600)
    clusters = Clusters.of(map(str, rng.integers(0, 60, 600)))
    resamples = Resamples.draw(clusters, replicates=300, seed=2)
    plain = score(data)
    for method in ("bca", "percentile"):
        table = score_intervals(data, resamples, method=method)  # type: ignore[arg-type]
        assert {k: set(v) for k, v in table.items()} == {k: set(v) for k, v in plain.items()}
        for scope, figures in table.items():
            for name, found in figures.items():
                assert found.value == pytest.approx(plain[scope][name].value, nan_ok=True)
                if plain[scope][name].defined and not name.startswith("ece_"):
                    assert found.low < found.value < found.high
    again = score_intervals(data, Resamples.draw(clusters, replicates=300, seed=2), method=method)
    assert again == table or repr(again) == repr(table)  # NaN is not equal to itself


def test_another_partition_is_refused() -> None:
    with pytest.raises(ValueError, match="6 sentences: expected 2"):
        score_intervals(SMALL, Resamples.draw(Clusters.of("ab"), replicates=2))


def test_two_thousand_resamples_of_ten_thousand_sentences_take_under_a_second() -> None:
    rng = np.random.default_rng(6)
    data = random_outcomes(rng, 10_000)
    clusters = Clusters.of(map(str, rng.integers(0, 700, 10_000)))
    tally = Tally(data)
    start = time.process_time()
    resamples = Resamples.draw(clusters, replicates=2000, seed=0)
    drawn = resamples.of_counts(tally.measure, tally.counts)
    drawn.intervals(len(clusters))
    assert time.process_time() - start < 1.0
    assert tally.keys.index(Key("macro", "f1")) >= 0
