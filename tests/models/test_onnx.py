"""Exported encoders: as torch says, without torch; int8 only where it passes."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest

from classifier import training
from classifier.cli import main
from classifier.errors import MissingExtraError, ModelError, UsageError
from classifier.models import onnx
from classifier.models.camembert import export
from classifier.models.camembert.export import judge_export
from classifier.models.camembert.inputs import make_batch
from classifier.models.families import load_model, new_model
from classifier.models.store import open_model
from classifier.scoring import Scorer
from tests.conftest import ROOT, make_documents
from tests.models.conftest import MISSING, NO_ENCODER

needs_encoder = pytest.mark.skipif(bool(MISSING), reason=NO_ENCODER)


@pytest.fixture(scope="module")
def saved(plain_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "m"
    return plain_model.save(
        folder, name="tiny", version="1", configuration={"sources": ["written"]}
    )


@pytest.fixture(scope="module")
def graphs(plain_model, tmp_path_factory):
    """The plain model's network, exported once: float32 and int8."""
    folder = tmp_path_factory.mktemp("graphs")
    export.write_graph(plain_model, folder / "float32.onnx")
    export.quantize(folder / "float32.onnx", folder / "int8.onnx")
    return folder


@pytest.fixture
def exported_before(graphs, monkeypatch):
    """Exports take the graphs that are there, since an export takes seconds."""

    def copy(model, path):
        shutil.copyfile(graphs / "float32.onnx", path)

    monkeypatch.setattr(export, "write_graph", copy)


def runner(model, graph):
    return onnx.OnnxModel(
        inputs=model.inputs,
        tokenizer_source=model.tokenizer_source,
        calibration=model.calibration,
        thresholds=model.thresholds,
        graph=graph,
    )


# The same as torch


def check_agreement(model, graph):
    """Compare batches of every shape: one row, rows of other lengths, padding, context."""
    fast = runner(model, graph)
    documents = make_documents(400, 3).documents
    for document in documents:
        rows = model.reader.rows(document)
        for size in (1, 2, len(rows)):
            batch = make_batch(rows[:size], model.reader.settings.pad)
            (scores, tokens), (ours, marked) = model.run(batch), fast.run(batch)
            np.testing.assert_allclose(ours, scores, rtol=0, atol=1e-4)
            if tokens is None:
                assert marked is None
            else:
                np.testing.assert_allclose(marked, tokens, rtol=0, atol=1e-4)
    difference = np.abs(fast.predict_proba(documents) - model.predict_proba(documents)).max()
    assert difference < 1e-4


@needs_encoder
def test_float32_says_what_torch_says(plain_model, graphs):
    check_agreement(plain_model, graphs / "float32.onnx")


@needs_encoder
def test_so_it_does_with_cue_features_and_a_token_head(rich_model, tmp_path):
    export.write_graph(rich_model, tmp_path / "g.onnx")
    check_agreement(rich_model, tmp_path / "g.onnx")
    document = make_documents(400, 1).documents[0]
    ours = runner(rich_model, tmp_path / "g.onnx").read(document)
    assert ours.cues == rich_model.read(document).cues


@needs_encoder
def test_int8_is_int8(graphs):
    import onnx as onnx_format

    kinds = {node.op_type for node in onnx_format.load(graphs / "int8.onnx").graph.node}
    assert {"MatMulInteger", "DynamicQuantizeLinear"} <= kinds


@needs_encoder
@pytest.mark.parametrize("graph", ["float32.onnx", "int8.onnx"])
def test_no_other_article_changes_a_probability(plain_model, graphs, graph):
    fast = runner(plain_model, graphs / graph)
    documents = make_documents(300, 5).documents
    together = fast.predict_proba(documents)
    apart = np.concatenate([fast.predict_proba([one]) for one in reversed(documents)])
    np.testing.assert_array_equal(together, np.concatenate(np.split(apart, 5)[::-1]))


@needs_encoder
@pytest.mark.parametrize("graph", ["float32.onnx", "int8.onnx"])
def test_every_way_to_a_score_agrees_to_the_last_bit(plain_model, graphs, graph, tmp_path):
    """int8 scales what is in a batch together; a batch is one article, whichever way it comes."""
    from tests.test_agreement import check_agreement

    runner(plain_model, graphs / graph).save(tmp_path / "model", name="tiny", version="1")
    check_agreement(tmp_path / "model", tmp_path, ["local"])


# The gate


def probabilities(count=1000, seed=0):
    rng = np.random.default_rng(seed)
    gold = rng.random((count, 3)) < 0.2
    return np.where(gold, 0.9, 0.1), gold


def flipped(said, rows):
    """Return probabilities whose first label is on the other side in so many rows."""
    changed = said.copy()
    changed[:rows, 0] = 1 - changed[:rows, 0]
    return changed


def test_int8_passes_when_nothing_moves():
    said, gold = probabilities()
    verdict = judge_export(said, said + 1e-6, said + 0.01, gold, np.full(3, 0.5))
    assert verdict.refused == ()
    assert verdict.agreement == 1
    assert verdict.macro_f1 == verdict.macro_f1_int8 == 1
    assert verdict.difference == pytest.approx(1e-6)


@pytest.mark.parametrize(("rows", "passes"), [(4, True), (5, True), (6, False), (30, False)])
def test_labels_must_agree_on_995_of_1000_sentences(rows, passes):
    said, gold = probabilities()
    # As many decisions move away from gold as move towards it: F1 hardly moves.
    first = flipped(said, rows)
    second = said.copy()
    verdict = judge_export(first, first, second, gold, np.full(3, 0.5))
    assert verdict.agreement == pytest.approx(1 - rows / 1000)
    assert verdict.macro_f1_int8 >= verdict.macro_f1
    assert (verdict.refused == ()) is passes
    assert passes or "labels agree on" in verdict.refused[0]


