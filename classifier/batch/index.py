"""What was seen before: input files and articles, kept on disk so that memory stays flat.

The index is a scratch file of one run. It is built anew at each start from the manifest and the
articles already written, so it can be lost at any time.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from classifier.batch.layout import InputFile

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE articles (
    id BLOB, key BLOB, seen INTEGER, file TEXT, row INTEGER, old INTEGER, PRIMARY KEY (id, key)
) WITHOUT ROWID;
CREATE TABLE inputs (
    number INTEGER PRIMARY KEY, base TEXT, name TEXT, sha256 TEXT, bytes INTEGER,
    articles INTEGER DEFAULT 0, sentences INTEGER DEFAULT 0, rejected INTEGER DEFAULT 0,
    known INTEGER DEFAULT 0, copies INTEGER DEFAULT 0
);
CREATE INDEX by_content ON inputs (sha256, base);
CREATE TABLE duplicates (number INTEGER PRIMARY KEY, line BLOB);
CREATE TABLE lines (digest BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_COUNTERS = ("articles", "sentences", "rejected", "known", "copies")


class Meeting(Enum):
    """How an article stands to those seen before it."""

    NEW = "new"
    KNOWN = "already scored by an earlier run"
    COPY = "same id and same text"
    OTHER_TEXT = "same id, other text"


class Place(NamedTuple):
    """Where an article stands: file, and row unless the file is the article."""

    file: str
    row: int | None


class Index:
    """Files and articles of earlier runs and of this one."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.executescript(_SCHEMA)
        self._base.execute("BEGIN")
        self._seen = 0
        self._inputs = 0
        self.old_inputs = 0

    def close(self) -> None:
        """Close the file; its owner removes it with the folder."""
        self._base.close()

    # --- articles

    def add_old(self, rows: Iterable[tuple[str, str, str, int | None]]) -> None:
        """Add articles of earlier runs: (id, key, file, row)."""
        for article_id, key, file, row in rows:
            self._add(_digest(article_id), bytes.fromhex(key), Place(file, row), old=True)

    def meet(self, article_id: str, key: str, place: Place) -> tuple[Meeting, Place | None]:
        """Add an article of this run; say whether it, or its id, was there, and where first."""
        wanted, content = _digest(article_id), bytes.fromhex(key)
        found = self._base.execute(
            "SELECT key, file, row, old FROM articles WHERE id = ? ORDER BY seen", (wanted,)
        ).fetchall()
        for other, file, row, old in found:
            if other == content:
                return (Meeting.KNOWN if old else Meeting.COPY), Place(file, row)
        self._add(wanted, content, place, old=False)
        if not found:
            return Meeting.NEW, None
        return Meeting.OTHER_TEXT, Place(found[0][1], found[0][2])

    def _add(self, article_id: bytes, key: bytes, place: Place, *, old: bool) -> None:
        self._seen += 1
        self._base.execute(
            "INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?, ?, ?)",
            (article_id, key, self._seen, place.file, place.row, old),
        )

    # --- input files

    def add_old_inputs(self, inputs: Iterable[InputFile]) -> None:
        """Add the input files of earlier runs, in the manifest's order."""
        for one in inputs:
            number = self._insert_input(one.name, one.sha256, one.bytes)
            values = [getattr(one, name) for name in _COUNTERS]
            self._count(number, values)
            self.old_inputs = number + 1

    def find_input(self, name: str, sha256: str) -> tuple[int, int, int] | None:
        """Return number, rows and rejected rows of a file of this name and content, seen before."""
        found: tuple[int, int, int] | None = self._base.execute(
            "SELECT number, articles + rejected + known + copies, rejected FROM inputs "
            "WHERE sha256 = ? AND base = ? ORDER BY number",
            (sha256, _last_part(name)),
        ).fetchone()
        return found

    def add_input(self, name: str, sha256: str, size: int) -> int:
        """Add an input file of this run and return its number."""
        return self._insert_input(name, sha256, size)

    def count_seen(self, number: int, *, known: int = 0, copies: int = 0) -> None:
        """Add to what was passed over in an input file."""
        self._count(number, [0, 0, 0, known, copies])

    def count_scored(self, number: int, articles: int, sentences: int, rejected: int) -> None:
        """Add to what was scored of an input file."""
        self._count(number, [articles, sentences, rejected, 0, 0])

    def inputs(self, first: int = 0) -> Iterator[InputFile]:
        """Yield the input files from number ``first`` on, as the manifest writes them."""
        columns = ", ".join(("name", "sha256", "bytes", *_COUNTERS))
        query = f"SELECT {columns} FROM inputs WHERE number >= ? ORDER BY number"
        for row in self._base.execute(query, (first,)):
            yield InputFile(*row)

    def _insert_input(self, name: str, sha256: str, size: int) -> int:
        number, self._inputs = self._inputs, self._inputs + 1
        self._base.execute(
            "INSERT INTO inputs (number, base, name, sha256, bytes) VALUES (?, ?, ?, ?, ?)",
            (number, _last_part(name), name, sha256, size),
        )
        return number

    def _count(self, number: int, values: Sequence[int]) -> None:
        changes = ", ".join(f"{name} = {name} + ?" for name in _COUNTERS)
        self._base.execute(f"UPDATE inputs SET {changes} WHERE number = ?", (*values, number))

    # --- lines of the two logs

    def add_duplicate(self, line: bytes) -> None:
        """Keep a line of the list of duplicates."""
        self._base.execute("INSERT INTO duplicates (line) VALUES (?)", (line,))

    def duplicates(self) -> Iterator[bytes]:
        """Yield the kept lines in order."""
        for (line,) in self._base.execute("SELECT line FROM duplicates ORDER BY number"):
            yield line

    def is_new_line(self, line: bytes) -> bool:
        """Say whether this line was not asked for before."""
        added = self._base.execute(
            "INSERT OR IGNORE INTO lines VALUES (?)", (hashlib.sha256(line).digest(),)
        )
        return added.rowcount == 1


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]
