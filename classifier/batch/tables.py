"""Scores → the two tables, as Parquet or JSON Lines; the same rows always give the same bytes.

``articles`` keeps the columns of the input: under their own names, with ``input_`` before those
that the tables use themselves. In Parquet a column has one type for the whole directory, so a
value that does not fit it, or a column met for the first time in a later row, goes as JSON to
``other_columns``; nothing is dropped.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from classifier.batch.layout import ARTICLES, SENTENCES, TABLES
from classifier.records import Article, ArticleScore, Cue
from classifier.rendering.jsonl import DEPTH_LABEL, to_dict
from classifier.schema import load_schema

_SURROGATE = re.compile("[\ud800-\udfff]")
# In valid UTF-8 these bytes are these characters, which end a line for some readers.
_LINE_ENDS = (
    (b"\xc2\x85", b"\\u0085"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)
_ROW_GROUP = 8192
_INT64 = 1 << 63
_EXACT = 1 << 53
OTHER = "other_columns"
PARTS = ("chain", "headline", "signals", "resemblance")
"""What an article's JSON holds beside sentences and summary; a column each, as JSON."""

Row = tuple[Any, ...]


def article_columns() -> dict[str, str]:
    """Return the own columns of ``articles`` and their types, in order."""
    columns = dict.fromkeys(("key", "id", "file"), "string")
    columns["row"] = "int64"
    columns |= dict.fromkeys(
        ("title", "heading", "publisher", "url", "published", "text", "language"), "string"
    )
    columns |= {"warnings": "strings", "sentences": "int32", "credits": "int32"}
    for label in load_schema().names:
        columns |= {f"{label}_sentences": "int32", f"{label}_share": "double"}
    return columns | {"max_depth": "int32", "summary": "json"} | dict.fromkeys(PARTS, "json")


def sentence_columns() -> dict[str, str]:
    """Return the columns of ``sentences`` and their types, in order."""
    columns = {"key": "string", "id": "string", "index": "int32", "field": "string"}
    columns |= {"kind": "string", "start": "int32", "end": "int32", "text": "string"}
    for label in load_schema().names:
        columns |= {f"{label}_probability": "double", f"{label}_positive": "bool"}
        columns |= {f"{label}_cues": "cues", f"{label}_withdrawn": "string"}
        if label == DEPTH_LABEL:
            columns[f"{label}_depth"] = "int32"
    return columns


def article_row(key: str, file: str, row: int | None, score: ArticleScore) -> Row:
    """Return an article's row, without the input's own columns."""
    article, summary = score.article, score.summary
    assert article is not None  # Scorer.score always puts it in
    counts = [
        value
        for label in load_schema().names
        for value in (
            int(summary["labels"][label]["positive"]),
            _number(summary["labels"][label]["share"]),
        )
    ]
    return (
        key, score.id, file, row,
        article.title, article.heading, article.publisher, article.url, article.published,
        article.text, score.language, list(score.warnings),
        int(summary["sentences"]), int(summary["credits"]), *counts,
        summary["max_depth"], summary, *map(to_dict(replace(score, sentences=())).get, PARTS),
    )  # fmt: skip


def sentence_rows(key: str, score: ArticleScore) -> Iterable[Row]:
    """Yield a row for each sentence of an article."""
    names = load_schema().names
    for item in score.sentences:
        one = item.sentence
        row = [key, score.id, one.index, one.field, one.kind, one.start, one.end, one.text]
        for name in names:
            label = item.labels[name]
            row += [_number(label.probability), bool(label.positive), label.cues, label.withdrawn]
            if name == DEPTH_LABEL:
                row.append(label.depth)
        yield tuple(row)


def kept_name(name: str, taken: Mapping[str, Any]) -> str:
    """Return under which name an input column is kept."""
    own = article_columns()
    while name in own or name == OTHER:
        name = f"input_{name}"
        if name in taken:
            own[name] = "string"
    return name


def choose_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the type of each input column of the rows, in the order in which they come."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            seen = kinds.setdefault(str(name), set())
            if value is not None:
                seen.add(_kind(value))
    chosen = {}
    for name, seen in kinds.items():
        if _SURROGATE.search(name):
            continue
        if seen <= {"int64", "double"} and "double" in seen:
            chosen[name] = "double"
        else:
            chosen[name] = next(iter(seen)) if len(seen) == 1 else "json" if seen else "string"
    return chosen


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if -_INT64 <= value < _INT64 else "json"
    if isinstance(value, float):
        return "double"
    return "string" if isinstance(value, str) else "json"


def _fits(value: Any, kind: str) -> bool:
    if value is None or kind == "json" or _kind(value) == kind:
        return True
    return kind == "double" and _kind(value) == "int64" and abs(value) <= _EXACT


class TableWriter(Protocol):
    """Takes articles one by one; gives the bytes of both tables."""

    def add(self, article: Row, sentences: Iterable[Row], kept: Mapping[str, Any]) -> int:
        """Add an article with the input's own columns; return its number of sentences."""
        ...

    def finish(self) -> dict[str, tuple[int, bytes]]:
        """Return rows and bytes of each table."""
        ...


def open_tables(output: str, columns: Mapping[str, str]) -> TableWriter:
    """Return a writer of the format ``output``; ``columns`` are the input's own (Parquet)."""
    return ParquetTables(columns) if output == "parquet" else JsonTables()


