"""What models with an encoder share, whoever runs the network: reading, probabilities, evidence.

Articles are scored one at a time, and the sentences of one article together, sorted by length: a
probability never depends on what other articles are in a batch.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document
from classifier.models.base import Model, Probabilities, label_count
from classifier.models.calibration import sigmoid
from classifier.models.camembert.inputs import (
    Batch,
    InputReader,
    Row,
    devices,
    make_batch,
    parse_tokenizer,
)
from classifier.models.camembert.settings import InputSettings
from classifier.models.cues import CueLexicon, parse_lexicon
from classifier.models.reading import Reading
from classifier.models.store import ModelFiles
from classifier.records import Cue
from classifier.schema import load_schema, resource_bytes

Floats = NDArray[np.float64]
TokenScores = NDArray[np.float32]

MOST_TOKENS = 320
"""Tokens of one forward pass, padding included; more of them gain no speed on a processor."""

PIECES = 8
"""Into how many pieces a sentence is cut to find the words that decide."""


@dataclass(kw_only=True)
class EncoderModel(Model):
    """A network over token ids; see :class:`classifier.models.base.Model`.

    Attributes:
        inputs: what the network is given.
        tokenizer_source: the bytes of ``tokenizer.json``.
        calibration: Platt's slope and offset, shape (labels, 2).
    """

    inputs: InputSettings | None = None
    tokenizer_source: bytes = field(default=b"", repr=False)
    calibration: Floats = field(default_factory=lambda: np.tile([1.0, 0.0], (label_count(), 1)))
    thresholds: Floats = field(default_factory=lambda: np.full(label_count(), 0.5))
    lexicon_source: bytes = field(default_factory=lambda: resource_bytes("cues.toml"), repr=False)

    @abstractmethod
    def run(self, batch: Batch) -> tuple[Floats, TokenScores | None]:
        """Return raw scores, shape (rows, labels), and the token head's, (rows, tokens, devices).

        The latter is None for a network without token head.
        """

    @cached_property
    def lexicon(self) -> CueLexicon:
        """The lexicon that the model was trained with; it travels in the model directory."""
        return parse_lexicon(self.lexicon_source)

    @cached_property
    def reader(self) -> InputReader:
        """What turns documents into rows of token ids."""
        if self.inputs is None:
            raise ValueError("found a model that is not trained; expected fit() or load() first")
        return InputReader(parse_tokenizer(self.tokenizer_source), self.inputs, self.lexicon)

    def scores(self, rows: Sequence[Row]) -> tuple[Floats, list[TokenScores]]:
        """Run the network over rows, sorted by length.

        Returns:
            raw scores, shape (rows, labels), and for each row the token head's scores of its own
            tokens, shape (own tokens, devices); an empty list without token head.
        """
        scores = np.zeros((len(rows), label_count()))
        tokens: dict[int, TokenScores] = {}
        pad = self.reader.settings.pad
        for numbers in _portions(rows):
            found, marked = self.run(make_batch([rows[number] for number in numbers], pad))
            scores[numbers] = found
            if marked is not None:
                for place, number in enumerate(numbers):
                    start, end = rows[number].own
                    tokens[number] = marked[place, start:end]
        return scores, [tokens[number] for number in range(len(rows))] if tokens else []

    def raw_scores(self, documents: Sequence[Document]) -> Floats:
        """Return scores before calibration, a row for every unit; 0 for credit lines."""
        parts = [np.zeros((0, label_count()))]
        for document in documents:
            rows = self.reader.rows(document)
            part = np.zeros((len(rows), label_count()))
            readable = [number for number, row in enumerate(rows) if row is not None]
            part[readable] = self.scores([row for row in rows if row is not None])[0]
            parts.append(part)
        return np.concatenate(parts)

    def calibrated(self, scores: Floats) -> Probabilities:
        """Return probabilities of raw scores, shape (n, labels)."""
        return sigmoid(scores * self.calibration[:, 0] + self.calibration[:, 1])

    def predict_proba(self, documents: Sequence[Document]) -> Probabilities:
        """Return one row for every unit of the documents, in order."""
        return np.concatenate(
            [
                np.zeros((0, label_count())),
                *[self.read(document).probabilities for document in documents],
            ]
        )

    def read(self, document: Document) -> Reading:
        """Return probabilities, what was cut, and the token head's evidence, if it has one."""
        rows = self.reader.rows(document)
        readable = [number for number, row in enumerate(rows) if row is not None]
        given = [row for row in rows if row is not None]
        scores, marked = self.scores(given)
        probabilities = np.zeros((len(rows), label_count()))
        probabilities[readable] = self.calibrated(scores)
        cues: list[Mapping[str, tuple[Cue, ...]]] = []
        if marked:
            cues = [{} for _ in rows]
            for number, row, tokens in zip(readable, given, marked, strict=True):
                cues[number] = token_cues(row, tokens)
        place = {number: order for order, number in enumerate(readable)}

        def explain(number: int, column: int) -> Sequence[tuple[int, int]]:
            order = place[number]
            if marked:
                return best_token(given[order], marked[order], column)
            return self.decisive_piece(given[order], float(scores[order, column]), column)

        truncated = tuple(
            unit.index
            for unit, row in zip(document.sentences, rows, strict=True)
            if row is not None and row.truncated
        )
        return Reading(probabilities, truncated, cues, explain)

    def decisive_piece(self, row: Row, score: float, column: int) -> list[tuple[int, int]]:
        """Return the span without which the label's score falls most.

        The sentence is cut into at most :data:`PIECES` pieces of whole words, and each is left out
        once: an answer about the input, not about the network's insides.
        """
        pieces = list(_pieces(row))
        if len(pieces) < 2:
            return [trimmed(row, *piece) for piece in pieces]
        start = row.own[0]
        without = [
            replace(
                row,
                ids=row.ids[: start + first] + row.ids[start + last + 1 :],
                own=(start, row.own[1] - (last - first + 1)),
                spans=row.spans[:first] + row.spans[last + 1 :],
            )
            for first, last in pieces
        ]
        fall = score - self.scores(without)[0][:, column]
        return [trimmed(row, *pieces[int(np.argmax(fall))])]


