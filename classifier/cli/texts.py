"""``cadrage score`` and ``cadrage segment``: texts in, framing or sentences out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from classifier.cli.shared import Commands, FaultList, add_command, add_resemblance, utf8
from classifier.errors import UsageError
from classifier.records import Article, ArticleScore

_INPUTS = """\
PATH is a .txt, .html, .jsonl (.gz, .zst), .csv or .parquet file, a folder, a pattern such as
'news/**/*.txt', or - for standard input. In a .txt the first line is the title, and a short
second line without final punctuation is the publisher. Tables need a column "text" or
"sentences"; id, title, heading, publisher, url and published are used where they are."""


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    score = add_command(
        commands,
        "score",
        "label every sentence of articles, with the words that show why",
        "Label every sentence of articles for attribution hedging, relay sourcing and threat\n"
        f"rhetoric, and show the words that show it.\n\n{_INPUTS}",
        "  cadrage score seeds/000_c8f4650f96df5b00.txt\n"
        "  cadrage score archive.jsonl --format jsonl > scores.jsonl\n"
        "  cat article.txt | cadrage score - --hide frame",
    )
    score.add_argument("paths", nargs="+", metavar="PATH")
    score.add_argument(
        "--format",
        choices=("table", "jsonl", "csv", "html"),
        help="default: table on a terminal and in a pipe; html is one self-contained page",
    )
    score.add_argument("--model", type=Path, help="a model directory; default: the one shipped")
    score.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="LABEL=P",
        help="probability from which a label is positive; may be repeated",
    )
    score.add_argument(
        "--hide",
        action="append",
        default=[],
        metavar="DEVICE",
        help="do not show a device in table and html, e.g. frame (frequent and mild)",
    )
    add_resemblance(score)
    score.add_argument("--language", choices=("fr", "en"), default="fr", help="of the output")
    score.add_argument("--width", type=int, help="columns of the table")
    score.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="of the table"
    )
    score.set_defaults(run=run_score)

    segment = add_command(
        commands,
        "segment",
        "cut articles into sentences, with exact offsets",
        "Cut articles into headline, sentences and credit lines. Offsets are Unicode code\n"
        f"points into the field (title, heading or text).\n\n{_INPUTS}",
        "  cadrage segment article.txt --format table\n"
        "  cadrage segment archive.csv > sentences.jsonl",
    )
    segment.add_argument("paths", nargs="+", metavar="PATH")
    segment.add_argument("--format", choices=("jsonl", "table"), default="jsonl")
    segment.set_defaults(run=run_segment)


def read_thresholds(pairs: Iterable[str]) -> dict[str, float]:
    """Return ``LABEL=P`` options as a dictionary.

    Raises:
        UsageError: not a name, an equals sign and a number.
    """
    chosen = {}
    for pair in pairs:
        label, sign, number = pair.partition("=")
        try:
            chosen[label.strip()] = float(number)
        except ValueError:
            sign = ""
        if not sign:
            raise UsageError("--threshold", repr(pair), "LABEL=P, such as threat_rhetoric=0.7")
    return chosen


def _articles(options: argparse.Namespace, faults: FaultList) -> Iterator[Article]:
    from classifier.text.ingestion import read_articles

    return read_articles(options.paths, on_fault=faults)


def run_score(options: argparse.Namespace) -> int:
    """Score articles and render them as they come."""
    from classifier.rendering import render
    from classifier.scoring import Scorer

    scorer = Scorer.load(options.model, read_thresholds(options.threshold))
    if options.with_score is not None:
        from classifier.article.resemblance import ResemblanceScorer

        directory = Path(options.with_score) if options.with_score else None
        scorer.resemblance = ResemblanceScorer.load(directory)
    faults = FaultList()
    done = 0

    def scores() -> Iterator[ArticleScore]:
        nonlocal done
        for score in scorer.score_many(_articles(options, faults)):
            done += 1
            yield score

    render(
        scores(),
        options.format or "table",
        utf8(sys.stdout),
        language=options.language,
        hide=frozenset(options.hide),
        width=options.width,
        color={"auto": None, "always": True, "never": False}[options.color],
    )
    sys.stdout.flush()
    faults.report(done, "articles")
    return faults.exit_code


def run_segment(options: argparse.Namespace) -> int:
    """Print articles' sentences."""
    from classifier.text.segmentation import segment

    faults = FaultList()
    stream = utf8(sys.stdout)
    done = 0
    for article in _articles(options, faults):
        sentences = segment(article)
        if options.format == "jsonl":
            line = msgspec.json.encode({"id": article.id, "sentences": sentences})
            stream.write(line.decode("utf-8") + "\n")
        else:
            stream.write(f"{article.id}\n")
            for one in sentences:
                text = " ".join(one.text.split())
                stream.write(
                    f"{one.index:4d}  {one.field:7s} {one.start:6d} {one.end:6d}  "
                    f"{one.kind:8s}  {text}\n"
                )
        done += 1
    stream.flush()
    faults.report(done, "articles")
    return faults.exit_code
