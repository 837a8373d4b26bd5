"""``cadrage corpus hands …``: sheets, passes, agreement and gold of hands and chains."""

from __future__ import annotations

import argparse
import sys
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
    from classifier.corpus.hands_passes import HandsPair


def add_commands(parts: Commands) -> None:
    """Add ``hands`` and its steps to ``cadrage corpus``."""
    steps = add_group(
        parts,
        "hands",
        "annotate through whose hands hedged and relayed sentences came",
        "Sources inside sentences, who passes on whom, and the origin of each claim:\n"
        "read twice, compared, disputes read a third time. Files: data/SOURCE/hands/*.jsonl.",
        "  cadrage corpus hands agreement",
        parts="step",
    )

    sheet = add_command(
        steps,
        "sheet",
        "write the reading sheet of documents",
        "Write the units of annotated documents; a star marks the hedged and relayed ones.",
        "  cadrage corpus hands sheet written/w-a-001 seed/000_c8f4650f96df5b00 > one.sheet.txt",
    )
    sheet.add_argument("documents", nargs="+", metavar="SOURCE/ID")
    sheet.set_defaults(run=run_sheet)

    collect = add_command(
        steps,
        "collect",
        "turn one annotator's answers into a pass",
        "Check answers (words that do not stand there, hands passed on by none, claims of no\n"
        "hand) and write data/SOURCE/hands/LAYER.jsonl.",
        "  cadrage corpus hands collect --layer pass_a answers/a/*.ann",
    )
    collect.add_argument("answers", nargs="+", type=Path, metavar="ANSWERS.ann")
    collect.add_argument("--layer", choices=("pass_a", "pass_b"), required=True)
    collect.set_defaults(run=run_collect)

    add_data(sheet, collect)
    add_comparison(
        steps,
        "hands",
        (run_agreement, run_disputes, run_adjudicate),
        measured="F1 of spans, types, order, edges, origins and depth",
        disputed="what the passes dispute",
        dispute="Write every unit and every set of document lines on which the passes differ.",
        written="data/SOURCE/hands/gold.jsonl of every source",
    )


def run_sheet(options: argparse.Namespace) -> int:
    """Print the sheet."""
    from classifier.corpus.dataset import load_gold
    from classifier.corpus.hands_sheets import write_hands_sheet
    from classifier.errors import UsageError

    wanted = dict.fromkeys(options.documents)
    sources = sorted({key.partition("/")[0] for key in wanted})
    found = {one.document.key: one for one in load_gold(options.data, sources)}
    unknown = [key for key in wanted if key not in found]
    if unknown:
        raise UsageError("document", unknown[0], "the key of an annotated document: SOURCE/ID")
    utf8(sys.stdout).write(write_hands_sheet(found[key] for key in wanted))
    return 0


def run_collect(options: argparse.Namespace) -> int:
    """Write one pass, source by source."""
    from classifier.corpus.dataset import annotated_sources, load_gold
    from classifier.corpus.hands_passes import write_layer
    from classifier.corpus.hands_sheets import answered_keys, read_hands_answers

    documents = load_gold(options.data, annotated_sources(options.data))
    keys = answered_keys(options.answers, documents)
    found = read_hands_answers(options.answers, documents, only=keys)
    for path, count in write_layer(found, documents, options.data, options.layer):
        print(f"{path}: {count} documents")
    return 0


def load_pairs(data: Path) -> list[HandsPair]:
    """Load both passes of every source."""
    from classifier.corpus.hands_passes import load_hands, pair_hands

    return pair_hands(load_hands(data, "pass_a"), load_hands(data, "pass_b"))


def run_agreement(options: argparse.Namespace) -> int:
    """Print how far the passes agree."""
    from classifier.corpus.hands_agreement import (
        compare_views,
        comparison_table,
        type_kappa,
        view_hands,
    )

    pairs = [(view_hands(a), view_hands(b)) for a, b in load_pairs(options.data)]
    units = sum(len(one.units) for one, _ in pairs)
    title = f"{len(pairs)} documents, {units} sentences read twice, before adjudication"
    stream = utf8(sys.stdout)
    stream.write(comparison_table(title, compare_views(pairs)))
    shown = "type, Cohen's kappa of paired hands"
    stream.write(f"  {shown:44s} {type_kappa(pairs):.3f}\n")
    return 0


def run_disputes(options: argparse.Namespace) -> int:
    """Print the dispute sheet."""
    from classifier.corpus.hands_passes import (
        disputed_units,
        is_lines_disputed,
        write_hands_disputes,
    )

    pairs = load_pairs(options.data)
    utf8(sys.stdout).write(write_hands_disputes(pairs))
    units = sum(len(disputed_units(pair)) for pair in pairs)
    lines = sum(is_lines_disputed(pair) for pair in pairs)
    say(f"{units} disputed units, {lines} documents with disputed lines")
    return 0


def run_adjudicate(options: argparse.Namespace) -> int:
    """Write gold, source by source."""
    from classifier.corpus.dataset import load_gold
    from classifier.corpus.hands_passes import adjudicate_hands, write_layer

    pairs = load_pairs(options.data)
    sources = sorted({pair[0].document.source for pair in pairs})
    documents = load_gold(options.data, sources)
    gold = adjudicate_hands(options.decisions, pairs, documents)
    for path, count in write_layer(gold, documents, options.data, "gold"):
        print(f"{path}: {count} documents")
    return 0
