"""What a headline does with its body's claim: keeps, drops or raises it, with the sentences.

For the title and for the standfirst: the sentences of the body that carry the claim, each with its
similarity (:mod:`classifier.article.similarity`); then, by a small logistic model over the labels
of headline and sentences, forms of words (``resources/headline.toml``) and numbers, the classes of
:mod:`classifier.corpus.headlines`. Its weights (``resources/headline.json``) were fitted on
annotated headlines older than 15 June 2020 alone, by ``experiments/headline/train.py``.

Classes that could not be had at a precision of 0.7 are experimental: their probability is given,
they are not reported unless asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import msgspec

from classifier.article.similarity import Words, coverage, missing_words, nearest, read_words, stem
from classifier.records import ClaimMatch, Headline, SentenceScore
from classifier.schema import resource_bytes
from classifier.text.normalise import normalise

HEDGED, RELAYED = "attribution_hedging", "relay_sourcing"
MOST_MATCHES = 4
"""Sentences reported as carrying a claim, at most; the readers gave at most as many."""

FLOOR = ("heading", "similarity", "similarity_second", "missing", "matches")
"""What the floor *similarity alone* sees."""

_BODY_FORMS = ("speech", "quote", "restriction", "denial")
_CLAIM_FORMS = ("announced", "possible", "strong")
_QUOTED = re.compile(r'"[^"]*"|«[^»]*»')
_RESUMED = re.compile(r"\b(?:[Ll]'|(?:[Ll]es?|[Ll]a|[Cc]et?|[Cc]ette|[Cc]es) )([^\W\d_]{4,})")
_BEGINNING = 160
_NEARLY = 0.3
_SINGLE_NAME = re.compile(r"^[A-ZÀ-Ý][\w'-]+(?: [A-ZÀ-Ý][\w'-]+)*")


class Pattern(msgspec.Struct, frozen=True):
    """One form of words, with examples that a test runs."""

    about: str
    pattern: str
    found: tuple[str, ...]
    passed: tuple[str, ...]


class HeadlineModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fitted weights.

    Attributes:
        features: names, in the order of the weights.
        means, scales: of each feature on the tuning headlines.
        weights: class → one weight a feature, the intercept last.
        thresholds: class → probability from which it is reported.
        experimental: classes whose precision stays below 0.7.
        claim_floor, claim_share: a sentence carries the claim from this similarity on, and from
            this share of the best sentence's.
        similarity_weights, similarity_thresholds: of the floor that sees :data:`FLOOR` alone.
        majority: the most frequent class among the tuning headlines.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]
    thresholds: dict[str, float]
    experimental: tuple[str, ...]
    claim_floor: float
    claim_share: float
    similarity_weights: dict[str, tuple[float, ...]]
    similarity_thresholds: dict[str, float]
    majority: str


@cache
def load_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return the forms of words, compiled, by name."""
    return {name: re.compile(one.pattern, re.IGNORECASE) for name, one in pattern_entries().items()}


def pattern_entries() -> dict[str, Pattern]:
    """Return the forms of words as they stand in the resource."""
    return msgspec.toml.decode(resource_bytes("headline.toml"), type=dict[str, Pattern])


