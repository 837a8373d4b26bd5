"""Write the generated parts of README.md and the model card from files in ``experiments/results``.

    python -m experiments.documents           # write
    python -m experiments.documents --check   # exit 1 if a document is not what would be written

A generated part stands between ``<!-- begin: NAME -->`` and ``<!-- end: NAME -->``.
"""

from __future__ import annotations

import argparse
import functools
import re
import sys
from collections.abc import Callable
from typing import Any

from experiments import signal_documents
from experiments.figures import RESULTS, ROOT, interval, number, read, score_seed

SOURCES = ("written", "orangesum", "sequoia", "ppn", "seed")
LABELS = ("attribution_hedging", "relay_sourcing", "threat_rhetoric")
WITHOUT_FRAME = "attribution_hedging_without_frame"
PARTS = {
    "orangesum": "OrangeSum test",
    "orangesum-random": "OrangeSum test, random articles alone",
    "ppn": "PPN, out of domain",
    "written": "written test",
}
MODELS = {
    "default": "default model",
    "lexicon": "cue lexicon alone",
    "keywords": "naive keyword list",
}


def seed_output() -> str:
    """Return what ``cadrage score`` prints for the seed article in English."""
    return f"```text\n{score_seed('--language', 'en').strip()}\n```"


def quality() -> str:
    """Return the default model's scores on every test part."""
    evaluation = read("default")
    lines = [
        f"Model `{evaluation['model']['name']}` {evaluation['model']['version']}, SHA-256 "
        f"`{evaluation['model']['sha256'][:12]}…`. Intervals of 95 % by bootstrap over whole "
        f"articles (BCa, {evaluation['intervals']['replicates']:,} replicates).",
        "",
        "| test part | label | gold | precision | recall | F1 |",
        "|---|---|---:|---|---|---|",
    ]
    for part, title in PARTS.items():
        if part not in evaluation["parts"]:
            continue
        found = evaluation["parts"][part]
        size = f"{title}: {found['sentences']:,} sentences, {found['articles']} articles"
        for row, scope in enumerate((*LABELS, "macro", WITHOUT_FRAME)):
            scores = found["scores"][scope]
            gold = "" if scope == "macro" else f"{scores['support']['value']:.0f}"
            name = {"macro": "**macro**", WITHOUT_FRAME: "hedging without `frame`"}.get(
                scope, f"`{scope}`"
            )
            cells = " | ".join(interval(scores[key]) for key in ("precision", "recall", "f1"))
            lines.append(f"| {size if row == 0 else ''} | {name} | {gold} | {cells} |")
    return "\n".join(lines)


