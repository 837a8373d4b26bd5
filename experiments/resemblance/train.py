"""Train and judge the resemblance score: leave one site out, with topic and words beside it.

    python -m experiments.resemblance.train

Writes experiments/results/resemblance.json and experiments/resemblance/model/ (CC BY-NC 4.0).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from classifier.article.resemblance import FILE, ResemblanceModel, distance_of
from classifier.scoring import Scorer
from classifier.statistics import Clusters, Interval, Resamples
from experiments.resemblance.corpus import Sample, build_samples, other_press

SEED = 20261122
REPLICATES = 500
ALLOWED = 0.01
Array = NDArray[np.float64]
Features = Callable[[Sequence[Sample], Sequence[Sample]], tuple[Any, Any]]
FRAMING = ("label:", "device:")


def style_features(keep: Callable[[str], bool]) -> Features:
    """Return features of framing and style, standardised on the training articles."""

    def make(train: Sequence[Sample], test: Sequence[Sample]) -> tuple[Array, Array]:
        names = [name for name in train[0].style if keep(name)]
        table = np.array([[one.style[name] for name in names] for one in train])
        means, scales = table.mean(axis=0), table.std(axis=0) + 1e-9
        others = np.array([[one.style[name] for name in names] for one in test])
        shaped = [np.clip((x - means) / scales, -5, 5) for x in (table, others)]
        return shaped[0], shaped[1]

    return make


def word_features(part: str) -> Features:
    """Return TF-IDF of the words ``topic`` or ``bag``."""

    def make(train: Sequence[Sample], test: Sequence[Sample]) -> tuple[csr_matrix, csr_matrix]:
        vectorizer = TfidfVectorizer(
            analyzer=lambda one: getattr(one, part), min_df=5, max_features=6000
        )
        return 10 * vectorizer.fit_transform(train), 10 * vectorizer.transform(test)

    return make


MODELS: dict[str, Features] = {
    "framing and style": style_features(lambda name: True),
    "framing alone": style_features(lambda name: name.startswith(FRAMING)),
    "style alone": style_features(lambda name: not name.startswith(FRAMING)),
    "topic words alone": word_features("topic"),
    "bag of words": word_features("bag"),
}


def fit(table: Any, samples: Sequence[Sample], strength: float) -> LogisticRegression:
    """Fit with sites weighted by the root of their size, and both classes alike."""
    sizes = {site: sum(one.site == site for one in samples) for site in {s.site for s in samples}}
    weights = [sizes[one.site] ** -0.5 for one in samples]
    model = LogisticRegression(C=strength, max_iter=1000, tol=1e-3)
    return model.fit(table, [one.pseudo for one in samples], sample_weight=np.array(weights) * 20)


def leave_site_out(
    samples: Sequence[Sample], make: Features, strength: float
) -> tuple[Array, list[int]]:
    """Return raw scores of every sample by the model that did not see its site."""
    raw = np.zeros(len(samples))
    for site in sorted({one.site for one in samples}):
        inside = [at for at, one in enumerate(samples) if one.site == site]
        train = [one for one in samples if one.site != site]
        table, others = make(train, [samples[at] for at in inside])
        raw[inside] = fit(table, train, strength).decision_function(others)
    return raw, list(range(len(samples)))


def within(samples: Sequence[Sample], make: Features, strength: float) -> Array:
    """Return raw scores by ordinary ten-fold cross-validation, sites mixed."""
    raw = np.zeros(len(samples))
    strata = [f"{one.site}{one.pseudo}" for one in samples]
    folds = StratifiedKFold(10, shuffle=True, random_state=SEED)
    for train, test in folds.split(strata, strata):
        seen = [samples[at] for at in train]
        table, others = make(seen, [samples[at] for at in test])
        raw[test] = fit(table, seen, strength).decision_function(others)
    return raw


def choose_strength(samples: Sequence[Sample], make: Features) -> float:
    """Choose the regularisation by leaving out each of these sites in turn."""
    truth = np.array([one.pseudo for one in samples])
    sites = np.array([one.site for one in samples])

    def mean_auc(strength: float) -> float:
        raw, _ = leave_site_out(samples, make, strength)
        return float(np.mean([auc(truth[sites == s], raw[sites == s]) for s in np.unique(sites)]))

    return max((0.01, 0.1, 1.0), key=mean_auc)


def auc(truth: NDArray[np.bool_], raw: Array) -> float:
    """Return the area under the ROC curve, ties half (Hanley & McNeil 1982)."""
    ranks = np.empty(len(raw))
    _, inverse, counts = np.unique(raw, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / positives / negatives)


def at_one_percent(truth: NDArray[np.bool_], raw: Array) -> tuple[float, float]:
    """Return recall and precision at the threshold that 1 % of the press passes."""
    press = np.sort(raw[~truth])
    if not len(press) or not truth.any():
        return float("nan"), float("nan")
    threshold = press[len(press) - 1 - int(ALLOWED * len(press))]
    hits, false = int((raw[truth] > threshold).sum()), int((press > threshold).sum())
    precision = hits / (hits + false) if hits + false else float("nan")
    return hits / int(truth.sum()), precision


def figures(samples: Sequence[Sample], raw: Array) -> dict[str, Any]:
    """Return AUC, recall and precision at 1 % false positives, with intervals over articles."""
    truth = np.array([one.pseudo for one in samples])
    resamples = Resamples.draw(
        Clusters.of(one.key for one in samples), replicates=REPLICATES, seed=SEED
    )

    def measure(rows: NDArray[np.int64]) -> list[float]:
        return [auc(truth[rows], raw[rows]), *at_one_percent(truth[rows], raw[rows])]

    drawn = resamples.of_rows(measure).intervals(len(samples), method="percentile")
    names = ("auc", "recall_at_1", "precision_at_1")
    return {
        "pseudo_news": int(truth.sum()),
        "press": int((~truth).sum()),
        **{name: shown(one) for name, one in zip(names, drawn, strict=True)},
    }


def shown(one: Interval) -> list[float | None]:
    """Return value, low and high, rounded."""
    return [None if x != x else round(x, 4) for x in (one.value, one.low, one.high)]


def share_of(passed: NDArray[np.bool_]) -> Interval:
    """Return a share of articles with its interval."""
    clusters = Clusters.of(map(str, range(len(passed))))
    drawn = Resamples.draw(clusters, replicates=REPLICATES, seed=SEED)
    counts = np.stack([passed, np.ones(len(passed))], axis=1).astype(float)
    return drawn.of_counts(lambda s: s[:, :1] / s[:, 1:], counts).intervals(
        len(passed), method="percentile"
    )[0]


def platt(raw: Array, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset of Platt's sigmoid."""
    model = LogisticRegression(C=1e6).fit(raw[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def sigmoid(raw: Array) -> Array:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-np.clip(raw, -500, 500)))


