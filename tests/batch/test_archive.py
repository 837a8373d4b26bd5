"""The archive page: its figures are the tables', its bounds hold, and it works in a browser."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.batch import read_rows, run_batch
from classifier.batch.archive import Archive, read_archive
from classifier.batch.archive_counts import CELLS, Counts, Table, Times, count_row
from classifier.batch.archive_page import write_page
from classifier.cli import main
from classifier.errors import DataError, UsageError
from classifier.schema import load_schema
from tests.batch.samples import make_rows, write_rows
from tests.serving.browser import Browser, find_chromium
from tests.serving.test_page import axe

_NASTY = "<script>alert(1)</script> & «\u202e»"


def make_archive_rows(count: int) -> list[dict[str, Any]]:
    rows = make_rows(count)
    for number, row in enumerate(rows):
        row["publisher"] = ("Le Courrier du Valois", "La Gazette du Gué", "")[number % 3]
        row["published"] = f"2021-{number % 4 + 1:02}-{number % 28 + 1:02}T08:00:00Z"
        if number % 2:
            row["text"] += " Selon l'AFP, le port rouvrira lundi. Reuters l'avait annoncé."
    rows[0]["title"] = rows[0]["topic"] = _NASTY
    rows[1]["published"] = "hier"
    return rows


@pytest.fixture(scope="module")
def scored(tmp_path_factory, model) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("archive")
    source = write_rows(folder / "a.jsonl", make_archive_rows(60), faults=(7,))
    found = {}
    for form in ("parquet", "jsonl"):
        found[form] = folder / form
        run_batch([source], folder / form, format=form, model=model, shard_size=20, workers=1)
    return found


def test_the_figures_are_those_of_the_tables(scored):
    archive = read_archive(scored["parquet"])
    articles = list(read_rows(scored["parquet"], "articles"))
    names = load_schema().names
    assert archive.whole.articles == len(articles) == 59
    assert archive.whole.sentences == sum(one["sentences"] for one in articles)
    for number, name in enumerate(names):
        positives = sum(one[f"{name}_sentences"] for one in articles)
        assert archive.whole.positives[number] == positives
        share = archive.whole.shares[number]
        assert share.value == pytest.approx(positives / archive.whole.sentences)
        if positives > 0:
            assert 0 <= share.low < share.value < share.high <= 1
    assert archive.time.name == "day"
    days = Counter(one["published"][:10] for one in articles if one["published"] != "hier")
    assert [(one.name, one.articles) for one in archive.time.groups] == sorted(days.items())
    assert archive.time.unnamed == 1
    by = {one.name: one for one in archive.columns}
    assert set(by) == {"publisher", "topic"}
    assert {one.name: one.articles for one in by["publisher"].groups} == Counter(
        one["publisher"] for one in articles if one["publisher"]
    )
    assert by["publisher"].unnamed == sum(not one["publisher"] for one in articles)
    assert {one.name for one in by["topic"].groups} == {"sport", "eau", _NASTY}
    flagged = [
        row
        for row in read_rows(scored["parquet"], "sentences")
        if any(row[f"{name}_positive"] for name in names)
    ]
    assert archive.flagged == len(flagged) == len(archive.passages)


def test_relayed_outlets_and_deepest_sentences(scored, monkeypatch):
    """Rows without chains, as a model's batch output of before had them."""

    def without_chain(*arguments, **options):
        return ({**row, "chain": None} for row in read_rows(*arguments, **options))

    monkeypatch.setattr("classifier.batch.archive.read_rows", without_chain)
    archive = read_archive(scored["parquet"])
    assert not archive.chained
    relays = {
        row["key"]
        for row in read_rows(scored["parquet"], "sentences")
        if row["relay_sourcing_positive"] and "AFP" in row["text"]
    }
    afp = {one.name: one for one in archive.outlets}["Agence France-Presse"]
    assert relays
    assert afp.articles == len(relays)
    assert archive.outlet_count == len(archive.outlets)
    depths = [one.depth for one in archive.deepest]
    assert depths == sorted(depths, reverse=True)
    assert depths[0] >= 1
    assert all(one.passages for one in archive.deepest)


