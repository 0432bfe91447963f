"""Figures of what a model has learnt: shapes, pairs, odds ratios, contributions, the boundary."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from leadlight.insight.charts import style
from leadlight.insight.charts.style import AROUND, DOWN, INK, MAIN, PALE, RISING, SOFT, UP

ODDS = "'\N{MULTIPLICATION SIGN}' + format(exp(datum.value), '.3~r')"
LABELLED: Final = 14
LADDERS: Final = (
    (1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4),
    (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0),
    (0.25, 0.33, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0),
    (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5),
    (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3),
    (0.92, 0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06, 1.08),
)


def _odds(title: str, values: Iterable[float], axis: str = "x") -> Any:
    """An axis of log-odds that is read as factors on the odds."""
    import altair as alt

    named = {"title": title} if axis == "x" else style.above(title)
    return alt.Axis(labelExpr=ODDS, values=ticks(values), **named)


def ticks(values: Iterable[float]) -> list[float]:
    """Round factors between the least and the greatest of these log-odds, about five of them."""
    found = [*values, 0.0]
    low, high = min(found), max(found)
    for ladder in LADDERS:
        inside = [math.log(odds) for odds in ladder if low - 1e-9 <= math.log(odds) <= high + 1e-9]
        if len(inside) >= 3:
            return inside
    return [low, 0.0, high]


def _column(rows: Iterable[Mapping[str, Any]], name: str) -> list[float]:
    return [float(row[name]) for row in rows]


def _sides() -> Any:
    import altair as alt

    return alt.Color("side:N", legend=None, scale=alt.Scale(domain=["up", "down"], range=[UP, DOWN]))


def curve(bins: Sequence[Mapping[str, Any]], title: str) -> Any:
    """The points of a number along its values."""
    import altair as alt

    records = [{**each, "side": "up" if each["points"] >= 0 else "down"} for each in bins]
    domain = [bins[0]["start"], bins[-1]["end"]]
    base = alt.Chart(style.data(records)).encode(
        x=alt.X(
            "start:Q",
            title=style.worded(title),
            scale=alt.Scale(domain=domain, nice=False),
            axis=alt.Axis(format="~s", tickCount=6),
        ),
        x2="end:Q",
    )
    fill = base.mark_bar(opacity=0.35).encode(
        y=alt.Y("points:Q", axis=_odds("odds", _column(bins, "points"), "y")), y2=alt.datum(0), color=_sides()
    )
    line = base.mark_rule(strokeWidth=2).encode(y="points:Q", color=_sides())
    zero = alt.Chart(style.data([{"points": 0}])).mark_rule(color=SOFT).encode(y="points:Q")
    return style.finished(alt.layer(fill, zero, line), 230)


def levels(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The points of each level."""
    import altair as alt

    name = style.distinct(row["value"] for row in rows)
    records = [
        {**row, "value": name[row["value"]], "side": "up" if row["points"] >= 0 else "down"} for row in rows
    ]
    chart = (
        alt.Chart(style.data(records))
        .mark_bar(height={"band": 0.7})
        .encode(
            y=style.rows_of("value", list(name.values())),
            x=alt.X("points:Q", axis=_odds("odds", _column(rows, "points"))),
            color=_sides(),
        )
    )
    return style.finished(chart, style.height_of(len(rows), 19) + 40)


