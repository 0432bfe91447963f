"""Figures of the daily work: what more calls bring, and how sources did over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import INK, MAIN, UP


def conversions(rows: Sequence[Mapping[str, float]], calls: int) -> Any:
    """Conversions to expect after so many calls, and where the line is."""
    import altair as alt

    base = alt.Chart(style.data(rows))
    x = alt.X("calls:Q", title="calls, the best leads first", axis=alt.Axis(format=",.0f", tickCount=6))
    y = alt.Y("low:Q", axis=alt.Axis(format=",.0f", tickCount=5, **style.above("conversions to expect")))
    band = base.mark_area(color=UP, opacity=0.2).encode(x=x, y=y, y2="high:Q")
    line = base.mark_line(color=UP, strokeWidth=2.5).encode(x=x, y="conversions:Q")
    rule = alt.Chart(style.data([{"calls": calls}])).mark_rule(color=INK, strokeWidth=2, strokeDash=[5, 3])
    return style.finished(alt.layer(band, line, rule.encode(x="calls:Q")), 260, width=560)


def rates_over_time(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How often the leads of each source bought, period by period."""
    import altair as alt

    names = list(dict.fromkeys(str(row["value"]) for row in rows))
    label = style.distinct(names)
    records = [{**row, "value": label[str(row["value"])]} for row in rows]
    order = [label[name] for name in names]
    colour = alt.Color(
        "value:N", title=None, sort=order, scale=alt.Scale(domain=order, range=list(style.SEVERAL))
    )
    chart = (
        alt.Chart(style.data(records))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("start:T", title=None, axis=alt.Axis(tickCount=6, format="%b %Y")),
            y=alt.Y("rate:Q", axis=alt.Axis(format="%", tickCount=5, **style.above("bought"))),
            color=colour,
        )
    )
    return style.finished(chart, 290, width=560)


def rates(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How often the leads of each source bought, with its interval."""
    import altair as alt

    name = style.distinct(str(row["value"]) for row in rows)
    records = [{**row, "value": name[str(row["value"])]} for row in rows]
    base = alt.Chart(style.data(records))
    y = style.rows_of("value", list(name.values()))
    bars = base.mark_bar(color=MAIN, opacity=0.35, height={"band": 0.6}).encode(
        y=y, x=style.shares("bought", "rate")
    )
    spans = base.mark_rule(color=INK, strokeWidth=1.5).encode(
        y=y, x=style.shares("bought", "low"), x2="high:Q"
    )
    return style.finished(alt.layer(bars, spans), style.height_of(len(rows), 24) + 40, width=560)


def returns(rows: Sequence[Mapping[str, Any]]) -> Any:
    """What a unit of money brought back in each channel, with its interval; the line is what was spent."""
    import altair as alt

    name = style.distinct(str(row["channel"]) for row in rows)
    records = [{**row, "channel": name[str(row["channel"])]} for row in rows]
    base = alt.Chart(style.data(records))
    y = style.rows_of("channel", list(name.values()))
    x = alt.X("rate:Q", title="back for each 1 spent", axis=alt.Axis(format=",.1f", tickCount=6))
    bars = base.mark_bar(color=MAIN, opacity=0.35, height={"band": 0.6}).encode(y=y, x=x)
    spans = base.mark_rule(color=INK, strokeWidth=1.5).encode(y=y, x="low:Q", x2="high:Q")
    even = alt.Chart(style.data([{"rate": 1.0}])).mark_rule(color=INK, strokeWidth=2, strokeDash=[5, 3])
    layers = alt.layer(bars, spans, even.encode(x="rate:Q"))
    return style.finished(layers, style.height_of(len(rows), 24) + 40, width=560)
