"""Input files → numbered chunks of articles, the same at every start.

A chunk holds the next N things to do, in the order of the input: articles to score and faults to
note. What an earlier run has scored is left out before chunks are cut, so a chunk depends on the
input and the finished part of the directory alone, not on how often a run was interrupted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from classifier.batch.index import Index, Meeting, Place
from classifier.batch.layout import hash_file
from classifier.batch.sources import DOCUMENTS, find_inputs
from classifier.batch.tables import choose_columns
from classifier.errors import DataError, Fault
from classifier.records import Article
from classifier.text.ingestion import MAX_FILE_BYTES, Format, Source, read_source

SHARD_ARTICLES = 1000
_CHUNK_BYTES = 16 << 20
_SAMPLE_ROWS = 1000
_SAMPLE_FILES = 100
_NO_INPUT = -1


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of a text or HTML file; they become an article where they are scored."""

    raw: bytes
    html: bool
    id: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do.

    Attributes:
        input: number of its input file; -1 for a path at which there is none.
        file, row: where it stands.
        key: names id and content, 32 hexadecimal digits; empty for a fault.
    """

    input: int
    file: str
    row: int | None
    key: str
    content: Article | Document | Fault


@dataclass(frozen=True, slots=True)
class Chunk:
    """Items that are scored together and written as one shard; the digest names all of it."""

    index: int
    digest: str
    items: list[Item]


@dataclass
class Totals:
    """What planning met that needs no scoring."""

    known_files: int = 0
    new_files: int = 0
    known: int = 0
    copies: int = 0
    other_texts: int = 0
    rejected_before: int = 0


def content_key(article: Article) -> str:
    """Return the key of an article: of its id and everything that its scores depend on."""
    parts = (
        article.id,
        article.title,
        article.heading,
        article.publisher,
        article.text,
        *(article.sentences or ()),
    )
    return _digest(parts)


def sample_columns(labels: Sequence[tuple[str, str]], output: Path) -> dict[str, str]:
    """Return the input's own columns and their types, as the first rows of its tables show them.

    Looks at 1,000 rows of each of the first 100 tables; texts and pages have none.
    """
    rows: list[dict[str, Any]] = []
    tables = 0
    for _, source in find_inputs(labels, output):
        if isinstance(source, Fault) or source.format in DOCUMENTS:
            continue
        for item in islice(read_source(source), _SAMPLE_ROWS):
            if isinstance(item, Article):
                rows.append(dict(item.metadata))
        tables += 1
        if tables == _SAMPLE_FILES:
            break
    return choose_columns(rows)


class Planner:
    """Reads the input once and cuts it into chunks."""

    def __init__(
        self,
        labels: Sequence[tuple[str, str]],
        output: Path,
        index: Index,
        *,
        first: int,
        size: int,
        stamp: str,
        passed: Callable[[int], None] = lambda _: None,
    ) -> None:
        """
        Args:
            first: number of the first chunk.
            size: items of a chunk, at most.
            stamp: all else that the output depends on: settings, columns, versions.
            passed: told of articles passed over.
        """
        self.totals = Totals()
        self._labels = labels
        self._output = output
        self._index = index
        self._first = first
        self._size = size
        self._stamp = stamp
        self._passed = passed

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks, in order."""
        number, items, weight = self._first, [], 0
        digest = self._new_digest(number)
        for item in self._items():
            items.append(item)
            weight += _update(digest, item)
            if len(items) == self._size or weight >= _CHUNK_BYTES:
                yield Chunk(number, digest.hexdigest(), items)
                number, items, weight = number + 1, [], 0
                digest = self._new_digest(number)
        if items:
            yield Chunk(number, digest.hexdigest(), items)

    def _new_digest(self, number: int) -> Any:
        return hashlib.sha256(f"{self._stamp}\n{number}\n".encode())

    def _items(self) -> Iterator[Item]:
        for name, source in find_inputs(self._labels, self._output):
            if isinstance(source, Fault):
                yield Item(_NO_INPUT, name, None, "", source)
            elif source.format in DOCUMENTS:
                yield from self._document(source)
            else:
                yield from self._table(source)

    def _open(self, name: str, sha256: str, size: int) -> int | None:
        """Return the number of a new input file, None for one that is done."""
        found = self._index.find_input(name, sha256)
        if found is None:
            self.totals.new_files += 1
            return self._index.add_input(name, sha256, size)
        number, rows, rejected = found
        self._passed(rows)
        if number < self._index.old_inputs:
            self.totals.known_files += 1
            self.totals.rejected_before += rejected
        return None

    def _document(self, source: Source) -> Iterator[Item]:
        name = source.name
        try:
            with source.path.open("rb") as stream:
                raw = stream.read(MAX_FILE_BYTES + 1)
            # What lies beyond the limit is never scored, so its head may stand for it.
            sha256, size = hashlib.sha256(raw).hexdigest(), source.path.stat().st_size
        except OSError as error:
            yield Item(_NO_INPUT, name, None, "", _unreadable(source, error))
            return
        number = self._open(name, sha256, size)
        if number is None:
            return
        document = Document(raw, source.format is Format.HTML, source.stem)
        key = _digest((source.stem, source.format.name, sha256))
        if self._is_to_score(number, document.id, key, Place(name, None)):
            yield Item(number, name, None, key, document)

    def _table(self, source: Source) -> Iterator[Item]:
        name = source.name
        try:
            before = _state(source.path)
            sha256 = hash_file(source.path)
        except OSError as error:
            yield Item(_NO_INPUT, name, None, "", _unreadable(source, error))
            return
        number = self._open(name, sha256, before[0])
        if number is None:
            return
        for item in read_source(source):
            if isinstance(item, Fault):
                yield Item(number, name, _row(item.where, name), "", _local(item, source))
                continue
            key, row = content_key(item), _row(item.origin, name)
            if self._is_to_score(number, item.id, key, Place(name, row)):
                yield Item(number, name, row, key, item)
        if _state(source.path) != before:
            raise DataError(
                name, "a file that changed while it was read", "one that stays as it is",
                "Run the same command again: what was scored is kept.",
            )  # fmt: skip

    def _is_to_score(self, number: int, article_id: str, key: str, place: Place) -> bool:
        meeting, first = self._index.meet(article_id, key, place)
        if first is not None and meeting in (Meeting.COPY, Meeting.OTHER_TEXT):
            line = {
                "id": article_id,
                "file": place.file,
                "row": place.row,
                "first_file": first.file,
                "first_row": first.row,
                "finding": meeting.value,
            }
            self._index.add_duplicate(_json_line(line))
        if meeting is Meeting.OTHER_TEXT:
            self.totals.other_texts += 1
        elif meeting is Meeting.KNOWN:
            self.totals.known += 1
            self._index.count_seen(number, known=1)
        elif meeting is Meeting.COPY:
            self.totals.copies += 1
            self._index.count_seen(number, copies=1)
        to_score = meeting in (Meeting.NEW, Meeting.OTHER_TEXT)
        if not to_score:
            self._passed(1)
        return to_score


