"""A finished batch directory → its rows, whichever format it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from classifier.batch.layout import MANIFEST, TABLES, read_manifest
from classifier.errors import DataError, UsageError
from classifier.text.ingestion.lines import require_pyarrow

_BATCH_ROWS = 1024


def read_rows(
    directory: Path, table: str, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``articles`` or ``sentences`` in order, a shard at a time.

    Args:
        columns: only these, where they are there; all by default.

    Raises:
        DataError: no finished batch directory.
        UsageError: no such table.
        MissingExtraError: Parquet, and no pyarrow.
    """
    if table not in TABLES:
        raise UsageError("table", repr(table), " or ".join(TABLES))
    manifest = read_manifest(directory)
    if manifest is None:
        raise DataError(
            directory.name,
            f"no {MANIFEST}",
            "a directory that cadrage batch has finished",
            "Run the same cadrage batch command again to finish it.",
        )
    for shard in manifest.shards:
        if shard.table != table:
            continue
        read = _parquet if manifest.identity.output == "parquet" else _json_lines
        yield from read(directory / shard.name, columns)


def _parquet(path: Path, columns: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    require_pyarrow(path.name)
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    there = [name for name in columns or () if name in file.schema_arrow.names]
    wanted = None if columns is None else there
    for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
        yield from batch.to_pylist()


def _json_lines(path: Path, columns: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as stream:
        for line in stream:
            row = decoder.decode(line)
            yield row if columns is None else {name: row[name] for name in columns if name in row}
