"""The nouns of the project: what walks from the left of the house to the right.

All offsets are Unicode code points. A sentence's offsets count from the start of its field, a
cue's from the start of its sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

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


class Sentence(msgspec.Struct, frozen=True):
    """One unit of an article: ``article.content(field)[start:end] == text``."""

    index: int
    field: Field
    start: int
    end: int
    kind: Kind
    text: str


class Cue(msgspec.Struct, frozen=True, order=True):
    """The words of a sentence that show a device; ``sentence.text[start:end]``."""

    start: int
    end: int
    device: str


class Hand(msgspec.Struct, frozen=True):
    """A source in a sentence: ``sentence.text[start:end]``.

    Attributes:
        type: outlet, agency, institution, person, document, anonymous or crowd.
        by: who passes it on: numbers of hands of the same sentence, from 1; none for the article.
        name: what the hand is called; empty where its words are all that is known.
        carriers: the names of those who pass it on, where they stand in another sentence.
    """

    start: int
    end: int
    type: str
    by: tuple[int, ...] = ()
    name: str = ""
    carriers: tuple[str, ...] = ()


class LabelScore(msgspec.Struct, frozen=True):
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


class SentenceScore(msgspec.Struct, frozen=True):
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


class ClaimMatch(msgspec.Struct, frozen=True):
    """A sentence of the body that carries a headline's claim.

    Attributes:
        sentence: its index.
        similarity: share of the headline's weight that it carries, 0 to 1.
        attributed: whether it gives the claim as somebody's word or unsure.
    """

    sentence: int
    similarity: float
    attributed: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """What one headline does with the claim that it shares with the body.

    Attributes:
        matches: the sentences that carry the claim, in reading order.
        classes: class of :mod:`classifier.corpus.headlines` → probability.
        found: the classes that are reported.
        experimental: classes found whose precision is too low to be reported unasked.
        restrictions: indexes of sentences near the claim that limit or withdraw something.
        fidelity: probability that a careful reader would find no departure; NaN but for a title.
    """

    field: Field
    matches: tuple[ClaimMatch, ...]
    classes: Mapping[str, float]
    found: tuple[str, ...] = ()
    experimental: tuple[str, ...] = ()
    restrictions: tuple[int, ...] = ()
    fidelity: float = math.nan


class Evidence(msgspec.Struct, frozen=True):
    """Where a signal shows: ``sentence.text[start:end]``; the whole sentence where both are 0."""

    sentence: int
    start: int
    end: int


class Signal(msgspec.Struct, frozen=True):
    """One way of writing, measured on an article. It is no verdict.

    Attributes:
        value: NaN where it is undefined, and then ``reason`` says why.
        percentile: share, in percent, of ordinary press articles that have less of it; NaN where
            there is none, and then ``percentile_reason`` says why.
    """

    name: str
    value: float
    evidence: tuple[Evidence, ...] = ()
    percentile: float = math.nan
    reason: str = ""
    percentile_reason: str = ""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How much an article's way of writing resembles that of known pseudo-news, by a model.

    Attributes:
        probability: calibrated on an even mix of both kinds, 0 to 1; NaN when refused or abstained.
        reason: ``too_short``, ``not_french`` or ``outside_training``; empty when there is a number.
        words: how many words were read.
        distance: how far from the training articles; 1 is the farthest that is judged.
        limits: codes of what must be printed beside the number.
        model: SHA-256 of the model's file.
    """

    probability: float
    reason: str
    words: int
    distance: float
    limits: tuple[str, ...]
    model: str


class ChainNode(msgspec.Struct, frozen=True):
    """One hand of an article's chain; the first node is the article itself.

    Attributes:
        name: what it is called; for the article its publisher, empty when unknown.
        type: ``article``, or a hand's type.
    """

    name: str
    type: str


class ChainEdge(msgspec.Struct, frozen=True):
    """One hand passing on another: numbers of nodes, and where the text says so.

    Attributes:
        sentence: index of the sentence; start, end: the source's words in it.
    """

    carrier: int
    source: int
    sentence: int
    start: int
    end: int


class Claim(msgspec.Struct, frozen=True):
    """Sentences that go back to one origin.

    Attributes:
        kind: ``named`` (first-hand), ``document``, ``anonymous`` or ``missing``.
        origin: number of the node; for ``missing`` the last hand named, None without any.
    """

    sentences: tuple[int, ...]
    kind: str
    origin: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Through whose hands an article's hedged and relayed claims came, the article first.

    Attributes:
        depth: hands on the longest way from the article; 0 without any.
        origins: independent origins: the different hands at which claims end, of whatever kind; a
            newsroom that does not say where it has it from is one, a claim without a hand none.
        unnamed: share of claims whose origin is anonymous or missing; None without a claim.
    """

    nodes: tuple[ChainNode, ...]
    edges: tuple[ChainEdge, ...]
    claims: tuple[Claim, ...]
    depth: int
    origins: int
    unnamed: float | None


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
    headlines: tuple[Headline, ...] = ()
    signals: tuple[Signal, ...] = ()
    resemblance: Resemblance | None = None
    chain: Chain | None = None
