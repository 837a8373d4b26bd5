"""Changes that must not change a label: names, outlets, numbers, quotes, accents, spaces, typos."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_SLOT = re.compile(r"\{(\w+)\}")
ALTERNATIVES = 3

SLOT_NAMES: Mapping[str, str] = {
    "person": "names of people",
    "city": "capitals and cities",
    "country": "countries",
    "party": "parties",
    "side": "sides of a conflict",
    "outlet": "outlets",
    "number": "numbers",
}
"""Slot → the capability that swapping it tests."""

NEUTRAL = "Le marché de la ville a ouvert samedi matin."
"""A sentence without any label, put before another."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A change of a text; ``whole`` when the result is running text, to be cut anew."""

    change: Callable[[str], str]
    whole: bool = False


def fill(template: str, slots: Mapping[str, Sequence[str]], **given: str) -> str:
    """Fill a template's slots: with what is given, else with the first filler of each."""
    text = _SLOT.sub(lambda match: given.get(match[1], slots[match[1]][0]), template)
    return text[:1].upper() + text[1:]


def swaps(
    template: str, slots: Mapping[str, Sequence[str]], *, start: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield (capability, text) with one slot filled otherwise, a few fillers for each slot.

    Args:
        start: moves through the fillers, so that templates do not all get the same.
    """
    for slot in dict.fromkeys(_SLOT.findall(template)):
        others = slots[slot][1:]
        for step in range(min(ALTERNATIVES, len(others))):
            chosen = others[(start * ALTERNATIVES + step) % len(others)]
            yield SLOT_NAMES[slot], fill(template, slots, **{slot: chosen})


def drop_accents(text: str) -> str:
    """Return the text without diacritics, ligatures spelled out: *à l'œuvre* → *a l'oeuvre*."""
    spelled = text.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")
    split = unicodedata.normalize("NFD", spelled)
    return unicodedata.normalize("NFC", "".join(c for c in split if not unicodedata.combining(c)))


def english_quotes(text: str) -> str:
    """Return the text with “English quotes” for « guillemets »."""
    return re.sub(r"«\s*", "“", re.sub(r"\s*»", "”", text))


def straight_quotes(text: str) -> str:
    """Return the text with straight double quotes for « guillemets »."""
    return re.sub(r"«\s*", '"', re.sub(r"\s*»", '"', text))


def curly_apostrophes(text: str) -> str:
    """Return the text with typographic apostrophes."""
    return text.replace("'", "’")


def hard_spaces(text: str) -> str:
    """Return the text with no-break spaces where French typography asks for them."""
    return re.sub(r" (?=[;:?!»])|(?<=«) ", "\u00a0", text)


def double_spaces(text: str) -> str:
    """Return the text with every other space doubled."""
    parts = text.split(" ")
    return (
        "".join(
            part + ("" if k == len(parts) - 1 else "  " if k % 2 else " ")
            for k, part in enumerate(parts)
        )
        .replace("  ||", " ||")
        .replace("||  ", "|| ")
    )


def tight_punctuation(text: str) -> str:
    """Return the text with the spaces before high punctuation and inside quotes left out."""
    return re.sub(r" (?=[;:?!»])|(?<=«) ", "", text)


def add_typo(text: str) -> str:
    """Return the text with two letters exchanged inside one of its longer words.

    The word is chosen by a checksum of the text, so that the same text always gets the same typo.
    """
    words = [match for match in re.finditer(r"[^\W\d_]{7,}", text) if match[0].islower()]
    if not words:
        return text
    word = words[zlib.crc32(text.encode()) % len(words)]
    middle = word.start() + len(word[0]) // 2
    return text[: middle - 1] + text[middle] + text[middle - 1] + text[middle + 1 :]


def glue(text: str) -> str:
    """Return the text glued to a neutral sentence before it, without a space between them."""
    return NEUTRAL + text.replace(" || ", "")


def paragraphs(text: str) -> str:
    """Return the text after a neutral sentence, in a paragraph of its own."""
    return f"{NEUTRAL}\n\n{text.replace(' || ', ' ')}"


PERTURBATIONS: Mapping[str, Perturbation] = {
    "quotes “ ”": Perturbation(english_quotes),
    'quotes " "': Perturbation(straight_quotes),
    "apostrophes ’": Perturbation(curly_apostrophes),
    "accents dropped": Perturbation(drop_accents),
    "typos": Perturbation(add_typo),
    "no-break spaces": Perturbation(hard_spaces),
    "double spaces": Perturbation(double_spaces),
    "tight punctuation": Perturbation(tight_punctuation),
    "glued paragraphs": Perturbation(glue, whole=True),
    "paragraph before": Perturbation(paragraphs, whole=True),
}
