"""From a configuration to a trained, calibrated, measured, saved and tracked model."""

from __future__ import annotations

import contextlib
import math
import shutil
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from classifier.corpus.dataset import (
    LabelledDocuments,
    data_hashes,
    label_documents,
    load_gold,
)
from classifier.corpus.sources import SOURCES, find_source
from classifier.corpus.splits import (
    SplitManifest,
    check_splits,
    read_splits,
)
from classifier.errors import ModelError, UsageError
from classifier.evaluation.harness import Evaluation, evaluate
from classifier.models.base import Model
from classifier.models.course import Course, Coursed, Watch
from classifier.models.families import KNOWN, new_model, settings_type
from classifier.models.store import ModelFiles, open_model
from classifier.scoring import Scorer

if TYPE_CHECKING:
    from classifier.tracking import Run

Say = Callable[[str], None]


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One experiment's TOML; an unknown key is an error.

    Attributes:
        name, version: of the model.
        family: see ``classifier.models.families``.
        sources: corpora whose train and validation parts are used.
        licence: of the weights.
        settings: of the family, checked against its own type.
    """

    name: str
    version: str
    family: str
    sources: tuple[str, ...] = ("orangesum", "sequoia", "written")
    licence: str = ""
    settings: dict[str, Any] = {}


def read_experiment(path: Path, data: Path | None = None) -> Experiment:
    """Read an experiment's TOML.

    Args:
        data: the folder of annotations; with it, sources are looked up there too.

    Raises:
        UsageError: missing file, broken TOML, unknown keys, families or sources, wrong types.
    """
    try:
        experiment = msgspec.toml.decode(path.read_bytes(), type=Experiment)
    except OSError as error:
        raise UsageError(
            str(path), error.strerror or "unreadable", "an experiment's TOML"
        ) from None
    except msgspec.DecodeError as error:
        raise UsageError(
            str(path), str(error), f"the keys {', '.join(Experiment.__struct_fields__)}"
        ) from None
    if experiment.family not in KNOWN:
        raise UsageError(f"{path}: family", repr(experiment.family), f"one of {', '.join(KNOWN)}")
    for source in experiment.sources:
        if data is not None:
            find_source(source, data)
        if source in SOURCES and SOURCES[source].test_only:
            learnable = [name for name, one in SOURCES.items() if not one.test_only]
            expected = f"one of {', '.join(learnable)}, or articles of your own"
            raise UsageError(f"{path}: sources", f"{source!r}, for tests only", expected)
    _settings(experiment, path)
    return experiment


def _settings(experiment: Experiment, path: Path) -> Any:
    kind = settings_type(experiment.family)
    if kind is None:
        if experiment.settings:
            raise UsageError(
                f"{path}: settings",
                ", ".join(experiment.settings),
                f"none: the family {experiment.family!r} has no settings",
            )
        return None
    try:
        return msgspec.convert(experiment.settings, kind, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{path}: settings", str(error), f"the keys {', '.join(kind.__struct_fields__)}"
        ) from None


def untrained(experiment: Experiment, path: Path) -> Callable[[], Model]:
    """Return a function that makes the experiment's model, not yet fitted.

    Args:
        path: of the experiment's TOML, for messages.
    """
    settings = _settings(experiment, path)

    def make() -> Model:
        model = new_model(experiment.family)()
        if settings is not None:
            model.settings = settings  # type: ignore[attr-defined]
        return model

    return make


@dataclass(frozen=True)
class Corpus:
    """The annotated documents at hand, by split."""

    manifest: SplitManifest
    train: LabelledDocuments
    validation: LabelledDocuments
    test: LabelledDocuments
    hashes: Mapping[str, str]


def load_corpus(data: Path, sources: Sequence[str]) -> Corpus:
    """Load sources by split, and refuse splits that leak.

    Raises:
        DataError: annotations, text or split manifest missing or changed.
        FaultsError: a document without split, near-duplicates on two sides.
    """
    manifest = read_splits(data / "splits.json")
    annotated = load_gold(data, sources)
    check_splits(manifest, annotated)
    parts = {
        split: label_documents(
            one for one in annotated if manifest.assignment[one.document.key] == split
        )
        for split in ("train", "validation", "test")
    }
    return Corpus(
        manifest, parts["train"], parts["validation"], parts["test"], data_hashes(data, sources)
    )


@dataclass(frozen=True)
class Trained:
    """A saved model and its evaluation on validation data.

    Attributes:
        kept: whether it stood there already, finished, when the training was resumed.
    """

    files: ModelFiles
    evaluation: Evaluation
    run_id: str = ""
    seed: int | None = None
    kept: bool = False


@dataclass(frozen=True)
class Training:
    """How an experiment is trained, whatever it is.

    Attributes:
        data: the folder of annotations.
        track: whether to log runs to MLflow.
        resume: go on where an interrupted training stopped: models that are finished are kept,
            a long one goes on from its newest checkpoint.
        progress: show a progress bar on standard error.
        say: told of each step.
    """

    data: Path = Path("data")
    track: bool = True
    resume: bool = False
    progress: bool = False
    say: Say = lambda _: None


def train(
    config: Path,
    out: Path,
    *,
    data: Path = Path("data"),
    track: bool = True,
    resume: bool = False,
    progress: bool = False,
    say: Say = lambda _: None,
) -> Trained:
    """Train one experiment and save its model directory.

    Args:
        config: the experiment's TOML.
        out: where the model directory is written; its checkpoints stand beside it meanwhile.
        data, track, resume, progress, say: see :class:`Training`.

    Raises:
        UsageError, DataError, FaultsError: see :func:`read_experiment` and :func:`load_corpus`.
        MissingExtraError: the packages of the extra ``train`` are not installed.
    """
    how = Training(data, track, resume, progress, say)
    experiment = read_experiment(config, data)
    return _train_one(experiment, config, out, _read_corpus(experiment, how), how)


def train_seeds(config: Path, out: Path, seeds: int, how: Training) -> list[Trained]:
    """Train an experiment with several seeds, one after the other, from the settings' own upwards.

    Args:
        out: holds a model directory ``seed-N`` for each.
        seeds: how many, 1 or more.

    Raises:
        UsageError: a family without seed, or whatever :func:`train` raises.
    """
    experiment = read_experiment(config, how.data)
    settings = _settings(experiment, config)
    if seeds < 1 or not hasattr(settings, "seed"):
        expected = "1 or more" if seeds < 1 else f"a family with a seed, unlike {experiment.family}"
        raise UsageError("--seeds", str(seeds), expected)
    corpus = _read_corpus(experiment, how)
    every = []
    for number in range(settings.seed, settings.seed + seeds):
        seeded = msgspec.structs.replace(
            experiment, settings={**experiment.settings, "seed": number}
        )
        every.append(_train_one(seeded, config, out / f"seed-{number}", corpus, how, number))
    if how.track:
        _track_spread(experiment, every)
    return every


def spread_over_seeds(every: Sequence[Trained]) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of each score over seeds: ``part.scope.score`` → both.

    The deviation has n - 1 below it, and is NaN for a single seed; a score that is undefined for a
    seed is undefined.
    """
    tables = [one.evaluation.flat()[0] for one in every]
    table = {}
    for key in tables[0]:
        values = [one[key] for one in tables]
        defined = len(values) > 1 and not any(map(math.isnan, values))
        table[key] = (
            sum(values) / len(values),
            statistics.stdev(values) if defined else math.nan,
        )
    return table


