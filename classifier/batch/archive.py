"""A finished batch directory → what the archive page shows, read once, in bounded memory."""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from classifier.article.gazetteer import Gazetteer, load_gazetteer
from classifier.batch.archive_counts import (
    Column,
    Counts,
    Group,
    Table,
    Times,
    count_row,
    show_group,
)
from classifier.batch.archive_records import DeepArticle, Outlet, Passage, Signals
from classifier.batch.archive_signals import SignalReader
from classifier.batch.layout import ARTICLES, MANIFEST, SENTENCES, Identity, Manifest
from classifier.batch.reading import read_rows, require_manifest
from classifier.batch.tables import OTHER, PARTS, article_columns, sentence_columns
from classifier.errors import DataError, UsageError
from classifier.rendering.jsonl import DEPTH_LABEL
from classifier.schema import load_schema

TOPICS = (
    "topic", "topics", "theme", "thème", "section", "rubric", "rubrique", "category", "catégorie",
    "categorie", "desk",
)  # fmt: skip
"""Names of input columns that are taken for topics, whatever their capitals."""

_TOLD_APART = 300
_SHOWN = 30
_OUTLETS = 40
_CHAINS = 30
_DATE = re.compile(r"\s*(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?!\d)")
_NEWSROOMS = ("outlet", "agency")
_CREDIT_REACH = 40


@dataclass(frozen=True)
class Archive:
    """What the page shows.

    Attributes:
        flagged: sentences with a label; ``passages`` holds some of them, drawn by chance.
        chained: whether the rows say whose hands the chains are made of.
        signals: how signals and headlines are spread over the articles.
    """

    name: str
    manifest: Manifest
    whole: Group
    time: Column
    columns: tuple[Column, ...]
    outlets: tuple[Outlet, ...]
    outlet_count: int
    deepest: tuple[DeepArticle, ...]
    chained: bool
    passages: tuple[Passage, ...]
    flagged: int
    signals: Signals


def read_archive(
    directory: Path, *, by: Sequence[str] = (), passages: int = 2000, name: str = ""
) -> Archive:
    """Read a directory that ``cadrage batch`` finished.

    Args:
        by: columns of the input to count by, beside publisher and what :data:`TOPICS` names.
        passages: how many flagged sentences to keep, at most.
        name: what to call the archive; by default the directory's name.

    Raises:
        DataError: no finished batch directory, or a damaged one.
        UsageError: a column that no article has; a negative number.
        MissingExtraError: Parquet, and no pyarrow.
    """
    if passages < 0:
        raise UsageError("--sentences", str(passages), "0 or more")
    manifest = require_manifest(directory)
    reader = _Reader(by, passages, manifest.identity)
    for article, sentences in _join(directory):
        reader.add(article, sentences)
    missing = [column for column in by if column not in reader.tables]
    if missing:
        known = ", ".join(sorted(reader.seen_columns)) or "none"
        raise UsageError("--by", f"column {missing[0]!r}, which no article has", known)
    return reader.finish(name or directory.resolve().name, manifest)


