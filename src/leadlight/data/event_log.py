"""A log of what leads did, read and checked: each event is taken, or rejected with a reason and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import cells, frame, names, rows
from leadlight.data.target import nearest
from leadlight.errors import ColumnError

REASONS: Final = {
    "no_lead": "without a lead",
    "no_type": "without a type",
    "no_time": "without a time that can be read",
    "no_known_at": "with a known_at that cannot be read",
    "unknown_lead": "of leads that are not among these",
    "before_lead": "before the lead existed",
    "future": "in the future",
    "twice": "said twice",
}
"""Why an event is rejected, and how that is told; the first that holds counts."""
REMARKS: Final = {
    "mixed_zones": "name a time zone while others do not; these are read as UTC",
    "out_of_order": "stand behind later ones; the order of the file does not matter",
    "known_early": "are said to be known before they happened; they count from when they happened",
}
"""What is noticed of events that are taken."""

_NAMES: Final = {
    "lead": ("lead", "leadid", "id", "contactid", "personid", "customerid"),
    "type": ("type", "name", "event", "eventtype", "eventname", "activity", "activitytype", "action"),
    "time": ("time", "at", "timestamp", "date", "datetime", "occurredat", "eventtime", "createdat"),
    "known_at": ("knownat", "known", "receivedat", "loadedat", "ingestedat"),
    "key": ("key", "eventid", "eventkey"),
}
_ZONED: Final = r"(?i)[0-9](\s*(Z|UTC)|\s*[+-][0-9]{2}:?[0-9]{2})\s*$"


@dataclass(frozen=True)
class EventAccount:
    """What became of the events that came in: taken and rejected ones add up to all."""

    events_in: int = 0
    taken: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    remarks: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "in": self.events_in,
            "taken": self.taken,
            "rejected": dict(self.rejected),
            "remarks": dict(self.remarks),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> EventAccount:
        return EventAccount(data["in"], data["taken"], data["rejected"], data["remarks"])

    @property
    def sentences(self) -> list[str]:
        """The balance, and a sentence for whatever was noticed."""
        refused = ", ".join(f"{count:,} {REASONS[why]}" for why, count in self.rejected.items())
        balance = f"{self.events_in:,} events: {self.taken:,} taken"
        told = [f"{balance}, {sum(self.rejected.values()):,} rejected{f' ({refused})' if refused else ''}."]
        return told + [f"{count:,} events {REMARKS[what]}." for what, count in self.remarks.items()]


@dataclass(frozen=True)
class EventLog:
    """Checked events of some leads.

    `ids` are the leads, each once; `events` has for each event the place of its lead among them (`row`), its
    `type`, and when it happened and came to be known, in microseconds since 1970 (`time`, `known`).
    """

    ids: pl.Series
    events: pl.DataFrame
    account: EventAccount

    @staticmethod
    def read(
        raw: pl.DataFrame,
        ids: pl.Series | None = None,
        arrived: NDArray[Any] | None = None,
        now: float | None = None,
    ) -> EventLog:
        """Check events against the leads that are there, or else take them as those of whom they are of.

        `arrived` and `now` are seconds since 1970; nothing that happened later than `now` is taken.
        """
        told = _columns(raw)
        leads = _leads(raw[told["lead"]].unique() if ids is None else ids, arrived)
        checked = _checked(raw, told, leads, now)
        taken = checked.filter(pl.col("reason").is_null())
        events = taken.select("row", "type", "time", known=pl.max_horizontal("known", "time"))
        return EventLog(leads["lead"], events, _account(raw, told, checked, taken))

    def of_leads(self, ids: pl.Series, arrived: NDArray[Any] | None) -> tuple[EventLog, int, int]:
        """The events of these leads, how many there are, and how many lie before their lead's arrival."""
        leads = _leads(ids, arrived)
        own = pl.DataFrame({"lead": self.ids}).with_row_index("row").join(leads, on="lead", suffix="_of")
        found = self.events.join(own.select("row", "row_of", "arrived"), on="row", maintain_order="left")
        kept = found.filter(pl.col("time") >= pl.col("arrived").fill_null(-np.inf))
        events = kept.select(row="row_of", type="type", time="time", known="known")
        return EventLog(leads["lead"], events, self.account), found.height, found.height - kept.height

    def among(self, ids: pl.Series) -> NDArray[np.int64]:
        """Where each of these ids stands among the leads; -1 where it does not."""
        places = pl.DataFrame({"lead": self.ids}).with_row_index("row")
        wanted = pl.DataFrame({"lead": rows.identities(ids)})
        found = wanted.join(places, on="lead", how="left", maintain_order="left")["row"]
        return found.cast(pl.Int64).fill_null(-1).to_numpy()

    @property
    def latest(self) -> float | None:
        """When the last event came to be known, in seconds."""
        known: Any = self.events["known"].max()
        return None if known is None else known / 1e6


def can_be_taken(raw: pl.DataFrame, now: float | None) -> pl.Series:
    """Which events are sound, and the first that is said of them; whether their leads exist is not asked."""
    told = _columns(raw)
    leads = _leads(raw[told["lead"]].unique(), None)
    return _checked(raw, told, leads, now)["reason"].is_null()


def _checked(
    raw: pl.DataFrame, told: Mapping[str, str], leads: pl.DataFrame, now: float | None
) -> pl.DataFrame:
    """The events as plain columns, with the reason why one cannot be taken."""
    read = _typed(raw, told).join(leads, on="lead", how="left", maintain_order="left")
    checked = read.with_columns(reason=_reason(now))
    return checked.with_columns(reason=_or_twice(checked))


