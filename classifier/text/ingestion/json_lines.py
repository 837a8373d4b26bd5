"""JSON Lines → articles: one object a line, blank lines passed over."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import msgspec

from classifier.errors import DataError, Fault
from classifier.records import Article
from classifier.text.ingestion.lines import Line, read_lines
from classifier.text.ingestion.rows import REQUIRED, article_from_row, wrong_type

_decoder = msgspec.json.Decoder(dict)
_OPENING = re.compile(r"\s*(?:[\[{]|\[\s*\{.*,)\s*")
_SURROGATE = re.compile(
    r"\\u[dD][89abAB]\w\w(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]\w\w)\\u[dD][c-fC-F]\w\w"
)
_ONE_LINE = "Write one object a line, for example: jq -c '.[]' FILE."


def read_json_lines(
    stream: io.BufferedReader, name: str, basename: str
) -> Iterator[Article | Fault]:
    """Yield an article or a fault for each line that is not blank.

    Args:
        stream: the bytes, uncompressed.
        name: the file, for messages.
        basename: the first half of the id of a line that gives none: ``basename:line``.

    Raises:
        DataError: the file is empty, binary, damaged, or JSON over several lines.
    """
    seen = opening = False
    for line in read_lines(stream, name):
        if isinstance(line, Fault):
            seen = True
            yield line
            continue
        if line.text.isspace():
            continue
        item = _read_line(line, f"{name}:{line.number}", f"{basename}:{line.number}")
        if opening and isinstance(item, Fault):
            found = "JSON that spreads over several lines"
            raise DataError(f"{name}:{line.number}", found, "one object a line", _ONE_LINE)
        opening = not seen and _OPENING.fullmatch(line.text) is not None
        seen = True
        yield item
    if not seen:
        raise DataError(name, "an empty file", "one JSON object a line")


def _read_line(line: Line, where: str, default_id: str) -> Article | Fault:
    try:
        row = _decoder.decode(line.text.rstrip())
        return article_from_row(row, where=where, default_id=default_id)
    except DataError as error:
        return error.fault
    except msgspec.ValidationError as error:
        return wrong_type(error, where).fault
    except RecursionError:
        return Fault(where, "JSON nested too deeply", f"a flat object with {REQUIRED}")
    except (msgspec.DecodeError, ValueError) as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        if "truncated" in reason:
            reason = "the line ends before the object does"
        # msgspec takes what follows half a surrogate pair for the end of the input.
        if ("ends" in reason or "surrogate" in reason) and (half := _SURROGATE.search(line.text)):
            reason = f"{half[0]} is half a surrogate pair"
        return Fault(where, f"broken JSON: {reason}", "one JSON object")
