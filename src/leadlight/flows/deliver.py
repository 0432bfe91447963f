"""Scores back to where sales works: only what changed, in batches, by way of the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from leadlight.connect.connector import Delivered, Delivery, ScoreTaker
from leadlight.errors import ConnectorError
from leadlight.store import Store, outbox
from leadlight.store.outbox import WaitingScore

Clock = Callable[[], float]
HYSTERESIS: Final = 0.02
"""A score goes out again when its probability moved by so much, or another model graded it otherwise."""

OF_A_RECORD: Final = frozenset({400, 409, 422})
"""Refusals that may be of one record among many."""


@dataclass
class Sent:
    """What became of the scores that waited."""

    sent: int = 0
    later: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    problem: ConnectorError | None = None
    """Why sending stopped early; what was not sent waits."""


def deliver(
    store: Store,
    name: str,
    taker: ScoreTaker,
    clock: Clock,
    *,
    source: str,
    hysteresis: float = HYSTERESIS,
    observe: Callable[[str], None] = lambda _: None,
) -> Sent:
    """Queue what changed, then send until nothing is due; a system that fails is left alone until later."""
    found = Sent()
    with store.writing() as connection:
        outbox.drop_objectors(connection, name)
        outbox.queue(connection, name, source, hysteresis, clock())
    while True:
        with store.writing() as connection:
            batch = outbox.claim(connection, name, taker.batch, clock())
        if not batch:
            return found
        try:
            answer = _written(taker, [delivery(each) for each in batch])
        except ConnectorError as problem:
            with store.writing() as connection:
                problems = dict.fromkeys([each.lead for each in batch], problem.code)
                outbox.give_back(connection, name, problems, clock())
            found.later += len(batch)
            found.problem = problem
            return found
        _settle(store, name, batch, answer, clock(), found)
        observe(f"writing scores, {found.sent:,} so far")


def _written(taker: ScoreTaker, batch: Sequence[Delivery]) -> Delivered:
    """What became of a batch; one that is refused whole is sent in halves, down to whoever spoils it.

    Where nobody of it is taken, the system refuses them all for a reason of its own, which is raised.
    """
    try:
        return taker.write(batch)
    except ConnectorError as problem:
        if problem.status not in OF_A_RECORD or len(batch) == 1:
            raise
        found, last = Delivered(), problem
    for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
        try:
            answer = _written(taker, half)
        except ConnectorError as problem:
            if problem.status not in OF_A_RECORD:
                raise
            answer, last = Delivered(refused=dict.fromkeys([each.id for each in half], problem.code)), problem
        found = Delivered(
            (*found.taken, *answer.taken),
            {**found.refused, **answer.refused},
            {**found.again, **answer.again},
        )
    if not found.taken:
        raise last
    return found


def _settle(
    store: Store, name: str, batch: Sequence[WaitingScore], answer: Delivered, at: float, found: Sent
) -> None:
    taken = {*answer.taken}
    done = [each for each in batch if each.id in taken]
    refused = {each.lead: answer.refused[each.id] for each in batch if each.id in answer.refused}
    waiting = [each for each in batch if each.id not in taken and each.lead not in refused]
    later = {each.lead: answer.again.get(each.id, "") for each in waiting}
    with store.writing() as connection:
        outbox.settle(connection, name, done, at)
        outbox.refuse(connection, name, refused, at)
        outbox.give_back(connection, name, later, at)
    found.sent += len(done)
    found.later += len(later)
    found.refused.update(refused.values())


def delivery(each: WaitingScore) -> Delivery:
    """A score as it is shown elsewhere: one decimal, reasons in a line each."""
    return Delivery(
        id=each.id,
        score=round(100 * each.probability, 1),
        grade=each.grade,
        reasons="\n".join(each.reasons),
        model=each.model_name,
        at=each.at,
    )
