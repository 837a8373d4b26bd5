"""One model on the annotated parts: scores with intervals over whole articles."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from classifier.corpus.dataset import LabelledDocuments
from classifier.evaluation.metrics import ScoreIntervals, score_intervals
from classifier.evaluation.predictions import Judged, judge, without_mild
from classifier.records import ModelInfo
from classifier.scoring import Scorer
from classifier.statistics import Interval, Resamples

REPLICATES = 2000
SEED = 20261122
WITHOUT_MILD = "attribution_hedging_without_frame"
"""Scope of hedging judged without its frame device."""


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the corpus as one model judges it."""

    judged: Judged
    intervals: ScoreIntervals


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One model's scores on several parts."""

    model: ModelInfo
    parts: Mapping[str, Part]

    def flat(self) -> tuple[dict[str, float], dict[str, str]]:
        """Return ``part.scope.score`` → value, and the reasons of those that are NaN."""
        values, reasons = {}, {}
        for name, part in self.parts.items():
            for scope, scores in part.intervals.items():
                for key, interval in scores.items():
                    path = f"{name}.{scope}.{key}"
                    values[path] = interval.value
                    if math.isnan(interval.value):
                        reasons[path] = interval.reason
        return values, reasons

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; NaN stays NaN and says why."""
        return {
            "model": {
                "name": self.model.name,
                "version": self.model.version,
                "sha256": self.model.sha256,
                "thresholds": dict(self.model.thresholds),
            },
            "intervals": {
                "level": 0.95,
                "replicates": REPLICATES,
                "seed": SEED,
                "resampled": "whole articles",
            },
            "parts": {
                name: {
                    "articles": len(part.judged.clusters),
                    "sentences": len(part.judged.outcomes),
                    "scores": {
                        scope: {key: plain_interval(interval) for key, interval in scores.items()}
                        for scope, scores in part.intervals.items()
                    },
                }
                for name, part in self.parts.items()
            },
        }


def plain_interval(interval: Interval) -> dict[str, Any]:
    """Return a figure with its interval as plain values; an undefined one says why."""
    plain: dict[str, Any] = {
        "value": interval.value,
        "low": interval.low,
        "high": interval.high,
        "method": interval.method,
    }
    if interval.reason:
        plain["reason"] = interval.reason
    return plain


def evaluate(
    scorer: Scorer,
    parts: Mapping[str, LabelledDocuments],
    *,
    left_out: Collection[tuple[str, int]] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Judge a model on each part.

    Args:
        parts: name → annotated documents; empty parts are skipped.
        left_out: sentences of test that also stand in training data.
    """
    found = {}
    for name, data in parts.items():
        if not len(data):
            continue
        say(f"judging {name}: {len(data):,} units of {len(data.documents)} articles")
        judged = judge(scorer, data, left_out=left_out)
        found[name] = Part(judged, measure(judged))
    return Evaluation(scorer.info, found)


def measure(judged: Judged) -> ScoreIntervals:
    """Return all scores with their intervals, hedging without ``frame`` under its own scope."""
    resamples = Resamples.draw(judged.clusters, replicates=REPLICATES, seed=SEED)
    intervals = score_intervals(judged.outcomes, resamples)
    strong = score_intervals(without_mild(judged.outcomes), resamples)
    kept = ("precision", "recall", "f1", "prevalence", "support", "predicted")
    intervals[WITHOUT_MILD] = {
        key: interval for key, interval in strong["attribution_hedging"].items() if key in kept
    }
    return intervals


def divide_judged(judged: Judged, data: LabelledDocuments) -> dict[str, Part]:
    """Return the parts of :func:`parts_of_test` from one judgement of all their documents."""
    marks = {mark.key: mark for mark in data.marks}
    rows: dict[str, list[int]] = {}
    for row, (key, _) in enumerate(judged.places):
        for name in parts_of_mark(marks[key].source, marks[key].selection):
            rows.setdefault(name, []).append(row)
    found = {}
    for name, index in sorted(rows.items()):
        part = Judged(
            judged.outcomes.take(index),
            judged.clusters.take(index),
            tuple(judged.places[row] for row in index),
        )
        found[name] = Part(part, measure(part))
    return found


def parts_of_mark(source: str, selection: str) -> tuple[str, ...]:
    """Return the parts in which a document stands: its source, and the random part of it."""
    if selection == "random" and source == "orangesum":
        return (source, "orangesum-random")
    return (source,)


def parts_of_test(test: LabelledDocuments) -> dict[str, LabelledDocuments]:
    """Return the test documents by source, and each source's randomly drawn ones apart."""
    by_source: dict[str, list[int]] = {}
    for number, mark in enumerate(test.marks):
        for name in parts_of_mark(mark.source, mark.selection):
            by_source.setdefault(name, []).append(number)
    return {name: test.select(numbers) for name, numbers in sorted(by_source.items())}
