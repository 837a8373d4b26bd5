"""Whom pronouns and descriptions stand for. People are invented."""

from __future__ import annotations

import pytest

from classifier.article.outlets import part_for
from classifier.article.people import People

ARTICLE = (
    "La maire de Valbrune, Odette Ferrand, a reçu M. Roux.\n"
    "Igor Brasko, patron du port, attendait dehors.\n"
    "Odette Ferrand est restée ferme."
)


def people(text: str = ARTICLE) -> People:
    return People(text, part_for(text))


def test_names_stand_where_they_are_said_to() -> None:
    text = "Selon Odette Ferrand, Le Monde et Moscou Igor Brasko se trompent."
    found = people(text).names_in(text)
    assert [name for _, name in found] == ["Odette Ferrand", "Igor Brasko"]
    assert all(text[start:].startswith(name) for start, name in found)


@pytest.mark.parametrize(
    ("name", "gender"), [("Odette Ferrand", "f"), ("Roux", "m"), ("Igor Brasko", "")]
)
def test_gender_is_what_the_text_or_the_first_name_shows(name: str, gender: str) -> None:
    assert people().gender(name) == gender


def nearest(before: list[str], own: str = "", gender: str = "m", *, last: bool = False) -> str:
    return people("\n".join([*before, own])).nearest(before, own, gender, [], last=last)


def test_the_nearest_sentence_decides() -> None:
    first, second = "Igor Brasko est parti.", "Nils Odegaard est resté."
    assert nearest([first, second]) == "Nils Odegaard"
    assert nearest([first, second, "Rien ne bouge."]) == "Nils Odegaard"
    assert nearest([first], "Nils Odegaard se trompe, selon ") == "Nils Odegaard"


def test_of_two_the_one_of_the_right_gender_speaks() -> None:
    both = "Le préfet Igor Brasko a reçu la maire Claire Tanguy."
    assert nearest([both], gender="m") == "Igor Brasko"
    assert nearest([both], gender="f") == "Claire Tanguy"
    assert nearest(["Igor Brasko a vu Nils Odegaard."], last=True) == "Nils Odegaard"


def test_words_inside_a_quotation_name_nobody_where_others_are_named() -> None:
    text = "« Nils Odegaard ment », a dit Igor Brasko."
    assert nearest([text]) == "Igor Brasko"
    assert nearest(["Rien."]) == ""


def test_a_description_is_whom_the_article_calls_so() -> None:
    found = people().described("maire", "la maire de Valbrune", ARTICLE)
    assert found == "Odette Ferrand"
    assert people().described("patron", "le patron du port", "") == "Igor Brasko"
    assert people().described("maire", "la maire de Sornay", ARTICLE) == ""
    assert people().described("préfet", "le préfet", ARTICLE) == ""


def test_of_many_namings_the_nearest_before_decides() -> None:
    towns = [
        f"Le maire de la cité {number}, Jean Roux{'abcdefghij'[number % 10]}."
        for number in range(90)
    ]
    text = " ".join(towns)
    here = text[: text.index("cité 50,") + 20]
    assert people(text).described("maire", "le maire", here) == "Jean Rouxa"
