"""``cadrage report``: batch output as one HTML page."""

from __future__ import annotations

import argparse
from pathlib import Path

from classifier.cli.shared import Commands, add_command
from classifier.errors import UsageError

_ABOUT = """\
Make one HTML page from what cadrage batch wrote: shares of each label over time, by publisher and
by topic, with intervals; how signals and headlines are spread; the most relayed outlets; the
deepest chains; the sentences themselves. The page needs no network and no server. DIR is read,
compared with its manifest, and left as it is."""

_EXAMPLE = """\
  cadrage report scored                              writes scored.html
  cadrage report scored --by desk --output may.html  also by the input's column "desk\""""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    report = add_command(commands, "report", "make a page from what batch wrote", _ABOUT, _EXAMPLE)
    report.add_argument("directory", type=Path, metavar="DIR")
    report.add_argument("--output", type=Path, metavar="FILE", help="default: DIR's name, .html")
    report.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help="an input column to count by, beside publisher and topic; may be repeated",
    )
    report.add_argument(
        "--sentences", type=int, default=2000, metavar="N",
        help="flagged sentences to put into the page, at most; default 2000",
    )  # fmt: skip
    report.add_argument("--language", choices=("fr", "en"), default="fr")
    report.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the directory, write the page and say what it holds."""
    from classifier.batch.archive import read_archive
    from classifier.batch.archive_page import write_page

    directory: Path = options.directory
    output = options.output or Path(f"{directory.resolve().name}.html")
    if output.resolve().is_relative_to(directory.resolve()):
        raise UsageError("--output", f"{output}, inside DIR", "a file outside of it")
    archive = read_archive(directory, by=options.by, passages=options.sentences)
    try:
        with output.open("w", encoding="utf-8", errors="replace") as stream:
            write_page(archive, stream, language=options.language)
    except OSError as error:
        raise UsageError("--output", f"{output}: {error.strerror}", "a file to write") from None
    print(
        f"{archive.whole.articles:,} articles, {archive.whole.sentences:,} sentences; "
        f"{len(archive.passages):,} of {archive.flagged:,} flagged sentences in {output}"
    )
    return 0
