"""Figures of how well a model ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import INK, LOST, MAIN, PALE, SOFT, WON


def candidates(rows: Sequence[Mapping[str, Any]], chosen: str) -> Any:
    """The AUC of each candidate with its interval."""
    import altair as alt

    records = [{**row, "is": "chosen" if row["name"] == chosen else "not chosen"} for row in rows]
    low = min(row["auc_low"] for row in rows)
    base = alt.Chart(style.data(records))
    y = style.rows_of("name", [style.worded(row["name"]) for row in rows])
    colour = alt.Color(
        "is:N",
        title=None,
        scale=alt.Scale(domain=["chosen", "not chosen"], range=[WON, LOST]),
        legend=alt.Undefined if len(rows) > 1 else None,
    )
    x = alt.X(
        "auc_low:Q",
        title="AUC, out of fold",
        scale=alt.Scale(domain=[max(0.0, low - 0.01), _top(rows)]),
        axis=alt.Axis(tickCount=4),
    )
    spans = base.mark_rule(strokeWidth=2).encode(y=y, x=x, x2="auc_high:Q", color=colour)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x="auc:Q", color=colour)
    text = base.mark_text(dy=-9, fontSize=10, color=SOFT).encode(
        y=y, x="auc:Q", text=alt.Text("auc:Q", format=".3f")
    )
    return style.finished(alt.layer(spans, dots, text), style.height_of(len(rows), 38) + 60)


def _top(rows: Sequence[Mapping[str, Any]]) -> float:
    return min(1.0, max(float(row["auc_high"]) for row in rows) + 0.01)


def seconds(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How long each candidate took to learn a fold."""
    import altair as alt

    most = 1.2 * max(row["seconds"] for row in rows)
    base = alt.Chart(style.data(rows)).encode(
        y=style.rows_of("name", [style.worded(row["name"]) for row in rows]),
        x=alt.X("seconds:Q", title="seconds to learn one fold", scale=alt.Scale(domain=[0, most])),
    )
    bars = base.mark_bar(color=PALE, height={"band": 0.6})
    text = base.mark_text(align="left", dx=4).encode(text=alt.Text("seconds:Q", format=".2~r"))
    return style.finished(alt.layer(bars, text), style.height_of(len(rows), 26) + 40)


def curve(
    points: Sequence[Mapping[str, float]],
    titles: tuple[str, str],
    chance: Sequence[Mapping[str, float]],
    mark: Mapping[str, float] | None = None,
) -> Any:
    """A curve from shares to shares, the line that chance draws, and the point where the line stands."""
    import altair as alt

    x = style.shares(titles[0], "x", domain=(0, 1))
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5, **style.above(titles[1])),
    )
    line = alt.Chart(style.data(points)).mark_line(color=MAIN, strokeWidth=2).encode(x=x, y=y)
    even = (
        alt.Chart(style.data(chance))
        .mark_line(color=SOFT, strokeDash=[4, 3], strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    layers = [even, line]
    if mark is not None:
        spot = alt.Chart(style.data([{**mark, "text": "the line"}]))
        layers.append(spot.mark_point(color=INK, filled=True, size=70, opacity=1).encode(x="x:Q", y="y:Q"))
        layers.append(_named_spot(spot, mark))
    return style.finished(alt.layer(*layers), 300)


def _named_spot(spot: Any, mark: Mapping[str, float]) -> Any:
    left = mark["x"] > 0.6
    text = spot.mark_text(align="right" if left else "left", dx=-8 if left else 8, dy=12)
    return text.encode(x="x:Q", y="y:Q", text="text:N")


def gains(points: Sequence[Mapping[str, float]], rate: float) -> Any:
    """What share of the sales the best leads hold; dotted, what could be had at most."""
    import altair as alt

    best = [{"x": 0.0, "y": 0.0}, {"x": rate, "y": 1.0}, {"x": 1.0, "y": 1.0}]
    top = (
        alt.Chart(style.data(best))
        .mark_line(color=LOST, strokeDash=[1, 3], strokeWidth=1.5)
        .encode(x="x:Q", y="y:Q")
    )
    chance = [{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}]
    x = style.shares("leads called, best first", "x", domain=(0, 1))
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5, **style.above("share of all sales")),
    )
    even = (
        alt.Chart(style.data(chance))
        .mark_line(color=SOFT, strokeDash=[4, 3], strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    line = (
        alt.Chart(style.data(points))
        .mark_line(color=MAIN, strokeWidth=2, point=alt.OverlayMarkDef(color=MAIN, size=30))
        .encode(x=x, y=y)
    )
    return style.finished(alt.layer(top, even, line), 300)


def lift(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How many times as often as the average each part of the leads converts."""
    import altair as alt

    base = alt.Chart(style.data(rows)).encode(
        x=alt.X("part:O", title="parts of the leads, best first", axis=alt.Axis(labelAngle=0))
    )
    bars = base.mark_bar(color=MAIN).encode(
        y=alt.Y(
            "lift:Q",
            scale=alt.Scale(domain=[0, 1.12 * max(row["lift"] for row in rows)]),
            axis=alt.Axis(tickCount=5, **style.above("times the average")),
        )
    )
    text = base.mark_text(dy=-7, fontSize=10).encode(y="lift:Q", text=alt.Text("lift:Q", format=".1f"))
    even = alt.Chart(style.data([{"lift": 1.0}])).mark_rule(color=SOFT, strokeDash=[4, 3]).encode(y="lift:Q")
    return style.finished(alt.layer(bars, text, even), 260)


def reliability(rows: Sequence[Any]) -> Any:
    """What was foretold and what came true."""
    import altair as alt

    base = alt.Chart(style.data(rows))
    even = alt.Chart(style.data([{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}]))
    x = style.shares("predicted", "predicted", domain=(0, 1))
    y = alt.Y(
        "low:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5, **style.above("converted")),
    )
    line = even.mark_line(color=SOFT, strokeDash=[4, 3], strokeWidth=1).encode(x="x:Q", y="y:Q")
    spans = base.mark_rule(color=WON, strokeWidth=2).encode(x=x, y=y, y2="high:Q")
    dots = base.mark_circle(color=WON, opacity=1).encode(
        x=x,
        y="observed:Q",
        size=alt.Size("rows:Q", legend=None, scale=alt.Scale(range=[25, 200], zero=False)),
    )
    return style.finished(alt.layer(line, spans, dots), 300)


def histogram(rows: Sequence[Any]) -> Any:
    """The scores of those who were won and those who were lost."""
    import altair as alt

    records = [
        {
            "start": 100 * row.start,
            "end": 100 * row.end,
            "share": value / (row.end - row.start) / 20,
            "who": who,
        }
        for row in rows
        for who, value in (("won", row.converted), ("lost", row.others))
        if value is not None
    ]
    colour = alt.Color("who:N", title=None, scale=alt.Scale(domain=["won", "lost"], range=[WON, LOST]))
    chart = (
        alt.Chart(style.data(records))
        .mark_bar(opacity=0.65)
        .encode(
            x=alt.X("start:Q", title="score", scale=alt.Scale(domain=[0, 100])),
            x2="end:Q",
            y=alt.Y(
                "share:Q",
                stack=None,
                axis=alt.Axis(format="%", tickCount=4, **style.above("share per 5 points")),
            ),
            y2=alt.datum(0),
            color=colour,
        )
    )
    return style.finished(chart, 240)
