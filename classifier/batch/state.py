"""An unfinished run: begun, taken up again, finished.

``.work/`` holds ``run.json`` (what the run is), ``done-*.json`` (a record per finished chunk),
unfinished files and the index. A shard counts once its record is there. The manifest replaces all
records at once; after it only ``.work/`` is left to remove.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

import classifier
from classifier.article.resemblance import ResemblanceScorer
from classifier.batch.index import Index
from classifier.batch.layout import (
    ARTICLES,
    DUPLICATES,
    FORMAT,
    REJECTS,
    SENTENCES,
    TABLES,
    WORK,
    Identity,
    Manifest,
    Shard,
    atomic_write,
    check_identity,
    hash_file,
    read_inputs,
    read_manifest,
    sync_folder,
    write_manifest,
)
from classifier.batch.work import Done, done_path
from classifier.errors import DataError
from classifier.records import ModelInfo
from classifier.schema import load_schema

_RUN = "run.json"
_COPY_BYTES = 1 << 20
_Kind = TypeVar("_Kind")


def identify(
    info: ModelInfo, output: str, resemblance: ResemblanceScorer | None = None
) -> Identity:
    """Return what all rows scored by these models have in common."""
    schema = load_schema()
    apart = {}
    if resemblance is not None:
        apart = {"sha256": resemblance.sha256, "licence": resemblance.model.licence}
    return Identity(
        FORMAT,
        output,
        schema.fingerprint,
        {"name": info.name, "version": info.version, "sha256": info.sha256},
        {name: float(info.thresholds[name]) for name in schema.names},
        apart,
    )


def output_of(directory: Path) -> str | None:
    """Return the format of a directory that exists, finished or not; None for a new one."""
    manifest = read_manifest(directory)
    if manifest is not None:
        return manifest.identity.output
    run = _read_run(directory)
    return run.output if run else None


class State:
    """The directory as earlier runs left it, and what this run has done so far."""

    def __init__(self, directory: Path, identity: Identity) -> None:
        """
        Raises:
            DataError: the directory was made by another model, thresholds or schema, or with
                another setting of the resemblance score.
        """
        self.directory = directory
        self.identity = identity
        self.work = directory / WORK
        self.manifest = read_manifest(directory)
        if self.manifest is not None:
            check_identity(directory, self.manifest.identity, identity, "a finished run")
        begun = _read_run(directory)
        if begun is not None:
            check_identity(directory, begun, identity, "an unfinished run")
        self.resumed = begun is not None and any(self.work.glob("done-*.json"))
        self.first = 1 + max((_number(one.name) for one in self._old_shards()), default=-1)
        self.columns: dict[str, str] = {}

    def begin(self) -> Index:
        """Make the folders, remove what a killed run left half done, read what is there."""
        self.work.mkdir(exist_ok=True)
        for leftover in self.work.glob("*.tmp"):
            leftover.unlink()
        for table in TABLES:
            (self.directory / table).mkdir(exist_ok=True)
        with atomic_write(self.work / _RUN, self.work) as stream:
            stream.write(msgspec.json.encode(self.identity))
        sync_folder(self.directory)
        index = Index(self.work / "index.sqlite")
        index.add_old_inputs(read_inputs(self.directory))
        for shard in self._old_shards():
            if shard.table == ARTICLES:
                index.add_old(read_keys(self.directory / shard.name))
        return index

    def find_done(self, number: int, digest: str) -> Done | None:
        """Return the record of a chunk that is done and whole; forget one that is not."""
        path = done_path(self.directory, number)
        done = _read_done(path)
        if done is not None and done.digest == digest and self._is_whole(done):
            return done
        path.unlink(missing_ok=True)
        return None

    def finish(self, index: Index, end: int) -> Manifest | None:
        """Write logs and manifest and remove the working folder.

        Args:
            end: number after the last chunk.

        Returns:
            The manifest; None where there was nothing new and all stays as it was.
        """
        shards = list(self._old_shards())
        for done in self._records(end):
            shards += done.shards
            for counts in done.inputs:
                index.count_scored(*counts)
        self._remove_stray({one.name for one in shards})
        rejects = (line for done in self._records(end) for line in _reject_lines(done))
        written = {
            REJECTS: self._append(REJECTS, _new_lines(index, self._old_lines(REJECTS), rejects)),
            DUPLICATES: self._append(DUPLICATES, index.duplicates()),
        }
        nothing_new = (
            self.manifest is not None
            and len(shards) == len(self.manifest.shards)
            and not any(lines for _, lines in written.values())
            and next(index.inputs(index.old_inputs), None) is None
        )
        if nothing_new:
            self._remove_work(index)
            return None
        manifest = self._manifest(index, shards, written)
        write_manifest(self.directory, manifest, index.inputs())
        self._remove_work(index)
        return manifest

    def _manifest(
        self, index: Index, shards: list[Shard], written: Mapping[str, tuple[int, int]]
    ) -> Manifest:
        versions = list(self.manifest.versions) if self.manifest else []
        if classifier.__version__ not in versions:
            versions.append(classifier.__version__)
        counts = dict.fromkeys((ARTICLES, SENTENCES, "rejected", "duplicate_ids", "inputs"), 0)
        counts |= self.manifest.counts if self.manifest else {}
        counts["inputs"] = sum(1 for _ in index.inputs())
        for table in TABLES:
            counts[table] = sum(one.rows for one in shards if one.table == table)
        counts["rejected"] += written[REJECTS][1]
        counts["duplicate_ids"] += written[DUPLICATES][1]
        logs = {name: length for name, (length, _) in written.items()}
        return Manifest(self.identity, versions, self.columns, counts, logs, shards)

    def _old_shards(self) -> list[Shard]:
        return self.manifest.shards if self.manifest else []

    def _records(self, end: int) -> Iterator[Done]:
        for number in range(self.first, end):
            done = _read_done(done_path(self.directory, number))
            if done is None:
                raise DataError(
                    self.directory.name,
                    f"no record of shard {number}",
                    "one for each",
                    "Run the same command again.",
                )
            yield done

    def _is_whole(self, done: Done) -> bool:
        try:
            return all(hash_file(self.directory / one.name) == one.sha256 for one in done.shards)
        except OSError:
            return False

    def _remove_stray(self, named: set[str]) -> None:
        """Remove shards that only a run over other input had begun."""
        for table in TABLES:
            for path in sorted((self.directory / table).iterdir()):
                if f"{table}/{path.name}" not in named and path.stem.isdecimal():
                    path.unlink()

    def _append(self, name: str, lines: Iterator[bytes]) -> tuple[int, int]:
        """Add lines to what the manifest knows of a log; return its length and how many."""
        path, before = self.directory / name, self._committed(name)
        number = 0
        with atomic_write(path, self.work) as stream:
            if before:
                with path.open("rb") as old:
                    left = before
                    while left and (block := old.read(min(left, _COPY_BYTES))):
                        stream.write(block)
                        left -= len(block)
            for line in lines:
                stream.write(line)
                number += 1
            length = stream.tell()
        return length, number

    def _old_lines(self, name: str) -> Iterator[bytes]:
        left = self._committed(name)
        if left:
            with (self.directory / name).open("rb") as stream:
                while left > 0 and (line := stream.readline()):
                    left -= len(line)
                    yield line

    def _committed(self, name: str) -> int:
        return self.manifest.logs.get(name, 0) if self.manifest else 0

    def _remove_work(self, index: Index) -> None:
        index.close()
        shutil.rmtree(self.work)
        sync_folder(self.directory)


def read_keys(path: Path) -> Iterator[tuple[str, str, str, int | None]]:
    """Yield id, key, file and row of each article of a shard."""
    if path.suffix == ".parquet":
        from pyarrow import parquet

        names = ["id", "key", "file", "row"]
        for batch in parquet.ParquetFile(path).iter_batches(columns=names, use_threads=False):
            columns = [batch.column(name).to_pylist() for name in names]
            yield from zip(*columns, strict=True)
        return
    decoder = msgspec.json.Decoder(_Key)
    with path.open("rb") as stream:
        for line in stream:
            one = decoder.decode(line)
            yield one.id, one.key, one.file, one.row


class _Key(msgspec.Struct):
    id: str
    key: str
    file: str
    row: int | None


def _reject_lines(done: Done) -> Iterator[bytes]:
    for reject in done.rejects:
        yield msgspec.json.encode(reject) + b"\n"


def _new_lines(index: Index, old: Iterator[bytes], new: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the new lines that do not stand among the old; a nightly fault is noted once."""
    for line in old:
        index.is_new_line(line)
    for line in new:
        if index.is_new_line(line):
            yield line


def _read_run(directory: Path) -> Identity | None:
    return _decode(directory / WORK / _RUN, Identity)


def _read_done(path: Path) -> Done | None:
    return _decode(path, Done)


def _decode(path: Path, kind: type[_Kind]) -> _Kind | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=kind)
    return None


def _number(name: str) -> int:
    return int(Path(name).stem)
