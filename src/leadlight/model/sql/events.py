"""The columns that a model takes from events, as SQL over a second table: what `EventFeatures.apply` gives.

event_once -> event_ages -> event_terms -> event_grains -> event_sums -> event_values -> happened

Moments are whole microseconds and sums are of whole grains, as in Python. One figure is the database's own:
its power of 2 may differ in the last bit before it is rounded to 2^-30.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import Final

from leadlight.data import event_features
from leadlight.data.event_features import EventFeature, EventFeatures
from leadlight.data.schema import Column
from leadlight.model.sql import dates, sqlite_dates
from leadlight.model.sql.dialects import Dialect
from leadlight.model.sql.step import Columns, Step

LEAD: Final = "event lead"
TABLE: Final = "happened"
ROUNDED: Final = ("faded", "recency", "rhythm")
UNKNOWN: Final = ("recency", "last_type")
"""What is missing where nothing happened; all else is 0."""
_HUNDREDFOLD: Final = 60
"""So many half-lives on, an event is less than half a grain."""
_PLACES: Final = 128
"""More than there are kinds of events: the last digit of an age tells which kind it is."""


@dataclass(frozen=True)
class EventQuery:
    """The steps before leads are read; `until` is a moment in seconds since 1970, else that of the query."""

    features: EventFeatures
    used: frozenset[str]
    dialect: Dialect
    leads: str
    identity: str
    time: Column | None
    table: str
    until: float | None

    @cached_property
    def made(self) -> list[EventFeature]:
        return [each for each in self.features.features if each.column in self.used]

    def name(self, plain: str) -> str:
        return self.dialect.identifier(plain)

    def steps(self) -> Iterator[Step]:
        yield from self._arrivals()
        yield from self._happened_once()
        yield Step("event_ages", self._known_in_time(), self._ages(), self._within())
        yield Step("event_terms", "event_ages", self._terms())
        yield Step("event_grains", "event_terms", self._grains())
        yield Step("event_sums", "event_grains", self._sums(), f"\n  GROUP BY {self.name(LEAD)}")
        yield Step("event_values", "event_sums", {LEAD: self.name(LEAD), **self._values()})
        yield Step(TABLE, "event_values", {LEAD: self.name(LEAD), **self._columns()})

    def joined(self) -> str:
        """What stands behind the table of leads."""
        own = self.dialect.cell(f"raw.{self.name(self.identity)}")
        return f" LEFT JOIN {TABLE} ON {TABLE}.{self.name(LEAD)} = {own}"

    def cell(self, column: str) -> str:
        """A column of events as the leads see it."""
        feature = next(each for each in self.made if each.column == column)
        value = f"{TABLE}.{self.name(column)}"
        if feature.take not in UNKNOWN:
            nothing = "'0'" if feature.take in ROUNDED else "0"
            value = f"COALESCE({value}, {nothing})"
        return self.dialect.cell(value)

    def _arrivals(self) -> Iterator[Step]:
        """When each lead arrived: nothing counts that happened before."""
        if self.time is None:
            return
        own = {LEAD: self.dialect.cell(f"raw.{self.name(self.identity)}")}
        told = {self.time.name: self.dialect.cell(f"raw.{self.name(self.time.name)}")}
        yield Step("lead_cells", f"{self.leads} AS raw", {**own, **told})
        yield from self._moments("lead", (self.time,), (LEAD,))
        moment = self.name(self.time.name)
        arrived = f"MIN({dates.seconds(moment, self.dialect)} * {self.dialect.value(1e6)})"
        yield Step(
            "lead_arrivals",
            "lead_moments",
            {LEAD: self.name(LEAD), "arrived": arrived},
            f"\n  GROUP BY {self.name(LEAD)}",
        )

    def _happened_once(self) -> Iterator[Step]:
        """Each event once, as it was known first."""
        cells = {name: self.dialect.cell(f"raw.{self.name(name)}") for name in ("type", "time", "known_at")}
        written = {
            f"{name} as written": f"CAST(raw.{self.name(name)} AS {self.dialect.text_type})"
            for name in ("lead", "type", "time")
        }
        lead = {LEAD: self.dialect.cell(f"raw.{self.name('lead')}")}
        yield Step("event_cells", f"{self.table} AS raw", {**lead, **cells, **written})
        dated = tuple(Column(name, kind="date") for name in ("time", "known_at"))
        said = {"said": self.name("known_at")}
        yield from self._moments("event", dated, (LEAD, "type", *written), said)
        time, known, said_at = self.name("time"), self.name("known_at"), self.name("said")
        blank = f"COALESCE(CAST({said_at} AS {self.dialect.text_type}), '') = ''"
        first = f"MIN(CASE WHEN {blank} THEN {time} ELSE {known} END)"
        kept = (LEAD, "type", "time", *written)
        sound = (
            f"{self.name(LEAD)} <> '' AND {self.name('type')} <> '' AND {time} IS NOT NULL"
            f" AND ({blank} OR {known} IS NOT NULL)"
        )
        grouped = ", ".join(map(self.name, kept))
        yield Step(
            "event_once",
            "event_moments",
            {LEAD: self.name(LEAD), "type": self.name("type"), "time": time, "known": first},
            f"\n  WHERE {sound}\n  GROUP BY {grouped}",
        )

    def _moments(
        self, start: str, dated: tuple[Column, ...], kept: tuple[str, ...], more: Columns | None = None
    ) -> Iterator[Step]:
        """Written dates as whole microseconds, in one step where a database has patterns."""
        carried = {name: self.name(name) for name in kept}
        source, texts = f"{start}_cells", {column.name: self.name(column.name) for column in dated}
        if self.dialect.has_patterns:
            made = {
                f"{column.name} ({part})": value
                for column in dated
                for part, value in dates.parts(column, self.dialect).items()
            }
            yield Step(f"{start}_parts", source, {**carried, **texts, **made})
            source = f"{start}_parts"
        else:
            known: dict[str, str] = {}
            stages = (sqlite_dates.stages(column, self.dialect) for column in dated)
            for number, together in enumerate(zip(*stages, strict=True), start=1):
                made = {name: value for each in together for name, value in each.items()}
                yield Step(f"{start}_cut_{number}", source, {**carried, **texts, **known, **made})
                known |= {name: self.name(name) for name in made}
                source = f"{start}_cut_{number}"
        moments = {column.name: dates.moment(column.name, self.dialect) for column in dated}
        yield Step(f"{start}_moments", source, {**carried, **(more or {}), **moments})

    def _known_in_time(self) -> str:
        if self.time is None:
            return "event_once AS done"
        lead = self.name(LEAD)
        return f"event_once AS done JOIN lead_arrivals AS own ON own.{lead} = done.{lead}"

    def _until(self) -> str:
        now = self.dialect.now if self.until is None else str(floor(self.until * 1e6))
        return f"({now} + {dates.SINCE_1970})"

    def _within(self) -> str:
        time, known = f"done.{self.name('time')}", f"done.{self.name('known')}"
        days, most = self._days(f"{self._until()} - {time}"), self.dialect.value(self.features.moment)
        bounds = f"{known} <= {self._until()} AND {time} <= {self._until()} AND {days} <= {most}"
        if self.time is not None:
            moment, arrived = self.dialect.real(f"{time} - {dates.SINCE_1970}"), f"own.{self.name('arrived')}"
            bounds += f" AND ({arrived} IS NULL OR {moment} >= {arrived})"
        return f"\n  WHERE {bounds}"

    def _days(self, microseconds: str) -> str:
        return f"{self.dialect.real(f'({microseconds})')} / {self.dialect.value(86_400e6)}"

    def _ages(self) -> Columns:
        time = f"done.{self.name('time')}"
        kinds = [
            f"WHEN {self.dialect.literal(each.name)} THEN {place}"
            for place, each in enumerate(self.features.types)
        ]
        other = len(self.features.types)
        kind = f"CASE done.{self.name('type')} {' '.join(kinds)} ELSE {other} END" if kinds else str(other)
        return {
            LEAD: f"done.{self.name(LEAD)}",
            "kind": kind,
            "time": time,
            "since": f"{self._until()} - {time}",
            "age": self._days(f"{self._until()} - {time}"),
        }

    def _terms(self) -> Columns:
        """How much each counts in grains, its day, and whether it begins a visit."""
        lives = [
            f"WHEN {place} THEN {self.dialect.value(each.half_life)}"
            for place, each in enumerate(self.features.types)
        ]
        life = f"CASE {self.name('kind')} {' '.join(lives)} ELSE {self.dialect.value(1.0)} END"
        halvings = f"{self.dialect.least}({self.name('age')} / {life if lives else self.dialect.value(1.0)}, "
        halvings += f"{self.dialect.value(_HUNDREDFOLD)})"
        grain = self.dialect.value(event_features.GRAIN)
        before = (
            f"LAG({self.name('time')}) OVER (PARTITION BY {self.name(LEAD)} ORDER BY {self.name('time')})"
        )
        pause = int(event_features.SESSION * 1e6)
        return {
            **{name: self.name(name) for name in (LEAD, "kind", "since", "age")},
            "grains": f"POWER({self.dialect.value(2.0)}, -({halvings})) * {grain}",
            "day": dates.days(self.name("time"), self.dialect),
            "begins": f"CASE WHEN {self.name('time')} - {before} <= {pause} THEN 0 ELSE 1 END",
        }

    def _grains(self) -> Columns:
        kept = {name: self.name(name) for name in (LEAD, "kind", "since", "age", "day", "begins")}
        return {**kept, "term": self._to_even(self.name("grains"))}

    def _to_even(self, x: str) -> str:
        """The nearest whole number, the even one of two that are as near."""
        below = self.dialect.whole(f"FLOOR({x})")
        odd = f"{below} - {self.dialect.quotient(below, '2')} * 2"
        return (
            f"{below} + CASE WHEN {x} - {below} > {self.dialect.value(0.5)} THEN 1"
            f" WHEN {x} - {below} = {self.dialect.value(0.5)} THEN {odd} ELSE 0 END"
        )

    def _sums(self) -> Columns:
        """All that is summed: over the events of each type, and over all of a lead."""
        kind, age = self.name("kind"), self.name("age")
        found = {LEAD: self.name(LEAD), "count": self._summed("1"), "age": f"MIN({age})"}
        found["days"] = self.dialect.whole(f"COUNT(DISTINCT {self.name('day')})")
        found["begins"] = self._summed(self.name("begins"))
        found["last"] = f"MIN({self.name('since')} * {_PLACES} + {_PLACES - 1} - {kind})"
        for place, each in enumerate(self.features.types):
            if any(feature.type == each.name for feature in self.made):
                of = f"CASE WHEN {kind} = {place} THEN"
                found[f"count {place}"] = self._summed(f"{of} 1 ELSE 0 END")
                found[f"term {place}"] = self._summed(f"{of} {self.name('term')} ELSE 0 END")
                found[f"age {place}"] = f"MIN({of} {age} END)"
        for days in self._windows():
            inside = f"CASE WHEN {age} <= {self.dialect.value(days)} THEN 1 ELSE 0 END"
            found[f"within {days!r}"] = self._summed(inside)
        return found

    def _summed(self, x: str) -> str:
        return self.dialect.whole(f"SUM({x})")

    def _windows(self) -> list[float]:
        asked = {each.window for each in self.made if each.window is not None}
        return sorted(asked | {2.0 * (each.window or 0.0) for each in self.made if each.take == "trend"})

    def _values(self) -> Columns:
        return {each.column: self._value(each) for each in self.made}

    def _value(self, feature: EventFeature) -> str:
        """A figure; a hundred times of it where it is still to be rounded."""
        places = {each.name: f" {place}" for place, each in enumerate(self.features.types)}

        def of(what: str) -> str:
            return self.name(what + places.get(feature.type or "", ""))

        if feature.take == "last_type":
            return self._last()
        if feature.take == "count" and feature.window is not None:
            return self.name(f"within {feature.window!r}")
        if feature.take == "trend":
            half, whole = (self.name(f"within {(feature.window or 0.0) * times!r}") for times in (1.0, 2.0))
            return f"2 * {half} - {whole}"
        counts = {"count": "count", "days": "days", "sessions": "begins"}
        if feature.take in counts:
            return of(counts[feature.take])
        hundred = self.dialect.value(100.0)
        if feature.take == "faded":
            return f"{self.dialect.real(of('term'))} / {self.dialect.value(event_features.GRAIN)} * {hundred}"
        if feature.take == "rhythm":
            return f"{self.dialect.real(of('count'))} / ({self.dialect.value(1.0)} + {of('age')}) * {hundred}"
        return f"{of('age')} * {hundred}"

    def _last(self) -> str:
        last = self.name("last")
        kind = f"{_PLACES - 1} - ({last} - {self.dialect.quotient(last, str(_PLACES))} * {_PLACES})"
        names = [*(each.name for each in self.features.types), event_features.OTHER]
        cases = [f"WHEN {place} THEN {self.dialect.literal(name)}" for place, name in enumerate(names)]
        return f"CASE {kind} {' '.join(cases)} END"

    def _columns(self) -> Columns:
        return {
            each.column: self._hundredths(self.name(each.column))
            if each.take in ROUNDED
            else self.name(each.column)
            for each in self.made
        }

    def _hundredths(self, x: str) -> str:
        """A hundredth of the nearest whole number, as a text that is shown as Python shows it."""
        near = f"({self._to_even(x)})"
        text, hundred = self.dialect.text_type, self.dialect.value(100.0)
        whole = self.dialect.quotient(near, "100")
        return (
            f"CASE WHEN {whole} * 100 = {near} THEN CAST({self.dialect.whole(whole)} AS {text})"
            f" ELSE CAST({self.dialect.real(near)} / {hundred} AS {text}) END"
        )
