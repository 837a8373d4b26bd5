"""Label Studio's JSON export → stand-off annotations; every fault of the file in one report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from classifier.corpus.annotations import DocumentMark, LabelMark, SentenceMark, check_document
from classifier.corpus.label_studio import ATTRIBUTES, CUES, DEPTH, NO, NOTE, YES
from classifier.errors import DataError, Fault, FaultsError
from classifier.records import Field, Kind
from classifier.schema import load_schema

_Unit: TypeAlias = tuple[int, Field, int, int, Kind]


class _Mismatch(Exception):
    """What was found in a task, and what was expected."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected


class _Data(msgspec.Struct):
    source: str
    document: str
    sha256: str
    index: int
    text: str
    units: list[_Unit]
    selection: str = ""
    batch: str = ""
    date: str = ""
    topic: str = ""
    style: str = ""
    group: str = ""


class _Region(msgspec.Struct):
    from_name: str = ""
    value: dict[str, Any] = {}


class _Annotation(msgspec.Struct):
    result: list[_Region]
    was_cancelled: bool = False
    completed_by: Any = None


class _Task(msgspec.Struct):
    data: _Data
    annotations: list[_Annotation] = []
    id: int | str | None = None


@dataclass
class _Found:
    """What the tasks of one document say, so far."""

    where: str
    data: _Data
    marks: dict[int, SentenceMark] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)


def read_export(path: Path, source: str, *, annotator: str = "") -> list[DocumentMark]:
    """Turn Label Studio's JSON export of our tasks into stand-off documents.

    Args:
        source: the source that the tasks must be of.
        annotator: take this annotator's annotations only (the number or the e-mail address in
            ``completed_by``), where several have worked on the same tasks.

    Raises:
        DataError: the file cannot be read, or is not Label Studio's JSON.
        FaultsError: every fault, each with its task, what was found and what was expected.
    """
    faults: list[Fault] = []
    documents: dict[str, _Found] = {}
    for where, raw in _read_tasks(path):
        try:
            task = msgspec.convert(raw, _Task)
        except msgspec.ValidationError as error:
            expected = "a task of 'cadrage corpus export --format label-studio', exported as JSON"
            faults.append(Fault(where, str(error), expected))
            continue
        if task.data.source != source:
            faults.append(Fault(where, f"source {task.data.source!r}", f"source {source!r}"))
            continue
        try:
            _read_task(where, task, annotator, documents, faults)
        except _Mismatch as error:
            faults.append(Fault(where, error.found, error.expected))
    marks = []
    for found_document in documents.values():
        mark = _finish(found_document, faults)
        if not found_document.broken:
            faults += check_document(mark, found_document.where)
        marks.append(mark)
    if faults:
        raise FaultsError(faults)
    return marks


def _read_tasks(path: Path) -> Iterator[tuple[str, Any]]:
    expected = "Label Studio's export in the form 'JSON': a list of tasks"
    try:
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(str(path), error.strerror or "unreadable", expected) from None
    except (ValueError, RecursionError) as error:
        raise DataError(str(path), f"broken JSON ({error})", expected) from None
    if not isinstance(raw, list):
        raise DataError(str(path), f"JSON of type {type(raw).__name__}", expected)
    if any(isinstance(task, dict) and "data" not in task for task in raw):
        fix = "The form 'JSON-MIN' leaves out what is needed: export again as 'JSON'."
        raise DataError(str(path), "tasks without 'data'", expected, fix)
    for number, task in enumerate(raw, start=1):
        name = task.get("id") if isinstance(task, dict) else None
        yield f"{path}: task {name if name is not None else f'number {number}'}", task


def _read_task(
    where: str,
    task: _Task,
    annotator: str,
    documents: dict[str, _Found],
    faults: list[Fault],
) -> None:
    data = task.data
    found = documents.setdefault(data.document, _Found(where, data))
    if (data.sha256, data.units) != (found.data.sha256, found.data.units):
        raise _Mismatch(f"another text or other units of {data.document!r}", f"as in {found.where}")
    units = {unit[0]: unit for unit in data.units}
    if data.index not in units:
        raise _Mismatch(f"unit {data.index}", f"a unit of {data.document!r}")
    if data.index in found.marks or data.index in found.broken:
        raise _Mismatch(f"unit {data.index} of {data.document!r} again", "one task a unit")
    index, name, start, end, kind = units[data.index]
    # Whatever is wrong with this task now, its unit is not missing.
    found.broken.add(index)
    if end - start != len(data.text):
        raise _Mismatch(f"a text of {len(data.text)} characters", f"{end - start}, as exported")
    annotation = _choose(task, annotator)
    reader = _Reader(data.text)
    for region in annotation.result:
        try:
            reader.read(region)
        except _Mismatch as error:
            faults.append(Fault(where, error.found, error.expected))
            reader.unread = True
    labels = {}
    for label in load_schema().labels:
        try:
            mark = reader.label(label.name)
        except _Mismatch as error:
            faults.append(Fault(where, error.found, error.expected))
            continue
        if mark is not None:
            labels[label.name] = mark
    if not reader.unread:
        found.broken.discard(index)
    found.marks[index] = SentenceMark(index, name, start, end, kind, labels, reader.note)


def _choose(task: _Task, annotator: str) -> _Annotation:
    one = f"one annotation by {annotator}" if annotator else "one annotation"
    done = [
        annotation
        for annotation in task.annotations
        if not annotator or annotator in _names(annotation.completed_by)
    ]
    kept = [annotation for annotation in done if not annotation.was_cancelled]
    if not kept:
        raise _Mismatch("a skipped task" if done else "no annotation", one)
    if len(kept) > 1:
        who = ", ".join(
            sorted({name for annotation in kept for name in _names(annotation.completed_by)})
        )
        raise _Mismatch(f"{len(kept)} annotations, by {who or 'unknown'}", f"{one}: --annotator")
    return kept[0]


