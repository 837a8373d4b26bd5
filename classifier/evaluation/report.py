"""An evaluation as text for the terminal and Markdown for documents."""

from __future__ import annotations

import math

from classifier.evaluation.harness import WITHOUT_MILD, Evaluation, Part
from classifier.evaluation.suite import Dossier
from classifier.schema import load_schema
from classifier.statistics import Interval


def figure(interval: Interval, digits: int = 3) -> str:
    """Return ``0.812 [0.774, 0.845]``; an undefined figure is ``–``."""
    if math.isnan(interval.value):
        return "–"
    text = f"{interval.value:.{digits}f}"
    if not math.isnan(interval.low):
        text += f" [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
    return text


def rows_of(part: Part) -> list[tuple[str, ...]]:
    """Return name, positives in gold, precision, recall and F1 for each label and macro."""
    rows = []
    for scope in (*load_schema().names, WITHOUT_MILD):
        scores = part.intervals[scope]
        rows.append(
            (
                scope,
                f"{scores['support'].value:.0f}",
                *(figure(scores[name]) for name in ("precision", "recall", "f1")),
            )
        )
        if scope == load_schema().names[-1]:
            macro = part.intervals["macro"]
            rows.append(
                ("macro", "", *(figure(macro[name]) for name in ("precision", "recall", "f1")))
            )
    return rows


def table_of(evaluation: Evaluation) -> str:
    """Return every part's scores as a plain table, intervals of 95 % over articles."""
    lines = []
    for name, part in evaluation.parts.items():
        lines.append(
            f"{name}: {len(part.judged.outcomes):,} sentences of "
            f"{len(part.judged.clusters)} articles"
        )
        lines.append(f"  {'':34s} {'gold':>5s}  {'precision':<21s}  {'recall':<21s}  {'F1':<21s}")
        for scope, support, precision, recall, f1 in rows_of(part):
            lines.append(f"  {scope:34s} {support:>5s}  {precision:<21s}  {recall:<21s}  {f1:<21s}")
        lines.append("")
    return "\n".join(lines) + "\n"


def summary_of(dossier: Dossier) -> str:
    """Return what else the suite found, a line each."""
    lines = []
    for check in dossier.checks:
        if check.status != "passed":
            lines.append(f"{check.code} {check.status.replace('_', ' ')}: {check.finding}")
    if dossier.behaviour is not None:
        found = dossier.behaviour
        lines.append(f"behaviour: {len(found.failed)} of {len(found.results)} cases fail")
        lines += [
            f"  {one.kind}, {one.name}: {one.failed} of {one.cases}"
            for one in found.capabilities
            if one.failed
        ]
    for swaps in (dossier.templates, dossier.sentences):
        if swaps is not None:
            lines.append(
                f"neutrality, {swaps.name}: {100 * swaps.flips.value:.2f} % of {swaps.swaps} swaps "
                f"flip [{100 * swaps.flips.low:.2f}, {100 * swaps.flips.high:.2f}]"
            )
    if dossier.cost is not None:
        cost = dossier.cost
        lines.append(
            f"cost: {cost.sentences_per_s:,.0f} sentences/s, {cost.p50_ms:.1f} ms an article "
            f"(p99 {cost.p99_ms:.1f}), {cost.size_bytes / 1e6:.1f} MB, cold start "
            f"{cost.cold_start_s:.2f} s, {cost.peak_mb:.0f} MB of memory"
        )
    lines += [f"not run: {fault}" for fault in dossier.not_run]
    return "\n".join(lines) + f"\n{dossier.suite} suite in {dossier.seconds:.0f} s\n\n"