def pair(
    cells: Sequence[Mapping[str, Any]], names: tuple[str, str], order: tuple[Sequence[str], Sequence[str]]
) -> Any:
    """What two columns say together beyond what each says alone."""
    import altair as alt

    down, across = (style.distinct(each) for each in order)
    records = [{**cell, "first": down[cell["first"]], "second": across[cell["second"]]} for cell in cells]
    most = max(0.05, *(abs(cell["points"]) for cell in cells))
    colour = alt.Color(
        "points:Q",
        title="odds",
        scale=alt.Scale(domain=[-most, most], range=list(AROUND)),
        legend=alt.Legend(labelExpr=ODDS, gradientLength=200, values=ticks((-most, most))),
    )
    chart = (
        alt.Chart(style.data(records))
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "second:N",
                sort=list(across.values()),
                title=style.worded(names[1]),
                axis=alt.Axis(labelAngle=-45, labelLimit=90, labelOverlap=len(across) > LABELLED),
            ),
            y=alt.Y(
                "first:N", sort=list(down.values()), axis=alt.Axis(labelLimit=110, **style.above(names[0]))
            ),
            color=colour,
        )
    )
    return style.finished(chart, 17 * len(down) + 170)


def odds_ratios(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Odds ratios with their intervals."""
    import altair as alt

    name = style.distinct(row["label"] for row in rows)
    records = [
        {**row, "label": name[row["label"]], "side": "up" if row["points"] >= 0 else "down"} for row in rows
    ]
    base = alt.Chart(style.data(records))
    y = style.rows_of("label", list(name.values()), limit=190)
    spans = base.mark_rule(strokeWidth=2).encode(
        y=y,
        x=alt.X("low:Q", axis=_odds("odds ratio", [*_column(rows, "low"), *_column(rows, "high")])),
        x2="high:Q",
        color=_sides(),
    )
    dots = base.mark_point(filled=True, size=45, opacity=1).encode(y=y, x="points:Q", color=_sides())
    zero = alt.Chart(style.data([{"points": 0}])).mark_rule(color=SOFT).encode(x="points:Q")
    return style.finished(alt.layer(zero, spans, dots), style.height_of(len(rows), 18) + 40)


def importance(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How far each column moves the odds of a lead, on average."""
    import altair as alt

    name = style.distinct(row["column"] for row in rows)
    records = [{**row, "column": name[row["column"]]} for row in rows]
    chart = (
        alt.Chart(style.data(records))
        .mark_bar(color=MAIN, height={"band": 0.7})
        .encode(
            y=style.rows_of("column", list(name.values())),
            x=alt.X("size:Q", axis=_odds("moves the odds of a lead, on average", _column(rows, "size"))),
        )
    )
    return style.finished(chart, style.height_of(len(rows), 19) + 40)


def swarm(dots: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Any:
    """Contributions of groups of leads, coloured by how high the value is."""
    import altair as alt

    name = style.distinct(names)
    records = [{**dot, "column": name[dot["column"]]} for dot in dots]
    base = alt.Chart(style.data(records)).encode(
        x=alt.X("points:Q", axis=_odds("what the column does to the odds", _column(dots, "points"))),
        y=style.rows_of("column", list(name.values())),
        yOffset=alt.YOffset("offset:Q", scale=alt.Scale(domain=[-1, 1])),
    )
    colour = alt.Color(
        "height:Q",
        title="the column’s value (grey: words)",
        scale=alt.Scale(domain=[0, 0.5, 1], range=["#2166ac", "#d9d0a0", "#b2182b"]),
        legend=alt.Legend(gradientLength=120, values=[0, 1], labelExpr="datum.value ? 'high' : 'low'"),
    )
    ordered = (
        base.transform_filter("datum.height >= 0").mark_circle(size=16, opacity=0.9).encode(color=colour)
    )
    plain = base.transform_filter("datum.height < 0").mark_circle(size=16, opacity=0.9, color="#7b8794")
    zero = alt.Chart(style.data([{"points": 0}])).mark_rule(color=SOFT).encode(x="points:Q")
    return style.finished(alt.layer(zero, ordered, plain), 30 * len(name) + 60)


def boundary(
    cells: Sequence[Mapping[str, Any]],
    edges: Sequence[Mapping[str, float]],
    names: tuple[str, str],
    labels: tuple[Sequence[str], Sequence[str]],
) -> Any:
    """The probability over two columns, and the line between those who are called and those who are not."""
    import altair as alt

    colour = alt.Color(
        "probability:Q",
        title="probability",
        scale=alt.Scale(domain=[0, 1], range=list(RISING)),
        legend=alt.Legend(format="%", gradientLength=150, tickCount=5),
    )
    x = alt.X(
        "x:Q",
        title=style.worded(names[0]),
        scale=alt.Scale(domain=[0, len(labels[0])], nice=False),
        axis=_places(labels[0], labelAngle=-45, labelLimit=90),
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, len(labels[1])], nice=False),
        axis=_places(labels[1], labelLimit=100, **style.above(names[1])),
    )
    boxes = (
        alt.Chart(style.data(cells))
        .mark_rect(strokeWidth=0)
        .encode(x=x, x2="right:Q", y=y, y2="top:Q", color=colour)
    )
    lines = (
        alt.Chart(style.data(edges))
        .mark_rule(color=INK, strokeWidth=2.5)
        .encode(x=x, x2="right:Q", y=y, y2="top:Q")
    )
    return style.finished(alt.layer(boxes, lines) if edges else boxes, 340)


