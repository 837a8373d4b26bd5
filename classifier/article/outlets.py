"""The part of the gazetteer that one text needs, so that a single article starts at once.

Building the index of all outlets costs more than reading the model. A text names a handful: the
entries that have an alias all of whose words stand in the text find the same mentions as the whole
list would. After :data:`SINGLES` texts the whole list is built, once.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import count

import msgspec

from classifier.article.gazetteer import Gazetteer, Outlet, OutletFile, load_gazetteer
from classifier.schema import resource_bytes
from classifier.text.normalise import normalise

SINGLES = 8
"""How many texts are served by a part of the list before the whole of it is built."""

_WORD = re.compile(r"[^\W_]+")
_FOLD = str.maketrans("àâäáãåçéèêëîïíìñôöóòõùûüúÿœæ", "aaaaaaceeeeiiiinooooouuuuyœæ")
_calls = count(1)


def gazetteer_for(*texts: str) -> Gazetteer:
    """Return a gazetteer that finds in ``texts`` what the whole one finds.

    Args:
        texts: everything that will be searched, the publisher's name included.
    """
    if next(_calls) > SINGLES:
        return load_gazetteer()
    return part_for(" \n ".join(texts))


def part_for(text: str) -> Gazetteer:
    """Return a gazetteer of the outlets whose names can stand in ``text``."""
    data, needed = _read()
    words = set(_WORD.findall(_fold(normalise(text).text)))
    kept: dict[str, Outlet] = {}
    for entry, names in zip(data.entries, needed, strict=True):
        for name in names:
            if words.issuperset(name):
                kept[entry.name] = entry
                break
    shared = {
        alias: names
        for alias, names in data.shared.items()
        if words.issuperset(_WORD.findall(_fold(alias)))
    }
    wanted = {name for names in shared.values() for name in names} | kept.keys()
    entries = tuple(entry for entry in data.entries if entry.name in wanted)
    return Gazetteer(OutletFile(shared=shared, decoys=data.decoys, entries=entries))


@cache
def _read() -> tuple[OutletFile, list[list[list[str]]]]:
    """Return the list of outlets and, entry by entry, the words of each of its names."""
    data = msgspec.json.decode(resource_bytes("outlets.json"), type=OutletFile)
    needed = [
        [_WORD.findall(_fold(alias)) for alias in (entry.name, *entry.aliases)]
        for entry in data.entries
    ]
    return data, needed


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else text.lower().translate(_FOLD)
