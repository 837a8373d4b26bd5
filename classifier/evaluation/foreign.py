"""Annotated text of one's own: stand-off, inline JSONL, CoNLL-style columns, or brat.

Everything becomes a :class:`Bench` whose articles are all test. ``docs/evaluation.md`` shows each
form. A label may come with cues and devices or bare; bare labels get scores, but spans mean
nothing for them, and the bench says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.corpus.annotations import (
    AnnotatedArticle,
    LabelMark,
    join_text,
    mark_document,
    read_annotations,
)
from classifier.corpus.splits import SplitManifest
from classifier.errors import DataError, Fault, FaultsError
from classifier.evaluation.bench import Bench
from classifier.matching import DEPTH_LABEL
from classifier.records import Article
from classifier.schema import load_schema
from classifier.text.ingestion import read_articles
from classifier.text.segmentation import segment

_BARE = "(none)"
Span = tuple[int, int, str, str]
"""Start, end, label, device."""


@dataclass
class _Draft:
    """An article while it is read: sentences with the spans of each."""

    id: str
    texts: list[str] = field(default_factory=list)
    spans: list[list[Span]] = field(default_factory=list)
    depths: list[int | None] = field(default_factory=list)


def load_foreign(path: Path) -> Bench:
    """Read a file, or a folder of brat files, whose form shows by itself.

    Raises:
        DataError: no such file, or a form that is not known.
        FaultsError: every fault of the file.
    """
    if path.is_dir():
        return _bench(path, [_finish_brat(*pair) for pair in _brat_pairs(path)])
    if not path.exists():
        raise DataError(str(path), "no such file", "annotated text")
    if path.suffix == ".ann":
        return _bench(path, [_finish_brat(path.with_suffix(".txt"), path)])
    if path.suffix in (".jsonl", ".json", ".ndjson"):
        with path.open(encoding="utf-8") as stream:
            first = next((line for line in stream if line.strip()), "")
        if '"sha256"' in first:
            return _bench(path, _standoff(path))
        return _bench(path, _finish(path, _inline(path)))
    return _bench(path, _finish(path, _conll(path)))


def _bench(path: Path, annotated: list[AnnotatedArticle]) -> Bench:
    if not annotated:
        raise DataError(str(path), "no article", "annotated text")
    assignment = {one.document.key: "test" for one in annotated}
    missing = []
    bare = any(
        device == _BARE
        for one in annotated
        for mark in one.document.sentences
        for label in mark.labels.values()
        for device in label.devices
    )
    if bare:
        found = "labels without cues: their spans and devices count as errors of the model"
        missing.append(Fault("cue spans, devices, hedging without frame", found, "cues"))
    manifest = SplitManifest(0, 0.5, {}, {}, (), assignment)
    return Bench(path.parent, tuple(annotated), tuple(missing), manifest)


def _standoff(path: Path) -> list[AnnotatedArticle]:
    """Read the project's own form; the text stands in ``articles.jsonl`` beside it."""
    faults: list[Fault] = []
    beside = path.with_name("articles.jsonl")
    if not beside.exists():
        raise DataError(str(beside), "no file", "the annotated articles, one a line")
    articles = {one.id: one for one in read_articles([beside], on_fault=faults.append)}
    joined = []
    for document in read_annotations([path]):
        if document.id in articles:
            joined.append(join_text(document, articles[document.id]))
        else:
            faults.append(Fault(document.key, "no text", f"an article in {beside}"))
    if faults:
        raise FaultsError(faults)
    return joined


def name_label(given: str) -> tuple[str, str]:
    """Return label and device of ``label``, ``label.device``, ``label-device`` or ``device``.

    A device that two labels share (*conditional*) needs its label.

    Raises:
        ValueError: it is none of these.
    """
    schema = load_schema()
    for label in schema.labels:
        if given in (label.name, label.code):
            return label.name, _BARE
        for device in label.device_names:
            if given in {
                f"{name}{sign}{device}" for name in (label.name, label.code) for sign in ".-:"
            }:
                return label.name, device
    owners = [label.name for label in schema.labels if given in label.device_names]
    if len(owners) == 1:
        return owners[0], given
    known = ", ".join(schema.names)
    raise ValueError(f"one of {known}, or LABEL.DEVICE")


def _inline(path: Path) -> Iterator[tuple[str, _Draft | Fault]]:
    """Read one article a line: ``{"id", "sentences": [{"text", "labels": {…}}]}``."""
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                draft = _Draft(str(row.get("id", number)))
                units = row.get("sentences", [row])
                for unit in units:
                    spans, depth = _inline_labels(unit["text"], unit.get("labels", {}))
                    draft.texts.append(str(unit["text"]))
                    draft.spans.append(spans)
                    draft.depths.append(depth)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                expected = 'an article: {"id", "sentences": [{"text", "labels"}]}'
                yield where, Fault(where, f"{type(error).__name__}: {error}", expected)
                continue
            yield where, draft


def _inline_labels(text: str, labels: Any) -> tuple[list[Span], int | None]:
    """Read ``["label", …]``, ``{"label": true}`` or ``{"label": {"cues": […], "depth": 2}}``."""
    if isinstance(labels, list):
        labels = dict.fromkeys(labels, True)
    spans: list[Span] = []
    depth = None
    for given, value in labels.items():
        if not value:
            continue
        name, device = name_label(given)
        cues = value.get("cues", []) if isinstance(value, Mapping) else value
        if isinstance(value, Mapping) and value.get("depth") is not None:
            depth = int(value["depth"])
        if cues in (True, 1) or not cues:
            spans.append((0, len(text), name, device))
            continue
        for cue in cues:
            if isinstance(cue, Mapping):
                start, end, kind = cue["start"], cue["end"], cue.get("device", device)
            else:
                start, end, kind = (*cue, device)[:3]
            if not 0 <= int(start) < int(end) <= len(text):
                raise ValueError(f"cue {start}..{end} outside 0..{len(text)}")
            spans.append((int(start), int(end), name, str(kind)))
    return spans, depth


