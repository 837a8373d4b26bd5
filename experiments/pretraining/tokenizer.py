"""The encoder's own tokenizer: SentencePiece unigram in CamemBERT's layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from transformers import CamembertTokenizer

MODEL_FILE = "sentencepiece.bpe.model"
# CamemBERT puts five entries before SentencePiece's own (less its unknown) and the mask behind.
_ADDED = 5
_BLOCK = 2000


def train_tokenizer(texts: Iterable[str], vocabulary: int, folder: Path, length: int) -> None:
    """Train a unigram tokenizer and save it so that ``AutoTokenizer`` reads the folder.

    Args:
        texts: normalised text, a passage each.
        vocabulary: entries of the encoder's embedding, CamemBERT's special ones included.
        length: tokens in the longest input of the encoder, for ``model_max_length``.
    """
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    trained = folder / "sentencepiece.bpe"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(trained),
        model_type="unigram",
        vocab_size=vocabulary - _ADDED,
        character_coverage=0.9998,
        max_sentence_length=100_000,
        num_threads=1,
        minloglevel=2,
    )
    trained.with_name("sentencepiece.bpe.vocab").unlink()
    tokenizer = _assemble(folder / MODEL_FILE, length)
    tokenizer.save_pretrained(folder)


def _assemble(model: Path, length: int) -> CamembertTokenizer:
    """Lay a SentencePiece model out as almanach/camembert-base lays out its own."""
    from sentencepiece import sentencepiece_model_pb2
    from transformers import CamembertTokenizer

    proto = sentencepiece_model_pb2.ModelProto.FromString(model.read_bytes())
    pieces = [
        ("<s>NOTUSED", 0.0),
        ("<pad>", 0.0),
        ("</s>NOTUSED", 0.0),
        ("<unk>", 0.0),
        ("<unk>NOTUSED", -100.0),
        *((piece.piece, piece.score) for piece in proto.pieces[1:]),
        ("<mask>", 0.0),
    ]
    return CamembertTokenizer(
        vocab=pieces,
        vocab_file=str(model),
        _spm_precompiled_charsmap=proto.normalizer_spec.precompiled_charsmap,
        model_max_length=length,
    )


def encode_passages(
    tokenizer: CamembertTokenizer, articles: Iterable[list[str]]
) -> npt.NDArray[np.uint16]:
    """Return all articles as one stream of token ids, a ``</s>`` behind each passage."""
    rows: list[npt.NDArray[np.uint16]] = []
    for block in _blocks(text for passages in articles for text in passages):
        for encoding in tokenizer(block, add_special_tokens=False, verbose=False)["input_ids"]:
            rows.append(np.array([*encoding, tokenizer.eos_token_id], dtype=np.uint16))
    return np.concatenate([*rows, np.zeros(0, dtype=np.uint16)])


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for text in texts:
        block.append(text)
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block
