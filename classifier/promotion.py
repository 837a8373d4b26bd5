"""The gate before ``@champion``: better, or tied and cheaper; nothing lost; no floor broken.

``experiments/floors.json`` holds the figures below which no champion may fall, with the hash of the
corpus that they were measured on. Raising a floor is free; lowering one needs a reason, which is
kept in the file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from classifier.errors import DataError, UsageError
from classifier.evaluation.comparison import Difference, Verdict
from classifier.evaluation.metrics import Key
from classifier.evaluation.suite import Dossier

CHEAPER = 1.05
"""A model is cheaper when it is this much faster, and not larger by as much."""
ALIAS = "champion"
_SCORED = ("orangesum", "written", "ppn")


class Lowering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One time that floors were lowered, or dropped (new value None), and why."""

    date: str
    reason: str
    floors: dict[str, tuple[float, float | None]]


class Floors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The floors.

    Attributes:
        corpus: :func:`corpus_hash` of the data that they were measured on.
        floors: figure (see :func:`gate_figures`) → least value allowed.
        lowered: every lowering there has been.
    """

    corpus: str
    floors: dict[str, float]
    lowered: tuple[Lowering, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What the gate looks at in one model.

    Attributes:
        figures: see :func:`gate_figures`.
        failed_cases: ids of the behavioural cases that it fails; None when none were run.
        failed_checks: codes of the checks that fail its evaluation.
        size: of the model directory, bytes; 0 when not measured.
    """

    name: str
    figures: Mapping[str, float]
    failed_cases: frozenset[str] | None
    failed_checks: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Decision:
    """Whether a candidate may become champion, and every reason for or against."""

    promoted: bool
    reasons: tuple[str, ...]


def corpus_hash(hashes: Mapping[str, str]) -> str:
    """Return one SHA-256 of all annotation files and the split manifest."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def gate_figures(dossier: Dossier) -> dict[str, float]:
    """Return the figures that floors are set on, more is better for each."""
    figures = {
        f"{part}.{scope}.f1": dossier.evaluation.parts[part].intervals[scope]["f1"].value
        for part in _SCORED
        if part in dossier.evaluation.parts
        for scope in ("macro", *dossier.model.thresholds)
    }
    if dossier.behaviour is not None:
        cases = len(dossier.behaviour.results)
        figures["behaviour.passed"] = 1 - len(dossier.behaviour.failed) / cases
    if dossier.templates is not None:
        figures["neutrality.unflipped"] = 1 - dossier.templates.flips.value
    return figures


def stand(dossier: Dossier) -> Standing:
    """Return what the gate looks at in an evaluation."""
    cost = dossier.cost
    return Standing(
        f"{dossier.model.name} {dossier.model.version} ({dossier.model.sha256[:8]})",
        gate_figures(dossier),
        dossier.behaviour.failed if dossier.behaviour else None,
        tuple(check.code for check in dossier.failed),
        cost.size_bytes if cost else 0,
    )


def decide(
    candidate: Standing,
    champion: Standing | None,
    verdict: Verdict,
    floors: Floors,
    corpus: str,
    speed: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Decision:
    """Decide whether the candidate becomes champion.

    Args:
        champion: None when there is none yet; the other conditions still hold.
        verdict: of the candidate against the champion (:func:`sum_up`).
        corpus: :func:`corpus_hash` of the data that both were judged on.
        speed: quartiles of how many times faster the candidate is, timed in turns
            (:func:`classifier.evaluation.cost.speed_ratio`); separate timings are mostly noise.

    Raises:
        DataError: the floors were measured on other data.
    """
    check_corpus_of(floors, corpus)
    against, told = [], []
    if champion is None:
        told.append("there is no champion yet")
    elif verdict == "better":
        told.append(f"better than {champion.name}")
    elif verdict == "tied" and is_cheaper(candidate, champion, speed):
        told.append(
            f"tied with {champion.name} and cheaper ({speed[1]:.2f} times as fast, "
            f"{candidate.size / 1e6:.2f} MB against {champion.size / 1e6:.2f})"
        )
    else:
        against.append(
            f"{verdict} against {champion.name}" + (", not cheaper" if verdict == "tied" else "")
        )
    if candidate.failed_cases is None:
        against.append("no behavioural test was run")
    elif champion is not None and champion.failed_cases is not None:
        lost = sorted(candidate.failed_cases - champion.failed_cases)
        if lost:
            shown = ", ".join(lost[:5]) + (" …" if len(lost) > 5 else "")
            against.append(f"loses {len(lost)} behavioural tests: {shown}")
    if candidate.failed_checks:
        against.append(f"fails {', '.join(candidate.failed_checks)}")
    for name, floor in floors.floors.items():
        value = candidate.figures.get(name, math.nan)
        if not value >= floor:
            found = "not measured" if math.isnan(value) else f"{value:.4f}"
            against.append(f"{name} is {found}, floor {floor:.4f}")
    return Decision(not against, tuple(against or told))


def sum_up(differences: Iterable[Difference]) -> Verdict:
    """Return the verdict on a candidate from its tested differences to the champion.

    Macro F1 decides. But who is tied there and worse elsewhere, by the F1 of a label or by the
    order of the probabilities, is worse: being cheaper does not make up for it.
    """
    found = list(differences)
    macro = next(one.verdict for one in found if one.key == Key("macro", "f1"))
    if macro == "tied" and any(one.verdict == "worse" for one in found):
        return "worse"
    return macro


def check_corpus_of(floors: Floors, corpus: str) -> None:
    """Refuse floors that were measured on other data.

    Raises:
        DataError: the two hashes differ.
    """
    if floors.corpus != corpus:
        raise DataError(
            "floors",
            f"corpus {floors.corpus[:12]}…",
            f"{corpus[:12]}…, the one at hand",
            "Set them anew on this corpus: cadrage floors MODEL",
        )


def is_cheaper(candidate: Standing, champion: Standing, speed: tuple[float, float, float]) -> bool:
    """Say whether a model is faster without being larger, or smaller without being slower.

    Faster: by :data:`CHEAPER` in three rounds of four. Not slower: the median round.
    """
    low, middle, _ = speed
    smaller = 0 < candidate.size * CHEAPER <= champion.size
    larger = not 0 < candidate.size <= CHEAPER * champion.size
    return (low >= CHEAPER and not larger) or (smaller and middle >= 1 / CHEAPER)


def read_floors(path: Path) -> Floors:
    """Read the floors.

    Raises:
        DataError: missing or broken.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Floors)
    except OSError:
        raise DataError(
            str(path), "no file", "floors", "Set them with: cadrage floors MODEL"
        ) from None
    except msgspec.DecodeError as error:
        raise DataError(str(path), str(error), "floors") from None


