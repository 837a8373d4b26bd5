"""The archive as one HTML page that works from the disk: figures, chains, sentences; no request.

Python writes figures and both languages. The sentences lie in the page as data, which its script
puts in place as text, never as markup; the Content-Security-Policy admits that script and the style
by their hashes and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib import resources
from typing import TextIO

from classifier.batch.archive import Archive
from classifier.batch.archive_chart import draw
from classifier.batch.archive_counts import CELLS, Column, Group
from classifier.batch.archive_drill import (
    button,
    column_name,
    named_button,
    segments,
    write_data,
    write_drill,
)
from classifier.batch.archive_records import DeepArticle, Passage
from classifier.batch.archive_signal_page import write_headlines, write_signals
from classifier.batch.archive_words import both, both_numbers, share
from classifier.rendering.bilingual import LANGUAGES, each, show_name
from classifier.rendering.bilingual import both as both_shared
from classifier.rendering.html import asset as shared_asset
from classifier.rendering.html_frame import write_head, write_legend
from classifier.rendering.marking import clean
from classifier.schema import load_schema
from classifier.statistics import Interval


@cache
def asset(name: str) -> str:
    """Return ``archive.css`` or ``archive.js``."""
    return (resources.files("classifier.batch") / "assets" / name).read_text("utf-8")


def _style() -> str:
    return shared_asset("page.css") + asset("archive.css")


def write_page(archive: Archive, stream: TextIO, *, language: str = "fr") -> None:
    """Write the page; ``language`` is where its switch stands at first."""
    stream.write(_head(archive, language))
    stream.write(_whole(archive))
    stream.write(_time(archive.time))
    for column in archive.columns:
        stream.write(_column(column))
    signals = archive.signals
    stream.write(_section("signals", both_shared("signals"), write_signals(signals, named_button)))
    name = both_shared("headlines")
    stream.write(_section("headlines", name, write_headlines(signals, named_button)))
    stream.write(_outlets(archive))
    stream.write(_chains(archive))
    stream.write(_section("drill", both("drill"), *write_drill(archive)))
    stream.write(_model(archive))
    stream.write("</main>\n")
    stream.write(f'<script type="application/json" id="data">{write_data(archive)}</script>\n')
    stream.write(f"<script>{asset('archive.js')}</script>\n</body>\n</html>\n")


def _head(archive: Archive, language: str) -> str:
    name = clean(archive.name)
    return write_head(
        f"{name} – Cadrage",
        language=language,
        style=_style(),
        script=asset("archive.js"),
        place="archive",
        skip=both("skip"),
        tagline=both("archive", name=name),
        panel=f"""{write_legend(depth_hint=False)}
