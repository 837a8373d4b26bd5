"""The table of model families: one protocol, the same splits, every figure from a tracked run.

    python -m experiments.table                        all families, judged on validation
    python -m experiments.table --families tfidf-svm --seeds 1 --no-track
    python -m experiments.table --test                 test too, for the last run only

For each TOML of ``experiments/`` that stands for a family: train once for each seed, calibrate and
choose thresholds on validation, judge, and measure what it costs on one core. A family whose
training is not random gives the same files for any seed; this is found by comparing the files of
its first two models, and then one run stands for all. Several seeds are averaged, and the interval
over articles is that of the average: each resample draws the same articles for every seed.

Thresholds are chosen on validation data, so scores there are a little high, for all families alike.
Finished families are kept in the results file and not run again while data, configuration, code and
seeds are the same.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from classifier.corpus.dataset import annotated_sources, label_documents, load_gold
from classifier.corpus.sources import working_folder
from classifier.corpus.splits import repeated_sentences
from classifier.errors import CadrageError, DataError, UsageError
from classifier.evaluation.harness import parts_of_test
from classifier.schema import load_schema
from classifier.training import load_corpus, read_experiment
from experiments.family_runs import ECE, Task, run_family, run_key, say

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "families.json"
STEMS = (
    "majority",
    "keywords",
    "lexicon",
    "complement-nb",
    "tfidf-logistic",
    "tfidf-svm",
    "embeddings",
    "morphology",
    "default",
    "camembert-small",
    "camembert",
)
"""The TOML files that stand for a family, ``default`` for the linear one.

