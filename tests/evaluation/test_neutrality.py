"""Swaps of actors: what a flip is, what a shift is, and what their intervals are over."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.corpus.annotations import join_text, mark_document
from classifier.evaluation.neutrality import (
    Swap,
    load_actors,
    place,
    summarise_swaps,
    swap_sentences,
    swap_templates,
)
from classifier.models.rules import KeywordModel, MajorityModel
from classifier.records import Article
from classifier.schema import load_schema
from classifier.text.segmentation import segment
from tests.evaluation.test_behaviour import scorer_of

NAMES = load_schema().names


def swap(kind, cluster, shift, flipped=False):
    p = np.array([[0.5, 0.5, 0.5], [0.5 + shift, 0.5, 0.5]])
    return Swap(kind, cluster, cluster, ("a", "b"), p, (flipped, False, False))


def test_there_are_enough_pairs_and_every_template_takes_them():
    kinds, templates = load_actors()
    assert sum(len(kind.pairs) for kind in kinds) >= 40
    for number in templates.values():
        assert all("{A}" in template for template in number)
    assert any(kind.in_text for kind in kinds)


def test_actors_are_placed_with_capitals_and_contractions():
    assert place("{A} attend {B}.", "le maire", "la maire") == "Le maire attend la maire."
    assert place("la fin de {A}", "le siège", "") == "La fin du siège"
    assert place("Rien. || {A} part.", "les uns", "") == "Rien. || Les uns part."


def test_shift_is_second_minus_first_and_a_flip_is_any_label():
    swaps = [swap("k", "a", 0.1, True), swap("k", "b", 0.3), swap("l", "c", -0.1)]
    found = summarise_swaps("t", swaps)
    assert found.flips.value == pytest.approx(1 / 3)
    assert found.label_flips[NAMES[0]].value == pytest.approx(1 / 3)
    assert found.label_flips[NAMES[1]].value == 0
    assert found.shifts["all"][NAMES[0]].value == pytest.approx(0.1)
    assert found.shifts["k"][NAMES[0]].value == pytest.approx(0.2)
    assert found.shifts["l"][NAMES[0]].value == pytest.approx(-0.1)
    assert len(found.examples) == 1


def test_no_flip_has_an_upper_end_all_the_same():
    found = summarise_swaps("t", [swap("k", str(number), 0.0) for number in range(50)])
    # Clopper and Pearson for 0 of 50: 1 − 0.025^(1/50) = 0.0711
    assert found.flips.value == 0
    assert found.flips.high == pytest.approx(0.0711, abs=1e-4)
    assert "none in 50" in found.flips.reason


def test_intervals_are_over_clusters():
    alone = summarise_swaps("t", [swap("k", "same", float(s)) for s in (0, 1)] * 20)
    assert np.isnan(alone.shifts["all"][NAMES[0]].low)  # one cluster says nothing of others
    spread = summarise_swaps("t", [swap("k", str(n), float(n % 2)) for n in range(40)])
    assert spread.shifts["all"][NAMES[0]].low < 0.5 < spread.shifts["all"][NAMES[0]].high


def test_a_blind_model_never_flips():
    found = summarise_swaps("t", swap_templates(scorer_of(MajorityModel())))
    assert found.flips.value == 0
    assert all(one.value == 0 for one in found.shifts["all"].values())


def test_a_partial_model_is_caught(monkeypatch):
    class Partial(KeywordModel):
        def decide(self, documents):
            said = super().decide(documents)
            row = 0
            for document in documents:
                for unit in document.sentences:
                    said[row, 2] = unit.text.startswith("Moscou")
                    row += 1
            return said

    found = summarise_swaps("t", swap_templates(scorer_of(Partial())))
    assert found.flips.value > 0
    shift = found.shifts["capitals"][NAMES[2]]
    assert shift.value < 0  # the second side gets less than the first
    assert any("Moscou" in one.sides[0] for one in found.examples)


def test_real_sentences_with_one_actor_are_swapped():
    texts = (
        "Le pont est gris.",
        "Moscou a menacé de fermer le pont.",
        "Moscou et Washington.",
        "Le maire a lu le Washington Post.",
        "Il a visité la Maison de Moscou, puis le Grand Moscou.",
    )
    article = Article(id="x", text="\n".join(texts), sentences=texts)
    mark = mark_document(article, segment(article), {}, source="written")
    annotated = [join_text(mark, article)]
    quoted = swap_sentences(scorer_of(KeywordModel()), annotated, lambda _: True)
    assert len(quoted) == 1  # two names, or part of a longer name: left alone
    assert quoted[0].sides == (
        "Le pont est gris. || Moscou a menacé de fermer le pont.",
        "Le pont est gris. || Washington a menacé de fermer le pont.",
    )
    silent = swap_sentences(scorer_of(KeywordModel()), annotated, lambda _: False)
    assert silent[0].sides == ("", "")
    assert summarise_swaps("t", []) is None
