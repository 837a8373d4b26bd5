"""One file, one article: plain text and HTML."""

from __future__ import annotations

import logging
import re
from typing import Any

from classifier.errors import DataError
from classifier.records import Article
from classifier.text import decoding
from classifier.text.ingestion.files import Source
from classifier.text.ingestion.rows import check

MAX_FILE_BYTES = 16 << 20
"""The largest text or HTML file that is read, in bytes (16 MiB); it is held in memory whole."""

_LINE = re.compile(r"[^\r\n]+")
_NEWLINE = re.compile(r"\r\n|\r|\n|")
_PUBLISHER_CHARS = 50
_PUBLISHER_WORDS = 7
_FINAL = tuple('.!?…:;,»”"')
# Second lines that are short and yet say no publisher: a byline, a credit, a date.
_NO_PUBLISHER = re.compile(
    r"(?i)(?:par|by|de notre|publié|mis à jour|modifié)\s|.*(?::|\b(?:19|20)\d\d\b|https?)"
)
_PAGE = re.compile(r"(?i)<(?:html|body)\b")
_DECLARED = re.compile(
    rb"""(?i)<meta[^>]+charset\s*=\s*["']?([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)"""
)


def read_text(source: Source) -> Article:
    """Return the article of a plain text file; its id is the file's stem.

    Raises:
        DataError: the file is empty, too large, binary, or cannot be decoded.
        OSError: it cannot be opened or read.
    """
    text = decoding.decode(_read_bytes(source), source.name)
    return article_from_text(text, id=source.stem, where=source.name)


def read_html(source: Source) -> Article:
    """Return the article of an HTML file; its id is the file's stem.

    Raises:
        DataError: the file is empty, too large, binary, cannot be decoded, or holds no article.
        OSError: it cannot be opened or read.
    """
    html = decode_html(_read_bytes(source), source.name)
    return article_from_html(html, id=source.stem, where=source.name)


def article_from_text(text: str, *, id: str, where: str) -> Article:
    """Return the article that a plain text holds.

    The first line that is not blank is the title, and what follows its newline, unchanged, the
    text. A short second line without final punctuation names the publisher and stays in the text,
    where segmentation marks it as a credit. A single line is a text without a title.

    Raises:
        DataError: nothing but white space, or a NUL character.
    """
    title = next((line for line in _LINE.finditer(text) if not line[0].isspace()), None)
    newline = _NEWLINE.match(text, title.end()) if title else None
    body = text[newline.end() :] if newline else ""
    if title and body and not body.isspace():
        article = Article(
            id=id,
            text=body,
            title=title[0].strip(),
            publisher=_publisher(body),
            metadata={},
            origin=where,
        )
    else:
        article = Article(id=id, text=text, metadata={}, origin=where)
    check(article)
    return article


def _publisher(body: str) -> str:
    lines = (line[0].strip() for line in _LINE.finditer(body) if not line[0].isspace())
    first, second = next(lines, ""), next(lines, "")
    short = len(first) <= _PUBLISHER_CHARS and len(first.split()) <= _PUBLISHER_WORDS
    if not (second and short) or first.endswith(_FINAL) or _NO_PUBLISHER.match(first):
        return ""
    return first


def article_from_html(html: str, *, id: str, where: str) -> Article:
    """Return the article of a page: its main text, one paragraph a line, without the page's frame.

    The site's name is the publisher, the canonical address the url; the author and the page's
    description go to the metadata. Nothing is fetched.

    Raises:
        DataError: no article is found in the page.
    """
    page = _extract(html, where)
    title = str(page.title or "").strip() if page is not None else ""
    text = str(page.text or "") if page is not None else ""
    first, _, rest = text.partition("\n")
    if rest and first.strip() == title:
        text = rest
    if page is None or not text.strip():
        raise DataError(
            where, "a page in which no article is found", "HTML with paragraphs of text"
        )
    extra = {"author": page.author, "description": page.description}
    article = Article(
        id=id,
        text=text,
        title=title,
        publisher=page.sitename or "",
        url=page.url or "",
        published=page.date or "",
        metadata={name: value for name, value in extra.items() if value},
        origin=where,
    )
    check(article)
    return article


def decode_html(raw: bytes, where: str) -> str:
    """Return the text of a page's bytes, using the encoding it declares where it is not UTF-8.

    Raises:
        DataError: the bytes are binary or cannot be decoded.
    """
    declared = _DECLARED.search(raw[:4096])
    name = (declared[1] or declared[2]).decode("ascii") if declared else ""
    return decoding.decode(raw, where, name)


def check_size(raw: bytes, where: str) -> None:
    """Raise DataError when a document is empty or longer than :data:`MAX_FILE_BYTES`."""
    if not raw:
        raise DataError(where, "an empty file", "the text of an article")
    if len(raw) > MAX_FILE_BYTES:
        raise DataError(
            where,
            f"a file of more than {MAX_FILE_BYTES / 1e6:.1f} MB",
            f"one article, of at most {MAX_FILE_BYTES / 1e6:.1f} MB",
            "Put many articles into JSON Lines, one a line.",
        )


def _read_bytes(source: Source) -> bytes:
    with source.path.open("rb") as stream:
        raw = stream.read(MAX_FILE_BYTES + 1)
    check_size(raw, source.name)
    return raw


def _extract(html: str, where: str) -> Any:
    """Return trafilatura's document, or None where it finds no text."""
    import trafilatura

    if not _PAGE.search(html):
        html = f"<html><body>{html}</body></html>"
    for library in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        return trafilatura.bare_extraction(
            html,
            with_metadata=True,
            include_comments=False,
            include_tables=False,
            # Only dates the page states; guessing one from its text is slow and often wrong.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception as error:  # third-party parsing of arbitrary pages: anything can come out
        found = f"a page that cannot be parsed ({type(error).__name__})"
        raise DataError(where, found, "HTML with paragraphs of text") from error
