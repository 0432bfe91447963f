"""The server around an application: uvicorn with bounds on headers, idle connections and the way out."""

from __future__ import annotations

import asyncio
import gc
import logging
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from leadlight.errors import RequestError
from leadlight.serve import problem
from leadlight.serve.journal import Line

HEADER_BYTES: Final = 32_768
HEADER_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 15
DRAIN_SECONDS: Final = 10
BACKLOG: Final = 2_048
NOT_HTTP: Final = RequestError(
    400, "The request is not HTTP.", code="not_http", hint="Send HTTP/1.1 to this port, without TLS."
)
TOO_MUCH: Final = RequestError(
    431,
    f"The headers have more than {HEADER_BYTES} bytes.",
    code="headers",
    hint="Leave out what the service does not need, such as the cookies of others.",
)


class Bounded(HttpToolsProtocol):
    """A connection whose headers have to arrive in time and within their size."""

    _in_head = True
    _head_bytes = 0
    _unread_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._unread_bytes += len(data)
            self._check_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start_waiting()
        self._in_head, self._head_bytes, self._unread_bytes = True, 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        if self._head_bytes + len(self.url) > HEADER_BYTES:
            self._refuse(TOO_MUCH)
            return
        super().on_headers_complete()

    def _check_head(self) -> None:
        """Headers that are still under way: what came of them, whole lines or not."""
        if self._unread_bytes > HEADER_BYTES:
            self._refuse(TOO_MUCH)

    def send_400_response(self, words: str) -> None:
        """What uvicorn does with what it cannot parse."""
        self._refuse(NOT_HTTP)

    def _refuse(self, refused: RequestError) -> None:
        if not self.transport.is_closing():
            self.transport.write(_written(refused))
            self.transport.close()

    def _give_up(self) -> None:
        """No whole head has come since the connection was opened, or since this head began."""
        if not self.transport.is_closing():
            self.transport.close()

    def _start_waiting(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _written(refused: RequestError) -> bytes:
    """A problem as it goes over the wire where no application is asked."""
    body = problem.encoded(refused)
    headers = [
        (b"content-type", problem.MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        *problem.headers(refused),
    ]
    lines = [b"HTTP/1.1 %d %s" % (refused.status, HTTPStatus(refused.status).phrase.encode())]
    return b"\r\n".join([*lines, *(b"%s: %s" % pair for pair in headers), b"", body])


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
