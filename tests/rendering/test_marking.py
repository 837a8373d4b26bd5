"""Cutting sentences at cues, and what hiding devices changes."""

from __future__ import annotations

import pytest
from hypothesis import given

from classifier.errors import UsageError
from classifier.records import ArticleScore, Cue, LabelScore, SentenceScore
from classifier.rendering.marking import (
    Hidden,
    clean,
    cut,
    figures,
    find_devices,
    marks_of,
    shown_cues,
    shown_labels,
)

from .samples import HIDDEN, TEXTS, sentence_scores, summarize

FRAME = ("attribution_hedging", "frame")


def test_cut_splits_where_labels_overlap() -> None:
    # "selon Politico": the frame covers all of it, the outlet from 6 on.
    segments = cut("selon Politico.", [("H", Cue(0, 14, "frame")), ("R", Cue(6, 14, "outlet"))])
    assert [(s.text, s.labels) for s in segments] == [
        ("selon ", ("H",)),
        ("Politico", ("H", "R")),
        (".", ()),
    ]


def test_cut_keeps_crossing_cues_apart() -> None:
    segments = cut("abcdef", [("H", Cue(0, 4, "x")), ("R", Cue(2, 6, "y"))])
    assert [(s.text, s.labels) for s in segments] == [
        ("ab", ("H",)),
        ("cd", ("H", "R")),
        ("ef", ("R",)),
    ]


@pytest.mark.parametrize("cue", [Cue(2, 2, "x"), Cue(3, 1, "x"), Cue(9, 12, "x"), Cue(-4, -1, "x")])
def test_cut_drops_empty_cues(cue: Cue) -> None:
    assert [s.marks for s in cut("abcdef", [("H", cue)]) if s.marks] == []


def test_cut_clips_to_the_text() -> None:
    [segment] = cut("abc", [("H", Cue(-2, 9, "x"))])
    assert (segment.text, segment.labels) == ("abc", ("H",))


@given(sentence_scores())
def test_segments_add_up_to_the_sentence(item: SentenceScore) -> None:
    text = item.sentence.text
    segments = cut(text, marks_of(shown_labels(item, frozenset())))
    assert "".join(segment.text for segment in segments) == text
    covered = 0
    for segment in segments:
        start, covered = covered, covered + len(segment.text)
        for _, cue in segment.marks:
            assert cue.start <= start
            assert covered <= cue.end


@given(TEXTS)
def test_clean_keeps_every_offset(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    assert cleaned.isprintable() or not text.isprintable()


def test_clean_disarms_what_drives_a_terminal() -> None:
    assert clean("a\x1b[2Jb\x00\x9b\ud800\ufffe\U0001ffff") == "a\ufffd[2Jb" + "\ufffd" * 5
    assert clean("a\r\n\tb\x85\u2028c") == "a   b  c"
    assert clean("é « œ » \U0001f642 \u00a0\u00ad\u200d") == "é « œ » \U0001f642 \u00a0\u00ad\u200d"


def test_find_devices_takes_short_and_long_names() -> None:
    assert find_devices(["frame"]) == find_devices(["attribution_hedging.frame"]) == {FRAME}
    assert find_devices(["conditional"]) == {
        ("attribution_hedging", "conditional"),
        ("threat_rhetoric", "conditional"),
    }
    assert find_devices(["threat_rhetoric.conditional"]) == {("threat_rhetoric", "conditional")}
    assert find_devices([]) == frozenset()


@pytest.mark.parametrize("name", ["frames", "relay_sourcing.frame", "attribution_hedging", ""])
def test_find_devices_names_what_it_knows(name: str) -> None:
    with pytest.raises(UsageError, match="unnamed_source") as caught:
        find_devices([name])
    assert repr(name) in str(caught.value)


def test_a_label_hides_when_all_its_cues_do() -> None:
    frame, doubt = Cue(0, 5, "frame"), Cue(6, 9, "doubt")
    hidden = frozenset({FRAME})
    name = "attribution_hedging"
    assert shown_cues(name, LabelScore(0.9, True, (frame,)), hidden) is None
    assert shown_cues(name, LabelScore(0.9, True, (frame, doubt)), hidden) == (doubt,)
    assert shown_cues(name, LabelScore(0.9, True), hidden) == ()  # no cue, nothing to hide
    assert shown_cues(name, LabelScore(0.1, False, (doubt,)), hidden) is None


def test_figures_without_frames_are_those_of_the_summary(seed_score: ArticleScore) -> None:
    # By hand: nine hedged sentences, five of them (2, 4, 11, 13, 16) by a frame alone.
    assert seed_score.summary["labels"]["attribution_hedging"]["positive"] == 9
    facts = figures(seed_score, frozenset({FRAME}))
    assert facts["labels"]["attribution_hedging"] == {"positive": 4, "share": 4 / 17}
    assert facts["without_mild"] == seed_score.summary["without_mild"]
    assert facts["labels"]["relay_sourcing"] == seed_score.summary["labels"]["relay_sourcing"]
    assert facts["devices"] == seed_score.summary["devices"]


def test_hidden_relays_do_not_count_for_the_depth(seed_score: ArticleScore) -> None:
    assert figures(seed_score, frozenset())["max_depth"] == 3
    hidden = find_devices(["outlet", "cited_source"])
    assert figures(seed_score, hidden)["max_depth"] == 2  # The Economist's interview is left
    assert (
        figures(seed_score, find_devices(["outlet", "cited_source", "via_outlet"]))["max_depth"]
        is None
    )


def test_counting_again_gives_the_summary(seed_score: ArticleScore) -> None:
    # A device that no sentence shows: hiding it must change nothing.
    hidden: Hidden = frozenset({("relay_sourcing", "hearsay")})
    assert figures(seed_score, hidden) == seed_score.summary
    assert summarize(seed_score.sentences) == seed_score.summary


@given(sentence_scores(), HIDDEN)
def test_hiding_only_takes_away(item: SentenceScore, hidden: Hidden) -> None:
    everything, left = shown_labels(item, frozenset()), shown_labels(item, hidden)
    assert set(left) <= set(everything)
    for name, cues in left.items():
        assert set(cues) <= set(everything[name])
        assert all((name, cue.device) not in hidden for cue in cues)
