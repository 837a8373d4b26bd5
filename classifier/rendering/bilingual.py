"""Text of the page's own voice as HTML, in both languages at once.

Python writes every language and the style sheet shows one, so that switching needs no dictionary in
the page and works on figures, definitions and notes alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from classifier.rendering.marking import clean
from classifier.rendering.words import percent, phrase, say
from classifier.schema import Device, Label

LANGUAGES = ("fr", "en")


def both(key: str, **values: object) -> str:
    """Return the words in each language; the style sheet shows one of them."""
    return each({at: say(key, at, **values) for at in LANGUAGES})


def both_phrases(code: str, inside: str = "") -> str:
    """Return a warning or reason in each language, within the words for ``inside`` if given."""
    phrases = {at: clean(phrase(code, at)) for at in LANGUAGES}
    if inside:
        phrases = {at: say(inside, at, reason=words) for at, words in phrases.items()}
    return each(phrases)


def each(texts: Mapping[str, str]) -> str:
    """Return the text of each language, escaped and marked as such."""
    return "".join(f'<span class="in-{at}" lang="{at}">{escape(texts[at])}</span>' for at in texts)


def show_percent(value: float | None) -> str:
    """Return a share as each language writes it."""
    return each({at: percent(value, at) for at in LANGUAGES})


def show_share(key: str, value: float) -> str:
    """Return the words for ``key`` with a share in them."""
    return each({at: say(key, at, share=percent(value, at)) for at in LANGUAGES})


def show_name(thing: Label | Device) -> str:
    """Return the title that the schema gives a label or device."""
    return each({at: thing.title[at] for at in LANGUAGES})


def show_definition(thing: Label | Device) -> str:
    """Return the sentence with which the schema explains a label or device."""
    return each({at: thing.definition[at] for at in LANGUAGES})


def attribute(name: str, when: bool) -> str:
    """Return `` name``, to stand in a tag, or nothing."""
    return f" {name}" if when else ""
