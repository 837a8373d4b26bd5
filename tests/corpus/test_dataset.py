"""Annotated documents as rows of gold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.corpus.annotations import file_hash, read_annotations, write_annotations
from classifier.corpus.dataset import (
    annotated_sources,
    annotation_files,
    data_hashes,
    label_documents,
    load_gold,
    units,
)
from classifier.errors import DataError, FaultsError, UsageError
from classifier.records import Cue
from classifier.schema import load_schema
from classifier.training import load_corpus, read_experiment

from .samples import PORT, RELAY, annotate, article, hedge, relay, threat, write_source

LAKE = article("lac", "Le chef menace le lac.", "Source : L'Écho")
PORT_GOLD = annotate(PORT, {1: hedge((0, 12, "frame")) | relay(2, (0, 12, "outlet"))})
LAKE_GOLD = annotate(LAKE, {0: threat((8, 14, "explicit"))})


def test_rows_follow_documents_and_columns_the_schema() -> None:
    data = label_documents([PORT_GOLD, LAKE_GOLD])
    assert len(data) == 8
    assert data.gold.shape == (8, 3)
    assert data.gold.dtype == np.bool_
    # Hedging and relay in the port's heading, a threat in the lake's first sentence.
    assert np.argwhere(data.gold).tolist() == [[1, 0], [1, 1], [6, 2]]
    assert data.rows.tolist() == [0] * 6 + [1] * 2
    assert data.depths.tolist() == [0, 2, 0, 0, 0, 0, 0, 0]
    assert data.cues[1][RELAY] == (Cue(0, 12, "outlet"),)
    assert data.cues[0] == {}
    assert [unit.text for unit in units(data.documents)][6] == "Le chef menace le lac."
    assert data.scorable().tolist() == [True] * 7 + [False]


def test_columns_come_from_the_schema_not_from_the_data() -> None:
    assert label_documents([]).gold.shape == (0, 3)
    assert label_documents([]).depths.shape == (0,)
    data = label_documents([LAKE_GOLD])
    assert data.gold.shape == (2, len(load_schema().names))
    assert data.gold[:, 0].tolist() == [False, False]


def test_a_selection_is_numbered_anew_in_the_order_asked_for() -> None:
    data = label_documents([PORT_GOLD, LAKE_GOLD]).select([1, 0])
    assert [one.article.id for one in data.documents] == ["lac", "port"]
    assert np.argwhere(data.gold).tolist() == [[0, 2], [3, 0], [3, 1]]
    assert data.rows.tolist() == [0, 0] + [1] * 6


def test_gold_of_a_folder_is_read_with_its_text(tmp_path: Path) -> None:
    write_source(tmp_path, [LAKE_GOLD, PORT_GOLD], batch="b02")
    write_source(tmp_path, [annotate(LAKE, source="echo")])
    (tmp_path / "echo" / "pass_a").mkdir()
    assert annotated_sources(tmp_path) == ["echo", "gazette"]
    assert [one.document.key for one in load_gold(tmp_path, ["gazette"])] == [
        "gazette/lac",
        "gazette/port",
    ]
    (path,) = annotation_files(tmp_path, "gazette")
    assert annotation_files(tmp_path, "gazette", "pass_a") == []
    (tmp_path / "splits.json").write_text("{}")
    assert data_hashes(tmp_path, ["gazette"]) == {
        "gazette/gold/b02.jsonl": file_hash(path),
        "splits.json": file_hash(tmp_path / "splits.json"),
    }


def test_missing_gold_text_and_documents_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gazette/gold: found no file"):
        load_gold(tmp_path, ["gazette"])
    write_source(tmp_path, [LAKE_GOLD])
    path = tmp_path / "gazette" / "gold" / "b01.jsonl"
    write_annotations([LAKE_GOLD.document, PORT_GOLD.document], path)
    with pytest.raises(DataError, match=r"gazette/port: found no text.*gazette/articles\.jsonl"):
        load_gold(tmp_path, ["gazette"])
    (tmp_path / "gazette" / "articles.jsonl").unlink()
    with pytest.raises(DataError, match=r"articles\.jsonl: found no file"):
        load_gold(tmp_path, ["gazette"])
    path.write_text("{}\n", "utf-8")
    with pytest.raises(FaultsError):
        read_annotations([path])


# --- an experiment on one's own source --------------------------------------------------------


def experiment(folder: Path, source: str) -> Path:
    path = folder / "mine.toml"
    text = f'name = "mine"\nversion = "1"\nfamily = "linear"\nsources = ["{source}"]\n'
    path.write_text(text, "utf-8")
    return path


def test_an_experiment_may_name_a_folder(tmp_path: Path) -> None:
    write_source(tmp_path / "mydata", [LAKE_GOLD])
    path = experiment(tmp_path, "gazette")
    assert read_experiment(path).sources == ("gazette",)
    assert read_experiment(path, tmp_path / "mydata").sources == ("gazette",)
    with pytest.raises(UsageError, match="corpus source 'gazette': found an unknown name"):
        read_experiment(path, tmp_path / "elsewhere")


def test_an_experiment_may_not_learn_from_tests(tmp_path: Path) -> None:
    for name in ("ppn", "seed"):
        with pytest.raises(UsageError, match=f"'{name}', for tests only; expected one of written"):
            read_experiment(experiment(tmp_path, name))


def test_a_corpus_without_splits_says_how_to_make_them(tmp_path: Path) -> None:
    write_source(tmp_path, [LAKE_GOLD])
    with pytest.raises(DataError, match="cadrage corpus split"):
        load_corpus(tmp_path, ["gazette"])
