"""Telling a webhook which leads became hot: from the store, apart from scoring, each once.

A lead is told of only while it is hot, open and may be called; never where it is held back from the score.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from leadlight.connect.moments import iso
from leadlight.connect.transport import CallLimits
from leadlight.connect.webhook import Webhook, WebhookSender
from leadlight.data import rows
from leadlight.data.secret import Secret
from leadlight.errors import ConnectorError, LeadlightError
from leadlight.flows.gather import ID
from leadlight.flows.held import PartedLeads
from leadlight.insight.pool import Pool
from leadlight.model.bundle import Bundle
from leadlight.store import Store, connections, hot_leads, leads, models, records
from leadlight.store.hot_leads import HotLead
from leadlight.store.ranking import score_as_json

Clock = Callable[[], float]
EVENT: Final = "leadlight.became_hot"
TRIAL: Final = "leadlight.trial"
NAME: Final = "webhook"
"""Under which the runs stand beside those of the connections."""
PAGE: Final = 100
LIMITS: Final = CallLimits(answer_seconds=15.0, total_seconds=20.0, attempts=2, longest_wait=5.0)
OF_MESSAGE: Final = frozenset({400, 405, 409, 413, 415, 422})
"""Refusals of one message; all others concern the receiver, who is then left alone for a while."""


@dataclass
class HotTold:
    """What became of the leads that were to be told of."""

    sent: int = 0
    left_out: int = 0
    """Decided by now, not to be called, or held back from the score."""
    later: int = 0
    expired: int = 0
    problem: LeadlightError | None = None
    """Why somebody was not told of."""
    is_stopped: bool = False
    """Whether that is why telling ended early; whoever was not told of waits."""

    @property
    def counts(self) -> dict[str, int]:
        found = {"sent": self.sent, "left_out": self.left_out, "later": self.later}
        return found | ({"expired": self.expired} if self.expired else {})

    def to_json(self) -> dict[str, Any]:
        said = self.problem
        return {
            **self.counts,
            "problem": None if said is None else {"code": said.code, "message": said.message},
        }


def tell_hot(
    store: Store, webhook: Webhook, clock: Clock = time.time, *, limits: CallLimits = LIMITS
) -> HotTold | None:
    """Tell of everyone who became hot; nothing where there is no model, nobody waits, or another is at it.

    The first call makes the home follow who becomes hot: who is hot by then is known and not told of.
    """
    with store.reading() as connection:
        if models.in_service(connection) is None:
            return None
        followed, due = hot_leads.is_followed(connection), hot_leads.is_due(connection, clock())
    if followed and not due:
        return None
    with store.reading() as connection:
        bundle = models.serving(connection)
    with store.writing() as connection:
        hot_leads.follow(connection, bundle.scorer.grades.names[0], clock())
        if not due or not hot_leads.take_turn(connection, clock()):
            return None
        number = connections.begin_run(connection, NAME, clock())
    found = HotTold()
    try:
        with webhook.opened("hot leads", limits) as sender:
            _tell_all(store, bundle, sender, clock, found)
    except LeadlightError as problem:
        found.problem, found.is_stopped = problem, True
    except BaseException:
        _end(store, number, replace(found, is_stopped=True), clock())
        raise
    _end(store, number, found, clock())
    return found


def _tell_all(store: Store, bundle: Bundle, sender: WebhookSender, clock: Clock, found: HotTold) -> None:
    with store.writing() as connection:
        found.expired = hot_leads.drop_unfit(connection, clock())
    while True:
        with store.reading() as connection:
            page = hot_leads.waiting(connection, bundle.scorer.grades.names[0], PAGE, clock())
        if not page:
            return
        fit = _fit(store, bundle, page)
        out = [each for each in page if each.id not in fit]
        with store.writing() as connection:
            hot_leads.settle(connection, out)
        found.left_out += len(out)
        for each in page:
            if each.id in fit:
                _tell(store, sender, each, clock, found)


def _tell(store: Store, sender: WebhookSender, lead: HotLead, clock: Clock, found: HotTold) -> None:
    try:
        sender.send(_identity(store, lead), clock(), message(lead))
    except ConnectorError as problem:
        if problem.status not in OF_MESSAGE:
            raise
        found.problem = problem
        found.later += 1
        with store.writing() as connection:
            hot_leads.postpone(connection, lead, clock())
        return
    found.sent += 1
    with store.writing() as connection:
        hot_leads.settle(connection, [lead])
        hot_leads.keep_turn(connection, clock())


def message(lead: HotLead) -> dict[str, Any]:
    """What is told of a lead: its id and its score, and nothing else of the person."""
    said = score_as_json(lead.score) | {"at": iso(lead.score["at"])}
    return {"type": EVENT, "timestamp": iso(lead.since), "data": {"id": lead.id, **said}}


def _identity(store: Store, lead: HotLead) -> str:
    """What marks a piece of news, however often it is sent; it says nothing of the lead."""
    return f"hot_{store.keyed('hot', f'{lead.lead} {lead.since!r}'.encode()).hex()}"


def _fit(store: Store, bundle: Bundle, page: Sequence[HotLead]) -> set[str]:
    """Who of these is open, may be called, and is worked by the score."""
    target, identity = bundle.target.column, bundle.scorer.schema.name_of("id") or ID
    with store.reading() as connection:
        kept = leads.by_numbers(connection, [each.lead for each in page])
        ended = records.latest_outcomes(connection, [lead.number for lead in kept])
    said = [{**lead.fields, **_ended(target, ended.get(lead.number))} for lead in kept]
    raw = leads.whole_table(said, [lead.id for lead in kept], identity)
    pool = Pool.of(bundle, PartedLeads.of(store, raw, identity).by_score)
    return {*rows.identities(pool.frame[identity]).filter(~pool.barred).to_list()}


def _ended(target: str | None, word: Any) -> dict[str, Any]:
    return {} if target is None or word is None else {target: word}


def _end(store: Store, number: int, found: HotTold, at: float) -> None:
    problem = found.problem
    wait = (
        problem.again if isinstance(problem, ConnectorError) and not isinstance(problem.again, bool) else None
    )
    with store.writing() as connection:
        hot_leads.end_turn(connection, at, failed=found.is_stopped, wait=wait)
        told, step = ("", "") if problem is None else (problem.message, problem.hint or "")
        connections.end_run(connection, number, at, found.counts, told, step)


def open_webhook(store: Store, address: str, secret: Callable[[str, Path], Secret]) -> Webhook:
    """The webhook at an address, with the secret of the home that messages are signed with."""
    return Webhook.of(address, secret("webhook.secret", store.home.folder).reveal())


def try_webhook(webhook: Webhook, at: float) -> None:
    """Send a message that is of nobody, to see whether it arrives."""
    with webhook.opened("a trial", LIMITS) as sender:
        sender.send(f"trial_{int(at)}", at, {"type": TRIAL, "timestamp": iso(at), "data": {}})
