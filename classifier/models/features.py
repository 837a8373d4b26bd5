"""What the linear model looks at in a sentence. Pure Python, shared by training and scoring.

Groups: ``word`` (word 1- and 2-grams), ``char`` (3- to 5-grams inside words), ``before`` (words of
the sentence before), ``cue`` (which lexicon patterns stand here and in the sentence before, and
the sentence's place in the article). Every group is a set: presence, not frequency, since a
sentence is short.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifier.corpus.dataset import Document
from classifier.models.cues import WORD, CueLexicon, Match
from classifier.text.normalise import NormalText, normalise

GROUPS = ("word", "char", "before", "cue")
CHAR_SIZES = (3, 4, 5)

_DIGITS = re.compile(r"\d")
_TOKEN = re.compile(r"\d[\d.,]*|[^\W_]+|[«»\"?!:;…–]")


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit as the model sees it.

    Attributes:
        normal: normalised text, with the way back to offsets.
        tokens: words (lower case, digits as 0) and the punctuation that frames speech.
        matches: lexicon patterns found here.
        before: the view of the unit before in the article; None for the first.
        place: facts of position, as feature names.
    """

    normal: NormalText
    tokens: tuple[str, ...]
    matches: tuple[Match, ...]
    before: UnitView | None
    place: tuple[str, ...]


def view_document(document: Document, lexicon: CueLexicon) -> list[UnitView]:
    """Return one view for each unit of a document."""
    views: list[UnitView] = []
    before: UnitView | None = None
    last = -1
    for sentence in document.sentences:
        normal = normalise(sentence.text)
        lower = normal.text.lower()
        tokens = tuple(_TOKEN.findall(_DIGITS.sub("0", lower)))
        matches = tuple(lexicon.find(normal.text, WORD.findall(lower)))
        # In a run taken from a longer article the unit before may not have been read.
        if sentence.index != last + 1:
            before = None
        last = sentence.index
        place = (
            f"field={sentence.field}",
            f"kind={sentence.kind}",
            f"index={min(sentence.index, 4)}",
        )
        view = UnitView(normal, tokens, matches, before, place)
        views.append(view)
        if sentence.kind != "credit":
            # One step back is all a feature sees: do not keep the whole chain alive.
            before = UnitView(normal, tokens, matches, None, place)
    return views


def token_spans(view: UnitView) -> list[tuple[str, int, int]]:
    """Return the word tokens of a unit with their offsets into the normalised text."""
    lower = view.normal.text.lower()
    if len(lower) != len(view.normal.text):
        return []
    return [
        (token, *match.span())
        for token, match in zip(view.tokens, _TOKEN.finditer(_DIGITS.sub("0", lower)), strict=True)
        if token[0].isalnum()
    ]


def word_features(view: UnitView) -> Iterable[str]:
    """Return word 1-grams and 2-grams, each once, in an order that no hash seed changes."""
    tokens = view.tokens
    features = dict.fromkeys(tokens)
    features.update(dict.fromkeys(map(" ".join, itertools.pairwise(tokens))))
    return features


@lru_cache(maxsize=65536)
def char_ngrams(token: str) -> tuple[str, ...]:
    """Return the character n-grams of one word between spaces (scikit-learn's ``char_wb``)."""
    padded = f" {token} "
    return tuple(
        dict.fromkeys(
            padded[start : start + size]
            for size in CHAR_SIZES
            for start in range(max(1, len(padded) - size + 1))
        )
    )


def char_features(view: UnitView) -> Iterable[str]:
    """Return the character n-grams of every word."""
    return dict.fromkeys(itertools.chain.from_iterable(map(char_ngrams, view.tokens)))


def before_features(view: UnitView) -> Iterable[str]:
    """Return the words of the unit before."""
    return dict.fromkeys(view.before.tokens) if view.before is not None else ()


def cue_features(view: UnitView) -> Iterable[str]:
    """Return patterns, devices, their pairs, those of the unit before, and position."""
    devices = sorted(
        {
            f"{match.entry.label}.{match.entry.device}"
            for match in view.matches
            if match.entry.polarity == "positive"
        }
    )
    found = sorted({f"id={match.entry.id}" for match in view.matches})
    found += [f"dev={device}" for device in devices]
    features = dict.fromkeys(found)
    features.update(dict.fromkeys(f"{a}&{b}" for a, b in itertools.combinations(found, 2)))
    features[f"count={min(len(devices), 4)}"] = None
    features.update(dict.fromkeys(view.place))
    if view.before is not None:
        before = sorted({match.entry.id for match in view.before.matches})
        features.update(dict.fromkeys(f"before:id={name}" for name in before))
    return features


EXTRACTORS: dict[str, Callable[[UnitView], Iterable[str]]] = {
    "word": word_features,
    "char": char_features,
    "before": before_features,
    "cue": cue_features,
}


def view_documents(documents: Sequence[Document], lexicon: CueLexicon) -> list[UnitView]:
    """Return the views of all units, in row order."""
    return [view for document in documents for view in view_document(document, lexicon)]
