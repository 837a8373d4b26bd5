"""Signals: by hand on small articles, alike for both sides, placed in the reference."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache

import pytest
from msgspec import structs

from classifier.article.headline import load_headline_model
from classifier.article.reference import LEAST, Ranks, build_reference, load_reference
from classifier.article.signals import (
    SIGNALS,
    find_terms,
    load_terms,
    measure_signals,
)
from classifier.records import Article, ArticleScore, Chain, Claim, ModelInfo, Signal
from classifier.scoring import Scorer
from classifier.text.normalise import normalise

SIDES = (
    ("Moscou", "Washington"),
    ("Pékin", "Paris"),
    ("la Russie", "la France"),
    ("l'Iran", "l'Italie"),
    ("le Kremlin", "le Pentagone"),
)
PLAIN = (
    "{A} a livré mardi trois machines au port.",
    "Selon un diplomate, {B} aurait refusé de signer l'accord.",
    "« C'est une honte », a lancé un porte-parole de {A}.",
    "Cette décision honteuse est la pire des solutions.",
    "{B} a menacé {A} de fermer le détroit si les livraisons continuent.",
    "Les ports restent ouverts, rapporte l'agence Interfil.",
)


@cache
def scorer() -> Scorer:
    return Scorer.load()


def score(*sentences: str, title: str = "") -> ArticleScore:
    return scorer().score(Article("a", "\n".join(sentences), title=title, sentences=sentences))


def by_name(scored: ArticleScore) -> dict[str, Signal]:
    return {one.name: one for one in scored.signals}


def test_every_signal_is_there_in_order_with_a_reason_where_it_is_undefined():
    for scored in (score(*PLAIN, title="Trois machines livrées"), score(PLAIN[0]), score("\n")):
        assert tuple(one.name for one in scored.signals) == SIGNALS
        for one in scored.signals:
            assert math.isnan(one.value) == bool(one.reason), one
            assert math.isnan(one.percentile) == bool(one.percentile_reason), one


def test_values_by_hand():
    scored = score(*PLAIN)
    found = by_name(scored)
    units = len(scored.sentences)
    for name, label in (
        ("hedged_share", "attribution_hedging"),
        ("relay_share", "relay_sourcing"),
        ("threat_share", "threat_rhetoric"),
    ):
        positive = [one for one in scored.sentences if one.labels[label].positive]
        assert found[name].value == len(positive) / units
        assert {e.sentence for e in found[name].evidence} == {p.sentence.index for p in positive}
    # "honteuse" and "la pire", both in the fourth sentence; the quoted "honte" is somebody's word.
    loaded, superlative = found["unsourced_loaded_terms"], found["unsourced_superlatives"]
    assert (loaded.value, superlative.value) == (100 / units, 100 / units)
    text = scored.sentences[3].sentence.text
    assert [text[e.start : e.end] for e in loaded.evidence] == ["honteuse"]
    assert [text[e.start : e.end].strip() for e in superlative.evidence] == ["la pire"]


@pytest.mark.parametrize("sides", SIDES)
def test_swapping_the_sides_changes_no_signal(sides):
    title = "{A} a livré trois machines à {B}"
    texts = [[text.format(A=a, B=b) for text in (title, *PLAIN)] for a, b in (sides, sides[::-1])]
    texts = [[text[0].upper() + text[1:] for text in one] for one in texts]
    one, other = (by_name(score(*text[1:], title=text[0])) for text in texts)
    for name in SIGNALS:
        same = one[name].value == pytest.approx(other[name].value, abs=0.02, nan_ok=True)
        assert same, (name, one[name].value, other[name].value)


def test_evidence_stands_in_its_sentence():
    scored = score(*PLAIN, title="Trois machines livrées au port")
    for one in scored.signals:
        for found in one.evidence:
            text = scored.sentences[found.sentence].sentence.text
            assert 0 <= found.start <= found.end <= len(text)


@pytest.mark.parametrize("term", [term for term, _ in load_terms()], ids=lambda term: term.group)
def test_the_vocabulary_finds_its_examples_and_passes_the_others(term):
    for example in term.found:
        assert term.group in {group for group, *_ in find_terms(normalise(example))}, example
    for example in term.passed:
        assert not list(find_terms(normalise(example))), example


def test_the_vocabulary_names_no_people_state_or_party():
    sides = "russe ukrain améric franç allem chin isra palest iran europ occident turc arab"
    sides += " musulman chréti juif gauche droite macron poutine trump"
    for term, _ in load_terms():
        for side in sides.split():
            assert not re.search(rf"(?<!\w){side}", term.pattern, re.I), (term.group, side)


def test_quoted_terms_are_somebodys_words():
    text = "« C'est un scandaleux mensonge », dit-il, et rien d'autre."
    assert list(find_terms(normalise(text))) == []
    assert list(find_terms(normalise(text.replace("« ", "").replace(" »", ""))))


BODY = (
    "L'usine de Morvaux va fermer en mai, selon deux délégués syndicaux.",
    "La direction n'a pas souhaité commenter cette information.",
    "Le site emploie 300 personnes.",
)


def test_a_departing_headline_lowers_fidelity():
    kept = score(*BODY, title="L'usine de Morvaux va fermer en mai, selon des syndicats")
    dropped = score(*BODY, title="L'usine de Morvaux va fermer en mai")
    values = [by_name(one)["headline_fidelity"].value for one in (kept, dropped)]
    assert 1 > values[0] > values[1] + 0.2 > 0.2
    assert by_name(score(*BODY))["headline_fidelity"].reason == "no_headline"


def test_fidelity_is_that_of_the_title_and_shows_matches_and_limits():
    body = (
        "La circulation sera coupée lundi sur le pont de Larvigne.",
        "La coupure ne vaut que pour la nuit.",
        "Le marché aux fleurs a lieu samedi.",
    )
    scored = score(*body, title="Le pont de Larvigne coupé à la circulation")
    signal, [headline] = by_name(scored)["headline_fidelity"], scored.headlines
    assert signal.value == headline.fidelity
    assert headline.matches
    assert headline.restrictions
    places = {one.sentence for one in headline.matches} | {*headline.restrictions}
    assert [one.sentence for one in signal.evidence] == sorted(places)


def test_fidelity_has_no_value_where_the_model_does_not_hold(monkeypatch):
    model = load_headline_model()
    assert model.fidelity.holds
    unfit = structs.replace(model, fidelity=structs.replace(model.fidelity, holds=False))
    monkeypatch.setattr("classifier.article.signals.load_headline_model", lambda: unfit)
    scored = score(*PLAIN, title="Trois machines livrées au port")
    assert by_name(scored)["headline_fidelity"].reason == "experimental_classes"


def test_the_chain_gives_its_two_signals():
    claims = (Claim((1,), "named", 1), Claim((2, 3), "missing"), Claim((4,), "anonymous", 2))
    chain = Chain((), (), claims, 2, 2, 2 / 3)
    found = {one.name: one for one in measure_signals(score(*PLAIN).sentences, (), chain)}
    assert found["claims_without_origin"].value == pytest.approx(2 / 3)
    assert [e.sentence for e in found["claims_without_origin"].evidence] == [2, 3, 4]
    assert found["independent_origins"].value == 2
    empty = Chain((), (), (), 0, 0, None)
    for absent, reason in ((empty, "no_claims"), (None, "no_chain")):
        found = {one.name: one for one in measure_signals(score(*PLAIN).sentences, (), absent)}
        assert found["claims_without_origin"].reason == reason


def reference(values: list[float], model: ModelInfo):
    signals = [[Signal("hedged_share", value)] for value in values]
    return build_reference(signals, model, source="test", seed=0)


def test_percentiles_count_ties_half_and_need_the_same_model():
    model = ModelInfo("m", "1", "ab" * 32, {"attribution_hedging": 0.5})
    built = reference([0.0] * (LEAST // 2) + [0.5] * (LEAST // 2), model)
    ranks = Ranks(built, model)
    assert ranks("hedged_share", 0.0) == (25.0, "")
    assert ranks("hedged_share", 0.2) == (50.0, "")
    assert ranks("hedged_share", 0.5) == (75.0, "")
    assert ranks("hedged_share", 0.9) == (100.0, "")
    assert ranks("relay_share", 0.5)[1] == "no_reference"
    assert Ranks(built, replace(model, sha256="cd" * 32))("hedged_share", 0.2)[1] == "other_model"
    other = replace(model, thresholds={"attribution_hedging": 0.6})
    assert Ranks(built, other)("hedged_share", 0.2)[1] == "other_thresholds"
    few = reference([0.1] * (LEAST - 1), model)
    assert Ranks(few, model)("hedged_share", 0.2)[1] == "no_reference"


def test_the_packaged_reference_belongs_to_the_packaged_model():
    packaged = load_reference()
    assert packaged.articles >= LEAST
    assert packaged.model == scorer().info.sha256, "run: cadrage reference"
    for one in score(*PLAIN, title="Trois machines livrées").signals:
        assert one.reason or not one.percentile_reason, f"{one.name}: run: cadrage reference"


def test_independent_origins_show_where_each_is_first_met():
    text = (
        "Selon le maire Jean Roux, la digue tient. Selon le préfet Paul Aubin, elle cède. "
        "Il pleut. Selon Jean Roux, les vannes sont ouvertes."
    )
    scored = scorer().score(Article("a", text))
    [origins] = [one for one in scored.signals if one.name == "independent_origins"]
    assert origins.value == 2
    assert [one.sentence for one in origins.evidence] == [0, 1]
