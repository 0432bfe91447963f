"""`leadlight sync hubspot://contacts`: a system read into the home, and scores written back to it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli.command import line
from leadlight.cli.output import Output
from leadlight.cli.page import Page, progress
from leadlight.cli.score import say_scored, score_store, scored_json
from leadlight.connect import systems
from leadlight.connect.connector import Connector, Missing, ScoreTaker, SourceMapping
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.config import Config, render_roles
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConfigError, LeadlightError
from leadlight.flows import deliver as delivering
from leadlight.flows import pull as pulling
from leadlight.flows.deliver import Sent
from leadlight.flows.pull import Pulled
from leadlight.flows.score import Scored
from leadlight.insight.wording import counted, listed
from leadlight.store import Store

SAMPLE: Final = 5
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Asked:
    """What was asked of a run."""

    again: bool
    score: bool
    write: bool
    as_json: bool


def sync_system(
    place: str,
    home: str | None,
    asked: Asked,
    *,
    check: bool,
    setup: bool,
    yes: bool,
    every: str | None,
) -> None:
    """Check, set up, or run once or again and again."""
    pause = None if every is None else seconds_in(every)
    with homes.opened(home) as store:
        config = settings.find(homes.beside(None, home)).connect
        name = systems.system_of(place)
        connector = systems.open_system(name, config, partial(settings.secret, home=store.home.folder))
        try:
            if check:
                _check(connector, config.of(name), asked)
            elif setup:
                _set_up(connector, asked, yes=yes)
            else:
                _run(store, connector, config.of(name), asked, pause)
        finally:
            connector.close()


def seconds_in(text: str) -> float:
    """How long `15m` is."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not found or not int(found[1]):
        raise ConfigError("--every takes a time such as 15m, 2h or 1d.", code="every")
    return int(found[1]) * UNITS[found[2]]


def _run(store: Store, connector: Connector, system: SystemConfig, asked: Asked, pause: float | None) -> None:
    """One run, or one after the other: a failure is told, and the next run goes on from there."""
    while True:
        try:
            _once(store, connector, system, asked)
        except LeadlightError as problem:
            if pause is None:
                raise
            Output(asked.as_json).show({"error": problem.code, "message": problem.message}, str(problem))
        if pause is None:
            return
        time.sleep(pause)


def _once(store: Store, connector: Connector, system: SystemConfig, asked: Asked) -> None:
    done: dict[str, Any] = {}

    def work() -> Mapping[str, int]:
        with progress(f"reading {connector.title}") as observe:
            horizon = system.horizon_days
            pulled = pulling.pull(
                store, connector, homes.now, again=asked.again, horizon_days=horizon, observe=observe
            )
        done["pulled"] = pulled
        done["wrote"] = _keep_mapping(store.home.folder, connector, pulled)
        done["scored"] = score_store(store) if asked.score else None
        done["sent"] = _write_back(store, connector, system) if asked.write and system.write else None
        return _counts(pulled, done["scored"], done["sent"])

    pulling.run(store, connector, homes.now, work)
    told = partial(_tell, connector, done["pulled"], done["wrote"], done["scored"], done["sent"])
    Output(asked.as_json).show(_summary(connector, **done), told)


def _write_back(store: Store, connector: Connector, system: SystemConfig) -> Sent | None:
    """Send what changed; a system that does not show scores, or has no fields for them, is left alone."""
    if not isinstance(connector, ScoreTaker) or not _has_scores(store):
        return None
    if connector.missing_fields():
        return Sent(problem=_no_fields(connector))
    hysteresis = delivering.HYSTERESIS if system.hysteresis is None else system.hysteresis
    with progress("writing scores") as observe:
        return delivering.deliver(
            store,
            connector.name,
            connector,
            homes.now,
            source=connector.name,
            hysteresis=hysteresis,
            observe=observe,
        )


def _has_scores(store: Store) -> bool:
    from leadlight.store import models

    with store.reading() as connection:
        return models.in_service(connection) is not None


def _no_fields(connector: Connector) -> Any:
    from leadlight.errors import ConnectorError

    return ConnectorError(
        f"{connector.title} has no fields for scores yet.",
        code="no_fields",
        hint=f"See and make them: leadlight sync {connector.name}:// --setup --home HOME",
    )


def _keep_mapping(folder: Path, connector: Connector, pulled: Pulled) -> Path | None:
    """Write what the connector says of its columns, where leadlight.toml says nothing of any column yet."""
    mapping, path = pulling.mapping_of(connector), folder / settings.FILE
    said = settings.read(path) if path.is_file() else Config()
    if mapping is None or said.columns or said.target.column or not pulled.columns:
        return None
    before = path.read_text("utf-8").rstrip() + "\n\n" if path.is_file() else ""
    roles = render_roles(mapping_roles(mapping, [*pulled.columns]), "won", "lost")
    write_bytes_atomically(path, (before + roles).encode(), force=True)
    return path


