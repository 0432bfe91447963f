"""Whoever is to know which leads became hot is told within seconds, apart from scores and requests."""

from __future__ import annotations

import asyncio
from typing import Final

from leadlight import settings
from leadlight.errors import LeadlightError
from leadlight.flows import tell_hot as flow
from leadlight.serve.state import State

EVERY: Final = 1.0
PAUSE: Final = 60.0
"""Seconds after a failure that is no receiver's, such as a secret that is not there."""


async def run(state: State) -> None:
    """Tell who became hot, where a webhook is set, for as long as the process serves."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await asyncio.to_thread(_tell, state)
        except LeadlightError as problem:
            state.journal.write("telling_failed", level="error", code=problem.code)
            await asyncio.sleep(PAUSE)
        except Exception as problem:  # noqa: BLE001 - whatever failed, telling goes on once it is over
            state.journal.mistake(problem)
            await asyncio.sleep(PAUSE)


def _tell(state: State) -> None:
    address = settings.hot_webhook(state.store.home.folder)
    if address is None:
        return
    found = flow.tell_hot(state.store, flow.open_webhook(state.store, address, settings.secret))
    if found is not None and found.problem is not None:
        state.journal.write("told_hot", level="error", code=found.problem.code, count=found.sent)
    elif found is not None:
        state.journal.write("told_hot", count=found.sent)
