"""The chain of an article: its shape, its origins, and what must not change it.

Articles are invented; the seed is the project's.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.article.chain import ChainFinder
from classifier.records import Article, Chain, Sentence
from classifier.scoring import Scorer
from classifier.text.ingestion import read_articles
from classifier.text.normalise import normalise

SEED = Path(__file__).parents[2] / "seeds" / "000_c8f4650f96df5b00.txt"

BODY = (
    "Trois gardiens ont été blessés à Karlov, rapporte le quotidien {outlet}, citant {source}.",
    "La source précise qu'un détenu serait en fuite.",
    "« Nous attendons », a dit la ministre Jeanne Morvan à l'agence {agency}.",
    "Selon elle, le calme est revenu.",
    "Selon {side}, les gardiens étaient prévenus.",
)


def trace(*texts: str, title: str = "", publisher: str = "", credit: str = "") -> Chain:
    """Return the chain of an article all of whose sentences are marked."""
    units = [Sentence(0, "title", 0, len(title), "headline", title)] if title else []
    for text in texts:
        units.append(Sentence(len(units), "text", 0, len(text), "sentence", text))
    if credit:
        units.append(Sentence(len(units), "text", 0, len(credit), "credit", credit))
    article = Article("a", "\n".join(texts), title=title, publisher=publisher)
    return ChainFinder(article, units).chain({u.index for u in units if u.kind != "credit"})


def example(credit: str = "", **names: str) -> Chain:
    given = {
        "outlet": "Le Soir",
        "source": "ses propres sources",
        "agency": "Belga",
        "side": "Moscou",
    } | names
    texts = [text.format(**given) for text in BODY]
    return trace(*texts, publisher="Le Courrier du Valois", credit=credit)


def edges(chain: Chain) -> list[tuple[str, str]]:
    names = [node.name for node in chain.nodes]
    return [(names[edge.carrier], names[edge.source]) for edge in chain.edges]


def shape(chain: Chain) -> tuple[object, ...]:
    """Return everything but the names."""
    return (
        [node.type for node in chain.nodes],
        [(edge.carrier, edge.source, edge.sentence) for edge in chain.edges],
        chain.claims,
        chain.depth,
        chain.origins,
    )


def test_a_chain_in_full() -> None:
    chain = example(credit="Source : Reuters")
    assert sorted(edges(chain)) == [
        ("Belga", "Jeanne Morvan"),
        ("Le Courrier du Valois", "Reuters"),
        ("Le Soir", "ses propres sources"),
        ("Reuters", "Belga"),
        ("Reuters", "Le Soir"),
        ("Reuters", "Moscou"),
    ]
    kinds = [(claim.sentences, claim.kind) for claim in chain.claims]
    assert kinds == [((0, 1), "anonymous"), ((2, 3), "named"), ((4,), "named")]
    assert (chain.depth, chain.origins) == (3, 3)
    assert chain.unnamed == pytest.approx(1 / 3)


def test_every_edge_keeps_its_words() -> None:
    chain = example()
    names = {"outlet": "Le Soir", "source": "ses propres sources", "agency": "Belga"}
    texts = [text.format(side="Moscou", **names) for text in BODY]
    for edge in chain.edges:
        words = texts[edge.sentence][edge.start : edge.end]
        assert chain.nodes[edge.source].name.split()[-1] in words


def test_swapping_outlets_keeps_the_shape() -> None:
    names = {
        "Le Soir": "Libération", "Libération": "Mediapart", "Mediapart": "Ouest-France",
    }  # fmt: skip
    for one, other in names.items():
        assert shape(example(outlet=one)) == shape(example(outlet=other))


@pytest.mark.parametrize(
    "text",
    [
        "La base fermera, rapporte {outlet}, citant {source}.",
        "La base fermera, selon {outlet}, citant {source}.",
        "Selon {outlet}, qui cite {source}, la base fermera.",
        "La base fermera, selon une note citée par {source}.",
    ],
)
def test_an_outlet_in_no_list_stands_where_a_listed_one_does(text: str) -> None:
    scorer = Scorer.load()

    def read(outlet: str, source: str) -> tuple[object, ...]:
        texts = text.format(outlet=outlet, source=source) + f"\nSelon {source}, rien ne presse."
        chain = scorer.score(Article("a", texts, publisher="Info Rivage")).chain
        assert chain is not None
        rooms = ["room" if node.type in ("outlet", "agency") else node.type for node in chain.nodes]
        return (rooms, [(one.carrier, one.source) for one in chain.edges], *shape(chain)[2:])

    listed = read("Le Soir", "Reuters")
    assert listed[3] >= 1
    for names in (("Le Soir", "Interfil"), ("Nordposten", "Interfil"), ("Nordposten", "Reuters")):
        assert read(*names) == listed


def test_swapping_sides_changes_nothing() -> None:
    for one, other in (("Moscou", "Washington"), ("Kiev", "Pékin"), ("Téhéran", "Londres")):
        assert shape(example(side=one)) == shape(example(side=other))


def test_one_more_citation_makes_it_one_longer() -> None:
    short = trace("La base fermera, rapporte Le Soir.")
    longer = trace("La base fermera, rapporte Le Soir, citant Reuters.")
    longest = trace("La base fermera, rapporte Le Soir, citant Reuters, citant un diplomate.")
    assert [chain.depth for chain in (short, longer, longest)] == [1, 2, 3]


def test_reversing_who_speaks_keeps_the_shape() -> None:
    one = trace("Le ministre Paul Roux a dit à Reuters que le préfet Jean Vimont se trompe.")
    other = trace("Le préfet Jean Vimont a dit à Reuters que le ministre Paul Roux se trompe.")
    assert one.depth == other.depth == 2
    assert shape(one) == shape(other)


def test_the_publishers_own_credit_is_no_relay() -> None:
    text = "La digue tiendra, a confié le maire Paul Roux à Mediapart."
    own = trace(text, publisher="Mediapart")
    assert edges(own) == [("Mediapart", "Paul Roux")]
    assert trace(text, publisher="Le Courrier du Valois").depth == 2


@pytest.mark.parametrize(
    "publisher",
    ["Gazette du Soir", "Le Petit Monde", "L'Écho de la Lize", "Ouest-France Rennes", "Le Fanal"],
)
def test_the_publishers_own_line_is_no_hand(publisher: str) -> None:
    chain = trace(
        "Selon le maire Jean Roux, la digue tient.", publisher=publisher, credit=publisher
    )
    assert edges(chain) == [(publisher, "Jean Roux")]
    shouted = trace("Selon Jean Roux, elle tient.", publisher=publisher, credit=publisher.upper())
    assert edges(shouted) == [(publisher, "Jean Roux")]


@pytest.mark.parametrize(
    ("publisher", "told"),
    [
        ("La Tribune du Littoral", "à La Tribune du Littoral"),
        ("Le Courrier du Valois", "au Courrier du Valois"),
        ("L'Écho de la Lize", "à L’Écho de la Lize"),
        ("Le Fanal", "au Fanal"),
    ],
)
def test_an_outlet_within_the_publishers_name_is_the_publisher(publisher: str, told: str) -> None:
    chain = trace(f"« Je pars », a confié le maire Luc Arnal {told}.", publisher=publisher)
    assert edges(chain) == [(publisher, "Luc Arnal")]
    other = trace("« Je pars », a confié le maire Luc Arnal à La Tribune.", publisher=publisher)
    assert other.depth == 2


def test_another_outlet_whose_name_holds_the_publishers_is_another() -> None:
    chain = trace("Le port fermera, rapporte Le Monde diplomatique.", publisher="Le Monde")
    assert [node.type for node in chain.nodes] == ["article", "outlet"]


def test_five_sentences_on_one_source_are_one_origin() -> None:
    chain = trace(
        "Le siège est vide, affirme Le Soir, citant une source proche du dossier.",
        "La source ajoute que les meubles sont partis.",
        "Selon cette source, le bail a été rompu.",
        "Le journal écrit que tout était prévu.",
    )
    assert chain.origins == 1
    assert [claim.sentences for claim in chain.claims] == [(0, 1, 2, 3)]


def test_two_outlets_that_repeat_one_agency_are_one_origin() -> None:
    chain = trace(
        "Le feu est éteint, écrit Libération, citant Reuters.",
        "Selon Ouest-France, citant Reuters, le feu est éteint.",
    )
    reuters = [node.name for node in chain.nodes].index("Reuters")
    assert {claim.origin for claim in chain.claims} == {reuters}
    assert [claim.kind for claim in chain.claims] == ["missing"]
    assert chain.origins == 1
    two = trace(
        "Le feu est éteint, écrit Libération, citant Reuters.",
        "Selon Ouest-France, citant Belga, le feu est éteint.",
        "L'incendie serait criminel.",
    )
    assert two.origins == 2


def test_no_source_at_all() -> None:
    chain = trace("L'auteur présumé a pris la fuite.")
    assert chain.edges == ()
    assert [(claim.kind, claim.origin) for claim in chain.claims] == [("missing", None)]
    assert (chain.depth, chain.origins, chain.unnamed) == (0, 0, 1.0)
    empty = ChainFinder(Article("a", ""), []).chain(set())
    assert empty.unnamed is None


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("Le préfet n'a pas répondu à une demande de commentaire de Reuters.", True),
        ("Le préfet, joint par Reuters, n'a pas donné suite.", True),
        ("Le préfet n'a pas répondu aux appels d'un correspondant de Reuters.", True),
        ("Une question : le préfet a-t-il répondu à la question de Reuters ?", True),
        ("Le préfet a répondu à la question posée hier soir. Reuters dort.", False),
        ("Le préfet a répondu aux questions des habitants.", False),
    ],
)
def test_a_request_for_comment_says_whose_piece_it_is(last: str, expected: bool) -> None:
    chain = trace("Selon le maire, la digue tient.", last, publisher="Le Courrier du Valois")
    assert (("Le Courrier du Valois", "Reuters") in edges(chain)) is expected


def test_normalised_units_that_are_given_change_nothing() -> None:
    texts = ["Selon l’agence Orel,  le maire part.", "« Il reste », a dit son adjointe Lise Ravel."]
    units = [Sentence(n, "text", 0, len(one), "sentence", one) for n, one in enumerate(texts)]
    article = Article("a", "\n".join(texts))
    given = ChainFinder(article, units, normals=[normalise(one) for one in texts])
    assert given.trace({0, 1}) == ChainFinder(article, units).trace({0, 1})


def test_the_seed_comes_out_whole() -> None:
    (article,) = read_articles([SEED], on_fault=lambda fault: pytest.fail(str(fault)))
    chain = Scorer.load().score(article).chain
    assert chain is not None
    found = edges(chain)
    for edge in (
        ("Meguetan Infos", "Tass"),
        ("Tass", "Politico"),
        ("Politico", "ses propres sources"),
        ("Tass", "New York Times"),
        ("New York Times", "ses sources"),
        ("Tass", "The Economist"),
        ("The Economist", "Jens Stoltenberg"),
        ("Tass", "Olaf Scholz"),
    ):
        assert edge in found
    assert [carrier for carrier, source in found if source != "Tass"].count("Meguetan Infos") == 0
    story = next(claim for claim in chain.claims if 3 in claim.sentences)
    assert story.kind == "anonymous"
    assert {0, 2, 4, 5, 6} <= set(story.sentences)
