"""How well the model ranks, and whether its probabilities come true."""

from __future__ import annotations

import numpy as np

from leadlight.insight.charts import ranking as charts
from leadlight.insight.page import Block, Figure, Section, Table
from leadlight.insight.report.record import Record
from leadlight.insight.wording import decimal, percent, with_decimals
from leadlight.model.tally import Tally

Points = list[dict[str, float]]


def ranking(record: Record) -> Section:
    """ROC, precision and recall, gains and lift on the test leads."""
    blocks: tuple[Block, ...] = (_roc(record), _precision_recall(record), *_tenths(record))
    return Section("ranking", f"Does it put the right leads first? ({record.test.rows:,} test leads)", blocks)


def steps(tally: Tally) -> tuple[np.ndarray, np.ndarray]:
    """Leads and conversions down to each cell, best first."""
    leads, won = np.array(tally.leads[::-1]), np.array(tally.won[::-1])
    return np.append(0, np.cumsum(leads)), np.append(0, np.cumsum(won))


def _line(record: Record) -> tuple[float, float, float]:
    """At the line: the share of the lost that is called, of the won, and the precision."""
    counts = record.confusion
    lost = max(1, counts.false_positive + counts.true_negative)
    won = max(1, counts.true_positive + counts.false_negative)
    called = max(1, counts.true_positive + counts.false_positive)
    return counts.false_positive / lost, counts.true_positive / won, counts.true_positive / called


def _roc(record: Record) -> Figure:
    leads, won = steps(record.tally)
    lost = leads - won
    points: Points = [
        {"x": float(a) / max(1, lost[-1]), "y": float(b) / max(1, won[-1])}
        for a, b in zip(lost, won, strict=True)
    ]
    alarms, found, _ = _line(record)
    auc = record.test.figures["auc"]
    title = (
        f"ROC: at the line {percent(found)} of the won are called and {percent(alarms)} of the lost; the "
        "area under the "
        f"curve is {with_decimals(auc.value, auc.low, auc.high)}."
    )
    chart = charts.curve(
        points,
        ("lost leads that are called", "won leads that are called"),
        _corners((0, 0), (1, 1)),
        {"x": alarms, "y": found},
    )
    return Figure(
        "roc", title, chart, "Dashed: calling at random.", _curve_table(points, "lost called", "won called")
    )


def _corners(*places: tuple[float, float]) -> Points:
    return [{"x": float(x), "y": float(y)} for x, y in places]


