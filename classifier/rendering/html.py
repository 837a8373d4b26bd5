"""One page that holds everything: articles whole, cues underlined, evidence, and no request.

Python cuts every span (offsets are code points, which JavaScript does not count) and writes both
languages; the page's script only shows and hides. The Content-Security-Policy admits the two
inlined assets by their hashes and nothing else, so article text could not run even unescaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import TextIO

from classifier.records import ArticleScore
from classifier.rendering import html_frame
from classifier.rendering.bilingual import (
    LANGUAGES,
    attribute,
    both,
    each,
    show_definition,
    show_name,
)
from classifier.rendering.html_article import write_article
from classifier.rendering.marking import Hidden, clean
from classifier.rendering.words import say
from classifier.schema import load_schema


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
        stream.write(write_article(first, 1, hidden))
    for number, score in enumerate(remaining, 2):
        stream.write(write_article(score, number, hidden))
    stream.write(f"</main>\n<script>{asset('page.js')}</script>\n</body>\n</html>\n")


@cache
def asset(name: str) -> str:
    """Return ``page.css`` or ``page.js``."""
    return (resources.files("classifier.rendering") / "assets" / name).read_text("utf-8")


def content_security_policy() -> str:
    """Return the policy of the page: its own style and script by hash, nothing from outside."""
    return html_frame.content_security_policy(asset("page.css"), asset("page.js"))


def _head(title: str, language: str, hidden: Hidden) -> str:
    return html_frame.write_head(
        title,
        language=language,
        style=asset("page.css"),
        script=asset("page.js"),
        place="articles",
        skip=both("skip"),
        tagline=both("tagline"),
        panel=f"""{html_frame.write_legend(depth_hint=True)}
{_switches(hidden)}
<nav class="contents" aria-labelledby="contents-name" hidden>
<h2 id="contents-name">{both("contents")}</h2><ol></ol></nav>""",
    )


def _switches(hidden: Hidden) -> str:
    """One checkbox a device: the mild ones in the open, the others folded away."""
    mild, groups = "", ""
    for label in load_schema().labels:
        boxes = ""
        for device in label.devices:
            checked = attribute("checked", (label.name, device.name) in hidden)
            about = both("mild_hint") if device.mild else show_definition(device)
            name = f"{label.name}.{device.name}"
            box = (
                f'<div class="choice"><input type="checkbox" id="hide-{name}" data-device="{name}"'
                f'{attribute("data-mild", device.mild)} autocomplete="off"{checked} '
                f'aria-describedby="about-{name}"><label for="hide-{name}">{{}}</label>'
                f'<p id="about-{name}">{about}</p></div>'
            )
            if device.mild:
                titles = {at: say("hide_one", at, device=device.title[at]) for at in LANGUAGES}
                mild += box.format(each(titles))
            else:
                boxes += box.format(show_name(device))
        groups += (
            f'<fieldset class="{label.code}"><legend>{show_name(label)}</legend>{boxes}</fieldset>'
        )
    unfolded = attribute("open", bool(hidden))
    return (
        f'<div class="switches" hidden><div class="mild">{mild}</div>'
        f"<details{unfolded}><summary>{both('hide_others')}</summary>{groups}</details></div>"
    )
