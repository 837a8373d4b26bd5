"""What lands in the directory, and what a second run makes of it."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from classifier.batch import read_inputs, read_manifest, read_rows, run_batch
from classifier.batch.tables import PARTS
from classifier.cli import main
from classifier.errors import DataError, FaultsError, UsageError
from classifier.schema import load_schema
from classifier.scoring import Scorer
from tests.batch.samples import cadrage, contents, make_rows, write_rows
from tests.conftest import ROOT, SEED

pytestmark = pytest.mark.usefixtures("serial")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def plain(value: Any) -> Any:
    """Return a JSON column's value; Parquet holds it as text."""
    return json.loads(value) if isinstance(value, str) else value


def rebuild(directory: Path) -> list[dict[str, Any]]:
    """Return what ``cadrage score --format jsonl`` says, from the two tables."""
    manifest = read_manifest(directory)
    assert manifest is not None
    names = load_schema().names
    sentences: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(directory, "sentences"):
        labels = {}
        for name in names:
            label = {"probability": row[f"{name}_probability"]}
            label |= {"positive": row[f"{name}_positive"], "cues": row[f"{name}_cues"]}
            if f"{name}_depth" in row:
                label["depth"] = row[f"{name}_depth"]
            if row[f"{name}_withdrawn"]:
                label["withdrawn"] = row[f"{name}_withdrawn"]
            labels[name] = label
        own = ("index", "field", "start", "end", "kind", "text")
        sentences.setdefault(row["key"], []).append(
            {name: row[name] for name in own} | {"labels": labels}
        )
    scores = []
    for row in read_rows(directory, "articles"):
        scores.append(
            {
                "id": row["id"],
                "title": row["title"],
                "language": row["language"],
                "sentences": sentences.pop(row["key"]),
                "summary": plain(row["summary"]),
                **{name: plain(row[name]) for name in PARTS if row[name] is not None},
                "model": {
                    **manifest.identity.model,
                    "thresholds": manifest.identity.thresholds,
                },
                "warnings": row["warnings"],
            }
        )
    assert not sentences
    return scores


@pytest.fixture
def mixed(tmp_path) -> Path:
    """A folder with every kind of input."""
    folder = tmp_path / "incoming"
    rows = make_rows(30)
    write_rows(folder / "b.jsonl", rows[:8])
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(json.dumps(rows[8]).encode()))
    with pa.CompressedOutputStream(str(folder / "c2.jsonl.zst"), "zstd") as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in rows[20:23]).encode())
    (folder / "d.csv").write_text(
        "id;text;section\n" + "".join(f"{row['id']};{row['text']};eau\n" for row in rows[9:12])
    )
    parquet.write_table(pa.Table.from_pylist(rows[12:16]), folder / "e.parquet")
    page = "".join(f"<p>{row['text']}</p>" for row in rows[16:20])
    (folder / "sub").mkdir()
    (folder / "sub" / "page.html").write_text(
        f"<html><head><title>Le port</title></head><body><article>{page}</article></body></html>"
    )
    shutil.copy(SEED, folder / "a.txt")
    return folder


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_rows_equal_score(mixed, model, tmp_path, form, capsys):
    assert main(["score", str(mixed), "--format", "jsonl", "--model", str(model)]) == 0
    expected = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(expected) == 21
    report = run_batch([mixed], tmp_path / "out", format=form, model=model, shard_size=4)
    assert report.exit_code == 0
    # JSON tells floats apart to the last bit.
    found = [json.dumps(one, sort_keys=True) for one in rebuild(tmp_path / "out")]
    assert found == [json.dumps(one, sort_keys=True) for one in expected]
    assert [one.name for one in read_inputs(tmp_path / "out")] == [
        f"incoming/{name}"
        for name in (
            "a.txt",
            "b.jsonl",
            "c.jsonl.gz",
            "c2.jsonl.zst",
            "d.csv",
            "e.parquet",
            "sub/page.html",
        )
    ]


