"""What the corpus holds, as tables: sizes, labels, devices, depths, rates, lengths, topics, years.

Everything is read from the stand-off annotations alone; no text is needed. A rate is given for
documents drawn at random only: the others were chosen for what they hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.corpus.annotations import DocumentMark, SentenceMark
from classifier.corpus.negatives import RULES, NegativeCase, count_negatives
from classifier.corpus.splits import SPLITS
from classifier.schema import load_schema
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide

UNSPLIT = "no split"
ANY = "any label"
_REPLICATES = 2000
_SEED = 20261122
_NATURAL = ("random", "all")
"""Strata in which an article's words had no part in its being drawn."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence that can carry labels (credit lines cannot), its document and its split."""

    document: DocumentMark
    mark: SentenceMark
    split: str

    @property
    def source(self) -> str:
        return self.document.source

    @property
    def length(self) -> int:
        """Length in characters (Unicode code points)."""
        return self.mark.end - self.mark.start

    @property
    def depth(self) -> int | None:
        """Relay depth, None where there is no relay."""
        relay = self.mark.labels.get("relay_sourcing")
        return relay.depth if relay is not None else None


@dataclass(frozen=True, slots=True)
class Table:
    """One table, cells ready to be shown.

    Attributes:
        note: what a reader must know to read the figures; may be empty.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def as_text(self) -> str:
        """Return the table as aligned plain text: first column to the left, others to the right."""
        table = [self.columns, *self.rows]
        widths = [max(len(row[place]) for row in table) for place in range(len(self.columns))]
        lines = [self.title]
        for row in table:
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  " + "  ".join(cells).rstrip())
        if self.note:
            lines.append(f"  {self.note}")
        return "\n".join(lines) + "\n"


def list_units(documents: Iterable[DocumentMark], assignment: Mapping[str, str]) -> list[Unit]:
    """Return all units that can carry labels; ``assignment`` is document key → split."""
    return [
        Unit(document, mark, assignment.get(document.key, UNSPLIT))
        for document in documents
        for mark in document.sentences
        if mark.kind != "credit"
    ]


def make_tables(documents: Sequence[DocumentMark], assignment: Mapping[str, str]) -> list[Table]:
    """Return every table of the corpus.

    Args:
        documents: annotated documents of one layer (gold or a pass).
        assignment: document key → split; may be empty.
    """
    units = list_units(documents, assignment)
    return [
        _size_table(units),
        _device_table(units, "split", lambda unit: unit.split),
        _device_table(units, "source", lambda unit: unit.source),
        _depth_table(units),
        _rate_table(units),
        _length_table(units),
        _together_table(units),
        _kind_table(units, "Topics", "topic", lambda unit: unit.document.topic),
        _kind_table(units, "Years", "year", lambda unit: unit.document.date[:4]),
        _kind_table(units, "How documents were drawn", "stratum", lambda u: u.document.selection),
    ]


def negative_table(cases: Iterable[NegativeCase], assignment: Mapping[str, str]) -> Table:
    """Return how many cases of each negative rule stand in each split."""
    counts = count_negatives(cases, assignment)
    rows = []
    for rule in RULES:
        found = [counts[rule, split] for split in SPLITS]
        rows.append((rule, *(f"{n:,}" for n in (*found, sum(found)))))
    note = "sentences read and chosen as cases of the rules in GUIDELINES.md, not a rate"
    return Table("Cases of the negative rules", ("rule", *SPLITS, "all"), tuple(rows), note)


def _split_order(name: str) -> int:
    return SPLITS.index(name) if name in SPLITS else len(SPLITS)


def split_names(units: Iterable[Unit]) -> list[str]:
    """Return the splits that occur, in their order, unsplit documents last."""
    return sorted({unit.split for unit in units}, key=_split_order)


def source_names(units: Iterable[Unit]) -> list[str]:
    """Return the sources that occur, in order of first document."""
    return list(dict.fromkeys(unit.source for unit in units))


def count_devices(
    units: Iterable[Unit], group: Callable[[Unit], str]
) -> Counter[tuple[str, str, str]]:
    """Count sentences by (label, device, group); a sentence counts once for each device in it."""
    return Counter(
        (name, device, group(unit))
        for unit in units
        for name, label in unit.mark.labels.items()
        for device in label.devices
    )


def count_together(units: Iterable[Unit]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return the sentences that carry both labels, shape (labels, labels), in schema order."""
    carries = np.array(_label_rows(units), dtype=np.int64).reshape(-1, len(load_schema().names))
    together: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = carries.T @ carries
    return together


def _label_rows(units: Iterable[Unit]) -> list[list[bool]]:
    names = load_schema().names
    return [[name in unit.mark.labels for name in names] for unit in units]


