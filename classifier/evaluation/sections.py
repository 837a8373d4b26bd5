"""What a report says of one model, section by section."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from classifier.evaluation.blocks import Block, Heading, Paragraph, Pictures, Table
from classifier.evaluation.calibration import risk_at
from classifier.evaluation.harness import WITHOUT_MILD
from classifier.evaluation.metrics import SCORES
from classifier.evaluation.neutrality import GOAL, Neutrality
from classifier.evaluation.report import figure
from classifier.evaluation.slices import DeviceRecall, Slice
from classifier.evaluation.suite import Dossier
from classifier.evaluation.svg import Series, chart
from classifier.schema import load_schema
from classifier.statistics import Interval

_MAIN = ("precision", "recall", "f1")
_MORE = (
    "average_precision",
    "roc_auc",
    "mcc",
    "specificity",
    "brier",
    "span_exact",
    "span_overlap",
    "depth_exact",
    "depth_within_one",
)
_TITLES = {WITHOUT_MILD: "hedging without frame"}


def sections(dossier: Dossier) -> list[Block]:
    """Return all blocks of one model's report."""
    parts = (
        _about,
        _checks,
        _scores,
        _rates,
        _slices,
        _calibration,
        _behaviour,
        _neutrality,
        _cost,
        _not_run,
    )
    return [block for part in parts for block in part(dossier)]


def share(value: float, digits: int = 1) -> str:
    """Return a share in per cent; undefined is a dash."""
    return "–" if math.isnan(value) else f"{100 * value:.{digits}f} %"


def share_interval(one: Interval, digits: int = 1) -> str:
    """Return ``2.1 % [1.0, 3.4]``."""
    text = share(one.value, digits)
    if not math.isnan(one.low):
        text += f" [{100 * one.low:.{digits}f}, {100 * one.high:.{digits}f}]"
    return text


def _about(dossier: Dossier) -> Iterator[Block]:
    info = dossier.model
    thresholds = ", ".join(f"{name} {value:.3f}" for name, value in info.thresholds.items())
    yield Paragraph(
        f"Model {info.name} {info.version}, SHA-256 {info.sha256[:16]}…; thresholds: {thresholds}. "
        f"Figures are of the {dossier.split} part unless said otherwise. Intervals are of 95 %, by "
        "bootstrap over whole articles (2,000 draws, BCa; in slices 1,000, percentile; seed "
        f"20261122). A dash is an undefined figure. Suite: {dossier.suite}, "
        f"{dossier.seconds:.0f} s."
    )


def _checks(dossier: Dossier) -> Iterator[Block]:
    yield Heading(2, "Checks")
    yield Paragraph(
        "“Not applicable” is not “passed”. A failed check fails the evaluation. What each means "
        "stands in docs/checks."
    )
    rows = [
        (one.code, one.title, one.status.replace("_", " "), one.finding) for one in dossier.checks
    ]
    yield Table(("code", "looks for", "answer", "found"), rows, numeric=4)
    items = [(one.code, item) for one in dossier.checks for item in one.items[:50]]
    if items:
        yield Table(("code", "where"), items, numeric=2, folded="Where the checks found something")


def _scores(dossier: Dossier) -> Iterator[Block]:
    yield Heading(2, "Scores")
    references = {one.source: one for one in dossier.references}
    names = load_schema().names
    for name, part in dossier.evaluation.parts.items():
        yield Heading(3, name)
        yield Paragraph(
            f"{len(part.judged.outcomes):,} sentences of {len(part.judged.clusters)} articles."
        )
        reference = references.get(name.removesuffix("-random"))
        rows = []
        for scope in (*names, "macro", "micro", WITHOUT_MILD):
            scores = part.intervals[scope]
            gold = scores.get("support")
            human = kappa = "–"
            if reference is not None and scope in reference.f1:
                human = f"{reference.f1[scope]:.3f}"
                kappa = figure(reference.figures[scope]["kappa"])
            rows.append(
                (
                    _TITLES.get(scope, scope),
                    f"{gold.value:.0f}" if gold else "",
                    *(figure(scores[key]) for key in _MAIN),
                    human,
                    kappa,
                )
            )
        head = ("label", "gold", *_MAIN, "F1 of pass A against B", "κ of the passes")
        yield Table(head, rows)
        baselines = {
            family: parts[name] for family, parts in dossier.baselines.items() if name in parts
        }
        if baselines:
            told = ", ".join(
                f"{family} {'–' if math.isnan(value) else f'{value:.3f}'}"
                for family, value in baselines.items()
            )
            yield Paragraph(f"Macro F1 of the baselines on the same sentences: {told}.")
        more = [
            (
                _TITLES.get(scope, scope),
                key,
                figure(scores[key]),
                scores[key].reason if math.isnan(scores[key].value) else "",
            )
            for scope, scores in part.intervals.items()
            for key in (*_MORE, "exact_match", "ece_equal_mass")
            if key in scores and SCORES[key].meaning
        ]
        yield Table(("scope", "score", "value", "why undefined"), more, 2, "More scores")


