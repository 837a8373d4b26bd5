"""Sentences that nobody annotated, which a student learns from, and what teachers say of them.

They come from articles that pretraining may read (:mod:`experiments.pretraining.text`): none of
validation or test, no near-duplicate of one; and none that is annotated.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.corpus.dataset import Document
from classifier.corpus.sources import load_text
from classifier.corpus.splits import read_splits
from classifier.models.base import Model
from classifier.models.camembert.soft import (
    SoftDocument,
    choose_sentences,
    keep_confident,
    keep_units,
)
from classifier.text.segmentation import segment
from experiments.ablations.configuration import Pool
from experiments.pretraining.configuration import Text
from experiments.pretraining.text import select_articles

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Unlabelled:
    """The chosen sentences.

    Attributes:
        documents: of each article the chosen units and those that stand before them; its targets
            are placeholders, one for each chosen unit.
        excluded_sha256: of the keys that were not allowed.
    """

    documents: tuple[SoftDocument, ...]
    excluded_sha256: str

    def __len__(self) -> int:
        return sum(len(one.targets) for one in self.documents)

    def ask(self, model: Model) -> Floats:
        """Return a model's probabilities of the chosen units, shape (units, labels)."""
        parts = []
        for one in self.documents:
            said = model.predict_proba([one.document])
            parts.append(said[list(one.targets)])
        return np.concatenate(parts)

    def label(self, said: Floats, confident: float | None) -> list[SoftDocument]:
        """Return the documents with what a teacher said.

        Args:
            said: shape (units, labels), as :meth:`ask` returns it.
            confident: see ``Cell.confident``.
        """
        found, start = [], 0
        for one in self.documents:
            rows = said[start : start + len(one.targets)]
            start += len(rows)
            labelled = {}
            for number, row in zip(one.targets, rows, strict=True):
                target = row.astype(np.float32)
                if confident is not None:
                    kept = keep_confident(row, confident)
                    if kept is None:
                        continue
                    target = kept
                labelled[number] = target
            if labelled:
                found.append(SoftDocument(one.key, one.document, labelled))
        return found


def open_pool(
    pool: Pool, rules: Text, seed: int, data: Path, chooser: Model, at: Path
) -> Unlabelled:
    """Choose the sentences, or read which were chosen.

    Args:
        rules, seed: of pretraining: what it may read.
        chooser: the model that says where a label is likely.
        at: file that the choice is kept in, for these splits and this chooser.
    """
    if not at.exists():
        chosen, excluded = _choose(pool, rules, seed, data, chooser)
        at.parent.mkdir(parents=True, exist_ok=True)
        part = at.with_name(at.name + ".part")
        part.write_text(json.dumps({"excluded_sha256": excluded, "chosen": chosen}), "utf-8")
        part.replace(at)
    kept = json.loads(at.read_text("utf-8"))
    texts = load_text(rules.source, data)
    placeholder = np.zeros(0, dtype=np.float32)
    documents = []
    for key, indices in kept["chosen"].items():
        article = texts[key.partition("/")[2]]
        whole = Document(article, segment(article))
        documents.append(keep_units(key, whole, dict.fromkeys(indices, placeholder)))
    return Unlabelled(tuple(documents), kept["excluded_sha256"])


def _choose(
    pool: Pool, rules: Text, seed: int, data: Path, chooser: Model
) -> tuple[dict[str, list[int]], str]:
    selection = select_articles(rules, seed, data)
    annotated = read_splits(data / "splits.json").assignment
    free = [one for one in selection.training if f"{rules.source}/{one.id}" not in annotated]
    draw = np.random.default_rng(pool.seed).permutation(len(free))[: pool.articles]
    documents = [Document(free[number], segment(free[number])) for number in np.sort(draw)]
    said = [_without_credits(one, chooser.predict_proba([one])) for one in documents]
    picked = choose_sentences(said, pool.sentences, pool.seed)
    chosen = {
        f"{rules.source}/{one.article.id}": indices
        for one, indices in zip(documents, picked, strict=True)
        if indices
    }
    return chosen, selection.excluded_sha256


def _without_credits(document: Document, said: Floats) -> Floats:
    credit = [unit.kind == "credit" for unit in document.sentences]
    return np.where(np.array(credit, dtype=bool)[:, None], np.nan, said)


def average(said: Sequence[Floats]) -> Floats:
    """Return the mean of several models' probabilities."""
    return np.asarray(np.mean(said, axis=0))
