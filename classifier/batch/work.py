"""A chunk → its shards and the record that it is done. Every engine calls this."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from classifier.article.resemblance import ResemblanceScorer
from classifier.batch.layout import WORK, Shard, atomic_write, shard_name
from classifier.batch.plan import Chunk, Document, Item
from classifier.batch.tables import article_metadata, article_row, open_tables, sentence_rows
from classifier.errors import DataError, Fault, ModelError
from classifier.records import Article
from classifier.scoring import Scorer
from classifier.text import decoding
from classifier.text.ingestion import article_from_html, article_from_text
from classifier.text.ingestion.documents import check_size, decode_html

_TICK = 50
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_DEFAULT_THREADS")
"""Environment variables that are 1 in a worker: one process uses one core."""


@dataclass(frozen=True)
class Job:
    """What a worker has to know.

    Attributes:
        directory: where the shards go.
        model: the model's directory; None for the one in the package.
        sha256: of the model; another one is refused.
        output: ``parquet`` or ``jsonl``.
        columns: input columns with a column of their own.
        resemblance: the loaded model of the resemblance score, which travels with the job, so that
            every worker has this one; None unless asked for.
    """

    directory: Path
    model: Path | None
    thresholds: dict[str, float]
    sha256: str
    output: str
    columns: dict[str, str]
    resemblance: ResemblanceScorer | None = None


class Reject(msgspec.Struct, frozen=True):
    """A row that could not be scored."""

    file: str
    row: int | None
    id: str
    reason: str
    fix: str = ""


class Done(msgspec.Struct, frozen=True):
    """The record of a finished chunk.

    Attributes:
        inputs: per input file: number, articles, sentences, rejected rows.
    """

    index: int
    digest: str
    shards: list[Shard]
    rejects: list[Reject]
    inputs: list[tuple[int, int, int, int]]

    @property
    def articles(self) -> int:
        """The number of articles scored."""
        return sum(one[1] for one in self.inputs)

    @property
    def sentences(self) -> int:
        """The number of their sentences."""
        return sum(one[2] for one in self.inputs)


def load_scorer(job: Job) -> Scorer:
    """Load the job's model.

    Raises:
        ModelError: it is not the model that the run began with.
    """
    scorer = Scorer.load(job.model, job.thresholds)
    if scorer.info.sha256 != job.sha256:
        found = f"{scorer.info.sha256[:16]}…, changed during the run"
        raise ModelError("model", found, f"{job.sha256[:16]}…")
    scorer.resemblance = job.resemblance
    return scorer


def score_chunk(
    scorer: Scorer, chunk: Chunk, job: Job, tick: Callable[[int], None] = lambda _: None
) -> tuple[Done, dict[str, bytes]]:
    """Score a chunk; return its record and the bytes of its shards, by name.

    One row never stops the others: whatever scoring raises for it becomes its reject.

    Args:
        tick: called now and then with the number of items done since the last call.
    """
    tables = open_tables(job.output, job.columns)
    rejects: list[Reject] = []
    counts: dict[int, list[int]] = {}
    waiting = 0
    for item in chunk.items:
        count = counts.setdefault(item.input, [0, 0, 0])
        try:
            article = _article(item)
            score = scorer.score(article)
            row = article_row(item.key, item.file, item.row, score)
            rows = list(sentence_rows(item.key, score))
            count[1] += tables.add(row, rows, article_metadata(article))
            count[0] += 1
        except DataError as error:
            rejects.append(_reject(item, error.fault))
            count[2] += 1
        except Exception as error:
            message = _ADDRESS.sub("0x…", f"{type(error).__name__}: {error}"[:300])
            found = f"text on which scoring fails ({message})"
            fix = "Please report it with the text."
            rejects.append(_reject(item, Fault("", found, "an article that can be scored", fix)))
            count[2] += 1
        waiting += 1
        if waiting == _TICK:
            tick(waiting)
            waiting = 0
    tick(waiting)
    shards, contents = [], {}
    for table, (number, content) in tables.finish().items():
        if number:
            name = shard_name(table, chunk.index, job.output)
            sha256 = hashlib.sha256(content).hexdigest()
            shards.append(Shard(table, name, number, len(content), sha256))
            contents[name] = content
    inputs = [(number, *count) for number, count in sorted(counts.items())]
    return Done(chunk.index, chunk.digest, shards, rejects, inputs), contents  # type: ignore[arg-type]


def store_chunk(directory: Path, done: Done, contents: dict[str, bytes]) -> None:
    """Bring a chunk's shards to the disk, then the record that says so."""
    work = directory / WORK
    for name, content in contents.items():
        with atomic_write(directory / name, work) as stream:
            stream.write(content)
    with atomic_write(done_path(directory, done.index), work) as stream:
        stream.write(msgspec.json.encode(done))


def done_path(directory: Path, index: int) -> Path:
    """Return where the record of a finished chunk lies."""
    return directory / WORK / f"done-{index:05d}.json"


def limit_arrow(job: Job) -> None:
    """Keep pyarrow to one core; JSON Lines do without it."""
    if job.output == "parquet":
        import pyarrow

        pyarrow.set_cpu_count(1)
        pyarrow.set_io_thread_count(1)


def settle_memory() -> None:
    """Keep the collector of cycles off what was loaded, and let it run less often.

    Scoring makes many short-lived objects and next to no cycles: with Python's own settings the
    model and a whole shard's rows are walked again and again, for a fifth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _article(item: Item) -> Article:
    content = item.content
    if isinstance(content, Article):
        return content
    if isinstance(content, Fault):
        error = DataError(content.where, content.found, content.expected, content.fix)
        raise error
    assert isinstance(content, Document)
    check_size(content.raw, item.file)
    if content.html:
        html = decode_html(content.raw, item.file)
        return article_from_html(html, id=content.id, where=item.file)
    text = decoding.decode(content.raw, item.file)
    return article_from_text(text, id=content.id, where=item.file)


def _reject(item: Item, fault: Fault) -> Reject:
    article_id = "" if isinstance(item.content, Fault) else item.content.id
    reason = f"found {fault.found}; expected {fault.expected}"
    return Reject(item.file, item.row, _text(article_id), _text(reason), _text(fault.fix))


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")
