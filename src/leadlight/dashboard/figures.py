"""Charts of the reports on a page: drawn here by vl-convert, coloured by the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from markupsafe import Markup

from leadlight.insight.page import Figure, Table
from leadlight.insight.page.draw import inline

KEPT: Final = 256


@dataclass(frozen=True)
class DrawnFigure:
    """A figure as a template shows it."""

    name: str
    title: str
    svg: Markup
    note: str
    numbers: Table | None


def drawn(figure: Figure) -> DrawnFigure:
    """A chart as it stands in a report; its markup is ours, its words were escaped by the drawing."""
    plain: Any = figure.chart.to_json(validate=False)
    svg = _svg(figure.name, figure.title, plain)
    return DrawnFigure(figure.name, figure.title, Markup(svg), figure.note, figure.numbers)  # noqa: S704


@dataclass(frozen=True)
class _Chart:
    """A chart that is plain text already."""

    plain: str

    def to_dict(self, **_: Any) -> Any:
        import json

        return json.loads(self.plain)


@lru_cache(KEPT)
def _svg(name: str, title: str, plain: str) -> str:
    return inline(Figure(name, title, _Chart(plain)))
