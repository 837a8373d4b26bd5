"""Invented articles, the command as a user calls it, and directories compared byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from classifier.article.resemblance import FILE, ResemblanceModel, measure_style
from classifier.batch.plan import Chunk
from classifier.batch.work import Done, Job, load_scorer, score_chunk, store_chunk
from classifier.cli import main
from tests.conftest import ROOT

_SENTENCES = (
    "Selon le préfet, {place} sera fermé.",
    "Rien ne presse pour {place}, rapporte Le Courrier du Valois.",
    "Le chef rebelle menace de fermer {place}.",
    "Il fait beau sur {place}.",
    "Madame Vimont a visité {place}.",
    "D'après un témoin, {place} aurait brûlé.",
)
_PLACES = ("le port", "la gare", "le marché", "le stade", "le pont")


def make_rows(count: int, *, sentences: int = 5, seed: int = 7) -> list[dict[str, Any]]:
    """Return ``count`` articles with columns of their own."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        text = " ".join(
            draw.choice(_SENTENCES).format(place=draw.choice(_PLACES)) for _ in range(sentences)
        )
        row = {"id": f"a{number}", "title": f"Le pont numéro {number}", "text": text}
        rows.append(row | {"topic": draw.choice(["sport", "eau"]), "views": number})
    return rows


def write_rows(path: Path, rows: list[dict[str, Any]], *, faults: tuple[int, ...] = ()) -> Path:
    """Write rows as JSON Lines; those numbered in ``faults`` are broken."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    for number in faults:
        lines[number] = "{broken"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    return path


def make_resemblance(directory: Path, **changes: object) -> Path:
    """Write a resemblance model that looks at sentence length alone; its numbers mean nothing."""
    names = tuple(measure_style(()))
    plain = ResemblanceModel(
        features=names,
        means=(0.0,) * len(names),
        scales=(10.0,) * len(names),
        weights=tuple(1.0 if name.startswith("length:") else 0.0 for name in names),
        intercept=-0.5,
        slope=1.0,
        offset=0.0,
        farthest=100.0,
        scorer="ab" * 32,
        licence="CC BY-NC 4.0",
        trained="nothing",
        limits=("no_truth",),
    )
    directory.mkdir(parents=True, exist_ok=True)
    (directory / FILE).write_bytes(msgspec.json.encode(msgspec.structs.replace(plain, **changes)))
    return directory


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "classifier", *map(str, arguments)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def cadrage(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, env=ENVIRONMENT, **options
    )


def start(*arguments: object) -> int:
    """Run the command in a fork with a process group of its own; return its id.

    A fork has numpy loaded already, which is most of what starting the command takes.
    """
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(silence, stream)
        code = main(list(map(str, arguments)))
    finally:
        os._exit(code)


def is_over(process: int) -> bool:
    """Say whether a process has ended, without waiting for it or taking its exit code."""
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process, options) is not None


def finish(process: int) -> int:
    """Wait for a fork and return its exit code; the negative signal where it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def contents(directory: Path) -> dict[str, str]:
    """Return every path of a directory with its SHA-256; folders too."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(directory.rglob("*"))
    }


class SerialEngine:
    """Scores in this very process; for tests of everything around the workers."""

    def __init__(
        self, job: Job, lock: int, workers: int, tick: Callable[[int], None] = lambda _: None
    ) -> None:
        self._job, self._tick = job, tick

    def __enter__(self) -> SerialEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        scorer = None
        for chunk in chunks:
            scorer = scorer or load_scorer(self._job)
            done, shards = score_chunk(scorer, chunk, self._job, self._tick)
            store_chunk(self._job.directory, done, shards)
            yield done
