"""All figures of a run in one file."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from classifier.errors import DataError
from experiments.pretraining.configuration import STARTS, Pretraining
from experiments.pretraining.document import DOCUMENT, fill_document
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

    names = [
        line.split(":", 1)[1].strip()
        for line in _read(Path("/proc/cpuinfo")).splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def summarise(compared: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return per rate the mean figures of each start, and differences seed by seed."""
    found = []
    for rate in sorted({one["rate"] for one in compared}):
        runs = {
            start: {
                one["seed"]: one
                for one in compared
                if one["start"] == start and one["rate"] == rate
            }
            for start in STARTS
        }
        both = sorted(runs["random"].keys() & runs["pretrained"].keys())
        summary: dict[str, Any] = {"rate": rate}
        for figure in ("macro_f1", "macro_average_precision"):
            summary[figure] = {
                start: float(np.mean([one[figure] for one in of.values()]))
                for start, of in runs.items()
                if of
            } | {
                "differences": {
                    str(seed): runs["pretrained"][seed][figure] - runs["random"][seed][figure]
                    for seed in both
                }
            }
        found.append(summary)
    return found


def write_report(run: Pretraining, prepared: Prepared) -> Path:
    """Write the configuration, budget, loss curve, probe and comparison into the results file."""
    log = _log(run.place / "log.jsonl")
    compared = read_runs(run.place / "compared")
    trials = read_runs(Path(run.comparison.trials))
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
        "curve_without_offsets": thin_curve(_log(Path(run.comparison.plain_log))),
        "probe": json.loads(probe) if (probe := _read(run.place / "probe.json")) else None,
        "weights": {
            "bytes": weights.stat().st_size,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "licence": run.licence,
        },
        "summary": summarise(compared),
        "compared": compared,
        "trials": trials,
    }
    path = Path(run.comparison.results)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if DOCUMENT.exists():
        DOCUMENT.write_text(fill_document(_read(DOCUMENT), found), "utf-8")
    return path


def read_runs(folder: Path) -> list[dict[str, Any]]:
    """Return what the comparison wrote into a folder.

    Raises:
        DataError: they were judged on different splits.
    """
    paths = sorted(folder.glob("*.json"))
    runs = [json.loads(_read(path)) for path in paths]
    splits = sorted({one["splits_sha256"][:12] for one in runs})
    if len(splits) > 1:
        fix = "Run compare again, or move the older runs away."
        raise DataError(str(folder), f"runs on splits {', '.join(splits)}", "one manifest", fix)
    return runs


def _log(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in _read(path).splitlines()]


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
