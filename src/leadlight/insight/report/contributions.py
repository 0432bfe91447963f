"""What moves the score: columns by how much they matter, each group of leads, and odds ratios."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from leadlight.insight.charts import glass as charts
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.report.given import Given
from leadlight.insight.report.record import Record
from leadlight.insight.wording import counted, quoted, short
from leadlight.model.answer import factor
from leadlight.model.points import Points

SHOWN: Final = 20
SWARM: Final = 12
DOTS: Final = 120
GROUP: Final = 20
FEWEST: Final = 200
PLACES: Final = 70
ROOM: Final = 0.13
LABEL: Final = 30


def contributions(record: Record, given: Given | None) -> Section | None:
    """Which columns move the score, and which way."""
    ranked = importance(record, given)
    blocks: list[Block] = []
    if ranked:
        blocks.append(_importance(ranked, given))
    if given is not None and given.height >= FEWEST and ranked:
        blocks.append(_swarm(given, [name for name, _ in ranked[:SWARM]]))
    elif ranked:
        blocks.append(Words("Give leads as well, and this section shows which way each column moves them."))
    coefficients = record.training.coefficients
    if coefficients:
        blocks.append(_odds(coefficients, own=record.bundle.family == "logistic"))
    return Section("contributions", "What moves the score", tuple(blocks)) if blocks else None


def importance(record: Record, given: Given | None) -> list[tuple[str, float]]:
    """The average of what each column does to the log-odds of a lead, without its sign; most first."""
    stored = record.training.importance
    if given is not None:
        found = dict(zip(record.columns, np.abs(given.contributions).mean(axis=0).tolist(), strict=True))
    elif stored:
        found = {str(name): float(size) for name, size in stored.items()}
    else:
        found = _of_tables(record)
    return sorted(
        ((name, size) for name, size in found.items() if size > 0), key=lambda row: (-row[1], row[0])
    )


def _of_tables(record: Record) -> dict[str, float]:
    scorer = record.bundle.scorer
    found: dict[str, float] = {}
    if isinstance(scorer.learner, Points):
        for k, feature in enumerate(scorer.encoder.features):
            size = float(np.array(record.bundle.reference.features[k]) @ np.abs(scorer.learner.tables[k]))
            found[feature.column] = found.get(feature.column, 0.0) + size * scorer.calibrator.slope
    return found


def _importance(ranked: Sequence[tuple[str, float]], given: Given | None) -> Figure:
    first = ranked[0]
    total = sum(size for _, size in ranked)
    top = sum(size for _, size in ranked[:3]) / total
    title = (
        f"{quoted(first[0])} matters most: it moves the odds of a lead by a factor of "
        f"{factor(math.exp(first[1]))} on "
        f"average; the first {min(3, len(ranked))} of {counted(len(ranked), 'column')} do {100 * top:.0f} % "
        "of all that is done."
    )
    table = Table.of(
        ("column", "mean size (log-odds)", "odds ×"),
        [(name, f"{size:.3f}", factor(math.exp(size))) for name, size in ranked],
    )
    rows = [{"column": name, "size": size} for name, size in ranked[:SHOWN]]
    of = f"{given.height:,} leads of this report" if given is not None else "the leads learnt from"
    note = f"The mean size of each column’s contribution (its Shapley value on the log-odds) over {of}."
    return Figure("importance", title, charts.importance(rows), note, table)


def _swarm(given: Given, names: Sequence[str]) -> Figure:
    dots = [dot for name in names for dot in _dots(given, name)]
    size = max(GROUP, len(given.sampled) // DOTS)
    widest = max(names, key=lambda name: np.ptp([dot["points"] for dot in dots if dot["column"] == name]))
    ends = [dot["points"] for dot in dots if dot["column"] == widest]
    title = (
        f"{quoted(widest)} parts leads most: its factor on the odds runs from {factor(math.exp(min(ends)))} "
        "to "
        f"{factor(math.exp(max(ends)))}."
    )
    note = f"Each dot stands for {size} leads or more to which the column does about the same."
    return Figure("swarm", title, charts.swarm(dots, names), note, _swarm_table(given, names))


def _swarm_table(given: Given, names: Sequence[str]) -> Table:
    columns = given.scorer.columns
    rows = []
    for name in names:
        part = given.contributions[:, columns.index(name)]
        rows.append((name, *(factor(math.exp(value)) for value in np.quantile(part, [0.05, 0.5, 0.95]))))
    return Table.of(("column", "5 % of the leads below", "middle", "5 % above"), rows)


def _dots(given: Given, name: str) -> list[dict[str, Any]]:
    """Leads in groups of 20 or more by contribution: how much, how high their values, how far aside."""
    part = given.contributions[:, given.scorer.columns.index(name)]
    height = _heights(given, name)
    size = max(GROUP, len(part) // DOTS)
    order = np.lexsort((np.nan_to_num(height, nan=-1.0), part))
    groups = [order[start : start + size] for start in range(0, max(1, len(order) - size + 1), size)]
    groups[-1] = order[(len(groups) - 1) * size :]
    points = [float(part[group].mean()) for group in groups]
    return [
        {"column": name, "points": place, "height": _height(height[group]), "offset": offset}
        for group, place, offset in zip(groups, points, _offsets(points), strict=True)
    ]


def _heights(given: Given, name: str) -> np.ndarray:
    """Where each lead's value stands among all, from 0 to 1; none for words and for what is missing."""
    features = [k for k, feature in enumerate(given.scorer.encoder.features) if feature.column == name]
    ordered = len(features) == 1 and given.scorer.encoder.features[features[0]].is_ordered
    codes = given.codes[given.sampled, features[0]].astype(np.float64)
    if not ordered or len(np.unique(codes)) < 3:
        return np.full(len(codes), np.nan)
    known = codes[codes > 0]
    ranks: np.ndarray = np.searchsorted(np.sort(known), codes, side="left") / max(1, len(known))
    ranks[codes == 0] = np.nan
    return ranks


