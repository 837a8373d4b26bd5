"""The sentences on the archive page: buttons that lead to them, filters, and the data behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from html import escape
from typing import Any

from classifier.batch.archive import Archive
from classifier.batch.archive_counts import Column
from classifier.batch.archive_records import Passage
from classifier.batch.archive_signal_page import ARTICLE, held_articles, role_words
from classifier.batch.archive_words import both, say
from classifier.records import Cue
from classifier.rendering.bilingual import LANGUAGES, show_name
from classifier.rendering.marking import Segment, clean, cut
from classifier.schema import load_schema

_LENGTH_OF = {"day": 10, "month": 7, "year": 4}


def column_name(column: Column) -> str:
    """Return what a column of the input is called on the page."""
    return both("publisher") if column.name == "publisher" else both("by", column=column.name)


def button(field: str, value: str, what: str) -> str:
    """Return a button that shows the sentences of a group; the script brings it to life."""
    words = f'<span class="unseen">{both("drill")}{" : "}{what}</span>'
    return _write_button(field, value, words)


def named_button(field: str, value: str, what: str) -> str:
    """Return the same with its words to be seen, where there is room for them."""
    words = f'{both("drill")}<span class="unseen">{" : "}{what}</span> '
    return _write_button(field, value, words)


def _write_button(field: str, value: str, words: str) -> str:
    return (
        f'<button type="button" class="drill" data-field="{escape(field)}" '
        f'data-value="{escape(value)}" hidden>{words}<span aria-hidden="true">→</span></button>'
    )


def segments(one: Passage) -> list[Segment]:
    """Cut a sentence at its cues and marks; a mark has the empty label."""
    marks = [(name, Cue(*cue)) for name, (_, cues) in one.labels.items() for cue in cues]
    marks += [("", Cue(*mark, "")) for mark in one.marks]
    return cut(clean(one.text), marks)


def write_drill(archive: Archive) -> tuple[str, ...]:
    """Return what stands in the section on sentences: filters, and the list the script fills."""
    held = len(archive.passages)
    key = "all_here" if held == archive.flagged else "sampled"
    fields = [
        _select("label", both("label"), [(x.name, show_name(x)) for x in load_schema().labels])
    ]
    if archive.time.groups:
        options = [(one.name, escape(one.name)) for one in archive.time.groups]
        fields.append(_select("time", both("period"), options))
    for column in archive.columns:
        options = [(one.name, escape(clean(one.name))) for one in column.groups]
        fields.append(_select(column.name, column_name(column), options))
    held_whole = held_articles(archive.signals)
    if held_whole:
        options = [(key, escape(title)) for key, title in held_whole.items()]
        fields.append(_select(ARTICLE, both("article"), options, "none_held"))
    return (
        f'<p class="hint">{both(key, held=held, flagged=archive.flagged)}</p>',
        f"<noscript><p>{both('no_script')}</p></noscript>",
        f'<form class="filters" hidden>{"".join(fields)}'
        f'<p><label for="filter-text">{both("search")}</label>'
        '<input type="search" id="filter-text" autocomplete="off"></p>'
        f'<p><button type="reset">{both("clear")}</button></p></form>',
        '<p class="found" role="status"></p><ol class="passages"></ol>'
        f'<p><button type="button" class="more" hidden>{both("more")}</button></p>',
    )


def _select(field: str, name: str, options: Iterable[tuple[str, str]], nothing: str = "all") -> str:
    """Return one choice; an option holds one language, which the script changes."""
    place = "filter-" + hashlib.sha256(field.encode()).hexdigest()[:8]
    inside = "".join(
        f'<option value="{escape(value)}">{_plain_option(value, shown)}</option>'
        for value, shown in options
    )
    words = {at: say(nothing, at) for at in LANGUAGES}
    return (
        f'<p><label for="{place}">{name}</label><select id="{place}" data-field="{escape(field)}" '
        f'autocomplete="off"><option value="" data-fr="{words["fr"]}" data-en="{words["en"]}">'
        f"{words['fr']}</option>{inside}</select></p>"
    )


def _plain_option(value: str, shown: str) -> str:
    label = next((x for x in load_schema().labels if x.name == value), None)
    if label is None or "<span" not in shown:
        return shown
    return escape(label.title["fr"])


def write_data(archive: Archive) -> str:
    """Return what the script needs, safe inside a script element."""
    labels = load_schema().labels
    step = _LENGTH_OF[archive.time.name]
    shown = {column.name for column in archive.columns}
    drawn = {(one.key, one.index) for one in archive.passages}
    held = {(one.key, one.index): one for one in archive.signals.passages}
    beside = [one for place, one in held.items() if place not in drawn]
    roles = dict.fromkeys(role for one in held.values() for role in one.roles)
    document: dict[str, Any] = {
        "labels": {
            x.name: {
                "code": x.code,
                "title": x.title,
                "devices": {device.name: device.title for device in x.devices},
            }
            for x in labels
        },
        "words": {
            key: {at: say(key, at, number="{number}") for at in LANGUAGES} for key in ("found",)
        },
        "roles": role_words(roles),
        "passages": [
            _passage(held.get((one.key, one.index), one), step, shown) for one in archive.passages
        ]
        + [{**_passage(one, step, shown), "beside": True} for one in beside],
    }
    encoded = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for raw, safe in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        encoded = encoded.replace(raw, safe)
    return encoded.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _passage(one: Passage, step: int, shown: Iterable[str]) -> dict[str, Any]:
    date = one.published.strip()[:step] if one.published else ""
    return {
        "about": " · ".join(clean(x) for x in (one.publisher, one.published, one.id) if x),
        "title": clean(one.title),
        "index": one.index,
        "time": date,
        "by": {name: clean(value) for name, value in one.groups.items() if name in shown},
        "parts": [[segment.text, *segment.labels] for segment in segments(one)],
        "labels": {
            name: [round(probability, 4), list(dict.fromkeys(cue[2] for cue in cues))]
            for name, (probability, cues) in one.labels.items()
        },
        "depth": one.depth,
        "key": one.key,
        "roles": one.roles,
    }
