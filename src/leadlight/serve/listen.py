"""The server around an application: uvicorn with bounds on headers, idle connections and the way out."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from leadlight.errors import RequestError
from leadlight.serve import problem
from leadlight.serve.journal import Line

HEADER_BYTES: Final = 32_768
HEADER_SECONDS: Final = 10.0
LINGER_SECONDS: Final = 2.0
"""For so long what comes after an answer is thrown away: many a client reads only when it has sent all."""
PAUSE_SECONDS: Final = 0.01
READER_SECONDS: Final = 60.0
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
TWO_HOSTS: Final = RequestError(
    400, "The request names more than one host.", code="host", hint="Send one Host header."
)
CODING: Final = RequestError(
    501,
    "The body has a transfer coding other than chunked.",
    code="transfer_encoding",
    hint="Send it with Content-Length, or with Transfer-Encoding: chunked alone.",
)


class Ending:
    """What a request sees of its connection: to close it is to end it gently."""

    def __init__(self, connection: Bounded, transport: Any) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = connection.end


class Bounded(HttpToolsProtocol):
    """A connection with bounds: on heads, trailers and what is between them, and on who waits for whom.

    After an answer to a request that is not there as a whole, nothing more is read of it.
    """

    _is_over = False
    """Whether what still comes is thrown away."""
    _in_request = False
    """Whether the rest of a request is still under way."""
    _has_grown = _has_begun = _has_finished = False
    """What the last bytes did: whatever, begin a head that is not whole, finish a request."""
    _head_bytes = 0
    _unread_bytes = 0
    _running: Any = None
    _refusal: RequestError | None = None
    _deadline: asyncio.TimerHandle | None = None
    _reader_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            self._throw_away()
            return
        self._has_grown = self._has_begun = self._has_finished = False
        super().data_received(data)
        before = 0 if self._has_grown else self._unread_bytes
        self._unread_bytes = before + (len(data) if self._has_begun or not self._has_grown else 0)
        if self._unread_bytes > HEADER_BYTES:
            self._refuse(TOO_MUCH)

    def _throw_away(self) -> None:
        """Not faster than others can be served beside it."""
        self.flow.pause_reading()
        self.loop.call_later(PAUSE_SECONDS, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start_waiting()
        self._has_grown, self._has_begun, self._head_bytes = True, not self._has_finished, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; one of a trailer counts, and is left out."""
        self._has_grown = True
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > HEADER_BYTES:
            self._refuse(TOO_MUCH)
        elif not self._in_request:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        self._has_begun = False
        if self._is_over:
            return
        if refused := _refusal_of(self.headers, self._head_bytes + len(self.url)):
            self._refuse(refused)
            return
        super().on_headers_complete()
        self._has_grown = self._in_request = True
        self.cycle.transport = Ending(self, self.transport)  # type: ignore[assignment]

    def on_chunk_header(self) -> None:
        self._has_grown = True

    def on_body(self, body: bytes) -> None:
        self._has_grown = True
        if not self._is_over:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._has_grown = self._has_finished = True
        if not self._is_over:
            self._in_request = False
            super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        is_cut_short = self._in_request and self._running is self.cycle
        super().on_response_complete()
        if self._running.response_complete and (is_cut_short or self._is_over):
            self.end()

    def send_400_response(self, words: str) -> None:
        """What uvicorn does with what it cannot parse."""
        self._refuse(NOT_HTTP)

    def _refuse(self, refused: RequestError) -> None:
        """Answer so, after the requests that came before it, and read no more."""
        if self._is_over:
            return
        self._is_over, self._refusal = True, refused
        if self._in_request:
            self._drop_request()
        if self._running is None or self._running.response_complete:
            self.end()

    def _drop_request(self) -> None:
        """What is broken in the middle is not answered by the application."""
        if self._running is not self.cycle:
            self.pipeline.popleft()
        elif not self.cycle.response_started:
            self.cycle.disconnected = self.cycle.response_complete = True
            self.cycle.message_event.set()

    def end(self) -> None:
        """Say the last, and throw away for a moment what still comes, so that it is not lost on its way."""
        if self.transport.is_closing():
            return
        if self._refusal is not None:
            self.transport.write(_written(self._refusal))
            self._refusal = None
        if not (self._in_request or self._is_over):
            self.transport.close()
            return
        self._is_over = True
        self._unset_keepalive_if_required()
        self._stop_waiting()
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        """The other side does not read; it is not waited for without end."""
        super().pause_writing()
        self._reader_deadline = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting_for_reader()

    def _stop_waiting_for_reader(self) -> None:
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()
            self._reader_deadline = None

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


def _refusal_of(headers: Sequence[tuple[bytes, bytes]], size: int) -> RequestError | None:
    """What a head must not be: too large, for two hosts, or in a coding that is not undone."""
    if size > HEADER_BYTES:
        return TOO_MUCH
    named = [name for name, _ in headers]
    if named.count(b"host") > 1:
        return TWO_HOSTS
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    return None if codings in ([], [b"chunked"]) else CODING


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
