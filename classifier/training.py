"""From a configuration to a trained, calibrated, measured, saved and tracked model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from classifier.errors import UsageError
from classifier.evaluation.harness import Evaluation, evaluate
from classifier.models.base import Model
from classifier.models.families import FAMILIES, new_model, settings_type
from classifier.models.store import ModelFiles
from classifier.scoring import Scorer

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
    if experiment.family not in FAMILIES:
        raise UsageError(
            f"{path}: family", repr(experiment.family), f"one of {', '.join(FAMILIES)}"
        )
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
    """A saved model and its evaluation on validation data."""

    files: ModelFiles
    evaluation: Evaluation
    run_id: str = ""


def train(
    config: Path,
    out: Path,
    *,
    data: Path = Path("data"),
    track: bool = True,
    say: Say = lambda _: None,
) -> Trained:
    """Train one experiment and save its model directory.

    Args:
        config: the experiment's TOML.
        out: where the model directory is written.
        data: the folder of annotations.
        track: whether to log the run to MLflow.
        say: told of each step.

    Raises:
        UsageError, DataError, FaultsError: see :func:`read_experiment` and :func:`load_corpus`.
        MissingExtraError: the packages of the extra ``train`` are not installed.
    """
    experiment = read_experiment(config, data)
    say(f"reading the corpus: {', '.join(experiment.sources)}")
    corpus = load_corpus(data, experiment.sources)
    say(
        f"training {experiment.family} on {len(corpus.train):,} sentences of "
        f"{len(corpus.train.documents)} articles"
    )
    model = untrained(experiment, config)()
    model.fit(corpus.train, corpus.validation)
    files = model.save(
        out,
        name=experiment.name,
        version=experiment.version,
        data=dict(corpus.hashes),
        configuration=msgspec.to_builtins(experiment),
        licence=experiment.licence,
    )
    say(f"saved {out} (SHA-256 {files.sha256[:12]}…)")
    scorer = Scorer.load(out)
    evaluation = evaluate(scorer, {"validation": corpus.validation}, say=say)
    if not track:
        return Trained(files, evaluation)
    return Trained(files, evaluation, _track(experiment, config, out, files, corpus, evaluation))


def _track(
    experiment: Experiment,
    config: Path,
    out: Path,
    files: ModelFiles,
    corpus: Corpus,
    evaluation: Evaluation,
) -> str:
    from classifier import tracking
    from classifier.evaluation.plots import precision_recall_figure, reliability_figure

    parameters = {**msgspec.to_builtins(experiment), "thresholds": files.manifest.thresholds}
    with tracking.track("cadrage-train", experiment.name, params=parameters) as run:
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
        run.model(out, name="model", registered_name=experiment.name, alias="candidate")
        return run.id
