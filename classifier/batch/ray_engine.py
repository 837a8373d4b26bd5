"""The same scoring on a Ray cluster: Ray Data moves chunks out and shards back.

Each actor loads the model once. The nodes need this package and Ray, but neither the input files
nor a shared disk: the driver reads, and the driver writes what comes back, so the directory is
byte for byte what a local run gives. A node that dies costs the chunks it was at; Ray scores them
again elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import classifier
from classifier.batch.plan import Chunk
from classifier.batch.work import (
    THREADS,
    Done,
    Job,
    limit_arrow,
    load_scorer,
    score_chunk,
    settle_memory,
    store_chunk,
)
from classifier.errors import CadrageError, DataError, MissingExtraError

_WAVE = 16
"""Chunks sent out per actor before the next ones are read; bounds the driver's memory."""


class RayEngine:
    """Scores chunks with Ray Data; joins the cluster of ``RAY_ADDRESS`` or starts one here."""

    def __init__(
        self, job: Job, workers: int | None, tick: Callable[[int], None] = lambda _: None
    ) -> None:
        """
        Args:
            workers: actors; by default as many as the cluster has CPUs.
            tick: called with numbers of items done.

        Raises:
            MissingExtraError: Ray is not installed.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray  # type: ignore[import-not-found,unused-ignore]
            import ray.data  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise MissingExtraError("--engine ray", "ray") from None
        self._ray = ray
        self._job = job
        self._actors = workers
        self._tick = tick
        self._own = False

    def __enter__(self) -> RayEngine:
        if not self._ray.is_initialized():
            try:
                self._ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
            except ConnectionError as error:
                # An OSError too, which would be told as one of the disk.
                raise DataError(
                    os.environ.get("RAY_ADDRESS", "Ray"),
                    str(error),
                    "a cluster that lets us in",
                    "See that it runs, and that RAY_AUTH_MODE and token are those of its nodes.",
                ) from None
            self._own = True
        context = self._ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            self._ray.shutdown()

    def run(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Yield the records of the chunks as they come back and are on this machine's disk.

        Raises:
            CadrageError: a node that has another package or cannot load the model.
        """
        code = fingerprint_code()
        actors = self._actors or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        model = self._ray.put(_read_model(self._job.model))
        while wave := list(islice(chunks, _WAVE * actors)):
            rows = [{"chunk": pickle.dumps(chunk)} for chunk in wave]
            count = min(actors, len(rows))
            del wave
            data = self._ray.data.from_items(rows, override_num_blocks=len(rows))
            del rows
            # A pool that may shrink to one goes on when nodes are lost.
            scored = data.map_batches(
                ChunkScorer,
                fn_constructor_args=(self._job, model, code),
                batch_size=1,
                compute=self._ray.data.ActorPoolStrategy(
                    min_size=1, max_size=count, initial_size=count
                ),
                num_cpus=1,
            )
            for row in scored.iter_rows():
                result = pickle.loads(row["result"])
                if isinstance(result, CadrageError):
                    raise result
                done, contents = result
                store_chunk(self._job.directory, done, contents)
                self._tick(done.articles + len(done.rejects))
                yield done


class ChunkScorer:
    """An actor: a loaded model that turns chunks into shards."""

    def __init__(self, job: Job, model: dict[str, bytes] | Any, code: str) -> None:
        """
        Args:
            model: the files of the model's directory, or Ray's reference to them; empty for the
                model that the package carries.
            code: the driver's :func:`fingerprint_code`. A node with another one answers every chunk
                with the error: Ray would start an actor that fails again and again.
        """
        os.environ.update(dict.fromkeys(THREADS, "1"))
        limit_arrow(job)
        self._error: CadrageError | None = None
        if fingerprint_code() != code:
            self._error = DataError(
                "a node of the cluster", "another version of cadrage, numpy or pyarrow",
                "the very package that started the run",
                "Install the same on every node, then run the same command again: what was "
                "scored is kept.",
            )  # fmt: skip
            return
        if not isinstance(model, dict):
            import ray  # type: ignore[import-not-found,unused-ignore]

            model = ray.get(model)
        self._job = job
        with tempfile.TemporaryDirectory(prefix="cadrage-model-") as folder:
            for name, content in model.items():
                (Path(folder) / name).write_bytes(content)
            here = Path(folder) if model else None
            try:
                self._scorer = load_scorer(replace(job, model=here))
            except CadrageError as error:
                self._error = error
        settle_memory()

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """Score the chunks of a batch."""
        if self._error is not None:
            return {"result": [pickle.dumps(self._error)] * len(batch["chunk"])}
        results = []
        for packed in batch["chunk"]:
            done, contents = score_chunk(self._scorer, pickle.loads(packed), self._job)
            results.append(pickle.dumps((done, contents)))
        return {"result": results}


def fingerprint_code() -> str:
    """Return a SHA-256 (hex) of this package's files and of the versions that rows depend on."""
    root = Path(classifier.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(root).as_posix().encode()
            digest.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for package in ("numpy", "pyarrow"):
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        digest.update(f"{package} {version}\n".encode())
    return digest.hexdigest()


def _read_model(directory: Path | None) -> dict[str, bytes]:
    if directory is None:
        return {}
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
