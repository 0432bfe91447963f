"""Whether the promise holds in each part of the leads, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import polars as pl

from leadlight.insight.charts import glass as charts
from leadlight.insight.explore import course
from leadlight.insight.explore.counts import LEAST, MISSING, by_level, share
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.report.given import Given
from leadlight.insight.report.record import Record
from leadlight.insight.wording import decimal, percent, quoted, span
from leadlight.model import metrics

COLUMNS: Final = 6
LEVELS: Final = 8


@dataclass(frozen=True)
class Part:
    """Leads that share a value: what was foretold, what came true, and how well they are ranked."""

    value: str
    leads: int
    predicted: float
    observed: float
    low: float
    high: float
    auc: float | None

    @property
    def holds(self) -> bool:
        return self.low <= self.predicted <= self.high


def segments(record: Record, given: Given | None, ranked: Sequence[tuple[str, float]]) -> Section:
    """By the columns of words that matter most, and by when leads arrived."""
    title = "Does the promise hold everywhere?"
    if given is None or not given.is_labelled:
        told = (
            "Give leads whose outcome is known, and this section shows each part of them and how it went "
            "over time."
        )
        return Section("segments", title, (Words(told),))
    found = _by_column(record, given, [name for name, _ in ranked])
    blocks: list[Block] = [
        _segment(name, parts, k) for k, (name, parts) in enumerate(found[:COLUMNS], start=1)
    ]
    timed = _over_time(given)
    blocks += [timed] if timed is not None else []
    words = Words(
        "Dots: what came true, with the interval that holds it nine times in ten. Dark: what was foretold."
    )
    return Section("segments", title, (words, *blocks))


def _by_column(record: Record, given: Given, ranked: Sequence[str]) -> list[tuple[str, list[Part]]]:
    """Columns with two parts of 20 leads or more, those that matter most first."""
    place = {name: k for k, name in enumerate(ranked)}
    found = []
    for name, series in given.levels():
        grouping = by_level(record.bundle.scorer.schema[name], series, LEVELS)
        parts = [part(word, grouping.number == k, given) for k, word in enumerate(grouping.labels)]
        kept = [each for each in parts if each is not None]
        if len(kept) > 1:
            found.append((name, kept))
    return sorted(found, key=lambda row: place.get(row[0], len(place)))


def part(word: str, among: np.ndarray, given: Given) -> Part | None:
    """Nothing under 20 leads."""
    outcome = given.outcome[among]
    observed, low, high = share(int(outcome.sum()), len(outcome))
    if observed is None or low is None or high is None:
        return None
    predicted = float(given.scores.probability[among].mean())
    enough = LEAST <= outcome.sum() <= len(outcome) - LEAST
    auc = metrics.auc(outcome, given.scores.margin[among]) if enough else None
    return Part(word, len(outcome), predicted, observed, low, high, auc)


def _segment(name: str, parts: Sequence[Part], number: int) -> Figure:
    broken = [each for each in parts if not each.holds]
    if broken:
        worst = max(broken, key=lambda each: abs(each.predicted - each.observed))
        title = (
            f"By {quoted(name)} the promise is off in {len(broken)} of {len(parts)} groups, most for "
            f"{_told(worst)}: "
            f"{percent(worst.predicted)} foretold, {percent(worst.observed)} of {worst.leads:,} bought."
        )
    else:
        title = f"By {quoted(name)} the promise holds in each of {len(parts)} groups."
    return Figure(
        f"segment-{number}", title, charts.shares([asdict(each) for each in parts]), "", table(parts)
    )


def _told(part: Part) -> str:
    return "those without a value" if part.value == MISSING else quoted(part.value)


def table(parts: Sequence[Part], head: str = "value") -> Table:
    return Table.of(
        (head, "leads", "foretold", "bought", "interval", "AUC"),
        [
            (
                each.value,
                f"{each.leads:,}",
                percent(each.predicted),
                percent(each.observed),
                span(each.low, each.high),
                decimal(each.auc),
            )
            for each in parts
        ],
    )


def _over_time(given: Given) -> Figure | None:
    moment = given.moment
    if moment is None or (~np.isnan(moment)).sum() < 2 * LEAST:
        return None
    step, name = course.every(moment[~np.isnan(moment)])
    at = pl.Series(np.nan_to_num(moment)).cast(pl.Int64)
    starts = pl.select(pl.from_epoch(at, time_unit="s").dt.truncate(step).dt.strftime("%Y-%m-%d")).to_series()
    days = np.where(np.isnan(moment), "", starts.to_numpy())
    parts = [part(start, days == start, given) for start in sorted(set(days.tolist()) - {""})]
    kept = [each for each in parts if each is not None]
    if len(kept) < 2:
        return None
    off = sum(not each.holds for each in kept)
    title = (
        f"By {name}, {percent(kept[0].observed)} bought at first ({percent(kept[0].predicted)} foretold) and "
        f"{percent(kept[-1].observed)} at the end ({percent(kept[-1].predicted)}); the promise is off in "
        f"{off} of {len(kept)}."
    )
    rows = [{**asdict(each), "start": each.value} for each in kept]
    return Figure("by-time", title, charts.expected_over_time(rows), "", table(kept, f"{name} from"))
