"""The routes: each reads its request, calls the engine, and answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

import classifier
from classifier.errors import Fault
from classifier.records import ModelInfo
from classifier.rendering.html import content_security_policy
from classifier.rendering.jsonl import to_json
from classifier.schema import load_schema
from classifier.scoring import Scorer
from classifier.serving import openapi
from classifier.serving.engine import Engine
from classifier.serving.gate import PAGE_POLICY, Gate
from classifier.serving.keys import KeyRing
from classifier.serving.metrics import MEDIA_TYPE as METRICS_TYPE
from classifier.serving.metrics import Metrics
from classifier.serving.page import asset, assets, index
from classifier.serving.problems import MEDIA_TYPE, Problem
from classifier.serving.representations import JSON, choose, choose_language, render_as
from classifier.serving.requests import (
    ArticleRequest,
    BatchRequest,
    ScoreRequest,
    article_dict,
    decode,
    read_thresholds,
    to_article,
)
from classifier.serving.settings import Settings

#: How much of a body that is too large is read and thrown away, so that its sender hears why.
_DISCARD = 64 << 20


def make_app(settings: Settings, keys: KeyRing | None = None) -> Gate:
    """Return the application, its model loaded.

    Raises:
        CadrageError: the model cannot be used.
    """
    metrics = Metrics()
    engine = Engine(settings, metrics)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(engine.watch()) if settings.watch else None
        try:
            yield
        finally:
            if watching is not None:
                watching.cancel()
            engine.close()

    app = FastAPI(
        title="Cadrage",
        version=classifier.__version__,
        docs_url=None,
        redoc_url=None,
        debug=False,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    api = _Api(settings, engine, metrics)
    for method, path, answer in api.routes():
        app.add_api_route(path, answer, methods=[method], **openapi.OPERATIONS[path])
    app.add_api_route("/", api.page, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/assets/{name}", api.asset, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_exception_handler(HTTPException, _as_problem)
    app.add_exception_handler(Problem, _answer)
    app.add_exception_handler(Exception, _answer)
    # FastAPI's own document is completed once; assigning is its documented way.
    document = openapi.complete(app.openapi(), settings)
    app.openapi = lambda: document  # type: ignore[method-assign]
    inner: ASGIApp = _Direct(app, api)
    if settings.cors_origins:
        inner = CORSMiddleware(
            inner,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    paths = [*(path for _, path, _ in api.routes()), "/", "/openapi.json"]
    return Gate(inner, settings, metrics, engine, keys, paths)


async def _as_problem(request: Request, error: Exception) -> Response:
    """Say in our way what the framework refuses."""
    status = getattr(error, "status_code", 500)
    if status == 405:
        allow = dict(getattr(error, "headers", None) or {})
        problem = Problem("method-not-allowed", "The method does not fit.", headers=allow)
    elif status == 404:
        problem = Problem("not-found", "No page and no operation has this address.")
    else:
        problem = Problem("internal", "Something went wrong here.")
    return await _answer(request, problem)


async def _answer(request: Request, error: Exception) -> Response:
    """Answer with a problem document; what is none is logged by the gate, without its words."""
    problem = error
    if not isinstance(problem, Problem):
        problem = Problem("internal", "Something went wrong here.")
    request.state.problem = problem.kind
    return Response(
        problem.body(request.state.request_id),
        problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


class _Direct:
    """Takes a request whose address is known to its function; the framework takes all others.

    The framework would look for the route, and for what to inject, anew for each request.
    """

    def __init__(self, app: ASGIApp, api: _Api) -> None:
        self.app = app
        self.answers = {(method, path): answer for method, path, answer in api.routes()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.answers.get((scope.get("method", ""), scope.get("path", "")))
        if answer is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await answer(request)
        except Problem as problem:
            response = await _answer(request, problem)
        await response(scope, receive, send)


class _Api:
    """What each address answers."""

    def __init__(self, settings: Settings, engine: Engine, metrics: Metrics) -> None:
        self.settings = settings
        self.engine = engine
        self.metrics = metrics
        self._held = 0

    def routes(self) -> list[tuple[str, str, Any]]:
        """Return method, path and function of every operation of the API."""
        return [
            ("POST", "/v1/articles:score", self.score),
            ("POST", "/v1/articles:batch", self.batch),
            ("POST", "/v1/articles:parse", self.parse),
            ("GET", "/v1/models/current", self.model),
            ("GET", "/v1/labels", self.labels),
            ("GET", "/health/live", self.live),
            ("GET", "/health/ready", self.ready),
            ("GET", "/metrics", self.prometheus),
        ]

    async def score(self, request: Request) -> Response:
        """Score one article."""
        form = choose(request.headers.get("accept", ""))
        language = choose_language(request.query_params.get("language"))
        sent = decode(await self._body(request), ScoreRequest)
        loaded = self.engine.loaded
        scorer = loaded.scorer_at(read_thresholds(sent.thresholds, loaded.scorer.thresholds))
        async with self.engine.place():
            deadline = self.engine.deadline()
            article = await self._read(sent, deadline)
            body = await self.engine.score(
                article, scorer, deadline, lambda score: render_as(score, form, language)
            )
        headers = {"Vary": "Accept"}
        if form == JSON:
            body = b'%b,"request_id":"%b"}' % (body[:-1], request.state.request_id.encode())
        elif form == "text/html":
            headers["Content-Security-Policy"] = content_security_policy()
        return Response(body, media_type=form, headers=headers)

    async def batch(self, request: Request) -> Response:
        """Score several articles; each has its score or its problem."""
        sent = decode(await self._body(request), BatchRequest)
        if not 1 <= len(sent.articles) <= self.settings.max_articles:
            found, most = f"{len(sent.articles)} articles", self.settings.max_articles
            fault = Fault("$.articles", found, f"1 to {most}")
            kind = "too-many-items" if sent.articles else "invalid-request"
            raise Problem(kind, str(fault), faults=[fault])
        loaded = self.engine.loaded
        scorer = loaded.scorer_at(read_thresholds(sent.thresholds, loaded.scorer.thresholds))
        results = []
        failed = 0
        async with self.engine.place():
            deadline = self.engine.deadline()
            for number, one in enumerate(sent.articles):
                where = f"$.articles[{number}]"
                try:
                    results.append(await self._score_one(one, scorer, deadline, where))
                except Problem as problem:
                    failed += 1
                    problem_json = msgspec.json.encode(problem.as_dict())
                    results.append(b'{"problem":%b}' % problem_json)
        about = msgspec.json.encode(
            {
                "counts": {"scored": len(results) - failed, "failed": failed},
                "model": _model(scorer.info),
                "request_id": request.state.request_id,
            }
        )
        return Response(b'{"results":[%b],%b' % (b",".join(results), about[1:]), media_type=JSON)

    async def _score_one(
        self, one: ArticleRequest, scorer: Scorer, deadline: float, where: str
    ) -> bytes:
        article = await self._read(one, deadline, where)
        line = await self.engine.score(article, scorer, deadline, to_json, where)
        return b'{"score":%b}' % line.encode()

    async def parse(self, request: Request) -> Response:
        """Tell what is read in an article, without scoring it."""
        sent = decode(await self._body(request), ArticleRequest)
        async with self.engine.place():
            article = await self._read(sent, self.engine.deadline())
        return _json({**article_dict(article), **self._about(request)})

    async def _read(self, sent: ArticleRequest, deadline: float, where: str = "$") -> Any:
        if sent.html is None:
            return to_article(sent, where)
        # Looking for the article in a page takes long, and its parser lets others work.
        return await self.engine.in_thread(lambda: to_article(sent, where), deadline)

    async def model(self, request: Request) -> Response:
        """Tell which model is in use."""
        loaded = self.engine.loaded
        manifest = msgspec.to_builtins(loaded.manifest)
        schema = load_schema()
        return _json(
            {
                **_model(loaded.scorer.info),
                "family": loaded.manifest.family,
                "card": {
                    name: manifest[name]
                    for name in ("licence", "configuration", "data", "versions", "files")
                },
                "schema": {
                    "name": schema.name,
                    "version": schema.version,
                    "fingerprint": schema.fingerprint,
                    "labels": schema.names,
                },
                "limits": {
                    name: getattr(self.settings, name)
                    for name in (
                        "max_body_bytes",
                        "max_articles",
                        "max_sentences",
                        "max_sentence_chars",
                        "max_concurrency",
                        "time_limit",
                    )
                },
                "cadrage": classifier.__version__,
                "request_id": request.state.request_id,
            }
        )

    async def labels(self, request: Request) -> Response:
        """Define the labels and their devices."""
        return _json({**load_schema().as_dict(), **self._about(request)})

    async def live(self, request: Request) -> Response:
        """Say that the process answers."""
        return _json({"status": "live", "request_id": request.state.request_id})

    async def ready(self, request: Request) -> Response:
        """Say that a model is loaded."""
        return _json({"status": "ready", **self._about(request)})

    async def prometheus(self, _request: Request) -> Response:
        """Give the counters."""
        text = self.metrics.text(self.engine.loaded.scorer.info)
        return Response(text, headers={"Content-Type": METRICS_TYPE})

    async def page(self, _request: Request) -> Response:
        """Show the page."""
        headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
        return Response(index(), media_type="text/html", headers=headers)

    async def asset(self, name: str) -> Response:
        """Give a file of the page."""
        if name not in assets():
            raise Problem("not-found", "No file has this name.")
        content, kind = asset(name)
        return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    def _about(self, request: Request) -> dict[str, Any]:
        info = self.engine.loaded.scorer.info
        return {"model": _model(info), "request_id": request.state.request_id}

    async def _body(self, request: Request) -> bytes:
        """Return the body of a request.

        Raises:
            Problem: not declared as JSON, compressed, too large, too slow.
        """
        limit = self.settings.max_body_bytes
        large = Problem("too-large", f"The body has more than {limit} bytes.")
        chunks: list[bytes] = []
        size = held = 0
        try:
            async with asyncio.timeout(self.settings.body_timeout):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > _DISCARD:
                        break
                    if size > limit:
                        chunks.clear()
                        continue
                    chunks.append(chunk)
                    held += len(chunk)
                    self._held += len(chunk)
                    if self._held > self.settings.max_held_bytes:
                        detail = "Too many bodies are being received."
                        raise Problem("busy", detail, headers={"Retry-After": "1"})
        except TimeoutError:
            detail = f"It took more than {self.settings.body_timeout:g} seconds."
            raise Problem("body-timeout", detail, headers={"Connection": "close"}) from None
        except ClientDisconnect:
            raise ConnectionResetError from None
        finally:
            self._held -= held
        if size > limit:
            raise large
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem("unsupported-media-type", "Content-Type is not application/json.")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem("unsupported-media-type", "The body is compressed.")
        return b"".join(chunks)


def _model(info: ModelInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "version": info.version,
        "sha256": info.sha256,
        "thresholds": {name: info.thresholds[name] for name in load_schema().names},
    }


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type=JSON)
