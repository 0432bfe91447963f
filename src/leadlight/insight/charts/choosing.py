"""Figures of how a model was chosen: trials of settings, what mattered in them, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from leadlight.insight.charts import style
from leadlight.insight.charts.style import INK, LOST, MAIN, SOFT, WON

SQUEEZED: Final = 10.0
"""The strongest column leaves the typical one less than a tenth of the width: the axis is bent."""
LONG_NAMES: Final = 18
"""Room beside names of settings: a browser's letters can be wider than those that they were measured in."""
STEPS: Final = (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)


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
        scale = alt.Scale(type="log" if kind == "log" else "linear", zero=False, padding=8)
        x = alt.X("setting:Q", title=style.worded(name), scale=scale, axis=alt.Axis(tickCount=5, format="~r"))
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
    chart = style.finished(chart, style.height_of(len(rows), 22) + 40)
    return chart.properties(padding={"left": LONG_NAMES, "right": 5, "top": 5, "bottom": 5})


def columns(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How strong each column was found, and whether it was kept."""
    import altair as alt

    name = style.distinct(row["column"] for row in rows)
    records = [
        {**row, "column": name[row["column"]], "is": "kept" if row["kept"] else "left out"} for row in rows
    ]
    colour = alt.Color("is:N", title=None, scale=alt.Scale(domain=["kept", "left out"], range=[WON, LOST]))
    base = alt.Chart(style.data(records)).encode(
        y=style.rows_of("column", list(name.values())), x=_strength([row["strength"] for row in rows])
    )
    bars = base.mark_bar(height={"band": 0.65}).encode(color=colour)
    text = base.mark_text(align="left", dx=3, fontSize=10, color=SOFT).encode(text="folds:N")
    line = alt.Chart(style.data([{"chance": 1.0}])).mark_rule(color=SOFT, strokeDash=[3, 3])
    line = line.encode(x=alt.X("chance:Q", title="strength"))
    return style.finished(alt.layer(line, bars, text), style.height_of(len(rows), 18) + 70)


def _strength(values: Sequence[float]) -> Any:
    """An axis that is even up to one, and by powers from there on where one column would squeeze the rest."""
    import altair as alt

    greatest = max(values, default=0.0)
    if greatest <= SQUEEZED * max(1.0, median(values)):
        return alt.X("strength:Q", title="strength")
    ticks = [step for step in STEPS if step <= greatest]
    axis = alt.Axis(values=ticks, format="~r")
    return alt.X("strength:Q", title="strength", scale=alt.Scale(type="symlog"), axis=axis)