def by_device() -> str:
    """Return, by device, what the default model finds on each test part and what it makes up."""
    found = {(one["part"], one["label"], one["device"]): one for one in read("default")["devices"]}
    parts = [part for part in PARTS if any(key[0] == part for key in found)]
    lines = [
        "| gold, recall, false | " + " | ".join(PARTS[part] for part in parts) + " |",
        "|---|" + "---|" * len(parts),
    ]
    for label, device in dict.fromkeys(key[1:] for key in found):
        cells = [
            f"{one['support']}, {number(one['recall']['value'])}, {one['false']}"
            for one in (found[part, label, device] for part in parts)
        ]
        lines.append(f"| `{label}`, `{device}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def comparison() -> str:
    """Return macro-F1 of the default model beside the baselines and the two passes."""
    lines = [
        "| F1 | " + " | ".join(PARTS.values()) + " |",
        "|---|" + "---|" * len(PARTS),
    ]
    for name, title in MODELS.items():
        parts = read(name)["parts"]
        for scope in ("macro", *LABELS):
            shown = "**macro**" if scope == "macro" else f"`{scope}`"
            cells = [
                interval(parts[part]["scores"][scope]["f1"]) if part in parts else "–"
                for part in PARTS
            ]
            lines.append(f"| {title}, {shown} | " + " | ".join(cells) + " |")
    for label in LABELS:
        cells = []
        for part in PARTS:
            source = part.removesuffix("-random")
            cells.append(f"κ {_plain_interval(_agreement(source).figures[label]['kappa'])}")
        lines.append(f"| the two annotation passes, `{label}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@functools.cache
def _agreement(source: str) -> Any:
    from classifier.corpus.agreement import measure_agreement
    from classifier.corpus.annotations import read_annotations
    from classifier.corpus.dataset import annotation_files

    passes = (
        read_annotations(annotation_files(ROOT / "data", source, layer))
        for layer in ("pass_a", "pass_b")
    )
    return measure_agreement(*passes)


def segmentation() -> str:
    """Return boundary F1 and speed of the segmenter beside the libraries."""
    figures = read("segmentation")
    systems = figures["systems"]
    parts = [
        part
        for part in figures["parts"]
        if "train" not in part and "dev" not in part and part != "cases-even"
    ]
    lines = [
        "| boundary F1 | " + " | ".join(systems) + " |",
        "|---|" + "---:|" * len(systems),
    ]
    for part in parts:
        cells = " | ".join(f"{one['f1'][part]:.4f}" for one in systems.values())
        lines.append(f"| {part} ({figures['parts'][part]['boundaries']}) | {cells} |")
    cells = " | ".join(f"{one['sentences_per_second']:,.0f}" for one in systems.values())
    lines.append(f"| sentences/s, one core | {cells} |")
    return "\n".join(lines)


def speed() -> str:
    """Return the speed table."""
    figures = read("speed")
    cold, rate, single = figures["cold_start"], figures["batch"], figures["one_sentence"]
    return "\n".join(
        [
            "| what | Cadrage | beside it | ratio | goal |",
            "|---|---:|---:|---:|---|",
            f"| cold start: score the seed article | {cold['score_seed_s']:.2f} s | "
            f"`import sklearn.linear_model`: {cold['import_sklearn_s']:.2f} s | "
            f"{cold['ratio']:.2f} | below 1 |",
            f"| whole scoring path, one process ({rate['text']}, {rate['sentences']:,} sentences) "
            f"| {rate['sentences_per_s']:,.0f} sentences/s | | | 5,000 |",
            f"| one sentence, features and model | {single['numpy_ms']:.3f} ms | "
            f"scikit-learn pipeline: {single['sklearn_ms']:.3f} ms "
            f"| {single['ratio']:.1f} × faster | 8 × |",
        ]
    )


def card(source: str) -> str:
    """Return what a data card counts: documents, labels by split, agreement of the passes."""
    from classifier.corpus.annotations import read_annotations
    from classifier.corpus.dataset import annotation_files
    from classifier.corpus.splits import read_splits

    data = ROOT / "data"
    gold = read_annotations(annotation_files(data, source))
    manifest = read_splits(data / "splits.json")
    lines = [
        "| split | documents | sentences | " + " | ".join(f"`{name}`" for name in LABELS) + " |",
        "|---|---:|---:|" + "---:|" * len(LABELS),
    ]
    for split in ("train", "validation", "test"):
        part = [one for one in gold if manifest.assignment.get(one.key) == split]
        if not part:
            continue
        units = [unit for one in part for unit in one.sentences if unit.kind != "credit"]
        counts = " | ".join(str(sum(name in unit.labels for unit in units)) for name in LABELS)
        lines.append(f"| {split} | {len(part)} | {len(units):,} | {counts} |")
    lines += ["", "| device | sentences |", "|---|---:|"]
    devices: dict[str, int] = {}
    for one in gold:
        for unit in one.sentences:
            for name, label in unit.labels.items():
                for device in sorted(label.devices):
                    devices[f"{name}.{device}"] = devices.get(f"{name}.{device}", 0) + 1
    lines += [f"| `{name}` | {count} |" for name, count in sorted(devices.items())]
    agreement = _agreement(source)
    lines += [
        "",
        "Agreement of the two passes before adjudication, intervals of 95 % over articles:",
        "",
        "| label | Cohen's κ | cues, overlap F1 | cues, exact F1 |",
        "|---|---|---|---|",
    ]
    for name in LABELS:
        figures = agreement.figures[name]
        cells = " | ".join(
            _plain_interval(figures[key]) for key in ("kappa", "span_overlap", "span_exact")
        )
        lines.append(f"| `{name}` | {cells} |")
    alpha = agreement.figures["label_set"]["alpha"]
    lines += ["", f"Krippendorff's α over label sets: {_plain_interval(alpha)}."]
    return "\n".join(lines)


def _plain_interval(found: Any) -> str:
    return interval({"value": found.value, "low": found.low, "high": found.high}, 3)


def batch_speed() -> str:
    """Return what ``experiments.benchmarks.batch`` measured."""
    if not (RESULTS / "batch.json").exists():
        return (
            "Not measured on this version yet: `python -m experiments.benchmarks.batch --json "
            "experiments/results/batch.json`."
        )
    from experiments.benchmarks.batch import RATE_GOAL, RATIO_GOAL

    figures = read("batch")
    whole, part = figures["whole"], figures["scaling"]
    small = part["runs"][0][1]
    cpu = whole["cpu_s"] / whole["articles"] * 1e6
    return "\n".join(
        (
            "| OrangeSum, whole, default model, two workers | |",
            "|---|---|",
            f"| articles, sentences, rejected rows | {whole['articles']:,}, "
            f"{whole['sentences']:,}, {whole['rejected']:,} |",
            f"| rate, from start to end of the command | {whole['sentences_per_s']:,.0f} "
            f"sentences/s (asked: {RATE_GOAL:,}) |",
            f"| rate of CPU time, all processes | {whole['sentences_per_cpu_s']:,.0f} "
            "sentences a CPU second |",
            f"| two workers against one, {part['articles']:,} articles | {part['ratio']:.2f} "
            f"times (asked: {RATIO_GOAL}), {min(part['ratios']):.2f} to {max(part['ratios']):.2f} "
            f"over {len(part['ratios'])} pairs on a shared machine; two bare processes against one "
            f"{part['bare_ratio']:.2f} |",
            f"| peak memory of the parent, {small['articles']:,} → {whole['articles']:,} articles "
            f"| {small['parent_mb']:.0f} → {whole['parent_mb']:.0f} MB |",
            f"| peak memory of a worker, {small['articles']:,} → {whole['articles']:,} articles "
            f"| {small['worker_mb']:.0f} → {whole['worker_mb']:.0f} MB |",
            "",
            f"A million such articles take 1,000,000 × {whole['cpu_s']:,.0f} s / "
            f"{whole['articles']:,} ≈ {cpu:,.0f} CPU seconds, or {cpu / 3600:.1f} CPU hours.",
        )
    )


def serving_speed() -> str:
    """Return what ``experiments.benchmarks.serving --all`` measured."""
    if not (RESULTS / "serving.json").exists():
        return (
            "Not measured on this version yet: `python -m experiments.benchmarks.serving --all "
            "--json experiments/results/serving.json`."
        )
    from experiments.benchmarks.serving import render_figures

    return render_figures(read("serving"))


def families() -> str:
    """Return the table of families, on validation and on OrangeSum test."""
    from experiments.table import markdown

    results = read("families")
    return "\n\n".join(markdown(results, part).rstrip() for part in ("validation", "orangesum"))


def encoder_speed() -> str:
    """Return what ``experiments.benchmarks.encoder`` measured."""
    from experiments.benchmarks.encoder import render_figures

    return render_figures(read("encoder-speed"))


def hands_ways() -> str:
    """Return how other ways to find hands do beside the rules."""
    from experiments.hands.document import render_figures

    return render_figures(read("hands"), read("hands-test"), read("hands-learned"))


def int8_gate() -> str:
    """Return what the gate of the ONNX export said of fine-tuned encoders."""
    from experiments.ablations.document import render_gates

    return render_gates(read("ablations"))


def pretraining() -> str:
    """Return what pretraining the small encoder took, and what it learned."""
    from experiments.pretraining.document import render_figures

    return render_figures(read("pretraining"))


def ablations() -> str:
    """Return what pretraining and parts of the small encoder bring."""
    from experiments.ablations.document import render_cells

    return render_cells(read("ablations"))


def first_ablations() -> str:
    """Return the first round of ablations, by another recipe."""
    from experiments.ablations.document import render_cells

    return render_cells(read("ablations-first"))


WATTS = 15
"""Assumed power of one busy core with its share of memory and cooling, in watts."""


def model_identity() -> str:
    """Return name, hash and settings of the shipped model."""
    from classifier.models.store import default_directory, open_model

    files = open_model(default_directory())
    about = files.manifest
    thresholds = ", ".join(f"`{name}` {value:.2f}" for name, value in about.thresholds.items())
    return (
        f"`{about.name}` {about.version}, family `{about.family}`, SHA-256 `{files.sha256}`. "
        f"Thresholds, chosen on validation: {thresholds}."
    )


def model_data() -> str:
    """Return what the model learnt from, by split."""
    from classifier.corpus.annotations import read_annotations
    from classifier.corpus.dataset import annotation_files
    from classifier.corpus.splits import read_splits

    lines = ["| source | train | validation | test |", "|---|---:|---:|---:|"]
    splits = read_splits(ROOT / "data" / "splits.json").assignment
    for source in SOURCES:
        counts = dict.fromkeys(("train", "validation", "test"), 0)
        for document in read_annotations(annotation_files(ROOT / "data", source)):
            counts[splits[document.key]] += sum(
                unit.kind != "credit" for unit in document.sentences
            )
        lines.append(f"| {source} | " + " | ".join(f"{n:,}" for n in counts.values()) + " |")
    return "\n".join(lines)


def model_budget() -> str:
    """Return what training cost, from ``experiments.training_budget``."""
    figures = read("training")
    hours = figures["cpu_s"] / 3600
    return (
        f"One training: {figures['wall_s']:.0f} s, {figures['cpu_s']:.0f} s of CPU time, "
        f"{figures['peak_mb']:,} MB at most. At an assumed {WATTS} W a core that is "
        f"{hours * WATTS:.1f} Wh, well below a gram of CO₂ on the French grid and a few on a "
        "coal-fired one. Choosing settings took some dozens of such trainings."
    )


PIECES: dict[str, Callable[[], str]] = {
    "ablations": ablations,
    "ablations-first": first_ablations,
    "encoder-speed": encoder_speed,
    "hands-ways": hands_ways,
    "int8-gate": int8_gate,
    "pretraining": pretraining,
    "families": families,
    "model-identity": model_identity,
    "model-data": model_data,
    "model-budget": model_budget,
    "batch-speed": batch_speed,
    "serving-speed": serving_speed,
    "seed-output": seed_output,
    "quality": quality,
    "comparison": comparison,
    "by-device": by_device,
    "segmentation": segmentation,
    "speed": speed,
    **signal_documents.PIECES,
    **{f"card-{source}": functools.partial(card, source) for source in SOURCES},
}
DOCUMENTS = (
    ROOT / "README.md",
    *signal_documents.DOCUMENTS,
    ROOT / "docs" / "batch.md",
    ROOT / "docs" / "api.md",
    ROOT / "docs" / "camembert.md",
    ROOT / "docs" / "encoder.md",
    ROOT / "docs" / "hands.md",
    ROOT / "docs" / "model-card.md",
    *(ROOT / "data" / source / "CARD.md" for source in SOURCES),
)


def render(text: str) -> str:
    """Return a document with its generated parts written again."""

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- begin: {name} -->\n{PIECES[name]()}\n<!-- end: {name} -->"

    return re.sub(r"<!-- begin: ([\w-]+) -->\n.*?<!-- end: \1 -->", replace, text, flags=re.DOTALL)


def main() -> int:
    """Write or check every document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        fresh = render(text)
        if fresh != text:
            stale.append(path.name)
            if not options.check:
                path.write_text(fresh, "utf-8")
    if options.check and stale:
        print(f"not what `python -m experiments.documents` writes: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
