"""One article of the HTML page: header, figures, text with its cues, evidence, model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from classifier.records import ArticleScore, Cue, LabelScore, SentenceScore
from classifier.rendering.bilingual import (
    LANGUAGES,
    attribute,
    both,
    both_phrases,
    each,
    show_definition,
    show_name,
    show_percent,
    show_share,
)
from classifier.rendering.chain import write_chain
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
from classifier.rendering.signals import write_signals
from classifier.rendering.words import say
from classifier.schema import Label, load_schema

_NOTHING_HIDDEN: Hidden = frozenset()
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
#: What a cue's device is called in the page when the schema has none of that name.
_NO_DEVICE = "_"


def write_article(score: ArticleScore, number: int, hidden: Hidden) -> str:
    """Return the article as HTML, the ``number``-th of its page; its ids start with that."""
    page = _Article(score, number, hidden)
    header, text = page.header(), page.text()
    return (
        f'<article class="score" id="a{number}" aria-labelledby="a{number}-title">\n'
        f"{header}{page.figures()}{write_chain(score, page.id)}{write_signals(score, page.id)}"
        f"{text}{page.evidence()}{page.model()}</article>\n"
    )


class _Article:
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
        about.append(f"{both('article_language')} {escape(clean(score.language)) or '–'}")
        warnings = "".join(
            f'<p class="warning" role="note"><strong>{both("warning")}</strong>'
            f"{both_phrases(warning)}</p>"
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
                name = f'<span class="what">{both("credit")}</span> '
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
            off = attribute("off", self._all_hidden(name, cues))
            written = f'<span class="u {label.code}{off}" data-devices="{keys}">{written}</span>'
        return written

    def _tags(self, item: SentenceScore, labels: Mapping[str, Sequence[Cue]]) -> str:
        tags = ""
        for label in self.schema.labels:
            score = item.labels.get(label.name)
            if score is None:
                continue
            name = f'<span class="unseen">{show_name(label)}</span>'
            if label.name in labels:
                cues = labels[label.name]
                depth = f"<sub>{score.depth}</sub>" if score.depth else ""
                if not cues:
                    self._note(item, label.name, None)
                off = attribute("hidden", bool(cues) and self._all_hidden(label.name, cues))
                tags += (
                    f'<span class="tag {label.code}" data-label="{label.name}"{off}>'
                    f'<span aria-hidden="true">{label.code}{depth}</span>{name}</span>'
                )
            elif score.withdrawn:
                note = self._note(item, label.name, None)
                tags += (
                    f'<a class="tag withdrawn {label.code}" href="#{note}" '
                    f'data-notes="{note}" aria-describedby="{note}">'
                    f'<s aria-hidden="true">{label.code}</s>{name} '
                    f'<span class="unseen">{both("withdrawn")}</span></a>'
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
        where = (
            both("headline")
            if item.sentence.field == "title"
            else both("sentence", index=str(item.sentence.index))
        )
        odds = ", ".join(
            show_share(key, value)
            for key, value in (
                ("probability", score.probability),
                ("threshold", self.score.model.thresholds.get(name, float("nan"))),
            )
            if value == value
        )
        if score.depth is not None and score.positive:
            odds += " · " + both("hands_between", depth=score.depth)
        quote = f"<q{_text_attributes(self.score)}>{escape(words)}</q>" if words else ""
        off = attribute("hidden", cue is not None and self._all_hidden(name, [cue]))
        self.notes.append(
            f'<li id="{id}" class="note {label.code}" data-devices="{key}"{off}>'
            f'<span class="where"><a href="#{self.id}-s{item.sentence.index}">'
            f"{where}</a></span> "
            f'<span class="quote">{quote}</span> '
            f'<span class="label"><span class="u {label.code}">{show_name(label)}</span>'
            f"{device}</span> "
            f'<span class="why">{why}</span> <span class="odds">{odds}</span></li>\n'
        )
        return id

    def _explain(self, label: Label, score: LabelScore, cue: Cue | None) -> tuple[str, str, str]:
        """Return a note's device, reason and key for the switches, the first two as HTML."""
        key = f"{label.name}.{_NO_DEVICE}"
        if score.withdrawn and not score.positive:
            return "", both_phrases(score.withdrawn, "withdrawn_because"), key
        if cue is None:
            return "", both("no_cue"), key
        for device in label.devices:
            if device.name == cue.device:
                return (
                    f" · {show_name(device)}",
                    show_definition(device),
                    f"{label.name}.{device.name}",
                )
        return f" · {both('weights')}", both("weights_why"), key

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
        counted = both("units", total=total)
        if facts["credits"]:
            counted += f", {both('credits', total=facts['credits'])}"
        tiles = "".join(
            self._tile(label, facts)
            for label in self.schema.labels
            if label.name in facts["labels"]
        )
        return (
            f'<section class="figures" aria-labelledby="{self.id}-figures" data-total="{total}">'
            f'<h3 id="{self.id}-figures">{both("figures")} <small>{counted}</small></h3>'
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
            titles = {at: "/".join(device.title[at] for device in mild) for at in LANGUAGES}
            without = each({at: say("without", at, device=titles[at]) for at in LANGUAGES})
            off = attribute(
                "hidden", all((label.name, device.name) in self.hidden for device in mild)
            )
            details += (
                f'<p class="without"{off}>{without}{both("colon")}'
                '<span class="amount"><b class="share">'
                f"{show_percent(strong['share'])}</b> "
                f'(<span class="count">{strong["positive"]}</span>)</span></p>'
            )
        if label.name == DEPTH_LABEL:
            details += _deepest(facts["max_depth"])
        return (
            f'<div class="tile {label.code}" data-label="{label.name}">'
            f'<h4><span class="u {label.code}">{show_name(label)}</span></h4>'
            f'<p class="lead"><b class="share">{show_percent(entry["share"])}</b> '
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
            title = both("weights") if device is None else show_name(device)
            key = f"{label.name}.{name if known else _NO_DEVICE}"
            off = attribute("off", (label.name, name) in self.hidden).strip()
            entries += (
                f'<li class="{off}" data-devices="{key}">{title} <b>{count}</b>'
                f'<span class="is-off"> ({both("hidden")})</span></li>'
            )
        return f'<ul class="devices">{entries}</ul>' if entries else ""

    def evidence(self) -> str:
        """Every cue with its label, device, reason and probability; what the notes show."""
        if not self.notes:
            return f'<p class="nothing">{both("no_evidence")}</p>\n'
        return (
            f'<details class="evidence"><summary>{both("evidence")}'
            f"</summary><ol>\n{''.join(self.notes)}</ol></details>\n"
        )

    def model(self) -> str:
        """Which model said so, at which thresholds."""
        model = self.score.model
        thresholds = "".join(
            f"<dt>{show_name(label)}</dt><dd>{model.thresholds[label.name]:.3g}</dd>"
            for label in self.schema.labels
            if label.name in model.thresholds
        )
        return (
            f'<details class="model"><summary>{both("model")}</summary>'
            f"<p>{escape(clean(model.name))} {escape(clean(model.version))} · "
            f"<code>sha256 {escape(clean(model.sha256))}</code></p>"
            f"<dl>{thresholds}</dl></details>\n"
        )


def _text_attributes(score: ArticleScore) -> str:
    tag = f' lang="{score.language}"' if _LANGUAGE_TAG.match(score.language) else ""
    return f'{tag} dir="auto"'


def _deepest(depth: int | None) -> str:
    """The longest chain, with the words for one hand and for more, as switches change it."""
    spans = "".join(
        f'<span class="in-{at}" lang="{at}" data-one="{escape(say("max_depth", at, depth=1))}" '
        f'data-more="{escape(say("max_depth", at, depth=2))}">'
        f"{escape(say('max_depth', at, depth=depth or 1))}</span>"
        for at in LANGUAGES
    )
    return f'<p class="depth"{attribute("hidden", depth is None)}>{spans}</p>'
