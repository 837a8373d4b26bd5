"""Signals and headlines on the archive page: the numbers are those of a count by hand."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.article.reference import load_reference
from classifier.article.signals import SIGNALS
from classifier.batch import read_rows, run_batch
from classifier.batch.archive import Archive, read_archive
from classifier.batch.archive_counts import CELLS, Counts, count_row
from classifier.batch.archive_histogram import draw, make_bins, name_bin
from classifier.batch.archive_page import write_page
from classifier.batch.archive_records import SignalSpread
from classifier.batch.archive_signals import SignalReader
from classifier.batch.archive_values import Values, share_intervals
from classifier.batch.reading import require_manifest
from classifier.cli import main
from tests.batch.samples import make_rows, write_rows
from tests.serving.browser import Browser, find_chromium
from tests.serving.test_page import axe

_VALUES = (0.0, 0.1, 0.2, 0.3, 0.4, None)
_RANKS = (10.0, 50.0, 80.0, 91.0, 95.0, None)
_PUBLISHERS = ("Le Courrier", "La Gazette", "Le Courrier", "La Gazette", "Le Courrier", "")
_OLDER = "Cette sortie ne contient ni titres comparés ni signaux"


@pytest.fixture(scope="module")
def scored(tmp_path_factory, model) -> Path:
    folder = tmp_path_factory.mktemp("signals")
    source = write_rows(folder / "a.jsonl", make_rows(6))
    run_batch([source], folder / "out", format="jsonl", model=model, workers=1)
    return folder / "out"


def copy(
    directory: Path,
    target: Path,
    change: Callable[[int, dict[str, Any]], dict[str, Any]],
    manifest: Callable[[dict[str, Any]], None] = lambda document: None,
) -> Path:
    """Copy a JSON Lines directory with other articles, its manifest in keeping with them."""
    document = json.loads((directory / "manifest.json").read_bytes())
    for shard in document["shards"]:
        (target / shard["name"]).parent.mkdir(parents=True, exist_ok=True)
        data = (directory / shard["name"]).read_bytes()
        if shard["table"] == "articles":
            rows = [change(n, json.loads(line)) for n, line in enumerate(data.splitlines())]
            data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        (target / shard["name"]).write_bytes(data)
        shard["bytes"], shard["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    manifest(document)
    inputs = document.pop("inputs")
    lines = [f"{json.dumps(name)}: {json.dumps(value)},\n" for name, value in document.items()]
    listed = ",\n".join(map(json.dumps, inputs))
    text = "{\n" + "".join(lines) + '"inputs": [\n' + listed + "\n]\n}\n"
    (target / "manifest.json").write_text(text, "utf-8")
    return target


def signal(name: str, value: float | None, rank: float | None, *places: int) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "reason": "no_sentence" if value is None else "",
        "percentile": rank,
        "percentile_reason": "other_model" if rank is None and value is not None else "",
        "evidence": [{"sentence": place, "start": 0, "end": 3} for place in places],
    }


def with_signals(number: int, row: dict[str, Any]) -> dict[str, Any]:
    row["publisher"] = _PUBLISHERS[number]
    row["signals"] = [
        signal("hedged_share", _VALUES[number], _RANKS[number], 1, 2),
        signal("headline_fidelity", number / 10, None, 3),
        signal("relay_depth", float(number // 2), None),
    ]
    match = {"sentence": 2, "similarity": 0.5, "attributed": False}
    headline = {
        "matches": [match] if number else [],
        "restrictions": [3, 2] if number in (1, 2) else [],
        "classes": {},
        "found": ["faithful"] if number in (2, 3, 4) else ["raises"] if number == 5 else [],
        "experimental": ["raises"],
    }
    row["headline"] = [{"field": "title", **headline}]
    if number == 0:
        row["headline"] += [{"field": "heading", **headline, "restrictions": [1]}]
    return row


@pytest.fixture(scope="module")
def archive(scored, tmp_path_factory) -> Archive:
    return read_archive(copy(scored, tmp_path_factory.mktemp("made") / "made", with_signals))


def spread_of(archive: Archive, name: str) -> SignalSpread:
    return {one.name: one for one in archive.signals.spreads}[name]


def test_a_signal_is_spread_as_counted_by_hand(archive):
    assert [one.name for one in archive.signals.spreads] == list(SIGNALS)
    hedged = spread_of(archive, "hedged_share")
    assert (hedged.whole.articles, hedged.whole.far_articles) == (5, 2)
    assert hedged.whole.median == pytest.approx(0.2)
    assert hedged.whole.far.value == pytest.approx(2 / 5)
    assert 0 <= hedged.whole.far.low < 0.4 < hedged.whole.far.high <= 1
    assert dict(hedged.reasons) == {"no_sentence": 1}
    assert dict(hedged.unranked) == {}
    assert hedged.values.counts == dict.fromkeys((0.0, 0.1, 0.2, 0.3, 0.4), 1)
    groups = {one.name: one for one in hedged.groups}
    assert list(groups) == ["Le Courrier", "La Gazette"], "by number of articles, none unnamed"
    assert groups["Le Courrier"].median == pytest.approx(0.2)
    assert groups["Le Courrier"].far.value == pytest.approx(1 / 3)
    assert groups["La Gazette"].median == pytest.approx(0.2)
    assert groups["La Gazette"].far.value == pytest.approx(1 / 2)


def test_the_articles_farthest_out_bring_their_sentences(archive, scored):
    hedged = spread_of(archive, "hedged_share")
    keys = [row["key"] for row in read_rows(scored, "articles")]
    assert [one.value for one in hedged.highest] == [0.4, 0.3, 0.2, 0.1], "nought is not far out"
    assert [one.key for one in hedged.highest] == [keys[4], keys[3], keys[2], keys[1]]
    assert hedged.highest[0].percentile == 95.0
    assert not hedged.lowest
    first = hedged.highest[0].passages
    assert [(one.index, one.roles, one.marks) for one in first] == [
        (1, ("hedged_share",), ((0, 3),)),
        (2, ("hedged_share",), ((0, 3),)),
    ]
    fidelity = spread_of(archive, "headline_fidelity")
    assert [one.value for one in fidelity.lowest] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert math.isnan(fidelity.whole.far.value)
    assert dict(fidelity.unranked) == {"other_model": 6}


def test_headlines_are_counted_by_hand(archive, scored):
    title, heading = archive.signals.headlines
    assert (title.field, title.compared, title.carried, title.limited) == ("title", 6, 5, 2)
    assert dict(title.found) == {"faithful": 3, "raises": 1}, "experimental classes do not count"
    assert title.faithful.value == pytest.approx(3 / 6)
    assert title.limits.value == pytest.approx(2 / 6)
    assert (heading.compared, heading.limited, heading.found) == (1, 1, {})
    keys = [row["key"] for row in read_rows(scored, "articles")]
    examples = archive.signals.examples
    assert {one.key for one in examples["faithful"]} == set(keys[2:5])
    assert {one.key for one in examples["limited"]} == set(keys[1:3])
    both = next(one for one in examples["limited"] if one.key == keys[2])
    assert [(one.index, one.roles) for one in both.passages] == [
        (2, ("match", "restriction")),
        (3, ("restriction",)),
    ]
    merged = {(one.key, one.index): one for one in archive.signals.passages}
    assert len(merged) == len(archive.signals.passages)
    assert set(merged[keys[2], 2].roles) == {"match", "restriction", "hedged_share"}


def test_memory_does_not_grow_with_articles_or_publishers(scored):
    """However many there are: so many values, publishers and articles with their sentences."""
    identity = require_manifest(scored).identity
    reader = SignalReader(identity, 3, 2)
    for number in range(300):
        about = {"key": f"k{number}", "id": "", "title": "", "published": ""}
        about["publisher"] = f"p{number % 40}"
        reader.add(about, [signal("hedged_share", number / 300, 1.0, 0)], [], lambda index: None)
    hedged = reader.finish().spreads[0]
    assert [one.name for one in hedged.groups] == ["p0", "p1"]
    assert hedged.whole.articles == 300
    assert [one.value for one in hedged.highest] == [n / 300 for n in (299, 298, 297, 296, 295)]


def write(archive: Archive, path: Path) -> str:
    with path.open("w", encoding="utf-8") as stream:
        write_page(archive, stream)
    return path.read_text("utf-8")


def test_older_output_says_what_it_lacks(scored, tmp_path):
    def without(number: int, row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in row if name not in ("signals", "headline")}

    def some(number: int, row: dict[str, Any]) -> dict[str, Any]:
        return (without if number < 2 else with_signals)(number, row)

    older = read_archive(copy(scored, tmp_path / "older", without))
    assert not older.signals.spreads
    assert write(older, tmp_path / "older.html").count(_OLDER) == 2
    mixed = read_archive(copy(scored, tmp_path / "mixed", some))
    assert (mixed.signals.without, mixed.signals.articles) == (2, 4)
    text = write(mixed, tmp_path / "mixed.html")
    assert "notés par une version antérieure\u00a0: 2." in text
    assert _OLDER not in text


def test_ordinary_press_stands_beside_where_the_articles_were_ranked_by_it(
    scored, tmp_path, monkeypatch
):
    reference = load_reference()
    monkeypatch.setattr("classifier.article.reference.resources_hash", lambda: reference.resources)
    table = reference.signals["hedged_share"]
    total = sum(table.counts)
    value = table.values[5]
    rank = 100 * (sum(table.counts[:5]) + table.counts[5] / 2) / total

    def ranked_as(percentile: float) -> Callable[[int, dict[str, Any]], dict[str, Any]]:
        return lambda number, row: {
            **row, "signals": [signal("hedged_share", value, percentile)], "headline": []
        }  # fmt: skip

    def same_model(document: dict[str, Any]) -> None:
        document["identity"]["model"]["sha256"] = reference.model
        document["identity"]["thresholds"] = reference.thresholds

    made = copy(scored, tmp_path / "same", ranked_as(rank), same_model)
    spread = spread_of(read_archive(made), "hedged_share")
    assert spread.reference is not None
    assert len(spread.reference) == total
    below = [v for v, n in zip(table.values, table.counts, strict=True) for _ in range(n)]
    assert spread.reference_median == pytest.approx(statistics.median(below))
    assert spread.reference_far == pytest.approx(0.1, abs=0.03)
    bins = make_bins(spread)
    assert sum(bins.here) == pytest.approx(1)
    assert sum(bins.press) == pytest.approx(1)
    assert 'class="press"' in draw(spread, bins)
    page = write(read_archive(made), tmp_path / "same.html")
    assert "Presse ordinaire\u00a0: médiane" in page
    assert "Aucun article n’a de titre à comparer" in page
    other = copy(scored, tmp_path / "other", ranked_as(rank - 1), same_model)
    found = read_archive(other)
    assert spread_of(found, "hedged_share").reference is None
    assert spread_of(found, "hedged_share").whole.far.value == 0
    assert "viennent d’un autre repère" in write(found, tmp_path / "other.html")


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=80))
def test_the_median_is_that_of_all_values(numbers):
    values = Values(2000)
    for one in numbers:
        values.add(one / 1000)
    assert values.quantile(0.5) == pytest.approx(statistics.median(numbers) / 1000)
    assert sum(values.bins((0.0, 0.25, 0.5))) == len(values) == len(numbers)


def test_values_stay_bounded_and_near():
    draw_from = np.random.default_rng(5)
    shares, rates = Values(128), Values(128)
    numbers = draw_from.random(5000)
    for one in numbers:
        shares.add(float(one))
        rates.add(float(one) * 400)
    assert len(shares.counts) <= 128 >= len(rates.counts)
    assert len(shares) == len(rates) == 5000
    assert shares.quantile(0.5) == pytest.approx(float(np.median(numbers)), abs=0.006)
    assert rates.quantile(0.5) == pytest.approx(float(np.median(numbers)) * 400, abs=6)


def test_a_share_needs_no_more_than_its_counts():
    """The interval is the one that articles kept one by one give."""
    counts = Counts(1)
    for number in range(200):
        counts.add(f"k{number}", count_row(int(number < 150), [int(number < 30)]))
    (kept,) = counts.intervals()
    found, none = share_intervals(200, [(150, 30), (0, 0)])
    assert (found.value, found.low, found.high) == (kept.value, kept.low, kept.high)
    assert math.isnan(none.value)
    (many,) = share_intervals(40 * CELLS, [(40 * CELLS, 4 * CELLS)])
    width = 2 * 1.96 * math.sqrt(0.1 * 0.9 / (40 * CELLS))
    assert many.high - many.low == pytest.approx(width, rel=0.15)


def bins_of(name: str, values: Iterable[float]) -> tuple[SignalSpread, tuple[str, ...]]:
    held = Values(4096)
    for one in values:
        held.add(one)
    group: Any = None
    spread = SignalSpread(name, group, held, None, math.nan, math.nan, {}, {}, (), (), ())
    bins = make_bins(spread)
    assert sum(bins.here) == pytest.approx(1)
    assert 'class="press"' not in draw(spread, bins)
    return spread, tuple(name_bin(spread, bins, n, "fr") for n in range(len(bins.here)))


def test_bins_have_round_ends():
    _, names = bins_of("hedged_share", (0.0, 0.05, 0.11, 0.48))
    assert names[:3] == ("0\u202f%", "0 – 5\u202f%", "5 – 10\u202f%")
    _, names = bins_of("relay_depth", (0.0, 1.0, 2.0, 2.0, 3.0))
    assert names == ("0", "1", "2", "3")
    _, names = bins_of("headline_fidelity", (0.35, 0.9))
    assert names[0] == "0 – 10\u202f%"
    assert names[-1] == "80 – 90\u202f%"
    _, names = bins_of("unsourced_superlatives", (0.0,))
    assert names == ("0",)


@pytest.mark.skipif(find_chromium() is None, reason="no chromium")
@pytest.mark.parametrize("options", [{}, {"width": 360, "height": 800, "dark": True}])
def test_from_a_signal_to_the_sentences_by_keyboard(archive, tmp_path, options):
    write(archive, tmp_path / "page.html")
    program = find_chromium()
    assert program is not None
    browser = Browser(program)
    try:
        page = browser.open((tmp_path / "page.html").as_uri(), **options)
        flagged = page.run("document.querySelectorAll('.passages > li').length")
        assert flagged == min(50, len(archive.passages))
        page.run("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
        axe(page, "fr")
        page.run("document.querySelector('#headlines details:last-of-type .drill').focus()")
        page.key("Enter", 13, "\r")
        chosen = page.run("document.querySelector('select[data-field=\"=article\"]').value")
        assert chosen in {one.key for one in archive.signals.examples["limited"]}
        said = page.run(
            "[...document.querySelectorAll('.passages .why')].map((one) => one.textContent)"
        )
        assert any("limite ou démenti à relire" in one for one in said)
        page.click("button[data-language=en]")
        said = page.run(
            "[...document.querySelectorAll('.passages .why')].map((one) => one.textContent)"
        )
        assert any("limit or denial to reread" in one for one in said)
        axe(page, "en")
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert page.run(wide), "the page itself never scrolls sideways"
        assert not page.complaints()
        page.close()
    finally:
        browser.close()


def damage(scored: Path, tmp_path: Path, capsys: Any, change: Callable[[Path], None]) -> str:
    """Return what the command says of a damaged copy."""
    made = copy(scored, tmp_path / "damaged", lambda number, row: row)
    change(made)
    assert main(["report", str(made), "--output", str(tmp_path / "page.html")]) == 1
    assert not (tmp_path / "page.html").exists()
    said = str(capsys.readouterr().err)
    assert "Traceback" not in said
    assert "--output" in said, "what to do"
    return said


def test_a_missing_shard_is_named(scored, tmp_path, capsys):
    said = damage(scored, tmp_path, capsys, lambda d: (d / "sentences/00000.jsonl").unlink())
    assert "damaged/sentences/00000.jsonl: found no such file" in said


def test_a_shard_of_another_size_or_content_is_named(scored, tmp_path, capsys):
    def append(made: Path) -> None:
        with (made / "articles/00000.jsonl").open("ab") as stream:
            stream.write(b"{")

    def swap(made: Path) -> None:
        path = made / "articles/00000.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"a1"', b'"b1"'))

    said = damage(scored, tmp_path, capsys, append)
    assert "damaged/articles/00000.jsonl: found " in said
    assert "bytes, as manifest.json says" in said
    said = damage(scored, tmp_path, capsys, swap)
    assert "damaged/articles/00000.jsonl: found other content, SHA-256 " in said


def seal(made: Path, name: str) -> None:
    """Put a changed shard's size and hash into the manifest."""
    data = (made / name).read_bytes()
    text = (made / "manifest.json").read_text("utf-8")
    document = json.loads(text)
    shard = next(one for one in document["shards"] if one["name"] == name)
    text = text.replace(shard["sha256"], hashlib.sha256(data).hexdigest())
    text = text.replace(f'"bytes": {shard["bytes"]}', f'"bytes": {len(data)}')
    (made / "manifest.json").write_text(text, "utf-8")


