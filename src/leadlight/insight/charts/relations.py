"""Figures of columns together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import AROUND, DOWN, INK, MAIN, RISING, SOFT, UP


def with_outcome(rows: Sequence[Any]) -> Any:
    """Each number's correlation with the outcome, with its interval; a ring where ranks say otherwise."""
    import altair as alt

    name = style.distinct(row.column for row in rows)
    records = [
        {**vars(row), "column": name[row.column], "side": "up" if row.pearson >= 0 else "down"}
        for row in rows
    ]
    base = alt.Chart(style.data(records))
    y = style.rows_of("column", list(name.values()))
    edge = max(0.1, *(abs(value) for row in rows for value in (row.low, row.high, row.spearman))) * 1.05
    x = alt.X("pearson:Q", title="correlation with winning", scale=alt.Scale(domain=[-edge, edge]))
    colour = alt.Color("side:N", legend=None, scale=alt.Scale(domain=["up", "down"], range=[UP, DOWN]))
    bars = base.mark_bar(height={"band": 0.55}).encode(y=y, x=x, x2=alt.datum(0), color=colour)
    spans = base.mark_rule(color=INK).encode(y=y, x="low:Q", x2="high:Q")
    rings = base.mark_point(color=INK, size=50, filled=False, opacity=1).encode(y=y, x="spearman:Q")
    return style.finished(alt.layer(bars, spans, rings), style.height_of(len(rows), 22) + 40)


def associations(names: Sequence[str], values: Mapping[tuple[str, str], float]) -> Any:
    """How much each pair of columns goes together, from 0 to 1."""
    import altair as alt

    name = style.distinct(names)
    records = [
        {"first": name[one], "second": name[other], "value": value}
        for (first, second), value in values.items()
        for one, other in ((first, second), (second, first))
    ]
    order = list(name.values())
    chart = (
        alt.Chart(style.data(records))
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "first:N",
                sort=order,
                title=None,
                axis=alt.Axis(labelAngle=-60, labelLimit=110, labelOverlap=False, ticks=False, domain=False),
            ),
            y=alt.Y(
                "second:N",
                sort=order,
                title=None,
                axis=alt.Axis(labelOverlap=False, ticks=False, domain=False),
            ),
            color=alt.Color(
                "value:Q",
                title="goes together",
                scale=alt.Scale(domain=[0, 1], range=list(RISING)),
                legend=alt.Legend(gradientLength=160),
            ),
        )
    )
    return style.finished(chart, 17 * len(names) + 170, wide=True)


def correlations(names: Sequence[str], values: Mapping[tuple[str, str], tuple[float, float]]) -> Any:
    """Numbers with one another: Pearson below the diagonal, Spearman above it."""
    import altair as alt

    place, brief = {name: k for k, name in enumerate(names)}, style.distinct(names)
    records = []
    for (first, second), (straight, ranked) in values.items():
        early, late = sorted((first, second), key=place.__getitem__)
        early, late = brief[early], brief[late]
        records += [{"x": early, "y": late, "value": straight}, {"x": late, "y": early, "value": ranked}]
    order = list(brief.values())
    x = alt.X(
        "x:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelAngle=-60, labelLimit=110, labelOverlap=False, ticks=False, domain=False),
    )
    y = alt.Y("y:N", sort=order, title=None, axis=alt.Axis(labelOverlap=False, ticks=False, domain=False))
    base = alt.Chart(style.data(records)).encode(x=x, y=y)
    colour = alt.Color(
        "value:Q",
        title="correlation",
        scale=alt.Scale(domain=[-1, 1], range=list(AROUND)),
        legend=alt.Legend(gradientLength=160),
    )
    cells = base.mark_rect(stroke="white").encode(color=colour)
    strong = alt.condition("abs(datum.value) > 0.7", alt.value("white"), alt.value(INK))
    figures = base.mark_text(fontSize=10).encode(text=alt.Text("value:Q", format=".2f"), color=strong)
    layers = alt.layer(cells, figures) if len(names) <= 9 else cells
    return style.finished(layers, 26 * len(names) + 150)


