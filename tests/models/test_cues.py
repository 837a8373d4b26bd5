"""The lexicon keeps its own examples, and no pattern runs away."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import DataError
from classifier.models.cues import evidence, load_lexicon, parse_lexicon
from classifier.schema import load_schema
from classifier.text.normalise import normalise

LEXICON = load_lexicon()


@pytest.mark.parametrize("entry", LEXICON.entries, ids=lambda entry: entry.id)
def test_every_entry_keeps_its_examples(entry):
    assert entry.positive, "an entry needs a sentence that it finds"
    assert entry.negative, "an entry needs a sentence that it leaves alone"
    for sentence in entry.positive:
        found = LEXICON.find(normalise(sentence).text)
        assert any(match.entry is entry for match in found), f"not found in: {sentence}"
    for sentence in entry.negative:
        found = LEXICON.find(normalise(sentence).text)
        assert not any(match.entry is entry for match in found), f"found in: {sentence}"


def test_every_device_has_an_entry():
    shown = {
        (entry.label, entry.device) for entry in LEXICON.entries if entry.polarity == "positive"
    }
    assert shown == {
        (label.name, device.name) for label in load_schema().labels for device in label.devices
    }


def test_entry_names_are_unique():
    names = [entry.id for entry in LEXICON.entries]
    assert len(names) == len(set(names))


def labels_of(sentence: str) -> set[str]:
    normal = normalise(sentence)
    return set(evidence(LEXICON.find(normal.text), normal))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Selon Reuters, le navire a coulé.", {"attribution_hedging", "relay_sourcing"}),
        ("La ligne rouge du métro est fermée.", set()),
        ("Le ministre a déclaré que le pont rouvrirait.", set()),
        ("Il a menacé de couper le gaz.", {"threat_rhetoric"}),
        ("Les horaires varient selon les besoins.", set()),
    ],
)
def test_labels_from_evidence(sentence, expected):
    assert labels_of(sentence) == expected


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_cues_lie_inside_any_text(text):
    normal = normalise(text)
    for cues in evidence(LEXICON.find(normal.text), normal).values():
        for cue in cues:
            assert 0 <= cue.start < cue.end <= len(text)


@given(st.text(alphabet="aeiouéà\u0301\u0302\u00ad' ’«»", max_size=60))
def test_normalised_offsets_lead_back(text):
    normal = normalise(text)
    for start in range(len(normal.text)):
        first, last = normal.original_span(start, start + 1)
        assert 0 <= first < last <= len(text)


@pytest.mark.parametrize("entry", LEXICON.entries, ids=lambda entry: entry.id)
def test_no_pattern_runs_away(entry):
    """A pattern that backtracks without end would stop a batch; seconds here mean just that."""
    number = LEXICON.entries.index(entry)
    words = " ".join(word.rstrip("*") for word in entry.anchors if not word.startswith("@"))
    for text in (
        (words + " ") * 20,
        "aurait " * 150 + "si ",
        ("il aurait selon une source que le quotidien le site a déclaré, " * 30),
        "a" * 2000,
        "citant le journal " * 100,
    ):
        begun = time.process_time()
        list(LEXICON.pattern(number).finditer(text))
        assert time.process_time() - begun < 5


def test_a_broken_lexicon_says_what_is_wrong():
    with pytest.raises(DataError, match="cue lexicon"):
        parse_lexicon(b"[groups]\n[macros]\n[[cue]]\nid = 3\n")


def test_a_cue_ends_with_a_word():
    """A pattern that reaches on for so many characters does not show half a word."""
    text = (
        "« Toute provocation recevra une réponse foudroyante », a averti le ministre de la Défense."
    )
    normal = normalise(text)
    cues = evidence(load_lexicon().find(normal.text), normal)["threat_rhetoric"]
    assert [text[cue.start : cue.end].split()[-1] for cue in cues] == ["Défense"]