class JsonTables:
    """One JSON object a row; input columns hold their values unchanged."""

    def __init__(self) -> None:
        self._streams = {table: io.BytesIO() for table in TABLES}
        self._rows = dict.fromkeys(TABLES, 0)
        self._names = {ARTICLES: tuple(article_columns()), SENTENCES: tuple(sentence_columns())}

    def add(self, article: Row, sentences: Iterable[Row], kept: Mapping[str, Any]) -> int:
        """Add an article; return its number of sentences."""
        lines = [
            _json_line(dict(zip(self._names[SENTENCES], row, strict=True))) for row in sentences
        ]
        own = dict(zip(self._names[ARTICLES], article, strict=True))
        for name, value in kept.items():
            own[kept_name(str(name), kept)] = value
        self._write(ARTICLES, [_json_line(own)])
        self._write(SENTENCES, lines)
        return len(lines)

    def _write(self, table: str, lines: list[bytes]) -> None:
        self._streams[table].writelines(lines)
        self._rows[table] += len(lines)

    def finish(self) -> dict[str, tuple[int, bytes]]:
        """Return rows and bytes of each table."""
        return {table: (self._rows[table], self._streams[table].getvalue()) for table in TABLES}


class ParquetTables:
    """Parquet with fixed settings: zstd, row groups of about 8,192 rows."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = dict(columns)
        kept = {kept_name(name, columns): kind for name, kind in columns.items()}
        self._files = {
            ARTICLES: _ParquetFile({**article_columns(), **kept, OTHER: "json"}),
            SENTENCES: _ParquetFile(sentence_columns()),
        }

    def add(self, article: Row, sentences: Iterable[Row], kept: Mapping[str, Any]) -> int:
        """Add an article; return its number of sentences."""
        values: list[Any] = []
        other = dict(kept)
        for name, kind in self._columns.items():
            value = kept.get(name)
            if not _fits(value, kind):
                values.append(None)
                continue
            other.pop(name, None)
            values.append(value)
        other = {name: value for name, value in other.items() if value is not None}
        rows = list(sentences)
        self._files[ARTICLES].add([(*article, *values, other or None)])
        self._files[SENTENCES].add(rows)
        return len(rows)

    def finish(self) -> dict[str, tuple[int, bytes]]:
        """Return rows and bytes of each table."""
        return {table: (file.rows, file.finish()) for table, file in self._files.items()}


class _ParquetFile:
    def __init__(self, columns: Mapping[str, str]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._pa = pa
        cue = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("device", pa.string())])
        types = {
            "string": pa.string(), "json": pa.string(), "bool": pa.bool_(), "int32": pa.int32(),
            "int64": pa.int64(), "double": pa.float64(),
            "strings": pa.list_(pa.string()), "cues": pa.list_(cue),
        }  # fmt: skip
        self._kinds = list(columns.values())
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
        self._sink = pa.BufferOutputStream()
        self._writer = parquet.ParquetWriter(
            self._sink, self._schema, compression="zstd", version="2.6", data_page_version="1.0"
        )
        self._waiting: list[Row] = []
        self.rows = 0

    def add(self, rows: list[Row]) -> None:
        self._waiting += rows
        self.rows += len(rows)
        if len(self._waiting) >= _ROW_GROUP:
            self._flush()

    def finish(self) -> bytes:
        self._flush()
        self._writer.close()
        return bytes(self._sink.getvalue())

    def _flush(self) -> None:
        if not self._waiting:
            return
        arrays = [
            self._array(field.type, kind, values)
            for field, kind, values in zip(
                self._schema, self._kinds, zip(*self._waiting, strict=True), strict=True
            )
        ]
        self._waiting = []
        table = self._pa.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=1 << 30)

    def _array(self, type: Any, kind: str, values: Sequence[Any]) -> Any:
        if kind == "cues":
            return self._cues(type, values)
        if kind == "json":
            values = [None if value is None else as_json(value) for value in values]
        try:
            return self._pa.array(values, type=type)
        except UnicodeEncodeError:
            return self._pa.array(_clean(list(values)), type=type)

    def _cues(self, type: Any, values: Sequence[tuple[Cue, ...]]) -> Any:
        pa = self._pa
        flat = [cue for cues in values for cue in cues]
        offsets, end = [0], 0
        for cues in values:
            end += len(cues)
            offsets.append(end)
        parts = [
            pa.array([cue.start for cue in flat], pa.int32()),
            pa.array([cue.end for cue in flat], pa.int32()),
            pa.array([cue.device for cue in flat], pa.string()),
        ]
        inner = pa.StructArray.from_arrays(parts, fields=list(type.value_type))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner, type=type)


def article_metadata(article: Article | None) -> Mapping[str, Any]:
    """Return the columns of the input that an article carries beside the known ones."""
    return article.metadata if article is not None else {}


def as_json(value: Any) -> str:
    """Return any value as JSON; what JSON has no word for becomes text, a lone surrogate U+FFFD."""
    try:
        return msgspec.json.encode(value).decode("utf-8")
    except (UnicodeEncodeError, TypeError, OverflowError, ValueError):
        return json.dumps(_clean(value), ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """Return for :mod:`json` what :mod:`msgspec` would write, or else the value's text."""
    try:
        return msgspec.to_builtins(value)
    except (TypeError, UnicodeEncodeError):
        return _clean(str(value))


def _json_line(row: Mapping[str, Any]) -> bytes:
    line = as_json(row).encode("utf-8")
    for raw, escaped in _LINE_ENDS:
        if raw in line:
            line = line.replace(raw, escaped)
    return line + b"\n"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_clean(str(name)): _clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _number(value: float | None) -> float | None:
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else None
