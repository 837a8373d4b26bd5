"""What the linear model looks at in a sentence. Pure Python, shared by training and scoring.

Groups: ``word`` (word 1- and 2-grams), ``char`` (3- to 5-grams inside words), ``before`` (words of
the sentence before), ``class`` (classes of words and their company), ``cue`` (which lexicon
patterns stand here and in the sentences before, and the sentence's place in the article),
``verdict`` (what the lexicon concludes: the labels and devices with evidence, few and strong),
``around`` (outlets of the headline, devices of the sentences around). Every group is a set:
presence, not frequency, since a sentence is short. Outlets' names, other names and numbers are one
token each, so a model cannot learn whom a sentence speaks of.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from classifier.corpus.dataset import Document
from classifier.models.cues import COVER, CueLexicon, Match, evidence
from classifier.models.surroundings import surrounding_features
from classifier.models.word_classes import Marked, class_features
from classifier.records import Cue
from classifier.text.normalise import NormalText, normalise

GROUPS = ("word", "char", "before", "class", "cue", "verdict", "around")
CHAR_SIZES = (3, 4, 5)

NAME = "<nom>"
"""The token of a capitalised word inside a sentence."""

_TOKEN = re.compile(rf"\d[\d.,]*|{COVER}+|[^\W_]+|[«»\"?!:;…–]|\.(?= )")
# Words whose tokens are remembered; beyond, all are forgotten, so memory stays flat.
_KNOWN_WORDS = 50_000
_OPENS = frozenset('«»"?!:;…–.')
_QUOTES = re.compile('["«»]')
_CONDITIONAL = re.compile(r"\w{2}(?:[edtv]r|ir)ai(?:t|ent)\b")


class UnitView(NamedTuple):
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
        patterns: names of the patterns found, in order, each once.
        devices: ``label.device`` of the evidence, in order, each once.
        classes: tokens that belong to a class of words.
        around: what stands around the unit, as feature names.
    """

    normal: NormalText
    covered: str
    tokens: tuple[str, ...]
    matches: tuple[Match, ...]
    found: dict[str, tuple[Cue, ...]]
    before: UnitView | None
    place: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    classes: Marked = ()
    around: tuple[str, ...] = ()


_BEFORE = UnitView._fields.index("before")


def view_document(document: Document, lexicon: CueLexicon) -> list[UnitView]:
    """Return one view for each unit of a document."""
    views: list[UnitView] = []
    before: UnitView | None = None
    bare: UnitView | None = None
    last = -1
    for sentence in document.sentences:
        normal = normalise(sentence.text)
        covered, matches = lexicon.read(normal.text, normal.words)
        # In a run taken from a longer article the unit before may not have been read.
        if sentence.index != last + 1:
            before = bare = None
        last = sentence.index
        found = evidence(matches, normal) if matches else {}
        tokens = _tokens(covered)
        devices = {f"{name}.{cue.device}" for name, cues in found.items() for cue in cues}
        view = UnitView(
            normal,
            covered,
            tokens,
            tuple(matches),
            found,
            before,
            _place(sentence.field, sentence.kind, min(sentence.index, 4)),
            tuple(sorted({match.entry.id for match in matches})) if matches else (),
            tuple(sorted(devices)) if devices else (),
            lexicon.classes.mark(tokens),
        )
        views.append(view)
        if sentence.kind != "credit":
            # Two steps back is all a feature sees: do not keep the whole chain alive.
            before = UnitView._make((*view[:_BEFORE], bare, *view[_BEFORE + 1 :]))
            bare = UnitView._make((*view[:_BEFORE], None, *view[_BEFORE + 1 :]))
    around = surrounding_features(
        document.sentences, [(view.normal.text, view.covered, view.devices) for view in views]
    )
    if not any(around):
        return views
    return [
        UnitView._make((*view[:-1], features)) if features else view
        for view, features in zip(views, around, strict=True)
    ]


@cache
def _place(field: str, kind: str, index: int) -> tuple[str, ...]:
    return (f"field={field}", f"kind={kind}", f"index={index}")


def _tokens(covered: str) -> tuple[str, ...]:
    """Return tokens; what follows a stop or a quotation mark is no name."""
    found = _TOKEN.findall(covered)
    if not found:
        return ()
    tokens = list(map(_INSIDE.__getitem__, found))
    # Marks stand as they are; the first word after one, and that of the sentence, open.
    opens = [0] if _OPENS.isdisjoint(found) else [0, *_places_after(found)]
    for place in opens:
        if place < len(found):
            tokens[place] = _OPENING[found[place]]
    return tuple(tokens if "." not in found else filter(".".__ne__, tokens))


def _places_after(found: Sequence[str]) -> list[int]:
    """Return the places after marks; that a mark may stand there too does no harm."""
    return [place for place, word in enumerate(found, 1) if word in _OPENS]


