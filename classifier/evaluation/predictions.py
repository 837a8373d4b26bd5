"""A model's say on annotated documents, laid beside the gold."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np

from classifier.corpus.dataset import LabelledDocuments
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.subjects import Subject
from classifier.records import ArticleScore, Cue
from classifier.schema import load_schema
from classifier.statistics import Clusters


@dataclass(frozen=True, eq=False)
class Judged:
    """Outcomes on the scorable units of some documents, and where each row stands.

    Attributes:
        outcomes: n rows, credit lines and left-out sentences not among them.
        clusters: the rows by article.
        places: for each row its document's key and the unit's index.
    """

    outcomes: Outcomes
    clusters: Clusters
    places: tuple[tuple[str, int], ...]


def judge(
    scorer: Subject,
    data: LabelledDocuments,
    *,
    left_out: Collection[tuple[str, int]] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Judged:
    """Score annotated documents on their gold units.

    Args:
        scorer: a model, or predictions read from a file.
        left_out: (document key, unit index) of sentences that also stand in training data.
        progress: called with (documents done, documents in all).
    """
    names = load_schema().names
    predicted, probabilities, depths, cues, places, rows = [], [], [], [], [], []
    row = 0
    for number, (document, mark) in enumerate(zip(data.documents, data.marks, strict=True)):
        score: ArticleScore = scorer.score_document(document)
        for one in score.sentences:
            place = (mark.key, one.sentence.index)
            if one.sentence.kind != "credit" and place not in left_out:
                labels = [one.labels[name] for name in names]
                predicted.append([label.positive for label in labels])
                probabilities.append([label.probability for label in labels])
                depths.append(one.labels["relay_sourcing"].depth or 0)
                cues.append(
                    {
                        name: label.cues
                        for name, label in zip(names, labels, strict=True)
                        if label.positive
                    }
                )
                places.append(place)
                rows.append(row)
            row += 1
        if progress is not None:
            progress(number + 1, len(data.documents))
    index = np.array(rows, dtype=np.int64)
    shape = (-1, len(names))
    return Judged(
        Outcomes(
            names,
            data.gold[index].reshape(shape),
            np.array(predicted, dtype=bool).reshape(shape),
            np.array(probabilities, dtype=np.float64).reshape(shape),
            data.depths[index],
            np.array(depths, dtype=np.int64),
            [data.cues[row] for row in rows],
            cues,
        ),
        Clusters.of(key for key, _ in places),
        tuple(places),
    )


def without_mild(outcomes: Outcomes) -> Outcomes:
    """Return the outcomes with mild devices (hedging's ``frame``) taken out of both sides.

    A sentence is then positive only if it shows a device that is not mild; probabilities, which
    speak of the whole label, are dropped.
    """
    if outcomes.gold_cues is None or outcomes.predicted_cues is None:
        raise ValueError("outcomes without cues: expected cues of gold and prediction")
    gold, predicted = outcomes.gold.copy(), outcomes.predicted.copy()
    for column, label in enumerate(load_schema().labels):
        mild = {device.name for device in label.devices if device.mild}
        if not mild:
            continue
        for table, side in ((gold, outcomes.gold_cues), (predicted, outcomes.predicted_cues)):
            for row, cues in enumerate(side):
                table[row, column] &= _strong(cues.get(label.name, ()), mild)
    return replace(outcomes, gold=gold, predicted=predicted, probabilities=None)


def _strong(cues: Collection[Cue], mild: Collection[str]) -> bool:
    return any(cue.device not in mild for cue in cues)
