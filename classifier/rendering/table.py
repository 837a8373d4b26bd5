"""The terminal's view: the whole article, its cues marked, its labels beside or below.

With colours, a cue is underlined in the colour of its label and followed by the label's letter in
small. Without (no terminal, ``NO_COLOR``, ``color=False``), the same stands as ``[selon lui]H``.
Colours tell the labels apart and judge nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from classifier.records import ArticleScore, SentenceScore
from classifier.rendering.chain import chain_branches, chain_figures
from classifier.rendering.jsonl import DEPTH_LABEL
from classifier.rendering.marking import (
    Hidden,
    clean,
    cut,
    figures,
    marks_of,
    shown_labels,
)
from classifier.rendering.signals import headline_lines, resemblance_lines, signal_lines
from classifier.rendering.words import percent, phrase, say
from classifier.schema import Label, load_schema

Piece = tuple[str, str]  # text and rich style
Line = list[Piece]

# Mid-tones that hold on light and dark grounds: amber, blue, magenta; then cyan for a fourth.
_COLORS = ("color(172)", "color(33)", "color(169)", "color(37)")
_SMALL = {"H": "ᴴ", "R": "ᴿ", "T": "ᵀ"}
_DIM, _BOLD, _NOTE = "dim", "bold", "italic"

_NARROWEST, _SIDE_BY_SIDE, _ROOMY = 30, 110, 140  # columns of the whole output
_WIDEST_TEXT, _LABEL_COLUMN, _ROOMY_LABEL_COLUMN, _GUTTER = 100, 42, 58, 3
_DEFAULT_WIDTH = 80

# Invisible, and able to turn the reading order of what follows on the line or to hide a hyphen.
_INVISIBLE = re.compile("[\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Spaces at which a line may break: not the no-break ones (00a0, 2007, 202f).
_BREAKABLE = frozenset(" \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u3000")
_OPENING, _CLOSING = frozenset("«‹–—"), frozenset("»›:;!?–—")


@dataclass(frozen=True, slots=True)
class _View:
    """How to show: language, what is hidden, columns, colours or brackets."""

    language: str
    hidden: Hidden
    width: int
    color: bool

    def say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def style(self, position: int) -> str:
        return _COLORS[position % len(_COLORS)] if self.color else ""


def write(
    scores: Iterable[ArticleScore],
    stream: TextIO,
    *,
    language: str = "fr",
    hidden: Hidden = frozenset(),
    width: int | None = None,
    color: bool | None = None,
) -> None:
    """Write each article with its summary, then one legend; nothing where there is no article."""
    if color is None:
        color = _wants_color(stream)
    console = Console(
        file=stream,
        force_terminal=color,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    if width is None:
        width = console.width if _is_terminal(stream) or "COLUMNS" in os.environ else _DEFAULT_WIDTH
    view = _View(language, hidden, max(width, _NARROWEST), color)
    written = False
    for score in scores:
        _print(console, _article(score, view))
        written = True
    if written:
        _print(console, _legend(view))


def wrap(pieces: Iterable[Piece], width: int, rest: int | None = None) -> list[Line]:
    """Break styled text into lines of at most ``width`` terminal cells, ``rest`` after the first.

    Breaks at ordinary spaces, which are dropped there, never inside « quotation marks » or before
    French double punctuation; a word longer than a line is cut.
    """
    cells = [(char, style) for text, style in pieces for char in text]
    widths = [1 if " " <= char <= "~" else cell_len(char) for char, _ in cells]
    lines: list[Line] = []
    start = 0
    while start < len(cells):
        if lines and rest is not None:
            width = rest
        stop, used, space = start, 0, -1
        while stop < len(cells) and used + widths[stop] <= width:
            used += widths[stop]
            if _may_break(cells, stop):
                space = stop
            stop += 1
        if stop < len(cells) and _may_break(cells, stop):
            space = stop
        if stop == len(cells):
            end = after = stop
        elif space > start:
            end, after = space, space + 1
        else:
            end = after = max(stop, start + 1)
        lines.append(_join(cells[start:end]))
        while after < len(cells) and end != after and cells[after][0] in _BREAKABLE:
            after += 1
        start = after
    return lines


def _may_break(cells: Sequence[Piece], at: int) -> bool:
    if cells[at][0] not in _BREAKABLE:
        return False
    before = cells[at - 1][0] if at else ""
    after = cells[at + 1][0] if at + 1 < len(cells) else ""
    return before not in _OPENING and after not in _CLOSING


def _join(cells: Iterable[Piece]) -> Line:
    line: Line = []
    for char, style in cells:
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + char, style)
        else:
            line.append((char, style))
    return line


def _article(score: ArticleScore, view: _View) -> list[Line]:
    lines = _header(score, view)
    for item in score.sentences:
        lines += _sentence(item, view)
    return [*lines, [], *_summary(score, view), *_chain(score, view), *_signals(score, view), []]


def _header(score: ArticleScore, view: _View) -> list[Line]:
    title = _fit(_plain(score.title or score.id), view.width - 6)
    rule = "━" * (view.width - cell_len(title) - 4)
    lines: list[Line] = [[("━━ ", _DIM), (title, _BOLD), (f" {rule}", _DIM)]]
    about = [_plain(score.id), f"{view.say('article_language')} {_plain(score.language) or '–'}"]
    if score.article is not None and score.article.publisher:
        about.insert(1, _plain(score.article.publisher))
    lines += _indent([(" · ".join(about), _DIM)], view, 3)
    for warning in score.warnings:
        said = _plain(phrase(warning, view.language))
        lines += _indent([(f"! {view.say('warning')}{said}", _NOTE)], view, 3, 5)
    return [*lines, []]


def _sentence(item: SentenceScore, view: _View) -> list[Line]:
    sentence = item.sentence
    number: Line = [(f"{sentence.index:>3}  ", _DIM)]
    margin: Line = [("     ", "")]
    ground = {"headline": _BOLD, "credit": _DIM}.get(sentence.kind, "")
    text = _marked(item, view, ground)
    labels = _labels(item, view)
    if sentence.kind == "credit":
        labels = [[(view.say("credit").lower(), _DIM)], *labels]
    room = view.width - 5
    if view.width < _SIDE_BY_SIDE:
        body = wrap(text, room) or [[]]
        notes = [line for label in labels for line in _hang(label, room, 2)]
        return [[*(margin if at else number), *line] for at, line in enumerate([*body, *notes])]
    column = _LABEL_COLUMN if view.width < _ROOMY else _ROOMY_LABEL_COLUMN
    room = min(room - _GUTTER - column, _WIDEST_TEXT)
    body = wrap(text, room) or [[]]
    notes = [line for label in labels for line in _hang(label, column, 2)]
    lines: list[Line] = []
    for at in range(max(len(body), len(notes))):
        line = [*(margin if at else number), *(body[at] if at < len(body) else [])]
        if at < len(notes):
            used = sum(cell_len(piece) for piece, _ in line)
            line += [(" " * max(1, 5 + room + _GUTTER - used), ""), *notes[at]]
        lines.append(line)
    return lines


def _marked(item: SentenceScore, view: _View, ground: str) -> Line:
    segments = cut(clean(item.sentence.text), marks_of(shown_labels(item, view.hidden)))
    return _nested(
        [(_INVISIBLE.sub("", part.text), part.labels) for part in segments], (), view, ground
    )


def _nested(
    runs: Sequence[tuple[str, tuple[str, ...]]], inside: tuple[str, ...], view: _View, ground: str
) -> Line:
    """Mark what ``runs`` show beyond the labels ``inside``: the longest stretch outermost.

    Labels that cross are cut where the outer one ends: ``[a [b]R]H[c]R``.
    """
    pieces: Line = []
    at = 0
    while at < len(runs):
        text, names = runs[at]
        ends = {name: _run_end(runs, at, name) for name in names if name not in inside}
        if not ends:
            pieces.append((text, ground))
            at += 1
            continue
        end = max(ends.values())
        opened = [name for name in ends if ends[name] == end]
        codes = [entry for entry in enumerate(load_schema().labels) if entry[1].name in opened]
        bold = f"{_BOLD} " if _BOLD in ground else ""
        inner = f"{bold}underline {view.style(codes[-1][0])}" if view.color else ground
        marked = _nested(runs[at:end], (*inside, *opened), view, inner)
        if view.color:
            pieces += marked
            pieces += [(_SMALL.get(of.code, of.code), f"bold {view.style(n)}") for n, of in codes]
        else:
            pieces += [("[", ground), *marked, ("]" + "".join(of.code for _, of in codes), ground)]
        at = end
    return pieces


def _run_end(runs: Sequence[tuple[str, tuple[str, ...]]], start: int, name: str) -> int:
    end = start
    while end < len(runs) and name in runs[end][1]:
        end += 1
    return end


def _labels(item: SentenceScore, view: _View) -> list[Line]:
    labels = load_schema().labels
    widest = max(len(label.name) for label in labels)
    shown = shown_labels(item, view.hidden)
    lines: list[Line] = []
    for at, label in enumerate(labels):
        if label.name not in item.labels:
            continue
        score = item.labels[label.name]
        name = f"{label.code} {label.name:<{widest}} {_odds(score.probability)} "
        if label.name in shown:
            said = [*dict.fromkeys(_device(cue.device, label, view) for cue in shown[label.name])]
            if not said:
                said = [view.say("no_cue")]
            if score.depth is not None:
                said.append(view.say("hands", depth=score.depth))
            lines.append([(name, view.style(at)), (", ".join(said), "")])
        elif score.withdrawn:
            reason = view.say("withdrawn_because", reason=phrase(score.withdrawn, view.language))
            lines.append([(name + _plain(reason), _DIM)])
    return lines


def _device(name: str, label: Label, view: _View) -> str:
    """The device's own name, which is what ``hide`` takes; words for what the schema has not."""
    return name if name in label.device_names else view.say("weights")


