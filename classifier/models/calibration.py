"""From a model's raw scores to honest probabilities and decisions, on validation data only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Gold
from classifier.models.base import Probabilities

Scores = NDArray[np.float64]


def sigmoid(scores: Scores) -> Probabilities:
    """Return the logistic function, without overflow for large negative scores."""
    return np.exp(-np.logaddexp(0.0, -scores))


def fit_platt(scores: Scores, gold: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit ``sigmoid(slope * score + offset)`` to one label by Newton's method.

    Platt's method with his targets, which keep finite data from giving probabilities of 0 or 1
    (J. Platt, Probabilistic Outputs for Support Vector Machines, 1999; H.-T. Lin et al., 2007).

    Args:
        scores: shape (n,), any real numbers.
        gold: shape (n,).

    Returns:
        slope and offset; (1, 0), no change, when one class is absent.
    """
    positives = int(gold.sum())
    negatives = len(gold) - positives
    if not positives or not negatives:
        return 1.0, 0.0
    high = (positives + 1.0) / (positives + 2.0)
    low = 1.0 / (negatives + 2.0)
    target = np.where(gold, high, low)
    slope, offset = 1.0, 0.0

    def loss(a: float, b: float) -> float:
        z = a * scores + b
        return float(np.sum(np.logaddexp(0.0, z) - target * z))

    current = loss(slope, offset)
    for _ in range(100):
        probability = sigmoid(slope * scores + offset)
        error = probability - target
        weight = np.maximum(probability * (1 - probability), 1e-12)
        gradient = np.array([np.dot(error, scores), error.sum()])
        hessian = np.array(
            [
                [np.dot(weight, scores * scores) + 1e-9, np.dot(weight, scores)],
                [np.dot(weight, scores), weight.sum() + 1e-9],
            ]
        )
        if np.abs(gradient).max() < 1e-8:
            break
        step = np.linalg.solve(hessian, gradient)
        scale = 1.0
        while scale > 1e-10:
            trial = loss(slope - scale * step[0], offset - scale * step[1])
            if trial < current - 1e-12:
                slope, offset = slope - scale * step[0], offset - scale * step[1]
                current = trial
                break
            scale /= 2
        else:
            break
    return float(slope), float(offset)


def choose_thresholds(
    probabilities: Probabilities, gold: Gold, negatives: Sequence[float] = ()
) -> NDArray[np.float64]:
    """Return per label the threshold with the best F1, in the middle of its plateau.

    Args:
        probabilities, gold: shape (n, labels), validation data.
        negatives: for each label, how many sentences without it one of validation stands for,
            where validation holds the label more often than text to come; empty: one.

    Returns:
        shape (labels,); 0.5 for a label without a positive.
    """
    thresholds = np.full(gold.shape[1], 0.5)
    for column in range(gold.shape[1]):
        truth = gold[:, column]
        if not truth.any():
            continue
        stands_for = negatives[column] if negatives else 1.0
        order = np.argsort(-probabilities[:, column], kind="stable")
        ordered = probabilities[order, column]
        hits = np.cumsum(truth[order])
        called = hits + stands_for * (np.arange(1, len(truth) + 1) - hits)
        f1 = 2 * hits / (called + truth.sum())
        # A cut may only fall between two different probabilities.
        cuts = np.flatnonzero(np.append(ordered[:-1] > ordered[1:], True))
        best = cuts[np.argmax(f1[cuts])]
        below = ordered[best + 1] if best + 1 < len(ordered) else 0.0
        thresholds[column] = (ordered[best] + below) / 2
    return thresholds


def calibrate(
    scores: Scores, gold: Gold, negatives: Sequence[float] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit Platt's slope and offset and choose thresholds, on validation data.

    Args:
        scores: shape (n, labels), any real numbers.
        gold: shape (n, labels).
        negatives: see :func:`choose_thresholds`.

    Returns:
        slope and offset of each label, shape (labels, 2); thresholds in [0, 1], shape (labels,).
    """
    calibration = np.array(
        [fit_platt(scores[:, column], gold[:, column]) for column in range(gold.shape[1])]
    )
    probabilities = sigmoid(scores * calibration[:, 0] + calibration[:, 1])
    return calibration, choose_thresholds(probabilities, gold, negatives)
