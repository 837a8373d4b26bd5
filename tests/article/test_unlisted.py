"""Outlets that no list holds, known by how they cite. Names are invented."""

from __future__ import annotations

import pytest

from classifier.article.hands import HandFinder
from classifier.article.outlets import part_for
from classifier.article.unlisted import find_unlisted


def types(text: str, article: str = "") -> dict[str, str]:
    """Return the hands of a sentence by their words, with their types."""
    hands = HandFinder(part_for(text)).find(text)
    found = find_unlisted(hands, text, article or text)
    return {text[one.start : one.end]: one.type for one in found}


@pytest.mark.parametrize(
    ("text", "outlets"),
    [
        ("La base fermera, rapporte Le Soir, citant Interfil.", {"Le Soir", "Interfil"}),
        ("La base fermera, selon Nordposten, citant Orelnet.", {"Nordposten", "Orelnet"}),
        ("Selon Nordposten, qui cite un diplomate, la base fermera.", {"Nordposten"}),
        ("La base fermera, rapporte Vesle Actualités, citant un diplomate.", {"Vesle Actualités"}),
        (
            "La base fermera, rapporte Les Feuillets du Nord, citant un diplomate.",
            {"Les Feuillets du Nord"},
        ),
        ("Selon Nordposten, qui s'appuie sur des courriels, la base fermera.", {"Nordposten"}),
        ("La base fermera, selon un diplomate cité par Brumenord.", {"Brumenord"}),
    ],
)
def test_who_cites_and_whom_a_newsroom_cites_is_one(text: str, outlets: set[str]) -> None:
    assert {words for words, type_ in types(text).items() if type_ == "outlet"} == outlets


@pytest.mark.parametrize(
    "text",
    [
        "La base fermera, rapporte Le Soir, citant Jeanne Morvan.",
        "La base fermera, rapporte Le Soir, citant Mme Morvan.",
        "La base fermera, a dit le ministre Paul Roux, citant Verlin.",
        "La base fermera, affirme Verlin, interrogé par Le Soir.",
        "Le ministre Paul Roux, citant un rapport, a démenti.",
        "La base fermera, selon Le Soir, qui s'appuie sur Verveine.",
    ],
)
def test_a_person_stays_one(text: str) -> None:
    found = types(text)
    assert [type_ for words, type_ in found.items() if words != "Le Soir"]
    assert all(type_ != "outlet" for words, type_ in found.items() if words != "Le Soir")


def test_a_surname_that_the_article_gives_in_full_is_a_persons() -> None:
    text = "La base fermera, rapporte Le Soir, citant Verlin."
    assert types(text)["Verlin"] == "outlet"
    for before in ("Sacha Verlin attend.", "L'avis d'Anna Verlin compte.", "M. Verlin attend."):
        assert types(text, f"{before} {text}")["Verlin"] == "person"
    assert types(text, f"{text} Selon Verlin, rien ne presse.")["Verlin"] == "outlet"
