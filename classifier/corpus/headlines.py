"""Headlines beside their bodies: what a title or standfirst does with the body's claim, stand-off.

One JSON object a line, one article an object: source, id, SHA-256 of the text, and for each
headline its classes, the stretches of the body that carry its claim and those that restrict it.
A pass and the adjudicated gold have the same form. No text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from classifier.corpus.agreement import cohen_kappa
from classifier.corpus.annotations import decode_lines, document_hash
from classifier.corpus.sources import how_to_bring, load_text
from classifier.errors import DataError, Fault, FaultsError
from classifier.records import Article
from classifier.statistics import Clusters, FloatArray, Interval, Resamples, divide
from classifier.text.ingestion import read_articles

HeadlineClass = Literal[
    "keeps_attribution",
    "drops_attribution",
    "drops_restriction",
    "raises",
    "unsupported",
    "faithful",
    "no_claim",
]

CLASSES: tuple[HeadlineClass, ...] = (
    "keeps_attribution",
    "drops_attribution",
    "drops_restriction",
    "raises",
    "unsupported",
    "faithful",
    "no_claim",
)
ALONE: frozenset[str] = frozenset(("unsupported", "faithful", "no_claim"))
"""Classes that stand alone; of the others, one of attribution may go with one of distortion."""

ATTRIBUTION = ("keeps_attribution", "drops_attribution")

NEWEST = "2020-06-15"
"""OrangeSum articles from this day on, and all of PPN and the seed, are for testing only."""

WRITTEN = "written"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class HeadlinePair(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One headline of an article.

    Attributes:
        classes: one class, or one of attribution and one of distortion, in :data:`CLASSES` order.
        claims: ``[start, end)`` in the body of each sentence that carries the headline's claim.
        restricts: the same of each sentence that restricts or withdraws the claim.
    """

    field: Literal["title", "heading"]
    classes: tuple[HeadlineClass, ...]
    claims: tuple[tuple[int, int], ...] = ()
    restricts: tuple[tuple[int, int], ...] = ()
    note: str = ""


class HeadlineMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The headlines of one article.

    Attributes:
        sha256: :func:`classifier.corpus.annotations.document_hash` of the text that was read.
        selection: how it was drawn: ``random``, ``candidate:…``, ``written``.
        group: articles of one group never part (minimal pairs).
    """

    source: str
    id: str
    sha256: str
    pairs: tuple[HeadlinePair, ...]
    selection: str = ""
    date: str = ""
    group: str = ""

    @property
    def key(self) -> str:
        """``source/id``, unique."""
        return f"{self.source}/{self.id}"

    @property
    def part(self) -> Literal["tuning", "test"]:
        """``tuning`` for older OrangeSum articles and every other written group, else ``test``."""
        if self.source == "orangesum":
            return "tuning" if self.date < NEWEST else "test"
        if self.source == WRITTEN:
            digits = re.sub(r"\D", "", self.group or self.id)
            return "tuning" if int(digits or 0) % 2 else "test"
        return "test"


def check_classes(classes: Sequence[str]) -> str:
    """Return what is wrong with a set of classes; empty when nothing is."""
    unknown = [one for one in classes if one not in CLASSES]
    if unknown:
        return f"unknown class {unknown[0]!r}"
    if not classes or len(set(classes)) != len(classes):
        return "no class, or one twice"
    if len(classes) > 1 and ALONE.intersection(classes):
        return f"{'+'.join(classes)}: {', '.join(sorted(ALONE))} stand alone"
    if all(name in classes for name in ATTRIBUTION):
        return "attribution kept and dropped at once"
    if len(classes) > 2:
        return f"{len(classes)} classes"
    return ""


def check_mark(mark: HeadlineMark, where: str) -> Iterator[Fault]:
    """Yield the faults of one article's headlines that show without its text."""
    if not _SHA256.fullmatch(mark.sha256):
        yield Fault(where, f"sha256 {mark.sha256[:70]!r}", "64 hexadecimal digits")
    if not mark.pairs:
        yield Fault(where, f"{mark.key} without a headline", "a title, a heading, or both")
    fields = [pair.field for pair in mark.pairs]
    if len(set(fields)) != len(fields):
        yield Fault(where, f"{mark.key}: one headline twice", "title and heading once each")
    for pair in mark.pairs:
        at = f"{mark.key} {pair.field}"
        wrong = check_classes(pair.classes)
        if wrong:
            yield Fault(where, f"{at}: {wrong}", "a class, or attribution and distortion")
        for start, end in (*pair.claims, *pair.restricts):
            if not 0 <= start < end:
                yield Fault(where, f"{at}: offsets {start}..{end}", "0 <= start < end")
        needs = not {"unsupported", "no_claim"}.intersection(pair.classes)
        if needs and not pair.claims:
            yield Fault(where, f"{at}: no claim in the body", "a sentence that carries the claim")


