"""Stand-off annotations: where the labels of a text stand, without the text.

One JSON object a line, one document an object: source, id, SHA-256 of the text, and for every
annotated unit its field, code-point offsets, kind, and labels with their cues. A file of one
annotation pass and a file of adjudicated gold have the same form.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from classifier.errors import DataError, Fault, FaultsError
from classifier.records import FIELDS, KINDS, Article, Cue, Field, Kind, Sentence
from classifier.schema import load_schema

Record = TypeVar("Record")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class LabelMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A positive label of one sentence: its cues ``[start, end, device]`` and, for relay, depth."""

    cues: tuple[tuple[int, int, str], ...]
    depth: int | None = None

    @property
    def devices(self) -> frozenset[str]:
        return frozenset(device for _, _, device in self.cues)


class SentenceMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One annotated unit; a label that is absent is negative."""

    index: int
    field: Field
    start: int
    end: int
    kind: Kind
    labels: dict[str, LabelMark] = msgspec.field(default_factory=dict)
    note: str = ""


class DocumentMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The annotation of one document.

    Attributes:
        sha256: :func:`document_hash` of the text that was read.
        selection: how the document was drawn: ``random``, ``device:…``, ``topic:…``, ``written``.
        group: documents of one group never part between splits (minimal pairs).
    """

    source: str
    id: str
    sha256: str
    sentences: tuple[SentenceMark, ...]
    selection: str = ""
    batch: str = ""
    date: str = ""
    topic: str = ""
    style: str = ""
    group: str = ""

    @property
    def key(self) -> str:
        """``source/id``, unique in the corpus."""
        return f"{self.source}/{self.id}"


def document_hash(article: Article) -> str:
    """Return the SHA-256 (hex) of title, heading and text, joined by U+001F, in UTF-8."""
    joined = "\x1f".join(article.content(name) for name in FIELDS)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_annotations(paths: Iterable[Path]) -> list[DocumentMark]:
    """Read stand-off files and check everything that needs no text.

    Raises:
        FaultsError: every fault of every file at once: an unreadable file, broken JSON, unknown
            keys, devices outside the schema, offsets out of order, a label without cue, a
            document given twice.
    """
    faults: list[Fault] = []
    documents: list[DocumentMark] = []
    seen: dict[str, str] = {}
    for path in paths:
        for where, document in decode_lines(
            path,
            DocumentMark,
            faults,
            file="a file of annotations",
            record="one annotated document as JSON",
        ):
            faults.extend(check_document(document, where))
            if document.key in seen:
                faults.append(
                    Fault(
                        where, f"document {document.key} again", f"once, as in {seen[document.key]}"
                    )
                )
            seen[document.key] = where
            documents.append(document)
    if faults:
        raise FaultsError(faults)
    return documents


def decode_lines(
    path: Path, kind: type[Record], faults: list[Fault], *, file: str, record: str
) -> Iterator[tuple[str, Record]]:
    """Yield the records of a file of JSON lines, each with its place; what is none is a fault.

    Args:
        faults: gets what could not be read.
        file, record: what the file, and a line of it, should be, in words.
    """
    decoder = msgspec.json.Decoder(kind)
    try:
        stream = path.open("rb")
    except OSError as error:
        reason = error.strerror or "an unreadable file"
        faults.append(Fault(str(path), reason, file))
        return
    with stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                yield where, decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                faults.append(Fault(where, str(error), record))


def check_document(document: DocumentMark, where: str) -> list[Fault]:
    """Return the faults of one document that show without its text."""
    schema = load_schema()
    faults: list[Fault] = []

    def fault(found: str, expected: str) -> None:
        faults.append(Fault(where, found, expected))

    if not _SHA256.fullmatch(document.sha256):
        fault(f"sha256 {document.sha256[:70]!r}", "64 hexadecimal digits")
    last: tuple[int, int] = (-1, 0)
    last_index = -1
    for mark in document.sentences:
        at = f"sentence {mark.index}"
        if mark.index <= last_index:
            fault(f"{at} after sentence {last_index}", "indexes that rise")
        last_index = mark.index
        if mark.kind not in KINDS:
            fault(f"{at}: kind {mark.kind!r}", f"one of {', '.join(KINDS)}")
        field_order = FIELDS.index(mark.field)
        if not 0 <= mark.start < mark.end:
            fault(f"{at}: offsets {mark.start}..{mark.end}", "0 <= start < end")
        if (field_order, mark.start) < last:
            fault(
                f"{at}: starts at {mark.start}", f"not before {last[1]}, where the last unit ends"
            )
        last = (field_order, mark.end)
        if mark.kind == "credit" and mark.labels:
            fault(f"{at}: a label on a credit line", "credit lines carry no label")
        for name, label in mark.labels.items():
            faults.extend(_check_label(where, at, mark, name, label, schema.names))
    return faults