def _summary(score: ArticleScore, view: _View) -> list[Line]:
    schema = load_schema()
    facts = figures(score, view.hidden)
    counted = view.say("units", total=facts["sentences"])
    if facts["credits"]:
        counted += f", {view.say('credits', total=facts['credits'])}"
    lines = _indent([(view.say("summary"), _BOLD), (counted, "")], view, 3, 5)
    widest = max(len(label.name) for label in schema.labels)
    for at, label in enumerate(schema.labels):
        entry = facts["labels"].get(label.name)
        if entry is None:
            continue
        share = percent(entry["share"], view.language)
        line: Line = [
            (f"{label.code} {label.name:<{widest}} ", view.style(at)),
            (f"{share:>6}", _BOLD),
            (f"  {entry['positive']}/{facts['sentences']}", ""),
        ]
        line += [(f"  {said}", _DIM) for said in _details(label, facts, view)]
        lines += _indent(line, view, 3, 5)
    if view.hidden:
        names = ", ".join(sorted(".".join(pair) for pair in view.hidden))
        lines += _indent([(view.say("hidden_list", names=names), _NOTE)], view, 3, 5)
    return lines


def _chain(score: ArticleScore, view: _View) -> list[Line]:
    """The chain of hands, one branch a line, the longest first."""
    if score.chain is None or not score.chain.edges:
        return []
    figures_ = " · ".join(chain_figures(score.chain, view.language))
    head: Line = [(f"{view.say('chain')}{view.say('colon')}", _BOLD), (figures_, "")]
    lines = [[], *_indent(head, view, 3, 5)]
    for branch in chain_branches(score.chain, view.language):
        lines += _indent([(_plain(branch), "")], view, 5, 7)
    return [*lines, []]


