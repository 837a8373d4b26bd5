"""Annotated text of others: four forms give the same gold, and every fault is named."""

from __future__ import annotations

import json

import pytest

from classifier.corpus.annotations import write_annotations
from classifier.errors import DataError, FaultsError
from classifier.evaluation.foreign import load_foreign, name_label
from classifier.evaluation.predictions import judge
from tests.conftest import make_documents

FIRST, SECOND = "Selon le préfet, le pont sera fermé.", "Le Courrier du Valois en parle."


def gold_of(bench):
    """Return (text, {label: [(words, device)]}) of every sentence."""
    data = bench.split("test")
    found = []
    row = 0
    for document in data.documents:
        for unit in document.sentences:
            cues = {
                label: [(unit.text[c.start : c.end], c.device) for c in cues]
                for label, cues in data.cues[row].items()
                if cues
            }
            found.append((unit.text, cues))
            row += 1
    return found


EXPECTED = [
    (FIRST, {"attribution_hedging": [("Selon le préfet", "frame")]}),
    (SECOND, {"relay_sourcing": [("Le Courrier du Valois", "outlet")]}),
]


def test_inline(tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [
        {"text": FIRST, "labels": {"attribution_hedging": [[0, 15, "frame"]]}},
        {
            "text": SECOND,
            "labels": {"R": {"cues": [{"start": 0, "end": 21, "device": "outlet"}], "depth": 2}},
        },
    ]
    path.write_text(json.dumps({"id": "a", "sentences": rows}), "utf-8")
    bench = load_foreign(path)
    assert gold_of(bench) == EXPECTED
    assert bench.split("test").depths.tolist() == [0, 2]
    assert bench.missing == ()


def test_conll(tmp_path):
    path = tmp_path / "mine.conll"
    path.write_text(
        "# id = a\n"
        "Selon\tB-attribution_hedging.frame\nle\tI-attribution_hedging.frame\n"
        "préfet\tI-attribution_hedging.frame\n,\tO\nle\tO\npont\tO\nsera\tO\nfermé\tO\n.\tO\n\n"
        "Le\tB-outlet\nCourrier\tI-outlet\ndu\tI-outlet\nValois\tI-outlet\nen\tO\nparle\tO\n.\tO\n",
        "utf-8",
    )
    assert gold_of(load_foreign(path)) == EXPECTED


def test_brat(tmp_path):
    text = f"{FIRST} {SECOND}"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    start = len(FIRST) + 1
    (tmp_path / "a.ann").write_text(
        "T1\tattribution_hedging-frame 0 15\tSelon le préfet\n"
        f"T2\trelay_sourcing.outlet {start} {start + 21}\tLe Courrier du Valois\n"
        "#1\tAnnotatorNotes T1\tvu\n",
        "utf-8",
    )
    assert gold_of(load_foreign(tmp_path)) == EXPECTED
    assert gold_of(load_foreign(tmp_path / "a.ann")) == EXPECTED


def test_standoff(tmp_path):
    documents = make_documents(0, 2)
    write_annotations(documents.marks, tmp_path / "gold.jsonl")
    rows = [
        json.dumps({"id": one.article.id, "sentences": list(one.article.sentences)})
        for one in documents.documents
    ]
    (tmp_path / "articles.jsonl").write_text("\n".join(rows), "utf-8")
    bench = load_foreign(tmp_path / "gold.jsonl")
    assert bench.split("test").gold.tolist() == documents.gold.tolist()


def test_bare_labels_are_scored_and_said_to_have_no_cues(tmp_path, scorer):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"text": FIRST, "labels": ["attribution_hedging"]}), "utf-8")
    bench = load_foreign(path)
    assert judge(scorer, bench.split("test")).outcomes.gold.tolist() == [[True, False, False]]
    assert "without cues" in bench.missing[0].found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("threat_rhetoric", ("threat_rhetoric", "(none)")),
        ("H.doubt", ("attribution_hedging", "doubt")),
        ("veiled", ("threat_rhetoric", "veiled")),
        ("threat_rhetoric:conditional", ("threat_rhetoric", "conditional")),
    ],
)
def test_names(given, expected):
    assert name_label(given) == expected


@pytest.mark.parametrize("given", ["conditional", "fear", ""])
def test_ambiguous_and_unknown_names_are_refused(given):
    with pytest.raises(ValueError, match="attribution_hedging"):
        name_label(given)


def test_every_fault_is_named(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(
        '{"id": "a"}\n'
        '{"text": "Oui.", "labels": {"fear": true}}\n'
        '{"text": "Oui.", "labels": {"H": [[0, 99, "frame"]]}}\nrubbish\n',
        "utf-8",
    )
    with pytest.raises(FaultsError) as caught:
        load_foreign(path)
    assert [fault.where.rpartition(":")[2] for fault in caught.value.faults] == list("1234")
    conll = tmp_path / "bad.conll"
    conll.write_text("Oui\tB-fear\n\n", "utf-8")
    with pytest.raises(FaultsError, match=r"bad\.conll:2"):
        load_foreign(conll)
    with pytest.raises(DataError):
        load_foreign(tmp_path / "none.jsonl")
