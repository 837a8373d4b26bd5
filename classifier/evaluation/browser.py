"""The rows of the error browser: sentences with a label in gold or prediction, with context."""

from __future__ import annotations

from typing import Any

from classifier.corpus.dataset import units
from classifier.evaluation.reliability import answer_confidence
from classifier.evaluation.suite import Browsable
from classifier.records import Cue
from classifier.schema import load_schema

NEAR = 0.2
"""A sentence without any label is shown too where some probability reaches this."""


def browser_rows(shown: Browsable) -> list[dict[str, Any]]:
    """Return one row for each sentence worth looking at.

    Keys: ``d`` document, ``i`` unit, ``s`` source, ``t`` text, ``b`` and ``a`` the sentences
    before and after; and for each label, in schema order, ``g`` gold, ``y`` prediction, ``p``
    probability, ``c`` confidence of the answer, and ``gc``, ``pc`` cues as [start, end, device].
    """
    outcomes = shown.judged.outcomes
    texts: dict[str, dict[int, str]] = {}
    everything = list(units(shown.data.documents))
    for unit, number in zip(everything, shown.data.rows, strict=True):
        texts.setdefault(shown.data.marks[number].key, {})[unit.index] = unit.text
    names = load_schema().names
    p = outcomes.probabilities
    if p is None:
        return []
    sure = answer_confidence(outcomes.predicted, p)
    rows = []
    for row, (key, index) in enumerate(shown.judged.places):
        gold, predicted = outcomes.gold[row], outcomes.predicted[row]
        if not (gold.any() or predicted.any() or p[row].max() >= NEAR):
            continue
        document = texts[key]
        rows.append(
            {
                "d": key,
                "i": index,
                "s": key.partition("/")[0],
                "t": document[index],
                "b": document.get(index - 1, ""),
                "a": document.get(index + 1, ""),
                "g": [int(value) for value in gold],
                "y": [int(value) for value in predicted],
                "p": [round(float(value), 4) for value in p[row]],
                "c": [round(float(value), 4) for value in sure[row]],
                "gc": [_cues(outcomes.gold_cues, row, name) for name in names],
                "pc": [_cues(outcomes.predicted_cues, row, name) for name in names],
            }
        )
    return rows


def _cues(cues: Any, row: int, label: str) -> list[list[Any]]:
    found: tuple[Cue, ...] = cues[row].get(label, ()) if cues is not None else ()
    return [[cue.start, cue.end, cue.device] for cue in found]
