"""Batch scoring of OrangeSum: sentences per second with one and two workers, peak memory.

    python -m experiments.benchmarks.batch [--json OUT] [--articles N] [--pairs N] [--model DIR]

Scaling is measured on the first N articles, with one and with two workers in turn, since other
work on the machine changes from minute to minute; then the whole corpus is scored once with two
workers. Rates are of wall time, from the start of the command to its end, and include reading,
hashing, Parquet and fsync. Beside them stands the CPU time, which neighbours disturb less.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from classifier.corpus.sources import working_folder

RATE_GOAL = 8000
RATIO_GOAL = 1.8

_RUN = """
import json, resource, sys, time
from pathlib import Path
from classifier.batch import run_batch
begun = time.perf_counter()
source, output, workers, model = sys.argv[1:]
report = run_batch([source], Path(output), workers=int(workers),
                   model=Path(model) if model else None)
own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "workers": int(workers), "articles": report.articles, "sentences": report.sentences,
    "rejected": report.rejected, "wall_s": time.perf_counter() - begun,
    "cpu_s": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
    "parent_mb": own.ru_maxrss / 1024, "worker_mb": children.ru_maxrss / 1024,
}))
"""


def run(source: Path, workers: int, model: Path | None) -> dict[str, Any]:
    """Score a file in a process of its own and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _RUN, str(source), f"{folder}/out", str(workers)]
        command.append(str(model) if model else "")
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    figures["sentences_per_s"] = figures["sentences"] / figures["wall_s"]
    figures["sentences_per_cpu_s"] = figures["sentences"] / figures["cpu_s"]
    figures["peak_mb"] = figures["parent_mb"] + workers * figures["worker_mb"]
    return figures


def scaling(source: Path, articles: int, pairs: int, model: Path | None) -> dict[str, Any]:
    """Time the first articles with one and two workers in turn."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / source.name
        with source.open("rb") as whole, part.open("wb") as stream:
            stream.writelines(itertools.islice(whole, articles))
        for number in range(pairs):
            order = (1, 2) if number % 2 else (2, 1)
            pair = {workers: run(part, workers, model) for workers in order}
            runs.append([pair[1], pair[2]])
            print(
                f"  pair {number + 1}: {pair[1]['sentences_per_s']:,.0f} and "
                f"{pair[2]['sentences_per_s']:,.0f} sentences/s",
                file=sys.stderr,
            )
    ratios = [two["sentences_per_s"] / one["sentences_per_s"] for one, two in runs]
    return {
        "articles": articles,
        "one_worker_sentences_per_s": statistics.median(one["sentences_per_s"] for one, _ in runs),
        "two_workers_sentences_per_s": statistics.median(two["sentences_per_s"] for _, two in runs),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "runs": runs,
    }


def main() -> None:
    """Run both parts and print the figures beside the goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--articles", type=int, default=6000, help="for the scaling part")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--part", action="store_true", help="leave the whole corpus out")
    options = parser.parse_args()
    source = working_folder() / "corpora" / "orangesum.jsonl"
    if not source.exists():
        raise SystemExit("no OrangeSum here: cadrage corpus fetch orangesum")
    part = scaling(source, options.articles, options.pairs, options.model)
    print(
        f"one worker       : {part['one_worker_sentences_per_s']:,.0f} sentences/s\n"
        f"two workers      : {part['two_workers_sentences_per_s']:,.0f} sentences/s\n"
        f"ratio            : {part['ratio']:.2f} (goal: {RATIO_GOAL}); "
        + ", ".join(f"{one:.2f}" for one in part["ratios"])
    )
    figures: dict[str, Any] = {"scaling": part}
    if not options.part:
        whole = run(source, 2, options.model)
        figures["whole"] = whole
        small = part["runs"][0][1]
        print(
            f"whole corpus     : {whole["articles"]:,} articles, {whole['sentences']:,} sentences, "
            f"{whole['rejected']} rejected, in {whole['wall_s']:.0f} s\n"
            f"                   {whole['sentences_per_s']:,.0f} sentences/s (goal: {RATE_GOAL:,}); "
            f"{whole['sentences_per_cpu_s']:,.0f} a CPU second\n"
            f"peak memory      : parent {whole['parent_mb']:.0f} MB, worker "
            f"{whole['worker_mb']:.0f} MB; with {part['articles']:,} articles "
            f"{small['parent_mb']:.0f} and {small['worker_mb']:.0f} MB"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
