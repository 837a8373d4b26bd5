"""Pretraining of the small encoder: what it may read, how it is packed, that it can be taken up."""

from __future__ import annotations

import importlib.util
import itertools
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import DataError
from classifier.records import Article
from experiments.pretraining import exposure as exposure_module
from experiments.pretraining import text as text_module
from experiments.pretraining.configuration import Pretraining, read_configuration
from experiments.pretraining.document import render_figures
from experiments.pretraining.exposure import measure_exposure
from experiments.pretraining.initialisation import neighbour_matrices, position_table
from experiments.pretraining.loop import rate_share
from experiments.pretraining.objective import Vocabulary, draw_rows, mask_tokens, pack_stream
from experiments.pretraining.probe import guess_unigram
from experiments.pretraining.report import thin_curve
from experiments.pretraining.text import (
    Overlap,
    RunHasher,
    Selection,
    find_near,
    passages_of,
    read_reserved,
    select_articles,
)
from experiments.pretraining.tokenizer import encode_passages

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "experiments" / "pretraining" / "encoder.toml"
WORDS = Vocabulary(start=5, end=6, mask=99, first=7, size=100)

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(one) is None for one in ("torch", "transformers")),
    reason="torch and transformers come with the extra 'camembert'",
)


@pytest.fixture
def configured() -> Pretraining:
    return read_configuration(CONFIG)


def story(seed: int, words: int = 200) -> str:
    """Return invented words in an order that no other seed shares."""
    draw = np.random.default_rng(seed)
    return " ".join(f"mot{number}" for number in draw.integers(0, 5000, size=words))


def article(key: str, text: str, published: str = "2015-01-01", title: str = "") -> Article:
    return Article(id=key, text=text, title=title, published=published)


# What may be read


def test_a_copy_with_a_new_lead_is_near(configured):
    held = article("1", story(1))
    copy = article("2", "Une phrase de plus en tête . " + story(1))
    assert find_near({"o/2": copy, "o/3": article("3", story(3))}, [held], configured.text) == {
        "o/2"
    }


def test_shared_agency_copy_is_near_though_the_articles_differ(configured):
    agency = story(7, 40)
    held = article("1", f"{agency} {story(1, 150)}")
    long = article("2", f"{story(2, 400)} {agency} {story(3, 400)}")
    rules = configured.text
    assert find_near({"o/2": long}, [held], rules) == {"o/2"}
    fewer = msgspec.structs.replace(rules, passages=40)
    assert find_near({"o/2": long}, [held], fewer) == set()


def test_a_shared_quotation_alone_is_not_near(configured):
    quotation = story(7, 12)
    held = article("1", f"{quotation} {story(1, 300)}")
    other = article("2", f"{story(2, 300)} {quotation}")
    assert find_near({"o/2": other}, [held], configured.text) == set()


def test_case_and_punctuation_do_not_hide_a_copy(configured):
    held = article("1", story(1))
    assert find_near(
        {"o/2": article("2", story(1).upper().replace(" ", ", "))}, [held], configured.text
    )


@given(st.lists(st.lists(st.integers(0, 30), max_size=40), min_size=1, max_size=5), st.data())
def test_overlap_counts_shared_runs_exactly(documents, data):
    mine = data.draw(st.lists(st.integers(0, 30), max_size=40))
    hasher = RunHasher(2, {})

    def runs(numbers: list[int]) -> set[tuple[int, ...]]:
        if len(numbers) < 2:
            return {tuple(numbers)}
        return set(itertools.pairwise(numbers))

    def spell(numbers: list[int]) -> str:
        return " ".join(f"m{number}" for number in numbers)

    overlap = Overlap([hasher.hash_text(spell(one)) for one in documents])
    counted = overlap.count_shared(hasher.hash_text(spell(mine)))
    assert counted.tolist() == [len(runs(mine) & runs(one)) for one in documents]
    assert overlap.sizes.tolist() == [len(runs(one)) for one in documents]


