"""The home that a command works on, opened and closed again."""

from __future__ import annotations

import getpass
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from leadlight import settings
from leadlight.errors import ConfigError, DependencyError, InputError

if TYPE_CHECKING:
    import polars as pl

    from leadlight.connect.files import Batches, Leads
    from leadlight.flows.exclusions import Exclusions
    from leadlight.model.bundle import Bundle
    from leadlight.model.event_source import EventSource
    from leadlight.store import Home, Store
    from leadlight.training.as_of import LeadLogs


def named(given: str | Path | None) -> Home:
    """The home that is meant, whether it exists or not."""
    from leadlight.store import Home

    return Home.of(settings.home(given), settings.state())


DEMO: Final = "made-by-leadlight-demo"


@contextmanager
def opened(given: str | Path | None) -> Iterator[Store]:
    """The store of a home that exists."""
    from leadlight.store import open_store

    store = open_store(named(given))
    try:
        yield store
    finally:
        store.close()


def check_serving() -> None:
    """Refuse where what the service and its people need is not installed."""
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "argon2")):
        raise DependencyError(
            "The service needs a part that is not installed.",
            code="missing_extra",
            hint="pip install 'leadlight[serve]'",
        )


def is_demo(home: Home) -> bool:
    """Whether `leadlight demo` made it; nobody's leads are in it."""
    return (home.folder / DEMO).is_file()


def now() -> float:
    """The one clock of the commands that work on a home."""
    return time.time()


def who() -> str:
    """Who acts, for the trail: the user of this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli"


def model(path: Path | None, home: str | None) -> Bundle:
    """The model that was named, else the one in service in the home."""
    from leadlight.model.bundle import Bundle

    if path is not None:
        return Bundle.load(path)
    from leadlight.store import models

    with opened(asked(home, "MODEL")) as store, store.reading() as connection:
        return models.serving(connection)


def leads(
    place: str | None,
    home: str | None,
    *,
    bundle: Bundle | None = None,
    target: str | None = None,
    objecting: bool = True,
    at: float | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    skip_rows: int | None = None,
) -> Leads:
    """The leads of the file that was named, else those of the home, in the columns that the model knows."""
    from leadlight.connect import files

    if place is not None:
        return files.read(place, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows)
    from leadlight.flows.events import with_events
    from leadlight.flows.gather import gather_leads
    from leadlight.flows.promote import model_in_service

    with opened(asked(home, "LEADS")) as store:
        known = bundle or model_in_service(store)
        identity = known.scorer.schema.name_of("id") if known else None
        outcome = target or (known.target.column if known else None)
        raw = gather_leads(store, outcome, identity, objecting=objecting, realised=bundle is not None)
        if bundle is not None and raw.height:
            raw = with_events(store, bundle, raw, at)
        return _as_read(raw, store.home)


def events_of(path: Path | None, bundle: Bundle, at: float | None, place: str | None) -> EventSource | None:
    """The events of the file that was named; leads of a home come with those that it holds."""
    from leadlight.connect import files
    from leadlight.model.event_source import source_of

    if path is None or place is None:
        return None
    return source_of(bundle, files.read(path).frame, now() if at is None else at, now())


def events_at_moment(
    path: Path | None, bundle: Bundle, place: str | None, home: str | None
) -> EventSource | None:
    """Events looked at as training did, so many days after each lead arrived: a file's or the home's."""
    from leadlight.connect import files
    from leadlight.model.event_source import source_of
    from leadlight.store import event_rows

    if path is not None:
        return source_of(bundle, files.read(path).frame, None, now())
    if place is not None or bundle.events is None:
        return None
    with opened(asked(home, "LEADS")) as store, store.reading() as connection:
        found = event_rows.event_table(connection)
    return source_of(bundle, found, None, now())


def logs_to_learn(
    events: Path | None, outcomes: Path | None, moment: float, place: str | None, home: str | None
) -> LeadLogs | None:
    """What training is told beside leads: by files, or by the home where the leads are its own."""
    from leadlight import api
    from leadlight.connect import files
    from leadlight.flows import train as learning

    if place is None and events is None and outcomes is None:
        with opened(asked(home, "LEADS")) as store:
            return learning.logs_to_learn(store, moment)
    ended = None if outcomes is None else files.read(outcomes).frame
    return api.lead_logs(None if events is None else files.read(events).frame, ended, moment)


def batches(
    place: str | None,
    home: str | None,
    bundle: Bundle,
    *,
    at: float | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    skip_rows: int | None = None,
) -> Batches:
    """Leads to be read in parts; people who objected to scoring are not among a home's leads."""
    from leadlight.connect import files

    if place is not None:
        return files.read_batches(
            place, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows
        )
    from leadlight.connect.files.leads import Batches, Selection, Whole
    from leadlight.insight.deal_values import REALISED

    read = leads(None, home, bundle=bundle, objecting=False, at=at)
    read = replace(read, frame=read.frame.drop(REALISED, strict=False))

    def start(selection: Selection) -> Iterator[Leads]:
        chosen = read.frame.select(selection.columns)
        yield replace(read, frame=chosen, carried=Whole(read.frame) if selection.carry else None)

    return Batches(read.source, tuple(read.frame.columns), (), start)


