"""Scores of parts of the test set: by source, selection, topic, year, style; recall by device.

A slice is a set of sentences. Its scores come from sums over sentences alone, with percentile
intervals from articles drawn anew inside the slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.corpus.annotations import DocumentMark
from classifier.corpus.dataset import LabelledDocuments
from classifier.evaluation.metrics import Tally
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.predictions import Judged
from classifier.schema import load_schema
from classifier.scoring import WEIGHTS
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

REPLICATES = 1000
SEED = 20261122
_SHOWN = ("precision", "recall", "f1", "support", "predicted")


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of one dimension: ``topic`` = ``sport``.

    Attributes:
        scores: scope → score → interval; the scopes are the labels, ``macro`` and ``micro``.
    """

    dimension: str
    value: str
    articles: int
    sentences: int
    scores: Mapping[str, Mapping[str, Interval]]


@dataclass(frozen=True, slots=True)
class DeviceRecall:
    """How many of the sentences that show a device in gold were found under its label.

    Attributes:
        part: of the data, ``all`` for the whole split.
        recall: share of them predicted positive for the label.
        named: share of those found whose predicted cues name the device too.
        support: sentences that show the device in gold.
        false: sentences flagged with the label against gold whose predicted cues name the device.
    """

    label: str
    device: str
    recall: Interval
    named: Interval
    support: int
    false: int
    part: str = "all"


def dimensions(mark: DocumentMark) -> dict[str, str]:
    """Return the slices in which a document stands: dimension → value; empty ones left out."""
    found = {
        "source": mark.source,
        "selection": mark.selection.partition(":")[0],
        "topic": mark.topic,
        "year": mark.date[:4],
        "style": mark.style,
    }
    return {name: value for name, value in found.items() if value}


def measure_slices(
    judged: Judged,
    data: LabelledDocuments,
    *,
    by: Callable[[DocumentMark], Mapping[str, str]] = dimensions,
    at_least: int = 5,
) -> tuple[Slice, ...]:
    """Score every slice with ``at_least`` articles.

    Args:
        judged: what the model said of ``data``.
        by: document → dimension → value.
    """
    by_key = {mark.key: by(mark) for mark in data.marks}
    rows: dict[tuple[str, str], list[int]] = {}
    for row, (key, _) in enumerate(judged.places):
        for dimension, value in by_key[key].items():
            rows.setdefault((dimension, value), []).append(row)
    found = []
    for (dimension, value), index in sorted(rows.items()):
        clusters = judged.clusters.take(index)
        if len(clusters) < at_least:
            continue
        scores = _scores(judged.outcomes.take(index), clusters)
        found.append(Slice(dimension, value, len(clusters), len(index), scores))
    return tuple(found)


def _scores(outcomes: Outcomes, clusters: Clusters) -> dict[str, dict[str, Interval]]:
    bare = Outcomes(outcomes.labels, outcomes.gold, outcomes.predicted)
    tally = Tally(bare)
    resamples = Resamples.draw(clusters, replicates=REPLICATES, seed=SEED)
    drawn = resamples.of_counts(tally.measure, tally.counts)
    intervals = drawn.intervals(
        len(clusters),
        method="percentile",
        reasons=["no positive in gold, or none predicted"] * len(tally.keys),
    )
    scores: dict[str, dict[str, Interval]] = {}
    for key, interval in zip(tally.keys, intervals, strict=True):
        if key.name in _SHOWN:
            scores.setdefault(key.scope, {})[key.name] = interval
    return scores


def device_recall(judged: Judged, part: str = "all") -> tuple[DeviceRecall, ...]:
    """Return, for every device of the schema and for weights, what is found and made up."""
    outcomes = judged.outcomes
    gold_cues, predicted_cues = outcomes.gold_cues or (), outcomes.predicted_cues or ()
    found: list[DeviceRecall] = []
    resamples = Resamples.draw(judged.clusters, replicates=REPLICATES, seed=SEED)
    for column, label in enumerate(load_schema().labels):
        shown = [_devices(cues.get(label.name, ())) for cues in gold_cues]
        said = [_devices(cues.get(label.name, ())) for cues in predicted_cues]
        # Words that weighed most are no device of gold: what stands there is made up alone.
        for device in (*label.device_names, WEIGHTS):
            has = np.array([device in devices for devices in shown], dtype=bool)
            hit = has & outcomes.predicted[:, column]
            shows = np.array([device in devices for devices in said], dtype=bool)
            false = shows & outcomes.predicted[:, column] & ~outcomes.gold[:, column]
            recall, right = _shares(np.stack([has, hit, hit & shows], axis=1), resamples)
            found.append(
                DeviceRecall(
                    label.name, device, recall, right, int(has.sum()), int(false.sum()), part
                )
            )
    return tuple(found)


def _devices(cues: Iterable[object]) -> set[str]:
    return {str(getattr(cue, "device", "")) for cue in cues}


def _shares(counts: npt.NDArray[np.bool_], resamples: Resamples) -> Sequence[Interval]:
    def measure(sums: FloatArray) -> FloatArray:
        return np.stack([divide(sums[:, 1], sums[:, 0]), divide(sums[:, 2], sums[:, 1])], axis=1)

    drawn = resamples.of_counts(measure, counts)
    return drawn.intervals(
        len(resamples.clusters),
        method="percentile",
        reasons=["no sentence with this device in gold", "none of them found"],
    )


@dataclass(frozen=True, slots=True)
class Rates:
    """How often each label occurs in randomly drawn articles of one source.

    Attributes:
        gold, predicted: label → share of sentences.
    """

    source: str
    articles: int
    sentences: int
    gold: Mapping[str, Interval]
    predicted: Mapping[str, Interval]


def natural_rates(judged: Judged, data: LabelledDocuments) -> tuple[Rates, ...]:
    """Estimate natural rates, from randomly drawn documents alone; others would bias them."""
    random = {mark.key: mark.source for mark in data.marks if mark.selection.startswith("random")}
    rows: dict[str, list[int]] = {}
    for row, (key, _) in enumerate(judged.places):
        if key in random:
            rows.setdefault(random[key], []).append(row)
    names = judged.outcomes.labels
    found = []
    for source, index in sorted(rows.items()):
        part, clusters = judged.outcomes.take(index), judged.clusters.take(index)
        resamples = Resamples.draw(clusters, replicates=REPLICATES, seed=SEED)
        ones = np.ones((len(index), 1))

        def measure(sums: FloatArray) -> FloatArray:
            return divide(sums[:, :-1], sums[:, -1:])

        counts = np.concatenate([part.gold, part.predicted, ones], axis=1)
        shares = resamples.of_counts(measure, counts).intervals(
            len(clusters), method="percentile", reasons=["no sentence"] * 2 * len(names)
        )
        found.append(
            Rates(
                source,
                len(clusters),
                len(index),
                dict(zip(names, shares[: len(names)], strict=True)),
                dict(zip(names, shares[len(names) :], strict=True)),
            )
        )
    return tuple(found)
