"""Sources in a sentence: their words, their type, who passes on whom. Names are invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.article.chain import credit_outlets
from classifier.article.hands import HandFinder, learn_outlets
from classifier.article.outlets import part_for
from classifier.models.cues import load_lexicon
from classifier.records import Cue, Hand
from classifier.text.normalise import normalise

LEARNED = {"Le Fanal": False, "Fanal": False, "Orel": True, "Radio Cimes": False}


def find(
    text: str, learned: dict[str, bool] | None = None
) -> list[tuple[str, str, tuple[int, ...]]]:
    finder = HandFinder(part_for(text), LEARNED if learned is None else learned)
    covered = load_lexicon().read(normalise(text).text)[0]
    return [(text[one.start : one.end], one.type, one.by) for one in finder.find(text, covered)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Selon le porte-parole du port, Jean Vimont, la grue est tombée.",
            [("le porte-parole du port, Jean Vimont", "person", ())],
        ),
        (
            "Le navire a coulé, a rapporté le journal Le Fanal, citant ses propres sources.",
            [("le journal Le Fanal", "outlet", ()), ("ses propres sources", "anonymous", (1,))],
        ),
        (
            "« Nous attendons », a dit la ministre Jeanne Morvan à l’agence Orel.",
            [("la ministre Jeanne Morvan", "person", (2,)), ("l’agence Orel", "agency", ())],
        ),
        (
            "Le pont est fermé, selon une source citée par Le Fanal.",
            [("une source", "anonymous", (2,)), ("Le Fanal", "outlet", ())],
        ),
        (
            "Interrogée par Radio Cimes, la directrice a démenti.",
            [("Radio Cimes", "outlet", ()), ("la directrice", "person", (1,))],
        ),
        (
            "Selon son avocat, M. Roux affirme que le contrat est nul.",
            [("son avocat", "person", ()), ("M. Roux", "person", (1,))],
        ),
        (
            "D'après un rapport de la Cour des comptes, le pont a coûté le double.",
            [("un rapport de la Cour des comptes", "document", ())],
        ),
        (
            "Des témoins racontent que le train roulait vite.",
            [("Des témoins", "crowd", ())],
        ),
        (
            "L'incendie est parti de la cave, a-t-on appris de source policière.",
            [("source policière", "anonymous", ())],
        ),
        (
            "Il s'agit, selon lui, d'une erreur.",
            [("lui", "person", ())],
        ),
        (
            "La chaîne se fonde sur un avocat, qui le tient d'un greffier.",
            [
                ("La chaîne", "outlet", ()),
                ("un avocat", "anonymous", (1,)),
                ("un greffier", "anonymous", (2,)),
            ],
        ),
        (
            "Le Fanal tient cette information de deux sources proches du dossier.",
            [("Le Fanal", "outlet", ()), ("deux sources proches du dossier", "anonymous", (1,))],
        ),
        (
            "Le rapport, que Le Fanal a pu consulter, serait parti en mars.",
            [("Le rapport", "document", (2,)), ("Le Fanal", "outlet", ())],
        ),
        (
            "La lettre qu'ont pu lire Le Fanal et Radio Cimes serait un faux.",
            [
                ("La lettre", "document", (2, 3)),
                ("Le Fanal", "outlet", ()),
                ("Radio Cimes", "outlet", ()),
            ],
        ),
        (
            "Selon nos informations, Inès Corval serait candidate.",
            [("nos informations", "anonymous", ())],
        ),
        (
            "Pour Le Fanal, qui cite un audit interne, les comptes sont faux.",
            [("Le Fanal", "outlet", ()), ("un audit interne", "document", (1,))],
        ),
        ("L'année est, pour Le Fanal, une année faste.", []),
        (
            "L'homme affirme, sous couvert d'anonymat, avoir alerté la direction.",
            [("L'homme", "person", ())],
        ),
        (
            "Selon Le Fanal, citant lui aussi ces personnes, la signature aurait lieu mardi.",
            [("Le Fanal", "outlet", ()), ("ces personnes", "anonymous", (1,))],
        ),
        (
            "Une troisième source, diplomatique, a démenti auprès d'Orel.",
            [("Une troisième source", "anonymous", (2,)), ("Orel", "agency", ())],
        ),
        (
            "Interrogé par Radio Cimes sur la date de la vente, M. Roux restait serein.",
            [("Radio Cimes", "outlet", ()), ("M. Roux", "person", (1,))],
        ),
        ("D'après lui, elle se trompe.", [("lui", "person", ())]),
        (
            "Le port fermera, selon la hiérarchie.",
            [("la hiérarchie", "institution", ())],
        ),
        (
            "L'office des forêts (OFV) affirme que le feu est éteint.",
            [("L'office des forêts", "institution", ())],
        ),
        (
            "Il affirme que rien ne presse, selon un voisin.",
            [("Il", "person", (2,)), ("un voisin", "anonymous", ())],
        ),
        (
            "« Le préfet m'a dit que tout est perdu », a affirmé la juge Anna Roux.",
            [("Le préfet", "person", (2,)), ("la juge Anna Roux", "person", ())],
        ),
        (
            "L'avocate rapporte que, d'après un greffier, le dossier est vide.",
            [("L'avocate", "person", ()), ("un greffier", "anonymous", (1,))],
        ),
        (
            "Radio Cimes avait raconté, d'après Le Fanal, que le pont tremble.",
            [("Radio Cimes", "outlet", ()), ("Le Fanal", "outlet", (1,))],
        ),
        (
            "Le Fanal a publié lundi un courriel du comité.",
            [("Le Fanal", "outlet", ()), ("un courriel du comité", "document", (1,))],
        ),
        (
            "Le récit est jugé peu sûr par de nombreux pêcheurs.",
            [("de nombreux pêcheurs", "crowd", ())],
        ),
        (
            "Le barrage rouvrira, rapportent plusieurs médias que cite Le Fanal.",
            [("plusieurs médias", "outlet", (2,)), ("Le Fanal", "outlet", ())],
        ),
        (
            "Une équipe du Fanal a eu accès au camp.",
            [("Une équipe du Fanal", "outlet", ())],
        ),
        (
            "Des marins laissent entendre que la cale fuit.",
            [("Des marins", "crowd", ())],
        ),
    ],
)
def test_hands_of_a_sentence(text: str, expected: list[tuple[str, str, tuple[int, ...]]]) -> None:
    assert find(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Les horaires changent selon les saisons.",
        "Le rapport sera remis lundi.",
        "L'auteur présumé a pris la fuite.",
        "« Le président demande la paix aux camps », lit-il.",
        "Les armes fournies par les alliés sont arrivées contre l'avis de la chambre.",
        "",
    ],
)
def test_no_hand(text: str) -> None:
    assert find(text) == []


def test_parallel_newsrooms_share_their_source() -> None:
    found = find("Selon Le Fanal et Radio Cimes, citant deux diplomates, la base fermera.")
    assert found == [
        ("Le Fanal", "outlet", ()),
        ("Radio Cimes", "outlet", ()),
        ("deux diplomates", "anonymous", (1, 2)),
    ]


def test_what_a_hand_denies_is_the_articles() -> None:
    text = "D'après Le Fanal, la route rouvrira demain, ce que la préfecture dément."
    assert find(text)[-1] == ("la préfecture", "institution", ())


def test_an_article_teaches_its_outlets() -> None:
    texts = ["Le quotidien Der Hafenbote l'écrit.", "L'agence Nordbrief confirme."]
    learned = learn_outlets("Le port fermera – La Vigie du Nord", texts)
    assert learned == {"Vigie du Nord": False, "Der Hafenbote": False, "Nordbrief": True}
    assert learn_outlets("", ["Le journal rappelle que Jean Roux est absent."]) == {}


def test_a_credited_name_is_an_outlet() -> None:
    hand = Hand(0, 9, "person", (), "Brumenord")
    (found,) = credit_outlets([hand], [Cue(0, 20, "outlet")])
    assert found.type == "outlet"
    assert credit_outlets([hand], [Cue(12, 20, "outlet")]) == (hand,)


def test_offsets_are_the_original_sentences() -> None:
    text = "Selon  l'e\u0301tude  du port, tout va bien."  # NFD and double spaces
    finder = HandFinder(part_for(text))
    (hand,) = finder.find(text)
    assert text[hand.start : hand.end] == "l'e\u0301tude  du port"


def test_a_part_of_the_gazetteer_finds_what_the_whole_does() -> None:
    from classifier.article.gazetteer import load_gazetteer

    text = (
        "Selon Le Monde et l'AFP, citées par lefigaro.fr, L'Equipe et la Coupe du Monde attendent."
    )
    whole = [(m.start, m.end, m.entry.name, m.ambiguous) for m in load_gazetteer().find(text)]
    part = [(m.start, m.end, m.entry.name, m.ambiguous) for m in part_for(text).find(text)]
    assert whole
    assert part == whole


WORDS = (
    *("Selon", "selon", "d'après", "le", "la", "un", "des", "Le Fanal", "l'agence Orel", "«", "»"),
    *('"', ",", ".", "(", ")", "a", "ont", "dit", "affirme", "que", "qui", "par", "citant", "cité"),
    *("ministre", "sources", "journal", "Jean", "Roux", "à", "au", "il", "elle", "lui", "dont"),
    *(
        "rapport",
        "publié",
        "aurait",
        "-",
        "–",
        "médias",
        "cite",
        "tient",
        "de",
        "d'",
        "en",
        "croire",
    ),
)


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words_give_hands_in_order(words: list[str]) -> None:
    text = " ".join(words)
    finder = HandFinder(part_for(text), LEARNED)
    hands = finder.find(text)
    end = 0
    for number, hand in enumerate(hands, start=1):
        assert end <= hand.start < hand.end <= len(text)
        assert number not in hand.by
        assert all(1 <= one <= len(hands) for one in hand.by)
        end = hand.end
