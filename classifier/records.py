"""The nouns of the project: what walks from the left of the house to the right.

All offsets are Unicode code points. A sentence's offsets count from the start of its field, a
cue's from the start of its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Field = Literal["title", "heading", "text"]
Kind = Literal["headline", "sentence", "credit"]

FIELDS: tuple[Field, ...] = ("title", "heading", "text")
KINDS: tuple[Kind, ...] = ("headline", "sentence", "credit")


@dataclass(frozen=True, slots=True)
class Article:
    """One piece of news, as it came in.

    Attributes:
        id: identifier, unique within one run.
        text: the body; newlines as they stood in the source.
        title, heading: headline and standfirst; empty when there is none.
        publisher: who published this very copy; empty when unknown.
        url, published: where and when (the date as written in the source); may be empty.
        sentences: the body's sentences where the source came already segmented; ``text`` is then
            these sentences joined by one newline.
        metadata: every other column of the source, unchanged.
        origin: where it was read, for messages: ``articles.jsonl:12``.
    """

    id: str
    text: str
    title: str = ""
    heading: str = ""
    publisher: str = ""
    url: str = ""
    published: str = ""
    sentences: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""

    def content(self, name: str) -> str:
        """Return the decoded text of the field ``title``, ``heading`` or ``text``."""
        if name not in FIELDS:
            raise ValueError(f"no field {name!r}: expected one of {', '.join(FIELDS)}")
        return str(getattr(self, name))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One unit of an article: ``article.content(field)[start:end] == text``."""

    index: int
    field: Field
    start: int
    end: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Cue:
    """The words of a sentence that show a device; ``sentence.text[start:end]``."""

    start: int
    end: int
    device: str


@dataclass(frozen=True, slots=True)
class LabelScore:
    """What one label says of one sentence.

    Attributes:
        probability: calibrated, in [0, 1].
        positive: the decision, after thresholds and withdrawals.
        cues: evidence, in order; at least one when positive.
        depth: number of distinct hands (``relay_sourcing`` positives only).
        withdrawn: why a positive was taken back; empty when it was not.
    """

    probability: float
    positive: bool
    cues: tuple[Cue, ...] = ()
    depth: int | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """A sentence and its labels, in schema order."""

    sentence: Sentence
    labels: Mapping[str, LabelScore]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model spoke: name, version, SHA-256 of its manifest, decision thresholds."""

    name: str
    version: str
    sha256: str
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ArticleScore:
    """An article's sentences with their labels, and what they say together."""

    id: str
    title: str
    language: str
    sentences: tuple[SentenceScore, ...]
    summary: Mapping[str, Any]
    model: ModelInfo
    warnings: tuple[str, ...] = ()
    article: Article | None = None
