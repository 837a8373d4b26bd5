"""Where units end: one pass over the text with one pattern, one judgement per candidate."""

from __future__ import annotations

import re

from classifier.text.segmentation import stops
from classifier.text.segmentation.quotes import CLOSING, STRAIGHT, StraightQuotes

Span = tuple[int, int]

# The line breaks of str.splitlines; a line never shares a unit with the next.
_LINE = re.compile("[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_INVISIBLE = "\u00ad\u200b-\u200f\u2060\ufeff"
_INVISIBLES = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
# A stop, the marks and white space after it, and what could start a sentence: a digit, a letter
# that is not small (Latin here; others are asked below), or a small one before a capital (iPhone).
_CANDIDATE = re.compile(
    rf"[.!?…]([\s\"«»“”„‘’'+()\[\]‹›\-–—―•▪►●◦*©#@¿¡{_INVISIBLE}]*+)"
    r"(?=[^\W_a-zß-öø-ÿœ]|[a-z][A-Z])"
)
# An intertitle as agencies glue it: - "Pas grand chose" -
_DASHES = "-–"
_HEAD = r"[A-Z0-9À-ÞŒ\"«“]"
_INTERTITLE = re.compile(
    rf"[-–]\s?(?={_HEAD})(?:(?!\s[-–]|[-–]\s).){{2,80}}(?:\s[-–]\s?|[-–]\s)(?={_HEAD})"
)
# Brackets that hold a mark and nothing else: (...), [...], (!), (?)
_OMISSION = re.compile(r"[(\[]\s?(?:\.{2,3}|…|[!?]+)\s?[)\]]")
# What closes an article on the line of its last sentence: (avec AFP), bur-abc/de/fg
_AGENCY = r"(?:l['’])?(?:AFP|Reuters|AP|Belga|ATS|EFE|dpa|DPA|APA|ANSA|TASS|Tass)"
_TAIL = re.compile(
    rf"(?<=[.!?…»\"”)])\s*(?:\((?:[Aa]vec )?{_AGENCY}(?:(?:, |/| et ){_AGENCY})*\)"
    r"|[a-z]{2,5}(?:-[a-z]{2,4})*(?:/[a-z]{2,5}(?:-[a-z]{2,4})*)+)\s*\Z"
)
_TAIL_REACH = 80
_BRACKET_REACH = 200


def split(text: str) -> list[Span]:
    """Return the spans of the units of ``text``, in order, as code point offsets.

    No unit starts or ends with white space, nothing but white space stands between two, and every
    other character belongs to exactly one. Zero-width characters are no white space: they stay
    with the unit they touch.
    """
    units: list[Span] = []
    for line in _LINE.finditer(text):
        _split_line(text, line.start(), line.end(), units)
    return units


def _split_line(text: str, start: int, end: int, units: list[Span]) -> None:
    tail = _find_tail(text, max(start, end - _TAIL_REACH), end)
    cut = tail.start() if tail else end
    quotes = StraightQuotes(text, start, cut)
    first = _take_intertitle(text, start, cut, units)
    for match in _CANDIDATE.finditer(text, start, cut):
        if match.start() < first:
            continue
        boundary = _judge(text, first, match, cut, quotes)
        if boundary:
            first = _take(text, first, boundary, cut, units)
            first = _take_intertitle(text, first, cut, units)
    _take(text, first, cut, cut, units)
    if tail:
        _take(text, cut, end, end, units)


def _find_tail(text: str, start: int, end: int) -> re.Match[str] | None:
    # The pattern is tried at every place: first whether it can end as it must.
    near = text[start:end]
    if not near.rstrip().endswith(")") and "/" not in near:
        return None
    return _TAIL.search(text, start, end)


def _take(text: str, start: int, stop: int, end: int, units: list[Span]) -> int:
    """Take the unit between two places, without white space; return where the next may start."""
    while start < stop and text[start].isspace():
        start += 1
    last = stop
    while last > start and text[last - 1].isspace():
        last -= 1
    if last > start:
        units.append((start, last))
    while stop < end and text[stop].isspace():
        stop += 1
    return stop


def _take_intertitle(text: str, start: int, end: int, units: list[Span]) -> int:
    if start < end and text[start] in _DASHES:
        match = _INTERTITLE.match(text, start, end)
        if match:
            return _take(text, start, match.end(), end, units)
    return start


def _judge(
    text: str, first: int, match: re.Match[str], end: int, quotes: StraightQuotes
) -> int | None:
    """Return where the unit that starts at ``first`` ends; None when it goes on."""
    dot = match.start()
    at = match.end()
    boundary = dot + 1
    if text[at].islower() and not text[at + 1 : at + 2].isupper():
        return None
    if at > boundary and not match[1].isspace():
        boundary = _place(text, boundary, at, quotes)
        if text[boundary - 1] in ")]":
            place = _bracket(text, first, dot, boundary, at, end)
            if place is not None:
                return None if place < 0 else place
    stop = text[dot]
    previous = text[dot - 1] if dot > first else ""
    if stop == "." and (not previous or previous not in ".!?…"):
        ends = stops.period_ends(text, first, dot, at, end)
    elif stop in ".…" and (not previous or previous not in "!?"):
        ends = stops.ellipsis_ends(text, first, dot + 1, at, end)
    else:
        ends = stops.mark_ends(text, first, dot, at, end)
    return boundary if ends else None


def _place(text: str, start: int, at: int, quotes: StraightQuotes) -> int:
    """Return where the unit ends among the marks between its stop and the next word."""
    boundary = start
    for position in range(start, at):
        char = text[position]
        if char in STRAIGHT:
            if not quotes.closes(position):
                break
            boundary = position + 1
        elif char in CLOSING or (char in _INVISIBLES and position == boundary):
            boundary = position + 1
        elif not char.isspace():
            break
    return boundary


def _bracket(text: str, first: int, dot: int, boundary: int, at: int, end: int) -> int | None:
    """Judge a stop inside brackets that close at ``boundary``.

    Returns where the unit ends, -1 when it goes on, None when the stop itself must tell. A bracket
    that opened inside a sentence does not end it, unless a new one plainly starts. An omission
    after a finished sentence belongs to the next.
    """
    low = max(first, dot - _BRACKET_REACH)
    opening = max(text.rfind("(", low, dot), text.rfind("[", low, dot))
    if opening < 0:
        return None
    before = text[low:opening].rstrip()
    if _OMISSION.match(text, opening, boundary):
        if not before:
            return -1
        if before[-1] in ".!?…":
            return low + len(before)
        if text[opening + 1] in "!?":
            return boundary if stops.opens_sentence(text, at, end) else -1
        return boundary if stops.break_ends(before, text, at, end) else -1
    return None if not before or stops.opens_sentence(text, at, end) else -1
