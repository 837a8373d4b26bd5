"""The corpus as a Hugging Face dataset: a ``DatasetDict`` on disk, Parquet, and a dataset card.

One row a sentence. ``datasets.load_dataset(DIR)`` reads the Parquet files that the card names;
``datasets.load_from_disk(DIR / "dataset_dict")`` reads the same rows without a copy in a cache.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from classifier.corpus.annotations import SentenceMark, cues_of
from classifier.corpus.exchange import Outgoing, new_folder, third_party_sources
from classifier.corpus.sources import find_source
from classifier.corpus.splits import SPLITS
from classifier.errors import Fault, FaultsError, MissingExtraError
from classifier.schema import load_schema

_ATTRIBUTES = ("selection", "batch", "date", "topic", "style", "group")
_CONTEXT = 2
_HUB_LICENCES = {
    "CC BY-SA 4.0": "cc-by-sa-4.0",
    "CC BY-NC 4.0": "cc-by-nc-4.0",
    "LGPL-LR": "lgpl-lr",
}


def list_rows(outgoing: Sequence[Outgoing], *, text: bool) -> Iterator[dict[str, Any]]:
    """Yield one row for each annotated unit.

    Args:
        text: whether the rows have the columns that hold text; None where a text is not here.
    """
    for one in outgoing:
        for place, mark in enumerate(one.document.sentences):
            yield _row(one, mark) | (_texts(one, place) if text else {})


def _row(one: Outgoing, mark: SentenceMark) -> dict[str, Any]:
    relay = mark.labels.get("relay_sourcing")
    return {
        "source": one.document.source,
        "document": one.document.id,
        "sha256": one.document.sha256,
        "index": mark.index,
        "field": mark.field,
        "start": mark.start,
        "end": mark.end,
        "kind": mark.kind,
        "split": one.split,
        "labels": {name: name in mark.labels for name in load_schema().names},
        "cues": [
            {"label": name, "device": cue.device, "start": cue.start, "end": cue.end}
            for name in load_schema().names
            if name in mark.labels
            for cue in cues_of(mark.labels[name])
        ],
        "depth": relay.depth if relay is not None else None,
        "note": mark.note,
        **{name: getattr(one.document, name) for name in _ATTRIBUTES},
    }


def _texts(one: Outgoing, place: int) -> dict[str, Any]:
    if one.joined is None:
        return dict.fromkeys(("text", "context_before", "context_after", "repeated"))
    texts = [sentence.text for sentence in one.joined.sentences]
    return {
        "text": texts[place],
        "context_before": texts[max(0, place - _CONTEXT) : place],
        "context_after": texts[place + 1 : place + 1 + _CONTEXT],
        "repeated": one.document.sentences[place].index in one.repeated,
    }


def _features(*, text: bool) -> Any:
    from datasets import Features, List, Value

    string, whole = Value("string"), Value("int32")
    columns: dict[str, Any] = {
        "source": string,
        "document": string,
        "sha256": string,
        "index": whole,
        "field": string,
        "start": whole,
        "end": whole,
        "kind": string,
        "split": string,
        "labels": {name: Value("bool") for name in load_schema().names},
        "cues": List({"label": string, "device": string, "start": whole, "end": whole}),
        "depth": whole,
        "note": string,
        **dict.fromkeys(_ATTRIBUTES, string),
    }
    if text:
        columns |= {
            "text": string,
            "context_before": List(string),
            "context_after": List(string),
            "repeated": Value("bool"),
        }
    return Features(columns)


def write_datasets(outgoing: Sequence[Outgoing], folder: Path, data: Path) -> dict[str, int]:
    """Write the dataset in both forms and its card; splits without a sentence are left out.

    Returns:
        split → rows.

    Raises:
        UsageError: the folder holds something already.
        FaultsError: every document that has no split.
        MissingExtraError: the library ``datasets`` is not installed.
    """
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("writing a Hugging Face dataset", "train") from None
    faults = [
        Fault(one.document.key, "no split", f"one of {', '.join(SPLITS)}", "cadrage corpus split")
        for one in outgoing
        if one.split not in SPLITS
    ]
    if faults:
        raise FaultsError(faults)
    text = any(one.joined is not None for one in outgoing)
    features = _features(text=text)
    parts = {}
    for split in SPLITS:
        rows = list(list_rows([one for one in outgoing if one.split == split], text=text))
        if rows:
            parts[split] = datasets.Dataset.from_list(rows, features=features, split=split)
    new_folder(folder)
    (folder / "data").mkdir()
    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        for split, part in parts.items():
            part.to_parquet(folder / "data" / f"{split}.parquet")
        datasets.DatasetDict(parts).save_to_disk(folder / "dataset_dict")
    finally:
        if shown:
            datasets.enable_progress_bars()
    counts = {split: len(part) for split, part in parts.items()}
    (folder / "README.md").write_text(make_card(outgoing, counts, data), "utf-8")
    return counts


def make_card(outgoing: Sequence[Outgoing], counts: dict[str, int], data: Path) -> str:
    """Return the dataset card: YAML that names the files, then what a reader must know."""
    names = list(dict.fromkeys(one.document.source for one in outgoing))
    sources = [find_source(name, data) for name in names]
    licences = dict.fromkeys(_HUB_LICENCES.get(source.licence, "other") for source in sources)
    schema = load_schema()
    files = [
        f"  - split: {split}\n    path: data/{split}.parquet" for split in SPLITS if split in counts
    ]
    header = "\n".join(
        [
            "---",
            "language:\n- fr",
            "license:",
            *(f"- {licence}" for licence in licences),
            "task_categories:\n- text-classification\n- token-classification",
            "pretty_name: Cadrage, framing of French news by sentence",
            "configs:\n- config_name: default\n  data_files:",
            *files,
            "---",
        ]
    )
    documents = Counter(one.document.source for one in outgoing)
    table = [
        f"| {source.name} | {source.title} | {source.licence} | {documents[source.name]:,} |"
        for source in sources
    ]
    labels = [f"- `{label.name}`: {label.definition['en']}" for label in schema.labels]
    sizes = ", ".join(f"{split} {count:,}" for split, count in counts.items())
    return "\n".join(
        [
            header,
            "",
            "# Cadrage: framing of French news, sentence by sentence",
            "",
            _warning(outgoing, data),
            "",
            f"One row a sentence: {sizes}. Label space `{schema.name}` {schema.version}, SHA-256 "
            f"`{schema.fingerprint}`.",
            "",
            *labels,
            "",
            "| source | what | licence of the text | documents |",
            "|---|---|---|---|",
            *table,
            "",
            _COLUMNS,
        ]
    )


def _warning(outgoing: Sequence[Outgoing], data: Path) -> str:
    if all(one.joined is None for one in outgoing):
        return (
            "This is the stand-off form: offsets and labels, no text. `sha256` is that of title, "
            "heading and text of the document, joined by U+001F, in UTF-8."
        )
    others = third_party_sources(outgoing, data)
    if others:
        return (
            f"**This copy holds text of third parties ({', '.join(others)}). It is for work on "
            "this machine: do not publish it, on the Hub or elsewhere.** The stand-off form, made "
            "with `--without-text`, may be published."
        )
    return "This copy holds text. Publish it only if you hold the rights in it."


_COLUMNS = """\
`start` and `end` count Unicode code points in `field` (title, heading or text) of the document; a
cue's count from the start of its sentence. `labels` has one truth value a label. `depth` is the
relay's number of hands, empty where there is no relay. `kind` is headline, sentence or credit;
credit lines never carry a label. `selection` says how the document was drawn: only `random` ones
show natural rates. Where there is text, `context_before` and `context_after` are the annotated
units beside the sentence (at most two, not always adjacent), and `repeated` marks test sentences
that stand word for word in another split: leave them out of scores.

```python
import datasets

corpus = datasets.load_dataset("path/of/this/folder")
same = datasets.load_from_disk("path/of/this/folder/dataset_dict")
```

Splits keep articles and near-duplicates together; do not shuffle them anew by sentence. The labels
say how a sentence is framed, never whether it is true: do not use them to judge outlets or people.
"""