def calibration_error(probabilities: Array, truth: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = np.minimum((probabilities * 10).astype(int), 9)
    return float(
        sum(
            abs(probabilities[bins == b].sum() - truth[bins == b].sum())
            for b in range(10)
            if (bins == b).any()
        )
        / len(truth)
    )


def main() -> None:
    """Train, judge, write."""
    scorer = Scorer.load()
    samples, facts = build_samples(scorer)
    sites = sorted({one.site for one in samples})
    truth = np.array([one.pseudo for one in samples])
    where = np.array([one.site for one in samples])
    others_press = other_press(scorer)
    results: dict[str, Any] = {}
    for name, make in MODELS.items():
        raw = np.zeros(len(samples))
        probabilities = np.full(len(samples), np.nan)
        distances = np.full(len(samples), np.nan)
        thresholds = np.zeros(len(samples))
        for site in sites:
            train = [one for one in samples if one.site != site]
            inside = np.flatnonzero(where == site)
            strength = choose_strength(train, make)
            table, others = make(train, [samples[at] for at in inside])
            raw[inside] = fit(table, train, strength).decision_function(others)
            # Calibration and threshold come from the three other sites, each left out in turn.
            inner, _ = leave_site_out(train, make, strength)
            inner_truth = np.array([one.pseudo for one in train])
            slope, offset = platt(inner, inner_truth)
            probabilities[inside] = sigmoid(slope * raw[inside] + offset)
            thresholds[inside] = np.quantile(inner[~inner_truth], 1 - ALLOWED)
            if name == "framing and style":
                farthest = np.quantile([distance_of(row) for row in table], 0.99)
                distances[inside] = [distance_of(row) / farthest for row in others]
        by_site = {
            site: {
                **figures(
                    [samples[at] for at in np.flatnonzero(where == site)], raw[where == site]
                ),
                "brier": round(float(((probabilities - truth)[where == site] ** 2).mean()), 4),
                "calibration_error": round(
                    calibration_error(probabilities[where == site], truth[where == site]), 4
                ),
                "passed_press_at_inner_threshold": round(
                    float((raw > thresholds)[(where == site) & ~truth].mean()), 4
                ),
                "recall_at_inner_threshold": round(
                    float((raw > thresholds)[(where == site) & truth].mean()), 4
                ),
            }
            for site in sites
        }
        whole, outside = make(samples, others_press)
        fitted = fit(whole, samples, choose_strength(samples, make))
        inner, _ = leave_site_out(samples, make, fitted.C)
        slope, offset = platt(inner, truth)
        abroad = fitted.decision_function(outside)
        passed = abroad > np.quantile(inner[~truth], 1 - ALLOWED)
        mixed = within(samples, make, choose_strength(samples, make))
        aucs = [one["auc"][0] for one in by_site.values()]
        results[name] = {
            "leave_one_site_out": by_site,
            "mean_auc_over_sites": round(float(np.mean(aucs)), 4),
            "sites_mixed": figures(samples, mixed),
            "other_press": {
                "articles": len(others_press),
                "passed_at_one_percent_of_matched_press": shown(share_of(passed)),
                "above_one_half": shown(share_of(sigmoid(slope * abroad + offset) > 0.5)),
                "median_probability": round(float(np.median(sigmoid(slope * abroad + offset))), 4),
            },
        }
        if name == "framing and style":
            results[name]["abstains"] = {
                site: {
                    kind: round(float((distances[(where == site) & (truth == side)] > 1).mean()), 4)
                    for kind, side in (("pseudo-news", True), ("press", False))
                }
                for site in sites
            }
        said = results[name]
        print(name, said["mean_auc_over_sites"], said["sites_mixed"]["auc"], flush=True)
        print("  other press", said["other_press"], flush=True)
    similarity = np.array([one.similarity for one in samples if one.pseudo])
    own = results["framing and style"]
    above = own["other_press"]["above_one_half"][0]
    limits = (
        "no_truth",
        f"four_sites:{own['mean_auc_over_sites']:.2f}",
        f"topic_alone:{results['topic words alone']['mean_auc_over_sites']:.2f}",
        f"other_press:{100 * above:.0f}",
        "press_until_2020",
        "non_commercial",
    )
    path = write_model(samples, scorer, limits)
    document = {
        "seed": SEED,
        "scorer": scorer.info.sha256,
        "model": path.as_posix(),
        "sites": {site: int(((where == site) & truth).sum()) for site in sites},
        **facts,
        "topic_similarity_of_pairs": {
            f"{share}%": round(float(np.quantile(similarity, share / 100)), 3)
            for share in (10, 50, 90)
        },
        "models": results,
    }
    out = Path("experiments/results/resemblance.json")
    out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(out)


def write_model(samples: Sequence[Sample], scorer: Scorer, limits: tuple[str, ...]) -> Path:
    """Fit on all four sites and write the model directory."""
    make = MODELS["framing and style"]
    strength = choose_strength(samples, make)
    names = tuple(samples[0].style)
    table = np.array([[one.style[name] for name in names] for one in samples])
    means, scales = table.mean(axis=0), table.std(axis=0) + 1e-9
    shaped, _ = make(samples, samples)
    fitted = fit(shaped, samples, strength)
    raw, _ = leave_site_out(samples, make, strength)
    slope, offset = platt(raw, np.array([one.pseudo for one in samples]))
    model = ResemblanceModel(
        features=names,
        means=_round(means),
        scales=_round(scales),
        weights=_round(fitted.coef_[0]),
        intercept=round(float(fitted.intercept_[0]), 6),
        slope=round(slope, 6),
        offset=round(offset, 6),
        farthest=round(float(np.quantile([distance_of(row) for row in shaped], 0.99)), 6),
        scorer=scorer.info.sha256,
        licence="CC BY-NC 4.0",
        trained="PPN, four sites, 2022-2023; OrangeSum matched on topic, 2011-2020",
        limits=limits,
    )
    path = Path("experiments/resemblance/model") / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    return path.parent


def _round(values: Array) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)


if __name__ == "__main__":
    main()