def _read_corpus(experiment: Experiment, how: Training) -> Corpus:
    how.say(f"reading the corpus: {', '.join(experiment.sources)}")
    return load_corpus(how.data, experiment.sources)


def _train_one(
    experiment: Experiment,
    config: Path,
    out: Path,
    corpus: Corpus,
    how: Training,
    seed: int | None = None,
) -> Trained:
    if how.resume and (finished := _finished(experiment, out, corpus)) is not None:
        how.say(f"kept {out}, trained before (SHA-256 {finished.sha256[:12]}…)")
        return Trained(finished, _judge(out, corpus, how), seed=seed, kept=True)
    how.say(
        f"training {experiment.family} on {len(corpus.train):,} sentences of "
        f"{len(corpus.train.documents)} articles" + (f", seed {seed}" if seed is not None else "")
    )
    with _open_run(experiment, how) as run:
        model = untrained(experiment, config)()
        checkpoints = out.with_name(f"{out.name}.checkpoints")
        if isinstance(model, Coursed):
            model.course = Course(checkpoints, how.resume, _watch(how.say, run), how.progress)
        model.fit(corpus.train, corpus.validation)
        files = model.save(
            out,
            name=experiment.name,
            version=experiment.version,
            data=dict(corpus.hashes),
            configuration=msgspec.to_builtins(experiment),
            licence=experiment.licence,
        )
        shutil.rmtree(checkpoints, ignore_errors=True)
        how.say(f"saved {out} (SHA-256 {files.sha256[:12]}…)")
        evaluation = _judge(out, corpus, how)
        if run is None:
            return Trained(files, evaluation, seed=seed)
        _log(run, experiment, config, out, files, corpus, evaluation, seed)
        return Trained(files, evaluation, run.id, seed)


