"""Soft labels: what teachers say of sentences that nobody annotated, kept, joined and learned."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.corpus.dataset import Document
from classifier.errors import DataError, UsageError
from classifier.models.camembert import soft as soft_module
from classifier.models.camembert.soft import (
    choose_sentences,
    keep_confident,
    keep_units,
    read_soft_labels,
    write_soft_labels,
)
from classifier.records import Article
from classifier.schema import load_schema
from classifier.text.segmentation import segment
from tests.conftest import make_documents
from tests.models.conftest import MISSING, NO_ENCODER

needs_encoder = pytest.mark.skipif(bool(MISSING), reason=NO_ENCODER)
SENTENCES = (
    "Le pont de Sarcey ferme lundi.",
    "Selon la mairie, les travaux dureront un an.",
    "Les commerçants attendent.",
    "Le préfet ne dit rien.",
    "Un bac fera la navette.",
)


@pytest.fixture
def texts(monkeypatch):
    articles = {
        name: Article(id=name, text="\n".join(SENTENCES), sentences=SENTENCES, title="Le pont")
        for name in ("1", "2")
    }
    monkeypatch.setattr(soft_module, "load_text", lambda name, data: articles)
    return articles


def document(article):
    return Document(article, segment(article))


def row(*values):
    return np.array(values, dtype=np.float32)


def write(path, texts, index=3, values=(0.25, 0.5, 1.0)):
    whole = document(texts["1"])
    labelled = keep_units("orangesum/1", whole, {index: row(*values)})
    write_soft_labels(path, [labelled], {"teachers": ["a"]})
    return labelled


def test_what_is_written_is_read_again(texts, tmp_path):
    path = tmp_path / "soft.jsonl"
    labelled = write(path, texts)
    (found,) = read_soft_labels(path)
    assert found.document.sentences == labelled.document.sentences
    assert [unit.index for unit in found.document.sentences] == [1, 2, 3]
    ((number, target),) = found.targets.items()
    assert found.document.sentences[number].index == 3
    assert target.tolist() == [0.25, 0.5, 1.0]
    assert "mairie" not in path.read_text("utf-8"), "no text in the file"


def test_units_keep_the_two_before_them(texts):
    whole = document(texts["1"])
    kept = keep_units("orangesum/1", whole, {5: row(0, 0, 1), 0: row(1, 0, 0)})
    assert [unit.index for unit in kept.document.sentences] == [0, 3, 4, 5]
    assert {number: target.tolist() for number, target in kept.targets.items()} == {
        0: [1, 0, 0],
        3: [0, 0, 1],
    }


def test_another_text_is_refused(texts, tmp_path):
    path = tmp_path / "soft.jsonl"
    write(path, texts)
    texts["1"] = replace(texts["1"], title="Le pont rouvre")
    with pytest.raises(DataError, match="another text"):
        read_soft_labels(path)
    del texts["1"]
    with pytest.raises(DataError, match="no text"):
        read_soft_labels(path)


def spoil(path, change):
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[0].update(labels=["x"]), "probabilities of"),
        (lambda lines: lines[1].update(targets={"99": [0, 0, 1]}), "of a unit it has"),
        (lambda lines: lines[1].update(targets={"1": [0, 1]}), "one for each label"),
        (lambda lines: lines[1].update(targets={"1": [0, 0, 1.5]}), "from 0 to 1"),
        (lambda lines: lines[1].pop("key"), "soft.jsonl:2"),
        (lambda lines: lines.clear(), "an empty file"),
    ],
)
def test_a_broken_file_is_refused(texts, tmp_path, change, message):
    path = tmp_path / "soft.jsonl"
    write(path, texts)
    spoil(path, change)
    with pytest.raises(DataError, match=message):
        read_soft_labels(path)


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(DataError, match=r"experiments\.ablations"):
        read_soft_labels(tmp_path / "none.jsonl")


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.integers(2, 30),
    st.integers(0, 2**31),
)
def test_half_of_the_sentences_are_the_likeliest(sizes, count, seed):
    draw = np.random.default_rng(seed)
    said = [draw.random((size, 3)) for size in sizes]
    said[0][0] = np.nan  # a credit line
    chosen = choose_sentences(said, count, seed)
    assert len(chosen) == len(said)
    assert all(one == sorted(set(one)) for one in chosen)
    assert 0 not in chosen[0]
    assert sum(map(len, chosen)) == min(count, sum(sizes) - 1)
    highest = sorted(float(row.max()) for one in said for row in one if row.max() >= 0)[::-1]
    kept = {float(said[n][index].max()) for n, one in enumerate(chosen) for index in one}
    assert set(highest[: count // 2]) <= kept
    assert chosen == choose_sentences(said, count, seed)


def test_only_confident_answers_are_kept():
    assert keep_confident(np.array([0.9, 0.1, 0.0]), 0.8).tolist() == [1, 0, 0]
    assert keep_confident(np.array([0.9, 0.5, 0.0]), 0.8) is None
    assert keep_confident(np.array([0.8, 0.2, 0.2]), 0.8).tolist() == [1, 0, 0]


# Learning from them


def soften(path, monkeypatch, flipped):
    """Write invented articles with their gold as soft labels, or with its opposite."""
    data = make_documents(500, 40)
    articles = {f"{number}": one.article for number, one in enumerate(data.documents)}
    monkeypatch.setattr(soft_module, "load_text", lambda name, data: articles)
    labelled = []
    for number, one in enumerate(data.documents):
        gold = data.gold[data.rows == number]
        units = segment(one.article)
        assert len(units) == len(gold)
        targets = {
            index: np.abs(truth.astype(np.float32) - 0.95 * flipped).clip(0.02, 0.98)
            for index, truth in enumerate(gold)
        }
        labelled.append(keep_units(f"orangesum/{number}", Document(one.article, units), targets))
    write_soft_labels(path, labelled, {})
    return sum(len(one.targets) for one in labelled)


@needs_encoder
def test_soft_labels_are_learned(fine_tune, tmp_path, monkeypatch):
    held = make_documents(800, 12)
    apart = {}
    for flipped in (False, True):
        path = tmp_path / f"{flipped}.jsonl"
        soften(path, monkeypatch, flipped)
        model = fine_tune(epochs=2, soft=str(path), soft_weight=50.0)
        scores = model.raw_scores(held.documents)
        keep = held.scorable()
        gold, scores = held.gold[keep], scores[keep]
        apart[flipped] = scores[gold].mean() - scores[~gold].mean()
        assert len(model.facts.soft_sha256) == 64
    assert apart[False] > 0.5
    assert apart[True] < -0.5, "fifty times the weight of gold: its opposite is what is learned"


@needs_encoder
def test_weights_are_shares_of_the_batch(encoder_base):
    import torch

    from classifier.models.camembert.network import build_network
    from classifier.models.camembert.settings import CamembertSettings
    from classifier.models.camembert.weights import find_base, load_encoder

    base = find_base(str(encoder_base))
    network = build_network(
        load_encoder(base), base.inputs(CamembertSettings(max_tokens=64)), pooling="mean"
    ).eval()
    ids = torch.tensor([[0, 9, 10, 2], [0, 11, 12, 2]])
    ones = torch.ones_like(ids)
    labels = torch.tensor([[1.0, 0.3, 0.0], [0.0, 0.0, 0.8]])

    def loss(weights, rows=slice(None)):
        given = None if weights is None else torch.tensor(weights)
        with torch.no_grad():
            found = network(ids[rows], ones[rows], ones[rows], labels=labels[rows], weights=given)
        return float(found["loss"])

    assert loss([2.0, 2.0]) == pytest.approx(loss(None), rel=1e-5)
    first, second = loss(None, slice(0, 1)), loss(None, slice(1, 2))
    assert loss([3.0, 1.0]) == pytest.approx(0.75 * first + 0.25 * second, rel=1e-4)


@needs_encoder
def test_a_token_head_cannot_learn_soft_labels(fine_tune, tmp_path):
    with pytest.raises(UsageError, match="token_head"):
        fine_tune(soft=str(tmp_path / "x.jsonl"), token_head=True)


@needs_encoder
def test_a_training_with_other_soft_labels_is_not_taken_up(fine_tune, tmp_path, monkeypatch):
    from classifier.models.course import Course

    folder = tmp_path / "checkpoints"
    for flipped in (False, True):
        soften(tmp_path / f"{flipped}.jsonl", monkeypatch, flipped)
    fine_tune(Course(folder), epochs=1, soft=str(tmp_path / "False.jsonl"))
    with pytest.raises(UsageError, match="other settings"):
        fine_tune(Course(folder, resume=True), epochs=1, soft=str(tmp_path / "True.jsonl"))


def test_labels_stand_in_schema_order(texts, tmp_path):
    path = tmp_path / "soft.jsonl"
    write(path, texts)
    head = json.loads(path.read_text("utf-8").splitlines()[0])
    assert tuple(head["labels"]) == load_schema().names
    assert head["made_by"] == {"teachers": ["a"]}
