"""The table of docs/hands.md that compares ways to find hands.

The results: ``python -m experiments.benchmarks.hands --split train --json
experiments/results/hands.json``, the same for test to ``hands-test.json``, and ``python -m
experiments.hands.train --json experiments/results/hands-learned.json``.
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


def _spans(spans: Mapping[str, Any]) -> Table:
    size = f"{spans['split']}: {spans['documents']} documents, {spans['sentences']} sentences"
    return Table(
        [size, *(FIGURES[name] for name in _SPANS), "sentences/s"],
        [
            [
                name,
                *(_figure(found, figure) for figure in _SPANS),
                f"{found['sentences_per_second']:,}",
            ]
            for name, found in spans["systems"].items()
        ],
    )


def render_figures(
    spans: Mapping[str, Any], test: Mapping[str, Any], learned: Mapping[str, Any]
) -> str:
    """Return the tables and the counts as Markdown."""
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
    tables = (_spans(spans), _spans(test), second, third)
    return "\n\n".join(to_markdown([table]).strip() for table in tables)
