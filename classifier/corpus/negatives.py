"""Cases of the negative rules: sentences that look like a label by their words and carry none.

The sections "Not H", "Not R" and "Not T" of ``data/GUIDELINES.md`` number their rules; a case says
that a sentence, read in its context, is one of a rule. One JSON object a line, without text:
``{"rule": "H.5", "document": "written/w-c-001", "index": 13}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from classifier.corpus.annotations import DocumentMark, SentenceMark, decode_lines, read_annotations
from classifier.corpus.dataset import annotated_sources, annotation_files
from classifier.errors import Fault, FaultsError
from classifier.schema import load_schema

FILE = "negatives.jsonl"
RULES = tuple(
    f"{code}.{number}"
    for code, last in (("H", 12), ("R", 7), ("T", 9))
    for number in range(1, last + 1)
)
"""Every negative rule, in the guidelines' order: label code, dot, number."""
CREDIT_RULE = "R.7"
"""The one rule whose cases are units of kind ``credit``."""


class NegativeCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit that is a case of a negative rule.

    Attributes:
        rule: one of :data:`RULES`.
        document: key of the document, ``source/id``.
        index: the unit's index in its document.
    """

    rule: str
    document: str
    index: int


def read_negatives(path: Path, documents: Iterable[DocumentMark]) -> list[NegativeCase]:
    """Read the cases and check each against gold.

    Args:
        documents: the gold of every source that the file names.

    Raises:
        FaultsError: every fault at once: an unreadable file, broken JSON, unknown rules,
            documents or units, a case given twice, a unit whose gold carries the rule's label, a
            credit line under another rule than R.7 or a sentence under R.7.
    """
    gold = {one.key: {mark.index: mark for mark in one.sentences} for one in documents}
    faults: list[Fault] = []
    cases: dict[NegativeCase, str] = {}
    record = "one negative case as JSON"
    lines = decode_lines(path, NegativeCase, faults, file="a file of negative cases", record=record)
    for where, case in lines:
        if case in cases:
            faults.append(Fault(where, "the same case again", f"once, as in {cases[case]}"))
        cases[case] = where
        faults.extend(_check_case(case, gold, where))
    if faults:
        raise FaultsError(faults)
    return list(cases)


def _check_case(
    case: NegativeCase, gold: Mapping[str, Mapping[int, SentenceMark]], where: str
) -> list[Fault]:
    faults: list[Fault] = []
    if case.rule not in RULES:
        faults.append(Fault(where, f"rule {case.rule!r}", f"one of {', '.join(RULES)}"))
    if case.document not in gold:
        return [*faults, Fault(where, f"document {case.document!r}", "a document that has gold")]
    mark = gold[case.document].get(case.index)
    if mark is None:
        found = f"index {case.index} of {case.document}"
        return [*faults, Fault(where, found, "the index of an annotated unit")]
    if case.rule not in RULES:
        return faults
    at = f"{case.document} sentence {case.index}"
    code = case.rule.partition(".")[0]
    (name,) = (label.name for label in load_schema().labels if label.code == code)
    if name in mark.labels:
        faults.append(
            Fault(
                where,
                f"{at}: gold carries {name}",
                f"a unit without it, as a case of {case.rule}",
                "If gold has been corrected since, take the case out.",
            )
        )
    if (mark.kind == "credit") != (case.rule == CREDIT_RULE):
        expected = "a credit line" if case.rule == CREDIT_RULE else "a headline or a sentence"
        faults.append(Fault(where, f"{at}: kind {mark.kind}", f"{expected} under {case.rule}"))
    return faults


def check_negatives(data: Path) -> list[Fault]:
    """Return the faults of a data folder's cases; none where it has no such file.

    Gold that is itself faulty is not told here, and nothing can be checked against it.
    """
    path = data / FILE
    if not path.exists():
        return []
    files = [file for name in annotated_sources(data) for file in annotation_files(data, name)]
    try:
        gold = read_annotations(files)
    except FaultsError:
        return []
    try:
        read_negatives(path, gold)
    except FaultsError as error:
        return error.faults
    return []


def count_negatives(
    cases: Iterable[NegativeCase], assignment: Mapping[str, str]
) -> Counter[tuple[str, str]]:
    """Count cases by (rule, split); ``assignment`` is document key → split.

    A case whose document stands in no split is not counted.
    """
    return Counter(
        (case.rule, assignment[case.document]) for case in cases if case.document in assignment
    )
