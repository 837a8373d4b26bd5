"""Headlines to read: drawing them, the sheet, the reader's answers, disputes and gold.

A sheet shows each article whole: ``T`` title, ``H`` standfirst, then the body's numbered
sentences. An answer gives the headline, its classes, the sentences that carry its claim, those
that restrict it, and a note where two readings remain:

    ## orangesum/1234
    title | drops_attribution+drops_restriction | 3,5 | r:9
    heading | keeps_attribution | 4 | | note: the source is named only later
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from classifier.corpus.annotations import document_hash
from classifier.corpus.headlines import (
    CLASSES,
    HeadlineMark,
    HeadlinePair,
    check_classes,
    is_disputed,
    pair_up,
)
from classifier.corpus.sheets import NO_HEADER, answer_lines, find_key
from classifier.errors import Fault, FaultsError, UsageError
from classifier.records import Article, Sentence
from classifier.text.segmentation import segment

Drawn = tuple[HeadlineMark, Article]

_WORD = re.compile(r"[^\W\d_]{5,}")
_NUMBER = re.compile(r"\d+(?:[.,\s]\d+)*")
_OPENING = 4
_DISPUTE = re.compile(r"^(title|heading)\s*\|\s*(A|B)\s*(?:\|\s*note:\s*(.*))?$")


class HeadlineStratum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way of drawing ``count`` articles; the patterns choose what is read, never a label.

    Attributes:
        before, since: bounds of the date, the second inclusive.
        title_without: what the title must not hold.
        opening_with: what one of the first four sentences must hold, beside words of the title.
        body_with: what some sentence of the body must hold.
        most_shared: the largest share of the title's long words that the body repeats.
        other_number: the title must hold a number that the body does not.
        alone: no sentence like the title may be without ``opening_with``; the title alone is read.
    """

    name: str
    source: str
    count: int
    before: str = "9999"
    since: str = ""
    title_without: str = ""
    opening_with: str = ""
    body_with: str = ""
    most_shared: float = 1.0
    other_number: bool = False
    alone: bool = False


class HeadlinePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How headlines are drawn: articles of ``shortest`` to ``longest`` body sentences."""

    seed: int
    shortest: int
    longest: int
    strata: tuple[HeadlineStratum, ...]


def read_plan(path: Path) -> HeadlinePlan:
    """Read a drawing plan (TOML).

    Raises:
        UsageError: no such file, unknown keys, wrong types.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=HeadlinePlan)
    except OSError as error:
        raise UsageError(str(path), error.strerror or "unreadable", "a drawing plan") from None
    except msgspec.DecodeError as error:
        raise UsageError(str(path), str(error), "a drawing plan") from None


def draw_headlines(
    plan: HeadlinePlan, articles: Mapping[str, Mapping[str, Article]]
) -> list[Drawn]:
    """Draw articles, shuffled; headlines that are no sentence (a date, a rubric) are left out.

    Args:
        articles: source → id → article.
    """
    generator = random.Random(plan.seed)
    taken: set[str] = set()
    drawn: list[Drawn] = []
    for stratum in plan.strata:
        source = articles[stratum.source]
        order = sorted(source)
        generator.shuffle(order)
        count = 0
        for name in order:
            if count == stratum.count:
                break
            article = source[name]
            if f"{stratum.source}/{name}" in taken or not _suits(article, stratum):
                continue
            body = [one for one in segment(article) if one.kind == "sentence"]
            if not plan.shortest <= len(body) <= plan.longest or not _opens(article, body, stratum):
                continue
            mark = unread(article, stratum.source, selection=stratum.name)
            if stratum.alone:
                mark = msgspec.structs.replace(mark, pairs=mark.pairs[:1])
            if mark.pairs and mark.pairs[0].field == "title":
                taken.add(mark.key)
                drawn.append((mark, article))
                count += 1
    generator.shuffle(drawn)
    return drawn


def unread(article: Article, source: str, *, selection: str, group: str = "") -> HeadlineMark:
    """Return an article's headlines without any reading."""
    pairs = []
    if len(article.title.split()) >= 4:
        pairs.append(HeadlinePair("title", ()))
    opening = " ".join(article.text.split())[:50]
    heading = " ".join(article.heading.split())
    if len(heading.split()) >= 6 and not heading.startswith(opening[:40]):
        pairs.append(HeadlinePair("heading", ()))
    return HeadlineMark(
        source,
        article.id,
        document_hash(article),
        tuple(pairs),
        selection,
        article.published[:10],
        group,
    )


