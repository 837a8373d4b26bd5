"""Forms of words that headlines and bodies are read for: data in ``resources/headline.toml``.

:func:`load_patterns` gives them as they are written, to search any text; :func:`find_forms` and
:func:`has_form` search texts that are normalised and in small letters already, several times
faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from classifier.schema import resource_bytes

LIMITS = "restriction or denial"
"""Name of the form that is either of the two."""

_SIGN = re.compile(r"\\.|[][()|]")
_CAPITAL = re.compile(r"(?<!\\)[A-ZÀ-Þ]")


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form of words, with examples that a test runs."""

    about: str
    pattern: str
    found: tuple[str, ...]
    passed: tuple[str, ...]


@cache
def load_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return the forms of words, compiled, by name."""
    return {name: re.compile(one.pattern, re.IGNORECASE) for name, one in pattern_entries().items()}


def pattern_entries() -> dict[str, Pattern]:
    """Return the forms of words as they stand in the resource."""
    return msgspec.toml.decode(resource_bytes("headline.toml"), type=dict[str, Pattern])


def find_forms(small: str, names: Iterable[str]) -> frozenset[str]:
    """Return which of the named forms stand in a normalised text in small letters."""
    patterns = _quick_patterns()
    return frozenset(name for name in names if patterns[name].search(small))


def has_form(small: str, name: str) -> bool:
    """Say whether one form stands in a normalised text in small letters."""
    return _quick_patterns()[name].search(small) is not None


@cache
def _quick_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return the patterns for small letters, what begins at a word's edge behind one edge.

    Ignoring case, and trying every alternative at every place, is what costs; so alternatives with
    one first letter are tried together. What is found is the same.
    """
    sources = {name: one.pattern for name, one in pattern_entries().items()}
    sources[LIMITS] = f"{sources['restriction']}|{sources['denial']}"
    return {name: re.compile(_gather(source)) for name, source in sources.items()}


def _gather(pattern: str) -> str:
    parts = _alternatives(_CAPITAL.sub(lambda match: match[0].lower(), pattern))
    edged = [part[2:] for part in parts if part.startswith(r"\b")]
    gathered = [rf"\b(?:{_by_letter(edged)})"] if edged else []
    return "|".join(gathered + [part for part in parts if not part.startswith(r"\b")])


def _alternatives(pattern: str) -> list[str]:
    """Return what stands between the bars of a pattern, those inside brackets left alone."""
    parts, depth, inside, start = [], 0, False, 0
    for match in _SIGN.finditer(pattern):
        sign = match[0]
        inside = sign == "[" or (inside and sign != "]")
        if inside:
            continue
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            parts.append(pattern[start : match.start()])
            start = match.end()
    return [*parts, pattern[start:]]


def _by_letter(parts: Iterable[str]) -> str:
    """Return alternatives as one pattern, those that begin with one letter behind it."""
    letters: dict[str, list[str]] = {}
    for part in parts:
        for one in _open(part):
            letter = one[0] if one[:1].isalpha() and one[1:2] not in ("", *"?*+{") else ""
            letters.setdefault(letter, []).append(one)
    rest = letters.pop("", [])
    grouped = [rf"{key}(?:{'|'.join(one[1:] for one in ones)})" for key, ones in letters.items()]
    return "|".join(grouped + rest)


def _open(part: str) -> list[str]:
    """Return ``(?:a|b)c`` as ``ac`` and ``bc``; anything else as it is."""
    if not part.startswith("(?:"):
        return [part]
    depth, inside = 0, False
    for match in _SIGN.finditer(part):
        sign = match[0]
        inside = sign == "[" or (inside and sign != "]")
        depth += 0 if inside else (sign == "(") - (sign == ")")
        if sign == ")" and not depth:
            tail = part[match.end() :]
            if tail[:1] in ("?", "*", "+", "{"):
                return [part]
            return [one + tail for one in _alternatives(part[3 : match.start()])]
    return [part]
