"""Signals and headlines of an archive: how they are spread, and the articles farthest out.

Nothing here orders publishers by a signal: a way of writing is no fault.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from classifier.article.reference import Ranks, load_reference
from classifier.article.signals import SIGNALS
from classifier.batch.archive_records import (
    HeadlineCount,
    HeldArticle,
    Passage,
    SignalGroup,
    Signals,
    SignalSpread,
)
from classifier.batch.archive_values import Values, share_intervals
from classifier.batch.layout import Identity
from classifier.records import ModelInfo

FAR = 90.0
"""Percentile of ordinary press beyond which articles are counted."""

BOTH_ENDS = frozenset(("headline_fidelity",))
"""Signals whose lowest values are shown too: elsewhere the lowest is nought, for many articles."""

FAITHFUL, LIMITED = "faithful", "limited"

_EXACT = 4096
_EXACT_BY_PUBLISHER = 128
_OUT = 5
_DRAWN = 10
_SENTENCES = 12


Find = Callable[[int], Passage | None]
"""An index → the article's sentence."""


class _Tally:
    """One publisher, or all articles."""

    def __init__(self, most: int) -> None:
        self.articles = 0
        self.values = {name: Values(most) for name in SIGNALS}
        self.ranked: Counter[str] = Counter()
        self.far: Counter[str] = Counter()

    def add(self, signals: Iterable[Mapping[str, Any]]) -> None:
        self.articles += 1
        for one in signals:
            if one["value"] is not None:
                self.values[one["name"]].add(one["value"])
            if one["percentile"] is not None:
                self.ranked[one["name"]] += 1
                self.far[one["name"]] += one["percentile"] > FAR

    def groups(self, name: str) -> dict[str, SignalGroup]:
        """Return the tally of each signal."""
        pairs = [(self.ranked[one], self.far[one]) for one in SIGNALS]
        return {
            one: SignalGroup(
                name, len(self.values[one]), self.values[one].quantile(0.5), far, self.far[one]
            )
            for one, far in zip(SIGNALS, share_intervals(self.articles, pairs), strict=True)
        }


