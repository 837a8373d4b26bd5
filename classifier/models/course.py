"""How a long training goes on: where it keeps its checkpoints, and who watches its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

Watch = Callable[[int, Mapping[str, float]], None]
"""Called with the number of optimiser steps done and figures by name."""


def _ignore(step: int, figures: Mapping[str, float]) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class Course:
    """How to go through a long training.

    Attributes:
        checkpoints: folder of this training alone; a temporary one when None.
        resume: go on from the newest checkpoint there, if any; else it is emptied first.
        watch: told of losses, learning rates and validation scores as they come.
        progress: show a progress bar on standard error.
    """

    checkpoints: Path | None = None
    resume: bool = False
    watch: Watch = _ignore
    progress: bool = False


@runtime_checkable
class Coursed(Protocol):
    """A model whose ``fit`` follows a :class:`Course`."""

    course: Course
