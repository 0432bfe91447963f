"""Who is old enough to be learnt from: young leads teach nothing, and what stays open too long is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from leadlight.training.as_of import LeadLogs
from leadlight.training.options import Options
from leadlight.training.prepare import Prepared, prepare

OPTIONS = Options(target="Stage", positive=("Won",), open=("Open",), id="Lead", time="Created")
START = datetime(2025, 1, 1)
LEADS = 800
DAYS = 400.0


def never_lost(sold_until: float = DAYS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leads of which a third buy within some weeks; nobody ever writes down that one was lost."""
    rng = np.random.Generator(np.random.PCG64(3))
    arrived = np.sort(rng.uniform(0.0, DAYS, LEADS))
    bought = arrived + rng.exponential(12.0, LEADS)
    won = (rng.random(LEADS) < 1 / 3) & (bought <= sold_until)
    names = [f"L{number:04}" for number in range(LEADS)]
    leads = pl.DataFrame(
        {
            "Lead": names,
            "Created": [(START + timedelta(days=day)).isoformat() for day in arrived],
            "Source": rng.choice(["Web", "Fair"], LEADS),
            "Stage": np.where(won, "Won", "Open"),
        }
    )
    places = np.flatnonzero(won).tolist()
    ended = pl.DataFrame(
        {
            "lead": [names[place] for place in places],
            "at": [(START + timedelta(days=bought[place])).isoformat() for place in places],
        }
    )
    return leads, ended


def learnt(sold_until: float = DAYS, **logs: Any) -> Prepared:
    leads, ended = never_lost(sold_until)
    return prepare(leads, OPTIONS, logs=LeadLogs(**{"outcomes": ended, **logs}))


def days_of(found: pl.DataFrame) -> np.ndarray:
    moments = found["Created"].str.to_datetime().dt.timestamp("us").to_numpy() / 1e6
    return (moments - START.replace(tzinfo=UTC).timestamp()) / 86_400.0


def test_what_stays_open_for_longer_than_leads_take_to_buy_is_lost() -> None:
    """Every lead is counted once: won or lapsed, too young though won, or open and young."""
    found, (leads, ended) = learnt(), never_lost()
    assert found.maturity is not None
    counts, after = found.counts, found.maturity.after
    last = (found.maturity.until - START.replace(tzinfo=UTC).timestamp()) / 86_400.0
    assert 20.0 < after < 36.0
    old = days_of(leads) + after <= last
    won = (leads["Stage"] == "Won").to_numpy()
    assert counts.used == old.sum()
    assert counts.lapsed == (old & ~won).sum() > 400
    assert counts.immature == (~old & won).sum() > 0
    assert counts.open == found.open.height == (~old & ~won).sum() > 0
    assert counts.rows_in == counts.used + counts.open + counts.immature
    assert found.raw["Lead"].to_list() == sorted(found.raw["Lead"])
    assert (found.outcome == (found.raw["Stage"] == "Won").to_numpy()).all()
    assert found.told_maturity is not None
    assert found.told_maturity["time_to_convert"]["days_until"]["0.5"] < after
    assert set(found.raw["Lead"]) & set(ended["lead"])


def test_the_newest_leads_are_won_as_often_as_the_older_ones() -> None:
    """Young buyers beside young leads that are still open would make the test look like a triumph."""
    found = learnt()
    tested, rest = (found.outcome[part].mean() for part in (found.testing, found.learning))
    assert abs(tested - rest) < 0.1


def test_nobody_is_lost_after_the_last_outcome_that_was_said() -> None:
    """Where outcomes stop coming in, leads that came later are open, however old they are."""
    found = learnt(sold_until=200.0)
    assert found.maturity is not None
    assert days_of(found.raw).max() < 200.0
    assert found.counts.lapsed < found.counts.open


def test_where_little_is_said_of_the_end_all_decided_leads_count() -> None:
    """No outcomes, outcomes of few, or none that anybody knows by now: nobody is young and nobody lapsed."""
    leads, ended = never_lost()
    known = leads.with_columns(
        pl.when((pl.int_range(pl.len()) % 2 == 0) & (pl.col("Stage") == "Open"))
        .then(pl.lit("Lost"))
        .otherwise("Stage")
        .alias("Stage")
    )
    options = replace(OPTIONS, negative=("Lost",))
    now = START.replace(tzinfo=UTC).timestamp()
    for logs in (None, LeadLogs(outcomes=ended.head(10)), LeadLogs(outcomes=ended, now=now)):
        found = prepare(known, options, logs=logs)
        assert (found.counts.lapsed, found.counts.immature, found.maturity) == (0, 0, None)
        assert found.counts.used == (known["Stage"] != "Open").sum()


def test_a_file_for_the_test_stays_apart() -> None:
    """Leads of such a file are tested on, and lapsed leads of the other are learnt from."""
    leads, ended = never_lost()
    mine, held = leads.gather_every(2), leads.gather_every(2, offset=1)
    held = held.with_columns(pl.col("Stage").replace("Open", "Lost"))
    options = replace(OPTIONS, negative=("Lost",))
    mine = mine.with_columns(
        pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("Lost")).otherwise("Stage").alias("Stage")
    )
    found = prepare(mine, options, held, logs=LeadLogs(outcomes=ended))
    assert found.counts.lapsed > 100
    assert set(found.raw["Lead"].gather(found.testing)) <= set(held["Lead"])
    assert set(found.raw["Lead"].gather(found.learning)) <= set(mine["Lead"])
