"""How far two annotation passes over the same documents agree, before adjudication.

Between two readers of one kind, agreement measures consistency, not correctness. Credit lines are
left out: they carry no label, and would only add agreement on nothing. Intervals are over
articles; the documents of one ``group`` (minimal pairs) count as one article.

Sources: Cohen, "A coefficient of agreement for nominal scales", *Educational and Psychological
Measurement* 20(1), 1960; Krippendorff, *Content Analysis*, 2nd ed. 2004, § 11.3, and "Computing
Krippendorff's alpha-reliability", 2011 (nominal data, two observers, no missing values).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.corpus.annotations import DocumentMark, SentenceMark, cues_of
from classifier.errors import Fault, FaultsError
from classifier.matching import (
    DEPTH_LABEL,
    SPAN_MATCHES,
    count_cues,
    count_depths,
    pair_cues,
    span_f1,
)
from classifier.records import Cue
from classifier.schema import Schema, load_schema
from classifier.statistics import (
    Clusters,
    FloatArray,
    IntArray,
    Interval,
    Method,
    Resamples,
    divide,
)

LABEL_SET = "label_set"
NO_DEVICE = "(none)"

FIGURES: Mapping[str, tuple[str, str]] = {
    "kappa": (
        "Cohen's κ: 1 full agreement, 0 what chance gives, negative less than chance",
        "both passes give one same answer to every sentence",
    ),
    "alpha": (
        "Krippendorff's α: 1 full agreement, 0 what chance gives, negative less than chance",
        "only one answer occurs",
    ),
    "observed": ("share of sentences with the same answer: 1 all, 0 none", "no sentence"),
    "span_exact": ("F1 of cues, same offsets and device: 1 all, 0 none", "no cue in either pass"),
    "span_overlap": ("F1 of cues paired one to one, same device", "no cue in either pass"),
    "span_exact_any_device": ("F1 of cues, same offsets", "no cue in either pass"),
    "span_overlap_any_device": ("F1 of cues paired one to one", "no cue in either pass"),
    "depth_exact": ("share of common relays with one depth", "no relay in both passes"),
    "depth_within_one": ("share of common relays at most one apart", "no relay in both passes"),
}
"""What each figure means, and why it is NaN where it is."""


@dataclass(frozen=True, eq=False)
class DeviceConfusion:
    """Which device the passes gave to the same words, for one label.

    Cues are paired one to one by overlap (:func:`classifier.matching.pair_cues`).

    Attributes:
        devices: the label's devices in schema order, then ``(none)``.
        counts: (d, d); row: device in the first pass, column: in the second; ``(none)`` where the
            other pass has no cue.
    """

    devices: tuple[str, ...]
    counts: IntArray


@dataclass(frozen=True, eq=False)
class Agreement:
    """The agreement of two passes.

    Attributes:
        documents, articles, sentences: how many were compared; articles are what is resampled.
        positives: label → sentences positive in the first pass, in the second, in both.
        figures: scope → figure → interval. The scopes are the labels, and ``label_set`` for α and
            observed agreement over the whole set of labels of a sentence. See :data:`FIGURES`.
        devices: label → confusion of devices.
        differences: ``(document key, sentence index)`` wherever the label sets differ.
    """

    documents: int
    articles: int
    sentences: int
    positives: Mapping[str, tuple[int, int, int]]
    figures: Mapping[str, Mapping[str, Interval]]
    devices: Mapping[str, DeviceConfusion]
    differences: tuple[tuple[str, int], ...]


def count_coincidences(first: npt.ArrayLike, second: npt.ArrayLike, values: int) -> FloatArray:
    """Return each unit's share in the coincidence matrix of two observers.

    Args:
        first, second: (n,) answers, coded 0 to ``values − 1``.

    Returns:
        (n, values, values): each unit adds 1 at (a, b) and 1 at (b, a), so 2 at (a, a); summed
        over units it is Krippendorff's ``o``, whose entries sum to 2n.
    """
    a, b = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    matrix = np.zeros((len(a), values, values))
    rows = np.arange(len(a))
    matrix[rows, a, b] += 1
    matrix[rows, b, a] += 1
    return matrix


def krippendorff_alpha(coincidences: npt.ArrayLike) -> FloatArray:
    """Return Krippendorff's α, nominal, of coincidence matrices (..., v, v).

    ``1 − (n − 1) · Σ_{c≠k} o_ck / Σ_{c≠k} n_c n_k`` with ``n_c = Σ_k o_ck``, ``n = Σ_c n_c``
    (Krippendorff 2004, eq. 11.4 f.). 1: full agreement; 0: chance; NaN: only one value occurs.
    """
    o = np.asarray(coincidences, dtype=np.float64)
    marginal = o.sum(axis=-1)
    n = marginal.sum(axis=-1)
    apart = n - np.trace(o, axis1=-2, axis2=-1)
    return 1 - divide((n - 1) * apart, n**2 - (marginal**2).sum(axis=-1))


def cohen_kappa(table: npt.ArrayLike) -> FloatArray:
    """Return Cohen's κ of contingency tables (..., v, v), first observer by second.

    ``(p_o − p_e) / (1 − p_e)``: observed agreement and that of the product of the margins.
    1: full agreement; 0: chance; NaN: both give one same answer throughout, or no unit.
    """
    counts = np.asarray(table, dtype=np.float64)
    n = counts.sum(axis=(-2, -1))
    agreed = np.trace(counts, axis1=-2, axis2=-1)
    chance = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1)
    return divide(n * agreed - chance, n**2 - chance)


def measure_agreement(
    first: Sequence[DocumentMark],
    second: Sequence[DocumentMark],
    *,
    replicates: int = 2000,
    seed: int | np.random.Generator = 0,
    method: Method = "bca",
    level: float = 0.95,
) -> Agreement:
    """Compare two annotation passes.

    Raises:
        FaultsError: a document or a sentence that one pass has and the other has not, or whose
            text, offsets, kind or group differ between them; all of these at once.
    """
    schema = load_schema()
    units = _align(first, second)
    a = np.array([[name in u.first.labels for name in schema.names] for u in units], dtype=bool)
    b = np.array([[name in u.second.labels for name in schema.names] for u in units], dtype=bool)
    a, b = a.reshape(len(units), len(schema.names)), b.reshape(len(units), len(schema.names))
    clusters = Clusters.of(unit.article for unit in units)
    resamples = Resamples.draw(clusters, replicates=replicates, seed=seed)
    blocks = _blocks(schema, units, a, b)

    def measure(sums: FloatArray) -> FloatArray:
        return np.stack([figure for _, _, figure in _figures(sums, blocks, schema.names)], axis=1)

    counts = np.concatenate([block for _, block in blocks], axis=1)
    drawn = resamples.of_counts(measure, counts)
    where = [(scope, name) for scope, name, _ in _figures(counts[:0], blocks, schema.names)]
    intervals = drawn.intervals(
        len(clusters),
        method=method,
        level=level,
        reasons=[
            FIGURES[name][1] if math.isnan(value) else ""
            for (_, name), value in zip(where, drawn.estimate.tolist(), strict=True)
        ],
    )
    figures: dict[str, dict[str, Interval]] = {}
    for (scope, name), interval in zip(where, intervals, strict=True):
        figures.setdefault(scope, {})[name] = interval
    return Agreement(
        documents=len(first),
        articles=len(clusters),
        sentences=len(units),
        positives={
            name: (int(a[:, k].sum()), int(b[:, k].sum()), int((a & b)[:, k].sum()))
            for k, name in enumerate(schema.names)
        },
        figures=figures,
        devices={
            label.name: _confuse_devices(label.name, units, schema) for label in schema.labels
        },
        differences=tuple(
            (units[row].key, units[row].first.index) for row in np.flatnonzero((a != b).any(axis=1))
        ),
    )


@dataclass(frozen=True, slots=True)
class _Unit:
    """One sentence in both passes."""

    key: str
    article: str
    first: SentenceMark
    second: SentenceMark


def _align(first: Sequence[DocumentMark], second: Sequence[DocumentMark]) -> list[_Unit]:
    faults: list[Fault] = []
    passes = []
    for name, documents in (("first pass", first), ("second pass", second)):
        by_key: dict[str, DocumentMark] = {}
        for document in documents:
            if document.key in by_key:
                faults.append(Fault(document.key, f"twice in the {name}", "once"))
            by_key[document.key] = document
        passes.append(by_key)
    one, two = passes
    for key in sorted(one.keys() ^ two.keys()):
        name = "first" if key in one else "second"
        faults.append(Fault(key, f"in the {name} pass only", "in both passes"))
    units: list[_Unit] = []
    for key, document in one.items():
        if key in two:
            faults += _differing(document, two[key])
            others = {mark.index: mark for mark in two[key].sentences}
            units += [
                _Unit(key, document.group or key, mark, others[mark.index])
                for mark in document.sentences
                if mark.index in others and mark.kind != "credit"
            ]
    if faults:
        raise FaultsError(faults)
    return units


def _differing(first: DocumentMark, second: DocumentMark) -> Iterable[Fault]:
    if first.sha256 != second.sha256:
        yield Fault(
            first.key,
            f"SHA-256 {second.sha256[:12]}… in the second pass",
            f"{first.sha256[:12]}…, the text of the first",
        )
    if first.group != second.group:
        yield Fault(
            first.key,
            f"group {second.group!r} in the second pass",
            f"{first.group!r}, as in the first",
        )
    marks, others = ({mark.index: mark for mark in d.sentences} for d in (first, second))
    for index in sorted(marks.keys() ^ others.keys()):
        name = "first" if index in marks else "second"
        yield Fault(first.key, f"sentence {index} in the {name} pass only", "in both passes")
    for index in sorted(marks.keys() & others.keys()):
        a, b = marks[index], others[index]
        if (a.field, a.start, a.end, a.kind) != (b.field, b.start, b.end, b.kind):
            yield Fault(
                first.key,
                f"sentence {index}: {b.field} {b.start}..{b.end} {b.kind} in the second pass",
                f"{a.field} {a.start}..{a.end} {a.kind}, as in the first",
            )


def _cues(mark: SentenceMark, label: str) -> tuple[Cue, ...]:
    return cues_of(mark.labels[label]) if label in mark.labels else ()


def _depth(mark: SentenceMark) -> int:
    label = mark.labels.get(DEPTH_LABEL)
    return (label.depth or 0) if label is not None else 0


def _blocks(
    schema: Schema, units: Sequence[_Unit], a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]
) -> list[tuple[str, FloatArray]]:
    """Return named counts (n, …), one row a sentence."""
    blocks: list[tuple[str, FloatArray]] = []
    rows = np.arange(len(units))
    for k, name in enumerate(schema.names):
        table = np.zeros((len(units), 2, 2))
        table[rows, a[:, k].astype(int), b[:, k].astype(int)] = 1
        blocks.append((f"{name}/table", table.reshape(len(units), 4)))
        first, second = (
            [_cues(mark, name) for mark in side]
            for side in ([unit.first for unit in units], [unit.second for unit in units])
        )
        for figure, (overlap, devices) in SPAN_MATCHES.items():
            counts = count_cues(first, second, overlap=overlap, devices=devices)
            blocks.append((f"{name}/{figure}", counts.astype(np.float64)))
    powers = 2 ** np.arange(len(schema.names))
    sets = 2 ** len(schema.names)
    together = count_coincidences(a @ powers, b @ powers, sets)
    blocks.append((LABEL_SET, together.reshape(len(units), sets * sets)))
    depths = count_depths(
        [_depth(unit.first) for unit in units], [_depth(unit.second) for unit in units]
    )
    blocks.append(("depth", depths.astype(np.float64)))
    return blocks


def _figures(
    sums: FloatArray, blocks: Sequence[tuple[str, FloatArray]], names: Sequence[str]
) -> list[tuple[str, str, FloatArray]]:
    """Return scope, figure and its (b,) values from summed counts (b, k)."""
    parts: dict[str, FloatArray] = {}
    start = 0
    for block, counts in blocks:
        parts[block] = sums[:, start : start + counts.shape[1]]
        start += counts.shape[1]
    found: list[tuple[str, str, FloatArray]] = []
    for name in names:
        table = parts[f"{name}/table"].reshape(-1, 2, 2)
        found.append((name, "kappa", cohen_kappa(table)))
        # With two observers the coincidence matrix is the table plus its transpose.
        found.append((name, "alpha", krippendorff_alpha(table + table.transpose(0, 2, 1))))
        agreed = np.trace(table, axis1=1, axis2=2)
        found.append((name, "observed", divide(agreed, table.sum(axis=(1, 2)))))
        found += [(name, figure, span_f1(parts[f"{name}/{figure}"])) for figure in SPAN_MATCHES]
    sets = 2 ** len(names)
    together = parts[LABEL_SET].reshape(-1, sets, sets)
    found.append((LABEL_SET, "alpha", krippendorff_alpha(together)))
    same = np.trace(together, axis1=1, axis2=2)
    found.append((LABEL_SET, "observed", divide(same, together.sum(axis=(1, 2)))))
    both, equal, near = parts["depth"].T
    found.append((DEPTH_LABEL, "depth_exact", divide(equal, both)))
    found.append((DEPTH_LABEL, "depth_within_one", divide(near, both)))
    return found


def _confuse_devices(label: str, units: Sequence[_Unit], schema: Schema) -> DeviceConfusion:
    devices = (*schema.label(label).device_names, NO_DEVICE)
    counts = np.zeros((len(devices), len(devices)), dtype=np.int64)
    none = len(devices) - 1
    for unit in units:
        first, second = set(_cues(unit.first, label)), set(_cues(unit.second, label))
        for a, b in pair_cues(first, second, overlap=True, devices=False):
            counts[devices.index(a.device), devices.index(b.device)] += 1
            first.discard(a)
            second.discard(b)
        for cue in first:
            counts[devices.index(cue.device), none] += 1
        for cue in second:
            counts[none, devices.index(cue.device)] += 1
    return DeviceConfusion(devices, counts)
