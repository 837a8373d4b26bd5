"""Whose word a sentence of the body is."""

from __future__ import annotations

import pytest

from classifier.article.passages import Body
from classifier.records import Article, LabelScore, Sentence, SentenceScore
from classifier.scoring import Scorer
from classifier.text.segmentation import segment

BARE = {name: LabelScore(0.0, False) for name in Scorer.load().thresholds}


def body(*texts: str) -> Body:
    """The sentences of a body as a model that labels nothing would leave them."""
    article = Article("a", "\n".join(texts), title="", sentences=texts)
    sentences: tuple[Sentence, ...] = tuple(segment(article))
    return Body([SentenceScore(one, BARE) for one in sentences])


@pytest.mark.parametrize(
    "text",
    [
        "Selon la mairie, le pont de Larcy a cédé dans la nuit de mardi à mercredi.",
        "Le pont de Larcy a cédé dans la nuit, a indiqué la mairie.",
        "Le site L'Écho du Sarn révèle que le pont de Larcy a cédé dans la nuit.",
        "« Le pont a cédé d'un coup. »",
    ],
)
def test_a_source_that_bears_on_the_sentence_counts(text):
    assert body(text).passages[0].attributed >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Le pont de Larcy a cédé mardi en fin d'après-midi.",
        "Le maire de Larcy, qui a longtemps tenu à ce qu'il dit être un mythe, quitte sa place à "
        "la tête de la ville et de la vallée du Sarn après quinze années de mandat sans histoire.",
    ],
)
def test_a_source_of_something_else_does_not(text):
    assert body(text).passages[0].attributed < 0.5


def test_a_quotation_goes_on_until_it_is_closed():
    read = body(
        "Le maire raconte : « Le pont a cédé d'un coup.",
        "La route était vide.",
        "Le bruit était énorme. »",
        "La route rouvrira lundi.",
    )
    assert [one.inside for one in read.passages] == [False, True, True, False]
    assert read.passages[1].attributed >= 0.5 > read.passages[3].attributed


def test_a_stray_mark_makes_no_quotation_of_the_rest():
    read = body('Le "pont a cédé.', *(f"La route numéro {k} est coupée." for k in range(9)))
    assert not any(one.inside for one in read.passages[6:])


def test_what_a_body_knows():
    read = body("Le pont de Larcy a coûté 1 200 euros.", "Vaudrel paie.")
    assert read.numbers == {1200}
    assert [read.index.has_name(word) for word in ("larcy", "pont", "vaudre")] == [
        True,
        False,
        False,
    ]
    assert len(read.passages) == 2
