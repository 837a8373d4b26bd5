"""Fine-tuned encoders: what they read, how they learn, and that a kill costs nothing.

The encoder is tiny and random, so these tests say nothing of how good the family is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from classifier import training
from classifier.cli import main
from classifier.corpus.dataset import Document
from classifier.corpus.splits import SplitManifest
from classifier.errors import MissingExtraError, ModelError, UsageError
from classifier.models.camembert import model as camembert_model
from classifier.models.camembert.encoder import EncoderModel, token_cues, trimmed
from classifier.models.camembert.inputs import (
    InputReader,
    devices,
    feature_count,
    make_batch,
    parse_tokenizer,
    token_marks,
)
from classifier.models.camembert.settings import CamembertSettings, InputSettings
from classifier.models.course import Course
from classifier.models.cues import load_lexicon
from classifier.models.families import load_model, new_model
from classifier.models.store import open_model
from classifier.records import Article, Cue
from classifier.rendering.words import phrase
from classifier.schema import load_schema
from classifier.scoring import Scorer
from classifier.text.segmentation import segment
from tests.conftest import ROOT, make_documents
from tests.models.conftest import MISSING, NO_ENCODER, build_base

needs_encoder = pytest.mark.skipif(bool(MISSING), reason=NO_ENCODER)


def test_a_missing_extra_names_its_install_command(monkeypatch):
    monkeypatch.setattr(camembert_model, "find_spec", lambda name: None)
    model = new_model("camembert")()
    with pytest.raises(MissingExtraError, match=r"pip install 'cadrage\[camembert\]'"):
        model.fit(make_documents(0, 2), make_documents(2, 2))


def test_settings_out_of_range_are_refused_by_name(tmp_path):
    path = tmp_path / "bad.toml"
    head = 'name = "x"\nversion = "1"\nfamily = "camembert"\n[settings]\n'
    for line in ("layer_decay = 1.5", "context = -1", 'pooling = "max"', "epochs = 0", "rate = 1"):
        path.write_text(head + line + "\n", "utf-8")
        with pytest.raises(UsageError, match="settings"):
            training.read_experiment(path)


@pytest.mark.parametrize(("name", "context"), [("camembert", 1), ("camembert-small", 0)])
def test_the_experiments_read(name, context):
    experiment = training.read_experiment(ROOT / "experiments" / f"{name}.toml")
    settings = msgspec.convert(experiment.settings, CamembertSettings)
    assert set(experiment.settings) <= set(CamembertSettings.__struct_fields__)
    assert settings.context == context


# What the network reads


@pytest.fixture(scope="module")
def reader(encoder_base):
    settings = InputSettings(1, 40, False, False, begin=0, separator=2, pad=1)
    source = (encoder_base / "tokenizer.json").read_bytes()
    return InputReader(parse_tokenizer(source), settings, load_lexicon())


def with_settings(reader, **changes):
    return replace(reader, settings=msgspec.structs.replace(reader.settings, **changes))


def document_of(*texts, title=""):
    article = Article(id="x", title=title, text="\n".join(texts), sentences=texts)
    return Document(article, segment(article))


def words(reader, ids):
    return reader.tokenizer.decode(list(ids), skip_special_tokens=False)


@needs_encoder
def test_the_sentences_before_stand_in_the_same_input(reader):
    document = document_of("Il fait beau.", "Le port ferme.", title="La gare")
    first, second, third = with_settings(reader, context=2).rows(document)
    assert (first.ids[0], first.ids[-1], first.ids.count(2)) == (0, 2, 1)
    assert second.ids.count(2) == 2
    assert third.ids.count(2) == 3
    assert third.ids[slice(*third.own)] == tuple(
        reader.tokenizer.encode("Le port ferme.", add_special_tokens=False).ids
    )
    assert third.ids[slice(*third.own)][0] not in (0, 1, 2)
    before = words(reader, third.ids[: third.own[0]])
    assert before.index("gare") < before.index("beau")
    alone = with_settings(reader, context=0).rows(document)
    assert [row.own[0] for row in alone] == [1, 1, 1]


@needs_encoder
def test_no_context_across_a_gap_and_none_from_a_credit_line(reader):
    document = document_of("Il fait beau.", "Le port ferme.", "La gare aussi.")
    gap = Document(document.article, (document.sentences[0], document.sentences[2]))
    assert reader.rows(gap)[1].own[0] == 1
    credited = msgspec.structs.replace(document.sentences[1], kind="credit")
    held = Document(document.article, (document.sentences[0], credited, document.sentences[2]))
    rows = reader.rows(held)
    assert rows[1] is None
    assert "beau" in words(reader, rows[2].ids[: rows[2].own[0]])


@needs_encoder
def test_a_long_sentence_is_cut_and_flagged(reader):
    long = "Le marché traverse la gare, le port et le pont, " * 4 + "selon le préfet."
    document = document_of("Il fait beau.", long, "Le port ferme.")
    short, cut, after = reader.rows(document)
    assert [row.truncated for row in (short, cut, after)] == [False, True, False]
    assert len(cut.ids) == 40
    assert cut.own == (1, 39), "the sentence goes before its context"
    assert cut.shortened
    assert after.shortened
    assert len(after.ids) == 40
    # What is kept of the sentence before is its end.
    assert "préfet" in words(reader, after.ids[: after.own[0]]).replace(" ", "")


@needs_encoder
def test_a_model_says_which_sentences_it_cut(plain_model):
    long = "Le marché traverse la gare, le port et le pont, " * 9 + "selon le préfet."
    document = document_of("Il fait beau.", long)
    assert plain_model.read(document).truncated == (1,)
    assert plain_model.read(document_of("Il fait beau.")).truncated == ()


@needs_encoder
def test_padding_and_own_tokens(reader):
    rows = reader.rows(document_of("Il fait beau sur le port.", "Le pont."))
    batch = make_batch(rows, pad=1)
    assert batch.ids.shape == batch.attention.shape == batch.own.shape
    for number, row in enumerate(rows):
        assert batch.attention[number].sum() == len(row.ids)
        assert batch.own[number].sum() == row.own[1] - row.own[0]
        assert (batch.ids[number, len(row.ids) :] == 1).all()


@needs_encoder
def test_cue_features_say_what_the_lexicon_found(reader):
    document = document_of("Selon le préfet, le port sera fermé.", "Il fait beau.")
    told, after = with_settings(reader, cue_features=True).rows(document)
    assert told.features.shape == (feature_count(),)
    frame = devices().index(("attribution_hedging", "frame"))
    assert told.features[frame] == 1
    assert after.features[frame] == 0
    assert after.features[len(devices()) + frame] == 1
    assert reader.rows(document)[0].features.size == 0


@needs_encoder
def test_marks_and_cues_are_each_others_inverse(reader):
    text = "Rien ne presse, écrit Le Courrier du Valois."
    row = reader.rows(document_of(text))[0]
    start = text.index("écrit")
    gold = {"relay_sourcing": (Cue(start, len(text) - 1, "outlet"),)}
    marks = token_marks(row, gold)
    column = devices().index(("relay_sourcing", "outlet"))
    assert set(np.flatnonzero(marks.any(axis=0))) == {column}
    own = marks[slice(*row.own)]
    assert 0 < own[:, column].sum() < len(own)
    found = token_cues(row, own - 0.5)["relay_sourcing"]
    assert len(found) == 1
    # Whole words come back: the full stop may hang on the last one.
    assert text[found[0].start : found[0].end].rstrip(".") == "écrit Le Courrier du Valois"


@needs_encoder
def test_spans_lead_back_to_the_text_as_typed(reader):
    typed = "D’après  un témoin, le port ferme."  # a curly apostrophe, two spaces
    row = reader.rows(document_of(typed))[0]
    whole = trimmed(row, 0, len(row.spans) - 1)
    assert typed[slice(*whole)] == typed


# What is learned, and how


@needs_encoder
def test_class_weights_enter_the_loss(encoder_base):
    import torch

    from classifier.models.camembert.network import build_network, positive_weights
    from classifier.models.camembert.weights import find_base, load_encoder

    weights = positive_weights([0.2, 0.5, 0.0], balance=0.5)
    np.testing.assert_allclose(weights, [2.0, 1.0, 1.0])
    np.testing.assert_allclose(positive_weights([0.2], balance=0), [1.0])
    base = find_base(str(encoder_base))
    inputs = base.inputs(CamembertSettings(max_tokens=64))
    network = build_network(load_encoder(base), inputs, pooling="mean").eval()
    labels = torch.zeros(2, len(load_schema().names))
    labels[0, 0] = 1
    network.label_weights = torch.arange(1.0, labels.shape[1] + 1) * 3
    ids = torch.tensor([[0, 9, 10, 2], [0, 11, 2, 1]])
    attention = (ids != 1).long()
    with torch.no_grad():
        found = network(ids, attention, attention, labels=labels)
    probability = torch.sigmoid(found["logits"])
    each = -(
        labels * network.label_weights * probability.log() + (1 - labels) * (1 - probability).log()
    )
    assert found["loss"].item() == pytest.approx(each.mean().item(), rel=1e-5)


@needs_encoder
def test_dropout_inside_the_encoder_can_be_set(encoder_base):
    import torch

    from classifier.models.camembert.weights import find_base, load_encoder

    ids = torch.tensor([[0, 9, 10, 11, 12, 2]])

    def same_twice(dropout):
        encoder = load_encoder(find_base(str(encoder_base)), dropout).train()
        with torch.no_grad():
            first, second = (encoder(input_ids=ids).last_hidden_state for _ in range(2))
        return torch.equal(first, second)

    assert same_twice(0.0)
    assert not same_twice(0.5)


@needs_encoder
@pytest.mark.parametrize("kind", ["camembert", "deberta-v2", "modernbert"])
def test_each_parameter_has_one_rate_and_rates_fall_with_depth(kind):
    from transformers import AutoConfig, AutoModel

    from classifier.models.camembert.network import build_network, layer_of, parameter_groups

    more = {"add_pooling_layer": False} if kind == "camembert" else {}
    if kind == "deberta-v2":
        # As CamemBERTa-v2 has it.
        shape = {"relative_attention": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm"}
    else:
        shape = {}
    configuration = AutoConfig.for_model(
        kind,
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=1,
        **shape,
    )
    encoder = AutoModel.from_config(configuration, **more)
    inputs = InputSettings(1, 32, True, True, begin=0, separator=2, pad=1)
    network = build_network(encoder, inputs, pooling="mean")
    groups = parameter_groups(
        network, learning_rate=1.0, head_rate=5.0, layer_decay=0.5, weight_decay=0.1
    )
    grouped = [id(one) for group in groups for one in group["params"]]
    trained = [id(one) for one in network.parameters() if one.requires_grad]
    assert sorted(grouped) == sorted(trained)
    assert len(set(grouped)) == len(grouped)
    rate = {id(one): group["lr"] for group in groups for one in group["params"]}
    decay = {id(one): group["weight_decay"] for group in groups for one in group["params"]}
    expected = {0: 0.125, 1: 0.25, 2: 0.5, 3: 1.0, 4: 5.0}
    depths = set()
    for name, one in network.named_parameters():
        depths.add(layer_of(name, 3))
        assert rate[id(one)] == expected[layer_of(name, 3)], name
        assert decay[id(one)] == (0.1 if one.ndim >= 2 else 0.0), name
    assert depths == set(expected)
    assert {layer_of(n, 3) for n, _ in network.named_parameters() if "word_emb" in n} <= {0}


@needs_encoder
def test_precision_follows_the_hardware(monkeypatch):
    import torch

    from classifier.models.camembert.trainer import precision_of

    processor, gpu = torch.device("cpu"), torch.device("cuda")
    assert precision_of("auto", processor) == precision_of("float32", gpu) == {}
    assert precision_of("bfloat16", processor) == {"bf16": True}
    with pytest.raises(UsageError, match="without a GPU"):
        precision_of("float16", processor)
    for able, switch in ((True, "bf16"), (False, "fp16")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda able=able: able)
        assert precision_of("auto", gpu) == {switch: True}
    assert precision_of("float16", gpu) == {"fp16": True}


@needs_encoder
@pytest.mark.parametrize("name", ["plain_model", "rich_model"])
def test_it_learns_what_can_be_learned(name, request):
    model = request.getfixturevalue(name)
    held = make_documents(200, 8)
    decided = model.predict_proba(held.documents) >= model.thresholds
    assert (decided == held.gold).mean() > 0.9


@needs_encoder
@pytest.mark.parametrize("name", ["plain_model", "rich_model"])
def test_save_and_load_round_trip_to_the_bit(name, request, tmp_path):
    model = request.getfixturevalue(name)
    files = model.save(tmp_path / "m", name="tiny", version="1")
    loaded, again = load_model(tmp_path / "m")
    assert again.sha256 == files.sha256
    documents = make_documents(300, 4).documents
    np.testing.assert_array_equal(loaded.predict_proba(documents), model.predict_proba(documents))
    np.testing.assert_array_equal(loaded.thresholds, model.thresholds)
    suffixes = {file.suffix for file in (tmp_path / "m").iterdir()}
    assert suffixes == {".npy", ".json", ".toml", ".safetensors"}, "no pickle"
    assert {"torch", "transformers"} <= files.manifest.versions.keys()
    assert len(files.json("network")["base_sha256"]) == 64


@needs_encoder
def test_no_other_article_changes_a_probability(plain_model):
    documents = make_documents(300, 5).documents
    together = plain_model.predict_proba(documents)
    apart = np.concatenate([plain_model.predict_proba([one]) for one in documents])
    np.testing.assert_array_equal(together, apart)
    assert plain_model.predict_proba([]).shape == (0, 3)


@needs_encoder
def test_odd_text_is_scored(plain_model):
    for text in ("", " ", "…", "🙂🙂", "a" * 5000, "\u0301"):
        article = Article(id="x", text=text)
        rows = plain_model.predict_proba([Document(article, segment(article))])
        assert np.isfinite(rows).all()


@needs_encoder
def test_evidence_stands_in_the_sentence(plain_model, rich_model):
    document = make_documents(300, 1).documents[0]
    for model in (plain_model, rich_model):
        reading = model.read(document)
        for number, unit in enumerate(document.sentences):
            for column in range(reading.probabilities.shape[1]):
                for start, end in reading.explain(number, column):
                    assert 0 <= start < end <= len(unit.text)
                    assert unit.text[start:end] == unit.text[start:end].strip()
    assert plain_model.read(document).cues == []
    cues = rich_model.read(document).cues
    assert len(cues) == len(document.sentences)
    shown = {cue.device for one in cues for found in one.values() for cue in found}
    assert shown <= {device for _, device in devices()}


class Counting(EncoderModel):
    """Stands for a network: the last label's score is high where one run of tokens is read."""

    wanted = ()

    def run(self, batch):
        scores = np.zeros((len(batch.ids), 3))
        size = len(self.wanted)
        for number, ids in enumerate(batch.ids.tolist()):
            runs = (tuple(ids[place : place + size]) for place in range(len(ids)))
            scores[number, 2] = 4.0 * (self.wanted in runs)
        return scores, None

    def fit(self, train, validation):
        raise NotImplementedError

    def save(self, directory, **about):
        raise NotImplementedError

    @classmethod
    def load(cls, files):
        raise NotImplementedError


