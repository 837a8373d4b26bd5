"""Headline annotations: sheets, answers, agreement, disputes, gold; the texts are invented."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from classifier.cli import main
from classifier.corpus.annotations import document_hash
from classifier.corpus.headline_sheets import (
    HeadlinePlan,
    HeadlineStratum,
    adjudicate_headlines,
    draw_headlines,
    read_answers,
    unread,
    write_disputes,
    write_sheet,
)
from classifier.corpus.headlines import (
    CLASSES,
    HeadlineMark,
    HeadlinePair,
    check_classes,
    is_disputed,
    join_headlines,
    load_articles,
    measure_headline_agreement,
    pair_up,
    read_headlines,
    write_headlines,
)
from classifier.errors import FaultsError
from classifier.records import Article

ROOT = Path(__file__).parents[2]
BODY = "Le pont fermera lundi, selon la mairie.\nSeuls les camions sont visés.\nIl date de 1902."


def article(name: str = "1", title: str = "Le pont de Larvigne fermera lundi") -> Article:
    heading = "La mairie de Larvigne a pris un arrêté mardi soir."
    return Article(name, BODY, title=title, heading=heading, published="2019-02-01")


def drawn(count: int = 2) -> list[tuple[HeadlineMark, Article]]:
    articles = [article(str(number)) for number in range(1, count + 1)]
    return [(unread(one, "orangesum", selection="random"), one) for one in articles]


def answers(folder: Path, text: str, name: str = "a.ann") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


GOOD = """## orangesum/1
title | drops_attribution+drops_restriction | 2 | r:3
heading | unsupported |
## orangesum/2
title | faithful | 2,4 | note: two readings
heading | no_claim |
"""


def test_the_sheet_shows_everything_and_nothing_is_filled_in():
    sheet = write_sheet(drawn(1))
    assert "asked: title, heading" in sheet
    assert all(line in sheet for line in BODY.split("\n"))
    assert not any(name in sheet for name in CLASSES)


def test_answers_become_stretches_of_the_body(tmp_path):
    [first, second] = read_answers([answers(tmp_path, GOOD)], drawn())
    title, heading = first.pairs
    assert title.classes == ("drops_attribution", "drops_restriction")
    assert [BODY[start:end] for start, end in title.claims] == [BODY.split("\n")[0]]
    assert [BODY[start:end] for start, end in title.restricts] == [BODY.split("\n")[1]]
    assert heading.classes == ("unsupported",)
    assert heading.claims == ()
    assert second.pairs[0].note == "two readings"
    assert len(second.pairs[0].claims) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("title | faithful+raises | 2", "stand alone"),
        ("title | drops_attribution+keeps_attribution | 2", "kept and dropped"),
        ("title | wrong | 2", "unknown class"),
        ("title | faithful |", "carry the claim"),
        ("title | faithful | 9", "numbers of body sentences"),
        ("title | drops_restriction | 2", "restrict"),
        ("body | faithful | 2", "HEADLINE one of title, heading"),
    ],
)
def test_every_fault_is_told_at_once(tmp_path, line, said):
    text = GOOD.replace("title | drops_attribution+drops_restriction | 2 | r:3", line)
    text += "## orangesum/77\ntitle | faithful | 2\n"
    with pytest.raises(FaultsError) as caught:
        read_answers([answers(tmp_path, text)], drawn())
    told = str(caught.value)
    assert said in told
    assert "orangesum/77" in told
    assert "orangesum/1 title: found no answer" in told


def test_a_headline_answered_twice_is_a_fault(tmp_path):
    text = GOOD + "title | raises | 2\n"
    with pytest.raises(FaultsError, match="one answer a headline"):
        read_answers([answers(tmp_path, text)], drawn())


def marked(pairs: dict[str, tuple[str, ...]], source: str = "orangesum") -> list[HeadlineMark]:
    return [
        HeadlineMark(
            source,
            name,
            document_hash(article(name)),
            (HeadlinePair("title", classes, ((0, 39),)),),  # type: ignore[arg-type]
            date="2019-02-01",
        )
        for name, classes in pairs.items()
    ]


def test_a_file_comes_back_as_it_was_and_faults_are_counted_together(tmp_path):
    path = tmp_path / "gold.jsonl"
    marks = marked({"1": ("faithful",), "2": ("raises",)})
    write_headlines(marks, path)
    assert read_headlines(path) == marks
    broken = msgspec.structs.replace(marks[0], sha256="x", pairs=())
    path.write_bytes(msgspec.json.encode(broken) + b"\n{}\n" + msgspec.json.encode(broken) + b"\n")
    with pytest.raises(FaultsError) as caught:
        read_headlines(path)
    assert len(caught.value.faults) == 6
    with pytest.raises(FaultsError, match="a file of headlines"):
        read_headlines(tmp_path / "none.jsonl")


def test_a_changed_or_missing_text_is_refused():
    marks = marked({"1": ("faithful",), "2": ("faithful",)})
    with pytest.raises(FaultsError) as caught:
        join_headlines(marks, {"orangesum/1": article("1", "Un autre titre de quatre mots")})
    assert len(caught.value.faults) == 2
    assert join_headlines(marks[:1], {"orangesum/1": article("1")})


def test_agreement_is_one_for_equal_passes_and_counts_what_differs():
    classes = {str(k): (("faithful",) if k % 2 else ("drops_attribution",)) for k in range(12)}
    same = measure_headline_agreement(marked(classes), marked(classes), replicates=50)
    assert same["class_set"].value == 1
    assert same["faithful"].value == 1
    assert same["raises"].value != same["raises"].value
    assert same["raises"].reason
    other = {**classes, "1": ("raises",), "3": ("drops_attribution",)}
    less = measure_headline_agreement(marked(classes), marked(other), replicates=50)
    assert 0 < less["class_set"].value < 1
    assert less["claim_sentences"].value == 1
    # By hand: 12 headlines; faithful 6 and 4 times, agreed on 10: p_o 10/12, p_e 1/2.
    assert less["faithful"].value == pytest.approx((10 / 12 - 0.5) / 0.5)


def test_passes_over_different_headlines_do_not_pair():
    with pytest.raises(FaultsError) as caught:
        pair_up(marked({"1": ("raises",)}), marked({"2": ("raises",)}))
    assert len(caught.value.faults) == 2


def test_disputes_are_read_a_third_time(tmp_path):
    first = marked({"1": ("faithful",), "2": ("faithful",), "3": ("raises",)})
    second = marked({"1": ("raises",), "2": ("faithful",), "3": ("faithful",)})
    articles = {f"orangesum/{name}": article(name) for name in "123"}
    sheet = write_disputes(first, second, articles)
    assert "title A: faithful" in sheet
    assert "title B: raises" in sheet
    assert "orangesum/2" not in sheet
    with pytest.raises(FaultsError, match="third reading"):
        adjudicate_headlines(first, second, [], articles)
    text = "## orangesum/1\ntitle | B\n## orangesum/3\ntitle | drops_attribution | 2\n"
    gold = adjudicate_headlines(first, second, [answers(tmp_path, text)], articles)
    assert [one.pairs[0].classes for one in gold] == [
        ("raises",),
        ("faithful",),
        ("drops_attribution",),
    ]


def test_claims_without_a_common_sentence_are_disputed():
    one = HeadlinePair("title", ("faithful",), ((0, 39),))
    other = HeadlinePair("title", ("faithful",), ((40, 69),))
    both = HeadlinePair("title", ("faithful",), ((0, 39), (40, 69)))
    assert is_disputed(one, other)
    assert not is_disputed(one, both)


def test_drawing_is_repeatable_and_keeps_to_its_dates():
    articles = {str(k): article(str(k)) for k in range(30)}
    plan = HeadlinePlan(1, 2, 10, (HeadlineStratum("random", "orangesum", 5, before="2020-06-15"),))
    once, again = (draw_headlines(plan, {"orangesum": articles}) for _ in range(2))
    assert [mark.key for mark, _ in once] == [mark.key for mark, _ in again]
    assert len(once) == 5
    late = HeadlinePlan(1, 2, 10, (HeadlineStratum("random", "orangesum", 5, since="2020-06-15"),))
    assert draw_headlines(late, {"orangesum": articles}) == []


def test_check_classes():
    assert check_classes(("keeps_attribution", "raises")) == ""
    assert check_classes(())
    assert check_classes(("raises", "raises"))
    assert check_classes(("drops_attribution", "drops_restriction", "raises"))


def test_the_parts_follow_dates_and_groups():
    older = HeadlineMark("orangesum", "1", "", (), date="2020-06-14")
    newer = msgspec.structs.replace(older, date="2020-06-15")
    assert (older.part, newer.part) == ("tuning", "test")
    assert HeadlineMark("ppn", "x", "", (), date="2012-01-01").part == "test"
    odd = HeadlineMark("written", "h-003-b", "", (), group="h-003")
    assert (odd.part, msgspec.structs.replace(odd, group="h-004").part) == ("tuning", "test")


def test_the_written_pairs_are_whole_minimal_pairs():
    articles = load_articles(["written"], ROOT / "data")
    assert len(articles) >= 90
    groups: dict[str, list[Article]] = {}
    for one in articles.values():
        groups.setdefault(one.id[:5], []).append(one)
    assert all(len(group) >= 3 for group in groups.values())
    for group in groups.values():
        assert len({one.text for one in group}) == 1, "one thing differs: the headline"
        assert len({one.title for one in group}) == len(group)


def test_the_command_collects_a_pass(tmp_path, capsys):
    plan = tmp_path / "a.plan.jsonl"
    articles = load_articles(["written"], ROOT / "data")
    one = articles["written/h-001-a"]
    write_headlines([unread(one, "written", selection="written", group="h-001")], plan)
    text = answers(tmp_path, "## written/h-001-a\ntitle | drops_attribution | 1\n")
    out = tmp_path / "pass.jsonl"
    done = main(
        [
            *("corpus", "headlines", "collect", "--plan", str(plan), "--out", str(out)),
            *(str(text), "--data", str(ROOT / "data")),
        ]
    )
    assert done == 0
    assert "1 articles, 1 headlines" in capsys.readouterr().out
    assert read_headlines(out)[0].pairs[0].classes == ("drops_attribution",)
