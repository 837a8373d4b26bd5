"""Runs the application until it is told to stop: a socket, signals, nothing printed but lines."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from classifier.errors import UsageError
from classifier.serving.app import make_app
from classifier.serving.engine import Engine, say
from classifier.serving.gate import Gate
from classifier.serving.keys import KeyRing, default_path, read_keys
from classifier.serving.protocol import guarded_protocol
from classifier.serving.settings import Settings

_BACKLOG = 2048
#: New objects after which cycles are looked for. Scoring an article makes thousands that all go
#: with the answer; at Python's 700 the collector walks them several times while they are needed.
_YOUNG_OBJECTS = 50_000


def key_ring(settings: Settings) -> KeyRing | None:
    """Return the keys that callers need, or None on the loopback address without a key file.

    Raises:
        UsageError: keys are needed and there is none.
        DataError: the file is no file of keys.
    """
    if settings.keys is None and settings.on_loopback:
        return None
    path = Path(settings.keys) if settings.keys else default_path()
    if not read_keys(path):
        raise UsageError(
            f"API keys ({path})",
            "none",
            f"at least one, to serve on {settings.host}",
            f"Make one with: cadrage keys add NAME --file {path}",
        )
    return KeyRing(path)


def serve(settings: Settings, on_start: Callable[[str], None] = print) -> None:
    """Serve until SIGTERM or SIGINT; requests in progress are answered first.

    SIGHUP loads the model directory again.

    Args:
        on_start: told the address once the server listens.

    Raises:
        CadrageError: the model, the keys or the address cannot be used.
    """
    app = make_app(settings, key_ring(settings))
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    listener = _bind(settings)
    config = uvicorn.Config(
        app,
        http=guarded_protocol(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=max(1, round(settings.drain_timeout)),
    )
    # uvicorn's own words: what it warns of is counted or told by the gate.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    _Server(config, app, lambda: on_start(_address(listener))).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn's server, with our signals and a clean exit."""

    def __init__(self, config: uvicorn.Config, app: Gate, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._engine: Engine = app.engine
        self._on_start = on_start
        self._tasks: set[asyncio.Task[bool]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._on_start()
        _tell_supervisor("READY=1")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals; after draining, the process ends with 0."""
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            say("stopping", signal=signal.Signals(number).name)
            self.handle_exit(number, None)

        def reload() -> None:
            task = loop.create_task(self._engine.reload())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number)
        loop.add_signal_handler(signal.SIGHUP, reload)
        yield
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)


def _tell_supervisor(state: str) -> None:
    """Tell systemd, where it started us and asks to be told (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        # "@" stands for the zero byte of an abstract address.
        line.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        line.send(state.encode())


def _bind(settings: Settings) -> socket.socket:
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where it reads the protocol off the socket. With it,
    # an answer's body waits 40 ms on a kept connection until its head has been acknowledged.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"{settings.host}:{settings.port}",
            (error.strerror or str(error)).lower(),
            "an address and a port that are free",
            "Choose another with --host or --port.",
        ) from None
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
