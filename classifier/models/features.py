"""What the linear model looks at in a sentence. Pure Python, shared by training and scoring.

Groups: ``word`` (word 1- and 2-grams), ``char`` (3- to 5-grams inside words), ``before`` (words of
the sentence before), ``cue`` (which lexicon patterns stand here and in the sentences before, and
the sentence's place in the article), ``verdict`` (what the lexicon concludes: the labels and
devices with evidence, few and strong). Every group is a set: presence, not frequency, since a
sentence is short. Outlets' names, other names and numbers are one token each, so a model cannot
learn whom a sentence speaks of.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifier.corpus.dataset import Document
from classifier.models.cues import COVER, CueLexicon, Match, evidence
from classifier.records import Cue
from classifier.text.normalise import NormalText, normalise

GROUPS = ("word", "char", "before", "cue", "verdict")
CHAR_SIZES = (3, 4, 5)

NAME = "<nom>"
"""The token of a capitalised word inside a sentence."""

_TOKEN = re.compile(rf"\d[\d.,]*|{COVER}+|[^\W_]+|[«»\"?!:;…–]|\.(?= )")
_OPENS = frozenset('«»"?!:;…–.')
_CONDITIONAL = re.compile(r"\w{2}(?:[edtv]r|ir)ai(?:t|ent)\b")


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit as the model sees it.

    Attributes:
        normal: normalised text, with the way back to offsets.
        covered: the same with outlets' names covered.
        tokens: words (lower case; names, outlets and numbers masked) and the punctuation that
            frames speech.
        matches: lexicon patterns found here.
        found: the evidence that they amount to, per label.
        before: the view of the unit before in the article; None for the first.
        place: facts of position, as feature names.
    """

    normal: NormalText
    covered: str
    tokens: tuple[str, ...]
    matches: tuple[Match, ...]
    found: dict[str, tuple[Cue, ...]]
    before: UnitView | None
    place: tuple[str, ...]


def view_document(document: Document, lexicon: CueLexicon) -> list[UnitView]:
    """Return one view for each unit of a document."""
    views: list[UnitView] = []
    before: UnitView | None = None
    last = -1
    for sentence in document.sentences:
        normal = normalise(sentence.text)
        covered, matches = lexicon.read(normal.text)
        tokens = _tokens(covered)
        found = evidence(matches, normal)
        # In a run taken from a longer article the unit before may not have been read.
        if sentence.index != last + 1:
            before = None
        last = sentence.index
        place = (
            f"field={sentence.field}",
            f"kind={sentence.kind}",
            f"index={min(sentence.index, 4)}",
        )
        view = UnitView(normal, covered, tokens, tuple(matches), found, before, place)
        views.append(view)
        if sentence.kind != "credit":
            # Two steps back is all a feature sees: do not keep the whole chain alive.
            before = _cut(view, _cut(before, None) if before is not None else None)
    return views


def _cut(view: UnitView, before: UnitView | None) -> UnitView:
    """Return the view with another unit before it."""
    return UnitView(
        view.normal, view.covered, view.tokens, view.matches, view.found, before, view.place
    )


def _tokens(covered: str) -> tuple[str, ...]:
    """Return tokens; what follows a stop or a quotation mark is no name."""
    tokens = []
    opening = True
    for token in _TOKEN.findall(covered):
        first = token[0]
        if first in _OPENS:
            opening = True
            if first != ".":
                tokens.append(token)
            continue
        tokens.append(_shape(token, first, opening))
        opening = False
    return tuple(tokens)


def _shape(token: str, first: str, opening: bool) -> str:
    """Return a word as features see it: outlets, names and numbers covered, lower case."""
    if first.islower():
        return token.lower()
    if first == COVER:
        return COVER
    if first.isdigit():
        return "0"
    if first.isupper() and not opening and len(token) > 1:
        return NAME
    return token.lower()


def token_spans(view: UnitView) -> list[tuple[str, int, int]]:
    """Return the word tokens of a unit with their offsets into the normalised text."""
    spans = [match.span() for match in _TOKEN.finditer(view.covered) if match[0] != "."]
    return [
        (token, *span)
        for token, span in zip(view.tokens, spans, strict=True)
        if token[0] not in _OPENS
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
    """Return patterns, devices, their pairs, those of the units before, speech and position."""
    found = [f"id={name}" for name in sorted({match.entry.id for match in view.matches})]
    found += [f"dev={device}" for device in _devices(view)]
    features = dict.fromkeys(found)
    features.update(dict.fromkeys(f"{a}&{b}" for a, b in itertools.combinations(found, 2)))
    features.update(dict.fromkeys(view.place))
    features.update(dict.fromkeys(_speech(view.covered)))
    if view.before is not None:
        before = sorted({match.entry.id for match in view.before.matches})
        features.update(dict.fromkeys(f"before:id={name}" for name in before))
        features.update(dict.fromkeys(f"before:{name}" for name in _devices(view.before)))
        if view.before.before is not None:
            second = _devices(view.before.before)
            features.update(dict.fromkeys(f"second:{name}" for name in second))
    return features


def _devices(view: UnitView) -> list[str]:
    return sorted({f"{label}.{cue.device}" for label, cues in view.found.items() for cue in cues})


def _speech(covered: str) -> Iterable[str]:
    """Yield how the unit stands to quotation, and on which side of it conditionals are."""
    parts = re.split('["«»]', covered)
    yield f"quotes={min(len(parts) - 1, 4)}"
    if len(parts) > 1:
        yield f"closes={parts[-1].strip(' .') == ''}"
    if _CONDITIONAL.search(covered):
        for number, part in enumerate(parts):
            if _CONDITIONAL.search(part):
                yield f"conditional={'in' if number % 2 else 'out'}"


def verdict_features(view: UnitView) -> Iterable[str]:
    """Return the labels and devices with evidence, here and in the unit before."""
    features = dict.fromkeys(sorted(view.found))
    features.update(dict.fromkeys(_devices(view)))
    features.update(dict.fromkeys(f"{label}×{len(cues) > 1}" for label, cues in view.found.items()))
    return features


EXTRACTORS: dict[str, Callable[[UnitView], Iterable[str]]] = {
    "word": word_features,
    "char": char_features,
    "before": before_features,
    "cue": cue_features,
    "verdict": verdict_features,
}


def view_documents(documents: Sequence[Document], lexicon: CueLexicon) -> list[UnitView]:
    """Return the views of all units, in row order."""
    return [view for document in documents for view in view_document(document, lexicon)]