def test_a_broken_line_is_named(scored, tmp_path, capsys):
    def cut(made: Path) -> None:
        path = made / "articles/00000.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        lines[2] = lines[2][:40] + b"\n"
        path.write_bytes(b"".join(lines))
        seal(made, "articles/00000.jsonl")

    said = damage(scored, tmp_path, capsys, cut)
    assert "damaged/articles/00000.jsonl:3: found a broken line" in said


def test_a_missing_column_is_named(scored, tmp_path, capsys):
    def drop(made: Path) -> None:
        path = made / "sentences/00000.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"threat_rhetoric_cues"', b'"other"'))
        seal(made, "sentences/00000.jsonl")

    said = damage(scored, tmp_path, capsys, drop)
    assert "damaged/sentences/00000.jsonl:1: found no column 'threat_rhetoric_cues'" in said


def test_a_damaged_parquet_shard_is_named(tmp_path, model, capsys):
    source = write_rows(tmp_path / "a.jsonl", make_rows(3))
    made = tmp_path / "parquet"
    run_batch([source], made, format="parquet", model=model, workers=1)
    shard = made / "articles/00000.parquet"
    good, document = shard.read_bytes(), (made / "manifest.json").read_bytes()

    def told(data: bytes) -> str:
        shard.write_bytes(data)
        assert main(["report", str(made), "--output", str(tmp_path / "page.html")]) == 1
        said = str(capsys.readouterr().err)
        assert "Traceback" not in said
        assert "parquet/articles/00000.parquet: found" in said
        assert "run cadrage batch again" in said
        return said

    assert f"found {len(good) + 1:,} bytes; expected {len(good):,} bytes" in told(good + b"x")
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    assert "other content, SHA-256" in told(bytes(flipped))

    def resealed(data: bytes) -> str:
        old, new = (hashlib.sha256(one).hexdigest().encode() for one in (good, data))
        sizes = (b'"bytes":%d' % len(good), b'"bytes":%d' % len(data))
        (made / "manifest.json").write_bytes(document.replace(old, new).replace(*sizes))
        return told(data)

    assert "a damaged file" in resealed(good + b"x")
    assert "a damaged file" in resealed(b"not Parquet at all")
    import pyarrow as pa
    from pyarrow import parquet

    sink = pa.BufferOutputStream()
    table = parquet.read_table(pa.BufferReader(good))
    parquet.write_table(table.drop_columns(["title"]), sink)
    assert "no column 'title'" in resealed(sink.getvalue().to_pybytes())
