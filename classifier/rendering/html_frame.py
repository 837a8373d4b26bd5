"""What the pages have in common: policy, masthead, language switch, legend."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from classifier.rendering.bilingual import both, show_definition, show_name
from classifier.rendering.jsonl import DEPTH_LABEL
from classifier.schema import load_schema


def content_security_policy(style: str, script: str) -> str:
    """Return the policy of a page: its own style and script by hash, nothing from outside."""
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def write_head(
    title: str,
    *,
    language: str,
    style: str,
    script: str,
    place: str,
    skip: str,
    tagline: str,
    panel: str,
    name: str = "",
) -> str:
    """Return a page up to the inside of its ``main``.

    Args:
        title: plain text; everything below is HTML or an identifier.
        language: where the switch stands at first, ``fr`` or ``en``.
        style, script: what the page will hold; its policy admits these two alone.
        place: id of the main part, where ``skip`` leads.
        tagline: what stands under the name.
        panel: what follows the heading of the legend, at the side.
        name: class of the page's body.
    """
    switch = "".join(
        f'<button type="button" lang="{at}" data-language="{at}" '
        f'aria-pressed="{"true" if at == language else "false"}">{name_of}</button>'
        for at, name_of in (("fr", "Français"), ("en", "English"))
    )
    body = f'<body class="{name}">' if name else "<body>"
    return f"""<!DOCTYPE html>
<html lang="{language}" data-ui="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_security_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="cadrage">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
{body}
<a class="skip" href="#{place}">{skip}</a>
<header class="masthead">
<div class="brand"><h1 class="wordmark">Cadrage</h1><p class="tagline">{tagline}</p></div>
<div class="switch" role="group" aria-labelledby="switch-name" hidden>
<span id="switch-name" class="unseen">{both("language")}</span>{switch}</div>
<p class="no-verdict">{both("no_verdict")}</p>
</header>
<aside class="panel" aria-labelledby="legend-name">
<h2 id="legend-name">{both("legend")}</h2>
{panel}
</aside>
<main id="{place}" tabindex="-1">
"""


def write_legend(*, depth_hint: bool) -> str:
    """Return each label's letter, line and meaning; with what the figure beside one counts."""
    entries = ""
    for label in load_schema().labels:
        hint = " " + both("depth_hint") if depth_hint and label.name == DEPTH_LABEL else ""
        entries += (
            f'<dt><span class="tag {label.code}">{label.code}</span> '
            f'<span class="u {label.code}">{show_name(label)}</span></dt>'
            f"<dd>{show_definition(label)}{hint}</dd>"
        )
    return f'<dl class="legend">{entries}</dl>'
