"""``cadrage evaluate --task``: what is judged beside the labels of sentences."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from classifier.cli.shared import utf8
from classifier.errors import UsageError

TASKS = ("labels", "headline", "signals", "chain")


def run_task(options: argparse.Namespace) -> int:
    """Judge headlines or signals on their test part, print and write the figures.

    Raises:
        UsageError: more than one model.
    """
    from classifier.scoring import Scorer

    if len(options.model) > 1:
        raise UsageError("evaluate --task", f"{len(options.model)} models", "one")
    scorer = Scorer.load(Path(options.model[0]) if options.model else None)
    text, document = {"headline": _headline, "signals": _signals, "chain": _chain}[options.task](
        scorer, options.data
    )
    utf8(sys.stdout).write(text)
    if options.json:
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def _headline(scorer: Any, data: Path) -> tuple[str, Any]:
    from classifier.evaluation.headlines import (
        evaluate_headlines,
        headline_document,
        headline_table,
    )

    scores = evaluate_headlines(scorer, data)
    return headline_table(scores), headline_document(scores, scorer)


def _signals(scorer: Any, data: Path) -> tuple[str, Any]:
    from classifier.evaluation.article_swaps import articles_of_test, swap_articles, swap_table
    from classifier.evaluation.headlines import read_gold
    from classifier.evaluation.signals import evaluate_signals, signal_document, signal_table

    figures = evaluate_signals(scorer, data, read_gold(scorer, data))
    swaps = swap_articles(scorer, articles_of_test(data))
    document = {
        "model": scorer.info.sha256,
        "swaps": {one.name: one.as_dict() for one in swaps},
        **signal_document(figures),
    }
    return signal_table(figures) + swap_table(swaps), document


def _chain(scorer: Any, data: Path) -> tuple[str, Any]:
    from classifier.evaluation.article_swaps import swap_table, swap_templates
    from classifier.evaluation.chains import chain_document, chain_table, evaluate_chains

    figures = evaluate_chains(scorer, data)
    swaps = swap_templates(scorer)
    document = {
        "model": scorer.info.sha256,
        "swaps": {one.name: one.as_dict() for one in swaps},
        **chain_document(figures),
    }
    return chain_table(figures) + swap_table(swaps), document