def _join(directory: Path) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each article with its sentences; both tables stand in the same order."""
    parts = {*PARTS, OTHER}  # older output lacks some, and the page does without
    needed = [name for name in article_columns() if name not in parts]
    sentences = read_rows(directory, SENTENCES, needed=sentence_columns(), verify=True)
    waiting = next(sentences, None)
    for article in read_rows(directory, ARTICLES, needed=needed, verify=True):
        own = []
        while waiting is not None and waiting["key"] == article["key"]:
            own.append(waiting)
            waiting = next(sentences, None)
        yield article, own
    if waiting is not None:
        raise DataError(
            f"{directory.name}/{SENTENCES}",
            f"a sentence of {waiting['id']!r}, which is no article there",
            f"sentences of the articles in {ARTICLES}, in their order, as {MANIFEST} names them",
            "Run cadrage batch again with a new directory for --output.",
        )


class _Reader:
    """Adds up articles one by one."""

    def __init__(self, by: Sequence[str], passages: int, identity: Identity) -> None:
        self._labels = load_schema().names
        self._by = tuple(by)
        self._limit = passages
        self._number = count()
        self._whole = Counts(len(self._labels))
        self._times = Times(len(self._labels))
        self.tables = {"publisher": self._table()}
        self.seen_columns: set[str] = set()
        self._outlet_articles: Counter[str] = Counter()
        self._outlet_sentences: Counter[str] = Counter()
        self._deepest: list[tuple[int, int, DeepArticle]] = []
        self._samples: dict[str, list[tuple[int, int, Passage]]] = {one: [] for one in self._labels}
        self._chained = False
        self._flagged = 0
        self._gazetteer: Gazetteer | None = None
        self._signals = SignalReader(identity, _TOLD_APART, _SHOWN)

    def _table(self) -> Table:
        return Table(len(self._labels), _TOLD_APART)

    def add(self, article: dict[str, Any], sentences: list[dict[str, Any]]) -> None:
        """Add an article's rows."""
        key, date = article["key"], _date(article["published"])
        row = count_row(
            article["sentences"], (article[f"{name}_sentences"] for name in self._labels)
        )
        self._whole.add(key, row)
        self._times.add(date, key, row)
        groups = self._groups(article)
        for column, value in groups.items():
            self.tables.setdefault(column, self._table()).add(value, key, row)
        chain = _plain(article.get("chain"))
        self._chained |= chain is not None
        flagged = [one for one in sentences if any(one[f"{x}_positive"] for x in self._labels)]
        self._flagged += len(flagged)
        shown = {one["index"]: self._passage(article, one, groups) for one in flagged}
        self._draw(shown.values())
        self._count_outlets(article, flagged, chain)
        self._weigh(article, shown, chain)
        rows = {one["index"]: one for one in sentences}

        def find(index: int) -> Passage | None:
            row = rows.get(index)
            return None if row is None else self._passage(article, row, groups)

        self._signals.add(
            article, _listed(article.get("signals")), _listed(article.get("headline")), find
        )

    def _groups(self, article: Mapping[str, Any]) -> dict[str, str]:
        """Return the article's value in each column to count by."""
        other = _plain(article.get("other_columns")) or {}
        self.seen_columns.update(other)
        self.seen_columns.update(article)
        groups = {"publisher": _text(article["publisher"])}
        for column in (*article, *other):
            if column in self._by or column.casefold() in TOPICS:
                value = article[column] if column in article else other[column]
                groups[column] = _text(value)
        return groups

    def _passage(
        self, article: Mapping[str, Any], row: Mapping[str, Any], groups: Mapping[str, str]
    ) -> Passage:
        labels = {
            name: (
                float(row[f"{name}_probability"]),
                tuple((cue["start"], cue["end"], cue["device"]) for cue in row[f"{name}_cues"]),
            )
            for name in self._labels
            if row[f"{name}_positive"]
        }
        return Passage(
            article["key"], article["id"], row["index"], article["title"], article["publisher"],
            article["published"], groups, row["text"], labels, row[f"{DEPTH_LABEL}_depth"],
        )  # fmt: skip

    def _draw(self, passages: Any) -> None:
        """Keep a sample of each label's sentences; which ones, their keys decide, not the order."""
        share = self._limit // len(self._labels)
        for one in passages:
            place = f"{one.key}:{one.index}".encode("utf-8", "replace")
            rank = -int.from_bytes(hashlib.blake2b(place, digest_size=8).digest(), "big")
            for name in one.labels:
                heap = self._samples[name]
                if len(heap) < share:
                    heapq.heappush(heap, (rank, next(self._number), one))
                elif share and rank > heap[0][0]:
                    heapq.heapreplace(heap, (rank, next(self._number), one))

    def _count_outlets(
        self, article: Mapping[str, Any], flagged: list[dict[str, Any]], chain: Any
    ) -> None:
        found: Counter[str] = Counter()
        if chain is not None:
            for number, node in enumerate(chain["nodes"]):
                if number and node["type"] in _NEWSROOMS:
                    name = self._full_name(node["name"])
                    places = {one["sentence"] for one in chain["edges"] if one["source"] == number}
                    if name:
                        found[name] += len(places)
        else:
            for row in flagged:
                if row[f"{DEPTH_LABEL}_positive"]:
                    found.update(self._credited(article["publisher"], row))
        self._outlet_sentences.update(found)
        self._outlet_articles.update(found.keys())

    def _full_name(self, name: str) -> str:
        """Return the one name under which an outlet's aliases are counted.

        Empty where the words only describe some, such as ``plusieurs médias``.
        """
        outlets = self._names.outlets(name)
        return outlets[0].name if outlets else "" if name == name.lower() else name

    @property
    def _names(self) -> Gazetteer:
        if self._gazetteer is None:
            self._gazetteer = load_gazetteer()
        return self._gazetteer

    def _credited(self, publisher: str, row: Mapping[str, Any]) -> set[str]:
        """Return the outlets that a relay's cues name, but for the publisher itself."""
        cues = row[f"{DEPTH_LABEL}_cues"]
        return {
            one.entry.name
            for one in self._names.find(row["text"])
            if not one.ambiguous
            and any(
                one.start < cue["end"] + _CREDIT_REACH and cue["start"] < one.end for cue in cues
            )
            and not (publisher and self._names.same_outlet(publisher, one.entry.name))
        }

    def _weigh(self, article: Mapping[str, Any], shown: dict[int, Passage], chain: Any) -> None:
        """Keep the article if its chain is among the deepest."""
        depth = int((chain["depth"] if chain is not None else article["max_depth"]) or 0)
        if not depth or (len(self._deepest) == _CHAINS and depth <= self._deepest[0][0]):
            return
        if chain is not None:
            way = _longest_way(chain)
            hands = tuple(chain["nodes"][one]["name"] for one in way[1:])
            steps = set(pairwise(way))
            places = [
                one["sentence"]
                for one in chain["edges"]
                if (one["carrier"], one["source"]) in steps
            ]
        else:
            hands = ()
            places = [index for index, one in shown.items() if one.depth == depth]
        passages = tuple(shown[one] for one in dict.fromkeys(places) if one in shown)
        deep = DeepArticle(
            article["key"], article["id"], article["title"], article["publisher"],
            article["published"], depth, hands, passages[:4],
        )  # fmt: skip
        entry = (depth, -next(self._number), deep)
        if len(self._deepest) < _CHAINS:
            heapq.heappush(self._deepest, entry)
        else:
            heapq.heapreplace(self._deepest, entry)

    def finish(self, name: str, manifest: Manifest) -> Archive:
        """Return the archive."""
        time = self._times.column()
        columns = [table.column(one, _SHOWN) for one, table in self.tables.items()]
        ranked = sorted(
            self._outlet_articles,
            key=lambda one: (-self._outlet_articles[one], -self._outlet_sentences[one], one),
        )
        kept = {(one.key, one.index): one for heap in self._samples.values() for _, _, one in heap}
        order = sorted(kept.values(), key=lambda one: (one.published, one.key, one.index))
        deepest = sorted(self._deepest, key=lambda one: (-one[0], -one[1]))
        return Archive(
            name,
            manifest,
            show_group("", self._whole),
            time,
            tuple(one for one in columns if one.groups),
            tuple(
                Outlet(one, self._outlet_articles[one], self._outlet_sentences[one])
                for one in ranked[:_OUTLETS]
            ),
            len(ranked),
            tuple(one for _, _, one in deepest),
            self._chained,
            tuple(order),
            self._flagged,
            self._signals.finish(),
        )


def _longest_way(chain: Mapping[str, Any]) -> list[int]:
    """Return the nodes on the longest way from the article, which is node 0."""
    below: dict[int, list[int]] = {}
    for edge in chain["edges"]:
        below.setdefault(edge["carrier"], []).append(edge["source"])

    def walk(node: int, seen: frozenset[int]) -> list[int]:
        ways = [walk(one, seen | {one}) for one in below.get(node, ()) if one not in seen]
        return [node, *max(ways, key=len, default=[])]

    return walk(0, frozenset({0}))


def _plain(value: Any) -> Any:
    """Return a JSON column's value; Parquet holds it as text."""
    return json.loads(value) if isinstance(value, str) and value else value or None


def _listed(value: Any) -> list[Any] | None:
    """Return a JSON column's list, empty or not; None where there is no such column."""
    found = json.loads(value) if isinstance(value, str) and value else value
    return found if isinstance(found, list) else None


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    return str(value).strip()


def _date(published: Any) -> str:
    """Return the date at the start of a text as ISO writes it, as far as it goes; else empty."""
    match = _DATE.match(_text(published))
    return "-".join(part for part in match.groups() if part) if match else ""
