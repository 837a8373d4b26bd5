"""All figures of the cells in one file: means over seeds, and paired differences.

Differences are judged on the same validation sentences, with whole articles exchanged or drawn
anew (:mod:`classifier.evaluation.comparison`); the variance between seeds is part of them.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from classifier.evaluation.comparison import compare
from classifier.evaluation.metrics import Key
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.ranked_comparison import compare_ranking
from classifier.statistics import Resamples
from experiments.ablations.gate import read_gates
from experiments.ablations.runs import Bench, outcomes, run_key
from experiments.family_runs import say

REPLICATES, SEED, PERMUTATIONS = 2000, 20261122, 10_000
FIGURES = ("f1", "average_precision")
MACRO = {"f1": Key("macro", "f1"), "average_precision": Key("macro", "average_precision")}


def summarise(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return mean and spread over the runs of one cell: scope → figure → values.

    The spread is the standard deviation with n - 1 below it; None for one run.
    """
    scopes = [name for name, value in runs[0].items() if isinstance(value, dict) and "f1" in value]

    def cell(values: list[float]) -> dict[str, Any]:
        spread = statistics.stdev(values) if len(values) > 1 else None
        return {"mean": statistics.fmean(values), "spread": spread, "values": values}

    found: dict[str, Any] = {
        scope: {figure: cell([one[scope][figure] for one in runs]) for figure in FIGURES}
        for scope in scopes
    }
    for name in ("sentences_per_s", "fit_seconds"):
        if name in runs[0]:
            found[name] = statistics.fmean(one[name] for one in runs)
    return found


def collect(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    """Return the finished runs of each cell, on these splits, with these settings and weights."""
    found = {}
    for cell in bench.plan.cells:
        runs = [bench.figures(cell, number) for number in range(cell.seeds)]
        kept = [
            one
            for number, one in enumerate(runs)
            if one is not None and one["key"] == run_key(bench, cell, number)
        ]
        if kept:
            found[cell.name] = kept
    return found


def find_differences(
    bench: Bench, models: Mapping[str, Sequence[Outcomes]]
) -> list[dict[str, Any]]:
    """Return each cell less those that it is compared with, with intervals and verdicts."""
    pairs = [
        (cell.name, other)
        for cell in bench.plan.cells
        for other in cell.against
        if cell.name in models and other in models
    ]
    if not pairs:
        return []
    resamples = Resamples.draw(bench.clusters, replicates=REPLICATES, seed=SEED)
    say(f"comparing {len(pairs)} pairs")
    keys = [MACRO["f1"]]
    decided = compare(
        models, resamples, keys=keys, pairs=pairs, permutations=PERMUTATIONS, seed=SEED
    )
    found = [*decided.differences]
    for first, second in pairs:
        both = {first: models[first], second: models[second]}
        ranked = compare_ranking(both, resamples, seed=SEED)
        found += [one for one in ranked if one.key == MACRO["average_precision"]]
    return [
        {
            "first": one.first,
            "second": one.second,
            "figure": one.key.name,
            "value": one.interval.value,
            "low": one.interval.low,
            "high": one.interval.high,
            "p": one.p_value,
            "p_adjusted": one.p_adjusted if one.key.name == "f1" else None,
            "detectable": one.detectable,
            "runs": list(one.runs),
            "note": one.note,
        }
        for one in found
    ]


def write_results(bench: Bench, *, compared: bool = True) -> Path:
    """Write all figures into the results file, whole or not at all.

    Args:
        compared: with the paired differences, which take a minute.
    """
    runs = collect(bench)
    plan = bench.plan
    models = {
        name: [outcomes(bench.said(plan.cell(name), one["number"]), bench.gold) for one in kept]
        for name, kept in runs.items()
    }
    validation = bench.corpus.validation
    models_kept = {one.get("model_sha256") for kept in runs.values() for one in kept}
    found = {
        "command": "python -m experiments.ablations experiments/ablations/encoder.toml",
        "splits_sha256": bench.corpus.manifest.sha256,
        "plan": msgspec.to_builtins(plan),
        "train_sentences": len(bench.corpus.train),
        "validation_sentences": len(bench.gold),
        "validation_articles": len(validation.documents),
        "cells": {
            name: {
                "title": plan.cell(name).title,
                "seeds": len(kept),
                "asked": plan.cell(name).seeds,
                **summarise(kept),
            }
            for name, kept in runs.items()
        },
        "differences": find_differences(bench, models) if compared else [],
        # What was said of a model that has been trained again since is not told.
        "gates": [one for one in read_gates(bench.folder) if one["model_sha256"] in models_kept],
        "runs": [one for kept in runs.values() for one in kept],
    }
    path = Path(plan.results)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)
    return path
