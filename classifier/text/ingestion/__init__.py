"""Files, folders, patterns and standard input → articles, one after the other.

Reading is lazy and its memory does not grow with the input: lines, rows and batches come one at a
time, and no line or row is ever held beyond :data:`MAX_LINE_BYTES`, no text or HTML file beyond
:data:`MAX_FILE_BYTES`. What is wrong with one row or one file becomes a
:class:`~classifier.errors.Fault`; what stands beside it is still read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from classifier.errors import DataError, Fault
from classifier.records import Article
from classifier.text.ingestion.csv_table import read_csv
from classifier.text.ingestion.documents import (
    MAX_FILE_BYTES,
    article_from_html,
    article_from_text,
    read_html,
    read_text,
)
from classifier.text.ingestion.files import (
    ENDINGS,
    STANDARD_INPUT,
    Format,
    Source,
    find_sources,
    shown,
)
from classifier.text.ingestion.json_lines import read_json_lines
from classifier.text.ingestion.lines import MAX_LINE_BYTES, open_bytes, require_pyarrow
from classifier.text.ingestion.parquet_table import read_parquet
from classifier.text.ingestion.standard_input import read_standard_input

__all__ = [
    "ENDINGS",
    "MAX_FILE_BYTES",
    "MAX_LINE_BYTES",
    "STANDARD_INPUT",
    "Format",
    "Source",
    "article_from_html",
    "article_from_text",
    "find_sources",
    "read_articles",
    "read_source",
]


def read_articles(
    paths: Sequence[str | Path],
    *,
    on_fault: Callable[[Fault], None],
    stdin: BinaryIO | None = None,
) -> Iterator[Article]:
    """Yield the articles of ``paths``, in order, and hand every fault to ``on_fault``.

    Args:
        paths: files, folders (searched recursively, sorted, known endings only), patterns
            (``news/**/*.txt``; sorted, known endings only) and ``-`` for standard input. A file
            named outright must have a known ending, see :data:`ENDINGS`.
        on_fault: called with each row or file that cannot be used, when reading meets it; what it
            raises ends the reading.
        stdin: the bytes that ``-`` means; ``sys.stdin.buffer`` when not given. JSON Lines when
            the first character is ``{``, HTML when it looks so, else plain text.

    Yields:
        Articles with ``origin`` ``file`` or ``file:line``. Ids are taken as they come, also when
        two are alike; an article without one is called after its file, and its line or row.

    Raises:
        MissingExtraError: a Parquet or ``.zst`` file and no pyarrow; raised before anything is
            read when such a file is named outright.
    """
    for path in paths:
        if str(path).endswith((".parquet", ".zst")):
            require_pyarrow(shown(path))
    for source in find_sources(paths):
        if isinstance(source, Fault):
            on_fault(source)
            continue
        for item in read_source(source, stdin=stdin):
            if isinstance(item, Fault):
                on_fault(item)
            else:
                yield item


def read_source(source: Source, *, stdin: BinaryIO | None = None) -> Iterator[Article | Fault]:
    """Yield the articles and the faults of one source, in the order in which they stand there.

    Raises:
        MissingExtraError: the source needs pyarrow and it is not installed.
    """
    # Only what the source itself does is guarded: an error of whoever consumes this generator
    # never passes through here.
    try:
        yield from _read(source, stdin)
    except DataError as error:
        yield error.fault
    except OSError as error:
        reason = error.strerror or str(error)
        yield Fault(source.name, f"an error of the system: {reason}", "a readable file")


def _read(source: Source, stdin: BinaryIO | None) -> Iterator[Article | Fault]:
    if source.format is Format.STANDARD_INPUT:
        yield from read_standard_input(stdin)
    elif source.format is Format.TEXT:
        yield read_text(source)
    elif source.format is Format.HTML:
        yield read_html(source)
    elif source.format is Format.PARQUET:
        yield from read_parquet(source)
    else:
        read = read_csv if source.format is Format.CSV else read_json_lines
        with open_bytes(source) as stream:
            yield from read(stream, source.name, source.basename)