<nav aria-labelledby="nav-name"><h2 id="nav-name">{both("contents")}</h2>
<ul>{_nav(archive)}</ul></nav>""",
        name="archive",
    )


def _nav(archive: Archive) -> str:
    places = [("whole", both("whole")), ("time", both("time"))]
    places += [(_id(one), column_name(one)) for one in archive.columns]
    places += [(one, both_shared(one)) for one in ("signals", "headlines")]
    places += [(one, both(one)) for one in ("outlets", "chains", "drill")]
    return "".join(f'<li><a href="#{place}">{name}</a></li>' for place, name in places)


def _id(column: Column) -> str:
    return "by-" + hashlib.sha256(column.name.encode()).hexdigest()[:8]


def _section(place: str, title: str, *parts: str) -> str:
    inside = "\n".join(part for part in parts if part)
    return (
        f'<section id="{place}" aria-labelledby="{place}-name">'
        f'<h2 id="{place}-name">{title}</h2>\n{inside}\n</section>\n'
    )


def _whole(archive: Archive) -> str:
    rejected = archive.manifest.counts.get("rejected", 0)
    counts = both(
        "counts",
        articles=archive.whole.articles,
        sentences=archive.whole.sentences,
        flagged=archive.flagged,
    )
    note = f" {both('rejected', rejected=rejected)}" if rejected else ""
    many = f" {both('cells', cells=CELLS)}" if archive.whole.articles > CELLS else ""
    tiles = "".join(
        f'<div class="tile {label.code}"><h3>{show_name(label)}</h3>'
        f'<p class="lead"><span class="share">{_share(one.value)}</span></p>'
        f'<p class="of">{_ends(one)} · {both_numbers(number)}</p>'
        f"{named_button('label', label.name, show_name(label))}</div>"
        for label, one, number in zip(
            load_schema().labels, archive.whole.shares, archive.whole.positives, strict=True
        )
    )
    return _section(
        "whole",
        both("whole"),
        f"<p>{counts}{note}</p>",
        f'<div class="tiles">{tiles}</div>',
        f'<p class="hint">{both("interval")}{many}</p>',
    )


def _share(value: float) -> str:
    return each({at: share(value, at) for at in LANGUAGES})


def _ends(one: Interval) -> str:
    if one.low != one.low:
        return "[–]"
    return each({at: f"[{share(one.low, at)} – {share(one.high, at)}]" for at in LANGUAGES})


def _time(time: Column) -> str:
    if not time.groups:
        return _section("time", both("time"), f"<p>{both('no_time')}</p>")
    charts = "".join(
        f'<figure class="{label.code}"><figcaption>{show_name(label)}</figcaption>'
        f"{draw(time.groups, number, time.name)}</figure>"
        for number, label in enumerate(load_schema().labels)
    )
    undated = f"<p>{both('undated', number=time.unnamed)}</p>" if time.unnamed else ""
    return _section(
        "time",
        f"{both('time')}, {both(time.name)}",
        f'<div class="charts">{charts}</div>',
        undated,
        f"<details><summary>{both('figures')}</summary>"
        f"{_table(time.groups, both('period'), 'time', 'time')}</details>",
    )


def _column(column: Column) -> str:
    notes = [
        f"<p>{both('rest', number=column.rest, values=column.values)}</p>" if column.rest else "",
        f"<p>{both('unnamed', number=column.unnamed)}</p>" if column.unnamed else "",
    ]
    table = _table(column.groups, both("value"), column.name, _id(column))
    return _section(_id(column), column_name(column), table, *notes)


def _table(groups: Iterable[Group], first: str, field: str, place: str) -> str:
    """Return shares by group, each as a figure, an interval and a bar."""
    groups = list(groups)
    labels = load_schema().labels
    most = max((one.high for group in groups for one in group.shares if one.high == one.high),
               default=0.0) or 1.0  # fmt: skip
    heads = "".join(f'<th scope="col" class="{x.code}">{show_name(x)}</th>' for x in labels)
    rows = "".join(
        f'<tr><th scope="row">{escape(clean(group.name))} '
        f"{button(field, group.name, escape(clean(group.name)))}</th>"
        f"<td>{both_numbers(group.articles)}</td><td>{both_numbers(group.sentences)}</td>"
        + "".join(
            f'<td class="{label.code}"><b>{_share(one.value)}</b> <small>{_ends(one)}</small>'
            f"{_bar(one, most)}</td>"
            for label, one in zip(labels, group.shares, strict=True)
        )
        + "</tr>"
        for group in groups
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-labelledby="{place}-name">'
        f'<table><thead><tr><th scope="col">{first}</th>'
        f'<th scope="col">{both("articles")}</th><th scope="col">{both("sentences")}</th>{heads}'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _bar(one: Interval, most: float) -> str:
    if one.value != one.value:
        return ""
    low, high = (one.low, one.high) if one.low == one.low else (one.value, one.value)
    left, middle, right = (round(100 * min(value / most, 1), 2) for value in (low, one.value, high))
    return (
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" x="{left}" width="{round(max(right - left, 0.5), 2)}" height="6"/>'
        f'<rect class="strong" x="{max(middle - 0.6, 0)}" width="1.2" height="6"/></svg>'
    )


def _outlets(archive: Archive) -> str:
    if not archive.outlets:
        return _section("outlets", both("outlets"), f"<p>{both('none')}</p>")
    rows = "".join(
        f'<tr><th scope="row">{escape(clean(one.name))}</th><td>{both_numbers(one.articles)}</td>'
        f"<td>{both_numbers(one.sentences)}</td></tr>"
        for one in archive.outlets
    )
    hint = both("outlets_hint", shown=len(archive.outlets), number=archive.outlet_count)
    return _section(
        "outlets",
        both("outlets"),
        f'<p class="hint">{hint}</p>',
        '<div class="scroll"><table class="plain"><thead><tr>'
        f'<th scope="col">{both("outlet")}</th><th scope="col">{both("articles")}</th>'
        f'<th scope="col">{both("sentences")}</th></tr></thead><tbody>{rows}</tbody></table></div>',
    )


def _chains(archive: Archive) -> str:
    if not archive.deepest:
        return _section("chains", both("chains"), f"<p>{both('none')}</p>")
    items = "".join(f"<li>{_deep(one)}</li>" for one in archive.deepest)
    hint = f'<p class="hint">{both("chains_hint")}</p>'
    return _section("chains", both("chains"), hint, f'<ol class="deepest">{items}</ol>')


def _deep(one: DeepArticle) -> str:
    about = " · ".join(clean(part) for part in (one.publisher, one.published, one.id) if part)
    first = escape(clean(one.publisher)) or both("this_article")
    way = ""
    if one.hands:
        steps = [first, *(escape(clean(hand)) or both("unnamed_hand") for hand in one.hands)]
        arrow = ' <span aria-hidden="true">←</span> '
        way = f'<p class="way">{arrow.join(f"<span>{step}</span>" for step in steps)}</p>'
    quotes = "".join(f"<blockquote>{_marked(passage)}</blockquote>" for passage in one.passages)
    depth = both("hand" if one.depth == 1 else "hands", depth=one.depth)
    title = escape(clean(one.title or one.id))
    return (
        f'<h3>{title} <small>{depth}</small></h3><p class="about">{escape(about)}</p>{way}{quotes}'
    )


def _marked(one: Passage) -> str:
    codes = {label.name: label.code for label in load_schema().labels}
    parts = []
    for segment in segments(one):
        text = escape(segment.text)
        for name in segment.labels:
            text = f'<span class="u {codes[name]}">{text}</span>'
        parts.append(text)
    return f'<span class="s">{"".join(parts)}</span>'


def _model(archive: Archive) -> str:
    identity = archive.manifest.identity
    rows = "".join(
        f"<dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd>"
        for name, value in (*identity.model.items(), *identity.thresholds.items())
    )
    summary = f"<summary>{both_shared('model')}</summary>"
    return f'<details class="model">{summary}<dl>{rows}</dl></details>\n'
