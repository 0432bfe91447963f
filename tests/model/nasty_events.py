"""Logs of events as they come out of the world: badly written, twice, late, of nobody."""

from __future__ import annotations

import polars as pl


def nasty_leads(leads: pl.DataFrame) -> pl.DataFrame:
    """The same leads as texts; every seventh id stands between blanks."""
    place = pl.int_range(pl.len())
    texts = leads.with_columns(pl.all().cast(pl.String))
    spaced = pl.concat_str(pl.lit(" \u00a0"), "Lead ID", pl.lit("\t"))
    return texts.with_columns(pl.when(place % 7 == 0).then(spaced).otherwise("Lead ID").alias("Lead ID"))


def nasty_events(events: pl.DataFrame, *, keyed: bool = False, seed: int = 3) -> pl.DataFrame:
    """The same events as texts in any order, and others among them that nobody should believe."""
    made = events.select(
        "lead",
        "type",
        time=pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f"),
        known_at=pl.col("known_at").dt.strftime("%Y-%m-%d %H:%M:%S%.6f"),
    )
    some = made.sample(fraction=0.1, seed=seed)
    odd = [
        some.with_columns(time=pl.col("time") + "Z"),
        some.with_columns(time=pl.col("time").str.slice(0, 19) + "+05:30"),
        some.with_columns(time=pl.lit("yesterday")),
        some.with_columns(time=pl.lit(None, dtype=pl.String)),
        some.with_columns(type=pl.lit("  ")),
        some.with_columns(type=pl.concat_str(pl.lit(" "), "type", pl.lit("\u00a0"))),
        some.with_columns(type=pl.lit('It\'s "odd" \U0001f600')),
        some.with_columns(lead=pl.concat_str(pl.lit("\t"), "lead", pl.lit(" "))),
        some.with_columns(lead=pl.lit("nobody")),
        some.with_columns(lead=pl.lit("")),
        some.with_columns(known_at=pl.lit("")),
        some.with_columns(known_at=pl.lit("soon")),
        some.with_columns(known_at=pl.lit("1999-01-01")),
        some.with_columns(time=pl.lit("2099-01-01"), known_at=pl.lit(None, dtype=pl.String)),
        some.with_columns(time=pl.lit("1970-01-01"), known_at=pl.lit(None, dtype=pl.String)),
        some.with_columns(time=pl.lit("2025-12-31"), known_at=pl.lit(None, dtype=pl.String)),
        some.with_columns(time=pl.lit("2025-12-31 00:00:00.000001"), known_at=pl.lit("")),
        some,
        some,
    ]
    whole = pl.concat([made, *odd])
    if keyed:
        place = pl.int_range(pl.len())
        key = pl.when(place % 5 == 0).then(pl.lit(" ")).otherwise((place % 9_000).cast(pl.String))
        whole = whole.with_columns(key=key)
    return whole.sample(fraction=1.0, shuffle=True, seed=seed)
