"""How much more annotation would help: scores as training articles are added.

The validation and test articles stay as they are; what grows is the number of training articles,
drawn at random, each larger set holding the smaller (Perlich, Provost & Simonoff, "Tree Induction
vs. Logistic Regression: A Learning-Curve Analysis", *JMLR* 4, 2003).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.corpus.dataset import LabelledDocuments
from classifier.evaluation.metrics import score
from classifier.evaluation.outcomes import Outcomes
from classifier.models.base import Model
from classifier.schema import load_schema
from classifier.statistics import FloatArray

SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """F1 against training articles.

    Attributes:
        articles: (k,) training articles.
        sentences: (k, draws) training sentences.
        f1: (k, draws, labels + 1), the last column macro; NaN where undefined.
    """

    articles: tuple[int, ...]
    sentences: FloatArray
    f1: FloatArray

    def mean(self) -> FloatArray:
        """Return (k, labels + 1), the mean over draws; NaN where a draw is undefined."""
        return np.asarray(self.f1.mean(axis=1))

    def spread(self) -> FloatArray:
        """Return (k, labels + 1), the standard deviation over draws; NaN with one draw."""
        if self.f1.shape[1] < 2:
            return np.full((self.f1.shape[0], self.f1.shape[2]), np.nan)
        return np.asarray(self.f1.std(axis=1, ddof=1))

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        scopes = (*load_schema().names, "macro")
        return {
            "articles": list(self.articles),
            "sentences": self.sentences.mean(axis=1).tolist(),
            "draws": int(self.f1.shape[1]),
            "f1": {name: self.mean()[:, k].tolist() for k, name in enumerate(scopes)},
            "spread": {name: self.spread()[:, k].tolist() for k, name in enumerate(scopes)},
        }


def trace_learning(
    make: Callable[[], Model],
    train: LabelledDocuments,
    validation: LabelledDocuments,
    test: LabelledDocuments,
    *,
    shares: Sequence[float] = SHARES,
    draws: int = 3,
    seed: int = 20261122,
    say: Callable[[str], None] = lambda _: None,
) -> LearningCurve:
    """Train on growing shares of the training articles and score each time on ``test``.

    Args:
        make: gives an untrained model.
        shares: of the training articles, in (0, 1], rising.
        draws: orders in which articles are added.
    """
    names = load_schema().names
    total = len(train.documents)
    sizes = [max(2, round(share * total)) for share in shares]
    sentences = np.zeros((len(sizes), draws))
    f1 = np.full((len(sizes), draws, len(names) + 1), np.nan)
    keep = test.scorable()
    rng = np.random.default_rng(seed)
    for draw in range(draws):
        order = rng.permutation(total)
        for step, size in enumerate(sizes):
            say(f"draw {draw + 1} of {draws}: {size} of {total} articles")
            part = train.select(sorted(order[:size].tolist()))
            model = make().fit(part, validation)
            probabilities = model.predict_proba(test.documents)[keep]
            outcomes = Outcomes(names, test.gold[keep], probabilities >= model.thresholds)
            table = score(outcomes)
            sentences[step, draw] = len(part)
            f1[step, draw] = [table[scope]["f1"].value for scope in (*names, "macro")]
    return LearningCurve(tuple(sizes), sentences, f1)


def table_of_curve(curve: LearningCurve) -> str:
    """Return the curve as a plain table: mean F1 and, with several draws, its deviation."""
    scopes = (*load_schema().names, "macro")
    lines = [f"{'articles':>8s}  {'sentences':>9s}  " + "  ".join(f"{s:>20s}" for s in scopes)]
    mean, spread = curve.mean(), curve.spread()
    for row, count in enumerate(curve.articles):
        cells = [
            f"{mean[row, k]:.3f}" + (f" ± {spread[row, k]:.3f}" if spread[row, k] >= 0 else "")
            for k in range(len(scopes))
        ]
        size = curve.sentences[row].mean()
        lines.append(f"{count:8d}  {size:9.0f}  " + "  ".join(f"{cell:>20s}" for cell in cells))
    return "\n".join(lines) + "\n"
