"""What all figures share: sizes, colours that keep their meaning, axes.

Won is teal and lost is grey; hot, warm and cold are vermilion, orange and sky blue; what raises a chance is
teal, what lowers it brown. All of them can be told apart by the colour-blind, and in grey.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from leadlight.insight.page.markup import UNSEEN
from leadlight.insight.wording import short

WON: Final = "#00796b"
LOST: Final = "#9aa5b1"
HOT: Final = "#d55e00"
WARM: Final = "#e69f00"
COLD: Final = "#56b4e9"
UP: Final = "#018571"
DOWN: Final = "#a6611a"
INK: Final = "#1f2933"
SOFT: Final = "#52606d"
PALE: Final = "#cbd2d9"
MAIN: Final = "#2f5d8a"
GRADES: Final = (HOT, WARM, COLD)
SEVERAL: Final = ("#2f5d8a", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c6d31")
RISING: Final = ("#f0f4f4", "#b2dfdb", "#4db6ac", "#00796b", "#004d40")
AROUND: Final = ("#8c510a", "#d8b365", "#f5f5f5", "#5ab4ac", "#01665e")

NARROW: Final = 372
WIDE: Final = 760
LABEL: Final = 140
LONGEST: Final = 34

CONFIG: Final[Mapping[str, Any]] = {
    "aria": False,
    "background": "white",
    "font": "Arial, Helvetica, sans-serif",
    "padding": 4,
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": SOFT,
        "gridColor": "#e8edf2",
        "domainColor": PALE,
        "tickColor": PALE,
        "labelLimit": LABEL,
        "titleLimit": 330,
        "labelOverlap": "greedy",
        "titlePadding": 6,
    },
    "axisXQuantitative": {"labelSeparation": 6},
    "legend": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": SOFT,
        "labelColor": INK,
        "orient": "top",
        "offset": 26,
        "labelLimit": 150,
        "symbolStrokeWidth": 2,
    },
    "header": {"labelFontSize": 11, "labelColor": INK, "title": None},
    "view": {"stroke": None},
    "title": {"fontSize": 11, "fontWeight": "normal", "color": SOFT, "anchor": "start"},
    "text": {"fontSize": 11, "color": INK},
    "range": {"category": list(SEVERAL)},
}


def data(records: Iterable[Any]) -> Any:
    """Records in the chart itself; texts are cut to what a picture can show."""
    import altair as alt

    made: Any = alt.Data
    return made(values=[_plain(each if isinstance(each, Mapping) else vars(each)) for each in records])


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: worded(value) if isinstance(value, str) else value for name, value in record.items()}


def worded(text: str) -> str:
    """A name or a value as a picture shows it."""
    return short(UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text), LONGEST)


def distinct(names: Iterable[str]) -> dict[str, str]:
    """Each name as pictures show it, no two alike."""
    taken: dict[str, int] = {}
    found = {}
    for name in names:
        brief = worded(name)
        taken[brief] = taken.get(brief, 0) + 1
        found[name] = brief if taken[brief] == 1 else f"{brief[: LONGEST - 4]} ({taken[brief]})"
    return found


def finished(chart: Any, height: int, *, wide: bool = False, width: int | None = None) -> Any:
    """As wide as a phone, or as a page, labels included."""
    import altair as alt

    return chart.properties(
        width=width or (WIDE if wide else NARROW),
        height=height,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        config=CONFIG,
    )


def joined(chart: Any) -> Any:
    """Panels that bring their own sizes."""
    return chart.properties(config=CONFIG)


def shares(
    title: str | None, field: str, *, domain: Sequence[float] | None = None, axis: str = "x", count: int = 5
) -> Any:
    """An axis of shares, in per cent."""
    import altair as alt

    kind = alt.X if axis == "x" else alt.Y
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale()
    return kind(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(format="%", tickCount=count))


def rows_of(field: str, order: Sequence[str] | None, limit: int = LABEL) -> Any:
    """An axis of names, in the order given."""
    import altair as alt

    axis = alt.Axis(ticks=False, domain=False, labelLimit=limit)
    return alt.Y(f"{field}:N", title=None, sort=list(order) if order else None, axis=axis)


def above(title: str) -> dict[str, Any]:
    """A title of the upright axis that is read without turning the head: it stands above it."""
    return {
        "title": worded(title),
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleBaseline": "bottom",
        "titleY": -5,
        "titleX": 0,
        "titlePadding": 0,
    }


def height_of(rows: int, each: int = 20, least: int = 60) -> int:
    return max(least, each * rows)