def _rates(dossier: Dossier) -> Iterator[Block]:
    if not dossier.rates:
        return
    yield Heading(2, "Natural rates")
    yield Paragraph(
        "Share of sentences under each label in randomly drawn articles alone; articles sought for "
        "rare devices would bias it."
    )
    rows = [
        (
            f"{one.source} ({one.articles} articles)",
            name,
            share_interval(one.gold[name]),
            share_interval(one.predicted[name]),
        )
        for one in dossier.rates
        for name in one.gold
    ]
    yield Table(("source", "label", "gold", "predicted"), rows, 2)


def _slice_row(one: Slice) -> tuple[str, ...]:
    cells = []
    for scope in (*load_schema().names, "macro", "micro"):
        scores = one.scores[scope]
        cells.append(figure(scores["f1"], 2))
    return (one.value, str(one.articles), str(one.sentences), *cells)


def _device_row(one: DeviceRecall) -> tuple[str, ...]:
    found = (figure(one.recall, 2), figure(one.named, 2), str(one.false))
    return (one.label, one.device, str(one.support), *found)


def _slices(dossier: Dossier) -> Iterator[Block]:
    yield Heading(2, "Devices")
    yield Paragraph(
        "Recall: share of the sentences that show the device in gold and are found under its "
        "label. Named: share of those whose predicted cues name the device too. False: sentences "
        "flagged against gold on such a cue."
    )
    for part in dict.fromkeys(one.part for one in dossier.devices):
        recalls = [_device_row(one) for one in dossier.devices if one.part == part]
        columns = ("label", "device", "gold", "recall", "named", "false")
        yield Table(columns, recalls, 2, "" if part == "all" else f"Devices in {part}")
    if not dossier.slices:
        return
    yield Heading(2, "Slices")
    yield Paragraph(
        "F1 by split, source, selection, topic, year and style, of slices with five articles or "
        "more. The model learned from train and was calibrated on validation: their figures "
        "flatter."
    )
    dimensions = dict.fromkeys(one.dimension for one in dossier.slices)
    head = ("articles", "sentences", *load_schema().names, "macro", "micro")
    for dimension in sorted(dimensions, key=lambda name: (name != "split", name != "source")):
        rows = [_slice_row(one) for one in dossier.slices if one.dimension == dimension]
        opened = dimension in ("split", "source")
        yield Table((dimension, *head), rows, 1, "" if opened else f"By {dimension}")


def _calibration(dossier: Dossier) -> Iterator[Block]:
    if not dossier.calibration:
        return
    yield Heading(2, "Calibration")
    yield Paragraph(
        "ECE: expected calibration error in ten bins of equal count (beside it of equal width). "
        "“Before” undoes the Platt scaling, where the model has one. Risk: share of wrong answers "
        "when only the surest share of sentences is answered."
    )
    rows = []
    for part, labels in dossier.calibration.items():
        for one in labels:
            before = one.before
            rows.append(
                (
                    part,
                    one.label,
                    f"{one.after.ece.value:.3f}",
                    f"{before.ece.value:.3f}" if before else "–",
                    f"{one.ece_width.value:.3f}",
                    f"{one.brier_after.value:.4f}",
                    f"{one.brier_before.value:.4f}" if before else "–",
                    *(share(risk_at(one.risk, at)) for at in (0.8, 0.9, 1.0)),
                )
            )
    head = (
        "part",
        "label",
        "ECE",
        "before",
        "equal width",
        "Brier",
        "before",
        "risk at 80 %",
        "at 90 %",
        "at 100 %",
    )
    yield Table(head, rows, 2)
    labels = dossier.calibration["all"]
    titles = [load_schema().label(one.label).title["en"] for one in labels]
    charts = []
    for caption, bins in (
        ("Reliability after calibration", [one.after for one in labels]),
        ("Reliability before calibration", [one.before for one in labels]),
    ):
        drawn = [
            Series(title, one.confidence.tolist(), one.frequency.tolist())
            for title, one in zip(titles, bins, strict=True)
            if one is not None
        ]
        if drawn:
            svg = chart(
                drawn,
                x_label="predicted probability",
                y_label="observed share",
                diagonal=True,
                about=caption,
            )
            charts.append((caption, svg))
    most = max(float(one.risk.risk.max()) for one in labels)
    curves = [
        Series(title, one.risk.coverage.tolist(), one.risk.risk.tolist())
        for title, one in zip(titles, labels, strict=True)
    ]
    caption = "Risk against coverage"
    svg = chart(
        curves,
        x_label="share of sentences answered",
        y_label="share of errors",
        y_range=(0.0, max(0.05, math.ceil(most * 20) / 20)),
        about=caption,
    )
    charts.append((caption, svg))
    yield Pictures(charts)