def _check_label(
    where: str, at: str, mark: SentenceMark, name: str, label: LabelMark, names: tuple[str, ...]
) -> Iterator[Fault]:
    if name not in names:
        yield Fault(where, f"{at}: label {name!r}", f"one of {', '.join(names)}")
        return
    devices = load_schema().label(name).device_names
    if not label.cues:
        yield Fault(where, f"{at}: {name} without a cue", "at least one cue span")
    for start, end, device in label.cues:
        if device not in devices:
            yield Fault(where, f"{at}: {name} device {device!r}", f"one of {', '.join(devices)}")
        if not 0 <= start < end <= mark.end - mark.start:
            yield Fault(where, f"{at}: cue {start}..{end}", f"inside 0..{mark.end - mark.start}")
    if name == "relay_sourcing":
        if label.depth is None or label.depth < 1:
            yield Fault(where, f"{at}: depth {label.depth}", "a whole number of hands, 1 or more")
    elif label.depth is not None:
        yield Fault(where, f"{at}: {name} with a depth", "a depth on relay_sourcing only")


def write_annotations(documents: Iterable[DocumentMark], path: Path) -> None:
    """Write documents as stand-off JSONL, atomically, in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        for document in documents:
            stream.write(encoder.encode(document) + b"\n")
    part.replace(path)


class AnnotatedArticle(msgspec.Struct, frozen=True):
    """A document's annotation joined to its text.

    ``sentences[i]`` is the unit that ``document.sentences[i]`` marks.
    """

    article: Article
    document: DocumentMark
    sentences: tuple[Sentence, ...]


def join_text(document: DocumentMark, article: Article) -> AnnotatedArticle:
    """Join a stand-off document to its text.

    Raises:
        DataError: the text's hash or its length is not what was annotated.
    """
    found = document_hash(article)
    if found != document.sha256:
        raise DataError(
            document.key,
            f"text with SHA-256 {found[:12]}…",
            f"{document.sha256[:12]}…, the text that was annotated",
            "The text has changed since then. That of a public source is brought again, at its "
            f"fixed commit, with: cadrage corpus fetch {document.source}",
        )
    sentences = []
    for mark in document.sentences:
        content = article.content(mark.field)
        if mark.end > len(content):
            raise DataError(
                document.key,
                f"sentence {mark.index} ending at {mark.end}",
                f"at most {len(content)}, the length of {mark.field}",
            )
        sentences.append(
            Sentence(
                mark.index,
                mark.field,
                mark.start,
                mark.end,
                mark.kind,
                content[mark.start : mark.end],
            )
        )
    return AnnotatedArticle(article, document, tuple(sentences))


def mark_document(
    article: Article,
    sentences: Iterable[Sentence],
    labels: Mapping[int, Mapping[str, LabelMark]],
    *,
    source: str,
    notes: Mapping[int, str] | None = None,
    **attributes: Any,
) -> DocumentMark:
    """Build a document's annotation from its sentences and the labels by sentence index."""
    notes = notes or {}
    return DocumentMark(
        source=source,
        id=article.id,
        sha256=document_hash(article),
        sentences=tuple(
            SentenceMark(
                sentence.index,
                sentence.field,
                sentence.start,
                sentence.end,
                sentence.kind,
                dict(labels.get(sentence.index, {})),
                notes.get(sentence.index, ""),
            )
            for sentence in sentences
        ),
        **attributes,
    )


def cues_of(label: LabelMark) -> tuple[Cue, ...]:
    """Return a label's cues as records, in order of offset."""
    return tuple(sorted(Cue(start, end, device) for start, end, device in label.cues))
