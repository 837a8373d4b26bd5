"""One run of one cell: trained, asked about validation, kept, tracked.

A run leaves ``CELL-NUMBER.npz`` (probabilities of the scorable validation sentences),
``CELL-NUMBER.json`` (figures) and, where something was trained, a model directory. It is not done
again while data, settings, weights and seed are the same.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.annotations import file_hash
from classifier.evaluation.outcomes import Outcomes
from classifier.models.base import Model
from classifier.models.calibration import choose_thresholds
from classifier.models.camembert.soft import SoftDocument, write_soft_labels
from classifier.models.families import load_model, settings_type
from classifier.schema import load_schema
from classifier.statistics import Clusters
from classifier.training import Corpus, Experiment, load_corpus, read_experiment, untrained
from experiments.ablations.configuration import Ablations, Cell
from experiments.ablations.linear import train_soft
from experiments.ablations.pool import Unlabelled, average, open_pool
from experiments.family_runs import say
from experiments.pretraining.configuration import read_configuration
from experiments.pretraining.export import export_folder, random_folder
from experiments.pretraining.exposure import unread
from experiments.pretraining.preparation import read_prepared

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
        bases: where an encoder starts → the folder of its weights.
    """

    plan: Ablations
    data: Path
    corpus: Corpus
    bases: Mapping[str, Path]
    track: bool

    @classmethod
    def open(cls, plan: Ablations, data: Path, *, track: bool) -> Bench:
        """Load the corpus, without validation documents that pretraining read, and the encoders.

        Raises:
            DataError, FaultsError: annotations, text or split manifest missing or changed; nobody
                has looked what the weights have read.
        """
        pretraining = read_configuration(Path(plan.pretraining))
        experiment = read_experiment(Path(plan.experiment))
        bases = {
            "pretrained": export_folder(pretraining),
            "random": random_folder(pretraining, read_prepared(pretraining).words),
        }
        corpus = load_corpus(data, experiment.sources)
        keys = [mark.key for mark in corpus.validation.marks]
        kept = unread(pretraining, keys, corpus.manifest.sha256)
        judged = corpus.validation.select(kept) if len(kept) < len(keys) else corpus.validation
        return cls(plan, data, dataclasses.replace(corpus, validation=judged), bases, track)

    @property
    def folder(self) -> Path:
        """Return where the runs on these splits are kept."""
        return Path(self.plan.folder) / self.corpus.manifest.sha256[:12]

    @functools.cached_property
    def pool(self) -> Unlabelled:
        """The sentences that teachers are asked about."""
        pretraining = read_configuration(Path(self.plan.pretraining))
        chooser = self.model(self.plan.cell(self.plan.pool.chooser), 0)
        cell = self.plan.cell(self.plan.pool.chooser)
        made_by = [self.plan.pool, run_key(self, cell, 0), pretraining.text]
        digest = hashlib.sha256(msgspec.json.encode(made_by)).hexdigest()
        path = self.folder / f"pool-{digest[:12]}.json"
        return open_pool(
            self.plan.pool, pretraining.text, pretraining.seed, self.data, chooser, path
        )

    @functools.cached_property
    def gold(self) -> NDArray[np.bool_]:
        """Gold of the scorable validation sentences, shape (n, labels)."""
        return self.corpus.validation.gold[self.corpus.validation.scorable()]

    @functools.cached_property
    def clusters(self) -> Clusters:
        """The scorable validation sentences by article."""
        validation = self.corpus.validation
        keys = [validation.marks[number].key for number in validation.rows]
        return Clusters.of(np.array(keys)[validation.scorable()].tolist())

    def model(self, cell: Cell, number: int) -> Model:
        """Load the model of a run; a cell with fewer seeds answers with its last."""
        number = min(number, cell.seeds - 1)
        return load_model(self.folder / "models" / f"{cell.name}-{number}")[0]

    def said(self, cell: Cell, number: int) -> Floats:
        """Return what a run said of validation, shape (n, labels)."""
        number = min(number, cell.seeds - 1)
        found: Floats = np.load(self.folder / f"{cell.name}-{number}.npz")["probabilities"]
        return found

    def figures(self, cell: Cell, number: int) -> dict[str, Any] | None:
        """Return a run's figures; None when it has not been done."""
        path = self.folder / f"{cell.name}-{min(number, cell.seeds - 1)}.json"
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found

    def ask(self, cell: Cell, number: int) -> Floats:
        """Return what a run's model says of the pool; asked once, then kept."""
        number = min(number, cell.seeds - 1)
        key = run_key(self, cell, number)[:12]
        path = self.folder / "asked" / f"{cell.name}-{number}-{key}.npy"
        if not path.exists():
            say(f"{cell.name} {number}: asked about {len(self.pool):,} sentences of the pool")
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.with_name(path.name + ".part").open("wb") as stream:
                np.save(stream, self.pool.ask(self.model(cell, number)))
            path.with_name(path.name + ".part").replace(path)
        asked: Floats = np.load(path)
        return asked


