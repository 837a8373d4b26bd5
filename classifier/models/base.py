"""The protocol every model keeps: documents in, probabilities out, in schema order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document, LabelledDocuments
from classifier.schema import load_schema

if TYPE_CHECKING:
    from classifier.models.store import ModelFiles

Probabilities = NDArray[np.float64]
"""Shape ``(n_sentences, n_labels)``, values in [0, 1], labels in schema order."""


class Model(ABC):
    """What every family is: an estimator with probabilities, thresholds and a directory.

    ``fit`` learns from ``train`` alone; calibration and thresholds come from ``validation`` alone.

    Attributes:
        thresholds: shape (labels,), the probability from which a label is positive.
    """

    family: ClassVar[str]
    thresholds: NDArray[np.float64]

    @abstractmethod
    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Learn, calibrate and choose thresholds."""

    @abstractmethod
    def predict_proba(self, documents: Sequence[Document]) -> Probabilities:
        """Return one row for every unit of the documents, in order."""

    @abstractmethod
    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory atomically; ``about`` goes to ``store.save_model``."""

    def named_thresholds(self) -> dict[str, float]:
        """Return label → threshold, as the manifest of a model directory holds them."""
        return dict(zip(load_schema().names, map(float, self.thresholds), strict=True))

    @classmethod
    @abstractmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory."""


def label_count() -> int:
    """Return the number of columns."""
    return len(load_schema().labels)