class _Shapes(dict[str, str]):
    """Words → tokens, remembered up to a bound; the same word is the same string each time."""

    def __init__(self, *, opening: bool) -> None:
        super().__init__()
        self._opening = opening

    def __missing__(self, word: str) -> str:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        token = self[word] = _shape(word, word[0], self._opening)
        return token


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


_OPENING, _INSIDE = _Shapes(opening=True), _Shapes(opening=False)


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


def char_ngrams(token: str) -> tuple[str, ...]:
    """Return the character n-grams of one word between spaces (scikit-learn's ``char_wb``)."""
    return tuple(dict.fromkeys(every_gram(token)))


def every_gram(token: str) -> list[str]:
    """Return the same, some of them twice."""
    padded = f" {token} "
    length = len(padded)
    return [
        padded[start : start + size]
        for size in CHAR_SIZES
        for start in range(length - size + 1 if length > size else 1)
    ]


_known_ngrams = lru_cache(maxsize=1 << 16)(char_ngrams)


def char_features(view: UnitView) -> Iterable[str]:
    """Return the character n-grams of every word."""
    return dict.fromkeys(itertools.chain.from_iterable(map(_known_ngrams, view.tokens)))


def before_features(view: UnitView) -> Iterable[str]:
    """Return the words of the unit before."""
    return dict.fromkeys(view.before.tokens) if view.before is not None else ()


def company_features(view: UnitView) -> Iterable[str]:
    """Return the classes of the unit's words, their company, and those of the unit before."""
    return class_features(view.classes, view.before.classes if view.before is not None else ())


Placed = tuple[tuple[str, ...], tuple[str, ...]]
"""Facts of position and of quotation, as feature names."""


def cue_features(view: UnitView) -> Iterable[str]:
    """Return patterns, devices, their pairs, those of the units before, speech and position."""
    features = dict.fromkeys(name_cues(view.patterns, view.devices))
    features.update(dict.fromkeys(itertools.chain(*place_cues(view))))
    if view.before is not None:
        bare = view.before.before
        second = bare.devices if bare is not None else ()
        past = name_past_cues(view.before.patterns, view.before.devices, second)
        features.update(dict.fromkeys(past))
    return features


def name_cues(patterns: Sequence[str], devices: Sequence[str]) -> Iterable[str]:
    """Yield the names of a unit's patterns and devices, and of their pairs."""
    found = [*(f"id={name}" for name in patterns), *(f"dev={device}" for device in devices)]
    yield from found
    yield from map("&".join, itertools.combinations(found, 2))


def place_cues(view: UnitView) -> Placed:
    """Return where a unit stands, and how it stands to quotation."""
    return view.place, tuple(_speech(view.covered))


def name_past_cues(
    patterns: Iterable[str], devices: Iterable[str], second: Iterable[str]
) -> Iterable[str]:
    """Yield the names of what stands in the unit before, and of the devices of the second."""
    yield from (f"before:id={name}" for name in patterns)
    yield from (f"before:{name}" for name in devices)
    yield from (f"second:{name}" for name in second)


def _speech(covered: str) -> Iterable[str]:
    """Yield how the unit stands to quotation, and on which side of it conditionals are."""
    quoted = '"' in covered or "«" in covered or "»" in covered
    parts = _QUOTES.split(covered) if quoted else [covered]
    yield f"quotes={min(len(parts) - 1, 4)}"
    if len(parts) > 1:
        yield f"closes={parts[-1].strip(' .') == ''}"
    if ("rait" in covered or "raient" in covered) and _CONDITIONAL.search(covered):
        for number, part in enumerate(parts):
            if _CONDITIONAL.search(part):
                yield f"conditional={'in' if number % 2 else 'out'}"


def verdict_features(view: UnitView) -> Iterable[str]:
    """Return the labels and devices with evidence, here and in the unit before."""
    if not view.found:
        return ()
    features = dict.fromkeys(sorted(view.found))
    features.update(dict.fromkeys(view.devices))
    features.update(dict.fromkeys(f"{label}×{len(cues) > 1}" for label, cues in view.found.items()))
    return features


def around_features(view: UnitView) -> Iterable[str]:
    """Return what stands around the unit."""
    return view.around


EXTRACTORS: dict[str, Callable[[UnitView], Iterable[str]]] = {
    "word": word_features,
    "char": char_features,
    "before": before_features,
    "class": company_features,
    "cue": cue_features,
    "verdict": verdict_features,
    "around": around_features,
}


def view_documents(documents: Sequence[Document], lexicon: CueLexicon) -> list[UnitView]:
    """Return the views of all units, in row order."""
    return [view for document in documents for view in view_document(document, lexicon)]