@cache
def load_headline_model() -> HeadlineModel:
    """Return the weights that travel in the package."""
    return msgspec.json.decode(resource_bytes("headline.json"), type=HeadlineModel)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence of the body with what is read off it.

    Attributes:
        similarity: to the headline's claim.
        attributed: 0 to 1, how clearly it is somebody's word.
        hedged, relayed: probabilities of its labels.
        forms: names of the patterns found.
    """

    index: int
    similarity: float
    attributed: float
    hedged: float
    relayed: float
    forms: frozenset[str]
    words: Words
    place: int
    text: str


@dataclass(frozen=True)
class Comparison:
    """A headline beside its body.

    Attributes:
        matches: the sentences that carry the claim, best first.
        related: other sentences that limit or withdraw something near the claim.
        units: every sentence of the body.
        features: what the model weighs, by name.
    """

    field: str
    matches: tuple[_Unit, ...]
    related: tuple[_Unit, ...]
    units: tuple[_Unit, ...]
    features: Mapping[str, float]


def read_headlines(sentences: Sequence[SentenceScore]) -> tuple[Headline, ...]:
    """Return what the title and the standfirst do, those of them that there are."""
    if not any(one.sentence.field != "text" for one in sentences):
        return ()
    body = read_body(sentences)
    return tuple(
        judge(compared)
        for name in ("title", "heading")
        if (compared := compare(sentences, name, body))
    )


def judge(compared: Comparison) -> Headline:
    """Return the classes of a compared headline."""
    model = load_headline_model()
    classes = _weigh(compared, model.weights)
    found = tuple(name for name, value in classes.items() if value >= model.thresholds[name])
    return Headline(
        compared.field,  # type: ignore[arg-type]
        tuple(
            ClaimMatch(one.index, round(one.similarity, 4), one.attributed >= 0.5)
            for one in sorted(compared.matches, key=lambda one: one.index)
        ),
        classes,
        tuple(name for name in found if name not in model.experimental),
        tuple(name for name in found if name in model.experimental),
        tuple(sorted(one.index for one in compared.related)),
    )


def judge_by_similarity(compared: Comparison) -> set[str]:
    """Return the classes that the similarity to the body alone would give."""
    model = load_headline_model()
    classes = _weigh(compared, model.similarity_weights)
    return {name for name, value in classes.items() if value >= model.similarity_thresholds[name]}


def _weigh(compared: Comparison, weights: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return class → probability from weights of which the last is the intercept."""
    model = load_headline_model()
    shaped = [
        (compared.features[name] - mean) / scale
        for name, mean, scale in zip(model.features, model.means, model.scales, strict=True)
    ]
    return {
        name: _sigmoid(math.fsum(w * x for w, x in zip(row[:-1], shaped, strict=True)) + row[-1])
        for name, row in weights.items()
    }


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def compare(
    sentences: Sequence[SentenceScore], name: str, read: Sequence[_Unit] | None = None
) -> Comparison | None:
    """Compare the headline ``title`` or ``heading`` with the body; None where either is absent.

    Args:
        read: the body as :func:`read_body` gives it, where it was read already.
    """
    heads = [one for one in sentences if one.sentence.field == name]
    body = read_body(sentences) if read is None else read
    if not heads or not body:
        return None
    model = load_headline_model()
    claim = heads if name == "title" else heads[:1]
    words = read_words(" ".join(_claim_text(one) for one in claim))
    units = [replace(unit, similarity=coverage(words, unit.words)) for unit in body]
    ranked = sorted(units, key=lambda unit: (-unit.similarity, unit.index))
    best = ranked[0].similarity
    floor = max(model.claim_floor, model.claim_share * best)
    near = sum(unit.similarity >= floor for unit in ranked[:MOST_MATCHES])
    # The other forms are looked for where they count: in the best, and in what carries the claim.
    ranked[: max(near, 1)] = map(_look_closer, ranked[: max(near, 1)])
    matches = tuple(ranked[:near])
    related = _related(sorted(ranked, key=lambda unit: unit.place), matches)
    features = _features(name, heads, words, units, ranked, matches, related)
    return Comparison(name, matches, related, tuple(units), features)


def _claim_text(one: SentenceScore) -> str:
    """Return a headline's words without those that say whose word it is."""
    text = one.sentence.text
    keep = [True] * len(text)
    for label in (HEDGED, RELAYED):
        for cue in one.labels[label].cues if label in one.labels else ():
            if cue.device in ("frame", "outlet", "via_outlet"):
                keep[cue.start : cue.end] = [False] * (cue.end - cue.start)
    kept = "".join(char for char, kept in zip(text, keep, strict=True) if kept)
    return kept if len(kept) > 15 else text


def read_body(sentences: Sequence[SentenceScore]) -> list[_Unit]:
    """Return the sentences of the body with what is read off each, whatever the headline."""
    body = [
        one for one in sentences if one.sentence.field == "text" and one.sentence.kind == "sentence"
    ]
    return [_read_unit(place, one) for place, one in enumerate(body)]


def _read_unit(place: int, one: SentenceScore) -> _Unit:
    text = normalise(one.sentence.text).text
    patterns = load_patterns()
    forms = frozenset(name for name in _BODY_FORMS if patterns[name].search(text))
    hedged, relayed = (
        one.labels[name].probability if name in one.labels else 0.0 for name in (HEDGED, RELAYED)
    )
    quoted = 0.0
    if "quote" in forms:
        quoted = sum(len(part) for part in _QUOTED.findall(text)) / max(len(text), 1)
    said = 0.8 if "speech" in forms else 0.7 if quoted > 0.3 else 0.0
    if text[:1] in '"«' or text[-1:] in '"»':
        said = max(said, 0.8)
    attributed = max(hedged, relayed, said)
    index = one.sentence.index
    return _Unit(index, 0.0, attributed, hedged, relayed, forms, read_words(text), place, text)


def _look_closer(unit: _Unit) -> _Unit:
    """Return a sentence with the forms that only one near the claim is searched for."""
    patterns = load_patterns()
    more = (name for name in _CLAIM_FORMS if patterns[name].search(unit.text))
    return replace(unit, forms=unit.forms.union(more))


