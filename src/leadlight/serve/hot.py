"""`POST /v1/score`, the route that has to be fast: from the bytes of a request to those of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from leadlight.serve import body, scoring
from leadlight.serve.limits import read_body
from leadlight.serve.scoring import Asked
from leadlight.serve.serving import Serving
from leadlight.serve.state import State

if TYPE_CHECKING:
    from leadlight.serve.edge import Answer

PATH: Final = "/v1/score"
SCOPE: Final = "score"


class Hot:
    """The route; models that take milliseconds a lead are asked in a thread of their own."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.encode = msgspec.json.Encoder().encode
        self.thread = ThreadPoolExecutor(1, "scoring")

    async def __call__(self, headers: Mapping[bytes, bytes], receive: Any, answer: Answer) -> bytes:
        state = self.state
        caller = state.gate.admit(headers.get(b"authorization"), SCOPE)
        answer.noted["caller"] = caller.name
        serving = state.ready()
        body.check_media_type(headers.get(b"content-type"))
        asked = Asked.of(body.read(await read_body(receive, headers, state.limits)))
        if state.objections is not None:
            asked = replace(asked, bars=state.objections.bars)
        answer.noted["leads"] = len(asked.leads)
        found = await self._results(serving, asked)
        state.metrics.leads.inc(len(asked.leads))
        return self.encode({"model": serving.name, "results": found})

    async def _results(self, serving: Serving, asked: Asked) -> list[dict[str, Any]]:
        if not serving.is_quick:
            return await asyncio.get_running_loop().run_in_executor(self.thread, _all, serving, asked)
        if len(asked.leads) == 1:
            return [scoring.answer_one(serving, asked)]
        found: list[dict[str, Any]] = []
        for start in range(0, len(asked.leads), scoring.TOGETHER):
            found += scoring.answer_many(serving, asked, start, start + scoring.TOGETHER)
            await asyncio.sleep(0)
        return found


def _all(serving: Serving, asked: Asked) -> list[dict[str, Any]]:
    return (
        [scoring.answer_one(serving, asked)] if len(asked.leads) == 1 else scoring.answer_many(serving, asked)
    )
