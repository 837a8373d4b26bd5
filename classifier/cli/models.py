"""``cadrage train`` and ``cadrage export-onnx``."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli.shared import Commands, add_command, add_data, say, utf8

if TYPE_CHECKING:
    from classifier.training import Trained


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    train = add_command(
        commands,
        "train",
        "train a model from an experiment's TOML",
        "Train the model that a TOML describes on the annotated corpus, calibrate it and choose\n"
        "thresholds on validation data, save its directory, and log the run to MLflow\n"
        "(.cadrage/mlflow.db, or MLFLOW_TRACKING_URI). Needs the extra 'train', and 'camembert'\n"
        "for that family.",
        "  cadrage train experiments/default.toml --out .cadrage/models/mine\n"
        "  cadrage train experiments/camembert.toml --seeds 5 --resume",
    )
    train.add_argument("config", type=Path, metavar="CONFIG.toml")
    train.add_argument("--out", type=Path, help="default: .cadrage/models/NAME-VERSION")
    add_data(train)
    train.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help="train N models, OUT/seed-…, and give the mean and spread of their scores",
    )
    train.add_argument(
        "--resume",
        action="store_true",
        help="after an interruption: keep what is finished, go on from the newest checkpoint",
    )
    train.add_argument("--no-track", action="store_true", help="do not log to MLflow")
    train.set_defaults(run=run_train)
    export = add_command(
        commands,
        "export-onnx",
        "export a fine-tuned encoder, to score without torch",
        "Write a model of the family 'camembert' as ONNX. It is compared with torch on validation\n"
        "data: int8 is written where its labels agree on 99.5 % of the sentences and macro-F1\n"
        "loses at most 0.005, else float32. Needs the extra 'camembert'; scoring needs 'onnx'.",
        "  cadrage export-onnx .cadrage/models/camembert --out .cadrage/models/camembert-onnx",
    )
    export.add_argument("model", type=Path, metavar="MODEL")
    export.add_argument("--out", type=Path, required=True, help="where the directory is written")
    add_data(export)
    export.add_argument(
        "--precision",
        choices=("auto", "int8", "float32"),
        default="auto",
        help="auto (default): int8 where it passes the comparison",
    )
    export.set_defaults(run=run_export)


def run_train(options: argparse.Namespace) -> int:
    """Train, save, track, and print the validation scores."""
    from classifier.corpus.sources import working_folder
    from classifier.evaluation.report import table_of
    from classifier.training import Training, read_experiment, train, train_seeds

    experiment = read_experiment(options.config)
    out = options.out or working_folder() / "models" / f"{experiment.name}-{experiment.version}"
    how = Training(
        options.data,
        track=not options.no_track,
        resume=options.resume,
        progress=sys.stderr.isatty(),
        say=say,
    )
    if options.seeds is None:
        trained = train(
            options.config,
            out,
            data=how.data,
            track=how.track,
            resume=how.resume,
            progress=how.progress,
            say=say,
        )
        utf8(sys.stdout).write(table_of(trained.evaluation))
        return 0
    every = train_seeds(options.config, out, options.seeds, how)
    utf8(sys.stdout).write(_spread_table(every))
    return 0


def _spread_table(every: Sequence[Trained]) -> str:
    """Return F1 of each seed, and mean and standard deviation over seeds, a line a label."""
    from classifier.training import spread_over_seeds

    tables = [one.evaluation.flat()[0] for one in every]
    spread = spread_over_seeds(every)
    heads = "".join(f"{one.seed:>11d}" for one in every)
    lines = [f"  {'F1 on validation':40s}{heads}{'mean':>9s}{'spread':>9s}"]
    for key, (mean, deviation) in spread.items():
        part, _, rest = key.partition(".")
        scope, _, score = rest.rpartition(".")
        if (part, score) != ("validation", "f1"):
            continue
        cells = "".join(f"{table[key]:11.3f}" for table in tables)
        deviated = "–" if math.isnan(deviation) else f"{deviation:.3f}"
        lines.append(f"  {scope:40s}{cells}{mean:9.3f}{deviated:>9s}")
    return "\n".join(lines) + "\n"


def run_export(options: argparse.Namespace) -> int:
    """Export, and print how the exported network compares with torch."""
    from classifier.errors import DataError
    from classifier.models.camembert.export import export_model
    from classifier.models.store import open_model
    from classifier.training import load_corpus

    files = open_model(options.model)
    sources = files.manifest.configuration.get("sources")
    if not sources:
        raise DataError(
            str(options.model), "no sources in its manifest", "the corpora it was trained on"
        )
    say(f"reading the corpus: {', '.join(sources)}")
    validation = load_corpus(options.data, sources).validation
    say("exporting, and comparing on validation data")
    saved, verdict = export_model(files, options.out, validation, precision=options.precision)
    chosen = saved.json("export")["precision"]
    utf8(sys.stdout).write(
        f"{verdict.sentences:,} validation sentences\n"
        f"float32: probabilities within {verdict.difference:.1e} of torch\n"
        f"int8: labels agree on {verdict.agreement:.2%}; macro-F1 {verdict.macro_f1_int8:.4f}, "
        f"torch {verdict.macro_f1:.4f}\n"
        + "".join(f"int8 refused as default: {reason}\n" for reason in verdict.refused)
        + f"saved {options.out}, {chosen} (SHA-256 {saved.sha256[:12]}…)\n"
    )
    return 0