def _names(completed_by: Any) -> list[str]:
    """Return the number and the address of an annotator; exports give either or both."""
    if isinstance(completed_by, Mapping):
        return [str(completed_by[key]) for key in ("id", "email") if key in completed_by]
    return [] if completed_by is None else [str(completed_by)]


def _finish(found: _Found, faults: list[Fault]) -> DocumentMark:
    """Put a document's units in order; those without a task are faults, credit lines are not."""
    data = found.data
    missing = []
    sentences = []
    for index, name, start, end, kind in data.units:
        if index in found.marks:
            sentences.append(found.marks[index])
        elif kind == "credit":
            sentences.append(SentenceMark(index, name, start, end, kind))
        elif index not in found.broken:
            missing.append(str(index))
    if missing:
        place = f"{found.where}: document {data.document!r}"
        faults.append(
            Fault(place, f"no task for unit {', '.join(missing)}", "a task for each unit")
        )
    attributes: dict[str, Any] = {name: getattr(data, name) for name in ATTRIBUTES}
    return DocumentMark(data.source, data.document, data.sha256, tuple(sentences), **attributes)


class _Reader:
    """Collects what one annotation says of one sentence."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.cues: dict[str, set[tuple[int, int, str]]] = {}
        self.choices: dict[str, str] = {}
        self.depth: int | None = None
        self.note = ""
        self.unread = False  # some region could not be read: what is missing may be in it
        self._devices = {
            f"{label.code}.{device}": (label.name, device)
            for label in load_schema().labels
            for device in label.device_names
        }

    def read(self, region: _Region) -> None:
        """Take one region; raises _Mismatch."""
        name, value = region.from_name, region.value
        if name == CUES:
            self._read_cue(value)
        elif name in load_schema().names:
            chosen = value.get("choices")
            if chosen not in ([YES], [NO]):
                raise _Mismatch(f"{name}: choice {chosen!r}", f"{YES!r} or {NO!r}")
            self.choices[name] = chosen[0]
        elif name == DEPTH:
            depth = _whole(value.get("number"))
            if depth is None or depth < 1:
                found = f"relay depth {value.get('number')!r}"
                raise _Mismatch(found, "a whole number of hands, 1 or more")
            self.depth = depth
        elif name == NOTE:
            written = value.get("text")
            parts = written if isinstance(written, list) else [written]
            self.note = "; ".join(str(part).strip() for part in parts if part)
        else:
            known = (CUES, *load_schema().names, DEPTH, NOTE)
            raise _Mismatch(f"a result of {name!r}", f"one of {', '.join(known)}")

    def _read_cue(self, value: Mapping[str, Any]) -> None:
        start, end = self._place(value)
        codes = value.get("labels") or []
        if not codes:
            raise _Mismatch(f"a span {start}..{end} without a label", "a code such as H.frame")
        for code in codes:
            if code not in self._devices:
                raise _Mismatch(f"label {code!r}", f"one of {', '.join(self._devices)}")
            name, device = self._devices[code]
            self.cues.setdefault(name, set()).add((start, end, device))

    def _place(self, value: Mapping[str, Any]) -> tuple[int, int]:
        """Return a span in code points; older versions of Label Studio count UTF-16 units."""
        start, end = _whole(value.get("start")), _whole(value.get("end"))
        if start is None or end is None:
            found = f"a span from {value.get('start')!r} to {value.get('end')!r}"
            raise _Mismatch(found, "two whole numbers")
        words = value.get("text")
        fits = 0 <= start < end <= len(self.text)
        if fits and (words is None or _plain(words) == _plain(self.text[start:end])):
            return start, end
        units = self.text.encode("utf-16-le", "surrogatepass")
        before = units[: 2 * max(0, start)].decode("utf-16-le", "replace")
        inside = units[2 * max(0, start) : 2 * max(0, end)].decode("utf-16-le", "replace")
        if words is not None and inside and _plain(words) == _plain(inside):
            return len(before), len(before) + len(inside)
        there = f"{self.text[start:end]!r} there" if fits else f"0 to {len(self.text)} at most"
        raise _Mismatch(f"a span {start}..{end} of the words {words!r}", there)

    def label(self, name: str) -> LabelMark | None:
        """Return what was said of a label, None for a negative."""
        cues = tuple(sorted(self.cues.get(name, ())))
        choice = self.choices.get(name)
        depth = self.depth if name == "relay_sourcing" else None
        if cues and choice == NO:
            raise _Mismatch(f"{name}: {NO!r}, with a cue", f"{YES!r}, or no cue")
        if self.unread:
            return LabelMark(cues, depth) if cues else None
        if not cues and choice == YES:
            raise _Mismatch(f"{name}: {YES!r}, without a cue", "the words that show it, as a span")
        if not cues and depth is not None:
            raise _Mismatch(f"a relay depth of {depth} without a relay", "no depth")
        if cues and name == "relay_sourcing" and depth is None:
            raise _Mismatch("a relay without depth", "a whole number of hands, 1 or more")
        return LabelMark(cues, depth) if cues else None


def _whole(value: Any) -> int | None:
    """Return a whole number that may have come as 2, 2.0 or "2"; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(words: str) -> str:
    r"""Return words with white space made alike; Label Studio writes a newline as ``\n``."""
    return " ".join(re.sub(r"\\n", " ", str(words)).split())
