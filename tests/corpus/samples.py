"""Short invented French articles, and what an annotator would make of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.corpus.annotations import (
    AnnotatedArticle,
    DocumentMark,
    LabelMark,
    SentenceMark,
    document_hash,
    join_text,
    mark_document,
    write_annotations,
)
from classifier.corpus.label_studio import mark_result
from classifier.records import Article
from classifier.schema import load_schema
from classifier.text.segmentation import segment

HEDGING, RELAY, THREAT = load_schema().names

PORT = Article(
    "port",
    "Le port de Valmer serait vendu. L'affaire a été révélée par le quotidien L'Écho. "
    "Une source proche du dossier parle de deux millions. La mairie ouvre à neuf heures.",
    title="Le port de Valmer change de mains",
    heading="Selon L'Écho, la vente est proche.",
    publisher="La Gazette du Lac",
    published="2024-02-03T08:00:00",
)
"""Six units: title, heading, then four sentences."""

PORT_ANSWERS = """\
## gazette/port economie
1 | H.frame | Selon L'Écho
1 | R.outlet | Selon L'Écho | d1
2 | H.conditional | serait vendu
3 | R.outlet | révélée par le quotidien L'Écho | d1
4 | H.unnamed_source | une source proche du dossier | note: peut-être un élu
"""


def article(name: str, *sentences: str, title: str = "", published: str = "") -> Article:
    """An article that comes already segmented."""
    return Article(
        name, "\n".join(sentences), title=title, published=published, sentences=tuple(sentences)
    )


def annotate(
    text: Article,
    labels: Mapping[int, Mapping[str, LabelMark]] | None = None,
    source: str = "gazette",
    **attributes: Any,
) -> AnnotatedArticle:
    """Join an article to labels by unit index."""
    document = mark_document(text, segment(text), labels or {}, source=source, **attributes)
    return join_text(document, text)


def cue(text: str, words: str, device: str) -> tuple[int, int, str]:
    """The cue that some words of a sentence make."""
    start = text.index(words)
    return start, start + len(words), device


def hedge(*cues: tuple[int, int, str]) -> dict[str, LabelMark]:
    return {HEDGING: LabelMark(cues or ((0, 2, "frame"),))}


def relay(depth: int | None = 1, *cues: tuple[int, int, str]) -> dict[str, LabelMark]:
    return {RELAY: LabelMark(cues or ((0, 2, "outlet"),), depth)}


def threat(*cues: tuple[int, int, str]) -> dict[str, LabelMark]:
    return {THREAT: LabelMark(cues or ((0, 2, "explicit"),))}


def row(text: Article) -> dict[str, Any]:
    """The line of an ``articles.jsonl``."""
    body: dict[str, Any] = (
        {"text": text.text} if text.sentences is None else {"sentences": list(text.sentences)}
    )
    facts = {name: getattr(text, name) for name in ("title", "heading", "publisher", "published")}
    return {"id": text.id, **{name: value for name, value in facts.items() if value}, **body}


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in rows]
    path.write_text("".join(lines), "utf-8")
    return path


def write_source(
    data: Path, annotated: Sequence[AnnotatedArticle], layer: str = "gold", batch: str = "b01"
) -> None:
    """Write text and annotations of one source into a data folder."""
    source = annotated[0].document.source
    write_rows(data / source / "articles.jsonl", [row(one.article) for one in annotated])
    write_annotations([one.document for one in annotated], data / source / layer / f"{batch}.jsonl")


def raw_document(text: Article, *units: SentenceMark, source: str = "gazette") -> DocumentMark:
    return DocumentMark(source, text.id, document_hash(text), units)


def label_studio_export(
    tasks: Sequence[Mapping[str, Any]], documents: Iterable[DocumentMark]
) -> list[dict[str, Any]]:
    """What Label Studio gives back as JSON when somebody has annotated our tasks so.

    The shape is that of its documented export: https://labelstud.io/guide/task_format.
    """
    marks = {(one.id, mark.index): mark for one in documents for mark in one.sentences}
    exported = []
    for number, task in enumerate(tasks, start=1):
        data = dict(task["data"])
        result = mark_result(marks[data["document"], data["index"]], data["text"])
        exported.append(
            {
                "id": 1000 + number,
                "annotations": [
                    {
                        "id": number,
                        "completed_by": 3,
                        "result": [
                            {**region, "id": f"xK{number}_{place}", "origin": "manual"}
                            for place, region in enumerate(result)
                        ],
                        "was_cancelled": False,
                        "ground_truth": False,
                        "created_at": "2025-04-02T09:12:44.101Z",
                        "updated_at": "2025-04-02T09:12:44.101Z",
                        "lead_time": 12.4,
                        "result_count": len(result),
                        "task": 1000 + number,
                        "project": 1,
                    }
                ],
                "file_upload": "5f1c-gazette.tasks.json",
                "drafts": [],
                "predictions": [],
                "data": data,
                "meta": {},
                "created_at": "2025-04-01T18:00:00.000Z",
                "updated_at": "2025-04-02T09:12:44.101Z",
                "inner_id": number,
                "total_annotations": 1,
                "cancelled_annotations": 0,
                "project": 1,
                "comment_count": 0,
            }
        )
    return exported
