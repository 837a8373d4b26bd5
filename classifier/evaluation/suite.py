"""The whole evaluation of one model: every part that applies, and why the others do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from classifier.corpus.annotations import DocumentMark
from classifier.corpus.dataset import LabelledDocuments
from classifier.corpus.sources import SOURCES
from classifier.errors import Fault
from classifier.evaluation.behaviour import BREAK, Behaviour, load_cases, run_behaviour
from classifier.evaluation.bench import Bench
from classifier.evaluation.calibration import LabelCalibration, measure_calibration
from classifier.evaluation.cost import Cost, measure_cost
from classifier.evaluation.harness import (
    Evaluation,
    divide_judged,
    parts_of_mark,
    plain_interval,
)
from classifier.evaluation.metrics import score
from classifier.evaluation.neutrality import (
    Neutrality,
    summarise_swaps,
    swap_sentences,
    swap_templates,
)
from classifier.evaluation.outcomes import Outcomes
from classifier.evaluation.predictions import Judged, judge
from classifier.evaluation.reference import Reference, measure_reference
from classifier.evaluation.slices import (
    DeviceRecall,
    Rates,
    Slice,
    device_recall,
    measure_slices,
    natural_rates,
)
from classifier.evaluation.subjects import Predictions, Subject, platt_of
from classifier.evaluation.validity import Check, check_corpus, check_model
from classifier.models.rules import RULE_FAMILIES
from classifier.models.store import default_directory, open_model
from classifier.records import Article, ModelInfo
from classifier.schema import load_schema
from classifier.scoring import Scorer

Suite = Literal["full", "quick"]
Say = Callable[[str], None]
BASELINES = ("majority", "keywords", "lexicon")


@dataclass(frozen=True, eq=False)
class Browsable:
    """Judged sentences that a report shows one by one, with their text."""

    split: str
    judged: Judged
    data: LabelledDocuments


@dataclass(frozen=True, eq=False)
class Dossier:
    """Everything that one evaluation found.

    Attributes:
        split: whose figures these are.
        evaluation: scores by source.
        slices: by source, selection, topic, year and style, and by split.
        calibration: part → labels; ``all`` is the whole split.
        baselines: family → part → macro F1.
        references: agreement of the annotation passes by source.
        templates, sentences: neutrality.
        browsable: what the error browser shows; None for nothing.
        not_run: parts that did not run, why, and what would make them run.
        seconds: how long it took.
    """

    suite: Suite
    split: str
    evaluation: Evaluation
    slices: tuple[Slice, ...]
    devices: tuple[DeviceRecall, ...]
    rates: tuple[Rates, ...]
    calibration: Mapping[str, tuple[LabelCalibration, ...]]
    checks: tuple[Check, ...]
    baselines: Mapping[str, Mapping[str, float]]
    references: tuple[Reference, ...]
    behaviour: Behaviour | None
    templates: Neutrality | None
    sentences: Neutrality | None
    cost: Cost | None
    browsable: Browsable | None
    not_run: tuple[Fault, ...]
    hashes: Mapping[str, str]
    seconds: float

    @property
    def model(self) -> ModelInfo:
        return self.evaluation.model

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that fail this evaluation."""
        return tuple(check for check in self.checks if check.status == "failed")

    def as_dict(self) -> dict[str, Any]:
        """Return everything but texts that may not be published, as plain values."""
        return {
            **self.evaluation.as_dict(),
            "suite": self.suite,
            "split": self.split,
            "seconds": self.seconds,
            "data": dict(self.hashes),
            "slices": [
                {
                    "dimension": one.dimension,
                    "value": one.value,
                    "articles": one.articles,
                    "sentences": one.sentences,
                    "scores": {
                        scope: {name: plain_interval(i) for name, i in scores.items()}
                        for scope, scores in one.scores.items()
                    },
                }
                for one in self.slices
            ],
            "devices": [
                {
                    "part": one.part,
                    "label": one.label,
                    "device": one.device,
                    "support": one.support,
                    "false": one.false,
                    "recall": plain_interval(one.recall),
                    "named": plain_interval(one.named),
                }
                for one in self.devices
            ],
            "natural_rates": [
                {
                    "source": one.source,
                    "articles": one.articles,
                    "sentences": one.sentences,
                    "gold": {name: plain_interval(i) for name, i in one.gold.items()},
                    "predicted": {name: plain_interval(i) for name, i in one.predicted.items()},
                }
                for one in self.rates
            ],
            "calibration": {
                part: {one.label: one.as_dict() for one in labels}
                for part, labels in self.calibration.items()
            },
            "checks": [check.as_dict() for check in self.checks],
            "baselines": {name: dict(parts) for name, parts in self.baselines.items()},
            "agreement": {one.source: one.as_dict() for one in self.references},
            "behaviour": self.behaviour.as_dict() if self.behaviour else None,
            "neutrality": {
                "templates": self.templates.as_dict() if self.templates else None,
                "sentences": self.sentences.as_dict() if self.sentences else None,
            },
            "cost": self.cost.as_dict() if self.cost else None,
            "not_run": [
                {"part": one.where, "found": one.found, "fix": one.fix or one.expected}
                for one in self.not_run
            ],
        }


