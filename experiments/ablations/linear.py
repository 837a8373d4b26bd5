"""The linear model with soft labels beside its gold: distillation into the default family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import LabelledDocuments
from classifier.models.camembert.soft import SoftDocument
from classifier.models.features import UnitView, view_document
from classifier.models.linear import LinearModel
from classifier.models.linear_training import (
    LinearPipeline,
    LinearSettings,
    finish_pipeline,
    scorable_views,
)

Floats = NDArray[np.float64]


class SoftPipeline(LinearPipeline):
    """Logistic regressions on gold and soft sentences.

    A soft sentence counts twice: as positive with its probability for weight, as negative with
    the rest. That is the cross-entropy with its soft label, exactly.
    """

    def fit_soft(
        self,
        views: Sequence[UnitView],
        gold: NDArray[np.bool_],
        soft_views: Sequence[UnitView],
        targets: Floats,
        weight: float,
    ) -> None:
        """Fit vectorisers and classifiers.

        Args:
            views, gold: rows correspond, as in :meth:`LinearPipeline.fit`.
            soft_views, targets: rows correspond; targets in [0, 1], shape (n_soft, labels).
            weight: of a soft sentence, a gold one's is 1.
        """
        from scipy import sparse
        from sklearn.linear_model import LogisticRegression

        matrix = self.union.fit_transform([*views, *soft_views])
        wanted = np.concatenate([gold.astype(np.float64), targets])
        weights = np.repeat([1.0, weight], [len(views), len(soft_views)])
        if self.settings.hide:
            place = np.arange(len(wanted))[:, None]
            matrix, order, hidden = self._with_hidden(matrix, place)
            wanted, weights = wanted[order[:, 0]], weights[order[:, 0]] * hidden
        self.classifiers = []
        for column in range(gold.shape[1]):
            share = gold[:, column].mean()
            ratio = ((1 - share) / share) ** self.settings.balance if 0 < share < 1 else 1.0
            rows, truth, counts = split_soft(wanted[:, column], weights)
            classifier: Any = LogisticRegression(
                C=self.settings.c,
                class_weight={False: 1.0, True: ratio},
                solver="lbfgs",
                max_iter=1000,
                tol=1e-4,
            )
            if truth.any() and not truth.all():
                classifier.fit(sparse.csr_matrix(matrix)[rows], truth, sample_weight=counts)
            else:
                classifier = None
            self.classifiers.append(classifier)
        self.calibration = np.tile([1.0, 0.0], (gold.shape[1], 1))


def split_soft(
    targets: Floats, weights: Floats
) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats]:
    """Return rows of soft labels as rows of hard ones: their numbers, truths and weights.

    Args:
        targets, weights: shape (n,), targets in [0, 1].
    """
    rows = np.tile(np.arange(len(targets)), 2)
    truth = np.repeat([True, False], len(targets))
    counts = np.concatenate([weights * targets, weights * (1 - targets)])
    kept = counts > 0
    return rows[kept], truth[kept], counts[kept]


def train_soft(
    model: LinearModel,
    settings: LinearSettings,
    train: LabelledDocuments,
    validation: LabelledDocuments,
    soft: Sequence[SoftDocument],
    weight: float,
) -> None:
    """Fill a linear model that has learned soft labels too; see ``train_linear``."""
    pipeline = SoftPipeline(settings)
    views, gold = scorable_views(model, train)
    soft_views: list[UnitView] = []
    targets: list[NDArray[np.float32]] = []
    for one in soft:
        seen = view_document(one.document, model.lexicon)
        soft_views += [seen[number] for number in one.targets]
        targets += one.targets.values()
    pipeline.fit_soft(views, gold, soft_views, np.array(targets, dtype=np.float64), weight)
    finish_pipeline(pipeline, model, validation)
