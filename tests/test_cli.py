"""The command line from end to end, as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources

import jsonschema
import pytest

from classifier.cli import build_parser, main
from tests.conftest import ROOT, SEED


def cadrage(*arguments: str, stdin: bytes = b"", cwd=None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        input=stdin,
        capture_output=True,
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_jsonl_follows_its_schema(capsys):
    assert main(["score", str(SEED), "--format", "jsonl"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    article = json.loads(line)
    schema = json.loads(
        (resources.files("classifier") / "resources" / "output.schema.json").read_text("utf-8")
    )
    jsonschema.Draft202012Validator(schema).validate(article)
    assert article["id"] == "000_c8f4650f96df5b00"
    assert article["language"] == "fr"
    assert {one["kind"] for one in article["sentences"]} == {"headline", "sentence", "credit"}


def test_segment_gives_one_article_a_line(capsys):
    assert main(["segment", str(SEED)]) == 0
    article = json.loads(capsys.readouterr().out)
    assert set(article) == {"id", "sentences"}
    title, text = SEED.read_text("utf-8").split("\n", 1)
    fields = {"title": title, "text": text}
    for one in article["sentences"]:
        assert set(one) == {"index", "field", "start", "end", "kind", "text"}
        assert fields[one["field"]][one["start"] : one["end"]] == one["text"]


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "html"])
def test_every_format_is_written(form, capsys):
    assert main(["score", str(SEED), "--format", form]) == 0
    assert "Politico" in capsys.readouterr().out


def test_good_rows_beside_bad_ones(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text(
        '{"id": "a", "text": "Selon Reuters, le port est fermé."}\n'
        "{broken\n"
        '{"id": "b", "text": "Il pleut."}\n'
        '{"id": "c"}\n',
        encoding="utf-8",
    )
    done = cadrage("score", str(path), "--format", "jsonl")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a", "b"]
    said = done.stderr.decode()
    assert done.returncode == 1
    assert f"{path}:2" in said
    assert f"{path}:4" in said
    assert "2 articles done, 2 could not be read" in said
    assert "Traceback" not in said


def test_standard_input():
    done = cadrage("score", "-", "--format", "jsonl", stdin=b"Titre\nSelon Tass, oui.")
    assert done.returncode == 0
    assert json.loads(done.stdout)["title"] == "Titre"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["score", "nowhere.txt"], 1, "nowhere.txt"),
        (["score", str(SEED), "--model", "nowhere"], 1, "cadrage train"),
        (["score", str(SEED), "--threshold", "x"], 2, "LABEL=P"),
        (["score", str(SEED), "--hide", "irony"], 2, "irony"),
        (["train", "nowhere.toml"], 2, "nowhere.toml"),
        (["corpus", "fetch", "nothing"], 2, "nothing"),
        (["corpus", "fetch", "written"], 2, "nothing to fetch"),
    ],
)
def test_errors_without_traceback(arguments, code, said):
    done = cadrage(*arguments)
    assert done.returncode == code, done.stderr.decode()
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_usage_errors_are_two():
    assert cadrage().returncode == 2
    assert cadrage("score").returncode == 2
    assert cadrage("dance").returncode == 2


def every_command(parser=None, path=()):
    parser = parser or build_parser()
    for action in parser._actions:
        if isinstance(getattr(action, "choices", None), dict):
            for name, child in action.choices.items():
                yield (*path, name)
                yield from every_command(child, (*path, name))


@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_teaches(path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*path, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    if path != ("corpus",):
        assert "example" in shown
        assert f"cadrage {' '.join(path)}" in shown


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m classifier score {SEED} --format jsonl | head -c 10"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
