"""The ablations of the encoder: each cell runs, is kept, leans on its teachers, and is compared."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from classifier.corpus.splits import SplitManifest
from classifier.errors import DataError
from classifier.models.camembert import soft as soft_module
from classifier.models.linear import LinearModel
from classifier.models.linear_training import LinearPipeline, LinearSettings
from classifier.training import Corpus
from experiments.ablations import comparison, pool, runs
from experiments.ablations.configuration import Pool, read_ablations
from experiments.ablations.document import render_cells
from experiments.ablations.linear import SoftPipeline, split_soft, train_soft
from experiments.ablations.runs import Bench
from experiments.pretraining.configuration import read_configuration
from experiments.pretraining.text import Selection
from tests.conftest import ROOT, make_documents
from tests.models.conftest import MISSING, NO_ENCODER

PLAN = ROOT / "experiments" / "ablations" / "encoder.toml"
RESULTS = ROOT / "experiments" / "results" / "ablations.json"
needs_encoder = pytest.mark.skipif(bool(MISSING), reason=NO_ENCODER)

CELLS = """
[[cells]]
name = "default"
title = "linear"
experiment = "{linear}"

[[cells]]
name = "random"
title = "random start"
start = "random"
seeds = 2

[[cells]]
name = "cues"
title = "cues"
settings = {{ cue_features = true }}
seeds = 2
against = ["random", "default"]

[[cells]]
name = "distilled"
title = "distilled"
teachers = ["default", "cues"]

[[cells]]
name = "self-trained"
title = "self-trained"
teachers = ["cues"]
confident = 0.6

[[cells]]
name = "default-distilled"
title = "linear, distilled"
experiment = "{linear}"
teachers = ["default", "cues"]
against = ["default"]

[[cells]]
name = "average"
title = "average"
of = ["default", "cues"]
seeds = 2
against = ["default"]
"""


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def plan(tmp_path):
    linear = tmp_path / "linear.toml"
    linear.write_text(
        'name = "l"\nversion = "1"\nfamily = "linear"\n[settings]\nmin_count = 1\nhide = 0.3\n',
        "utf-8",
    )
    encoder = tmp_path / "encoder.toml"
    encoder.write_text(
        'name = "e"\nversion = "1"\nfamily = "camembert"\n[settings]\nseed = 5\nbatch = 10\n'
        "max_tokens = 64\nlearning_rate = 3e-3\nhead_rate = 6e-3\n",
        "utf-8",
    )
    path = tmp_path / "plan.toml"
    path.write_text(
        f'pretraining = "experiments/pretraining/encoder.toml"\nexperiment = "{encoder}"\n'
        f'folder = "{tmp_path}/out"\nresults = "{tmp_path}/results.json"\n'
        "[settings]\nepochs = 2\ncontext = 0\n"
        '[pool]\narticles = 12\nsentences = 20\nchooser = "default"\nseed = 1\n'
        + CELLS.format(linear=linear),
        "utf-8",
    )
    return read_ablations(path)


@pytest.fixture
def bench(plan, request, tmp_path, monkeypatch):
    """Invented articles for everything; the pool's are further ones."""
    manifest = SplitManifest(1, 0.5, {}, {}, (), {}, sha256="0" * 64)
    corpus = Corpus(
        manifest,
        make_documents(0, 16),
        make_documents(100, 8),
        make_documents(200, 2),
        {"gold.jsonl": "a" * 64},
    )
    free = [one.article for one in make_documents(300, 14).documents]
    texts = {one.id: one for one in free}
    chosen = Selection(tuple(free), (), {}, ("orangesum/x",))
    monkeypatch.setattr(pool, "select_articles", lambda rules, seed, data: chosen)
    monkeypatch.setattr(
        pool,
        "read_splits",
        lambda path: msgspec.structs.replace(manifest, assignment={"orangesum/a300": "train"}),
    )
    for module in (pool, soft_module):
        monkeypatch.setattr(module, "load_text", lambda name, data: texts)
    bases = {}
    if not MISSING:
        from tests.models.conftest import build_base

        bases = {
            "pretrained": request.getfixturevalue("encoder_base"),
            "random": build_base(tmp_path / "random", hidden=16),
        }
    return Bench(plan, Path("data"), corpus, bases, track=False)