def cloud(dots: Sequence[Any], first: str, second: str) -> Any:
    """Two numbers: small groups of leads where they lie, coloured by who converts."""
    import altair as alt

    known = any(dot.rate is not None for dot in dots)
    colour = (
        alt.Color(
            "rate:Q",
            title="converted",
            scale=alt.Scale(domain=[0, 1], range=list(RISING)[1:]),
            legend=alt.Legend(format="%", gradientLength=150, tickCount=5),
        )
        if known
        else alt.value(MAIN)
    )
    chart = (
        alt.Chart(style.data(dots))
        .mark_circle(opacity=0.9, stroke=SOFT, strokeWidth=0.4)
        .encode(
            x=alt.X("x:Q", title=style.worded(first), axis=alt.Axis(format="~s", tickCount=6)),
            y=alt.Y("y:Q", axis=alt.Axis(format="~s", tickCount=6, **style.above(second))),
            size=alt.Size(
                "leads:Q",
                legend=None,
                scale=alt.Scale(type="sqrt", domain=[0, max(dot.leads for dot in dots)], range=[8, 300]),
            ),
            color=colour,
        )
    )
    return style.finished(chart, 300)


def interplay(found: Any) -> Any:
    """Who converts in each combination of two columns."""
    import altair as alt

    across, down = style.distinct(found.columns), style.distinct(found.rows)
    cells = [{**vars(cell), "first": down[cell.first], "second": across[cell.second]} for cell in found.cells]
    base = alt.Chart(style.data(cells)).encode(
        x=alt.X(
            "second:N",
            sort=list(across.values()),
            title=style.worded(found.second),
            axis=alt.Axis(labelAngle=-40, labelOverlap=False, labelLimit=90),
        ),
        y=alt.Y(
            "first:N",
            sort=list(down.values()),
            axis=alt.Axis(labelOverlap=False, labelLimit=110, **style.above(found.first)),
        ),
    )
    boxes = base.mark_rect(stroke="white").encode(
        color=alt.Color("rate:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=list(RISING)))
    )
    figures = base.mark_text(fontSize=10).encode(
        text=alt.Text("rate:Q", format=".0%"),
        color=alt.condition("datum.rate > 0.55", alt.value("white"), alt.value(INK)),
    )
    return style.finished(alt.layer(boxes, figures), 28 * len(found.rows) + 130)


def patterns(names: Sequence[str], found: Sequence[Any]) -> Any:
    """Which columns are missing together, how often, and who converts then."""
    import altair as alt

    labels = [
        f"{pattern.share:.0%}" if pattern.share >= 0.095 else f"{pattern.share:.1%}" for pattern in found
    ]
    brief = style.distinct(names)
    records = [
        {"row": k, "column": brief[name], "state": "missing" if name in pattern.missing else "given"}
        for k, pattern in enumerate(found)
        for name in names
    ]
    figures = [
        {
            "row": k,
            "text": f"{label}{'' if pattern.rate is None else f' ({pattern.rate:.0%} won)'}",
            "at": "share of the leads",
        }
        for k, (pattern, label) in enumerate(zip(found, labels, strict=True))
    ]
    y = alt.Y("row:O", axis=None)
    cells = (
        alt.Chart(style.data(records))
        .mark_rect(stroke="white", strokeWidth=2)
        .encode(
            x=alt.X(
                "column:N",
                sort=list(brief.values()),
                title=None,
                axis=alt.Axis(labelAngle=-60, labelLimit=110, labelOverlap=False, ticks=False, domain=False),
            ),
            y=y,
            color=alt.Color(
                "state:N", title=None, scale=alt.Scale(domain=["missing", "given"], range=[MAIN, "#e8edf2"])
            ),
        )
        .properties(width=18 * len(names), height=18 * len(found))
    )
    text = (
        alt.Chart(style.data(figures))
        .mark_text(align="left", x=0)
        .encode(y=y, text="text:N")
        .properties(width=95, height=18 * len(found))
    )
    return style.joined(alt.hconcat(cells, text, spacing=6))


def repeats(sizes: Sequence[tuple[str, int]]) -> Any:
    """How many leads are the same as others."""
    import altair as alt

    rows = [{"size": size, "leads": leads} for size, leads in sizes]
    most = 1.18 * max(leads for _, leads in sizes)
    base = alt.Chart(style.data(rows)).encode(
        y=style.rows_of("size", [size for size, _ in sizes]),
        x=alt.X(
            "leads:Q",
            title="leads",
            axis=alt.Axis(format="~s", tickCount=5),
            scale=alt.Scale(domain=[0, most]),
        ),
    )
    bars = base.mark_bar(color=MAIN, height={"band": 0.65})
    text = base.mark_text(align="left", dx=4).encode(text=alt.Text("leads:Q", format=","))
    return style.finished(alt.layer(bars, text), style.height_of(len(rows), 24) + 40)
