"""What changes in the store while we serve: keys made and revoked, models promoted and rolled back."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from leadlight.errors import LeadlightError
from leadlight.flows.objections import Objections
from leadlight.serve.gate import KeyHolder
from leadlight.serve.serving import Serving
from leadlight.serve.state import State
from leadlight.store import Store, keys, models
from leadlight.store.keys import ApiKey

EVERY: Final = 0.4
"""Seconds between looks, so that every worker knows within one."""
LONGEST: Final = 5.0
"""Seconds that a look may take: a database that went away may not even refuse."""
STALE: Final = 10.0
"""After so long without the store nobody knows whether a key was revoked."""
NOTE_EVERY: Final = 10.0
PAUSE: Final = 1.0
"""Seconds after a mistake of ours, so that one that stays does not fill the log."""


class StorePoll:
    """One process looking at its store."""

    def __init__(self, state: State, store: Store, workers: int = 1) -> None:
        self.state = state
        self.store = store
        self.workers = workers
        self.model: int | None = None
        self.refused: int | None = None
        self.seen = time.monotonic()
        self.noted = time.monotonic()

    def look(self) -> None:
        """Take over what holds now."""
        with self.store.reading() as connection:
            standing, kept = keys.valid_keys(connection), models.in_service(connection)
            self.state.objections = Objections.refreshed(self.store, connection, self.state.objections)
        self.state.gate.renew({key.hash: caller(key, self.workers) for key in standing})
        number = None if kept is None else kept.number
        if number not in (self.model, self.refused):
            self._take(number)
        self.seen = time.monotonic()
        self.state.is_stale = self.state.is_store_lost = False

    def _take(self, number: int | None) -> None:
        """Put a model into service once its test has passed; a bad one leaves the old one where it is."""
        if number is None:
            self.state.swap(None)
            self.model = None
            return
        try:
            with self.store.reading() as connection:
                bundle = models.load(connection, number)
            serving = Serving.of(bundle)
        except LeadlightError as problem:
            self.refused = number
            self.state.journal.write("model_refused", level="error", code=problem.code)
            return
        except Exception as problem:  # noqa: BLE001 - a model that breaks us is no better than a refused one
            self.refused = number
            self.state.journal.mistake(problem)
            return
        self.state.swap(serving)
        self.model, self.refused = number, None
        self.state.journal.write("model_in_service", model=serving.name)

    async def run(self) -> None:
        """Look again and again, for as long as the process serves."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await asyncio.wait_for(asyncio.to_thread(self.look), LONGEST)
                await self._note()
            except TimeoutError:
                self._missed()
                self.state.journal.write("store_lost", level="error", code="unreachable")
            except LeadlightError as problem:
                self._missed()
                self.state.journal.write("store_lost", level="error", code=problem.code)
            except Exception as problem:  # noqa: BLE001 - who stops looking knows of no revoked key
                self._missed()
                self.state.journal.mistake(problem)
                await asyncio.sleep(PAUSE)

    def _missed(self) -> None:
        self.state.is_store_lost = True
        self.state.is_stale = time.monotonic() - self.seen > STALE

    async def _note(self) -> None:
        """Write now and then when keys were last used."""
        if time.monotonic() - self.noted < NOTE_EVERY:
            return
        self.noted = time.monotonic()
        used = self.state.gate.take_used()
        if used:
            await asyncio.to_thread(self._write, used)

    def _write(self, used: dict[int, float]) -> None:
        with self.store.writing() as connection:
            keys.note_use(connection, used)


def caller(key: ApiKey, workers: int = 1) -> KeyHolder:
    """Who comes with this key; each worker lets through its part of the rate."""
    rate = None if key.per_minute is None else key.per_minute / 60 / workers
    return KeyHolder(f"key:{key.number}", key.scopes, key.hash, key.expires, rate, key.number)
