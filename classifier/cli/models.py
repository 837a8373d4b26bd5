"""``cadrage train``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classifier.cli.shared import Commands, add_command, say, utf8


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    train = add_command(
        commands,
        "train",
        "train a model from an experiment's TOML",
        "Train the model that a TOML describes on the annotated corpus, calibrate it and choose\n"
        "thresholds on validation data, save its directory, and log the run to MLflow\n"
        "(.cadrage/mlflow.db, or MLFLOW_TRACKING_URI). Needs the extra 'train'.",
        "  cadrage train experiments/default.toml --out .cadrage/models/mine",
    )
    train.add_argument("config", type=Path, metavar="CONFIG.toml")
    train.add_argument("--out", type=Path, help="default: .cadrage/models/NAME-VERSION")
    train.add_argument("--data", type=Path, default=Path("data"), help="the annotations' folder")
    train.add_argument("--no-track", action="store_true", help="do not log to MLflow")
    train.set_defaults(run=run_train)


def run_train(options: argparse.Namespace) -> int:
    """Train, save, track, and print the validation scores."""
    from classifier.corpus.sources import working_folder
    from classifier.evaluation.report import table_of
    from classifier.training import read_experiment, train

    experiment = read_experiment(options.config)
    out = options.out or working_folder() / "models" / f"{experiment.name}-{experiment.version}"
    trained = train(options.config, out, data=options.data, track=not options.no_track, say=say)
    utf8(sys.stdout).write(table_of(trained.evaluation))
    return 0
