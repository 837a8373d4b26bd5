"""The gate of docs/camembert.md on encoders that were really fine-tuned: may int8 be shipped?"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from classifier.corpus.dataset import Document
from classifier.models.base import Probabilities
from classifier.models.store import open_model
from experiments.ablations.configuration import Cell
from experiments.ablations.runs import Bench
from experiments.family_runs import say


def try_export(bench: Bench, cell: Cell, number: int = 0) -> dict[str, Any]:
    """Export a run's model in both precisions, and note what the gate says of it.

    Returns:
        the verdict, and for each precision its size in bytes and sentences a second on one thread.

    Raises:
        ModelError: float32 ONNX differs from torch by more than the tolerance.
        MissingExtraError: a package of the export is not installed.
    """
    from classifier.models.camembert.export import export_model
    from classifier.models.families import load_model

    validation = bench.corpus.validation
    files = open_model(bench.folder / "models" / f"{cell.name}-{number}")
    found: dict[str, Any] = {
        "cell": cell.name,
        "number": number,
        "model_sha256": files.sha256,
        "splits_sha256": bench.corpus.manifest.sha256,
    }
    for precision in ("float32", "int8"):
        out = bench.folder / "onnx" / f"{cell.name}-{number}-{precision}"
        shutil.rmtree(out, ignore_errors=True)
        saved, verdict = export_model(files, out, validation, precision=precision)
        model = load_model(out)[0]
        model.predict_proba(validation.documents[:3])
        began = time.perf_counter()
        said = model.predict_proba(validation.documents)
        found[precision] = {
            "bytes": sum(one.stat().st_size for one in saved.directory.iterdir()),
            "sentences_per_s": len(said) / (time.perf_counter() - began),
        }
        found["verdict"] = msgspec.to_builtins(verdict)
        if precision == "int8":
            found[precision]["alone"] = compare_alone(model, validation.documents, said)
    say(f"{cell.name}: {found['verdict']}")
    path = bench.folder / f"gate-{cell.name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def compare_alone(
    model: Any, documents: Sequence[Document], together: Probabilities
) -> dict[str, Any]:
    """Compare sentences scored alone with the same within their articles.

    Dynamic int8 scales what is in a batch together, and a batch is one article; so this is what the
    make-up of a batch can change.

    Args:
        together: what the model says of the documents, shape (n, labels).

    Returns:
        the largest difference of a probability, and shares of sentences and of flags that differ.
    """
    alone = model.predict_proba(
        [Document(one.article, (unit,)) for one in documents for unit in one.sentences]
    )
    differ = (alone >= model.thresholds) != (together >= model.thresholds)
    return {
        "sentences": len(together),
        "difference": float(np.abs(alone - together).max()),
        "sentences_differ": float(differ.any(axis=1).mean()),
        "flags_differ": float(differ.mean()),
    }


def read_gates(folder: Path) -> list[dict[str, Any]]:
    """Return what the gate said so far, by cell."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("gate-*.json"))]