def run_suite(
    subject: Subject,
    bench: Bench,
    *,
    directory: Path | None = None,
    suite: Suite = "full",
    split: str = "test",
    browse: str = "validation",
    say: Say = lambda _: None,
) -> Dossier:
    """Evaluate a model, or a file of predictions, on everything that is here.

    Args:
        directory: of the model; None for the one in the package.
        suite: ``quick`` leaves out other splits, slices, agreement, comparison of all documents
            with each other, and real sentences of the neutrality test.
        split: whose scores are given.
        browse: the split that the error browser shows; not test by default, so that looking at
            errors does not wear the test set out.
    """
    begun = time.perf_counter()
    full = suite == "full"
    not_run = list(bench.missing)
    covers = subject.covers if isinstance(subject, Predictions) else None
    data = bench.split(split, covers)
    left_out = bench.left_out if split == "test" else set()
    say(f"judging {len(data):,} units of {len(data.documents)} {split} articles")
    judged = judge(subject, data, left_out=left_out)
    parts = divide_judged(judged, data)
    evaluation = Evaluation(subject.info, parts)
    if not len(data):
        not_run.append(
            Fault("scores", f"no annotated {split} article", "annotations, text and splits")
        )
    slices: tuple[Slice, ...] = ()
    if full and len(data):
        say("slices and splits")
        slices = measure_slices(judged, data) + _other_splits(subject, bench, split, covers)
    baselines, keywords = _baselines(data, left_out, full)
    scorer = subject if isinstance(subject, Scorer) else None
    learned: Mapping[str, str] = {}
    if scorer is not None:
        learned = open_model(directory or default_directory()).manifest.data
    say("checks")
    hashes = bench.hashes()
    checks = check_corpus(bench, thorough=full)
    checks += check_model(judged.outcomes, keywords, learned, hashes)
    references: list[Reference] = []
    if full:
        say("agreement of the annotation passes")
        for source in bench.sources:
            reference = measure_reference(bench.data, source)
            if isinstance(reference, str):
                not_run.append(Fault("agreement", reference, "both annotation passes"))
            else:
                references.append(reference)
    behaviour = templates = sentences = cost = None
    if scorer is None:
        for part in ("behaviour", "neutrality", "cost"):
            not_run.append(Fault(part, "predictions from a file", "a model that can be asked"))
    else:
        say("behaviour")
        behaviour = run_behaviour(scorer)
        say("neutrality")
        templates = summarise_swaps("templates", swap_templates(scorer))
        if full:
            swaps = swap_sentences(scorer, bench.learnable(), _quotable)
            sentences = summarise_swaps("real sentences", swaps)
        say("cost")
        articles = timed_articles(bench, 300 if full else 60)
        cost = measure_cost(scorer, directory, articles, repeats=3 if full else 1)
    shown = _browsable(subject, bench, browse, covers, (split, judged, data))
    return Dossier(
        suite,
        split,
        evaluation,
        slices,
        _devices(judged, evaluation) if len(data) else (),
        natural_rates(judged, data) if len(data) else (),
        _calibrations(judged, parts_outcomes(evaluation), subject),
        tuple(sorted(checks, key=lambda check: check.code)),
        baselines,
        tuple(references),
        behaviour,
        templates,
        sentences,
        cost,
        shown,
        tuple(not_run),
        hashes,
        time.perf_counter() - begun,
    )