def _suits(article: Article, stratum: HeadlineStratum) -> bool:
    if not stratum.since <= article.published[:10] < stratum.before:
        return False
    if "actualité automobile" in article.title:  # a rubric of one aggregator, hundreds of times
        return False
    if stratum.title_without and re.search(stratum.title_without, article.title, re.IGNORECASE):
        return False
    if stratum.body_with and not re.search(stratum.body_with, article.text):
        return False
    if stratum.other_number:
        numbers = {re.sub(r"\D", "", one) for one in _NUMBER.findall(article.title)}
        if not numbers - {re.sub(r"\D", "", one) for one in _NUMBER.findall(article.text)}:
            return False
    return shared(article.title, article.text) <= stratum.most_shared


def _opens(article: Article, body: Sequence[Sentence], stratum: HeadlineStratum) -> bool:
    if not stratum.opening_with:
        return True
    pattern = re.compile(stratum.opening_with, re.IGNORECASE)
    if stratum.alone and any(
        not pattern.search(one.text) and shared(article.title, one.text) >= 0.4 for one in body
    ):
        return False
    return any(
        pattern.search(one.text) and shared(article.title, one.text) >= 0.4
        for one in body[:_OPENING]
    )


def shared(title: str, text: str) -> float:
    """Return the share of the title's long words whose first five letters the text holds."""
    words = {word[:5].casefold() for word in _WORD.findall(title)}
    others = {word[:5].casefold() for word in _WORD.findall(text)}
    return len(words & others) / len(words) if words else 0.0


def write_sheet(drawn: Iterable[Drawn]) -> str:
    """Return a sheet to read."""
    lines: list[str] = []
    for mark, article in drawn:
        lines += ["", f"## {mark.key} | {mark.date}".rstrip(" |")]
        asked = {pair.field for pair in mark.pairs}
        lines += [f"   asked: {', '.join(pair.field for pair in mark.pairs)}"]
        for name, letter in (("title", "T"), ("heading", "H")):
            text = " ".join(article.content(name).split())
            if text:
                lines.append(f"    {letter if name in asked else '-'} {text}")
        for sentence in _body(article):
            lines.append(f"{sentence.index:3d}   {' '.join(sentence.text.split())}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _body(article: Article) -> list[Sentence]:
    return [one for one in segment(article) if one.field == "text" and one.kind != "credit"]


def read_answers(paths: Iterable[Path], drawn: Iterable[Drawn]) -> list[HeadlineMark]:
    """Read a reader's answers about the drawn articles.

    Raises:
        FaultsError: everything wrong at once: unknown articles, headlines, classes or sentences,
            and every headline that has no answer.
    """
    known = {mark.key: (mark, article) for mark, article in drawn}
    found: dict[str, dict[str, HeadlinePair]] = {}
    faults: list[Fault] = []
    for path in paths:
        for where, key, line in _answers(path, known, faults):
            mark, article = known[key]
            try:
                pair = read_line(line, mark, article)
            except ValueError as error:
                faults.append(Fault(where, repr(line), str(error)))
                continue
            if pair.field in found.setdefault(key, {}):
                faults.append(Fault(where, f"{key} {pair.field} again", "one answer a headline"))
            found[key][pair.field] = pair
    marks = []
    for key, (mark, _) in known.items():
        answered = found.get(key, {})
        for pair in mark.pairs:
            if pair.field not in answered:
                faults.append(Fault(f"{key} {pair.field}", "no answer", "one line"))
        kept = tuple(answered[pair.field] for pair in mark.pairs if pair.field in answered)
        marks.append(msgspec.structs.replace(mark, pairs=kept))
    if faults:
        raise FaultsError(faults)
    return marks


def _answers(
    path: Path, known: Mapping[str, Drawn], faults: list[Fault]
) -> Iterator[tuple[str, str, str]]:
    current: str | None = ""
    for where, line in answer_lines(path):
        if line.startswith("##"):
            current, _ = find_key(line, known)
            if current is None:
                faults.append(Fault(where, repr(line.strip()), "an article of the sheet"))
        elif current:
            yield where, current, line.strip()
        elif current == "":
            faults.append(Fault(where, repr(line.strip()), NO_HEADER))


def read_line(line: str, mark: HeadlineMark, article: Article) -> HeadlinePair:
    """Return the reading that one line of answers gives.

    Raises:
        ValueError: what was expected instead.
    """
    parts = [part.strip() for part in line.split("|")]
    name = parts[0]
    if name not in {pair.field for pair in mark.pairs} or len(parts) < 2:
        asked = ", ".join(pair.field for pair in mark.pairs)
        raise ValueError(f"HEADLINE | classes | sentences; HEADLINE one of {asked}")
    classes = [one.strip() for one in parts[1].split("+") if one.strip()]
    wrong = check_classes(classes)
    if wrong:
        raise ValueError(f"{wrong}; the classes are {', '.join(CLASSES)}")
    claims: tuple[tuple[int, int], ...] = ()
    restricts: tuple[tuple[int, int], ...] = ()
    note = ""
    for part in parts[2:]:
        if part.startswith("note:"):
            note = part[5:].strip()
        elif part.startswith("r:"):
            restricts = _stretches(part[2:], article)
        elif part:
            claims = _stretches(part, article)
    if not claims and not {"unsupported", "no_claim"}.intersection(classes):
        raise ValueError("the numbers of the sentences that carry the claim")
    if "drops_restriction" in classes and not restricts:
        raise ValueError("r: and the sentences that restrict the claim")
    ordered = tuple(one for one in CLASSES if one in classes)
    field: Literal["title", "heading"] = "title" if name == "title" else "heading"
    return HeadlinePair(field, ordered, claims, restricts, note)


def _stretches(numbers: str, article: Article) -> tuple[tuple[int, int], ...]:
    body = {one.index: one for one in _body(article)}
    asked = [part.strip() for part in numbers.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) in body for part in asked):
        raise ValueError(f"numbers of body sentences, such as {','.join(map(str, [*body][:2]))}")
    units = sorted({int(part) for part in asked})
    return tuple((body[unit].start, body[unit].end) for unit in units)


