"""The chain of hands as SVG: the article at the left, each hand one column further right."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from classifier.records import Chain
from classifier.rendering.words import say

_BOX, _ROW, _GAP, _PAD = 30, 44, 36, 4
_CHAR, _LONGEST, _MARGIN = 7.4, 30, 20


def draw_chain(chain: Chain, names: Sequence[str], id: str, language: str) -> str:
    """Return one ``<svg>``: boxes that are links to the sentences that show the hands.

    Every box can be reached by keyboard and says its name, type and sentence to a screen reader;
    nothing depends on colour: hands without a name have a dotted edge.

    Args:
        names: what each node is called, in the order of the nodes.
        id: the article's id on the page; sentences are ``{id}-s{index}``.
    """
    columns = _columns(chain)
    rows = _rows(chain, columns)
    shown = [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in names]
    widths = [
        max(
            (len(shown[n]) * _CHAR + _MARGIN for n in columns if columns[n] == column),
            default=0.0,
        )
        for column in range(max(columns.values()) + 1)
    ]
    lefts = [_PAD + sum(widths[:column]) + _GAP * column for column in range(len(widths))]
    width = lefts[-1] + widths[-1] + _PAD
    height = _PAD * 2 + _ROW * max(rows.values()) + _BOX
    parts = [
        f'<svg class="chain-graph" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="group" '
        f'aria-label="{escape(say("chain", language), quote=True)}">'
    ]

    def top(node: int) -> float:
        return _PAD + _ROW * rows[node]

    for edge in chain.edges:
        if edge.source not in columns or edge.carrier not in columns:
            continue
        carrier, source = edge.carrier, edge.source
        x1 = lefts[columns[carrier]] + len(shown[carrier]) * _CHAR + _MARGIN
        x2 = lefts[columns[source]]
        y1, y2 = top(carrier) + _BOX / 2, top(source) + _BOX / 2
        middle = x2 - _GAP / 2
        parts.append(
            f'<path class="edge" aria-hidden="true" d="M{x2:.0f} {y2:.0f}H{middle:.0f}'
            f'V{y1:.0f}H{x1:.0f}"/>'
            f'<path class="tip" aria-hidden="true" d="M{x1:.0f} {y1:.0f}l7 -4v8z"/>'
        )
    sentences = {0: 0}
    for edge in chain.edges:
        sentences.setdefault(edge.source, edge.sentence)
    for node in sorted(columns, key=lambda n: (columns[n], rows[n])):
        parts.append(
            _box(chain, node, shown[node], names[node], lefts, columns, top(node), id, language)
            if node
            else _root(shown[0], names[0], lefts[0], top(0), language)
        )
    return "".join([*parts, "</svg>"])


def _box(
    chain: Chain,
    node: int,
    shown: str,
    name: str,
    lefts: Sequence[float],
    columns: dict[int, int],
    y: float,
    id: str,
    language: str,
) -> str:
    index = next(edge.sentence for edge in chain.edges if edge.source == node)
    type_ = chain.nodes[node].type
    about = say(
        "chain_node",
        language,
        name=name,
        type=say(f"type_{type_}", language),
        index=str(index),
    )
    unnamed = " unnamed" if type_ in ("anonymous", "crowd") else ""
    label = escape(about, quote=True)
    return (
        f'<a href="#{id}-s{index}" aria-label="{label}">'
        f"<title>{escape(about)}</title>{_shape(shown, lefts[columns[node]], y, unnamed)}</a>"
    )


def _root(shown: str, name: str, x: float, y: float, language: str) -> str:
    about = f"{name} ({say('type_article', language)})"
    return (
        f'<g role="img" aria-label="{escape(about, quote=True)}">'
        f"<title>{escape(about)}</title>{_shape(shown, x, y, ' root')}</g>"
    )


def _shape(shown: str, x: float, y: float, extra: str) -> str:
    width = len(shown) * _CHAR + _MARGIN
    return (
        f'<rect class="node{extra}" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" '
        f'height="{_BOX}" rx="4"/>'
        f'<text x="{x + width / 2:.0f}" y="{y + _BOX / 2 + 4:.0f}" text-anchor="middle">'
        f"{escape(shown)}</text>"
    )


def _columns(chain: Chain) -> dict[int, int]:
    """Return, for each node that hangs on the article, its longest distance from it."""
    found = {0: 0}
    for _ in chain.nodes:
        for edge in chain.edges:
            if edge.carrier in found:
                further = found[edge.carrier] + 1
                found[edge.source] = max(found.get(edge.source, 0), further)
    return found


def _rows(chain: Chain, columns: dict[int, int]) -> dict[int, int]:
    """Return a row for each node: a hand stands level with the first that it passes on."""
    below: dict[int, list[int]] = {}
    for edge in chain.edges:
        below.setdefault(edge.carrier, []).append(edge.source)
    rows: dict[int, int] = {}
    taken = [-1]

    def place(node: int) -> None:
        if node in rows:
            return
        rows[node] = taken[0] + 1
        sources = [one for one in below.get(node, []) if one not in rows]
        for source in sources:
            place(source)
        if not sources:
            taken[0] = max(taken[0], rows[node])

    for node in sorted(columns, key=columns.__getitem__):
        place(node)
    return rows
