"""Scores → what a person or a program reads: table, JSON lines, CSV, one HTML page.

Each format is a module with one function ``write``; it is imported when it is asked for, so that
writing JSON does not pay for the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from classifier.errors import UsageError
from classifier.records import ArticleScore
from classifier.rendering.marking import find_devices

FORMATS: tuple[str, ...] = ("table", "jsonl", "csv", "html")
LANGUAGES: tuple[str, ...] = ("fr", "en")

__all__ = ["FORMATS", "LANGUAGES", "render"]


def render(
    scores: Iterable[ArticleScore],
    format: str,
    stream: TextIO,
    *,
    language: str = "fr",
    hide: frozenset[str] = frozenset(),
    width: int | None = None,
    color: bool | None = None,
) -> None:
    """Write ``scores`` to ``stream``, one article after the other, as they come.

    Args:
        scores: may be a generator; no format keeps more than one article in memory.
        format: one of :data:`FORMATS`.
        stream: open for text. For ``csv`` open files with ``newline=""``; all formats want UTF-8.
        language: ``fr`` or ``en``, the language of everything that is not the article's.
        hide: devices that ``table`` and ``html`` do not show, ``frame`` or, where two labels have
            a device of that name, ``attribution_hedging.frame``. The data formats hold everything.
        width: columns of ``table``; by default the terminal's, or 80 where there is none.
        color: whether ``table`` may use colours; by default on a terminal without ``NO_COLOR``.

    Raises:
        UsageError: unknown format, language or device; nothing has been written then.
    """
    if format not in FORMATS:
        raise UsageError("format", repr(format), f"one of {', '.join(FORMATS)}")
    if language not in LANGUAGES:
        raise UsageError("language", repr(language), f"one of {', '.join(LANGUAGES)}")
    hidden = find_devices(hide)
    if format == "jsonl":
        from classifier.rendering.jsonl import write as write_jsonl

        write_jsonl(scores, stream)
    elif format == "csv":
        from classifier.rendering.csv import write as write_csv

        write_csv(scores, stream)
    elif format == "table":
        from classifier.rendering.table import write as write_table

        write_table(scores, stream, language=language, hidden=hidden, width=width, color=color)
    else:
        from classifier.rendering.html import write as write_html

        write_html(scores, stream, language=language, hidden=hidden)
