"""What fine-tuning learns from: sentences with gold or soft labels, padded, in batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Sampler

from classifier.corpus.dataset import LabelledDocuments
from classifier.errors import UsageError
from classifier.models.camembert.inputs import Row, make_batch, token_marks
from classifier.models.camembert.model import CamembertModel
from classifier.models.camembert.settings import CamembertSettings
from classifier.models.camembert.soft import read_soft_labels


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with its gold, or a teacher's say of it.

    Attributes:
        labels: shape (labels,), in [0, 1].
        marks: shape (tokens, devices), for the token head.
        weight: of its loss.
    """

    row: Row
    labels: NDArray[np.float32]
    marks: NDArray[np.float32] | None
    weight: float = 1.0


def make_examples(model: CamembertModel, data: LabelledDocuments) -> list[Example]:
    """Return the units that can carry a label, in order, as the network reads them."""
    marked = model.reader.settings.token_head
    rows = (row for document in data.documents for row in model.reader.rows(document))
    return [
        Example(
            row, data.gold[number].astype(np.float32), token_marks(row, cues) if marked else None
        )
        for number, (row, cues) in enumerate(zip(rows, data.cues, strict=True))
        if row is not None
    ]


def make_soft_examples(model: CamembertModel, settings: CamembertSettings) -> list[Example]:
    """Return the sentences of the settings' soft labels; none without such a file.

    Raises:
        DataError: see :func:`classifier.models.camembert.soft.read_soft_labels`.
        UsageError: with a token head, which soft labels cannot teach.
    """
    if not settings.soft:
        return []
    if settings.token_head:
        raise UsageError("settings: soft", "with token_head", "soft labels without a token head")
    return [
        Example(row, one.targets[number], None, settings.soft_weight)
        for one in read_soft_labels(Path(settings.soft))
        for number, row in enumerate(model.reader.rows(one.document))
        if row is not None and number in one.targets
    ]


@dataclass(frozen=True)
class Collator:
    """Pads the examples of one batch to the longest of them.

    Attributes:
        weighted: whether each example's own weight goes into the loss.
    """

    pad: int
    weighted: bool = False

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        batch = make_batch([one.row for one in examples], self.pad)
        given = {
            "ids": torch.from_numpy(batch.ids),
            "attention": torch.from_numpy(batch.attention),
            "own": torch.from_numpy(batch.own),
            "labels": torch.from_numpy(np.stack([one.labels for one in examples])),
        }
        if batch.features.size:
            given["features"] = torch.from_numpy(batch.features)
        if self.weighted:
            given["weights"] = torch.tensor([one.weight for one in examples])
        if examples[0].marks is not None:
            marks = np.zeros((*batch.ids.shape, examples[0].marks.shape[1]), dtype=np.float32)
            for number, one in enumerate(examples):
                if one.marks is not None:
                    marks[number, : len(one.row.ids)] = one.marks
            given["marks"] = torch.from_numpy(marks)
        return given


_POOL = 50
"""Batches among whose examples those of like length are put together."""


class ByLength(Sampler[int]):  # type: ignore[misc]
    """Examples in batches of like length, in an order that seed and epoch alone decide.

    Args:
        lengths: of the examples, in tokens.
        batch: examples in a batch.
    """

    def __init__(self, lengths: list[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed = lengths, batch, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Tell which epoch comes next; the Trainer calls it, when it resumes too."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        draw = torch.Generator().manual_seed(self.seed + 1_000_003 * self.epoch)
        order = torch.randperm(len(self), generator=draw).tolist()
        pool = _POOL * self.batch
        alike = [
            number
            for start in range(0, len(order), pool)
            for number in sorted(order[start : start + pool], key=self.lengths.__getitem__)
        ]
        batches = [alike[start : start + self.batch] for start in range(0, len(alike), self.batch)]
        # Short after long, again and again, would teach each kind's share of positives in turn.
        # The last batch may not be full, so it stays where it is.
        shuffled = torch.randperm(max(0, len(batches) - 1), generator=draw).tolist()
        return itertools.chain.from_iterable(
            [*(batches[number] for number in shuffled), *batches[-1:]]
        )
