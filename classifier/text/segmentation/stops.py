"""Does this stop end a sentence? Asked only where what follows could start one."""

from __future__ import annotations

import re
import unicodedata

from classifier.text.segmentation import lexicon

# How far back the word before a stop may reach; a longer word is no abbreviation.
_REACH = 40
_LONGEST_ABBREVIATION = 7

_COMBINING = "\u0300-\u036f"
_INVISIBLE = "\u00ad\u200b-\u200f\u2060\ufeff"
# What stands before the last word of a chunk: elision, hyphen, bracket, quote, slash, inner stop.
_BEFORE_WORD = re.compile(rf".*[^\w°{_COMBINING}{_INVISIBLE}]", re.DOTALL)
_INVISIBLES = re.compile(f"[{_INVISIBLE}]")
_WORD = re.compile(rf"[^\W\d_][\w{_COMBINING}{_INVISIBLE}]*(?:-[^\W\d_][\w{_COMBINING}]*)*")
_ELIDED = re.compile(r"(?:[CDJLMNST]|Qu|Jusqu|Lorsqu|Puisqu|Quoiqu)['’]", re.IGNORECASE)
_ELIDED_NAME = re.compile(r"[DLO]['’](?=[^\W\d_a-zß-öø-ÿœ])")
# Est-ce, A-t-il, Faut-il, Celui-ci
_INVERTED = re.compile(r"-(?:ce|il|elle|on|ils|elles|je|tu|nous|vous|ci|là|moi|toi|y|en)\Z")
_ROMAN = re.compile(r"[IVXLCDM]+(?![\w'’])")
_ROMAN_ITEM = re.compile(r"[IVX]+\Z")
_YEAR = re.compile(r"(?:1\d|20)\d\d(?!\d)")
_DOTTED = re.compile(rf"(?:[^\W\d_][{_COMBINING}]?\.[-\s]?)+[^\W\d_]?[{_COMBINING}]?\Z")
# A family name that looks like the start of a sentence: Le Goff, La Fontaine
_LONGER_NAME = re.compile(r"(?:Le|La|Les|De|Du|Des|Al)\s+[^\W\d_a-zß-öø-ÿœ]")
_ADDRESS = re.compile(r"[\w.+-]*@\w")
_CHRIST = re.compile(r"(?:av|ap|apr|avant|après)\.?\s*J\.?-?\s?C\Z", re.IGNORECASE)
_NOTE = frozenset({"N.B", "P.S", "P.-S", "N.D.L.R"})


def _normalise(word: str) -> str:
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", _INVISIBLES.sub("", word))


def _last_word(chunk: str) -> str:
    if chunk.isalnum():
        return _normalise(chunk)
    return _normalise(_BEFORE_WORD.sub("", chunk))


def opens_sentence(text: str, at: int, end: int) -> bool:
    """Is the word at ``at`` one that starts a sentence rather than follows an abbreviation?"""
    if text[at + 1 : at + 2] == ".":
        return False
    if _ELIDED.match(text, at, end):
        return not _ELIDED_NAME.match(text, at, end)
    match = _WORD.match(text, at, end)
    if not match:
        return False
    word = _normalise(match.group()).lower()
    return (
        word in lexicon.STARTERS
        or (len(word) > 6 and word.endswith("ment"))
        or _INVERTED.search(word) is not None
    )


def period_ends(text: str, low: int, dot: int, at: int, end: int) -> bool:
    """Judge the full stop at ``dot``.

    Args:
        text: the whole text.
        low: where the unit under way starts.
        dot: the full stop.
        at: the first letter or digit after it.
        end: the end of the line.
    """
    glued = at == dot + 1
    before = text[max(low, dot - _REACH) : dot].rsplit(None, 1)
    if not before or text[dot - 1].isspace():
        return not glued and dot > low
    chunk = before[-1]
    if glued and _in_address(text, chunk, at, end):
        return False
    word = _last_word(chunk)
    if not word:
        return True
    digit = text[at].isdigit()
    if glued and digit:
        return len(word) > 2 and word.isalpha() and not _abbreviates(word, True)
    if len(word) > _LONGEST_ABBREVIATION:
        return True
    if word.isdigit():
        if glued and text[at + 1 : at + 2].isdigit():
            return False
        return len(word) > 2 or not _is_item(text, low, dot - len(word))
    if len(word) == 1 or "." in chunk:
        return _initial_ends(text, low, dot, at, end, chunk, word)
    if word in lexicon.TITLES:
        return not digit and _outdoes_title(text, at, end)
    if _ROMAN_ITEM.match(word):
        return not _is_item(text, low, dot - len(word))
    return _abbreviation_ends(text, low, dot, at, end, word)


def ellipsis_ends(text: str, low: int, dot: int, at: int, end: int) -> bool:
    """Judge suspension points that end at ``dot``: they end a sentence unless it hangs open."""
    if text[at].isdigit():
        return False
    before = text[max(low, dot - _REACH) : dot].rstrip(".… \u00a0\u202f")
    return before != "" and break_ends(before, text, at, end)


