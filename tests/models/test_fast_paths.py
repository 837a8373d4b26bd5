"""What is remembered of words for speed gives what the plain definitions give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.corpus.dataset import Document
from classifier.models.cues import COVER, WORD, load_lexicon
from classifier.models.features import EXTRACTORS, view_document
from classifier.records import Article
from classifier.text.normalise import normalise
from classifier.text.segmentation import segment

LEXICON = load_lexicon()
EXAMPLES = [one for entry in LEXICON.entries for one in (*entry.positive, *entry.negative)]


def stands_on(word: str, anchors: tuple[str, ...]) -> bool:
    """Say, as the lexicon's file defines it, whether a word is one of the anchors."""
    words = [
        one
        for anchor in anchors
        for one in (LEXICON.groups[anchor[1:]] if anchor.startswith("@") else (anchor,))
    ]
    return any(
        word.startswith(one[:-1])
        if one.endswith("*")
        else word.endswith(one[1:])
        if one.startswith("*")
        else word == one
        for one in words
    )


def plain_candidates(words: set[str]) -> list[int]:
    return [
        number
        for number, entry in enumerate(LEXICON.entries)
        if any(stands_on(word, entry.anchors) for word in words)
        and (not entry.requires or any(stands_on(word, entry.requires) for word in words))
    ]


@pytest.mark.parametrize("text", EXAMPLES[::3])
def test_candidates_are_those_that_the_anchors_name(text):
    normal = normalise(text).text
    words = set(WORD.findall(normal))
    lower = {word.lower() for word in words}
    assert LEXICON.candidates(words) == plain_candidates(lower)


@settings(deadline=None)
@given(st.text("abİIıΣσǅß'’-. ÉéLe", max_size=30), st.sampled_from(EXAMPLES))
def test_reading_hangs_on_nothing_read_before(odd, example):
    """A lexicon that has read other texts reads a text as a fresh one does."""
    text = normalise(f"{odd} {example} {odd}").text
    first = LEXICON.read(text)
    LEXICON._known.clear()
    LEXICON._silent.clear()
    assert LEXICON.read(text) == first
    # Words are counted in the text put in small letters, as the anchors are written.
    words = set(WORD.findall(text.lower()))
    words |= {COVER} if COVER in first[0] else set()
    words |= {'"'} if '"' in text or "«" in text else set()
    found = {match.entry.id for match in first[1]}
    assert found <= {LEXICON.entries[number].id for number in plain_candidates(words)}


def test_rows_are_those_of_the_features(trained):
    model = trained[0]
    text = "\n".join(EXAMPLES[:60])
    article = Article("a", text, title="Selon Reuters, le port aurait fermé")
    views = view_document(Document(article, segment(article)), model.lexicon)
    rows = model._rows(views)
    assert set(rows) == set(model.groups)
    for name, group in model.groups.items():
        for view, found in zip(views, rows[name], strict=True):
            plain = [group.index[one] for one in EXTRACTORS[name](view) if one in group.index]
            assert (set(found) == set(plain)) if name == "char" else (list(found) == plain)
            assert len(found) == len(plain)