def settle(plan: Ablations, cell: Cell, number: int) -> Experiment:
    """Return the experiment of one run: its TOML, what all cells share, what is the cell's own.

    The weights that an encoder starts from, and its soft labels, are named later: they are paths.
    """
    experiment = read_experiment(Path(cell.experiment or plan.experiment))
    own = experiment.settings | ({} if cell.experiment else plan.settings) | cell.settings
    kind = settings_type(experiment.family)
    if kind is not None and "seed" in kind.__struct_fields__:
        own["seed"] = int(own.get("seed", 0)) + number
    for path in ("base", "soft"):
        own.pop(path, None)
    return msgspec.structs.replace(experiment, settings=own)


def run_key(bench: Bench, cell: Cell, number: int) -> str:
    """Return a SHA-256 of all that decides a run but the code."""
    plan = bench.plan
    shaping: list[Any] = [
        dict(bench.corpus.hashes),
        len(bench.corpus.validation.documents),
        [run_key(bench, plan.cell(name), _turn(plan, cell, name, number)) for name in _leans(cell)],
    ]
    if cell.teachers:
        shaping += [plan.pool, cell.confident]
    if not cell.of:
        experiment = settle(plan, cell, number)
        shaping.append([experiment.family, experiment.sources, experiment.settings])
        if experiment.family == "camembert":
            shaping.append(file_hash(bench.bases[cell.start] / "model.safetensors"))
    return hashlib.sha256(msgspec.json.encode(shaping, order="sorted")).hexdigest()


def _leans(cell: Cell) -> tuple[str, ...]:
    return (*cell.of, *cell.teachers)


def _turn(plan: Ablations, cell: Cell, name: str, number: int) -> int:
    """Return which seed of another cell a run leans on.

    All students of a cell have the same teachers, their first seeds; what teaches itself, and what
    is averaged, goes seed by seed.
    """
    if cell.teachers and cell.confident is None:
        return 0
    return min(number, plan.cell(name).seeds - 1)


def run(bench: Bench, cell: Cell, number: int, *, again: bool = False) -> dict[str, Any]:
    """Do one run, or read it where it has been done.

    Args:
        number: of the seed, from 0; the experiment's own seed and so many more.
    """
    key = run_key(bench, cell, number)
    kept = bench.figures(cell, number)
    if kept is not None and kept["key"] == key and not again:
        return kept
    say(f"{cell.name}: seed {number + 1} of {cell.seeds}")
    began = time.perf_counter()
    trained: dict[str, Any] = {}
    if cell.of:
        turns = [(bench.plan.cell(name), _turn(bench.plan, cell, name, number)) for name in cell.of]
        said = average([bench.said(one, turn) for one, turn in turns])
        members = [bench.figures(one, turn) or {} for one, turn in turns]
        seconds = sum(1 / one["sentences_per_s"] for one in members)
        trained["sentences_per_s"] = 1 / seconds
    else:
        model, trained = _train(bench, cell, number)
        trained["fit_seconds"] = round(time.perf_counter() - began, 1)
        said, trained["sentences_per_s"] = _ask_validation(bench, model)
    found = {
        "cell": cell.name,
        "number": number,
        "key": key,
        "splits_sha256": bench.corpus.manifest.sha256,
        **trained,
        **score(said, bench.gold),
    }
    if bench.track:
        found["run"] = _track(bench, cell, found)
    _keep(bench.folder / f"{cell.name}-{number}", said, found)
    say(
        f"{cell.name}: seed {number + 1}: macro-F1 {found['macro']['f1']:.4f}, "
        f"macro AP {found['macro']['average_precision']:.4f}, "
        f"{time.perf_counter() - began:.0f} s"
    )
    return found


def _train(bench: Bench, cell: Cell, number: int) -> tuple[Any, dict[str, Any]]:
    """Fit and save a cell's model; return it, and what is to be told of it."""
    path = Path(cell.experiment or bench.plan.experiment)
    experiment = settle(bench.plan, cell, number)
    own, told = dict(experiment.settings), {}
    if "seed" in own:
        told["seed"] = own["seed"]
    if experiment.family == "camembert":
        own["base"] = str(bench.bases[cell.start])
    soft = _soft_labels(bench, cell, number)
    if soft is not None and experiment.family == "camembert":
        own["soft"] = str(soft)
    experiment = msgspec.structs.replace(experiment, settings=own)
    model: Any = untrained(experiment, path)()
    corpus = bench.corpus
    if experiment.family == "camembert":
        from classifier.models.course import Course

        course: list[dict[str, float]] = []

        def watch(step: int, figures: Mapping[str, float]) -> None:
            if "validation.macro_f1" in figures:
                course.append({"step": step, **figures})
                say(f"  step {step}: macro-F1 {figures['validation.macro_f1']:.4f}")

        checkpoints = bench.folder / "checkpoints" / run_key(bench, cell, number)[:12]
        model.course = Course(checkpoints, True, watch)
        model.fit(corpus.train, corpus.validation)
        shutil.rmtree(checkpoints, ignore_errors=True)
        told["course"] = course
    elif soft is not None:
        learned = _label_pool(bench, cell, number)
        train_soft(model, model.settings, corpus.train, corpus.validation, learned, 1.0)
    else:
        model.fit(corpus.train, corpus.validation)
    files = _save(bench, cell, number, model, experiment)
    told["model_sha256"] = files.sha256
    if soft is not None:
        told["soft_sentences"] = sum(len(one.targets) for one in _label_pool(bench, cell, number))
        told["soft_sha256"] = file_hash(soft)
    return model, told


