"""Tracked runs and registered models, on real stores in temporary working folders."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import classifier
from classifier import tracking
from classifier.errors import MissingExtraError, ModelError, UsageError
from classifier.models.rules import RULE_FAMILIES
from classifier.models.store import save_model
from classifier.schema import load_schema
from classifier.tracking import registry, store

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None, reason="tracking needs the extra 'train'"
)
ROOT = Path(classifier.__file__).parents[1]
HASH = hashlib.sha256(b"corpus").hexdigest()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One working folder for the module: the first database costs seconds.

    Its name holds what breaks careless addresses.
    """
    return tmp_path_factory.mktemp("dossier é % #")


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model's directory; its name is not the name that mlflow knows it by."""
    made = tmp_path_factory.mktemp("models") / "linear-v1"
    RULE_FAMILIES["keywords"]().save(made, name="small", version="1")
    return made


@pytest.fixture(scope="module")
def logged(
    folder: Path, directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, tracking.TrackedModel]:
    """A run with one registered model, and the id of the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        with tracking.track("models", "with model", params={"model": {"c": 4.0}}) as run:
            run.metrics({"f1.macro": 0.5, "loss": 0.25}, step=3)
            run.metrics({"ap.relay": math.nan}, reasons={"ap.relay": "no positive sentence"})
            model = run.model(
                directory,
                name="linear",
                registered_name="framing",
                alias="candidate",
                tags={"family": "linear"},
            )
    return run.id, model


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# Where the store lies


def test_default_location_is_in_the_working_folder(folder: Path) -> None:
    location = tracking.store_location()
    assert location.database == folder / ".cadrage" / "mlflow.db"
    assert location.tracking_uri == f"sqlite:///{folder}/.cadrage/mlflow.db"
    assert location.artifacts == (folder / ".cadrage" / "artifacts").as_uri()


@pytest.mark.parametrize(
    ("uri", "artifacts", "database"),
    [
        ("http://localhost:5000", None, None),
        ("https://u:p@tracking.example.org", None, None),
        ("databricks", None, None),
        ("file:///tmp/old", None, None),
        ("./mlruns", None, None),
        ("sqlite:////srv/runs/m.db", "file:///srv/runs/artifacts", "/srv/runs/m.db"),
        ("sqlite:////srv/m.db?timeout=9", "file:///srv/artifacts", "/srv/m.db"),
    ],
)
def test_location_set_by_the_user(
    monkeypatch: pytest.MonkeyPatch, uri: str, artifacts: str | None, database: str | None
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    location = tracking.store_location()
    assert location.tracking_uri == uri
    assert location.artifacts == artifacts
    assert location.database == (Path(database) if database else None)


def test_databases_without_a_file_keep_artifacts_in_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uri in ("postgresql://u:p@db/runs", "mysql+pymysql://db/runs", "sqlite:///:memory:"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert tracking.store_location().artifacts == (folder / ".cadrage/artifacts").as_uri()


def test_relative_sqlite_address_is_made_absolute(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///sub/m.db")
    assert tracking.store_location().tracking_uri == f"sqlite:///{folder}/sub/m.db"


def test_asking_an_absent_store_creates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracking.runs("any") == []
    assert tracking.find_alias("framing", "champion") is None
    with pytest.raises(ModelError, match=r"no store in .*expected a store that holds the model"):
        tracking.load_model_directory("models:/framing@champion")
    assert list(tmp_path.iterdir()) == []


def test_tracking_uri_elsewhere_is_respected(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    uri = f"sqlite:///{tmp_path}/elsewhere/runs.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with tracking.track("elsewhere", "one") as run:
        run.text("texte", "note.txt")
    assert [record.name for record in tracking.runs("elsewhere")] == ["one"]
    assert os.environ["MLFLOW_TRACKING_URI"] == uri
    assert list(work.iterdir()) == []
    assert _files(tmp_path) == {
        "elsewhere/runs.db",
        f"elsewhere/artifacts/elsewhere/{run.id}/artifacts/note.txt",
    }
    # mlflow's own default experiment does not point to ./mlruns
    default = store.connect().get_experiment("0").artifact_location
    assert default == f"{(tmp_path / 'elsewhere' / 'artifacts').as_uri()}/0"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(folder)
    assert tracking.runs("elsewhere") == []


def test_fresh_process_is_silent_untracked_and_tidy(tmp_path: Path) -> None:
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    code = """
import os, sys
from classifier import tracking
assert not {"mlflow", "sqlalchemy", "pandas"} & set(sys.modules)
with tracking.track("quiet", "first") as run:
    run.metrics({"f1": 0.5})
