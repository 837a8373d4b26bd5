"""One article a line, the form that programs read; ``resources/output.schema.json`` documents it.

The same dictionary is what the API answers. Keys stand in a fixed order, labels in schema order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import msgspec

from classifier.records import ArticleScore, LabelScore, ModelInfo, SentenceScore
from classifier.rendering.chain import chain_values
from classifier.rendering.signals import headline_values, resemblance_values, signal_values
from classifier.schema import load_schema

#: The only label whose sentences have a depth.
DEPTH_LABEL = "relay_sourcing"

# JSON allows these raw inside a string, but they end a line for ``str.splitlines`` and others.
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_LINE_END = re.compile("[\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def to_dict(score: ArticleScore) -> dict[str, Any]:
    """Return ``score`` as plain JSON values; what is not a number (NaN) is None."""
    order = load_schema().names
    document = {
        "id": score.id,
        "title": score.title,
        "language": score.language,
        "sentences": [_sentence(item, order) for item in score.sentences],
        "summary": _plain(score.summary),
        "chain": chain_values(score.chain),
        "headline": [headline_values(headline) for headline in score.headlines],
        "signals": [signal_values(signal) for signal in score.signals],
        "model": _model(score.model, order),
        "warnings": list(score.warnings),
    }
    if score.resemblance is not None:
        document["resemblance"] = resemblance_values(score.resemblance)
    return document


def to_json(score: ArticleScore) -> str:
    """Return ``score`` as one line of JSON, without the newline.

    Lone surrogates, which no UTF-8 file can hold, become U+FFFD; offsets stay right.
    """
    document = to_dict(score)
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_encodable(document))
    return _LINE_END.sub(lambda match: _LINE_ENDS[match.group()], encoded.decode("utf-8"))


def write(scores: Iterable[ArticleScore], stream: TextIO) -> None:
    """Write one line for each article."""
    for score in scores:
        stream.write(to_json(score) + "\n")


def _sentence(item: SentenceScore, order: tuple[str, ...]) -> dict[str, Any]:
    sentence = item.sentence
    return {
        "index": int(sentence.index),
        "field": sentence.field,
        "start": int(sentence.start),
        "end": int(sentence.end),
        "kind": sentence.kind,
        "text": sentence.text,
        "labels": {name: _label(name, item.labels[name]) for name in order if name in item.labels},
    }


def _label(name: str, score: LabelScore) -> dict[str, Any]:
    document: dict[str, Any] = {
        "probability": _number(score.probability),
        "positive": bool(score.positive),
        "cues": [
            {"start": int(cue.start), "end": int(cue.end), "device": cue.device}
            for cue in score.cues
        ],
    }
    if name == DEPTH_LABEL:
        document["depth"] = None if score.depth is None else int(score.depth)
    if score.withdrawn:
        document["withdrawn"] = score.withdrawn
    return document


def _model(model: ModelInfo, order: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "sha256": model.sha256,
        "thresholds": {
            name: _number(model.thresholds[name]) for name in order if name in model.thresholds
        },
    }


def _number(value: float) -> float | None:
    # float() also turns numpy's numbers into Python's, which are all that msgspec writes.
    value = float(value)
    return value if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return _number(value)
    return value


def _encodable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value
