"""What is remembered of words for speed gives what the plain definitions give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.corpus.dataset import Document
from classifier.models import cues
from classifier.models.class_rows import ClassRows
from classifier.models.cues import COVER, WORD, load_lexicon
from classifier.models.feature_rows import FeatureRows
from classifier.models.features import EXTRACTORS, UnitView, view_document
from classifier.models.row_tables import Units
from classifier.models.word_classes import CORE, class_features
from classifier.records import Article
from classifier.text.normalise import normalise
from classifier.text.segmentation import segment

# Lexicons of its own: what other tests have read makes the shared one look closer.
LEXICON, CLOSER = load_lexicon.__wrapped__(), load_lexicon.__wrapped__()
CLOSER._look_closer()
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
    LEXICON._words.known.clear()
    LEXICON._words.silent.clear()
    assert LEXICON.read(text) == first
    assert LEXICON.read(text, normalise(text).words) == first
    # Words are counted in the text put in small letters, as the anchors are written.
    words = set(WORD.findall(text.lower()))
    words |= {COVER} if COVER in first[0] else set()
    words |= {'"'} if '"' in text or "«" in text else set()
    found = {match.entry.id for match in first[1]}
    assert found <= {LEXICON.entries[number].id for number in plain_candidates(words)}


def plain_rows(model, views):
    """Return, for each unit and group, the rows of its named features, rising, each once."""
    found, first = [], {}
    for name, group in model.groups.items():
        first[name] = sum(len(model.groups[other].index) for other in first)
        assert len(group.table) == len(group.index)
    for view in views:
        for name, group in model.groups.items():
            names = set(EXTRACTORS[name](view)) & group.index.keys()
            found.append(sorted(first[name] + group.index[one] for one in names))
    return found


def found_rows(model, views):
    rows, starts = FeatureRows({name: one.index for name, one in model.groups.items()}).find(views)
    return [part.tolist() for part in np.split(rows, starts[1:])]


def views_of(model):
    text = "\n".join(EXAMPLES[:60])
    article = Article("a", text, title="Selon Reuters, le port aurait fermé")
    return view_document(Document(article, segment(article)), model.lexicon)


def test_rows_are_those_of_the_features(trained):
    model = trained[0]
    views = views_of(model)
    assert found_rows(model, views) == plain_rows(model, views)
    # Taken out of the article the unit before is not read, but still known.
    assert views[5].before is not None
    assert found_rows(model, views[5:7]) == plain_rows(model, views[5:7])


def test_rows_do_not_hang_on_what_is_remembered(trained, monkeypatch):
    model = trained[0]
    views = views_of(model)
    monkeypatch.setattr("classifier.models.feature_rows._KNOWN_WORDS", 3)
    monkeypatch.setattr("classifier.models.row_tables._KNOWN_KEYS", 3)
    finder = FeatureRows({name: one.index for name, one in model.groups.items()})
    expected = plain_rows(model, views)
    for start in (*range(0, len(views), 7), 0):
        rows, starts = finder.find(views[start : start + 7])
        parts = [part.tolist() for part in np.split(rows, starts[1:])]
        groups = len(model.groups)
        assert parts == expected[start * groups : (start + 7) * groups]


def test_a_unit_scores_the_same_in_any_company(trained):
    model = trained[0]
    views = views_of(model)
    together = model.probabilities(views)
    alone = np.concatenate([model.probabilities([view]) for view in views])
    assert np.array_equal(together, alone)


NAMES = st.sampled_from(["deny", "place", *sorted(CORE)[:5]])
MARKED = st.lists(
    st.tuples(st.integers(1, 4), st.lists(NAMES, min_size=1, max_size=2, unique=True).map(tuple)),
    max_size=8,
).map(
    lambda steps: tuple(
        (sum(step for step, _ in steps[: number + 1]), classes)
        for number, (_, classes) in enumerate(steps)
    )
)


def unit(marked, before=None, tokens=("un",)):
    """Return a unit of which only the classes matter."""
    return UnitView(normalise(""), "", tokens, (), {}, before, (), classes=marked)


@given(MARKED, MARKED, st.integers(0, 2), st.integers(1, 70))
def test_rows_of_classes_are_those_of_their_features(marked, before, unknown, copies):
    features = list(class_features(marked, before))
    # Some of the features are in no vocabulary.
    index = {name: row for row, name in enumerate(sorted(features)) if row % 3 >= unknown}
    rows = ClassRows(index)
    expected = {index[name] for name in features if name in index}
    # More units than are compared at once, those before read with them or not.
    read = [unit(marked, unit(before, tokens=(str(n),)), (f"{n}",)) for n in range(copies)]
    alone = {index[name] for name in class_features(marked, ()) if name in index}
    views = [*read, unit((), None, ("vide",)), unit(marked, None, ("seul",))]
    for _ in range(2):  # the second time from what is remembered
        found, owners = map(np.concatenate, rows.of(Units(views)))
        for place in range(copies):
            assert {*found[owners == place].tolist()} == expected
        assert not np.any(owners == copies)
        assert {*found[owners == copies + 1].tolist()} == alone


@pytest.mark.parametrize("example", EXAMPLES)
def test_patterns_are_found_only_where_the_words_they_need_stand(example):
    """What is read off the patterns leaves no match out."""
    text = normalise(f"{example} Rien de plus.").text
    assert LEXICON._texts < cues._PAYS
    assert CLOSER.read(text) == LEXICON.read(text)
