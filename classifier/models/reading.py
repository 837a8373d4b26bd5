"""What a model with evidence of its own says of one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from classifier.corpus.dataset import Document
from classifier.models.base import Probabilities
from classifier.records import Cue

Explain = Callable[[int, int], Sequence[tuple[int, int]]]
"""(row, column) → spans of the unit's text that speak most for the label."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Probabilities, and what they rest on.

    Attributes:
        probabilities: one row for every unit.
        truncated: indices of the units of which the model could not read every word.
        cues: for every unit, per label, evidence of the model's own; empty when it has none.
        explain: finds the deciding words where there is no such evidence; None if it cannot.
    """

    probabilities: Probabilities
    truncated: tuple[int, ...] = ()
    cues: Sequence[Mapping[str, tuple[Cue, ...]]] = ()
    explain: Explain | None = None


@runtime_checkable
class Reader(Protocol):
    """A model that says more of a document than probabilities."""

    def read(self, document: Document) -> Reading:
        """Return what the model says of one document."""
