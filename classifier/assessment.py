"""Judging models from the command line: find the model, run the suite, write reports, track."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from classifier.errors import UsageError
from classifier.evaluation.bench import Bench, load_bench
from classifier.evaluation.page import write_report
from classifier.evaluation.report import table_of
from classifier.evaluation.subjects import Predictions, Subject
from classifier.evaluation.suite import Dossier, Suite, run_suite
from classifier.scoring import Scorer

Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """A model that was asked for.

    Attributes:
        directory: where it lies; None for the one in the package and for predictions.
    """

    subject: Subject
    directory: Path | None


def find_subject(name: str | None) -> Found:
    """Load a model directory, an MLflow model URI, a predictions file or the shipped model.

    Raises:
        ModelError: the model cannot be loaded.
        DataError, FaultsError: the predictions cannot be read.
    """
    if name is None:
        return Found(Scorer.load(), None)
    if name.startswith(("models:/", "runs:/")):
        from classifier import tracking

        directory = tracking.load_model_directory(name)
        return Found(Scorer.load(directory), directory)
    path = Path(name)
    if path.is_file():
        return Found(Predictions(path), None)
    return Found(Scorer.load(path), path)


def evaluate_models(
    models: Sequence[str | None],
    *,
    data: Path = Path("data"),
    bench: Bench | None = None,
    suite: Suite = "full",
    split: str = "test",
    browse: str = "validation",
    report: Path | None = None,
    track: bool = True,
    say: Say = lambda _: None,
) -> list[Dossier]:
    """Run the suite on every model, write one report on all of them, and track each.

    Args:
        models: as :func:`find_subject` takes them.
        bench: the corpus; loaded from ``data`` when not given.
        report: the folder of the report; None for none.
        track: whether to log to MLflow.

    Raises:
        UsageError, ModelError, DataError, FaultsError: see :func:`find_subject`.
    """
    if not models:
        raise UsageError("models", "none", "one or more")
    found = [find_subject(name) for name in models]
    say("reading the corpus")
    corpus = bench or load_bench(data)
    dossiers = []
    for one in found:
        say(f"model {one.subject.info.name} {one.subject.info.version}")
        dossiers.append(
            run_suite(
                one.subject,
                corpus,
                directory=one.directory,
                suite=suite,
                split=split,
                browse=browse,
                say=say,
            )
        )
    if report is not None:
        write_report(dossiers, report)
        say(f"report: {report / 'report.html'}")
    if track:
        for dossier in dossiers:
            track_dossier(dossier, report)
    return dossiers


def track_dossier(dossier: Dossier, report: Path | None = None) -> str:
    """Log an evaluation to MLflow and return the run's id.

    Scores keep the names ``part.scope.score``; behaviour, neutrality, cost, calibration and checks
    stand beside them. The report is an artifact: it may quote text of others, and stays local.
    """
    from classifier import tracking

    info = dossier.model
    parameters = {
        "model": info.name,
        "version": info.version,
        "split": dossier.split,
        "suite": dossier.suite,
    }
    with tracking.track(
        "cadrage-evaluate", f"{info.name}-{dossier.split}", params=parameters
    ) as run:
        run.tags({"model.sha256": info.sha256})
        for name, digest in dossier.hashes.items():
            run.tags({f"data.evaluated.{name}": digest})
        values, reasons = dossier.evaluation.flat()
        values, reasons = dict(values), dict(reasons)
        for part, labels in dossier.calibration.items():
            for one in labels:
                values[f"{part}.{one.label}.aurc"] = one.risk.aurc.value
        if dossier.behaviour is not None:
            for capability in dossier.behaviour.capabilities:
                name = _metric_name(f"behaviour.{capability.kind}.{capability.name}.failed")
                values[name] = capability.rate
        for neutrality in (dossier.templates, dossier.sentences):
            if neutrality is not None:
                name = _metric_name(f"neutrality.{neutrality.name}.flips")
                values[name] = neutrality.flips.value
        if dossier.cost is not None:
            values |= {f"cost.{name}": value for name, value in dossier.cost.as_dict().items()}
        values["checks.failed"] = float(len(dossier.failed))
        run.metrics(values, reasons=reasons)
        run.tags({f"check.{check.code}": check.status for check in dossier.checks})
        run.json(dossier.as_dict(), "evaluation.json")
        run.text(table_of(dossier.evaluation), "scores.txt")
        if report is not None:
            for name in ("report.html", "report.md"):
                run.file(report / name)
        return run.id


def _metric_name(text: str) -> str:
    """Return a name that MLflow takes: letters, digits, and ``_-. /``."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-./ ") else "_" for c in text)


def write_json(dossiers: Sequence[Dossier], path: Path) -> None:
    """Write every figure: one object for one model, ``{"models": [...]}`` for several."""
    plain = [dossier.as_dict() for dossier in dossiers]
    encoded = msgspec.json.encode(plain[0] if len(plain) == 1 else {"models": plain})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")
