"""A fine-tuned network as ONNX, float32 or int8, and the test that int8 has to pass.

int8 is dynamic: weights are stored in eight bits, a scale for each column, activations are scaled
as they come. The embeddings and the heads stay in float32.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Gold, LabelledDocuments
from classifier.errors import MissingExtraError, ModelError
from classifier.models.base import Probabilities
from classifier.models.camembert.encoder import EncoderModel
from classifier.models.camembert.model import CamembertModel
from classifier.models.onnx import OnnxModel
from classifier.models.store import ModelFiles, package_versions

Precision = Literal["auto", "int8", "float32"]

TOLERANCE = 1e-4
"""Largest difference of a probability between torch and float32 ONNX."""
AGREEMENT = 0.995
"""Share of validation sentences on whose labels int8 must agree with torch."""
LOSS = 0.005
"""Largest loss of macro-F1 that int8 may cost."""
OPSET = 20
"""The first with one operator for GELU; without it a small network loses a tenth of its speed."""


class Verdict(msgspec.Struct, frozen=True):
    """How the exported networks compare with torch on validation data.

    Attributes:
        sentences: how many were compared.
        difference: the largest of a probability, float32 ONNX against torch.
        agreement: share of sentences on whose every label int8 agrees with torch.
        macro_f1, macro_f1_int8: at the model's thresholds, torch and int8.
        refused: why int8 may not be the default; empty when it may.
    """

    sentences: int
    difference: float
    agreement: float
    macro_f1: float
    macro_f1_int8: float
    refused: tuple[str, ...]


def judge_export(
    torch: Probabilities,
    float32: Probabilities,
    int8: Probabilities,
    gold: Gold,
    thresholds: NDArray[np.float64],
) -> Verdict:
    """Compare what three forms of one network say of the same sentences.

    Args:
        torch, float32, int8: probabilities, shape (n, labels).
        gold: shape (n, labels).

    Raises:
        ValueError: no sentence to compare on.
    """
    if not len(gold):
        raise ValueError("found no validation sentence; expected one or more")
    decided, small = torch >= thresholds, int8 >= thresholds
    agreement = float((decided == small).all(axis=1).mean())
    before, after = fixed_f1(decided, gold), fixed_f1(small, gold)
    refused = []
    if agreement < AGREEMENT:
        refused.append(f"labels agree on {agreement:.2%} of the sentences, under {AGREEMENT:.1%}")
    if before - after > LOSS:
        refused.append(f"macro-F1 falls from {before:.4f} to {after:.4f}, by more than {LOSS}")
    return Verdict(
        len(gold), float(np.abs(torch - float32).max()), agreement, before, after, tuple(refused)
    )


def fixed_f1(decided: NDArray[np.bool_], gold: Gold) -> float:
    """Return F1 averaged over the labels that gold or decisions show; 1 where there is none."""
    hits = (decided & gold).sum(axis=0)
    both = decided.sum(axis=0) + gold.sum(axis=0)
    return float(np.mean(2 * hits[both > 0] / both[both > 0])) if both.any() else 1.0


def export_model(
    files: ModelFiles, out: Path, validation: LabelledDocuments, *, precision: Precision = "auto"
) -> tuple[ModelFiles, Verdict]:
    """Export a model directory of the family ``camembert`` to one of ``camembert-onnx``.

    Args:
        precision: ``auto`` is int8 where it passes, else float32; the others are as asked.

    Raises:
        ModelError: another family, or float32 ONNX differs from torch by more than 1e-4.
        MissingExtraError: onnx, onnxscript or onnxruntime is not installed.
    """
    if files.manifest.family != CamembertModel.family:
        raise ModelError(
            str(files.directory), f"a model of family {files.manifest.family!r}", "'camembert'"
        )
    model = CamembertModel.load(files)
    keep = validation.scorable()
    with tempfile.TemporaryDirectory(prefix="cadrage-") as folder:
        large, small = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        write_graph(model, large)
        quantize(large, small)
        by_torch, by_large, by_small = (
            one.predict_proba(validation.documents)[keep]
            for one in (model, _runner(model, large), _runner(model, small))
        )
        verdict = judge_export(
            by_torch, by_large, by_small, validation.gold[keep], model.thresholds
        )
        if verdict.difference > TOLERANCE:
            raise ModelError(
                str(files.directory),
                f"an ONNX graph whose probabilities differ by {verdict.difference:.1e}",
                f"at most {TOLERANCE:.0e}",
                "Export with the versions of torch and onnxruntime named in docs/camembert.md.",
            )
        chosen = precision
        if chosen == "auto":
            chosen = "float32" if verdict.refused else "int8"
        runner = _runner(model, small if chosen == "int8" else large)
        runner.facts = {
            "precision": chosen,
            "opset": OPSET,
            "source_sha256": files.sha256,
            "verdict": msgspec.to_builtins(verdict),
        }
        manifest = files.manifest
        saved = runner.save(
            out,
            name=manifest.name,
            version=manifest.version,
            data=manifest.data,
            configuration=manifest.configuration,
            versions=package_versions("torch", "onnx", "onnxruntime", "tokenizers"),
            licence=manifest.licence,
        )
    return saved, verdict


def _runner(model: EncoderModel, graph: Path) -> OnnxModel:
    return OnnxModel(
        inputs=model.inputs,
        tokenizer_source=model.tokenizer_source,
        calibration=model.calibration,
        thresholds=model.thresholds,
        lexicon_source=model.lexicon_source,
        graph=graph,
    )


def write_graph(model: CamembertModel, path: Path) -> None:
    """Write the network as float32 ONNX, in one file, any number of rows and tokens.

    Raises:
        MissingExtraError: onnx or onnxscript is not installed.
    """
    import torch

    try:
        import onnx
        import onnxscript  # noqa: F401
    except ImportError:
        raise MissingExtraError("the export to ONNX", "camembert") from None
    if model.network is None or model.inputs is None:
        raise ValueError("found a model that is not trained; expected fit() or load() first")
    network = model.network

    class Traced(torch.nn.Module):  # type: ignore[misc]
        """The network with outputs in a fixed order."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, ids: Any, attention: Any, own: Any, features: Any = None) -> Any:
            found = self.network(ids, attention, own, features)
            return tuple(found[name] for name in ("logits", "token_logits") if name in found)

    rows, tokens = torch.export.Dim("rows"), torch.export.Dim("tokens", min=2)
    example = torch.full((2, 8), model.inputs.separator, dtype=torch.int64)
    # One tensor each: the exporter takes two that are the same object for one input.
    given = [example, torch.ones_like(example), torch.ones_like(example)]
    shapes = [{0: rows, 1: tokens}] * 3
    names = ["ids", "attention", "own"]
    if model.inputs.cue_features:
        given.append(torch.zeros(2, network.out.in_features - network.dense.out_features))
        shapes.append({0: rows})
        names.append("features")
    device = network.out.weight.device
    network.to("cpu").eval()
    kept = network.encoder.config._attn_implementation
    network.encoder.set_attn_implementation("eager")
    try:
        with _quiet():
            torch.onnx.export(
                Traced().eval(),
                tuple(given),
                str(path),
                dynamo=True,
                dynamic_shapes=tuple(shapes),
                input_names=names,
                output_names=["logits", "token_logits"][: 1 + model.inputs.token_head],
                opset_version=OPSET,
                external_data=False,
                verbose=False,
            )
    finally:
        network.encoder.set_attn_implementation(kept)
        network.to(device)
    # Shapes noted by the exporter contradict those that quantize_dynamic infers again.
    graph = onnx.load(path)
    del graph.graph.value_info[:]
    onnx.save(graph, path)


def quantize(source: Path, target: Path) -> None:
    """Write the int8 form of a graph made by :func:`write_graph`.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError:
        raise MissingExtraError("the export to ONNX", "camembert") from None
    with _quiet():
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul"],  # the heads are Gemm, the embeddings Gather
            per_channel=True,
            weight_type=QuantType.QInt8,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' advice from standard error."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