def write_disputes(
    first: Iterable[HeadlineMark], second: Iterable[HeadlineMark], articles: Mapping[str, Article]
) -> str:
    """Return the sheet of headlines on which two passes differ, each article whole."""
    disputed: dict[str, list[tuple[HeadlineMark, HeadlinePair, HeadlinePair]]] = {}
    for mark, one, two in pair_up(first, second):
        if is_disputed(one, two):
            disputed.setdefault(mark.key, []).append((mark, one, two))
    lines: list[str] = []
    for key, entries in disputed.items():
        asked = tuple(one for _, one, _ in entries)
        mark = msgspec.structs.replace(entries[0][0], pairs=asked)
        lines.append(write_sheet([(mark, articles[key])]).rstrip("\n"))
        for _, one, two in entries:
            lines += [f"  {one.field} A: {_say(one, articles[key])}"]
            lines += [f"  {one.field} B: {_say(two, articles[key])}", ""]
    return "\n".join(lines).strip("\n") + "\n"


def _say(pair: HeadlinePair, article: Article) -> str:
    body = {(one.start, one.end): one.index for one in _body(article)}
    claims, restricts = (
        ",".join(str(body.get(span, "?")) for span in spans)
        for spans in (pair.claims, pair.restricts)
    )
    said = f"{'+'.join(pair.classes)} | {claims}" + (f" | r:{restricts}" if restricts else "")
    return f"{said} | note: {pair.note}" if pair.note else said


def adjudicate_headlines(
    first: Iterable[HeadlineMark],
    second: Iterable[HeadlineMark],
    decisions: Sequence[Path],
    articles: Mapping[str, Article],
) -> list[HeadlineMark]:
    """Return gold: what both passes say, and the third reading of every dispute.

    Where the classes agree and the stretches differ in part, those of both passes count, and
    where only one names a restriction, that one's.

    Raises:
        FaultsError: answers that are wrong, and every dispute that has none.
    """
    first, second = list(first), list(second)
    paired = pair_up(first, second)
    readings: dict[tuple[str, str], tuple[HeadlinePair, HeadlinePair]] = {
        (mark.key, one.field): (one, two) for mark, one, two in paired
    }
    marks = {mark.key: (mark, articles[mark.key]) for mark in first}
    decided: dict[tuple[str, str], HeadlinePair] = {}
    faults: list[Fault] = []
    for path in decisions:
        for where, key, line in _answers(path, marks, faults):
            choice = _DISPUTE.match(line)
            try:
                if choice and (key, choice[1]) in readings:
                    pair = readings[key, choice[1]][choice[2] == "B"]
                else:
                    pair = read_line(line, *marks[key])
                decided[key, pair.field] = pair
            except ValueError as error:
                faults.append(Fault(where, repr(line), str(error)))
    gold: dict[str, list[HeadlinePair]] = {}
    for mark, one, two in paired:
        place = (mark.key, one.field)
        if is_disputed(one, two) and place not in decided:
            faults.append(Fault(" ".join(place), "no answer", "a third reading"))
        gold.setdefault(mark.key, []).append(decided.get(place) or _merge(one, two))
    if faults:
        raise FaultsError(faults)
    return [msgspec.structs.replace(mark, pairs=tuple(gold[mark.key])) for mark in first]


def _merge(one: HeadlinePair, two: HeadlinePair) -> HeadlinePair:
    claims = tuple(sorted({*one.claims, *two.claims}))
    both = set(one.restricts) & set(two.restricts)
    restricts = tuple(sorted(both or {*one.restricts, *two.restricts}))
    note = one.note or two.note
    return HeadlinePair(one.field, one.classes, claims, restricts, note)
