"""Scoring an article: what an editor must find, and what must never happen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import classifier
from classifier.errors import UsageError
from classifier.records import Article
from classifier.scoring import WEIGHTS, Scorer, summarise
from classifier.text.ingestion import read_articles
from tests.conftest import SEED

LABELS = ("attribution_hedging", "relay_sourcing", "threat_rhetoric")


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load()


@pytest.fixture(scope="module")
def seed(scorer):
    (article,) = read_articles([SEED], on_fault=pytest.fail)
    return scorer.score(article)


def sentence(score, words: str):
    found = [one for one in score.sentences if words in one.sentence.text.replace("’", "'")]
    assert found, f"no sentence with {words!r}"
    return found[0].labels


@pytest.mark.parametrize(
    "words",
    [
        "Selon le rapport, l'autorisation s'applique aux régions russes frontalières",
        "Selon le rapport, l'autorisation s'applique aux régions russes qui bordent",
        "citant ses propres sources",
        "a déclaré le journal citant sa source",
        "rapporté, citant ses sources",
        "la source a déclaré",
        "Selon le porte-parole du Pentagone",
        "selon lui, d'une ligne rouge",
        "Selon Poutine",
    ],
)
def test_hedging_in_the_seed(seed, words):
    assert sentence(seed, words)["attribution_hedging"].positive


@pytest.mark.parametrize(
    "words",
    [
        "citant ses propres sources",
        "a déclaré le journal citant sa source",
        "rapporté, citant ses sources",
        "– Politico",
        "interview avec The Economist",
    ],
)
def test_relay_in_the_seed(seed, words):
    assert sentence(seed, words)["relay_sourcing"].positive


@pytest.mark.parametrize("words", ["ce avec quoi ils jouent", "zone sanitaire"])
def test_threat_in_the_seed(seed, words):
    assert sentence(seed, words)["threat_rhetoric"].positive


def test_what_the_seed_must_not_show(seed):
    assert not sentence(seed, "ligne rouge qu'il hésite")["threat_rhetoric"].positive
    credit = next(one for one in seed.sentences if one.sentence.text == "Source : Tass")
    assert credit.sentence.kind == "credit"
    assert not any(label.positive for label in credit.labels.values())
    assert not sentence(seed, "demande de commentaire")["relay_sourcing"].positive


def test_the_seed_is_scored_with_exact_offsets(seed):
    for one in seed.sentences:
        unit = one.sentence
        assert seed.article.content(unit.field)[unit.start : unit.end] == unit.text
        for label in one.labels.values():
            for cue in label.cues:
                assert 0 <= cue.start < cue.end <= len(unit.text)


def test_every_positive_has_a_cue(scorer, seed):
    for one in seed.sentences:
        for label in one.labels.values():
            assert not label.positive or label.cues
    eager = Scorer.load(thresholds=dict.fromkeys(LABELS, 0.0))
    for one in eager.score(Article(id="x", text="Il pleut.\nLa ville dort.")).sentences:
        assert all(label.positive and label.cues for label in one.labels.values())
        assert {cue.device for label in one.labels.values() for cue in label.cues} == {WEIGHTS}


def test_depth_stands_on_relays_only(seed):
    for one in seed.sentences:
        for name, label in one.labels.items():
            assert (label.depth is not None) == (name == "relay_sourcing" and label.positive)


def test_crediting_the_own_publisher_is_no_relay(scorer):
    text = "Le maire a démissionné, rapporte Le Soir."
    free = scorer.score(Article(id="x", text=text)).sentences[0].labels["relay_sourcing"]
    own = scorer.score(Article(id="x", text=text, publisher="Le Soir"))
    withdrawn = own.sentences[0].labels["relay_sourcing"]
    assert free.positive
    assert not withdrawn.positive
    assert "Le Soir" in withdrawn.withdrawn
    other = scorer.score(Article(id="x", text=text, publisher="Le Courrier du Valois"))
    assert other.sentences[0].labels["relay_sourcing"].positive


def test_the_own_publisher_is_credited_by_its_whole_name(scorer):
    text = "« Je pars », a confié l'ancien maire Luc Arnal {} Soir, selon un proche."
    for publisher, told in (("Gazette du Soir", "à la Gazette du"), ("Le Soir", "au")):
        article = Article(id="x", text=text.format(told), publisher=publisher)
        assert scorer.score(article).sentences[0].labels["relay_sourcing"].withdrawn
    other = Article(id="x", text=text.format("à la Gazette du"), publisher="Le Fanal")
    assert scorer.score(other).sentences[0].labels["relay_sourcing"].positive


def test_another_language_is_scored_and_flagged(scorer):
    english = "The minister said on Monday that the bridge would be closed for repairs."
    score = scorer.score(Article(id="x", text=english))
    assert score.language == "en"
    assert any("not_french" in warning for warning in score.warnings)
    assert len(score.sentences) == 1


def test_thresholds_can_be_overridden():
    strict = Scorer.load(thresholds={"attribution_hedging": 1.0})
    score = strict.score(Article(id="x", text="Selon le préfet, la route est coupée."))
    assert not score.sentences[0].labels["attribution_hedging"].positive
    assert score.model.thresholds["attribution_hedging"] == 1.0
    with pytest.raises(UsageError, match="irony"):
        Scorer.load(thresholds={"irony": 0.5})
    with pytest.raises(UsageError, match="0 to 1"):
        Scorer.load(thresholds={"threat_rhetoric": 1.5})


def test_summary_counts_by_hand(seed):
    positive = [one for one in seed.sentences if one.labels["attribution_hedging"].positive]
    summary = summarise(seed.sentences)
    carrying = [one for one in seed.sentences if one.sentence.kind != "credit"]
    assert summary["sentences"] == len(carrying)
    assert summary["credits"] == len(seed.sentences) - len(carrying) == 3
    hedging = summary["labels"]["attribution_hedging"]
    assert hedging["positive"] == len(positive)
    assert hedging["share"] == pytest.approx(len(positive) / len(carrying))
    strong = [
        one
        for one in positive
        if any(cue.device != "frame" for cue in one.labels["attribution_hedging"].cues)
    ]
    assert summary["without_mild"]["attribution_hedging"]["positive"] == len(strong)
    assert len(strong) < len(positive)


def test_an_article_of_credits_has_no_share(scorer):
    score = scorer.score(Article(id="x", text="Source : Tass"))
    assert score.summary["labels"]["relay_sourcing"]["share"] is None
    assert any("no_sentence" in warning for warning in score.warnings)


def test_three_lines_of_library_use():
    score = classifier.score("Selon Reuters, le navire aurait coulé.")
    assert score.sentences[0].labels["relay_sourcing"].positive


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_text_is_scored(scorer, text):
    score = scorer.score(Article(id="x", text=text))
    for one in score.sentences:
        assert text[one.sentence.start : one.sentence.end] == one.sentence.text
        for label in one.labels.values():
            assert 0.0 <= label.probability <= 1.0
