"""Labels of one's own behind the project's, from a file that the environment names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import msgspec
import pytest

from classifier.errors import DataError
from classifier.schema import extend_schema, load_schema

EMOTION = {
    "name": "appeal_to_emotion",
    "code": "E",
    "title": {"fr": "Appel à l'émotion", "en": "Appeal to emotion"},
    "definition": {"fr": "La phrase veut émouvoir.", "en": "The sentence wants to move."},
    "devices": [
        {
            "name": "fear",
            "title": {"fr": "peur", "en": "fear"},
            "definition": {"fr": "Elle veut faire peur.", "en": "It wants to frighten."},
            "example": "Demain, ce sera votre enfant.",
        }
    ],
}


def write(path, *labels):
    own = {"name": "mine", "version": "1", "labels": labels}
    path.write_text(json.dumps(own, ensure_ascii=False), "utf-8")
    return path


def test_own_labels_stand_behind_the_project_s(tmp_path):
    base = load_schema()
    found = extend_schema(base, write(tmp_path / "own.json", EMOTION))
    assert found.names == (*base.names, "appeal_to_emotion")
    assert found.labels[:3] == base.labels
    assert found.label("appeal_to_emotion").device_names == ("fear",)
    assert found.fingerprint != base.fingerprint


def test_words_may_change_and_names_may_not(tmp_path):
    base = load_schema()
    path = tmp_path / "own.json"
    first = extend_schema(base, write(path, EMOTION)).fingerprint
    reworded = EMOTION | {"definition": {"fr": "Autre.", "en": "Other."}}
    assert extend_schema(base, write(path, reworded)).fingerprint == first
    renamed = EMOTION | {"name": "pathos"}
    assert extend_schema(base, write(path, renamed)).fingerprint != first


DEVICE = EMOTION["devices"][0]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (EMOTION | {"name": "relay_sourcing"}, "label 'relay_sourcing'; expected a new name"),
        (EMOTION | {"name": "Appel"}, "label 'Appel'"),
        (EMOTION | {"code": "H"}, "code 'H'; expected one capital letter, not H, R, T"),
        (EMOTION | {"code": "e"}, "code 'e'"),
        (EMOTION | {"devices": []}, "devices none"),
        (EMOTION | {"devices": [DEVICE, DEVICE]}, "each once"),
        (EMOTION | {"devices": [DEVICE | {"name": "a.b"}]}, r"devices a\.b"),
        (EMOTION | {"title": {"fr": "Appel"}}, "title in en"),
        (EMOTION | {"devices": [DEVICE | {"definition": {}}]}, "fear without definition in fr"),
        (EMOTION | {"colour": "red"}, "unknown field `colour`"),
    ],
)
def test_what_cannot_be_a_label_is_refused(tmp_path, label, message):
    with pytest.raises(DataError, match=message):
        extend_schema(load_schema(), write(tmp_path / "own.json", label))


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"name": "x", "version": "1"}'])
def test_a_broken_file_is_refused(tmp_path, content):
    path = tmp_path / "own.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"own\.json"):
        extend_schema(load_schema(), path)


def test_no_label_and_no_file_are_refused(tmp_path):
    with pytest.raises(DataError, match="one or more"):
        extend_schema(load_schema(), write(tmp_path / "own.json"))
    with pytest.raises(DataError, match="CADRAGE_SCHEMA"):
        extend_schema(load_schema(), tmp_path / "none.json")


def run(program, path):
    return subprocess.run(
        [sys.executable, *program],
        env={**os.environ, "CADRAGE_SCHEMA": str(path)},
        capture_output=True,
        text=True,
    )


def test_the_environment_names_the_file(tmp_path):
    path = write(tmp_path / "own.json", EMOTION)
    program = "from classifier.schema import load_schema; print(load_schema().names[-1])"
    assert run(["-c", program], path).stdout == "appeal_to_emotion\n"


def test_a_model_of_other_labels_is_refused_without_a_traceback(tmp_path):
    path = write(tmp_path / "own.json", EMOTION)
    done = run(["-m", "classifier", "score", str(path)], path)
    assert done.returncode == 1
    assert "a model for schema" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_file_is_told_without_a_traceback(tmp_path):
    path = tmp_path / "own.json"
    path.write_bytes(msgspec.json.encode({"name": 1}))
    done = run(["-m", "classifier", "score", str(path)], path)
    assert done.returncode == 1
    assert "own.json" in done.stderr
    assert "Traceback" not in done.stderr
