"""One row of a table, wherever it came from → one article.

The columns alone say what is what: ``id``, ``title``, ``heading``, ``publisher``, ``url``,
``published``, ``text`` and ``sentences``; every other column goes to the metadata unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from classifier.errors import DataError
from classifier.records import Article

COLUMNS = ("id", "title", "heading", "publisher", "url", "published", "text", "sentences")
REQUIRED = "a column text (string) or sentences (list of strings)"

_KNOWN = frozenset(COLUMNS)
_TYPE_ERROR = re.compile(
    r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `(?P<at>[^`]+)`)?"
)


class _Row(msgspec.Struct):
    text: str | None = None
    sentences: list[str] | None = None
    id: str | int | None = None
    title: str | None = None
    heading: str | None = None
    publisher: str | None = None
    url: str | None = None
    published: str | int | float | None = None


def article_from_row(row: Mapping[str, Any], *, where: str, default_id: str) -> Article:
    """Return the article that ``row`` holds.

    Args:
        row: column → value; None counts as absent. ``id`` may be a whole number and
            ``published`` a number; both become strings.
        where: file and line, for messages and as the article's origin.
        default_id: the id of a row that has none.

    Where both ``text`` and ``sentences`` are given, the sentences count.

    Raises:
        DataError: a column is missing or of the wrong type, the text is empty, or holds NUL.
    """
    try:
        return _article_from_row(row, where, default_id)
    except DataError as error:
        given = row.get("id")
        if isinstance(given, str | int):
            error.fault = replace(error.fault, id=str(given))
        raise


def _article_from_row(row: Mapping[str, Any], where: str, default_id: str) -> Article:
    try:
        known = msgspec.convert(row, _Row)
    except msgspec.ValidationError as error:
        raise wrong_type(error, where) from None
    if not {"text", "sentences"} & row.keys():
        columns = ", ".join(map(str, row)) or "none"
        raise DataError(where, f"the columns {columns[:200]}", REQUIRED)
    text = "\n".join(known.sentences) if known.sentences else known.text or ""
    given_id = "" if known.id is None else str(known.id)
    article = Article(
        id=given_id if given_id.strip() else default_id,
        text=text,
        title=known.title or "",
        heading=known.heading or "",
        publisher=known.publisher or "",
        url=known.url or "",
        published="" if known.published is None else str(known.published),
        sentences=tuple(known.sentences) if known.sentences else None,
        # A plain dict: the default of Article cannot be pickled.
        metadata={name: value for name, value in row.items() if name not in _KNOWN},
        origin=where,
    )
    check(article)
    return article


def check(article: Article) -> None:
    """Raise DataError when the article has no text, or NUL in it."""
    if not article.text or article.text.isspace():
        raise DataError(article.origin, "an empty text", "the text of an article")
    for name in ("text", "title", "heading", "publisher"):
        value: str = getattr(article, name)
        if "\x00" in value:
            found = f"a NUL character at character offset {value.index(chr(0))} of {name}"
            raise DataError(article.origin, found, "text", "Remove it.")


def wrong_type(error: msgspec.ValidationError, where: str) -> DataError:
    """Return msgspec's complaint in our words: what was found at which path, what was expected."""
    match = _TYPE_ERROR.fullmatch(str(error))
    if match is None:
        return DataError(where, str(error), REQUIRED)
    found = f"a value of type {match['got']} at {match['at'] or '$'}"
    return DataError(where, found, match["expected"].replace(" | ", " or "))
