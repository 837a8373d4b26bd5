"""What each part of the encoder brings: ``python -m experiments.ablations CONFIG``.

Every cell is run with its seeds, one seed of every cell before any second one. A run that is
finished is not done again, a fine-tuning that was killed goes on from its last epoch; the results
file is written after each run. At the end cells are compared in pairs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classifier.errors import CadrageError, MissingExtraError, UsageError
from experiments.ablations.comparison import write_results
from experiments.ablations.configuration import read_ablations
from experiments.ablations.gate import try_export
from experiments.ablations.runs import Bench, run
from experiments.family_runs import say


def main(arguments: list[str] | None = None) -> int:
    """Do what is not done yet, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m experiments.ablations", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--cells", nargs="+", default=[], metavar="CELL")
    parser.add_argument("--seeds", type=int, help="at most so many of each cell")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of annotations")
    parser.add_argument("--again", action="store_true", help="run finished ones too")
    parser.add_argument(
        "--export", nargs="+", default=[], metavar="CELL", help="try the first seed's as ONNX int8"
    )
    parser.add_argument("--report", action="store_true", help="compare what is there, run nothing")
    parser.add_argument("--no-track", action="store_true", help="do not log to MLflow")
    options = parser.parse_args(arguments)
    try:
        plan = read_ablations(options.config)
        names = [one.name for one in plan.cells]
        for name in (*options.cells, *options.export):
            if name not in names:
                raise UsageError("CELL", repr(name), f"some of {', '.join(names)}")
        limit_threads()
        bench = Bench.open(plan, options.data, track=not options.no_track)
        for name in options.export:
            try_export(bench, plan.cell(name))
        for cell, number in () if options.report or options.export else plan.rounds():
            wanted = not options.cells or cell.name in options.cells
            if not wanted or (options.seeds is not None and number >= options.seeds):
                continue
            try:
                run(bench, cell, number, again=options.again)
            except MissingExtraError as error:
                say(f"{cell.name}: not run: {error}")
                continue
            write_results(bench, compared=False)
        print(write_results(bench))
    except CadrageError as error:
        print(f"ablations: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def limit_threads() -> None:
    """Keep torch to one thread, as the figures of speed say; nothing where it is not installed."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


if __name__ == "__main__":
    sys.exit(main())
