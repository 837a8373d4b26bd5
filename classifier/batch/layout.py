"""A batch directory: what lies where, how it is written, who may write.

Layout::

    manifest.json        what was scored by which model; the directory holds what it names
    articles/00000.…     one row an article
    sentences/00000.…    one row a sentence
    rejects.jsonl        rows that could not be scored: file, row, reason
    duplicates.jsonl     articles whose id stood somewhere before
    .work/               only while a run is unfinished: see :mod:`classifier.batch.state`

Nothing in it says when, where or by how many processes it was made.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from classifier.errors import DataError

MANIFEST = "manifest.json"
REJECTS = "rejects.jsonl"
DUPLICATES = "duplicates.jsonl"
WORK = ".work"
ARTICLES = "articles"
SENTENCES = "sentences"
TABLES = (ARTICLES, SENTENCES)
FORMATS = ("parquet", "jsonl")
FORMAT = 2
"""Version of this layout and of its tables."""

_TEMPORARY = ".tmp"
_NEW_DIRECTORY = "Give a new directory to --output; the old one stays as it is."


class Shard(msgspec.Struct, frozen=True):
    """One file of one table."""

    table: str
    name: str
    rows: int
    bytes: int
    sha256: str


class InputFile(msgspec.Struct, frozen=True):
    """One input file, as it was when it was read.

    Attributes:
        name: its path below what the user named, never absolute.
        articles, sentences, rejected: what became of it.
        known: articles in it that an earlier run had scored.
        copies: articles in it that stood earlier in the same run, word for word.
    """

    name: str
    sha256: str
    bytes: int
    articles: int = 0
    sentences: int = 0
    rejected: int = 0
    known: int = 0
    copies: int = 0


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all rows of a directory have in common; none of it may change.

    Attributes:
        format: version of the layout.
        output: ``parquet`` or ``jsonl``.
        schema: fingerprint of the label space.
        model: name, version, SHA-256.
        resemblance: SHA-256 and licence of the resemblance model; empty, and not written, where
            that score was not asked for.
    """

    format: int
    output: str
    schema: str
    model: dict[str, str]
    thresholds: dict[str, float]
    resemblance: dict[str, str] = {}


class Manifest(msgspec.Struct, frozen=True):
    """What a batch directory says of itself; its inputs are read by :func:`read_inputs`.

    Attributes:
        versions: of cadrage, that wrote rows.
        columns: input columns that have a column of their own in ``articles`` (Parquet), and types.
        counts: of articles, sentences, rejected rows, duplicate ids, input files.
        logs: committed length in bytes of ``rejects.jsonl`` and ``duplicates.jsonl``.
    """

    identity: Identity
    versions: list[str]
    columns: dict[str, str]
    counts: dict[str, int]
    logs: dict[str, int]
    shards: list[Shard]


def write_manifest(directory: Path, manifest: Manifest, inputs: Iterator[InputFile]) -> None:
    """Write the manifest, one line an input, so that millions of files need no memory."""
    head = msgspec.to_builtins(manifest)
    shards = head.pop("shards")
    with atomic_write(directory / MANIFEST, directory / WORK) as stream:
        stream.write(b"{\n")
        for name, value in head.items():
            stream.write(b'"%s": %s,\n' % (name.encode(), msgspec.json.encode(value)))
        for name, rows in (("shards", iter(shards)), ("inputs", inputs)):
            stream.write(b'"%s": [' % name.encode())
            for number, row in enumerate(rows):
                stream.write(b",\n" if number else b"\n")
                stream.write(msgspec.json.encode(row))
            stream.write(b"\n],\n" if name == "shards" else b"\n]\n")
        stream.write(b"}\n")


def read_manifest(directory: str | Path) -> Manifest | None:
    """Return the manifest, or None where there is none.

    Raises:
        DataError: a manifest that this command did not write.
    """
    path = Path(directory) / MANIFEST
    if not path.exists():
        return None
    try:
        head = b"".join(line for line in _sections(path) if isinstance(line, bytes))
        return msgspec.json.decode(head.rstrip().rstrip(b",") + b"}", type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(
            str(path), str(error), "a manifest that cadrage batch wrote", _NEW_DIRECTORY
        ) from None


def read_inputs(directory: str | Path) -> Iterator[InputFile]:
    """Yield the input files that the manifest names, one at a time."""
    path = Path(directory) / MANIFEST
    if path.exists():
        yield from (line for line in _sections(path) if isinstance(line, InputFile))


def _sections(path: Path) -> Iterator[bytes | InputFile]:
    """Yield the lines before the inputs as they are, then each input."""
    decoder = msgspec.json.Decoder(InputFile)
    with path.open("rb") as stream:
        for line in stream:
            if line == b'"inputs": [\n':
                break
            yield line
        for line in stream:
            if line.startswith(b"]"):
                break
            yield decoder.decode(line.rstrip(b",\n"))


def shard_name(table: str, index: int, output: str) -> str:
    """Return the path, inside the directory, of one table's shard."""
    return f"{table}/{index:05d}.{output}"


@contextmanager
def atomic_write(path: Path, work: Path) -> Iterator[Any]:
    """Open a file for bytes that appears under its name whole and on the disk, or not at all.

    Args:
        work: a folder of the same file system for the unfinished file.
    """
    temporary = work / f"{path.parent.name}-{path.name}-{os.getpid()}{_TEMPORARY}"
    try:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_file(path: Path) -> str:
    """Return a file's SHA-256, reading it piece by piece."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def lock_directory(directory: Path) -> Iterator[int]:
    """Make the directory and hold it for one writer; yields the handle that holds the lock.

    Worker processes inherit the handle, so that the lock lasts until the last of them is gone,
    even where the process that started them was killed.

    Raises:
        DataError: another run holds it, or it holds files of something else.
    """
    directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                directory.name,
                "another run that writes into it",
                "one writer at a time",
                "Wait for it to end, or give another directory.",
            ) from None
        _check_ours(directory)
        yield handle
    finally:
        os.close(handle)


def _check_ours(directory: Path) -> None:
    present = {entry.name for entry in directory.iterdir()}
    if present and not present & {MANIFEST, WORK}:
        found = f"a folder that already holds {sorted(present)[0]}"
        raise DataError(
            directory.name, found, "an empty folder or one of cadrage batch", _NEW_DIRECTORY
        )


def check_identity(directory: Path, before: Identity, now: Identity, what: str) -> None:
    """Refuse to put rows of two models, thresholds or schemas into one directory.

    With and without the resemblance score are two models in this sense.

    Raises:
        DataError: what differs, with both values.
    """
    differing = [
        ("version of the layout", str(before.format), str(now.format)),
        ("format", before.output, now.output),
        ("schema", before.schema[:16], now.schema[:16]),
        ("model", before.model["sha256"][:16], now.model["sha256"][:16]),
        ("thresholds", _listed(before.thresholds), _listed(now.thresholds)),
        ("--with-score", _resembling(before.resemblance), _resembling(now.resemblance)),
    ]
    for name, old, new in differing:
        if old != new:
            raise DataError(
                directory.name, f"{what} with {name} {old}", f"{name} {new}", _NEW_DIRECTORY
            )


def _resembling(resemblance: dict[str, str]) -> str:
    return resemblance["sha256"][:16] if resemblance else "off"


def _listed(thresholds: dict[str, float]) -> str:
    return ", ".join(f"{label}={value!r}" for label, value in thresholds.items())
