"""Where pretraining begins: random weights, but heads that look at their neighbours.

With weights drawn at random, attention is nearly even, so that a masked token first sees a bag of
all words around it; a small model spends millions of tokens before a head finds its neighbours.
Two things spare it that. Positions begin as sinusoids (A. Vaswani et al., Attention Is All You
Need, 2017, section 3.5), and the first layer's queries and keys begin as the rotation that turns
position i into i + offset, so that each head attends near one offset. In the spirit of A. Trockman
and J. Z. Kolter, Mimetic Initialization of Self-Attention Layers (2023). Training may undo it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from transformers import CamembertForMaskedLM

Matrix = npt.NDArray[np.float64]

_WAVE = 10_000.0
_STANDARD_DEVIATION = 0.02


def position_table(positions: int, width: int) -> Matrix:
    """Return sinusoids, shape (positions, width), with the spread of other embeddings."""
    angles = np.arange(positions)[:, None] * _frequencies(width, width)
    table = np.empty((positions, width))
    table[:, 0::2], table[:, 1::2] = np.sin(angles), np.cos(angles)
    return table * _STANDARD_DEVIATION * np.sqrt(2)


def _frequencies(count: int, width: int) -> Matrix:
    return _WAVE ** (-np.arange(0, count, 2) / width)


def neighbour_matrices(width: int, offsets: tuple[int, ...], gain: float) -> tuple[Matrix, Matrix]:
    """Return query and key weights, shape (width, width), one head per offset.

    Each head reads the quickest sinusoids; its query is turned by its offset, so that query i meets
    key j best where j = i + offset. ``gain`` scales the logits.
    """
    head = width // len(offsets)
    waves = _frequencies(head, width)
    query, key = np.zeros((width, width)), np.zeros((width, width))
    sines, cosines = np.arange(0, head, 2), np.arange(1, head, 2)
    for number, offset in enumerate(offsets):
        rows = number * head
        turn, lift = np.cos(offset * waves), np.sin(offset * waves)
        query[rows + sines, sines], query[rows + sines, cosines] = turn, lift
        query[rows + cosines, sines], query[rows + cosines, cosines] = -lift, turn
        key[rows + np.arange(head), np.arange(head)] = 1
    return query * np.sqrt(gain), key * np.sqrt(gain)


def look_at_neighbours(model: CamembertForMaskedLM, offsets: tuple[int, ...], gain: float) -> None:
    """Set the position embeddings, and add the neighbours' pattern to the first layer."""
    import torch

    table = model.roberta.embeddings.position_embeddings
    with torch.no_grad():
        table.weight.copy_(torch.from_numpy(position_table(*table.weight.shape)))
        if table.padding_idx is not None:
            table.weight[table.padding_idx] = 0
        query, key = neighbour_matrices(table.weight.shape[1], offsets, gain)
        attention = model.roberta.encoder.layer[0].attention.self
        attention.query.weight.add_(torch.from_numpy(query))
        attention.key.weight.add_(torch.from_numpy(key))
