"""What the audit is shown, made from raw leads in the way that training does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from leadlight.data import infer, names, rows, split, structure
from leadlight.data.schema import Column, Schema
from leadlight.data.structure import Structure
from leadlight.model.encode import Encoder
from leadlight.training.audit.audit_input import AuditInput


def audit_input(
    raw: pl.DataFrame,
    target: str | None = None,
    *,
    positive: Sequence[str] = (),
    part: np.ndarray | None = None,
    roles: dict[str, str] | None = None,
    keep: Iterable[str] = (),
) -> AuditInput:
    """Outcome, id and time are found as training finds them; `part` are the rows to look at."""
    found = structure.settle(raw, target, (tuple(positive), (), ()), None, None)
    known = rows.prepare(raw, found.target, found.id, found.moment(raw))
    chosen = np.arange(known.frame.height) if part is None else part
    leads, outcome = known.frame[chosen.tolist()], known.outcome[chosen]
    told = roles or {}
    schema = Schema(tuple(_settled(column, found, told) for column in infer.columns(leads)))
    typed = schema.apply(leads)
    encoder = Encoder.fit(typed, schema)
    moment = found.moment(leads)
    return AuditInput(
        raw=leads,
        typed=typed,
        schema=schema,
        codes=encoder.apply(typed),
        columns=tuple(feature.column for feature in encoder.features),
        sizes=encoder.sizes,
        outcome=outcome,
        groups=groups(leads, schema),
        moment=moment,
        keep=frozenset(keep),
        configured=frozenset(told),
    )


def _settled(column: Column, found: Structure, told: dict[str, str]) -> Column:
    if column.name in told:
        return replace(column, role=told[column.name])
    if column.name == found.target.column:
        return replace(column, role="target", used=False)
    if column.name == found.id:
        return replace(column, role="id", kind="text", aliases={}, labels={}, used=False)
    if column.name == found.time:
        return replace(column, role="time", kind="date", date_format=found.kind.date_format, used=False)
    return replace(column, role="feature") if column.role in ("target", "id", "time") else column


def groups(leads: pl.DataFrame, schema: Schema) -> np.ndarray:
    """Rows that are equal in all that does not sound late, unless that makes most rows equal."""
    likely = [column.name for column in schema.inputs if not names.suggests_after(column.name)]
    found = rows.groups(leads, likely)
    return split.blocks(found)
