"""The chain of hands for every output: JSON values, lines of text, the section of a page.

In text a chain is read from the article to the origin: ``Meguetan Infos ← Tass ← Politico``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import Any

from classifier.records import ArticleScore, Chain, ChainEdge
from classifier.rendering.bilingual import LANGUAGES, both, each
from classifier.rendering.chain_svg import draw_chain
from classifier.rendering.marking import clean
from classifier.rendering.words import percent, say

ARROW = " ← "
MOST_BRANCHES = 200
"""More ways through a chain than this are not written out; its edges are all there."""

_BARE_SOURCE = re.compile(
    r"^(?:(?:l[ae]|les|une?|des|s(?:a|es|on)|leurs?|cette|ces|de) |l'|l’|d')?(?:propres? )?"
    r"(sources?)$",
    re.IGNORECASE,
)


def chain_values(chain: Chain | None) -> dict[str, Any] | None:
    """Return the chain as plain JSON values; None where it was not traced."""
    if chain is None:
        return None
    unnamed = chain.unnamed
    return {
        "nodes": [{"name": node.name, "type": node.type} for node in chain.nodes],
        "edges": [
            {
                "carrier": edge.carrier,
                "source": edge.source,
                "sentence": edge.sentence,
                "start": edge.start,
                "end": edge.end,
            }
            for edge in chain.edges
        ],
        "claims": [
            {"sentences": list(claim.sentences), "kind": claim.kind, "origin": claim.origin}
            for claim in chain.claims
        ],
        "branches": chain_branches(chain),
        "depth": chain.depth,
        "origins": chain.origins,
        "unnamed": None if unnamed is None or math.isnan(unnamed) else float(unnamed),
    }


def node_name(chain: Chain, number: int, language: str) -> str:
    """Return what a hand is called in an output; *ses propres sources* are anonymous sources."""
    node = chain.nodes[number]
    if number == 0:
        return clean(node.name) or say("chain_root", language)
    bare = _BARE_SOURCE.match(node.name)
    if node.type == "anonymous" and bare:
        plural = "s" if bare[1].lower().endswith("s") else ""
        return f"source{plural} anonyme{plural}"
    return clean(node.name)


def chain_branches(chain: Chain, language: str = "fr") -> list[str]:
    """Return the ways from the article to an end of its chain, the longest first."""
    below: dict[int, list[int]] = {}
    for edge in chain.edges:
        below.setdefault(edge.carrier, []).append(edge.source)

    def ways(node: int) -> Iterator[list[int]]:
        sources = below.get(node, [])
        if not sources:
            yield [node]
        for source in sources:
            for way in ways(source):
                yield [node, *way]

    found = [way for way in islice(ways(0), MOST_BRANCHES) if len(way) > 1]
    found.sort(key=lambda way: -len(way))
    return [ARROW.join(node_name(chain, number, language) for number in way) for way in found]


def chain_figures(chain: Chain, language: str) -> list[str]:
    """Return depth, origins and the share without a named origin, in words."""
    said = [
        say("chain_depth", language, depth=chain.depth),
        say("chain_origins", language, origins=chain.origins),
    ]
    if chain.unnamed is not None:
        said.append(say("chain_unnamed", language, share=percent(chain.unnamed, language)))
    return said


def sentence_origins(score: ArticleScore) -> dict[int, list[str]]:
    """Return, by sentence index, the kinds of its claims' origins with their names."""
    found: dict[int, list[str]] = {}
    chain = score.chain
    if chain is None:
        return found
    for claim in chain.claims:
        name = "" if claim.origin is None else clean(chain.nodes[claim.origin].name)
        shown = f"{claim.kind}: {name}" if name else claim.kind
        for index in claim.sentences:
            found.setdefault(index, []).append(shown)
    return found


def write_chain(score: ArticleScore, id: str) -> str:
    """Return the section of the page on the chain, both languages; empty where there is none.

    The drawing's boxes are links to the sentences that show them (ids ``{id}-s{index}``); the same
    chain stands below it as a list, for whoever cannot see the drawing.
    """
    chain = score.chain
    if chain is None or not (chain.claims or chain.edges):
        return ""
    id = escape(clean(id))
    figures = each({at: " · ".join(chain_figures(chain, at)) for at in LANGUAGES})
    parts = f'<h3 id="{id}-chain">{both("chain")}</h3><p class="hint">{figures}</p>'
    if not chain.edges:
        parts += f"<p>{both('chain_none')}</p>"
    else:
        nodes = range(len(chain.nodes))
        names = {at: [node_name(chain, number, at) for number in nodes] for at in LANGUAGES}
        parts += "".join(
            f'<div class="in-{at}" lang="{at}">{draw_chain(chain, names[at], id, at)}</div>'
            for at in LANGUAGES
        )
        rows = "".join(_edge(score, chain, edge, id) for edge in chain.edges)
        parts += (
            f'<p class="hint">{both("chain_hint")}</p>'
            f"<details><summary>{both('chain_list')}</summary><ul>{rows}</ul></details>"
        )
    return f'<section class="chain" aria-labelledby="{id}-chain">{parts}</section>\n'


def _edge(score: ArticleScore, chain: Chain, edge: ChainEdge, id: str) -> str:
    text = next((s.sentence.text for s in score.sentences if s.sentence.index == edge.sentence), "")
    words = " ".join(clean(text[edge.start : edge.end]).split())
    said = each(
        {
            at: say(
                "chain_edge",
                at,
                carrier=node_name(chain, edge.carrier, at),
                source=node_name(chain, edge.source, at),
            )
            for at in LANGUAGES
        }
    )
    kind = both(f"type_{chain.nodes[edge.source].type}")
    return (
        f"<li>{said} ({kind}) <q>{escape(words)}</q> "
        f'<a href="#{id}-s{edge.sentence}">{both("sentence", index=str(edge.sentence))}</a></li>'
    )
