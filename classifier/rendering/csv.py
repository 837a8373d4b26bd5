"""One row a sentence, for spreadsheets and data frames.

RFC 4180: UTF-8, commas, one header row. Several devices or cue texts in one cell stand in the
order of the sentence, separated by `` | ``. Numbers that do not exist are empty cells.

**Formulas.** A spreadsheet runs a cell that starts with ``=``, ``+``, ``-``, ``@``, a tab or a
line break, quoted or not, and article text comes from anywhere (a dialogue simply opens with a
dash). Such cells get an apostrophe in front, as does one that already has apostrophes before such a
character, so that :func:`restore` gives back the exact text. JSON lines hold the text untouched.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from classifier.records import ArticleScore, LabelScore, SentenceScore
from classifier.rendering.chain import sentence_origins
from classifier.rendering.jsonl import DEPTH_LABEL
from classifier.schema import load_schema

SEPARATOR = " | "

# The full-width forms are what some spreadsheets fold into the plain ones.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_PROTECTED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def columns() -> tuple[str, ...]:
    """Return the names of the columns, in order."""
    names = ["id", "title", "index", "field", "kind", "start", "end", "text"]
    for label in load_schema().names:
        names += [f"{label}_{part}" for part in ("probability", "positive", "devices", "cues")]
        if label == DEPTH_LABEL:
            names.append(f"{label}_depth")
    return (*names, "withdrawn", "model_sha256", "headline", "origins")


def rows(score: ArticleScore) -> Iterator[list[str]]:
    """Yield one row a sentence, in reading order; cells are strings, formulas disarmed."""
    labels = load_schema().names
    origins = sentence_origins(score)
    for item in score.sentences:
        sentence = item.sentence
        row = [score.id, score.title, str(sentence.index), sentence.field, sentence.kind]
        row += [str(sentence.start), str(sentence.end), sentence.text]
        for label in labels:
            row += _cells(label, item)
        withdrawn = (f"{name}: {of.withdrawn}" for name, of in item.labels.items() if of.withdrawn)
        row += [SEPARATOR.join(withdrawn), score.model.sha256, _headline(score, item)]
        row.append(SEPARATOR.join(origins.get(item.sentence.index, ())))
        yield [protect(cell) for cell in row]


def write(scores: Iterable[ArticleScore], stream: TextIO) -> None:
    """Write the header and every sentence; files want to be opened with ``newline=""``."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns())
    for score in scores:
        writer.writerows(rows(score))


def protect(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula."""
    cell = _SURROGATE.sub("\ufffd", cell)
    return "'" + cell if _FORMULA.match(cell) else cell


def restore(cell: str) -> str:
    """Undo :func:`protect`."""
    return cell[1:] if _PROTECTED.match(cell) else cell


def _headline(score: ArticleScore, item: SentenceScore) -> str:
    """What a headline does, on its own row; what a sentence is to it, on the body's."""
    said: list[str] = []
    for headline in score.headlines:
        if item.sentence.field == headline.field:
            said += [f"{headline.field}: {name}" for name in headline.found]
        elif item.sentence.field == "text":
            if any(match.sentence == item.sentence.index for match in headline.matches):
                said.append(f"{headline.field}: claim")
            if item.sentence.index in headline.restrictions:
                said.append(f"{headline.field}: limit")
    return SEPARATOR.join(said)


def _cells(label: str, item: SentenceScore) -> list[str]:
    score = item.labels.get(label, LabelScore(float("nan"), False))
    text = item.sentence.text
    probability = float(score.probability)
    cells = [
        "" if probability != probability else repr(probability),
        "true" if score.positive else "false",
        SEPARATOR.join(dict.fromkeys(cue.device for cue in score.cues)),
        SEPARATOR.join(text[cue.start : cue.end] for cue in score.cues),
    ]
    if label == DEPTH_LABEL:
        cells.append("" if score.depth is None else str(score.depth))
    return cells
