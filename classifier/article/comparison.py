"""A headline beside its body, as numbers: what :mod:`classifier.article.headline` weighs.

The attribution features follow how a reader decides: the headline asserts; the sentences that carry
its claim best are all somebody's word; and no sentence says the same in the paper's own voice,
neither with the same plain words nor by taking it up (*cette fermeture*).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from classifier.article.carriers import Overlap, describe_carriers, weigh_carriers
from classifier.article.passages import HEDGED, RELAYED, Body, Passage
from classifier.article.similarity import Words, read_words
from classifier.article.wording import find_forms
from classifier.records import SentenceScore
from classifier.text.normalise import normalise

MOST_MATCHES = 4
"""Sentences reported as carrying a claim, at most; the readers gave at most as many."""

_HEADLINE_FORMS = (
    *("relays", "named_source", "unsure", "asks_or_vows", "quote", "question", "open"),
    *("act", "decision", "possible", "strong", "restriction"),
)
_SHOWN = frozenset(("relays", "named_source", "unsure"))
_NEARLY = 0.3
_FAR = 0.02  # what carries the claim less likely than this says nothing about it
_TAKEN_UP = 3  # sentences after the claim in which a demonstrative is taken to mean it
_SINGLE_NAME = re.compile(r"^[A-ZÀ-Ý][\w'-]+(?: [A-ZÀ-Ý][\w'-]+)*")
_CARRIES = attrgetter("carries")
_QUOTED = re.compile(r'"[^"]*"|«[^»]*»')


class CarrierRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which sentences carry a claim.

    Attributes:
        weights: one for each of ``carriers.CARRIER_FEATURES``, the intercept last.
        floor, share: a sentence carries the claim from this probability on, and from this share of
            the best sentence's.
    """

    weights: tuple[float, ...]
    floor: float
    share: float


class Unit(msgspec.Struct, frozen=True, gc=False):
    """A sentence of the body beside one headline.

    Attributes:
        similarity: share of the headline's weight that it takes up, 0 to 1.
        core: the same of the headline's words that are no names.
        carries: probability that it carries the claim.
    """

    passage: Passage
    similarity: float
    core: float
    carries: float

    @property
    def index(self) -> int:
        """The sentence's index in the article."""
        return self.passage.index


@dataclass(frozen=True)
class Comparison:
    """A headline beside its body.

    Attributes:
        matches: the sentences that carry the claim, best first.
        related: sentences that limit or withdraw something near the claim.
        units: every sentence of the body, in its order.
        features: what the model weighs, by name.
        rows: for each unit what :func:`weigh_carriers` weighs.
    """

    field: str
    matches: tuple[Unit, ...]
    related: tuple[Unit, ...]
    units: tuple[Unit, ...]
    features: Mapping[str, float]
    rows: Sequence[tuple[float, ...]] = ()


class Headlines:
    """The headlines of an article and the body, each read once."""

    __slots__ = ("body", "heads", "overlaps")

    def __init__(self, sentences: Sequence[SentenceScore]) -> None:
        self.body = Body(sentences)
        self.heads: dict[str, list[SentenceScore]] = {}
        words: dict[str, Words] = {}
        for name in ("title", "heading"):
            heads = [one for one in sentences if one.sentence.field == name]
            if heads and self.body.passages:
                claim = heads if name == "title" else heads[:1]
                self.heads[name] = heads
                words[name] = read_words(" ".join(_claim_text(one) for one in claim))
        self.body.index.look_up(word for one in words.values() for word in one.weights)
        self.overlaps = {name: Overlap(one, self.body) for name, one in words.items()}

    def compare(self, name: str, rule: CarrierRule) -> Comparison | None:
        """Compare the headline ``title`` or ``heading`` with the body; None without either."""
        overlap = self.overlaps.get(name)
        if overlap is None:
            return None
        others = [one for key, one in self.overlaps.items() if key != name]
        rows = describe_carriers(overlap, others[0] if others else None)
        carries = weigh_carriers(rows, rule.weights)
        units = tuple(map(Unit, self.body.passages, overlap.whole, overlap.core, carries))
        ranked = sorted(units, key=_CARRIES, reverse=True)  # of equals the first goes first
        floor = max(rule.floor, rule.share * ranked[0].carries)
        matches = tuple(
            unit for unit in ranked[:MOST_MATCHES] if unit.carries >= floor and unit.similarity > 0
        )
        related = find_limits(self.body, units, matches)
        features = _measure(self.heads[name], overlap, self.body, ranked, matches, related)
        return Comparison(name, matches, related, units, features, rows)


