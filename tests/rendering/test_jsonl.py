"""JSON lines: valid against the published schema, one line each, nothing lost."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given

from classifier.records import ArticleScore, Cue, LabelScore, Sentence, SentenceScore
from classifier.rendering.jsonl import to_dict, to_json, write
from classifier.schema import load_schema, resource_bytes

from .samples import article_scores, make_score


@pytest.fixture(scope="module")
def document_schema() -> dict[str, Any]:
    return json.loads(resource_bytes("output.schema.json"))


@pytest.fixture(scope="module")
def validator(document_schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(document_schema)
    return jsonschema.Draft202012Validator(document_schema)


def test_both_samples_are_valid(
    validator: jsonschema.Draft202012Validator, seed_score: ArticleScore, trap_score: ArticleScore
) -> None:
    for score in (seed_score, trap_score):
        validator.validate(json.loads(to_json(score)))
        validator.validate(to_dict(score))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("sentences", 0, "extra"), 1),
        (("sentences", 0, "labels", "threat_rhetoric", "depth"), None),
        (("sentences", 0, "labels", "relay_sourcing", "depth"), 0),
        (("sentences", 0, "labels", "relay_sourcing", "probability"), 1.5),
        (("sentences", 0, "kind"), "footer"),
        (("sentences", 2, "labels", "relay_sourcing", "cues", 0, "device"), "frame"),
        (("summary", "labels", "attribution_hedging", "share"), "53 %"),
        (("model", "sha256"), "abc"),
    ],
)
def test_the_schema_refuses(
    validator: jsonschema.Draft202012Validator,
    seed_score: ArticleScore,
    path: tuple[str | int, ...],
    value: object,
) -> None:
    document: Any = to_dict(seed_score)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not validator.is_valid(document)


def test_the_schema_describes_every_property(document_schema: dict[str, Any]) -> None:
    def walk(node: Any, where: str) -> None:
        if not isinstance(node, dict):
            return
        for name, part in node.get("properties", {}).items():
            target = document_schema["$defs"].get(part.get("$ref", "").rpartition("/")[2], {})
            described = "description" in part or "description" in target
            if name not in load_schema().names:
                assert described, f"{where}.{name}"
            walk(part, f"{where}.{name}")
        if node.get("type") == "object":
            assert node.get("additionalProperties") is not None, where

    walk(document_schema, "")
    for name, node in document_schema["$defs"].items():
        walk(node, name)


def test_the_schema_knows_the_labels_and_devices(document_schema: dict[str, Any]) -> None:
    definitions = document_schema["$defs"]
    labels = load_schema().labels
    assert tuple(definitions["sentence"]["properties"]["labels"]["properties"]) == tuple(
        label.name for label in labels
    )
    for label in labels:
        device = definitions[f"{label.name}_cue"]["properties"]["device"]
        assert tuple(device["enum"]) == (*label.device_names, "weights")


def test_shape_of_one_sentence(trap_score: ArticleScore) -> None:
    document = to_dict(trap_score)
    assert list(document) == [
        "id", "title", "language", "sentences", "summary", "chain", "headline", "signals", "model",
        "warnings",
    ]  # fmt: skip
    sentence = document["sentences"][3]
    assert list(sentence) == ["index", "field", "start", "end", "kind", "text", "labels"]
    assert list(sentence["labels"]) == list(load_schema().names)
    assert sentence["labels"]["relay_sourcing"] == {
        "probability": 0.8,
        "positive": False,
        "cues": [{"start": 22, "end": 36, "device": "via_outlet"}],
        "depth": None,
        "withdrawn": "notre journal est l'éditeur <Le Soir>",
    }
    assert sentence["labels"]["threat_rhetoric"] == {
        "probability": 0.04,
        "positive": False,
        "cues": [],
    }


def test_not_a_number_is_null(trap_score: ArticleScore) -> None:
    hedging = to_dict(trap_score)["sentences"][2]["labels"]["attribution_hedging"]
    assert hedging["probability"] is None
    assert "NaN" not in to_json(trap_score)


def test_numpy_numbers_are_written() -> None:
    label = LabelScore(np.float64(0.5), np.bool_(True), (Cue(np.int64(0), np.int64(1), "frame"),))  # type: ignore[arg-type]
    rest = dict.fromkeys(load_schema().names[1:], LabelScore(np.float32(0), False))  # type: ignore[arg-type]
    item = SentenceScore(
        Sentence(0, "text", 0, 1, "sentence", "a"), {load_schema().names[0]: label, **rest}
    )
    written = json.loads(to_json(make_score([item])))
    assert written["sentences"][0]["labels"]["attribution_hedging"] == {
        "probability": 0.5,
        "positive": True,
        "cues": [{"start": 0, "end": 1, "device": "frame"}],
    }


def test_an_article_without_sentences_has_no_share(
    validator: jsonschema.Draft202012Validator,
) -> None:
    document = json.loads(to_json(make_score([])))
    validator.validate(document)
    assert document["summary"]["labels"]["threat_rhetoric"] == {"positive": 0, "share": None}


def test_no_line_ends_inside_a_line() -> None:
    score = make_score([], title="a\nb\rc\u2028d\u2029e\x85f\x0bg\x1ch")
    line = to_json(score)
    assert line.splitlines() == [line]
    assert json.loads(line)["title"] == score.title


def test_lone_surrogates_become_the_replacement_character() -> None:
    line = to_json(make_score([], title="a\ud800b"))
    assert json.loads(line.encode("utf-8"))["title"] == "a\ufffdb"


def test_accents_stay_readable(seed_score: ArticleScore) -> None:
    assert "secrètement" in to_json(seed_score)


def test_write_streams_one_line_an_article(seed_score: ArticleScore) -> None:
    stream = io.StringIO()

    def scores() -> Any:
        for expected in range(3):
            assert stream.getvalue().count("\n") == expected
            yield seed_score

    write(scores(), stream)
    assert stream.getvalue() == (to_json(seed_score) + "\n") * 3


@given(article_scores())
def test_any_article_survives(score: ArticleScore) -> None:
    line = to_json(score)
    assert len(line.splitlines()) == 1
    document = json.loads(line)
    assert document["title"] == score.title
    for item, written in zip(score.sentences, document["sentences"], strict=True):
        assert written["text"] == item.sentence.text
        for name, label in item.labels.items():
            cues = [(cue["start"], cue["end"]) for cue in written["labels"][name]["cues"]]
            assert cues == [(cue.start, cue.end) for cue in label.cues]


def test_json_does_not_load_the_terminal() -> None:
    code = (
        "import io, sys; from classifier.rendering import render; "
        "render([], 'jsonl', io.StringIO()); "
        "sys.exit(any(name.partition('.')[0] in {'rich', 'numpy'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