@needs_encoder
@pytest.mark.parametrize("text", ["Le chef rebelle menace de fermer le stade.", "menace"])
def test_the_words_that_decide_are_found_by_leaving_them_out(reader, encoder_base, text):
    source = (encoder_base / "tokenizer.json").read_bytes()
    model = Counting(inputs=reader.settings, tokenizer_source=source)
    document = document_of(text)
    row = reader.rows(document)[0]
    start = text.index("menace")
    model.wanted = tuple(
        token
        for token, span in zip(row.ids[slice(*row.own)], row.spans, strict=True)
        if span[0] < start + len("menace") and start < span[1]
    )
    spans = model.read(document).explain(0, 2)
    assert len(spans) == 1
    assert text[slice(*spans[0])] == "menace"


@needs_encoder
def test_the_scorer_takes_such_a_model(plain_model, tmp_path):
    plain_model.save(tmp_path / "m", name="tiny", version="1")
    scored = Scorer.load(tmp_path / "m").score(make_documents(300, 1).documents[0].article)
    for one in scored.sentences:
        for label in one.labels.values():
            assert not label.positive or label.cues


# When it stops, and how it goes on


class Stop(Exception):
    """Stands for a kill."""


@needs_encoder
def test_early_stopping_keeps_the_best_checkpoint(fine_tune):
    seen = {}
    course = Course(watch=lambda step, figures: seen.setdefault(step, {}).update(figures))
    # Rates of nothing: no evaluation is better than the first.
    fine_tune(course, epochs=9, patience=2, learning_rate=1e-12, head_rate=1e-12)
    scores = [found["validation.macro_f1"] for found in seen.values() if "validation.loss" in found]
    assert len(scores) == 3, "the first, and two that are no better"
    assert {"train.loss", "rate.lowest", "rate.highest"} <= set().union(*seen.values())
    assert seen[0]["train.truncated"] == 0


