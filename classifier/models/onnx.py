"""The family ``camembert-onnx``: an exported encoder, scored by onnxruntime and tokenizers alone.

Neither torch nor transformers is needed. One session runs on one thread: what is many at a time is
processes, one a core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import LabelledDocuments
from classifier.errors import MissingExtraError, UsageError
from classifier.models.camembert.encoder import (
    EncoderModel,
    Floats,
    TokenScores,
    encoder_parts,
)
from classifier.models.camembert.inputs import Batch
from classifier.models.store import ModelFiles, package_versions, save_model
from classifier.schema import load_schema

GRAPH = "network.onnx"
# onnxruntime adds and normalises in one step that is several times slower than the two it replaces:
# a fifth of the time of a small network (onnxruntime 1.32, measured on x86-64).
_SLOWER = ("SkipLayerNormFusion",)


def open_session(graph: Path) -> Any:
    """Return an onnxruntime session on one thread of the processor.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        from onnxruntime import InferenceSession, SessionOptions
    except ImportError:
        raise MissingExtraError("the family 'camembert-onnx'", "onnx") from None
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return InferenceSession(
        str(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=list(_SLOWER)
    )


@dataclass(kw_only=True)
class OnnxModel(EncoderModel):
    """An exported encoder; see :class:`classifier.models.camembert.encoder.EncoderModel`.

    Attributes:
        graph: the network's file; kept where it lies.
        facts: what was exported, how, and how it compares with torch.
    """

    family: ClassVar[str] = "camembert-onnx"
    graph: Path = Path()
    facts: dict[str, Any] = field(default_factory=dict)
    session: Any = field(default=None, repr=False)

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Refuse: this family is exported from a trained one.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            "family",
            f"{self.family!r}",
            "a family that can be trained",
            "Train 'camembert', then run: cadrage export-onnx MODEL --out DIRECTORY",
        )

    def run(self, batch: Batch) -> tuple[Floats, TokenScores | None]:
        """Run the network with onnxruntime."""
        if self.session is None:
            self.session = open_session(self.graph)
        given: dict[str, NDArray[Any]] = {
            "ids": batch.ids,
            "attention": batch.attention,
            "own": batch.own,
        }
        if batch.features.size:
            given["features"] = batch.features
        found = self.session.run(None, given)
        return found[0].astype(np.float64), found[1] if len(found) > 1 else None

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory with a copy of the graph."""
        if self.inputs is None:
            raise ValueError("found a model without network; expected an exported one")
        about.setdefault("versions", package_versions("onnxruntime", "tokenizers"))
        return save_model(
            directory,
            family=self.family,
            thresholds=dict(zip(load_schema().names, map(float, self.thresholds), strict=True)),
            arrays={"calibration": self.calibration},
            values={"inputs": msgspec.to_builtins(self.inputs), "export": self.facts},
            texts={"tokenizer.json": self.tokenizer_source, "cues.toml": self.lexicon_source},
            binaries={GRAPH: self.graph},
            **about,
        )

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory; the session opens when first needed.

        A session does not survive a fork, nor does it pickle: each process opens its own.
        """
        parts: dict[str, Any] = encoder_parts(files)
        return cls(graph=files.directory / GRAPH, facts=files.json("export"), **parts)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "session": None, "reader": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__.pop("reader")
