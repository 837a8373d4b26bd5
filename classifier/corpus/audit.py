"""An audit of gold: what a rereading of suspected labels found, applied and counted.

The reader answers in the form of :mod:`classifier.corpus.sheets`, or ``12 | keep`` where the label
stands and ``12 | none`` where there is none. Explicit lines replace the unit's whole gold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from classifier.corpus.annotations import AnnotatedArticle, DocumentMark, LabelMark
from classifier.corpus.sheets import read_line
from classifier.errors import Fault, FaultsError

_VERDICT = re.compile(r"^(\d+)\s*\|\s*(keep|none)\s*(?:\|\s*note:.*)?$")


class AuditRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an audit found, without text.

    Attributes:
        reread: document key → indexes of the units that were reread.
        changed: document key → indexes whose gold was corrected.
    """

    reread: dict[str, tuple[int, ...]]
    changed: dict[str, tuple[int, ...]]

    @property
    def error_rate(self) -> float:
        """Share of the reread units whose gold was wrong, 0 to 1; NaN when none was reread."""
        total = sum(map(len, self.reread.values()))
        return sum(map(len, self.changed.values())) / total if total else float("nan")

    def __or__(self, later: AuditRecord) -> AuditRecord:
        """Return both audits together; a unit reread in both counts once."""
        return AuditRecord(_joined(self.reread, later.reread), _joined(self.changed, later.changed))


def _joined(
    first: Mapping[str, tuple[int, ...]], second: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    return {
        key: tuple(sorted({*first.get(key, ()), *second.get(key, ())}))
        for key in sorted({*first, *second})
    }


def read_audit(path: Path) -> AuditRecord:
    """Read what earlier audits found; empty where there was none.

    Raises:
        FaultsError: a file that is no such record.
    """
    if not path.exists():
        return AuditRecord({}, {})
    try:
        return msgspec.json.decode(path.read_bytes(), type=AuditRecord)
    except msgspec.DecodeError as error:
        raise FaultsError([Fault(str(path), str(error), "a record of audits")]) from None


def read_verdicts(
    path: Path, annotated: Mapping[str, AnnotatedArticle]
) -> dict[str, dict[int, dict[str, LabelMark] | None]]:
    """Read a rereading: document key → unit index → new labels, or None where gold stands.

    Raises:
        FaultsError: unknown documents or units, words that do not stand there.
    """
    verdicts: dict[str, dict[int, dict[str, LabelMark] | None]] = {}
    explicit: dict[str, dict[int, dict[str, LabelMark]]] = {}
    faults: list[Fault] = []
    current = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        where = f"{path}:{number}"
        if line.startswith("##"):
            current = line[2:].strip()
            if current not in annotated:
                faults.append(Fault(where, f"document {current!r}", "an annotated document"))
                current = ""
        elif line.strip() and current:
            verdict = _VERDICT.match(line.strip())
            if verdict:
                labels: dict[str, LabelMark] | None = None if verdict[2] == "keep" else {}
                verdicts.setdefault(current, {})[int(verdict[1])] = labels
                continue
            try:
                found = explicit.setdefault(current, {})
                read_line(line, annotated[current].sentences, found, {})
            except ValueError as error:
                faults.append(Fault(where, repr(line.strip()), str(error)))
    if faults:
        raise FaultsError(faults)
    for key, units in explicit.items():
        verdicts.setdefault(key, {}).update(units)
    return verdicts


def apply_verdicts(
    documents: Iterable[DocumentMark],
    verdicts: Mapping[str, Mapping[int, dict[str, LabelMark] | None]],
) -> tuple[list[DocumentMark], AuditRecord]:
    """Return the corrected documents and the record of what was reread and changed."""
    corrected = []
    reread: dict[str, tuple[int, ...]] = {}
    changed: dict[str, tuple[int, ...]] = {}
    for document in documents:
        of_document = verdicts.get(document.key, {})
        sentences = []
        for mark in document.sentences:
            new = of_document.get(mark.index)
            if mark.index in of_document:
                reread[document.key] = (*reread.get(document.key, ()), mark.index)
            if new is not None and new != mark.labels:
                changed[document.key] = (*changed.get(document.key, ()), mark.index)
                mark = msgspec.structs.replace(mark, labels=new)
            sentences.append(mark)
        corrected.append(msgspec.structs.replace(document, sentences=tuple(sentences)))
    return corrected, AuditRecord(reread, changed)
