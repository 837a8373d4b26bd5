"""Where model and label disagree most surely: sentences of train and validation to read again.

Each document is judged by a model that has not seen it (k folds, whole clusters of near-duplicates
and minimal pairs on one side), so that a wrong label cannot have taught the model itself. Whether a
disagreement is likely an error of the label is cleanlab's confident learning (Northcutt, Jiang &
Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", *JAIR* 70, 2021), one label
at a time, since the labels are independent. It lists; nobody's label is changed by it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.corpus.annotations import AnnotatedArticle
from classifier.corpus.dataset import LabelledDocuments, label_documents, units
from classifier.errors import DataError, MissingExtraError
from classifier.models.base import Model, Probabilities
from classifier.schema import load_schema
from classifier.statistics import IntArray


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One label of one sentence on which model and gold disagree.

    Attributes:
        document: ``source/id``.
        index: of the unit in its document.
        gold: what the label says now.
        probability: of the label, by a model that has not seen the document.
        likely_error: whether confident learning takes the label for wrong.
    """

    document: str
    index: int
    label: str
    gold: bool
    probability: float
    text: str
    before: str
    likely_error: bool

    @property
    def surprise(self) -> float:
        """How little the model expected the label: 1 − probability of what gold says."""
        return 1 - self.probability if self.gold else self.probability


def deal_folds(clusters: Sequence[str], folds: int, seed: int) -> IntArray:
    """Deal documents to folds, whole clusters at a time, largest first to the emptiest fold.

    Args:
        clusters: the cluster of each of n documents.

    Returns:
        (n,) fold numbers, 0 to ``folds − 1``.
    """
    names, codes, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    if len(names) < folds:
        raise DataError("documents", f"{len(names)} clusters", f"{folds} or more, one a fold")
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load = np.zeros(folds, dtype=np.int64)
    where = np.zeros(len(names), dtype=np.int64)
    for name in order:
        where[name] = int(np.argmin(load))
        load[where[name]] += sizes[name]
    return np.asarray(where[codes], dtype=np.int64)


def cross_validate(
    make: Callable[[], Model],
    annotated: Sequence[AnnotatedArticle],
    clusters: Sequence[str],
    *,
    folds: int = 5,
    seed: int = 20261122,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[LabelledDocuments, Probabilities]:
    """Return all documents and the probability of each row by a model that has not seen it.

    Each fold is predicted by a model that learned from all others but one, on which it was
    calibrated.
    """
    fold = deal_folds(clusters, folds, seed)
    data = label_documents(annotated)
    out = np.full(data.gold.shape, np.nan)
    for held in range(folds):
        say(f"fold {held + 1} of {folds}")
        aside = (held + 1) % folds
        train, validation, test = (
            data.select(np.flatnonzero(mask).tolist())
            for mask in ((fold != held) & (fold != aside), fold == aside, fold == held)
        )
        model = make().fit(train, validation)
        out[fold[data.rows] == held] = model.predict_proba(test.documents)
    return data, out


def find_suspicions(
    data: LabelledDocuments, probabilities: Probabilities, *, most: int = 200
) -> list[Suspicion]:
    """Return the disagreements, most surprising first, at most ``most`` of them.

    Args:
        probabilities: (rows of ``data``, labels), out of fold.

    Raises:
        MissingExtraError: cleanlab is not installed.
    """
    keep = data.scorable()
    flagged = np.zeros(data.gold.shape, dtype=bool)
    flagged[keep] = label_issues(data.gold[keep], probabilities[keep])
    everything = list(units(data.documents))
    found = []
    for column, name in enumerate(load_schema().names):
        disagree = keep & (
            flagged[:, column] | ((probabilities[:, column] >= 0.5) != data.gold[:, column])
        )
        for row in np.flatnonzero(disagree):
            mark = data.marks[data.rows[row]]
            same = row > 0 and data.rows[row - 1] == data.rows[row]
            found.append(
                Suspicion(
                    mark.key,
                    everything[row].index,
                    name,
                    bool(data.gold[row, column]),
                    float(probabilities[row, column]),
                    everything[row].text,
                    everything[row - 1].text if same else "",
                    bool(flagged[row, column]),
                )
            )
    found.sort(key=lambda one: (-one.surprise, one.document, one.index, one.label))
    return found[:most]


def label_issues(
    gold: npt.NDArray[np.bool_], probabilities: Probabilities
) -> npt.NDArray[np.bool_]:
    """Return (n, L): whether confident learning takes each label for wrong.

    A label with fewer than five positives or negatives cannot be judged; it is never flagged.

    Raises:
        MissingExtraError: cleanlab is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from cleanlab.filter import find_label_issues
    except ImportError:
        raise MissingExtraError("auditing labels", "train") from None
    flagged = np.zeros(gold.shape, dtype=bool)
    for column in range(gold.shape[1]):
        truth = gold[:, column].astype(int)
        if min(truth.sum(), len(truth) - truth.sum()) < 5:
            continue
        two: Any = np.stack([1 - probabilities[:, column], probabilities[:, column]], axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flagged[:, column] = find_label_issues(
                truth, two, filter_by="confident_learning", n_jobs=1
            )
    return flagged


def listing_of(found: Sequence[Suspicion]) -> str:
    """Return the disagreements as text to read, most surprising first."""
    lines = []
    for one in found:
        says = "labelled, but the model says no" if one.gold else "not labelled, but found by it"
        mark = "*" if one.likely_error else " "
        lines.append(
            f"{mark} {one.document}#{one.index}  {one.label}: {says} (p = {one.probability:.3f})"
        )
        if one.before:
            lines.append(f"      before: {' '.join(one.before.split())[:160]}")
        lines.append(f"      {' '.join(one.text.split())}")
    flagged = sum(one.likely_error for one in found)
    lines.append(
        f"{len(found)} disagreements, {flagged} (*) that confident learning takes for wrong"
    )
    return "\n".join(lines) + "\n"
