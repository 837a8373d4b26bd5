"""Batch scoring of OrangeSum: sentences per second with one and two workers, peak memory.

    python -m experiments.benchmarks.batch [--json OUT] [--articles N] [--pairs N] [--model DIR]

Scaling is measured on the first N articles, with one and with two workers in turn, since other
work on the machine changes from minute to minute; then the whole corpus is scored once with two
workers. Rates are of wall time, from the start of the command to its end, and include reading,
hashing, Parquet and fsync. Beside them stand the CPU time, which neighbours disturb less, and what
two separate processes that only score get against one in the same minutes: where other work fills
the cores, that is below 2, and no batch command could scale better.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from classifier.corpus.sources import working_folder
from classifier.scoring import Scorer

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
    "parent_cpu_s": own.ru_utime + own.ru_stime,
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


_BARE = """
import itertools, os, sys
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
from pathlib import Path
from classifier.scoring import Scorer
from classifier.text.ingestion import read_articles
articles = itertools.islice(read_articles([sys.argv[1]], on_fault=lambda _: None), int(sys.argv[2]))
scorer = Scorer.load(Path(sys.argv[3]) if sys.argv[3] else None)
print(sum(len(scorer.score(article).sentences) for article in articles))
"""


def run_bare(source: Path, articles: int, processes: int, model: Path | None) -> float:
    """Return sentences per second of processes that each only score the first articles."""
    begun = time.perf_counter()
    command = [sys.executable, "-c", _BARE, str(source), str(articles), str(model or "")]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    sentences = sum(int(one.communicate()[0]) for one in running)
    return sentences / (time.perf_counter() - begun)


def scaling(source: Path, articles: int, pairs: int, model: Path | None) -> dict[str, Any]:
    """Time the first articles with one and two workers in turn."""
    runs, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / source.name
        with source.open("rb") as whole, part.open("wb") as stream:
            stream.writelines(itertools.islice(whole, articles))
        for number in range(pairs):
            order = (1, 2) if number % 2 else (2, 1)
            pair = {workers: run(part, workers, model) for workers in order}
            runs.append([pair[1], pair[2]])
            half = articles // 2
            one, two = (run_bare(part, half, processes, model) for processes in (1, 2))
            bare.append(two / one)
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
        "bare_ratio": statistics.median(bare),
        "bare_ratios": bare,
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
        + f"\nseparate processes: {part['bare_ratio']:.2f} in the same minutes; "
        + ", ".join(f"{one:.2f}" for one in part["bare_ratios"])
    )
    figures: dict[str, Any] = {"model": Scorer.load(options.model).info.sha256, "scaling": part}
    if not options.part:
        whole = run(source, 2, options.model)
        figures["whole"] = whole
        small = part["runs"][0][1]
        print(
            f"whole corpus     : {whole['articles']:,} articles, {whole['sentences']:,} sentences, "
            f"{whole['rejected']} rejected, in {whole['wall_s']:.0f} s\n"
            f"                   {whole['sentences_per_s']:,.0f} sentences/s "
            f"(goal: {RATE_GOAL:,}); {whole['sentences_per_cpu_s']:,.0f} a CPU second\n"
            f"peak memory      : parent {whole['parent_mb']:.0f} MB, worker "
            f"{whole['worker_mb']:.0f} MB; with {part['articles']:,} articles "
            f"{small['parent_mb']:.0f} and {small['worker_mb']:.0f} MB"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
