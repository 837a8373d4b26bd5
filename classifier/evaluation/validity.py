"""Coded checks: may the figures of this evaluation be believed?

Each check answers ``passed``, ``warning``, ``failed`` or ``not_applicable``; the last is no pass. A
failed check fails the evaluation. What each means and what to do about it stands in
``docs/checks/CODE.md``.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.corpus.annotations import AnnotatedArticle
from classifier.corpus.sources import SOURCES
from classifier.corpus.splits import SPLITS, cluster_documents
from classifier.evaluation.bench import Bench
from classifier.evaluation.outcomes import Outcomes
from classifier.records import FIELDS
from classifier.schema import load_schema
from classifier.statistics import FloatArray

Status = Literal["passed", "warning", "failed", "not_applicable"]

CHECKS: Mapping[str, str] = {
    "CAD001": "near-duplicate documents in two splits",
    "CAD002": "shared passages (agency copy) in two splits",
    "CAD003": "test sentences that stand word for word in train or validation",
    "CAD004": "labels with too few positives in test",
    "CAD005": "labels whose share differs between train and test",
    "CAD006": "a label on which the model is worse than never giving it",
    "CAD007": "a label on which the model is worse than a list of key words",
    "CAD008": "documents without a split, or in a split that is not theirs",
    "CAD009": "a model trained under other splits than those it is judged under",
}
FEW = 30
SHARED_WORDS = 8
SHARED_PASSAGES = 20
SHARED_SHARE = 0.2
SHIFT = 1.5
SHIFT_P = 0.01
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Check:
    """The answer of one check.

    Attributes:
        finding: what was found, in one sentence.
        items: the places, documents or labels concerned; never text.
    """

    code: str
    status: Status
    finding: str
    items: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return CHECKS[self.code]

    @property
    def page(self) -> str:
        return f"docs/checks/{self.code}.md"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "title": self.title, "page": self.page}


def check_corpus(bench: Bench, *, thorough: bool = True) -> list[Check]:
    """Run the checks that need no model: CAD001 to CAD005 and CAD008.

    Args:
        thorough: also compare all documents with each other (CAD001, CAD002).
    """
    if bench.manifest is None or not bench.annotated:
        codes = ("CAD001", "CAD002", "CAD003", "CAD004", "CAD005", "CAD008")
        return [Check(code, "not_applicable", "no annotated text with splits") for code in codes]
    split = bench.manifest.assignment
    checks = []
    if thorough:
        checks.append(_near_duplicates(bench.annotated, split, bench.manifest.similarity))
        checks.append(_shared_passages(bench.annotated, split))
    else:
        checks += [
            Check(code, "not_applicable", "not compared in the quick suite")
            for code in ("CAD001", "CAD002")
        ]
    return [
        *checks,
        _repeated(bench),
        _few_positives(bench.annotated, split),
        _prevalence(bench.annotated, split),
        _placed(bench),
    ]


def check_model(
    outcomes: Outcomes | None,
    keywords: Outcomes | None,
    learned_from: Mapping[str, str],
    hashes: Mapping[str, str],
) -> list[Check]:
    """Run the checks of one model on the test sentences: CAD006, CAD007, CAD009.

    Args:
        outcomes, keywords: the model's and the keyword list's, on the same sentences.
        learned_from: path → SHA-256 of the data that the model says it learned from.
        hashes: path → SHA-256 of the data at hand.
    """
    checks = []
    if outcomes is None or not len(outcomes):
        reason = "no test sentence was judged"
        checks += [Check(code, "not_applicable", reason) for code in ("CAD006", "CAD007")]
    else:
        checks.append(_majority(outcomes))
        if keywords is None:
            checks.append(Check("CAD007", "not_applicable", "no keyword list was judged"))
        else:
            checks.append(_keywords(outcomes, keywords))
    name = "splits.json"
    if name not in learned_from:
        finding = "the model does not say under which splits it was trained"
        checks.append(Check("CAD009", "not_applicable", finding))
    elif name not in hashes:
        checks.append(Check("CAD009", "not_applicable", "no splits at hand"))
    elif learned_from[name] != hashes[name]:
        finding = (
            f"trained under splits {learned_from[name][:12]}…, judged under {hashes[name][:12]}…: "
            "it may have learned from what is test here"
        )
        checks.append(Check("CAD009", "failed", finding))
    else:
        checks.append(Check("CAD009", "passed", f"both {hashes[name][:12]}…"))
    return checks


def _near_duplicates(
    annotated: Sequence[AnnotatedArticle], split: Mapping[str, str], similarity: float
) -> Check:
    torn = [
        " ~ ".join(f"{key} ({split.get(key)})" for key in cluster)
        for cluster in cluster_documents(annotated, similarity)
        if len({split.get(key) for key in cluster}) > 1
    ]
    if torn:
        return Check("CAD001", "failed", f"{len(torn)} clusters stand in two splits", tuple(torn))
    finding = f"no cluster of {len(annotated)} documents (Jaccard {similarity}) stands in two"
    return Check("CAD001", "passed", finding)


def passages(one: AnnotatedArticle) -> set[int]:
    """Return the hashes of a document's runs of :data:`SHARED_WORDS` words."""
    words = _WORD.findall(" ".join(one.article.content(field) for field in FIELDS).lower())
    return {
        hash(tuple(words[start : start + SHARED_WORDS]))
        for start in range(len(words) - SHARED_WORDS + 1)
    }


