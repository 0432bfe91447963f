"""Columns that tell when a lead arrived and not who it is: indices, version numbers, counters that grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.data.finding import Finding
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.quality import Verdict, flag

CODE: Final = "clock"
CLOCK: Final = 0.8
"""The share of a column that its time may tell before it counts as a clock; honest ones stay below a half."""
LEAST: Final = 200
CHANGES: Final = 50
"""So many neighbours in time have to be expected to differ before their likeness says anything."""


def clocks(audited: AuditInput) -> Iterator[Verdict]:
    """Inputs that leads of one stretch of time share; left out where the test looks ahead in time."""
    if audited.moment is None or (~np.isnan(audited.moment)).sum() < LEAST:
        return
    order = arrival_order(audited.moment)
    for column in audited.schema.inputs:
        if column.expression or column.kind in ("date", "text") or column.name not in audited.typed.columns:
            continue
        share = share_told_by_time(audited.typed[column.name], order)
        if share < CLOCK:
            continue
        evidence = {"share": round(share, 4)}
        message = (
            f"{column.name!r} tells when a lead arrived and not who it is: {share:.0%} of it is the date."
        )
        if audited.is_settled(column.name) or not audited.looks_ahead:
            kept = f"{message} It stays in{', as you asked' if audited.is_settled(column.name) else ''}."
            yield column, Finding(CODE, "warning", column.name, kept, flag("--drop", column.name), evidence)
        else:
            text = f"{message} It is left out: what it says of the past need not hold for later leads."
            step = f"To learn from it all the same: {flag('--keep', column.name)}"
            yield replace(column, used=False), Finding(CODE, "excluded", column.name, text, step, evidence)


def arrival_order(moment: np.ndarray) -> np.ndarray:
    """Leads with a time from old to new; those of one moment in an order that no column can have made."""
    lot = np.random.Generator(np.random.PCG64(0)).permutation(len(moment))
    order = np.lexsort((lot, moment))
    known: np.ndarray = order[~np.isnan(moment[order])]
    return known


def share_told_by_time(values: pl.Series, order: np.ndarray) -> float:
    """1 where neighbours in time are always alike, about 0 where they are as any two leads.

    Numbers by the squared steps between neighbours, in ranks; levels by how many neighbours differ.
    """
    lined = values[order.tolist()].drop_nulls()
    differing = _differing(lined)
    if len(lined) < LEAST or differing * len(lined) < CHANGES:
        return 0.0
    if lined.dtype.is_numeric():
        rank = lined.rank("average").to_numpy()
        return max(0.0, 1.0 - float((np.diff(rank) ** 2).mean()) / (2.0 * float(rank.var())))
    return max(0.0, 1.0 - float((lined[1:] != lined[:-1]).to_numpy().mean()) / differing)


def _differing(lined: pl.Series) -> float:
    """How probable it is that two leads differ."""
    counts = np.array([count for _, count in frame.counted(lined)], dtype=np.float64)
    return 1.0 - float(((counts / counts.sum()) ** 2).sum())
