"""Sources in a sentence: their words, their type, who passes on whom. Names are invented."""

from __future__ import annotations

import pytest

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
