"""The newsroom's page and its files, all from the package: the browser asks nobody else."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import msgspec

from classifier.rendering.bilingual import both
from classifier.rendering.chain_words import CHAIN_WORDS
from classifier.rendering.html import asset as shared_asset
from classifier.rendering.signal_words import SIGNAL_WORDS
from classifier.rendering.words import say
from classifier.schema import load_schema

_TYPES = {".css": "text/css", ".js": "text/javascript", ".json": "application/json"}
_WORDS = re.compile(r"\{\{(\w+)\}\}")


def _folder() -> resources.abc.Traversable:
    return resources.files("classifier.serving") / "assets"


@cache
def index() -> bytes:
    """Return the page; ``{{key}}`` in it stands for words that all outputs share."""
    text = (_folder() / "index.html").read_text("utf-8")
    return _WORDS.sub(lambda match: both(match[1]), text).encode()


@cache
def assets() -> frozenset[str]:
    """Return the names of the page's files."""
    own = {file.name for file in _folder().iterdir()}
    return frozenset({name for name in own if name.endswith((".css", ".js"))}) | {
        "page.css",
        "schema.json",
        "shared-words.js",
    }


def _shared_words() -> dict[str, tuple[str, str]]:
    """Return the words on chains and signals, French and English, as every output says them."""
    codes = {one: (say(one, "fr"), say(one, "en")) for one in ("colon",)}
    return {**SIGNAL_WORDS, **CHAIN_WORDS, **codes}


@cache
def asset(name: str) -> tuple[bytes, str]:
    """Return a file's bytes and media type; ``name`` is one of :func:`assets`."""
    kind = _TYPES[name[name.rindex(".") :]]
    if name == "schema.json":
        return msgspec.json.encode(load_schema().as_dict()), kind
    if name == "shared-words.js":
        return b"export const SHARED = " + msgspec.json.encode(_shared_words()) + b";\n", kind
    if name == "page.css":
        return shared_asset(name).encode(), kind
    return (_folder() / name).read_bytes(), kind
