"""The protocol every model keeps: documents in, probabilities out, in schema order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from classifier.records import Article, Cue, Sentence
from classifier.schema import load_schema

Probabilities = NDArray[np.float64]
"""Shape ``(n_sentences, n_labels)``, values in [0, 1], labels in schema order."""
Gold = NDArray[np.bool_]
"""Shape ``(n_sentences, n_labels)``, labels in schema order."""


@dataclass(frozen=True, slots=True)
class Document:
    """An article and the units of it that a model looks at, in reading order."""

    article: Article
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class LabelledDocuments:
    """Documents with their gold.

    Attributes:
        documents: whole articles or runs of them.
        gold: shape (units of all documents, labels), rows in the documents' order.
        cues: for each row, per label, the gold cues.
        depths: for each row the gold relay depth, 0 where there is none.
    """

    documents: tuple[Document, ...]
    gold: Gold
    cues: tuple[dict[str, tuple[Cue, ...]], ...]
    depths: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.gold.shape[0])

    def scorable(self) -> NDArray[np.bool_]:
        """Return, for each row, whether it can carry a label (credit lines cannot)."""
        return np.array([unit.kind != "credit" for unit in units(self.documents)], dtype=bool)


@runtime_checkable
class Model(Protocol):
    """What every family is: an estimator with probabilities, thresholds and a directory.

    ``fit`` learns from ``train`` alone; calibration and thresholds come from ``validation`` alone.
    """

    family: str
    thresholds: NDArray[np.float64]

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Learn, calibrate and choose thresholds."""
        ...

    def predict_proba(self, documents: Sequence[Document]) -> Probabilities:
        """Return one row for every unit of the documents, in order."""
        ...

    def save(self, directory: Path, **about: object) -> None:
        """Write the model directory atomically."""
        ...


def units(documents: Sequence[Document]) -> Iterator[Sentence]:
    """Yield the units of the documents in row order."""
    for document in documents:
        yield from document.sentences


def count_units(documents: Sequence[Document]) -> int:
    """Return the number of rows that :meth:`Model.predict_proba` gives for the documents."""
    return sum(len(document.sentences) for document in documents)


def label_count() -> int:
    """Return the number of columns."""
    return len(load_schema().labels)
