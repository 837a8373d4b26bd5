"""``cadrage corpus headlines …``: draw, collect, compare and adjudicate headlines beside bodies."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli.shared import (
    Commands,
    add_command,
    add_comparison,
    add_data,
    add_group,
    say,
    utf8,
)

if TYPE_CHECKING:
    from classifier.corpus.headlines import HeadlineMark

_FOLDER = "headlines"


def add_commands(parts: Commands) -> None:
    """Add ``headlines`` and its steps to ``cadrage corpus``."""
    steps = add_group(
        parts,
        "headlines",
        "annotate what headlines do with their bodies' claims",
        "Headlines read beside their whole articles: drawn, read twice, compared,\n"
        "disputes read a third time. Files hold offsets and classes, no text.",
        "  cadrage corpus headlines agreement",
        parts="step",
    )

    draw = add_command(
        steps,
        "draw",
        "draw articles by a plan and write a reading sheet",
        "Draw articles by a plan (TOML) and write NAME.plan.jsonl and NAME.sheet.txt.",
        "  cadrage corpus headlines draw experiments/corpus/headlines.toml --out .cadrage/sheets",
    )
    draw.add_argument("plan", type=Path, metavar="PLAN.toml")
    draw.add_argument("--out", type=Path, default=Path(".cadrage/reading/headlines"))
    draw.add_argument("--name", default="headlines")
    draw.set_defaults(run=run_draw)

    collect = add_command(
        steps,
        "collect",
        "turn answers into a pass",
        "Check readers' answers against the plans and write one pass.",
        "  cadrage corpus headlines collect --plan a.plan.jsonl --out pass_a.jsonl a.ann",
    )
    collect.add_argument("answers", type=Path, nargs="+", metavar="ANSWERS.ann")
    collect.add_argument("--plan", type=Path, action="append", required=True)
    collect.add_argument("--out", type=Path, required=True)
    collect.set_defaults(run=run_collect)

    add_data(draw, collect)
    add_comparison(
        steps,
        "headlines",
        (run_agreement, run_disputes, run_adjudicate),
        measured="Cohen's kappa of each class and F1 of claim sentences",
        disputed="headlines on which the passes differ",
        dispute="Each disputed headline with its whole article and both answers, for a third "
        "reading:\n'title | A', 'title | B', or a full answer.",
        written="data/headlines/gold.jsonl",
    )


def run_draw(options: argparse.Namespace) -> int:
    """Draw and write a plan and a sheet."""
    from classifier.corpus.headline_sheets import draw_headlines, read_plan, write_sheet
    from classifier.corpus.headlines import write_headlines
    from classifier.corpus.sources import load_text

    plan = read_plan(options.plan)
    sources = {stratum.source for stratum in plan.strata}
    drawn = draw_headlines(
        plan, {source: load_text(source, options.data) for source in sorted(sources)}
    )
    write_headlines((mark for mark, _ in drawn), options.out / f"{options.name}.plan.jsonl")
    (options.out / f"{options.name}.sheet.txt").write_text(write_sheet(drawn), "utf-8")
    pairs = sum(len(mark.pairs) for mark, _ in drawn)
    print(f"{options.out / options.name}: {len(drawn)} articles, {pairs} headlines")
    return 0


def run_collect(options: argparse.Namespace) -> int:
    """Write a pass from answers."""
    from classifier.corpus.headline_sheets import read_answers
    from classifier.corpus.headlines import load_articles, read_plan_marks, write_headlines

    plans = [mark for path in options.plan for mark in read_plan_marks(path)]
    articles = load_articles([mark.source for mark in plans], options.data)
    marks = read_answers(options.answers, [(mark, articles[mark.key]) for mark in plans])
    write_headlines(marks, options.out)
    print(f"{options.out}: {len(marks)} articles, {sum(len(one.pairs) for one in marks)} headlines")
    return 0


def load_passes(data: Path) -> tuple[list[HeadlineMark], list[HeadlineMark]]:
    """Load both passes."""
    from classifier.corpus.headlines import read_headlines

    first, second = (read_headlines(data / _FOLDER / f"pass_{name}.jsonl") for name in "ab")
    return first, second


def run_agreement(options: argparse.Namespace) -> int:
    """Print the agreement of the two passes."""
    from classifier.corpus.headlines import measure_headline_agreement

    first, second = load_passes(options.data)
    stream = utf8(sys.stdout)
    stream.write(f"{len(first)} articles, {sum(len(one.pairs) for one in first)} headlines\n")
    for name, one in measure_headline_agreement(first, second).items():
        figure = "F1" if name == "claim_sentences" else "kappa"
        said = f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
        stream.write(f"{name:20s} {figure:5s} {said}  {one.reason}".rstrip() + "\n")
    return 0


def run_disputes(options: argparse.Namespace) -> int:
    """Print the disputes."""
    from classifier.corpus.headline_sheets import write_disputes
    from classifier.corpus.headlines import is_disputed, load_articles, pair_up

    first, second = load_passes(options.data)
    articles = load_articles([mark.source for mark in first], options.data)
    utf8(sys.stdout).write(write_disputes(first, second, articles))
    count = sum(is_disputed(one, two) for _, one, two in pair_up(first, second))
    say(f"{count} disputed headlines")
    return 0


def run_adjudicate(options: argparse.Namespace) -> int:
    """Write gold and print how many headlines of each class there are."""
    from classifier.corpus.headline_sheets import adjudicate_headlines
    from classifier.corpus.headlines import (
        CLASSES,
        join_headlines,
        load_articles,
        write_headlines,
    )

    first, second = load_passes(options.data)
    articles = load_articles([mark.source for mark in first], options.data)
    gold = adjudicate_headlines(first, second, options.decisions, articles)
    join_headlines(gold, articles)
    out = options.data / _FOLDER / "gold.jsonl"
    write_headlines(gold, out)
    counts = Counter(name for mark in gold for pair in mark.pairs for name in pair.classes)
    print(f"{out}: {len(gold)} articles")
    for name in CLASSES:
        print(f"  {name:20s} {counts[name]}")
    return 0
