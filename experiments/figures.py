"""Results as files hold them, and figures as documents show them."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "experiments" / "results"
SEED = ROOT / "seeds" / "000_c8f4650f96df5b00.txt"


def read(name: str) -> dict[str, Any]:
    """Return the figures of ``experiments/results/NAME.json``."""
    loaded: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return loaded


def number(value: float | None, digits: int = 2) -> str:
    """Return a figure, or a dash where it is undefined."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def interval(one: Mapping[str, Any], digits: int = 2) -> str:
    """Return ``0.81 [0.77, 0.85]``; the figure alone where it has no interval."""
    value, low, high = (number(one[name], digits) for name in ("value", "low", "high"))
    return value if "–" in (value, low, high) else f"{value} [{low}, {high}]"


def score_seed(*options: str) -> str:
    """Return what ``cadrage score`` prints for the seed article, 96 wide, without colours."""
    from classifier.cli import main

    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        main(["score", str(SEED), "--width", "96", "--color", "never", *options])
    return stream.getvalue()
