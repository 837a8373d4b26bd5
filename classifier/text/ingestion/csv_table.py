"""CSV → articles: delimiter sniffed from the header, cells over several lines, bad rows survived."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from classifier.errors import DataError, Fault
from classifier.records import Article
from classifier.text.ingestion.lines import MAX_LINE_BYTES, Line, read_lines
from classifier.text.ingestion.rows import COLUMNS, REQUIRED, article_from_row, wrong_type

_DELIMITERS = (",", ";", "\t")
_LONE_RETURN = re.compile(r"(?<=\r)(?!\n)")
_sentences = msgspec.json.Decoder(list[str])


def read_csv(stream: io.BufferedReader, name: str, basename: str) -> Iterator[Article | Fault]:
    """Yield an article or a fault for each row; rows without any content are passed over.

    The first row names the columns; comma, semicolon or tab separates them. A cell of the column
    ``sentences`` is a JSON list of strings. A row that is broken, say by a quote that is never
    closed, costs itself: reading goes on with the line after its first.

    Args:
        stream: the bytes, uncompressed.
        name: the file, for messages, with the line on which the row begins.
        basename: the first half of the id of a row that gives none: ``basename:line``.

    Raises:
        DataError: the file is empty, binary, damaged, or its header does not do.
    """
    # Global to the csv module; only ever raised, for articles are longer than its 128 KiB.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))
    records = _Records(read_lines(stream, name), name)
    columns: list[str] | None = None
    for record in records:
        if isinstance(record, Fault):
            if columns is None:
                raise DataError(record.where, record.found, "a header", record.fix)
            yield record
            continue
        number, cells = record
        where = f"{name}:{number}"
        if columns is None:
            columns = _check_header(cells, where)
            records.width = len(columns)
            continue
        try:
            row: dict[str, Any] = dict(zip(columns, cells, strict=True))
            listed = row.get("sentences")
            if listed is not None:
                row["sentences"] = _sentences.decode(listed) if listed.strip() else None
            yield article_from_row(row, where=where, default_id=f"{basename}:{number}")
        except DataError as error:
            yield error.fault
        except msgspec.ValidationError as error:
            fault = wrong_type(error, where).fault
            yield Fault(where, f"{fault.found} of sentences", fault.expected)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            yield Fault(where, f"in sentences: {error}", "a JSON list of strings")
    if columns is None:
        raise DataError(name, "an empty file", "CSV with a header")


def _check_header(cells: list[str], where: str) -> list[str]:
    doubled = sorted({cell for cell in cells if cells.count(cell) > 1})
    if doubled:
        raise DataError(where, f"the column {doubled[0]!r} more than once", "each column once")
    if not {"text", "sentences"} & set(cells):
        found = f"the columns {', '.join(cells)[:200]}"
        raise DataError(where, found, REQUIRED, "Name the columns in the first row.")
    return cells


def _sniff(header: str) -> str:
    """Return the delimiter that brings out most known columns, then most columns."""

    def yields(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return len(set(cells) & set(COLUMNS)), len(cells)

    return max(_DELIMITERS, key=yields)


class _BrokenRowError(Exception):
    """A row that cannot go on: too long, or with an unreadable line in it."""


class _Records:
    """The rows of a CSV file: ``(line on which it begins, cells)``, or a Fault in its place.

    Once ``width`` is set, a row with more or fewer cells is a fault. After a fault, the row's
    lines but the first are read again, each at most once, so that one stray quote cannot swallow
    the good rows after it, and reading stays linear.
    """

    def __init__(self, lines: Iterator[Line | Fault], name: str) -> None:
        self.width = 0
        self._lines = lines
        self._name = name
        self._again: deque[Line] = deque()
        self._read_twice = 0
        self._faults: list[Fault] = []
        self._taken: list[Line] = []
        self._size = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Fault]:
        first = self._next_line()
        while first is not None and first.text.isspace():
            first = self._next_line()
        delimiter = ","
        if first is not None:
            delimiter = _sniff(first.text)
            self._again.append(first)
        reader = csv.reader(_Feed(self), delimiter=delimiter, strict=True)
        while True:
            self._taken, self._size = [], 0
            reason = ""
            cells: list[str] = []
            try:
                cells = next(reader)
            except StopIteration:
                yield from self._faults
                return
            except (csv.Error, _BrokenRowError) as error:
                reason = str(error)
            yield from self._faults
            self._faults.clear()
            if reason or (self.width and any(cells) and len(cells) != self.width):
                yield self._fault(reason, len(cells))
                self._rewind()
            elif any(cell and not cell.isspace() for cell in cells):
                yield self._taken[0].number, cells

    def take(self) -> str:
        """Return the next line of the row; raises StopIteration at the end of the file."""
        before = len(self._faults)
        line = self._next_line()
        if line is None:
            raise StopIteration
        if self._taken and len(self._faults) > before:
            self._again.appendleft(line)
            raise _BrokenRowError("a row with an unreadable line in it")
        self._taken.append(line)
        self._size += len(line.text)
        if self._size > MAX_LINE_BYTES:
            raise _BrokenRowError("")
        return line.text

    def _next_line(self) -> Line | None:
        """Return the next line, lines to be read again first; put faults on the way aside."""
        while not self._again:
            item = next(self._lines, None)
            if item is None:
                return None
            if isinstance(item, Fault):
                self._faults.append(item)
            elif "\r" in item.text[:-2]:
                # Files of the old Mac end their lines so; csv wants them apart.
                parts = _LONE_RETURN.split(item.text)
                self._again.extend(Line(item.number, part) for part in parts if part)
            else:
                return item
        return self._again.popleft()