def _as_read(raw: pl.DataFrame, home: Home) -> Leads:
    from leadlight.connect.files import Leads

    if not raw.height:
        raise InputError(
            "There are no leads in this home that may be looked at.",
            code="no_leads",
            where=str(home.folder),
            hint="Bring some in with: leadlight sync LEADS --home HOME",
        )
    return Leads(raw, (), str(home.folder), (), np.arange(raw.height, dtype=np.int64))


def asked(home: str | None, missing: str) -> str:
    """The home, where what is missing on the command line has to come from one."""
    try:
        return settings.home(home)
    except ConfigError:
        raise InputError(
            f"{missing} is not named.",
            code="nothing_named",
            hint=f"Name {missing}, or the home that it is in: --home HOME.",
        ) from None


def words(place: str | None, home: str | None) -> list[str]:
    """The leads as they are named on a command line; a password in a URL is not shown again."""
    if place is None:
        return ["--home", asked(home, "LEADS")]
    return [re.sub(r"(://[^/?#]*?):[^/?#]*@", r"\1:PASSWORD@", place)]


def beside(place: str | None, home: str | None) -> str | Path | None:
    """Where leadlight.toml lies: beside the leads, else in the home."""
    return place if place is not None else named(asked(home, "LEADS")).folder / "leads"


def exclusions(suppress: Path | None, place: str | None, home: str | None, bundle: Bundle) -> Exclusions:
    """Who must be left out: by the file that was named, and by the home; its own leads come without them."""
    from leadlight.flows.exclusions import Exclusions, Suppression
    from leadlight.flows.objections import Objections

    parts: list[Suppression | Objections] = []
    if suppress is not None:
        parts.append(Suppression.read(suppress, bundle))
    if place is not None and settings.has_home(home):
        with opened(home) as store:
            parts.append(Objections.of(store, bundle))
    return Exclusions(tuple(parts), checked=place is None or bool(parts))


def check_objections(raw: pl.DataFrame, home: str | None, bundle: Bundle, identity: str | None) -> None:
    """Refuse to say anything about somebody who objected in the home."""
    from leadlight.data import frame
    from leadlight.flows.objections import Objections

    if not settings.has_home(home):
        return
    with opened(home) as store:
        barred = Objections.of(store, bundle)
    hidden = barred.mask(raw)
    if barred.identity in raw.columns and identity is not None:
        same = frame.as_text(raw[barred.identity]).str.strip_chars() == identity.strip()
        hidden &= same.fill_null(False).to_numpy()
    if hidden.any():
        raise InputError(
            "This person objected to being scored, or was forgotten.",
            code="objected",
            hint="What is held about them: leadlight db export ID --home HOME",
        )
