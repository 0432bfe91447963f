"""What is missing, what is missing together, and which leads repeat one another."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import rows
from leadlight.insight.explore.counts import LEAST, share
from leadlight.insight.explore.leads import ExploredLeads

PATTERNS: Final = 10
COLUMNS: Final = 14
LARGEST: Final = 5


@dataclass(frozen=True)
class Gap:
    """A column and the share of the leads that have no value in it."""

    column: str
    leads: int
    share: float


@dataclass(frozen=True)
class Pattern:
    """Columns that are missing together, and the leads in which just these are."""

    missing: tuple[str, ...]
    leads: int
    share: float
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RepeatedRows:
    """Leads that are the same as another one in all that can be learnt from, and how many in what company."""

    leads: int
    different: int
    sizes: tuple[tuple[str, int], ...]
    contradicting: int


def gaps(leads: ExploredLeads) -> list[Gap]:
    """Columns with gaps in 20 leads or more, most gaps first."""
    found = []
    for column in leads.columns:
        missing = leads.typed[column.name].null_count()
        if missing >= LEAST:
            found.append(Gap(column.name, missing, missing / leads.height))
    return sorted(found, key=lambda gap: (-gap.leads, gap.column))


def patterns(leads: ExploredLeads, found: list[Gap]) -> tuple[list[str], list[Pattern]]:
    """The commonest sets of gaps over the columns that have most, and who converts in each."""
    names = [gap.column for gap in found if gap.share < 1.0][:COLUMNS]
    if not names:
        return [], []
    empty = np.column_stack([leads.typed[name].is_null().to_numpy() for name in names])
    weights = 1 << np.arange(len(names), dtype=np.int64)
    code = empty @ weights
    common = [each for each, count in Counter(code.tolist()).most_common(PATTERNS) if count >= LEAST]
    return names, [_pattern(leads, names, code == each, each) for each in common]


def _pattern(leads: ExploredLeads, names: list[str], among: np.ndarray, code: int) -> Pattern:
    known = leads.outcome[among & leads.decided]
    missing = tuple(name for place, name in enumerate(names) if code >> place & 1)
    count = int(among.sum())
    return Pattern(missing, count, count / leads.height, *share(int(known.sum()), len(known)))


def repeats(leads: ExploredLeads) -> RepeatedRows | None:
    """Nothing where fewer than 20 leads repeat one another."""
    group = _groups(leads)
    size = np.bincount(group)[group]
    repeated = size > 1
    counted = Counter(np.minimum(size, LARGEST).tolist())
    sizes = tuple((_size(each), count) for each, count in sorted(counted.items()) if count >= LEAST)
    if repeated.sum() < LEAST or not sizes:
        return None
    return RepeatedRows(
        leads=int(repeated.sum()),
        different=len(np.unique(group[repeated])),
        sizes=sizes,
        contradicting=_contradicting(group, leads.outcome),
    )


def _groups(leads: ExploredLeads) -> np.ndarray:
    """One number for leads that are equal in all that can be learnt from."""
    names = [column.name for column in leads.columns if column.is_input and not column.expression]
    return rows.groups(leads.raw, names) if names else np.arange(leads.height)


def _size(size: int) -> str:
    if size == 1:
        return "the only one"
    return f"one of {size}" if size < LARGEST else f"one of {LARGEST} or more"


def _contradicting(group: np.ndarray, outcome: np.ndarray) -> int:
    """Leads that equal another one that ended differently."""
    table = pl.DataFrame({"group": group, "won": outcome}).filter(pl.col("won").is_not_nan())
    mixed = table.group_by("group").agg(leads=pl.len(), rate=pl.col("won").mean())
    return int(mixed.filter((pl.col("rate") > 0) & (pl.col("rate") < 1))["leads"].sum())
