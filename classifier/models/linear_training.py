"""Training of the linear model with scikit-learn, and its export to plain arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Gold, LabelledDocuments
from classifier.errors import MissingExtraError
from classifier.models.base import Probabilities
from classifier.models.calibration import calibrate, sigmoid
from classifier.models.features import EXTRACTORS, UnitView, view_documents

if TYPE_CHECKING:
    from classifier.models.linear import FeatureGroup, LinearModel

UNSCALED = ("cue", "verdict", "around")
"""Groups whose features count as they are: not by rarity, nor less in a longer sentence."""

LEXICON = ("cue", "verdict")
"""Groups that say what the lexicon found in the sentence itself."""

CONSTANT = -10.0
"""Score of a label that the training data never show, or always: it cannot be learned."""

_CLASS_COUNT = 4


class LinearSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the linear family.

    Attributes:
        c: inverse strength of the L2 penalty.
        word_weight, char_weight, before_weight, class_weight, cue_weight, verdict_weight,
            around_weight: how much each feature group counts; 0 leaves a group out.
        min_count: a word or n-gram must stand in that many training sentences.
        max_char: the most frequent character n-grams that are kept.
        max_class: the same for classes in company, each in at least 4 sentences.
        hide: share of the training weight, in [0, 1), that goes to a copy of every sentence in
            which the lexicon found nothing. Its author has read the training articles, so there
            it looks better than it is; a model that learns from such copies too does not lean on
            it alone.
        negatives: for each label, how many sentences without it one of validation stands for when
            its threshold is chosen; empty: one.
        balance: exponent of the class weights: 0 none, 1 scikit-learn's ``balanced``.
    """

    c: float = 0.1
    word_weight: float = 1.0
    char_weight: float = 0.0
    before_weight: float = 0.3
    class_weight: float = 0.0
    cue_weight: float = 0.5
    verdict_weight: float = 2.0
    around_weight: float = 0.0
    min_count: int = 2
    max_char: int = 30_000
    max_class: int = 20_000
    hide: float = 0.0
    negatives: tuple[float, ...] = ()
    balance: float = 0.5


class LinearPipeline:
    """The scikit-learn side: vectorisers, one logistic regression a label, Platt calibration."""

    def __init__(self, settings: LinearSettings) -> None:
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
            from sklearn.pipeline import FeatureUnion
        except ImportError:
            raise MissingExtraError("training", "train") from None
        self.settings = settings
        weights = {
            "word": settings.word_weight,
            "char": settings.char_weight,
            "before": settings.before_weight,
            "class": settings.class_weight,
            "cue": settings.cue_weight,
            "verdict": settings.verdict_weight,
            "around": settings.around_weight,
        }
        self.weights = {name: weight for name, weight in weights.items() if weight > 0}
        self.union = FeatureUnion(
            [
                (
                    name,
                    TfidfVectorizer(
                        analyzer=EXTRACTORS[name],
                        binary=True,
                        min_df=_CLASS_COUNT if name == "class" else settings.min_count,
                        max_features={"char": settings.max_char, "class": settings.max_class}.get(
                            name
                        ),
                        use_idf=name not in UNSCALED,
                        norm=None if name in UNSCALED else "l2",
                        dtype=np.float64,
                    ),
                )
                for name in self.weights
            ],
            transformer_weights=self.weights,
        )
        self.classifiers: list[Any] = []
        self.calibration = np.zeros((0, 2))

    def fit(self, views: Sequence[UnitView], gold: NDArray[np.bool_]) -> None:
        """Fit vectorisers and classifiers; rows of ``views`` and ``gold`` correspond."""
        from sklearn.linear_model import LogisticRegression

        matrix = self.union.fit_transform(views)
        weight = None
        if self.settings.hide:
            matrix, gold, weight = self._with_hidden(matrix, gold)
        self.classifiers = []
        for column in range(gold.shape[1]):
            truth = gold[:, column]
            if not truth.any() or truth.all():
                self.classifiers.append(None)
                continue
            classifier = LogisticRegression(
                C=self.settings.c,
                class_weight=class_weight(truth, self.settings.balance),
                solver="lbfgs",
                max_iter=1000,
                tol=1e-4,
            )
            self.classifiers.append(classifier.fit(matrix, truth, sample_weight=weight))
        self.calibration = np.tile([1.0, 0.0], (gold.shape[1], 1))

    def _with_hidden(
        self, matrix: Any, gold: NDArray[np.bool_]
    ) -> tuple[Any, NDArray[np.bool_], NDArray[np.float64]]:
        """Return the rows and, after them, copies without the lexicon; gold and weights of both."""
        from scipy import sparse

        seen = np.concatenate(
            [
                np.full(len(vectorizer.vocabulary_), float(name not in LEXICON))
                for name, vectorizer in self.union.transformer_list
            ]
        )
        both = sparse.vstack([matrix, matrix @ sparse.diags(seen)]).tocsr()
        hide = self.settings.hide
        weight = np.repeat([1.0 - hide, hide], matrix.shape[0])
        return both, np.concatenate([gold, gold]), weight

    def decision(self, views: Sequence[UnitView]) -> NDArray[np.float64]:
        """Return raw scores, shape (n, labels)."""
        matrix = self.union.transform(views)
        return np.stack(
            [
                np.full(len(views), CONSTANT)
                if classifier is None
                else classifier.decision_function(matrix)
                for classifier in self.classifiers
            ],
            axis=1,
        )

    def predict_proba(self, views: Sequence[UnitView]) -> Probabilities:
        """Return calibrated probabilities, shape (n, labels)."""
        return sigmoid(self.decision(views) * self.calibration[:, 0] + self.calibration[:, 1])


