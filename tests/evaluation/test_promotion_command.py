"""``cadrage floors`` and ``cadrage promote`` from end to end, on a registry of their own."""

from __future__ import annotations

import importlib.util
import json
import shutil

import numpy as np
import pytest

from classifier import tracking
from classifier.cli import main
from classifier.evaluation import behaviour, cost, neutrality
from classifier.models.families import load_model
from classifier.promotion import ALIAS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None, reason="needs the extra 'train'"
)
NAME = "small"


@pytest.fixture(scope="module", autouse=True)
def _here(tmp_path_factory):
    """A registry of its own; fewer cases and no fresh processes, for they take most of the time."""
    store = tmp_path_factory.mktemp("registry")
    cases = behaviour.load_cases()[::10]
    kinds, templates = neutrality.load_actors()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store / 'mlflow.db'}")
        patch.setattr(behaviour, "load_cases", lambda: cases)
        patch.setattr(neutrality, "load_actors", lambda: (kinds[:2], templates))
        patch.setattr(cost, "_start", lambda home: (0.1, 50.0))
        patch.setattr(cost, "speed_ratio", lambda *_, **__: (1.0, 1.0, 1.0))
        yield


@pytest.fixture(scope="module")
def versions(model_folder, tmp_path_factory):
    """Four registered model directories: one with ballast, again, without it, and a silent one."""
    folder = tmp_path_factory.mktemp("versions")

    def save(name, change):
        model, _ = load_model(model_folder)
        change(model)
        model.save(folder / name, name=NAME, version=name)
        with tracking.track("cadrage-train", name) as run:
            run.model(folder / name, name="model", registered_name=NAME, alias="candidate")
        return folder / name

    def load(model):
        model.lexicon_source += b"\n#" + b" ballast" * 20_000

    def silence(model):
        model.thresholds = np.full_like(model.thresholds, 1.0)

    return {
        "first": save("first", load),
        "again": save("again", load),
        "smaller": save("smaller", lambda model: None),
        "silent": save("silent", silence),
    }


@pytest.fixture(scope="module")
def floors(corpus_folder, versions, tmp_path_factory):
    """A file of floors, set from the first model."""
    path = tmp_path_factory.mktemp("floors") / "floors.json"
    assert main(["floors", str(versions["first"]), *options_of(corpus_folder, path)]) == 0
    return path


def options_of(data, floors):
    return ["--data", str(data), "--floors", str(floors)]


@pytest.fixture
def promote(corpus_folder, floors, versions, capsys):
    def run(name, *more):
        number = str(list(versions).index(name) + 1)
        code = main(["promote", NAME, number, *options_of(corpus_folder, floors), *more])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


@pytest.mark.slow
def test_the_whole_way(promote):
    assert tracking.find_alias(NAME, ALIAS) is None
    code, told = promote("first")
    assert code == 0, told
    assert "for: there is no champion yet" in told
    assert tracking.find_alias(NAME, ALIAS) == 1

    code, told = promote("first")
    assert code == 2
    assert "the champion; expected another version" in told

    code, told = promote("again")
    assert code == 1
    assert "against: tied against" in told
    assert "not cheaper" in told

    code, told = promote("silent")
    assert code == 1
    assert "against: worse against" in told
    assert "written.macro.f1 is not measured, floor" in told or "written.macro.f1 is 0" in told
    assert "behavioural tests" in told
    assert tracking.find_alias(NAME, ALIAS) == 1

    code, told = promote("smaller", "--dry-run")
    assert code == 0, told
    assert tracking.find_alias(NAME, ALIAS) == 1
    code, told = promote("smaller")
    assert "for: tied with" in told
    assert "and cheaper" in told
    assert tracking.find_alias(NAME, ALIAS) == 3
    # Judged champions are runs too.
    assert len(tracking.runs("cadrage-evaluate")) >= 9


def test_the_gate_refuses_another_corpus(corpus_folder, floors, versions, tmp_path, capsys):
    other = tmp_path / "data"
    shutil.copytree(corpus_folder, other)
    gold = other / "written" / "gold" / "b01.jsonl"
    gold.write_text("".join(gold.read_text("utf-8").splitlines(True)[:-1]), "utf-8")
    assert main(["promote", NAME, "2", *options_of(other, floors)]) == 1
    assert "cadrage floors" in capsys.readouterr().err


def test_an_unknown_version_is_told(corpus_folder, floors, versions, capsys):
    options = options_of(corpus_folder, floors)
    assert main(["promote", NAME, "99", *options]) == 1
    assert "99" in capsys.readouterr().err
    assert main(["promote", "nobody", "1", *options]) == 1
    assert "nobody" in capsys.readouterr().err


def test_floors_fall_only_with_flag_and_reason(corpus_folder, floors, versions, tmp_path, capsys):
    path = tmp_path / "floors.json"
    shutil.copy(floors, path)
    high = path.read_bytes()
    command = ["floors", str(versions["silent"]), *options_of(corpus_folder, path)]
    assert main(command) == 2
    assert "--lower with --reason" in capsys.readouterr().err
    for half in (["--lower"], ["--reason", "why"], ["--lower", "--reason", "  "]):
        assert main([*command, *half]) == 2
    assert path.read_bytes() == high
    assert main([*command, "--lower", "--reason", "an exercise"]) == 0
    found = json.loads(path.read_text("utf-8"))
    assert found["lowered"][0]["reason"] == "an exercise"
    assert "written.macro.f1" in found["lowered"][0]["floors"]
