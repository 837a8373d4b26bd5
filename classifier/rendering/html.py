"""One page that holds everything: articles whole, cues underlined, evidence, and no request.

Python cuts every span (offsets are code points, which JavaScript does not count) and writes both
languages; the page's script only shows and hides. The Content-Security-Policy admits the two
inlined assets by their hashes and nothing else, so article text could not run even unescaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from itertools import groupby
from typing import Any, TextIO

from classifier.records import ArticleScore, Cue, LabelScore, SentenceScore
from classifier.rendering.jsonl import DEPTH_LABEL
from classifier.rendering.marking import (
    Hidden,
    Mark,
    Segment,
    clean,
    cut,
    figures,
    marks_of,
    shown_labels,
)
from classifier.rendering.words import percent, say
from classifier.schema import Device, Label, load_schema

_LANGUAGES = ("fr", "en")
_NOTHING_HIDDEN: Hidden = frozenset()
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
#: What a cue's device is called in the page when the schema has none of that name.
_NO_DEVICE = "_"


def write(
    scores: Iterable[ArticleScore],
    stream: TextIO,
    *,
    language: str = "fr",
    hidden: Hidden = frozenset(),
) -> None:
    """Write the page; ``language`` and ``hidden`` are where its switches stand at first."""
    remaining = iter(scores)
    first = next(remaining, None)
    title = "Cadrage" if first is None else f"{clean(first.title or first.id)} – Cadrage"
    stream.write(_head(title, language, hidden))
    if first is not None:
        stream.write(_article(first, 1, hidden))
    for number, score in enumerate(remaining, 2):
        stream.write(_article(score, number, hidden))
    stream.write(f"</main>\n<script>{asset('page.js')}</script>\n</body>\n</html>\n")


@cache
def asset(name: str) -> str:
    """Return ``page.css`` or ``page.js``."""
    return (resources.files("classifier.rendering") / "assets" / name).read_text("utf-8")


def content_security_policy() -> str:
    """Return the policy of the page: its own style and script by hash, nothing from outside."""
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{_digest(asset('page.css'))}'; script-src '{_digest(asset('page.js'))}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _both(key: str, **values: object) -> str:
    """Return the words in each language; the style sheet shows one of them."""
    return _each({at: say(key, at, **values) for at in _LANGUAGES})


def _each(texts: Mapping[str, str]) -> str:
    return "".join(f'<span class="in-{at}" lang="{at}">{escape(texts[at])}</span>' for at in texts)


def _percent(value: float | None) -> str:
    return _each({at: percent(value, at) for at in _LANGUAGES})


def _share(key: str, value: float) -> str:
    return _each({at: say(key, at, share=percent(value, at)) for at in _LANGUAGES})


def _deepest(depth: int | None) -> str:
    """The longest chain, with the words for one hand and for more, as switches change it."""
    spans = "".join(
        f'<span class="in-{at}" lang="{at}" data-one="{escape(say("max_depth", at, depth=1))}" '
        f'data-more="{escape(say("max_depth", at, depth=2))}">'
        f"{escape(say('max_depth', at, depth=depth or 0))}</span>"
        for at in _LANGUAGES
    )
    return f'<p class="depth"{_off(depth is None)}>{spans}</p>'


def _name(thing: Label | Device) -> str:
    return _each({at: thing.title[at] for at in _LANGUAGES})


def _definition(thing: Label | Device) -> str:
    return _each({at: thing.definition[at] for at in _LANGUAGES})


def _text_attributes(score: ArticleScore) -> str:
    tag = f' lang="{score.language}"' if _LANGUAGE_TAG.match(score.language) else ""
    return f'{tag} dir="auto"'


def _off(is_off: bool, attribute: str = "hidden") -> str:
    return f" {attribute}" if is_off else ""


def _head(title: str, language: str, hidden: Hidden) -> str:
    switch = "".join(
        f'<button type="button" lang="{at}" data-language="{at}" '
        f'aria-pressed="{"true" if at == language else "false"}">{name}</button>'
        for at, name in (("fr", "Français"), ("en", "English"))
    )
    return f"""<!DOCTYPE html>