def _shared_passages(annotated: Sequence[AnnotatedArticle], split: Mapping[str, str]) -> Check:
    found = [passages(one) for one in annotated]
    holders: dict[int, list[int]] = {}
    for number, runs in enumerate(found):
        for run in runs:
            holders.setdefault(run, []).append(number)
    keys = [one.document.key for one in annotated]
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in holders.values():
        # A run that many documents share is boilerplate of a site, no common story.
        if 1 < len(numbers) <= 10:
            for position, first in enumerate(numbers):
                for second in numbers[position + 1 :]:
                    if split.get(keys[first]) != split.get(keys[second]):
                        shared[first, second] += 1
    torn = []
    for (first, second), count in shared.most_common():
        share = count / max(1, min(len(found[first]), len(found[second])))
        if count >= SHARED_PASSAGES and share >= SHARED_SHARE:
            places = " and ".join(f"{keys[k]} ({split.get(keys[k])})" for k in (first, second))
            torn.append(f"{places}: {count} runs, {share:.0%} of the shorter")
    if torn:
        return Check("CAD002", "failed", f"{len(torn)} pairs share agency copy", tuple(torn))
    finding = (
        f"no pair over two splits shares {SHARED_PASSAGES} runs of {SHARED_WORDS} words and "
        f"{SHARED_SHARE:.0%} of the shorter text"
    )
    return Check("CAD002", "passed", finding)


def _repeated(bench: Bench) -> Check:
    left = sorted(f"{key}#{index}" for key, index in bench.left_out)
    if left:
        finding = f"{len(left)} test sentences stand elsewhere too; they are left out of scores"
        return Check("CAD003", "warning", finding, tuple(left))
    return Check("CAD003", "passed", "none of four words or more")


def _counts(
    annotated: Iterable[AnnotatedArticle], split: Mapping[str, str], name: str
) -> tuple[list[AnnotatedArticle], FloatArray]:
    """Return a split's documents and their counts (documents, labels + 1), units last."""
    names = load_schema().names
    documents = [one for one in annotated if split.get(one.document.key) == name]
    counts = np.array(
        [
            [sum(label in mark.labels for mark in marks) for label in names] + [len(marks)]
            for one in documents
            for marks in [[m for m in one.document.sentences if m.kind != "credit"]]
        ],
        dtype=np.float64,
    )
    return documents, counts.reshape(-1, len(names) + 1)


def _few_positives(annotated: Sequence[AnnotatedArticle], split: Mapping[str, str]) -> Check:
    documents, counts = _counts(annotated, split, "test")
    if not documents:
        return Check("CAD004", "not_applicable", "no test document")
    names = load_schema().names
    few = []
    for source in dict.fromkeys(one.document.source for one in documents):
        rows = [k for k, one in enumerate(documents) if one.document.source == source]
        few += [
            f"{source} {name}: {int(count)}"
            for name, count in zip(names, counts[rows].sum(axis=0), strict=False)
            if count < FEW
        ]
    if few:
        finding = f"under {FEW} positives: intervals are wide there, and some scores undefined"
        return Check("CAD004", "warning", finding, tuple(few))
    return Check("CAD004", "passed", f"{FEW} positives or more of every label in every source")


