"""What changes as time goes by: columns, outcomes, and numbers that could be the time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame, infer
from leadlight.data.finding import Finding
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.quality import SUPPORT, flag

SHIFT: Final = 0.25
STRETCHES: Final = 10
YOUNG: Final = 0.7
SURE: Final = 3.0
UNEVEN: Final = 4.0
RATE_UNEVEN: Final = 2.4
"""One file in a hundred whose rate stands still is as uneven as that over ten stretches."""
THIRD: Final = 3
LEAST: Final = 200


def course(audited: AuditInput) -> Iterator[Finding]:
    """Everything that moves along time, or a number that could be time."""
    if audited.moment is None:
        yield from could_be_time(audited)
        return
    stretch = stretches(audited.moment)
    if stretch is not None:
        late = list(young(audited, stretch))
        yield from late or moving_rate(audited, stretch)
        yield from drifting(audited, stretch)


def stretches(moment: np.ndarray) -> np.ndarray | None:
    """Tenths of the leads from old to new; leads without a time are -1."""
    known = ~np.isnan(moment)
    if known.sum() < LEAST:
        return None
    cuts = np.quantile(moment[known], np.arange(1, STRETCHES) / STRETCHES)
    return np.where(known, np.searchsorted(cuts, moment, side="right"), -1)


def young(audited: AuditInput, stretch: np.ndarray) -> Iterator[Finding]:
    """The newest leads win clearly less often than those just before: many may not be decided yet."""
    newest = audited.outcome[stretch == STRETCHES - 1]
    before = audited.outcome[(stretch >= STRETCHES - 5) & (stretch < STRETCHES - 1)]
    if min(len(newest), len(before)) < SUPPORT:
        return
    rate, usual = float(newest.mean()), float(before.mean())
    error = float(np.sqrt(usual * (1 - usual) * (1 / len(newest) + 1 / len(before))))
    if rate < YOUNG * usual and usual - rate > SURE * error:
        yield Finding(
            "target_young",
            "warning",
            None,
            f"Of the newest tenth of the leads {rate:.1%} are won, of those before {usual:.1%}: "
            "many of the newest are probably not decided yet.",
            "Name the values that mean undecided with --open, or leave out the newest leads.",
            {"newest": _round(rate), "before": _round(usual), "leads": len(newest)},
        )


def moving_rate(audited: AuditInput, stretch: np.ndarray) -> Iterator[Finding]:
    """The share of won leads goes up or down along time: probabilities are those of the past."""
    known = stretch >= 0
    if unevenness(audited.outcome[known].astype(np.int64), stretch[known]) < RATE_UNEVEN:
        return
    old = float(audited.outcome[known & (stretch < THIRD)].mean())
    new = float(audited.outcome[stretch >= STRETCHES - THIRD].mean())
    yield Finding(
        "rate_moved",
        "warning",
        None,
        f"The rate of winning moved from {old:.0%} to {new:.0%} in this file:"
        " read probabilities as an order.",
        "Train again as outcomes come in, and judge by the newest: leadlight evaluate MODEL LEADS",
        {"oldest": _round(old), "newest": _round(new)},
    )


def drifting(audited: AuditInput, stretch: np.ndarray) -> Iterator[Finding]:
    """Inputs whose values are spread otherwise among the newest third than among the oldest."""
    old, new = (stretch >= 0) & (stretch < 3), stretch >= STRETCHES - 3
    if not (old.any() and new.any()):
        return
    for name, parts in audited.parts.items():
        if audited.schema[name].kind == "date":
            continue
        moved = max(shift(part[old], part[new]) for part in parts)
        if moved >= SHIFT:
            gone = audited.missing(name)
            yield Finding(
                "drift",
                "warning",
                name,
                f"{name!r} is not what it was: its values are spread otherwise among the newest leads.",
                f"Compare the models forward in time; to leave it out: {flag('--drop', name)}",
                {
                    "shift": _round(moved),
                    "missing_old": _round(gone[old].mean()),
                    "missing_new": _round(gone[new].mean()),
                },
            )


def shift(old: np.ndarray, new: np.ndarray) -> float:
    """How far two spreads over codes lie apart (population stability index), codes with support only."""
    size = int(max(old.max(initial=0), new.max(initial=0))) + 1
    before, after = np.bincount(old, minlength=size), np.bincount(new, minlength=size)
    common = before + after >= SUPPORT
    was, is_now = (counts[common] + 1.0 for counts in (before, after))
    was, is_now = was / was.sum(), is_now / is_now.sum()
    return float(((is_now - was) * np.log(is_now / was)).sum())


def could_be_time(audited: AuditInput) -> Iterator[Finding]:
    """Whole numbers, all different and close together, along which outcomes or columns move."""
    numbers = {name: values for name, values in _numbers(audited) if _counts_up(values)}
    witnesses = [audited.outcome.astype(np.int64)]
    witnesses += [part for name, parts in audited.parts.items() if name not in numbers for part in parts]
    for name, values in numbers.items():
        stretch = stretches(values.to_numpy())
        uneven = 0.0 if stretch is None else max(unevenness(codes, stretch) for codes in witnesses)
        if uneven >= UNEVEN:
            yield Finding(
                "could_be_time",
                "note",
                name,
                f"{name!r} could stand for time: leads change along it. It is not used unasked.",
                f"If it grows as leads arrive: {flag('--time', name)}",
                {"unevenness": _round(uneven)},
            )


def _numbers(audited: AuditInput) -> Iterator[tuple[str, pl.Series]]:
    for column in audited.schema.columns:
        if column.role in ("id", "feature", "ignore") and column.name in audited.raw.columns:
            yield column.name, frame.numbers(audited.raw[column.name], column.decimal, column.thousands)


def _counts_up(values: pl.Series) -> bool:
    return not values.null_count() and values.n_unique() == len(values) and infer.is_run(values)


def unevenness(codes: np.ndarray, stretch: np.ndarray) -> float:
    """Chi-squared per degree of freedom, codes with support in every stretch only."""
    size = int(codes.max()) + 1
    table = np.bincount(codes + size * stretch, minlength=size * STRETCHES).reshape(STRETCHES, size)
    table = table[:, table.sum(axis=0) >= 5 * STRETCHES].astype(float)
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 0.0
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0)[None, :] / table.sum()
    return float(((table - expected) ** 2 / expected).sum() / ((STRETCHES - 1) * (table.shape[1] - 1)))


def _round(value: float) -> float:
    return round(float(value), 4)
