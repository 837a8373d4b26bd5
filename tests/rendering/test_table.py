"""The terminal's view, with colours and without, at any width."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from classifier.records import ArticleScore, Cue, LabelScore, Sentence, SentenceScore
from classifier.rendering import render
from classifier.rendering.marking import clean
from classifier.rendering.table import wrap, write
from classifier.schema import load_schema

from .samples import TEXTS, make_score, sentence_scores

WIDTHS = (30, 60, 80, 109, 110, 140, 200)
ESCAPE = "\x1b"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def table(*scores: ArticleScore, **options: Any) -> str:
    stream = io.StringIO()
    render(scores, "table", stream, **{"width": 80, "color": False, **options})
    return stream.getvalue()


def item(text: str, **cues: list[tuple[int, int, str]]) -> SentenceScore:
    labels = {}
    for label in load_schema().labels:
        found = tuple(Cue(*cue) for cue in cues.get(label.code, []))
        labels[label.name] = LabelScore(0.9 if found else 0.1, bool(found), found)
    return SentenceScore(Sentence(0, "text", 0, len(text), "sentence", text), labels)


def first_line(*items: SentenceScore, **options: Any) -> str:
    return table(make_score(items), **options).split("\n")[3]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "72")
    return Terminal()


def test_cues_stand_in_brackets() -> None:
    assert first_line(item("Oui, selon lui.", H=[(5, 14, "frame")])) == "  0  Oui, [selon lui]H."


def test_nested_labels_stand_in_nested_brackets() -> None:
    line = first_line(item("selon Politico.", H=[(0, 14, "frame")], R=[(6, 14, "outlet")]))
    assert line == "  0  [selon [Politico]R]H."


def test_labels_on_the_same_words_share_a_bracket() -> None:
    line = first_line(item("selon Politico.", H=[(0, 14, "frame")], R=[(0, 14, "outlet")]))
    assert line == "  0  [selon Politico]HR."


def test_crossing_labels_are_cut_where_the_outer_ends() -> None:
    line = first_line(item("abcdefgh", H=[(0, 4, "doubt")], T=[(2, 6, "veiled")]))
    assert line == "  0  [ab[cd]T]H[ef]Tgh"


def test_label_column_names_probability_device_and_depth(seed_score: ArticleScore) -> None:
    shown = table(seed_score)
    assert "     R relay_sourcing      .97 outlet, cited_source, 2\u00a0mains\n" in shown
    assert "     H attribution_hedging .83 unnamed_source\n" in shown
    assert "     R relay_sourcing      1.0 outlet, cited_source, 3\u00a0mains\n" in shown  # .996


def test_summary_gives_hedging_without_frames(seed_score: ArticleScore) -> None:
    shown = table(seed_score, width=120)
    assert "Ensemble\u00a0: 17 phrases, 3 lignes de crédit" in shown
    assert (
        "H attribution_hedging   53\u202f%  9/17  sans frame 24\u202f% (4)"
        "  frame 5, unnamed_source 4\n" in shown
    )
    assert "R relay_sourcing        41\u202f%  7/17  jusqu’à 3\u00a0mains" in shown


def test_hiding_frames(seed_score: ArticleScore) -> None:
    shown = table(seed_score, hide=frozenset({"frame"}))
    assert "[selon lui]H" not in shown
    assert "Il s’agit, selon lui, d’une ligne rouge" in shown
    assert "[citant ses propres sources]HR" in shown
    assert "H attribution_hedging   24\u202f%  4/17  unnamed_source 4\n" in shown
    assert "Masqué\u00a0: attribution_hedging.frame\n" in shown
    assert "Masqué" not in table(seed_score)


def test_english(seed_score: ArticleScore) -> None:
    shown = table(seed_score, language="en")
    assert "Summary: 17 sentences, 3 credit lines" in shown
    assert "H attribution hedging · R relay sourcing · T threat rhetoric" in shown
    assert "never" in shown.split("threat rhetoric\n")[1]
    assert "phrases" not in shown.split("Summary")[1]


def test_legend_comes_once_and_judges_nothing(
    seed_score: ArticleScore, trap_score: ArticleScore
) -> None:
    shown = table(seed_score, trap_score, width=200)
    assert shown.count("H attribution prudente") == 1
    assert shown.rstrip().endswith("Il ne dit jamais si une information est vraie ou fausse.")


def test_withdrawn_warnings_and_words_without_a_device(trap_score: ArticleScore) -> None:
    shown = table(trap_score, width=100)
    assert "! Attention\u00a0: le texte <semble> ne pas être en français" in shown
    reason = "retiré\u00a0: notre journal est l'éditeur <Le Soir>"
    assert f"R relay_sourcing      .80 {reason}" in shown
    assert "Ils [verront bien]T." in shown
    assert "T threat_rhetoric     1.0 mots décisifs" in shown
    assert "H attribution_hedging   – frame, unnamed_source" in shown


def test_text_cannot_drive_the_terminal(trap_score: ArticleScore) -> None:
    for color in (False, True):
        shown = table(trap_score, color=color)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        assert "\ufffd[31mrouge\ufffd" in plain
        assert not set("\x1b\x07\x00\u202e\u202c") & set(plain)


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_asked(
    width: int, color: bool, seed_score: ArticleScore, trap_score: ArticleScore
) -> None:
    shown = table(seed_score, trap_score, width=width, color=color, hide=frozenset({"doubt"}))
    lines = Text.from_ansi(shown).plain.split("\n")
    assert max(cell_len(line) for line in lines) <= width
    assert not [line for line in lines if line != line.rstrip(" ")]


@pytest.mark.parametrize("width", WIDTHS)
def test_wide_terminals_have_the_labels_beside(width: int, seed_score: ArticleScore) -> None:
    beside = [line for line in table(seed_score, width=width).split("\n") if line[:5] == "  2  "]
    assert ("attribution_hedging .88" in beside[0]) == (width >= 110)


def test_terminal_gets_colours_its_width_and_letters(
    terminal: Terminal, seed_score: ArticleScore
) -> None:
    write([seed_score], terminal)
    shown = terminal.getvalue()
    plain = Text.from_ansi(shown).plain
    assert ESCAPE in shown
    assert "selon luiᴴ, d’une" in plain
    assert "Selon le rapportᴿᴴ," in plain
    assert "[selon lui]" not in plain
    assert max(map(cell_len, plain.split("\n"))) == 72


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_terminal_without_colours(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    seed_score: ArticleScore,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    write([seed_score], terminal)
    assert ESCAPE not in terminal.getvalue()
    assert "[selon lui]H" in terminal.getvalue()


def test_a_pipe_gets_plain_text(seed_score: ArticleScore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    stream = io.StringIO()
    write([seed_score], stream)
    assert ESCAPE not in stream.getvalue()
    assert max(map(cell_len, stream.getvalue().split("\n"))) == 80


def test_colour_tells_labels_apart(seed_score: ArticleScore, terminal: Terminal) -> None:
    write([seed_score], terminal, width=200)
    styles = {
        words: re.search(r"\x1b\[([0-9;]*)m" + re.escape(words), terminal.getvalue())
        for words in ("selon lui", "Dans une interview", "« devraient être")
    }
    found = [match.group(1) for match in styles.values() if match]
    assert len(set(found)) == 3
    assert all(style.startswith("4;") for style in found)  # underlined


def test_wrap_keeps_french_punctuation_with_its_word() -> None:
    def lines(text: str, width: int) -> list[str]:
        return ["".join(part for part, _ in line) for line in wrap([(text, "")], width)]

    assert lines("il a dit « oui » hier", 11) == ["il a dit", "« oui »", "hier"]
    assert lines("vraiment oui !", 12) == ["vraiment", "oui !"]
    assert lines("cent\u00a0euros\u202f% net", 13) == ["cent\u00a0euros\u202f%", "net"]
    assert lines("abcdefgh", 3) == ["abc", "def", "gh"]
    assert lines("", 3) == []


@given(sentence_scores(), st.sampled_from((30, 60, 109)))
def test_any_cue_layout_shows_the_sentence(scored: SentenceScore, width: int) -> None:
    # Letters and brackets of the sentence's own could not be told from those of the marks.
    assume(not set("[]HRT") & set(scored.sentence.text))
    lines = table(make_score([scored], title="t"), width=width, language="en").split("\n")[3:]
    label = re.compile(r" {5}[HRT] (attribution_hedging|relay_sourcing|threat_rhetoric)( |$)|$")
    end = next(at for at, line in enumerate(lines) if label.match(line))
    shown = re.sub(r"\[|\][HRT]+", "", "".join(line[5:] for line in lines[:end]))
    invisible = "[\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    expected = re.sub(invisible, "", clean(scored.sentence.text))
    assert squeeze(shown) == squeeze(expected)


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["", "bold"])), max_size=4), st.integers(2, 20))
def test_wrap_loses_nothing_but_spaces(pieces: list[tuple[str, str]], width: int) -> None:
    lines = wrap(pieces, width)
    for style in ("", "bold"):
        written = "".join(text for line in lines for text, of in line if of == style)
        assert squeeze(written) == squeeze("".join(text for text, of in pieces if of == style))
    for line in lines:
        cells = [cell_len(char) for text, _ in line for char in text]
        assert sum(cells) <= width or len(cells) == 1


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)