def _signals(score: ArticleScore, view: _View) -> list[Line]:
    """What the headlines do, the signals, and the resemblance score where it was asked for."""
    lines: list[Line] = []
    for name, said in headline_lines(score, view.language):
        lines += _indent([(f"{name}{view.say('colon')}", _BOLD), (said[0], "")], view, 3, 5)
        for more in said[1:]:
            lines += _indent([(more, "")], view, 5, 7)
    if score.signals:
        lines += [[], *_indent([(view.say("signals"), _BOLD)], view, 3)]
        lines += _indent([(view.say("signals_hint"), _DIM)], view, 3)
    for name, value, place in signal_lines(score, view.language):
        line: Line = [(f"{name}{view.say('colon')}", ""), (value, _BOLD), (f"  {place}", _DIM)]
        lines += _indent(line, view, 3, 5)
    if score.resemblance is not None:
        first, *limits = resemblance_lines(score.resemblance, view.language)
        head = f"{view.say('resemblance')}{view.say('colon')}"
        lines += [[], *_indent([(head, _BOLD), (first, "")], view, 3, 5)]
        for limit in limits:
            lines += _indent([(limit, _DIM)], view, 5, 7)
    return lines


def _details(label: Label, facts: Mapping[str, Any], view: _View) -> list[str]:
    said: list[str] = []
    mild = [d.name for d in label.devices if d.mild and (label.name, d.name) not in view.hidden]
    strong = facts["without_mild"].get(label.name)
    if strong and mild:
        without = view.say("without", device="/".join(mild))
        said.append(f"{without} {percent(strong['share'], view.language)} ({strong['positive']})")
    if label.name == DEPTH_LABEL and facts["max_depth"] is not None:
        said.append(view.say("max_depth", depth=facts["max_depth"]))
    counts = [
        f"{_device(device, label, view)} {count}"
        for device, count in facts["devices"].get(label.name, {}).items()
        if count and (label.name, device) not in view.hidden
    ]
    return [*said, ", ".join(counts)] if counts else said


def _legend(view: _View) -> list[Line]:
    line: Line = []
    for at, label in enumerate(load_schema().labels):
        if line:
            line.append((" · ", _DIM))
        line.append((f"{label.code} ", f"bold {view.style(at)}".strip()))
        line.append((label.title[view.language].lower(), view.style(at)))
    return [*wrap(line, view.width), *wrap([(view.say("no_verdict"), _DIM)], view.width)]


def _indent(line: Line, view: _View, first: int, rest: int | None = None) -> list[Line]:
    rest = first if rest is None else rest
    return [
        [(" " * (rest if at else first), ""), *part]
        for at, part in enumerate(wrap(line, view.width - first, view.width - rest))
    ]


def _hang(line: Line, width: int, indent: int) -> list[Line]:
    first, *others = wrap(line, width, width - indent) or [[]]
    return [first, *([(" " * indent, ""), *part] for part in others)]


def _odds(probability: float) -> str:
    """``.93``, three cells wide; ``1.0`` from .995 on, ``  –`` for none."""
    if probability != probability:
        return "  –"
    text = f"{probability:.2f}"
    return "1.0" if text == "1.00" else text[1:]


def _fit(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    [line, *_] = wrap([(text, "")], width - 1)
    return "".join(piece for piece, _ in line) + "…"


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", clean(text))


def _print(console: Console, lines: Iterable[Line]) -> None:
    for line in lines:
        text = Text.assemble(*line)
        text.rstrip()
        console.print(text, soft_wrap=True)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _wants_color(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal(stream) and os.environ.get("TERM") not in ("dumb", "unknown")
