"""``cadrage reference``: the ordinary press that signals are placed in."""

from __future__ import annotations

import argparse
from pathlib import Path

from classifier.cli.shared import Commands, add_command, add_data, progress
from classifier.errors import UsageError

SEED = 20261122
SHORTEST = 5
"""Sentences of the body below which an article is not drawn: shares of fewer are coarse."""


def add_commands(commands: Commands) -> None:
    """Add the command of this module."""
    reference = add_command(
        commands,
        "reference",
        "score ordinary articles, so that signals have percentiles",
        "Draw articles of OrangeSum at random, among those that nobody annotated, score them, and\n"
        "write the distribution of every signal. To be run again whenever the default model or\n"
        "the signals change: percentiles are withheld until then.",
        "  cadrage reference\n  cadrage reference --model .cadrage/models/mine --out mine.json",
    )
    reference.add_argument("--model", type=Path, help="default: the shipped model")
    reference.add_argument("--count", type=int, default=1500, help="articles, 1000 or more")
    reference.add_argument("--seed", type=int, default=SEED)
    reference.add_argument("--out", type=Path, default=Path("classifier/resources/reference.json"))
    add_data(reference)
    reference.set_defaults(run=run_reference)


def run_reference(options: argparse.Namespace) -> int:
    """Draw, score and write."""
    import random
    from collections.abc import Iterator

    from classifier.article.reference import LEAST, build_reference, write_reference
    from classifier.corpus.annotations import read_annotations
    from classifier.corpus.dataset import Document, annotation_files
    from classifier.corpus.sources import load_text
    from classifier.records import Signal
    from classifier.scoring import Scorer
    from classifier.text.segmentation import segment

    if options.count < LEAST:
        raise UsageError("--count", str(options.count), f"{LEAST} or more")
    annotated = {one.id for one in read_annotations(annotation_files(options.data, "orangesum"))}
    articles = load_text("orangesum", options.data)
    order = sorted(articles.keys() - annotated)
    random.Random(options.seed).shuffle(order)
    scorer = Scorer.load(options.model)

    def scored() -> Iterator[tuple[Signal, ...]]:
        done = 0
        with progress("scoring ordinary articles") as show:
            for key in order:
                if done == options.count:
                    return
                units = segment(articles[key])
                if sum(one.field == "text" and one.kind == "sentence" for one in units) < SHORTEST:
                    continue
                yield scorer.score_document(Document(articles[key], units)).signals
                done += 1
                show(done, options.count)

    reference = build_reference(
        scored(), scorer.info, source="OrangeSum, drawn at random", seed=options.seed
    )
    write_reference(reference, options.out)
    print(f"{options.out}: {reference.articles:,} articles, model {reference.model[:12]}…")
    return 0
