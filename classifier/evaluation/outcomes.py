"""Gold and one model's predictions, side by side: what every score is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from classifier.statistics import FloatArray, IntArray

if TYPE_CHECKING:
    from classifier.records import Cue

BoolArray = npt.NDArray[np.bool_]
Cues: TypeAlias = "Sequence[Mapping[str, Sequence[Cue]]]"
"""Cues by label, one mapping a sentence."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Gold and one model's predictions on the same n sentences, labels in schema order.

    Attributes:
        labels: L names.
        gold, predicted: (n, L) bool.
        probabilities: (n, L) in [0, 1]; None when the predictions hold none.
        gold_depths, predicted_depths: (n,) hands of a relay, 0 for no relay; None when not given.
        gold_cues, predicted_cues: n mappings of label to cues; None when not given.
    """

    labels: tuple[str, ...]
    gold: BoolArray
    predicted: BoolArray
    probabilities: FloatArray | None = None
    gold_depths: IntArray | None = None
    predicted_depths: IntArray | None = None
    gold_cues: Cues | None = None
    predicted_cues: Cues | None = None

    def __post_init__(self) -> None:
        expected = (len(self.gold), len(self.labels))
        for name in ("gold", "predicted", "probabilities"):
            table = getattr(self, name)
            if table is not None and table.shape != expected:
                raise ValueError(f"{name} of shape {table.shape}: expected {expected}")
            if name != "probabilities" and table.dtype != np.bool_:
                raise ValueError(f"{name} of type {table.dtype}: expected bool")
        for name in ("depths", "cues"):
            gold, predicted = getattr(self, f"gold_{name}"), getattr(self, f"predicted_{name}")
            for side, column in (("gold", gold), ("predicted", predicted)):
                if column is not None and len(column) != expected[0]:
                    raise ValueError(f"{side}_{name}: {len(column)} rows, expected {expected[0]}")
        p = self.probabilities
        if p is not None and not bool(((p >= 0) & (p <= 1)).all()):
            raise ValueError("probabilities: expected numbers between 0 and 1, none missing")

    def __len__(self) -> int:
        return len(self.gold)

    def take(self, rows: npt.ArrayLike) -> Outcomes:
        """Return a selection of sentences (indexes or a mask of length n), in that order."""
        index = np.arange(len(self))[np.asarray(rows)]

        def pick(cues: Cues | None) -> Cues | None:
            return None if cues is None else [cues[row] for row in index]

        def column(values: IntArray | None) -> IntArray | None:
            return None if values is None else values[index]

        return replace(
            self,
            gold=self.gold[index],
            predicted=self.predicted[index],
            probabilities=None if self.probabilities is None else self.probabilities[index],
            gold_depths=column(self.gold_depths),
            predicted_depths=column(self.predicted_depths),
            gold_cues=pick(self.gold_cues),
            predicted_cues=pick(self.predicted_cues),
        )
