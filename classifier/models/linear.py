"""The linear model: TF-IDF, cue features and logistic regression, scored by numpy alone.

Training (scikit-learn) is in :mod:`classifier.models.linear_training`; this module loads what it
exported. Articles are always scored one at a time, so a sentence's probability never depends on
what else is in a batch.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document, LabelledDocuments
from classifier.models.base import Model, Probabilities, label_count
from classifier.models.calibration import sigmoid
from classifier.models.cues import CueLexicon, parse_lexicon
from classifier.models.feature_rows import FeatureRows
from classifier.models.features import GROUPS, UnitView, char_ngrams, token_spans, view_document
from classifier.models.store import ModelFiles, save_model
from classifier.schema import load_schema, resource_bytes

if TYPE_CHECKING:
    from classifier.models.linear_training import LinearSettings

FAMILY = "linear"


@dataclass(frozen=True)
class FeatureGroup:
    """One group's vocabulary and its weights.

    Attributes:
        index: feature → row.
        idf: shape (n_features,), 1 where the group is not weighted by rarity.
        coefficients: shape (n_features, n_labels), the group's weight in them.
        unit_length: whether a sentence's features are scaled to Euclidean length 1.
    """

    index: dict[str, int]
    idf: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    unit_length: bool
    table: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # idf * coefficient per label, and idf² for the length, in one row: one look-up a feature.
        table = np.concatenate(
            [self.coefficients * self.idf[:, None], (self.idf * self.idf)[:, None]], axis=1
        )
        object.__setattr__(self, "table", np.ascontiguousarray(table))

    def scores(self, rows: Sequence[Collection[int]]) -> NDArray[np.float64]:
        """Return the group's part of the scores, shape (len(rows), n_labels).

        Args:
            rows: for each sentence its feature rows.
        """
        sizes = np.fromiter(map(len, rows), np.int64, count=len(rows))
        flat = np.fromiter(itertools.chain.from_iterable(rows), np.int64, count=int(sizes.sum()))
        sums = _sum_rows(self.table.take(flat, axis=0), np.cumsum(sizes) - sizes)
        return _scale(sums) if self.unit_length else sums[:, :-1]


class _LookUps:
    """What is worked out once from a model's groups: they stand one upon the other."""

    def __init__(self, groups: dict[str, FeatureGroup]) -> None:
        self.groups = groups
        self.rows = FeatureRows({name: group.index for name, group in groups.items()})
        self._table = np.concatenate([group.table for group in groups.values()])
        self._scaled = np.array([group.unit_length for group in groups.values()])

    def scores(self, views: Sequence[UnitView]) -> NDArray[np.float64]:
        """Return the groups' scores together, shape (units, labels), of one article's units."""
        rows, starts = self.rows.find(views)
        found = _sum_rows(self._table.take(rows, axis=0), starts)
        found = found.reshape(len(views), len(self.groups), -1)
        lengths = np.where(self._scaled, np.sqrt(found[:, :, -1]), 1.0)[:, :, None]
        parts = found[:, :, :-1]
        parts = np.divide(parts, lengths, out=np.zeros_like(parts), where=lengths > 0)
        total = np.zeros((len(views), parts.shape[2]))
        # One group after the other: the order of the sum decides its last bit.
        for number in range(len(self.groups)):
            total += parts[:, number]
        return total


