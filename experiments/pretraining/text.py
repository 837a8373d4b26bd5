"""Which articles the encoder may read: none that is held out, and no near-duplicate of one.

Held out are the documents of validation and test, of every source, whatever is reserved for them,
and a source's articles from the first test date on. Overlap is counted exactly, over hashes of
word runs, so nothing depends on the luck of a sketch: an article stays out when it is nearer to a
held-out one than ``similarity`` (Jaccard of word 5-grams), or shares agency copy with it (runs of
eight words), the two rules of :mod:`classifier.corpus.splits`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.corpus.sources import SOURCES, load_text
from classifier.corpus.splits import read_splits
from classifier.errors import DataError
from classifier.records import FIELDS, Article
from classifier.text.segmentation import segment
from experiments.pretraining.configuration import Text

Hashes = npt.NDArray[np.uint64]

_SHINGLE = 5
_PASSAGE = 8
_WORD = re.compile(r"\w+")


class RunHasher:
    """Hashes every run of ``length`` words; a shorter text is one run."""

    def __init__(self, length: int, words: dict[str, int]) -> None:
        self._length = length
        self._words = words
        # Fixed odd multipliers: two runs meet with a chance of some 2 ** -60.
        draw = np.random.default_rng(20261122)
        self._factors = draw.integers(1, 2**63, size=length, dtype=np.uint64) * 2 + 1
        self._scatter = draw.integers(1, 2**63, dtype=np.uint64) * 2 + 1

    def hash_text(self, text: str) -> Hashes:
        """Return the distinct hashes of a text's word runs, sorted."""
        words = self._words
        numbers = [words.setdefault(word, len(words) + 1) for word in _WORD.findall(text.lower())]
        return np.unique(self.hash_numbers(np.asarray(numbers or [0], dtype=np.uint64)))

    def hash_numbers(self, numbers: npt.NDArray[np.unsignedinteger[Any]]) -> Hashes:
        """Return the hashes of a sequence's runs in order, one for each place they begin at."""
        length = max(1, min(self._length, len(numbers)))
        ids = numbers.astype(np.uint64) * self._scatter
        ids ^= ids >> np.uint64(29)
        runs = len(ids) - length + 1
        total = np.zeros(runs, dtype=np.uint64)
        for place in range(length):
            total += ids[place : place + runs] * self._factors[place]
        return total


class Overlap:
    """Counts the runs that a text shares with each of many others."""

    def __init__(self, others: Sequence[Hashes]) -> None:
        self.sizes = np.array([len(one) for one in others], dtype=np.int64)
        runs = np.concatenate([*others, np.zeros(0, dtype=np.uint64)])
        owners = np.repeat(np.arange(len(others)), self.sizes)
        order = np.argsort(runs, kind="stable")
        self._runs, self._owners = runs[order], owners[order]

    def count_shared(self, runs: Hashes) -> npt.NDArray[np.int64]:
        """Return for each of the others, shape (n_others,), how many of ``runs`` it holds."""
        first = np.searchsorted(self._runs, runs, "left")
        after = np.searchsorted(self._runs, runs, "right")
        met = np.flatnonzero(after > first)
        spans = [self._owners[first[place] : after[place]] for place in met]
        owners = np.concatenate([*spans, np.zeros(0, dtype=np.int64)])
        return np.bincount(owners.astype(np.int64), minlength=len(self.sizes))


def plain_text(article: Article) -> str:
    """Return title, standfirst and body in one string."""
    return " ".join(article.content(field) for field in FIELDS)


def find_near(
    candidates: Mapping[str, Article], held_out: Iterable[Article], rules: Text
) -> set[str]:
    """Return the keys of the candidates that repeat a held-out article, whole or in passages."""
    words: dict[str, int] = {}
    shingles, passages = RunHasher(_SHINGLE, words), RunHasher(_PASSAGE, words)
    texts = [plain_text(article) for article in held_out]
    whole = Overlap([shingles.hash_text(text) for text in texts])
    parts = Overlap([passages.hash_text(text) for text in texts])
    near = set()
    for key, article in candidates.items():
        text = plain_text(article)
        own = shingles.hash_text(text)
        shared = whole.count_shared(own)
        alike = shared >= rules.similarity * (whole.sizes + len(own) - shared)
        own = passages.hash_text(text)
        shared = parts.count_shared(own)
        copied = (shared >= rules.passages) & (
            shared >= rules.passage_share * np.minimum(parts.sizes, len(own))
        )
        if (alike | copied).any():
            near.add(key)
    return near


@dataclass(frozen=True)
class Selection:
    """What is read and what is not.

    Attributes:
        training: the articles to learn from; probe: those kept back to measure with.
        counts: reason → number of articles of the source that stay out.
        excluded: keys of all that stay out, sorted.
    """

    training: tuple[Article, ...]
    probe: tuple[Article, ...]
    counts: dict[str, int]
    excluded: tuple[str, ...]

    @property
    def excluded_sha256(self) -> str:
        """Return the SHA-256 of the keys that stay out, one a line."""
        return hashlib.sha256("\n".join(self.excluded).encode()).hexdigest()


def select_articles(rules: Text, seed: int, data: Path = Path("data")) -> Selection:
    """Choose what the encoder reads.

    Raises:
        DataError: the source's text, the split manifest or the list of reserved keys is missing.
    """
    articles = {f"{rules.source}/{key}": one for key, one in load_text(rules.source, data).items()}
    assignment = read_splits(data / "splits.json").assignment
    split = {key for key, name in assignment.items() if name != "train"}
    dated = {key for key, one in articles.items() if one.published >= rules.before}
    reserved = read_reserved(Path(rules.reserved)) if rules.reserved else set()
    held = (split | dated | reserved) & articles.keys()
    others = split - articles.keys()
    elsewhere = [
        one
        for name in sorted({key.split("/")[0] for key in others} & SOURCES.keys())
        for number, one in load_text(name, data).items()
        if f"{name}/{number}" in others
    ]
    free = {key: one for key, one in articles.items() if key not in held}
    near = find_near(free, [*(articles[key] for key in sorted(held)), *elsewhere], rules)
    counts = {
        "articles": len(articles),
        "dated": len(dated),
        "validation_or_test": len((split & articles.keys()) - dated),
        "reserved": len((reserved & articles.keys()) - split - dated),
        "near_duplicates": len(near),
        "held_out_of_other_sources": len(elsewhere),
    }
    kept = sorted(free.keys() - near)
    draw = np.random.default_rng(seed).permutation(len(kept))
    # The fine-tuned models learn from annotated train articles: the probe should not hold them.
    drawn = [kept[place] for place in draw if kept[place] not in assignment][: rules.probe]
    probe = set(drawn)
    counts["probe"] = len(probe)
    counts["training"] = len(kept) - len(probe)
    return Selection(
        tuple(free[key] for key in kept if key not in probe),
        tuple(free[key] for key in sorted(probe)),
        counts,
        tuple(sorted(held | near)),
    )


def read_reserved(path: Path) -> set[str]:
    """Return the document keys of a file, one a line; ``#`` starts a remark.

    Raises:
        DataError: no such file.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        raise DataError(str(path), "no file", "document keys, one a line") from None
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def passages_of(article: Article) -> list[str]:
    """Return title, standfirst and body as text, one space between two sentences.

    Web copy often lacks that space; the fine-tuned model will see sentences one by one.
    """
    parts: dict[str, list[str]] = {}
    for sentence in segment(article):
        parts.setdefault(sentence.field, []).append(" ".join(sentence.text.split()))
    return [" ".join(parts[field]) for field in FIELDS if field in parts]
