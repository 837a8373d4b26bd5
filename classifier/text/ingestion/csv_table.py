"""CSV → articles: sniffed delimiter, cells over several lines, broken rows survived."""

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
from classifier.text.ingestion.lines import MAX_LINE_BYTES, Line, read_lines, too_long
from classifier.text.ingestion.rows import COLUMNS, REQUIRED, article_from_row, wrong_type

_DELIMITERS = (",", ";", "\t")
_LONE_RETURN = re.compile(r"[^\r]*\r\n?|[^\r]+")
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
    rows = False
    for record in records:
        if isinstance(record, Fault):
            if columns is None:
                raise DataError(record.where, record.found, "a header", record.fix)
            rows = True
            yield record
            continue
        number, cells = record
        where = f"{name}:{number}"
        if columns is None:
            columns = _check_header(cells, where)
            records.width = len(columns)
            continue
        rows = True
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
    if not rows:
        raise DataError(name, "a header without rows", "a row for each article")


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


class _Feed:
    """What csv.reader reads from; unlike a generator it can go on after its end was reached."""

    def __init__(self, records: _Records) -> None:
        self._records = records

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        return self._records.take()


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
        self._read_twice = 0  # number of the last line that was read again
        self._returns = 0  # lines that end in a lone return, so far
        self._faults: list[Fault] = []
        self._taken: list[Line] = []
        self._size = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Fault]:
        first = self._next_line()
        while first is not None and first.text.isspace():
            first = self._next_line()
        if first is not None:
            self._again.appendleft(first)
        delimiter = _sniff(first.text) if first else ","
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
            filled = any(cell and not cell.isspace() for cell in cells)
            if reason or (filled and self.width and len(cells) != self.width):
                yield self._fault(reason, len(cells), self._rewind())
            elif filled:
                yield self._taken[0].number, cells

    def take(self) -> str:
        """Return the next line of the row; raises StopIteration at the end of the file."""
        line = self._next_line()
        if line is None:
            raise StopIteration
        if self._taken and line.number > self._taken[-1].number + 1:
            self._again.appendleft(line)
            raise _BrokenRowError("an unreadable line in the middle of it")
        self._taken.append(line)
        self._size += len(line.text)
        if self._size > MAX_LINE_BYTES:
            raise _BrokenRowError("too long")
        return line.text

    def _next_line(self) -> Line | None:
        """Return the next line, lines to be read again first; put faults on the way aside."""
        while not self._again:
            item = next(self._lines, None)
            if item is None:
                return None
            if isinstance(item, Fault):
                self._faults.append(item)
                continue
            # Files of the old Mac end their lines with a lone return; csv wants them apart.
            lone = "\r" in item.text.rstrip("\r\n")
            parts = _LONE_RETURN.findall(item.text) if lone else [item.text]
            number = item.number + self._returns
            self._again.extend(Line(number + index, part) for index, part in enumerate(parts))
            self._returns += len(parts) - 1
        return self._again.popleft()

    def _rewind(self) -> int:
        """Put the lines of a broken row back but for its first; return the last one given up."""
        first, *others = self._taken
        again = [line for line in others if line.number > self._read_twice]
        self._again.extendleft(reversed(again))
        if again:
            self._read_twice = again[-1].number
        return max([first.number, *(line.number for line in others[: len(others) - len(again)])])

    def _fault(self, reason: str, cells: int, last: int) -> Fault:
        number = self._taken[0].number
        where = f"{self._name}:{number}"
        if self._size > MAX_LINE_BYTES:
            return too_long(where, self._size, "a row")
        fix = f"Lines {number} to {last} are left out." if last > number else ""
        if not reason:
            return Fault(where, f"{cells} cells", f"{self.width} cells, as in the header", fix)
        if reason == "unexpected end of data":
            reason = "a quote that is never closed"
        expected = "quotes closed, and doubled inside a quoted cell"
        return Fault(where, f"a broken row: {reason}", expected, fix)
