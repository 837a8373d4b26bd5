"""Drawing documents: the same seed draws the same, strata keep to their words, nothing twice."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from classifier.corpus.annotations import DocumentMark, document_hash
from classifier.corpus.selection import Plan, Stratum, choose_run, draw, draw_plan, read_plan
from classifier.errors import UsageError
from classifier.records import Article
from classifier.text.segmentation import segment

from .samples import article


def news(number: int, length: int = 10) -> Article:
    """An article of ``length`` sentences; every third holds an ultimatum."""
    lines = [f"Le convoi numéro {number} passe le pont {place}." for place in range(length)]
    if number % 3 == 0:
        lines[length // 2] = f"Le maire lance un ultimatum au convoi numéro {number}."
    return article(f"n{number:02d}", *lines, title=f"Convoi {number}", published="2024-05-01T10:00")


ARTICLES = {one.id: one for one in (news(number) for number in range(40))}
PLAN = Plan(
    "gazette",
    seed=7,
    whole=12,
    run=8,
    batch=40,
    strata=(Stratum("random", 6), Stratum("device:red_line", 5, "ultimatum")),
)


def ids(batches: list[list[DocumentMark]]) -> list[str]:
    return [document.id for batch in batches for document in batch]


def test_the_same_seed_draws_the_same_documents() -> None:
    first, again = draw(PLAN, ARTICLES), draw(PLAN, dict(reversed(ARTICLES.items())))
    assert first == again
    other = draw(Plan("gazette", 8, 12, 8, 40, PLAN.strata), ARTICLES)
    assert ids(first) != ids(other)


def test_strata_keep_their_count_and_their_words() -> None:
    drawn = [document for batch in draw(PLAN, ARTICLES) for document in batch]
    assert len({document.id for document in drawn}) == len(drawn) == 11
    by_stratum = {name: [d for d in drawn if d.selection == name] for name in ("random",)}
    assert len(by_stratum["random"]) == 6
    for document in drawn:
        text = ARTICLES[document.id]
        assert document.sha256 == document_hash(text)
        assert document.date == "2024-05-01"
        assert len(document.sentences) == 11
        if document.selection == "device:red_line":
            assert "ultimatum" in text.text
        assert not any(mark.labels for mark in document.sentences)


def test_batches_are_of_like_size_and_numbered_on() -> None:
    batches = draw(Plan("gazette", 7, 12, 8, 40, PLAN.strata, first=4), ARTICLES)
    # 11 documents of 11 units, 121 units in batches of about 40: three.
    assert [{d.batch for d in batch} for batch in batches] == [{"b04"}, {"b05"}, {"b06"}]
    assert sorted(len(batch) for batch in batches) == [3, 4, 4]


def test_taken_documents_are_not_drawn_again() -> None:
    first = ids(draw(PLAN, ARTICLES))
    assert not set(first) & set(ids(draw(PLAN, ARTICLES, first)))


def test_least_and_publisher_narrow_a_stratum() -> None:
    twice = article("twice", *["Un ultimatum, puis un autre ultimatum."] * 9)
    paper = Article("paper", "\n".join(["Il pleut sur le port."] * 9), publisher="L'Écho")
    articles = {**ARTICLES, "twice": twice, "paper": paper}
    strata = (
        Stratum("twice", 9, "ultimatum", least=2),
        Stratum("echo", 9, publisher="L'Écho"),
    )
    drawn = draw(Plan("gazette", 7, 12, 8, 40, strata), articles)
    assert sorted(ids(drawn)) == ["paper", "twice"]


def test_documents_of_fewer_than_eight_units_are_passed_over() -> None:
    short = {"short": article("short", *[f"Phrase {n}." for n in range(6)], title="Court")}
    assert draw(PLAN, short) == [[]]


def test_long_documents_give_a_run_around_the_words() -> None:
    text = news(3, length=60)
    units = segment(text)
    pattern = re.compile("ultimatum")
    for seed in range(20):
        run = choose_run(units, pattern, PLAN, random.Random(seed))
        assert [one.field for one in run] == ["title"] + ["text"] * 8
        indexes = [one.index for one in run[1:]]
        assert indexes == list(range(indexes[0], indexes[0] + 8))
        assert any(pattern.search(one.text) for one in run)
    starts = {choose_run(units, None, PLAN, random.Random(seed))[1].index for seed in range(200)}
    # Anywhere, the last run of eight included: 60 sentences, indexes 1 to 60.
    assert min(starts) == 1
    assert max(starts) == 53


def write_plan(folder: Path, name: str, **changes: object) -> Path:
    values = {"source": "gazette", "seed": 7, "whole": 12, "run": 8, "batch": 40} | changes
    lines = [
        f"{key} = {str(value) if isinstance(value, int) else repr(value)}"
        for key, value in values.items()
    ]
    path = folder / name
    path.write_text("\n".join([*lines, '[[strata]]\nname = "random"\ncount = 15\n']), "utf-8")
    return path


@pytest.mark.parametrize("at", [3, 9, 17, 24])
def test_documents_chosen_beforehand_come_in_order_around_their_unit(at: int) -> None:
    articles = {one.id: one for one in (news(number, 25) for number in range(6))}
    chosen = Stratum("uncertain", 2, at={"n04": at, "n01": at, "n02": at})
    drawn = draw(Plan("gazette", 7, 12, 8, 40, (chosen,)), articles, taken=["n04"])
    marks = [document for batch in drawn for document in batch]
    assert sorted(mark.id for mark in marks) == ["n01", "n02"]
    for mark in marks:
        assert at in [sentence.index for sentence in mark.sentences]
        assert len(mark.sentences) == 9
    with pytest.raises(UsageError, match="document 'n99'"):
        draw(Plan("gazette", 7, 12, 8, 40, (Stratum("x", 1, at={"n99": 0}),)), articles)


def test_after_leaves_out_what_earlier_plans_draw(tmp_path: Path) -> None:
    first = write_plan(tmp_path, "first.toml")
    second = write_plan(tmp_path, "second.toml", seed=8, after=["first.toml"])
    third = write_plan(tmp_path, "third.toml", seed=9, after=["second.toml", "first.toml"])
    alone = ids(draw_plan(write_plan(tmp_path, "alone.toml", seed=8), ARTICLES))
    drawn = [ids(draw_plan(path, ARTICLES)) for path in (first, second, third)]
    # 40 articles: the third plan finds ten that the first two left.
    assert [len(ones) for ones in drawn] == [15, 15, 10]
    assert len({one for ones in drawn for one in ones}) == 40
    assert set(drawn[0]) & set(alone), "without after, the second would draw some again"


def test_a_faulty_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml: found No such file"):
        read_plan(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="unknown field `colour`"):
        read_plan(write_plan(tmp_path, "a.toml", colour="red"))
    with pytest.raises(UsageError, match="Expected `int`"):
        read_plan(write_plan(tmp_path, "b.toml", seed="seven"))
    broken = tmp_path / "c.toml"
    broken.write_text(
        write_plan(tmp_path, "d.toml").read_text() + "pattern = '''(ultimatum'''\n", "utf-8"
    )
    with pytest.raises(UsageError, match=r"c\.toml: random: .*a regular expression"):
        read_plan(broken)