def _behaviour(dossier: Dossier) -> Iterator[Block]:
    if dossier.behaviour is None:
        return
    yield Heading(2, "Behaviour")
    found = dossier.behaviour
    yield Paragraph(
        f"{len(found.results)} small cases with a known answer (functionality) or a known "
        f"effect of a change (invariance, direction); {len(found.failed)} fail. Intervals: Wilson."
    )
    rows = []
    for one in found.capabilities:
        low, high = one.interval
        rows.append(
            (
                one.kind,
                one.name,
                str(one.cases),
                str(one.failed),
                f"{share(one.rate)} [{100 * low:.1f}, {100 * high:.1f}]",
            )
        )
    yield Table(("kind", "capability", "cases", "failed", "failure rate"), rows, 2)
    examples = [
        (
            one.name,
            result.case.expected if result.case.expected != "same" else "no change",
            " → ".join(result.case.texts),
            f"{result.label}: " + " → ".join(f"{p:.2f}" for p in result.probabilities),
        )
        for one in found.capabilities
        for result in one.failures[:8]
    ]
    if examples:
        head = ("capability", "expected", "sentence", "probability")
        yield Table(head, examples, 4, "Failures")


def _neutrality(dossier: Dossier) -> Iterator[Block]:
    found = [one for one in (dossier.templates, dossier.sentences) if one is not None]
    if not found:
        return
    yield Heading(2, "Neutrality")
    yield Paragraph(
        "The same words about the other actor must get the same labels. Flips: share of swaps with "
        f"a changed decision (goal: under {share(GOAL, 0)}). Shift: mean probability of the second "
        "side minus that of the first, in points; a side is favoured where 0 lies outside."
    )
    names = load_schema().names
    rows = [
        (
            one.name,
            str(one.swaps),
            str(one.pairs),
            share_interval(one.flips, 2),
            *(share_interval(one.label_flips[name], 2) for name in names),
        )
        for one in found
    ]
    yield Table(("where", "swaps", "pairs", "flips", *names), rows)
    for one in found:
        yield _shift_table(one, names)
        quoted = [(swap.kind, swap.sides[0], swap.sides[1]) for swap in one.examples[:15]]
        if quoted:
            yield Table(("kind", "one", "the other"), quoted, 3, f"Flips in {one.name}")


def _shift_table(one: Neutrality, names: Sequence[str]) -> Table:
    def row(kind: str, shifts: Mapping[str, Interval]) -> tuple[str, ...]:
        first, second = one.sides.get(kind, ("", ""))
        cells = []
        for name in names:
            interval = shifts[name]
            cell = f"{100 * interval.value:+.2f}"
            if not math.isnan(interval.low):
                cell += f" [{100 * interval.low:+.2f}, {100 * interval.high:+.2f}]"
            cells.append(cell)
        return (kind, first, second, *cells)

    rows = [row(kind, shifts) for kind, shifts in one.shifts.items()]
    return Table((f"pairs in {one.name}", "first side", "second side", *names), rows, 3)


def _cost(dossier: Dossier) -> Iterator[Block]:
    cost = dossier.cost
    if cost is None:
        return
    yield Heading(2, "Cost")
    yield Paragraph(
        f"Measured on {cost.sentences:,} sentences of {cost.articles} articles, {cost.repeats} "
        "times, in one process of this machine; compare only within one report."
    )
    rows = [
        ("sentences per second, text to scores", f"{cost.sentences_per_s:,.0f}"),
        ("one article, median", f"{cost.p50_ms:.2f} ms"),
        ("one article, 99th percentile", f"{cost.p99_ms:.2f} ms"),
        ("new process that scores one sentence", f"{cost.cold_start_s:.2f} s"),
        ("its memory at the highest", f"{cost.peak_mb:.0f} MB"),
        ("model directory", f"{cost.size_bytes / 1e6:.2f} MB"),
    ]
    yield Table(("what", "how much"), rows)


def _not_run(dossier: Dossier) -> Iterator[Block]:
    if not dossier.not_run:
        return
    yield Heading(2, "Not run")
    rows = [(one.where, one.found, one.fix or one.expected) for one in dossier.not_run]
    yield Table(("part", "because", "what brings it"), rows, 3)
