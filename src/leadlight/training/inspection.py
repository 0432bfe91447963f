"""What the leads are, before anything is learnt: roles, kinds, quality, leakage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from leadlight.data import cells, config, frame, infer, rows, structure, target
from leadlight.data.finding import Finding
from leadlight.data.rows import RowCounts
from leadlight.data.schema import Column, Schema
from leadlight.data.target import Target
from leadlight.errors import LeadlightError, QuestionError, TrainingError
from leadlight.training.as_of import LeadLogs
from leadlight.training.options import Options
from leadlight.training.prepare import Prepared, prepare


@dataclass(frozen=True)
class ColumnView:
    """One column in figures."""

    column: Column
    filled: float
    distinct: int

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.column.name,
            "role": self.column.role,
            "kind": self.column.kind,
            "used": self.column.is_input,
            "group": self.column.group,
            "filled": self.filled,
            "distinct": self.distinct,
        }


@dataclass(frozen=True)
class InspectedLeads:
    """What was taken for what, what was left out and why, and what stands in the way of training."""

    rows: int
    columns: tuple[ColumnView, ...]
    target: str | None
    target_kind: str | None
    meanings: Target | None
    findings: tuple[Finding, ...]
    counts: RowCounts | None
    excluded: tuple[Mapping[str, Any], ...]
    problem: LeadlightError | None
    events: Mapping[str, Any] | None = None
    maturity: Mapping[str, Any] | None = None
    frame: pl.DataFrame | None = field(default=None, repr=False, compare=False)
    """The leads with the columns of their events, where they have any."""

    @property
    def schema(self) -> Schema:
        return Schema(tuple(view.column for view in self.columns))

    def to_json(self) -> dict[str, Any]:
        problem = self.problem
        return {
            "rows": {"in": self.rows} if self.counts is None else self.counts.to_json(),
            "target": self.target,
            "target_kind": self.target_kind,
            "meanings": None if self.meanings is None else self.meanings.to_json(),
            "columns": [view.to_json() for view in self.columns],
            "findings": [finding.to_json() for finding in self.findings],
            "excluded": [dict(each) for each in self.excluded],
            **({} if self.events is None else {"events": dict(self.events)}),
            **({} if self.maturity is None else {"maturity": dict(self.maturity)}),
            "problem": problem
            and {"code": problem.code, "message": problem.message, "next_step": problem.hint},
        }


def inspect(raw: pl.DataFrame, options: Options, logs: LeadLogs | None = None) -> InspectedLeads:
    """Look at every column; where training would refuse or ask, say so and show the columns all the same."""
    try:
        return _prepared(raw, prepare(raw, options, logs=logs))
    except (QuestionError, TrainingError) as problem:
        return _bare(rows.without_totals(raw), options, problem)


def _prepared(raw: pl.DataFrame, prepared: Prepared) -> InspectedLeads:
    column = prepared.structure.target.column
    seen = prepared.watched is not None and prepared.events is not None
    shown = pl.concat([prepared.raw, prepared.open], how="vertical_relaxed") if seen else raw
    return InspectedLeads(
        rows=raw.height,
        columns=tuple(_view(each, shown) for each in prepared.schema.columns),
        target=column,
        target_kind=target.describe(raw[column]),
        meanings=prepared.structure.target,
        findings=tuple(prepared.audit.findings),
        counts=prepared.counts,
        excluded=tuple(each.to_json() for each in prepared.audit.excluded),
        problem=None,
        events=prepared.told_events,
        maturity=prepared.told_maturity,
        frame=shown if seen else None,
    )


def _bare(raw: pl.DataFrame, options: Options, problem: LeadlightError) -> InspectedLeads:
    column = options.target or _target_or_none(raw)
    roles = {column: "target"}
    if column in raw.columns:
        roles = {
            options.time or structure.find_time(raw, (column,)): "time",
            options.id or structure.find_id(raw, column): "id",
            **roles,
        }
    told = [config.applied(each, options.columns.get(each.name)) for each in infer.columns(raw)]
    columns = [_with_role(each, roles.get(each.name)) for each in told]
    return InspectedLeads(
        rows=raw.height,
        columns=tuple(_view(each, raw) for each in columns),
        target=column,
        target_kind=target.describe(raw[column]) if column in raw.columns else None,
        meanings=None,
        findings=(),
        counts=None,
        excluded=(),
        problem=problem,
    )


def _with_role(column: Column, role: str | None) -> Column:
    return column if role is None else replace(column, role=role, used=False)


def _target_or_none(raw: pl.DataFrame) -> str | None:
    try:
        return target.find(raw)
    except QuestionError:
        return None


def _view(column: Column, raw: pl.DataFrame) -> ColumnView:
    if column.expression or column.name not in raw.columns:
        return ColumnView(column, 1.0, 0)
    words = frame.levels(raw[column.name], column.placeholders or cells.PLACEHOLDERS, column.spellings)
    filled = 1 - words.null_count() / max(1, raw.height)
    return ColumnView(column, round(filled, 4), words.drop_nulls().n_unique())