def mapping_roles(mapping: SourceMapping, columns: Sequence[str]) -> dict[str, str]:
    """The role of each column that a mapping knows, and that came."""
    roles = {mapping.id: "id", mapping.time: "time", mapping.outcome: "target"}
    roles |= dict.fromkeys(mapping.after, "after") | dict.fromkeys(mapping.personal, "personal")
    return {name: role for name, role in roles.items() if name in columns}


def _counts(pulled: Pulled, scored: Scored | None, sent: Sent | None) -> dict[str, int]:
    counts = pulled.to_json()
    if scored is not None:
        counts["scored"] = scored.written
    if sent is not None:
        counts |= {"sent": sent.sent, "later": sent.later, "refused": sent.refused.total()}
    return counts


def _summary(
    connector: Connector, pulled: Pulled, wrote: Path | None, scored: Scored | None, sent: Sent | None
) -> dict[str, Any]:
    return {
        "connection": connector.name,
        "rows": pulled.to_json(),
        "rejected": dict(pulled.rejected),
        "left_out": pulled.left_out,
        "wrote": None if wrote is None else str(wrote),
        "scored": None if scored is None else scored_json(scored),
        "written_back": None if sent is None else _sent_json(sent),
    }


def _sent_json(sent: Sent) -> dict[str, Any]:
    problem = sent.problem
    return {
        "sent": sent.sent,
        "later": sent.later,
        "refused": dict(sent.refused),
        "problem": None if problem is None else {"code": problem.code, "message": problem.message},
    }


def _tell(
    connector: Connector,
    pulled: Pulled,
    wrote: Path | None,
    scored: Scored | None,
    sent: Sent | None,
    page: Page,
) -> None:
    taken = pulled.taken
    page.say(
        f"{connector.title}: {counted(pulled.leads, 'lead')} read = {taken.new:,} new"
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


def _check(connector: Connector, system: SystemConfig, asked: Asked) -> None:
    """What a run would read, with a sample, and what is missing; nothing is kept."""
    with progress(f"asking {connector.title}"):
        missing = list(connector.missing())
        rows = [dict(row) for row in pulling.sample(connector, SAMPLE)]
    mapping = pulling.mapping_of(connector, system.horizon_days)
    fields = list(connector.missing_fields()) if isinstance(connector, ScoreTaker) else []
    found = {
        "connection": connector.name,
        "parts": [vars(part) for part in connector.parts],
        "mapping": None if mapping is None else vars(mapping),
        "sample": rows,
        "missing": [vars(each) for each in missing],
        "fields_to_make": fields,
    }
    Output(asked.as_json).show(found, partial(_tell_check, connector, mapping, rows, missing, fields))


def _tell_check(
    connector: Connector,
    mapping: SourceMapping | None,
    rows: Sequence[Mapping[str, Any]],
    missing: Sequence[Missing],
    fields: Sequence[str],
    page: Page,
) -> None:
    page.heading(f"What is read from {connector.title}")
    for part in connector.parts:
        page.line(f"{part.name}: {part.about}")
    if mapping is not None:
        page.heading("How it becomes leads")
        horizon = f"{mapping.horizon_days} days" if mapping.horizon_days else "none"
        said = {"lead": mapping.lead, "id": mapping.id, "time": mapping.time, "won": mapping.won}
        said |= {"lost": mapping.lost, "open": mapping.open, "horizon": horizon, "scored": mapping.moment}
        for name, text in said.items():
            page.line(f"{name}: {text}")
    if rows:
        page.heading("A sample")
        for name in rows[0]:
            values = [str(row[name]) for row in rows if row.get(name) is not None]
            page.line(f"{name}: {', '.join(values[:3]) or 'nothing'}")
    page.heading("What is missing")
    for each in missing:
        page.line(f"{each.what}: {each.means}")
    if fields:
        page.line(f"fields for scores ({', '.join(fields)}): make them with --setup")
    if not missing and not fields:
        page.line("nothing")


def _set_up(connector: Connector, asked: Asked, *, yes: bool) -> None:
    """Show the fields that are missing; make them once they were agreed to."""
    if not isinstance(connector, ScoreTaker):
        raise ConfigError(f"{connector.title} takes no scores.", code="no_scores")
    fields = list(connector.missing_fields())
    if fields and yes:
        connector.make_fields()
    made = "made" if yes else "to make"
    said = f"Fields {made} in {connector.title}: {', '.join(fields)}." if fields else "All fields are there."
    if fields and not yes:
        said += f"\nMake them with: leadlight sync {connector.name}:// --setup --yes --home HOME"
    Output(asked.as_json).show({"fields": fields, "made": bool(fields) and yes}, said)
