"""Standard input → articles; what it holds is told by its first characters."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import BinaryIO

from classifier.errors import Fault
from classifier.records import Article
from classifier.text import decoding
from classifier.text.ingestion.documents import (
    MAX_FILE_BYTES,
    article_from_html,
    article_from_text,
    check_size,
    decode_html,
)
from classifier.text.ingestion.json_lines import read_json_lines
from classifier.text.ingestion.lines import buffer

_NAME = "standard input"
_ID = "stdin"
_HEAD_BYTES = 4096
_HTML = re.compile(
    r"(?i)\s*<(?:!doctype\s+html|!--|\?xml|(?:html|head|body|article|main|section|div|p|h1|meta)\b)"
)


def read_standard_input(stdin: BinaryIO | None) -> Iterator[Article | Fault]:
    """Yield the articles and faults of ``stdin`` (``sys.stdin.buffer`` when None).

    JSON Lines when its first character is ``{``, one HTML page when it looks so, else one plain
    text. Ids are ``stdin``, or ``stdin:line`` for lines that give none. The stream stays open.

    Raises:
        DataError: nothing comes in, or what comes is binary, damaged or too large.
    """
    reader = buffer(sys.stdin.buffer if stdin is None else stdin)
    raw_head = reader.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    decoding.refuse_binary(raw_head, _NAME)
    head = raw_head.decode(decoding.marked_encoding(raw_head) or "utf-8", "replace").lstrip()
    if head.startswith("{"):
        yield from read_json_lines(reader, _NAME, _ID)
        return
    raw = reader.read(MAX_FILE_BYTES + 1)
    check_size(raw, _NAME)
    if _HTML.match(head):
        yield article_from_html(decode_html(raw, _NAME), id=_ID, where=_NAME)
    else:
        yield article_from_text(decoding.decode(raw, _NAME), id=_ID, where=_NAME)
