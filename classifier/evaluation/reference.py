"""How far the two annotation passes agree, set beside what a model reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.corpus.agreement import measure_agreement
from classifier.corpus.annotations import read_annotations
from classifier.corpus.dataset import annotation_files
from classifier.errors import CadrageError
from classifier.schema import load_schema
from classifier.statistics import Interval

REPLICATES = 500


@dataclass(frozen=True, slots=True)
class Reference:
    """The agreement of the two passes of one source.

    Attributes:
        f1: label → F1 of one pass against the other, ``2 · both / (A + B)``: the figure to hold a
            model's F1 against. NaN where no pass has the label.
        figures: scope → figure → interval (κ, α, cues, depth).
    """

    source: str
    documents: int
    sentences: int
    f1: Mapping[str, float]
    figures: Mapping[str, Mapping[str, Interval]]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "documents": self.documents,
            "sentences": self.sentences,
            "f1": dict(self.f1),
            "kappa": {name: self.figures[name]["kappa"].value for name in self.f1},
            "span_overlap": {name: self.figures[name]["span_overlap"].value for name in self.f1},
        }


def measure_reference(data: Path, source: str) -> Reference | str:
    """Compare the passes of a source on all documents both have read; or say why there is none."""
    passes = []
    for layer in ("pass_a", "pass_b"):
        files = annotation_files(data, source, layer)
        if not files:
            return f"{source}: no {layer}"
        try:
            passes.append({one.key: one for one in read_annotations(files)})
        except CadrageError as error:
            return f"{source}: {error}"
    first, second = passes
    common = sorted(first.keys() & second.keys())
    if not common:
        return f"{source}: no document that both passes have read"
    try:
        agreement = measure_agreement(
            [first[key] for key in common],
            [second[key] for key in common],
            replicates=REPLICATES,
            method="percentile",
        )
    except CadrageError as error:
        return f"{source}: {error}"
    f1 = {}
    for name in load_schema().names:
        a, b, both = agreement.positives[name]
        f1[name] = 2 * both / (a + b) if a + b else float("nan")
    return Reference(source, agreement.documents, agreement.sentences, f1, agreement.figures)
