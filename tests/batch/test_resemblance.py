"""The resemblance score in a directory: that of ``cadrage score``, and off unless asked for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classifier.article.resemblance import FILE, ResemblanceScorer
from classifier.batch import read_manifest, read_rows, run_batch
from classifier.batch.layout import Identity
from classifier.cli import main
from classifier.errors import DataError
from tests.batch.samples import contents, make_resemblance, make_rows, write_rows

pytestmark = pytest.mark.usefixtures("serial")


@pytest.fixture(scope="module")
def apart(tmp_path_factory) -> Path:
    """A directory with a small resemblance model."""
    return make_resemblance(tmp_path_factory.mktemp("resemblance"))


@pytest.fixture
def source(tmp_path) -> Path:
    """Articles of which the last two are too short for a number."""
    rows = make_rows(6, sentences=24) + make_rows(2, sentences=3, seed=9)
    for number, row in enumerate(rows):
        row["id"] = f"a{number}"
    return write_rows(tmp_path / "a.jsonl", rows)


def plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_values_are_those_of_score(source, model, apart, tmp_path, form, capsys):
    shared = [str(source), "--model", str(model), "--with-score", str(apart)]
    assert main(["score", *shared, "--format", "jsonl"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = {one["id"]: one["resemblance"] for one in said}
    call = [*shared, "--output", str(tmp_path / "out"), "--format", form, "--shard-size", "3"]
    assert main(["batch", *call]) == 0
    found = {
        row["id"]: plain(row["resemblance"]) for row in read_rows(tmp_path / "out", "articles")
    }
    # JSON tells floats apart to the last bit.
    assert json.dumps(found) == json.dumps(expected)
    numbers = [one["probability"] for one in found.values()]
    assert all(0 < one < 1 for one in numbers[:6])
    assert len(set(numbers[:6])) > 1
    assert numbers[6:] == [None, None]
    assert {one["reason"] for one in found.values()} == {"", "too_short"}
    # Each number carries its limits; the model's and, here, that another model gave the labels.
    assert all(one["limits"] == ["no_truth", "other_model"] for one in found.values())
    shown = capsys.readouterr().out
    assert "This number says nothing of the truth of the text." in shown
    assert "the reference was built with another model" in shown


def test_it_is_off_unless_asked_for(source, model, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["batch", str(source), "--model", str(model), "--output", str(out)]) == 0
    assert "resembl" not in capsys.readouterr().out
    assert {row["resemblance"] for row in read_rows(out, "articles")} == {None}
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.identity.resemblance == {}
    # Directories made before there was this option say the same, to the byte.
    assert b"resemblance" not in (out / "manifest.json").read_bytes()


def test_the_manifest_names_the_model_and_its_licence(source, model, apart, tmp_path):
    run_batch([source], tmp_path / "out", model=model, resemblance=ResemblanceScorer.load(apart))
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    sha256 = hashlib.sha256((apart / FILE).read_bytes()).hexdigest()
    assert manifest.identity.resemblance == {"sha256": sha256, "licence": "CC BY-NC 4.0"}
    rows = read_rows(tmp_path / "out", "articles")
    assert {plain(row["resemblance"])["model"] for row in rows} == {sha256}


def test_another_setting_is_refused(source, model, apart, tmp_path):
    """Off and on, on and off, and another model; nothing of the directory changes."""
    given = ResemblanceScorer.load(apart)
    other = ResemblanceScorer.load(make_resemblance(tmp_path / "other", intercept=0.25))
    run_batch([source], tmp_path / "off", model=model)
    run_batch([source], tmp_path / "on", model=model, resemblance=given)
    for name, wrong, words in (
        ("off", given, f"with --with-score off; expected --with-score {given.sha256[:16]}"),
        ("on", None, f"with --with-score {given.sha256[:16]}; expected --with-score off"),
        ("on", other, f"expected --with-score {other.sha256[:16]}"),
    ):
        before = contents(tmp_path / name)
        with pytest.raises(DataError) as refused:
            run_batch([source], tmp_path / name, model=model, resemblance=wrong)
        assert words in str(refused.value)
        assert "Give a new directory to --output" in str(refused.value)
        assert contents(tmp_path / name) == before


@pytest.mark.parametrize("asked", [False, True])
def test_an_unfinished_run_goes_on_with_its_own_setting_only(
    source, model, apart, tmp_path, monkeypatch, asked
):
    given = ResemblanceScorer.load(apart)
    mine, wrong = (given, None) if asked else (None, given)
    out, settings = tmp_path / "out", {"model": model, "shard_size": 3}
    run_batch([source], tmp_path / "whole", resemblance=mine, **settings)

    def fails(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("classifier.batch.state.write_manifest", fails)
        with pytest.raises(KeyboardInterrupt):
            run_batch([source], out, resemblance=mine, **settings)
    with pytest.raises(DataError, match=r"an unfinished run with --with-score"):
        run_batch([source], out, resemblance=wrong, **settings)
    report = run_batch([source], out, resemblance=mine, **settings)
    assert report.resumed
    assert contents(out) == contents(tmp_path / "whole")


def test_a_second_night_keeps_the_setting(source, model, apart, tmp_path):
    given = ResemblanceScorer.load(apart)
    out = tmp_path / "out"
    run_batch([source], out, model=model, resemblance=given)
    before = contents(out)
    report = run_batch([source], out, model=model, resemblance=given)
    assert (report.known_files, report.changed) == (1, False)
    assert contents(out) == before


def test_a_missing_model_is_told_before_anything_is_written(source, model, tmp_path, capsys):
    call = ["batch", str(source), "--model", str(model), "--output", str(tmp_path / "out")]
    assert main([*call, "--with-score", str(tmp_path / "none")]) == 1
    assert "experiments.resemblance.train" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_manifests_without_the_field_are_read():
    """As directories of before have it."""
    raw = b'{"format":2,"output":"jsonl","schema":"s","model":{"sha256":"m"},"thresholds":{}}'
    identity = msgspec.json.decode(raw, type=Identity)
    assert identity.resemblance == {}
    assert msgspec.json.encode(identity) == raw


def test_workers_have_the_model_of_the_parent(source, model, tmp_path, monkeypatch):
    """In real processes: the loaded model travels, so its file may be gone or changed by then."""
    monkeypatch.undo()
    given = ResemblanceScorer.load(make_resemblance(tmp_path / "apart"))
    make_resemblance(tmp_path / "apart", intercept=9.0)
    run_batch([source], tmp_path / "out", model=model, resemblance=given, workers=2, shard_size=2)
    rows = list(read_rows(tmp_path / "out", "articles"))
    assert [row["id"] for row in rows] == [f"a{number}" for number in range(8)]
    found = [plain(row["resemblance"]) for row in rows]
    assert {one["model"] for one in found} == {given.sha256}
    assert all(one["probability"] is not None for one in found[:6])
