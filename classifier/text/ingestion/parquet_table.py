"""Parquet → articles, a few rows at a time. pyarrow is imported on first need."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from classifier.errors import DataError, Fault
from classifier.records import Article
from classifier.text.ingestion.files import Source
from classifier.text.ingestion.lines import MAX_LINE_BYTES, require_pyarrow, too_long
from classifier.text.ingestion.rows import COLUMNS, REQUIRED, article_from_row

_BATCH_ROWS = 128
_BUFFER_BYTES = 1 << 16


def read_parquet(source: Source) -> Iterator[Article | Fault]:
    """Yield an article or a fault for each row; rows count from 1.

    Column chunks are read through a buffer, so that memory does not grow with the file, nor with
    its row groups. Times in nanoseconds are cut to microseconds.

    Raises:
        DataError: the file is not Parquet or damaged, or its columns do not do.
        OSError: the file cannot be opened.
        MissingExtraError: pyarrow is not installed.
    """
    pa = require_pyarrow(source.name)
    from pyarrow import parquet

    row = 0
    with source.path.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            raise DataError(source.name, "a file that is not Parquet", "a Parquet file")
        stream.seek(0)
        try:
            file = parquet.ParquetFile(stream, pre_buffer=False, buffer_size=_BUFFER_BYTES)
            _check_columns(pa, file.schema_arrow, source.name)
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                for values in _rows(pa, batch):
                    row += 1
                    yield _read_row(values, f"{source.name}:{row}", f"{source.basename}:{row}")
        except (pa.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0]
            where = f"{source.name}:{row + 1}" if row else source.name
            fix = f"The {row} rows before it were read." if row else ""
            found = f"a file that cannot be read on: {reason}"
            raise DataError(where, found, "an undamaged Parquet file", fix) from None
    if not row:
        raise DataError(source.name, "a file without rows", "a row for each article")


def _check_columns(pa: Any, schema: Any, name: str) -> None:
    types = pa.types

    def is_string(kind: Any) -> bool:
        if types.is_dictionary(kind):
            return is_string(kind.value_type)
        view = getattr(types, "is_string_view", types.is_string)
        return bool(
            types.is_null(kind)
            or types.is_string(kind)
            or types.is_large_string(kind)
            or view(kind)
        )

    def is_strings(kind: Any) -> bool:
        listed = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
        return bool(types.is_null(kind) or (listed and is_string(kind.value_type)))

    names = list(schema.names)
    doubled = sorted({column for column in names if names.count(column) > 1})
    if doubled:
        raise DataError(name, f"the column {doubled[0]!r} more than once", "each column once")
    if not {"text", "sentences"} & set(names):
        raise DataError(name, f"the columns {', '.join(names)[:200]}", REQUIRED)
    for column in COLUMNS:
        if column not in names:
            continue
        kind = schema.field(column).type
        good = is_strings(kind) if column == "sentences" else is_string(kind)
        if column == "id":
            good = good or types.is_integer(kind)
        if column == "published":
            good = good or types.is_temporal(kind) or types.is_integer(kind)
        if not good:
            expected = "a list of strings" if column == "sentences" else "strings"
            raise DataError(name, f"the column {column} of type {kind}", expected)


def _rows(pa: Any, batch: Any) -> Iterator[dict[str, Any] | Exception]:
    """Yield the rows of a batch as dicts; an exception in place of one that Python cannot hold."""
    for index, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            column = batch.column(index).cast(pa.timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(index, field.name, column)
    try:
        yield from batch.to_pylist()
        return
    except (ValueError, OverflowError):  # text that is not UTF-8, a date after the year 9999
        pass
    for index in range(batch.num_rows):
        try:
            yield from batch.slice(index, 1).to_pylist()
        except (ValueError, OverflowError) as error:
            yield error


def _read_row(row: dict[str, Any] | Exception, where: str, default_id: str) -> Article | Fault:
    if isinstance(row, Exception):
        return Fault(where, f"a value that cannot be read: {row}", "UTF-8 text, dates up to 9999")
    published = row.get("published")
    if isinstance(published, datetime.date | datetime.time | datetime.timedelta):
        row["published"] = str(published)
    size = len(row.get("text") or "") + sum(map(len, filter(None, row.get("sentences") or ())))
    if size > MAX_LINE_BYTES:
        return too_long(where, size, "a row")
    try:
        return article_from_row(row, where=where, default_id=default_id)
    except DataError as error:
        return error.fault
