"""What a caller may send, checked without ever repeating its text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from classifier.corpus.annotations import document_hash
from classifier.corpus.dataset import Document
from classifier.errors import DataError, Fault
from classifier.records import Article, Sentence
from classifier.serving.problems import Problem, describe_validation, safe_name
from classifier.serving.settings import Settings
from classifier.text.ingestion.documents import article_from_html, article_from_text
from classifier.text.ingestion.rows import article_from_row
from classifier.text.segmentation import segment


class ArticleRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One article: exactly one of ``text``, ``sentences``, ``document`` and ``html``.

    ``text`` is a body alone; ``sentences`` a body that is already cut; ``document`` a whole plain
    text, whose first line is the title and whose short second line names the publisher; ``html`` a
    page, in which the article is looked for. Nothing is ever fetched.
    """

    text: str | None = None
    sentences: list[str] | None = None
    document: str | None = None
    html: str | None = None
    id: str | None = None
    title: str | None = None
    heading: str | None = None
    publisher: str | None = None
    url: str | None = None
    published: str | None = None


class ScoreRequest(ArticleRequest, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One article, and thresholds for this request alone: label → probability."""

    thresholds: dict[str, float] | None = None


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Several articles, and thresholds for all of them."""

    articles: list[ArticleRequest]
    thresholds: dict[str, float] | None = None


_T = TypeVar("_T", ArticleRequest, ScoreRequest, BatchRequest)

_DECODERS: dict[type, Any] = {
    kind: msgspec.json.Decoder(kind) for kind in (ArticleRequest, ScoreRequest, BatchRequest)
}
#: Parsing a page takes more than linear time in its tags; pages of articles have a few thousand.
MAX_TAGS = 30_000

_CONTENTS = ("text", "sentences", "document", "html")
_ABOUT = ("title", "heading", "publisher", "url", "published")


def decode(body: bytes, kind: type[_T]) -> _T:
    """Return the request in a body.

    Raises:
        Problem: not UTF-8, not JSON, an unknown key, a wrong type; never with what was sent.
    """
    try:
        found: _T = _DECODERS[kind].decode(body)
    except msgspec.ValidationError as error:
        known = (
            (*BatchRequest.__struct_fields__, *ArticleRequest.__struct_fields__)
            if kind is BatchRequest
            else kind.__struct_fields__
        )
        fault = describe_validation(error, known)
        raise Problem("invalid-request", str(fault), faults=[fault]) from None
    except UnicodeDecodeError as error:
        raise Problem("invalid-encoding", f"Byte {error.start} of a string is not UTF-8.") from None
    except msgspec.DecodeError as error:
        if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in body[:4]:
            raise Problem("invalid-encoding", "The body is in UTF-16 or UTF-32.") from None
        raise Problem("malformed-json", f"{error}.") from None
    except RecursionError:
        raise Problem("malformed-json", "The JSON is nested too deeply.") from None
    return found


def read_thresholds(sent: Mapping[str, float] | None, own: Mapping[str, float]) -> dict[str, float]:
    """Return a model's thresholds with those of a request in their place.

    Raises:
        Problem: an unknown label, or a number outside [0, 1]; all of them at once.
    """
    chosen = dict(own)
    faults = []
    for label, value in (sent or {}).items():
        if label not in own:
            known = f"one of {', '.join(own)}"
            faults.append(Fault("$.thresholds", f"the label {safe_name(label, list(own))}", known))
        elif not (math.isfinite(value) and 0 <= value <= 1):
            faults.append(Fault(f"$.thresholds.{label}", "another number", "one from 0 to 1"))
        else:
            chosen[label] = float(value)
    if faults:
        raise Problem("invalid-request", "; ".join(map(str, faults)), faults=faults)
    return chosen


def to_article(request: ArticleRequest, where: str = "$") -> Article:
    """Return the article that a request holds, as the command line would read it.

    Without an id, its id is the beginning of the SHA-256 of its title, heading and text.

    Raises:
        Problem: none or several of the four contents, an empty text, a NUL, no article in HTML.
    """
    given = [name for name in _CONTENTS if getattr(request, name) is not None]
    if len(given) != 1:
        found = " and ".join(given) if given else "no content"
        fault = Fault(where, found, f"exactly one of {', '.join(_CONTENTS)}")
        raise Problem("invalid-request", str(fault), faults=[fault])
    try:
        return _read(request, where)
    except DataError as error:
        fault = error.fault
        raise Problem("unusable-article", str(fault), faults=[fault]) from None


def _read(request: ArticleRequest, where: str) -> Article:
    about = {name: getattr(request, name) for name in _ABOUT if getattr(request, name) is not None}
    if request.text is not None or request.sentences is not None:
        row: dict[str, Any] = dict(about)
        name = "text" if request.text is not None else "sentences"
        row[name] = getattr(request, name)
        return _with(article_from_row(row, where=f"{where}.{name}", default_id=""), request.id)
    if request.document is not None:
        article = article_from_text(request.document, id="", where=f"{where}.document")
    else:
        if (request.html or "").count("<") > MAX_TAGS:
            fault = Fault(f"{where}.html", f"more than {MAX_TAGS} tags", "a page of one article")
            raise Problem("too-many-items", str(fault), faults=[fault])
        article = article_from_html(request.html or " ", id="", where=f"{where}.html")
    row = {
        "text": article.text,
        "title": article.title,
        "publisher": article.publisher,
        "url": article.url,
        "published": article.published,
        **about,
    }
    return _with(article_from_row(row, where=where, default_id=""), request.id)


def _with(article: Article, id: str | None) -> Article:
    if id is None or not id.strip():
        id = document_hash(article)[:16]
    return dataclasses.replace(article, id=id)


def cut(article: Article, limits: Settings, where: str = "$") -> Document:
    """Return the article's units.

    Raises:
        Problem: too many of them, or one too long.
    """
    given: Sequence[str] = article.sentences or ()
    if len(given) > limits.max_sentences:
        raise _too_many(len(given), limits, where)
    _check_lengths(map(len, given), limits, where)
    sentences: tuple[Sentence, ...] = tuple(segment(article))
    if len(sentences) > limits.max_sentences:
        raise _too_many(len(sentences), limits, where)
    _check_lengths((len(one.text) for one in sentences), limits, where)
    return Document(article, sentences)


def _too_many(count: int, limits: Settings, where: str) -> Problem:
    fault = Fault(where, f"{count} sentences", f"at most {limits.max_sentences}")
    return Problem("too-many-items", str(fault), faults=[fault])


def _check_lengths(lengths: Any, limits: Settings, where: str) -> None:
    for index, length in enumerate(lengths):
        if length > limits.max_sentence_chars:
            found = f"sentence {index} of {length} characters"
            fault = Fault(where, found, f"at most {limits.max_sentence_chars}")
            raise Problem("sentence-too-long", str(fault), faults=[fault])


def article_dict(article: Article) -> dict[str, Any]:
    """Return what was read in a request, with the SHA-256 that annotations of it carry."""
    return {
        **{name: getattr(article, name) for name in ("id", "title", "heading", "text")},
        **{name: getattr(article, name) for name in ("publisher", "url", "published")},
        "sha256": document_hash(article),
    }
