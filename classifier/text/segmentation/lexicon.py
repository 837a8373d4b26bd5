"""The word lists of the segmenter: abbreviations, and the words that start a sentence.

They are data, in ``resources/segmentation.json``; every entry is NFC and without its final stop.
"""

from __future__ import annotations

import json
from importlib import resources


def _read() -> dict[str, frozenset[str]]:
    source = resources.files("classifier").joinpath("resources/segmentation.json")
    lists: dict[str, list[str]] = json.loads(source.read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in lists.items()}


_LISTS = _read()

# Never the last word of a sentence: M., Mme, Dr
TITLES = _LISTS["titles"]
# The same unless what follows starts a sentence: Ph. (Philippe), Col., Cap.
MAYBE_TITLES = _LISTS["maybe_titles"]
# Followed by what it abbreviates for, name or number: cf., éd., bd.
BEFORE_ANYTHING = _LISTS["before_anything"]
# Not an end before a number, Arabic or Roman: art., p., vol.
BEFORE_NUMBER = _LISTS["before_number"]
MONTHS = _LISTS["months"]
# Often last: etc., Cie
ENDS_BEFORE_ANY_CAPITAL = _LISTS["ends_before_any_capital"]
ENDS_BEFORE_A_STARTER = _LISTS["ends_before_a_starter"]
WORDS_OF_ONE_LETTER = _LISTS["words_of_one_letter"]
# Nouns that a letter completes: plan B, vitamine C
LETTERED = _LISTS["lettered"]
# Capitalised, they are hardly a name: Il, Selon, Mais; small here
STARTERS = _LISTS["starters"]
# Starters that are also part of names: M. Le Goff
IN_NAMES = _LISTS["in_names"]
# A sentence cannot stop after them, suspension points or not: et…, à…
OPEN_ENDED = _LISTS["open_ended"]
DOMAINS = _LISTS["domains"]
GLUED_SUFFIXES = _LISTS["glued_suffixes"]
# Names that carry an exclamation mark
MARKED_NAMES = _LISTS["marked_names"]
