"""A server in a process of its own, on the loopback address, and a small client."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT, SEED


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """A running ``cadrage serve``."""

    def __init__(self, *arguments: str, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "classifier", "serve", "--port", "0", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                # As in the README's measurements: one core for the arithmetic.
                "OPENBLAS_NUM_THREADS": "1",
                **{f"CADRAGE_SERVE_{name.upper()}": value for name, value in settings.items()},
            },
        )
        assert self.process.stderr is not None
        self.lines: list[str] = []
        for line in self.process.stderr:
            self.lines.append(line)
            if line.startswith("Cadrage: http://"):
                break
        else:
            raise AssertionError(f"the server did not start: {''.join(self.lines)}")
        self.address = line.split()[1]
        self.host, _, port = self.address.removeprefix("http://").rpartition(":")
        self.port = int(port)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def wait_for_log(self, text: str) -> None:
        """Wait until the log holds a text; lines are written after the answer."""
        deadline = time.monotonic() + 10
        while text not in self.log:
            assert time.monotonic() < deadline, self.log[-2000:]
            time.sleep(0.02)

    def connect(self, timeout: float = 30) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> Answer:
        """Send a request; a body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
        with (
            contextlib.closing(self.connect())
            if connection is None
            else (contextlib.nullcontext(connection)) as open_connection
        ):
            open_connection.request(method, path, body, sent)
            answer = open_connection.getresponse()
            return Answer(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def score(self, body: Any, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", "/v1/articles:score", body, sent)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell the server to stop and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(10)
        self._reader.join(5)
        return code


@contextlib.contextmanager
def running(*arguments: str, **settings: str) -> Iterator[Server]:
    """Serve for the length of a block."""
    server = Server(*arguments, **settings)
    try:
        yield server
    finally:
        server.stop()
        assert server.process.stderr is not None
        server.process.stderr.close()


@pytest.fixture(scope="session")
def model_directory(trained, tmp_path_factory) -> Path:
    """A small model of its own: what the server does does not hang on which model is shipped."""
    directory = tmp_path_factory.mktemp("models") / "small"
    trained[0].save(directory, name="small", version="1")
    return directory


@pytest.fixture(scope="session")
def server(model_directory) -> Iterator[Server]:
    with running("--model", str(model_directory)) as one:
        yield one


@pytest.fixture(scope="session")
def seed() -> str:
    return SEED.read_text("utf-8")