``camembert-small`` has a row of that name: the family's own is for CamemBERT's weights.
"""

KEPT = ("precision", "recall", "f1", "support", ECE, "span_overlap")
"""Figures of each label and of their mean that the results file holds."""

_FIGURE = re.compile(rb'\{\s*("value":[^{}]*?)\s*\}')

_CAUTION = {
    "validation": (
        "Calibration and thresholds were fitted on these sentences: both F1 and calibration error "
        "flatter every family that learns.",
    )
}


def find_configs(wanted: Sequence[str], folder: Path = HERE) -> dict[str, Path]:
    """Return family → TOML, in the table's order.

    Args:
        wanted: families or names of TOML files; all when empty.

    Raises:
        UsageError: a name that is neither.
    """
    families = {stem: read_experiment(folder / f"{stem}.toml").family for stem in STEMS}
    known = {stem if name == "camembert" else name: stem for stem, name in families.items()}
    for name in wanted:
        if name not in known and name not in known.values():
            raise UsageError("--families", repr(name), f"some of {', '.join(known)}")
    return {
        family: folder / f"{stem}.toml"
        for family, stem in known.items()
        if not wanted or family in wanted or stem in wanted
    }


def load_task(
    data: Path,
    *,
    seeds: int,
    test: bool,
    track: bool,
    models: Path | None = None,
    resume: bool = False,
) -> Task:
    """Load the corpus and what is judged: validation, and with ``test`` every part of test.

    Raises:
        DataError, FaultsError: annotations, text or split manifest missing, changed or leaking.
    """
    sources = read_experiment(HERE / "default.toml").sources
    corpus = load_corpus(data, sources)
    parts = {"validation": corpus.validation}
    left_out: set[tuple[str, int]] = set()
    if test:
        annotated = []
        for source in annotated_sources(data):
            try:
                annotated += load_gold(data, [source])
            except DataError as error:
                say(f"not judged: {error.fault}")
        assignment = corpus.manifest.assignment
        left_out = repeated_sentences(corpus.manifest, annotated)
        held = label_documents(
            one for one in annotated if assignment.get(one.document.key) == "test"
        )
        parts |= parts_of_test(held)
    models = models or working_folder() / "families"
    return Task(corpus, parts, left_out, seeds, track, models, resume)


def read_results(path: Path) -> dict[str, Any]:
    """Return the results so far; none where the file is missing or broken."""
    try:
        found: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError):
        return {"families": {}}
    return found if "families" in found else {"families": {}}


def write_results(results: Mapping[str, Any], path: Path) -> None:
    """Write the results atomically, a figure a line; NaN becomes null.

    Of each row stand there the figures of ``KEPT``; its tracked run holds all of them.
    """
    kept = {name: _thin(row) for name, row in results["families"].items()}
    encoded = msgspec.json.encode({**results, "families": kept})
    text = _FIGURE.sub(
        lambda match: b"{" + re.sub(rb"\s*\n\s*", b" ", match[1]) + b"}",
        msgspec.json.format(encoded, indent=1),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(text + b"\n")
    part.replace(path)


def _thin(row: Mapping[str, Any]) -> dict[str, Any]:
    parts = {}
    for part, found in row["parts"].items():
        scores = {
            scope: {name: cell for name, cell in cells.items() if name in KEPT}
            for scope, cells in found["scores"].items()
        }
        kept = {scope: cells for scope, cells in scores.items() if cells}
        parts[part] = {**found, "scores": kept}
    return {**row, "parts": parts}


def make_table(
    configs: Mapping[str, Path], task: Task, out: Path, *, again: bool = False
) -> dict[str, Any]:
    """Run what is not finished, writing the results after each family.

    Args:
        again: run finished families too.

    Returns:
        the results: ``families`` by name, and under ``not_run`` why others have no row.
    """
    results = read_results(out)
    state = {"splits_sha256": task.corpus.manifest.sha256, "data": dict(task.corpus.hashes)}
    if any(results.get(name) != value for name, value in state.items()):
        # A row of another state of the data may not stand beside those of this one.
        results = {**state, "families": {}}
    results.setdefault("not_run", {})
    for number, (family, config) in enumerate(configs.items(), start=1):
        key = run_key(config, task)
        kept = results["families"].get(family, {})
        if not again and kept.get("key") == key and ("runs" in kept or not task.track):
            say(f"[{number}/{len(configs)}] {family}: unchanged, kept")
            continue
        say(f"[{number}/{len(configs)}] {family}")
        results["not_run"].pop(family, None)
        try:
            results["families"][family] = run_family(family, config, task, key)
        except CadrageError as error:
            if kept and set(task.parts) <= kept["parts"].keys():
                # Made on this state of the data where the packages and weights are.
                results["families"][family] = kept
                say(f"[{number}/{len(configs)}] {family}: kept as it is: {error}")
                continue
            results["families"].pop(family, None)
            results["not_run"][family] = str(error)
            say(f"[{number}/{len(configs)}] {family}: not run: {error}")
        write_results(results, out)
    write_results(results, out)
    return results


def merge_results(results: dict[str, Any], other: Path) -> dict[str, Any]:
    """Take over the rows of another results file, made where other packages are installed.

    Raises:
        DataError: it was made on other data or splits.
    """
    found = read_results(other)
    if not found["families"]:
        raise DataError(str(other), "no rows", "results of experiments.table")
    if not results["families"]:
        return found
    for name in ("splits_sha256", "data"):
        if found.get(name) != results.get(name):
            expected = "the state of the data that the other rows have"
            raise DataError(str(other), f"rows on another {name}", expected)
    families = {**results["families"], **found["families"]}
    not_run = {**results.get("not_run", {}), **found.get("not_run", {})}
    missing = {name: why for name, why in not_run.items() if name not in families}
    return {**results, "families": families, "not_run": missing}


def markdown(results: Mapping[str, Any], part: str = "validation") -> str:
    """Return the table of one part in Markdown, best macro F1 first."""
    names = load_schema().names
    rows = [row for row in results["families"].values() if part in row["parts"]]
    if not rows:
        return f"No family has been judged on {part}.\n"

    def macro(row: Mapping[str, Any]) -> float:
        value = row["parts"][part]["scores"]["macro"]["f1"]["value"]
        return -math.inf if value is None or math.isnan(value) else float(value)

    first = rows[0]["parts"][part]
    titles = ["family", "macro F1", *(f"F1 {name}" for name in names), "calibration error"]
    titles += ["sentences/s", "size", "cold start", "seeds"]
    lines = [
        f"{part}: {first['sentences']:,} sentences of {first['articles']} articles; in brackets "
        "95 % intervals over whole articles.",
        *_CAUTION.get(part, ()),
        "",
        "| " + " | ".join(titles) + " |",
        "|---" + "|---:" * (len(titles) - 1) + "|",
    ]
    for row in sorted(rows, key=macro, reverse=True):
        scores, cost = row["parts"][part]["scores"], row["cost"]
        size = f"{cost['size_bytes'] / 1e6:.1f} MB"
        if cost["outside_bytes"]:
            size += f" + {cost['outside_bytes'] / 1e6:.0f} MB"
        cells = [row["family"], _shown(scores["macro"]["f1"])]
        cells += [_shown(scores[name]["f1"]) for name in names]
        cells += [_shown(scores["macro"][ECE]), f"{cost['sentences_per_s']:,.0f}", size]
        cells += [f"{cost['cold_start_s']:.2f} s"]
        cells += ["none needed" if row["deterministic"] else str(len(row["seeds"]))]
        lines.append("| " + " | ".join(cells) + " |")
    for family, reason in results.get("not_run", {}).items():
        lines += ["", f"Not run: {family}. {reason}"]
    return "\n".join(lines) + "\n"


def _shown(cell: Mapping[str, Any]) -> str:
    value, low, high = cell["value"], cell["low"], cell["high"]
    if value is None or math.isnan(value):
        return "undefined"
    if low is None or math.isnan(low):
        return f"{value:.3f}"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the table and print it."""
    parser = argparse.ArgumentParser(prog="python -m experiments.table", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--families", nargs="+", default=[], metavar="FAMILY")
    parser.add_argument("--seeds", type=int, default=5, help="for random training (default 5)")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument(
        "--merge",
        type=Path,
        metavar="FILE",
        help="take over the rows of another results file of the same data, then go on",
    )
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--test", action="store_true", help="judge on the test parts too")
    parser.add_argument("--again", action="store_true", help="run finished families again")
    parser.add_argument("--models", type=Path, help="folder for the models")
    parser.add_argument(
        "--resume", action="store_true", help="take models that stand there, made as asked"
    )
    parser.add_argument("--no-track", action="store_true", help="do not log to MLflow")
    options = parser.parse_args(arguments)
    try:
        if options.seeds < 1:
            raise UsageError("--seeds", str(options.seeds), "1 or more")
        configs = find_configs(options.families)
        if options.merge is not None:
            write_results(merge_results(read_results(options.out), options.merge), options.out)
        task = load_task(
            options.data,
            seeds=options.seeds,
            test=options.test,
            track=not options.no_track,
            models=options.models,
            resume=options.resume,
        )
        results = make_table(configs, task, options.out, again=options.again)
    except CadrageError as error:
        print(f"table: {error}", file=sys.stderr)
        return error.exit_code
    print("\n".join(markdown(results, part) for part in task.parts), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
