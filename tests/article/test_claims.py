"""Which sentences go back to one origin: who stands behind a newsroom, and what goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from classifier.article.claims import Claims, SourcedSentence
from classifier.records import Claim, Hand, Sentence

Spec = tuple[str, Sequence[tuple[str, str, tuple[int, ...]]]]


def claims(*sentences: Spec, gap: int = 1) -> list[Claim]:
    """Return the claims of sentences, each with its hands as (words, type, by)."""
    numbers: dict[str, int] = {}

    def node(name: str, _: str) -> int:
        return numbers.setdefault(name, len(numbers) + 1)

    sourced = []
    for place, (text, hands) in enumerate(sentences):
        unit = Sentence(place * gap, "text", 0, len(text), "sentence", text)
        found = []
        for words, type_, by in hands:
            start = text.index(words)
            found.append(Hand(start, start + len(words), type_, by, words))
        sourced.append(SourcedSentence(unit, tuple(found)))
    return Claims(node, lambda _: set()).of(sourced)


REPORTS: Spec = ("Le feu est éteint, écrit Le Fanal.", [("Le Fanal", "outlet", ())])
CITES: Spec = (
    "Le feu a repris, écrit Le Fanal, citant un pompier.",
    [("Le Fanal", "outlet", ()), ("un pompier", "anonymous", (1,))],
)
TOLD: Spec = (
    "« Je pars », a dit un pompier au journal Le Fanal.",
    [("un pompier", "anonymous", (2,)), ("Le Fanal", "outlet", ())],
)


def kinds(found: Sequence[Claim]) -> list[tuple[tuple[int, ...], str]]:
    return [(one.sentences, one.kind) for one in found]


def test_whom_a_newsroom_cites_stands_behind_what_it_reports() -> None:
    assert kinds(claims(REPORTS, CITES)) == [((0, 1), "anonymous")]
    assert kinds(claims(CITES, REPORTS)) == [((0, 1), "anonymous")]


def test_who_spoke_to_a_newsroom_stands_behind_it_only_nearby() -> None:
    assert kinds(claims(REPORTS, TOLD)) == [((0, 1), "anonymous")]
    assert kinds(claims(REPORTS, TOLD, gap=9)) == [((0,), "missing"), ((9,), "anonymous")]


def test_a_source_far_back_is_forgotten() -> None:
    assert kinds(claims(CITES, REPORTS, gap=30)) == [((0,), "anonymous"), ((30,), "missing")]


def test_a_newsrooms_own_witness_is_an_origin() -> None:
    text = "Un journaliste du Fanal a compté dix tentes."
    hands = [("Un journaliste du Fanal", "outlet", ())]
    assert kinds(claims((text, hands))) == [((0,), "named")]


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        ("Il serait parti de la cave.", True),
        ("Le feu aurait pris dans la cave.", True),
        ("L'auteur présumé a pris la fuite.", False),
        ("Ces propos supposés ne figurent nulle part.", True),
        ("Le portrait présumé du fuyard a été retiré.", False),
    ],
)
def test_a_sentence_without_a_source(text: str, goes_on: bool) -> None:
    found = kinds(claims(CITES, (text, [])))
    expected = [((0, 1), "anonymous")] if goes_on else [((0,), "anonymous"), ((1,), "missing")]
    assert found == expected


def test_a_conditional_leads_up_to_the_source_that_follows() -> None:
    (first, second) = kinds(
        claims(
            ("Selon le préfet, tout va bien.", [("le préfet", "person", ())]),
            ("Le feu aurait pris dans la cave.", []),
            CITES,
        )
    )
    assert first == ((0,), "named")
    assert second == ((1, 2), "anonymous")
