"""What events say of a lead at a moment: definitions that are data, and the columns that they give.

Nothing is used that happened, or came to be known, after the moment, and nothing older than the days that a
lead had when the model learnt: so it counts for a lead of any age as it did for a new one. Each column is
defined by a few words and numbers, so that other engines can make it as well. Sums of fading events are sums
of multiples of 2^-30, exact in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data.event_log import EventLog
from leadlight.errors import BundleError

DAY: Final = 86_400.0
SUPPORT: Final = 20
MOST_TYPES: Final = 60
WINDOWS: Final = (1.0, 3.0, 7.0, 14.0, 30.0, 90.0)
SESSION: Final = 1_800.0
"""Seconds without an event that end a visit."""
OTHER: Final = "other"
GRAIN: Final = 2.0**30
TAKES: Final = (
    "faded",
    "count",
    "recency",
    "days",
    "sessions",
    "last_type",
    "rhythm",
    "trend",
)


@dataclass(frozen=True)
class EventFeature:
    """One column: what is taken of the events of a type, or of all, perhaps within some days.

    faded: sum of 0.5 ^ (age / half-life). count: how many, in the last `window` days where one is given.
    recency: days since the last. days: on how many days (UTC). sessions: visits, which end after half an hour
    of nothing. last_type: the type of the last. rhythm: how many, over one more than the days since the last.
    trend: how many within the window, less those in the window before it.
    """

    column: str
    take: str
    type: str | None = None
    window: float | None = None
    half_life: float | None = None

    @property
    def kind(self) -> str:
        return "category" if self.take == "last_type" else "number"


@dataclass(frozen=True)
class EventType:
    """A type of event, the days after which it counts half, and whether the training leads told these."""

    name: str
    half_life: float
    fitted: bool = False


@dataclass(frozen=True)
class EventFeatures:
    """The columns that a model takes from events.

    `moment` is how many days after arrival it learnt them, and how many days they look back.
    """

    moment: float
    types: tuple[EventType, ...]
    features: tuple[EventFeature, ...]

    @staticmethod
    def of(moment: float, types: Sequence[EventType], taken: Iterable[str] = ()) -> EventFeatures:
        """The definitions for these types; columns get other names where one is taken."""
        used, features = set(taken), []
        for each in _definitions(moment, types):
            name = each.column
            while name in used:
                name += " *"
            used.add(name)
            features.append(EventFeature(**{**asdict(each), "column": name}))
        return EventFeatures(moment, tuple(types), tuple(features))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(feature.column for feature in self.features)

    def apply(self, log: EventLog, at: NDArray[Any] | float) -> pl.DataFrame:
        """The columns of each lead of the log, as of its moment (seconds since 1970)."""
        moments = np.broadcast_to(np.asarray(at, dtype=np.float64), (len(log.ids),))
        seen = as_of(log, moments, [each.name for each in self.types], self.moment)
        return _made(self, seen, len(log.ids))

    def beside(
        self, raw: pl.DataFrame, identity: str, log: EventLog, at: NDArray[Any] | float
    ) -> pl.DataFrame:
        """Leads with their columns; `at` is one moment, or one for each lead of the log.

        A lead that is not in the log, such as one without an id, has done nothing.
        """
        places, made = log.among(raw[identity]), self.apply(log, at)
        nothing = EventLog(log.ids.clear(), log.events.clear(), log.account)
        nobody = _made(self, as_of(nothing, np.zeros(0), [], self.moment), 1)
        found = pl.concat([made, nobody])[np.where(places < 0, made.height, places).tolist()]
        return raw.drop(self.columns, strict=False).hstack(found)

    def to_json(self) -> dict[str, Any]:
        return {
            "moment": self.moment,
            "session": SESSION,
            "types": [asdict(each) for each in self.types],
            "features": [
                {name: value for name, value in asdict(each).items() if value is not None}
                for each in self.features
            ],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> EventFeatures:
        types = tuple(EventType(**each) for each in data["types"])
        features = tuple(EventFeature(**each) for each in data["features"])
        found = EventFeatures(float(data["moment"]), types, features)
        if not _is_sound(found):
            raise BundleError("The events of the bundle contradict themselves.", code="events")
        return found


def _definitions(moment: float, types: Sequence[EventType]) -> list[EventFeature]:
    """Every column, by type and then over all."""
    found = []
    for each in types:
        found.append(EventFeature(f"{each.name} (faded)", "faded", each.name, half_life=each.half_life))
        found.append(EventFeature(f"{each.name} (times)", "count", each.name))
        found.append(EventFeature(f"{each.name} (days since)", "recency", each.name))
    windows = [window for window in WINDOWS if window < moment]
    found += [EventFeature(f"Events ({_days(window)})", "count", window=window) for window in windows]
    found += [EventFeature("Events (times)", "count"), EventFeature("Events (days since)", "recency")]
    found += [EventFeature("Events (days active)", "days"), EventFeature("Events (visits)", "sessions")]
    found += [EventFeature("Events (last)", "last_type"), EventFeature("Events (rhythm)", "rhythm")]
    return [*found, EventFeature("Events (trend)", "trend", window=moment / 2.0)]


def _days(window: float) -> str:
    return f"{window:g} day" + ("" if window == 1.0 else "s")


def _is_sound(found: EventFeatures) -> bool:
    names = {each.name for each in found.types}
    numbers = [found.moment, *(each.half_life for each in found.types)]
    numbers += [each.window for each in found.features if each.window is not None]
    numbers += [each.half_life for each in found.features if each.half_life is not None]
    return (
        len(names) == len(found.types) <= MOST_TYPES + 1
        and len(set(found.columns)) == len(found.features) <= 4 * MOST_TYPES + 20
        and all(isinstance(each.column, str) and each.take in TAKES for each in found.features)
        and all(each.type is None or each.type in names for each in found.features)
        and all(
            isinstance(each.half_life, int | float) and each.type is not None
            for each in found.features
            if each.take == "faded"
        )
        and all(each.window is not None for each in found.features if each.take == "trend")
        and all(isinstance(number, int | float) and 0.0 < number < 1e6 for number in numbers)
    )


def known_types(log: EventLog, moments: NDArray[Any]) -> list[str]:
    """The types that many leads have before their moment, the most frequent first."""
    seen = _until(log, moments)
    counts = seen.group_by("type").agg(pl.col("row").n_unique().alias("leads"), pl.len().alias("events"))
    often = counts.filter(pl.col("leads") >= SUPPORT).sort("events", "type", descending=[True, False])
    return [name for name in often["type"].to_list() if name != OTHER][:MOST_TYPES]


def _until(log: EventLog, moments: NDArray[Any]) -> pl.DataFrame:
    """The events that had happened and were known at their lead's moment."""
    at = pl.Series("at", np.floor(np.nan_to_num(moments, nan=-9e12) * 1e6), dtype=pl.Float64).cast(pl.Int64)
    kept = log.events.with_columns(at=at.gather(log.events["row"]))
    return kept.filter(pl.col("known") <= pl.col("at"))


