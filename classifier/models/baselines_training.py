"""Training of the baselines with scikit-learn, and of the regressions on other features.

Every classifier here is one linear function of the features for each label. Its score becomes a
probability by Platt's method, and its threshold is chosen, on validation data alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Gold
from classifier.errors import MissingExtraError
from classifier.models.features import UnitView
from classifier.models.linear import FeatureGroup
from classifier.models.linear_training import (
    CONSTANT,
    LinearPipeline,
    LinearSettings,
    class_weight,
    export_groups,
)

Floats = NDArray[np.float64]


class WordSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings that the three baselines share.

    Attributes:
        word_weight, char_weight: how much the group counts, 0 or more; 0 leaves it out.
        min_count: a word or n-gram must stand in that many training sentences.
        max_char: the most frequent character n-grams that are kept.
    """

    word_weight: float = 1.0
    char_weight: float = 1.0
    min_count: int = 2
    max_char: int = 30_000


class LogisticSettings(WordSettings, frozen=True, forbid_unknown_fields=True):
    """Settings of ``tfidf-logistic``.

    Attributes:
        c: inverse strength of the L2 penalty, above 0.
        balance: exponent of the class weights: 0 none, 1 scikit-learn's ``balanced``.
        seed: of the solver.
    """

    c: float = 16.0
    balance: float = 0.5
    seed: int = 20261122


class SvmSettings(WordSettings, frozen=True, forbid_unknown_fields=True):
    """Settings of ``tfidf-svm``; see :class:`LogisticSettings`."""

    c: float = 1.0
    balance: float = 0.5
    seed: int = 20261122


class BayesSettings(WordSettings, frozen=True, forbid_unknown_fields=True):
    """Settings of ``complement-nb``; it has no seed, for nothing in it is random.

    Attributes:
        alpha: what is added to every count, above 0 (Lidstone).
        normalise: whether each class's weights are divided by the sum of their absolute values.
    """

    alpha: float = 0.01
    normalise: bool = True


class Fitted(Protocol):
    """A trained linear classifier of one label, as scikit-learn shapes it.

    Attributes:
        coef_: shape (1, features).
        intercept_: shape (1,).
    """

    coef_: Floats
    intercept_: Floats

    def decision_function(self, matrix: Any) -> Floats:
        """Return the scores of n sentences, shape (n,), above 0 where positive is likelier."""


class BaselinePipeline(LinearPipeline):
    """Words and character n-grams alone, and some linear classifier for each label."""

    def __init__(self, settings: WordSettings) -> None:
        # Whatever groups the linear family has now or later, only these two are left in.
        weights = dict.fromkeys(
            (name for name in LinearSettings.__struct_fields__ if name.endswith("_weight")), 0.0
        )
        weights |= {"word_weight": settings.word_weight, "char_weight": settings.char_weight}
        super().__init__(
            msgspec.convert(
                weights | {"min_count": settings.min_count, "max_char": settings.max_char},
                LinearSettings,
            )
        )

    @abstractmethod
    def learn(self, matrix: Any, truth: NDArray[np.bool_]) -> Fitted:
        """Fit one label; ``truth``, shape (n,), holds both classes."""

    def fit(self, views: Sequence[UnitView], gold: Gold) -> None:
        """Fit vectorisers and classifiers; rows of ``views`` and ``gold`` correspond."""
        matrix = self.union.fit_transform(views)
        self.classifiers = [
            self.learn(matrix, truth) if truth.any() and not truth.all() else None
            for truth in gold.T
        ]
        self.calibration = np.tile([1.0, 0.0], (gold.shape[1], 1))


class LogisticPipeline(BaselinePipeline):
    """L2-penalised logistic regression (liblinear: R.-E. Fan et al., JMLR 9, 2008)."""

    def __init__(self, settings: LogisticSettings) -> None:
        super().__init__(settings)
        self.own = settings

    def learn(self, matrix: Any, truth: NDArray[np.bool_]) -> Fitted:
        own = self.own
        return _logistic(matrix, truth, c=own.c, balance=own.balance, seed=own.seed)


class SvmPipeline(BaselinePipeline):
    """Linear support vector machine with squared hinge loss (R.-E. Fan et al., 2008)."""

    def __init__(self, settings: SvmSettings) -> None:
        super().__init__(settings)
        self.own = settings

    def learn(self, matrix: Any, truth: NDArray[np.bool_]) -> Fitted:
        from sklearn.svm import LinearSVC

        machine: Fitted = LinearSVC(
            C=self.own.c,
            class_weight=class_weight(truth, self.own.balance),
            dual="auto",
            random_state=self.own.seed,
            max_iter=10_000,
            tol=1e-5,
        ).fit(matrix, truth)
        return machine


