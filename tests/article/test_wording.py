"""Forms of words: the quick patterns find what the written ones find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.article.wording import (
    LIMITS,
    _quicken,
    find_forms,
    has_form,
    load_patterns,
    pattern_entries,
)

EXAMPLES = [text for entry in pattern_entries().values() for text in (*entry.found, *entry.passed)]


@pytest.mark.parametrize("name", list(pattern_entries()))
def test_the_quick_patterns_agree_with_the_written_ones(name):
    written = load_patterns()[name]
    for text in EXAMPLES:
        assert has_form(text.lower(), name) == bool(written.search(text)), text


@given(st.lists(st.sampled_from(" ".join(EXAMPLES).split()), max_size=14))
@settings(max_examples=150, deadline=None)
def test_they_agree_on_any_order_of_words(words):
    text = " ".join(words)
    slow = {name for name, form in load_patterns().items() if form.search(text)}
    assert find_forms(text.lower(), load_patterns()) == slow
    assert has_form(text.lower(), LIMITS) == bool({"restriction", "denial"} & slow)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\b(?:ab|ac)d?\b|\bae|f[|g]h",
        r"\ba?b|\ba\b|\b(?:a|b)+c|d(?:e|f)",
        r"\b(?:x(?:y|z)|w)v|[–-] [A-Z]{2,3}$",
        r"^(?:a|bc)d|\b(?<!ab)(?<!X )(?:cd|e)|\bh",
        r"\b(?<!ab)(?<!X )cd|\b(?:a|ab|b?c)?d|^[a-] ?x",
    ],
)
@given(st.text("abcdefghvwxyzX| –-", max_size=12))
@settings(max_examples=150, deadline=None)
def test_quickening_changes_nothing(pattern, text):
    found = any(re.search(one, f" {text.lower()}") for one in _quicken(pattern))
    assert found == bool(re.search(pattern, text, re.IGNORECASE))


def test_afternoon_is_no_source():
    for name in ("said", "relays", "named_source"):
        assert not has_form("le pont ferme en fin d'après-midi", name), name
        assert has_form("d'après le maire, le pont ferme", name), name
