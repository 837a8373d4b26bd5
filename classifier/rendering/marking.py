"""From a sentence and its cues to runs of text under the same labels, and what hiding changes.

Shared by the formats that show text to people. A *mark* is a label's name and one of its cues.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from classifier.errors import UsageError
from classifier.records import ArticleScore, Cue, LabelScore, SentenceScore
from classifier.schema import load_schema

Mark = tuple[str, Cue]
Hidden = frozenset[tuple[str, str]]

_SPACES = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")
_UNFIT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(
        f"{chr(plane | 0xFFFE)}{chr(plane | 0xFFFF)}" for plane in range(1 << 16, 17 << 16, 1 << 16)
    )
    + "]"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of a sentence and the marks that cover all of it; several when labels overlap."""

    text: str
    marks: tuple[Mark, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the marks, each once, in the order of the marks."""
        return tuple(dict.fromkeys(label for label, _ in self.marks))


def clean(text: str) -> str:
    """Return ``text`` fit to be shown, each character replaced by one, so that offsets hold.

    Line breaks and tabs become spaces; control characters (which could drive a terminal), lone
    surrogates and noncharacters become U+FFFD.
    """
    return _UNFIT.sub("\ufffd", _SPACES.sub(" ", text))


def cut(text: str, marks: Iterable[Mark]) -> list[Segment]:
    """Cut ``text`` wherever a mark begins or ends; the segments' texts add up to ``text``.

    What lies outside the text is cut off; empty marks are dropped.
    """
    end = len(text)
    inside = [
        (max(0, cue.start), min(end, cue.end), (label, cue))
        for label, cue in marks
        if max(0, cue.start) < min(end, cue.end)
    ]
    edges = sorted({0, end, *(edge for start, stop, _ in inside for edge in (start, stop))})
    return [
        Segment(
            text[left:right],
            tuple(mark for start, stop, mark in inside if start <= left and right <= stop),
        )
        for left, right in pairwise(edges)
    ]


def find_devices(names: Iterable[str]) -> Hidden:
    """Return the (label, device) pairs that ``frame`` or ``attribution_hedging.frame`` name.

    Raises UsageError for a name that the schema does not know.
    """
    known = [
        (label.name, device) for label in load_schema().labels for device in label.device_names
    ]
    found: set[tuple[str, str]] = set()
    for name in names:
        pairs = {pair for pair in known if name in (pair[1], ".".join(pair))}
        if not pairs:
            expected = ", ".join(dict.fromkeys(device for _, device in known))
            raise UsageError("hide", repr(name), f"a device ({expected}) or label.device")
        found |= pairs
    return frozenset(found)


def shown_cues(name: str, score: LabelScore, hidden: Hidden) -> tuple[Cue, ...] | None:
    """Return the cues that are left of a positive label; None where a reader sees no label.

    A positive is hidden when all its cues are of hidden devices.
    """
    if not score.positive:
        return None
    left = tuple(cue for cue in score.cues if (name, cue.device) not in hidden)
    return left if left or not score.cues else None


def shown_labels(item: SentenceScore, hidden: Hidden) -> dict[str, tuple[Cue, ...]]:
    """Return the labels that a reader sees on the sentence, in schema order, with their cues."""
    found: dict[str, tuple[Cue, ...]] = {}
    for name in load_schema().names:
        if name in item.labels:
            cues = shown_cues(name, item.labels[name], hidden)
            if cues is not None:
                found[name] = cues
    return found


def marks_of(labels: Mapping[str, Sequence[Cue]]) -> list[Mark]:
    """Return what :func:`shown_labels` found as marks, in schema order."""
    return [(name, cue) for name, cues in labels.items() for cue in cues]


def figures(score: ArticleScore, hidden: Hidden) -> Mapping[str, Any]:
    """Return the article's summary, its counts taken again where devices are hidden.

    ``devices`` stays as it is: it says what there is, hidden or not.
    """
    if not hidden:
        return score.summary
    schema = load_schema()
    total = score.summary["sentences"]
    positive = dict.fromkeys(schema.names, 0)
    mild = {
        (label.name, device.name)
        for label in schema.labels
        for device in label.devices
        if device.mild
    }
    strong = {name: 0 for name in schema.names if name in {label for label, _ in mild}}
    depths: list[int] = []
    for item in score.sentences:
        for name, cues in shown_labels(item, hidden).items():
            positive[name] += 1
            if name in strong and any((name, cue.device) not in mild for cue in cues):
                strong[name] += 1
            depth = item.labels[name].depth
            if depth is not None:
                depths.append(depth)
    return {
        **score.summary,
        "labels": _shares(positive, total),
        "without_mild": _shares(strong, total),
        "max_depth": max(depths, default=None),
    }


def _shares(counts: Mapping[str, int], total: int) -> dict[str, dict[str, float | None]]:
    return {
        name: {"positive": count, "share": count / total if total else None}
        for name, count in counts.items()
    }