def _update(digest: Any, item: Item) -> int:
    """Put an item into a chunk's digest; return about how many bytes it holds."""
    content = item.content
    parts: list[str] = [str(item.input), item.file, str(item.row), item.key]
    weight = 0
    if isinstance(content, Article):
        kept = repr(content.metadata)
        parts += [content.url, content.published, kept]
        weight = len(content.text) + len(kept)
    elif isinstance(content, Document):
        weight = len(content.raw)
    else:
        parts += [content.where, content.found, content.expected, content.fix]
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(encoded) + encoded)
    return weight


def _digest(parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(encoded) + encoded)
    return digest.hexdigest()[:32]


def _json_line(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value) + b"\n"
    except UnicodeEncodeError:
        clean = {
            name: one.encode("utf-8", "replace").decode() if isinstance(one, str) else one
            for name, one in value.items()
        }
        return msgspec.json.encode(clean) + b"\n"


def _row(where: str, name: str) -> int | None:
    number = where.removeprefix(f"{name}:")
    return int(number) if number != where and number.isdecimal() else None


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _unreadable(source: Source, error: OSError) -> Fault:
    found = f"an error of the system: {error.strerror or error}"
    return _local(Fault(source.name, found, "a readable file"), source)


def _local(fault: Fault, source: Source) -> Fault:
    """Return the fault without the file's place on this machine."""
    full = str(source.path)
    if full not in fault.found:
        return fault
    return replace(fault, found=fault.found.replace(full, source.name))
