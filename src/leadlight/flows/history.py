"""Taking a made-up history into a home: events, contacts, outcomes and spend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from leadlight.data import frame
from leadlight.data.sample_history import HistorySample
from leadlight.store import Store, event_rows, records
from leadlight.store.event_rows import KNOWN

PAGE: Final = 10_000
SOURCE: Final = "sample"


def take_history(store: Store, made: HistorySample) -> None:
    """Keep what happened to leads that are in the home; a history that is there already is left as it is."""
    with store.reading() as connection:
        if event_rows.has_events(connection):
            return
    for page in _pages(_events(made.events)):
        with store.writing() as connection:
            records.add_events(connection, page)
    for page in _pages(_dated(made.contacts)):
        with store.writing() as connection:
            records.add_contacts(connection, page)
    for page in _pages(_dated(made.outcomes)):
        with store.writing() as connection:
            records.add_outcomes(connection, page, SOURCE)
    with store.writing() as connection:
        spent = made.spend.with_columns(pl.col("day").cast(pl.String))
        records.put_spend(connection, spent.to_dicts())


def _pages(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), PAGE):
        yield rows[start : start + PAGE]


def _dated(log: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as the store takes them, with the key that lets each count once."""
    at = pl.Series("at", frame.seconds(log["at"]))
    keys = pl.Series("key", [f"{SOURCE}-{log.columns[1]}-{number}" for number in range(log.height)])
    return log.rename({"lead": "id"}).with_columns(at, keys).to_dicts()


def _events(log: pl.DataFrame) -> list[dict[str, Any]]:
    late = (log["known_at"] > log["time"]).to_list()
    known = log["known_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()
    channels = log["channel"].to_list()
    rows = _dated(log.select("lead", name="type", at="time"))
    for row, is_late, moment, channel in zip(rows, late, known, channels, strict=True):
        own = {} if channel is None else {"channel": channel}
        row["properties"] = {**own, KNOWN: moment} if is_late else own
    return rows