def natural_rates(units: Iterable[Unit]) -> dict[str, tuple[int, dict[str, Interval]]]:
    """Return, for each source drawn at random or whole, its sentences and its rates.

    Returns:
        ``source``, or ``source/part`` where each part of a source was drawn apart (stratum
        ``random:part``) → (number of sentences, label → share of sentences with an interval over
        articles); the last label is :data:`ANY`.
    """
    names = load_schema().names
    drawn: dict[str, list[Unit]] = {}
    for unit in units:
        stratum, _, part = unit.document.selection.partition(":")
        if stratum in _NATURAL:
            drawn.setdefault(f"{unit.source}/{part}" if part else unit.source, []).append(unit)
    rates = {}
    for source, members in drawn.items():
        carries = np.array(_label_rows(members), dtype=np.float64)
        counts = np.column_stack([carries, carries.any(axis=1), np.ones(len(members))])
        clusters = Clusters.of(unit.document.key for unit in members)
        resamples = Resamples.draw(clusters, replicates=_REPLICATES, seed=_SEED)
        found = resamples.of_counts(_shares, counts).intervals(len(clusters))
        rates[source] = (len(members), dict(zip((*names, ANY), found, strict=True)))
    return rates


def _shares(sums: FloatArray) -> FloatArray:
    return divide(sums[:, :-1], sums[:, -1:])


def _size_table(units: Sequence[Unit]) -> Table:
    rows = []
    for source in (*source_names(units), "all"):
        of_source = [unit for unit in units if source in (unit.source, "all")]
        for split in (*split_names(of_source), "all"):
            members = [unit for unit in of_source if split in (unit.split, "all")]
            rows.append((source, split, *_sizes(members)))
    columns = ("source", "split", "documents", "sentences", *load_schema().names)
    note = "sentences: units that can carry a label, credit lines left out"
    return Table("Labels by source and split", columns, tuple(rows), note)


def _sizes(units: Sequence[Unit]) -> tuple[str, ...]:
    documents = {unit.document.key for unit in units}
    positives = [sum(name in unit.mark.labels for unit in units) for name in load_schema().names]
    return tuple(f"{count:,}" for count in (len(documents), len(units), *positives))


def _device_table(units: Sequence[Unit], by: str, group: Callable[[Unit], str]) -> Table:
    groups = split_names(units) if by == "split" else source_names(units)
    counts = count_devices(units, group)
    rows = []
    for label in load_schema().labels:
        for device in label.device_names:
            found = [counts[label.name, device, name] for name in groups]
            rows.append((f"{label.code}.{device}", *(f"{n:,}" for n in (*found, sum(found)))))
    note = "sentences that hold the device at least once"
    return Table(f"Devices by {by}", ("device", *groups, "all"), tuple(rows), note)


def _depth_table(units: Sequence[Unit]) -> Table:
    sources = source_names(units)
    counts = Counter((unit.depth, unit.source) for unit in units if unit.depth is not None)
    rows = []
    for depth in sorted({depth for depth, _ in counts}):
        found = [counts[depth, source] for source in sources]
        rows.append((str(depth), *(f"{n:,}" for n in (*found, sum(found)))))
    return Table("Relay depth by source", ("depth", *sources, "all"), tuple(rows))


def _rate_table(units: Sequence[Unit]) -> Table:
    rows = []
    for source, (sentences, rates) in natural_rates(units).items():
        for name, rate in rates.items():
            articles = str(rate.clusters)
            rows.append((source, name, articles, f"{sentences:,}", *_percentages(rate)))
    columns = ("source", "label", "articles", "sentences", "rate", "95 % interval")
    note = "of documents drawn at random or all taken; intervals over whole articles"
    return Table("Natural rates", columns, tuple(rows), note)


def _percentages(rate: Interval) -> tuple[str, str]:
    if np.isnan(rate.value):
        return "undefined", rate.reason
    if np.isnan(rate.low):
        return f"{rate.value:.2%}", rate.reason
    return f"{rate.value:.2%}", f"{rate.low:.2%} to {rate.high:.2%}"


def _length_table(units: Sequence[Unit]) -> Table:
    rows = []
    for source in (*source_names(units), "all"):
        lengths = [unit.length for unit in units if source in (unit.source, "all")]
        if lengths:
            marks = np.quantile(lengths, [0.05, 0.25, 0.5, 0.75, 0.95])
            rows.append((source, *(f"{mark:.0f}" for mark in marks), f"{max(lengths):,}"))
    columns = ("source", "5 %", "25 %", "median", "75 %", "95 %", "longest")
    return Table("Sentence lengths in characters", columns, tuple(rows))


def _together_table(units: Sequence[Unit]) -> Table:
    names = load_schema().names
    together = count_together(units)
    alone = Counter(next(iter(u.mark.labels)) for u in units if len(u.mark.labels) == 1)
    rows = [
        (name, *(f"{count:,}" for count in together[place]), f"{alone[name]:,}")
        for place, name in enumerate(names)
    ]
    note = "sentences that carry both labels; the diagonal holds each label's own"
    return Table("Labels together", ("label", *names, "alone"), tuple(rows), note)


def _kind_table(
    units: Sequence[Unit], title: str, column: str, key: Callable[[Unit], str]
) -> Table:
    members: dict[Hashable, list[Unit]] = {}
    for unit in units:
        members.setdefault(key(unit) or "not given", []).append(unit)
    rows = tuple((str(name), *_sizes(members[name])) for name in sorted(members, key=str))
    return Table(title, (column, "documents", "sentences", *load_schema().names), rows)