def read_headlines(path: Path) -> list[HeadlineMark]:
    """Read a pass or gold.

    Raises:
        FaultsError: every fault of the file at once.
    """
    return _read(path, check_mark)


def read_plan_marks(path: Path) -> list[HeadlineMark]:
    """Read drawn articles whose headlines nobody has read yet: pairs without classes."""
    return _read(path, lambda mark, where: iter(()))


def _read(path: Path, check: Callable[[HeadlineMark, str], Iterator[Fault]]) -> list[HeadlineMark]:
    faults: list[Fault] = []
    marks: list[HeadlineMark] = []
    seen: set[str] = set()
    record = "one article's headlines as JSON"
    lines = decode_lines(path, HeadlineMark, faults, file="a file of headlines", record=record)
    for where, mark in lines:
        faults += check(mark, where)
        if mark.key in seen:
            faults.append(Fault(where, f"{mark.key} again", "each article once"))
        seen.add(mark.key)
        marks.append(mark)
    if faults:
        raise FaultsError(faults)
    return marks


def write_headlines(marks: Iterable[HeadlineMark], path: Path) -> None:
    """Write one article a line, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(b"".join(msgspec.json.encode(mark) + b"\n" for mark in marks))
    part.replace(path)


def load_articles(sources: Iterable[str], data: Path = Path("data")) -> dict[str, Article]:
    """Return the articles of these sources by ``source/id``; ``written`` is the headlines' own.

    Raises:
        DataError: a source's text is not here.
    """
    found: dict[str, Article] = {}
    for source in dict.fromkeys(sources):
        if source == WRITTEN:
            path = data / "headlines" / "written.jsonl"
            read = {one.id: one for one in read_articles([path], on_fault=_refuse)}
        else:
            read = load_text(source, data)
        found |= {f"{source}/{name}": article for name, article in read.items()}
    return found


def _refuse(fault: Fault) -> None:
    raise DataError(fault.where, fault.found, fault.expected, fault.fix)


def join_headlines(
    marks: Iterable[HeadlineMark], articles: Mapping[str, Article]
) -> list[tuple[HeadlineMark, Article]]:
    """Join marks to their articles, verifying each hash and every stretch.

    Raises:
        FaultsError: every text that is missing or was changed.
    """
    faults, joined = [], []
    for mark in marks:
        article = articles.get(mark.key)
        if article is None:
            fix = how_to_bring(mark.source) if mark.source != WRITTEN else ""
            faults.append(Fault(mark.key, "no text", "the text that was read", fix))
            continue
        if document_hash(article) != mark.sha256:
            faults.append(Fault(mark.key, "a changed text", f"SHA-256 {mark.sha256[:16]}…"))
            continue
        spans = [span for pair in mark.pairs for span in (*pair.claims, *pair.restricts)]
        if any(end > len(article.text) for _, end in spans):
            faults.append(Fault(mark.key, "a stretch past the end", "stretches of the body"))
            continue
        joined.append((mark, article))
    if faults:
        raise FaultsError(faults)
    return joined


def pair_up(
    first: Iterable[HeadlineMark], second: Iterable[HeadlineMark]
) -> list[tuple[HeadlineMark, HeadlinePair, HeadlinePair]]:
    """Return each headline with its two readings.

    Raises:
        FaultsError: articles or headlines that one pass has and the other has not.
    """
    others = {mark.key: mark for mark in second}
    faults: list[Fault] = []
    paired = []
    keys = set()
    for mark in first:
        keys.add(mark.key)
        other = others.get(mark.key)
        theirs = {pair.field: pair for pair in other.pairs} if other is not None else {}
        if other is not None and other.sha256 != mark.sha256:
            faults.append(Fault(mark.key, "two different texts", "one text in both passes"))
        if {pair.field for pair in mark.pairs} != theirs.keys():
            faults.append(Fault(mark.key, "headlines that one pass has", "the same in both"))
            continue
        paired += [(mark, pair, theirs[pair.field]) for pair in mark.pairs]
    faults += [Fault(key, "second pass only", "both passes") for key in others.keys() - keys]
    if faults:
        raise FaultsError(faults)
    return paired


def is_disputed(first: HeadlinePair, second: HeadlinePair) -> bool:
    """Say whether two readings differ in class, or share no stretch that carries the claim."""
    if set(first.classes) != set(second.classes):
        return True
    return bool(first.claims or second.claims) and not set(first.claims) & set(second.claims)


def measure_headline_agreement(
    first: Iterable[HeadlineMark], second: Iterable[HeadlineMark], *, replicates: int = 2000
) -> dict[str, Interval]:
    """Return Cohen's κ of each class (present or not), of whole sets, and F1 of claim sentences.

    Intervals of 95 % over articles; the articles of one group count as one.
    """
    paired = pair_up(first, second)
    sets = sorted({frozenset(pair.classes) for _, *two in paired for pair in two}, key=sorted)
    codes = np.array(
        [[sets.index(frozenset(pair.classes)) for pair in two] for _, *two in paired]
    ).reshape(len(paired), 2)
    rows = np.arange(len(paired))
    columns: list[FloatArray] = []
    for name in CLASSES:
        held = np.array([name in one for one in sets])[codes].astype(int)
        table = np.zeros((len(paired), 2, 2))
        table[rows, held[:, 0], held[:, 1]] = 1
        columns.append(table.reshape(len(paired), 4))
    whole = np.zeros((len(paired), len(sets), len(sets)))
    whole[rows, codes[:, 0], codes[:, 1]] = 1
    columns.append(whole.reshape(len(paired), -1))
    spans = [(set(one.claims), set(two.claims)) for _, one, two in paired]
    columns.append(np.array([[len(a & b), len(a) + len(b)] for a, b in spans], dtype=float))
    size = len(sets)

    def measure(sums: FloatArray) -> FloatArray:
        figures = [
            cohen_kappa(sums[:, 4 * k : 4 * k + 4].reshape(-1, 2, 2)) for k in range(len(CLASSES))
        ]
        start = 4 * len(CLASSES)
        figures.append(cohen_kappa(sums[:, start : start + size * size].reshape(-1, size, size)))
        figures.append(divide(2 * sums[:, -2], sums[:, -1]))
        return np.stack(figures, axis=1)

    clusters = Clusters.of(mark.group or mark.key for mark, _, _ in paired)
    drawn = Resamples.draw(clusters, replicates=replicates).of_counts(
        measure, np.concatenate(columns, axis=1)
    )
    names = (*CLASSES, "class_set", "claim_sentences")
    reasons = ["both passes give one same answer to every headline"] * len(names)
    return dict(zip(names, drawn.intervals(len(clusters), reasons=reasons), strict=True))