class _Kept:
    """The articles with the highest ranks; what is kept of one is made only where it enters."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._number = count()
        self._heap: list[tuple[tuple[float, ...], int, HeldArticle]] = []

    def offer(self, rank: tuple[float, ...], make: Callable[[], HeldArticle]) -> None:
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, (rank, next(self._number), make()))
        elif rank > self._heap[0][0]:
            heapq.heapreplace(self._heap, (rank, next(self._number), make()))

    @property
    def articles(self) -> tuple[HeldArticle, ...]:
        """The highest first."""
        return tuple(one for _, _, one in sorted(self._heap, key=lambda one: one[0], reverse=True))


class SignalReader:
    """Adds up signals and headlines, article by article; memory does not grow with them.

    Args:
        publishers: how many publishers are told apart.
        shown: how many of them are shown.
    """

    def __init__(self, identity: Identity, publishers: int, shown: int) -> None:
        self._publishers, self._shown = publishers, shown
        self._whole = _Tally(_EXACT)
        self._by: dict[str, _Tally] = {}
        self._reasons: dict[str, Counter[str]] = {name: Counter() for name in SIGNALS}
        self._unranked: dict[str, Counter[str]] = {name: Counter() for name in SIGNALS}
        self._highest = {name: _Kept(_OUT) for name in SIGNALS}
        self._lowest = {name: _Kept(_OUT) for name in BOTH_ENDS}
        self._examples = {name: _Kept(_DRAWN) for name in (FAITHFUL, LIMITED)}
        self._heads: dict[str, Counter[str]] = {"title": Counter(), "heading": Counter()}
        self._found: dict[str, Counter[str]] = {"title": Counter(), "heading": Counter()}
        self._headed = self._without = 0
        model = identity.model
        info = ModelInfo(model["name"], model["version"], model["sha256"], identity.thresholds)
        self._ranks = Ranks(load_reference(), info)
        self._same_reference = True

    def add(
        self,
        article: Mapping[str, Any],
        signals: Sequence[Mapping[str, Any]] | None,
        headlines: Sequence[Mapping[str, Any]] | None,
        find: Find,
    ) -> None:
        """Add an article; None where its output has no such column."""
        if signals is None and headlines is None:
            self._without += 1
            return
        chance = _draw(article["key"])
        known = [one for one in signals or () if one["name"] in self._reasons]
        if known:
            self._count(article, known)
        for one in known:
            self._place(article, one, chance, find)
        if headlines is not None:
            self._headed += bool(headlines)
            for one in headlines:
                self._add_headline(article, one, chance, find)

    def _count(self, article: Mapping[str, Any], signals: Sequence[Mapping[str, Any]]) -> None:
        self._whole.add(signals)
        publisher = str(article["publisher"] or "").strip()
        tally = self._by.get(publisher)
        if tally is None and publisher and len(self._by) < self._publishers:
            tally = self._by[publisher] = _Tally(_EXACT_BY_PUBLISHER)
        if tally is not None:
            tally.add(signals)

    def _place(
        self, article: Mapping[str, Any], signal: Mapping[str, Any], chance: float, find: Find
    ) -> None:
        """Count why there is no value or percentile; keep the article where it stands far out."""
        name, value, percentile = signal["name"], signal["value"], signal["percentile"]
        if value is None:
            self._reasons[name][signal["reason"]] += 1
            return
        if percentile is None:
            self._unranked[name][signal["percentile_reason"]] += 1
        else:
            here, _ = self._ranks(name, value)
            self._same_reference &= math.isclose(here, percentile, abs_tol=1e-6)

        def make() -> HeldArticle:
            marks: dict[int, list[tuple[int, int]]] = {}
            for one in signal["evidence"]:
                marks.setdefault(one["sentence"], []).append((one["start"], one["end"]))
            passages = _passages({index: ((name,), spans) for index, spans in marks.items()}, find)
            rank = math.nan if percentile is None else percentile
            return _held(article, passages, value, rank)

        if value > 0 or name in BOTH_ENDS:
            self._highest[name].offer((value, chance), make)
        if name in BOTH_ENDS:
            self._lowest[name].offer((-value, chance), make)

    def _add_headline(
        self, article: Mapping[str, Any], headline: Mapping[str, Any], chance: float, find: Find
    ) -> None:
        counts = self._heads.setdefault(headline["field"], Counter())
        counts["compared"] += 1
        counts["carried"] += bool(headline["matches"])
        counts["limited"] += bool(headline["restrictions"])
        self._found.setdefault(headline["field"], Counter()).update(headline["found"])
        if headline["field"] != "title":
            return

        def make() -> HeldArticle:
            roles: dict[int, tuple[tuple[str, ...], list[tuple[int, int]]]] = {}
            for index in headline["restrictions"]:
                roles[index] = (("restriction",), [])
            for one in headline["matches"]:
                before = roles.get(one["sentence"], ((), []))[0]
                roles[one["sentence"]] = (("match", *before), [])
            return _held(article, _passages(roles, find))

        if FAITHFUL in headline["found"]:
            self._examples[FAITHFUL].offer((chance,), make)
        if headline["restrictions"]:
            self._examples[LIMITED].offer((chance,), make)

    def finish(self) -> Signals:
        """Return what the page shows."""
        spreads = self._spreads() if self._whole.articles else ()
        examples = {name: kept.articles for name, kept in self._examples.items()}
        held = [
            *(one for spread in spreads for one in (*spread.highest, *spread.lowest)),
            *(one for articles in examples.values() for one in articles),
        ]
        return Signals(
            self._whole.articles,
            self._headed,
            self._without,
            spreads,
            tuple(
                _headline_count(field, counts, self._found[field])
                for field, counts in self._heads.items()
                if counts["compared"]
            ),
            examples,
            _merge(one for article in held for one in article.passages),
        )

    def _spreads(self) -> tuple[SignalSpread, ...]:
        whole = self._whole.groups("")
        ranked = sorted(self._by.items(), key=lambda one: (-one[1].articles, one[0]))
        by = [tally.groups(name) for name, tally in ranked[: self._shown]]
        return tuple(
            SignalSpread(
                name,
                whole[name],
                self._whole.values[name],
                *self._reference(name),
                dict(self._reasons[name].most_common()),
                dict(self._unranked[name].most_common()),
                tuple(groups[name] for groups in by),
                self._highest[name].articles,
                self._lowest[name].articles if name in self._lowest else (),
            )
            for name in SIGNALS
        )

    def _reference(self, name: str) -> tuple[Values | None, float, float]:
        """Return the values of ordinary press, their median, and the share beyond :data:`FAR`."""
        if not self._whole.ranked[name] or not self._same_reference:
            return None, math.nan, math.nan
        values = Values(1 << 30)
        far = 0
        table = load_reference().signals[name]
        for value, times in zip(table.values, table.counts, strict=True):
            values.add(value, times)
            far += times * (self._ranks(name, value)[0] > FAR)
        return values, values.quantile(0.5), far / len(values)


def _draw(key: str) -> float:
    """Return a number that its key decides, so that the order of the articles decides nothing."""
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=6).digest()
    return float(int.from_bytes(digest, "big"))


def _held(
    article: Mapping[str, Any],
    passages: tuple[Passage, ...],
    value: float = math.nan,
    percentile: float = math.nan,
) -> HeldArticle:
    key, id, title, publisher, published = (
        str(article[name] or "") for name in ("key", "id", "title", "publisher", "published")
    )
    return HeldArticle(key, id, title, publisher, published, passages, value, percentile)


def _passages(
    roles: Mapping[int, tuple[tuple[str, ...], list[tuple[int, int]]]], find: Find
) -> tuple[Passage, ...]:
    """Return the first sentences of those that have a role, with their marks."""
    found = ((index, find(index)) for index in sorted(roles)[:_SENTENCES])
    return tuple(
        replace(
            one,
            roles=roles[index][0],
            marks=tuple(mark for mark in roles[index][1] if mark[0] < mark[1]),
        )
        for index, one in found
        if one is not None
    )


def _merge(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return each sentence once, with all its roles and marks."""
    merged: dict[tuple[str, int], Passage] = {}
    for one in passages:
        before = merged.setdefault((one.key, one.index), one)
        merged[one.key, one.index] = replace(
            before,
            roles=tuple(dict.fromkeys((*before.roles, *one.roles))),
            marks=tuple(dict.fromkeys((*before.marks, *one.marks))),
        )
    return tuple(sorted(merged.values(), key=lambda one: (one.published, one.key, one.index)))


def _headline_count(field: str, counts: Counter[str], found: Counter[str]) -> HeadlineCount:
    compared = counts["compared"]
    pairs = [(compared, found[FAITHFUL]), (compared, counts["limited"])]
    return HeadlineCount(
        field, compared, counts["carried"], counts["limited"], dict(found.most_common()),
        *share_intervals(compared, pairs),
    )  # fmt: skip
