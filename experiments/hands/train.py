"""A learned tagger of hands, trained and judged by cross-validation over the training documents.

The question (docs/hands.md): do weights learned from the gold find hands better than the rules of
``classifier/article``? Candidates are every phrase that the project's reader can begin at a token
(:class:`classifier.article.phrases.Reader`), pronouns, and what the rules found. A logistic
regression over their surroundings says how likely each is a hand; the rules' own answer is one of
its features, so it may trust, correct or complete them. What it drops, leaves the chain; what it
adds, stands as a source of its type. Everything after (order, references, claims) is the same.

Folds are of whole documents. The rules were written looking at the same documents, which favours
them and makes the tagger trust them too much; both figures are therefore high, their difference is
not to the tagger's disadvantage only. Test documents are not touched.

Run: ``python -m experiments.hands.train [--json OUT] [--weights OUT]``. Deterministic: one seed.
``--weights`` writes plain JSON: feature name → weight, with the thresholds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from classifier.article.gazetteer import load_gazetteer
from classifier.article.hands import HandFinder, learn_outlets
from classifier.article.order import NEWSROOMS, Place, order_places
from classifier.article.phrases import Reader
from classifier.article.places import Places
from classifier.article.tokens import Phrase
from classifier.article.vocabulary import vocabulary
from classifier.corpus.hands import ReadHands
from classifier.corpus.hands_agreement import FIGURES, compare_views, view_hands
from classifier.corpus.splits import read_splits
from classifier.evaluation.chains import find_view, load_bench
from classifier.models.cues import load_lexicon
from classifier.text.normalise import normalise

FOLDS = 10
KEEP, ADD = 0.35, 0.45
"""Probabilities from which a hand of the rules stays, and from which another phrase becomes one."""
STRENGTHS = (0.1, 0.3, 1.0)
"""Inverse strengths of the penalty that are tried; each is a row of the result."""

PRONOUNS = frozenset({"il", "elle", "ils", "elles", "lui", "eux"})
Span = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """A phrase of a marked sentence, what surrounds it, and whether gold calls it a hand."""

    document: int
    text: str
    phrase: Phrase
    features: Mapping[str, float]
    gold: bool

    @property
    def span(self) -> Span:
        return self.phrase.start, self.phrase.end


def shape(reader: Reader, at: int) -> str:
    """Return the class of a token: verb of saying, auxiliary, head noun, capital, small word."""
    words, low = vocabulary(), reader.low(at)
    if not low:
        return "<>"
    if low in words.says:
        return "SAYS"
    if low in words.said:
        return "SAID"
    if low in words.stop or not low[0].isalnum():
        return low
    if reader.tokens[at].capital:
        return "Capital"
    if low in words.heads:
        return "head:" + words.heads[low][0]
    return "ant" if low.endswith("ant") else "word"


def describe(
    reader: Reader, phrase: Phrase, rules: Mapping[Span, Place], others: Sequence[Span]
) -> dict[str, float]:
    """Return what the tagger sees of a phrase."""
    span, first, after = (phrase.start, phrase.end), phrase.first, phrase.after
    place = rules.get(span)
    before = [shape(reader, first - step) for step in (1, 2, 3)]
    behind = [shape(reader, after + step) for step in (0, 1, 2)]
    straight = sum(reader.low(at) == '"' for at in range(first)) % 2 == 1
    opened = sum((reader.low(at) == "«") - (reader.low(at) == "»") for at in range(first)) > 0
    names = {
        f"type={phrase.type}",
        f"rule={place.role if place else ''}",
        f"rule={place.role if place else ''} type={phrase.type}",
        *(f"before{n}={one}" for n, one in enumerate(before[:2])),
        *(f"after{n}={one}" for n, one in enumerate(behind[:2])),
        f"before={before[1]} {before[0]}",
        f"after={behind[0]} {behind[1]}",
        f"before word={reader.low(first - 1)}",
        f"after word={reader.low(after)}",
        f"type={phrase.type} before={before[0]}",
        f"type={phrase.type} after={behind[0]}",
        f"type={phrase.type} said before={bool({'SAYS', 'SAID'} & set(before))}"
        f" after={bool({'SAYS', 'SAID'} & set(behind))}",
        f"head={phrase.head}",
        f"determiner={reader.low(first)}",
    }
    flags = {
        "named": bool(phrase.name),
        "definite": phrase.definite,
        "first": first == 0,
        "last": after >= len(reader.tokens) - 2,
        "quoted": straight or opened,
        "rules silent": not rules,
        "overlaps rule": any(
            a < phrase.end and phrase.start < b for a, b in rules if (a, b) != span
        ),
        "within": any(a <= span[0] and span[1] <= b for a, b in others if (a, b) != span),
        "around": any(span[0] <= a and b <= span[1] for a, b in others if (a, b) != span),
    }
    return {**dict.fromkeys(names, 1.0), **{name: 1.0 for name, on in flags.items() if on}}


def phrases_of(reader: Reader) -> dict[Span, Phrase]:
    """Return every phrase that can begin at a token, and pronouns, by their characters."""
    found: dict[Span, Phrase] = {}
    inside = {"le", "la", "les", "l'", "un", "une", "ce", "cette", "son", "sa", "ses"}
    for at, token in enumerate(reader.tokens):
        if token.low in PRONOUNS:
            phrase = Phrase(at, at + 1, token.start, token.end, "pronoun", token.low)
            found.setdefault((token.start, token.end), phrase)
        if at and reader.low(at - 1) in inside and reader.phrase(at - 1) is not None:
            continue
        for one in (reader.phrase(at), reader.somebody(at)):
            if one is not None:
                found.setdefault((one.start, one.end), one)
    return found


def candidates(number: int, read: ReadHands) -> Iterator[Candidate]:
    """Yield the candidates of every marked sentence of a document."""
    lexicon, gazetteer = load_lexicon(), load_gazetteer()
    flat = [normalise(unit.text).text for unit in read.context or read.units]
    learned = learn_outlets(normalise(read.article.title).text, flat)
    finder = HandFinder(gazetteer, learned)
    for mark, unit in zip(read.document.sentences, read.units, strict=True):
        normal = normalise(unit.text)
        covered = lexicon.read(normal.text)[0]
        reader = Reader(normal.text, finder.outlets(normal.text, covered))
        placed = order_places(reader, Places(reader, finder.words).find())
        rules = {(one.phrase.start, one.phrase.end): one for one, _ in placed}
        found = phrases_of(reader) | {span: one.phrase for span, one in rules.items()}
        gold = {(hand.start, hand.end) for hand in mark.hands}
        for span, phrase in found.items():
            features = describe(reader, phrase, rules, list(found))
            right = normal.original_span(*span) in gold
            yield Candidate(number, normal.text, phrase, features, right)


@dataclass
class Tagger:
    """Weights over features; a phrase's probability of being a hand."""

    vectorizer: DictVectorizer
    model: LogisticRegression

    @classmethod
    def train(cls, rows: Sequence[Candidate], strength: float) -> Tagger:
        vectorizer = DictVectorizer()
        matrix = vectorizer.fit_transform([row.features for row in rows])
        model = LogisticRegression(C=strength, max_iter=5000)
        return cls(vectorizer, model.fit(matrix, [row.gold for row in rows]))

    def probabilities(self, rows: Sequence[Candidate]) -> np.ndarray:
        """Return a probability for each row."""
        matrix = self.vectorizer.transform([row.features for row in rows])
        return np.asarray(self.model.predict_proba(matrix)[:, 1])

    def weights(self) -> dict[str, Any]:
        """Return the weights as plain JSON values."""
        names = self.vectorizer.get_feature_names_out()
        rounded = {
            name: round(float(w), 4) for name, w in zip(names, self.model.coef_[0], strict=True)
        }
        bias = round(float(self.model.intercept_[0]), 4)
        return {"bias": bias, "keep": KEEP, "add": ADD, "weights": rounded}


