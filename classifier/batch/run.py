"""Many articles: plan, score, finish; taken up where it was left, however it ended."""

from __future__ import annotations

import errno
import importlib.util
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

import classifier
from classifier.article.resemblance import ResemblanceScorer
from classifier.batch.layout import FORMATS, lock_directory
from classifier.batch.local import LocalEngine, default_workers
from classifier.batch.plan import SHARD_ARTICLES, Chunk, Planner, Totals, sample_columns
from classifier.batch.sources import check_inputs, estimate_rows, find_inputs, label_paths
from classifier.batch.state import State, identify, output_of
from classifier.batch.work import Done, Job
from classifier.errors import DataError, Fault, MissingExtraError, UsageError
from classifier.scoring import Scorer

ENGINES = ("local", "ray")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Watch = Callable[[int, int], None]
"""Told of progress: items done, and about how many there are in all."""


@dataclass(frozen=True)
class BatchReport:
    """What a run did.

    Attributes:
        directory: the output.
        output: its format.
        articles, sentences, rejected: of this run, those of its interrupted beginning included.
        rejected_before: rows rejected by earlier runs, of the input files that were named again.
        known: articles passed over in changed files, since an earlier run had scored them.
        copies: articles passed over, since the same stood earlier in the same run.
        other_texts: articles scored although their id stood elsewhere with another text.
        new_files, known_files: input files read, and those passed over whole.
        resumed: whether an interrupted run was taken up.
        changed: whether the directory was written to.
    """

    directory: Path
    output: str
    articles: int
    sentences: int
    rejected: int
    rejected_before: int
    known: int
    copies: int
    other_texts: int
    new_files: int
    known_files: int
    resumed: bool
    changed: bool

    @property
    def exit_code(self) -> int:
        """1 if any row of the named input could not be scored."""
        return 1 if self.rejected or self.rejected_before else 0


def run_batch(
    paths: Sequence[str | Path],
    output: str | Path,
    *,
    format: str | None = None,
    workers: int | None = None,
    engine: str = "local",
    model: Path | None = None,
    thresholds: Mapping[str, float] | None = None,
    resemblance: ResemblanceScorer | None = None,
    shard_size: int = SHARD_ARTICLES,
    watch: Watch | None = None,
) -> BatchReport:
    """Score every article of ``paths`` that the directory ``output`` does not hold yet.

    Args:
        paths: files, folders and patterns.
        output: a new or empty directory, or one that this function wrote.
        format: ``parquet`` or ``jsonl``; by default the directory's own, for a new one Parquet
            where pyarrow is installed.
        workers: processes, by default one per core; with Ray actors, by default one per CPU.
        engine: ``local`` or ``ray``.
        model: a model directory, by default the one in the package.
        thresholds: overrides the model's own.
        resemblance: the model of the resemblance score; by default that score is left out.
        shard_size: articles of a shard, at most.
        watch: told of progress.

    Raises:
        DataError: the directory belongs to another model, another setting of the resemblance
            score or another run; the disk is full.
        FaultsError: the paths name no file at all.
        UsageError: a wrong option; MissingExtraError for one that needs another package.
    """
    if engine not in ENGINES:
        raise UsageError("--engine", engine, f"one of {', '.join(ENGINES)}")
    if shard_size < 1 or (workers is not None and workers < 1):
        raise UsageError("--shard-size and --workers", "a number below 1", "1 or more")
    output = Path(output)
    labels = label_paths(paths)
    check_inputs(labels, output)
    format = choose_format(output, format)
    scorer = Scorer.load(model, thresholds)
    identity = identify(scorer.info, format, resemblance)
    del scorer
    try:
        with lock_directory(output) as lock:
            state = State(output, identity)
            job = Job(
                output.absolute(), model.absolute() if model else None, dict(thresholds or {}),
                identity.model["sha256"], format,
                state.manifest.columns if state.manifest else sample_columns(labels, output),
                resemblance,
            )  # fmt: skip
            return _run(labels, state, job, lock, engine, workers, shard_size, watch)
    except OSError as error:
        raise _explain(error, output) from error
    except sqlite3.Error as error:
        raise DataError(
            output.name, f"the index failed: {error}", "room to write", _AGAIN
        ) from None