def propose_floors(dossier: Dossier) -> dict[str, float]:
    """Return floors from an evaluation: the low ends of the intervals.

    Shares of behavioural tests and of swaps without a flip get the value less half a point: the
    cases are always the same ones.
    """
    found = {}
    for name, value in gate_figures(dossier).items():
        part, _, rest = name.partition(".")
        low = value - 0.005
        if part in dossier.evaluation.parts:
            scope = rest.removesuffix(".f1")
            low = dossier.evaluation.parts[part].intervals[scope]["f1"].low
        if math.isfinite(low):
            found[name] = math.floor(low * 1000) / 1000
    return found


def set_floors(
    old: Floors | None,
    proposed: Mapping[str, float],
    corpus: str,
    *,
    reason: str = "",
    today: str | None = None,
) -> Floors:
    """Return new floors.

    Args:
        old: those that stand; None when there are none.
        reason: why floors are lowered; needed when any is lower than before or dropped.

    Raises:
        UsageError: a floor would be lowered or dropped without a reason.
    """
    before = old.floors if old is not None else {}
    lower = {
        name: (floor, proposed.get(name))
        for name, floor in before.items()
        if proposed.get(name, -math.inf) < floor
    }
    if lower and not reason.strip():
        told = ", ".join(f"{name} {a:.3f} → {b}" for name, (a, b) in lower.items())
        raise UsageError("floors", f"lower ones ({told})", "--lower with --reason TEXT")
    history = old.lowered if old is not None else ()
    if lower:
        date = today or datetime.now(UTC).date().isoformat()
        history = (*history, Lowering(date, reason.strip(), lower))
    return Floors(corpus, dict(sorted(proposed.items())), history)


def write_floors(floors: Floors, path: Path) -> None:
    """Write the floors as JSON, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(floors), indent=1) + b"\n")
