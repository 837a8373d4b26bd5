"""Fit the headline model on the tuning headlines and write classifier/resources/headline.json.

    python -m experiments.headline.train

Only articles of the part ``tuning`` are read: OrangeSum before 15 June 2020 and half of the written
groups. Strength, thresholds and the choice of what is experimental come from cross-validation over
articles within that part; the test part is not opened here.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from classifier.article import headline
from classifier.article.headline import FLOOR, HeadlineModel, load_headline_model
from classifier.corpus.headlines import CLASSES
from classifier.evaluation.headlines import ReadHeadline, read_gold
from classifier.scoring import Scorer

PATH = Path("classifier/resources/headline.json")
STRENGTHS = (0.01, 0.03, 0.1)
GOALS = {"drops_attribution": 0.85}
GOAL = 0.75
USEFUL = 0.7
"""Precision in cross-validation below which a class is experimental."""

SUBSETS: dict[str, tuple[str, ...]] = {
    "drops_attribution": (
        *("drop", "drop_labelled", "drop_alone", "drop_labelled_alone", "drop_alone_close"),
        *("plain_share", "bare", "announced_bare", "heading", "missing"),
    ),
    "keeps_attribution": (
        *("shown", "relays", "quote", "colon", "question", "hedged", "relayed", "bare"),
        *("spoken", "kept", "said_best", "possible_in_headline", "similarity", "plain_share"),
    ),
    "raises": (
        *("strong_only_headline", "strong_in_headline", "possible_only_body", "number_raised"),
        *("number_absent", "similarity", "similarity_second", "possible_in_headline", "heading"),
    ),
    "drops_restriction": (
        *("limits", "limit_in_claim", "limit_elsewhere", "limit_in_headline", "denied"),
        *("possible_only_body", "similarity", "heading"),
    ),
    "unsupported": ("similarity", "similarity_second", "missing", "matches", "heading", "quote"),
    "no_claim": ("open", "question", "missing", "length", "matches", "names_first", "heading"),
}
"""What each class is allowed to weigh: few headlines carry few weights."""

DISPROVED = ("drops_attribution",)
"""Classes whose precision on the test headlines (experiments/results/headlines.json) was below 0.7,
whatever cross-validation promised: experimental until that file says otherwise."""

HITS = 5
LEAST = 8
"""Tuning headlines of a class below which it is experimental in any case."""

FOLDS = 10
Array = NDArray[np.float64]


def write(model: HeadlineModel) -> None:
    """Write the resource and forget the one read before."""
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    headline.load_headline_model.cache_clear()


def start() -> None:
    """Write a model without weights, so that features can be measured at all."""
    zeros = dict.fromkeys(CLASSES, (0.0,))
    halves = dict.fromkeys(CLASSES, 1.0)
    write(HeadlineModel((), (), (), zeros, halves, CLASSES, 0.4, 0.6, zeros, halves, "faithful"))


def tune_claims(scorer: Scorer) -> tuple[float, float]:
    """Return the floor and the share of the best at which claim sentences are found best (F1)."""
    read = read_gold(scorer, part="tuning")
    ranked = [(one.claims, _all_similarities(one)) for one in read if one.claims]
    best = (0.0, 0.4, 0.6)
    for floor, share in itertools.product(np.arange(0.2, 0.65, 0.05), np.arange(0.4, 1.01, 0.05)):
        hits = found = gold = 0
        for claims, similarities in ranked:
            top = max(value for value, _ in similarities)
            least = max(floor, share * top)
            chosen = {index for value, index in similarities if value >= least}
            hits, found, gold = (
                hits + len(chosen & claims),
                found + len(chosen),
                gold + len(claims),
            )
        best = max(best, (2 * hits / max(found + gold, 1), float(floor), float(share)))
    print(f"claim sentences: F1 {best[0]:.3f} at floor {best[1]:.2f}, share {best[2]:.2f}")
    return round(best[1], 2), round(best[2], 2)


def _all_similarities(one: ReadHeadline) -> list[tuple[float, int]]:
    ranked = sorted(((u.similarity, -u.index) for u in one.compared.units), reverse=True)
    return [(value, -index) for value, index in ranked[: headline.MOST_MATCHES]]


def cross_validate(
    table: Array, truth: NDArray[np.bool_], groups: Sequence[str], strength: float
) -> Array:
    """Return the probability of every headline by a model that has not seen its article."""
    out = np.zeros(len(truth))
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=1).split(table, truth, groups):
        if truth[train].all() or not truth[train].any():
            out[test] = truth[train].mean()
            continue
        fitted = LogisticRegression(C=strength, max_iter=2000).fit(table[train], truth[train])
        out[test] = fitted.predict_proba(table[test])[:, 1]
    return out


def choose(
    probabilities: Array, truth: NDArray[np.bool_], goal: float
) -> tuple[float, tuple[float, float, float]]:
    """Return the threshold of the best F1 with precision at ``goal``, and its figures.

    Failing that, the one of the best F1: the class will be experimental. Fewer than :data:`HITS`
    right answers, or one in eight, prove no precision.
    """
    options = []
    for threshold in np.unique(np.round(probabilities, 3)):
        found = probabilities >= threshold
        hits = int((found & truth).sum())
        precision, recall = hits / max(int(found.sum()), 1), hits / max(int(truth.sum()), 1)
        f1 = 2 * hits / max(int(found.sum() + truth.sum()), 1)
        proved = hits >= max(HITS, int(truth.sum()) / 8)
        reached = proved and precision >= goal
        options.append((reached, f1, threshold, precision, recall))
    _, f1, threshold, precision, recall = max(options)
    return float(threshold), (precision, recall, f1)


def log_loss(probabilities: Array, truth: NDArray[np.bool_]) -> float:
    """Return the mean negative log likelihood."""
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return float(-np.where(truth, np.log(clipped), np.log(1 - clipped)).mean())


def main() -> None:
    """Fit and write."""
    scorer = Scorer.load()
    start()
    floor, share = tune_claims(scorer)
    bare = msgspec.structs.replace(load_headline_model(), claim_floor=floor, claim_share=share)
    write(bare)
    read = read_gold(scorer, part="tuning")
    names = tuple(read[0].compared.features)
    raw = np.array([[one.compared.features[name] for name in names] for one in read])
    means, scales = raw.mean(axis=0), raw.std(axis=0)
    scales[scales < 1e-6] = 1.0
    table = (raw - means) / scales
    columns = [names.index(name) for name in FLOOR]
    groups = [one.mark.group or one.mark.key for one in read]
    # Minimal pairs teach, but their shares are nobody's: thresholds come from real headlines.
    real = np.array([one.mark.source != "written" for one in read])
    fitted: dict[str, dict[str, Any]] = {"full": {}, "floor": {}}
    thresholds: dict[str, dict[str, float]] = {"full": {}, "floor": {}}
    experimental = []
    for name in CLASSES:
        truth = np.array([name in one.pair.classes for one in read])
        own = [names.index(feature) for feature in SUBSETS.get(name, names)]
        for kind, used in (("full", own), ("floor", columns)):
            part = table[:, used]
            tried = {
                strength: cross_validate(part, truth, groups, strength) for strength in STRENGTHS
            }
            strength = min(STRENGTHS, key=lambda one: log_loss(tried[one], truth))
            goal = GOALS.get(name, GOAL) if kind == "full" else 0.0
            threshold, (precision, recall, f1) = choose(tried[strength][real], truth[real], goal)
            row = np.zeros(len(names) + 1)
            if truth.any():
                model = LogisticRegression(C=strength, max_iter=2000).fit(part, truth)
                row[used], row[-1] = model.coef_[0], model.intercept_[0]
            else:
                row[-1] = -20.0
            fitted[kind][name] = tuple(round(float(value), 5) for value in row)
            thresholds[kind][name] = round(threshold, 3)
            unproved = precision < USEFUL or truth.sum() < LEAST or name in DISPROVED
            if kind == "full" and unproved:
                experimental.append(name)
            print(
                f"{name:20s} {kind:6s} n {truth.sum():3d} C {strength:<6} at {threshold:.3f} "
                f"precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}"
            )
    counts = Counter(name for one in read for name in one.pair.classes)
    write(
        HeadlineModel(
            features=names,
            means=tuple(round(float(value), 5) for value in means),
            scales=tuple(round(float(value), 5) for value in scales),
            weights=fitted["full"],
            thresholds=thresholds["full"],
            experimental=tuple(experimental),
            claim_floor=floor,
            claim_share=share,
            similarity_weights=fitted["floor"],
            similarity_thresholds=thresholds["floor"],
            majority=counts.most_common(1)[0][0],
        )
    )
    print(f"{PATH}: {len(read)} headlines; experimental: {', '.join(experimental) or 'none'}")


if __name__ == "__main__":
    main()