@pytest.fixture
def corpus(tmp_path, monkeypatch, configured):
    """One dated test, one validation, one reserved, a copy of each and of a PPN test, one free."""
    texts = {
        "orangesum": {
            "1": article("1", story(1), "2020-06-15"),
            "2": article("2", story(2)),
            "3": article("3", story(3)),
            "4": article("4", story(1) + " fin", "2020-06-14"),
            "5": article("5", "début " + story(2)),
            "6": article("6", "début " + story(3)),
            "7": article("7", story(7)),
            "8": article("8", story(8)),
        },
        "ppn": {"a": article("a", story(8))},
    }
    assignment = {"orangesum/2": "validation", "orangesum/7": "train", "ppn/a": "test"}
    monkeypatch.setattr(text_module, "load_text", lambda name, data: texts[name])
    monkeypatch.setattr(
        text_module,
        "read_splits",
        lambda path: type("Manifest", (), {"assignment": assignment})(),
    )
    reserved = tmp_path / "reserved.txt"
    reserved.write_text("# une remarque\norangesum/3\n", "utf-8")
    return msgspec.structs.replace(configured.text, reserved=str(reserved), probe=0)


def test_nothing_held_out_and_no_copy_of_it_is_read(corpus):
    chosen = select_articles(corpus, seed=1)
    assert [one.id for one in chosen.training] == ["7"]
    assert chosen.counts == {
        "articles": 8,
        "dated": 1,
        "validation_or_test": 1,
        "reserved": 1,
        "near_duplicates": 4,
        "held_out_of_other_sources": 1,
        "probe": 0,
        "training": 1,
    }
    assert len(chosen.excluded) == 7
    assert len(chosen.excluded_sha256) == 64


def test_the_probe_takes_no_annotated_article(corpus):
    chosen = select_articles(msgspec.structs.replace(corpus, probe=5), seed=1)
    assert chosen.probe == ()
    assert [one.id for one in chosen.training] == ["7"]


def test_reserved_keys_must_be_there(tmp_path):
    with pytest.raises(DataError, match="no file"):
        read_reserved(tmp_path / "none.txt")


def test_without_a_list_nothing_is_reserved(corpus):
    chosen = select_articles(msgspec.structs.replace(corpus, reserved=None), seed=1)
    assert chosen.counts["reserved"] == 0
    assert sorted(one.id for one in chosen.training) == ["3", "6", "7"]


def test_sentences_glued_together_are_set_apart():
    found = passages_of(article("1", "Le préfet a parlé.La mairie attend.", title="Un titre"))
    assert found == ["Un titre", "Le préfet a parlé. La mairie attend."]


# Configuration


def test_the_configuration_reads(configured):
    assert configured.training.steps * configured.training.batch * configured.training.length <= (
        configured.training.tokens
    )
    assert len(configured.model.offsets) == configured.model.heads


@pytest.mark.parametrize(
    ("line", "broken", "message"),
    [
        ("masked = 0.2", "masked = 1.2", "training.masked"),
        ("length = 128", "length = 512", "training.length"),
        ("heads = 4", "heads = 3", "model.offsets"),
        ("exposure = 0.2", "exposure = 0.0", "report.exposure"),
        ("[tokenizer]", "[tokenizer]\nkind = 1", "kind"),
        ("decay = 0.4", "decay = 0.99", "warmup"),
    ],
)
def test_a_broken_configuration_is_refused(tmp_path, line, broken, message):
    path = tmp_path / "broken.toml"
    source = CONFIG.read_text("utf-8")
    assert f"\n{line}\n" in source
    path.write_text(source.replace(f"\n{line}\n", f"\n{broken}\n"), "utf-8")
    with pytest.raises(DataError, match=message):
        read_configuration(path)


# Packing, masking, schedule


def test_packing_keeps_the_stream_in_order():
    stream = np.arange(7, 7 + 33, dtype=np.uint16)
    packed = pack_stream(stream, 12, WORDS)
    assert packed.shape == (3, 12)
    assert (packed[:, 0] == WORDS.start).all()
    assert (packed[:, -1] == WORDS.end).all()
    assert packed[:, 1:-1].reshape(-1).tolist() == list(range(7, 37))


