"""What goes out to other tools: documents with their split and, where it is here, their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.corpus.annotations import (
    AnnotatedArticle,
    DocumentMark,
    join_text,
    mark_document,
    read_annotations,
)
from classifier.corpus.dataset import annotation_files
from classifier.corpus.sources import find_source, how_to_bring, load_text, text_path
from classifier.corpus.splits import SplitManifest, read_splits, repeated_sentences
from classifier.errors import DataError, UsageError
from classifier.text.segmentation import segment

LAYERS = ("gold", "pass_a", "pass_b")
MANIFEST = "splits.json"
_ATTRIBUTES = ("topic", "style", "group")


@dataclass(frozen=True)
class Outgoing:
    """A document on its way out.

    Attributes:
        joined: the document with its text; None where the text is not here or not wanted.
        split: empty where there is no split manifest, or the document is not in it.
        repeated: indexes of test sentences that stand word for word in another split.
    """

    document: DocumentMark
    joined: AnnotatedArticle | None = None
    split: str = ""
    repeated: frozenset[int] = frozenset()


def read_layer(data: Path, sources: Iterable[str], layer: str = "gold") -> list[DocumentMark]:
    """Read the annotations of some sources, without their text.

    Raises:
        UsageError: an unknown source.
        DataError: a source without annotations.
        FaultsError: every fault of every file.
    """
    files = []
    for source in sources:
        find_source(source, data)
        found = annotation_files(data, source, layer)
        if not found:
            raise DataError(str(data / source / layer), "no file", f"annotations of {source!r}")
        files += found
    return read_annotations(files)


def read_assignment(data: Path) -> Mapping[str, str]:
    """Return document key → split; empty where no splits have been made yet."""
    path = data / MANIFEST
    return read_splits(path).assignment if path.exists() else {}


def gather(
    data: Path, sources: Sequence[str], *, layer: str = "gold", text: bool = True
) -> list[Outgoing]:
    """Collect the documents of some sources, with split and, where it is here, text.

    Args:
        layer: ``gold``, ``pass_a`` or ``pass_b``.
        text: whether text is wanted at all.

    Raises:
        UsageError, DataError, FaultsError: see :func:`read_layer`; also text that is not the text
            that was annotated, and a split manifest changed by hand.
    """
    documents = read_layer(data, sources, layer)
    path = data / MANIFEST
    manifest = read_splits(path) if path.exists() else None
    joined = _join(data, documents) if text else {}
    repeated = _repeated(manifest, joined.values()) if manifest is not None else {}
    return [
        Outgoing(
            document,
            joined.get(document.key),
            manifest.assignment.get(document.key, "") if manifest is not None else "",
            frozenset(repeated.get(document.key, ())),
        )
        for document in documents
    ]


def _join(data: Path, documents: Iterable[DocumentMark]) -> dict[str, AnnotatedArticle]:
    joined = {}
    by_source: dict[str, list[DocumentMark]] = {}
    for document in documents:
        by_source.setdefault(document.source, []).append(document)
    for source, members in by_source.items():
        if not text_path(source, data).exists():
            continue
        articles = load_text(source, data)
        for document in members:
            if document.id not in articles:
                expected = "the text that was annotated"
                raise DataError(document.key, "no text", expected, how_to_bring(source, data))
            joined[document.key] = join_text(document, articles[document.id])
    return joined


def _repeated(
    manifest: SplitManifest, annotated: Iterable[AnnotatedArticle]
) -> dict[str, list[int]]:
    by_document: dict[str, list[int]] = {}
    for key, index in repeated_sentences(manifest, annotated):
        by_document.setdefault(key, []).append(index)
    return by_document


def list_unread(data: Path, source: str) -> list[Outgoing]:
    """Return the articles of a source that no layer holds yet, segmented, without labels.

    Raises:
        DataError: the source's text is not here.
        FaultsError: every fault of the articles or of the annotations that are there.
    """
    read = {
        document.key
        for layer in LAYERS
        for document in read_annotations(annotation_files(data, source, layer))
    }
    unread = []
    for article in load_text(source, data).values():
        given = {name: article.metadata.get(name) for name in _ATTRIBUTES}
        attributes: dict[str, Any] = {
            name: value for name, value in given.items() if isinstance(value, str)
        }
        document = mark_document(
            article,
            segment(article),
            {},
            source=source,
            date=article.published[:10],
            **attributes,
        )
        if document.key not in read:
            unread.append(Outgoing(document, join_text(document, article)))
    return unread


def third_party_sources(outgoing: Iterable[Outgoing], data: Path) -> list[str]:
    """Return the sources whose text goes out and belongs to others."""
    names = dict.fromkeys(one.document.source for one in outgoing if one.joined is not None)
    return [name for name in names if find_source(name, data).third_party]


def new_folder(folder: Path) -> Path:
    """Make a folder to write to.

    Raises:
        UsageError: it holds something already, which would be mixed with what is written now.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(str(folder), "a folder in use", "a new or an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
