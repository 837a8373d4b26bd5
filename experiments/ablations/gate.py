"""The gate of docs/camembert.md on encoders that were really fine-tuned: may int8 be shipped?"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec

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
    say(f"{cell.name}: {found['verdict']}")
    path = bench.folder / f"gate-{cell.name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def read_gates(folder: Path) -> list[dict[str, Any]]:
    """Return what the gate said so far, by cell."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("gate-*.json"))]