@given(st.integers(0, 2**31), st.floats(0.05, 0.6))
def test_masking_hides_that_share_and_only_text(seed, share):
    draw = np.random.default_rng(seed)
    rows = pack_stream(draw.integers(6, 99, size=300).astype(np.uint16), 32, WORDS)
    batch = mask_tokens(rows, share, WORDS, (seed, 2))
    flat, hidden = rows.reshape(-1), batch.inputs.reshape(-1)
    text = flat >= WORDS.first
    assert len(batch.places) == max(1, round(share * text.sum()))
    assert text[batch.places].all()
    assert (flat[batch.places] == batch.targets).all()
    untouched = np.setdiff1d(np.arange(len(flat)), batch.places)
    assert (hidden[untouched] == flat[untouched]).all()
    assert ((hidden[batch.places] >= WORDS.first) & (hidden[batch.places] <= WORDS.mask)).all()


def test_eight_in_ten_hidden_tokens_become_the_mask():
    rows = np.full((100, 102), 50, dtype=np.uint16)
    batch = mask_tokens(rows, 0.5, WORDS, (1, 2))
    hidden = batch.inputs.reshape(-1)[batch.places]
    assert np.mean(hidden == WORDS.mask) == pytest.approx(0.8, abs=0.02)
    assert np.mean(hidden == 50) == pytest.approx(0.1, abs=0.02)
    again = mask_tokens(rows, 0.5, WORDS, (1, 2))
    assert (again.inputs == batch.inputs).all()


def test_an_epoch_reads_every_sequence_once_and_the_next_in_another_order():
    first = np.concatenate([draw_rows(40, 8, step, 3) for step in range(5)])
    second = np.concatenate([draw_rows(40, 8, step, 3) for step in range(5, 10)])
    assert sorted(first) == sorted(second) == list(range(40))
    assert first.tolist() != second.tolist()


def test_rates_rise_stay_and_fall(configured):
    training = msgspec.structs.replace(
        configured.training, tokens=100 * 4096, length=128, batch=32, warmup=0.1, decay=0.4
    )
    shares = [rate_share(step, training) for step in range(100)]
    assert min(shares) > 0
    assert shares[:10] == sorted(shares[:10])
    assert set(shares[12:58]) == {1.0}
    assert shares[62:] == sorted(shares[62:], reverse=True)
    assert shares[-1] < 0.05


# Initialisation


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 3])
def test_heads_begin_by_looking_at_their_offset(offset):
    table = position_table(60, 128)
    query, key = neighbour_matrices(128, (offset, 0), gain=1.0)
    logits = (table @ query.T)[:, :64] @ (table @ key.T)[:, :64].T
    inner = np.arange(10, 50)
    assert (logits[inner].argmax(axis=1) == inner + offset).all()


def test_positions_spread_as_other_embeddings_do():
    assert np.sqrt((position_table(200, 64) ** 2).mean()) == pytest.approx(0.02)


# What the encoder has read


class Letters:
    """A tokenizer that gives each letter its own number."""

    eos_token_id = WORDS.end

    def __call__(self, texts, **_):
        return {"input_ids": [[WORDS.first + ord(one) % 90 for one in text] for text in texts]}


def test_a_document_that_was_read_is_found_in_the_token_ids():
    read = article("1", "Le préfet a reçu la maire. Le pont sera rouvert lundi, dit la mairie.")
    half = article("2", read.text + " Un autre jour, un tout autre récit commence ici, sans elle.")
    other = article("3", "Les vendanges commencent tôt cette année dans la vallée de Sarcey.")
    around = [f"Phrase numéro {number} sur un sujet quelconque." for number in range(40)]
    stream = encode_passages(Letters(), [around, passages_of(read), around])
    packed = pack_stream(stream, 32, WORDS)
    shares = measure_exposure([read, half, other, article("4", "Non.")], packed, Letters())
    assert shares[0] == 1
    assert 0.3 < shares[1] < 0.8
    assert shares[2:].tolist() == [0, 0]


# Figures


def test_guessing_the_most_frequent_piece():
    training = np.array([[7, 7, 7, 8]], dtype=np.uint16)
    found = guess_unigram(training, np.array([7, 7, 8, 9]), 10)
    assert found["accuracy"] == 0.5
    assert found["loss"] == pytest.approx(-np.mean(np.log([4 / 14, 4 / 14, 2 / 14, 1 / 14])))


