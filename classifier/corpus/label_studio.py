"""Label Studio: the corpus as tasks with pre-annotations, and the labelling interface.

One task a sentence, its neighbours shown above and below. The words that show a device are text
spans (``H.frame``), each label a choice (``yes``, ``no``), the relay depth a number. Every task
carries its document's units, so that what comes back can be checked for completeness.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from classifier.corpus.annotations import AnnotatedArticle, SentenceMark
from classifier.corpus.exchange import Outgoing, new_folder
from classifier.corpus.sources import how_to_bring
from classifier.errors import Fault, FaultsError
from classifier.schema import load_schema

CUES = "cues"
DEPTH = "relay_depth"
NOTE = "note"
TEXT = "text"
YES, NO = "yes", "no"
ATTRIBUTES = ("selection", "batch", "date", "topic", "style", "group")
_CONTEXT = 3
_COLOURS = ("#b7791f", "#2b6cb0", "#c53030")


def list_tasks(outgoing: Iterable[Outgoing], layer: str = "") -> Iterator[dict[str, Any]]:
    """Yield one task for each unit that can carry labels, of the documents whose text is here.

    Args:
        layer: where the documents' labels come from; shown as the pre-annotations' model version.
            Empty for documents that no one has read: their tasks have no pre-annotation.
    """
    for one in outgoing:
        if one.joined is None:
            continue
        for place, mark in enumerate(one.document.sentences):
            if mark.kind == "credit":
                continue
            task: dict[str, Any] = {"data": _data(one.joined, place)}
            if layer:
                result = mark_result(mark, one.joined.sentences[place].text)
                task["predictions"] = [{"model_version": layer, "result": result}]
            yield task


def _data(joined: AnnotatedArticle, place: int) -> dict[str, Any]:
    document, sentence = joined.document, joined.sentences[place]
    around = [" ".join(one.text.split()) for one in joined.sentences]
    return {
        "source": document.source,
        "document": document.id,
        "sha256": document.sha256,
        "index": sentence.index,
        TEXT: sentence.text,
        "where": f"{document.key}, unit {sentence.index} ({sentence.field})",
        "before": " ".join(around[max(0, place - _CONTEXT) : place]) or "—",
        "after": " ".join(around[place + 1 : place + 2]) or "—",
        "units": [
            [mark.index, mark.field, mark.start, mark.end, mark.kind] for mark in document.sentences
        ],
        **{name: getattr(document, name) for name in ATTRIBUTES if getattr(document, name)},
    }


def mark_result(mark: SentenceMark, text: str) -> list[dict[str, Any]]:
    """Return a unit's labels as Label Studio's list of results.

    Cues of the same words are one region with several labels.
    """
    spans: dict[tuple[int, int], list[str]] = {}
    result: list[dict[str, Any]] = []

    def add(name: str, kind: str, value: dict[str, Any]) -> None:
        result.append(
            {
                "id": f"u{mark.index}r{len(result)}",
                "from_name": name,
                "to_name": TEXT,
                "type": kind,
                "value": value,
            }
        )

    for label in load_schema().labels:
        found = mark.labels.get(label.name)
        add(label.name, "choices", {"choices": [NO if found is None else YES]})
        for start, end, device in found.cues if found is not None else ():
            spans.setdefault((start, end), []).append(f"{label.code}.{device}")
    for (start, end), codes in sorted(spans.items()):
        words = text[start:end]
        add(CUES, "labels", {"start": start, "end": end, "text": words, "labels": codes})
    relay = mark.labels.get("relay_sourcing")
    if relay is not None:
        add(DEPTH, "number", {"number": relay.depth})
    if mark.note:
        add(NOTE, "textarea", {"text": [mark.note]})
    return result


def make_config() -> str:
    """Return the labelling interface, made from the schema."""
    lines = [
        "<View>",
        # Without it Label Studio trims spaces, and offsets shift.
        "  <Style>.htx-text { white-space: pre-wrap; }</Style>",
        '  <Header value="$where" size="5"/>',
        '  <Text name="before" value="$before" selectionEnabled="false"/>',
        f'  <Labels name="{CUES}" toName="{TEXT}" choice="multiple">',
    ]
    labels = load_schema().labels
    for place, label in enumerate(labels):
        for device in label.devices:
            hint = f"{device.title['fr']} : {device.definition['fr']} « {device.example} »"
            colour = _COLOURS[place % len(_COLOURS)]
            lines.append(
                f'    <Label value="{label.code}.{device.name}" background="{colour}" '
                f"hint={quoteattr(hint)}/>"
            )
    lines += ["  </Labels>", f'  <Text name="{TEXT}" value="${TEXT}" granularity="symbol"/>']
    for label in labels:
        lines += [
            f'  <Header value={quoteattr(label.title["fr"])} size="5"/>',
            f'  <Choices name="{label.name}" toName="{TEXT}" choice="single-radio" '
            'showInline="true" required="true">',
            f'    <Choice value="{NO}"/>',
            f'    <Choice value="{YES}"/>',
            "  </Choices>",
        ]
    lines += [
        '  <Header value="Mains du relais (1, 2, 3…)" size="5"/>',
        f'  <Number name="{DEPTH}" toName="{TEXT}" min="1" step="1"/>',
        f'  <TextArea name="{NOTE}" toName="{TEXT}" placeholder="Note" maxSubmissions="1"/>',
        '  <Text name="after" value="$after" selectionEnabled="false"/>',
        "</View>",
    ]
    return "\n".join(lines) + "\n"


def write_tasks(
    outgoing: Iterable[Outgoing], folder: Path, data: Path, *, layer: str = ""
) -> dict[Path, int]:
    """Write ``SOURCE.tasks.json`` for each source, and ``labelling-config.xml``.

    Args:
        layer: of the labels that become pre-annotations; empty: no pre-annotations.

    Returns:
        file → number of tasks.

    Raises:
        UsageError: the folder holds something already.
        FaultsError: every source whose text is not here; a task is nothing without it.
    """
    by_source: dict[str, list[Outgoing]] = {}
    for one in outgoing:
        by_source.setdefault(one.document.source, []).append(one)
    faults = [
        Fault(source, "no text", "the text to show", how_to_bring(source, data))
        for source, members in by_source.items()
        if any(one.joined is None for one in members)
    ]
    if faults:
        raise FaultsError(faults)
    new_folder(folder)
    written = {}
    for source, members in by_source.items():
        tasks = list(list_tasks(members, layer))
        path = folder / f"{source}.tasks.json"
        lines = ",\n".join(json.dumps(task, ensure_ascii=False) for task in tasks)
        path.write_text(f"[\n{lines}\n]\n", "utf-8")
        written[path] = len(tasks)
    (folder / "labelling-config.xml").write_text(make_config(), "utf-8")
    return written
