"""What a model costs: speed, latency, memory, size and cold start, measured on this machine.

Machines differ and are shared: figures of one report compare with each other, not with those of
another machine. Memory and cold start are those of a fresh process that scores one article.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from classifier.errors import ModelError
from classifier.models.store import default_directory
from classifier.records import Article
from classifier.scoring import Scorer

_CHILD = """
import json, pathlib, re, resource, sys
from classifier.records import Article
from classifier.scoring import Scorer
scorer = Scorer.load(sys.argv[1])
scorer.score(Article(id="a", text=sys.stdin.read()))
# On Linux ru_maxrss is handed down from the parent process; VmHWM is the process's own.
status = pathlib.Path("/proc/self/status")
own = re.search(r"VmHWM:\\s*(\\d+)", status.read_text()) if status.exists() else None
most = int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"peak_kb": most}))
"""
_TEXT = "Selon Le Courrier du Valois, citant une source proche, l'accord serait menacé.\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one model.

    Attributes:
        sentences_per_s: whole path, text to scores, one process; median over ``repeats``.
        p50_ms, p99_ms: of one article, over all articles and repeats.
        size_bytes: of the model directory.
        cold_start_s: wall time of a new process that scores one sentence; median.
        peak_mb: resident memory of that process at its highest.
    """

    sentences_per_s: float
    p50_ms: float
    p99_ms: float
    articles: int
    sentences: int
    size_bytes: int
    cold_start_s: float
    peak_mb: float
    repeats: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def directory_size(directory: Path) -> int:
    """Return the bytes of all files of a model directory."""
    return sum(file.stat().st_size for file in directory.rglob("*") if file.is_file())


def measure_cost(
    scorer: Scorer, directory: Path | None, articles: Sequence[Article], *, repeats: int = 3
) -> Cost:
    """Measure a model on some articles.

    Args:
        directory: of the model; None for the one in the package.
        articles: scored ``repeats`` times after a first untimed round over a few of them.

    Raises:
        ValueError: no article.
        ModelError: the fresh process could not score with the directory.
    """
    if not articles:
        raise ValueError("no article to measure on: expected one or more")
    home = directory or default_directory()
    for article in articles[:10]:
        scorer.score(article)
    rates, latencies, sentences = [], [], 0
    for _ in range(repeats):
        sentences = 0
        begun = time.perf_counter()
        for article in articles:
            start = time.perf_counter()
            sentences += len(scorer.score(article).sentences)
            latencies.append(time.perf_counter() - start)
        rates.append(sentences / (time.perf_counter() - begun))
    starts = [_start(home) for _ in range(repeats)]
    p50, p99 = np.quantile(latencies, (0.5, 0.99)) * 1000
    return Cost(
        median(rates),
        float(p50),
        float(p99),
        len(articles),
        sentences,
        directory_size(home),
        median(seconds for seconds, _ in starts),
        max(peak for _, peak in starts),
        repeats,
    )


def speed_ratio(
    first: Scorer, second: Scorer, articles: Sequence[Article], *, rounds: int = 9
) -> tuple[float, float, float]:
    """Return the quartiles of how many times faster the first model is, over paired rounds.

    The two take turns, and who begins alternates: what else the machine does strikes both.
    """
    ratios = []
    for scorer in (first, second):
        for article in articles:
            scorer.score(article)
    for number in range(rounds):
        seconds = {}
        for scorer in (first, second) if number % 2 else (second, first):
            begun = time.perf_counter()
            for article in articles:
                scorer.score(article)
            seconds[id(scorer)] = time.perf_counter() - begun
        ratios.append(seconds[id(second)] / seconds[id(first)])
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    return float(low), float(middle), float(high)


def _start(directory: Path) -> tuple[float, float]:
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(directory)],
        input=_TEXT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ModelError(str(directory), f"a process that failed ({reason[0]})", "a score")
    # ru_maxrss is in kilobytes, but in bytes on macOS.
    peak = json.loads(done.stdout)["peak_kb"] / (1024 if sys.platform != "darwin" else 1024**2)
    return seconds, peak
