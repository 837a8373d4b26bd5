"""The command line: parse, one call, print. Nothing is decided here."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

import classifier
from classifier.errors import CadrageError

_DESCRIPTION = """\
Who actually says this, through how many hands did it reach us, what is being threatened?
Cadrage labels each sentence of a French article and shows the words that made it do so.
It signals; it never calls an article true or false."""

_EPILOG = """\
examples:
  cadrage score article.txt                     a coloured table in the terminal
  cadrage score articles/ --format html > a.html  one page for an editor
  cadrage score archive.jsonl --format jsonl      one article a line, for programs
  cadrage COMMAND --help                          more, with examples"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    from classifier.cli import (
        batch,
        corpus,
        evaluation,
        models,
        promotion,
        report,
        serve,
        signals,
        texts,
    )

    parser = argparse.ArgumentParser(
        "cadrage",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cadrage {classifier.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for home in (texts, batch, report, serve, models, evaluation, promotion, corpus, signals):
        home.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 good, 1 the user's data, 2 usage."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CadrageError as error:
        print(f"cadrage: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("cadrage: interrupted", file=sys.stderr)
        return 130
