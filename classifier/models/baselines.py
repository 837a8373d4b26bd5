"""Word and character baselines: TF-IDF with logistic regression, linear SVM, complement Bayes.

All three are linear in the same features, so they are scored like the linear family, by numpy
alone, and differ from it in what they may look at (no lexicon features, no sentence before) and in
how they are trained (:mod:`classifier.models.baselines_training`).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from classifier.corpus.dataset import LabelledDocuments
from classifier.models.linear import LinearModel
from classifier.models.regression import list_features, pack_groups
from classifier.models.store import ModelFiles, save_model

if TYPE_CHECKING:
    from classifier.models.baselines_training import BaselinePipeline


@dataclass
class BaselineModel(LinearModel):
    """A linear model over words and character n-grams alone.

    Attributes:
        settings: of the family, see :mod:`classifier.models.baselines_training`.
    """

    family: ClassVar[str]
    settings: Any = None

    @abstractmethod
    def pipeline(self) -> BaselinePipeline:
        """Return an untrained pipeline with these settings.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Train with scikit-learn, calibrate and choose thresholds on ``validation``.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        from classifier.models.linear_training import train_pipeline

        train_pipeline(self.pipeline(), self, train, validation)
        return self

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory; ``about`` goes to ``store.save_model``."""
        arrays = {"intercept": self.intercept, "calibration": self.calibration}
        return save_model(
            directory,
            family=self.family,
            thresholds=self.named_thresholds(),
            arrays={**arrays, **pack_groups(self.groups)},
            values={
                "vocabulary": list_features(self.groups),
                "unit_length": {name: group.unit_length for name, group in self.groups.items()},
            },
            texts={"cues.toml": self.lexicon_source},
            **about,
        )


@dataclass
class TfidfLogisticModel(BaselineModel):
    """TF-IDF of words and character n-grams, one logistic regression a label."""

    family: ClassVar[str] = "tfidf-logistic"

    def pipeline(self) -> BaselinePipeline:
        from classifier.models.baselines_training import LogisticPipeline, LogisticSettings

        return LogisticPipeline(self.settings or LogisticSettings())


@dataclass
class TfidfSvmModel(BaselineModel):
    """TF-IDF of words and character n-grams, one linear support vector machine a label."""

    family: ClassVar[str] = "tfidf-svm"

    def pipeline(self) -> BaselinePipeline:
        from classifier.models.baselines_training import SvmPipeline, SvmSettings

        return SvmPipeline(self.settings or SvmSettings())


@dataclass
class ComplementBayesModel(BaselineModel):
    """TF-IDF of words and character n-grams, one complement naive Bayes a label."""

    family: ClassVar[str] = "complement-nb"

    def pipeline(self) -> BaselinePipeline:
        from classifier.models.baselines_training import BayesPipeline, BayesSettings

        return BayesPipeline(self.settings or BayesSettings())


BASELINE_FAMILIES: dict[str, type[BaselineModel]] = {
    model.family: model for model in (TfidfLogisticModel, TfidfSvmModel, ComplementBayesModel)
}
