"""The forms in which a score is answered: JSON, and for people CSV and a printable page."""

from __future__ import annotations

import io

from classifier.errors import Fault
from classifier.records import ArticleScore
from classifier.rendering import LANGUAGES, render
from classifier.rendering.jsonl import to_json
from classifier.serving.problems import Problem

JSON = "application/json"
_FORMATS = {JSON: "jsonl", "text/csv": "csv", "text/html": "html"}


def choose(accept: str) -> str:
    """Return the media type to answer with: JSON unless the caller wants another.

    Raises:
        Problem: nothing that the caller accepts can be given.
    """
    wanted = [
        (part.partition(";")[0].strip().lower(), _quality(part)) for part in accept.split(",")
    ]
    accepted = {kind: quality for kind, quality in wanted if kind and quality > 0}
    if not accepted:
        if accept.strip():
            raise Problem("not-acceptable", "The header Accept admits nothing.")
        return JSON
    best = max(accepted, key=lambda kind: accepted[kind])
    for kind in (best, *accepted):
        if kind in _FORMATS:
            return kind
    if {"*/*", "application/*"} & accepted.keys():
        return JSON
    if "text/*" in accepted:
        return "text/csv"
    raise Problem("not-acceptable", "The header Accept names no form that exists.")


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def choose_language(asked: str | None) -> str:
    """Return the language of the printable page.

    Raises:
        Problem: neither ``fr`` nor ``en``.
    """
    if asked is None:
        return "fr"
    if asked not in LANGUAGES:
        fault = Fault("?language", "another value", f"one of {', '.join(LANGUAGES)}")
        raise Problem("invalid-request", str(fault), faults=[fault])
    return asked


def render_as(score: ArticleScore, kind: str, language: str) -> bytes:
    """Return the score in one of the forms; JSON without its newline."""
    if kind == JSON:
        return to_json(score).encode()
    stream = io.StringIO(newline="")
    render([score], _FORMATS[kind], stream, language=language)
    return stream.getvalue().encode("utf-8", "replace")
