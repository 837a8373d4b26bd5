"""Soft labels: what a teacher says of sentences that nobody annotated, for a student to learn.

Distillation (G. Hinton et al., Distilling the Knowledge in a Neural Network, 2015) teaches a model
the probabilities of a slower one; self-training its own confident answers. Both come as one file:
a line of what made it, then a line for each article, with no text in it, only offsets into the
source's segmentation and the hash of the text they hold for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document
from classifier.corpus.sources import load_text
from classifier.errors import DataError
from classifier.records import FIELDS, Article
from classifier.schema import load_schema
from classifier.text.segmentation import segment

Targets = NDArray[np.float32]
"""Shape (labels,), probabilities in [0, 1], labels in schema order."""


@dataclass(frozen=True, slots=True)
class SoftDocument:
    """An article, the units of it that are read, and what a teacher said of some of them.

    Attributes:
        key: ``source/id``.
        targets: number of a unit among ``document.sentences`` → its probabilities; units without
            any stand there as context alone.
    """

    key: str
    document: Document
    targets: Mapping[int, Targets]


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    labels: tuple[str, ...]
    made_by: dict[str, Any] = {}


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    text_sha256: str
    targets: dict[int, tuple[float, ...]]


def hash_article(article: Article) -> str:
    """Return the SHA-256 of all that an article's segmentation is made from."""
    parts = [article.content(field) for field in FIELDS]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_soft_labels(
    path: Path, documents: Iterable[SoftDocument], made_by: Mapping[str, Any]
) -> None:
    """Write soft labels, whole or not at all.

    Args:
        made_by: which teachers, on which data; kept in the file's first line.
    """
    encode = msgspec.json.encode
    lines = [encode(_Head(load_schema().names, dict(made_by)))]
    for one in documents:
        targets = {
            one.document.sentences[number].index: tuple(round(float(value), 5) for value in row)
            for number, row in one.targets.items()
        }
        lines.append(encode(_Line(one.key, hash_article(one.document.article), targets)))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(b"".join(line + b"\n" for line in lines))
    part.replace(path)


def read_soft_labels(path: Path, data: Path = Path("data")) -> list[SoftDocument]:
    """Read soft labels and join them to their text.

    Only units with targets, and the two before each, are kept: a model reads no further back.

    Raises:
        DataError: no such file, a broken line, other labels, or a text that is not the one that
            the teacher read.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        fix = "Make them with: python -m experiments.ablations"
        raise DataError(str(path), "no file", "soft labels", fix) from None
    found: list[_Line] = []
    for number, line in enumerate(lines, start=1):
        try:
            if number == 1:
                head = msgspec.json.decode(line, type=_Head)
            else:
                found.append(msgspec.json.decode(line, type=_Line))
        except msgspec.DecodeError as error:
            raise DataError(f"{path}:{number}", str(error), "a line of soft labels") from None
    names = load_schema().names
    if not lines or head.labels != names:
        what = ", ".join(head.labels) if lines else "an empty file"
        raise DataError(str(path), what, f"probabilities of {', '.join(names)}")
    texts = {name: load_text(name, data) for name in sorted({_source(one.key) for one in found})}
    return [_join(path, one, texts[_source(one.key)]) for one in found]


def _source(key: str) -> str:
    return key.partition("/")[0]


def _join(path: Path, line: _Line, articles: Mapping[str, Article]) -> SoftDocument:
    article = articles.get(line.key.partition("/")[2])
    if article is None or hash_article(article) != line.text_sha256:
        found = "no text" if article is None else "another text"
        raise DataError(f"{path}: {line.key}", found, "the text that the teacher read")
    units = segment(article)
    for index, row in line.targets.items():
        if index >= len(units) or len(row) != len(load_schema().names):
            found = f"unit {index} with {len(row)} probabilities"
            raise DataError(f"{path}: {line.key}", found, "one for each label, of a unit it has")
        if not all(0 <= value <= 1 for value in row):
            raise DataError(f"{path}: {line.key}", f"unit {index}: {row}", "numbers from 0 to 1")
    return keep_units(
        line.key,
        Document(article, units),
        {index: np.array(row, dtype=np.float32) for index, row in line.targets.items()},
    )


def keep_units(key: str, document: Document, targets: Mapping[int, Targets]) -> SoftDocument:
    """Return the units that have targets, and the two before each.

    Args:
        document: a whole article.
        targets: index of a unit → its probabilities.
    """
    wanted = sorted({max(0, index - back) for index in targets for back in range(3)})
    kept = tuple(document.sentences[index] for index in wanted)
    place = {index: number for number, index in enumerate(wanted)}
    return SoftDocument(
        key,
        Document(document.article, kept),
        {place[index]: targets[index] for index in sorted(targets)},
    )


def choose_sentences(
    probabilities: Sequence[NDArray[np.float64]], count: int, seed: int
) -> list[list[int]]:
    """Choose what a student learns from: half where a label is likeliest, half at random.

    Most sentences carry no label; drawn at random alone they would teach little else.

    Args:
        probabilities: of each article's units, shape (units, labels); credit lines are NaN.
        count: of units, over all articles.

    Returns:
        for each article the indices of its chosen units, in order.
    """
    owners = np.repeat(np.arange(len(probabilities)), [len(one) for one in probabilities])
    inside = np.concatenate([np.arange(len(one)) for one in probabilities])
    highest = np.concatenate([one.max(axis=1) for one in probabilities])
    free = np.flatnonzero(~np.isnan(highest))
    likely = free[np.argsort(-highest[free], kind="stable")][: count // 2]
    rest = np.setdiff1d(free, likely)
    draw = np.random.default_rng(seed).permutation(rest)[: count - len(likely)]
    chosen: list[list[int]] = [[] for _ in probabilities]
    for number in np.sort(np.concatenate([likely, draw])):
        chosen[owners[number]].append(int(inside[number]))
    return chosen


def keep_confident(row: NDArray[np.float64], confident: float) -> Targets | None:
    """Return a sentence's own labels as 0 and 1, or None where one of them is in doubt.

    Args:
        row: probabilities, shape (labels,).
        confident: in (0.5, 1]; a label counts as shown from here, as absent from 1 minus it.
    """
    if ((row < confident) & (row + confident > 1 + 1e-9)).any():
        return None
    return (row >= confident).astype(np.float32)