def test_a_thin_curve_keeps_its_ends():
    lines = [{"step": float(step)} for step in range(500)]
    thin = thin_curve(lines, 50)
    assert len(thin) == 50
    assert (thin[0], thin[-1]) == (lines[0], lines[-1])
    assert thin_curve(lines[:3], 50) == lines[:3]


def test_the_document_says_what_the_results_say(configured):
    found = json.loads((ROOT / configured.report.results).read_text("utf-8"))
    text = (ROOT / "docs" / "encoder.md").read_text("utf-8")
    remedy = "run: python -m experiments.pretraining report experiments/pretraining/encoder.toml"
    assert render_figures(found) in text, f"{remedy}, then python -m experiments.documents"
    assert found["configuration"] == json.loads(msgspec.json.encode(configured)), remedy
    assert found["exposure"]["test"]["read"] == []


# With torch


TEXTS = [
    f"Le maire de {town} a reçu {count} habitants, selon la préfecture de {town}."
    for town in ("Vaubrun", "Sarcey", "Montlieu", "Peyrac", "Ornoy")
    for count in range(40)
]


@pytest.fixture
def small(tmp_path, configured) -> Pretraining:
    model = msgspec.structs.replace(
        configured.model,
        layers=2,
        hidden=32,
        heads=2,
        intermediate=64,
        positions=34,
        offsets=(-1, 1),
    )
    training = msgspec.structs.replace(
        configured.training,
        tokens=40 * 8 * 16,
        length=16,
        batch=8,
        bf16=False,
        checkpoint_minutes=60.0,
    )
    return msgspec.structs.replace(configured, folder=str(tmp_path), model=model, training=training)


