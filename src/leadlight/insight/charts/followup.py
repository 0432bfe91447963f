"""Figures of the follow-up: who buys by how soon they are contacted, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import style
from leadlight.insight.charts.style import INK, MAIN, UP

NAMES = {"quick": "contacted quickly", "slower": "later or never"}


def bands(rows: Sequence[Mapping[str, Any]]) -> Any:
    """How often leads buy in each band, as if each had had all the leads."""
    import altair as alt

    base = alt.Chart(style.data(rows))
    y = style.rows_of("band", [str(row["band"]) for row in rows])
    bars = base.mark_bar(color=MAIN, opacity=0.35, height={"band": 0.6}).encode(
        y=y, x=style.shares("bought, with equal scores", "rate")
    )
    spans = base.mark_rule(color=INK, strokeWidth=1.5).encode(
        y=y, x=style.shares("bought, with equal scores", "low"), x2="high:Q"
    )
    return style.finished(alt.layer(bars, spans), style.height_of(len(rows), 30) + 40, width=560)


def bought(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The share that has bought day by day, with its band."""
    import altair as alt

    records = [{**row, "side": NAMES[str(row["side"])]} for row in rows]
    colour = alt.Color(
        "side:N",
        title=None,
        sort=list(NAMES.values()),
        scale=alt.Scale(domain=list(NAMES.values()), range=[UP, MAIN]),
    )
    base = alt.Chart(style.data(records))
    x = alt.X("day:Q", title="days", axis=alt.Axis(format=",.0f", tickCount=6))
    y = alt.Y("low:Q", axis=alt.Axis(format="%", tickCount=5, **style.above("have bought")))
    band = base.mark_area(opacity=0.2).encode(x=x, y=y, y2="high:Q", color=colour)
    line = base.mark_line(strokeWidth=2.5, interpolate="step-after").encode(x=x, y="share:Q", color=colour)
    return style.finished(alt.layer(band, line), 260, width=560)
