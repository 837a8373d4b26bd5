"""What regressions on another package's view share: probabilities, files, the package's version."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document
from classifier.errors import ModelError
from classifier.models.base import Model, Probabilities, label_count
from classifier.models.calibration import Scores, sigmoid
from classifier.models.linear import FeatureGroup
from classifier.models.store import ModelFiles, save_model


@dataclass
class RegressionModel(Model):
    """One linear function a label; see :class:`classifier.models.base.Model`.

    Attributes:
        intercept: shape (labels,).
        calibration: shape (labels, 2), slope and offset.
    """

    intercept: NDArray[np.float64] = field(default_factory=lambda: np.zeros(label_count()))
    calibration: NDArray[np.float64] = field(
        default_factory=lambda: np.tile([1.0, 0.0], (label_count(), 1))
    )
    thresholds: NDArray[np.float64] = field(default_factory=lambda: np.full(label_count(), 0.5))

    @abstractmethod
    def score(self, document: Document) -> Scores:
        """Return raw scores of one document's units, shape (units, labels)."""

    def predict_proba(self, documents: Sequence[Document]) -> Probabilities:
        """Return one row for every unit of the documents, in order.

        Raises:
            MissingExtraError: the package is not installed.
        """
        parts = [
            sigmoid(self.score(document) * self.calibration[:, 0] + self.calibration[:, 1])
            for document in documents
            if document.sentences
        ]
        return np.concatenate(parts) if parts else np.zeros((0, label_count()))

    def _write(
        self, directory: Path, arrays: Mapping[str, NDArray[Any]], **about: Any
    ) -> ModelFiles:
        return save_model(
            directory,
            family=self.family,
            thresholds=self.named_thresholds(),
            arrays={"intercept": self.intercept, "calibration": self.calibration, **arrays},
            **about,
        )

    @staticmethod
    def _read(files: ModelFiles) -> dict[str, Any]:
        """Return the fields that every regression has."""
        return {
            "intercept": files.array("intercept"),
            "calibration": files.array("calibration"),
            "thresholds": files.thresholds,
        }


def pack_groups(groups: Mapping[str, FeatureGroup]) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of a model directory that hold the groups' weights."""
    arrays = {}
    for name, group in groups.items():
        arrays[f"{name}_idf"] = group.idf
        arrays[f"{name}_coefficients"] = group.coefficients
    return arrays


def list_features(groups: Mapping[str, FeatureGroup]) -> dict[str, list[str]]:
    """Return each group's vocabulary in the order of its rows, as ``vocabulary.json`` holds it."""
    return {name: list(group.index) for name, group in groups.items()}


def installed_version(package: str) -> str:
    """Return the version of an installed package; empty where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def check_version(files: ModelFiles, kind: str, found: str, *, gives: str, extra: str) -> None:
    """Compare the installed package with the one that a model learned from.

    Args:
        kind: name of the JSON file that holds the package's name and version.
        found: the version that is installed; empty where there is none.
        gives: what the package gives to the model.
        extra: the extra that installs it.

    Raises:
        ModelError: another version is installed.
    """
    wanted = msgspec.convert(files.json(kind), dict[str, str])
    if found and found != wanted["version"]:
        raise ModelError(
            str(files.directory),
            f"{wanted['name']} {found}",
            f"version {wanted['version']}, whose {gives} the model learned from",
            f"Install it with: pip install 'cadrage[{extra}]'",
        )
