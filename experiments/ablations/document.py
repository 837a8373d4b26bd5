"""The generated parts of docs/encoder.md and docs/camembert.md that show the cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHORT = {"attribution_hedging": "hedging", "relay_sourcing": "relay", "threat_rhetoric": "threat"}


def render_cells(found: Mapping[str, Any]) -> str:
    """Return all cells and their differences as Markdown."""
    plan, settings = found["plan"], found["plan"]["settings"]
    pool = plan["pool"]
    lines = [
        f"{found['train_sentences']:,} sentences of train, {found['validation_sentences']:,} "
        f"sentences in {found['validation_articles']} documents of validation (splits "
        f"`{found['splits_sha256'][:12]}…`). Encoders: "
        + ", ".join(f"`{name}` {value}" for name, value in settings.items())
        + f". Pool: {pool['sentences']:,} sentences of {pool['articles']:,} articles that nobody "
        "annotated. Mean over seeds ± standard deviation; every label at its best threshold on "
        "these very sentences.",
        "",
        "| cell | seeds | macro-F1 | macro average precision | "
        + " | ".join(f"F1 {short}" for short in SHORT.values())
        + " | sentences/s | training |",
        "|---|---:|---:|---:|" + "---:|" * (len(SHORT) + 2),
    ]
    for name, cell in found["cells"].items():
        labels = [_mean(cell[label]["f1"]) if label in cell else "–" for label in SHORT]
        seconds = cell.get("fit_seconds")
        spent = "–" if seconds is None else f"{seconds / 60:.1f} min"
        lines.append(
            f"| `{name}`: {cell['title']} | {cell['seeds']} | {_mean(cell['macro']['f1'])} | "
            f"{_mean(cell['macro']['average_precision'])} | {' | '.join(labels)} | "
            f"{cell['sentences_per_s']:,.0f} | {spent} |"
        )
    lines += ["", *_differences(found)]
    short = [name for name, cell in found["cells"].items() if cell["seeds"] < cell["asked"]]
    if short:
        names = ", ".join(f"`{name}`" for name in short)
        lines += ["", f"Fewer seeds than planned so far: {names}."]
    return "\n".join(lines).rstrip()


def render_gates(found: Mapping[str, Any]) -> str:
    """Return what the gate said of encoders that were really fine-tuned, as Markdown."""
    if not found["gates"]:
        return "Not tried on a fine-tuned encoder yet."
    lines = [
        "| cell, first seed | sentences | largest difference, float32 | labels agree, int8 | "
        "macro-F1, torch and int8 | bytes, float32 and int8 | sentences/s, float32 and int8 | "
        "int8 is |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for one in found["gates"]:
        verdict, large, small = one["verdict"], one["float32"], one["int8"]
        said = "refused: " + "; ".join(verdict["refused"]) if verdict["refused"] else "passed"
        lines.append(
            f"| `{one['cell']}` | {verdict['sentences']:,} | {verdict['difference']:.1e} | "
            f"{verdict['agreement']:.2%} | {verdict['macro_f1']:.4f} and "
            f"{verdict['macro_f1_int8']:.4f} | {large['bytes'] / 1e6:.1f} and "
            f"{small['bytes'] / 1e6:.1f} MB | {large['sentences_per_s']:,.0f} and "
            f"{small['sentences_per_s']:,.0f} | {said} |"
        )
    lines += ["", f"Splits `{found['splits_sha256'][:12]}…`, validation, one thread."]
    for one in found["gates"]:
        alone = one["int8"].get("alone")
        if alone:
            lines += [
                "",
                "A batch is one article, whichever way it comes: scoring, batch and API give the "
                f"same numbers. How much its make-up can change in int8: `{one['cell']}`, each of "
                f"{alone['sentences']:,} sentences alone against the same in its article: largest "
                f"difference {alone['difference']:.3f}, {alone['flags_differ']:.2%} of the flags.",
            ]
    return "\n".join(lines)


def _mean(cell: Mapping[str, Any]) -> str:
    spread = "" if cell["spread"] is None else f" ± {cell['spread']:.3f}"
    return f"{cell['mean']:.3f}{spread}"


def _differences(found: Mapping[str, Any]) -> list[str]:
    if not found["differences"]:
        return []
    by = {(one["first"], one["second"], one["figure"]): one for one in found["differences"]}
    pairs = list(dict.fromkeys((one["first"], one["second"]) for one in found["differences"]))
    lines = [
        "Paired differences on the same sentences, intervals of 95 % over whole articles and "
        "seeds; p of macro-F1 after Holm's correction over this table:",
        "",
        "| cell | less | seeds | macro-F1 | p | macro average precision |",
        "|---|---|---|---|---:|---|",
    ]
    for first, second in pairs:
        f1, ranked = by[first, second, "f1"], by[first, second, "average_precision"]
        seeds = " and ".join(map(str, f1["runs"]))
        lines.append(
            f"| `{first}` | `{second}` | {seeds} | {_interval(f1)} | {_p(f1['p_adjusted'])} | "
            f"{_interval(ranked)} |"
        )
    single = sorted({name for one in found["differences"] for name in _single(one, found)})
    if single:
        names = ", ".join(f"`{name}`" for name in single)
        lines += ["", f"One seed alone, so that its spread is not in the interval: {names}."]
    return lines


def _single(one: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return which of a pair have one run though their training is random."""
    names = zip((one["first"], one["second"]), one["runs"], strict=True)
    # The linear cells are asked for once: their training is not random.
    return [
        name
        for name, runs in names
        if runs == 1 and any("seed" in run for run in found["runs"] if run["cell"] == name)
    ]


def _interval(one: Mapping[str, Any]) -> str:
    if one["value"] is None or one["low"] is None:
        return "–"
    return f"{one['value']:+.3f} [{one['low']:+.3f}, {one['high']:+.3f}]"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
