"""Generated parts of docs/signals.md and docs/guide-redaction.md: results and the seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from classifier.evaluation.article_swaps import WORDS
from experiments.figures import ROOT, interval, read, score_seed

CLASSES = (
    "drops_attribution",
    "keeps_attribution",
    "drops_restriction",
    "raises",
    "unsupported",
    "faithful",
    "no_claim",
)

_ENDS = ("value", "low", "high")


def _cell(one: Mapping[str, Any] | Sequence[float | None], digits: int = 2) -> str:
    """Return a figure of either shape that results have."""
    named = one if isinstance(one, Mapping) else dict(zip(_ENDS, one, strict=True))
    return interval(named, digits)


def headline_figures() -> str:
    """Return the headline classes on the test headlines, floors beside them."""
    document = read("headlines")
    lines: list[str] = []
    for one in document["sets"]:
        lines += [
            f"**{one['name']}**: {one['headlines']} headlines of {one['articles']} articles",
            "",
            "| class | gold | precision | recall | F1 | F1, similarity alone | F1, majority |",
            "|---|---:|---|---|---|---:|---:|",
        ]
        for name in CLASSES:
            row = one["classes"]["model"][name]
            floors = [
                _cell({**one["classes"][reader][name]["f1"], "low": None})
                for reader in ("similarity alone", "majority")
            ]
            shown = f"`{name}`" + (" (experimental)" if name in document["experimental"] else "")
            cells = " | ".join(_cell(row[key]) for key in ("precision", "recall", "f1"))
            lines.append(
                f"| {shown} | {one['counts'].get(name, 0)} | {cells} | {' | '.join(floors)} |"
            )
        claims = one["claim_sentences"]
        lines += [
            "",
            f"Sentences that carry the claim: precision {_cell(claims['precision'])}, "
            f"recall {_cell(claims['recall'])}, F1 {_cell(claims['f1'])}.",
            "",
        ]
    return "\n".join(lines).rstrip("\n")


def fidelity_figures() -> str:
    """Return what the title's fidelity is worth, before and on the test titles."""
    tuning = read("headline-tuning")["fidelity"]
    sets = [(f"tuning, {name}", one) for name, one in tuning["sets"].items()]
    names = {"real headlines": "real titles", "drawn at random": "titles drawn at random"}
    sets += [
        (f"test, {names.get(one['name'], one['name'])}", one["fidelity"])
        for one in read("headlines")["sets"]
    ]
    lines = [
        "| titles | n, departing | AUC | AUC, similarity alone | Brier | Brier of the base rate "
        "| mean value, share without departure | the same, lowest fifth | highest fifth "
        "| calibration error, by luck alone |",
        "|---|---|---|---|---|---:|---|---|---|---|",
    ]
    for name, one in sets:
        model = one["readers"]["model"]
        floor = one["readers"]["similarity alone"]
        base = _cell({**model["base_brier"], "low": None}, 3)
        means = (model["mean_value"]["value"], model["share_without_departure"]["value"])
        pairs = [f"{said:.2f}, {share:.2f}" for said, share in (means, *model["fifths"])]
        error, luck = model["calibration_error"], model["calibration_error_by_luck"]
        lines.append(
            f"| {name} | {one['titles']}, {one['departures']} | {_cell(model['auc'])} | "
            f"{_cell(floor['auc'])} | {_cell(model['brier'], 3)} | {base} | "
            f"{pairs[0]} | {pairs[1]} | {pairs[-1]} | {error:.3f}, {luck:.3f} |"
        )
    slope, draw = (_cell(tuning["calibration"][name]) for name in ("slope", "draw"))
    return "\n".join(
        [
            *lines,
            "",
            f"On tuning titles the log odds must be stretched by {slope} to fit best (1: not at "
            f"all); a draw at random changes those of a departure by {draw} (0: nothing).",
        ]
    )


def signal_figures() -> str:
    """Return how near the signals are to gold."""
    lines = ["| signal | figure | value |", "|---|---|---|"]
    for name, figures in read("signals").items():
        if isinstance(figures, dict) and name != "swaps":
            for figure, one in figures.items():
                lines.append(f"| `{name}` | {figure.replace('_', ' ')} | {_cell(one, 3)} |")
    return "\n".join(lines)


def swap_figures() -> str:
    """Return how often a chain or a signal changes with names that should not matter."""
    lines = [
        "| what is changed | cases | share that changes | what changes |",
        "|---|---:|---|---|",
    ]
    for name, one in {**read("signals")["swaps"], **read("chains")["swaps"]}.items():
        what = ", ".join(f"`{key}` {count}" for key, count in one["what"].items())
        lines.append(
            f"| {WORDS[name]} | {one['cases']:,} | {interval(one['changed'], 3)} | {what} |"
        )
    return "\n".join(lines)


def resemblance_figures() -> str:
    """Return the resemblance models by site left out, and on press of another source."""
    document = read("resemblance")
    sites = list(document["sites"])
    lines = [
        "| model | " + " | ".join(f"AUC, {site} left out" for site in sites) + " | mean | "
        "AUC, sites mixed |",
        "|---|" + "---|" * (len(sites) + 2),
    ]
    for name, model in document["models"].items():
        cells = [_cell(model["leave_one_site_out"][site]["auc"]) for site in sites]
        mixed = _cell(model["sites_mixed"]["auc"])
        mean = f"{model['mean_auc_over_sites']:.2f}"
        lines.append(f"| {name} | {' | '.join(cells)} | {mean} | {mixed} |")
    lines += [
        "",
        "| framing and style, site left out | pseudo-news | recall at 1 % false positives | "
        "precision there | press passing a threshold set on the other sites | calibration error "
        "| abstains (pseudo-news, press) |",
        "|---|---:|---|---|---|---|---|",
    ]
    own = document["models"]["framing and style"]
    for site in sites:
        row = own["leave_one_site_out"][site]
        abstains = own["abstains"][site]
        lines.append(
            f"| {site} | {row['pseudo_news']} | {_cell(row['recall_at_1'])} | "
            f"{_cell(row['precision_at_1'])} | {row['passed_press_at_inner_threshold']:.3f} | "
            f"{row['calibration_error']:.2f} | {abstains['pseudo-news']:.2f}, "
            f"{abstains['press']:.2f} |"
        )
    lines += [
        "",
        f"| regional press of another source ({own['other_press']['articles']} articles of "
        "Sequoia) | passes the threshold that 1 % of the matched press passes | gets more than "
        "0.5 | median |",
        "|---|---|---|---:|",
    ]
    for name, model in document["models"].items():
        other = model["other_press"]
        lines.append(
            f"| {name} | {_cell(other['passed_at_one_percent_of_matched_press'])} | "
            f"{_cell(other['above_one_half'])} | {other['median_probability']:.2f} |"
        )
    return "\n".join(lines)


def seed_signals() -> str:
    """Return what ``cadrage score`` says of the seed in French after its sentences."""
    text = score_seed()
    start = text.index("   Ensemble")
    end = text.index("\nH attribution prudente")
    return f"```text\n{text[start:end].rstrip()}\n```"


PIECES: dict[str, Callable[[], str]] = {
    "headline-figures": headline_figures,
    "fidelity-figures": fidelity_figures,
    "signal-figures": signal_figures,
    "swap-figures": swap_figures,
    "resemblance-figures": resemblance_figures,
    "seed-signals": seed_signals,
}
DOCUMENTS = (ROOT / "docs" / "signals.md", ROOT / "docs" / "guide-redaction.md")