def cross_validate(rows: Sequence[Candidate], documents: int, strength: float) -> np.ndarray:
    """Return each row's probability by a tagger that has not seen its document."""
    order = np.random.default_rng(0).permutation(documents)
    fold = np.empty(documents, dtype=int)
    fold[order] = np.arange(documents) % FOLDS
    where = fold[[row.document for row in rows]]
    found = np.zeros(len(rows))
    for number in range(FOLDS):
        held = np.flatnonzero(where == number)
        tagger = Tagger.train(
            [row for row, at in zip(rows, where, strict=True) if at != number], strength
        )
        found[held] = tagger.probabilities([rows[n] for n in held])
    return found


def tagged_places(rows: Sequence[Candidate], probabilities: np.ndarray) -> type[Places]:
    """Return the rules with what the tagger drops and adds."""
    known: dict[str, list[tuple[float, Phrase]]] = {}
    for row, value in zip(rows, probabilities, strict=True):
        known.setdefault(row.text, []).append((float(value), row.phrase))

    class Tagged(Places):
        def find(self) -> list[Place]:
            base = {(one.phrase.start, one.phrase.end): one for one in super().find()}
            kept = [one for one in base.values() if one.role == "bare"]
            taken = [span for span, one in base.items() if one.role != "bare"]
            for value, phrase in sorted(known.get(self.reader.text, ()), key=lambda one: -one[0]):
                span = phrase.start, phrase.end
                if span in base:
                    if base[span].role != "bare" and value >= KEEP:
                        kept.append(base[span])
                elif (
                    value >= ADD
                    and phrase.type != "pronoun"
                    and all(span[1] <= a or b <= span[0] for a, b in taken)
                ):
                    taken.append(span)
                    role = "frame" if phrase.type in NEWSROOMS else "subject"
                    kept.append(Place(phrase, role, phrase.after, 1000 + phrase.first))
            return sorted(kept, key=lambda one: one.phrase.start)

    return Tagged


