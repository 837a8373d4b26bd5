"""``cadrage batch``: many articles into a directory of tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli.shared import Commands, add_command, add_resemblance, say
from classifier.cli.texts import read_thresholds

if TYPE_CHECKING:
    from classifier.article.resemblance import ResemblanceScorer

_ABOUT = """\
Score articles from files of any size into a directory of tables: one row a sentence, one row an
article, in shards, with a manifest. INPUT is a .jsonl (.gz, .zst), .csv, .parquet, .txt or .html
file, a folder, or a pattern in quotes.

Killed at any moment and started again, it goes on where it was. Run again on the same directory,
it scores only what is new. Rows that cannot be scored are listed in DIR/rejects.jsonl; the exit
code is 1 if there are any."""

_EXAMPLE = """\
  cadrage batch archive.jsonl.gz --output scored
  cadrage batch incoming/ --output scored          every night: only what is new
  cadrage batch archive.parquet --output scored --engine ray   on a Ray cluster"""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    batch = add_command(
        commands, "batch", "score an archive into a directory of tables", _ABOUT, _EXAMPLE
    )
    batch.add_argument("inputs", nargs="+", metavar="INPUT")
    batch.add_argument("--output", type=Path, required=True, metavar="DIR")
    batch.add_argument(
        "--format",
        choices=("parquet", "jsonl"),
        help="default: that of DIR; for a new one parquet, or jsonl without pyarrow",
    )
    batch.add_argument("--workers", type=int, metavar="N", help="processes; default: one per core")
    batch.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: on a Ray cluster"
    )
    batch.add_argument("--model", type=Path, help="a model directory; default: the one shipped")
    batch.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="LABEL=P",
        help="probability from which a label is positive; may be repeated",
    )
    add_resemblance(batch)
    batch.add_argument(
        "--shard-size", type=int, default=1000, metavar="N", help="articles a shard; default 1000"
    )
    batch.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score, show progress on a terminal, and say what came out."""
    from classifier.batch.run import choose_format, run_batch
    from classifier.batch.state import output_of

    form = choose_format(options.output, options.format)
    if form == "jsonl" and options.format is None and output_of(options.output) is None:
        say("cadrage: writing JSON Lines; for Parquet: pip install 'cadrage[batch]'")
    resemblance = None
    if options.with_score is not None:
        from classifier.article.resemblance import ResemblanceScorer

        directory = Path(options.with_score) if options.with_score else None
        resemblance = ResemblanceScorer.load(directory)
    with _bar() as watch:
        report = run_batch(
            options.inputs,
            options.output,
            format=form,
            workers=options.workers,
            engine=options.engine,
            model=options.model,
            thresholds=read_thresholds(options.threshold),
            resemblance=resemblance,
            shard_size=options.shard_size,
            watch=watch,
        )
    print(
        f"{report.articles:,} articles, {report.sentences:,} sentences scored into "
        f"{options.output} from {report.new_files:,} input files"
    )
    notes = (
        (report.known_files, "input files were scored before and are unchanged"),
        (report.known, "articles of changed files were scored before"),
        (report.copies, "articles left out: same id and text as one before (duplicates.jsonl)"),
        (report.other_texts, "articles scored whose id stands elsewhere too (duplicates.jsonl)"),
        (report.rejected, "rows could not be scored (rejects.jsonl)"),
        (report.rejected_before, "rows of unchanged files could not be scored (rejects.jsonl)"),
    )
    for number, note in notes:
        if number:
            print(f"{number:,} {note}")
    if resemblance is not None:
        _print_limits(options.output, resemblance)
    return report.exit_code


def _print_limits(output: Path, resemblance: ResemblanceScorer) -> None:
    """Say beside the resemblance score what it is not, as every other output of it does."""
    from classifier.batch import read_manifest
    from classifier.rendering.words import phrase

    limits = [*resemblance.model.limits]
    manifest = read_manifest(output)
    if manifest and manifest.identity.model["sha256"] != resemblance.model.scorer:
        limits.append("other_model")
    print("resemblance to known pseudo-news (column resemblance of articles):")
    for limit in limits:
        print(f"  {phrase(limit, 'en')}")


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar with rate and time left on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} articles/s" if speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scoring", total=None)

        def watch(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield watch