def test_chains_are_shown_where_the_rows_have_them(scored, tmp_path, monkeypatch):
    """An article's own chain counts before the depth of its sentences."""
    chain = {
        "nodes": [
            {"name": "", "type": "article"},
            {"name": "Le Parisien", "type": "outlet"},
            {"name": "une source proche", "type": "anonymous"},
            {"name": "le préfet", "type": "person"},
        ],
        "edges": [
            {"carrier": 0, "source": 1, "sentence": 1, "start": 0, "end": 3},
            {"carrier": 1, "source": 2, "sentence": 2, "start": 0, "end": 3},
            {"carrier": 0, "source": 3, "sentence": 2, "start": 0, "end": 3},
        ],
        "depth": 4,
    }

    def with_chain(directory, table, **options):
        for number, row in enumerate(read_rows(directory, table, **options)):
            if table == "articles":
                row["chain"] = json.dumps(chain) if number == 5 else None
            yield row

    monkeypatch.setattr("classifier.batch.archive.read_rows", with_chain)
    archive = read_archive(scored["parquet"])
    first = archive.deepest[0]
    assert (first.depth, first.hands) == (4, ("Le Parisien", "une source proche"))
    assert archive.chained
    assert "Le Parisien" in {one.name for one in archive.outlets}


def test_both_formats_give_the_same_page(scored, tmp_path):
    pages = []
    for form, directory in scored.items():
        output = tmp_path / f"{form}.html"
        assert main(["report", str(directory), "--output", str(output)]) == 0
        pages.append(output.read_text("utf-8").replace(f"{form} ", "").replace(f" {form}", ""))
    assert pages[0] == pages[1]
    assert "<script>alert" not in pages[0]
    assert not re.search(r'(?:src|href)="(?!#|data:,)', pages[0])


def test_a_small_page_says_that_it_holds_a_part(scored, tmp_path):
    archive = read_archive(scored["jsonl"], passages=9)
    assert 3 <= len(archive.passages) <= 9 < archive.flagged
    again = read_archive(scored["parquet"], passages=9)
    assert [one.key for one in archive.passages] == [one.key for one in again.passages]
    page = tmp_path / "small.html"
    with page.open("w") as stream:
        write_page(archive, stream)
    text = page.read_text("utf-8")
    assert f"Cette page contient {len(archive.passages)} des {archive.flagged}" in text


def test_other_columns_are_named(scored):
    assert "views" in {one.name for one in read_archive(scored["jsonl"], by=["views"]).columns}
    with pytest.raises(UsageError, match="desk"):
        read_archive(scored["jsonl"], by=["desk"])


