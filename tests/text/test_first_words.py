"""A pattern that is found is always among the candidates; most others are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.text import first_words
from classifier.text.first_words import PatternIndex
from classifier.text.normalise import normalise

PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:le|la|les) (?:plus|moins) (?!ou moins|de )[a-zà-ÿ]+",
        r"\b(?:scandaleu(?:x|ses?)|honteuse?s?|\w{4,}phob(?:e|ie)s?)\b",
        r"\b(?:a|ont) (?:\w+ment |aussi )?(?:fait (?:savoir|part)|dit|affirmé)\b|\bselon\b",
        r"d'après\b|à en croire|dites? « ",
        r"(?:^|[.;:] ?)(?<!\w)pour (?:la|les) \w+",
        r"\bne (?:\w+ ){1,3}qu(?:e|')|\bpourrai|\bs'il\b",
        r"[–-] [A-Z][\w' ]{2,9}$",
        r"(?:il )?va sans (?i:dire)|x+y?z*",
        r"\bau(?: [a-z]+)* revoir|\ben(?:fin|suite)?,? bref",
        r"[^\W_]+-là\b|(?P<a>oui) (?P=a)",
        r'["«»]',
        r"\?",
    )
]
WORDS = (
    *("le", "la", "les", "plus", "moins", "ou", "grand", "de", "scandaleuses", "honteux", "bref"),
    *("islamophobies", "a", "ont", "clairement", "aussi", "fait", "savoir", "part", "dit", "pour"),
    *("affirmé", "selon", "d'", "après", "à", "en", "croire", "dite", "«", "ne", "veut", "rien"),
    *("qu'", "pourrait", "s'", "il", "–", "Nom", "va", "sans", "dire", "xx", "y", "z", "au", "lui"),
    *("revoir", "enfin", ",", "-là", "oui", ".", "?", "_", "3", "\u212a", "ſ", "İ", "É"),
)


@pytest.fixture(scope="module")
def index():
    made = PatternIndex(PATTERNS)
    for _ in range(first_words._PAYS):
        made.candidates(frozenset())
    return made


def found(text: str) -> set[int]:
    return {number for number, pattern in enumerate(PATTERNS) if pattern.search(text)}


@settings(max_examples=400)
@given(st.lists(st.sampled_from([*WORDS, " ", " ", " "]), max_size=14).map("".join))
@example("C'est LE PLUS grand, selon lui.")
@example("elle a clairement fait savoir")
@example("l'ıslamophobie K")
def test_what_is_found_is_a_candidate(index, text):
    text = normalise(text).text
    assert found(text) <= set(index.candidates(normalise(text).words))


def test_patterns_whose_words_are_absent_are_not_tried(index):
    words = normalise("Le conseil vote le budget de la commune lundi.").words
    # Those left begin with no word or with any: a name after a dash, a class of letters, marks.
    assert index.candidates(words) == [6, 9, 10, 11]
    assert 0 in index.candidates(normalise("le plus grand").words)
    assert 0 not in index.candidates(normalise("plus tard").words)


def test_before_it_pays_every_pattern_is_tried():
    made = PatternIndex(PATTERNS)
    assert made.candidates(frozenset()) == list(range(len(PATTERNS)))


def test_numbers_come_in_order_and_what_is_remembered_changes_nothing(index, monkeypatch):
    words = normalise("Selon lui, à en croire la plus grande, va sans dire.").words
    first = index.candidates(words)
    assert first == sorted(first)
    monkeypatch.setattr(first_words, "_KNOWN_WORDS", 3)
    assert index.candidates(words) == first == index.candidates(words)
    for number in range(40):
        index.candidates(frozenset({f"mot{number}"}))
    assert len(index._known) + len(index._silent) <= 3
