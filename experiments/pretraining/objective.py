"""Masked-language modelling: packed sequences, masked tokens, the loss at masked places alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch
    from transformers import CamembertForMaskedLM

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """The ids that masking must know.

    Attributes:
        start, end, mask: ids of ``<s>``, ``</s>`` and ``<mask>``.
        first: first id of a piece of text; all below are special.
        size: entries, the mask included.
    """

    start: int
    end: int
    mask: int
    first: int
    size: int


@dataclass(frozen=True)
class Batch:
    """One step's input.

    Attributes:
        inputs: shape (batch, length), some tokens masked or replaced.
        places: shape (n_masked,), where, in the flattened inputs.
        targets: shape (n_masked,), what stood there.
    """

    inputs: Tokens
    places: Tokens
    targets: Tokens


def pack_stream(stream: npt.NDArray[np.uint16], length: int, words: Vocabulary) -> Tokens:
    """Cut a stream of tokens into full sequences, ``<s>`` before and ``</s>`` behind each.

    Returns:
        shape (n_sequences, length); a rest too short for a sequence is dropped.
    """
    inside = length - 2
    rows = len(stream) // inside
    packed = np.empty((rows, length), dtype=np.uint16)
    packed[:, 0], packed[:, -1] = words.start, words.end
    packed[:, 1:-1] = stream[: rows * inside].reshape(rows, inside)
    return packed


def draw_rows(rows: int, batch: int, step: int, seed: int) -> Tokens:
    """Return the numbers of a step's sequences, shape (batch,): each once in an epoch.

    A function of the step alone, so that a run taken up again reads what it would have read.
    """
    per_epoch = max(1, rows // batch)
    epoch, place = divmod(step, per_epoch)
    order = np.random.default_rng((seed, 1, epoch)).permutation(rows)
    return order[place * batch : (place + 1) * batch]


def mask_tokens(
    sequences: npt.NDArray[np.uint16], share: float, words: Vocabulary, seed: tuple[int, ...]
) -> Batch:
    """Hide a share of the text's tokens, after J. Devlin et al., BERT (2019), section 3.1.

    Of those chosen, eight in ten become ``<mask>``, one a random piece, one stays as it is.
    """
    draw = np.random.default_rng(seed)
    inputs = sequences.astype(np.int64)
    flat = inputs.reshape(-1)
    text = np.flatnonzero((flat >= words.first) & (flat != words.mask))
    count = max(1, round(share * len(text)))
    places = np.sort(draw.choice(text, size=min(count, len(text)), replace=False))
    targets = flat[places].copy()
    fate = draw.random(len(places))
    flat[places[fate < 0.8]] = words.mask
    changed = places[(fate >= 0.8) & (fate < 0.9)]
    flat[changed] = draw.integers(words.first, words.mask, size=len(changed))
    return Batch(inputs, places, targets)


def masked_logits(model: CamembertForMaskedLM, batch: Batch) -> torch.Tensor:
    """Return the logits at masked places, shape (n_masked, n_vocabulary).

    The output layer is as wide as the vocabulary: at all places it would cost more than the rest.
    """
    import torch

    states = model.roberta(input_ids=torch.from_numpy(batch.inputs)).last_hidden_state
    return model.lm_head(states.flatten(0, 1)[torch.from_numpy(batch.places)])


def masked_loss(model: CamembertForMaskedLM, batch: Batch) -> torch.Tensor:
    """Return the mean cross-entropy at masked places, in nats, with its gradient."""
    import torch

    logits = masked_logits(model, batch)
    return torch.nn.functional.cross_entropy(logits.float(), torch.from_numpy(batch.targets))
