"""Models side by side on the same sentences: verdicts, power, and where they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from classifier.corpus.dataset import LabelledDocuments, units
from classifier.errors import DataError
from classifier.evaluation.bench import Bench
from classifier.evaluation.blocks import Block, Heading, Paragraph, Table, to_html
from classifier.evaluation.comparison import Comparison, Difference, compare, differing_rows
from classifier.evaluation.metrics import Key
from classifier.evaluation.predictions import Judged, judge
from classifier.evaluation.ranked_comparison import (
    PERMUTATIONS as RANKED_PERMUTATIONS,
)
from classifier.evaluation.ranked_comparison import compare_calibration, compare_ranking
from classifier.evaluation.report import figure
from classifier.evaluation.subjects import Subject
from classifier.schema import load_schema, resource_bytes
from classifier.statistics import Resamples

REPLICATES = 2000
SEED = 20261122
PERMUTATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Differing:
    """One sentence on which two models answer differently under one label."""

    document: str
    index: int
    label: str
    gold: bool
    answers: tuple[bool, bool]
    probabilities: tuple[float, float]
    before: str
    text: str


@dataclass(frozen=True, eq=False)
class Contest:
    """A comparison of models and the sentences on which each pair differs.

    Attributes:
        comparison: by F1, label by label and macro (or by the scores that were asked for).
        ranking: by average precision and ROC-AUC, a family of its own.
        calibration: differences of ECE, not tested.
        split: the sentences that the verdicts are about.
        shown: the split that the differing sentences come from.
    """

    comparison: Comparison
    ranking: tuple[Difference, ...]
    calibration: tuple[Difference, ...]
    split: str
    sources: tuple[str, ...]
    articles: int
    sentences: int
    shown: str
    differing: Mapping[tuple[str, str], tuple[Differing, ...]]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All of them, tested and not."""
        return (*self.comparison.differences, *self.ranking, *self.calibration)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values, without text."""
        return {
            "split": self.split,
            "sources": list(self.sources),
            "articles": self.articles,
            "sentences": self.sentences,
            "alpha": self.comparison.alpha,
            "permutations": self.comparison.permutations,
            "family": self.comparison.family,
            "differences": [_plain(one) for one in self.comparison.differences],
            "ranking": [_plain(one) for one in self.ranking],
            "calibration": [_plain(one) for one in self.calibration],
            "differing_sentences": {
                " / ".join(pair): len(rows) for pair, rows in self.comparison.rows.items()
            },
        }


def _plain(one: Difference) -> dict[str, Any]:
    return {
        "first": one.first,
        "second": one.second,
        "scope": one.key.scope,
        "score": one.key.name,
        "first_value": one.first_value,
        "second_value": one.second_value,
        "difference": one.interval.value,
        "low": one.interval.low,
        "high": one.interval.high,
        "p": one.p_value,
        "p_holm": one.p_adjusted,
        "verdict": one.verdict,
        "detectable": one.detectable if math.isfinite(one.detectable) else None,
        "runs": list(one.runs),
        "note": one.note,
    }


def hold_contest(
    models: Mapping[str, Sequence[Subject]],
    bench: Bench,
    *,
    split: str = "test",
    shown: str = "validation",
    sources: Sequence[str] = (),
    keys: Sequence[Key] | None = None,
) -> Contest:
    """Compare models, each of one or several runs (seeds).

    Args:
        split: what is judged.
        shown: the split whose differing sentences are kept with their text; ``none`` for nothing.
        sources: of the split's articles; all by default.
        keys: scores; default F1 by label and macro.

    Raises:
        DataError: no annotated article of this split and these sources is here.
    """

    def keep(key: str) -> bool:
        return not sources or key.partition("/")[0] in sources

    data = bench.split(split, keep)
    if not len(data):
        missing = "; ".join(map(str, bench.missing)) or "none of these sources"
        raise DataError(f"split {split}", missing, "annotated articles with their text")
    left_out = bench.left_out if split == "test" else set()
    judged = {
        name: [judge(run, data, left_out=left_out) for run in runs] for name, runs in models.items()
    }
    first = next(iter(judged.values()))[0]
    resamples = Resamples.draw(first.clusters, replicates=REPLICATES, seed=SEED)
    outcomes = {name: [run.outcomes for run in runs] for name, runs in judged.items()}
    comparison = compare(outcomes, resamples, keys=keys, permutations=PERMUTATIONS, seed=SEED)
    differing = {}
    if shown != "none":
        other = bench.split(shown, keep) if shown != split else data
        again = judged
        if shown != split:
            again = {name: [judge(run, other) for run in runs] for name, runs in models.items()}
        for pair in comparison.rows:
            differing[pair] = tuple(_differing(again[pair[0]], again[pair[1]], other))
    return Contest(
        comparison,
        compare_ranking(outcomes, resamples, seed=SEED),
        compare_calibration(outcomes, resamples, seed=SEED),
        split,
        tuple(sources) or tuple(dict.fromkeys(mark.source for mark in data.marks)),
        len(first.clusters),
        len(first.outcomes),
        shown,
        differing,
    )


def _differing(
    first: Sequence[Judged], second: Sequence[Judged], data: LabelledDocuments
) -> list[Differing]:
    texts: dict[str, dict[int, str]] = {}
    for unit, number in zip(units(data.documents), data.rows, strict=True):
        texts.setdefault(data.marks[number].key, {})[unit.index] = unit.text
    found = []
    a, b = [one.outcomes for one in first], [one.outcomes for one in second]
    for column, label in enumerate(load_schema().names):
        for row in differing_rows(a, b, label):
            key, index = first[0].places[row]
            votes = [sum(bool(one.predicted[row, column]) for one in side) for side in (a, b)]
            means = [
                sum(
                    float(one.probabilities[row, column])
                    for one in side
                    if one.probabilities is not None
                )
                / len(side)
                for side in (a, b)
            ]
            found.append(
                Differing(
                    key,
                    index,
                    label,
                    bool(a[0].gold[row, column]),
                    (votes[0] * 2 > len(a), votes[1] * 2 > len(b)),
                    (means[0], means[1]),
                    texts[key].get(index - 1, ""),
                    texts[key][index],
                )
            )
    return found


def contest_blocks(contest: Contest, most: int = 200) -> list[Block]:
    """Return the contest as blocks of a report, with at most ``most`` sentences a pair."""
    found = contest.comparison
    blocks: list[Block] = [
        Paragraph(
            f"{contest.sentences:,} {contest.split} sentences of {contest.articles} articles "
            f"({', '.join(contest.sources)}). Paired randomisation test over articles "
            f"({found.permutations:,} exchanges), paired bootstrap of the difference (95 %, "
            f"percentile, {REPLICATES:,} draws), Holm's correction over {found.family} tests at "
            f"{found.alpha:g}. “Tied” says that this test set shows no difference; “could have "
            "shown” is the smallest true difference found with a power of 80 %."
        )
    ]
    if contest.ranking:
        blocks.append(
            Paragraph(
                "Average precision and ROC-AUC: the same test on ranks "
                f"({RANKED_PERMUTATIONS:,} exchanges), with Holm's correction over "
                f"{sum(not math.isnan(one.p_value) for one in contest.ranking)} tests of their "
                "own. ECE (ten bins of equal count): a difference with its interval, not tested; "
                "less is better."
            )
        )
    pairs = dict.fromkeys((one.first, one.second) for one in found.differences)
    for pair in pairs:
        blocks.append(Heading(2, f"{pair[0]} against {pair[1]}"))
        of_pair = [one for one in contest.differences if (one.first, one.second) == pair]
        blocks.append(Table(HEAD, [_row(one) for one in of_pair]))
        note = of_pair[0].note
        if note:
            blocks.append(Paragraph(f"Note: {note}."))
        rows = contest.differing.get(pair, ())
        if rows:
            blocks.append(
                Paragraph(
                    f"{len(rows)} answers differ on {contest.shown} sentences; the first "
                    f"{min(most, len(rows))} of them:"
                )
            )
            head = ("label", "gold", pair[0], pair[1], "sentence", "where")
            blocks.append(Table(head, [_sentence(one) for one in rows[:most]], 6))
    return blocks


HEAD = (
    "score",
    "first",
    "second",
    "difference",
    "p",
    "p (Holm)",
    "first is",
    "could have shown",
)


_SHORT = {"average_precision": "AP", "roc_auc": "ROC-AUC", "ece_equal_mass": "ECE", "f1": "F1"}


def _row(one: Difference) -> tuple[str, ...]:
    def number(value: float, digits: int) -> str:
        if math.isinf(value):
            return "nothing"  # too few articles for any difference, however large
        return "–" if math.isnan(value) else f"{value:.{digits}f}"

    return (
        f"{_SHORT.get(one.key.name, one.key.name)} {one.key.scope}",
        number(one.first_value, 3),
        number(one.second_value, 3),
        figure(one.interval),
        number(one.p_value, 4),
        number(one.p_adjusted, 4),
        one.verdict,
        number(one.detectable, 3),
    )


def _sentence(one: Differing) -> tuple[str, ...]:
    def answer(positive: bool, probability: float) -> str:
        right = "right" if positive == one.gold else "wrong"
        return f"{'yes' if positive else 'no'} ({probability:.2f}), {right}"

    return (
        one.label,
        "yes" if one.gold else "no",
        answer(one.answers[0], one.probabilities[0]),
        answer(one.answers[1], one.probabilities[1]),
        one.text,
        f"{one.document}#{one.index}",
    )


def contest_text(contest: Contest) -> str:
    """Return the verdicts as a plain table."""
    lines = [
        f"{contest.sentences:,} {contest.split} sentences of {contest.articles} articles: "
        f"{', '.join(contest.sources)}"
    ]
    for one in contest.differences:
        cells = dict(zip(HEAD, _row(one), strict=True))
        lines.append(
            f"{one.first} / {one.second}  {cells['score']:28s} {cells['first']} {cells['second']} "
            f"{cells['difference']:24s} p {cells['p']} (Holm {cells['p (Holm)']})  "
            f"{one.verdict:10s} could have shown {cells['could have shown']}"
        )
    notes = dict.fromkeys(one.note for one in contest.comparison.differences if one.note)
    return "\n".join([*lines, *(f"note: {note}" for note in notes)]) + "\n"


def contest_html(contest: Contest) -> str:
    """Return the contest as one self-contained page."""
    style = resource_bytes("evaluation/page.css").decode()
    title = " / ".join(
        dict.fromkeys(
            name for one in contest.comparison.differences for name in (one.first, one.second)
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>Comparison: {escape(title)}</title><style>{style}</style></head><body>"
        f"<h1>Comparison</h1>{to_html(contest_blocks(contest), 'c')}</body></html>\n"
    )
