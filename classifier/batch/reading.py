"""A finished batch directory → its rows, whichever format it has; damage is told, file by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from classifier.batch.layout import MANIFEST, TABLES, Manifest, Shard, hash_file, read_manifest
from classifier.errors import DataError, UsageError
from classifier.text.ingestion.lines import require_pyarrow

_BATCH_ROWS = 1024
_FIX = "Restore the file from a copy, or run cadrage batch again with a new directory for --output."


def read_rows(
    directory: str | Path,
    table: str,
    columns: Sequence[str] | None = None,
    *,
    needed: Iterable[str] = (),
    verify: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``articles`` or ``sentences`` in order, a shard at a time.

    Args:
        columns: only these, where they are there; all by default.
        needed: columns without which the caller can do nothing.
        verify: compare each shard's SHA-256 with the manifest before it is read; its size always
            is.

    Raises:
        DataError: no finished batch directory; a shard that is gone, changed or damaged, or that
            lacks a needed column.
        UsageError: no such table.
        MissingExtraError: Parquet, and no pyarrow.
    """
    if table not in TABLES:
        raise UsageError("table", repr(table), " or ".join(TABLES))
    directory = Path(directory)
    manifest = require_manifest(directory)
    needed = tuple(needed)
    for shard in manifest.shards:
        if shard.table != table:
            continue
        where = f"{directory.name}/{shard.name}"
        try:
            _check(directory / shard.name, where, shard, verify)
            if manifest.identity.output == "parquet":
                yield from _parquet(directory / shard.name, where, columns, needed)
            else:
                yield from _json_lines(directory / shard.name, where, columns, needed)
        except FileNotFoundError:
            raise _damage(where, "no such file", f"the file that {MANIFEST} names") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise _damage(where, f"a file that cannot be read: {reason}", "a shard") from None


def require_manifest(directory: str | Path) -> Manifest:
    """Return the manifest.

    Raises:
        DataError: no finished batch directory.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        raise DataError(
            Path(directory).name,
            f"no {MANIFEST}",
            "a directory that cadrage batch has finished",
            "Run the same cadrage batch command again to finish it.",
        )
    return manifest


def _damage(where: str, found: str, expected: str) -> DataError:
    return DataError(where, found, expected, _FIX)


def _check(path: Path, where: str, shard: Shard, verify: bool) -> None:
    size = path.stat().st_size
    if size != shard.bytes:
        raise _damage(where, f"{size:,} bytes", f"{shard.bytes:,} bytes, as {MANIFEST} says")
    if verify and (found := hash_file(path)) != shard.sha256:
        expected = f"{shard.sha256[:16]}…, as {MANIFEST} says"
        raise _damage(where, f"other content, SHA-256 {found[:16]}…", expected)


def _require(where: str, needed: Iterable[str], there: Iterable[str]) -> None:
    missing = [name for name in needed if name not in there]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        expected = "the columns that cadrage batch writes now"
        raise _damage(where, f"no column {missing[0]!r}{more}", expected)


def _parquet(
    path: Path, where: str, columns: Sequence[str] | None, needed: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    require_pyarrow(where)
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _require(where, needed, names)
            wanted = None if columns is None else [name for name in columns if name in names]
            for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise _damage(where, f"a damaged file ({error})", "a Parquet file") from None
    except OSError as error:
        if error.errno is not None:
            raise
        # pyarrow tells of a page that does not unpack as an OSError of its own.
        raise _damage(where, f"a damaged file ({error})", "a Parquet file") from None


def _json_lines(
    path: Path, where: str, columns: Sequence[str] | None, needed: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                row = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                place = f"{where}:{number}"
                raise _damage(place, f"a broken line ({error})", "a JSON object") from None
            _require(f"{where}:{number}", needed, row)
            yield row if columns is None else {name: row[name] for name in columns if name in row}
