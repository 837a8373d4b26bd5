"""What an encoder reads of a document: the sentence with those before it, as token ids.

Needs the package ``tokenizers`` alone. An input is ``<s> before </s> sentence </s>``; the sentence
comes first when there is not room for all, then the nearest of the units before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document
from classifier.errors import MissingExtraError
from classifier.models.camembert.settings import InputSettings
from classifier.models.cues import CueLexicon
from classifier.models.features import UnitView, view_document
from classifier.records import Cue
from classifier.schema import load_schema
from classifier.text.normalise import NormalText, normalise

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One unit as an encoder reads it.

    Attributes:
        ids: token ids, special tokens included.
        own: first and past-last position of the unit's own tokens in ``ids``.
        spans: of each own token, offsets into the normalised text.
        normal: the unit's normalised text.
        truncated: whether words of the unit itself were left out.
        shortened: whether words of the units before were left out.
        features: shape (:func:`feature_count`,), lexicon evidence; empty without cue features.
    """

    ids: tuple[int, ...]
    own: Span
    spans: tuple[Span, ...]
    normal: NormalText
    truncated: bool
    shortened: bool
    features: NDArray[np.float32]

    def original_span(self, first: int, last: int) -> Span:
        """Return original offsets of own tokens ``first`` to ``last``, both included."""
        return self.normal.original_span(self.spans[first][0], self.spans[last][1])


def devices() -> tuple[tuple[str, str], ...]:
    """Return (label, device) pairs in schema order: the token head's columns."""
    return tuple(
        (label.name, device) for label in load_schema().labels for device in label.device_names
    )


def feature_count() -> int:
    """Return the number of cue features: each device here, each before, each label here twice."""
    return 2 * len(devices()) + len(load_schema().labels)


def cue_vector(view: UnitView) -> NDArray[np.float32]:
    """Return a unit's lexicon evidence as 0 and 1, shape (:func:`feature_count`,)."""
    own = _shown(view.found)
    before = _shown(view.before.found) if view.before is not None else set()
    values = [pair in own for pair in devices()]
    values += [pair in before for pair in devices()]
    values += [len(view.found.get(name, ())) > 1 for name in load_schema().names]
    return np.array(values, dtype=np.float32)


def _shown(found: dict[str, tuple[Cue, ...]]) -> set[tuple[str, str]]:
    return {(label, cue.device) for label, cues in found.items() for cue in cues}


def parse_tokenizer(content: bytes) -> Any:
    """Return the tokenizer of a ``tokenizer.json``, without its own cutting and padding.

    Raises:
        MissingExtraError: the package ``tokenizers`` is not installed.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtraError("an encoder's model", "onnx") from None
    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@dataclass(frozen=True)
class InputReader:
    """Turns documents into rows of token ids."""

    tokenizer: Any
    settings: InputSettings
    lexicon: CueLexicon

    def rows(self, document: Document) -> list[Row | None]:
        """Return a row for each unit of a document; None for credit lines, which carry nothing."""
        views: Sequence[UnitView | None] = [None] * len(document.sentences)
        if self.settings.cue_features:
            views = view_document(document, self.lexicon)
        rows: list[Row | None] = []
        before: list[list[int]] = []
        last = -1
        for sentence, view in zip(document.sentences, views, strict=True):
            # In a run taken from a longer article the unit before may not have been read.
            if sentence.index != last + 1:
                before = []
            last = sentence.index
            if sentence.kind == "credit":
                rows.append(None)
                continue
            normal = view.normal if view is not None else normalise(sentence.text)
            encoded = self.tokenizer.encode(normal.text, add_special_tokens=False)
            features = cue_vector(view) if view is not None else np.zeros(0, dtype=np.float32)
            rows.append(self._row(encoded.ids, encoded.offsets, normal, before, features))
            if self.settings.context:
                before = [*before, encoded.ids][-self.settings.context :]
        return rows

    def _row(
        self,
        ids: list[int],
        offsets: list[Span],
        normal: NormalText,
        before: Sequence[list[int]],
        features: NDArray[np.float32],
    ) -> Row:
        room = self.settings.max_tokens - 2
        own = ids[:room]
        room -= len(own)
        context: list[int] = []
        shortened = False
        for unit in reversed(before):
            # What stands nearest to the sentence is kept: the end of the unit before.
            kept = unit[-(room - 1) :] if room > 1 else []
            shortened = shortened or len(kept) < len(unit)
            if not kept:
                break
            context = [*kept, self.settings.separator, *context]
            room -= len(kept) + 1
        start = 1 + len(context)
        return Row(
            (self.settings.begin, *context, *own, self.settings.separator),
            (start, start + len(own)),
            tuple(offsets[: len(own)]),
            normal,
            len(own) < len(ids),
            shortened,
            features,
        )


@dataclass(frozen=True)
class Batch:
    """Rows padded to the longest of them.

    Attributes:
        ids, attention, own: shape (rows, tokens), int64; 1 where a token stands, 1 where it is the
            sentence's own.
        features: shape (rows, features), float32.
    """

    ids: NDArray[np.int64]
    attention: NDArray[np.int64]
    own: NDArray[np.int64]
    features: NDArray[np.float32]


def make_batch(rows: Sequence[Row], pad: int) -> Batch:
    """Pad rows to the longest of them; a sentence without tokens is read by its first one."""
    width = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    attention = np.zeros_like(ids)
    own = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = row.ids
        attention[number, : len(row.ids)] = 1
        start, end = row.own if row.own[1] > row.own[0] else (0, 1)
        own[number, start:end] = 1
    return Batch(ids, attention, own, np.stack([row.features for row in rows]))


def token_marks(row: Row, cues: dict[str, tuple[Cue, ...]]) -> NDArray[np.float32]:
    """Return which devices each token of a row shows, shape (tokens, devices).

    Args:
        cues: gold, per label, offsets into the unit's original text.
    """
    marks = np.zeros((len(row.ids), len(devices())), dtype=np.float32)
    column = {pair: number for number, pair in enumerate(devices())}
    for label, found in cues.items():
        for cue in found:
            place = column.get((label, cue.device))
            if place is None:
                continue
            for number in range(len(row.spans)):
                start, end = row.original_span(number, number)
                if start < cue.end and cue.start < end:
                    marks[row.own[0] + number, place] = 1
    return marks
