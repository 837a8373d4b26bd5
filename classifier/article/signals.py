"""Named signals of an article: each a value, the words that show it, and where it stands.

A signal says how an article is written, never what it is worth: a court report is full of hedges,
and a false story may have none. The percentile says which share of ordinary press articles
(:mod:`classifier.article.reference`) has less of it; it is absent, with the reason, where the model
or its thresholds are not those that the reference was built with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import msgspec

from classifier.article.headline import load_headline_model, load_patterns
from classifier.records import Chain, Evidence, Headline, SentenceScore, Signal
from classifier.schema import resource_bytes
from classifier.text.first_words import PatternIndex
from classifier.text.normalise import NormalText, normalise

HEDGED, RELAYED, THREAT = "attribution_hedging", "relay_sourcing", "threat_rhetoric"

SIGNALS: tuple[str, ...] = (
    "hedged_share",
    "relay_share",
    "relay_depth",
    "claims_without_origin",
    "independent_origins",
    "threat_share",
    "headline_fidelity",
    "unsourced_superlatives",
    "unsourced_loaded_terms",
)
"""Their order, everywhere."""

SUPERLATIVE = "superlative"
_QUOTED = re.compile(r'"[^"]*"|«[^»]*»|"[^"]*$|«[^»]*$|^[^«"]*»')


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern of judging or heightening words, with examples that a test runs."""

    group: str
    pattern: str
    found: tuple[str, ...]
    passed: tuple[str, ...]


class _TermFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    term: tuple[Term, ...]


@cache
def load_terms() -> tuple[tuple[Term, re.Pattern[str]], ...]:
    """Return the vocabulary with its compiled patterns."""
    terms = msgspec.toml.decode(resource_bytes("loaded.toml"), type=_TermFile).term
    return tuple((term, re.compile(term.pattern, re.IGNORECASE)) for term in terms)


@cache
def _term_index() -> PatternIndex:
    return PatternIndex([pattern for _, pattern in load_terms()])


def find_terms(text: NormalText) -> Iterator[tuple[str, int, int]]:
    """Yield group and offsets into the original of each term outside quotation marks."""
    quoted: list[tuple[int, int]] | None = None
    for number in _term_index().candidates(text.words):
        term, pattern = load_terms()[number]
        for match in pattern.finditer(text.text):
            if quoted is None:
                quoted = [found.span() for found in _QUOTED.finditer(text.text)]
            if not any(start <= match.start() < end for start, end in quoted):
                yield (term.group, *text.original_span(*match.span()))


def measure_signals(
    sentences: Sequence[SentenceScore],
    headlines: Iterable[Headline] = (),
    chain: Chain | None = None,
) -> tuple[Signal, ...]:
    """Return every signal of an article, without percentiles, in the order of :data:`SIGNALS`.

    Args:
        chain: the article's chain of hands, where there is one.
    """
    units = [one for one in sentences if one.sentence.kind != "credit"]
    return (
        _share("hedged_share", units, HEDGED),
        _share("relay_share", units, RELAYED),
        _depth(units),
        *_origins(chain),
        _share("threat_share", units, THREAT),
        _fidelity(headlines),
        *_terms(units),
    )


def _undefined(name: str, reason: str) -> Signal:
    return Signal(name, math.nan, (), math.nan, reason)


def _share(name: str, units: Sequence[SentenceScore], label: str) -> Signal:
    """Share of sentences, 0 to 1, that carry a label."""
    if not units:
        return _undefined(name, "no_sentence")
    shown = [one for one in units if label in one.labels and one.labels[label].positive]
    evidence = tuple(
        Evidence(one.sentence.index, cue.start, cue.end)
        for one in shown
        for cue in one.labels[label].cues
    )
    return Signal(name, len(shown) / len(units), evidence)


def _depth(units: Sequence[SentenceScore]) -> Signal:
    """Most hands that one sentence names; 0 where nothing is relayed."""
    if not units:
        return _undefined("relay_depth", "no_sentence")
    deep = [(one.labels[RELAYED].depth or 0, one) for one in units if RELAYED in one.labels]
    most = max((depth for depth, _ in deep), default=0)
    evidence = tuple(
        Evidence(one.sentence.index, cue.start, cue.end)
        for depth, one in deep
        if depth == most > 0
        for cue in one.labels[RELAYED].cues
    )
    return Signal("relay_depth", float(most), evidence)


def _origins(chain: Chain | None) -> Iterator[Signal]:
    """Share of reported claims without a named origin, 0 to 1; number of independent origins."""
    names = ("claims_without_origin", "independent_origins")
    if chain is None or not chain.claims:
        for name in names:
            yield _undefined(name, "no_chain" if chain is None else "no_claims")
        return
    nameless = [one for one in chain.claims if one.kind in ("anonymous", "missing")]
    places = sorted({index for one in nameless for index in one.sentences})
    unnamed = math.nan if chain.unnamed is None else chain.unnamed
    yield Signal(names[0], unnamed, tuple(Evidence(index, 0, 0) for index in places))
    # Where each origin is first met; one sentence may show several.
    first: dict[int, int] = {}
    for one in chain.claims:
        if one.origin is not None:
            first[one.origin] = min(*one.sentences, first.get(one.origin, one.sentences[0]))
    shown = tuple(Evidence(index, 0, 0) for index in sorted(set(first.values())))
    yield Signal(names[1], float(chain.origins), shown)


def _fidelity(headlines: Iterable[Headline]) -> Signal:
    """Probability, 0 to 1, that a careful reader would find no departure in the title."""
    title = next((one for one in headlines if one.field == "title"), None)
    if title is None:
        return _undefined("headline_fidelity", "no_headline")
    if not load_headline_model().fidelity.holds:
        return _undefined("headline_fidelity", "experimental_classes")
    matches = (Evidence(match.sentence, 0, 0) for match in title.matches)
    limits = (Evidence(index, 0, 0) for index in title.restrictions)
    shown = {one.sentence: one for one in (*matches, *limits)}
    return Signal("headline_fidelity", title.fidelity, tuple(shown[key] for key in sorted(shown)))


def _terms(units: Sequence[SentenceScore]) -> Iterator[Signal]:
    """Superlatives, and judging terms, per 100 sentences, where no source bears them."""
    speech = load_patterns()["speech"]
    found: dict[str, list[Evidence]] = {"unsourced_superlatives": [], "unsourced_loaded_terms": []}
    for one in units:
        sourced = any(
            name in one.labels and one.labels[name].positive for name in (HEDGED, RELAYED)
        )
        if sourced:
            continue
        text = normalise(one.sentence.text)
        terms = list(find_terms(text))
        if not terms or speech.search(text.text):
            continue
        for group, start, end in terms:
            name = "unsourced_superlatives" if group == SUPERLATIVE else "unsourced_loaded_terms"
            found[name].append(Evidence(one.sentence.index, start, end))
    for name, evidence in found.items():
        if units:
            ordered = sorted(set(evidence), key=lambda e: (e.sentence, e.start, e.end))
            yield Signal(name, 100 * len(ordered) / len(units), tuple(ordered))
        else:
            yield _undefined(name, "no_sentence")


Percentile = Callable[[str, float], tuple[float, str]]
"""A signal's name and value → percentile, and why there is none."""


def place_signals(signals: Iterable[Signal], percentile: Percentile) -> tuple[Signal, ...]:
    """Return the signals with their percentiles."""
    placed = []
    for one in signals:
        share, why = (math.nan, one.reason) if one.reason else percentile(one.name, one.value)
        placed.append(Signal(one.name, one.value, one.evidence, share, one.reason, why))
    return tuple(placed)