@needs_encoder
@pytest.mark.parametrize("by_length", [False, True])
def test_a_resumed_training_equals_an_uninterrupted_one(fine_tune, tmp_path, by_length):
    settings = {"epochs": 3, "accumulation": 2, "token_head": True, "by_length": by_length}
    documents = make_documents(100, 8).documents

    def curve(history):
        return lambda step, figures: history.setdefault(step, {}).update(figures)

    whole_curve: dict[int, dict[str, float]] = {}
    whole = fine_tune(Course(watch=curve(whole_curve)), **settings)
    folder = tmp_path / "checkpoints"

    def kill(step, figures):
        # In the middle of the second epoch, when the first one's checkpoint is on disk.
        if step > 5:
            raise Stop

    with pytest.raises(Stop):
        fine_tune(Course(folder, watch=kill), **settings)
    kept = sorted(one.name for one in folder.glob("checkpoint-*"))
    assert kept == ["checkpoint-4"]
    # A checkpoint that the kill left half written, newer than the whole one.
    shutil.copytree(folder / "checkpoint-4", folder / "checkpoint-6")
    (folder / "checkpoint-6" / "complete").unlink()
    (folder / "checkpoint-6" / "model.safetensors").write_bytes(b"half")
    resumed_curve: dict[int, dict[str, float]] = {}
    resumed = fine_tune(Course(folder, resume=True, watch=curve(resumed_curve)), **settings)
    np.testing.assert_array_equal(resumed.predict_proba(documents), whole.predict_proba(documents))
    np.testing.assert_array_equal(resumed.thresholds, whole.thresholds)
    evaluated = [
        {
            step: found["validation.macro_f1"]
            for step, found in one.items()
            if "validation.loss" in found
        }
        for one in (whole_curve, resumed_curve)
    ]
    assert evaluated[0] == evaluated[1], "the curve holds what was before the kill"
    # Checkpoints of another training are not taken up.
    with pytest.raises(UsageError, match="other settings"):
        fine_tune(Course(folder, resume=True), **{**settings, "batch": 9})
    # Without resume they are removed.
    fine_tune(Course(folder), epochs=1)
    assert not (folder / "checkpoint-6").exists() or (folder / "checkpoint-6/complete").exists()


