"""`leadlight sync hubspot://contacts`: a system read into the home, and scores written back to it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import line
from leadlight.cli.output import Output
from leadlight.cli.page import Page, progress
from leadlight.cli.score import say_scored, scored_json
from leadlight.cli.tell import tell_after_scoring
from leadlight.connect import systems
from leadlight.connect.connector import Connector
from leadlight.data.config.record import SystemConfig
from leadlight.errors import LeadlightError
from leadlight.flows.connection import (
    ConnectionCheck,
    ConnectionRun,
    check_connection,
    config_of,
    open_connection,
    run_connection,
    score_taker,
)
from leadlight.flows.deliver import Sent
from leadlight.insight.wording import counted, listed
from leadlight.store import Store


@dataclass(frozen=True)
class RunAsked:
    """What was asked of a run."""

    again: bool
    score: bool
    write: bool
    as_json: bool


def sync_system(
    place: str,
    home: str | None,
    asked: RunAsked,
    *,
    check: bool,
    setup: bool,
    yes: bool,
    every: str | None,
) -> None:
    """Check, set up, or run once or again and again."""
    pause = None if every is None else given.seconds(every)
    with homes.opened(home) as store:
        name = systems.system_of(place)
        system = config_of(store).connect.of(name)
        with closing(open_connection(store, name, settings.secret)) as connector:
            if check:
                _check(connector, system, asked)
            elif setup:
                _set_up(connector, asked, yes=yes)
            else:
                _run(store, connector, asked, pause)


def _run(store: Store, connector: Connector, asked: RunAsked, pause: float | None) -> None:
    """One run, or one after the other: a failure is told, and the next run goes on from there."""
    while True:
        try:
            with progress(f"reading {connector.title}") as observe:
                found = run_connection(
                    store,
                    connector,
                    homes.now,
                    again=asked.again,
                    score=asked.score,
                    write=asked.write,
                    observe=observe,
                )
            summary = {**_summary(connector, found), "told_hot": tell_after_scoring(store)}
            Output(asked.as_json).show(summary, partial(_tell, connector, found))
        except LeadlightError as problem:
            if pause is None:
                raise
            Output(asked.as_json).show({"error": problem.code, "message": problem.message}, str(problem))
        if pause is None:
            return
        time.sleep(pause)


def _summary(connector: Connector, found: ConnectionRun) -> dict[str, Any]:
    return {
        "connection": connector.name,
        "rows": found.pulled.to_json(),
        "rejected": dict(found.pulled.rejected),
        "left_out": found.pulled.left_out,
        "wrote": None if found.wrote is None else str(found.wrote),
        "scored": None if found.scored is None else scored_json(found.scored),
        "written_back": None if found.sent is None else _sent_json(found.sent),
    }


def _sent_json(sent: Sent) -> dict[str, Any]:
    problem = sent.problem
    return {
        "sent": sent.sent,
        "later": sent.later,
        "refused": dict(sent.refused),
        "problem": None if problem is None else {"code": problem.code, "message": problem.message},
    }


def _tell(connector: Connector, found: ConnectionRun, page: Page) -> None:
    pulled, wrote, scored, sent = found.pulled, found.wrote, found.scored, found.sent
    taken = pulled.taken
    page.say(
        f"{connector.title}: {counted(taken.rows, 'lead')} read = {taken.new:,} new"
        f" + {taken.changed:,} changed + {taken.same:,} as before"
        f" + {taken.forgotten:,} forgotten people kept out."
    )
    added = [counted(count, kind.removesuffix("s")) for kind, count in pulled.added.items() if count]
    if added:
        page.say(f"Also new: {listed(added)}.")
    if pulled.left_out:
        page.say(f"Not read, because the token does not allow it: {listed(pulled.left_out)}.")
    if pulled.rejected:
        page.say(f"Left out: {listed([f'{count:,} {why}' for why, count in pulled.rejected.items()])}.")
    if pulled.aged:
        page.say(f"{pulled.aged:,} leads were open for longer than the horizon; they count as lost now.")
    for count, what in (
        (pulled.merged, "became one with another lead there, and did so here"),
        (pulled.deleted, "deleted there: kept here, and not scored or listed any more"),
        (pulled.returned, "there again after having been deleted"),
    ):
        if count:
            page.say(f"{counted(count, 'lead')} {what}.")
    if wrote is not None:
        page.say(f"What each column is taken for stands in {wrote}; change it there.")
    if scored is None:
        page.say("No model is in service here yet. Learn one from these leads:")
        page.typed(line("train", "--home", "HOME", "-o", "model.leadlight"))
    else:
        say_scored(scored, page)
    if sent is not None:
        _tell_sent(connector, sent, page)


def _tell_sent(connector: Connector, sent: Sent, page: Page) -> None:
    page.say(f"{counted(sent.sent, 'score')} written to {connector.title}.")
    if sent.refused:
        page.say(f"Refused there: {listed([f'{count:,} {why}' for why, count in sent.refused.items()])}.")
    if sent.later:
        page.say(f"{sent.later:,} wait for the next run.")
    if sent.problem is not None:
        page.say(str(sent.problem))


def _check(connector: Connector, system: SystemConfig, asked: RunAsked) -> None:
    """What a run would read, with a sample, and what is missing; nothing is kept."""
    with progress(f"asking {connector.title}"):
        found = check_connection(connector, system)
    told = {
        "connection": found.name,
        "parts": [vars(part) for part in found.parts],
        "mapping": None if found.mapping is None else vars(found.mapping),
        "sample": [dict(row) for row in found.sample],
        "missing": [vars(each) for each in found.missing],
        "fields_to_make": list(found.fields),
    }
    Output(asked.as_json).show(told, partial(_tell_check, found))


def _tell_check(found: ConnectionCheck, page: Page) -> None:
    page.heading(f"What is read from {found.title}")
    for part in found.parts:
        page.line(f"{part.name}: {part.about}")
    if found.mapping is not None:
        page.heading("How it becomes leads")
        for name, text in found.mapping.told.items():
            page.line(f"{name}: {text}")
    if found.sample:
        page.heading("A sample")
        for name in found.sample[0]:
            values = [str(row[name]) for row in found.sample if row.get(name) is not None]
            page.line(f"{name}: {', '.join(values[:3]) or 'nothing'}")
    page.heading("What is missing")
    for each in found.missing:
        page.line(f"{each.what}: {each.means}")
    if found.fields:
        page.line(f"fields for scores ({', '.join(found.fields)}): make them with --setup")
    if not found.missing and not found.fields:
        page.line("nothing")


def _set_up(connector: Connector, asked: RunAsked, *, yes: bool) -> None:
    """Show the fields that are missing; make them once they were agreed to."""
    taker = score_taker(connector)
    fields = list(taker.missing_fields())
    if fields and yes:
        taker.make_fields()
    made = "made" if yes else "to make"
    said = f"Fields {made} in {connector.title}: {', '.join(fields)}." if fields else "All fields are there."
    if fields and not yes:
        said += f"\nMake them with: leadlight sync {connector.name}:// --setup --yes --home HOME"
    Output(asked.as_json).show({"fields": fields, "made": bool(fields) and yes}, said)