def as_of(log: EventLog, moments: NDArray[Any], types: Sequence[str], days: float) -> pl.DataFrame:
    """Events of so many days before the moment: row, kind (a place among the types), time, age in days.

    The kind of a type that is not among them is the place behind them all.
    """
    places = {"type": types, "kind": range(len(types))}
    known = pl.DataFrame(places, schema={"type": pl.String, "kind": pl.Int64})
    seen = _until(log, moments).join(known, on="type", how="left", maintain_order="none")
    age = (pl.col("at") - pl.col("time")) / (DAY * 1e6)
    kind = pl.col("kind").fill_null(len(types))
    recent = seen.select("row", kind, "time", age=age).filter(pl.col("age") <= days)
    return recent.sort("row", "time", "kind")


def fading(age: NDArray[Any], half_life: NDArray[Any] | float) -> NDArray[np.int64]:
    """How much events count after so many days, in grains that sum exactly."""
    counted: NDArray[np.int64] = np.rint(np.exp2(-(age / half_life)) * GRAIN).astype(np.int64)
    return counted


def _made(asked: EventFeatures, seen: pl.DataFrame, leads: int) -> pl.DataFrame:
    """All columns of all leads from their events before the moment."""
    half = np.array([*(each.half_life for each in asked.types), 1.0])
    kinds = {each.name: place for place, each in enumerate(asked.types)}
    term = fading(seen["age"].to_numpy(), half[seen["kind"].to_numpy()])
    by_kind = (
        seen.with_columns(term=pl.Series(term, dtype=pl.Int64))
        .group_by("row", "kind")
        .agg(pl.len().alias("count"), pl.col("term").sum(), pl.col("age").min())
    )
    parts = {name: by_kind.filter(pl.col("kind") == place) for name, place in kinds.items()}
    whole = _over_all(seen, asked)
    words = [*kinds, OTHER]
    made = [_column(each, parts.get(each.type or ""), whole, leads, words) for each in asked.features]
    return pl.DataFrame(made, height=leads)