@needs_encoder
def test_batches_of_like_length_hold_every_example_once():
    from classifier.models.camembert.examples import ByLength

    lengths = np.random.default_rng(3).integers(5, 65, size=1000).tolist()
    order = ByLength(lengths, 8, seed=1)
    first = list(order)
    assert sorted(first) == list(range(1000))
    assert first == list(order)
    order.set_epoch(1)
    assert first != list(order)
    assert first != list(ByLength(lengths, 8, seed=2))
    spread = [max(told) - min(told) for told in np.array(lengths)[first].reshape(-1, 8)]
    assert np.mean(spread) < 5, "drawn at random it would be about 47"
    means = np.array(lengths)[first].reshape(-1, 8).mean(axis=1)
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.3, "batches come in no order of length"
    assert sorted(ByLength(lengths[:21], 8, seed=1)) == list(range(21))
    assert list(ByLength([], 8, seed=1)) == []


# The command


@pytest.fixture
def small_corpus(monkeypatch):
    corpus = training.Corpus(
        SplitManifest(seed=1, similarity=0.2, shares={}, newest={}, clusters=(), assignment={}),
        make_documents(0, 16),
        make_documents(100, 8),
        make_documents(200, 2),
        {"written": "0" * 64},
    )
    monkeypatch.setattr(training, "load_corpus", lambda data, sources: corpus)
    return corpus


