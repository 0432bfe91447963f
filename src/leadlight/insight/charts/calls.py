"""Figures of grades, the line and what calling would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import GRADES, INK, LOST, MAIN, SOFT, WON

MEASURES = {"precision": "#00796b", "recall": "#2f5d8a", "F1": "#cc79a7"}


def grades(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Any:
    """Each grade's share of the leads and of the sales, and how often it converts."""
    import altair as alt

    order = [style.worded(name) for name in names]
    kinds = ["of the leads", "of the sales", "converted"]
    base = alt.Chart(style.data(rows)).encode(
        y=alt.Y("kind:N", sort=kinds, title=None, axis=alt.Axis(ticks=False, domain=False)),
        yOffset=alt.YOffset("name:N", sort=order),
        x=style.shares(None, "value", domain=(0, 1.12)),
    )
    colour = alt.Color("name:N", title=None, sort=order, scale=alt.Scale(domain=order, range=list(GRADES)))
    bars = base.mark_bar().encode(color=colour)
    text = base.mark_text(align="left", dx=3, fontSize=10).encode(text=alt.Text("value:Q", format=".0%"))
    return style.finished(alt.layer(bars, text), 240)


def confusion(rows: Sequence[Mapping[str, Any]]) -> Any:
    """What was called and what came true."""
    import altair as alt

    base = alt.Chart(style.data(rows)).encode(
        x=alt.X(
            "called:N",
            sort=["called", "not called"],
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False),
        ),
        y=alt.Y("ended:N", sort=["won", "lost"], title=None, axis=alt.Axis(ticks=False, domain=False)),
    )
    colour = alt.Color(
        "kind:N", legend=None, scale=alt.Scale(domain=["right", "wrong"], range=["#b2dfdb", "#f3d9c4"])
    )
    cells = base.mark_rect(stroke="white", strokeWidth=3).encode(color=colour)
    counts = base.mark_text(fontSize=18, dy=-6).encode(text=alt.Text("leads:Q", format=","))
    words = base.mark_text(fontSize=11, dy=14, color=SOFT).encode(text="words:N")
    return style.finished(alt.layer(cells, counts, words), 210)


def thresholds(rows: Sequence[Any], line: float, meeting: float | None) -> Any:
    """Precision, recall and F1 at each line, and where they meet."""
    import altair as alt

    records = [
        {"threshold": row.threshold, "value": value, "measure": name}
        for row in rows
        for name, value in (("precision", row.precision), ("recall", row.recall), ("F1", row.f1))
        if value is not None
    ]
    colour = alt.Color(
        "measure:N", title=None, scale=alt.Scale(domain=list(MEASURES), range=list(MEASURES.values()))
    )
    x = style.shares("called from this probability on", "threshold", domain=(0, 1))
    y = alt.Y("value:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5, title=None))
    lines = (
        alt.Chart(style.data(records))
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=18))
        .encode(x=x, y=y, color=colour)
    )
    marks: list[dict[str, Any]] = [{"threshold": line, "text": "the line", "height": 0.06}]
    if meeting is not None and abs(meeting - line) > 0.02:
        marks.append({"threshold": meeting, "text": "they meet", "height": 0.0})
    base = alt.Chart(style.data(marks)).encode(x="threshold:Q")
    rules = base.mark_rule(color=INK, strokeDash=[4, 3])
    leftmost = min(marks, key=lambda mark: mark["threshold"])
    words = [_beside(mark, len(marks) > 1 and mark is leftmost) for mark in marks]
    return style.finished(alt.layer(rules, lines, *words), 300)


def _beside(mark: Mapping[str, Any], left: bool) -> Any:
    """The name of a line, on the side where no other line stands, if there is room."""
    import altair as alt

    away = left and mark["threshold"] > 0.2
    return (
        alt.Chart(style.data([mark]))
        .mark_text(align="right" if away else "left", dx=-4 if away else 4, dy=-7)
        .encode(x="threshold:Q", y="height:Q", text="text:N")
    )


def outcomes(rows: Sequence[Mapping[str, Any]]) -> Any:
    """At each line: right calls, calls in vain, missed sales, rightly left alone."""
    import altair as alt

    kinds = ["called, won", "called, lost", "missed, won", "left, lost"]
    colour = alt.Color(
        "kind:N",
        title=None,
        sort=kinds,
        scale=alt.Scale(domain=kinds, range=[WON, "#d8b365", "#2f5d8a", "#dfe5ea"]),
        legend=alt.Legend(columns=2),
    )
    chart = (
        alt.Chart(style.data(rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "threshold:O",
                sort=None,
                title=None,
                axis=alt.Axis(**style.above("called from"), labelOverlap=False),
            ),
            x=alt.X("leads:Q", title="leads", stack="zero", axis=alt.Axis(format="~s", tickCount=5)),
            color=colour,
            order=alt.Order("place:Q"),
        )
    )
    return style.finished(chart, 19 * len({row["threshold"] for row in rows}) + 110)


def measured(
    rows: Sequence[Mapping[str, Any]], order: Sequence[str], parts: Mapping[str, str], title: str
) -> Any:
    """Several figures, each with its interval, for several parts or models."""
    import altair as alt

    low = min(row["low"] if row["low"] is not None else row["value"] for row in rows)
    base = alt.Chart(style.data(rows)).encode(
        y=alt.Y("figure:N", sort=list(order), title=None, axis=alt.Axis(ticks=False, domain=False)),
        yOffset=alt.YOffset("part:N", sort=list(parts)),
        color=alt.Color(
            "part:N",
            title=None,
            sort=list(parts),
            scale=alt.Scale(domain=list(parts), range=list(parts.values())),
        ),
    )
    x = alt.X(
        "low:Q",
        title=title,
        scale=alt.Scale(domain=[max(0.0, round(low - 0.06, 1)), 1]),
        axis=alt.Axis(tickCount=6),
    )
    spans = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    dots = base.mark_point(filled=True, size=45, opacity=1).encode(x="value:Q")
    return style.finished(alt.layer(spans, dots), 46 * len(order) + 50)


PARTS = {"train": LOST, "validation": MAIN, "test": WON}
