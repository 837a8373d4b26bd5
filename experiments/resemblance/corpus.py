"""Pseudo-news and press matched to it on topic: what the resemblance score is trained on.

Pseudo-news: PPN (four sites, 2022-2023, CC BY-NC 4.0), French, 80 words or more, each text once.
Press: OrangeSum (2011-2020), articles that nobody annotated, one for each pseudo-news article, the
nearest free one by TF-IDF of content words. What cannot be matched is said, not hidden: the press
text ends in 2020, before the war that most of PPN is about.
"""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.article.resemblance import LEAST_WORDS, count_words, measure_style
from classifier.article.similarity import rarity, stem
from classifier.corpus.annotations import read_annotations
from classifier.corpus.dataset import annotation_files
from classifier.corpus.sources import load_text
from classifier.records import Article
from classifier.scoring import Scorer
from classifier.text.language import detect

_WORD = re.compile(r"[^\W\d_]+")
CACHE = Path(".cadrage/resemblance")


@dataclass(frozen=True)
class Sample:
    """One article as the models of the experiment see it.

    Attributes:
        site: the site, of a press article that of the article it was matched to.
        pseudo: whether it is pseudo-news.
        style: framing and style features.
        topic: stems of content words, names left out.
        bag: all words.
        similarity: of the matched pair, 0 to 1.
    """

    key: str
    site: str
    pseudo: bool
    style: dict[str, float]
    topic: tuple[str, ...]
    bag: tuple[str, ...]
    similarity: float


def build_samples(scorer: Scorer) -> tuple[list[Sample], dict[str, object]]:
    """Return matched samples and what was left out; cached by the scorer's hash."""
    cache = CACHE / f"samples-{scorer.info.sha256[:12]}.pickle"
    if cache.exists():
        return pickle.loads(cache.read_bytes())  # written by this very function, below
    pseudo, dropped = _pseudo_news()
    annotated = {one.id for one in read_annotations(annotation_files(Path("data"), "orangesum"))}
    press = {
        key: one
        for key, one in load_text("orangesum").items()
        if key not in annotated and len(_WORD.findall(one.text)) >= LEAST_WORDS + 20
    }
    pairs = _match(pseudo, list(press.values()))
    samples = []
    for one, other, similarity in pairs:
        mine, theirs = _sample(scorer, one, one.publisher, True, similarity), None
        if mine is not None:
            theirs = _sample(scorer, other, one.publisher, False, similarity)
        if mine is None or theirs is None:
            dropped["too short once segmented"] = dropped.get("too short once segmented", 0) + 1
            continue
        samples += [mine, theirs]
    facts: dict[str, object] = {"left_out": dropped, "press_pool": len(press)}
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_bytes(pickle.dumps((samples, facts)))
    return samples, facts


def other_press(scorer: Scorer) -> list[Sample]:
    """Return regional press of another source and age: what the model takes for pseudo-news there
    is taken for it because it is not OrangeSum.
    """
    found = [_sample(scorer, one, "sequoia", False, 0.0) for one in load_text("sequoia").values()]
    return [one for one in found if one is not None]


def _pseudo_news() -> tuple[list[Article], dict[str, int]]:
    kept: dict[str, Article] = {}
    dropped = {"too short": 0, "not French": 0, "double": 0}
    for one in load_text("ppn").values():
        opening = " ".join(one.text.split())[:200]
        if len(_WORD.findall(one.text)) < LEAST_WORDS + 20:
            dropped["too short"] += 1
        elif detect(one.text[:2000]) != "fr":
            dropped["not French"] += 1
        elif opening in kept:
            dropped["double"] += 1
        else:
            kept[opening] = one
    return list(kept.values()), dropped


def _match(pseudo: list[Article], press: list[Article]) -> list[tuple[Article, Article, float]]:
    """Pair each article with its nearest free press article, the nearest pairs first."""
    vectorizer = TfidfVectorizer(
        token_pattern=r"(?u)[^\W\d_]{4,}", max_df=0.15, min_df=5, sublinear_tf=True
    )
    texts = [f"{one.title} {one.text}" for one in (*pseudo, *press)]
    table = vectorizer.fit_transform(texts).astype(np.float32)
    mine, theirs = table[: len(pseudo)], table[len(pseudo) :]
    nearest: list[tuple[float, int, int]] = []
    for start in range(0, len(pseudo), 200):
        block: NDArray[np.float32] = (mine[start : start + 200] @ theirs.T).toarray()
        best = np.argpartition(-block, 60, axis=1)[:, :60]
        nearest += [
            (float(block[row, column]), start + row, int(column))
            for row in range(len(block))
            for column in best[row]
        ]
    nearest.sort(key=lambda one: (-one[0], one[1], one[2]))
    taken: set[int] = set()
    found: dict[int, tuple[int, float]] = {}
    for similarity, row, column in nearest:
        if row not in found and column not in taken:
            found[row] = (column, similarity)
            taken.add(column)
    return [(pseudo[row], press[column], s) for row, (column, s) in sorted(found.items())]


def _sample(
    scorer: Scorer, article: Article, site: str, pseudo: bool, similarity: float
) -> Sample | None:
    score = scorer.score(article)
    if count_words(score.sentences) < LEAST_WORDS:
        return None
    body = [
        one.sentence.text
        for one in score.sentences
        if one.sentence.field == "text" and one.sentence.kind == "sentence"
    ]
    table, rarest = rarity()
    topic = [
        stem(word)
        for text in body
        for word in _WORD.findall(text)[1:]
        if len(word) > 3 and word.islower() and table.get(stem(word), rarest) >= 1.5
    ]
    bag = [word.casefold() for text in body for word in _WORD.findall(text)]
    style = measure_style(score.sentences)
    return Sample(article.id, site, pseudo, style, tuple(topic), tuple(bag), similarity)