def write_experiment(path, base, **settings):
    wanted = {
        "base": str(base),
        "max_tokens": 64,
        "learning_rate": 3e-3,
        "head_rate": 6e-3,
        "epochs": 2,
        "batch": 10,
        **settings,
    }
    head = 'name = "tiny"\nversion = "1"\nfamily = "camembert"\nsources = ["written"]\n[settings]\n'
    path.write_text(head + "".join(f"{k} = {json.dumps(v)}\n" for k, v in wanted.items()), "utf-8")
    return path


@needs_encoder
def test_several_seeds_in_one_command(encoder_base, small_corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    config = write_experiment(tmp_path / "tiny.toml", encoder_base, seed=5)
    command = ["train", str(config), "--out", str(tmp_path / "out"), "--seeds", "2"]
    assert main(command) == 0
    shown = capsys.readouterr()
    assert "spread" in shown.out
    assert "macro-F1" in shown.err
    made = [open_model(tmp_path / "out" / f"seed-{seed}") for seed in (5, 6)]
    weights = [one.manifest.files["network.safetensors"].sha256 for one in made]
    assert weights[0] != weights[1]
    assert [one.manifest.configuration["settings"]["seed"] for one in made] == [5, 6]
    assert not list((tmp_path / "out").glob("*.checkpoints"))
    line = next(one for one in shown.out.splitlines() if one.strip().startswith("macro"))
    first, second, mean, spread = map(float, line.split()[1:])
    assert mean == pytest.approx((first + second) / 2, abs=0.001)
    assert spread == pytest.approx(abs(first - second) / 2**0.5, abs=0.001)
    # The curves are in MLflow, and so is the best checkpoint.
    from classifier import tracking
    from classifier.tracking import store

    runs = tracking.runs("cadrage-train")
    assert [one.name for one in runs] == ["tiny-mean", "tiny", "tiny"]
    curve = store.connect().get_metric_history(runs[1].id, "validation.macro_f1")
    assert len({point.step for point in curve}) == 2
    directory = tracking.load_model_directory(f"runs:/{runs[1].id}/model")
    assert open_model(directory).sha256 == made[1].sha256
    # A second time, one model is there and one is not: only that one is trained.
    shutil.rmtree(tmp_path / "out" / "seed-6")
    assert main([*command, "--resume", "--no-track"]) == 0
    told = capsys.readouterr().err
    assert told.count("kept ") == 1
    assert told.count("training camembert") == 1
    assert open_model(tmp_path / "out" / "seed-6").sha256 == made[1].sha256, "the same to the bit"


@needs_encoder
def test_a_logged_model_is_served_as_pyfunc(plain_model, tmp_path, monkeypatch):
    from classifier import tracking
    from classifier.rendering.jsonl import to_json

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    plain_model.save(tmp_path / "m", name="tiny", version="1")
    with tracking.track("encoders", "one") as run:
        run.model(tmp_path / "m", name="model")
    import mlflow
    import pandas

    mlflow.set_tracking_uri(tracking.store_location().tracking_uri)
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.id}/model")
    text = "Selon le préfet, le port sera fermé. Il fait beau."
    said = loaded.predict(pandas.DataFrame({"id": ["1"], "text": [text]}))
    ours = to_json(Scorer.load(tmp_path / "m").score(Article(id="1", text=text)))
    assert list(said) == [ours]


