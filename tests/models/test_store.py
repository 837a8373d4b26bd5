"""A model directory that was touched is refused, by name of the file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifier.errors import ModelError
from classifier.models.families import load_model
from classifier.models.store import open_model, save_model


def save(directory, **more):
    return save_model(
        directory,
        name="m",
        version="1",
        family="majority",
        thresholds={
            "attribution_hedging": 0.5,
            "relay_sourcing": 0.25,
            "threat_rhetoric": 0.75,
        },
        arrays={"shares": np.tile([0.1, 0.9], (3, 1))},
        values={"facts": {"a": 1}},
        texts={"note.txt": b"hello"},
        **more,
    )


def test_round_trip(tmp_path):
    files = save(tmp_path / "m", data={"x": "0" * 64})
    opened = open_model(tmp_path / "m")
    assert opened.manifest == files.manifest
    assert opened.json("facts") == {"a": 1}
    assert opened.text("note.txt") == b"hello"
    np.testing.assert_array_equal(opened.array("shares"), np.tile([0.1, 0.9], (3, 1)))
    model, _ = load_model(tmp_path / "m")
    np.testing.assert_array_equal(model.thresholds, [0.5, 0.25, 0.75])


@pytest.mark.parametrize("name", ["shares.npy", "facts.json", "note.txt"])
def test_a_changed_byte_is_refused_by_name(tmp_path, name):
    save(tmp_path / "m")
    path = tmp_path / "m" / name
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(bytes(changed))
    with pytest.raises(ModelError, match=name):
        open_model(tmp_path / "m")


def test_missing_and_additional_files_are_refused(tmp_path):
    save(tmp_path / "m")
    (tmp_path / "m" / "stray.txt").write_text("?")
    with pytest.raises(ModelError, match=r"stray\.txt"):
        open_model(tmp_path / "m")
    (tmp_path / "m" / "stray.txt").unlink()
    (tmp_path / "m" / "note.txt").unlink()
    with pytest.raises(ModelError, match=r"note\.txt.*no such file"):
        open_model(tmp_path / "m")


def test_another_schema_is_refused(tmp_path):
    save(tmp_path / "m")
    path = tmp_path / "m" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["schema"] = "f" * 64
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="Train it again"):
        open_model(tmp_path / "m")


def test_no_directory_says_how_to_get_one(tmp_path):
    with pytest.raises(ModelError, match="cadrage train"):
        open_model(tmp_path / "nowhere")


def test_a_failed_save_leaves_the_old_model(tmp_path):
    before = save(tmp_path / "m")
    with pytest.raises(TypeError):
        save(tmp_path / "m", configuration={"bad": object()})
    assert open_model(tmp_path / "m").sha256 == before.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_saving_again_replaces_the_whole(tmp_path):
    save(tmp_path / "m")
    (tmp_path / "m" / "manifest.json").write_text("{}")
    again = save(tmp_path / "m")
    assert open_model(tmp_path / "m").sha256 == again.sha256
