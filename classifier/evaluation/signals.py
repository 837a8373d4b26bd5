"""How well signals are measured, where there is gold: shares and depth against read sentences.

An article's gold share is that of its annotated units. Superlatives and loaded terms have no gold:
their vocabulary is what they measure. The fidelity of a headline is judged on real annotated
titles, as the probability that it is (:mod:`classifier.evaluation.fidelity`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifier.article.headline import load_headline_model
from classifier.article.signals import HEDGED, RELAYED, THREAT
from classifier.corpus.dataset import Document, annotated_sources, load_gold
from classifier.corpus.splits import read_splits
from classifier.evaluation.headlines import ReadHeadline, score_titles
from classifier.scoring import Scorer
from classifier.statistics import Clusters, FloatArray, IntArray, Interval, Resamples

REPLICATES = 1000
SEED = 20261122
SHARES: Mapping[str, str] = {
    "hedged_share": HEDGED,
    "relay_share": RELAYED,
    "threat_share": THREAT,
}


def evaluate_signals(
    scorer: Scorer, data: Path = Path("data"), headlines: Sequence[ReadHeadline] = ()
) -> dict[str, dict[str, Interval]]:
    """Return signal → figure → interval over the articles of the test part.

    Figures: ``mean_error`` (mean absolute difference from gold, in the signal's unit), ``bias``
    (mean difference, above 0 too much), ``rank_correlation`` (Spearman's ρ with gold);
    ``exact`` for the depth; for the headline's fidelity those of
    :data:`classifier.evaluation.fidelity.FIGURES`, on real titles.
    """
    keys = set(read_splits(data / "splits.json").keys("test"))
    read = [
        one
        for one in load_gold(data, annotated_sources(data))
        if one.document.key in keys
        and any(mark.kind != "credit" for mark in one.document.sentences)
    ]
    clusters = Clusters.of(one.document.group or one.document.key for one in read)
    resamples = Resamples.draw(clusters, replicates=REPLICATES, seed=SEED)
    scored = [
        {
            s.name: s.value
            for s in scorer.score_document(Document(one.article, one.sentences)).signals
        }
        for one in read
    ]
    figures: dict[str, dict[str, Interval]] = {}
    for name, label in SHARES.items():
        gold = np.array(
            [
                np.mean([label in m.labels for m in one.document.sentences if m.kind != "credit"])
                for one in read
            ]
        )
        found = np.array([one[name] for one in scored])
        figures[name] = _intervals(resamples, _against(found, gold))
    depths = np.array(
        [
            max((m.labels[RELAYED].depth or 0 for m in d if RELAYED in m.labels), default=0)
            for d in (one.document.sentences for one in read)
        ]
    )
    deepest = np.array([one["relay_depth"] for one in scored])
    figures["relay_depth"] = _intervals(
        resamples, {"exact": lambda rows: float((deepest == depths)[rows].mean())}
    )
    fidelity = score_titles(one for one in headlines if one.mark.source != "written")
    if fidelity is not None and load_headline_model().fidelity.holds:
        figures["headline_fidelity"] = dict(fidelity.figures["model"])
    return figures


def _against(found: FloatArray, gold: FloatArray) -> dict[str, Callable[[IntArray], float]]:
    return {
        "mean_error": lambda rows: float(np.abs(found - gold)[rows].mean()),
        "bias": lambda rows: float((found - gold)[rows].mean()),
        "rank_correlation": lambda rows: spearman(found[rows], gold[rows]),
    }


def spearman(first: FloatArray, second: FloatArray) -> float:
    """Return Spearman's ρ with mean ranks for ties; NaN where one is constant."""
    ranks = [_mean_ranks(values) for values in (first, second)]
    spreads = [float(one.std()) for one in ranks]
    if min(spreads, default=0) == 0:
        return math.nan
    centred = [one - one.mean() for one in ranks]
    return float((centred[0] * centred[1]).mean() / spreads[0] / spreads[1])


def _mean_ranks(values: FloatArray) -> FloatArray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse], dtype=np.float64)


def _intervals(
    resamples: Resamples, measures: Mapping[str, Callable[[IntArray], float]]
) -> dict[str, Interval]:
    """Return one interval a figure; each measure takes the rows drawn."""
    drawn = resamples.of_rows(lambda rows: [one(rows) for one in measures.values()])
    intervals = drawn.intervals(len(resamples.clusters), method="percentile")
    return dict(zip(measures, intervals, strict=True))


def signal_table(figures: Mapping[str, Mapping[str, Interval]]) -> str:
    """Return the figures as text, one a line."""
    lines = []
    for name, row in figures.items():
        for figure, one in row.items():
            value = "–" if math.isnan(one.value) else f"{one.value:.3f}"
            ends = "" if math.isnan(one.low) else f" [{one.low:.3f}, {one.high:.3f}]"
            lines.append(f"{name:20s} {figure:23s} {value}{ends}  {one.reason}".rstrip())
    lines.append(
        "unsourced_superlatives, unsourced_loaded_terms: no gold; their vocabulary is data"
    )
    return "\n".join(lines) + "\n"


def signal_document(figures: Mapping[str, Mapping[str, Interval]]) -> dict[str, Any]:
    """Return the figures as plain JSON values."""
    return {
        name: {
            figure: [None if math.isnan(x) else round(x, 4) for x in (one.value, one.low, one.high)]
            for figure, one in row.items()
        }
        for name, row in figures.items()
    }