def break_ends(before: str, text: str, at: int, end: int) -> bool:
    """Can a sentence break off after ``before`` (*de…* cannot) and the next start at ``at``?"""
    word = _last_word(before.rsplit(None, 1)[-1]).lower()
    return word not in lexicon.OPEN_ENDED or opens_sentence(text, at, end)


def mark_ends(text: str, low: int, dot: int, at: int, end: int) -> bool:
    """Judge a question or exclamation mark: only a name can carry one inside a sentence."""
    if text[dot] != "!" or text[dot - 1 : dot].isspace():
        return True
    before = text[max(low, dot - _REACH) : dot].rsplit(None, 1)
    if not before or _last_word(before[-1]) not in lexicon.MARKED_NAMES:
        return True
    return opens_sentence(text, at, end)


def _abbreviates(word: str, digit: bool) -> bool:
    """Is ``word`` an abbreviation that calls for what follows: a number, or anything?"""
    if len(word) > 1 and word.isupper():
        return False
    lower = word.lower()
    return lower in lexicon.BEFORE_ANYTHING or (digit and lower in lexicon.BEFORE_NUMBER)


def _abbreviation_ends(text: str, low: int, dot: int, at: int, end: int, word: str) -> bool:
    digit = text[at].isdigit()
    lower = word.lower()
    if word in lexicon.ENDS_BEFORE_ANY_CAPITAL:
        return True
    if digit and lower in lexicon.MONTHS:
        return not _YEAR.match(text, at, end)
    if lower == "ex":
        head = text[max(low, dot - _REACH) : dot - 2].rstrip().lower()
        return not head.endswith((" p.", " par", "(p.", "(par")) and head not in {"p.", "par"}
    if word in lexicon.ENDS_BEFORE_A_STARTER and not digit:
        return opens_sentence(text, at, end)
    if word in lexicon.MAYBE_TITLES:
        return opens_sentence(text, at, end)
    if digit and text[low : dot - len(word)].rstrip()[-1:].isdigit():
        return True
    return not _abbreviates(word, digit or _ROMAN.match(text, at, end) is not None)


def _outdoes_title(text: str, at: int, end: int) -> bool:
    """Does what follows a title start a sentence all the same, being no part of a name?"""
    match = _WORD.match(text, at, end)
    if not match or _ELIDED.match(text, at, end):
        return False
    word = match.group().lower()
    return len(word) > 1 and word in lexicon.STARTERS and word not in lexicon.IN_NAMES


def _is_item(text: str, low: int, start: int) -> bool:
    """Does the number that starts at ``start`` number an item, rather than end a sentence?"""
    head = (
        text[low:start].rstrip() if start - low < _REACH else text[start - _REACH : start].rstrip()
    )
    return not head or head[-1] in ":;•"


def _initial_ends(text: str, low: int, dot: int, at: int, end: int, chunk: str, word: str) -> bool:
    """Judge the stop after a single letter (``J.``, ``plan B.``, ``9 h.``) or an acronym."""
    if _DOTTED.search(chunk):
        if _CHRIST.search(text[max(low, dot - 16) : dot]):
            return True
        if chunk in _NOTE and dot - low == len(chunk):
            return False
        if ".-" in chunk and _LONGER_NAME.match(text, at, end):
            return False
        return opens_sentence(text, at, end)
    if len(word) > 1:
        if word in lexicon.TITLES:
            return _outdoes_title(text, at, end)
        return _abbreviation_ends(text, low, dot, at, end, word)
    head = text[max(low, dot - _REACH) : dot - 1]
    if not head.strip():
        return False
    previous = head.rsplit(None, 1)[-1]
    digit = text[at].isdigit()
    if word.islower():
        if word in lexicon.WORDS_OF_ONE_LETTER or previous[-1].isdigit() or previous[-1] in "/'’":
            return True
        if chunk.lower().endswith("c.-à-d") or chunk.lower().endswith("càd"):
            return False
        return opens_sentence(text, at, end) and word not in "pn"
    if word == "M" and not previous[-1].isdigit():
        return not digit and _outdoes_title(text, at, end)
    if head[-1].isspace():
        if previous[-1].isdigit():
            return True
        if previous.lower() in lexicon.LETTERED:
            return True
    if not previous[0].isupper() and _LONGER_NAME.match(text, at, end):
        return False
    return not digit and opens_sentence(text, at, end)


def _in_address(text: str, chunk: str, at: int, end: int) -> bool:
    """Is the glued stop part of a domain, a file name or an e-mail address?"""
    if _ADDRESS.match(text, at, min(end, at + _REACH)):
        return True
    if "://" in chunk or chunk.lower().endswith("www"):
        return chunk.rsplit(".", 1)[-1].lower() not in lexicon.DOMAINS
    match = _WORD.match(text, at, end)
    return match is not None and match.group().lower() in lexicon.GLUED_SUFFIXES