def _related(units: Sequence[_Unit], matches: Sequence[_Unit]) -> tuple[_Unit, ...]:
    """Return sentences that limit or withdraw the claim, or what resumes it, in reading order.

    A sentence speaks of the claim if it is one of the matches, is nearly one, or takes up a noun of
    the two best (*l'autorisation*, *cette mesure*) at its beginning.
    """
    core = {word: 1.0 for one in matches[:2] for word, w in one.words.weights.items() if w > 2}
    found = []
    for unit in units:
        if not {"restriction", "denial"} & unit.forms:
            continue
        resumed = any(
            nearest(stem(noun), core) for noun in _RESUMED.findall(unit.text[:_BEGINNING])
        )
        near = any(0 < unit.place - one.place <= 2 for one in matches[:2])
        if (
            unit in matches
            or unit.similarity >= _NEARLY
            or resumed
            or (near and "denial" in unit.forms)
        ):
            found.append((unit not in matches, not resumed, -unit.similarity, unit.place, unit))
    return tuple(
        sorted(
            (one[-1] for one in sorted(found, key=lambda one: one[:4])[:MOST_MATCHES]),
            key=lambda one: one.place,
        )
    )


def _features(
    name: str,
    heads: Sequence[SentenceScore],
    words: Words,
    units: Sequence[_Unit],
    ranked: Sequence[_Unit],
    matches: Sequence[_Unit],
    related: Sequence[_Unit],
) -> dict[str, float]:
    text = normalise(" ".join(one.sentence.text for one in heads)).text
    forms = {key for key, form in load_patterns().items() if form.search(text)}
    hedged = max(one.labels[HEDGED].probability for one in heads)
    relayed = max(one.labels[RELAYED].probability for one in heads)
    shown = max(hedged, relayed, 0.8 if {"relays", "quote"} & forms else 0.0)
    matched = {form for unit in matches for form in unit.forms}
    said = [unit.attributed for unit in matches] or [0.0]
    plain = max((u.similarity * (1 - u.attributed) for u in units), default=0.0)
    spoken = max((u.similarity * u.attributed for u in units), default=0.0)
    top = ranked[0]
    said_top = max(top.hedged, top.relayed, 0.9 * ("speech" in top.forms))
    plain_top = max((u.similarity for u in units if _is_plain(u)), default=0.0)
    plain_share = plain_top / top.similarity if top.similarity else 0.0
    bare = float(shown < 0.5)
    second = ranked[1].similarity if len(ranked) > 1 else 0.0
    inside = [value for unit in matches for value in unit.words.numbers]
    every = {value for unit in units for value in unit.words.numbers}
    raised = sum(_is_raised(value, inside) for value in words.numbers if value not in every)
    absent = sum(value not in every for value in words.numbers)
    limits = {unit.index for unit in related}
    in_claim = limits & {unit.index for unit in matches}
    only_head = "restriction" not in forms
    return {
        "heading": float(name == "heading"),
        "similarity": top.similarity,
        "similarity_second": second,
        "missing": missing_words(words, [unit.words for unit in units]),
        "matches": float(len(matches)),
        "hedged": hedged,
        "relayed": relayed,
        "shown": shown,
        "relays": float("relays" in forms),
        "quote": float("quote" in forms),
        "colon": float(" : " in text or text.count(": ") > 0),
        "question": float("question" in forms),
        "open": float("open" in forms),
        "names_first": float(bool(_SINGLE_NAME.match(text))),
        "length": math.log(1 + len(words.weights)),
        "said_least": min(said),
        "said_most": max(said),
        "said_best": top.attributed,
        "plain": plain,
        "spoken": spoken,
        "spoken_over_plain": spoken - plain,
        "dropped": min(said) * (1 - shown),
        "dropped_best": top.attributed * (1 - shown) * top.similarity,
        "kept": min(said) * shown,
        "drop": said_top * bare,
        "drop_labelled": max(top.hedged, top.relayed) * bare,
        "drop_alone": said_top * bare * (1 - plain_share),
        "drop_labelled_alone": max(top.hedged, top.relayed) * bare * (1 - plain_share),
        "drop_alone_close": said_top * bare * (1 - plain_share) * top.similarity,
        "plain_share": plain_share,
        "bare": bare,
        "announced_bare": float("announced" in top.forms) * bare,
        "announced": float("announced" in matched),
        "announced_shown": float("announced" in matched) * (1 - shown),
        "limits": float(len(limits)),
        "limit_in_claim": float(bool(in_claim)) * only_head,
        "limit_elsewhere": float(len(limits - in_claim)) * only_head,
        "limit_in_headline": float("restriction" in forms),
        "denied": float(any("denial" in unit.forms for unit in (*matches, *related))),
        "possible_only_body": float("possible" in top.forms) * ("possible" not in forms),
        "possible_in_headline": float("possible" in forms),
        "strong_only_headline": float("strong" in forms and "strong" not in matched),
        "strong_in_headline": float("strong" in forms),
        "number_raised": float(raised),
        "number_absent": float(absent),
        "first_sentence": float(top.place == 0),
    }


def _is_plain(unit: _Unit) -> bool:
    return max(unit.hedged, unit.relayed) < 0.5 and "speech" not in unit.forms


def _is_raised(value: float, inside: Iterable[float]) -> bool:
    """Say whether a headline's number tops the nearest of the claim's sentences by a tenth."""
    near = [one for one in inside if one > 0 and 0.1 <= value / one <= 10]
    return bool(near) and value > 1.1 * min(near, key=lambda one: abs(math.log(value / one)))
