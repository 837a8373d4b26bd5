"""What the user named → input files, each under a name that says nothing of this machine."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from classifier.errors import Fault, FaultsError, UsageError
from classifier.text.ingestion import STANDARD_INPUT, Format, Source, find_sources
from classifier.text.ingestion.files import shown
from classifier.text.ingestion.lines import open_bytes, require_pyarrow

DOCUMENTS = (Format.TEXT, Format.HTML)
_BLOCK = 1 << 20


def label_paths(paths: Sequence[str | Path]) -> list[tuple[str, str]]:
    """Return each path with the name by which it is called in the output.

    A file or folder is called by its own name; where two of them are called alike, by as many
    folders above as tell them apart.

    Raises:
        UsageError: standard input, which could not be read again after an interruption.
    """
    full = []
    for path in dict.fromkeys(map(str, paths)):
        if path == STANDARD_INPUT:
            raise UsageError("input", "-", "files that can be read again after an interruption")
        full.append((path, Path(_fixed(path)).parts[1:]))
    labels = []
    for path, parts in full:
        others = {other for _, other in full if other != parts}
        length = 1
        while length < len(parts) and any(other[-length:] == parts[-length:] for other in others):
            length += 1
        labels.append((path, "/".join(parts[-length:])))
    return labels


def find_inputs(
    labels: Sequence[tuple[str, str]], output: Path
) -> Iterator[tuple[str, Source | Fault]]:
    """Yield the files that the paths name, in order, each with the name it has in the output.

    Files inside the output directory are passed over. A path that leads nowhere is a fault.
    """
    own = {os.fspath(output.absolute()) + os.sep, os.fspath(output.resolve()) + os.sep}
    for path, label in labels:
        base = _fixed(path)
        for source in find_sources([path]):
            if isinstance(source, Fault):
                where = _name(_absolute(source.where), base, label)
                yield where, replace(source, where=where)
                continue
            full = _absolute(source.path)
            if full.startswith(tuple(own)):
                continue
            name = _name(full, base, label)
            yield name, replace(source, name=name)


def check_inputs(labels: Sequence[tuple[str, str]], output: Path) -> None:
    """Refuse a call that names no file at all, before anything is written.

    Raises:
        FaultsError: each path with what is wrong with it.
        MissingExtraError: a Parquet or ``.zst`` file named outright, and no pyarrow.
    """
    for path, label in labels:
        if path.endswith((".parquet", ".zst")):
            require_pyarrow(label)
    faults = []
    for _, source in find_inputs(labels, output):
        if isinstance(source, Source):
            return
        faults.append(source)
    raise FaultsError(faults or [Fault(labels[0][1], "no input file", "a file outside --output")])


def estimate_rows(source: Source) -> int:
    """Return about how many articles a file holds; cheap, and only for the time left."""
    if source.format in DOCUMENTS:
        return 1
    try:
        if source.format is Format.PARQUET:
            require_pyarrow(source.name)
            from pyarrow import parquet

            return int(parquet.read_metadata(source.path).num_rows)
        lines = 0
        with open_bytes(source) as stream:
            while block := stream.read(_BLOCK):
                lines += block.count(b"\n")
    except Exception:  # whatever is wrong with the file is told when it is read
        return 0
    return lines


def _fixed(path: str) -> str:
    """Return the absolute path up to the first part that is a pattern."""
    if glob.has_magic(path) and not Path(path).exists():
        parts = Path(path).parts
        number = next(index for index, part in enumerate(parts) if glob.has_magic(part))
        path = str(Path(*parts[:number]))
    return _absolute(path)


def _absolute(path: str | Path) -> str:
    """Return the absolute path with links left as they are."""
    return os.path.normpath(Path(path).absolute())


def _name(full: str, base: str, label: str) -> str:
    below = os.path.relpath(full, base)
    return shown(label if below == "." else f"{label}/{below}")
