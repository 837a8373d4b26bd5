"""The generated part of docs/encoder.md that shows a pretraining run."""

from __future__ import annotations

from typing import Any

_STEPS = (0.5, 1, 2, 3, 5, 8, 12, 20, 50)


def render_figures(found: dict[str, Any]) -> str:
    """Return the figures of a results file as Markdown: budget, text, what was not read, probe."""
    tell = (_budget, _text, _exposure, _curve, _probe)
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
    reserved = f"{counts['reserved']:,} because they are reserved, " if counts["reserved"] else ""
    return (
        f"**Text.** Of {counts['articles']:,} articles, {counts['dated']:,} stay out for their "
        f"date, {counts['validation_or_test']:,} more because they stand in validation or test, "
        f"{reserved}and {counts['near_duplicates']:,} as "
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


def _exposure(found: dict[str, Any]) -> str:
    seen = found["exposure"]
    if seen is None:
        return ""
    told = []
    for split in ("validation", "test"):
        one = seen[split]
        if one["read"]:
            keys = ", ".join(f"`{key}`" for key in one["read"])
            told.append(f"{one['documents']:,} documents of {split}, {keys} among what was read")
        else:
            told.append(
                f"{one['documents']:,} documents of {split}, none read (at most "
                f"{one['largest_share']:.0%} of one's runs of twelve tokens)"
            )
    return (
        f"**Held out.** Looked for in the token ids themselves: {'; '.join(told)} "
        f"(splits `{seen['splits_sha256'][:12]}…`)."
    )
