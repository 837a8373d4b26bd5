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
# What stands before a word, and its edge: common letters are skipped quickly, the edge is exact.
_BEFORE_WORD = r"[^a-zß-öø-ÿ]\b"
_LOOKS_BACK = re.compile(r"(?:\(\?<![^()\\]+\))+([^\W\d_])(?![?*+{])")
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
    return frozenset(name for name in names if has_form(small, name))


def has_form(small: str, name: str) -> bool:
    """Say whether one form stands in a normalised text in small letters."""
    padded = f" {small}"
    for pattern in _quick_patterns()[name]:  # noqa: SIM110 (a generator costs more)
        if pattern.search(padded):
            return True
    return False


@cache
def _quick_patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """Return the patterns of each form for small letters behind a space."""
    sources = {name: one.pattern for name, one in pattern_entries().items()}
    sources[LIMITS] = f"{sources['restriction']}|{sources['denial']}"
    return {name: tuple(map(re.compile, _quicken(one))) for name, one in sources.items()}


def _quicken(pattern: str) -> list[str]:
    """Return patterns of which one is found in a text in small letters, behind a space, or none is.

    Ignoring case, and trying every alternative at every place, is what costs. So alternatives that
    begin at a word's edge stand together behind what is no letter, which the search finds without
    trying each place; those with one first letter are tried together. A word must begin at the
    edge: ``\\b-`` is not understood.
    """
    parts = _alternatives(_CAPITAL.sub(lambda match: match[0].lower(), pattern))
    edged = [part[2:] for part in parts if part.startswith(r"\b")]
    started = ["^ " + part[1:] for part in parts if part.startswith("^")]
    rest = [part for part in parts if not part.startswith((r"\b", "^"))]
    return [
        *([rf"{_BEFORE_WORD}(?:{_by_letter(edged)})"] if edged else []),
        *(["|".join(started)] if started else []),
        *rest,
    ]


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
    letters, rest = _sort_letters(one for part in parts for one in _open(part))
    grouped = [rf"{key}(?:{'|'.join(tails)})" for key, tails in letters.items()]
    return "|".join(grouped + rest)


def _sort_letters(parts: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return first letter → what follows it, and the alternatives that begin otherwise."""
    letters: dict[str, list[str]] = {}
    rest = []
    for part in parts:
        if part[:1].isalpha() and part[1:2] not in tuple("?*+{"):
            letters.setdefault(part[0], []).append(part[1:])
        else:
            looks_back = _LOOKS_BACK.match(part)  # dearer than to look at the letter first
            rest.append(f"(?={looks_back[1]}){part}" if looks_back else part)
    return letters, rest


def _open(part: str) -> list[str]:
    """Return ``(?:ab|ac|d)e`` as ``a(?:b|c)e`` and ``d(?:)e``; anything else as it is."""
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
            letters, rest = _sort_letters(_alternatives(part[3 : match.start()]))
            opened = [f"{key}(?:{'|'.join(tails)})" for key, tails in letters.items()]
            return [one + tail for one in (*opened, *rest)]
    return [part]