class BayesPipeline(BaselinePipeline):
    """Complement naive Bayes for each label: J. Rennie et al., ICML 2003, section 4.4 (WCNB).

    A label here has two classes, each the other's complement: without ``normalise`` the score,
    the difference of the two classes' weights, is then that of multinomial naive Bayes with equal
    priors, on TF-IDF scaled to length 1 (their sections 4.1 to 4.3) in place of counts. With
    ``normalise``, their remedy for dependent words, the two differ.
    """

    def __init__(self, settings: BayesSettings) -> None:
        super().__init__(settings)
        self.own = settings

    def learn(self, matrix: Any, truth: NDArray[np.bool_]) -> Fitted:
        from sklearn.naive_bayes import ComplementNB

        bayes = ComplementNB(alpha=self.own.alpha, norm=self.own.normalise).fit(matrix, truth)
        no, yes = bayes.feature_log_prob_
        return _Linear((yes - no)[None], np.zeros(1))


class _Linear:
    """Coefficients and intercept in scikit-learn's shape."""

    def __init__(self, coefficients: Floats, intercept: Floats) -> None:
        self.coef_ = coefficients
        self.intercept_ = intercept

    def decision_function(self, matrix: Any) -> Floats:
        """Return the scores, shape (n,)."""
        scores: Floats = np.asarray(matrix @ self.coef_[0]) + self.intercept_[0]
        return scores


def _logistic(
    matrix: Any, truth: NDArray[np.bool_], *, c: float, balance: float, seed: int
) -> Fitted:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtraError("training", "train") from None
    fitted: Fitted = LogisticRegression(
        C=c,
        class_weight=class_weight(truth, balance),
        solver="liblinear",
        random_state=seed,
        max_iter=1000,
        tol=1e-5,
    ).fit(matrix, truth)
    return fitted


def fit_logistic(
    matrix: Any, gold: Gold, *, c: float, balance: float, seed: int
) -> tuple[Floats, Floats]:
    """Fit one L2-penalised logistic regression a label.

    Args:
        matrix: shape (n, features), dense or sparse.
        gold: shape (n, labels).
        c: inverse strength of the penalty.
        balance: exponent of the class weights, as in :class:`LogisticSettings`.

    Returns:
        coefficients, shape (features, labels), and intercepts, shape (labels,).

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    coefficients = np.zeros((matrix.shape[1], gold.shape[1]))
    intercept = np.full(gold.shape[1], CONSTANT)
    for column, truth in enumerate(gold.T):
        if truth.any() and not truth.all():
            fitted = _logistic(matrix, truth, c=c, balance=balance, seed=seed)
            coefficients[:, column] = fitted.coef_[0]
            intercept[column] = fitted.intercept_[0]
    return coefficients, intercept


def fit_groups(
    rows: Sequence[Mapping[str, Sequence[str]]],
    gold: Gold,
    *,
    weights: Mapping[str, float],
    scaled: Collection[str],
    min_count: int,
    c: float,
    balance: float,
    seed: int,
) -> tuple[dict[str, FeatureGroup], Floats]:
    """Fit one logistic regression a label on groups of features that are there or not.

    Args:
        rows: for each sentence, group → its features, each once.
        gold: shape (n, labels).
        weights: what each group's columns are multiplied by; one at 0 is left out.
        scaled: groups taken as TF-IDF with rows of Euclidean length 1; the others as 0 and 1.
        min_count: in how many sentences a feature must stand.
        c, balance, seed: see :func:`fit_logistic`.

    Returns:
        the groups with their coefficients, and intercepts, shape (labels,).

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise MissingExtraError("training", "train") from None
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    matrices, fitted = [], []
    for name, weight in weights.items():
        vectorizer = TfidfVectorizer(
            analyzer=list,
            binary=True,
            min_df=min_count,
            use_idf=name in scaled,
            norm="l2" if name in scaled else None,
            dtype=np.float64,
        )
        matrices.append(vectorizer.fit_transform([row[name] for row in rows]) * weight)
        fitted.append((name, vectorizer))
    coefficients, intercept = fit_logistic(
        hstack(matrices).tocsr(), gold, c=c, balance=balance, seed=seed
    )
    groups = export_groups(fitted, coefficients, weights)
    return groups, intercept