def test_macro_f1_may_lose_half_a_point_and_no_more():
    said = np.full((1000, 3), 0.1)
    said[:20] = 0.9
    gold = said > 0.5
    for lost, passes in ((0, True), (1, False)):
        worse = said.copy()
        worse[:lost, 0] = 0.1  # one positive of twenty: its label's F1 falls by 0.026
        verdict = judge_export(said, said, worse, gold, np.full(3, 0.5))
        assert verdict.agreement >= 0.999
        assert (verdict.refused == ()) is passes
    assert "macro-F1 falls from 1.0000" in verdict.refused[0]


def test_nothing_to_compare_on_is_an_error():
    none = np.zeros((0, 3))
    with pytest.raises(ValueError, match="no validation sentence"):
        judge_export(none, none, none, none > 0, np.full(3, 0.5))


@needs_encoder
def test_a_refused_int8_is_not_the_default(saved, exported_before, monkeypatch, tmp_path):
    held = make_documents(100, 8)
    files, verdict = export.export_model(saved, tmp_path / "a", held)
    assert verdict.refused == ()
    assert files.json("export")["precision"] == "int8"
    assert files.manifest.thresholds == saved.manifest.thresholds
    small = files.manifest.files["network.onnx"].bytes

    def spoil(source, target):
        """Write a graph whose weights say something else."""
        import onnx as onnx_format
        from onnx import numpy_helper

        graph = onnx_format.load(source)
        for one in graph.graph.initializer:
            if one.name.endswith("out.weight") and "token" not in one.name:
                one.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(one), one.name))
        onnx_format.save(graph, target)

    monkeypatch.setattr(export, "quantize", spoil)
    files, verdict = export.export_model(saved, tmp_path / "b", held)
    assert len(verdict.refused) == 2
    assert files.json("export")["precision"] == "float32"
    assert files.manifest.files["network.onnx"].bytes > small
    assert files.json("export")["verdict"]["refused"] == list(verdict.refused)
    files, _ = export.export_model(saved, tmp_path / "c", held, precision="int8")
    assert files.json("export")["precision"] == "int8"


@needs_encoder
def test_a_graph_that_is_not_the_network_is_refused(
    saved, fine_tune, graphs, monkeypatch, tmp_path
):
    other = tmp_path / "other.onnx"
    export.write_graph(fine_tune(epochs=1, seed=3), other)
    monkeypatch.setattr(export, "write_graph", lambda model, path: shutil.copyfile(other, path))
    with pytest.raises(ModelError, match="probabilities differ by"):
        export.export_model(saved, tmp_path / "x", make_documents(100, 8))
    assert not (tmp_path / "x").exists()


def test_another_family_is_not_exported(tmp_path):
    files = load_model()[1]
    with pytest.raises(ModelError, match="'linear'"):
        export.export_model(files, tmp_path / "x", make_documents(100, 2))


# Without torch


@needs_encoder
def test_the_command_exports_and_scoring_loads_no_torch(
    saved, exported_before, monkeypatch, tmp_path, capsys
):
    corpus = training.Corpus(
        None, make_documents(0, 2), make_documents(100, 8), make_documents(200, 1), {}
    )
    monkeypatch.setattr(training, "load_corpus", lambda data, sources: corpus)
    out = tmp_path / "fast"
    assert main(["export-onnx", str(saved.directory), "--out", str(out)]) == 0
    assert "int8" in capsys.readouterr().out
    assert open_model(out).manifest.family == "camembert-onnx"
    text = "Selon le préfet, le port sera fermé. Il fait beau."
    program = (
        "import sys\n"
        "from classifier.scoring import Scorer\n"
        "from classifier.records import Article\n"
        f"s = Scorer.load({str(out)!r}).score(Article(id='x', text={text!r}))\n"
        "print([l.probability.hex() for o in s.sentences for l in o.labels.values()])\n"
        "heavy = {'torch', 'transformers', 'onnx', 'safetensors', 'huggingface_hub', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    said, heavy = done.stdout.strip().splitlines()
    assert heavy == "[]"
    from classifier.records import Article

    here = Scorer.load(out).score(Article(id="x", text=text))
    assert said == str(
        [label.probability.hex() for one in here.sentences for label in one.labels.values()]
    )


@needs_encoder
def test_a_loaded_model_goes_to_other_processes(plain_model, graphs):
    fast = runner(plain_model, graphs / "int8.onnx")
    documents = make_documents(300, 2).documents
    said = fast.predict_proba(documents)
    there = pickle.loads(pickle.dumps(fast))
    np.testing.assert_array_equal(there.predict_proba(documents), said)


@needs_encoder
def test_save_and_load_round_trip(plain_model, graphs, tmp_path):
    fast = runner(plain_model, graphs / "int8.onnx")
    fast.facts = {"precision": "int8"}
    files = fast.save(tmp_path / "m", name="tiny", version="1")
    loaded, again = load_model(tmp_path / "m")
    assert again.sha256 == files.sha256
    documents = make_documents(300, 2).documents
    np.testing.assert_array_equal(loaded.predict_proba(documents), fast.predict_proba(documents))
    assert {file.suffix for file in (tmp_path / "m").iterdir()} == {
        ".npy",
        ".json",
        ".toml",
        ".onnx",
    }


def test_it_cannot_be_trained():
    with pytest.raises(UsageError, match="cadrage export-onnx"):
        new_model("camembert-onnx")().fit(make_documents(0, 1), make_documents(1, 1))


def test_a_missing_extra_names_its_install_command(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cadrage\[onnx\]'"):
        onnx.open_session(tmp_path / "x.onnx")
