"""The two annotation passes of a source: paired, compared, turned into gold."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from classifier.corpus.adjudication import (
    Pair,
    adjudicate,
    check_complete,
    disputes,
    pair_passes,
    read_decisions,
)
from classifier.corpus.agreement import Agreement
from classifier.corpus.annotations import join_text, read_annotations, write_annotations
from classifier.corpus.dataset import annotation_files
from classifier.corpus.sources import how_to_bring, load_text
from classifier.errors import DataError, UsageError
from classifier.statistics import Interval


def load_pairs(data: Path, source: str, batches: Sequence[str] | None = None) -> list[Pair]:
    """Load both passes of a source, or of some of its batches, joined to their text.

    Raises:
        DataError: no passes, or a document that only one pass has read.
    """
    text = load_text(source, data)
    pairs: list[Pair] = []
    for path in annotation_files(data, source, "pass_a"):
        if batches and path.stem not in batches:
            continue
        other = data / source / "pass_b" / path.name
        if not other.exists():
            raise DataError(str(other), "no file", f"the second pass of {path.stem}")
        first = read_annotations([path])
        for document in first:
            if document.id not in text:
                expected = "the text that was annotated"
                raise DataError(document.key, "no text", expected, how_to_bring(source, data))
        pairs += pair_passes(
            (join_text(document, text[document.id]) for document in first),
            read_annotations([other]),
        )
    if not pairs:
        raise DataError(str(data / source), "no passes", "pass_a and pass_b")
    return pairs


def write_gold(
    data: Path, source: str, decisions: Sequence[Path], batches: Sequence[str] | None = None
) -> Iterator[tuple[Path, int, int]]:
    """Write the gold of each batch; yields file, documents, and units read a third time.

    Raises:
        FaultsError: a dispute without a third reading, or gold that is not complete.
    """
    pairs = load_pairs(data, source, batches)
    decided = read_decisions(decisions, pairs)
    gold = list(adjudicate(pairs, decided))
    check_complete(gold)
    by_batch: dict[str, list[int]] = {}
    for number, document in enumerate(gold):
        by_batch.setdefault(document.batch, []).append(number)
    for batch, numbers in sorted(by_batch.items()):
        path = data / source / "gold" / f"{batch}.jsonl"
        write_annotations([gold[number] for number in numbers], path)
        yield path, len(numbers), sum(len(disputes(pairs[number])) for number in numbers)


def read_newest(pairs: Iterable[str]) -> dict[str, str]:
    """Return ``SOURCE=DATE`` options as a dictionary.

    Raises:
        UsageError: not a source, an equals sign and a date.
    """
    newest = {}
    for pair in pairs:
        source, _, date = pair.partition("=")
        try:
            newest[source] = datetime.date.fromisoformat(date).isoformat()
        except ValueError:
            source = ""
        if not source:
            raise UsageError("--newest", repr(pair), "SOURCE=YYYY-MM-DD")
    return newest


_ROWS = (
    ("kappa", "Cohen's kappa"),
    ("alpha", "Krippendorff's alpha"),
    ("span_overlap", "cues, overlap F1"),
    ("span_exact", "cues, exact F1"),
    ("depth_exact", "depth, exact"),
)


def agreement_table(title: str, agreement: Agreement) -> str:
    """Return one comparison of two passes as plain text."""
    lines = [
        f"{title}: {agreement.documents} documents, {agreement.sentences:,} units read twice, "
        "before adjudication"
    ]
    for scope, figures in agreement.figures.items():
        positives = agreement.positives.get(scope)
        counts = f" (positive in pass A {positives[0]}, B {positives[1]})" if positives else ""
        lines.append(f"  {scope}{counts}")
        for name, shown in _ROWS:
            if name in figures:
                lines.append(f"    {shown:22s} {_figure(figures[name])}")
    for label, confusion in agreement.devices.items():
        lines.append(f"  devices of {label} (rows: pass A, columns: pass B)")
        lines.append("    " + " " * 15 + "".join(f"{name[:14]:>15s}" for name in confusion.devices))
        for name, row in zip(confusion.devices, np.asarray(confusion.counts), strict=True):
            lines.append(f"    {name[:14]:15s}" + "".join(f"{count:15d}" for count in row))
    return "\n".join(lines) + "\n\n"


def _figure(interval: Interval) -> str:
    if np.isnan(interval.value):
        return f"undefined: {interval.reason}"
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