@pytest.fixture
def tokenized(small):
    """A tokenizer of its own in the run's folder, and sequences of a small invented text."""
    pytest.importorskip("sentencepiece", reason="comes with the extra 'camembert'")
    from transformers import AutoTokenizer

    from experiments.pretraining.tokenizer import encode_passages, train_tokenizer

    folder = small.place / "tokenizer"
    train_tokenizer(TEXTS, 50, folder, 32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = Vocabulary(5, 6, tokenizer.mask_token_id, 7, len(tokenizer))
    stream = encode_passages(tokenizer, [TEXTS])
    return words, pack_stream(stream, small.training.length, words)


def losses(run: Pretraining) -> dict[int, float]:
    lines = (run.place / "log.jsonl").read_text("utf-8").splitlines()
    return {(one := json.loads(line))["step"]: one["loss"] for line in lines}


@needs_torch
def test_the_tokenizer_stands_in_camemberts_layout(small, tokenized):
    import sentencepiece
    from transformers import AutoTokenizer

    folder = small.place / "tokenizer"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == 50
    named = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<s>", "</s>", "<mask>"]
    assert tokenizer.convert_tokens_to_ids(named) == [0, 1, 2, 3, 5, 6, 49]
    assert tokenizer("Le maire")["input_ids"][0] == 5
    assert tokenizer("Le maire", "de Sarcey")["input_ids"].count(6) == 3
    trained = sentencepiece.SentencePieceProcessor(
        model_file=str(folder / "sentencepiece.bpe.model")
    )
    for text in TEXTS[::23]:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ids == [3 if one == 0 else one + 4 for one in trained.encode(text)]


@needs_torch
def test_a_killed_run_taken_up_again_goes_the_same_way(small, tokenized):
    import torch

    from experiments.pretraining.loop import train

    words, sequences = tokenized
    whole = train(small, words, sequences, resume=False)
    expected, weights = losses(small), whole.model.state_dict()
    (small.place / "checkpoint.pt").unlink()
    train(small, words, sequences, resume=True, stop_after=17)
    # What was logged after the checkpoint, and a checkpoint half written, are of no account.
    with (small.place / "log.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"step": 25, "loss": 99.0}\n')
    (small.place / "checkpoint.pt.part").write_bytes(b"half")
    again = train(small, words, sequences, resume=True)
    found = losses(small)
    assert found == pytest.approx(expected, abs=1e-4)
    assert again.step == whole.step == 40
    assert all(torch.equal(weights[name], one) for name, one in again.model.state_dict().items())


@needs_torch
def test_it_learns_and_the_export_is_what_was_learned(small, tokenized):
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    from experiments.pretraining.loop import build_model, train
    from experiments.pretraining.preparation import Prepared
    from experiments.pretraining.probe import measure, measure_model

    words, sequences = tokenized
    prepared = Prepared(sequences, sequences[:20], words, {})
    before = measure_model(build_model(small.model, words, small.seed), prepared, 0.2, 1)
    done = train(small, words, sequences, resume=False)
    after = measure(small, prepared)
    assert after["loss"] < before["loss"] - 0.5
    folder = small.place / "export"
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype="float32")
    assert model.config.model_type == "camembert"
    assert AutoTokenizer.from_pretrained(folder).mask_token_id == words.mask
    ids = torch.from_numpy(sequences[:2].astype(np.int64))
    with torch.no_grad():
        theirs, ours = model(ids).logits, done.model.eval()(ids).logits
    assert torch.allclose(theirs, ours, atol=0.05)


@needs_torch
def test_the_loss_needs_no_other_places(small, tokenized):
    import torch

    from experiments.pretraining.loop import build_model
    from experiments.pretraining.objective import masked_logits

    words, sequences = tokenized
    model = build_model(small.model, words, 1).eval()
    batch = mask_tokens(sequences[:3], 0.3, words, (1, 2))
    with torch.no_grad():
        whole = model(torch.from_numpy(batch.inputs)).logits.flatten(0, 1)
        assert torch.allclose(masked_logits(model, batch), whole[batch.places], atol=1e-5)


@needs_torch
def test_what_is_prepared_is_what_a_run_reads(small, monkeypatch):
    from experiments.pretraining import preparation

    told = [article(str(number), text) for number, text in enumerate(TEXTS)]
    chosen = Selection(tuple(told[:-9]), tuple(told[-9:]), {"training": len(told) - 9}, ("o/1",))
    monkeypatch.setattr(preparation, "select_articles", lambda rules, seed, data: chosen)
    kind = msgspec.structs.replace(small.tokenizer, vocabulary=50, articles=100)
    run = msgspec.structs.replace(small, tokenizer=kind)
    with pytest.raises(DataError, match="prepare"):
        preparation.read_prepared(run)
    preparation.prepare(run)
    found = preparation.read_prepared(run)
    assert found.words == Vocabulary(5, 6, 49, 7, 50)
    assert found.training.shape[1] == found.probe.shape[1] == run.training.length
    assert found.report["tokens"]["training"] >= found.training.size * 14 / 16
    assert found.report["excluded_sha256"] == chosen.excluded_sha256
    assert len(found.training) > 10 * len(found.probe) > 0


@needs_torch
def test_weights_are_not_judged_on_what_they_have_read(small, tokenized, monkeypatch):
    from experiments.pretraining.preparation import Prepared

    words, sequences = tokenized
    texts = {"1": article("1", " ".join(TEXTS[:6])), "2": article("2", story(5)), "3": None}
    splits = {"orangesum/1": "train", "orangesum/2": "test", "orangesum/4": "test"}

    class Manifest:
        assignment = splits
        sha256 = "0" * 64

    monkeypatch.setattr(exposure_module, "load_text", lambda name, data: texts)
    monkeypatch.setattr(exposure_module, "read_splits", lambda path: Manifest)
    prepared = Prepared(sequences, sequences, words, {})
    found = exposure_module.verify(small, prepared)
    assert found["test"] == {
        "documents": 1,
        "without_text": 1,
        "largest_share": found["test"]["largest_share"],
        "read": [],
    }
    assert found["test"]["largest_share"] < 0.2
    assert found["validation"]["documents"] == 0
    splits["orangesum/1"] = "validation"
    assert exposure_module.verify(small, prepared)["validation"]["read"] == ["orangesum/1"]
    keys = ["orangesum/7", "orangesum/1", "written/2"]
    assert exposure_module.unread(small, keys, "0" * 64) == [0, 2]
    with pytest.raises(DataError, match="verify"):
        exposure_module.unread(small, keys, "1" * 64)
    splits["orangesum/1"] = "test"
    with pytest.raises(DataError, match="orangesum/1"):
        exposure_module.verify(small, prepared)
