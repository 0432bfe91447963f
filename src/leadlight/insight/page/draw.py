"""Charts as SVG and PNG by vl-convert: in this process, from the chart alone, without any request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from leadlight.errors import DependencyError
from leadlight.insight.page.blocks import Figure, ReportPage
from leadlight.insight.page.markup import html

LETTERS: Final = {False: 58, True: 110}
SHARPNESS: Final = 2.0
LINE: Final = 17
GAP: Final = 12
_TAG: Final = re.compile(r"<[^<>]+>")
_LONG: Final = re.compile(r"(\.\d\d)\d+")
_MUTE: Final = re.compile(
    r' (?:class|role|aria-roledescription|aria-hidden|aria-label|pointer-events)="[^"]*"'
)
_NAMED: Final = re.compile(r' id="([^"]*)"')
_USED: Final = re.compile(r'( id="|url\(#|href="#)([^")]*)')


@dataclass(frozen=True)
class Picture:
    """One figure as files."""

    name: str
    svg: bytes
    png: bytes


def written(page: ReportPage) -> str:
    """The page as one HTML file."""
    check()
    return html(page, inline)


def check() -> None:
    """Charts need two libraries that scoring does not."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError:
        raise DependencyError(
            "Reports need Altair and vl-convert, which are not installed.",
            code="no_charts",
            hint="Install them: pip install 'leadlight[report]'",
        ) from None


def pictures(page: ReportPage) -> Iterator[Picture]:
    """Every figure of the page with its title, as SVG and PNG."""
    import vl_convert

    check()
    for figure in page.figures:
        svg = _renamed(vl_convert.vegalite_to_svg(_titled(figure)), figure.name)
        yield Picture(figure.name, svg.encode(), vl_convert.svg_to_png(svg, scale=SHARPNESS))


def inline(figure: Figure) -> str:
    """The chart as SVG to stand in a page: small, named by its title, no identifier shared with another."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg(figure.chart.to_dict(validate=False))
    small = _TAG.sub(lambda tag: _MUTE.sub("", _LONG.sub(r"\1", tag.group())), _renamed(svg, figure.name))
    return small.replace("<svg ", f'<svg role="img" aria-labelledby="title-{figure.name}" ', 1)


def _renamed(svg: str, name: str) -> str:
    """Identifiers that are numbered within the figure: Vega counts on from one chart to the next."""
    given = [found for tag in _TAG.findall(svg) for found in _NAMED.findall(tag)]
    number = {old: f"{name}-{k}" for k, old in enumerate(dict.fromkeys(given))}
    return _TAG.sub(lambda tag: _USED.sub(lambda use: use[1] + number.get(use[2], use[2]), tag.group()), svg)


def _titled(figure: Figure) -> dict[str, Any]:
    """A file has to say by itself what it shows."""
    plain: dict[str, Any] = figure.chart.to_dict(validate=False)
    lines = wrap(figure.title, LETTERS[figure.wide])
    room = LINE * len(lines) + GAP
    taller = {"height": plain["height"] + room} if isinstance(plain.get("height"), int) else {}
    title = {"text": lines, "anchor": "start", "fontSize": 13, "offset": GAP, "color": "#1f2933"}
    return {**plain, **taller, "title": {**title, "lineHeight": LINE}}
