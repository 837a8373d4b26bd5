"""Classes of words: found by word, beginning, ending and run; their company as features."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import DataError
from classifier.models.cues import load_lexicon
from classifier.models.word_classes import NEAR, WordClasses, class_features

CLASSES = WordClasses(
    {
        "threat": ["menac*", "mis en garde"],
        "harm": ["grève", "bloqu*"],
        "would": ["*erait"],
        "if_word": ["si", "s'il"],
    }
)


def features(*tokens: str, before: tuple[str, ...] = ()) -> set[str]:
    return set(class_features(CLASSES.mark(tokens), CLASSES.mark(before)))


def test_words_beginnings_endings_and_runs() -> None:
    marked = CLASSES.mark(("il", "menaçait", "de", "bloquer", "si", "cela", "durerait"))
    assert marked == ((3, ("harm",)), (4, ("if_word",)), (6, ("would",)))
    assert CLASSES["menace"] == ("threat",)
    # A run is one thing with three words; its first word alone is nothing.
    assert CLASSES.mark(("il", "a", "mis", "en", "garde")) == ((2, ("threat",)),)
    assert CLASSES.mark(("il", "a", "mis", "la", "table")) == ()
    assert CLASSES.mark(("s", "il")) == ((0, ("if_word",)),)


def test_an_ending_alone_is_no_word() -> None:
    assert CLASSES["erait"] == ()


def test_company_in_order_and_at_any_distance() -> None:
    near = features("menace", "de", "grève")
    assert {"threat", "harm", "harm&threat", "threat>harm"} <= near
    far = features("menace", "a", "b", "c", "d", "grève")
    assert "harm&threat" in far
    assert "threat>harm" not in far
    assert NEAR == 3


def test_three_in_a_row() -> None:
    assert "if_word>threat>harm" in features("si", "menace", "grève")
    assert "if_word>threat>harm" not in features("si", "menace", "de", "grève")


def test_the_sentence_before_is_kept_apart() -> None:
    found = features("rien", before=("menace",))
    assert found == {"before:threat"}


def test_an_empty_word_is_a_mistake() -> None:
    with pytest.raises(DataError, match="class 'threat'"):
        WordClasses({"threat": ["*"]})


@given(st.lists(st.sampled_from(["menace", "grève", "si", "durerait", "pain", "mis", "en"])))
def test_features_depend_on_tokens_alone(tokens: list[str]) -> None:
    assert list(class_features(CLASSES.mark(tokens), ())) == list(
        class_features(WordClasses(CLASSES.classes).mark(tokens), ())
    )


def test_the_lexicon_carries_classes_and_no_word_belongs_to_most_of_them() -> None:
    classes = load_lexicon().classes
    assert len(classes.classes) >= 20
    assert all(
        len(classes[word]) <= 4 for word in ("menace", "selon", "un", "responsable", "serait")
    )
