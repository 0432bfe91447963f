"""`POST /v1/score`, the route that has to be fast: from the bytes of a request to those of its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import msgspec

from leadlight.serve import body, lead_events, scoring
from leadlight.serve.exchange import Exchange
from leadlight.serve.limits import read_body
from leadlight.serve.scoring import ScoreRequest
from leadlight.serve.serving import Serving
from leadlight.serve.state import LARGE, State

PATH: Final = "/v1/score"
SCOPE: Final = "score"


class ScoreRoute:
    """The route; models that take milliseconds a lead are asked in a thread of their own."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.encode = msgspec.json.Encoder().encode
        self.thread = ThreadPoolExecutor(1, "scoring")

    async def __call__(self, headers: Mapping[bytes, bytes], receive: Any, exchange: Exchange) -> bytes:
        state = self.state
        caller = state.gate.admit(headers.get(b"authorization"), SCOPE)
        exchange.noted["caller"] = caller.name
        serving = state.ready()
        body.check_media_type(headers.get(b"content-type"))
        raw = await read_body(receive, headers, exchange.visit)
        if len(raw) > LARGE:
            return await state.apart(len(raw), lambda: self._answer_large(serving, raw, exchange))
        asked = await self._with_events(serving, self._asked(raw, exchange))
        return self._encoded(serving, await self._results(serving, asked))

    def _answer_large(self, serving: Serving, raw: bytes, exchange: Exchange) -> bytes:
        asked = _as_seen(serving, self._asked(raw, exchange), self.state.store)
        return self._encoded(serving, _all(serving, asked))

    async def _with_events(self, serving: Serving, asked: ScoreRequest) -> ScoreRequest:
        if serving.bundle.events is None:
            return asked
        return await asyncio.to_thread(_as_seen, serving, asked, self.state.store)

    def _asked(self, raw: bytes, exchange: Exchange) -> ScoreRequest:
        asked = ScoreRequest.of(body.read(raw))
        exchange.noted["leads"] = len(asked.leads)
        objections = self.state.objections
        return asked if objections is None else replace(asked, bars=objections.bars)

    def _encoded(self, serving: Serving, found: list[dict[str, Any]]) -> bytes:
        self.state.metrics.leads.inc(len(found))
        return self.encode({"model": serving.name, "results": found})

    async def _results(self, serving: Serving, asked: ScoreRequest) -> list[dict[str, Any]]:
        if not serving.is_quick:
            return await asyncio.get_running_loop().run_in_executor(self.thread, _all, serving, asked)
        if len(asked.leads) == 1:
            return [scoring.answer_one(serving, asked)]
        found: list[dict[str, Any]] = []
        for start in range(0, len(asked.leads), scoring.TOGETHER):
            found += scoring.answer_many(serving, asked, start, start + scoring.TOGETHER)
            await asyncio.sleep(0)
        return found


def _as_seen(serving: Serving, asked: ScoreRequest, store: Any) -> ScoreRequest:
    """The request with what its leads' events say, for a model that looks at any."""
    if serving.bundle.events is None:
        return asked
    at = time.time() if asked.at is None else asked.at
    return replace(asked, leads=lead_events.with_events(serving, asked.leads, store, at))


def _all(serving: Serving, asked: ScoreRequest) -> list[dict[str, Any]]:
    if len(asked.leads) == 1:
        return [scoring.answer_one(serving, asked)]
    found: list[dict[str, Any]] = []
    for start in range(0, len(asked.leads), scoring.TOGETHER):
        found += scoring.answer_many(serving, asked, start, start + scoring.TOGETHER)
    return found
