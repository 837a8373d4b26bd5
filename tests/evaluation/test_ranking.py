"""Average precision and ROC-AUC: by hand, against scikit-learn, and under weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from classifier.evaluation.ranking import Ranking

scored = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.integers(0, 3)),
    min_size=1,
    max_size=40,
)


def measure(truth: list[int], scores: list[float], weights: list[int] | None = None) -> list[float]:
    table = None if weights is None else np.array([weights])
    return Ranking(truth, scores).measure(table)[0].tolist()


def test_by_hand() -> None:
    # From the top: 1 0 1 0. Precision at the positives: 1/1 and 2/3, each half the recall:
    # AP = 1/2 · 1 + 1/2 · 2/3 = 5/6. Pairs (positive, negative): 3 of 4 in order: AUC = 3/4.
    assert measure([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6]) == pytest.approx([5 / 6, 3 / 4])


def test_ties_stand_together() -> None:
    # One group of 4 with 2 positives: AP = precision of the group = 2/4; every pair ties: 1/2.
    assert measure([1, 0, 1, 0], [0.5] * 4) == pytest.approx([0.5, 0.5])
    # 0.9: one positive; 0.5: one positive and one negative: AP = 1/2 · 1 + 1/2 · 2/3 = 5/6;
    # pairs: one in order, one tied: (1 + 1/2) / 2 = 3/4.
    assert measure([1, 1, 0], [0.9, 0.5, 0.5]) == pytest.approx([5 / 6, 3 / 4])


def test_perfect_and_worst() -> None:
    assert measure([0, 1], [0.1, 0.9]) == [1.0, 1.0]
    # The positive last of two: precision 1/2; no pair in order.
    assert measure([1, 0], [0.1, 0.9]) == [0.5, 0.0]


@pytest.mark.parametrize("truth", [[], [0, 0]])
def test_without_positives_both_are_nan(truth: list[int]) -> None:
    assert np.isnan(Ranking(truth, [0.5] * len(truth)).measure()).all()


def test_without_negatives_only_auc_is_nan() -> None:
    precision, auc = measure([1, 1], [0.2, 0.7])
    assert precision == 1.0
    assert np.isnan(auc)


@given(scored)
def test_equals_scikit_learn_with_and_without_weights(rows: list[tuple[bool, float, int]]) -> None:
    truth, scores, weights = map(np.array, zip(*rows, strict=True))
    found = Ranking(truth, scores).measure(np.stack([np.ones(len(truth)), weights]))
    for row, weight in zip(found, (np.ones(len(truth)), weights), strict=True):
        kept = weight > 0
        positives, negatives = truth[kept].any(), (~truth[kept]).any()
        assert np.isnan(row[0]) == (not positives)
        assert np.isnan(row[1]) == (not (positives and negatives))
        if positives:
            theirs = average_precision_score(truth[kept], scores[kept], sample_weight=weight[kept])
            assert row[0] == pytest.approx(theirs)
        if positives and negatives:
            theirs = roc_auc_score(truth[kept], scores[kept], sample_weight=weight[kept])
            assert row[1] == pytest.approx(theirs)


@given(scored)
def test_a_weight_is_a_repetition(rows: list[tuple[bool, float, int]]) -> None:
    truth, scores, weights = map(np.array, zip(*rows, strict=True))
    again = np.repeat(np.arange(len(truth)), weights)
    np.testing.assert_allclose(
        Ranking(truth, scores).measure(weights[None]),
        Ranking(truth[again], scores[again]).measure(),
    )


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Ranking([1, 0], [0.5, np.nan])
    with pytest.raises(ValueError, match="expected \\(n,\\)"):
        Ranking([1, 0], [0.5])
