"""Annotated documents as rows of gold: what models learn from and are judged on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.annotations import (
    AnnotatedArticle,
    DocumentMark,
    cues_of,
    file_hash,
    join_text,
    read_annotations,
)
from classifier.corpus.sources import how_to_bring, list_sources, load_text
from classifier.errors import DataError
from classifier.records import Article, Cue, Sentence
from classifier.schema import load_schema

Gold = NDArray[np.bool_]
"""Shape ``(n_sentences, n_labels)``, labels in schema order."""


@dataclass(frozen=True, slots=True)
class Document:
    """An article and the units of it that a model looks at, in reading order."""

    article: Article
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class LabelledDocuments:
    """Documents with their gold.

    Attributes:
        documents: whole articles or runs of them.
        marks: their annotations, in the same order.
        gold: shape (units of all documents, labels), rows in the documents' order.
        cues: for each row, per label, the gold cues.
        depths: shape (rows,), the gold relay depth, 0 where there is none.
        rows: for each row the number of its document.
    """

    documents: tuple[Document, ...]
    marks: tuple[DocumentMark, ...]
    gold: Gold
    cues: tuple[dict[str, tuple[Cue, ...]], ...]
    depths: NDArray[np.int64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.gold.shape[0])

    def scorable(self) -> NDArray[np.bool_]:
        """Return, for each row, whether it can carry a label (credit lines cannot)."""
        return np.array([unit.kind != "credit" for unit in units(self.documents)], dtype=bool)

    def select(self, keep: Sequence[int]) -> LabelledDocuments:
        """Return the documents of these numbers, in this order."""
        return label_documents(
            [
                AnnotatedArticle(
                    self.documents[number].article,
                    self.marks[number],
                    self.documents[number].sentences,
                )
                for number in keep
            ]
        )


def units(documents: Sequence[Document]) -> Iterator[Sentence]:
    """Yield the units of the documents in row order."""
    for document in documents:
        yield from document.sentences


def label_documents(annotated: Iterable[AnnotatedArticle]) -> LabelledDocuments:
    """Turn annotated articles into rows of gold."""
    names = load_schema().names
    documents, marks, gold, cues, depths, rows = [], [], [], [], [], []
    for number, one in enumerate(annotated):
        documents.append(Document(one.article, one.sentences))
        marks.append(one.document)
        for mark in one.document.sentences:
            gold.append([name in mark.labels for name in names])
            cues.append({name: cues_of(label) for name, label in mark.labels.items()})
            relay = mark.labels.get("relay_sourcing")
            depths.append((relay.depth or 0) if relay is not None else 0)
            rows.append(number)
    return LabelledDocuments(
        tuple(documents),
        tuple(marks),
        np.array(gold, dtype=bool).reshape(-1, len(names)),
        tuple(cues),
        np.array(depths, dtype=np.int64),
        np.array(rows, dtype=np.int64),
    )


def annotation_files(data: Path, source: str, layer: str = "gold") -> list[Path]:
    """Return the stand-off files of a source: ``gold``, ``pass_a`` or ``pass_b``."""
    return sorted((data / source / layer).glob("*.jsonl"))


def annotated_sources(data: Path) -> list[str]:
    """Return the sources that have adjudicated gold, the user's own included."""
    return [name for name in list_sources(data) if annotation_files(data, name)]


def load_gold(data: Path, sources: Iterable[str]) -> list[AnnotatedArticle]:
    """Load adjudicated documents joined to their text.

    Raises:
        DataError: no gold for a source, its text is not here, or a hash does not match.
        FaultsError: faults in the annotation files.
    """
    joined = []
    for source in sources:
        files = annotation_files(data, source)
        if not files:
            raise DataError(str(data / source / "gold"), "no file", f"annotations of {source!r}")
        text = load_text(source, data)
        for document in read_annotations(files):
            if document.id not in text:
                expected = "the text that was annotated"
                raise DataError(document.key, "no text", expected, how_to_bring(source, data))
            joined.append(join_text(document, text[document.id]))
    return joined


def data_hashes(data: Path, sources: Iterable[str]) -> dict[str, str]:
    """Return path → SHA-256 of every gold file of the sources and of the split manifest."""
    files = [file for source in sources for file in annotation_files(data, source)]
    manifest = data / "splits.json"
    if manifest.exists():
        files.append(manifest)
    return {file.relative_to(data).as_posix(): file_hash(file) for file in files}
