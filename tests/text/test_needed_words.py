"""A text in which a pattern is found has every piece of a word that the pattern needs."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.text.needed_words import WordPieces, needed_pieces

PATTERNS = [
    re.compile(pattern)
    for pattern in (
        r"\b(?:le|la|les) (?:plus|moins) (?!ou moins|de )[a-zà-ÿ]+",
        r"\b(?:scandaleu(?:x|ses?)|honteuse?s?|\w{4,}phob(?:e|ie)s?)\b",
        r"\b(?:ont|avaient) (?:\w+ment |aussi )?(?:fait (?:savoir|part)|dit|affirmé)\b|\bselon\b",
        r"(?:\b|(?=D))[Dd]'après\b|à en croire|dites? « ",
        r"(?:^|[.;:] ?)(?<!\w)pour (?:toutes )?(?:elles|eux) \w+",
        r"\bne (?:\w+ ){1,3}jamais?\b|\bpourrai(?:t|ent)\b",
        r"(?:menac)+ante|grand(?:e|es)?ment|(?:vol){2}e",
        r"[–-] [A-Z][\w' ]{2,9}$",
        r"(?P<a>même) (?P=a)|(?>plus) tard(?!\w)",
        r"contre-(?:la|les)-montre|vingt_et_un|dessous.dessus",
    )
]
NEEDED = [needed_pieces(pattern) for pattern in PATTERNS]
WORDS = (
    *("le", "la", "les", "plus", "moins", "ou", "grand", "de", "scandaleuses", "honteux", "_"),
    *("islamophobies", "ont", "clairement", "aussi", "fait", "savoir", "part", "dit", "pour"),
    *("affirmé", "selon", "d'", "D'", "après", "à", "en", "croire", "dite", "«", "ne", "veut"),
    *("jamais", "pourrait", "menacmenacante", "grandement", "volvole", "–", "Nom", "même", "tard"),
    *(
        "toutes",
        "elles",
        "eux",
        "contre-les-montre",
        "vingt_et_un",
        "dessousxdessus",
        ".",
        "_",
        "3",
    ),
)


def words_of(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]+", text)}


@settings(max_examples=500)
@given(st.lists(st.sampled_from([*WORDS, " ", " ", " "]), max_size=14).map("".join))
@example("ils ont clairement fait savoir")
@example("pour toutes elles vont")
@example("D'après lui, même même")
def test_what_is_found_has_what_is_needed(text):
    words = words_of(text)
    for pattern, needed in zip(PATTERNS, NEEDED, strict=True):
        if pattern.search(text):
            for clause in needed:
                pieces = WordPieces()
                for piece in clause:
                    pieces.add(piece, 1)
                assert any(map(pieces.of, words)), (pattern.pattern, clause)


def test_what_is_needed():
    assert needed_pieces(re.compile(r"\bselon (?:la |les )?sources?\b")) == [
        frozenset({" selon "}),
        frozenset({" source"}),
    ]
    assert needed_pieces(re.compile(r"(?:menace|\w+phobe)s? de \w+")) == [
        frozenset({"menace", "phobe"}),
        frozenset({" de "}),
    ]
    # A branch that asks for nothing, and what may be left out, leave nothing to ask for.
    assert needed_pieces(re.compile(r"(?:selon|\w+) (?:pourtant)?")) == []
    assert needed_pieces(re.compile(r".*")) == []


def test_a_word_has_the_bits_of_every_piece_that_it_holds():
    pieces = WordPieces()
    for bit, piece in enumerate((" mena", "acer ", " menacer ", "nace", " a ", "menacera")):
        pieces.add(piece, 1 << bit)
    assert pieces.of("menacer") == 0b001111
    assert pieces.of("menace") == 0b001001
    assert pieces.of("a") == 0b010000
    assert pieces.of("à") == pieces.of("") == 0


@pytest.mark.parametrize("piece", ["abc", " a", "a ", " "])
def test_a_piece_that_tells_nothing_is_refused(piece):
    with pytest.raises(ValueError, match=re.escape(piece)):
        WordPieces().add(piece, 1)