def choose_format(output: Path, wanted: str | None) -> str:
    """Return the format to write.

    Raises:
        UsageError: an unknown format; MissingExtraError for Parquet without pyarrow.
    """
    present = output_of(output) if output.is_dir() else None
    installed = importlib.util.find_spec("pyarrow") is not None
    chosen = wanted or present or ("parquet" if installed else "jsonl")
    if chosen not in FORMATS:
        raise UsageError("--format", chosen, f"one of {', '.join(FORMATS)}")
    if chosen == "parquet" and not installed:
        raise MissingExtraError("Parquet output", "batch")
    return chosen


_AGAIN = "Make room, then run the same command again: it goes on where it was."


class _Meter:
    """Adds up what is done and tells it."""

    def __init__(self, watch: Watch | None, total: int) -> None:
        self._watch = watch
        self._total = total
        self._done = 0

    def __call__(self, number: int) -> None:
        self._done += number
        if self._watch is not None:
            self._watch(self._done, max(self._total, self._done))


def _run(
    labels: Sequence[tuple[str, str]],
    state: State,
    job: Job,
    lock: int,
    engine: str,
    workers: int | None,
    shard_size: int,
    watch: Watch | None,
) -> BatchReport:
    total = 0
    if watch is not None:
        found = (source for _, source in find_inputs(labels, state.directory))
        total = sum(0 if isinstance(one, Fault) else estimate_rows(one) for one in found)
    meter = _Meter(watch, total)
    meter(0)
    state.columns = job.columns
    index = state.begin()
    planner = Planner(
        labels, state.directory, index,
        first=state.first, size=shard_size, stamp=_stamp(state, job), passed=meter,
    )  # fmt: skip
    counts = _Counts()

    def to_do() -> Iterator[Chunk]:
        for chunk in planner.chunks():
            counts.end = chunk.index + 1
            done = state.find_done(chunk.index, chunk.digest)
            if done is None:
                yield chunk
            else:
                counts.add(done)
                meter(len(chunk.items))

    with ExitStack() as stack:
        running: Any
        if engine == "ray":
            from classifier.batch.ray_engine import RayEngine

            running = stack.enter_context(RayEngine(job, workers, meter))
        else:
            count = workers or default_workers()
            running = stack.enter_context(LocalEngine(job, lock, count, meter))
        for done in running.run(to_do()):
            counts.add(done)
    manifest = state.finish(index, max(counts.end, state.first))
    return _report(state, planner.totals, counts, manifest is not None)


@dataclass
class _Counts:
    end: int = 0
    articles: int = 0
    sentences: int = 0
    rejected: int = 0

    def add(self, done: Done) -> None:
        self.articles += done.articles
        self.sentences += done.sentences
        self.rejected += len(done.rejects)


def _report(state: State, totals: Totals, counts: _Counts, changed: bool) -> BatchReport:
    return BatchReport(
        state.directory,
        state.identity.output,
        counts.articles,
        counts.sentences,
        counts.rejected,
        totals.rejected_before,
        totals.known,
        totals.copies,
        totals.other_texts,
        totals.new_files,
        totals.known_files,
        state.resumed,
        changed,
    )


def _stamp(state: State, job: Job) -> str:
    """Return everything beside the input that a shard's bytes depend on."""
    versions = [classifier.__version__]
    if job.output == "parquet":
        import pyarrow

        versions.append(pyarrow.__version__)
    return msgspec.json.encode([state.identity, list(job.columns.items()), versions]).decode()


def _explain(error: OSError, output: Path) -> DataError:
    reason = error.strerror or str(error)
    found = f"an error of the system: {reason}"
    if error.errno in _FULL:
        return DataError(output.name, found, "room for the output", _AGAIN)
    return DataError(output.name, found, "a directory that can be written", _AGAIN)
