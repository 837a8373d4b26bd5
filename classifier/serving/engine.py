"""The model in use: loaded, warmed, shared by all requests, replaced without one noticing.

Scoring is Python bound to one core. A short article is scored in the event loop: handing it to a
thread costs more than it saves. What is expected to take longer goes to a thread, so that the loop
keeps answering; a fifo lock keeps the loop free between two short ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import math
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from classifier.errors import CadrageError
from classifier.models.families import load_model
from classifier.models.store import MANIFEST, Manifest, default_directory
from classifier.records import Article, ArticleScore, ModelInfo
from classifier.schema import load_schema
from classifier.scoring import Scorer
from classifier.serving.metrics import Metrics
from classifier.serving.problems import Problem
from classifier.serving.requests import cut
from classifier.serving.settings import Settings

_T = TypeVar("_T")
_THREADS = 2
_USUAL_CHARS = 3000


@dataclass(frozen=True)
class Loaded:
    """One model, ready: its scorer, its manifest, and what a character of text costs (seconds)."""

    scorer: Scorer
    manifest: Manifest
    cost: float

    def scorer_at(self, thresholds: dict[str, float]) -> Scorer:
        """Return a scorer of the same model with other thresholds."""
        info = self.scorer.info
        if thresholds == info.thresholds:
            return self.scorer
        changed = ModelInfo(info.name, info.version, info.sha256, thresholds)
        return Scorer(self.scorer.model, changed, thresholds)


def load(directory: Path) -> Loaded:
    """Load a model, score a few sentences with it, and time them.

    Raises:
        CadrageError: the model cannot be used.
    """
    model, files = load_model(directory)
    scorer = Scorer(model, files.info, dict(files.info.thresholds))
    examples = [device.example for label in load_schema().labels for device in label.devices]
    article = Article(id="warm-up", text="\n".join(examples))
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        scorer.score(article)
        times.append(time.perf_counter() - begun)
    # The collector of cycles need not walk the model again and again while requests wait.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    return Loaded(scorer, files.manifest, min(times) / len(article.text))


class Engine:
    """Scores for the server.

    Attributes:
        loaded: the model in use; a request takes it once and keeps it to its end.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.directory = Path(settings.model) if settings.model else default_directory()
        self._state = self._look()
        self.loaded = load(self.directory)
        self._turn = asyncio.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="cadrage")
        self._reloading = asyncio.Lock()
        self._refused: Any = None
        self._pace = self.loaded.cost * _USUAL_CHARS

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places for requests that score or wait to.

        Raises:
            Problem: all places are taken.
        """
        if self.metrics.active >= self.settings.max_concurrency:
            # The time after which all that wait now should have had their turn.
            wait = max(1, math.ceil(self.settings.max_concurrency * self._pace))
            raise Problem(
                "busy",
                f"{self.settings.max_concurrency} requests are being scored already.",
                headers={"Retry-After": str(wait)},
            )
        self.metrics.active += 1
        try:
            # Lets requests that came at the same time be counted before the first is scored.
            await asyncio.sleep(0)
            yield
        finally:
            self.metrics.active -= 1

    def deadline(self) -> float:
        """Return when a request that begins now must have been scored."""
        return time.monotonic() + self.settings.time_limit

    async def score(
        self,
        article: Article,
        scorer: Scorer,
        deadline: float,
        render: Callable[[ArticleScore], _T],
        where: str = "$",
    ) -> _T:
        """Score an article and return what ``render`` makes of it.

        Raises:
            Problem: over a limit of sentences or time.
        """

        def work() -> tuple[ArticleScore, _T]:
            score = scorer.score_document(cut(article, self.settings, where))
            return score, render(score)

        expected = self.loaded.cost * len(article.text)
        if expected * 1000 <= self.settings.inline_ms:
            async with self._turn:
                self._check(deadline)
                begun = time.perf_counter()
                score, rendered = work()
                self._pace += 0.05 * (time.perf_counter() - begun - self._pace)
        else:
            score, rendered = await self.in_thread(work, deadline)
        self.metrics.scored(score)
        return rendered

    async def in_thread(self, work: Callable[[], _T], deadline: float) -> _T:
        """Run work in a thread; what is past its deadline is given up, not waited for.

        Raises:
            Problem: past the deadline.
        """

        def guarded() -> _T:
            self._check(deadline)
            return work()

        future = asyncio.get_running_loop().run_in_executor(self._threads, guarded)
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                return await future
        except TimeoutError:
            raise self._late() from None

    def _check(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise self._late()

    def _late(self) -> Problem:
        return Problem("time-limit", f"More than {self.settings.time_limit:g} seconds.")

    # ---- another model, while running

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = (self.directory / MANIFEST).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    async def watch(self) -> None:
        """Look at the model directory now and then, and load what is new there."""
        while True:
            await asyncio.sleep(self.settings.watch)
            state = self._look()
            if state is not None and state != self._state:
                await self.reload()

    async def reload(self) -> bool:
        """Load the model directory again; the old model stays if the new one cannot be used."""
        async with self._reloading:
            state = self._look()
            try:
                loaded = await asyncio.get_running_loop().run_in_executor(
                    self._threads, load, self.directory
                )
            except (CadrageError, OSError, ValueError, msgspec.MsgspecError) as error:
                # A directory that is being copied mends itself: tried at each look, told once.
                if self._refused != state:
                    self.metrics.reloads["failed"] += 1
                    say("reload_failed", error=type(error).__name__, about=str(error))
                self._refused = state
                return False
            self.loaded, self._state, self._refused = loaded, state, None
            self.metrics.reloads["loaded"] += 1
            info = loaded.scorer.info
            say("model_loaded", name=info.name, version=info.version, sha256=info.sha256)
            return True

    def close(self) -> None:
        """Let the threads go; what they have begun is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def say(event: str, **about: Any) -> None:
    """Write one line of JSON on standard error."""
    print(json.dumps({"event": event, **about}, ensure_ascii=False), file=sys.stderr, flush=True)
