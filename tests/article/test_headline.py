"""Headlines: similarity by hand, minimal pairs that flip one thing, the seed, both sides alike."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.article import similarity
from classifier.article.headline import (
    FLOOR,
    MOST_MATCHES,
    compare,
    describe_fidelity,
    judge_by_similarity,
    load_headline_model,
    load_patterns,
    pattern_entries,
    read_headlines,
    weigh_fidelity,
)
from classifier.article.similarity import (
    RAREST,
    Index,
    coverage,
    dice,
    parse_number,
    rarity,
    read_words,
    stem,
)
from classifier.corpus.headlines import CLASSES
from classifier.records import Article, ArticleScore, Headline
from classifier.scoring import Scorer
from classifier.text.ingestion import read_articles
from classifier.text.normalise import normalise

SEED = Path(__file__).parents[2] / "seeds" / "000_c8f4650f96df5b00.txt"
MILL = (
    "La scierie Vaudrel va supprimer 80 postes au printemps, selon deux délégués du personnel.",
    "La direction n'a pas souhaité commenter.",
    "Le site de Larcy emploie 310 personnes.",
    "Un comité se tiendra jeudi.",
)


@cache
def scorer() -> Scorer:
    return Scorer.load()


def score(title: str, body: tuple[str, ...], heading: str = "") -> ArticleScore:
    article = Article("a", "\n".join(body), title=title, heading=heading, sentences=body)
    return scorer().score(article)


def read(title: str, body: tuple[str, ...] = MILL) -> Headline:
    return read_headlines(score(title, body).sentences)[0]


def similarities(headline: str, sentences: list[str]) -> list[float]:
    words = read_words(headline)
    return [coverage(words, text) for text in sentences]


def test_stems_and_dice_by_hand():
    assert stem("Autorisations") == stem("autorise") == "autori"
    assert stem("Évêques") == stem("évêque") == "evequ"
    # aut, uto, tor / aut, uto, tos: two of three on both sides.
    assert dice("autor", "autos") == pytest.approx(2 * 2 / 6)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.200", 1200), ("1 200", 1200), ("12,5", 12.5), ("3.000.000", 3e6), ("2007", 2007)],
)
def test_numbers_as_french_writes_them(text, value):
    assert parse_number(text) == value


def test_names_weigh_the_same_whether_known_or_not():
    table, unknown = rarity()
    for name in ("Russie", "Ukraine", "Washington", "Pékin", "Israël", "Vaudrel", "américain"):
        assert table.get(stem(name), unknown) == RAREST, name
    assert max(table.values()) <= RAREST


def test_similarity_is_the_share_of_the_headline_that_is_carried():
    title = "La scierie Vaudrel va supprimer 80 postes"
    values = similarities(title, MILL)
    assert values[0] == max(values) > 0.95
    assert values[3] < 0.2
    assert similarities(title, ["La scierie Vaudrel va supprimer 90 postes"])[0] < values[0]
    assert similarities("et le de", MILL) == [0, 0, 0, 0]


def test_an_index_covers_as_each_sentence_alone_does():
    words = read_words("Le pont Vaudrel autorisé aux 80 camions")
    texts = (*MILL, "L'autorisation vaut pour Vaudrel")
    shares, same, missing = Index([*map(normalise, texts)]).cover(words)
    assert shares == same == [coverage(words, one) for one in texts]
    assert 0 < missing < 1 - max(shares) + 1e-9


def test_names_are_left_out_of_the_second_share():
    texts, named = ("Vaudrel le dit", "Le pont Vaudrel rouvert"), {"vaudre"}
    shares, plain, _ = Index([*map(normalise, texts)]).cover(read_words(texts[1]), named)
    assert shares[0] > plain[0] == 0
    assert shares[1] == plain[1] == pytest.approx(1)


def test_what_is_remembered_of_words_is_bounded():
    for remembered in (stem, dice, parse_number, similarity._weigh_word):
        assert remembered.cache_info().maxsize == 65536


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_coverage_is_a_share_and_whole_on_itself(one, other):
    words = read_words(one)
    assert 0 <= coverage(words, other) <= 1
    assert not words.weights or coverage(words, one) == pytest.approx(1)


@pytest.mark.parametrize("name", list(pattern_entries()))
def test_the_forms_of_words_find_their_examples(name):
    entry, form = pattern_entries()[name], load_patterns()[name]
    assert all(form.search(text) for text in entry.found)
    assert not any(form.search(text) for text in entry.passed)


def test_probabilities_and_matches_are_well_formed():
    scored = score("La scierie Vaudrel va supprimer 80 postes", MILL, "Le site emploie 310 gens.")
    assert [one.field for one in scored.headlines] == ["title", "heading"]
    for one in scored.headlines:
        assert tuple(one.classes) == CLASSES
        assert all(0 <= value <= 1 for value in one.classes.values())
        assert len(one.matches) <= MOST_MATCHES
        assert [m.sentence for m in one.matches] == sorted(m.sentence for m in one.matches)
        experimental = load_headline_model().experimental
        assert not set(one.found) & set(experimental)
        assert set(one.experimental) <= set(experimental)


def test_no_headline_or_no_body_gives_nothing():
    assert score("", MILL).headlines == ()
    assert score("Un titre sans corps", ()).headlines == ()
    assert compare(score("", MILL).sentences, "title") is None


def test_a_headline_is_read_the_same_every_time():
    title = "La scierie Vaudrel va supprimer 80 postes"
    assert read(title) == read(title)


DROPPED = (
    ("La scierie Vaudrel va supprimer 80 postes", "{}, selon des délégués", MILL),
    (
        "Le vaccin d'Almera réduit de moitié les formes graves",
        "{}, d'après une étude",
        (
            "Le vaccin d'Almera réduirait de moitié les formes graves, d'après une étude.",
            "L'essai a porté sur 60 volontaires.",
            "Le dossier sera déposé en octobre.",
        ),
    ),
    (
        "L'armée valdorienne a retiré ses blindés du Sarn",
        "{}, selon un quotidien",
        (
            "D'après un quotidien kestrien, l'armée valdorienne a retiré ses blindés du Sarn.",
            "L'état-major n'a pas confirmé.",
            "La trêve date de février.",
        ),
    ),
)


@pytest.mark.parametrize(("asserted", "kept", "body"), DROPPED)
def test_dropping_the_attribution_shows(asserted, kept, body):
    dropped, held = read(asserted, body), read(kept.format(asserted), body)
    assert "drops_attribution" in (*dropped.found, *dropped.experimental)
    assert "drops_attribution" not in (*held.found, *held.experimental)
    assert held.classes["keeps_attribution"] > dropped.classes["keeps_attribution"] + 0.2
    assert held.fidelity > dropped.fidelity + 0.2


def test_a_plain_body_makes_a_plain_headline_faithful():
    body = ("La scierie Vaudrel a supprimé 80 postes mardi.", *MILL[2:])
    plain = read("La scierie Vaudrel supprime 80 postes", body)
    assert "drops_attribution" not in (*plain.found, *plain.experimental)
    assert (
        plain.classes["faithful"]
        > read("La scierie Vaudrel supprime 80 postes").classes["faithful"]
    )


def test_an_unrelated_headline_is_carried_by_nothing():
    far = read("Un ours aperçu dans les vignes de Tréfort")
    near = read("La scierie Vaudrel va supprimer 80 postes")
    assert far.classes["unsupported"] > near.classes["unsupported"]
    assert max((match.similarity for match in far.matches), default=0.0) < 0.4
    assert near.matches[0].sentence == 1


def test_limits_near_the_claim_are_listed():
    body = (
        "La circulation sera coupée lundi sur le pont de Larvigne.",
        "La coupure ne vaut que pour la nuit.",
        "Le marché aux fleurs a lieu samedi.",
    )
    assert read("Le pont de Larvigne coupé à la circulation", body).restrictions == (2,)


def test_the_seed_is_read_as_its_body_has_it():
    [article] = read_articles([SEED], on_fault=lambda fault: pytest.fail(str(fault)))
    scored = scorer().score(article)
    headline = scored.headlines[0]
    texts = {one.sentence.index: one.sentence.text for one in scored.sentences}
    wide = max(headline.matches, key=lambda match: match.similarity)
    assert "au plus profond du territoire russe" in texts[wide.sentence]
    assert wide.attributed
    limits = " ".join(texts[index] for index in headline.restrictions)
    assert "qui bordent la région de Kharkov" in limits
    assert "frontalières avec la région de Kharkov" in limits
    assert "« n’a pas changé »" in limits
    assert "lever l’interdiction" not in limits  # a ban that would be lifted limits nothing
    assert "demande de commentaire" not in limits  # no answer is no denial
    assert len(headline.restrictions) == 3
    assert "drops_attribution" not in (
        *headline.found,
        *headline.experimental,
    )  # the headline names Politico


SIDES = (
    ("Moscou", "Washington"),
    ("Pékin", "Londres"),
    ("la Russie", "la France"),
    ("l'armée russe", "l'armée ukrainienne"),
)


@pytest.mark.parametrize("sides", SIDES)
def test_swapping_the_sides_changes_no_class(sides):
    title = "{A} a frappé un dépôt de carburant de {B}"
    body = (
        "{A} a frappé un dépôt de carburant de {B}, selon deux diplomates.",
        "Aucune victime n'a été signalée.",
        "{B} n'a pas confirmé.",
    )
    seen = []
    for a, b in (sides, sides[::-1]):
        texts = [text.format(A=a, B=b) for text in (title, *body)]
        texts = [text[0].upper() + text[1:] for text in texts]
        seen.append(read(texts[0], tuple(texts[1:])))
    one, other = seen
    assert (one.found, one.experimental) == (other.found, other.experimental)
    assert one.restrictions == other.restrictions
    for name in CLASSES:
        assert one.classes[name] == pytest.approx(other.classes[name], abs=0.03), name
    assert one.fidelity == pytest.approx(other.fidelity, abs=0.03)


def test_the_floor_sees_the_similarity_alone():
    texts = ("La scierie Vaudrel va supprimer 80 postes", MILL)
    compared = compare(score(*texts).sentences, "title")
    assert compared is not None
    assert judge_by_similarity(compared) <= set(CLASSES)


def test_fidelity_is_the_logistic_of_its_weights():
    compared = compare(score("La scierie Vaudrel va supprimer 80 postes", MILL).sentences, "title")
    assert compared is not None
    model, features = load_headline_model().fidelity, describe_fidelity(compared)
    assert set(FLOOR) < set(model.features) <= set(features)
    for row, alone in ((model.weights, False), (model.similarity_weights, True)):
        odds = row[-1] + sum(
            weight * (features[name] - mean) / scale
            for weight, name, mean, scale in zip(
                row[:-1], model.features, model.means, model.scales, strict=True
            )
        )
        value = weigh_fidelity(compared, similarity_alone=alone)
        assert value == pytest.approx(1 / (1 + math.exp(odds)))


def test_the_floor_of_fidelity_weighs_the_similarity_alone():
    model = load_headline_model().fidelity
    weighed = {
        name for name, one in zip(model.features, model.similarity_weights, strict=False) if one
    }
    assert weighed == set(FLOOR)


def test_the_whole_body_counts_beside_a_bare_headline_alone():
    compared = compare(score("La scierie Vaudrel va supprimer 80 postes", MILL).sentences, "title")
    shown = compare(score("Vaudrel va supprimer 80 postes, selon un élu", MILL).sentences, "title")
    assert compared is not None
    assert shown is not None
    bare, sourced = describe_fidelity(compared), describe_fidelity(shown)
    assert bare["bare_claim_labelled"] > 0.5 > bare["bare_hedged"] > 0
    assert sourced["bare_claim_labelled"] == sourced["bare_hedged"] == 0
    assert bare["body_length"] == sourced["body_length"] == pytest.approx(math.log(5))


def test_fidelity_is_for_titles_alone():
    scored = score("La scierie Vaudrel va supprimer 80 postes", MILL, "Le site emploie 310 gens.")
    title, heading = scored.headlines
    assert 0 < title.fidelity < 1
    assert math.isnan(heading.fidelity)
