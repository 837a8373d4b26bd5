"""Which documents the encoder has read: found in its token ids, whatever the lists say.

Splits may grow after pretraining, and take in articles that were free to read then. Weights that
have seen a document must not be judged on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.records import Article
from classifier.text.normalise import normalise
from experiments.pretraining.text import RunHasher, passages_of
from experiments.pretraining.tokenizer import encode_passages

_RUN = 12


def measure_exposure(
    articles: Sequence[Article], training: npt.NDArray[np.uint16], tokenizer: Any
) -> npt.NDArray[np.float64]:
    """Return for each article, in [0, 1], the share of its runs of twelve tokens that were read.

    Args:
        training: packed sequences, shape (n, length), as :func:`objective.pack_stream` makes them.
    """
    hasher = RunHasher(_RUN, {})
    # Without the sequences' own first and last token the text is one stream again.
    read = np.unique(hasher.hash_numbers(training[:, 1:-1].reshape(-1)))
    shares = np.zeros(len(articles))
    for number, article in enumerate(articles):
        passages = [normalise(text).text for text in passages_of(article)]
        tokens = encode_passages(tokenizer, [passages])
        if len(tokens) < _RUN:
            continue  # too short to tell: a headline alone
        own = hasher.hash_numbers(tokens)
        places = np.minimum(np.searchsorted(read, own), len(read) - 1)
        shares[number] = float(np.mean(read[places] == own))
    return shares