def _conll(path: Path) -> Iterator[tuple[str, _Draft | Fault]]:
    """Read a token and its BIO tags a line; a blank line ends a sentence, ``# id =`` starts one.

    Tags stand in the columns after the token, or in one column joined by ``|``.
    """
    draft: _Draft | None = None
    tokens: list[tuple[str, list[str]]] = []
    where = str(path)

    def close() -> Fault | None:
        nonlocal tokens, draft
        if tokens:
            draft = draft or _Draft(path.stem)
            try:
                text, spans = _join_tokens(tokens)
            except ValueError as error:
                tokens = []
                return Fault(where, "a tag that is not known", str(error))
            draft.texts.append(text)
            draft.spans.append(spans)
            draft.depths.append(None)
            tokens = []
        return None

    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate([*lines, ""], start=1):
        where = f"{path}:{number}"
        start = re.match(r"#\s*(?:newdoc\s+)?id\s*=\s*(\S+)", line)
        if start or line.startswith("-DOCSTART-") or not line.strip():
            fault = close()
            if fault is not None:
                yield where, fault
            if start or line.startswith("-DOCSTART-"):
                if draft is not None and draft.texts:
                    yield where, draft
                draft = _Draft(start[1] if start else f"{path.stem}-{number}")
        elif not line.startswith("#"):
            word, *tags = line.split("\t") if "\t" in line else line.split()
            tokens.append((word, [tag for column in tags for tag in column.split("|")]))
    if draft is not None and draft.texts:
        yield where, draft


def _join_tokens(tokens: list[tuple[str, list[str]]]) -> tuple[str, list[Span]]:
    text, spans = "", []
    open_: dict[tuple[str, str], int] = {}
    for word, tags in tokens:
        tight = not text or text.endswith(("'", "’", "(", "[")) or re.fullmatch(r"[.,)\]…]+", word)
        before = len(text)
        text += word if tight else f" {word}"
        start = len(text) - len(word)
        now = {}
        for tag in tags:
            position, _, name = tag.partition("-")
            if position in ("B", "I") and name:
                now[name_label(name)] = position
        for key in [key for key in open_ if now.get(key) != "I"]:
            spans.append((open_.pop(key), before, *key))
        for key in now:
            open_.setdefault(key, start)
    spans += [(start, len(text), *key) for key, start in open_.items()]
    return text, sorted(spans)


def _finish(path: Path, drafts: Iterator[tuple[str, _Draft | Fault]]) -> list[AnnotatedArticle]:
    """Turn drafts into annotated articles, already cut into sentences.

    Raises:
        FaultsError: every fault met.
    """
    found, faults = [], []
    for _, draft in drafts:
        if isinstance(draft, Fault):
            faults.append(draft)
            continue
        texts = tuple(" ".join(text.splitlines()) for text in draft.texts)
        article = Article(id=draft.id, text="\n".join(texts), sentences=texts)
        units = segment(article)
        labels = {
            unit.index: _marks(spans, depth)
            for unit, spans, depth in zip(units, draft.spans, draft.depths, strict=True)
        }
        mark = mark_document(article, units, labels, source=path.stem)
        found.append(join_text(mark, article))
    if faults:
        raise FaultsError(faults)
    return found


def _marks(spans: list[Span], depth: int | None) -> dict[str, LabelMark]:
    cues: dict[str, list[tuple[int, int, str]]] = {}
    for start, end, name, device in spans:
        cues.setdefault(name, []).append((start, end, device))
    return {
        name: LabelMark(tuple(sorted(of_label)), (depth or 1) if name == DEPTH_LABEL else None)
        for name, of_label in cues.items()
    }


def _brat_pairs(folder: Path) -> list[tuple[Path, Path]]:
    return [(ann.with_suffix(".txt"), ann) for ann in sorted(folder.rglob("*.ann"))]


def _finish_brat(text_path: Path, path: Path) -> AnnotatedArticle:
    """Join a ``.txt`` and its ``.ann``; the project's segmenter cuts the sentences."""
    if not text_path.exists():
        raise DataError(str(text_path), "no file", f"the text of {path.name}")
    article = Article(id=path.stem, text=text_path.read_text("utf-8"))
    units = segment(article)
    labels: dict[int, list[Span]] = {}
    faults = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.startswith("T"):
            continue
        where = f"{path}:{number}"
        try:
            kind, *offsets = line.split("\t")[1].replace(";", " ").split()
            name, device = name_label(kind)
            start, end = int(offsets[0]), int(offsets[-1])
        except (IndexError, ValueError) as error:
            faults.append(Fault(where, line[:60], str(error)))
            continue
        for unit in units:
            low, high = max(start, unit.start), min(end, unit.end)
            if low < high and unit.kind != "credit":
                cue = (low - unit.start, high - unit.start, name, device)
                labels.setdefault(unit.index, []).append(cue)
    if faults:
        raise FaultsError(faults)
    marked = {index: _marks(spans, None) for index, spans in labels.items()}
    source = path.parent.name or "brat"
    return join_text(mark_document(article, units, marked, source=source), article)
