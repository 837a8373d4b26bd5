"""CSV: one row a sentence, readable by any reader, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.records import ArticleScore
from classifier.rendering.csv import columns, protect, restore, rows, write

from .samples import article_scores


def read(*scores: ArticleScore) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    write(scores, stream)
    stream.seek(0)
    return list(csv.DictReader(stream, strict=True))


def test_columns() -> None:
    assert columns() == (
        "id", "title", "index", "field", "kind", "start", "end", "text",
        "attribution_hedging_probability", "attribution_hedging_positive",
        "attribution_hedging_devices", "attribution_hedging_cues",
        "relay_sourcing_probability", "relay_sourcing_positive",
        "relay_sourcing_devices", "relay_sourcing_cues", "relay_sourcing_depth",
        "threat_rhetoric_probability", "threat_rhetoric_positive",
        "threat_rhetoric_devices", "threat_rhetoric_cues",
        "withdrawn", "model_sha256", "headline", "origins",
    )  # fmt: skip


def test_a_row_of_the_seed(seed_score: ArticleScore) -> None:
    row = read(seed_score)[3]
    assert row["id"] == "000_c8f4650f96df5b00"
    assert (row["index"], row["field"], row["kind"]) == ("3", "text", "sentence")
    assert seed_score.article is not None
    assert seed_score.article.text[int(row["start"]) : int(row["end"])] == row["text"]
    assert row["relay_sourcing_probability"] == "0.97"
    assert row["relay_sourcing_positive"] == "true"
    assert row["relay_sourcing_devices"] == "outlet | cited_source"
    assert row["relay_sourcing_cues"] == (
        "a rapporté le journal Politico | citant ses propres sources"
    )
    assert row["relay_sourcing_depth"] == "2"
    assert row["threat_rhetoric_positive"] == "false"
    assert row["threat_rhetoric_cues"] == ""
    assert row["model_sha256"] == "3f" * 32


def test_one_header_for_several_articles(
    seed_score: ArticleScore, trap_score: ArticleScore
) -> None:
    found = read(seed_score, trap_score)
    assert len(found) == len(seed_score.sentences) + len(trap_score.sentences)
    assert found[-1]["id"] == "t<&>\"'"


def test_missing_numbers_and_withdrawals(trap_score: ArticleScore) -> None:
    found = read(trap_score)
    assert found[2]["attribution_hedging_probability"] == ""
    assert found[3]["withdrawn"] == "relay_sourcing: notre journal est l'éditeur <Le Soir>"
    assert found[4]["withdrawn"] == ""


@pytest.mark.parametrize(
    "cell", ["=1+1", "+33 1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''-"]
)
def test_no_cell_starts_like_a_formula(cell: str) -> None:
    assert protect(cell) == "'" + cell
    assert restore(protect(cell)) == cell


@pytest.mark.parametrize("cell", ["", "a=1", "« - »", "'a", "1.5", "– Politico", "'"])
def test_other_cells_stay(cell: str) -> None:
    assert protect(cell) == restore(cell) == cell


@given(st.text() | st.text(alphabet="'=-+@\ta"))
def test_restore_undoes_protect(cell: str) -> None:
    assert restore(protect(cell)) == cell
    assert protect(cell)[:1] not in set("=+-@\t\r\n＝＋－＠")


@given(article_scores())
def test_any_article_reads_back(score: ArticleScore) -> None:
    for row, item in zip(read(score), score.sentences, strict=True):
        assert restore(row["text"]) == item.sentence.text
        assert restore(row["title"]) == score.title
        assert None not in row


@given(article_scores())
def test_rows_are_as_wide_as_the_header(score: ArticleScore) -> None:
    assert {len(row) for row in rows(score)} <= {len(columns())}
