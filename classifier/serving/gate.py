"""What every request passes, outermost: a name, a host, a key, an answer with headers, a log line.

Pure ASGI, because it must see everything, also what the framework answers by itself.
"""

from __future__ import annotations

import re
import time
import traceback
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classifier.serving.engine import Engine, say
from classifier.serving.keys import KeyRing
from classifier.serving.metrics import Metrics
from classifier.serving.problems import MEDIA_TYPE, Problem
from classifier.serving.settings import Settings, is_loopback

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    ),
)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_BEARER = re.compile(r"(?i)bearer +(\S+) *\Z")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Gate:
    """The outermost application.

    Attributes:
        keys: the key ring; None where nobody needs a key.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        metrics: Metrics,
        engine: Engine,
        keys: KeyRing | None,
        routes: Iterable[str],
    ) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.engine = engine
        self.keys = keys
        self.routes = frozenset(routes)
        self._hosts = frozenset(name.lower() for name in settings.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _Passage(self, scope, receive, send).run()
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)

    def check_host(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a request addressed to a name that is not ours (DNS rebinding).

        Raises:
            Problem: another host.
        """
        if not self._hosts and not self.settings.on_loopback:
            return
        name = _host_name(headers.get(b"host", b"").decode("latin-1"))
        if is_loopback(name) or name == self.settings.host.lower() or name in self._hosts:
            return
        raise Problem("wrong-host", "This server does not go by the name in the header Host.")

    def check_key(self, headers: dict[bytes, bytes]) -> str:
        """Return the name of the caller's key; empty where none is needed.

        Raises:
            Problem: no key, or one that is not (or no longer) valid.
        """
        if self.keys is None:
            return ""
        sent = _BEARER.match(headers.get(b"authorization", b"").decode("latin-1"))
        name = self.keys.owner(sent[1]) if sent else None
        if name is None:
            detail = "The key is not valid." if sent else "The request carries no key."
            raise Problem(
                "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="cadrage"'}
            )
        return name


class _Passage:
    """One request on its way."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self.gate = gate
        self.scope = scope
        self.receive = receive
        self._send = send
        self.begun = time.perf_counter()
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        sent = self.headers.get(b"x-request-id", b"")
        self.id = sent.decode() if _REQUEST_ID.match(sent) else uuid.uuid4().hex
        self.path: str = scope["path"]
        self.status = 0
        self.owner = ""
        scope.setdefault("state", {})["request_id"] = self.id

    async def run(self) -> None:
        """Answer, whatever happens, and write it down."""
        try:
            needs_key = self.path.startswith("/v1/") or self.path == "/metrics"
            # A health check comes by address, and tells nothing.
            if not self.path.startswith("/health/"):
                self.gate.check_host(self.headers)
            # A browser asks beforehand without its key.
            if needs_key and self.scope["method"] != "OPTIONS":
                self.owner = self.gate.check_key(self.headers)
            await self.gate.app(self.scope, self.receive, self.send)
        except Problem as problem:
            await self._refuse(problem)
        except ConnectionError:
            pass
        except Exception as error:
            # Neither the message nor any value: both may hold what the caller sent.
            say("error", request_id=self.id, error=type(error).__name__, at=_places(error))
            await self._refuse(Problem("internal", "Something went wrong here."))
        finally:
            self._record()

    async def send(self, message: Message) -> None:
        """Pass on a message of the answer, with our headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            names = {name.lower() for name, _ in headers}
            info = self.gate.engine.loaded.scorer.info
            for name, value in (
                *_HEADERS,
                (b"x-request-id", self.id.encode()),
                (b"x-cadrage-model", f"{info.name}/{info.version}".encode("ascii", "replace")),
                (b"x-cadrage-model-sha256", info.sha256.encode()),
                (b"content-security-policy", _DATA_POLICY.encode()),
                (b"cache-control", b"no-store"),
            ):
                if name not in names:
                    headers.append((name, value))
            message = {**message, "headers": headers}
        await self._send(message)

    async def _refuse(self, problem: Problem) -> None:
        self.scope["state"]["problem"] = problem.kind
        if self.status:
            return  # The answer has begun; all that is left is to close the connection.
        body = problem.body(self.id)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
        ]
        await self.send(
            {"type": "http.response.start", "status": problem.status, "headers": headers}
        )
        await self.send({"type": "http.response.body", "body": body})

    def _record(self) -> None:
        seconds = time.perf_counter() - self.begun
        # Neither a path nor a method that a caller made up enters metrics or log.
        route = self.path if self.path in self.gate.routes else "other"
        if self.path.startswith("/assets/"):
            route = "/assets"
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        status = self.status or 499
        self.gate.metrics.request(route, method, status, seconds)
        problem = self.scope["state"].get("problem")
        if problem:
            self.gate.metrics.rejected[problem] += 1
        if self.gate.settings.access_log:
            about: dict[str, Any] = {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "request_id": self.id,
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 2),
            }
            if problem:
                about["problem"] = problem
            if self.owner:
                about["key"] = self.owner
            say("request", **about)


def _host_name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[")
    return host.partition(":")[0]


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
