"""Evaluations as one self-contained HTML page, and as Markdown and JSON beside it.

The page holds its style, script and data; it works from the file system, asks nothing of any
server, and its policy forbids it to. It quotes annotated sentences, so it belongs where reports are
written by default: in ``.cadrage``, outside the repository.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from classifier.evaluation.blocks import (
    Block,
    Heading,
    Pictures,
    Table,
    to_html,
    to_markdown,
)
from classifier.evaluation.browser import NEAR, browser_rows
from classifier.evaluation.report import figure
from classifier.evaluation.sections import sections, share, share_interval
from classifier.evaluation.suite import Dossier
from classifier.evaluation.svg import Series, chart
from classifier.schema import load_schema, resource_bytes

_FORM = """<form>
<label>Model <select name="model"></select></label>
<label>Label <select name="label"></select></label>
<label>Answer <select name="kind"></select></label>
<label>Device <select name="device"></select></label>
<label>Source <select name="source"></select></label>
<label>Confidence from
<input name="low" type="number" min="0" max="1" step="0.05" value="0"></label>
<label>to
<input name="high" type="number" min="0" max="1" step="0.05" value="1"></label>
<label>Words <input name="words" type="search"></label>
<label>Order <select name="order"><option value="sure">surest first</option>
<option value="unsure">least sure first</option><option value="">as read</option></select></label>
</form>"""


def write_report(dossiers: Sequence[Dossier], folder: Path) -> Path:
    """Write ``report.html``, ``report.md`` and ``report.json``; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(report_markdown(dossiers), "utf-8")
    plain = {"models": [dossier.as_dict() for dossier in dossiers]}
    encoded = msgspec.json.format(msgspec.json.encode(plain), indent=1)
    (folder / "report.json").write_bytes(encoded + b"\n")
    path = folder / "report.html"
    path.write_text(report_html(dossiers), "utf-8")
    return path


def name_of(dossier: Dossier) -> str:
    """Return the model's name, version and the start of its hash."""
    return f"{dossier.model.name} {dossier.model.version} ({dossier.model.sha256[:8]})"


def overview(dossiers: Sequence[Dossier]) -> list[Block]:
    """Return the models side by side, one a column: quality, behaviour, neutrality, speed."""
    parts = list(dict.fromkeys(part for one in dossiers for part in one.evaluation.parts))

    def row(name: str, cell: Callable[[Dossier], str]) -> tuple[str, ...]:
        return (name, *(cell(one) for one in dossiers))

    def macro(part: str, one: Dossier) -> str:
        found = one.evaluation.parts.get(part)
        return figure(found.intervals["macro"]["f1"]) if found else "–"

    def failed(one: Dossier) -> str:
        ran = one.behaviour
        return share(len(ran.failed) / len(ran.results)) if ran else "–"

    rows = [
        *(row(f"macro F1, {part}", partial(macro, part)) for part in parts),
        row("behavioural cases that fail", failed),
        row(
            "labels that flip when actors are swapped",
            lambda one: share_interval(one.templates.flips, 2) if one.templates else "–",
        ),
        row(
            "sentences per second",
            lambda one: f"{one.cost.sentences_per_s:,.0f}" if one.cost else "–",
        ),
        row("failed checks", lambda one: ", ".join(check.code for check in one.failed) or "none"),
    ]
    blocks: list[Block] = [Table(("", *map(name_of, dossiers)), rows)]
    timed = [one for one in dossiers if one.cost is not None and one.evaluation.parts]
    if timed:
        blocks.append(Pictures([("Macro F1 against speed", _speed_chart(timed))]))
    return blocks


