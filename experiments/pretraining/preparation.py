"""From articles to token ids on disk: what every run of one configuration shares."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.errors import DataError
from classifier.text.normalise import normalise
from experiments.pretraining.configuration import Pretraining
from experiments.pretraining.objective import Vocabulary, pack_stream
from experiments.pretraining.text import passages_of, select_articles
from experiments.pretraining.tokenizer import encode_passages, train_tokenizer


@dataclass(frozen=True)
class Prepared:
    """What a run reads.

    Attributes:
        training, probe: sequences, shape (n, length), uint16.
        words: the tokenizer's ids.
        report: counts of articles and tokens, hash of what stays out.
    """

    training: npt.NDArray[np.uint16]
    probe: npt.NDArray[np.uint16]
    words: Vocabulary
    report: dict[str, Any]


def tokenizer_folder(run: Pretraining) -> Path:
    """Return where the run's tokenizer stands."""
    return run.place / "tokenizer"


def prepare(run: Pretraining, data: Path = Path("data")) -> None:
    """Choose the articles, train the tokenizer, and write all token ids into the run's folder."""
    from transformers import AutoTokenizer

    chosen = select_articles(run.text, run.seed, data)
    training, probe = (
        [[normalise(text).text for text in passages_of(article)] for article in articles]
        for articles in (chosen.training, chosen.probe)
    )
    draw = np.random.default_rng(run.seed).permutation(len(training))
    sample = (text for place in draw[: run.tokenizer.articles] for text in training[place])
    folder = tokenizer_folder(run)
    train_tokenizer(sample, run.tokenizer.vocabulary, folder, run.model.positions - 2)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    streams = {
        "training": encode_passages(tokenizer, training),
        "probe": encode_passages(tokenizer, probe),
    }
    for name, stream in streams.items():
        np.save(run.place / f"{name}.npy", stream)
    report = {
        "counts": chosen.counts,
        "excluded_sha256": chosen.excluded_sha256,
        "tokens": {name: len(stream) for name, stream in streams.items()},
    }
    (run.place / "text.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def read_prepared(run: Pretraining) -> Prepared:
    """Read what :func:`prepare` wrote.

    Raises:
        DataError: it has not been run.
    """
    from transformers import AutoTokenizer

    path = run.place / "text.json"
    if not path.exists():
        fix = "Run: python -m experiments.pretraining prepare CONFIG"
        raise DataError(str(path), "no file", "the prepared text of a run", fix)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder(run))
    start, end, mask = tokenizer.convert_tokens_to_ids(["<s>", "</s>", "<mask>"])
    words = Vocabulary(start, end, mask, end + 1, len(tokenizer))
    training, probe = (
        pack_stream(np.load(run.place / f"{name}.npy"), run.training.length, words)
        for name in ("training", "probe")
    )
    return Prepared(training, probe, words, json.loads(path.read_text("utf-8")))
