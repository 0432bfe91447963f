"""Figures of how a model was chosen: trials of settings, what mattered in them, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import INK, LOST, MAIN, SOFT, WON


def history(rows: Sequence[Mapping[str, Any]], metric: str) -> Any:
    """Every trial in turn, the best so far, and the default."""
    import altair as alt

    kinds = {"default": INK, "finished": MAIN, "given up early": LOST}
    y = alt.Y("value:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5, **style.above(metric)))
    x = alt.X("number:Q", title="trial", axis=alt.Axis(tickMinStep=1, format="d"))
    base = alt.Chart(style.data(rows)).encode(x=x)
    best = base.mark_line(color=WON, interpolate="step-after", strokeWidth=2).encode(
        y=alt.Y("best:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5, **style.above(metric)))
    )
    colour = alt.Color("kind:N", title=None, scale=alt.Scale(domain=list(kinds), range=list(kinds.values())))
    dots = base.mark_point(filled=True, size=40, opacity=1).encode(y=y, color=colour)
    return style.finished(alt.layer(best, dots), 250)


def setting(rows: Sequence[Mapping[str, Any]], name: str, metric: str, kind: str) -> Any:
    """What the trials reached at each value of one setting."""
    import altair as alt

    y = alt.Y("value:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5, **style.above(metric)))
    if kind == "words":
        x = alt.X("setting:N", title=style.worded(name), axis=alt.Axis(labelAngle=-30))
    else:
        scale = alt.Scale(type="log") if kind == "log" else alt.Scale(zero=False)
        x = alt.X("setting:Q", title=style.worded(name), scale=scale, axis=alt.Axis(tickCount=5, format="~g"))
    chart = alt.Chart(style.data(rows)).mark_point(color=MAIN, filled=True, size=45, opacity=0.75)
    return style.finished(chart.encode(x=x, y=y), 210)


def mattered(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The share of each setting in what made trials differ."""
    import altair as alt

    chart = (
        alt.Chart(style.data(rows))
        .mark_bar(color=MAIN, height={"band": 0.65})
        .encode(
            y=style.rows_of("setting", [style.worded(row["setting"]) for row in rows]),
            x=style.shares("share in what made trials differ", "share", domain=(0, 1)),
        )
    )
    return style.finished(chart, style.height_of(len(rows), 22) + 40)


def columns(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How strong each column was found, and whether it was kept."""
    import altair as alt

    name = style.distinct(row["column"] for row in rows)
    records = [
        {**row, "column": name[row["column"]], "is": "kept" if row["kept"] else "left out"} for row in rows
    ]
    colour = alt.Color("is:N", title=None, scale=alt.Scale(domain=["kept", "left out"], range=[WON, LOST]))
    base = alt.Chart(style.data(records)).encode(
        y=style.rows_of("column", list(name.values())), x=alt.X("strength:Q", title="strength")
    )
    bars = base.mark_bar(height={"band": 0.65}).encode(color=colour)
    text = base.mark_text(align="left", dx=3, fontSize=10, color=SOFT).encode(text="folds:N")
    return style.finished(alt.layer(bars, text), style.height_of(len(rows), 18) + 70)
