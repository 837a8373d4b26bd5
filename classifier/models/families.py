"""Which family a model directory belongs to, and how each is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier.errors import ModelError
from classifier.models.base import Model
from classifier.models.store import ModelFiles, default_directory, open_model

FAMILIES = (
    "linear",
    "lexicon",
    "keywords",
    "majority",
    "tfidf-logistic",
    "tfidf-svm",
    "complement-nb",
    "morphology",
    "embeddings",
)
"""Families that need no weights from elsewhere but a package: those of the comparison table."""

ENCODERS = ("camembert", "camembert-onnx")
"""Families whose weights, or torch, are not everywhere."""

KNOWN = (*FAMILIES, *ENCODERS)

EXTRAS = {
    "morphology": "morphology",
    "embeddings": "embeddings",
    "camembert": "camembert",
    "camembert-onnx": "onnx",
}
"""Family → the extra without which it cannot score; the others need numpy alone."""


def load_model(directory: Path | None = None) -> tuple[Model, ModelFiles]:
    """Load a model directory; without one, the model that travels in the package.

    Raises:
        ModelError: the directory is damaged, of another schema, or of an unknown family.
    """
    files = open_model(directory or default_directory())
    return _load(files), files


def _load(files: ModelFiles) -> Model:
    family = files.manifest.family
    if family in KNOWN:
        return new_model(family).load(files)
    raise ModelError(
        str(files.directory),
        f"a model of family {family!r}",
        f"one of {', '.join(KNOWN)}",
        "It was made by a newer version of cadrage: upgrade.",
    )


def new_model(family: str) -> type[Model]:
    """Return the class of a family, for training; KeyError names the known ones."""
    if family == "linear":
        from classifier.models.linear import LinearModel

        return LinearModel
    if family in ("tfidf-logistic", "tfidf-svm", "complement-nb"):
        from classifier.models.baselines import BASELINE_FAMILIES

        return BASELINE_FAMILIES[family]
    if family == "morphology":
        from classifier.models.morphology import MorphologyModel

        return MorphologyModel
    if family == "embeddings":
        from classifier.models.sentence_embeddings import EmbeddingModel

        return EmbeddingModel
    if family == "camembert":
        from classifier.models.camembert.model import CamembertModel

        return CamembertModel
    if family == "camembert-onnx":
        from classifier.models.onnx import OnnxModel

        return OnnxModel
    if family in FAMILIES:
        from classifier.models.rules import RULE_FAMILIES

        return RULE_FAMILIES[family]
    raise KeyError(f"no family {family!r}: expected one of {', '.join(KNOWN)}")


def settings_type(family: str) -> Any:
    """Return the struct of a family's settings; None for a family that has none."""
    if family == "linear":
        from classifier.models.linear_training import LinearSettings

        return LinearSettings
    if family in ("tfidf-logistic", "tfidf-svm", "complement-nb"):
        from classifier.models import baselines_training

        return {
            "tfidf-logistic": baselines_training.LogisticSettings,
            "tfidf-svm": baselines_training.SvmSettings,
            "complement-nb": baselines_training.BayesSettings,
        }[family]
    if family == "morphology":
        from classifier.models.morphology import MorphologySettings

        return MorphologySettings
    if family == "embeddings":
        from classifier.models.sentence_embeddings import EmbeddingSettings

        return EmbeddingSettings
    if family == "camembert":
        from classifier.models.camembert.settings import CamembertSettings

        return CamembertSettings
    return None
