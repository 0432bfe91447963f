"""`leadlight explain`: one lead's score taken apart."""

from __future__ import annotations

from typing import Annotated

import typer

from leadlight.cli import homes, story
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.model.event_source import complete_leads
from leadlight.model.scoring import moment
from leadlight.ready import Model


def explain(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    identity: Annotated[
        str | None, typer.Option("--id", help="The lead's id; not needed where there is only one lead.")
    ] = None,
    events: given.Events = None,
    at: given.EventsAt = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Say why one lead has its score.

    Base odds times all factors are the odds of its probability; what would change it is told for the
    columns that leadlight.toml names as actionable. Nobody who objected in the home is scored.
    """
    loaded = Model(homes.model(model, home))
    read = homes.leads(
        leads,
        home,
        bundle=loaded.bundle,
        at=moment(at),
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    raw = complete_leads(
        loaded.bundle,
        read.frame,
        homes.events_of(events, loaded.bundle, moment(at), leads),
        allow_missing=allow_missing,
        where=read.source,
        switch="--allow-missing",
    )
    homes.check_objections(read.frame, home, loaded.bundle, identity)
    found = loaded.explain(raw, id=identity, allow_missing=allow_missing)
    Output(as_json).show(
        {"id": identity, "model": loaded.bundle.name, **found.to_json()},
        lambda page: story.explanation(page, found),
    )
