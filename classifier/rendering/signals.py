"""Headlines, signals and the resemblance score, for every output: values, lines of text, HTML.

The lines and the page say the same; only the JSON holds every probability. There is no colour here
and no word of judgement: a signal is a way of writing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from classifier.records import ArticleScore, Headline, Resemblance, Signal
from classifier.rendering.bilingual import LANGUAGES, each
from classifier.rendering.marking import clean
from classifier.rendering.words import percent, phrase, say

SHARES = frozenset(
    ("hedged_share", "relay_share", "threat_share", "headline_fidelity", "claims_without_origin")
)
_SHOWN = 8  # sentence numbers shown for one signal; the JSON has them all


def headline_values(headline: Headline) -> dict[str, Any]:
    """Return a headline as plain JSON values."""
    return {
        "field": headline.field,
        "matches": [
            {
                "sentence": match.sentence,
                "similarity": _number(match.similarity),
                "attributed": match.attributed,
            }
            for match in headline.matches
        ],
        "restrictions": list(headline.restrictions),
        "classes": {name: _number(value) for name, value in headline.classes.items()},
        "found": list(headline.found),
        "experimental": list(headline.experimental),
    }


def signal_values(signal: Signal) -> dict[str, Any]:
    """Return a signal as plain JSON values; what is undefined is None, with its reason."""
    return {
        "name": signal.name,
        "value": _number(signal.value),
        "reason": signal.reason,
        "percentile": _number(signal.percentile),
        "percentile_reason": signal.percentile_reason,
        "evidence": [
            {"sentence": one.sentence, "start": one.start, "end": one.end}
            for one in signal.evidence
        ],
    }


def resemblance_values(resemblance: Resemblance) -> dict[str, Any]:
    """Return the resemblance score as plain JSON values, its limits beside the number."""
    return {
        "probability": _number(resemblance.probability),
        "reason": resemblance.reason,
        "words": resemblance.words,
        "distance": _number(resemblance.distance),
        "limits": list(resemblance.limits),
        "model": resemblance.model,
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def headline_lines(score: ArticleScore, language: str) -> list[tuple[str, list[str]]]:
    """Return, for each headline, its name and what is said of it."""
    return [
        (say(f"of_{headline.field}", language), list(_of_headline(headline, language)))
        for headline in score.headlines
    ]


def _of_headline(headline: Headline, language: str) -> Iterator[str]:
    for name in headline.found:
        yield f"{say(name, language)} ({percent(headline.classes[name], language)})"
    if headline.matches:
        matches = ", ".join(
            say(
                "match_attributed" if match.attributed else "match",
                language,
                index=str(match.sentence),
                share=percent(match.similarity, language),
            )
            for match in headline.matches
        )
        yield say("carried_by", language, sentences=matches)
    else:
        yield say("carried_by_none", language)
    if headline.restrictions:
        sentences = _sentences(headline.restrictions, language)
        yield say("restricted_by", language, sentences=sentences, colon=say("colon", language))


def signal_lines(score: ArticleScore, language: str) -> list[tuple[str, str, str]]:
    """Return, for each signal, its name, its value, and its place and sentences."""
    return [
        (say(one.name, language), show_value(one, language), _place(one, language))
        for one in score.signals
    ]


def show_value(signal: Signal, language: str) -> str:
    """Return a signal's value as it is read: a share in percent, a count, a rate."""
    if math.isnan(signal.value):
        return "–"
    if signal.name in SHARES:
        return percent(signal.value, language)
    if signal.value == int(signal.value):
        return str(int(signal.value))
    text = f"{signal.value:.1f}"
    return text.replace(".", ",") if language == "fr" else text


def _place(signal: Signal, language: str) -> str:
    if signal.reason:
        return say("no_value", language, reason=phrase(signal.reason, language))
    if math.isnan(signal.percentile):
        reason = phrase(signal.percentile_reason, language)
        place = say("no_percentile", language, reason=reason)
    else:
        place = say("more_than", language, share=percent(signal.percentile / 100, language))
    sentences = dict.fromkeys(one.sentence for one in signal.evidence)
    return f"{place} · {_sentences(sentences, language)}" if sentences else place


def _sentences(indexes: Iterable[int], language: str) -> str:
    numbers = [str(index) for index in indexes]
    if len(numbers) == 1:
        return say("sentence", language, index=numbers[0])
    shown = ", ".join(numbers[:_SHOWN]) + (", …" if len(numbers) > _SHOWN else "")
    return say("sentence_list", language, sentences=shown)


def resemblance_lines(resemblance: Resemblance, language: str) -> list[str]:
    """Return the number, or why there is none, and its limits, one a line."""
    if resemblance.reason:
        first = say("no_score", language, reason=phrase(resemblance.reason, language))
    else:
        first = percent(resemblance.probability, language)
    return [first, *(phrase(limit, language) for limit in resemblance.limits)]


def write_signals(score: ArticleScore, id: str) -> str:
    """Return the section of the page on headlines, signals and resemblance; empty without them."""
    parts = ""
    if score.headlines:
        said = {at: headline_lines(score, at) for at in LANGUAGES}
        rows = "".join(
            f"<dt>{each({at: said[at][k][0] for at in LANGUAGES})}</dt>"
            + "".join(
                f"<dd>{each({at: said[at][k][1][line] for at in LANGUAGES})}</dd>"
                for line in range(len(said["fr"][k][1]))
            )
            for k in range(len(score.headlines))
        )
        parts += (
            f"<h3>{_both('headlines')}</h3><dl>{rows}</dl>"
            f'<p class="hint">{_both("similarity_hint")}</p>'
        )
    if score.signals:
        lines = {at: signal_lines(score, at) for at in LANGUAGES}
        rows = "".join(
            "<tr>"
            f'<th scope="row">{each({at: lines[at][k][0] for at in LANGUAGES})}</th>'
            + "".join(
                f"<td>{each({at: lines[at][k][part] for at in LANGUAGES})}</td>" for part in (1, 2)
            )
            + "</tr>"
            for k in range(len(score.signals))
        )
        parts += (
            f"<h3>{_both('signals')}</h3><table>{rows}</table>"
            f'<p class="hint">{_both("signals_hint")}</p>'
        )
    if score.resemblance is not None:
        texts = {at: resemblance_lines(score.resemblance, at) for at in LANGUAGES}
        rows = "".join(
            f"<li>{each({at: texts[at][k] for at in LANGUAGES})}</li>"
            for k in range(len(texts["fr"]))
        )
        parts += f"<h3>{_both('resemblance')}</h3><ul>{rows}</ul>"
    return (
        f'<section class="signals" id="{escape(clean(id))}-signals">{parts}</section>\n'
        if parts
        else ""
    )


def _both(key: str) -> str:
    return each({at: say(key, at) for at in LANGUAGES})
