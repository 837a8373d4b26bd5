"""Which articles would teach the model most: those of whose sentences it is least sure.

    python -m experiments.corpus.uncertain > experiments/corpus/orangesum-uncertain.toml

Uncertainty sampling (Lewis & Gale, "A Sequential Algorithm for Training Text Classifiers", *SIGIR*
1994): articles that nobody has read, older than the test part, are scored by the default model, and
for each label those are listed that hold a sentence with a probability near its threshold. The list
says what is read and nothing of its label; it depends on the model that was the default that day,
so the plan that it wrote is kept.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from classifier.corpus.annotations import read_annotations
from classifier.corpus.dataset import Document, annotation_files
from classifier.corpus.sources import load_text
from classifier.models.families import load_model
from classifier.schema import load_schema
from classifier.text.segmentation import segment

SEED = 20261128
BEFORE = "2020-06-15"
SCORED = 9_000
AFTER = [
    "orangesum.toml",
    "orangesum-threats.toml",
    "orangesum-learning.toml",
    "orangesum-threats-2.toml",
    "orangesum-fresh.toml",
    "orangesum-fresh-threats.toml",
]
COUNTS = {"attribution_hedging": 45, "relay_sourcing": 60, "threat_rhetoric": 110}
RANDOM = 35
LOW, HIGH = 0.15, 0.85
"""A sentence is uncertain between these probabilities."""

HEAD = """\
# A seventh draw, for train alone: articles where the default model was least sure of a sentence.
# Written by experiments/corpus/uncertain.py with model {model}.
source = "orangesum"
seed = {seed}
whole = 13
run = 9
batch = 1000
first = 17
after = {after}
before = "{before}"

[[strata]]
name = "random"
count = {random}
"""


def main() -> None:
    """Print the plan."""
    model, info = load_model()
    articles = load_text("orangesum")
    read = {mark.id for mark in read_annotations(annotation_files(Path("data"), "orangesum"))}
    order = sorted(
        key
        for key, article in articles.items()
        if key not in read and article.published[:10] < BEFORE
    )
    random.Random(SEED).shuffle(order)
    names = load_schema().names
    unsure: dict[str, list[tuple[float, str, int]]] = {name: [] for name in names}
    for key in order[:SCORED]:
        sentences = tuple(segment(articles[key]))
        if len(sentences) < 8:
            continue
        probabilities = model.predict_proba([Document(articles[key], sentences)])
        for column, name in enumerate(names):
            threshold = float(model.thresholds[column])
            spots = [
                (abs(value - threshold), sentence.index)
                for sentence, value in zip(sentences, probabilities[:, column], strict=True)
                if LOW <= value <= HIGH and sentence.kind != "credit"
            ]
            if spots:
                unsure[name].append((min(spots)[0] / len(spots), key, min(spots)[1]))
    after = json.dumps(AFTER)
    known = {"seed": SEED, "before": BEFORE, "random": RANDOM, "after": after}
    print(HEAD.format(model=info.sha256[:12], **known))
    used: set[str] = set()
    for name in sorted(names, key=COUNTS.__getitem__, reverse=True):
        # A few more than are drawn: short or damaged articles are passed over.
        chosen = [spot for spot in sorted(unsure[name]) if spot[1] not in used]
        chosen = chosen[: COUNTS[name] + 20]
        used.update(key for _, key, _ in chosen)
        print(f'[[strata]]\nname = "uncertain:{name}"\ncount = {COUNTS[name]}\n[strata.at]')
        print("\n".join(f"{key} = {index}" for _, key, index in chosen) + "\n")
    print(f"{len(order[:SCORED])} articles scored", file=sys.stderr)


if __name__ == "__main__":
    main()