def _places(labels: Sequence[str], most: int = 12, **more: Any) -> Any:
    """Words in the middle of steps of an axis, as many as there is room for."""
    import altair as alt

    stride = max(1, -(-len(labels) // most))
    places = [place + 0.5 for place in range(0, len(labels), stride)]
    words = json.dumps([style.worded(label) for label in labels])
    return alt.Axis(
        values=places, labelExpr=f"{words}[floor(datum.value)]", grid=False, labelOverlap=False, **more
    )


def shares(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Expected and seen conversion of groups of leads."""
    import altair as alt

    name = style.distinct(row["value"] for row in rows)
    records = [{**row, "value": name[row["value"]]} for row in rows]
    base = alt.Chart(style.data(records))
    y = style.rows_of("value", list(name.values()))
    spans = base.mark_rule(color=UP, strokeWidth=2).encode(
        y=y, x=style.shares("converted", "low", domain=(0, 1)), x2="high:Q"
    )
    dots = base.mark_point(color=UP, filled=True, size=50, opacity=1).encode(y=y, x="observed:Q")
    ticks = base.mark_tick(color=INK, thickness=2, size=13).encode(y=y, x="predicted:Q")
    return style.finished(alt.layer(spans, dots, ticks), style.height_of(len(rows), 21) + 40)


def expected_over_time(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Expected and seen conversion by period."""
    import altair as alt

    base = alt.Chart(style.data(rows))
    x = alt.X("start:T", title=None, axis=alt.Axis(tickCount=5, format="%b %Y"))
    y = alt.Y(
        "low:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5, **style.above("converted")),
    )
    band = base.mark_area(color=UP, opacity=0.18).encode(x=x, y=y, y2="high:Q")
    seen = base.mark_line(color=UP, point=alt.OverlayMarkDef(color=UP, size=25)).encode(x=x, y="observed:Q")
    foretold = base.mark_line(color=INK, strokeDash=[5, 3]).encode(x=x, y="predicted:Q")
    return style.finished(alt.layer(band, seen, foretold), 240)


def compared(rows: Sequence[Mapping[str, Any]], title: str) -> Any:
    """A few figures side by side."""
    import altair as alt

    order = [style.worded(row["name"]) for row in rows]
    base = alt.Chart(style.data(rows)).encode(
        y=style.rows_of("name", order),
        x=alt.X(
            "value:Q",
            title=title,
            scale=alt.Scale(domain=[0.5, 1.08], clamp=True),
            axis=alt.Axis(values=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        ),
    )
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["honest", "other"], range=[MAIN, PALE]))
    bars = base.mark_bar(height={"band": 0.6}).encode(x2=alt.datum(0.5), color=colour)
    text = base.mark_text(align="left", dx=4).encode(text=alt.Text("value:Q", format=".3f"))
    return style.finished(alt.layer(bars, text), style.height_of(len(rows), 28) + 40)