def _curve_table(points: Points, first: str, second: str) -> Table:
    """About twenty points of a curve."""
    kept = points[:: max(1, len(points) // 20)]
    return Table.of((first, second), [(percent(each["x"]), percent(each["y"])) for each in kept], left=0)


def _precision_recall(record: Record) -> Figure:
    leads, won = steps(record.tally)
    points: Points = [
        {"x": float(b) / max(1, won[-1]), "y": float(b) / float(a)}
        for a, b in zip(leads[1:], won[1:], strict=True)
    ]
    _, found, precise = _line(record)
    average = record.test.figures["average_precision"]
    rate = record.test.base_rate or 0.0
    title = (
        f"Precision and recall: at the line {percent(precise)} of the called buy, and {percent(found)} of "
        "the buyers are "
        f"called; average precision {with_decimals(average.value, average.low, average.high)}."
    )
    chart = charts.curve(
        points,
        ("won leads that are called", "called leads that are won"),
        _corners((0, rate), (1, rate)),
        {"x": found, "y": precise},
    )
    note = f"Dashed: calling at random, where {percent(rate)} buy."
    return Figure("precision-recall", title, chart, note, _curve_table(points, "recall", "precision"))


def _tenths(record: Record) -> list[Figure]:
    deciles = record.test.deciles
    if len(deciles) < 2 or deciles[0].lift is None:
        return []
    first, last = deciles[0], deciles[-1]
    points: Points = [
        {"x": 0.0, "y": 0.0},
        *({"x": each.total_share, "y": each.total_gain or 0.0} for each in deciles),
    ]
    half = min(deciles[:-1], key=lambda each: abs(each.total_share - 0.5))
    further = f", the best {percent(half.total_share)} hold {percent(half.total_gain)}"
    table = Table.of(
        ("leads", "down to", "converted", "lift", "share of sales", "so far"),
        [
            (
                f"{each.rows:,}",
                percent(each.total_share),
                percent(each.rate),
                decimal(each.lift, 2),
                percent(each.gain),
                percent(each.total_gain),
            )
            for each in deciles
        ],
        left=0,
    )
    gains = Figure(
        "gains",
        f"The best {percent(first.total_share)} of the leads hold {percent(first.total_gain)} of the sales"
        f"{further if half is not first else ''}.",
        charts.gains(points, record.test.base_rate or 0.0),
        "Dashed: calling at random. Dotted: a model that knows.",
        table,
    )
    rows = [{"part": k, "lift": each.lift} for k, each in enumerate(deciles, start=1)]
    lift = Figure(
        "lift",
        f"The best {percent(first.total_share)} buy {decimal(first.lift, 1)} times as often as the average "
        f"lead ({percent(first.rate)}), the last {percent(last.rows / record.test.rows)} "
        f"{decimal(last.lift, 1 if (last.lift or 1) >= 0.095 else 2)} times ({percent(last.rate)}).",
        charts.lift(rows),
        "",
        table,
    )
    return [gains, lift]


def promise(record: Record) -> Section:
    """Reliability, and the scores of the won and the lost."""
    blocks: list[Block] = []
    if record.test.reliability:
        blocks.append(_reliability(record))
    if record.test.histogram:
        blocks.append(_histogram(record))
    return Section("promise", "Do its probabilities come true?", tuple(blocks))


def _reliability(record: Record) -> Figure:
    rows = record.test.reliability
    held = sum(each.low <= each.predicted <= each.high for each in rows)
    high = rows[-1]
    title = (
        f"Of {high.rows:,} leads with a score of about {100 * high.predicted:.0f}, {percent(high.observed)} "
        f"were won; in {held} of "
        f"{len(rows)} groups the promise lies within the interval of what came true."
    )
    table = Table.of(
        ("score", "leads", "predicted", "converted", "interval"),
        [
            (
                f"{100 * each.start:.0f} to {100 * each.end:.0f}",
                f"{each.rows:,}",
                percent(each.predicted),
                percent(each.observed),
                f"{percent(each.low)} to {percent(each.high)}",
            )
            for each in rows
        ],
    )
    ece = record.test.figures["ece"]
    note = (
        "On the dashed line the promise holds. On average it is off by "
        f"{with_decimals(ece.value, ece.low, ece.high)}."
    )
    return Figure("reliability", title, charts.reliability(rows), note, table)


def _histogram(record: Record) -> Figure:
    rows = record.test.histogram
    middle = min((each.start for each in rows[1:]), key=lambda start: abs(start - 0.5), default=0.0)
    above = [each for each in rows if each.start >= middle]
    won, lost = (
        sum(value or 0.0 for value in side)
        for side in ([e.converted for e in above], [e.others for e in above])
    )
    title = (
        f"{percent(won)} of the won leads have a score of {100 * middle:.0f} or more, and {percent(lost)} of "
        "the lost ones."
        if middle
        else "The test leads lie too close together for more than one group of scores."
    )
    table = Table.of(
        ("score", "leads", "of the won", "of the lost"),
        [
            (
                f"{100 * each.start:.0f} to {100 * each.end:.0f}",
                f"{each.rows:,}",
                percent(each.converted),
                percent(each.others),
            )
            for each in rows
        ],
    )
    return Figure(
        "histogram",
        title,
        charts.histogram(rows),
        "The less the two overlap, the better it tells them apart.",
        table,
    )
