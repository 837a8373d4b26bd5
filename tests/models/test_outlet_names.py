"""Outlets' names are covered where they stand, and nowhere else."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from classifier.models.outlet_names import COVER, WORD, OutletList, OutletNames

LISTED = OutletList(
    names=("Vigie-Ouest", "Radio Cèdre", "Radio Cèdre Info"),
    articled=("Le Brasier", "Ardoise"),
    after=("journal",),
    shaped=r"\b[A-Z]\w+ Gazette\b",
    shape_words=("gazette",),
)
NAMES = OutletNames(LISTED)


def cover(text: str, *, known: bool = True) -> str:
    every = frozenset(WORD.findall(text))
    words = {word for word in every if NAMES.begins_name(word) and NAMES.may_stand(word, every)}
    return NAMES.cover(text, words if known else None, shaped=True)


def test_every_character_of_a_name_is_covered():
    assert cover("Selon Vigie-Ouest, rien.") == f"Selon {COVER * 11}, rien."
    # The longest name wins.
    assert cover("Sur Radio Cèdre Info hier") == f"Sur {COVER * 16} hier"
    assert cover("La Brume Gazette dit") == f"La {COVER * 13} dit"


def test_a_part_of_a_word_is_no_name():
    assert COVER not in cover("Les Ardoises et Vigie-Ouestien")
    assert COVER not in cover("Ardoise est un mot.")
    assert cover("Le journal Ardoise") == f"Le journal {COVER * 7}"


def test_a_name_of_several_words_needs_its_second():
    assert NAMES.may_stand("Ardoise", frozenset({"Ardoise"}))
    assert NAMES.may_stand("Le", frozenset({"Le", "Brasier"}))
    assert not NAMES.may_stand("Le", frozenset({"Le", "Cèdre"}))


@given(
    st.lists(
        st.sampled_from(
            (*"- _2", "s", COVER, "İ", "Vigie", "Ouest", "Radio", "Cèdre", "Info", "Ardoise")
        ),
        max_size=12,
    ).map("".join)
)
@example("Radio Radio Cèdre")
def test_known_words_find_what_reading_the_text_finds(text):
    assert cover(text) == cover(text, known=False)
