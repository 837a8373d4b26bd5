"""The numpy scorer against the scikit-learn pipeline that it was exported from."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from classifier.corpus.dataset import Document
from classifier.models.families import load_model
from classifier.models.features import view_documents
from classifier.models.linear import LinearModel
from classifier.models.store import open_model
from classifier.records import Article
from classifier.text.segmentation import segment
from tests.conftest import SEED


def seed_document() -> Document:
    title, text = SEED.read_text("utf-8").split("\n", 1)
    article = Article(id="seed", title=title, text=text, publisher="Meguetan Infos")
    return Document(article, segment(article))


def test_scores_equal_scikit_learn(trained, validation_documents):
    model, pipeline = trained
    for documents in (validation_documents.documents, (seed_document(),)):
        expected = pipeline.predict_proba(view_documents(documents, model.lexicon))
        np.testing.assert_allclose(model.predict_proba(documents), expected, rtol=0, atol=1e-9)


def test_learns_the_difference(trained, validation_documents):
    model, _ = trained
    probabilities = model.predict_proba(validation_documents.documents)
    predicted = probabilities >= model.thresholds
    assert (predicted == validation_documents.gold).mean() > 0.95


def test_save_and_load_round_trip(trained, validation_documents, tmp_path):
    model, _ = trained
    files = model.save(tmp_path / "model", name="tiny", version="1")
    loaded, again = load_model(tmp_path / "model")
    assert isinstance(loaded, LinearModel)
    assert again.sha256 == files.sha256
    np.testing.assert_array_equal(
        loaded.predict_proba(validation_documents.documents),
        model.predict_proba(validation_documents.documents),
    )
    np.testing.assert_array_equal(loaded.thresholds, model.thresholds)


def test_saving_twice_gives_the_same_bytes(trained, tmp_path):
    model, _ = trained
    first = model.save(tmp_path / "one", name="tiny", version="1")
    second = model.save(tmp_path / "two", name="tiny", version="1")
    assert first.sha256 == second.sha256


def test_no_batch_changes_a_probability(trained, validation_documents):
    model, _ = trained
    together = model.predict_proba(validation_documents.documents)
    apart = np.concatenate([model.predict_proba([one]) for one in validation_documents.documents])
    np.testing.assert_array_equal(together, apart)


def test_no_hash_seed_changes_a_bit(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model", name="tiny", version="1")
    program = (
        "from classifier.scoring import Scorer; from classifier.records import Article\n"
        f"s = Scorer.load({str(tmp_path / 'model')!r})\n"
        "r = s.score(Article(id='x', text='Selon le préfet, le port sera fermé. Il menace.'))\n"
        "print([l.probability.hex() for o in r.sentences for l in o.labels.values()])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1


def test_no_pickle_in_a_model_directory(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model", name="tiny", version="1")
    suffixes = {file.suffix for file in (tmp_path / "model").iterdir()}
    assert suffixes == {".npy", ".json", ".toml"}
    for file in (tmp_path / "model").glob("*.npy"):
        np.load(file, allow_pickle=False)


def test_decisive_words_are_words_of_the_sentence(trained, validation_documents):
    model, _ = trained
    views = view_documents(validation_documents.documents, model.lexicon)
    sentence = validation_documents.documents[0].sentences[3]
    spans = model.weightiest_words(views[3], label=2)
    words = [sentence.text[start:end] for start, end in spans]
    assert any("menac" in word or "rebelle" in word or "veng" in word for word in words)


def test_an_empty_article_has_no_rows(trained):
    model, _ = trained
    assert model.predict_proba([Document(Article(id="e", text=""), ())]).shape == (0, 3)


def test_the_packaged_model_loads():
    files = open_model(load_model()[1].directory)
    assert files.manifest.family == "linear"
    assert files.manifest.data, "the default model must say which data it learned from"


@pytest.mark.parametrize("text", ["", " ", "…", "🙂🙂", "a" * 10_000, "é" * 50])
def test_odd_text_is_scored(trained, text):
    model, _ = trained
    article = Article(id="x", text=text)
    rows = model.predict_proba([Document(article, segment(article))])
    assert np.isfinite(rows).all()
    assert ((rows >= 0) & (rows <= 1)).all()
