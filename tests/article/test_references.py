"""What le quotidien, la source, ce document, celui-ci stand for in an article. All is invented."""

from __future__ import annotations

import pytest

from classifier.article.chain import ChainFinder
from classifier.records import Article, Hand, Sentence


def hands(*texts: str, marked: set[int] | None = None) -> list[tuple[Hand, ...]]:
    """Return the hands of an article's marked sentences, all of them unless it is said."""
    units = [Sentence(n, "text", 0, len(text), "sentence", text) for n, text in enumerate(texts)]
    finder = ChainFinder(Article("a", "\n".join(texts), publisher="Info Rivage"), units)
    return [one.hands for one in finder.hands(marked or set(range(len(texts))))]


def last(*texts: str, marked: set[int] | None = None) -> tuple[str, str]:
    """Return name and type of the first hand of the last sentence."""
    hand = hands(*texts, marked=marked)[-1][0]
    return hand.name, hand.type


REUTERS_AND_MONDE = "Le ministre partira, selon Reuters et Le Monde."


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (REUTERS_AND_MONDE, "L'agence affirme que c'est décidé.", ("Reuters", "agency")),
        (REUTERS_AND_MONDE, "Le quotidien affirme que c'est décidé.", ("Le Monde", "outlet")),
        (
            "Le ministre partira, selon Le Monde et L'Express.",
            "L'hebdomadaire affirme que c'est décidé.",
            ("L'Express", "outlet"),
        ),
        (
            "Le ministre partira, selon France Inter et Le Monde.",
            "La radio affirme que c'est décidé.",
            ("France Inter", "outlet"),
        ),
        (
            "Selon le directeur Marc Tellier, des renforts arrivent.",
            "Selon ce dernier, aucun lit ne fermera.",
            ("Marc Tellier", "person"),
        ),
        (
            "Selon le directeur Marc Tellier, des renforts arrivent.",
            "Selon celui-ci, rien ne presse.",
            ("Marc Tellier", "person"),
        ),
        (
            "Marc Tellier a reçu Anna Vorel.",
            "Selon celle-ci, rien ne presse.",
            ("Anna Vorel", "person"),
        ),
        (
            "Selon un rapport de l'inspection, l'usine a rejeté du mercure.",
            "D'après ce document, les seuils sont dépassés.",
            ("un rapport de l'inspection", "document"),
        ),
        (
            "Le ministre partira, selon France Inter.",
            "Selon la même source, la date est fixée.",
            ("France Inter", "outlet"),
        ),
        (
            "Un employé raconte que la caisse était vide.",
            "Selon la source, personne n'a rien vu.",
            ("Un employé", "anonymous"),
        ),
        (
            "Un employé raconte que la caisse était vide.",
            "L'homme affirme que personne n'a rien vu.",
            ("Un employé", "anonymous"),
        ),
    ],
)
def test_what_a_description_stands_for(first: str, then: str, expected: tuple[str, str]) -> None:
    assert last(first, then) == expected


def test_the_same_source_is_one_that_was_called_a_source() -> None:
    said = "Selon une source proche du port, la grue est tombée."
    other = "Un conseiller assure que rien n'est décidé."
    assert (
        last(said, other, "Selon la même source, tout est prêt.")[0] == "une source proche du port"
    )
    told = "La grue est tombée, a dit le préfet Luc Arnal à Reuters."
    assert last(told, "Selon la même source, tout est prêt.") == ("Luc Arnal", "person")


def test_a_newsroom_that_is_meant_again_keeps_who_passes_it_on() -> None:
    found = hands(
        "Un cargo est arraisonné, rapporte le site Nordvia, citant le quotidien Dagsposten.",
        "Le quotidien ajoute que onze marins sont retenus.",
    )
    assert [(one.name, one.carriers) for one in found[1]] == [("Dagsposten", ("Nordvia",))]


def test_whom_to_believe_is_who_spoke_just_before_marked_or_not() -> None:
    before = "D'après le directeur, Marc Tellier, des renforts arrivent."
    believed = "À l'en croire, douze lits auraient fermé."
    body = "Le syndicat Santé unie dénonce un mensonge."
    assert last(before, believed) == ("Marc Tellier", "person")
    assert last(before, body, believed, marked={0, 2}) == ("Le syndicat Santé unie", "institution")


def test_a_pronoun_after_a_reflexive_verb_is_no_speaker() -> None:
    found = hands(
        "Selon le président Karl Drusen, la trêve tient.",
        "Selon la ministre Anna Vorel, la trêve est morte.",
        "D'après lui, elle se trompe.",
    )
    assert [hand.name for hand in found[2]] == ["Karl Drusen"]
