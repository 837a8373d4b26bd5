"""Two passes in their folders, paired by batch, turned into gold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from classifier.corpus.agreement import measure_agreement
from classifier.corpus.annotations import AnnotatedArticle, read_annotations, write_annotations
from classifier.corpus.passes import agreement_table, load_pairs, read_newest, write_gold
from classifier.errors import DataError, FaultsError, UsageError

from .samples import HEDGING, annotate, article, hedge, relay, row, write_rows

TEXTS = [
    article(name, f"Selon {name}, il neige.", "Le col est fermé.", "On attend le dégel.")
    for name in ("a1", "a2", "a3")
]


def passes(data: Path) -> None:
    """Batch b01 holds a1 (agreed) and a2 (one unit disputed), b02 holds a3 (agreed)."""
    write_rows(data / "gazette" / "articles.jsonl", [row(text) for text in TEXTS])
    agreed = {0: hedge((0, 8, "frame"))}
    first: list[AnnotatedArticle] = [
        annotate(text, agreed, batch=batch)
        for text, batch in zip(TEXTS, ("b01", "b01", "b02"), strict=True)
    ]
    second = [
        annotate(text, labels, batch=one.document.batch)
        for text, labels, one in zip(TEXTS, (agreed, {}, agreed), first, strict=True)
    ]
    for layer, annotated in (("pass_a", first), ("pass_b", second)):
        for batch in ("b01", "b02"):
            write_annotations(
                [one.document for one in annotated if one.document.batch == batch],
                data / "gazette" / layer / f"{batch}.jsonl",
            )


def test_pairs_are_joined_to_their_text(tmp_path: Path) -> None:
    passes(tmp_path)
    pairs = load_pairs(tmp_path, "gazette")
    assert [one.document.id for one, _ in pairs] == ["a1", "a2", "a3"]
    assert pairs[0][0].sentences[1].text == "Le col est fermé."
    assert [one.document.id for one, _ in load_pairs(tmp_path, "gazette", ["b02"])] == ["a3"]


def test_gold_is_written_by_batch(tmp_path: Path) -> None:
    passes(tmp_path)
    decisions = tmp_path / "third.ann"
    decisions.write_text("## gazette/a2\n0 | R.outlet | Selon a2 | d1\n", "utf-8")
    gold = tmp_path / "gazette" / "gold"
    assert list(write_gold(tmp_path, "gazette", [decisions])) == [
        (gold / "b01.jsonl", 2, 1),
        (gold / "b02.jsonl", 1, 0),
    ]
    documents = read_annotations(sorted(gold.glob("*.jsonl")))
    assert [one.sentences[0].labels for one in documents] == [
        hedge((0, 8, "frame")),
        relay(1, (0, 8, "outlet")),
        hedge((0, 8, "frame")),
    ]


def test_no_gold_before_every_dispute_is_read(tmp_path: Path) -> None:
    passes(tmp_path)
    with pytest.raises(FaultsError, match="gazette/a2 unit 0: found no answer"):
        list(write_gold(tmp_path, "gazette", []))
    assert not (tmp_path / "gazette" / "gold").exists()
    # A batch without disputes needs no third reading.
    ((path, documents, disputed),) = write_gold(tmp_path, "gazette", [], ["b02"])
    assert (path.name, documents, disputed) == ("b02.jsonl", 1, 0)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write_rows(tmp_path / "gazette" / "articles.jsonl", [row(TEXTS[0])])
    with pytest.raises(DataError, match="found no passes; expected pass_a and pass_b"):
        load_pairs(tmp_path, "gazette")
    passes(tmp_path)
    with pytest.raises(DataError, match="found no passes"):
        load_pairs(tmp_path, "gazette", ["b09"])
    (tmp_path / "gazette" / "pass_b" / "b02.jsonl").unlink()
    with pytest.raises(DataError, match=r"b02\.jsonl: found no file; expected the second pass"):
        load_pairs(tmp_path, "gazette")
    write_rows(tmp_path / "gazette" / "articles.jsonl", [row(TEXTS[0])])
    with pytest.raises(DataError, match=r"gazette/a2: found no text.*articles\.jsonl"):
        load_pairs(tmp_path, "gazette", ["b01"])


def test_newest_dates() -> None:
    assert read_newest(["orangesum=2020-05-01", "gazette=2024-01-01"]) == {
        "orangesum": "2020-05-01",
        "gazette": "2024-01-01",
    }
    for wrong in ("orangesum", "orangesum=2020", "orangesum=2020-99-99", "=2020-05-01"):
        with pytest.raises(UsageError, match="SOURCE=YYYY-MM-DD"):
            read_newest([wrong])


def test_the_table_gives_figures_or_the_reason_there_is_none(tmp_path: Path) -> None:
    passes(tmp_path)
    pairs = load_pairs(tmp_path, "gazette")
    table = agreement_table(
        "gazette",
        measure_agreement([one.document for one, _ in pairs], [other for _, other in pairs]),
    )
    first, *rest = table.splitlines()
    assert first == "gazette: 3 documents, 9 units read twice, before adjudication"
    assert f"  {HEDGING} (positive in pass A 3, B 2)" in rest
    # 9 units: 2 both, 6 neither, 1 apart; p_o = 8/9, p_e = (3·2 + 6·7)/81 = 48/81; κ = 24/33.
    assert any("Cohen's kappa" in line and "0.727" in line for line in rest)
    assert any("undefined: " in line for line in rest)


def test_a_pass_is_compared_over_the_same_units_only(tmp_path: Path) -> None:
    passes(tmp_path)
    path = tmp_path / "gazette" / "pass_b" / "b02.jsonl"
    (document,) = read_annotations([path])
    write_annotations([msgspec.structs.replace(document, sentences=document.sentences[1:])], path)
    with pytest.raises(DataError, match="3 units in one pass, 2 in the other"):
        load_pairs(tmp_path, "gazette")