def column_of(columns: Sequence[str], part: str) -> str:
    """The column of a log that is the lead, type or time; refused where none is."""
    name = spelt(columns, part)
    if name is None:
        raise ColumnError(
            f"The events have no column {part!r}.",
            code="no_event_column",
            hint=f"They need lead, type and time. {nearest(part, columns)}",
        )
    return name


def spelt(columns: Sequence[str], part: str) -> str | None:
    """The column of a log that is called like this part of it, where there is one."""
    by_fold: dict[str, str] = {}
    for name in columns:
        by_fold.setdefault(names.fold(name).replace(" ", "").replace("_", ""), name)
    return next((by_fold[word] for word in _NAMES[part] if word in by_fold), None)


def _columns(raw: pl.DataFrame) -> dict[str, str]:
    """Which column is which; lead, type and time have to be there."""
    needed = {part: column_of(raw.columns, part) for part in ("lead", "type", "time")}
    others = {part: spelt(raw.columns, part) for part in _NAMES if part not in needed}
    return {**needed, **{part: name for part, name in others.items() if name is not None}}


def _leads(ids: pl.Series, arrived: NDArray[Any] | None) -> pl.DataFrame:
    """Each lead once, with its place and its first arrival."""
    when = np.full(len(ids), np.nan) if arrived is None else arrived
    arrival = pl.Series("arrived", when, dtype=pl.Float64).fill_nan(None) * 1e6
    told = pl.DataFrame({"lead": rows.identities(ids), "arrived": arrival}).drop_nulls("lead")
    return told.group_by("lead", maintain_order=True).agg(pl.col("arrived").min()).with_row_index("row")


def _typed(raw: pl.DataFrame, told: Mapping[str, str]) -> pl.DataFrame:
    """The events as plain columns; `same` is equal for those that say the same, `content` for equal rows."""
    time = _moments(raw[told["time"]])
    known = _moments(raw[told["known_at"]]) if "known_at" in told else None
    blank = None if known is None else _blank(raw[told["known_at"]])
    saying = [name for name in raw.columns if name != told.get("known_at")]
    content = [told["key"]] if "key" in told else saying
    same = raw.select(content).hash_rows(seed=0)
    whole = raw.hash_rows(seed=1) if "key" in told else same
    if "key" in told:
        same = same.zip_with(~_blank(raw[told["key"]]), whole)
    return pl.DataFrame(
        {
            "lead": rows.identities(raw[told["lead"]]),
            "type": frame.as_text(raw[told["type"]]).str.strip_chars(cells.BLANKS),
            "time": time,
            "known": time if known is None or blank is None else known.zip_with(~blank, time),
            "same": same,
            "content": whole,
        }
    )


def _moments(series: pl.Series) -> pl.Series:
    return frame.dates(series).dt.timestamp("us")


def _blank(series: pl.Series) -> pl.Series:
    if series.dtype != pl.String:
        return series.is_null()
    return series.is_null() | (series.str.strip_chars(cells.BLANKS) == "").fill_null(True)


def _reason(now: float | None) -> pl.Expr:
    """Why an event cannot be taken, but for being said twice."""
    blank = {name: (pl.col(name) == "").fill_null(True) for name in ("lead", "type")}
    early = pl.col("time") < pl.col("arrived").fill_null(-np.inf)
    late = pl.lit(False) if now is None else pl.col("time") > now * 1e6
    return (
        pl.when(blank["lead"])
        .then(pl.lit("no_lead"))
        .when(blank["type"])
        .then(pl.lit("no_type"))
        .when(pl.col("time").is_null())
        .then(pl.lit("no_time"))
        .when(pl.col("known").is_null())
        .then(pl.lit("no_known_at"))
        .when(pl.col("row").is_null())
        .then(pl.lit("unknown_lead"))
        .when(early)
        .then(pl.lit("before_lead"))
        .when(late)
        .then(pl.lit("future"))
    )


def _or_twice(checked: pl.DataFrame) -> pl.Series:
    """The reasons, with those events marked that say what another one says; the first known one counts."""
    good = checked["reason"].is_null()
    same = checked["same"].filter(good)
    if same.n_unique() == len(same):
        return checked["reason"]
    ranked = checked.select("same", "known", "content").with_row_index("place").filter(good)
    first = ranked.sort("same", "known", "content", "place").unique("same", keep="first")["place"]
    twice = good & ~checked.select(pl.int_range(pl.len()).is_in(first.cast(pl.Int64).implode())).to_series()
    return checked["reason"].zip_with(~twice, pl.Series(["twice"]).new_from_index(0, checked.height))


def _account(
    raw: pl.DataFrame, told: Mapping[str, str], checked: pl.DataFrame, taken: pl.DataFrame
) -> EventAccount:
    counts = dict(checked["reason"].drop_nulls().value_counts().iter_rows())
    remarks = {
        "mixed_zones": _mixed_zones(raw[told["time"]]),
        "out_of_order": int((taken["time"] < taken["time"].cum_max().shift(1)).sum()),
        "known_early": int((taken["known"] < taken["time"]).sum()),
    }
    return EventAccount(
        raw.height,
        taken.height,
        {why: counts[why] for why in REASONS if why in counts},
        {what: count for what, count in remarks.items() if count},
    )


def _mixed_zones(series: pl.Series) -> int:
    """How many times name a zone, where others name none."""
    if series.dtype != pl.String:
        return 0
    zoned = int(series.str.contains(_ZONED).sum())
    return zoned if zoned < len(series) - series.null_count() else 0


def of_records(given: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Events that come as dictionaries."""
    if not given:
        return pl.DataFrame(schema={"lead": pl.String, "type": pl.String, "time": pl.String})
    return frame.from_records(given)
