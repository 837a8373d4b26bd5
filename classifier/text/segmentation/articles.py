"""The units of an article, over all its fields."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.errors import DataError
from classifier.records import Article, Field, Kind, Sentence
from classifier.text.segmentation.boundaries import Span, split
from classifier.text.segmentation.credits import is_credit, is_initials


def segment(article: Article) -> tuple[Sentence, ...]:
    """Return the units of ``article``: title, heading, text; the index runs over all three.

    Each line of the title is one headline. An article that came already segmented keeps its
    sentences one to one, those of nothing but white space left out.
    """
    units: list[Sentence] = []
    for field, spans in _fields(article):
        content = article.content(field)
        texts = [content[start:end] for start, end in spans]
        kinds = _kinds(field, texts, article.publisher)
        for (start, end), text, kind in zip(spans, texts, kinds, strict=True):
            units.append(Sentence(len(units), field, start, end, kind, text))
    return tuple(units)


def _kinds(field: Field, units: list[str], publisher: str) -> list[Kind]:
    if field == "title":
        return ["headline"] * len(units)
    kinds: list[Kind] = [
        "credit" if is_credit(unit, publisher if field == "text" else "") else "sentence"
        for unit in units
    ]
    # Initials are a credit only where nothing but credits follows.
    for position in range(len(units) - 1, -1, -1):
        if kinds[position] != "credit":
            if not is_initials(units[position]):
                break
            kinds[position] = "credit"
    return kinds


def _fields(article: Article) -> Iterator[tuple[Field, list[Span]]]:
    yield "title", _lines(article.title)
    yield "heading", split(article.heading)
    if article.sentences is None:
        yield "text", split(article.text)
    else:
        yield "text", _given(article)


def _lines(text: str) -> list[Span]:
    spans: list[Span] = []
    position = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            start = position + len(line) - len(line.lstrip())
            spans.append((start, start + len(stripped)))
        position += len(line)
    return spans


def _given(article: Article) -> list[Span]:
    """Locate the given sentences in the text, which is these joined by one newline."""
    sentences = article.sentences or ()
    if "\n".join(sentences) != article.text:
        raise DataError(
            article.origin or article.id,
            "a text that is not its sentences joined by one newline",
            "text == '\\n'.join(sentences)",
            "Leave the text empty where sentences are given.",
        )
    spans: list[Span] = []
    position = 0
    for sentence in sentences:
        stripped = sentence.strip()
        if stripped:
            start = position + len(sentence) - len(sentence.lstrip())
            spans.append((start, start + len(stripped)))
        position += len(sentence) + 1
    return spans