def _claim_text(one: SentenceScore) -> str:
    """Return a headline's words without those that say whose word it is."""
    text = one.sentence.text
    shown = sorted(
        (cue.start, cue.end)
        for label in (HEDGED, RELAYED)
        for cue in (one.labels[label].cues if label in one.labels else ())
        if cue.device in ("frame", "outlet", "via_outlet")
    )
    if not shown:
        return text
    parts, at = [], 0
    for start, end in shown:
        parts.append(text[at : max(start, at)])
        at = max(end, at)
    kept = "".join((*parts, text[at:]))
    return kept if len(kept) > 15 else text


def find_limits(body: Body, units: Sequence[Unit], matches: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return sentences that limit or withdraw the claim, or what resumes it, in reading order.

    A sentence speaks of the claim if it is one of the matches, is nearly one, or takes up a noun of
    the two best (*l'autorisation*, *cette mesure*) at its beginning.
    """
    best = [one.passage for one in matches[:2]]
    matched = {one.passage.place for one in matches}
    after = {one.place + step for one in best for step in (1, 2)}
    many = len(body.limiting) > MOST_MATCHES
    core: set[str] | None = None
    found = []
    for passage in body.limiting:
        place = passage.place
        unit = units[place]
        close = unit.similarity >= _NEARLY or place in matched
        resumed = False
        if many or not close:
            if core is None:
                core = {word for one in best for word, value in one.weights.items() if value > 2}
            resumed = _resumes(passage, core)
        if close or resumed or (place in after and passage.denies):
            found.append((place not in matched, not resumed, -unit.similarity, place, unit))
    chosen = sorted(found, key=lambda one: one[:4])[:MOST_MATCHES]
    return tuple(sorted((one[-1] for one in chosen), key=lambda one: one.passage.place))


def _resumes(passage: Passage, core: Set[str]) -> bool:
    """Say whether a sentence takes up one of these stems with an article at its beginning."""
    # A noun that is cut off may look like a stem that does not stand in the sentence.
    return not core.isdisjoint(passage.resumed) and not core.isdisjoint(passage.weights)


def _measure(
    heads: Sequence[SentenceScore],
    overlap: Overlap,
    body: Body,
    ranked: Sequence[Unit],
    matches: Sequence[Unit],
    related: Sequence[Unit],
) -> dict[str, float]:
    """Return the features of a headline beside its body."""
    text = normalise(" ".join(one.sentence.text for one in heads)).text
    forms = find_forms(text.lower(), _HEADLINE_FORMS)
    hedged = max(one.labels[HEDGED].probability for one in heads)
    relayed = max(one.labels[RELAYED].probability for one in heads)
    parts = _QUOTED.findall(text)
    quoted = sum(map(len, parts)) / max(len(text), 1)
    long_quote = any(part.count(" ") > 2 for part in parts)
    spoken = 0.8 * (bool(_SHOWN & forms) or quoted > 0.2)
    shown = max(hedged, relayed, spoken)
    head = {
        "heading": float(heads[0].sentence.field == "heading"),
        "hedged": hedged,
        "relayed": relayed,
        "shown": shown,
        "bare": float(shown < 0.5),
        "relays": float("relays" in forms),
        "quote": float("quote" in forms),
        "quoted": quoted,
        "long_quote": float(long_quote),
        "named_source": float("named_source" in forms),
        "unsure": float("unsure" in forms),
        "speech_act": float("asks_or_vows" in forms),
        "colon": float(": " in text),
        "question": float("question" in forms),
        "open": float("open" in forms),
        "names_first": float(bool(_SINGLE_NAME.match(text))),
        "length": math.log(1 + len(overlap.words.weights)),
        "acts": float("act" in forms),
        "decides": float("decision" in forms),
        "possible_in_headline": float("possible" in forms),
        "strong_in_headline": float("strong" in forms),
        "limit_in_headline": float("restriction" in forms),
    }
    return {
        **head,
        **_measure_attribution(head, body, ranked),
        **_measure_distortion(forms, overlap, body, ranked[0], matches, related),
    }


def _measure_attribution(
    head: Mapping[str, float], body: Body, ranked: Sequence[Unit]
) -> dict[str, float]:
    """Features of who speaks: the sourced sentences that carry the claim against the plain ones."""
    sourced = next((one for one in ranked if one.passage.attributed >= 0.5), None)
    best = [one.passage.attributed >= 0.5 for one in ranked[:3]]
    said = strength = said_core = said_whole = labelled = press = 0.0
    taken_up = framed = 0.0
    has: dict[str, float] = dict.fromkeys(("decision", "study", "institution", "conditional"), 0.0)
    if sourced is not None:
        passage = sourced.passage
        said, said_core, said_whole = sourced.carries, sourced.core, sourced.similarity
        labelled = max(passage.hedged, passage.relayed)
        strength = max(labelled, 0.9 * passage.has("said"))
        press = passage.relayed
        framed = float(passage.framed)
        has = {name: float(passage.has(name)) for name in has}
        following = body.passages[passage.place + 1 : passage.place + 1 + _TAKEN_UP]
        taken_up = float(any(one.has("taken_up") and one.attributed < 0.5 for one in following))
    voice = voice_core = voice_whole = 0.0
    for one in ranked:
        if one.carries < _FAR:
            break
        # What cannot raise a maximum is not looked at.
        higher = one.carries > voice or one.core > voice_core or one.similarity > voice_whole
        if higher and one.passage.attributed < 0.5:
            voice = max(voice, one.carries)
            voice_core = max(voice_core, one.core)
            voice_whole = max(voice_whole, one.similarity)
    bare = head["bare"]
    apart = 1 - min(voice_core / (said_core + 0.1), 1)
    alone = 1 - min(voice / (said + 0.01), 1)
    return {
        "said": said,
        "voice": voice,
        "strength": strength,
        "framed": framed,
        "bare_framed": bare * framed * said,
        "labelled": labelled,
        "press": press,
        "study": has["study"],
        "institution": has["institution"],
        "decision": has["decision"],
        "conditional": has["conditional"],
        "taken_up": taken_up,
        "best_said": float(best[0]),
        "best_three_said": sum(best) / len(best),
        "plain_words_apart": bare * strength * said_whole * apart,
        "claim_apart": bare * strength * said * (1 - voice),
        "claim_apart_near": bare * strength * said * (1 - voice) * said_whole,
        "claim_alone": bare * labelled * said * alone,
        "bare_odds": bare * math.log((said + 0.05) / (voice + 0.05)),
        "bare_whole": bare * (said_whole - voice_whole),
        "bare_core": bare * (said_core - voice_core),
        "bare_best": bare * best[0],
        "bare_press": bare * press * best[0],
        "shown_best": head["shown"] * best[0],
        "shown_said": head["shown"] * said * (1 - voice),
        "sourced_said": head["named_source"] * said * (1 - voice),
        "unsure_said": head["unsure"] * said * (1 - voice),
        "quote_said": head["long_quote"] * best[0],
        "acts_itself": head["acts"] * (1 - press),
    }


def _measure_distortion(
    forms: Collection[str],
    overlap: Overlap,
    body: Body,
    top: Unit,
    matches: Sequence[Unit],
    related: Sequence[Unit],
) -> dict[str, float]:
    """Features of what the headline says beyond its body, or leaves out."""
    nearest_two = sorted(overlap.whole, reverse=True)[:2]
    numbers: list[float] = []
    inside: list[float] = []
    if overlap.words.numbers:
        known = body.numbers
        numbers = [value for value in overlap.words.numbers if value not in known]
        inside = [value for unit in matches for value in body.index.numbers[unit.passage.place]]
    limits = {unit.index for unit in related}
    in_claim = limits & {unit.index for unit in matches}
    only_head = "restriction" not in forms
    strong_alone = "strong" in forms and not any(unit.passage.has("strong") for unit in matches)
    return {
        "similarity": nearest_two[0],
        "similarity_second": nearest_two[1] if len(nearest_two) > 1 else 0.0,
        "missing": overlap.missing,
        "matches": float(len(matches)),
        "limits": float(len(limits)),
        "limit_in_claim": float(bool(in_claim)) * only_head,
        "limit_elsewhere": float(len(limits - in_claim)) * only_head,
        "denied": float(any(unit.passage.denies for unit in (*matches, *related))),
        "possible_only_body": float("possible" not in forms and top.passage.has("possible")),
        "strong_only_headline": float(strong_alone),
        "number_raised": float(sum(_is_raised(value, inside) for value in numbers)),
        "number_absent": float(len(numbers)),
    }


def _is_raised(value: float, inside: Iterable[float]) -> bool:
    """Say whether a headline's number tops the nearest of the claim's sentences by a tenth."""
    near = [one for one in inside if one > 0 and 0.1 <= value / one <= 10]
    return bool(near) and value > 1.1 * min(near, key=lambda one: abs(math.log(value / one)))
