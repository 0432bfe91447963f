"""The server around an application: uvicorn with bounds on headers, idle connections and the way out."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from leadlight.serve.journal import Line

HEADER_BYTES: Final = 32_768
HEADER_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 15
DRAIN_SECONDS: Final = 10
BACKLOG: Final = 2_048
_TOO_MUCH: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Bounded(HttpToolsProtocol):
    """A connection whose headers have to arrive in time and within their size."""

    _in_head = True
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            self._check_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        if self._head_bytes + len(self.url) > HEADER_BYTES:
            self._refuse()
            return
        super().on_headers_complete()

    def _check_head(self) -> None:
        if self._head_bytes > HEADER_BYTES:
            self._refuse()

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_MUCH)
            self.transport.close()

    def _give_up(self) -> None:
        """Nothing whole has come since the connection was opened."""
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def configuration(application: Any, host: str, port: int, **more: Any) -> uvicorn.Config:
    """How uvicorn is to run it."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=Bounded,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        backlog=BACKLOG,
        **more,
    )


def quiet_libraries(level: int = logging.WARNING) -> None:
    """What libraries log goes out in lines of ours, without what they put into them."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def settle() -> None:
    """What is loaded by now stays: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
