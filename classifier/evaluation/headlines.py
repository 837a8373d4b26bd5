"""How well headlines are read: each class against annotated headlines, two floors beside it.

The floors: *majority* gives every headline the class that is most frequent among the tuning
headlines; *similarity alone* is the same kind of model with nothing but how similar the headline
is to the body. Intervals are over articles (groups of minimal pairs count as one). Of the titles,
beside that, what their fidelity is worth (:mod:`classifier.evaluation.fidelity`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.article.headline import (
    DEPARTURES,
    Comparison,
    compare,
    judge,
    judge_by_similarity,
    load_headline_model,
    weigh_fidelity,
)
from classifier.corpus.headlines import (
    CLASSES,
    HeadlineMark,
    HeadlinePair,
    join_headlines,
    load_articles,
    read_headlines,
)
from classifier.evaluation.fidelity import (
    FidelityScores,
    fidelity_document,
    fidelity_lines,
    score_fidelity,
)
from classifier.records import Headline
from classifier.scoring import Scorer
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

FIGURES = ("precision", "recall", "f1")
REPLICATES = 2000
SEED = 20261122
READERS = ("model", "similarity alone", "majority")


@dataclass(frozen=True)
class ReadHeadline:
    """A headline with its gold and what is read off it.

    Attributes:
        claims: gold, indexes of the body's sentences that carry the claim.
        matched: indexes of those that are reported.
    """

    mark: HeadlineMark
    pair: HeadlinePair
    compared: Comparison
    headline: Headline
    claims: frozenset[int]
    matched: frozenset[int]


@dataclass(frozen=True)
class HeadlineScores:
    """Figures of one set of headlines.

    Attributes:
        counts: class → how many gold headlines have it.
        figures: reader (:data:`READERS`) → class → figure → interval.
        claims: figure → interval, of the sentences that carry the claim.
        fidelity: of the titles among them; None without one.
    """

    name: str
    articles: int
    headlines: int
    counts: Mapping[str, int]
    figures: Mapping[str, Mapping[str, Mapping[str, Interval]]]
    claims: Mapping[str, Interval]
    fidelity: FidelityScores | None = None


def read_gold(
    scorer: Scorer, data: Path = Path("data"), *, part: str = "test"
) -> list[ReadHeadline]:
    """Return the annotated headlines of ``tuning`` or ``test`` with what is read off them.

    Raises:
        DataError: no gold, or its text is not here.
    """
    marks = [one for one in read_headlines(data / "headlines" / "gold.jsonl") if one.part == part]
    articles = load_articles([mark.source for mark in marks], data)
    found = []
    for mark, article in join_headlines(marks, articles):
        sentences = scorer.score(article).sentences
        spans = {
            (one.sentence.start, one.sentence.end): one.sentence.index
            for one in sentences
            if one.sentence.field == "text"
        }
        for pair in mark.pairs:
            compared = compare(sentences, pair.field)
            if compared is None:
                continue
            headline = judge(compared)
            claims = frozenset(
                index
                for start, end in pair.claims
                for (first, last), index in spans.items()
                if first < end and start < last
            )
            matched = frozenset(match.sentence for match in headline.matches)
            found.append(ReadHeadline(mark, pair, compared, headline, claims, matched))
    return found


def evaluate_headlines(scorer: Scorer, data: Path = Path("data")) -> list[HeadlineScores]:
    """Return the figures on the test headlines: real ones, and each source apart."""
    read = read_gold(scorer, data)
    real = [one for one in read if one.mark.source != "written"]
    sets: dict[str, list[ReadHeadline]] = {"real headlines": real, "all headlines": read}
    for source in dict.fromkeys(one.mark.source for one in read):
        chosen = [one for one in read if one.mark.source == source]
        if len({one.mark.key for one in chosen}) > 1:
            sets[source] = chosen
    random = [one for one in real if one.mark.selection == "random"]
    if random:
        sets["drawn at random"] = random
    return [score_headlines(name, chosen) for name, chosen in sets.items() if chosen]


def score_headlines(name: str, read: Sequence[ReadHeadline]) -> HeadlineScores:
    """Return the figures of one set."""
    model = load_headline_model()
    predicted = {
        "model": [{*one.headline.found, *one.headline.experimental} for one in read],
        "similarity alone": [judge_by_similarity(one.compared) for one in read],
        "majority": [{model.majority} for _ in read],
    }
    truth: list[set[str]] = [set(one.pair.classes) for one in read]
    clusters = Clusters.of(one.mark.group or one.mark.key for one in read)
    resamples = Resamples.draw(clusters, replicates=REPLICATES, seed=SEED)
    figures = {
        reader: _by_class(resamples, truth, classes) for reader, classes in predicted.items()
    }
    claims = np.array(
        [
            (len(one.claims & one.matched), len(one.matched), len(one.claims))
            for one in read
            if one.claims
        ],
        dtype=np.float64,
    ).reshape(-1, 3)
    spans = Resamples.draw(
        Clusters.of(one.mark.group or one.mark.key for one in read if one.claims),
        replicates=REPLICATES,
        seed=SEED,
    )
    return HeadlineScores(
        name,
        len({one.mark.key for one in read}),
        len(read),
        dict(Counter(name for classes in truth for name in classes)),
        figures,
        _intervals(spans, claims),
        score_titles(read),
    )


def score_titles(read: Iterable[ReadHeadline]) -> FidelityScores | None:
    """Return what the fidelity of the titles among these is worth; None without one."""
    titles = [one for one in read if one.pair.field == "title"]
    if not titles:
        return None
    values = {
        "model": [one.headline.fidelity for one in titles],
        "similarity alone": [weigh_fidelity(one.compared, similarity_alone=True) for one in titles],
    }
    departs = [not set(DEPARTURES).isdisjoint(one.pair.classes) for one in titles]
    return score_fidelity([one.mark.group or one.mark.key for one in titles], departs, values)


def _by_class(
    resamples: Resamples, truth: Sequence[set[str]], predicted: Sequence[set[str]]
) -> dict[str, dict[str, Interval]]:
    return {
        name: _intervals(
            resamples,
            np.array(
                [
                    (name in gold and name in said, name in said, name in gold)
                    for gold, said in zip(truth, predicted, strict=True)
                ],
                dtype=np.float64,
            ).reshape(-1, 3),
        )
        for name in CLASSES
    }


def _intervals(resamples: Resamples, counts: FloatArray) -> dict[str, Interval]:
    """Return precision, recall and F1 from hits, found and gold (n, 3)."""

    def measure(sums: FloatArray) -> FloatArray:
        hits, found, gold = sums.T
        return np.stack(
            [divide(hits, found), divide(hits, gold), divide(2 * hits, found + gold)], axis=1
        )

    reasons = ("nothing was found", "no such headline", "neither found nor there")
    drawn = resamples.of_counts(measure, counts).intervals(len(resamples.clusters), reasons=reasons)
    return dict(zip(FIGURES, drawn, strict=True))


def headline_document(scores: Iterable[HeadlineScores], scorer: Scorer) -> dict[str, Any]:
    """Return the figures as plain JSON values, undefined ones as null with their reason."""
    return {
        "model": scorer.info.sha256,
        "experimental": list(load_headline_model().experimental),
        "sets": [
            {
                "name": one.name,
                "articles": one.articles,
                "headlines": one.headlines,
                "counts": dict(one.counts),
                "classes": {
                    reader: {
                        name: {key: _plain(value) for key, value in figures.items()}
                        for name, figures in classes.items()
                    }
                    for reader, classes in one.figures.items()
                },
                "claim_sentences": {key: _plain(value) for key, value in one.claims.items()},
                "fidelity": None if one.fidelity is None else fidelity_document(one.fidelity),
            }
            for one in scores
        ],
    }


def _plain(one: Interval) -> dict[str, Any]:
    value, low, high = (
        None if math.isnan(x) else round(x, 4) for x in (one.value, one.low, one.high)
    )
    return {"value": value, "low": low, "high": high, "reason": one.reason}


def headline_table(scores: Iterable[HeadlineScores]) -> str:
    """Return the figures as text: one block a set, one line a class."""
    experimental = load_headline_model().experimental
    lines: list[str] = []
    for one in scores:
        lines += ["", f"{one.name}: {one.headlines} headlines of {one.articles} articles"]
        lines.append(
            f"  {'class':20s} {'gold':>4s}  {'precision':22s} {'recall':22s} {'F1':22s} "
            f"{'F1 similarity':>13s} {'F1 majority':>11s}"
        )
        for name in CLASSES:
            figures = one.figures["model"][name]
            floors = [_short(one.figures[reader][name]["f1"].value) for reader in READERS[1:]]
            said = " ".join(f"{_say(figures[key]):22s}" for key in FIGURES)
            mark = "  experimental" if name in experimental else ""
            lines.append(
                f"  {name:20s} {one.counts.get(name, 0):4d}  {said} {floors[0]:>13s} "
                f"{floors[1]:>11s}{mark}"
            )
        said = ", ".join(f"{key} {_say(one.claims[key])}" for key in FIGURES)
        lines.append(f"  sentences that carry the claim: {said}")
        if one.fidelity is not None:
            lines += fidelity_lines(one.fidelity)
    return "\n".join(lines).lstrip("\n") + "\n"


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _say(one: Interval) -> str:
    if math.isnan(one.value):
        return "–"
    if math.isnan(one.low):
        return f"{one.value:.3f}"
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