def test_wrong_directories_and_outputs(scored, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        read_archive(tmp_path / "empty")
    assert main(["report", str(tmp_path / "empty")]) == 1
    inside = scored["jsonl"] / "page.html"
    assert main(["report", str(scored["jsonl"]), "--output", str(inside)]) == 2
    assert not inside.exists()
    assert main(["report", str(scored["jsonl"]), "--sentences", "-1"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_counts_stay_bounded_and_their_intervals_right():
    """Many articles share cells; the interval is that of articles drawn one by one."""
    draw = np.random.default_rng(3)
    few, many = Counts(1), Counts(1)
    rows = [(int(n), int(draw.binomial(n, 0.1))) for n in draw.integers(1, 30, 6 * CELLS)]
    for number, (sentences, positive) in enumerate(rows):
        many.add(f"k{number}", count_row(sentences, [positive]))
        if number < CELLS:
            few.add(f"k{number}", count_row(sentences, [positive]))
    assert many.articles == 6 * CELLS
    assert len(many.totals) == CELLS
    assert many.sentences == sum(sentences for sentences, _ in rows)
    ratios = np.array(rows, dtype=float)
    share = ratios[:, 1].sum() / ratios[:, 0].sum()
    spread = np.sqrt(np.mean((ratios[:, 1] - share * ratios[:, 0]) ** 2) / len(rows))
    expected = 2 * 1.96 * spread / ratios[:, 0].mean()
    (found,) = many.intervals()
    assert found.value == pytest.approx(share)
    assert found.high - found.low == pytest.approx(expected, rel=0.15)
    (wide,) = few.intervals()
    assert wide.high - wide.low > 1.8 * (found.high - found.low)


def test_tables_tell_a_bounded_number_of_values_apart():
    table = Table(1, 2)
    for value in ("a", "b", "c", "a", ""):
        table.add(value, "k", count_row(3, [1]))
    column = table.column("desk", 1)
    assert [(one.name, one.articles) for one in column.groups] == [("a", 2)]
    assert (column.values, column.unnamed, column.rest) == (2, 1, 2)


@pytest.mark.parametrize(
    ("dates", "step"),
    [
        (["2020-03-17", "2020-03-18"], "day"),
        ([f"2020-{m:02}-{d:02}" for m in range(1, 13) for d in range(1, 29)], "month"),
        ([f"{y}-{m:02}-01" for y in range(2000, 2020) for m in range(1, 13)], "year"),
        (["2020", "2021"], "year"),
    ],
)
def test_the_finest_step_that_can_be_read_is_shown(dates, step):
    times = Times(1)
    for number, date in enumerate(dates):
        times.add(date, f"k{number}", count_row(2, [1]))
    column = times.column()
    assert column.name == step
    assert sum(one.articles for one in column.groups) == len(dates)


@pytest.fixture(scope="module")
def drawn(scored, tmp_path_factory) -> tuple[Path, Archive]:
    path = tmp_path_factory.mktemp("page") / "archive.html"
    archive = read_archive(scored["parquet"])
    with path.open("w", encoding="utf-8") as stream:
        write_page(archive, stream)
    return path, archive


@pytest.mark.skipif(find_chromium() is None, reason="no chromium")
@pytest.mark.parametrize("options", [{}, {"width": 360, "height": 800, "dark": True}])
def test_the_page_in_a_browser(drawn, options):
    path, archive = drawn
    program = find_chromium()
    assert program is not None
    browser = Browser(program)
    try:
        page = browser.open(path.as_uri(), **options)
        count = "document.querySelectorAll('.passages > li').length"
        assert page.run(count) == min(50, len(archive.passages))
        assert page.run("document.documentElement.lang") == "fr"
        assert page.run("document.querySelector('#time-name .in-en').offsetParent") is None
        axe(page, "fr")
        page.click("button[data-language=en]")
        assert page.run("document.documentElement.lang") == "en"
        assert "Sentences" in page.run("document.querySelector('.found').textContent")
        axe(page, "en")
        page.run(
            "(() => { const b = document.querySelector('button.drill[data-value=relay_sourcing]');"
            "b.focus(); })()"
        )
        page.key("Enter", 13, "\r")
        relays = [one for one in archive.passages if "relay_sourcing" in one.labels]
        assert page.run(count) == min(50, len(relays))
        # What the page must then show is asked of its own passages, whatever the model flags.
        wanted = sum("afp" in f"{one.title} {one.text}".lower() for one in relays)
        assert 0 < wanted < min(50, len(relays))
        page.run("document.querySelector('#filter-text').focus()")
        page.type("afp")
        page.wait(f"{count} === {wanted}")
        shown = page.run(
            "[...document.querySelectorAll('.passages > li')].map((one) => one.textContent)"
        )
        assert all("AFP" in one for one in shown)
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert page.run(wide), "the page itself never scrolls sideways"
        assert not page.complaints()
        asked = page.requests()
        assert all(url.startswith(("file://", "data:")) for url in asked)
        page.close()
    finally:
        browser.close()
