"""Connections that cannot be held open for nothing, nor fill the memory.

uvicorn sets no time limit on a request's head. h11 is strict about what is HTTP; beside the time of
scoring, a faster parser would not be noticed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from classifier.serving.settings import Settings

MAX_HEAD_BYTES = 64 * 1024


def guarded_protocol(settings: Settings) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with the settings' limits on connections and on slow clients."""

    class Guarded(H11Protocol):
        """A connection."""

        _timer: asyncio.TimerHandle | None = None
        _head = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > settings.max_connections:
                transport.abort()
                return
            self._timer = self.loop.call_later(settings.head_timeout, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.is_closing():
                return
            if not self._waits_for_head():
                self._stop()
                return
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self.transport.abort()
            elif self._timer is None:
                self._timer = self.loop.call_later(settings.head_timeout, self._give_up)

        def timeout_keep_alive_handler(self) -> None:
            """Close an idle connection; give one that still reads its answer some more time."""
            if not self.transport.is_closing() and self.transport.get_write_buffer_size():
                self.loop.call_later(settings.time_limit, self.transport.abort)
            else:
                super().timeout_keep_alive_handler()

        def _waits_for_head(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _give_up(self) -> None:
            self._timer = None
            if self._waits_for_head():
                self.transport.abort()

        def _stop(self) -> None:
            self._head = 0
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Guarded
