"""Writes that are asked for twice and done once: an answer is kept beside what it answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, insert, select

from leadlight.errors import InputError
from leadlight.store.store import Store
from leadlight.store.tables import idempotency

KEPT_SECONDS: Final = 7 * 86_400.0


@dataclass(frozen=True)
class KeyedRequest:
    """A write under a key that its sender chose; who and where belong to the key."""

    key: str
    who: str
    route: str
    content: bytes

    def address(self, store: Store) -> bytes:
        return store.keyed("idempotency", "\0".join((self.who, self.route, self.key)).encode())

    def digest(self, store: Store) -> bytes:
        return store.keyed("request", self.content)


def answer_once(
    store: Store, connection: Connection, asked: KeyedRequest, at: float, work: Callable[[Connection], Any]
) -> bytes:
    """The answer of the first time; the work is done where there was none."""
    address, digest = asked.address(store), asked.digest(store)
    row = connection.execute(select(idempotency).where(idempotency.c.key == address)).one_or_none()
    if row is not None and row.at > at - KEPT_SECONDS:
        if bytes(row.request) != digest:
            raise InputError(
                "The idempotency key was used for another body.",
                code="idempotency_key",
                hint="Take a new key for each write; send the same body to ask again.",
            )
        return bytes(row.body)
    body = msgspec.json.encode(work(connection))
    connection.execute(delete(idempotency).where(idempotency.c.at <= at - KEPT_SECONDS))
    kept = {"key": address, "request": digest, "status": 200, "body": body, "at": at}
    connection.execute(insert(idempotency), kept)
    return body
