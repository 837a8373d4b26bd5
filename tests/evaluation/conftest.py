"""A small corpus on disk: written articles, gold, passes and splits, and a model trained on it."""

from __future__ import annotations

import json

import pytest

from classifier.corpus.annotations import join_text, mark_document, write_annotations
from classifier.corpus.dataset import label_documents
from classifier.corpus.splits import make_splits, write_splits
from classifier.evaluation.bench import load_bench
from classifier.evaluation.suite import run_suite
from classifier.records import Article
from classifier.scoring import Scorer
from classifier.text.segmentation import segment
from tests.conftest import make_documents


def _numbered(article, mark, number):
    """Give every sentence a number at its end, so that none stands in two articles."""
    texts = tuple(f"{text[:-1]} {number}." for text in article.sentences)
    numbered = Article(id=article.id, text="\n".join(texts), sentences=texts)
    labels = {one.index: one.labels for one in mark.sentences}
    return join_text(
        mark_document(numbered, segment(numbered), labels, source="written", batch="b01"), numbered
    )


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory):
    """A data folder with 60 written articles, both passes and splits."""
    data = tmp_path_factory.mktemp("corpus") / "data"
    documents = label_documents(
        _numbered(article, mark, number)
        for number, (article, mark) in enumerate(
            (document.article, mark)
            for made in [make_documents(0, 60)]
            for document, mark in zip(made.documents, made.marks, strict=True)
        )
    )
    (data / "written").mkdir(parents=True)
    with (data / "written" / "articles.jsonl").open("w", encoding="utf-8") as stream:
        for document in documents.documents:
            row = {"id": document.article.id, "sentences": list(document.article.sentences or ())}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    for layer in ("gold", "pass_a", "pass_b"):
        write_annotations(documents.marks, data / "written" / layer / "b01.jsonl")
    annotated = load_bench(data).annotated
    write_splits(make_splits(annotated, similarity=0.95), data / "splits.json")
    return data


@pytest.fixture(scope="session")
def bench(corpus_folder):
    return load_bench(corpus_folder)


@pytest.fixture(scope="session")
def model_folder(trained, tmp_path_factory):
    """The small linear model of ``trained`` as a model directory."""
    folder = tmp_path_factory.mktemp("models") / "small"
    trained[0].save(folder, name="small", version="1")
    return folder


@pytest.fixture(scope="session")
def scorer(model_folder):
    return Scorer.load(model_folder)


@pytest.fixture(scope="session")
def dossier(scorer, bench, model_folder):
    """The full suite on the small model."""
    return run_suite(scorer, bench, directory=model_folder)
