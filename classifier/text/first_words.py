"""Which words a pattern can begin with, read off the pattern itself.

To search a sentence for a long list of words costs far more than to know its words. A pattern whose
first words do not stand in a sentence is not found there and need not be tried. What is read off a
pattern may be too wide, never too narrow: a pattern that is not understood is always tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

# Words whose patterns are remembered; beyond, all are forgotten, so memory stays flat.
_KNOWN_WORDS = 50_000
# Texts before which all patterns are tried: for one article an index costs more than it saves.
_PAYS = 100
# A pattern that can begin in more ways than this is not taken apart.
_MOST_WAYS = 500
# How many words of a pattern are looked at.
_WORDS = 3
# Two words with no letter in common: what both pass is passed by nearly every word.
_NO_WORDS = ("zqjkw", "bvmtcdh")
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
_ANYTHING = (None, None)
_NO_WIDTH = (ops.ASSERT, ops.ASSERT_NOT)
_CLASSES = {
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_SPACE: r"\s",
}


class PatternIndex:
    """Patterns by the first words of what they match.

    Args:
        patterns: regular expressions; what they say of capitals does not matter here.
    """

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._given = patterns
        self._texts = 0
        self._built = False
        self._known: dict[str, int] = {}
        self._silent: set[str] = set()

    def _build(self) -> None:
        patterns = self._given
        ways = [(number, way) for number, one in enumerate(patterns) for way in _ways(one)]
        self._always = {number for number, way in ways if not way}
        ways = [(number, way) for number, way in ways if way]
        self._patterns = [number for number, _ in ways]
        # For each place in the way a bit for every way; where a way is shorter, any words will do.
        self._tests = []
        self._shorter = [(1 << len(ways)) - 1] * _WORDS
        telling = []
        for number, (_, way) in enumerate(ways):
            for place, word in enumerate(way):
                test = re.compile(word, re.IGNORECASE)
                # A test that any word passes says nothing and would have every word remembered.
                if not all(map(test.fullmatch, _NO_WORDS)):
                    self._tests.append((1 << (place * len(ways) + number), test))
                    self._shorter[place] ^= 1 << number
                    telling.append(word)
        self._any = re.compile("|".join(telling) or "(?!)", re.IGNORECASE)
        # Last, for another thread may be waiting to use the rest.
        self._built = True

    def candidates(self, words: frozenset[str]) -> list[int]:
        """Return the numbers, rising, of the patterns that may be found in a text.

        Args:
            words: every run of word characters of the text, as it is written there.
        """
        if not self._built:
            self._texts += 1
            if self._texts < _PAYS:
                return list(range(len(self._given)))
            self._build()
        bits = 0
        # Most words begin nothing; they are set aside all at once.
        for word in words.difference(self._silent):
            known = self._known.get(word)
            bits |= self._learn(word) if known is None else known
        ways = (1 << len(self._patterns)) - 1
        for place, shorter in enumerate(self._shorter):
            ways &= bits >> place * len(self._patterns) | shorter
        found = set(self._always)
        while ways:
            lowest = ways & -ways
            found.add(self._patterns[lowest.bit_length() - 1])
            ways ^= lowest
        return sorted(found)

    def _learn(self, word: str) -> int:
        if len(self._known) + len(self._silent) >= _KNOWN_WORDS:
            self._known.clear()
            self._silent.clear()
        if not self._any.fullmatch(word):
            self._silent.add(word)
            return 0
        bits = 0
        for bit, test in self._tests:
            if test.fullmatch(word):
                bits |= bit
        self._known[word] = bits
        return bits


class _State(NamedTuple):
    """How far into its first words a pattern has been followed.

    Attributes:
        whole: patterns of the words that are whole.
        begun: pattern of the word that has begun; None between words.
        inside: whether the match may begin inside a word.
        closed: whether a word boundary stood last.
    """

    whole: tuple[str, ...] = ()
    begun: str | None = None
    inside: bool = True
    closed: bool = False


def _ways(pattern: re.Pattern[str]) -> set[tuple[str, ...]]:
    """Return patterns of the first words, at most :data:`_WORDS`, of every way to match.

    A way without a word says that the pattern may match where none of these stands.
    """
    ways: set[tuple[str, ...]] = set()
    for way in _follow(list(parser.parse(pattern.pattern, pattern.flags)), _State()):
        ways.add(way)
        if not way or len(ways) > _MOST_WAYS:
            return {()}
    return ways


def _follow(items: list[Any], state: _State) -> Iterator[tuple[str, ...]]:
    """Yield the first words of every way to match the items from a state on."""
    for place, (op, value) in enumerate(items):
        rest = items[place + 1 :]
        if len(state.whole) == _WORDS:
            break
        if op is ops.AT:
            if value is ops.AT_BOUNDARY:
                state = state._replace(closed=True)
            if value in (ops.AT_BOUNDARY, ops.AT_BEGINNING, ops.AT_BEGINNING_STRING):
                state = state._replace(inside=False)
            continue
        if op in _NO_WIDTH:
            continue
        written = _word_piece(op, value)
        # What may be left out is no word yet; inside a word it is a part of it.
        if written is not None and (state.begun is not None or not _may_be_empty(op, value)):
            begun = (r"\w*" if state.inside else "") if state.begun is None else state.begun
            state = _State(state.whole, begun + written, inside=False)
        elif _is_between(op, value):
            state = _close(state)
        elif op is ops.BRANCH:
            for branch in _merge_words(value[1]):
                yield from _follow([*branch, *rest], state)
            return
        elif op is ops.SUBPATTERN:
            yield from _follow([*value[-1], *rest], state)
            return
        elif op is ops.ATOMIC_GROUP:
            yield from _follow([*value, *rest], state)
            return
        elif op in _REPEATS:
            least, most, repeated = value
            if least == 0:
                yield from _follow(rest, state)
            if most > _WORDS:
                yield from _follow([*repeated, _ANYTHING], state)
            elif most > 0:
                again = [(op, (max(least - 1, 0), most - 1, repeated))]
                yield from _follow([*repeated, *again, *rest], state)
            return
        else:
            # Anything may follow: a part of this word, other words.
            yield _finish(state)
            return
    yield _finish(state)


def _merge_words(branches: Iterable[Any]) -> list[list[Any]]:
    """Return the branches with those that are nothing but characters of words made one."""
    plain: list[list[Any]] = []
    other: list[list[Any]] = []
    for branch in map(list, branches):
        words = _word_pieces(branch) is not None and not all(_may_be_empty(*one) for one in branch)
        (plain if words else other).append(branch)
    return [[(ops.BRANCH, (None, plain))], *other] if len(plain) > 1 else [*plain, *other]


def _close(state: _State) -> _State:
    whole = state.whole if state.begun is None else (*state.whole, state.begun)
    return _State(whole, None, inside=False)


def _finish(state: _State) -> tuple[str, ...]:
    if state.begun is not None:
        state = _close(state._replace(begun=state.begun + ("" if state.closed else r"\w*")))
    return state.whole[:_WORDS]


def _word_piece(op: Any, value: Any) -> str | None:
    """Return a pattern of what an item matches if that is characters of words alone."""
    if op is ops.LITERAL:
        char = chr(value)
        return re.escape(char) if re.match(r"\w", char) else None
    if op is ops.IN:
        return _char_class(value) if _kinds(value) == {True} else None
    if op is ops.SUBPATTERN:
        return _word_pieces(value[-1])
    if op is ops.BRANCH:
        pieces = [_word_pieces(branch) for branch in value[1]]
        return None if None in pieces else f"(?:{'|'.join(map(str, pieces))})"
    if op in _REPEATS:
        least, most, repeated = value
        piece = _word_pieces(repeated)
        upper = "" if most is ops.MAXREPEAT else most
        return None if piece is None else f"(?:{piece}){{{least},{upper}}}"
    return None


def _word_pieces(items: Iterable[Any]) -> str | None:
    pieces = []
    for op, value in items:
        piece = "" if op in _NO_WIDTH else _word_piece(op, value)
        if piece is None:
            return None
        pieces.append(piece)
    return "".join(pieces)


def _may_be_empty(op: Any, value: Any) -> bool:
    if op is ops.SUBPATTERN:
        return all(_may_be_empty(*item) for item in value[-1])
    if op is ops.BRANCH:
        return any(all(_may_be_empty(*item) for item in branch) for branch in value[1])
    if op in _REPEATS:
        return value[0] == 0 or all(_may_be_empty(*item) for item in value[2])
    return op in _NO_WIDTH or op is ops.AT


def _is_between(op: Any, value: Any) -> bool:
    """Say whether an item is one character or more that stand between words."""
    if op is ops.LITERAL:
        return re.match(r"\w", chr(value)) is None
    if op is ops.IN:
        return _kinds(value) == {False}
    if op in _REPEATS:
        return value[0] > 0 and len(value[2]) == 1 and _is_between(*value[2][0])
    return False


def _kinds(members: Iterable[Any]) -> set[bool | None]:
    """Return whether the characters of a class belong to words; None where that is not known."""
    kinds: set[bool | None] = set()
    for op, value in members:
        if op is ops.LITERAL:
            kinds.add(re.match(r"\w", chr(value)) is not None)
        elif op is ops.RANGE:
            first, last = value
            few = last - first <= 512
            kinds |= (
                {re.match(r"\w", chr(code)) is not None for code in range(first, last + 1)}
                if few
                else {None}
            )
        elif op is ops.CATEGORY and value in (ops.CATEGORY_WORD, ops.CATEGORY_DIGIT):
            kinds.add(True)
        elif op is ops.CATEGORY and value is ops.CATEGORY_SPACE:
            kinds.add(False)
        else:
            kinds.add(None)
    return kinds


def _char_class(members: Iterable[Any]) -> str:
    written = []
    for op, value in members:
        if op is ops.LITERAL:
            written.append(re.escape(chr(value)))
        elif op is ops.RANGE:
            written.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        else:
            written.append(_CLASSES[value])
    return f"[{''.join(written)}]"
