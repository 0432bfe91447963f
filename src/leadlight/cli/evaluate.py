"""`leadlight evaluate`: a model held against leads whose outcome is known."""

from __future__ import annotations

from leadlight.cli import homes, story
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.model.event_source import complete_leads
from leadlight.ready import Model


def evaluate(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    events: given.Events = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Hold a model against leads that were decided since.

    Every figure comes with an interval that holds in nine of ten cases.
    """
    loaded = Model(homes.model(model, home))
    read = homes.leads(
        leads,
        home,
        bundle=loaded.bundle,
        objecting=False,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    raw = complete_leads(
        loaded.bundle,
        read.frame,
        homes.events_at_moment(events, loaded.bundle, leads, home),
        allow_missing=allow_missing,
        where=read.source,
        switch="--allow-missing",
    )
    found = loaded.evaluate(raw, allow_missing=allow_missing).to_json()
    undecided = read.frame.height - found["rows"]
    rows = {"in": read.frame.height + len(read.rejected), "decided": found["rows"], "open": undecided}
    rows["rejected"] = len(read.rejected)
    Output(as_json).show(
        {"model": loaded.bundle.name, "counts": rows, **found},
        lambda page: story.evaluation(page, found, rows, read.source),
    )
