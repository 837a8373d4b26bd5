"""Tokens of a sentence and names as whole words."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from classifier.article.tokens import holds_any, places_of, tokens_of


def test_tokens_of_a_sentence() -> None:
    tokens = tokens_of("L'avocat a-t-il dit « Non » ?")
    assert [token.text for token in tokens] == [
        "L'",
        "avocat",
        "a-t-il",
        "dit",
        "«",
        "Non",
        "»",
        "?",
    ]
    assert [token.capital for token in tokens][:2] == [True, False]
    assert [token.word for token in tokens][-2:] == [False, False]


@given(st.text())
@example("\u0345")
@example("\u0345a")
def test_tokens_stand_where_they_say(text: str) -> None:
    end = 0
    for token in tokens_of(text):
        assert token.start >= end
        assert text[token.start : token.end] == token.text
        assert token.low == token.text.lower()
        assert (token.capital, token.word) == (token.text[0].isupper(), token.text[0].isalnum())
        end = token.end


def test_an_underscore_belongs_to_no_token() -> None:
    assert tokens_of("un_mot d'ici_").texts == ["un", "mot", "d'", "ici"]


def test_tokens_column_by_column() -> None:
    tokens = tokens_of("L'Ère dort.")
    assert tokens.texts == ["L'", "Ère", "dort", "."]
    assert tokens.lows == ["l'", "ère", "dort", "."]
    assert (tokens.starts, tokens.ends) == ([0, 2, 6, 10], [2, 5, 10, 11])
    assert [one.text for one in tokens[1:3]] == ["Ère", "dort"]
    assert tokens[-1] == tokens[3]


def test_a_name_stands_as_a_whole_word() -> None:
    text = "Le Fanal, Fanals, L'Fanal et le_Fanal : Fanal"
    assert [text[at : at + 5] for at in places_of(text, "Fanal")] == ["Fanal"] * 3
    assert list(places_of("Fanals", "Fanal")) == []


def test_one_of_several_words() -> None:
    assert holds_any("le journal du soir", ("radio", "journal"))
    assert not holds_any("le journal du soir", ())
