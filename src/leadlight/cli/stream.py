"""`leadlight stream`: leads and events out of Kafka, scores into it."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.errors import DependencyError, LeadlightError

if TYPE_CHECKING:
    from leadlight.run.stream_plan import StreamPlan
    from leadlight.store import Store

LINE_SECONDS: Final = 10.0
AWAY_SECONDS: Final = 2.0


def stream(
    brokers: Annotated[
        str, typer.Option("--brokers", help="Where Kafka is: host:port, several with commas.")
    ],
    leads: Annotated[str, typer.Option("--leads", help="The topic that leads come from.")],
    scores: Annotated[str, typer.Option("--scores", help="The topic that scores go to.")],
    home: given.Home = None,
    events: Annotated[str | None, typer.Option("--events", help="The topic of what leads do.")] = None,
    letters: Annotated[
        str | None,
        typer.Option("--dead-letters", help="The topic for messages that cannot be used, with the reason."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help="The group that all workers of the home share; its own if not given."),
    ] = None,
    member: Annotated[str, typer.Option("--member", help="This worker's own name in the group.")] = "1",
    start: Annotated[
        Literal["earliest", "latest"],
        typer.Option("--from", help="Where a partition begins that was never read."),
    ] = "earliest",
    most: Annotated[
        int, typer.Option("--batch", min=1, max=10_000, help="At most so many messages in one transaction.")
    ] = 1_000,
    reasons: Annotated[int, typer.Option("--reasons", min=0, max=100, help="Reasons of each score.")] = 3,
    client: Annotated[
        Path | None,
        typer.Option(
            "--client", help="A file with settings of the client, such as TLS and login, a line each."
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Take in what is there now, then end.")] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on where messages were lost or a topic was made anew.")
    ] = False,
    as_json: given.AsJson = False,
) -> None:
    """Take leads and events out of Kafka, score them, and send the scores.

    Every message counts exactly once in the home, whatever is killed when; scores are sent at least once,
    each with the header idempotency-key. It runs until SIGTERM or Ctrl+C. The log goes to standard error, a
    line of JSON an event. Where messages were lost or a topic was made anew it stops with the reason (exit
    code 2).
    """
    _check_installed()
    from leadlight.run.stream_plan import StreamPlan, read_properties

    plan = StreamPlan(
        brokers=brokers,
        leads=leads,
        scores=scores,
        events=events,
        letters=letters,
        group=group or "leadlight",
        member=member,
        start=start,
        most=most,
        reasons=reasons,
        is_once=once,
        accepts_loss=accept_loss,
        properties={} if client is None else read_properties(client),
    )
    log = _run(plan, home, is_own_group=group is None)
    Output(as_json).show(dict(log.total), partial(_tell, log))


def _check_installed() -> None:
    if find_spec("confluent_kafka") is None:
        raise DependencyError(
            "Streams need a part that is not installed.",
            code="missing_extra",
            hint="pip install 'leadlight[stream]'",
        )


def _group_of(store: Store) -> str:
    """A group of this home alone: two homes in one group would share the messages out between them."""
    return f"leadlight-{store.keyed('group', b'stream').hex()[:8]}"


def _run(plan: StreamPlan, home: str | Path | None, *, is_own_group: bool) -> StreamLog:
    """Run until told to end; while database or broker are away, wait for them unless it is to run once."""
    from leadlight.run.kafka import AWAY, StreamWorker

    log, ending = StreamLog(), _end_by_signal()
    while not ending.is_set():
        try:
            with homes.opened(home) as store:
                chosen = replace(plan, group=_group_of(store)) if is_own_group else plan
                StreamWorker(store, chosen, log.note, ending).run()
            break
        except LeadlightError as refused:
            if plan.is_once or refused.code not in AWAY:
                raise
            log.note("waiting", level="warning", code=refused.code)
            ending.wait(AWAY_SECONDS)
        finally:
            log.flush()
    return log


def _end_by_signal() -> threading.Event:
    """Set by a signal: what is under way is written before the process ends."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    return ending


class StreamLog:
    """Lines of JSON: what happens at once, what was taken in now and then in sums."""

    def __init__(self) -> None:
        from leadlight.serve.journal import Journal

        self.journal = Journal(sys.stderr)
        self.total: Counter[str] = Counter(messages=0, new=0, changed=0, same=0, scored=0, letters=0)
        self.since: Counter[str] = Counter()
        self.told = time.monotonic()

    def note(self, event: str, **fields: Any) -> None:
        if event != "taken":
            self.journal.write(event, **fields)
            self.journal.flush()
            return
        self.since.update({name: count for name, count in fields.items() if isinstance(count, int)})
        if time.monotonic() - self.told > LINE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the sums since the last line."""
        self.told = time.monotonic()
        if self.since:
            self.journal.write("taken", count=self.since["messages"], leads=self.since["scored"])
            self.total.update(self.since)
            self.since.clear()
        self.journal.flush()


def _tell(log: StreamLog, page: Page) -> None:
    total = log.total
    page.say(
        f"{total['messages']:,} messages: {total['new']:,} new leads, {total['changed']:,} changed,"
        f" {total['same']:,} as before; {total['events']:,} events; {total['letters']:,} could not be used."
    )
    page.say(f"{total['scored']:,} leads were scored.")
