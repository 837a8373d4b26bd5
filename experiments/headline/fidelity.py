"""The model behind ``headline_fidelity``: does a headline depart from its body in any way?

One logistic model whose target is a departure of any kind; it may weigh whatever one of the
departures may weigh, and three features of the whole body. Its strength comes from
cross-validation over articles, by the log loss on real titles.

Most articles were drawn for looking like candidates. They were drawn by how the body hedges or
relays and how the headline does, which the features measure: given these, the draw should tell
nothing more. That is checked, not assumed (``draw`` in the document): among titles that no choice
has seen, what a title drawn at random adds to the odds beside the model's own. For the same reason
no map is laid on the probabilities: ``slope`` is 1 where none is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from classifier.article.comparison import CarrierRule
from classifier.article.headline import DEPARTURES, FLOOR, FidelityModel, describe_fidelity
from classifier.evaluation.fidelity import SEED, fidelity_document, score_fidelity
from classifier.statistics import Clusters, Resamples
from experiments.headline.cases import (
    INNER,
    Array,
    Case,
    Truth,
    folds,
    log_loss,
    measure,
    standardise,
    take,
)

STRENGTHS = (0.003, 0.01, 0.03, 0.1)
BODY = ("body_length", "bare_claim_labelled", "bare_hedged")
RESAMPLES = 1000
READERS = ("model", "similarity alone")

Part = tuple[Array, Array, CarrierRule]
"""Places of headlines to fit on and to judge, and the rule tuned on the first."""


def find_departures(cases: Sequence[Case]) -> Truth:
    """Return which headlines depart from their body in any way."""
    return np.array([not set(DEPARTURES).isdisjoint(case.pair.classes) for case in cases])


def is_real_title(case: Case) -> bool:
    """Say whether the signal is for headlines like this one."""
    return case.real and case.pair.field == "title"


def fit(cases: Sequence[Case], table: Array, columns: Sequence[int]) -> tuple[Array, float]:
    """Return weights on standardised features (intercept last) and the strength chosen.

    Args:
        table: (n_headlines, n_features), standardised.
        columns: the features that may be weighed; the others get 0.
    """
    truth, part = find_departures(cases), table[:, columns]
    judged = np.array([is_real_title(case) for case in cases])
    losses = {}
    for strength in STRENGTHS:
        said = np.zeros(len(cases))
        for train, test in folds(cases, INNER):
            fitted = LogisticRegression(C=strength, max_iter=3000).fit(part[train], truth[train])
            said[test] = fitted.predict_proba(part[test])[:, 1]
        losses[strength] = log_loss(said[judged], truth[judged])
    strength = min(STRENGTHS, key=losses.__getitem__)
    fitted = LogisticRegression(C=strength, max_iter=3000).fit(part, truth)
    weights = np.zeros(table.shape[1] + 1)
    weights[list(columns)], weights[-1] = fitted.coef_[0], fitted.intercept_[0]
    return weights, strength


def fit_fidelity(
    cases: Sequence[Case], rule: CarrierRule, allowed: Sequence[str], *, holds: bool
) -> tuple[FidelityModel, float]:
    """Return the model fitted on all tuning headlines, and its strength.

    Args:
        allowed: features that some departure may weigh; :data:`BODY` comes on top.
    """
    table, means, scales = standardise(_measure(cases, rule, allowed))
    names = (*allowed, *BODY)
    full, strength = fit(cases, table, range(len(names)))
    floor, _ = fit(cases, table, [names.index(one) for one in FLOOR])
    values = [_round(one) for one in (means, scales, full, floor)]
    return FidelityModel(names, *values, holds), strength


def judge_fidelity(
    cases: Sequence[Case], parts: Sequence[Part], allowed: Sequence[str]
) -> tuple[dict[str, Any], bool]:
    """Return what the fidelity is worth on real titles that no choice has seen; whether it holds.

    It holds where the interval of its AUC lies above 0.5 and its Brier score is below that of the
    base rate, among all real titles and among those of articles drawn at random.
    """
    names = (*allowed, *BODY)
    said = {reader: np.zeros(len(cases)) for reader in READERS}
    for train, test, rule in parts:
        raw = _measure(cases, rule, allowed)
        _, means, scales = standardise(raw[train])
        table, learned = (raw - means) / scales, take(cases, train)
        for reader, chosen in zip(READERS, (names, FLOOR), strict=True):
            columns = [names.index(one) for one in chosen]
            weights, _ = fit(learned, table[train], columns)
            said[reader][test] = table[test] @ weights[:-1] + weights[-1]
    departs = find_departures(cases)
    titles = np.array([is_real_title(case) for case in cases])
    random = np.array([case.mark.selection.startswith("random") for case in cases])
    sets: dict[str, Any] = {}
    for name, chosen in (("real titles", titles), ("titles drawn at random", titles & random)):
        places = np.flatnonzero(chosen)
        groups = [cases[place].group for place in places]
        values = {reader: 1 / (1 + np.exp(odds[places])) for reader, odds in said.items()}
        sets[name] = fidelity_document(score_fidelity(groups, departs[places], values))
    holds = all(
        one["readers"]["model"]["auc"]["low"] > 0.5
        and one["readers"]["model"]["brier"]["value"]
        < one["readers"]["model"]["base_brier"]["value"]
        for one in sets.values()
    )
    calibration = _check_draw(
        [case.group for case in take(cases, np.flatnonzero(titles))],
        said["model"][titles],
        random[titles],
        departs[titles],
    )
    return {"holds": holds, "sets": sets, "calibration": calibration}, holds


def _check_draw(groups: Sequence[str], odds: Array, random: Truth, truth: Truth) -> dict[str, Any]:
    """Return how the log odds must be stretched, and what a draw at random adds, with intervals."""
    table = np.stack([odds, random], axis=1)

    def measure_rows(rows: Any) -> Array:
        fitted = LogisticRegression(C=1e3, max_iter=1000).fit(table[rows], truth[rows])
        return np.array([*fitted.coef_[0]])

    resamples = Resamples.draw(Clusters.of(groups), replicates=RESAMPLES, seed=SEED)
    drawn = resamples.of_rows(measure_rows)
    intervals = drawn.intervals(len(resamples.clusters), method="percentile")
    return {
        name: [round(end, 3) for end in (one.value, one.low, one.high)]
        for name, one in zip(("slope", "draw"), intervals, strict=True)
    }


def _measure(cases: Sequence[Case], rule: CarrierRule, allowed: Sequence[str]) -> Array:
    names, table = measure(cases, rule, describe_fidelity)
    return table[:, [names.index(one) for one in (*allowed, *BODY)]]


def _round(values: Array) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)
