"""Scores of the leads that are kept follow what comes in: soon, in the background, never in a request."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from leadlight.errors import LeadlightError
from leadlight.flows.score import score_waiting
from leadlight.serve.state import State

EVERY: Final = 0.25
FADES: Final = 6 * 3600.0
"""Seconds after which all leads are scored again where events fade."""
PAUSE: Final = 5.0
"""Seconds after a failure, so that what stays broken does not fill the log."""


async def run(state: State) -> None:
    """Score what is new or changed, for as long as the process serves."""
    model, whole = None, 0.0
    while True:
        await asyncio.sleep(EVERY)
        serving = state.serving
        if serving is None:
            continue
        faded = serving.bundle.events is not None and time.monotonic() - whole > FADES
        if not (state.has_waiting or faded or serving.name != model):
            continue
        state.has_waiting, model = False, serving.name
        whole = time.monotonic() if faded else whole
        try:
            scored = await asyncio.to_thread(score_waiting, state.store, time.time(), everything=faded)
            state.journal.write("scored", model=scored.model, count=scored.written)
        except Exception as problem:  # noqa: BLE001 - whatever failed, scores follow again once it is over
            model = None
            _tell(state, problem)
            await asyncio.sleep(PAUSE)


def _tell(state: State, problem: Exception) -> None:
    if isinstance(problem, LeadlightError):
        state.journal.write("scoring_failed", level="error", code=problem.code)
    else:
        state.journal.mistake(problem)
