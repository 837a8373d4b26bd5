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
                        scope: {key: _plain(interval) for key, interval in scores.items()}
                        for scope, scores in part.intervals.items()
                    },
                }
                for name, part in self.parts.items()
            },
        }


def _plain(interval: Interval) -> dict[str, Any]:
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


def parts_of_test(test: LabelledDocuments) -> dict[str, LabelledDocuments]:
    """Return the test documents by source, and each source's randomly drawn ones apart."""
    by_source: dict[str, list[int]] = {}
    for number, mark in enumerate(test.marks):
        by_source.setdefault(mark.source, []).append(number)
        if mark.selection == "random" and mark.source == "orangesum":
            by_source.setdefault("orangesum-random", []).append(number)
    return {name: test.select(numbers) for name, numbers in sorted(by_source.items())}