def _height(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) * 2 > len(values) else -1.0


def _offsets(points: Sequence[float]) -> list[float]:
    """Dots that would lie on one another stand side by side."""
    low, high = min(points), max(points)
    width = (high - low) / PLACES or 1.0
    taken: dict[int, int] = {}
    found = []
    for place in points:
        slot = int((place - low) / width)
        count = taken.get(slot, 0)
        taken[slot] = count + 1
        side = (count + 1) // 2 * (1 if count % 2 else -1)
        found.append(max(-0.95, min(0.95, side * ROOM)))
    return found


def _labelled(column: str, value: str) -> str:
    """A long column is cut before its value is: that one tells the rows apart."""
    return f"{short(column, max(10, LABEL - len(value)))} = {value}"


def _odds(rows: Sequence[Mapping[str, Any]], *, own: bool) -> Figure:
    """Of the plain logistic regression, whose reading many know."""
    records: list[dict[str, Any]] = [
        {
            "label": _labelled(str(row["column"]), str(row["value"])),
            "points": math.log(row["odds"]),
            "low": math.log(row["low"]),
            "high": math.log(row["high"]),
        }
        for row in rows
    ]
    top = sorted(records, key=lambda row: -abs(row["points"]))[:SHOWN]
    strongest = rows[0]
    title = (
        f"Logistic regression: {quoted(strongest['column'])} = {quoted(strongest['value'])} has an odds "
        "ratio of "
        f"{factor(strongest['odds'])} ({factor(strongest['low'])} to {factor(strongest['high'])}) against "
        "the average lead."
    )
    table = Table.of(
        ("column", "value", "odds ratio", "from", "to", "leads"),
        [
            (
                row["column"],
                row["value"],
                factor(row["odds"]),
                factor(row["low"]),
                factor(row["high"]),
                f"{row['leads']:,}",
            )
            for row in rows
        ],
        left=2,
    )
    note = (
        f"The {len(top)} strongest; the intervals hold the ratio nine times in ten (bootstrap of the leads "
        "learnt from)."
    )
    if not own:
        note += " It was a candidate; the scores are those of another model."
    ordered = sorted(top, key=lambda row: -row["points"])
    return Figure("odds-ratios", title, charts.odds_ratios(ordered), note, table)
