"""All figures of a run in one file."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from experiments.machine import describe_processor
from experiments.pretraining.configuration import Pretraining
from experiments.pretraining.export import export_folder
from experiments.pretraining.preparation import Prepared

_POINTS = 60


def thin_curve(lines: list[dict[str, float]], points: int = _POINTS) -> list[dict[str, float]]:
    """Return at most so many lines of a log, evenly spaced, the last one among them."""
    if len(lines) <= points:
        return lines
    chosen = np.unique(np.linspace(0, len(lines) - 1, points).round().astype(int))
    return [lines[place] for place in chosen]


def describe_machine() -> dict[str, Any]:
    """Return what the run was timed on."""
    import torch
    import transformers

    return {
        "processor": describe_processor(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def write_report(run: Pretraining, prepared: Prepared) -> Path:
    """Write the configuration, budget, loss curve, probe and exposure into the results file."""
    log = _log(run.place / "log.jsonl")
    weights = export_folder(run) / "model.safetensors"
    last = log[-1]
    found = {
        "command": "python -m experiments.pretraining all experiments/pretraining/encoder.toml",
        "configuration": msgspec.to_builtins(run),
        "machine": describe_machine(),
        "text": prepared.report,
        "budget": {
            "tokens_read": last["tokens"],
            "steps": last["step"],
            "epochs": round(last["tokens"] / prepared.training.size, 3),
            "minutes": last["minutes"],
            "tokens_per_second": round(last["tokens"] / last["minutes"] / 60, 1),
        },
        "curve": thin_curve(log),
        "curve_without_offsets": thin_curve(_log(Path(run.report.plain_log))),
        "probe": json.loads(probe) if (probe := _read(run.place / "probe.json")) else None,
        "weights": {
            "bytes": weights.stat().st_size,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "licence": run.licence,
        },
        "exposure": json.loads(seen) if (seen := _read(run.place / "exposure.json")) else None,
    }
    path = Path(run.report.results)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def _log(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in _read(path).splitlines()]


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
