"""Events: from a file of many to the columns of their leads, and the columns of one lead.

The whole process is measured: reading Parquet, checking each event against its lead, and every column as of
one moment. One lead is what the service does between a request and its score.

python -m benchmarks.bench_events [--events 10000000] [--leads 500000]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.measure import WORK, Figure, calls, process
from benchmarks.reporting import report
from leadlight.data.event_features import EventFeatures, EventType
from leadlight.data.event_line import Happened, columns_of

EVENTS: Final = 10_000_000
LEADS: Final = 500_000
MOST_SECONDS: Final = 30.0
MOST_BYTES: Final = 4.0 * (1 << 30)
MOST_MILLISECONDS: Final = 5.0
OF_ONE: Final = 200
"""Events of the lead that is measured alone; ten times the mean."""
START: Final = 1_735_689_600
DAY: Final = 86_400
TYPES: Final = ("visit", "mail", "price", "video", "call")
FEATURES: Final = """
import sys
import numpy as np
from leadlight.connect import files
from leadlight.data import frame
from leadlight.data.event_features import EventFeatures, EventType
from leadlight.data.event_log import EventLog
leads, events = (files.read(path).frame for path in sys.argv[1:3])
arrived = frame.seconds(frame.dates(leads["created"]))
log = EventLog.read(events, leads["id"], arrived, now=float(sys.argv[3]))
assert log.account.taken > 0.9 * events.height, log.account
del events
asked = EventFeatures.of(90.0, [EventType(name, 5.0) for name in sys.argv[4:]])
made = asked.apply(log, float(sys.argv[3]))
assert made.height == leads.height and made["Events (times)"].sum() > 0
"""


def written(leads: int, events: int) -> tuple[Path, Path]:
    """Leads that arrive within ninety days, and what they do from then on, in no order."""
    rng = np.random.Generator(np.random.PCG64(1))
    places = WORK / f"events-leads-{leads}.parquet", WORK / f"events-{events}.parquet"
    if all(place.exists() for place in places):
        return places
    WORK.mkdir(exist_ok=True)
    created = START + rng.integers(0, 45 * DAY, leads)
    ids = pl.Series([f"L-{number:07d}" for number in range(leads)])
    pl.DataFrame({"id": ids, "created": _moments(created)}).write_parquet(places[0])
    lead = rng.integers(0, leads, events)
    at = created[lead] + rng.integers(0, 45 * DAY, events)
    kinds = pl.Series(TYPES).gather(rng.integers(0, len(TYPES), events))
    told = {"lead": ids.gather(lead), "type": kinds, "time": _moments(at)}
    pl.DataFrame(told).write_parquet(places[1])
    return places


def _moments(seconds: np.ndarray) -> pl.Series:
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us"))


def of_many(leads: int, events: int) -> list[Figure]:
    places = written(leads, events)
    run = process(sys.executable, "-c", FEATURES, *places, str(START + 90 * DAY), *TYPES)
    what = f"{events:,} events to the columns of {leads:,} leads"
    return [
        Figure(f"{what}: time", "s", run.seconds, bar=MOST_SECONDS, advisory=True),
        Figure(f"{what}: processor", "s", run.processor_seconds),
        Figure(f"{what}: memory", "GiB", run.peak_bytes / (1 << 30), bar=MOST_BYTES / (1 << 30)),
    ]


def of_one() -> Figure:
    rng = np.random.Generator(np.random.PCG64(2))
    at = START + rng.uniform(0.0, 7.0 * DAY, OF_ONE)
    events = [Happened(TYPES[k % len(TYPES)], time, time) for k, time in enumerate(at.tolist())]
    asked = EventFeatures.of(7.0, [EventType(name, 2.0) for name in TYPES])
    seconds = calls(lambda: columns_of(asked, events, START + 7.0 * DAY), 500)
    return Figure(
        f"the columns of one lead with {OF_ONE} events",
        "ms",
        1e3 * seconds,
        bar=MOST_MILLISECONDS,
        advisory=True,
    )


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--leads", type=int, default=LEADS)
    asked = parser.parse_args()
    whole = (asked.events, asked.leads) == (EVENTS, LEADS)
    report("events", [*of_many(asked.leads, asked.events), of_one()], keep=whole)


if __name__ == "__main__":
    main()