def _devices(judged: Judged, evaluation: Evaluation) -> tuple[DeviceRecall, ...]:
    found = device_recall(judged)
    for name, part in evaluation.parts.items():
        found += device_recall(part.judged, name)
    return found


def parts_outcomes(evaluation: Evaluation) -> dict[str, Outcomes]:
    """Return part → outcomes."""
    return {name: part.judged.outcomes for name, part in evaluation.parts.items()}


def _quotable(source: str) -> bool:
    known = SOURCES.get(source)
    return known is None or not known.third_party


def _other_splits(
    subject: Subject, bench: Bench, split: str, covers: Callable[[str], bool] | None
) -> tuple[Slice, ...]:
    """Score every split as one slice; a model has seen train, and was calibrated on validation."""
    found: list[Slice] = []
    for name in ("train", "validation", "test"):
        data = bench.split(name, covers)
        if not len(data):
            continue
        where = {"split": name}
        left_out = bench.left_out if name == "test" else set()
        judged = judge(subject, data, left_out=left_out)
        found += measure_slices(judged, data, by=partial(_constant, where))
    return tuple(found)


def _constant(where: Mapping[str, str], _: DocumentMark) -> Mapping[str, str]:
    return where


def _baselines(
    data: LabelledDocuments, left_out: set[tuple[str, int]], full: bool
) -> tuple[dict[str, dict[str, float]], Outcomes | None]:
    """Judge the baselines: macro F1 of each part, and the keyword list's outcomes."""
    if not len(data):
        return {}, None
    found: dict[str, dict[str, float]] = {}
    keywords = None
    for family in BASELINES if full else ("keywords",):
        model = RULE_FAMILIES[family]()
        names = load_schema().names
        info = ModelInfo(family, "", "", dict(zip(names, model.thresholds.tolist(), strict=True)))
        judged = judge(Scorer(model, info, info.thresholds), data, left_out=left_out)
        if family == "keywords":
            keywords = judged.outcomes
        found[family] = macro_by_part(judged, data)
    return found, keywords


def macro_by_part(judged: Judged, data: LabelledDocuments) -> dict[str, float]:
    """Return part → macro F1, without intervals."""
    marks = {mark.key: mark for mark in data.marks}
    rows: dict[str, list[int]] = {}
    for row, (key, _) in enumerate(judged.places):
        for name in parts_of_mark(marks[key].source, marks[key].selection):
            rows.setdefault(name, []).append(row)
    out = {}
    for name, index in sorted(rows.items()):
        part = judged.outcomes.take(index)
        out[name] = score(Outcomes(part.labels, part.gold, part.predicted))["macro"]["f1"].value
    return out


def _calibrations(
    judged: Judged, parts: Mapping[str, Outcomes], subject: Subject
) -> dict[str, tuple[LabelCalibration, ...]]:
    platt = platt_of(subject)
    found = {"all": measure_calibration(judged.outcomes, platt)}
    found |= {
        name: measure_calibration(outcomes, platt)
        for name, outcomes in parts.items()
        if len(outcomes) >= 200
    }
    return {name: labels for name, labels in found.items() if labels}


def timed_articles(bench: Bench, most: int) -> list[Article]:
    """Return articles to time a model on: evenly from what is here, else the behavioural cases."""
    articles = list({id(one.article): one.article for one in bench.annotated}.values())
    if articles:
        step = max(1, -(-len(articles) // most))
        return articles[::step]
    texts = [case.texts[0].replace(BREAK, " ") for case in load_cases()]
    return [
        Article(id=f"cases-{start}", text="\n".join(texts[start : start + 12]))
        for start in range(0, len(texts), 12)
    ][:most]


def _browsable(
    subject: Subject,
    bench: Bench,
    browse: str,
    covers: Callable[[str], bool] | None,
    known: tuple[str, Judged, LabelledDocuments],
) -> Browsable | None:
    if browse == "none":
        return None
    split, judged, data = known
    if browse != split:
        data = bench.split(browse, covers)
        judged = judge(subject, data)
    return Browsable(browse, judged, data) if len(data) else None