<html lang="{language}" data-ui="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_security_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="cadrage">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{asset("page.css")}</style>
</head>
<body>
<a class="skip" href="#articles">{_both("skip")}</a>
<header class="masthead">
<div class="brand"><h1 class="wordmark">Cadrage</h1><p class="tagline">{_both("tagline")}</p></div>
<div class="switch" role="group" aria-labelledby="switch-name" hidden>
<span id="switch-name" class="unseen">{_both("language")}</span>{switch}</div>
<p class="no-verdict">{_both("no_verdict")}</p>
</header>
<aside class="panel" aria-labelledby="legend-name">
<h2 id="legend-name">{_both("legend")}</h2>
{_legend()}
{_switches(hidden)}
<nav class="contents" aria-labelledby="contents-name" hidden>
<h2 id="contents-name">{_both("contents")}</h2><ol></ol></nav>
</aside>
<main id="articles" tabindex="-1">
"""


def _legend() -> str:
    entries = "".join(
        f'<dt><span class="tag {label.code}">{label.code}</span> '
        f'<span class="u {label.code}">{_name(label)}</span></dt><dd>{_definition(label)}'
        f"{' ' + _both('depth_hint') if label.name == DEPTH_LABEL else ''}</dd>"
        for label in load_schema().labels
    )
    return f'<dl class="legend">{entries}</dl>'


def _switches(hidden: Hidden) -> str:
    """One checkbox a device: the mild ones in the open, the others folded away."""
    mild, groups = "", ""
    for label in load_schema().labels:
        boxes = ""
        for device in label.devices:
            checked = _off((label.name, device.name) in hidden, "checked")
            about = _both("mild_hint") if device.mild else _definition(device)
            name = f"{label.name}.{device.name}"
            box = (
                f'<div class="choice"><input type="checkbox" id="hide-{name}" data-device="{name}"'
                f'{_off(device.mild, "data-mild")} autocomplete="off"{checked} '
                f'aria-describedby="about-{name}"><label for="hide-{name}">{{}}</label>'
                f'<p id="about-{name}">{about}</p></div>'
            )
            if device.mild:
                titles = {at: say("hide_one", at, device=device.title[at]) for at in _LANGUAGES}
                mild += box.format(_each(titles))
            else:
                boxes += box.format(_name(device))
        groups += (
            f'<fieldset class="{label.code}"><legend>{_name(label)}</legend>{boxes}</fieldset>'
        )
    unfolded = _off(bool(hidden), "open")
    return (
        f'<div class="switches" hidden><div class="mild">{mild}</div>'
        f"<details{unfolded}><summary>{_both('hide_others')}</summary>{groups}</details></div>"
    )


def _article(score: ArticleScore, number: int, hidden: Hidden) -> str:
    page = _Page(score, number, hidden)
    header, text = page.header(), page.text()
    return (
        f'<article class="score" id="a{number}" aria-labelledby="a{number}-title">\n'
        f"{header}{page.figures()}{text}{page.evidence()}{page.model()}</article>\n"
    )


class _Page:
    """One article's part of the page; the notes on its cues are numbered as its text is written."""

    def __init__(self, score: ArticleScore, number: int, hidden: Hidden) -> None:
        self.score = score
        self.id = f"a{number}"
        self.hidden = hidden
        self.notes: list[str] = []
        self.schema = load_schema()

    def header(self) -> str:
        """Title, where it comes from, warnings."""
        score = self.score
        units = [item for item in score.sentences if item.sentence.field == "title"]
        title = " ".join(map(self.sentence, units)) or escape(clean(score.title or score.id))
        about = [escape(clean(score.id))]
        article = score.article
        if article is not None:
            about = [escape(clean(part)) for part in (article.publisher, article.published) if part]
            if re.match("https?://", article.url):
                url = escape(clean(article.url))
                about.append(f'<a href="{url}" rel="noreferrer">{url}</a>')
            about.append(escape(clean(score.id)))
        about.append(f"{_both('article_language')} {escape(clean(score.language)) or '–'}")
        warnings = "".join(
            f'<p class="warning" role="note"><strong>{_both("warning")}</strong>'
            f"{escape(clean(warning))}</p>"
            for warning in score.warnings
        )
        return (
            f'<header><h2 id="{self.id}-title"{_text_attributes(score)}>{title}</h2>'
            f'<p class="about">{" · ".join(about)}</p>{warnings}</header>\n'
        )

    def text(self) -> str:
        """Standfirst and body, in paragraphs where they are known."""
        blocks = "".join(self._blocks())
        return f'<div class="text">\n{blocks}</div>\n' if blocks else ""

    def _blocks(self) -> Iterator[str]:
        attributes = _text_attributes(self.score)
        body = [item for item in self.score.sentences if item.sentence.field != "title"]
        for kind, units in self._paragraphs(body):
            inside = " ".join(map(self.sentence, units))
            if kind == "credit":
                name = f'<span class="what">{_both("credit")}</span> '
                yield f'<p class="credit">{name}<span{attributes}>{inside}</span></p>\n'
            elif kind == "headline":
                yield f"<h3{attributes}>{inside}</h3>\n"
            else:
                style = ' class="standfirst"' if kind == "heading" else ""
                yield f"<p{style}{attributes}>{inside}</p>\n"

    def _paragraphs(
        self, items: Sequence[SentenceScore]
    ) -> Iterator[tuple[str, list[SentenceScore]]]:
        kinds = [
            "heading" if item.sentence.field == "heading" else str(item.sentence.kind)
            for item in items
        ]
        start = 0
        for at in range(1, len(items) + 1):
            if (
                at == len(items)
                or kinds[at] != kinds[start]
                or self._new_paragraph(items[at - 1], items[at])
            ):
                yield kinds[start], list(items[start:at])
                start = at

    def _new_paragraph(self, before: SentenceScore, after: SentenceScore) -> bool:
        article = self.score.article
        if article is None or before.sentence.field != after.sentence.field:
            return True
        content = article.content(after.sentence.field)
        return "\n" in content[before.sentence.end : after.sentence.start]

    def sentence(self, item: SentenceScore) -> str:
        """The sentence with its cues underlined, then the letters of its labels."""
        # Everything is written, hidden or not: the switches work both ways.
        labels = shown_labels(item, _NOTHING_HIDDEN)
        text = clean(item.sentence.text)
        written = self._marked(item, cut(text, marks_of(labels)))
        attributes = f' id="{self.id}-s{item.sentence.index}"'
        if labels:
            flags = " ".join(
                f"{name}={','.join(dict.fromkeys(self._device(name, cue) for cue in cues))}"
                for name, cues in labels.items()
            )
            attributes += f' data-flags="{flags}"'
            depth = item.labels[DEPTH_LABEL].depth if DEPTH_LABEL in labels else None
            if depth is not None:
                attributes += f' data-depth="{depth}"'
        return f'<span class="s"{attributes}>{written}</span>{self._tags(item, labels)}'

    def _marked(self, item: SentenceScore, segments: Iterable[Segment]) -> str:
        written = ""
        for marked, group in groupby(segments, key=lambda segment: bool(segment.marks)):
            run = list(group)
            if not marked:
                written += "".join(escape(segment.text) for segment in run)
                continue
            # One link for a stretch of touching cues: one stop for the keyboard, one note to open.
            marks = list(dict.fromkeys(mark for segment in run for mark in segment.marks))
            notes = [self._note(item, label, cue) for label, cue in marks]
            seen = [id for id, mark in zip(notes, marks, strict=True) if self._is_seen(mark)]
            link = f' href="#{seen[0]}" aria-describedby="{" ".join(seen)}"' if seen else ""
            inside = "".join(self._segment(segment) for segment in run)
            written += f'<a class="cue" data-notes="{" ".join(notes)}"{link}>{inside}</a>'
        return written

    def _segment(self, segment: Segment) -> str:
        written = escape(segment.text)
        for name in reversed(segment.labels):
            label = self.schema.label(name)
            cues = [cue for of, cue in segment.marks if of == name]
            devices = dict.fromkeys(self._device(name, cue) for cue in cues)
            keys = " ".join(f"{name}.{device}" for device in devices)
            off = _off(self._all_hidden(name, cues), "off")
            written = f'<span class="u {label.code}{off}" data-devices="{keys}">{written}</span>'
        return written

    def _tags(self, item: SentenceScore, labels: Mapping[str, Sequence[Cue]]) -> str:
        tags = ""
        for label in self.schema.labels:
            score = item.labels.get(label.name)
            if score is None:
                continue
            name = f'<span class="unseen">{_name(label)}</span>'
            if label.name in labels:
                cues = labels[label.name]
                depth = f"<sub>{score.depth}</sub>" if score.depth else ""
                if not cues:
                    self._note(item, label.name, None)
                off = _off(bool(cues) and self._all_hidden(label.name, cues))
                tags += (
                    f'<span class="tag {label.code}" data-label="{label.name}"{off}>'
                    f'<span aria-hidden="true">{label.code}{depth}</span>{name}</span>'
                )
            elif score.withdrawn:
                note = self._note(item, label.name, None)
                tags += (
                    f'<a class="tag withdrawn {label.code}" href="#{note}" '
                    f'aria-describedby="{note}"><s aria-hidden="true">{label.code}</s>{name} '
                    f'<span class="unseen">{_both("withdrawn")}</span></a>'
                )
        return f'<span class="tags">{tags}</span>' if tags else ""

    def _note(self, item: SentenceScore, name: str, cue: Cue | None) -> str:
        """Write down the evidence for one cue (None: for the label as a whole); return its id."""
        label = self.schema.label(name)
        score = item.labels[name]
        id = f"{self.id}-n{len(self.notes) + 1}"
        text = clean(item.sentence.text)
        covered = [cue] if cue is not None else score.cues
        words = " … ".join(text[of.start : of.end] for of in covered)
        device, why, key = self._explain(label, score, cue)
        odds = _share("probability", score.probability)
        threshold = self.score.model.thresholds.get(name)
        if threshold is not None:
            odds += ", " + _share("threshold", threshold)
        if name == DEPTH_LABEL and score.depth is not None and score.positive:
            odds += " · " + _both("hands_between", depth=score.depth)
        quote = f"<q{_text_attributes(self.score)}>{escape(words)}</q>" if words else ""
        off = _off(cue is not None and self._all_hidden(name, [cue]))
        self.notes.append(
            f'<li id="{id}" class="note {label.code}" data-devices="{key}"{off}>'
            f'<span class="where"><a href="#{self.id}-s{item.sentence.index}">'
            f"{_both('sentence', index=str(item.sentence.index))}</a></span> "
            f'<span class="quote">{quote}</span> '
            f'<span class="label"><span class="u {label.code}">{_name(label)}</span>'
            f"{device}</span> "
            f'<span class="why">{why}</span> <span class="odds">{odds}</span></li>\n'
        )
        return id

    def _explain(self, label: Label, score: LabelScore, cue: Cue | None) -> tuple[str, str, str]:
        """Return a note's device, reason and key for the switches, the first two as HTML."""
        key = f"{label.name}.{_NO_DEVICE}"
        if score.withdrawn and not score.positive:
            return "", _both("withdrawn_because", reason=clean(score.withdrawn)), key
        if cue is None:
            return "", _both("no_cue"), key
        for device in label.devices:
            if device.name == cue.device:
                return f" · {_name(device)}", _definition(device), f"{label.name}.{device.name}"
        return f" · {_both('weights')}", _both("weights_why"), key

    def _device(self, name: str, cue: Cue) -> str:
        return cue.device if cue.device in self.schema.label(name).device_names else _NO_DEVICE

    def _is_seen(self, mark: Mark) -> bool:
        label, cue = mark
        return (label, cue.device) not in self.hidden

    def _all_hidden(self, name: str, cues: Iterable[Cue]) -> bool:
        return all((name, cue.device) in self.hidden for cue in cues)

    def figures(self) -> str:
        """The summary: one tile a label, with and without its mild devices."""
        facts = figures(self.score, self.hidden)
        total = facts["sentences"]
        counted = _both("units", total=total)
        if facts["credits"]:
            counted += f", {_both('credits', total=facts['credits'])}"
        tiles = "".join(
            self._tile(label, facts)
            for label in self.schema.labels
            if label.name in facts["labels"]
        )
        return (
            f'<section class="figures" aria-labelledby="{self.id}-figures" data-total="{total}">'
            f'<h3 id="{self.id}-figures">{_both("figures")} <small>{counted}</small></h3>'
            f'<div class="tiles">{tiles}</div></section>\n'
        )

    def _tile(self, label: Label, facts: Mapping[str, Any]) -> str:
        total = facts["sentences"]
        entry = facts["labels"][label.name]
        strong = facts["without_mild"].get(label.name)
        mild = [device for device in label.devices if device.mild]
        inner = entry if strong is None else strong
        details = ""
        if strong is not None and mild:
            titles = {at: "/".join(device.title[at] for device in mild) for at in _LANGUAGES}
            without = _each({at: say("without", at, device=titles[at]) for at in _LANGUAGES})
            off = _off(all((label.name, device.name) in self.hidden for device in mild))
            details += (
                f'<p class="without"{off}>{without}{_both("colon")}'
                '<span class="amount"><b class="share">'
                f"{_percent(strong['share'])}</b> "
                f'(<span class="count">{strong["positive"]}</span>)</span></p>'
            )
        if label.name == DEPTH_LABEL:
            details += _deepest(facts["max_depth"])
        return (
            f'<div class="tile {label.code}" data-label="{label.name}">'
            f'<h4><span class="u {label.code}">{_name(label)}</span></h4>'
            f'<p class="lead"><b class="share">{_percent(entry["share"])}</b> '
            f'<span class="of"><span class="count">{entry["positive"]}</span>/{total}</span></p>'
            '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="all" height="6" width="{100 * (entry["share"] or 0):.2f}"/>'
            f'<rect class="strong" height="6" width="{100 * (inner["share"] or 0):.2f}"/></svg>'
            f"{details}{self._breakdown(label, facts)}</div>"
        )

    def _breakdown(self, label: Label, facts: Mapping[str, Any]) -> str:
        entries = ""
        for name, count in facts["devices"].get(label.name, {}).items():
            if not count:
                continue
            known = name in label.device_names
            device = next((of for of in label.devices if of.name == name), None)
            title = _both("weights") if device is None else _name(device)
            key = f"{label.name}.{name if known else _NO_DEVICE}"
            off = _off((label.name, name) in self.hidden, "off").strip()
            entries += (
                f'<li class="{off}" data-devices="{key}">{title} <b>{count}</b>'
                f'<span class="is-off"> ({_both("hidden")})</span></li>'
            )
        return f'<ul class="devices">{entries}</ul>' if entries else ""

    def evidence(self) -> str:
        """Every cue with its label, device, reason and probability; what the notes show."""
        if not self.notes:
            return f'<p class="nothing">{_both("no_evidence")}</p>\n'
        return (
            f'<details class="evidence"><summary>{_both("evidence", total=len(self.notes))}'
            f"</summary><ol>\n{''.join(self.notes)}</ol></details>\n"
        )

    def model(self) -> str:
        """Which model said so, at which thresholds."""
        model = self.score.model
        thresholds = "".join(
            f"<dt>{_name(label)}</dt><dd>{model.thresholds[label.name]:.3g}</dd>"
            for label in self.schema.labels
            if label.name in model.thresholds
        )
        return (
            f'<details class="model"><summary>{_both("model")}</summary>'
            f"<p>{escape(clean(model.name))} {escape(clean(model.version))} · "
            f"<code>sha256 {escape(clean(model.sha256))}</code></p>"
            f"<dl>{thresholds}</dl></details>\n"
        )
