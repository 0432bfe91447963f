"""One writer a process: what many ask for at once is written in one transaction, and told when it is durable.

Each has a savepoint of its own, so that one that is refused takes nothing of the others with it. Where the
database takes the whole transaction back, all of them are refused.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from sqlalchemy import Connection, NestedTransaction
from sqlalchemy.exc import SQLAlchemyError

from leadlight.errors import StoreError
from leadlight.store.store import Store, translating_errors

WAITING: Final = 1_000
TOGETHER: Final = 256
Work = Callable[[Connection], Any]
Asked = tuple[Work, "Future[Any]"]


class GroupWriter:
    """The thread that writes, and those who wait for it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._queue: queue.Queue[Asked | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """What the work gives, once it is on the disk."""
        future: Future[Any] = Future()
        try:
            self._queue.put_nowait((work, future))
        except queue.Full:
            raise StoreError(
                "More is waiting to be written than can be.", code="busy", hint="Try again in a moment."
            ) from None
        return future

    def close(self) -> None:
        """Write what is waiting, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            asked, is_last = self._gather(first)
            self._write(asked)
            if is_last:
                return

    def _gather(self, first: Asked) -> tuple[list[Asked], bool]:
        """What else is waiting by now."""
        asked = [first]
        while len(asked) < TOGETHER:
            try:
                another = self._queue.get_nowait()
            except queue.Empty:
                return asked, False
            if another is None:
                return asked, True
            asked.append(another)
        return asked, False

    def _write(self, asked: list[Asked]) -> None:
        try:
            with self.store.writing() as connection:
                outcomes = [self._one(connection, work) for work, _ in asked]
        except BaseException as problem:  # noqa: BLE001 - whoever waits has to be told
            outcomes = [(None, problem)] * len(asked)
        for (_, future), (result, refused) in zip(asked, outcomes, strict=True):
            if refused is None:
                future.set_result(result)
            else:
                future.set_exception(refused)

    def _one(self, connection: Connection, work: Work) -> tuple[Any, BaseException | None]:
        savepoint = connection.begin_nested()
        try:
            with translating_errors(self.store.home):
                result = work(connection)
        except Exception as problem:  # noqa: BLE001 - the others go on
            _undo(savepoint, problem)
            return None, problem
        savepoint.commit()
        return result, None


def _undo(savepoint: NestedTransaction, problem: Exception) -> None:
    """Back to before this work; where the transaction is gone with it, the problem is everybody's."""
    try:
        savepoint.rollback()
    except SQLAlchemyError:
        raise problem from None
    if savepoint.connection.invalidated:
        raise problem