def test_seeds_need_a_family_that_has_one(small_corpus, tmp_path, capsys):
    lexicon = str(ROOT / "experiments" / "lexicon.toml")
    assert main(["train", lexicon, "--out", str(tmp_path / "m"), "--seeds", "2"]) == 2
    assert "a family with a seed" in capsys.readouterr().err


# Where the weights come from


@needs_encoder
def test_no_weights_and_no_network_is_one_sentence(tmp_path):
    config = write_experiment(
        tmp_path / "camembert.toml", "almanach/camembert-base", revision="0" * 40
    )
    environment = {
        **os.environ,
        "CADRAGE_HOME": str(tmp_path / "home"),
        "HF_HOME": str(tmp_path / "hf"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "classifier", "train", str(config), "--no-track"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=200
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    told = done.stderr.strip().splitlines()[-1]
    assert told.startswith("cadrage: No weights of 'almanach/camembert-base'")
    assert "hf download almanach/camembert-base" in told
    assert str(tmp_path / "home" / "encoder" / "almanach" / "camembert-base") in told


def find(base, revision=""):
    from classifier.models.camembert.weights import find_base

    return find_base(str(base), revision)


@needs_encoder
def test_the_hub_is_asked_for_a_commit_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("CADRAGE_HOME", str(tmp_path))
    for revision in ("", "main", "abc123"):
        with pytest.raises(UsageError, match="40 hexadecimal digits"):
            find("almanach/camembert-base", revision)
    with pytest.raises(UsageError, match="no directory here"):
        find("/nowhere/at/all")


@needs_encoder
def test_weights_put_in_their_place_need_no_revision(monkeypatch, tmp_path, encoder_base):
    monkeypatch.setenv("CADRAGE_HOME", str(tmp_path))
    shutil.copytree(encoder_base, tmp_path / "encoder" / "almanach" / "camembert-base")
    base = find("almanach/camembert-base")
    assert (base.begin, base.separator, base.pad) == (0, 2, 1)
    assert base.sha256 == find(encoder_base).sha256


@needs_encoder
def test_pickled_weights_are_not_read(tmp_path, encoder_base):
    base = shutil.copytree(encoder_base, tmp_path / "base")
    (base / "model.safetensors").rename(base / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin, a pickle"):
        find(base)


@needs_encoder
def test_code_that_comes_with_weights_is_not_run(tmp_path, encoder_base):
    from classifier.models.camembert.weights import load_encoder

    base = shutil.copytree(encoder_base, tmp_path / "base")
    ran = tmp_path / "ran"
    (base / "foreign.py").write_text(f"open({str(ran)!r}, 'w')\n", "utf-8")
    config = json.loads((base / "config.json").read_text("utf-8"))
    config |= {
        "model_type": "foreign",
        "auto_map": {"AutoConfig": "foreign.Config", "AutoModel": "foreign.Model"},
    }
    (base / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match="without remote code"):
        load_encoder(find(base))
    assert not ran.exists()


@needs_encoder
def test_weights_with_holes_are_refused(tmp_path, encoder_base):
    from safetensors.torch import load_file, save_file

    from classifier.models.camembert.weights import load_encoder

    base = shutil.copytree(encoder_base, tmp_path / "base")
    weights = load_file(base / "model.safetensors")
    kept = {key: one for key, one in weights.items() if "layer.1.attention" not in key}
    save_file(kept, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="no weights for"):
        load_encoder(find(base))


@needs_encoder
def test_more_tokens_than_positions_are_refused(fine_tune):
    with pytest.raises(UsageError, match="at most 128"):
        fine_tune(max_tokens=129)


@needs_encoder
def test_the_hash_of_the_weights_tells_bases_apart(tmp_path, encoder_base):
    other = build_base(tmp_path / "base", hidden=16)
    assert find(other).sha256 != find(encoder_base).sha256


@needs_encoder
def test_the_score_carries_the_models_own_evidence(rich_model, tmp_path):
    rich_model.save(tmp_path / "m", name="tiny", version="1")
    document = make_documents(300, 1).documents[0]
    reading = rich_model.read(document)
    scored = Scorer.load(tmp_path / "m").score_document(document)
    shown = 0
    for one, own in zip(scored.sentences, reading.cues, strict=True):
        for name, label in one.labels.items():
            if label.positive and name in own:
                assert label.cues == own[name]
                shown += 1
    assert shown


@needs_encoder
def test_a_cut_sentence_is_flagged_in_the_score(plain_model, tmp_path):
    plain_model.save(tmp_path / "m", name="tiny", version="1")
    long = "Le marché traverse la gare, le port et le pont, " * 9 + "selon le préfet."
    scored = Scorer.load(tmp_path / "m").score_document(document_of("Il fait beau.", long))
    assert "truncated:1" in scored.warnings
    french, english = phrase("truncated:1", "fr"), phrase("truncated:1", "en")
    assert french != english
    assert french.endswith("1")
