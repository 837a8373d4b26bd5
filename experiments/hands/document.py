"""The table of docs/hands.md that compares ways to find hands.

The results: ``python -m experiments.benchmarks.hands --split train --json
experiments/results/hands.json`` and ``python -m experiments.hands.train --json
experiments/results/hands-learned.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.corpus.hands_agreement import FIGURES
from classifier.evaluation.blocks import Table, to_markdown
from experiments.figures import interval

_SPANS = ("span_exact", "span_overlap", "type")


def _figure(found: Mapping[str, Any], name: str) -> str:
    one = found.get(name)
    return "" if one is None else interval(one, 3)


def render_figures(spans: Mapping[str, Any], learned: Mapping[str, Any]) -> str:
    """Return the tables and the counts as Markdown."""
    systems = spans["systems"]
    first = Table(
        ["hands alone", *(FIGURES[name] for name in _SPANS), "sentences/s"],
        [
            [
                name,
                *(_figure(found, figure) for figure in _SPANS),
                f"{found['sentences_per_second']:,}",
            ]
            for name, found in systems.items()
        ],
    )
    wanted = ("span_exact", "edge_f1", "depth", "origins", "origin_kind")
    second = Table(
        [f"chains, {learned['folds']} folds", *(FIGURES[name] for name in wanted)],
        [
            [name, *(_figure(found, figure) for figure in wanted)]
            for name, found in learned["systems"].items()
        ],
    )
    third = Table(
        ["mistakes of the rules", "count"],
        [[kind, str(count)] for kind, count in spans["errors"].items()],
    )
    title = f"{spans['documents']} {spans['split']} documents, {spans['sentences']} sentences."
    return "\n\n".join([title, *(to_markdown([table]).strip() for table in (first, second, third))])
