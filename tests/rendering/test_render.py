"""The one entrance: formats, languages, what is refused."""

from __future__ import annotations

import io

import pytest

from classifier.errors import UsageError
from classifier.records import ArticleScore
from classifier.rendering import FORMATS, render
from classifier.rendering.jsonl import to_json
from classifier.rendering.words import percent, say


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_format_takes_a_generator(
    format: str, language: str, seed_score: ArticleScore, trap_score: ArticleScore
) -> None:
    stream = io.StringIO()
    render((score for score in (seed_score, trap_score)), format, stream, language=language)
    assert "Kharkov" in stream.getvalue()
    assert "La ministre l" in stream.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_no_article_is_no_error(format: str) -> None:
    stream = io.StringIO()
    render([], format, stream)
    assert ("<main" in stream.getvalue()) == (format == "html")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"format": "xml"}, "table, jsonl, csv, html"),
        ({"format": "html", "language": "de"}, "fr, en"),
        ({"format": "table", "hide": frozenset({"frames"})}, "unnamed_source"),
        ({"format": "jsonl", "hide": frozenset({"frames"})}, "unnamed_source"),
    ],
)
def test_what_is_unknown_is_refused_before_a_word(
    options: dict[str, object], expected: str, seed_score: ArticleScore
) -> None:
    stream = io.StringIO()
    with pytest.raises(UsageError, match=expected):
        render([seed_score], stream=stream, **options)  # type: ignore[arg-type]
    assert stream.getvalue() == ""


def test_hiding_leaves_the_data_formats_whole(seed_score: ArticleScore) -> None:
    stream = io.StringIO()
    render([seed_score], "jsonl", stream, hide=frozenset({"frame"}))
    assert stream.getvalue() == to_json(seed_score) + "\n"


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (0.0, "0\u202f%", "0%"),
        (0.001, "< 1\u202f%", "< 1%"),
        (0.235, "24\u202f%", "24%"),
        (0.999, "> 99\u202f%", "> 99%"),
        (1.0, "100\u202f%", "100%"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
    ],
)
def test_percent(value: float | None, french: str, english: str) -> None:
    assert percent(value, "fr") == french
    assert percent(value, "en") == english


def test_plurals() -> None:
    assert say("units", "fr", total=0) == "0 phrase"
    assert say("units", "en", total=0) == "0 sentences"
    assert say("units", "fr", total=2) == "2 phrases"
    assert say("credits", "en", total=1) == "1 credit line"
