"""Which documents the encoder has read: found in its token ids, whatever the lists say.

Splits may grow after pretraining, and take in articles that were free to read then. Weights that
have seen a document must not be judged on it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.corpus.sources import SOURCES, load_text
from classifier.corpus.splits import read_splits
from classifier.errors import DataError
from classifier.records import Article
from classifier.text.normalise import normalise
from experiments.pretraining.configuration import Pretraining
from experiments.pretraining.preparation import Prepared, tokenizer_folder
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


def unread(run: Pretraining, keys: Sequence[str], splits_sha256: str) -> list[int]:
    """Return the numbers of the validation documents that were not read.

    Args:
        keys: of the documents.
        splits_sha256: of the splits that they come from.

    Raises:
        DataError: :func:`verify` has not been run on these splits.
    """
    path = run.place / "exposure.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else {"splits_sha256": "no file"}
    if found["splits_sha256"] != splits_sha256:
        fix = "Run: python -m experiments.pretraining verify CONFIG"
        raise DataError(str(path), found["splits_sha256"], f"of splits {splits_sha256}", fix)
    read = set(found["validation"]["read"])
    return [number for number, key in enumerate(keys) if key not in read]


def verify(run: Pretraining, prepared: Prepared, data: Path = Path("data")) -> dict[str, Any]:
    """Look for every document of validation and test in what was read, and note the shares.

    Returns:
        the hash of the splits, and for each split how many documents were looked for, the largest
        share found, and the keys of those that were read.

    Raises:
        DataError: a document of test was read: these weights may not be judged on it. Documents of
            validation that were read are for the judge to leave out.
    """
    from transformers import AutoTokenizer

    manifest = read_splits(data / "splits.json")
    texts = {
        name: load_text(name, data)
        for name in sorted({key.split("/")[0] for key in manifest.assignment} & SOURCES.keys())
    }
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder(run))
    found: dict[str, Any] = {"splits_sha256": manifest.sha256, "exposure": run.report.exposure}
    for split in ("validation", "test"):
        keys = sorted(key for key, name in manifest.assignment.items() if name == split)
        articles = [
            texts[source][number]
            for source, _, number in (key.partition("/") for key in keys)
            if number in texts.get(source, {})
        ]
        shares = measure_exposure(articles, prepared.training, tokenizer)
        here = [key for key in keys if key.partition("/")[2] in texts.get(key.split("/")[0], {})]
        found[split] = {
            "documents": len(here),
            "without_text": len(keys) - len(here),
            "largest_share": float(shares.max(initial=0.0)),
            "read": [
                key for key, share in zip(here, shares, strict=True) if share >= run.report.exposure
            ],
        }
    (run.place / "exposure.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if read := found["test"]["read"]:
        fix = "Pretrain again: the splits have changed since."
        raise DataError(str(run.place), f"weights that have read {', '.join(read)}", "none", fix)
    return found