def _prevalence(annotated: Sequence[AnnotatedArticle], split: Mapping[str, str]) -> Check:
    names = load_schema().names
    moved, compared = [], 0
    sources = dict.fromkeys(one.document.source for one in annotated)
    for source in sources:
        of_source = [one for one in annotated if one.document.source == source]
        train, before = _counts(of_source, split, "train")
        test, after = _counts(of_source, split, "test")
        if len(train) < 10 or len(test) < 10:
            continue
        for column, name in enumerate(names):
            compared += 1
            columns = [column, len(names)]
            shares, p_value = prevalence_shift(before[:, columns], after[:, columns])
            low, high = sorted(shares)
            if p_value < SHIFT_P and high > SHIFT * max(low, 1e-9):
                moved.append(
                    f"{source} {name}: {shares[0]:.1%} in train, {shares[1]:.1%} in test "
                    f"(p = {p_value:.4f})"
                )
    if not compared:
        return Check("CAD005", "not_applicable", "no source with ten documents in train and test")
    if moved:
        finding = f"{len(moved)} of {compared} shares differ by more than a factor of {SHIFT}"
        return Check("CAD005", "warning", finding, tuple(moved))
    return Check("CAD005", "passed", f"none of {compared} shares")


def prevalence_shift(
    first: npt.ArrayLike, second: npt.ArrayLike, *, permutations: int = 2000, seed: int = 0
) -> tuple[tuple[float, float], float]:
    """Return the two shares, and the p-value of a permutation test over whole articles.

    Args:
        first, second: (articles, 2) positives and sentences of each article.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)

    def share(counts: FloatArray) -> FloatArray:
        return np.asarray(counts[..., 0] / np.maximum(1.0, counts[..., 1]))

    both = np.concatenate([a, b])
    rng = np.random.default_rng(seed)
    observed = abs(float(share(a.sum(0)) - share(b.sum(0))))
    total = both.sum(axis=0)
    extreme = 0
    for _ in range(permutations):
        drawn = both[rng.permutation(len(both))[: len(a)]].sum(axis=0)
        extreme += abs(float(share(drawn) - share(total - drawn))) >= observed - 1e-12
    shares = (float(share(a.sum(0))), float(share(b.sum(0))))
    return shares, (1 + extreme) / (1 + permutations)


def _majority(outcomes: Outcomes) -> Check:
    errors = (outcomes.gold != outcomes.predicted).sum(axis=0)
    never = outcomes.gold.sum(axis=0)
    worse = [
        f"{name}: {int(wrong)} errors, {int(blank)} by never giving it"
        for name, wrong, blank in zip(outcomes.labels, errors, never, strict=True)
        if wrong > blank
    ]
    if worse:
        finding = "more errors than a model that never gives the label"
        return Check("CAD006", "warning", finding, tuple(worse))
    return Check("CAD006", "passed", "fewer errors than never giving it, for every label")


def _f1(outcomes: Outcomes) -> FloatArray:
    hits = (outcomes.gold & outcomes.predicted).sum(axis=0)
    all_ = outcomes.gold.sum(axis=0) + outcomes.predicted.sum(axis=0)
    return np.asarray(np.where(all_ > 0, 2 * hits / np.maximum(all_, 1), math.nan))


def _keywords(outcomes: Outcomes, keywords: Outcomes) -> Check:
    ours, theirs = _f1(outcomes), _f1(keywords)
    worse = [
        f"{name}: F1 {mine:.3f}, key words {other:.3f}"
        for name, mine, other in zip(outcomes.labels, ours, theirs, strict=True)
        if mine < other
    ]
    if worse:
        return Check("CAD007", "warning", "a lower F1 than a list of key words", tuple(worse))
    return Check("CAD007", "passed", "a higher F1 than key words wherever both are defined")


def _placed(bench: Bench) -> Check:
    assert bench.manifest is not None
    wrong = []
    for one in bench.annotated:
        where = bench.manifest.assignment.get(one.document.key)
        source = SOURCES.get(one.document.source)
        first = bench.manifest.newest.get(one.document.source, "9999")
        if where not in SPLITS:
            wrong.append(f"{one.document.key}: no split")
        elif where != "test" and source is not None and source.test_only:
            wrong.append(f"{one.document.key}: {where}, but its source is for tests only")
        elif where != "test" and one.document.date >= first:
            wrong.append(f"{one.document.key}: {where}, but among the newest of its source")
    if wrong:
        return Check("CAD008", "failed", f"{len(wrong)} documents", tuple(wrong))
    return Check("CAD008", "passed", f"all {len(bench.annotated)} documents")