def _portions(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Yield the numbers of the rows of each forward pass, rows of like length together."""
    order = sorted(range(len(rows)), key=lambda number: (len(rows[number].ids), number))
    portion: list[int] = []
    for number in order:
        if portion and (len(portion) + 1) * len(rows[number].ids) > MOST_TOKENS:
            yield portion
            portion = []
        portion.append(number)
    if portion:
        yield portion


def _starts_word(row: Row, number: int) -> bool:
    """Say whether a word begins with an own token; SentencePiece counts the space to the word."""
    text, (start, end) = row.normal.text, row.spans[number]
    if number == 0 or text[start:end].startswith(" "):
        return True
    before = row.spans[number - 1]
    # A space that is a token of its own belongs to the word after it.
    return text[start - 1] in " '" and not text[before[0] : before[1]].isspace()


def _words(row: Row) -> list[tuple[int, int]]:
    """Return the first and last own token of each word."""
    starts = [number for number in range(len(row.spans)) if _starts_word(row, number)]
    pairs = zip(starts, [*starts[1:], len(row.spans)], strict=True)
    words = [(start, end - 1) for start, end in pairs]
    return [word for word in words if np.diff(trimmed(row, *word))[0] > 0]


def _pieces(row: Row) -> Iterator[tuple[int, int]]:
    """Yield the first and last own token of at most PIECES runs of whole words, alike in length."""
    words = _words(row)
    for group in np.array_split(np.arange(len(words)), max(1, min(PIECES, len(words)))):
        if len(group):
            yield words[group[0]][0], words[group[-1]][1]


def trimmed(row: Row, first: int, last: int) -> tuple[int, int]:
    """Return the original span of own tokens ``first`` to ``last``, without spaces around it."""
    start, end = row.spans[first][0], row.spans[last][1]
    inside = row.normal.text[start:end]
    start += len(inside) - len(inside.lstrip())
    end -= len(inside) - len(inside.rstrip())
    return row.normal.original_span(start, max(end, start))


def token_cues(row: Row, scores: TokenScores) -> dict[str, tuple[Cue, ...]]:
    """Return the runs of words that the token head takes for cues, per label.

    A word counts as a whole: the mean over its tokens decides.

    Args:
        scores: shape (own tokens, devices), raw.
    """
    words = _words(row)
    means = [scores[first : last + 1].mean(axis=0) for first, last in words]
    found: dict[str, list[Cue]] = {}
    for column, (label, device) in enumerate(devices()):
        first = None
        for number in range(len(words) + 1):
            on = number < len(words) and means[number][column] > 0
            if on and first is None:
                first = words[number][0]
            elif not on and first is not None:
                start, end = trimmed(row, first, words[number - 1][1])
                if end > start:
                    found.setdefault(label, []).append(Cue(start, end, device))
                first = None
    return {label: tuple(sorted(cues)) for label, cues in found.items()}


def best_token(row: Row, scores: TokenScores, column: int) -> list[tuple[int, int]]:
    """Return the word that the token head holds most for a cue of the label."""
    name = load_schema().names[column]
    columns = [number for number, (label, _) in enumerate(devices()) if label == name]
    words = _words(row)
    held = [scores[first : last + 1, columns].mean(axis=0).max() for first, last in words]
    return [trimmed(row, *words[int(np.argmax(held))])] if words else []


def encoder_parts(files: ModelFiles) -> dict[str, object]:
    """Return what a model directory holds for any :class:`EncoderModel`, by attribute."""
    import msgspec

    return {
        "inputs": msgspec.convert(files.json("inputs"), InputSettings),
        "tokenizer_source": files.text("tokenizer.json"),
        "calibration": files.array("calibration"),
        "thresholds": np.array([files.manifest.thresholds[name] for name in load_schema().names]),
        "lexicon_source": files.text("cues.toml"),
    }
