"""What goes out: documents with their split and text, and the Hugging Face form of them."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from classifier.cli import main
from classifier.corpus.annotations import AnnotatedArticle, read_annotations, write_annotations
from classifier.corpus.exchange import gather, list_unread, read_assignment, third_party_sources
from classifier.corpus.exchange_datasets import list_rows, make_card, write_datasets
from classifier.corpus.splits import SplitManifest, _digest, write_splits
from classifier.errors import DataError, FaultsError, UsageError

from .samples import (
    HEDGING,
    PORT,
    RELAY,
    THREAT,
    annotate,
    article,
    hedge,
    relay,
    row,
    threat,
    write_rows,
    write_source,
)

SHARED = "Le port ferme ses portes à minuit."
LAKE = article(
    "lac", SHARED, "Le chef 🐻 menace le lac.", "Source : L'Écho", published="2024-05-01"
)
ROAD = article("route", SHARED, "La route est coupée.")
PORT_GOLD = annotate(
    PORT, {1: hedge((0, 12, "frame")) | relay(2, (0, 12, "outlet"))}, topic="economie"
)
LAKE_GOLD = annotate(LAKE, {1: threat((10, 16, "explicit"))}, selection="random")
ROAD_GOLD = annotate(ROAD)
SPLITS = {"gazette/port": "train", "gazette/lac": "test", "gazette/route": "validation"}


def write_manifest(data: Path, assignment: dict[str, str]) -> None:
    manifest = SplitManifest(1, 0.5, {}, {}, (), assignment)
    digest = _digest(manifest)
    write_splits(SplitManifest(1, 0.5, {}, {}, (), assignment, sha256=digest), data / "splits.json")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CADRAGE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "mydata"
    write_source(folder, [PORT_GOLD, LAKE_GOLD, ROAD_GOLD])
    write_manifest(folder, SPLITS)
    return folder


def add_ppn(data: Path) -> AnnotatedArticle:
    """Stand-off annotations of a public source whose text is not here."""
    one = annotate(dataclasses.replace(PORT, id="p1"), {1: hedge()}, source="ppn")
    write_annotations([one.document], data / "ppn" / "gold" / "b01.jsonl")
    write_manifest(data, {**SPLITS, "ppn/p1": "test"})
    return one


# --- gathering ---------------------------------------------------------------------------------


def test_documents_go_out_with_split_text_and_repetitions(data: Path) -> None:
    port, lake, road = gather(data, ["gazette"])
    assert [one.split for one in (port, lake, road)] == ["train", "test", "validation"]
    assert port.joined is not None
    assert port.joined.sentences[1].text == PORT.heading
    # The lake's first sentence, in test, is the road's too; only test sentences are marked.
    assert lake.repeated == {0}
    assert road.repeated == port.repeated == frozenset()


def test_without_text_nothing_of_it_goes_out(data: Path) -> None:
    for one in gather(data, ["gazette"], text=False):
        assert one.joined is None
        assert one.repeated == frozenset()


def test_text_that_is_not_here_is_no_fault_but_other_text_is(data: Path) -> None:
    add_ppn(data)
    assert gather(data, ["ppn"])[0].joined is None
    write_rows(
        data / "gazette" / "articles.jsonl",
        [row(PORT) | {"title": "Autre"}, row(LAKE), row(ROAD)],
    )
    with pytest.raises(DataError, match="gazette/port: found text with SHA-256"):
        gather(data, ["gazette"])
    write_rows(data / "gazette" / "articles.jsonl", [row(PORT)])
    with pytest.raises(DataError, match="gazette/lac: found no text"):
        gather(data, ["gazette"])


def test_unknown_and_unannotated_sources_are_named(data: Path) -> None:
    with pytest.raises(UsageError, match="corpus source 'nowhere'"):
        gather(data, ["nowhere"])
    with pytest.raises(DataError, match="pass_a: found no file; expected annotations of 'gazette'"):
        gather(data, ["gazette"], layer="pass_a")


def test_without_a_manifest_documents_have_no_split(data: Path) -> None:
    (data / "splits.json").unlink()
    assert read_assignment(data) == {}
    assert {one.split for one in gather(data, ["gazette"])} == {""}


def test_unread_articles_are_those_in_no_layer(data: Path) -> None:
    assert list_unread(data, "gazette") == []
    (data / "gazette" / "gold" / "b01.jsonl").unlink()
    write_annotations([LAKE_GOLD.document], data / "gazette" / "pass_b" / "b01.jsonl")
    rows = [row(PORT) | {"topic": "économie", "group": 7}, row(LAKE), row(ROAD)]
    write_rows(data / "gazette" / "articles.jsonl", rows)
    port, road = list_unread(data, "gazette")
    assert (port.document.id, road.document.id) == ("port", "route")
    assert (port.document.topic, port.document.group) == ("économie", "")
    assert port.document.date == "2024-02-03"
    assert len(port.document.sentences) == 6
    assert not any(mark.labels for mark in port.document.sentences)


# --- rows, Parquet, DatasetDict, card ------------------------------------------------------------


def test_rows_hold_offsets_labels_cues_depth_and_context(data: Path) -> None:
    rows = list(list_rows(gather(data, ["gazette"]), text=True))
    assert len(rows) == 6 + 3 + 2
    second = rows[1]
    assert second["text"] == PORT.heading
    assert second["labels"] == {HEDGING: True, RELAY: True, THREAT: False}
    assert second["cues"] == [
        {"label": HEDGING, "device": "frame", "start": 0, "end": 12},
        {"label": RELAY, "device": "outlet", "start": 0, "end": 12},
    ]
    assert (second["depth"], rows[0]["depth"]) == (2, None)
    assert second["context_before"] == [PORT.title]
    assert second["context_after"] == [
        "Le port de Valmer serait vendu.",
        "L'affaire a été révélée par le quotidien L'Écho.",
    ]
    assert (second["source"], second["document"], second["index"]) == ("gazette", "port", 1)
    assert (second["field"], second["start"], second["end"]) == ("heading", 0, 34)
    assert (second["split"], second["kind"], second["topic"]) == ("train", "sentence", "economie")
    assert second["sha256"] == PORT_GOLD.document.sha256
    bear = rows[7]
    assert bear["text"][10:16] == "menace"
    assert (rows[6]["repeated"], bear["repeated"]) == (True, False)
    assert rows[8]["kind"] == "credit"


def test_rows_without_text_have_no_column_of_it(data: Path) -> None:
    rows = list(list_rows(gather(data, ["gazette"], text=False), text=False))
    assert not {"text", "context_before", "context_after", "repeated"} & rows[0].keys()
    assert len(rows) == 11
    words = str([{k: v for k, v in one.items() if k != "document"} for one in rows])
    assert "Valmer" not in words
    assert "minuit" not in words


LOAD = """
import sys, json, datasets
datasets.disable_progress_bars()
loaded = datasets.load_dataset(sys.argv[1])
disk = datasets.load_from_disk(sys.argv[1] + "/dataset_dict")
assert {k: v.to_list() for k, v in loaded.items()} == {k: v.to_list() for k, v in disk.items()}
assert {k: v.features for k, v in loaded.items()} == {k: v.features for k, v in disk.items()}
print(json.dumps({k: v.to_list() for k, v in loaded.items()}))
"""


def load(folder: Path, cache: Path) -> dict[str, list[dict[str, Any]]]:
    """Read an export with ``datasets`` as its users would: another process, no network."""
    import json

    environment = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(cache / "hub"),
        "HF_DATASETS_CACHE": str(cache / "datasets"),
        "HOME": str(cache),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_load_dataset_reads_what_was_written(data: Path, tmp_path: Path) -> None:
    outgoing = gather(data, ["gazette"])
    counts = write_datasets(outgoing, tmp_path / "hub", data)
    assert counts == {"train": 6, "validation": 2, "test": 3}
    found = load(tmp_path / "hub", tmp_path / "cache")
    expected = list(list_rows(outgoing, text=True))
    assert found["train"] == expected[:6]
    assert found["test"] == expected[6:9]
    assert found["validation"] == expected[9:]
    card = (tmp_path / "hub" / "README.md").read_text("utf-8")
    assert "| gazette | articles of" in card
    assert "Publish it only if you hold the rights in it." in card


@pytest.mark.slow
def test_stand_off_and_missing_splits_load_too(data: Path, tmp_path: Path) -> None:
    write_manifest(data, dict.fromkeys(SPLITS, "train"))
    write_datasets(gather(data, ["gazette"], text=False), tmp_path / "hub", data)
    found = load(tmp_path / "hub", tmp_path / "cache")
    assert list(found) == ["train"]
    assert len(found["train"]) == 11
    assert "text" not in found["train"][0]
    whole = "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "hub").rglob("*.*"))
    assert "minuit" not in whole
    assert "This is the stand-off form" in whole


def test_the_card_names_files_licences_and_warns(data: Path) -> None:
    yaml = pytest.importorskip("yaml")
    ppn = add_ppn(data)
    outgoing = gather(data, ["gazette", "ppn"])
    card = make_card(outgoing, {"train": 6, "test": 9}, data)
    header = yaml.safe_load(card.split("---")[1])
    assert header["license"] == ["other", "cc-by-nc-4.0"]
    assert header["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "data/train.parquet"},
                {"split": "test", "path": "data/test.parquet"},
            ],
        }
    ]
    # The text of PPN is not here, so nothing of others goes out.
    assert third_party_sources(outgoing, data) == []
    assert "do not publish it" not in card
    with_text = [dataclasses.replace(one, joined=one.joined or ppn) for one in outgoing]
    assert third_party_sources(with_text, data) == ["ppn"]
    assert "**This copy holds text of third parties (ppn)." in make_card(with_text, {}, data)


def test_every_document_needs_a_split(data: Path, tmp_path: Path) -> None:
    write_manifest(data, {"gazette/port": "train"})
    with pytest.raises(FaultsError) as caught:
        write_datasets(gather(data, ["gazette"]), tmp_path / "hub", data)
    assert [fault.where for fault in caught.value.faults] == ["gazette/lac", "gazette/route"]
    assert not (tmp_path / "hub").exists()


# --- commands ------------------------------------------------------------------------------------


def test_the_export_command_says_what_it_wrote(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_ppn(data)
    arguments = ["corpus", "export", "--data", str(data), "--to", str(tmp_path / "hub")]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["train: 6 rows", "validation: 2 rows", "test: 9 rows"]
    assert "text of ppn not here: its rows are stand-off only" in err
    assert "third parties" not in err
    assert main(arguments) == 2
    assert "found a folder in use; expected a new or an empty folder" in capsys.readouterr().err


def test_text_of_others_goes_out_with_a_warning(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_ppn(data)
    write_rows(tmp_path / "home" / "corpora" / "ppn.jsonl", [row(PORT) | {"id": "p1"}])
    base = ["corpus", "export", "--data", str(data), "--to"]
    assert main([*base, str(tmp_path / "hub")]) == 0
    assert "holds text of third parties (ppn)" in capsys.readouterr().err
    assert main([*base, str(tmp_path / "bare"), "--without-text"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--unread", "--source", "gazette"], "expected --format label-studio"),
        (["--format", "label-studio", "--without-text"], "expected --format huggingface"),
        (["--format", "label-studio", "--unread"], "expected the source to be annotated"),
        (["--source", "nowhere"], "corpus source 'nowhere'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    to = tmp_path / "out"
    assert main(["corpus", "export", "--data", str(data), "--to", str(to), *more]) == 2
    assert message in capsys.readouterr().err
    assert not to.exists()


def test_the_stats_command_prints_and_draws(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plots = tmp_path / "plots"
    arguments = ["corpus", "stats", "--data", str(data), "--plots", str(plots)]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "Labels by source and split" in out
    assert "H.frame" in out
    # A random document of one article only: a rate and no interval.
    assert "1 article: an interval needs two or more" in out
    assert (plots / "labels.png").exists()
    assert f"saved {plots / 'labels.png'}" in err
    assert main(["corpus", "stats", "--data", str(tmp_path / "none")]) == 1
    assert "found no file; expected annotations" in capsys.readouterr().err


def test_exported_files_leave_the_corpus_alone(data: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*.json*")}
    write_datasets(gather(data, ["gazette"]), tmp_path / "hub", data)
    assert {path: path.read_bytes() for path in data.rglob("*.json*")} == before
    assert len(read_annotations([data / "gazette" / "gold" / "b01.jsonl"])) == 3