def _speed_chart(dossiers: Sequence[Dossier]) -> str:
    part = next(iter(dossiers[0].evaluation.parts))
    part = "orangesum" if "orangesum" in dossiers[0].evaluation.parts else part
    x = [one.cost.sentences_per_s for one in dossiers if one.cost]
    y = [
        one.evaluation.parts[part].intervals["macro"]["f1"].value
        if part in one.evaluation.parts
        else math.nan
        for one in dossiers
    ]
    low = 10 ** math.floor(math.log10(min(x)))
    high = 10 ** (math.floor(math.log10(max(x))) + 1)
    points = Series(f"macro F1 on {part}", x, y, False, [one.model.name for one in dossiers])
    return chart(
        [points],
        x_label="sentences per second",
        y_label="macro F1",
        x_range=(low, high),
        log_x=True,
        about="Macro F1 against speed",
    )


def report_markdown(dossiers: Sequence[Dossier]) -> str:
    """Return the whole report as Markdown, without the error browser."""
    blocks: list[Block] = [Heading(1, "Evaluation"), *overview(dossiers)]
    for one in dossiers:
        blocks += [Heading(1, name_of(one)), *sections(one)]
    return to_markdown(blocks)


def report_html(dossiers: Sequence[Dossier]) -> str:
    """Return the whole report as one page."""
    style = resource_bytes("evaluation/page.css").decode()
    script = resource_bytes("evaluation/browser.js").decode()
    data = _browser_data(dossiers)
    body, contents = [], []
    for number, one in enumerate(dossiers):
        blocks = sections(one)
        prefix = f"m{number}-"
        body.append(f"<h1>{escape(name_of(one))}</h1>{to_html(blocks, prefix)}")
        heads = [block for block in blocks if isinstance(block, Heading)]
        links = "".join(
            f'<li><a href="#{prefix}{k + 1}">{escape(block.text)}</a></li>'
            for k, block in enumerate(heads)
            if block.level == 2
        )
        contents.append(f"<li>{escape(name_of(one))}<ul>{links}</ul></li>")
    browsable = bool(data["models"])
    policy = (
        f"default-src 'none'; style-src {_hash(style)} 'unsafe-inline'; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    # The hash covers the one style sheet; 'unsafe-inline' is ignored beside it.
    policy = policy.replace(" 'unsafe-inline'", "")
    encoded = msgspec.json.encode(data).decode().replace("<", "\\u003c")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Evaluation: {escape(', '.join(one.model.name for one in dossiers))}</title>",
            f"<style>{style}</style></head><body>",
            "<h1>Evaluation</h1>",
            f"<nav><ul>{''.join(contents)}"
            + ('<li><a href="#browser">Error browser</a></li>' if browsable else "")
            + "</ul></nav>",
            to_html(overview(dossiers), "o"),
            *body,
            _browser_html(data) if browsable else "",
            f'<script type="application/json" id="browser-data">{encoded}</script>',
            f"<script>{script}</script></body></html>\n",
        ]
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _browser_html(data: dict[str, Any]) -> str:
    return (
        '<section id="browser"><h1>Error browser</h1>'
        f"<p class=legend>Sentences of the {escape(data['split'])} part, with the ones before and "
        'after. <mark class="gold">Underlined: cue in gold.</mark> <mark class="said">Shaded: cue '
        "of the model.</mark></p>"
        f'{_FORM}<p id="count" role="status"></p><div id="cases"></div>'
        '<button id="more" type="button">More</button></section>'
    )


def _browser_data(dossiers: Sequence[Dossier]) -> dict[str, Any]:
    models: list[dict[str, Any]] = [
        {"name": name_of(one), "rows": browser_rows(one.browsable)}
        for one in dossiers
        if one.browsable is not None
    ]
    sources = {row["s"] for model in models for row in model["rows"]}
    devices = dict.fromkeys(
        device for label in load_schema().labels for device in (*label.device_names, "weights")
    )
    split = next((one.browsable.split for one in dossiers if one.browsable), "")
    return {
        "labels": list(load_schema().names),
        "devices": list(devices),
        "sources": sorted(sources),
        "near": NEAR,
        "split": split,
        "models": models,
    }
