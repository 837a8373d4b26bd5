"""Drawing documents to annotate: at random for natural rates, by candidate words for rare devices.

The patterns here only choose what is read; they never label anything. Every drawn document
remembers its stratum, so that rates are estimated from the random ones alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from classifier.corpus.annotations import DocumentMark, mark_document
from classifier.errors import UsageError
from classifier.records import Article, Sentence
from classifier.text.segmentation import segment


class Stratum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way of drawing ``count`` documents.

    Attributes:
        pattern: what the body must hold; empty draws at random.
        least: how many times it must hold it.
        at: documents chosen beforehand, each with the number of the unit that the run must hold;
            where given, only these are drawn, in this order.
    """

    name: str
    count: int
    pattern: str = ""
    least: int = 1
    publisher: str = ""
    at: dict[str, int] = {}


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How documents of one source are drawn.

    Attributes:
        seed: of the generator; the same plan draws the same documents.
        whole: documents of up to this many units are taken whole.
        run: of longer ones this many consecutive units, plus title and heading.
        batch: about how many units make a batch.
        first: number of the first batch.
        after: plan files, beside this one, whose documents are not drawn again.
        before: only documents dated before this day are drawn.
    """

    source: str
    seed: int
    whole: int
    run: int
    batch: int
    strata: tuple[Stratum, ...]
    first: int = 1
    after: tuple[str, ...] = ()
    before: str = ""


def read_plan(path: Path) -> Plan:
    """Read a drawing plan (TOML).

    Raises:
        UsageError: no such file, unknown keys, wrong types, a pattern that is none.
    """
    try:
        plan = msgspec.toml.decode(path.read_bytes(), type=Plan)
    except OSError as error:
        raise UsageError(str(path), error.strerror or "unreadable", "a drawing plan") from None
    except msgspec.DecodeError as error:
        raise UsageError(str(path), str(error), "a drawing plan") from None
    for stratum in plan.strata:
        try:
            re.compile(stratum.pattern)
        except re.error as error:
            found = f"{stratum.pattern!r} ({error})"
            raise UsageError(f"{path}: {stratum.name}", found, "a regular expression") from None
    return plan


def draw_plan(path: Path, articles: Mapping[str, Article]) -> list[list[DocumentMark]]:
    """Draw the batches of a plan file, leaving out what the plans named in ``after`` draw."""
    plan = read_plan(path)
    taken = [
        document.id
        for earlier in plan.after
        for batch in draw_plan(path.parent / earlier, articles)
        for document in batch
    ]
    return draw(plan, articles, taken)


def draw(
    plan: Plan, articles: Mapping[str, Article], taken: Iterable[str] = ()
) -> list[list[DocumentMark]]:
    """Draw documents in batches of about ``plan.batch`` units, each a mix of all strata.

    Args:
        articles: the source's articles by id.
        taken: ids that are annotated already and are not drawn again.

    Returns:
        batches of unlabelled documents, ready to be read.

    Raises:
        UsageError: a stratum names a document that the source does not have.
    """
    generator = random.Random(plan.seed)
    order = sorted(articles)
    generator.shuffle(order)
    used = set(taken)
    drawn: list[DocumentMark] = []
    for stratum in plan.strata:
        pattern = re.compile(stratum.pattern) if stratum.pattern else None
        count = 0
        for key in stratum.at or order:
            if count == stratum.count:
                break
            if key not in articles:
                raise UsageError(
                    f"stratum {stratum.name}", f"document {key!r}", f"a document of {plan.source}"
                )
            article = articles[key]
            if key in used or (stratum.publisher and article.publisher != stratum.publisher):
                continue
            if plan.before and not article.published[:10] < plan.before:
                continue
            if pattern is not None and len(pattern.findall(article.text)) < stratum.least:
                continue
            sentences = choose_run(
                segment(article), pattern, plan, generator, stratum.at.get(key, -1)
            )
            if len(sentences) < 8:
                continue
            used.add(key)
            count += 1
            drawn.append(
                mark_document(
                    article,
                    sentences,
                    {},
                    source=plan.source,
                    selection=stratum.name,
                    date=article.published[:10],
                )
            )
    generator.shuffle(drawn)
    return _batches(drawn, plan.batch, plan.first)


def choose_run(
    sentences: Sequence[Sentence],
    pattern: re.Pattern[str] | None,
    plan: Plan,
    generator: random.Random,
    at: int = -1,
) -> list[Sentence]:
    """Return title, heading and the whole body, or a run of it.

    Args:
        at: number of a unit that the run must hold; below 0 it lies around a match of the pattern.
    """
    front = [sentence for sentence in sentences if sentence.field != "text"]
    body = [sentence for sentence in sentences if sentence.field == "text"]
    if len(front) + len(body) <= plan.whole:
        return front + body
    last = max(0, len(body) - plan.run)
    start = generator.randint(0, last)
    hits = []
    if at >= 0:
        hits = [place for place, sentence in enumerate(body) if sentence.index == at]
    elif pattern is not None:
        hits = [place for place, sentence in enumerate(body) if pattern.search(sentence.text)]
    if hits:
        hit = generator.choice(hits)
        start = min(max(0, hit - generator.randint(1, plan.run - 1)), last)
    return front + body[start : start + plan.run]


def _batches(documents: list[DocumentMark], size: int, first: int) -> list[list[DocumentMark]]:
    total = sum(len(document.sentences) for document in documents)
    count = max(1, round(total / size))
    batches: list[list[DocumentMark]] = [[] for _ in range(count)]
    sizes = [0] * count
    for document in documents:
        smallest = sizes.index(min(sizes))
        batches[smallest].append(
            msgspec.structs.replace(document, batch=f"b{smallest + first:02d}")
        )
        sizes[smallest] += len(document.sentences)
    return batches