def _save(bench: Bench, cell: Cell, number: int, model: Any, experiment: Experiment) -> Any:
    return model.save(
        bench.folder / "models" / f"{cell.name}-{number}",
        name=f"{experiment.name}-{cell.name}",
        version=experiment.version,
        data=dict(bench.corpus.hashes),
        configuration=msgspec.to_builtins(experiment),
        licence=experiment.licence,
    )


def _label_pool(bench: Bench, cell: Cell, number: int) -> list[SoftDocument]:
    plan = bench.plan
    turns = [(plan.cell(name), _turn(plan, cell, name, number)) for name in cell.teachers]
    said = average([bench.ask(one, turn) for one, turn in turns])
    return bench.pool.label(said, cell.confident)


def _soft_labels(bench: Bench, cell: Cell, number: int) -> Path | None:
    """Write what a cell's teachers say, for its student; None without teachers."""
    if not cell.teachers:
        return None
    own = "" if cell.confident is None else f"-{number}"
    path = bench.folder / "soft" / f"{cell.name}{own}.jsonl"
    made_by = {
        "teachers": cell.teachers,
        "seed": number if own else 0,
        "confident": cell.confident,
        "splits_sha256": bench.corpus.manifest.sha256,
        "excluded_sha256": bench.pool.excluded_sha256,
    }
    write_soft_labels(path, _label_pool(bench, cell, number), made_by)
    return path


def _ask_validation(bench: Bench, model: Model) -> tuple[Floats, float]:
    """Return probabilities of the scorable validation sentences, and how many a second."""
    validation = bench.corpus.validation
    began = time.perf_counter()
    said = model.predict_proba(validation.documents)
    return said[validation.scorable()], len(said) / (time.perf_counter() - began)


def outcomes(said: Floats, gold: NDArray[np.bool_]) -> Outcomes:
    """Return decisions at each label's best threshold on these very sentences: it flatters all."""
    decided = said >= choose_thresholds(said, gold)
    return Outcomes(load_schema().names, gold, decided, np.clip(said, 0, 1))


def score(said: Floats, gold: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """Return F1 and average precision, by label and their mean."""
    from sklearn.metrics import average_precision_score, f1_score

    decided = outcomes(said, gold).predicted
    labels = {
        name: {
            "f1": float(f1_score(gold[:, column], decided[:, column], zero_division=0.0)),
            "average_precision": float(average_precision_score(gold[:, column], said[:, column])),
        }
        for column, name in enumerate(load_schema().names)
        if gold[:, column].any()
    }
    macro = {
        figure: float(np.mean([one[figure] for one in labels.values()]))
        for figure in ("f1", "average_precision")
    }
    return {"macro": macro, **labels}


def _track(bench: Bench, cell: Cell, found: Mapping[str, Any]) -> str:
    from classifier import tracking

    parameters = {**msgspec.to_builtins(cell), "number": found["number"]}
    with tracking.track("cadrage-ablations", cell.name, params=parameters) as tracked:
        tracked.tags({"splits.sha256": bench.corpus.manifest.sha256, "key": found["key"]})
        for source, digest in bench.corpus.hashes.items():
            rows = len(bench.corpus.train)
            tracked.dataset(source, digest, rows=rows, source=source, context="train")
        for one in found.get("course", ()):
            tracked.metrics({"course.macro_f1": one["validation.macro_f1"]}, step=int(one["step"]))
        scopes = ("macro", *load_schema().names)
        tracked.metrics(
            {
                f"validation.{scope}.{name}": value
                for scope in scopes
                for name, value in found.get(scope, {}).items()
            }
        )
        costs = {name: found[name] for name in ("fit_seconds", "sentences_per_s") if name in found}
        tracked.metrics(costs)
        return tracked.id


def _keep(stem: Path, said: Floats, found: Mapping[str, Any]) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    part = stem.with_name(stem.name + ".npz.part")
    with part.open("wb") as stream:
        np.savez(stream, probabilities=said)
    part.replace(stem.with_name(stem.name + ".npz"))
    part = stem.with_name(stem.name + ".json.part")
    part.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    part.replace(stem.with_name(stem.name + ".json"))
