"""Worker processes on this machine: each loads the model once, writes its own shards.

Workers end with the process that started them, even where it is killed, and until the last of
them is gone the directory stays locked.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

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
from classifier.errors import CadrageError, DataError

_TRIES = 3
_PR_SET_PDEATHSIG = 1
_START = (
    "import sys; sys.path[:] = {path!r}; from classifier.batch.local import serve; "
    "serve({handle}, {parent})"
)


def default_workers() -> int:
    """Return one worker per core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    line: Connection
    chunk: Chunk | None = None
    tries: int = 0


class LocalEngine:
    """Scores chunks in worker processes; a context manager that leaves none behind."""

    def __init__(
        self, job: Job, lock: int, workers: int, tick: Callable[[int], None] = lambda _: None
    ) -> None:
        """
        Args:
            lock: the handle that holds the directory's lock; workers inherit it.
            tick: called with numbers of items done.
        """
        self._job = job
        self._lock = lock
        self._count = workers
        self._tick = tick
        self._workers: list[_Worker] = []

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self._workers:
            worker.line.close()
            if kind is not None:
                worker.process.kill()
        for worker in self._workers:
            try:
                worker.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        self._workers.clear()

    def run(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Yield the records of the chunks as they are done and on the disk.

        Raises:
            DataError: the disk is full, or workers die again and again on one chunk.
        """
        for chunk in chunks:
            while (worker := self._idle()) is None:
                yield from self._receive()
            self._send(worker, chunk, tries=1)
        while any(worker.chunk is not None for worker in self._workers):
            yield from self._receive()

    def _idle(self) -> _Worker | None:
        for worker in self._workers:
            if worker.chunk is None:
                return worker
        return self._start() if len(self._workers) < self._count else None

    def _start(self) -> _Worker:
        ours, theirs = Pipe()
        path = [os.fspath(Path(part).absolute()) for part in sys.path]
        program = _START.format(path=path, handle=theirs.fileno(), parent=os.getpid())
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno(), self._lock],
            env={**os.environ, **dict.fromkeys(THREADS, "1")},
        )
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        ours.send(self._job)
        return worker

    def _send(self, worker: _Worker, chunk: Chunk, tries: int) -> None:
        worker.chunk, worker.tries = chunk, tries
        # One that is gone is met again in _receive, with its chunk.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.line.send(chunk)

    def _receive(self) -> Iterator[Done]:
        lines = {worker.line: worker for worker in self._workers}
        for line in wait(list(lines)):
            worker = lines[line]  # type: ignore[index]
            try:
                message = worker.line.recv()
            except (EOFError, ConnectionResetError):
                self._replace(worker)
                continue
            if isinstance(message, int):
                self._tick(message)
            elif isinstance(message, Done):
                worker.chunk = None
                yield message
            else:
                raise message

    def _replace(self, worker: _Worker) -> None:
        """Start another worker for the chunk of one that died."""
        code = worker.process.wait()
        worker.line.close()
        self._workers.remove(worker)
        if worker.tries >= _TRIES or worker.chunk is None:
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            chunk = f" at shard {worker.chunk.index}" if worker.chunk else ""
            raise DataError(
                "worker",
                f"a process that ended {how}{chunk}",
                "one that goes on",
                "If memory ran out, use fewer --workers. Then run the same command again: what "
                "was scored is kept.",
            )
        self._send(self._start(), worker.chunk, worker.tries + 1)


def serve(handle: int, parent: int) -> None:
    """Be a worker: receive the job, then chunks, until the line closes."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Connection(handle)
    try:
        _work(line)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _work(line: Connection) -> None:
    job: Job = line.recv()
    try:
        limit_arrow(job)
        scorer = load_scorer(job)
        settle_memory()
        while True:
            chunk: Chunk = line.recv()
            done, contents = score_chunk(scorer, chunk, job, line.send)
            store_chunk(job.directory, done, contents)
            line.send(done)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except (CadrageError, OSError) as error:
        line.send(_portable(error))


def _portable(error: Exception) -> Exception:
    """Return an error that can be pickled and says the same."""
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror or str(error))
    fault: Any = getattr(error, "fault", None)
    if fault is not None:
        return DataError(fault.where, fault.found, fault.expected, fault.fix)
    return DataError(str(error))


def _die_with(parent: int) -> None:
    """End this process when the parent is gone: at once on Linux, within a second elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()
