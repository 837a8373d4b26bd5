"""docs/own-corpus.md is true: its commands run, on the articles that stand beside it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import msgspec
import pytest

from classifier.cli import main
from classifier.corpus.annotations import DocumentMark, read_annotations
from classifier.corpus.exchange import list_unread
from classifier.corpus.label_studio import list_tasks
from classifier.corpus.sheets import drawn_from, read_answers
from classifier.corpus.splits import read_splits

from . import samples

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "own-corpus"

# What the annotator marked in Label Studio.
READINGS = """\
## gazette/g01
2 | H.frame | Selon la mairie
3 | H.unnamed_source | Des riverains
## gazette/g02
1 | H.conditional | aurait déposé
2 | R.outlet | révélée par le quotidien L'Écho du Nord | d1
## gazette/g03
1 | T.conditional | Si la direction ne recule pas, nous bloquerons le site
## gazette/g04
1 | R.outlet | écrit l'agence Nordia | d2
1 | R.cited_source | citant deux responsables
1 | H.unnamed_source | deux responsables
3 | R.via_outlet | à la chaîne TV8 | d2
## gazette/g05
1 | T.red_line | franchir une ligne rouge
2 | T.red_line | a jusqu'au 30 juin pour retirer ses pompes
## gazette/g06
## gazette/g07
1 | H.frame | D'après l'avocat
1 | R.hearsay | son client affirme | d2
3 | H.unnamed_source | Des témoins
4 | H.doubt | prétendu
## gazette/g08
1 | T.explicit | menaces de mort
2 | T.veiled | Qu'elle se souvienne de l'incendie
## gazette/g09
2 | H.frame | Selon le ministère
3 | H.conditional | serait efficace
3 | R.outlet | croit savoir le site Santé Plus | d1
## gazette/g10
1 | R.outlet | rapporte la radio Onde 5 | d1
2 | H.unnamed_source | Une source proche du dossier
## gazette/g11
1 | T.conditional | Tout bateau qui passera la bouée sera coulé
2 | H.frame | Selon des pêcheurs
2 | H.unnamed_source | des pêcheurs
2 | H.conditional | auraient déjà été percées
## gazette/g12
1 | R.outlet | a annoncé la chaîne Lac TV | d1
3 | H.doubt | prétendu
## gazette/g13
1 | T.explicit | menacent de cesser le travail
2 | T.veiled | feraient bien de relire l'histoire | note: ou un conseil sans menace ?
2 | H.unnamed_source | un délégué
3 | H.frame | D'après le quotidien Le Soir
3 | R.outlet | D'après le quotidien Le Soir | d1
3 | H.conditional | serait proche
## gazette/g14
2 | H.conditional | aurait coûté
3 | R.outlet | l'agence Presse-Lac | d2
3 | R.cited_source | qui cite le rectorat
"""


def example_export(folder: Path) -> str:
    """Label Studio's export of the example as it should be today, one task a line."""
    unread = list_unread(EXAMPLE / "mydata", "gazette")
    answers = folder / "readings.ann"
    answers.write_text(READINGS, "utf-8")
    joined = [one.joined for one in unread if one.joined is not None]
    documents = read_answers([answers], drawn_from(joined))
    exported = samples.label_studio_export(list(list_tasks(unread)), documents)
    lines = [json.dumps(task, ensure_ascii=False) for task in exported]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def blocks(language: str) -> list[str]:
    text = (DOCS / "own-corpus.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_form_that_the_page_shows_is_the_form_that_is_written(tmp_path: Path) -> None:
    article, document = (json.loads(block) for block in blocks("json"))
    answers = tmp_path / "readings.ann"
    answers.write_text(READINGS, "utf-8")
    joined = [one.joined for one in list_unread(EXAMPLE / "mydata", "gazette") if one.joined]
    first = read_answers([answers], drawn_from(joined))[0]
    shown = msgspec.convert(document, DocumentMark)
    assert (article["id"], shown.key) == (first.id, first.key)
    assert shown.sentences == (first.sentences[2],)
    assert joined[0].article.text.startswith(article["text"].removesuffix("…").strip())


def test_example_export_is_what_our_tasks_give_back(tmp_path: Path) -> None:
    # After a change of tasks or segmentation, write what example_export gives over the file.
    stored = (EXAMPLE / "label-studio-export.json").read_text("utf-8")
    assert json.loads(stored) == json.loads(example_export(tmp_path))


@pytest.mark.slow
def test_the_worked_example_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CADRAGE_HOME", str(tmp_path / ".cadrage"))
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "gazette.toml").write_text(blocks("toml")[0], "utf-8")

    lines = "\n".join(blocks("sh")).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("cadrage ")]
    said = {}
    for command in commands:
        assert main(command[1:]) == 0, (command, capsys.readouterr().err)
        said[" ".join(command[1:3])] = capsys.readouterr().out
    done = [" ".join(command[1:3]) for command in commands]
    assert [part.split()[-1] for part in done[:6]] == [
        "export",
        "import",
        "validate",
        "split",
        "stats",
        "gazette.toml",
    ]
    assert done[6].startswith("evaluate ")

    tasks = json.loads((tmp_path / "tasks" / "gazette.tasks.json").read_bytes())
    export = json.loads((tmp_path / "label-studio-export.json").read_bytes())
    assert [task["data"] for task in tasks] == [task["data"] for task in export]
    assert all("predictions" not in task for task in tasks)

    gold = read_annotations([tmp_path / "mydata" / "gazette" / "gold" / "b01.jsonl"])
    assert len(gold) == 14
    # 33 cues in the readings above; each stands in the gold.
    lines_of_readings = [line for line in READINGS.splitlines() if "|" in line]
    cues = [cue for one in gold for mark in one.sentences for cue in marks_of(mark)]
    assert len(cues) == len(lines_of_readings)
    assert "14 documents, 70 units: no fault" in said["corpus validate"]

    manifest = read_splits(tmp_path / "mydata" / "splits.json")
    newest = {one.key for one in gold if one.date >= "2025-01-01"}
    assert set(manifest.keys("test")) == newest
    assert manifest.keys("train")
    assert manifest.keys("validation")

    model = json.loads((tmp_path / "models" / "gazette" / "manifest.json").read_bytes())
    assert model["name"] == "gazette-linear"
    assert "gazette" in said["evaluate models/gazette"]
    assert not (tmp_path / ".cadrage" / "mlflow.db").exists()


def marks_of(mark: object) -> list[object]:
    return [
        cue
        for label in msgspec.to_builtins(mark).get("labels", {}).values()
        for cue in label["cues"]
    ]