def class_weight(truth: NDArray[np.bool_], balance: float) -> dict[bool, float]:
    """Return what a sentence with and without a label weighs; ``truth`` holds both."""
    share = float(truth.mean())
    return {False: 1.0, True: ((1 - share) / share) ** balance}


def train_linear(
    model: LinearModel,
    settings: LinearSettings,
    train: LabelledDocuments,
    validation: LabelledDocuments,
) -> LinearPipeline:
    """Fit a pipeline, export it into ``model``, and return the pipeline it must agree with."""
    pipeline = LinearPipeline(settings)
    train_pipeline(pipeline, model, train, validation)
    return pipeline


def train_pipeline(
    pipeline: LinearPipeline,
    model: LinearModel,
    train: LabelledDocuments,
    validation: LabelledDocuments,
) -> None:
    """Fit on ``train``, calibrate on ``validation``, and export into ``model``."""
    pipeline.fit(*scorable_views(model, train))
    finish_pipeline(pipeline, model, validation)


def finish_pipeline(
    pipeline: LinearPipeline, model: LinearModel, validation: LabelledDocuments
) -> None:
    """Calibrate a fitted pipeline on ``validation`` and export it into ``model``."""
    held, gold = scorable_views(model, validation)
    pipeline.calibration, model.thresholds = calibrate(
        pipeline.decision(held), gold, pipeline.settings.negatives
    )
    export(pipeline, model)


def scorable_views(model: LinearModel, data: LabelledDocuments) -> tuple[list[UnitView], Gold]:
    """Return what the model sees of the units that count, and their labels, row by row."""
    keep = data.scorable()
    views = view_documents(data.documents, model.lexicon)
    return [view for view, kept in zip(views, keep, strict=True) if kept], data.gold[keep]


def export(pipeline: LinearPipeline, model: LinearModel) -> None:
    """Copy a fitted pipeline into plain arrays and dictionaries."""
    labels = len(pipeline.classifiers)
    columns = sum(len(vectorizer.vocabulary_) for _, vectorizer in pipeline.union.transformer_list)
    coefficients = np.zeros((columns, labels))
    intercept = np.full(labels, CONSTANT)
    for number, classifier in enumerate(pipeline.classifiers):
        if classifier is not None:
            coefficients[:, number] = classifier.coef_[0]
            intercept[number] = classifier.intercept_[0]
    model.groups = export_groups(pipeline.union.transformer_list, coefficients, pipeline.weights)
    model.intercept = intercept
    model.calibration = pipeline.calibration.copy()


def export_groups(
    vectorizers: Iterable[tuple[str, Any]],
    coefficients: NDArray[np.float64],
    weights: Mapping[str, float],
) -> dict[str, FeatureGroup]:
    """Return each group's vocabulary with its rows of the coefficients.

    Args:
        vectorizers: group → fitted ``TfidfVectorizer``, in the order of the rows.
        coefficients: shape (features of all groups, labels).
        weights: what each group's columns were multiplied by.
    """
    from classifier.models.linear import FeatureGroup

    groups, start = {}, 0
    for name, vectorizer in vectorizers:
        names = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
        end = start + len(names)
        groups[name] = FeatureGroup(
            {feature: row for row, feature in enumerate(names)},
            np.asarray(vectorizer.idf_, np.float64) if vectorizer.use_idf else np.ones(len(names)),
            coefficients[start:end] * weights[name],
            vectorizer.norm is not None,
        )
        start = end
    return groups
