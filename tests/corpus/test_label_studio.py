"""Label Studio: tasks out, its JSON export in, and every fault of that export."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.cli import main
from classifier.corpus.annotations import (
    AnnotatedArticle,
    DocumentMark,
    LabelMark,
    check_document,
    read_annotations,
)
from classifier.corpus.exchange import Outgoing
from classifier.corpus.label_studio import list_tasks, make_config, write_tasks
from classifier.corpus.label_studio_import import read_export
from classifier.errors import DataError, FaultsError, UsageError
from classifier.schema import load_schema

from .samples import (
    HEDGING,
    PORT,
    RELAY,
    THREAT,
    annotate,
    article,
    hedge,
    label_studio_export,
    relay,
    row,
    threat,
    write_rows,
    write_source,
)

LAKE = article("lac", "« Les 🐻🐻 paieront ! », dit-il.\nOn rit.", "Il pleut.", "Source : L'Écho")
PORT_GOLD = annotate(
    PORT,
    {
        1: hedge((0, 12, "frame")) | relay(1, (0, 12, "outlet")),
        2: hedge((18, 24, "conditional")),
        4: hedge((0, 28, "unnamed_source")),
    },
    selection="random",
    batch="b02",
    date="2024-02-03",
    topic="economie",
    group="p1",
)
LAKE_GOLD = annotate(LAKE, {0: threat((9, 17, "explicit"), (19, 27, "veiled"))})


def noted(one: AnnotatedArticle, index: int, note: str) -> AnnotatedArticle:
    marks = [
        msgspec.structs.replace(mark, note=note) if mark.index == index else mark
        for mark in one.document.sentences
    ]
    document = msgspec.structs.replace(one.document, sentences=tuple(marks))
    return AnnotatedArticle(one.article, document, one.sentences)


GOLD = [noted(PORT_GOLD, 4, "un élu ?"), LAKE_GOLD]
TASKS = list(list_tasks([Outgoing(one.document, one) for one in GOLD], "gold"))


def exported() -> list[dict[str, Any]]:
    found = label_studio_export(TASKS, [one.document for one in GOLD])
    return copy.deepcopy(found)


def bring(folder: Path, tasks: object, **more: str) -> list[DocumentMark]:
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), "utf-8")
    return read_export(path, "gazette", **more)


def faults(folder: Path, tasks: object, **more: str) -> list[tuple[str, str, str]]:
    with pytest.raises(FaultsError) as caught:
        bring(folder, tasks, **more)
    where = f"{folder / 'export.json'}: "
    return [
        (fault.where.removeprefix(where), fault.found, fault.expected)
        for fault in caught.value.faults
    ]


# --- tasks -----------------------------------------------------------------------------------


def test_a_task_is_a_sentence_in_its_context() -> None:
    assert len(TASKS) == 8
    data = TASKS[2]["data"]
    assert data["text"] == "Le port de Valmer serait vendu."
    assert data["where"] == "gazette/port, unit 2 (text)"
    assert data["before"] == f"{PORT.title} {PORT.heading}"
    assert data["after"] == "L'affaire a été révélée par le quotidien L'Écho."
    assert TASKS[0]["data"]["before"] == "—"
    assert data["units"][1] == [1, "heading", 0, 34, "sentence"]
    assert (data["topic"], data["group"], data["sha256"]) == (
        "economie",
        "p1",
        PORT_GOLD.document.sha256,
    )
    # The lake's credit line is no task, but one of its units.
    assert [task["data"]["index"] for task in TASKS[6:]] == [0, 1]
    assert TASKS[6]["data"]["units"][2][4] == "credit"


def test_pre_annotations_are_spans_choices_and_a_number() -> None:
    (prediction,) = TASKS[1]["predictions"]
    assert prediction["model_version"] == "gold"
    results = [
        (one["from_name"], one["to_name"], one["type"], one["value"])
        for one in prediction["result"]
    ]
    assert results == [
        (HEDGING, "text", "choices", {"choices": ["yes"]}),
        (RELAY, "text", "choices", {"choices": ["yes"]}),
        (THREAT, "text", "choices", {"choices": ["no"]}),
        (
            "cues",
            "text",
            "labels",
            {"start": 0, "end": 12, "text": "Selon L'Écho", "labels": ["H.frame", "R.outlet"]},
        ),
        ("relay_depth", "text", "number", {"number": 1}),
    ]
    assert TASKS[4]["predictions"][0]["result"][-1]["value"] == {"text": ["un élu ?"]}
    assert all(
        "predictions" not in task for task in list_tasks([Outgoing(PORT_GOLD.document, PORT_GOLD)])
    )


def test_the_interface_has_a_control_for_every_result() -> None:
    root = ElementTree.fromstring(make_config())
    controls = {one.get("name"): one for one in root.iter() if one.get("toName") == "text"}
    assert set(controls) == {"cues", *load_schema().names, "relay_depth", "note"}
    codes = [one.get("value") for one in controls["cues"]]
    assert codes == [
        f"{one.code}.{name}" for one in load_schema().labels for name in one.device_names
    ]
    assert all(one.get("hint") for one in controls["cues"])
    # Spans of the same words may carry several codes; spaces count, or offsets would shift.
    assert controls["cues"].get("choice") == "multiple"
    assert "pre-wrap" in (root.findtext("Style") or "")
    shown = {one.get("value") for one in root.iter("Text")}
    assert shown == {"$text", "$before", "$after"}
    used = {one.removeprefix("$") for one in shown if one} | {"where"}
    assert used <= TASKS[0]["data"].keys()


def test_tasks_are_written_by_source(tmp_path: Path) -> None:
    outgoing = [Outgoing(one.document, one) for one in GOLD]
    path = tmp_path / "tasks" / "gazette.tasks.json"
    assert write_tasks(outgoing, tmp_path / "tasks", tmp_path, layer="gold") == {path: 8}
    assert json.loads(path.read_bytes()) == TASKS
    assert (tmp_path / "tasks" / "labelling-config.xml").read_text("utf-8") == make_config()
    with pytest.raises(UsageError, match="a folder in use"):
        write_tasks(outgoing, tmp_path / "tasks", tmp_path)


def test_tasks_need_text(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match=r"ppn: found no text.*cadrage corpus fetch ppn"):
        write_tasks([Outgoing(annotate(PORT, source="ppn").document)], tmp_path / "t", tmp_path)
    assert not (tmp_path / "t").exists()


# --- the round trip --------------------------------------------------------------------------


def test_what_went_out_comes_back_equal(tmp_path: Path) -> None:
    assert bring(tmp_path, exported()) == [one.document for one in GOLD]
    # The order of tasks, and of an annotation's results, is Label Studio's own.
    shuffled = list(reversed(exported()))
    for task in shuffled:
        task["annotations"][0]["result"].reverse()
    assert bring(tmp_path, shuffled) == [one.document for one in reversed(GOLD)]


LABELS = st.fixed_dictionaries(
    {},
    optional={
        label.name: st.lists(
            st.tuples(
                st.integers(0, 8), st.integers(1, 9), st.sampled_from(label.device_names)
            ).map(lambda cue: (cue[0], cue[0] + cue[1], cue[2])),
            min_size=1,
            max_size=4,
            unique=True,
        )
        for label in load_schema().labels
    },
)


@settings(max_examples=60, deadline=None)
@given(LABELS, st.integers(1, 9), st.text("aé 🐻\n’", min_size=17, max_size=30))
def test_any_labels_of_any_text_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    labels: dict[str, list[tuple[int, int, str]]],
    depth: int,
    words: str,
) -> None:
    given_labels = {
        name: LabelMark(tuple(sorted(cues)), depth if name == RELAY else None)
        for name, cues in labels.items()
    }
    one = annotate(article("x", f"«{words}»."), {0: given_labels})
    assert check_document(one.document, "here") == []
    tasks = list(list_tasks([Outgoing(one.document, one)]))
    folder = tmp_path_factory.mktemp("trip")
    assert bring(folder, label_studio_export(tasks, [one.document])) == [one.document]


def utf16(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2


def test_offsets_of_older_versions_count_utf16_units(tmp_path: Path) -> None:
    tasks = exported()
    for task in tasks:
        for region in task["annotations"][0]["result"]:
            if region["type"] == "labels":
                value = region["value"]
                for end in ("start", "end"):
                    value[end] = utf16(task["data"]["text"], value[end])
    assert tasks != exported()
    assert bring(tmp_path, tasks) == [one.document for one in GOLD]


def test_numbers_and_words_may_come_in_other_clothes(tmp_path: Path) -> None:
    tasks = exported()
    span = tasks[1]["annotations"][0]["result"][3]["value"]
    span |= {"start": "0", "end": 12.0, "text": "Selon  L'Écho", "hypertextlabels": []}
    tasks[1]["annotations"][0]["result"][4]["value"] = {"number": 1.0}
    del tasks[2]["annotations"][0]["result"][3]["value"]["text"]
    tasks[0]["annotations"][0]["completed_by"] = {"id": 3, "email": "a@example.org"}
    assert bring(tmp_path, tasks) == [one.document for one in GOLD]


def test_a_choice_left_open_follows_the_cues(tmp_path: Path) -> None:
    tasks = exported()
    for task in tasks:
        annotation = task["annotations"][0]
        annotation["result"] = [one for one in annotation["result"] if one["type"] != "choices"]
    assert bring(tmp_path, tasks) == [one.document for one in GOLD]


def test_one_of_several_annotators_is_chosen(tmp_path: Path) -> None:
    tasks = exported()
    for task in tasks:
        second = copy.deepcopy(task["annotations"][0]) | {
            "completed_by": {"id": 7, "email": "b@x.org"}
        }
        second["result"] = [
            one | {"value": {"choices": ["no"]}}
            for one in second["result"]
            if one["type"] == "choices"
        ]
        task["annotations"].append(second)
    assert bring(tmp_path, tasks, annotator="3") == [one.document for one in GOLD]
    for name in ("7", "b@x.org"):
        found = bring(tmp_path, tasks, annotator=name)
        assert not any(mark.labels for one in found for mark in one.sentences)
    first, *_ = faults(tmp_path, tasks)
    assert first == (
        "task 1001",
        "2 annotations, by 3, 7, b@x.org",
        "one annotation: --annotator",
    )
    assert faults(tmp_path, tasks, annotator="9")[0][1:] == ("no annotation", "one annotation by 9")


# --- faults ------------------------------------------------------------------------------------


def region(tasks: list[dict[str, Any]], task: int, place: int) -> dict[str, Any]:
    found: dict[str, Any] = tasks[task]["annotations"][0]["result"][place]
    return found


def change(task: int, place: int, **value: Any) -> list[dict[str, Any]]:
    tasks = exported()
    region(tasks, task, place)["value"] |= value
    return tasks


def results(task: int, *added: dict[str, Any]) -> list[dict[str, Any]]:
    tasks = exported()
    tasks[task]["annotations"][0]["result"] += added
    return tasks


def without(task: int, place: int) -> list[dict[str, Any]]:
    tasks = exported()
    del tasks[task]["annotations"][0]["result"][place]
    return tasks


def data(task: int, **values: Any) -> list[dict[str, Any]]:
    tasks = exported()
    tasks[task]["data"] |= values
    return tasks


def annotation(task: int, **values: Any) -> list[dict[str, Any]]:
    tasks = exported()
    tasks[task]["annotations"][0] |= values
    return tasks


@pytest.mark.parametrize(
    ("tasks", "where", "found", "expected"),
    [
        (change(1, 3, labels=["H.rumour"]), "task 1002", "label 'H.rumour'", "one of H.frame"),
        (change(1, 3, labels=[]), "task 1002", "a span 0..12 without a label", "a code such as"),
        (change(1, 3, start=1), "task 1002", "a span 1..12 of the words", '"elon L\'Écho" there'),
        (change(1, 3, end=99), "task 1002", "a span 0..99", "0 to 34 at most"),
        (change(1, 3, start="/text()[1]"), "task 1002", "from '/text()[1]' to 12", "two whole"),
        (change(1, 3, start=True), "task 1002", "a span from True", "two whole numbers"),
        (change(1, 4, number=1.5), "task 1002", "relay depth 1.5", "a whole number of hands"),
        (change(1, 4, number=float("nan")), "task 1002", "relay depth nan", "a whole number"),
        (change(1, 4, number=0), "task 1002", "relay depth 0", "1 or more"),
        (change(1, 0, choices=["maybe"]), "task 1002", "choice ['maybe']", "'yes' or 'no'"),
        (change(1, 0, choices=["no"]), "task 1002", f"{HEDGING}: 'no', with a cue", "'yes', or"),
        (change(0, 2, choices=["yes"]), "task 1001", f"{THREAT}: 'yes', without a cue", "words"),
        (without(1, 4), "task 1002", "a relay without depth", "a whole number of hands"),
        (
            results(0, {"from_name": "relay_depth", "value": {"number": 2}}),
            "task 1001",
            "a relay depth of 2 without a relay",
            "no depth",
        ),
        (results(0, {"from_name": "mood"}), "task 1001", "a result of 'mood'", "one of cues"),
        (annotation(3, was_cancelled=True), "task 1004", "a skipped task", "one annotation"),
        (annotation(3, result=None), "task 1004", "Expected `array`, got `null`", "exported as"),
        (data(0, source="echo"), "task 1001", "source 'echo'", "source 'gazette'"),
        (data(0, index=42), "task 1001", "unit 42", "a unit of 'port'"),
        (data(1, index=0), "task 1002", "unit 0 of 'port' again", "one task a unit"),
        (data(1, sha256="1" * 64), "task 1002", "another text or other units", "task 1001"),
        (data(2, text="Le port."), "task 1003", "a text of 8 characters", "31, as exported"),
        (data(2, units="many"), "task 1003", "Expected `array`, got `str`", "exported as JSON"),
    ],
)
def test_every_fault_names_task_found_and_expected(
    tmp_path: Path, tasks: list[dict[str, Any]], where: str, found: str, expected: str
) -> None:
    listed = faults(tmp_path, tasks)
    assert any(where in one[0] and found in one[1] and expected in one[2] for one in listed), listed


def test_a_fault_is_told_once_and_hides_no_other(tmp_path: Path) -> None:
    tasks = change(1, 3, labels=["H.rumour"])
    region(tasks, 2, 3)["value"]["start"] = 99
    tasks[3]["annotations"] = []
    del tasks[5]
    tasks.append({"id": 7, "data": {}, "annotations": []})
    assert [
        (where, found.split(" of the words")[0]) for where, found, _ in faults(tmp_path, tasks)
    ] == [
        ("task 1002", "label 'H.rumour'"),
        # Not also "yes without a cue": the cue is in the span that could not be read.
        ("task 1003", "a span 99..24"),
        ("task 1004", "no annotation"),
        ("task 7", "Object missing required field `source` - at `$.data`"),
        ("task 1001: document 'port'", "no task for unit 5"),
    ]


def test_offsets_that_were_tampered_with_are_caught(tmp_path: Path) -> None:
    tasks = exported()
    for task in tasks[:6]:
        task["data"]["units"][1][1] = "title"
    assert any("starts at 0" in found for _, found, _ in faults(tmp_path, tasks))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "broken JSON"),
        ("[" * 100_000, "broken JSON"),
        ("{}", "JSON of type dict"),
        ('[{"id": 1, "text": "x", "cues": []}]', "JSON-MIN"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        read_export(path, "gazette")
    with pytest.raises(DataError, match="No such file"):
        read_export(tmp_path / "none.json", "gazette")


def test_tasks_that_are_no_objects_are_faults(tmp_path: Path) -> None:
    assert [one[0] for one in faults(tmp_path, [3, None])] == ["task number 1", "task number 2"]


# --- commands ----------------------------------------------------------------------------------


def test_the_commands_make_the_round_trip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mydata"
    write_source(folder, GOLD)
    base = ["--data", str(folder), "--source", "gazette"]
    to = tmp_path / "tasks"
    assert main(["corpus", "export", *base, "--to", str(to), "--format", "label-studio"]) == 0
    tasks = json.loads((to / "gazette.tasks.json").read_bytes())
    assert tasks == TASKS
    export, out = tmp_path / "export.json", folder / "gazette" / "pass_a" / "b01.jsonl"
    export.write_text(json.dumps(exported()), "utf-8")
    command = ["corpus", "import", str(export), *base, "--out", str(out)]
    assert main(command) == 0
    assert read_annotations([out]) == [one.document for one in GOLD]
    assert "2 documents, 9 units" in capsys.readouterr().out

    # Another text, or none: nothing is written.
    out.unlink()
    write_rows(folder / "gazette" / "articles.jsonl", [row(PORT) | {"title": "Autre"}])
    assert main(command) == 1
    err = capsys.readouterr().err
    assert "gazette/port: found text with SHA-256" in err
    assert "gazette/lac: found no text" in err
    assert not out.exists()
    (folder / "gazette" / "articles.jsonl").unlink()
    assert main(command) == 0
    assert "text of gazette not here, hashes not checked" in capsys.readouterr().err


def test_a_broken_export_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mydata" / "gazette").mkdir(parents=True)
    export, out = tmp_path / "export.json", tmp_path / "out.jsonl"
    export.write_text(json.dumps(without(1, 4)), "utf-8")
    base = ["corpus", "import", str(export), "--data", str(tmp_path / "mydata"), "--out", str(out)]
    assert main([*base, "--source", "gazette"]) == 1
    assert "task 1002: found a relay without depth" in capsys.readouterr().err
    assert not out.exists()
    assert main([*base, "--source", "nowhere"]) == 2