def _judge(out: Path, corpus: Corpus, how: Training) -> Evaluation:
    return evaluate(Scorer.load(out), {"validation": corpus.validation}, say=how.say)


def _finished(experiment: Experiment, out: Path, corpus: Corpus) -> ModelFiles | None:
    """Return the model that stands in ``out`` if this very training made it."""
    try:
        files = open_model(out)
    except ModelError:
        return None
    asked = msgspec.json.decode(msgspec.json.encode(experiment))
    made_by = (files.manifest.configuration, files.manifest.data)
    return files if made_by == (asked, dict(corpus.hashes)) else None


def _watch(say: Say, run: Run | None) -> Watch:
    """Return what passes a long training's figures on: curves to MLflow, scores to the user."""

    def watch(step: int, figures: Mapping[str, float]) -> None:
        if run is not None:
            run.metrics(figures, step=step)
        for name in ("train.truncated", "validation.truncated"):
            if figures.get(name):
                say(f"{name.partition('.')[0]}: {figures[name]:.0f} sentences are cut (max_tokens)")
        if "validation.macro_f1" in figures:
            say(
                f"step {step}, epoch {figures.get('train.epoch', math.nan):.2f}: validation loss "
                f"{figures.get('validation.loss', math.nan):.4f}, macro-F1 "
                f"{figures['validation.macro_f1']:.4f}"
            )

    return watch


@contextlib.contextmanager
def _open_run(experiment: Experiment, how: Training) -> Iterator[Run | None]:
    if not how.track:
        yield None
        return
    from classifier import tracking

    parameters = msgspec.to_builtins(experiment)
    with tracking.track("cadrage-train", experiment.name, params=parameters) as run:
        yield run


def _log(
    run: Run,
    experiment: Experiment,
    config: Path,
    out: Path,
    files: ModelFiles,
    corpus: Corpus,
    evaluation: Evaluation,
    seed: int | None,
) -> None:
    """Log what came out; one of several seeds is logged, but not registered."""
    from classifier.evaluation.plots import precision_recall_figure, reliability_figure

    run.params({"thresholds": files.manifest.thresholds})
    run.tags({"model.sha256": files.sha256, "splits.sha256": corpus.manifest.sha256})
    for name, digest in corpus.hashes.items():
        run.dataset(name, digest, rows=len(corpus.train), source=name, context="train")
    values, reasons = evaluation.flat()
    run.metrics(values, reasons=reasons)
    outcomes = evaluation.parts["validation"].judged.outcomes
    run.figure(precision_recall_figure(outcomes), "precision_recall.png")
    run.figure(reliability_figure(outcomes), "reliability.png")
    run.json(evaluation.as_dict(), "evaluation.json")
    run.file(config)
    if seed is not None:
        run.tags({"seed": seed})
        run.model(out, name="model")
    else:
        run.model(out, name="model", registered_name=experiment.name, alias="candidate")


def _track_spread(experiment: Experiment, every: Sequence[Trained]) -> None:
    """Log mean and spread over seeds as a run of their own."""
    from classifier import tracking

    name = f"{experiment.name}-mean"
    with tracking.track("cadrage-train", name, params=msgspec.to_builtins(experiment)) as run:
        run.tags(
            {
                "seeds": ",".join(str(one.seed) for one in every),
                "seeds.runs": ",".join(one.run_id for one in every if one.run_id),
            }
        )
        for key, (mean, deviation) in spread_over_seeds(every).items():
            run.metrics(
                {f"{key}.mean": mean, f"{key}.spread": deviation},
                reasons={
                    f"{key}.mean": "undefined for a seed",
                    f"{key}.spread": "one seed, or undefined for one",
                },
            )
