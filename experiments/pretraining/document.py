"""The part of docs/encoder.md that a run's figures are written into."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.pretraining.configuration import STARTS

DOCUMENT = Path("docs/encoder.md")
BEGIN, END = "<!-- begin: pretraining -->", "<!-- end: pretraining -->"
_STEPS = (0.5, 1, 2, 3, 5, 8, 12, 20, 50)
_MEANS = {"macro_f1": "macro-F1", "macro_average_precision": "macro average precision"}


def render_figures(found: dict[str, Any]) -> str:
    """Return the figures of a results file as Markdown: budget, text, probe, trials, comparison."""
    tell = (_budget, _text, _curve, _probe, _trials, compare_in_words)
    parts = [part(found) for part in tell]
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


def compare_in_words(found: dict[str, Any]) -> str:
    """Return the table of the fine-tuned runs: each start, seed by seed, and the differences."""
    runs = found["compared"]
    if not runs:
        return ""
    seeds = sorted({one["seed"] for one in runs})
    rates = sorted({one["rate"] for one in runs})
    by = {(one["start"], one["rate"], one["seed"]): one for one in runs}
    first = runs[0]
    lines = [
        f"**Fine-tuned** on {first['train_sentences']:,} sentences of train, "
        f"{first['settings']['epochs']} epochs, judged on {first['validation_sentences']:,} "
        f"sentences in {first['validation_documents']:,} documents of validation; "
        f"{first['validation_documents_read']:,} more are left out, because their text stands in "
        f"what the encoder read (splits `{first['splits_sha256'][:12]}…`):",
        "",
        "| figure | start | rate | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean |",
        "|---|---|---:|" + "---:|" * (len(seeds) + 1),
    ]
    for title, read in _figures(first).items():
        for rate in rates:
            known = {
                start: {
                    seed: read(by[start, rate, seed]) for seed in seeds if (start, rate, seed) in by
                }
                for start in STARTS
            }
            pairs = known["random"].keys() & known["pretrained"].keys()
            known["difference"] = {
                seed: known["pretrained"][seed] - known["random"][seed] for seed in sorted(pairs)
            }
            for start, values in known.items():
                sign = "+" if start == "difference" else ""
                cells = [f"{values[seed]:{sign}.3f}" if seed in values else "–" for seed in seeds]
                cells.append(_mean(list(values.values()), sign))
                lines.append(f"| {title} | {start} | {rate:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(values: list[float], sign: str) -> str:
    """Return the mean, and for several the spread: the standard deviation over seeds."""
    if not values:
        return "–"
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):{sign}.3f}{spread}"


def _trials(found: dict[str, Any]) -> str:
    runs = found["trials"]
    if not runs:
        return ""
    told = "; ".join(
        f"{one['start']} {one['rate']:g} seed {one['seed']} {one['macro_f1']:.3f}"
        for one in sorted(runs, key=lambda one: (one["start"], one["rate"], one["seed"]))
    )
    return (
        f"**Rates** were tried before, on an earlier validation of "
        f"{runs[0]['validation_sentences']:,} sentences (splits `{runs[0]['splits_sha256'][:12]}…`)"
        f", macro-F1: {told}."
    )


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
