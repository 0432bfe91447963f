"""What it costs to leave sensitive columns out, and what learning from them would do to their groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from leadlight.data.finding import Finding
from leadlight.data.schema import Column
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.quality import SUPPORT, flag, grouped
from leadlight.training.audit.quick_additive import Worth

CODE: Final = "sensitive_cost"
MOST_GROUPS: Final = 50


def cost(audited: AuditInput, kept: Worth, rows: np.ndarray) -> Iterator[Finding]:
    """One finding for all sensitive columns, judged on these rows beside the columns that stay in."""
    groups = {
        column.name: groups_of(audited, column)[rows]
        for column in audited.schema.with_role("sensitive")
        if column.used
    }
    groups = {name: codes for name, codes in groups.items() if codes.min(initial=0) < codes.max(initial=0)}
    if not groups:
        return
    whole = kept.joined_by({name: [codes] for name, codes in groups.items()})
    worth = whole.auc - kept.auc
    uneven = min(groups, key=lambda name: call_ratio(whole, groups[name]))
    now, then = call_ratio(kept, groups[uneven]), call_ratio(whole, groups[uneven])
    names = " and ".join(map(repr, groups))
    yield Finding(
        CODE,
        "note",
        None,
        f"Leaving out {names} (sensitive) costs about {max(worth, 0.0):.3f} of the AUC."
        f" Of the groups of {uneven!r} the least called is called {now:.2f} times as often as the most"
        f" called; with the sensitive columns it would be {then:.2f}.",
        f"To learn from them all the same: {' '.join(flag('--keep', name) for name in groups)}",
        {"cost": _round(worth), "ratio_without": _round(now), "ratio_with": _round(then), "by": uneven},
    )


def groups_of(audited: AuditInput, column: Column) -> np.ndarray:
    """The group of each lead, numbers in fifths; groups of fewer than twenty are one."""
    codes = grouped(column.read(audited.raw[column.name]))
    counts = np.bincount(codes)
    large = np.flatnonzero(counts >= SUPPORT)[:MOST_GROUPS]
    place = np.full(len(counts), len(large))
    place[large] = np.arange(len(large))
    found: np.ndarray = place[codes]
    return found


def call_ratio(worth: Worth, groups: np.ndarray) -> float:
    """How often the least called group is called against the most called one, where as many are as bought."""
    margin = worth.margin()
    called = margin >= np.quantile(margin, 1.0 - float(worth.outcome.mean()))
    counts = np.bincount(groups)
    share = (np.bincount(groups, called, len(counts)) / np.maximum(counts, 1))[counts >= SUPPORT]
    most = float(share.max(initial=0.0))
    return float(share.min()) / most if most else 1.0


def _round(value: float) -> float:
    return round(float(value), 4)