def test_what_the_document_reads_a_directory_with(model, tmp_path, monkeypatch):
    """The lines in docs/batch.md, as they stand there."""
    page = (ROOT / "docs" / "batch.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (call,) = re.findall(r"`classifier\.batch\.(read_rows\(.*?\))`", page)
    source = write_rows(tmp_path / "a.jsonl", make_rows(4))
    monkeypatch.chdir(tmp_path)
    run_batch([str(source)], "scored", model=model, format="parquet")
    names: dict[str, Any] = {"read_rows": read_rows}
    exec(program, names)
    rows = list(eval(call, names))
    assert len(rows) == len(names["sentences"]) == 24
    relayed = [row for row in rows if row["relay_sourcing_positive"]]
    assert names["relayed"]["key"].tolist() == [row["key"] for row in relayed]
    assert "publisher" in names["relayed"]


def test_input_columns_are_kept(model, tmp_path):
    rows = make_rows(4)
    rows[1] |= {"views": "many", "late": [1, 2]}
    rows[2] |= {"language": "old french", "score": 0.5, "ok": True}
    del rows[3]["topic"]
    source = write_rows(tmp_path / "a.jsonl", [rows[0], rows[2], rows[3]])
    run_batch([source], tmp_path / "out", model=model, format="parquet")
    write_rows(source, rows)
    run_batch([source], tmp_path / "out", model=model)
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    assert manifest.columns == {
        "topic": "string",
        "views": "int64",
        "language": "string",
        "score": "double",
        "ok": "bool",
    }
    found = {row["id"]: row for row in read_rows(tmp_path / "out", "articles")}
    assert found["a2"]["input_language"] == "old french"
    assert found["a2"]["language"] == "fr"
    assert (found["a2"]["score"], found["a2"]["ok"], found["a0"]["ok"]) == (0.5, True, None)
    assert found["a3"]["topic"] is None
    assert found["a0"]["other_columns"] is None
    # What does not fit the columns of the directory is not dropped.
    assert found["a1"]["views"] is None
    assert json.loads(found["a1"]["other_columns"]) == {"views": "many", "late": [1, 2]}
    for row in rows:
        assert found[row["id"]]["text"] == row["text"]
    schemas = {parquet.read_schema(one) for one in (tmp_path / "out" / "articles").iterdir()}
    assert len(schemas) == 1


def test_json_lines_keep_columns_as_they_are(model, tmp_path):
    rows = make_rows(2)
    rows[0] |= {"tags": ["x", {"y": None}], "id": "é\u2028"}
    source = write_rows(tmp_path / "a.jsonl", rows)
    run_batch([source], tmp_path / "out", model=model, format="jsonl")
    written = (tmp_path / "out" / "articles" / "00000.jsonl").read_text("utf-8")
    assert len(written.splitlines()) == 2
    first, second = read_rows(tmp_path / "out", "articles")
    assert (first["tags"], first["id"]) == (["x", {"y": None}], "é\u2028")
    assert "tags" not in second


def test_rejects_do_not_stop_the_run(model, tmp_path, monkeypatch):
    rows = make_rows(12)
    rows[3]["text"] = ""
    rows[7]["text"] += " Boum."
    source = write_rows(tmp_path / "a.jsonl", rows, faults=(5,))
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    score = Scorer.score

    def fails(self, article):
        if "Boum" in article.text:
            raise ValueError("no good <object at 0x7f0011223344>")
        return score(self, article)

    monkeypatch.setattr(Scorer, "score", fails)
    paths = [source, tmp_path / "empty.txt", tmp_path / "bad.parquet", tmp_path / "gone.jsonl"]
    report = run_batch(paths, tmp_path / "out", model=model, shard_size=3)
    assert (report.articles, report.rejected, report.exit_code) == (9, 6, 1)
    rejects = lines(tmp_path / "out" / "rejects.jsonl")
    assert [(one["file"], one["row"]) for one in rejects] == [
        ("a.jsonl", 4),
        ("a.jsonl", 6),
        ("a.jsonl", 8),
        ("empty.txt", None),
        ("bad.parquet", None),
        ("gone.jsonl", None),
    ]
    assert all(one["reason"].startswith("found ") for one in rejects)
    assert "ValueError: no good <object at 0x…>" in rejects[2]["reason"]
    assert rejects[2]["id"] == "a7"
    assert str(tmp_path) not in (tmp_path / "out" / "rejects.jsonl").read_text()
    # The same night again: nothing changes, and the exit code still tells.
    before = contents(tmp_path / "out")
    again = run_batch(paths, tmp_path / "out", model=model, shard_size=3)
    assert (again.articles, again.exit_code, again.changed) == (0, 1, False)
    assert contents(tmp_path / "out") == before


def test_a_second_night_scores_only_what_is_new(model, tmp_path):
    rows = make_rows(30)
    folder = tmp_path / "in"
    write_rows(folder / "a.jsonl", rows[:10])
    write_rows(folder / "b.jsonl", rows[10:15], faults=(2,))
    out = tmp_path / "out"
    assert run_batch([folder], out, model=model, shard_size=4).articles == 14
    first = contents(out)
    write_rows(folder / "b.jsonl", rows[10:20], faults=(2,))
    write_rows(folder / "c.jsonl", rows[20:])
    report = run_batch([folder], out, model=model, shard_size=4)
    assert (report.articles, report.known, report.known_files, report.new_files) == (15, 4, 1, 2)
    second = contents(out)
    logs = ("manifest.json", "rejects.jsonl", "duplicates.jsonl")
    assert all(second[name] == digest for name, digest in first.items() if name not in logs)
    # The fault of the file that grew was noted the night before.
    assert len(lines(out / "rejects.jsonl")) == 1
    ids = [row["id"] for row in read_rows(out, "articles")]
    assert sorted(ids) == sorted(row["id"] for row in rows if row["id"] != "a12")
    inputs = list(read_inputs(out))
    assert [(one.name, one.articles, one.known, one.rejected) for one in inputs] == [
        ("in/a.jsonl", 10, 0, 0),
        ("in/b.jsonl", 4, 0, 1),
        ("in/b.jsonl", 5, 4, 1),
        ("in/c.jsonl", 10, 0, 0),
    ]
    assert not run_batch([folder], out, model=model).changed
    assert contents(out) == second


def test_duplicate_ids_are_reported_with_both_places(model, tmp_path):
    rows = make_rows(6)
    other = {**rows[2], "text": "Selon la mairie, tout est autre ici."}
    first = write_rows(tmp_path / "a.jsonl", [*rows, rows[1]])
    second = write_rows(tmp_path / "b.jsonl", [other, rows[3]])
    report = run_batch([first, second, first], tmp_path / "out", model=model)
    assert (report.articles, report.copies, report.other_texts) == (7, 2, 1)
    found = [tuple(one.values()) for one in lines(tmp_path / "out" / "duplicates.jsonl")]
    assert found == [
        ("a1", "a.jsonl", 7, "a.jsonl", 2, "same id and same text"),
        ("a2", "b.jsonl", 1, "a.jsonl", 3, "same id, other text"),
        ("a3", "b.jsonl", 2, "a.jsonl", 4, "same id and same text"),
    ]
    keys = [row["key"] for row in read_rows(tmp_path / "out", "articles")]
    assert len(keys) == len(set(keys)) == 7


def test_another_model_is_refused(model, trained, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", make_rows(3))
    out = tmp_path / "out"
    run_batch([source], out, model=model)
    before = contents(out)
    other = tmp_path / "other"
    trained[0].save(other, name="small", version="2")
    for wrong in ({"model": other}, {"model": model, "thresholds": {"threat_rhetoric": 0.125}}):
        with pytest.raises(DataError, match="Give a new directory to --output"):
            run_batch([source], out, **wrong)
    with pytest.raises(DataError, match="format"):
        run_batch([source], out, model=model, format="jsonl")
    assert contents(out) == before


def test_an_unfinished_run_of_another_model_is_refused(model, tmp_path, monkeypatch):
    source = write_rows(tmp_path / "a.jsonl", make_rows(3))
    out = tmp_path / "out"

    def fails(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("classifier.batch.state.write_manifest", fails)
        with pytest.raises(KeyboardInterrupt):
            run_batch([source], out, model=model)
    with pytest.raises(DataError, match="an unfinished run"):
        run_batch([source], out, model=model, thresholds={"threat_rhetoric": 0.125})
    with pytest.raises(DataError, match="no manifest"):
        list(read_rows(out, "articles"))
    assert run_batch([source], out, model=model).resumed


def test_wrong_calls_write_nothing(model, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", make_rows(3))
    out = tmp_path / "out"
    with pytest.raises(FaultsError, match="nothing there"):
        run_batch([tmp_path / "gone.jsonl"], out, model=model)
    for wrong in ({"engine": "spark"}, {"workers": 0}, {"format": "xml"}):
        with pytest.raises(UsageError):
            run_batch([source], out, model=model, **wrong)
    with pytest.raises(UsageError, match="read again"):
        run_batch(["-"], out, model=model)
    assert not out.exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(DataError, match=r"thesis\.txt"):
        run_batch([source], tmp_path / "mine", model=model)


def test_names_tell_files_apart_and_output_is_not_input(model, tmp_path):
    for year in ("2023", "2024"):
        write_rows(tmp_path / year / "dump.jsonl", make_rows(2, seed=int(year)))
    inputs = [tmp_path / "2023" / "dump.jsonl", tmp_path / "2024" / "dump.jsonl"]
    out = tmp_path / "2023" / "out"
    run_batch(inputs, out, model=model, format="jsonl")
    assert [one.name for one in read_inputs(out)] == ["2023/dump.jsonl", "2024/dump.jsonl"]
    report = run_batch([tmp_path / "2023"], out, model=model, format="jsonl")
    assert (report.articles, report.known_files) == (0, 1)


def test_a_file_that_changes_while_it_is_read(model, tmp_path, monkeypatch):
    rows = make_rows(6)
    source = write_rows(tmp_path / "a.jsonl", rows)
    states = iter([(1, 1), (2, 2)])
    with monkeypatch.context() as patch:
        patch.setattr("classifier.batch.plan._state", lambda _: next(states))
        with pytest.raises(DataError, match="changed while it was read"):
            run_batch([source], tmp_path / "out", model=model, shard_size=2)
    assert run_batch([source], tmp_path / "out", model=model, shard_size=2).articles == 6
    run_batch([source], tmp_path / "fresh", model=model, shard_size=2)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_without_pyarrow_json_lines_are_written_and_it_says_so(model, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", make_rows(3))
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pyarrow':\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, package=None: "
        "None if name == 'pyarrow' else real(name, package)\n"
        "sys.meta_path.insert(0, Block())\n"
    )
    import os
    import subprocess

    from tests.batch.samples import ENVIRONMENT, command

    done = subprocess.run(
        command("batch", source, "--output", tmp_path / "out", "--model", model, "--workers", 1),
        env={**ENVIRONMENT, "PYTHONPATH": f"{blocked}{os.pathsep}{ENVIRONMENT['PYTHONPATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "JSON Lines" in done.stderr
    assert "3 articles, 18 sentences" in done.stdout
    assert len(list(read_rows(tmp_path / "out", "articles"))) == 3


def test_the_command_counts_and_is_quiet(model, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", make_rows(7), faults=(2,))
    done = cadrage("batch", source, "--output", tmp_path / "out", "--model", model)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        f"6 articles, 36 sentences scored into {tmp_path / 'out'} from 1 input files\n"
        "1 rows could not be scored (rejects.jsonl)\n"
    )


def test_a_directory_of_json_lines_is_gone_on_with_in_silence(model, tmp_path, capsys):
    """Without --format; that Parquet would be to be had is no news there."""
    source = write_rows(tmp_path / "a.jsonl", make_rows(2))
    call = ["batch", str(source), "--output", str(tmp_path / "out"), "--model", str(model)]
    assert main([*call, "--format", "jsonl"]) == 0
    assert main(call) == 0
    assert capsys.readouterr().err == ""


def test_progress_reaches_the_total(model, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", make_rows(120))
    (tmp_path / "b.txt").write_text("Titre\nSelon le maire, il pleut.")
    seen: list[tuple[int, int]] = []
    run_batch(
        [source, tmp_path / "b.txt"], tmp_path / "out", model=model, shard_size=60,
        watch=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (121, 121)
    assert len(seen) >= 3
    assert all(total == 121 for _, total in seen)
