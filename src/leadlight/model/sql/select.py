"""A model as one SELECT over a raw table: named steps, one line a column, the score that Python gives.

cells -> dated -> typed -> declared -> points -> pairs -> margins -> scored (-> factors -> ranked -> told)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from leadlight.data.schema import Column
from leadlight.errors import InputError
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Feature
from leadlight.model.event_source import check_source
from leadlight.model.points import GRAIN, Points
from leadlight.model.scorer import Scorer
from leadlight.model.sql import dates, formulas, lines, reading, sqlite_dates, tables, telling
from leadlight.model.sql.dialects import Dialect, named
from leadlight.model.sql.events import EventQuery
from leadlight.model.sql.step import ROW, Columns, Step

MARGIN: Final = "margin"


def select(
    bundle: Bundle,
    dialect: str,
    *,
    table: str = "leads",
    carry: Sequence[str] = (),
    reasons: int = 0,
    at: float | None = None,
    suppress_table: str | None = None,
    events_table: str | None = None,
) -> str:
    """The query; `carry` names columns to show beside the id, `suppress_table` holds ids to leave out.

    `events_table` holds what leads did (lead, type, time, known_at); without it the leads need the columns
    that the model takes from events.
    """
    scorer, way = bundle.scorer, named(dialect)
    if not isinstance(scorer.learner, Points):
        raise InputError(
            f"A model of the family {bundle.family!r} is no table of points and cannot be written in SQL.",
            code="sql_family",
            hint="Train with --models glassbox,logistic,bayes, or score with leadlight score.",
        )
    shown = tuple(dict.fromkeys([*filter(None, [scorer.schema.name_of("id")]), *carry]))
    if not shown:
        raise InputError(
            "The model knows no id, so nothing would say whose score is whose.",
            code="sql_id",
            hint="Name a column of the table that tells leads apart: --carry COLUMN.",
        )
    check_source(bundle, events_table is not None)
    places = (table, suppress_table, events_table)
    query = _Query(bundle, scorer, scorer.learner, way, places, shown, reasons, at)
    return query.text()


@dataclass(frozen=True)
class _Query:
    bundle: Bundle
    scorer: Scorer
    points: Points
    dialect: Dialect
    places: tuple[str, str | None, str | None]
    shown: tuple[str, ...]
    reasons: int
    at: float | None

    def text(self) -> str:
        steps = list(self._steps())
        body = ",\n".join(step.text(self.dialect) for step in steps)
        return f"{self._heading()}WITH {body}\n{self._result()};\n"

    def _heading(self) -> str:
        taken = () if self.events is None else self.events.used
        needed = " | ".join(
            " ".join(column.name.split()) for column in self.columns if column.name not in taken
        )
        log = "" if self.events is None else "-- Events: lead | type | time | known_at\n"
        return (
            f"-- Leadlight model {self.bundle.name} ({self.bundle.family}), for {self.dialect.name}.\n"
            f"-- Reads: {needed}\n{log}"
            f"-- Points are whole numbers: {int(GRAIN)} of them are one of log-odds.\n"
        )

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        found = self.scorer.schema.needed
        ages = self.at is None and any(feature.take == "age" for feature in self.features)
        used = {column for each in self.scorer.encoder.declared for column in each.expression.columns()}
        return tuple(column for column in found if column.role != "time" or ages or column.name in used)

    @cached_property
    def events(self) -> EventQuery | None:
        """The steps that give the columns of events, where a table holds these."""
        known, (table, _, log) = self.bundle.events, self.places
        identity = self.scorer.schema.name_of("id")
        if known is None or log is None or identity is None:
            return None
        used = frozenset(known.columns) & {column.name for column in self.columns}
        time = self.scorer.schema.name_of("time")
        arrival = None if time is None else self.scorer.schema[time]
        arrival = arrival if arrival is not None and arrival.kind == "date" else None
        leads, events = self._placed(table), self._placed(log)
        return EventQuery(known, used, self.dialect, leads, identity, arrival, events, self.at)

    def _placed(self, table: str) -> str:
        return ".".join(self.name(part) for part in table.split("."))

    @property
    def features(self) -> tuple[Feature, ...]:
        return self.scorer.encoder.features

    def name(self, plain: str) -> str:
        return self.dialect.identifier(plain)

    @cached_property
    def carried(self) -> dict[str, str]:
        """What tells the leads apart, under names that no column of the model has."""
        kept = {f"{name} (lead)": self.name(f"{name} (lead)") for name in self.shown}
        return {**kept, ROW: self.name(ROW)} if self.reasons else kept

    def _steps(self) -> Iterator[Step]:
        source = f"{self._placed(self.places[0])} AS raw"
        if self.events is not None:
            yield from self.events.steps()
            source += self.events.joined()
        ending = self._suppressing()
        for name, columns in (
            ("cells", self._cells()),
            *self._cut(),
            ("words", self._words()),
            ("typed", self._typed()),
            ("declared", self._declared()),
            ("points", self._points()),
            ("pairs", self._pairs()),
            ("margins", self._margins()),
            ("scored", self._scored()),
        ):
            if columns:
                yield Step(name, source, columns, ending)
                source, ending = name, ""
        if self.reasons:
            yield from telling.steps(self.scorer, self.dialect, self.reasons)

    def _suppressing(self) -> str:
        identity = self.scorer.schema.name_of("id")
        if self.places[1] is None or identity is None:
            return ""
        barred = self._placed(self.places[1])
        own = self.dialect.cell(f"raw.{self.name(identity)}")
        other = self.dialect.cell(f"barred.{self.name(identity)}")
        return f"\n  WHERE NOT EXISTS (SELECT 1 FROM {barred} AS barred WHERE {other} = {own})"

    def _cells(self) -> Columns:
        found, of = self.events, "" if self.events is None else "raw."
        kept = {f"{name} (lead)": f"{of}{self.name(name)}" for name in self.shown}
        row = {ROW: self.dialect.row} if self.reasons else {}
        read = {
            column.name: found.cell(column.name)
            if found is not None and column.name in found.used
            else self.dialect.cell(f"{of}{self.name(column.name)}")
            for column in self.columns
        }
        return {**kept, **row, **read}

    @cached_property
    def dated(self) -> list[Column]:
        return [column for column in self.columns if column.kind == "date"]

    def _cut(self) -> Iterator[tuple[str, Columns]]:
        """Where a database has no patterns, dates are cut into their parts step by step."""
        if self.dialect.has_patterns or not self.dated:
            return
        known: dict[str, str] = {}
        stages = [sqlite_dates.stages(column, self.dialect) for column in self.dated]
        read = {column.name: self.name(column.name) for column in self.columns}
        for number, together in enumerate(zip(*stages, strict=True), start=1):
            made = {name: value for each in together for name, value in each.items()}
            yield f"cut_{number}", {**self.carried, **read, **known, **made}
            known |= {name: self.name(name) for name in made}

    def _words(self) -> Columns:
        """Plain forms of levels, and the parts of written dates."""
        found: dict[str, str] = {**self.carried}
        found |= self._texts() if self.reasons else {}
        for column in self.columns:
            found[column.name] = self.name(column.name)
            if column.kind in ("category", "flag"):
                found[column.name] = reading.word(column, self._vocabulary(column), self.dialect)
            if column.kind == "date":
                found |= self._date_parts(column)
        return found

    def _date_parts(self, column: Column) -> Columns:
        if not self.dialect.has_patterns:
            return {name: self.name(name) for name in (f"{column.name} ({part})" for part in dates.PARTS)}
        parts = dates.parts(column, self.dialect)
        return {f"{column.name} ({part})": value for part, value in parts.items()}

    def _vocabulary(self, column: Column) -> Iterator[str]:
        """The words that are told apart; a declared feature may know any."""
        for feature in self.features:
            if feature.column == column.name:
                yield from feature.levels
        if any(column.name in each.expression.columns() for each in self.scorer.encoder.declared):
            yield "0"

    def _typed(self) -> Columns:
        read = {column.name: reading.typed(column, self.dialect) for column in self.columns}
        return {**self.carried, **self._told(), **read}

    def _texts(self) -> Columns:
        """Cells as they stand, for reasons to show."""
        return {telling.cell(column.name): self.name(column.name) for column in self.columns}

    def _told(self) -> Columns:
        return (
            {telling.cell(c.name): self.name(telling.cell(c.name)) for c in self.columns}
            if self.reasons
            else {}
        )

    def _declared(self) -> Columns:
        declared = self.scorer.encoder.declared
        if not declared:
            return {}
        read = {column.name: self.name(column.name) for column in self.columns}
        made = {
            each.name: formulas.formula(each.expression.root, each.fitted, self.dialect) for each in declared
        }
        return {**self.carried, **self._told(), **read, **made}

    def _points(self) -> Columns:
        found: dict[str, str] = {**self.carried, **self._told()}
        for feature, table in zip(self.features, self.points.tables, strict=True):
            values = tables.whole_points(table)
            found[feature.name] = tables.by_code(feature, values, self._taken(feature), self.dialect)
            if self.reasons and feature.take == "level":
                rare = [0] * (feature.size - 1) + [1]
                found[telling.rare(feature.name)] = tables.by_code(
                    feature, rare, self._taken(feature), self.dialect
                )
        for number, pair in enumerate(self.points.pairs):
            for side, k, bins in (
                ("first", pair.first, pair.first_bins),
                ("second", pair.second, pair.second_bins),
            ):
                feature = self.features[k]
                places = [int(place) for place in bins]
                found[f"pair {number + 1} {side}"] = tables.by_code(
                    feature, places, self._taken(feature), self.dialect
                )
        return found

    def _taken(self, feature: Feature) -> str:
        """What a feature takes of its column: the value, a length, or a part of a moment."""
        x = self.name(feature.column)
        if feature.take == "length":
            return f"LENGTH({x})"
        if feature.take == "weekday":
            return dates.weekday(x, self.dialect)
        if feature.take == "hour":
            return dates.hour(x, self.dialect)
        return self._age(x) if feature.take == "age" else x

    def _age(self, x: str) -> str:
        then = dates.seconds(x, self.dialect)
        time, given = self.scorer.encoder.time, self.at
        if given is None and time is None:
            given = self.scorer.encoder.reference
        if given is not None:
            now = self.dialect.value(given)
        elif time is not None:
            now = dates.seconds(self.name(time), self.dialect)
        else:
            return self.dialect.real("NULL")
        return f"(({now} - {then}) / {self.dialect.value(86400.0)})"

    def _pairs(self) -> Columns:
        if not self.points.pairs:
            return {}
        kept = {feature.name: self.name(feature.name) for feature in self.features}
        rare = {
            telling.rare(feature.name): self.name(telling.rare(feature.name))
            for feature in self.features
            if self.reasons and feature.take == "level"
        }
        found = {
            f"pair {number + 1}": tables.of_pair(
                pair, self.name(f"pair {number + 1} first"), self.name(f"pair {number + 1} second")
            )
            for number, pair in enumerate(self.points.pairs)
        }
        return {**self.carried, **self._told(), **kept, **rare, **found}

    def _margins(self) -> Columns:
        base = str(tables.whole_points(self.points.base)[0])
        parts = [self.name(feature.name) for feature in self.features]
        parts += [self.name(f"pair {number + 1}") for number in range(len(self.points.pairs))]
        total = self.dialect.whole(" + ".join([base, *parts]))
        margin = f"{self.dialect.real(total)} / {self.dialect.value(GRAIN)}"
        told = telling.parts(self.scorer, self.points, self.dialect) if self.reasons else {}
        return {**self.carried, **self._told(), **told, "uncalibrated": margin}

    def _scored(self) -> Columns:
        calibrator = self.scorer.calibrator
        margin = self.name("uncalibrated")
        if calibrator.lift is not None:
            margin = f"({margin} + {lines.on_line(calibrator.lift, margin, self.dialect)})"
        told = telling.kept(self.scorer, self.dialect) if self.reasons else {}
        return {**self.carried, **self._told(), **told, MARGIN: margin}

    def _result(self) -> str:
        d, margin = self.dialect, self.name(MARGIN)
        rate = f"1 / (1 + EXP(-{margin}))"
        interval, grades = self.scorer.interval, self.scorer.grades
        ours = {
            "score": d.one_decimal(f"100 * {rate}"),
            "probability": rate,
            "probability_low": f"{d.least}({lines.on_line(interval.low, margin, d)}, {rate})",
            "probability_high": f"{d.greatest}({lines.on_line(interval.high, margin, d)}, {rate})",
            "grade": (
                f"CASE WHEN {margin} >= {d.value(grades.hot)} THEN {d.literal(grades.names[0])} "
                f"WHEN {margin} >= {d.value(grades.warm)} THEN {d.literal(grades.names[1])} "
                f"ELSE {d.literal(grades.names[2])} END"
            ),
            "call": f"{margin} >= {d.value(grades.line)}",
        }
        ours |= {f"reason_{k}": self.name(f"reason_{k}") for k in range(1, self.reasons + 1)}
        ours["model"] = d.literal(self.bundle.name[:12])
        shown = {name: self.name(f"{name} (lead)") for name in self.shown}
        columns = ",\n".join(f"  {value} AS {self.name(name)}" for name, value in {**shown, **ours}.items())
        row = self.name(ROW)
        joined = f"\nLEFT JOIN told ON told.{row} = scored.{row}" if self.reasons else ""
        return f"SELECT\n{columns}\nFROM scored{joined}"