from mlflow.telemetry import get_telemetry_client
assert get_telemetry_client() is None
assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
assert "MLFLOW_TRACKING_URI" not in os.environ
"""
    # Bare of what pytest and CI set: mlflow's telemetry is off there anyway.
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", code],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert _files(work) == {".cadrage/mlflow.db"}
    assert _files(home) == set()


def test_missing_mlflow_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'cadrage\[train\]'"),
        tracking.track("e", "r"),
    ):
        pass


def test_other_missing_packages_are_not_taken_for_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "mlflow.py").write_text("import absent_dependency", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="absent_dependency"):
        store.import_mlflow()


def test_unreachable_server_is_told_without_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UsageError, match="MLFLOW_TRACKING_URI: found http://…@127") as caught:
        tracking.runs("any")
    assert "secret" not in str(caught.value)


def test_unknown_scheme_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "carrier-pigeon://coop")
    with pytest.raises(UsageError, match="carrier-pigeon"), tracking.track("e", "r"):
        pass


def test_first_contact_alone_is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    monkeypatch.delenv(name, raising=False)
    with store._impatience():
        assert os.environ[name] == "2"
    assert name not in os.environ
    monkeypatch.setenv(name, "11")
    with store._impatience():
        assert os.environ[name] == "11"


def test_broken_off_creation_leaves_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.store.tracking import sqlalchemy_store

    def half(uri: str, artifacts: str) -> None:
        Path(uri.removeprefix("sqlite:///")).write_bytes(b"half a database")
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sqlalchemy_store, "SqlAlchemyStore", half)
        with pytest.raises(KeyboardInterrupt), tracking.track("e", "r"):
            pass
    assert _files(tmp_path) == set()


def test_slower_of_two_creators_keeps_the_other_database(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    database.write_bytes(b"made by the faster one")
    store._create_database(database, (tmp_path / "artifacts").as_uri())
    assert database.read_bytes() == b"made by the faster one"
    assert _files(tmp_path) == {"mlflow.db"}


# Runs


def test_completed_run_comes_back_whole(folder: Path, directory: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    params = {"seed": 7, "model": {"c": 4.0, "grams": [1, 2], "empty": {}}, "on": True, "name": "é"}
    with tracking.track("runs/écrits", "whole", params=params, tags={"suite": "quick"}) as run:
        assert [r.state for r in tracking.runs("runs/écrits")] == ["started"]
        run.metrics({"f1": 0.25, "loss": 2.0}, step=1)
        run.metrics({"f1": 0.75, "loss": 1.0}, step=2)
        run.figure(figure, "curves/f1.png")
        run.text("des « guillemets »\n", "notes/n.txt")
        run.json({"a": math.nan, "path": Path("x/y"), "set": {3}}, "j.json")
        run.file(directory, "kept")
        run.file(directory / "manifest.json")
    (record,) = tracking.runs("runs/écrits")
    assert (record.id, record.name, record.state) == (run.id, "whole", "completed")
    assert record.params == {
        "seed": "7",
        "model.c": "4.0",
        "model.grams": "[1,2]",
        "model.empty": "{}",
        "on": "true",
        "name": "é",
    }
    assert record.metrics == {"f1": 0.75, "loss": 1.0}
    assert record.tags["suite"] == "quick"
    assert record.tags["cadrage.schema"] == load_schema().fingerprint
    assert record.tags["cadrage.version"] == classifier.__version__
    found = store.connect().get_run(run.id)
    assert found.info.status == "FINISHED"
    points = store.connect().get_metric_history(run.id, "f1")
    assert [(point.step, point.value) for point in points] == [(1, 0.25), (2, 0.75)]
    kept = folder / ".cadrage" / "artifacts" / "runs-crits" / run.id / "artifacts"
    assert _files(kept) == {
        "curves/f1.png",
        "notes/n.txt",
        "j.json",
        "kept/linear-v1/manifest.json",
        "kept/linear-v1/shares.npy",
        "manifest.json",
    }
    assert (kept / "curves" / "f1.png").read_bytes().startswith(b"\x89PNG")
    assert (kept / "notes" / "n.txt").read_text(encoding="utf-8") == "des « guillemets »\n"
    assert json.loads((kept / "j.json").read_text(encoding="utf-8")) == {
        "a": None,
        "path": "x/y",
        "set": [3],
    }
    assert {path.name for path in folder.iterdir()} == {".cadrage"}


def test_undefined_figures_stay_nan_with_their_reason() -> None:
    with tracking.track("undefined", "run") as run:
        run.metrics(
            {"ap": math.nan, "auc": math.nan, "loss": math.inf, "f1": 0.0},
            reasons={"ap": "no positive sentence"},
        )
    (record,) = tracking.runs("undefined")
    assert record.metrics["f1"] == 0.0
    assert all(math.isnan(record.metrics[name]) for name in ("ap", "auc", "loss"))
    assert {k: v for k, v in record.tags.items() if k.startswith("undefined.")} == {
        "undefined.ap": "no positive sentence",
        "undefined.auc": "reason not stated",
        "undefined.loss": "infinite",
    }


def test_exception_marks_the_run_failed_and_passes() -> None:
    with pytest.raises(ZeroDivisionError), tracking.track("ends", "bad"):
        _ = 1 / 0
    (record,) = [r for r in tracking.runs("ends") if r.name == "bad"]
    assert record.state == "failed"
    assert record.tags["cadrage.error"] == "ZeroDivisionError: division by zero"
    assert store.connect().get_run(record.id).info.status == "FAILED"


def test_interrupt_marks_the_run_killed_and_passes() -> None:
    with pytest.raises(KeyboardInterrupt), tracking.track("ends", "stopped"):
        raise KeyboardInterrupt
    (record,) = [r for r in tracking.runs("ends") if r.name == "stopped"]
    assert record.state == "killed"
    assert store.connect().get_run(record.id).info.status == "KILLED"


def test_failing_end_does_not_hide_the_first_error() -> None:
    def lose() -> None:
        with tracking.track("ends", "lost store") as run:
            run._client = None
            raise ValueError("the first")

    with pytest.raises(ValueError, match="the first") as caught:
        lose()
    assert "could not be recorded" in caught.value.__notes__[0]


def test_two_runs_in_one_store_newest_first() -> None:
    for number in (1, 2):
        with tracking.track("pair", f"run {number}", params={"seed": number}) as run:
            run.metrics({"f1": number / 4})
    records = tracking.runs("pair")
    assert [(r.name, r.params["seed"], r.metrics["f1"]) for r in records] == [
        ("run 2", "2", 0.5),
        ("run 1", "1", 0.25),
    ]
    assert records[0].started >= records[1].started
    assert tracking.runs("never heard of") == []


def test_nested_track_keeps_runs_apart() -> None:
    with tracking.track("nested", "outer") as outer:
        with tracking.track("nested", "inner") as inner:
            inner.metrics({"f1": 0.5})
        outer.metrics({"f1": 0.25})
    assert {r.name: r.metrics["f1"] for r in tracking.runs("nested")} == {
        "outer": 0.25,
        "inner": 0.5,
    }


def test_long_parameter_is_cut_and_says_so() -> None:
    with tracking.track("long", "run", params={"text": "é" * 7000, "fits": "x" * 6000}):
        pass
    (record,) = tracking.runs("long")
    assert record.params["fits"] == "x" * 6000
    assert record.params["text"].endswith("… (cut, 7000 characters)")
    assert len(record.params["text"]) <= 6000


def test_many_parameters_and_figures_pass_in_one_call() -> None:
    params = {f"p{number}": number for number in range(250)}
    with tracking.track("many", "run", params=params) as run:
        run.metrics({f"m{number}": number for number in range(1200)})
    (record,) = tracking.runs("many")
    assert (len(record.params), len(record.metrics)) == (250, 1200)


def test_dataset_keeps_the_full_hash() -> None:
    with tracking.track("data", "run") as run:
        run.dataset("seed corpus", HASH, rows=812, source="data/c.jsonl", context="train")
        run.dataset("web", HASH, rows=3, source="https://example.org/c", context="test")
    (record,) = tracking.runs("data")
    assert record.tags["data.train.seed corpus"] == HASH
    local, web = sorted(
        store.connect().get_run(run.id).inputs.dataset_inputs, key=lambda entry: entry.dataset.name
    )
    assert len(HASH) == 64
    assert local.dataset.digest == HASH[:36]
    assert json.loads(local.dataset.profile) == {"rows": 812, "sha256": HASH}
    assert (local.dataset.source_type, web.dataset.source_type) == ("local", "http")
    assert {tag.key: tag.value for tag in local.tags} == {
        "mlflow.data.context": "train",
        "sha256": HASH,
    }


def test_dataset_refuses_a_short_hash() -> None:
    with (
        pytest.raises(ValueError, match="expected 64 hexadecimal digits"),
        tracking.track("data", "short") as run,
    ):
        run.dataset("corpus", HASH[:8], rows=1, source="x", context="train")


def test_deleted_experiment_says_how_to_restore_it() -> None:
    with tracking.track("deleted", "run"):
        pass
    client = store.connect()
    client.delete_experiment(client.get_experiment_by_name("deleted").experiment_id)
    with (
        pytest.raises(UsageError, match="mlflow experiments restore --experiment-id"),
        tracking.track("deleted", "again"),
    ):
        pass


def test_commit_is_that_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "classifier" / "tracking" / "store.py"
    code.parent.mkdir(parents=True)
    code.write_text("", encoding="utf-8")
    monkeypatch.setattr(store, "__file__", str(code))
    assert store.find_commit() is None  # a package without a repository of its own
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert store.find_commit() is None  # nothing committed
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    commit = store.find_commit()
    assert commit is not None
    assert len(commit) == 40
    code.write_text("changed", encoding="utf-8")
    assert store.find_commit() == f"{commit}-dirty"
    monkeypatch.setenv("PATH", str(tmp_path))  # no git
    assert store.find_commit() is None


# Models


def test_logged_model_has_signature_requirements_and_links(
    logged: tuple[str, tracking.TrackedModel], directory: Path
) -> None:
    from mlflow.models import Model

    run_id, model = logged
    found = store.connect().get_logged_model(model.id)
    assert str(found.status) == "READY"
    assert (found.name, found.source_run_id) == ("linear", run_id)
    assert found.params == {"model.c": "4.0"}
    assert found.tags["family"] == "linear"
    saved = registry._bring(found.artifact_location)
    described = Model.load(str(saved))
    assert (described.run_id, described.model_id) == (run_id, model.id)
    assert described.signature.inputs.required_input_names() == ["text"]
    assert described.signature.inputs.optional_input_names() == list(registry.OPTIONAL_COLUMNS)
    assert [str(column.type) for column in described.signature.outputs] == ["DataType.string"]
    names = {line.partition("==")[0] for line in _lines(saved / "requirements.txt")}
    assert names == {"mlflow", "cadrage", "numpy"}  # rules learn nothing and need no more
    assert f"cadrage=={classifier.__version__}" in _lines(saved / "requirements.txt")
    example = json.loads((saved / "serving_input_example.json").read_text(encoding="utf-8"))
    assert example["dataframe_split"]["columns"] == ["text"]
    assert _files(saved / "artifacts" / directory.name) == _files(directory)


@pytest.mark.parametrize(
    ("family", "extra", "packages"),
    [
        ("linear", "cadrage", {"numpy"}),
        ("morphology", "cadrage[morphology]", {"numpy", "spacy"}),
        ("camembert-onnx", "cadrage[onnx]", {"numpy", "onnxruntime", "tokenizers"}),
    ],
)
def test_what_a_family_needs_to_score_is_required(
    tmp_path: Path, family: str, extra: str, packages: set[str]
) -> None:
    made_with = ("numpy", "scikit-learn", "spacy", "tokenizers", "onnxruntime")
    save_model(
        tmp_path / "model",
        family=family,
        name="small",
        version="1",
        thresholds=dict.fromkeys(load_schema().names, 0.5),
        arrays={},
        versions={"python": "3.11", **dict.fromkeys(made_with, "9.8.7+cpu")},
    )
    own, *pinned = registry.scoring_requirements(tmp_path / "model")
    assert own == f"{extra}=={classifier.__version__}"
    assert set(pinned) == {f"{package}==9.8.7" for package in packages}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_figures_are_linked_once_and_undefined_ones_are_not_zero(
    logged: tuple[str, tracking.TrackedModel],
) -> None:
    run_id, model = logged
    client = store.connect()
    found = client.get_logged_model(model.id)
    assert {(m.key, m.value, m.step) for m in found.metrics} == {
        ("f1.macro", 0.5, 3),
        ("loss", 0.25, 3),
    }
    assert found.tags["undefined.ap.relay"] == "no positive sentence"
    assert len(client.get_metric_history(run_id, "f1.macro")) == 1
    assert math.isnan(client.get_run(run_id).data.metrics["ap.relay"])


def test_chosen_figures_only_are_linked(directory: Path) -> None:
    with tracking.track("chosen", "run") as run:
        run.metrics({"f1": 0.5, "loss": 2.0})
        model = run.model(directory, name="m", metrics={"f1": 0.5, "size": 9.0, "ap": math.nan})
    found = store.connect().get_logged_model(model.id)
    assert {(m.key, m.value) for m in found.metrics} == {("f1", 0.5), ("size", 9.0)}
    assert found.tags["undefined.ap"] == "reason not stated"
    (record,) = tracking.runs("chosen")
    assert set(record.metrics) == {"f1", "loss", "size", "ap"}
    assert model.uri == f"models:/{model.id}"


def test_every_address_leads_to_the_model_directory(
    logged: tuple[str, tracking.TrackedModel], directory: Path
) -> None:
    run_id, model = logged
    assert model.uri == f"models:/framing/{model.version}"
    for uri in (
        "models:/framing@candidate",
        model.uri,
        f"models:/{model.id}",
        f"runs:/{run_id}/linear",
        f"runs:/{run_id}",
    ):
        found = tracking.load_model_directory(uri)
        assert _files(found) == _files(directory)
        weights = (found / "shares.npy").read_bytes()
        assert weights == (directory / "shares.npy").read_bytes()


def test_alias_moves_to_another_version(
    logged: tuple[str, tracking.TrackedModel], directory: Path
) -> None:
    _, first = logged
    assert first.version is not None
    assert tracking.find_alias("framing", "candidate") == first.version
    assert tracking.find_alias("framing", "champion") is None
    assert tracking.find_alias("unknown", "champion") is None
    tracking.set_alias("framing", first.version, "champion")
    with tracking.track("models", "second") as run:
        second = run.model(directory, name="linear", registered_name="framing")
    assert second.version == first.version + 1
    assert tracking.find_alias("framing", "champion") == first.version
    tracking.set_alias("framing", second.version, "champion")
    assert tracking.find_alias("framing", "champion") == second.version
    inside = tracking.load_model_directory("models:/framing@champion")
    assert second.id in inside.as_posix()
    with pytest.raises(ModelError, match="models:/framing/999"):
        tracking.set_alias("framing", 999, "champion")
    versions = store.connect().get_logged_model(second.id).tags["mlflow.modelVersions"]
    assert json.loads(versions) == [{"name": "framing", "version": second.version}]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("linear-v1", "an address of another form"),
        ("models:/framing/latest", "an address of another form"),
        ("models:/framing@nobody", "nobody"),
        ("models:/framing/999", "version=999"),
        ("models:/m-00000000000000000000000000000000", "not found"),
        ("runs:/00000000000000000000000000000000/linear", "not found"),
        ("runs:/{run}/other", "models of this run: linear"),
    ],
)
def test_wrong_address_says_what_is_wrong(
    logged: tuple[str, tracking.TrackedModel], uri: str, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        tracking.load_model_directory(uri.replace("{run}", logged[0]))


def test_vanished_files_are_told(directory: Path) -> None:
    import shutil

    with tracking.track("vanished", "run") as run:
        model = run.model(directory, name="m")
    shutil.rmtree(tracking.load_model_directory(model.uri))
    with pytest.raises(ModelError, match="no folder"):
        tracking.load_model_directory(model.uri)


def test_models_of_a_server_are_brought_once(
    logged: tuple[str, tracking.TrackedModel],
    folder: Path,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import shutil

    import mlflow.artifacts

    local = registry._bring(store.connect().get_logged_model(logged[1].id).artifact_location)
    asked: list[str] = []

    def download(*, artifact_uri: str, dst_path: str, tracking_uri: str) -> str:
        asked.append(artifact_uri)
        return str(shutil.copytree(local, dst_path))

    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", download)
    first = registry._bring("mlflow-artifacts:/1/models/m-1/artifacts")
    assert registry._bring("mlflow-artifacts:/1/models/m-1/artifacts") == first
    assert asked == ["mlflow-artifacts:/1/models/m-1/artifacts"]
    assert first.parent == folder / ".cadrage" / "models"
    assert [path.name for path in first.parent.iterdir()] == [first.name]
    assert _files(first) == _files(local)


def test_model_needs_a_directory_and_an_alias_a_name(directory: Path) -> None:
    with (
        pytest.raises(ModelError, match=r"no such folder.*expected a model directory"),
        tracking.track("refused", "a") as run,
    ):
        run.model(directory / "nowhere", name="m")
    with pytest.raises(UsageError, match="alias"), tracking.track("refused", "b") as run:
        run.model(directory, name="m", alias="champion")
    assert store.connect().search_logged_models([run.experiment_id]) == []


def test_model_that_could_not_be_saved_is_marked(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(registry, "_save", full)
    with pytest.raises(OSError, match="no space"), tracking.track("unsaved", "run") as run:
        run.model(directory, name="m", registered_name="unsaved", alias="champion")
    (model,) = store.connect().search_logged_models([run.experiment_id])
    assert str(model.status) == "FAILED"
    assert tracking.find_alias("unsaved", "champion") is None


def test_served_model_answers_with_the_json_of_score(
    logged: tuple[str, tracking.TrackedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scorer and rendering are stand-ins: here only the way in and out is under test."""
    import mlflow.pyfunc
    import pandas

    class Scorer:
        def __init__(self, directory: Path) -> None:
            self.name = json.loads((directory / "manifest.json").read_text("utf-8"))["name"]

        @classmethod
        def load(cls, directory: Any) -> Scorer:
            return cls(Path(directory))

        def score(self, article: Any) -> list[str]:
            return [self.name, article.id, article.title, article.publisher, article.text]

    scoring: Any = types.ModuleType("classifier.scoring")
    scoring.Scorer = Scorer
    rendering: Any = types.ModuleType("classifier.rendering.jsonl")
    rendering.to_json = json.dumps
    monkeypatch.setitem(sys.modules, "classifier.scoring", scoring)
    monkeypatch.setitem(sys.modules, "classifier.rendering.jsonl", rendering)
    saved = registry._bring(store.connect().get_logged_model(logged[1].id).artifact_location)
    served = mlflow.pyfunc.load_model(str(saved))
    answers = served.predict(pandas.DataFrame({"text": ["Selon Tass.", "Rien."]}))
    assert [json.loads(answer) for answer in answers] == [
        ["small", "1", "", "", "Selon Tass."],
        ["small", "2", "", "", "Rien."],
    ]
    rows = {"text": ["Un.", "Deux."], "id": ["a", None], "title": ["T", None]}
    answers = served.predict(pandas.DataFrame(rows))
    assert [json.loads(answer) for answer in answers] == [
        ["small", "a", "T", "", "Un."],
        ["small", "2", "", "", "Deux."],
    ]
    with pytest.raises(Exception, match="text"):
        served.predict(pandas.DataFrame({"body": ["Sans colonne text."]}))
