"""The part of docs/encoder.md that a run's figures are written into."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

DOCUMENT = Path("docs/encoder.md")
BEGIN, END = "<!-- begin: pretraining -->", "<!-- end: pretraining -->"
_STEPS = (0.5, 1, 2, 3, 5, 8, 12, 20, 50)
_MEANS = {"macro_f1": "macro-F1", "macro_average_precision": "macro average precision"}


def render_figures(found: dict[str, Any]) -> str:
    """Return the figures of a results file as Markdown: budget, text, probe, comparison."""
    parts = [_budget(found), _text(found), _curve(found), _probe(found), _comparison(found)]
    return "\n\n".join(part for part in parts if part)


def _budget(found: dict[str, Any]) -> str:
    budget, machine, size = found["budget"], found["machine"], found["weights"]
    return (
        f"**Budget.** {budget['tokens_read']:,} tokens in {budget['steps']:,} steps "
        f"({budget['epochs']:.2f} of an epoch), {budget['minutes']:.0f} minutes of wall time on "
        f"{found['configuration']['training']['threads']} thread of a shared machine "
        f"({machine['processor']}, {machine['cores']} cores, no GPU), "
        f"{budget['tokens_per_second']:,.0f} tokens a second. "
        f"Weights: {size['bytes'] / 1e6:.1f} MB in half precision, "
        f"SHA-256 `{size['sha256'][:12]}…`."
    )


def _text(found: dict[str, Any]) -> str:
    counts, tokens = found["text"]["counts"], found["text"]["tokens"]
    return (
        f"**Text.** Of {counts['articles']:,} articles, {counts['dated']:,} stay out for their "
        f"date, {counts['validation_or_test']:,} more because they stand in validation or test, "
        f"{counts['reserved']:,} because they are reserved, and {counts['near_duplicates']:,} as "
        f"near-duplicates of those or of {counts['held_out_of_other_sources']:,} held-out "
        f"documents of other sources; {counts['probe']:,} are kept back to measure with. "
        f"{counts['training']:,} articles are left, {tokens['training']:,} tokens. SHA-256 of the "
        f"keys that stay out: `{found['text']['excluded_sha256'][:16]}…`."
    )


def _curve(found: dict[str, Any]) -> str:
    curves = {"as configured": found["curve"]}
    if found.get("curve_without_offsets"):
        curves["plain random weights"] = found["curve_without_offsets"]
    last = found["budget"]["tokens_read"] / 1e6
    marks = [mark for mark in _STEPS if mark < last] + [last]
    rows = [
        f"| {name} | " + " | ".join(_loss_at(curve, 1e6 * mark) for mark in marks) + " |"
        for name, curve in curves.items()
    ]
    return "\n".join(
        [
            "Training loss (nats per masked token) after so many million tokens:",
            "",
            "| start | " + " | ".join(f"{mark:.3g}" for mark in marks) + " |",
            "|---|" + "---:|" * len(marks),
            *rows,
        ]
    )


def _loss_at(curve: list[dict[str, float]], tokens: float) -> str:
    """Return the loss logged nearest to a number of tokens; a dash past the curve's end."""
    nearest = min(curve, key=lambda line: abs(line["tokens"] - tokens))
    return f"{nearest['loss']:.2f}" if abs(nearest["tokens"] - tokens) < 0.1 * tokens else "–"


def _probe(found: dict[str, Any]) -> str:
    probe = found["probe"]
    if probe is None:
        return ""
    return (
        f"**Probe.** On {probe['masked_tokens']:,} masked tokens of articles that were kept back, "
        f"the encoder names {probe['accuracy']:.1%} (loss {probe['loss']:.2f} nats); guessing by "
        f"frequency alone names {probe['unigram']['accuracy']:.1%} "
        f"(loss {probe['unigram']['loss']:.2f})."
    )


def _comparison(found: dict[str, Any]) -> str:
    runs = found["compared"]
    if not runs:
        return ""
    seeds = sorted({one["seed"] for one in runs})
    by = {(one["start"], one["seed"]): one for one in runs}
    lines = [
        f"**Fine-tuned** on {runs[0]['train_sentences']:,} sentences of train, judged on "
        f"{runs[0]['validation_sentences']:,} of validation (splits "
        f"`{runs[0]['splits_sha256'][:12]}…`):",
        "",
        "| figure | start | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean |",
        "|---|---|" + "---:|" * (len(seeds) + 1),
    ]
    for title, read in _figures(runs[0]).items():
        for start in ("random", "pretrained"):
            values = [read(by[start, seed]) for seed in seeds if (start, seed) in by]
            cells = [
                f"{read(by[start, seed]):.3f}" if (start, seed) in by else "–" for seed in seeds
            ]
            mean = f"{statistics.mean(values):.3f}" if values else "–"
            lines.append(f"| {title} | {start} | " + " | ".join(cells) + f" | {mean} |")
    return "\n".join(lines)


def _figures(run: dict[str, Any]) -> dict[str, Callable[[dict[str, Any]], float]]:
    """Return title → how a figure is read from a run's results."""
    found: dict[str, Callable[[dict[str, Any]], float]] = {
        title: operator.itemgetter(name) for name, title in _MEANS.items()
    }
    for name, one in run["labels"].items():
        title = f"average precision, `{name}` ({one['positives']} positive)"
        found[title] = lambda other, name=name: other["labels"][name]["average_precision"]
    return found


def fill_document(text: str, found: dict[str, Any]) -> str:
    """Return the document with the part between its two marks written anew."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"found no part {BEGIN} … {END} in {DOCUMENT}")
    return f"{before}{BEGIN}\n{render_figures(found)}\n{END}{after}"