def judge(documents: Sequence[ReadHands], places: type[Places]) -> dict[str, dict[str, float]]:
    """Return the figures of the chains drawn from the hands that ``places`` finds."""
    import classifier.article.hands as home

    shipped, home.Places = home.Places, places  # type: ignore[misc]
    try:
        pairs = [(view_hands(one), find_view(one)[0]) for one in documents]
    finally:
        home.Places = shipped  # type: ignore[misc]
    figures = compare_views(pairs)
    return {
        name: {"value": one.value, "low": one.low, "high": one.high}
        for name, one in figures.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Print a line a system, and write figures and weights where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--weights", type=Path, metavar="OUT")
    options = parser.parse_args(arguments)
    keys = read_splits(options.data / "splits.json").keys("train")
    bench = load_bench(options.data, keys)
    documents = list(bench.documents)
    rows = [row for n, one in enumerate(documents) for row in candidates(n, one)]
    print(f"{len(documents)} training documents, {len(rows)} candidates, {FOLDS} folds")
    systems = {"rules": judge(documents, Places)}
    for strength in STRENGTHS:
        probabilities = cross_validate(rows, len(documents), strength)
        systems[f"rules and tagger, C = {strength}"] = judge(
            documents, tagged_places(rows, probabilities)
        )
    for name, figures in systems.items():
        print(f"{name:26s} " + "  ".join(f"{n} {figures[n]['value']:.3f}" for n in FIGURES))
    if options.json:
        document = {
            "documents": len(documents),
            "sentences": bench.sentences,
            "candidates": len(rows),
            "folds": FOLDS,
            "systems": systems,
        }
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if options.weights:
        weights = Tagger.train(rows, STRENGTHS[1]).weights()
        options.weights.write_text(json.dumps(weights, ensure_ascii=False, indent=0), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
