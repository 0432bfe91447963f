"""Writes over HTTP: read strictly, done once a key, acknowledged when they are durable."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from fastapi import Request, Response

from leadlight.errors import RequestError
from leadlight.serve import body, shapes
from leadlight.serve.limits import read_body
from leadlight.serve.policy import caller_of
from leadlight.serve.state import State
from leadlight.store import idempotency

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEY_HEADER: Final = "idempotency-key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
T = TypeVar("T", bound=shapes.Shape)
Work = Callable[["Connection", float], Any]


async def incoming(request: Request, shape: type[T]) -> tuple[bytes, T]:
    """The body of a request, as it came and as this shape."""
    headers = dict(request.headers.raw)
    body.check_media_type(headers.get(b"content-type"))
    raw = await read_body(request.receive, headers, request.scope["answer"].visit)
    given = await state_of(request).apart(len(raw), lambda: shapes.shaped(body.read(raw), shape))
    return raw, given


async def written(request: Request, raw: bytes, work: Work) -> Response:
    """Do the work in the one writer; the same key and body get the same answer."""
    state = state_of(request)
    key = request.headers.get(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise RequestError(
            422,
            "The idempotency key is not 1 to 200 visible ASCII characters.",
            code="idempotency_key_form",
            hint="A UUID will do.",
        )
    now, caller = time.time(), caller_of(request).name
    store = state.store
    route = f"{request.method} {request.url.path}"

    def do(connection: Connection) -> bytes:
        if key is None:
            return msgspec.json.encode(work(connection, now))
        asked = idempotency.KeyedRequest(key, caller, route, raw)
        return idempotency.answer_once(store, connection, asked, now, lambda held: work(held, now))

    answer: bytes = await asyncio.wrap_future(state.writer.submit(do))
    return Response(answer, media_type="application/json")


async def read(request: Request, ask: Callable[[Connection], Any]) -> Any:
    """Ask the store in a thread, in one snapshot."""
    store = state_of(request).store

    def asked() -> Any:
        with store.reading() as connection:
            return ask(connection)

    return await asyncio.to_thread(asked)


def answered(plain: Any) -> Response:
    """What was asked for, as JSON."""
    return Response(msgspec.json.encode(plain), media_type="application/json")


def state_of(request: Request) -> State:
    state: State = request.app.state.leadlight
    return state
