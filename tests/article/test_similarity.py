"""The index of a body finds what each sentence, read in full, holds: stems, near ones, names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.article.similarity import (
    NEAR,
    Index,
    dice,
    read_numbers,
    read_words,
    stem,
    weigh_words,
)
from classifier.text.normalise import normalise

WORDS = [
    *("Vaudrel", "vaudrelle", "VAUDREL", "autorise", "Autorisation", "autorités", "École"),
    *("écoles", "ecole", "œuvre", "Œuvres", "covid19", "20minutes", "mot_clé", "F16", "¹Selon"),
    *("²abc", "1", "200", "000", "0", "12,5", "1er", "roi", "rois", "Roi", "le", "la", "de"),
    *("dit", "straße", "STRASSE", "maire", "maires", "Maire", "mairie", "porte", "porté"),
]
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=5)


def find_slowly(word: str, texts: list[str]) -> dict[int, float]:
    """Where a stem stands, by reading every sentence in full."""
    found = {}
    for place, text in enumerate(texts):
        others = read_words(text).weights
        near = 1.0 if word in others else 0.0
        if not near and word[0] != "#" and len(word) > 3:
            alike = [dice(word, other) for other in others if other[:3] == word[:3]]
            near = max((one for one in alike if one >= NEAR), default=0.0)
        if near:
            found[place] = near
    return found


@given(SENTENCES, st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_an_index_finds_what_reading_in_full_finds(texts, headline):
    index, words = Index([*map(normalise, texts)]), read_words(headline)
    index.look_up(words.weights)
    names = {name for text in texts for name in weigh_words(normalise(text).text)[1]}
    for word in words.weights:
        assert index.find(word) == find_slowly(word, texts), word
        assert index.has_name(word) == (word in names), word


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_so_it_does_on_any_text(texts, headline):
    index = Index([*map(normalise, texts)])
    for word in read_words(headline).weights:
        assert index.find(word) == find_slowly(word, texts), word


def test_what_was_not_looked_up_is_found_as_well():
    index = Index([*map(normalise, ("Vaudrel paie 80 camions.", "Un camion part."))])
    index.look_up(["vaudre"])
    assert index.find("camion") == {0: 1.0, 1: 1.0}
    assert index.find("#80") == {0: 1.0}
    assert index.find("scieri") == {}
    assert index.numbers == [(80.0,), ()]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("portes", "port"), ("prix", "prix"), ("travaux", "travau"), ("élues", "elu"), ("cas", "cas")],
)
def test_endings_that_fall(word, expected):
    assert stem(word) == expected


def test_numbers_stand_in_order():
    assert read_numbers("De 12,5 à 1 200 puis 3.") == (12.5, 1200, 3)
