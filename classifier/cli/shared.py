"""What several commands share: help with an example, faults on standard error, progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from classifier.errors import Fault

Commands = Any
"""What ``ArgumentParser.add_subparsers`` returns; argparse gives its type no public name."""

Run = Callable[[argparse.Namespace], int]
"""What a command does with its options; returns the exit code."""


def add_command(commands: Commands, name: str, summary: str, about: str, example: str) -> Any:
    """Add a command whose help says what it does and shows an example."""
    return commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=f"example:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_group(
    commands: Commands, name: str, summary: str, about: str, example: str, *, parts: str
) -> Commands:
    """Add a command that has commands of its own, and return where these are added.

    Args:
        parts: what its commands are called, in the singular: the attribute that holds the choice.
    """
    group = add_command(commands, name, summary, about, example)
    return group.add_subparsers(dest=parts, metavar=parts.upper(), required=True)


def add_data(*commands: Any) -> None:
    """Give commands the option that says where the annotations lie."""
    for one in commands:
        one.add_argument("--data", type=Path, default=Path("data"), help="the annotations' folder")


def add_comparison(
    steps: Commands,
    name: str,
    runs: tuple[Run, Run, Run],
    *,
    measured: str,
    disputed: str,
    dispute: str,
    written: str,
) -> None:
    """Add the steps from two passes to gold: agreement, disputes and adjudicate.

    Args:
        name: of the group, ``hands`` or ``headlines``.
        runs: what the three steps do.
        measured: what the agreement says.
        disputed, dispute: what the sheet of disputes holds, in few words and in full.
        written: the file that adjudication writes.
    """
    texts = (
        (
            "agreement",
            "how far the two passes agree, before adjudication",
            f"{measured}, with intervals over articles.",
            "",
        ),
        ("disputes", f"write the sheet of {disputed}", dispute, " > disputes.txt"),
        (
            "adjudicate",
            "write gold from two passes and a third reading",
            f"Write {written}.",
            " decisions.ann",
        ),
    )
    for (step, summary, about, rest), run in zip(texts, runs, strict=True):
        example = f"  cadrage corpus {name} {step}{rest}"
        command = add_command(steps, step, summary, about, example)
        command.set_defaults(run=run)
        add_data(command)
    command.add_argument("decisions", nargs="*", type=Path, metavar="DECISIONS.ann")


class FaultList:
    """Collects faults, printing each when it is met, and knows the exit code."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.faults: list[Fault] = []
        self._stream = stream or sys.stderr

    def __call__(self, fault: Fault) -> None:
        self.faults.append(fault)
        print(f"cadrage: {fault}", file=self._stream)

    @property
    def exit_code(self) -> int:
        return 1 if self.faults else 0

    def report(self, good: int, what: str) -> None:
        """Say how many were good and how many bad, if any were bad."""
        if self.faults:
            print(
                f"cadrage: {good} {what} done, {len(self.faults)} could not be read (listed above)",
                file=self._stream,
            )


def say(text: str) -> None:
    """Tell the user of a step, on standard error."""
    print(text, file=sys.stderr, flush=True)


def utf8(stream: TextIO) -> TextIO:
    """Return the stream writing UTF-8, whatever the locale says."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace", newline="\n")
    return stream


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on a terminal; yields a function to call with (done, in all)."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show


def add_resemblance(command: argparse.ArgumentParser) -> None:
    """Add ``--with-score``: None when not given, empty for the usual directory."""
    command.add_argument(
        "--with-score",
        nargs="?",
        const="",
        metavar="DIR",
        help="also score resemblance to known pseudo-news, by a model of the given directory;\n"
        "its weights are CC BY-NC 4.0, and it says nothing of truth: see docs/signals.md",
    )