def finish(bench):
    for cell, number in bench.plan.rounds():
        runs.run(bench, cell, number)


def test_the_plan_of_the_project_reads():
    plan = read_ablations(PLAN)
    assert {"random", "pretrained", "cues", "tokens", "distilled", "self-trained"} <= {
        one.name for one in plan.cells
    }
    assert read_configuration(Path(plan.pretraining)).name
    assert [turn for _, turn in plan.rounds()] == sorted(turn for _, turn in plan.rounds())
    assert [one.name for one, turn in plan.rounds() if turn == 0] == [
        one.name for one in plan.cells
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('of = ["default", "cues"]', 'of = ["default", "none"]', "leans on none"),
        ('of = ["default", "cues"]', 'of = ["cues"]\nteachers = ["cues"]', "an average"),
        ("confident = 0.6", "confident = 0.4", "above 0.5"),
        ('name = "average"', 'name = "cues"', "name used twice"),
        ('title = "average"', "", "title"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(tmp_path, old, new, message):
    head = (
        'pretraining = "p"\nexperiment = "e"\nfolder = "f"\nresults = "r"\n[settings]\n'
        '[pool]\narticles = 1\nsentences = 1\nchooser = "default"\nseed = 1\n'
    )
    path = tmp_path / "plan.toml"
    cells = CELLS.format(linear="x")
    assert old in cells
    path.write_text(head + cells.replace(old, new), "utf-8")
    with pytest.raises(DataError, match=message):
        read_ablations(path)


def test_soft_rows_split_into_both_truths():
    rows, truth, counts = split_soft(np.array([1.0, 0.25, 0.0]), np.array([1.0, 2.0, 1.0]))
    assert rows.tolist() == [0, 1, 1, 2]
    assert truth.tolist() == [True, True, False, False]
    assert counts.tolist() == [1.0, 0.5, 1.5, 1.0]


def test_hard_labels_taken_as_soft_change_nothing(train_documents):
    """Gold handed over as soft labels must train what gold itself trains."""
    model = LinearModel()
    settings = LinearSettings(min_count=1, hide=0.4)
    views = runs_views(model, train_documents)
    plain, soft = LinearPipeline(settings), SoftPipeline(settings)
    plain.fit(views, train_documents.gold)
    half = len(views) // 2
    # The class weights come from the gold alone: give both halves the same share.
    gold = train_documents.gold
    soft.fit_soft(views, gold, [], np.zeros((0, gold.shape[1])), 1.0)
    np.testing.assert_allclose(soft.decision(views), plain.decision(views), atol=1e-2)
    taught = SoftPipeline(settings)
    taught.fit_soft(views[:half], gold[:half], views[half:], 1.0 - gold[half:], 50.0)
    said = taught.decision(views[half:]) > 0
    assert (said == gold[half:]).mean() < 0.4, "the soft half says the opposite, and weighs more"


def runs_views(model, data):
    from classifier.models.features import view_documents

    return view_documents(data.documents, model.lexicon)


def test_a_linear_student_scores_as_its_pipeline(train_documents, validation_documents):
    model = LinearModel()
    labelled = pool.Unlabelled(
        tuple(
            soft_module.keep_units("o/1", one, {0: np.array([0.9, 0.1, 0.0], dtype=np.float32)})
            for one in make_documents(300, 3).documents
        ),
        "",
    ).label(np.array([[0.9, 0.1, 0.0]] * 3), None)
    train_soft(
        model, LinearSettings(min_count=1), train_documents, validation_documents, labelled, 1.0
    )
    said = model.predict_proba(validation_documents.documents) >= model.thresholds
    assert (said == validation_documents.gold).mean() > 0.9


def test_the_pool_is_free_and_kept(bench):
    runs.run(bench, bench.plan.cell("default"), 0)
    found = bench.pool
    assert len(found) == 20
    keys = {one.key for one in found.documents}
    assert "orangesum/a300" not in keys, "annotated"
    assert keys <= {f"orangesum/a{number}" for number in range(301, 314)}
    again = Bench(bench.plan, bench.data, bench.corpus, bench.bases, track=False).pool
    assert [one.document for one in again.documents] == [one.document for one in found.documents]
    said = bench.ask(bench.plan.cell("default"), 0)
    assert said.shape == (20, 3)
    sure = found.label(said, 0.9)
    kept = sum(len(one.targets) for one in sure)
    assert 0 < kept < 20
    assert {float(value) for one in sure for row in one.targets.values() for value in row} <= {
        0.0,
        1.0,
    }
    whole = found.label(said, None)
    flat = np.array([row for one in whole for row in one.targets.values()])
    np.testing.assert_allclose(flat, said, atol=1e-6)


def test_a_pool_needs_its_chooser(bench):
    asked = Pool(5, 4, "default", 2)
    assert bench.plan.pool != asked
    runs.run(bench, bench.plan.cell("default"), 0)
    chooser = bench.model(bench.plan.cell("default"), 0)
    rules = read_configuration(Path(bench.plan.pretraining)).text
    small = pool.open_pool(asked, rules, 1, bench.data, chooser, bench.folder / "other.json")
    assert len(small) == 4


@needs_encoder
def test_every_cell_runs_is_kept_and_is_compared(bench, monkeypatch):
    monkeypatch.setattr(comparison, "REPLICATES", 200)
    monkeypatch.setattr(comparison, "PERMUTATIONS", 400)
    finish(bench)
    kept = {path.name: path.stat().st_mtime_ns for path in bench.folder.glob("*.npz")}
    assert len(kept) == len(bench.plan.rounds())
    finish(bench)
    assert kept == {path.name: path.stat().st_mtime_ns for path in bench.folder.glob("*.npz")}
    cues = [bench.said(bench.plan.cell("cues"), number) for number in (0, 1)]
    assert not np.array_equal(*cues), "two seeds"
    default = bench.said(bench.plan.cell("default"), 0)
    np.testing.assert_allclose(
        bench.said(bench.plan.cell("average"), 1), (default + cues[1]) / 2, atol=1e-12
    )
    assert bench.figures(bench.plan.cell("distilled"), 0)["soft_sentences"] == 20
    assert 0 < bench.figures(bench.plan.cell("self-trained"), 0)["soft_sentences"] <= 20
    path = comparison.write_results(bench)
    found = json.loads(path.read_text("utf-8"))
    assert set(found["cells"]) == {one.name for one in bench.plan.cells}
    assert found["cells"]["cues"]["seeds"] == 2
    assert [run["seed"] for run in found["runs"] if run["cell"] == "cues"] == [5, 6]
    pairs = {(one["first"], one["second"]) for one in found["differences"]}
    assert pairs == {
        ("cues", "random"),
        ("cues", "default"),
        ("default-distilled", "default"),
        ("average", "default"),
    }
    text = render_cells(found)
    assert text.count("\n| `") == len(bench.plan.cells) + len(pairs)
    assert "One seed alone" not in text


@needs_encoder
def test_a_run_with_other_settings_is_done_again(bench):
    cell = bench.plan.cell("random")
    first = runs.run(bench, cell, 0)
    changed = msgspec.structs.replace(bench.plan, settings={"epochs": 1, "context": 0})
    other = Bench(changed, bench.data, bench.corpus, bench.bases, track=False)
    again = runs.run(other, cell, 0)
    assert again["key"] != first["key"]
    assert len(again["course"]) == 1
    assert set(comparison.collect(other)) == {"random"}
    assert comparison.collect(bench) == {}, "what was run with other settings is not told"


def test_scores_agree_with_the_outcomes(bench):
    draw = np.random.default_rng(3)
    gold = draw.random((60, 3)) < 0.3
    said = np.clip(gold * 0.4 + draw.random((60, 3)) * 0.6, 0, 1)
    found = runs.score(said, gold)
    from classifier.evaluation.metrics import score as measure

    scores = measure(runs.outcomes(said, gold))
    for scope, figures in found.items():
        for name, value in figures.items():
            assert value == pytest.approx(scores[scope][name].value), (scope, name)


def test_the_document_says_what_the_results_say():
    from experiments.documents import PIECES, render

    assert "ablations" in PIECES
    document = (ROOT / "docs" / "encoder.md").read_text("utf-8")
    assert "<!-- begin: ablations -->" in document
    remedy = "run: python -m experiments.documents"
    assert render(document) == document, remedy
    found = json.loads(RESULTS.read_text("utf-8"))
    assert found["plan"] == json.loads(msgspec.json.encode(read_ablations(PLAN))), remedy
