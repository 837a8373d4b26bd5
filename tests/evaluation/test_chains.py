"""Chains judged against gold: what a figure means, shown on small cases, and floors on the gold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from classifier.corpus.hands_agreement import (
    HandsView,
    compare_views,
    count_views,
    view_hands,
)
from classifier.evaluation.chains import (
    chain_document,
    chain_names,
    chain_table,
    count_errors,
    evaluate_chains,
    find_view,
    load_bench,
)
from classifier.records import Chain, ChainEdge, ChainNode, Claim, Cue

DATA = Path("data")


def view(
    edges: tuple[tuple[str, str], ...],
    *,
    span: tuple[int, int] = (0, 7),
    type: str = "outlet",
    carrier: str = "@",
    kind: str = "missing",
) -> HandsView:
    cue = Cue(*span, type)
    return HandsView("s/a", (((cue, (carrier,)),),), edges, (((0,), kind, "Le Soir"),), (0,))


ONE = view((("@", "Le Soir"),))


def test_equal_chains_score_one() -> None:
    figures = compare_views([(ONE, ONE)], replicates=20)
    assert {name: one.value for name, one in figures.items()} == dict.fromkeys(figures, 1.0)


def test_each_figure_falls_alone() -> None:
    longer = view((("@", "Le Soir"), ("Le Soir", "un diplomate")))
    counts = count_views(ONE, longer)
    assert (counts["edges_first"], counts["edges_second"], counts["edges_both"]) == (1, 2, 1)
    assert counts["whole"] == counts["depth"] == 0
    assert counts["exact"] == counts["kinds"] == 1

    typed = count_views(ONE, view((("@", "Le Soir"),), type="agency"))
    assert (typed["exact"], typed["typed"], typed["whole"]) == (1, 0, 1)

    shifted = count_views(ONE, view((("@", "Le Soir"),), span=(3, 7)))
    assert (shifted["exact"], shifted["overlap"]) == (0, 1)

    ordered = count_views(ONE, view((("@", "Le Soir"),), carrier="Reuters"))
    assert (ordered["overlap"], ordered["ordered"]) == (1, 0)

    named = count_views(ONE, view((("@", "Le Soir"),), kind="named"))
    assert (named["kinds"], named["origins"]) == (0, 1)

    further = replace(ONE, claims=(*ONE.claims, ((0,), "missing", "Le Fanal")))
    assert (count_views(ONE, further)["kinds"], count_views(ONE, further)["origins"]) == (1, 0)


def test_origins_are_the_hands_at_which_claims_end() -> None:
    def count(*claims: tuple[str, str]) -> int:
        marked = tuple(((n,), kind, name) for n, (kind, name) in enumerate(claims))
        return HandsView("s/a", (), (), marked, ()).origins

    assert count(("missing", "Reuters"), ("missing", "")) == 1
    assert count(("missing", "l'agence Reuters"), ("anonymous", "un témoin"), ("missing", "")) == 2
    assert count(("missing", "Le Soir"), ("named", "le Soir")) == 1
    assert count(("missing", "")) == 0


def test_nothing_to_find_is_undefined_not_zero() -> None:
    empty = HandsView("s/a", ((),), (), (((0,), "missing", ""),), (0,))
    figures = compare_views([(empty, empty)], replicates=20)
    assert figures["span_exact"].value != figures["span_exact"].value
    assert figures["chain_exact"].value == 1


def test_mistakes_are_counted_by_kind() -> None:
    found = view((("@", "Le Soir"),), type="agency", span=(3, 7), carrier="Reuters", kind="named")
    none = HandsView("s/a", ((),), (), (((0,), "missing", ""),), (0,))
    right = count_errors([(ONE, ONE)])
    assert {kind for kind, count in right.items() if count} == {"hands", "sentences"}
    wrong = count_errors([(ONE, found), (ONE, none), (none, ONE), (none, none)])
    assert wrong == {
        "hands": 2,
        "missed": 1,
        "extra": 1,
        "boundary": 1,
        "type": 1,
        "carrier": 1,
        "sentences": 4,
        "origin, no hand": 0,
        "origin, newsroom only": 1,
        "origin, other hands": 0,
    }


def test_a_chains_edges_by_name() -> None:
    nodes = (ChainNode("Fil", "article"), ChainNode("Le Soir", "outlet"))
    chain = Chain(nodes, (ChainEdge(0, 1, 2, 0, 7),), (Claim((2,), "missing", 1),), 1, 0, 1.0)
    assert chain_names(chain) == (("@", "Le Soir"),)


def test_the_seeds_gold_is_found() -> None:
    bench = load_bench(DATA, ["seed/000_c8f4650f96df5b00"])
    (document,) = bench.documents
    found, chain = find_view(document)
    figures = compare_views([(view_hands(document), found)], replicates=20)
    assert {name: one.value for name, one in figures.items()} == dict.fromkeys(figures, 1.0)
    assert (chain.depth, chain.origins) == (found.depth, found.origins)


def test_figures_of_written_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.evaluation import chains
    from classifier.scoring import Scorer

    keys = [one.document.key for one in load_written().documents][:4]
    bench = chains.load_bench
    monkeypatch.setattr(chains, "load_bench", lambda data, _: bench(data, keys))
    (figures,) = evaluate_chains(Scorer.load(), DATA, ["test"])
    assert figures.documents == 4
    assert 0.5 < figures.given["span_overlap"].value <= 1
    assert "span_exact" not in figures.whole
    assert "edges of the chain" in chain_table([figures])
    document = chain_document([figures])["test"]
    assert document["given"]["edge_f1"]["clusters"] == 4


def load_written():
    from classifier.corpus.hands import read_hands

    keys = [one.key for one in read_hands([DATA / "written" / "hands" / "gold.jsonl"])]
    return load_bench(DATA, keys)
