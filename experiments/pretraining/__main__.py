"""Pretrain the small encoder: ``python -m experiments.pretraining STEP CONFIG``.

Steps: ``prepare`` (articles, tokenizer, token ids), ``train``, ``probe`` (masked accuracy on
articles kept back), ``verify`` (was any document of validation or test read?), ``report`` (all
figures into one file), ``all``. What the weights bring to the classifier is measured by
``python -m experiments.ablations``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from classifier.errors import CadrageError
from experiments.pretraining.configuration import Pretraining, read_configuration

STEPS = ("prepare", "train", "probe", "verify", "report", "all")


def main(arguments: list[str] | None = None) -> int:
    """Run one step, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m experiments.pretraining", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("config", type=Path)
    parser.add_argument("--resume", action="store_true", help="take up from the checkpoint")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="stop early, for a trial")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of annotations")
    options = parser.parse_args(arguments)
    try:
        run = read_configuration(options.config)
        for step in STEPS[:-1] if options.step == "all" else (options.step,):
            take_step(step, run, options)
    except CadrageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def take_step(step: str, run: Pretraining, options: argparse.Namespace) -> None:
    """Take one step of a run."""
    from experiments.pretraining import preparation

    if step == "prepare":
        preparation.prepare(run, options.data)
        return
    prepared = preparation.read_prepared(run)
    if step == "train":
        from experiments.pretraining.loop import train

        train(
            run,
            prepared.words,
            prepared.training,
            resume=options.resume,
            stop_after=options.stop_after,
        )
    elif step == "probe":
        from experiments.pretraining.probe import measure

        print(json.dumps(measure(run, prepared), indent=1))
    elif step == "verify":
        from experiments.pretraining.exposure import verify

        print(json.dumps(verify(run, prepared, options.data), indent=1))
    else:
        from experiments.pretraining.report import write_report

        print(write_report(run, prepared))


if __name__ == "__main__":
    sys.exit(main())
