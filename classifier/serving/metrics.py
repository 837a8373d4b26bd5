"""Counters for Prometheus, in its text format. They count; no text and no id ever enters them."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from classifier.records import ArticleScore, ModelInfo

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What the server has done since it started."""

    def __init__(self) -> None:
        self.started = time.time()
        self.requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.durations: defaultdict[str, list[float]] = defaultdict(
            lambda: [0.0] * (len(BUCKETS) + 2)
        )
        self.articles = 0
        self.sentences = 0
        self.positives: defaultdict[str, int] = defaultdict(int)
        self.rejected: defaultdict[str, int] = defaultdict(int)
        self.reloads: defaultdict[str, int] = defaultdict(int)
        self.active = 0

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests[route, method, status] += 1
        times = self.durations[route]
        times[bisect_left(BUCKETS, seconds)] += 1.0
        times[-1] += seconds

    def scored(self, score: ArticleScore) -> None:
        """Count one scored article."""
        self.articles += 1
        self.sentences += len(score.sentences)
        for name, entry in score.summary["labels"].items():
            self.positives[name] += entry["positive"]

    def text(self, model: ModelInfo) -> str:
        """Return everything in the text format."""
        return "\n".join(self._lines(model)) + "\n"

    def _lines(self, model: ModelInfo) -> Iterator[str]:
        yield from _head("cadrage_requests_total", "counter", "Answered requests.")
        for (route, method, status), count in sorted(self.requests.items()):
            labels = f'route="{route}",method="{method}",status="{status}"'
            yield f"cadrage_requests_total{{{labels}}} {count}"
        yield from _head("cadrage_request_seconds", "histogram", "Time from head to answer.")
        for route, times in sorted(self.durations.items()):
            total = 0.0
            for bound, found in zip((*map(str, BUCKETS), "+Inf"), times, strict=False):
                total += found
                place = f'route="{route}",le="{bound}"'
                yield f"cadrage_request_seconds_bucket{{{place}}} {total:.0f}"
            yield f'cadrage_request_seconds_sum{{route="{route}"}} {times[-1]:.6f}'
            yield f'cadrage_request_seconds_count{{route="{route}"}} {total:.0f}'
        for name, what, value in (
            ("articles", "Scored articles.", self.articles),
            ("sentences", "Scored units of articles.", self.sentences),
        ):
            yield from _head(f"cadrage_{name}_total", "counter", what)
            yield f"cadrage_{name}_total {value}"
        for name, key, what, counts in (
            ("positives", "label", "Sentences flagged.", self.positives),
            ("rejected", "problem", "Requests refused, by problem.", self.rejected),
            ("model_reloads", "outcome", "Models loaded while running.", self.reloads),
        ):
            yield from _head(f"cadrage_{name}_total", "counter", what)
            for value_of, number in sorted(counts.items()):
                yield f'cadrage_{name}_total{{{key}="{value_of}"}} {number}'
        yield from _head("cadrage_active_requests", "gauge", "Being scored, or waiting for it.")
        yield f"cadrage_active_requests {self.active}"
        yield from _head("cadrage_model_info", "gauge", "The model in use.")
        named = (
            f'name="{_escape(model.name)}",version="{_escape(model.version)}",'
            f'sha256="{model.sha256}"'
        )
        yield f"cadrage_model_info{{{named}}} 1"
        yield from _head("process_start_time_seconds", "gauge", "When the server started.")
        yield f"process_start_time_seconds {self.started:.3f}"
        memory = resident_bytes()
        if memory is not None:
            yield from _head("process_resident_memory_bytes", "gauge", "Memory in use.")
            yield f"process_resident_memory_bytes {memory}"


def resident_bytes(process: int | str = "self") -> int | None:
    """Return a process's resident memory; None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
