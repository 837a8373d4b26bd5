"""A report as blocks (heading, paragraph, table, picture), written as Markdown or as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 to 4."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns from ``numeric`` on hold figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: int = 1
    folded: str = ""
    """A title under which the table is folded away; empty for a table in the open."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Charts side by side, each an ``<svg>`` element with its caption; HTML only."""

    charts: Sequence[tuple[str, str]]


Block = Heading | Paragraph | Table | Pictures


def to_markdown(blocks: Iterable[Block]) -> str:
    """Return the blocks as Markdown; charts become a line that says where they are."""
    parts = []
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"{'#' * block.level} {block.text}")
        elif isinstance(block, Paragraph):
            parts.append(block.text)
        elif isinstance(block, Table):
            ruler = ["---" if k < block.numeric else "---:" for k in range(len(block.head))]
            lines = [block.head, ruler, *block.rows]
            parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
        else:
            captions = "; ".join(caption for caption, _ in block.charts)
            parts.append(f"*Charts in report.html: {captions}.*")
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def to_html(blocks: Iterable[Block], prefix: str) -> str:
    """Return the blocks as HTML; headings of level 2 get ids that begin with ``prefix``."""
    parts, number = [], 0
    for block in blocks:
        if isinstance(block, Heading):
            number += 1
            mark = f' id="{prefix}{number}"' if block.level == 2 else ""
            parts.append(f"<h{block.level}{mark}>{escape(block.text)}</h{block.level}>")
        elif isinstance(block, Paragraph):
            parts.append(f"<p>{escape(block.text)}</p>")
        elif isinstance(block, Table):
            parts.append(_table(block))
        else:
            figures = "".join(
                f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
                for caption, svg in block.charts
            )
            parts.append(f'<div class="charts">{figures}</div>')
    return "\n".join(parts)


def _table(table: Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        inside = "".join(
            f"<{tag}{' class=n' if k >= table.numeric else ''}>{escape(cell)}</{tag}>"
            for k, cell in enumerate(cells)
        )
        return f"<tr>{inside}</tr>"

    body = "".join(row(cells, "td") for cells in table.rows)
    html = (
        f'<div class="scroll"><table><thead>{row(table.head, "th")}</thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    if table.folded:
        return f"<details><summary>{escape(table.folded)}</summary>{html}</details>"
    return html
