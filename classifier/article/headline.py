"""What a headline does with its body's claim: keeps, drops or raises it, with the sentences.

For the title and for the standfirst: the sentences of the body that carry the claim
(:mod:`classifier.article.carriers`), each with its similarity; then, by a small logistic model over
what :mod:`classifier.article.comparison` measures, the classes of
:mod:`classifier.corpus.headlines`. All weights (``resources/headline.json``) were fitted on
annotated headlines older than 15 June 2020 alone, by ``experiments/headline/train.py``.

Classes that could not be had at a precision of 0.7, luck apart, are experimental: their probability
is given, they are not reported unless asked for. What can be given is one probability for all of
them: that a careful reader would find no departure at all in the title (:func:`weigh_fidelity`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from operator import mul

import msgspec

from classifier.article.comparison import MOST_MATCHES, CarrierRule, Comparison, Headlines
from classifier.article.wording import Pattern, load_patterns, pattern_entries
from classifier.records import ClaimMatch, Headline, SentenceScore
from classifier.schema import resource_bytes

__all__ = [
    "DEPARTURES",
    "FLOOR",
    "MOST_MATCHES",
    "Comparison",
    "FidelityModel",
    "HeadlineModel",
    "Pattern",
    "compare",
    "describe_fidelity",
    "judge",
    "judge_by_similarity",
    "load_headline_model",
    "load_patterns",
    "pattern_entries",
    "read_headlines",
    "weigh_fidelity",
]

DEPARTURES = ("drops_attribution", "drops_restriction", "raises", "unsupported")
"""Classes of a headline that says more, or less carefully, than its body."""

FLOOR = ("heading", "similarity", "similarity_second", "missing")
"""What the floor *similarity alone* sees."""


class FidelityModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fitted weights of a departure of any kind (:data:`DEPARTURES`).

    Attributes:
        features: names of :func:`describe_fidelity`, in the order of the weights.
        means, scales: of each feature on the tuning headlines.
        weights: one a feature, the intercept last; a positive sum speaks for a departure.
        similarity_weights: of the floor that sees :data:`FLOOR` alone.
        holds: whether it beat chance and the base rate on titles that no choice had seen.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    similarity_weights: tuple[float, ...]
    holds: bool


class HeadlineModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fitted weights.

    Attributes:
        features: names, in the order of the weights.
        means, scales: of each feature on the tuning headlines.
        weights: class → one weight a feature, the intercept last.
        thresholds: class → probability from which it is reported.
        experimental: classes whose precision stays below 0.7.
        carriers: which sentences carry the claim.
        similarity_weights, similarity_thresholds: of the floor that sees :data:`FLOOR` alone.
        majority: the most frequent class among the tuning headlines.
        fidelity: the model of a departure of any kind.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]
    thresholds: dict[str, float]
    experimental: tuple[str, ...]
    carriers: CarrierRule
    similarity_weights: dict[str, tuple[float, ...]]
    similarity_thresholds: dict[str, float]
    majority: str
    fidelity: FidelityModel


@cache
def load_headline_model() -> HeadlineModel:
    """Return the weights that travel in the package."""
    return msgspec.json.decode(resource_bytes("headline.json"), type=HeadlineModel)


def read_headlines(sentences: Sequence[SentenceScore]) -> tuple[Headline, ...]:
    """Return what the title and the standfirst do, those of them that there are."""
    if not any(one.sentence.field != "text" for one in sentences):
        return ()
    read, rule = Headlines(sentences), load_headline_model().carriers
    compared = (read.compare(name, rule) for name in ("title", "heading"))
    return tuple(judge(one) for one in compared if one is not None)


def compare(sentences: Sequence[SentenceScore], name: str) -> Comparison | None:
    """Compare the headline ``title`` or ``heading`` with the body; None where either is absent."""
    return Headlines(sentences).compare(name, load_headline_model().carriers)


def judge(compared: Comparison) -> Headline:
    """Return the classes of a compared headline."""
    model = load_headline_model()
    classes = _weigh(compared, model.weights)
    found = tuple(name for name, value in classes.items() if value >= model.thresholds[name])
    return Headline(
        compared.field,  # type: ignore[arg-type]
        tuple(
            ClaimMatch(one.index, round(one.similarity, 4), one.passage.attributed >= 0.5)
            for one in sorted(compared.matches, key=lambda one: one.index)
        ),
        classes,
        tuple(name for name in found if name not in model.experimental),
        tuple(name for name in found if name in model.experimental),
        tuple(sorted(one.index for one in compared.related)),
        weigh_fidelity(compared) if compared.field == "title" else math.nan,
    )


def judge_by_similarity(compared: Comparison) -> set[str]:
    """Return the classes that the similarity to the body alone would give."""
    model = load_headline_model()
    classes = _weigh(compared, model.similarity_weights)
    return {name for name, value in classes.items() if value >= model.similarity_thresholds[name]}


def describe_fidelity(compared: Comparison) -> dict[str, float]:
    """Return what a departure of any kind is weighed by: the comparison, and three of the body.

    How long the body is; how far the sentences that carry the claim, and all sentences, are hedged
    or relayed beside a headline that shows no source.
    """
    bare, units = compared.features["bare"], compared.units
    carried = math.fsum(unit.carries for unit in units) + 1e-6
    claim = math.fsum(
        unit.carries * max(unit.passage.hedged, unit.passage.relayed) for unit in units
    )
    hedged = math.fsum(unit.passage.hedged for unit in units)
    return {
        **compared.features,
        "body_length": math.log(1 + len(units)),
        "bare_claim_labelled": bare * claim / carried,
        "bare_hedged": bare * hedged / max(len(units), 1),
    }


def weigh_fidelity(compared: Comparison, *, similarity_alone: bool = False) -> float:
    """Return the probability, 0 to 1, that a careful reader would find no departure in a headline.

    Args:
        similarity_alone: by the floor that sees :data:`FLOOR` alone.
    """
    model, features = load_headline_model().fidelity, describe_fidelity(compared)
    shaped = [
        (features[name] - mean) / scale
        for name, mean, scale in zip(model.features, model.means, model.scales, strict=True)
    ]
    row = model.similarity_weights if similarity_alone else model.weights
    return _sigmoid(-math.fsum(map(mul, row, shaped)) - row[-1])


def _weigh(compared: Comparison, weights: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return class → probability from weights of which the last is the intercept."""
    model = load_headline_model()
    shaped = [
        (compared.features[name] - mean) / scale
        for name, mean, scale in zip(model.features, model.means, model.scales, strict=True)
    ]
    return {
        name: _sigmoid(math.fsum(map(mul, row, shaped)) + row[-1])  # the intercept is last
        for name, row in weights.items()
    }


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
