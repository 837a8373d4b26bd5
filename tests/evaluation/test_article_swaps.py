"""Names that change places: what is exchanged, what is compared, what the model does."""

from __future__ import annotations

import pytest

from classifier.evaluation.article_swaps import (
    OUTLETS,
    chain_shape,
    differences,
    exchange_article,
    exchanger,
    summarise,
    swap_articles,
    swap_table,
    swap_templates,
)
from classifier.records import Article
from classifier.scoring import Scorer


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Moscou accuse Washington.", "Washington accuse Moscou."),
        ("Selon Moscou, non. Moscou attend.", "Selon Washington, non. Washington attend."),
        ("Le magazine Ici Moscou paraît.", "Le magazine Ici Moscou paraît."),
        ("Il lit le Washington Post.", "Il lit le Washington Post."),
        ("Il pleut.", "Il pleut."),
    ],
)  # fmt: skip
def test_whole_names_change_places(text: str, expected: str) -> None:
    assert exchanger([("Moscou", "Washington")])(text) == expected


def test_an_article_is_exchanged_everywhere_or_left_out() -> None:
    change = exchanger(OUTLETS)
    article = Article("a", "", title="Reuters cité", sentences=("Selon Interfax, il pleut.",))
    changed = exchange_article(article, change)
    assert changed is not None
    assert changed.title == "Interfax cité"
    assert changed.sentences == ("Selon Reuters, il pleut.",)
    assert exchange_article(Article("b", "Il pleut."), change) is None


def test_a_change_is_seen(scorer: Scorer) -> None:
    one = scorer.score(Article("a", "Selon Reuters, citant une source, le navire aurait coulé."))
    other = scorer.score(Article("a", "Le navire a coulé."))
    assert {"chain", "hedged_share", "relay_share"} <= set(differences(one, other))
    assert differences(one, one) == []
    assert chain_shape(one) != chain_shape(other)


def test_shares_have_ends() -> None:
    none, some, empty = (
        summarise("sides", cases) for cases in ([[]] * 30, [["chain"], []] * 9, [])
    )
    assert (none.changed.value, round(none.changed.high, 3)) == (0.0, 0.116)
    assert some.changed.value == 0.5
    assert some.changed.low < 0.5 < some.changed.high
    assert some.what == {"chain": 9}
    assert empty.changed.reason
    assert "30, changed 0.000 [0.000, 0.116]" in swap_table([none])


def test_the_shipped_model_counts_hands_and_not_names(scorer: Scorer) -> None:
    cites, speakers = swap_templates(scorer)
    assert cites.cases == 4 * 8 * 7
    assert cites.changed.value == 0, cites.what
    assert speakers.changed.value == 0, speakers.what
    text = "Moscou menace de fermer le port.\nSelon Reuters, citant une source, Kiev négocie."
    for one in swap_articles(scorer, [Article("a", text, title="Moscou menace Washington")]):
        assert one.cases == 1
        assert one.changed.value == 0, one.what
