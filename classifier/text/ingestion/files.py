"""What the user named → the files to read, each with its format."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from classifier.errors import DataError, Fault

STANDARD_INPUT = "-"


class Format(Enum):
    """How a source is read."""

    TEXT = "plain text"
    HTML = "HTML"
    JSON_LINES = "JSON Lines"
    CSV = "CSV"
    PARQUET = "Parquet"
    STANDARD_INPUT = "standard input"


ENDINGS: dict[str, Format] = {
    ".txt": Format.TEXT,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".parquet": Format.PARQUET,
}
_COMPRESSIBLE = (Format.JSON_LINES, Format.CSV)
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_KNOWN = f"one of {', '.join(ENDINGS)}, {' or '.join(_COMPRESSIONS)} after .jsonl or .csv"


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read.

    Attributes:
        path: the file; ``-`` for standard input.
        format: how to read it.
        compression: ``gzip``, ``zstd`` or ``""``.
        name: the path as it is shown in messages; always encodable.
    """

    path: Path
    format: Format
    compression: str = ""
    name: str = ""

    @property
    def basename(self) -> str:
        """The file's name without its folder, as shown: the first half of a made-up id."""
        return shown(self.path.name)

    @property
    def stem(self) -> str:
        """The file's name without folder and ending: the id of a text or an HTML page."""
        return shown(self.path.stem)


def shown(path: str | Path) -> str:
    """Return ``path`` as text that can be written as UTF-8, whatever bytes the file name holds."""
    return os.fsencode(path).decode("utf-8", "replace")


def find_sources(paths: Sequence[str | Path]) -> Iterator[Source | Fault]:
    """Yield what ``paths`` name, in order; a path that leads nowhere is a fault.

    A path that exists is taken as it is, even when it holds ``*``, ``?`` or ``[``. Hidden files
    and folders are left out of folders and patterns, and links to folders are not followed.
    """
    for path in paths:
        if str(path) == STANDARD_INPUT:
            yield Source(Path(STANDARD_INPUT), Format.STANDARD_INPUT, name="standard input")
            continue
        try:
            yield from _find(Path(path))
        except DataError as error:
            yield error.fault
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            reason = getattr(error, "strerror", None) or str(error)
            yield Fault(shown(path), f"an error of the system: {reason}", "a readable path")


def _find(path: Path) -> Iterator[Source | Fault]:
    name = shown(path)
    if path.is_dir():
        found = False
        for item in _walk(path):
            found = True
            yield item
        if not found:
            raise DataError(name, "a folder with no readable file in it", _KNOWN)
    elif path.exists():
        source = _source(path)
        if source is None:
            ending = f"the ending {shown(path.suffix)!r}" if path.suffix else "no ending"
            raise DataError(name, ending, _KNOWN, "Rename it, or pipe it in and give - as path.")
        yield source
    elif glob.has_magic(str(path)):
        found = False
        # Path.glob takes no absolute pattern.
        for match in sorted(glob.iglob(str(path), recursive=True)):  # noqa: PTH207
            source = _source(Path(match)) if Path(match).is_file() else None
            if source is not None:
                found = True
                yield source
        if not found:
            raise DataError(name, "a pattern that no readable file matches", _KNOWN)
    else:
        raise DataError(name, "nothing there", "a file, a folder or a pattern")


def _walk(folder: Path) -> Iterator[Source | Fault]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (entry.name, entry.is_dir(follow_symlinks=False), entry.is_file())
                for entry in entries
                if not entry.name.startswith(".")
            )
    except OSError as error:
        yield Fault(shown(folder), f"an error of the system: {error.strerror}", "a readable folder")
        return
    for name, is_folder, is_file in found:
        if is_folder:
            yield from _walk(folder / name)
        elif is_file and (source := _source(folder / name)) is not None:
            yield source


def _source(path: Path) -> Source | None:
    """Return the source for a file, or None when its ending is unknown."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compression = _COMPRESSIONS.get(suffixes[-1], "") if suffixes else ""
    endings = suffixes[:-1] if compression else suffixes
    form = ENDINGS.get(endings[-1]) if endings else None
    if form is None or (compression and form not in _COMPRESSIBLE):
        return None
    return Source(path, form, compression, shown(path))
