"""Features of a parsed sentence: mood and tense, who speaks through which verb, lemmas.

Labels are those of Universal Dependencies (https://universaldependencies.org/fr/), as spaCy's
French pipelines give them. Proper names enter as ``<nom>``, numbers as ``0`` and outlets as the
cover sign, as in the linear family: a model should not learn whom a sentence speaks of.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

from classifier.models.cues import COVER
from classifier.models.features import NAME

_SPEECH = """
    accuser admettre affirmer ajouter alerter annoncer assurer avancer avertir avouer citer
    clamer commenter concéder confier confirmer considérer croire déclarer dénoncer démentir
    déplorer détailler dire écrire estimer évoquer exiger expliquer indiquer informer insister
    juger jurer lancer marteler menacer mentionner noter observer penser plaider préciser prétendre
    prévenir promettre prévoir publier raconter rapporter rappeler reconnaître regretter relater
    relayer relever révéler répéter répondre résumer rétorquer signaler souligner soutenir suggérer
    supposer tonner tweeter
"""
SPEECH = frozenset(_SPEECH.split())
"""Lemmas of verbs that bring in somebody's words."""

_CONTENT = frozenset(("VERB", "NOUN", "ADJ", "ADV", "ADP", "AUX", "SCONJ", "PRON"))
_OBLIQUE = ("obl", "nmod", "obj", "iobj", "xcomp", "ccomp", "advcl")


class Morph(Protocol):
    """A token's morphological features."""

    def get(self, name: str, /) -> list[str]:
        """Return the values of one feature, none or one or more: ``["Cnd"]`` for ``Mood``."""


class Token(Protocol):
    """What is used of a spaCy token: its place, form, lemma, tags, and head."""

    i: int
    idx: int
    text: str
    lemma_: str
    pos_: str
    dep_: str
    morph: Morph

    @property
    def head(self) -> Token:
        """The governor; the token itself at the root."""


def _name(token: Token, covered: str) -> str:
    """Return the lemma, lower case; a sign for outlets, names and numbers."""
    if covered[token.idx : token.idx + 1] == COVER:
        return COVER
    if token.pos_ == "PROPN":
        return NAME
    if token.pos_ == "NUM" or token.text[:1].isdigit():
        return "0"
    return token.lemma_.lower()


def lemma_features(tokens: Sequence[Token], covered: str) -> dict[str, None]:
    """Return the lemmas and their neighbours, each once, in reading order."""
    names = [_name(token, covered) for token in tokens if token.pos_ not in ("DET", "SPACE")]
    features = dict.fromkeys(names)
    features.update(dict.fromkeys(map(" ".join, itertools.pairwise(names))))
    return features


def syntax_features(tokens: Sequence[Token], covered: str) -> dict[str, None]:
    """Return what morphology and dependencies show, as feature names, each once.

    Args:
        covered: the parsed text with outlets' names covered, of the same length.
    """
    features: dict[str, None] = {}
    below: dict[int, list[Token]] = {}
    for token in tokens:
        if token.head.i != token.i:
            below.setdefault(token.head.i, []).append(token)
    for token in tokens:
        under = below.get(token.i, [])
        features.update(dict.fromkeys(_form(token, covered)))
        features.update(dict.fromkeys(_tie(token, covered)))
        if token.pos_ in ("VERB", "AUX"):
            features.update(dict.fromkeys(_clause(token, under, below, covered)))
    return features


def _form(token: Token, covered: str) -> Iterator[str]:
    """Yield a token's mood, tense and person, alone and with its lemma."""
    for mood in token.morph.get("Mood"):
        for tense in token.morph.get("Tense") or ["-"]:
            yield f"{mood}.{tense}"
            yield f"{mood}.{tense}:{_name(token, covered)}"
            yield f"{mood}.{tense}@{token.dep_}"
    for person in token.morph.get("Person"):
        if person != "3":
            yield f"person={person}"
    if token.morph.get("Polarity") == ["Neg"]:
        yield f"not:{_name(token.head, covered)}"


def _tie(token: Token, covered: str) -> Iterator[str]:
    """Yield a token's relation to its governor."""
    name, head = _name(token, covered), _name(token.head, covered)
    relation = token.dep_.partition(":")[0]
    if relation == "ROOT":
        yield f"root={token.pos_}"
        yield f"root:{name}"
        return
    if token.pos_ in _CONTENT or token.pos_ == "PROPN":
        yield f"{relation}:{head}>{name}"
    if relation in ("case", "mark"):
        yield f"{relation}:{name}>{head}"
        yield f"{relation}:{name}>{token.head.pos_}@{token.head.dep_}"


def _clause(
    verb: Token, under: Sequence[Token], below: dict[int, list[Token]], covered: str
) -> Iterator[str]:
    """Yield who does what: mood of the whole verb, its subject, its complements."""
    name = _name(verb, covered)
    forms = [verb, *(token for token in under if token.dep_.startswith(("aux", "cop")))]
    moods = {mood for form in forms for mood in form.morph.get("Mood")}
    tenses = {tense for form in forms for tense in form.morph.get("Tense")}
    condition = any(
        token.dep_ == "mark" and token.lemma_.lower() in ("si", "s'")
        for clause in under
        if clause.dep_.startswith("advcl")
        for token in below.get(clause.i, [])
    )
    compound = len(forms) > 1
    for mood in sorted(moods):
        yield f"clause={mood}:compound={compound}:if={condition}"
        yield f"clause={mood}:{name}"
        yield f"clause={mood}@{verb.dep_}"
    if "Fut" in tenses:
        yield f"future:{name}"
    speech = verb.lemma_.lower() in SPEECH
    for token in under:
        if token.dep_.startswith("nsubj"):
            kind = f"{token.dep_}={_subject(token, covered)}"
            yield kind
            yield f"{kind}:{name}"
            for mood in sorted(moods):
                yield f"{kind}:{mood}:compound={compound}"
            if speech:
                side = "after" if token.i > verb.i else "before"
                yield f"says:{side}:{_subject(token, covered)}@{verb.dep_}"
        elif speech and token.dep_.startswith(_OBLIQUE):
            relation = token.dep_.partition(":")[0]
            yield f"says>{relation}={_subject(token, covered)}"
            for case in below.get(token.i, []):
                if case.dep_ == "case":
                    yield f"says>{_name(case, covered)}={_subject(token, covered)}"
    if speech:
        yield f"says@{verb.dep_}"


def _subject(token: Token, covered: str) -> str:
    """Return a pronoun's or noun's lemma, or the sign of a name or an outlet."""
    name = _name(token, covered)
    return f"PRON:{name}" if token.pos_ == "PRON" else name


EXTRACTORS = {"syntax": syntax_features, "lemma": lemma_features}
