"""Figures of single columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import INK, LOST, MAIN, PALE, SOFT, WON

PANEL = 118


def groups(records: Sequence[Any], rate: float | None) -> Any:
    """Each value: its share of the leads, and who converts."""
    import altair as alt

    name = style.distinct(record.label for record in records)
    rows = [{**vars(record), "label": name[record.label]} for record in records]
    base, order = alt.Chart(style.data(rows)), list(name.values())
    bars = base.mark_bar(color=PALE, height={"band": 0.7}).encode(
        y=style.rows_of("label", order), x=style.shares("share of the leads", "share", count=3)
    )
    size = {"width": PANEL, "height": style.height_of(len(rows))}
    if not any(record.rate is not None for record in records):
        return style.joined(bars.properties(width=2 * PANEL, height=size["height"]))
    return style.joined(alt.hconcat(bars.properties(**size), _rates(base, order, rate, size), spacing=8))


def _rates(base: Any, order: Sequence[str], rate: float | None, size: dict[str, int]) -> Any:
    import altair as alt

    y = alt.Y("label:N", sort=list(order), axis=None)
    span = base.mark_rule(color=WON, strokeWidth=2).encode(
        y=y, x=style.shares("converted", "low", domain=(0, 1), count=3), x2="high:Q"
    )
    dots = base.mark_point(color=WON, filled=True, size=45, opacity=1).encode(y=y, x="rate:Q")
    layers = [span, dots]
    if rate is not None:
        line = alt.Chart(style.data([{"rate": rate}]))
        layers.insert(0, line.mark_rule(color=SOFT, strokeDash=[4, 3]).encode(x="rate:Q"))
    return alt.layer(*layers).properties(**size)


def spread(bars: Sequence[Any], records: Sequence[Any], rate: float | None) -> Any:
    """A number: how it is spread, and who converts along it."""
    import altair as alt

    width = 2 * PANEL + 60
    domain = [bars[0].start, bars[-1].end]
    x = alt.Scale(domain=domain, nice=False, clamp=True)
    above = (
        alt.Chart(style.data(bars))
        .mark_bar(color=PALE, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("start:Q", scale=x, axis=None),
            x2="end:Q",
            y=alt.Y("leads:Q", title="leads", axis=alt.Axis(tickCount=3, format="~s")),
            y2=alt.datum(0),
        )
        .properties(width=width, height=70)
    )
    if not any(record.rate is not None for record in records):
        return style.joined(above.encode(x=alt.X("start:Q", scale=x, title=None)).properties(height=140))
    below = _along(records, rate, x).properties(width=width, height=110)
    return style.joined(alt.vconcat(above, below, spacing=4))


def _along(records: Sequence[Any], rate: float | None, scale: Any) -> Any:
    import altair as alt

    known = [vars(record) for record in records if record.rate is not None and record.place == record.place]
    base = alt.Chart(style.data(known))
    x = alt.X("place:Q", scale=scale, title=None, axis=alt.Axis(tickCount=5, format="~s"))
    band = base.mark_area(color=WON, opacity=0.18).encode(
        x=x, y=style.shares("converted", "low", domain=(0, 1), axis="y"), y2="high:Q"
    )
    line = base.mark_line(color=WON, point=alt.OverlayMarkDef(color=WON, size=30)).encode(x=x, y="rate:Q")
    layers = [band, line]
    if rate is not None:
        level = alt.Chart(style.data([{"rate": rate}]))
        layers.insert(0, level.mark_rule(color=SOFT, strokeDash=[4, 3]).encode(y="rate:Q"))
    return alt.layer(*layers)


def over_time(periods: Sequence[Any], rate: float | None) -> Any:
    """Leads and conversion by period."""
    import altair as alt

    width = 2 * PANEL + 60
    base = alt.Chart(style.data(periods))
    x = alt.X("start:T", title=None, axis=alt.Axis(tickCount=5, format="%b %Y", labelFlush=True))
    above = (
        base.mark_bar(color=PALE)
        .encode(
            x=alt.X("start:T", axis=None),
            y=alt.Y("leads:Q", title="leads", axis=alt.Axis(tickCount=3, format="~s")),
        )
        .properties(width=width, height=70)
    )
    known = alt.Chart(style.data([period for period in periods if period.rate is not None]))
    if not any(period.rate is not None for period in periods):
        return style.joined(above.encode(x=x).properties(height=140))
    band = known.mark_area(color=WON, opacity=0.18).encode(
        x=x, y=style.shares("converted", "low", domain=(0, 1), axis="y"), y2="high:Q"
    )
    line = known.mark_line(color=WON, point=alt.OverlayMarkDef(color=WON, size=25)).encode(x=x, y="rate:Q")
    below = alt.layer(band, line).properties(width=width, height=110)
    return style.joined(alt.vconcat(above, below, spacing=4).resolve_scale(x="shared"))


def strengths(rows: Sequence[tuple[str, float, float, float, bool]]) -> Any:
    """How well each column alone tells won from lost."""
    import altair as alt

    named = style.distinct(name for name, *_ in rows)
    records = [
        {
            "column": named[name],
            "auc": auc,
            "low": max(low, 0.5),
            "high": high,
            "used": "learnt from" if used else "left out",
        }
        for name, auc, low, high, used in rows
    ]
    base = alt.Chart(style.data(records))
    y = style.rows_of("column", list(named.values()))
    colour = alt.Color(
        "used:N", title=None, scale=alt.Scale(domain=["learnt from", "left out"], range=[MAIN, LOST])
    )
    x = alt.X("auc:Q", title="AUC of the column alone (0.5: tells nothing)", scale=alt.Scale(domain=[0.5, 1]))
    bars = base.mark_bar(height={"band": 0.6}).encode(y=y, x=x, x2=alt.datum(0.5), color=colour)
    spans = base.mark_rule(color=INK).encode(y=y, x="low:Q", x2="high:Q")
    return style.finished(alt.layer(bars, spans), style.height_of(len(rows), 17) + 60)


def missing(rows: Sequence[Any]) -> Any:
    """The share of the leads that have no value, by column."""
    import altair as alt

    name = style.distinct(row.column for row in rows)
    order = list(name.values())
    chart = (
        alt.Chart(style.data({**vars(row), "column": name[row.column]} for row in rows))
        .mark_bar(color=MAIN, height={"band": 0.65})
        .encode(
            y=style.rows_of("column", order), x=style.shares("share of the leads without a value", "share")
        )
    )
    return style.finished(chart, style.height_of(len(rows), 17) + 40)
