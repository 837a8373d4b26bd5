"""Models that learn next to nothing: the cue lexicon, a naive keyword list, the majority.

Each decision is a rule; what is learned is the share of validation sentences for which it is
right, which becomes its probability.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document, Gold, LabelledDocuments, units
from classifier.models.base import Model, Probabilities, label_count
from classifier.models.cues import CueLexicon, evidence, parse_lexicon
from classifier.models.store import ModelFiles, save_model
from classifier.schema import load_schema, resource_bytes
from classifier.text.normalise import normalise


@dataclass
class RuleModel(Model):
    """A rule with, per label, the share of gold among the sentences it flags and the others.

    Attributes:
        shares: shape (labels, 2): probability where the rule is silent, and where it speaks.
    """

    shares: NDArray[np.float64] = field(
        default_factory=lambda: np.tile([0.1, 0.9], (label_count(), 1))
    )
    thresholds: NDArray[np.float64] = field(default_factory=lambda: np.full(label_count(), 0.5))

    @abstractmethod
    def decide(self, documents: Sequence[Document]) -> Gold:
        """Return the rule's decisions, shape (units, labels)."""

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Learn the two shares on ``validation``; the rule itself does not change."""
        keep = validation.scorable()
        decided = self.decide(validation.documents)[keep]
        gold = validation.gold[keep]
        for label in range(gold.shape[1]):
            for spoken in (False, True):
                # One imaginary sentence on each side keeps the share off 0 and 1.
                seen = gold[decided[:, label] == spoken, label]
                self.shares[label, int(spoken)] = (seen.sum() + 1) / (len(seen) + 2)
        # The rule decides, whatever its precision: the threshold lies between the two shares.
        self.shares[:, 1] = np.maximum(self.shares[:, 1], self.shares[:, 0] + 1e-6)
        self.thresholds = self.shares.mean(axis=1)
        return self

    def predict_proba(self, documents: Sequence[Document]) -> Probabilities:
        """Return one row for every unit of the documents, in order."""
        decided = self.decide(documents).astype(int)
        return np.take_along_axis(self.shares[None, :, :], decided[:, :, None], axis=2)[:, :, 0]

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory."""
        return save_model(
            directory,
            family=self.family,
            thresholds=self.named_thresholds(),
            arrays={"shares": self.shares},
            texts=self._texts(),
            **about,
        )

    def _texts(self) -> dict[str, bytes]:
        return {}

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory."""
        return cls(shares=files.array("shares"), thresholds=files.thresholds)


@dataclass
class LexiconModel(RuleModel):
    """A label is positive where the cue lexicon finds evidence for it."""

    lexicon_source: bytes = field(default_factory=lambda: resource_bytes("cues.toml"), repr=False)
    family: ClassVar[str] = "lexicon"

    @property
    def lexicon(self) -> CueLexicon:
        """The lexicon that the model was made with."""
        return _parsed(self.lexicon_source)

    def decide(self, documents: Sequence[Document]) -> Gold:
        names = load_schema().names
        rows = []
        for unit in units(documents):
            normal = normalise(unit.text)
            found = evidence(self.lexicon.find(normal.text), normal)
            rows.append([name in found for name in names])
        return np.array(rows, dtype=bool).reshape(-1, len(names))

    def _texts(self) -> dict[str, bytes]:
        return {"cues.toml": self.lexicon_source}

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory, with the lexicon that lies in it."""
        model = super().load(files)
        model.lexicon_source = files.text("cues.toml")
        return model


@cache
def _parsed(source: bytes) -> CueLexicon:
    return parse_lexicon(source)


class KeywordModel(RuleModel):
    """What a first afternoon's list of words finds; the baseline any model must beat."""

    family: ClassVar[str] = "keywords"

    def decide(self, documents: Sequence[Document]) -> Gold:
        patterns = _keywords()
        return np.array(
            [
                [bool(pattern.search(normalise(unit.text).text)) for pattern in patterns]
                for unit in units(documents)
            ],
            dtype=bool,
        ).reshape(-1, len(patterns))


@cache
def _keywords() -> tuple[re.Pattern[str], ...]:
    lists = msgspec.toml.decode(resource_bytes("keywords.toml"), type=dict[str, list[str]])
    return tuple(
        re.compile(r"\b(?:" + "|".join(lists[name]) + r")\b", re.IGNORECASE)
        for name in load_schema().names
    )


class MajorityModel(RuleModel):
    """No sentence carries a label: right most of the time, and useless."""

    family: ClassVar[str] = "majority"

    def decide(self, documents: Sequence[Document]) -> Gold:
        count = sum(len(document.sentences) for document in documents)
        return np.zeros((count, label_count()), dtype=bool)


RULE_FAMILIES: dict[str, type[RuleModel]] = {
    model.family: model for model in (LexiconModel, KeywordModel, MajorityModel)
}
