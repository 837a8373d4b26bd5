"""Which cells there are, and what they share: read from one TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from classifier.errors import DataError


class Pool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sentences that nobody annotated: so many of them, from so many articles.

    Attributes:
        chooser: the cell whose model says which sentences are worth learning from.
    """

    articles: int
    sentences: int
    chooser: str
    seed: int


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is tried.

    Attributes:
        name: of the cell; title: what it is, for the table.
        seeds: how many, from the experiment's own upwards; 1 where training is not random.
        experiment: its TOML; the shared one when empty.
        settings: what differs from the shared ones, or from its own TOML.
        start: weights of an encoder.
        of: cells whose probabilities are averaged; such a cell learns nothing.
        teachers: cells whose averaged probabilities of the pool are learned beside the gold.
        confident: in (0.5, 1]; the teacher's answers of this confidence are learned as 0 and 1,
            and no others.
        against: cells that this one is compared with.
    """

    name: str
    title: str
    seeds: int = 1
    experiment: str = ""
    settings: dict[str, Any] = {}
    start: Literal["pretrained", "random"] = "pretrained"
    of: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    confident: float | None = None
    against: tuple[str, ...] = ()


class Ablations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All cells.

    Attributes:
        pretraining: TOML of the encoder's pretraining, which also says what may not be read.
        experiment: TOML that encoders are fine-tuned by; settings: what differs from it here.
        folder: for models and probabilities; results: the file of all figures.
    """

    pretraining: str
    experiment: str
    folder: str
    results: str
    settings: dict[str, Any]
    pool: Pool
    cells: tuple[Cell, ...]

    def cell(self, name: str) -> Cell:
        """Return the cell of this name."""
        return next(one for one in self.cells if one.name == name)

    def rounds(self) -> list[tuple[Cell, int]]:
        """Return (cell, number of the seed): every cell once before any has its second seed."""
        most = max(one.seeds for one in self.cells)
        return [(one, turn) for turn in range(most) for one in self.cells if turn < one.seeds]


def read_ablations(path: Path) -> Ablations:
    """Read the TOML.

    Raises:
        DataError: missing, broken, a cell that leans on one that does not stand before it, or on
            both an average and a training.
    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Ablations)
    except OSError:
        raise DataError(str(path), "no file", "a list of ablations") from None
    except msgspec.DecodeError as error:
        raise DataError(str(path), str(error), "a list of ablations") from None
    known: set[str] = set()
    for cell in found.cells:
        where = f"{path}: cell {cell.name!r}"
        needs = {*cell.of, *cell.teachers, *cell.against}
        needs |= {found.pool.chooser} if cell.teachers else set()
        if needs - known:
            missing = ", ".join(sorted(needs - known))
            raise DataError(where, f"leans on {missing}", "cells that stand before it")
        if cell.of and (cell.teachers or cell.settings):
            raise DataError(where, "an average that is trained", "one or the other")
        if cell.confident is not None and not 0.5 < cell.confident <= 1:
            raise DataError(where, f"confident = {cell.confident}", "above 0.5, at most 1")
        if cell.seeds < 1 or cell.name in known:
            raise DataError(where, "no seed, or a name used twice", "1 or more, a name of its own")
        known.add(cell.name)
    return found
