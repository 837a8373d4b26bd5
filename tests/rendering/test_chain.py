"""The chain in every output: JSON, text, and a drawing that a keyboard can walk."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import jsonschema
import pytest

from classifier.records import (
    ArticleScore,
    Chain,
    ChainEdge,
    ChainNode,
    Claim,
    ModelInfo,
    Sentence,
    SentenceScore,
)
from classifier.rendering.chain import (
    chain_branches,
    chain_figures,
    chain_values,
    sentence_origins,
    write_chain,
)
from classifier.rendering.jsonl import to_json
from classifier.schema import resource_bytes

TEXT = "La base fermera, rapporte <Le Soir>, citant ses propres sources."
CHAIN = Chain(
    (
        ChainNode("", "article"),
        ChainNode("<Le Soir>", "outlet"),
        ChainNode("ses propres sources", "anonymous"),
        ChainNode("Jeanne Morvan", "person"),
    ),
    (
        ChainEdge(0, 1, 0, 26, 35),
        ChainEdge(1, 2, 0, 44, 63),
        ChainEdge(0, 3, 0, 0, 7),
    ),
    (Claim((0,), "anonymous", 2), Claim((0,), "named", 3)),
    2,
    2,
    0.5,
)


@pytest.fixture
def score() -> ArticleScore:
    sentence = Sentence(0, "text", 0, len(TEXT), "sentence", TEXT)
    return ArticleScore(
        "a", "", "fr", (SentenceScore(sentence, {}),), {}, ModelInfo("m", "1", "0" * 64, {}),
        chain=CHAIN,
    )  # fmt: skip


def test_branches_are_read_from_the_article(score: ArticleScore) -> None:
    assert chain_branches(CHAIN) == [
        "cet article ← <Le Soir> ← sources anonymes",
        "cet article ← Jeanne Morvan",
    ]
    named = replace(CHAIN, nodes=(ChainNode("Le Fil", "article"), *CHAIN.nodes[1:]))
    assert chain_branches(named, "en")[1] == "Le Fil ← Jeanne Morvan"


def test_json_matches_its_schema(score: ArticleScore) -> None:
    values = chain_values(CHAIN)
    assert values is not None
    schema = json.loads(resource_bytes("output.schema.json"))
    part = {"$defs": schema["$defs"], "$ref": "#/$defs/chain"}
    jsonschema.validate(values, part)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values | {"truth": 1}, part)
    assert json.loads(to_json(score))["chain"]["edges"][1] == {
        "carrier": 1, "source": 2, "sentence": 0, "start": 44, "end": 63,
    }  # fmt: skip
    assert json.loads(to_json(replace(score, chain=None)))["chain"] is None


def test_the_drawing_can_be_walked_by_keyboard(score: ArticleScore) -> None:
    section = write_chain(score, "a1")
    drawings = re.findall(r"<svg.*?</svg>", section)
    assert len(drawings) == 2  # one in each language
    root = ElementTree.fromstring(drawings[0])
    links = root.findall("a")
    assert [link.get("href") for link in links] == ["#a1-s0"] * 3
    assert links[0].get("aria-label") == "<Le Soir> (média), phrase 0"
    assert all(link.find("title") is not None for link in links)
    dotted = [rect for rect in root.iter("rect") if "unnamed" in rect.get("class", "")]
    assert len(dotted) == 1


def test_the_drawing_has_a_text_beside_it(score: ArticleScore) -> None:
    section = write_chain(score, "a1")
    assert "&lt;Le Soir&gt; tient de sources anonymes" in section
    assert "<Le Soir>" not in section
    assert "<q>ses propres sources</q>" in section
    assert "style=" not in section  # the page's policy forbids it


def test_boxes_do_not_overlap(score: ArticleScore) -> None:
    drawing = re.findall(r"<svg.*?</svg>", write_chain(score, "a1"))[0]
    boxes = [
        tuple(float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        for rect in ElementTree.fromstring(drawing).iter("rect")
    ]
    for n, (x, y, width, height) in enumerate(boxes):
        for other in boxes[n + 1 :]:
            assert (
                x + width <= other[0]
                or other[0] + other[2] <= x
                or y + height <= other[1]
                or other[1] + other[3] <= y
            )


def test_nothing_where_there_is_no_chain(score: ArticleScore) -> None:
    empty = Chain((ChainNode("", "article"),), (), (), 0, 0, None)
    assert write_chain(replace(score, chain=None), "a1") == ""
    assert write_chain(replace(score, chain=empty), "a1") == ""
    sourceless = replace(empty, claims=(Claim((0,), "missing"),), unnamed=1.0)
    assert "Aucune source" in write_chain(replace(score, chain=sourceless), "a1")


def test_figures_in_words(score: ArticleScore) -> None:
    assert chain_figures(CHAIN, "en") == [
        "2 hands at the longest",
        "2 independent origins",
        "claims without a named origin: 50%",
    ]
    assert sentence_origins(score) == {
        0: ["anonymous: ses propres sources", "named: Jeanne Morvan"]
    }