def _sum_rows(table: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sums of the runs of rows that begin at the places; zeros where a run is empty."""
    sums = np.zeros((len(starts), table.shape[1]))
    # A sum over nothing would take the next run's first row.
    filled = np.flatnonzero(np.diff(starts, append=len(table)))
    if len(filled):
        sums[filled] = np.add.reduceat(table, starts[filled], axis=0)
    return sums


def _scale(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums without their last column, divided by its root: the length of the features."""
    lengths = np.sqrt(sums[:, -1:])
    part = sums[:, :-1]
    return np.divide(part, lengths, out=np.zeros_like(part), where=lengths > 0)


@dataclass
class LinearModel(Model):
    """A trained linear model; see :class:`classifier.models.base.Model`."""

    family: ClassVar[str] = FAMILY
    settings: LinearSettings | None = None
    groups: dict[str, FeatureGroup] = field(default_factory=dict)
    intercept: NDArray[np.float64] = field(default_factory=lambda: np.zeros(label_count()))
    calibration: NDArray[np.float64] = field(
        default_factory=lambda: np.tile([1.0, 0.0], (label_count(), 1))
    )
    thresholds: NDArray[np.float64] = field(default_factory=lambda: np.full(label_count(), 0.5))
    lexicon_source: bytes = field(default_factory=lambda: resource_bytes("cues.toml"), repr=False)
    _lexicon: CueLexicon | None = field(default=None, repr=False)
    _made: _LookUps | None = field(default=None, init=False, repr=False)

    @property
    def lexicon(self) -> CueLexicon:
        """The lexicon that the model was trained with; it travels in the model directory."""
        if self._lexicon is None:
            self._lexicon = parse_lexicon(self.lexicon_source)
        return self._lexicon

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Train with scikit-learn, calibrate and choose thresholds on ``validation``.

        Raises:
            MissingExtraError: scikit-learn is not installed.
        """
        from classifier.models.linear_training import LinearSettings, train_linear

        train_linear(self, self.settings or LinearSettings(), train, validation)
        return self

    def decision(self, views: Sequence[UnitView]) -> NDArray[np.float64]:
        """Return raw scores, shape (units, labels), of one article's units."""
        total = np.tile(self.intercept, (len(views), 1))
        if not self.groups or not views:
            return total
        return total + self._look_ups.scores(views)

    @property
    def _look_ups(self) -> _LookUps:
        # Training puts other groups in the place of these.
        if self._made is None or self._made.groups is not self.groups:
            self._made = _LookUps(self.groups)
        return self._made

    def probabilities(self, views: Sequence[UnitView]) -> Probabilities:
        """Return calibrated probabilities, shape (units, labels), of one article's units."""
        scores = self.decision(views)
        return sigmoid(scores * self.calibration[:, 0] + self.calibration[:, 1])

    def predict_proba(self, documents: Sequence[Document]) -> Probabilities:
        """Return one row of probabilities for every unit of the documents, in order."""
        parts = [
            self.probabilities(view_document(document, self.lexicon))
            for document in documents
            if document.sentences
        ]
        return np.concatenate(parts) if parts else np.zeros((0, label_count()))

    def weightiest_words(self, view: UnitView, label: int, most: int = 3) -> list[tuple[int, int]]:
        """Return the spans of the words that speak most for a label, in reading order.

        Offsets are into the unit's original text. Used as evidence where no lexicon cue stands.
        """
        spans = token_spans(view)
        if not spans:
            return []
        word, char = self.groups.get("word"), self.groups.get("char")
        weights = np.zeros(len(spans))
        for number, (token, _, _) in enumerate(spans):
            if word is not None and token in word.index:
                row = word.index[token]
                weights[number] += word.table[row, label]
            if char is not None:
                rows = [char.index[gram] for gram in char_ngrams(token) if gram in char.index]
                if rows:
                    weights[number] += char.table[rows, label].mean()
        best = [n for n in np.argsort(-weights, kind="stable")[:most] if weights[n] > 0]
        best = best or [int(np.argmax(weights))]
        return [view.normal.original_span(spans[n][1], spans[n][2]) for n in sorted(best)]

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory; ``about`` goes to ``store.save_model``."""
        names = load_schema().names
        arrays = {"intercept": self.intercept, "calibration": self.calibration}
        for name, group in self.groups.items():
            arrays[f"{name}_idf"] = group.idf
            arrays[f"{name}_coefficients"] = group.coefficients
        return save_model(
            directory,
            family=FAMILY,
            thresholds=dict(zip(names, map(float, self.thresholds), strict=True)),
            arrays=arrays,
            values={
                "vocabulary": {name: list(group.index) for name, group in self.groups.items()},
                "unit_length": {name: group.unit_length for name, group in self.groups.items()},
            },
            texts={"cues.toml": self.lexicon_source},
            **about,
        )

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory."""
        vocabulary = msgspec.convert(files.json("vocabulary"), dict[str, list[str]])
        unit_length = msgspec.convert(files.json("unit_length"), dict[str, bool])
        groups = {
            name: FeatureGroup(
                {feature: row for row, feature in enumerate(vocabulary[name])},
                files.array(f"{name}_idf"),
                files.array(f"{name}_coefficients"),
                unit_length[name],
            )
            for name in GROUPS
            if name in vocabulary
        }
        names = load_schema().names
        return cls(
            groups=groups,
            intercept=files.array("intercept"),
            calibration=files.array("calibration"),
            thresholds=np.array([files.manifest.thresholds[name] for name in names]),
            lexicon_source=files.text("cues.toml"),
        )
