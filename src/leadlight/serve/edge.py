"""What is around every request: its id, its host, the load, and the one way out.

Nothing that goes wrong inside leaves here as anything but a problem document.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from itertools import count
from time import perf_counter
from typing import Any, Final

from starlette.datastructures import QueryParams

from leadlight.errors import LeadlightError
from leadlight.serve import gate, problem
from leadlight.serve.exchange import Exchange
from leadlight.serve.policy import check_query
from leadlight.serve.request_log import log_request
from leadlight.serve.score_route import PATH, ScoreRoute
from leadlight.serve.state import State

OPEN: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What is answered however busy the process is."""
_ID: Final = re.compile(rb"[0-9A-Za-z._-]{1,64}")


class Edge:
    """The application as uvicorn calls it."""

    def __init__(self, inner: Any, state: State) -> None:
        self.inner = inner
        self.state = state
        self.score = ScoreRoute(state)
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        start = perf_counter()
        headers = dict(scope["headers"])
        request = self._request_id(headers)
        exchange = Exchange(send, request, self.state)
        try:
            await self._answer(scope, headers, receive, exchange)
        except LeadlightError as refused:
            await exchange.refuse(refused)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as fault:  # noqa: BLE001 - the last one to see it
            await self._mistaken(fault, exchange)
        finally:
            exchange.visit.leave()
            log_request(self.state, scope, exchange, perf_counter() - start)

    async def _answer(
        self, scope: Any, headers: Mapping[bytes, bytes], receive: Any, exchange: Exchange
    ) -> None:
        path = scope["path"]
        gate.check_host(headers.get(b"host"), self.state.hosts)
        if path not in OPEN:
            self.state.load.check()
        if path == PATH:
            exchange.route = PATH
            if scope["method"] != "POST":
                raise problem.method("POST")
            if scope["query_string"]:
                check_query(QueryParams(scope["query_string"]), ())
            body = await self.score(headers, receive, exchange)
            await exchange.whole(200, b"application/json", body)
            return
        scope["request_id"], scope["answer"] = exchange.request, exchange
        await self.inner(scope, receive, exchange.send)

    async def _mistaken(self, fault: BaseException, exchange: Exchange) -> None:
        self.state.metrics.mistakes.inc()
        self.state.journal.mistake(fault, request_id=exchange.request)
        await exchange.refuse(problem.mistake())

    def _request_id(self, headers: Mapping[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id")
        if given is not None and _ID.fullmatch(given):
            return given.decode("ascii")
        return f"{self._prefix}-{next(self._numbers):x}"