def _over_all(seen: pl.DataFrame, asked: EventFeatures) -> pl.DataFrame:
    """What is taken of all events of a lead together."""
    first = pl.col("row") != pl.col("row").shift(1)
    pause = (pl.col("time") - pl.col("time").shift(1)) > SESSION * 1e6
    day = pl.col("time") // int(DAY * 1e6)
    marked = seen.with_columns(
        visit=(first | pause).fill_null(True), day=(first | (day != day.shift(1))).fill_null(True)
    )
    trends = {_before(each) for each in asked.features if each.take == "trend"}
    within = sorted(trends | {each.window for each in asked.features if each.window})
    return marked.group_by("row").agg(
        pl.len().alias("count"),
        pl.col("age").min(),
        pl.col("visit").sum(),
        pl.col("day").sum(),
        pl.col("kind").last(),
        *((pl.col("age") <= window).sum().alias(f"{window!r}") for window in within),
    )


def _before(feature: EventFeature) -> float:
    return 2.0 * (feature.window or 0.0)


def _column(
    feature: EventFeature, own: pl.DataFrame | None, whole: pl.DataFrame, leads: int, words: Sequence[str]
) -> pl.Series:
    """One column, a row a lead: nothing happened is 0 for counts and missing for what hangs on the last."""
    part = whole if own is None else own
    place = part["row"].to_numpy()
    if feature.take == "last_type":
        code = np.full(leads, len(words))
        code[place] = part["kind"].to_numpy()
        return pl.Series([*words, None], dtype=pl.String).gather(code).alias(feature.column)
    empty = np.nan if feature.take == "recency" else 0.0
    values = np.full(leads, empty)
    values[place] = _value(feature, part)
    return pl.Series(feature.column, values).fill_nan(None)


def _value(feature: EventFeature, part: pl.DataFrame) -> NDArray[Any]:
    numbers = {name: part[name].to_numpy().astype(np.float64) for name in part.columns}
    if feature.take == "count":
        return numbers["count"] if feature.window is None else numbers[f"{feature.window!r}"]
    if feature.take == "trend":
        return 2.0 * numbers[f"{feature.window!r}"] - numbers[f"{_before(feature)!r}"]
    if feature.take in ("days", "sessions"):
        return numbers[{"days": "day", "sessions": "visit"}[feature.take]]
    if feature.take == "faded":
        return hundredths(numbers["term"] / GRAIN)
    return hundredths(
        numbers["count"] / (1.0 + numbers["age"]) if feature.take == "rhythm" else numbers["age"]
    )


def hundredths(values: NDArray[Any]) -> NDArray[np.float64]:
    """Two decimals are enough to tell leads apart, and can be read."""
    rounded: NDArray[np.float64] = np.rint(values * 100.0) / 100.0
    return rounded
