"""A page as HTML that needs nothing but itself: no script, no request, every text escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Final

from leadlight.insight.page.blocks import Block, Card, Cards, Figure, ReportPage, Section, Table, Words
from leadlight.insight.page.sheet import SHEET

Draw = Callable[[Figure], str]

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
PERCENT: Final = re.compile(r"(?<=\d) %")


def text(words: str) -> str:
    """Words as they are to be read, whatever they hold: nothing in them is markup."""
    plain = UNSEEN.sub("\N{REPLACEMENT CHARACTER}", words)
    return escape(PERCENT.sub("\N{NO-BREAK SPACE}%", plain))


def html(page: ReportPage, draw: Draw) -> str:
    """The whole file."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">',
            f"<title>{text(page.title)}</title>",
            f"<style>{SHEET}</style></head><body>",
            f"<header><h1>{text(page.title)}</h1>",
            *(f"<p>{text(each)}</p>" for each in page.summary),
            _contents(page),
            "</header><main>",
            *(_section(section, draw) for section in page.sections),
            "</main><footer>Made by Leadlight. Nothing on this page was seen in fewer than 20 leads, "
            "and nothing in it leaves this file.</footer></body></html>",
            "",
        ]
    )


def _contents(page: ReportPage) -> str:
    links = (f'<li><a href="#{text(each.name)}">{text(each.title)}</a></li>' for each in page.sections)
    return f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>'


def _section(section: Section, draw: Draw) -> str:
    inside = "\n".join(_blocks(section.blocks, draw))
    return f'<section id="{text(section.name)}"><h2>{text(section.title)}</h2>\n{inside}</section>'


def _blocks(blocks: Iterable[Block], draw: Draw) -> Iterator[str]:
    """Figures that follow one another share a grid."""
    for is_figure, group in groupby(blocks, lambda block: isinstance(block, Figure)):
        made = "\n".join(_block(block, draw) for block in group)
        yield f'<div class="figures">\n{made}\n</div>' if is_figure else made


def _block(block: Block, draw: Draw) -> str:
    if isinstance(block, Figure):
        return _figure(block, draw)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Cards):
        return f'<ul class="cards">{"".join(map(_card, block.cards))}</ul>'
    return _words(block)


def _words(words: Words) -> str:
    return f"<p>{text(words.text)}</p>"


def _figure(figure: Figure, draw: Draw) -> str:
    note = f'<p class="caption">{text(figure.note)}</p>' if figure.note else ""
    numbers = f"<details><summary>The numbers</summary>{_rows(figure.numbers)}</details>"
    return (
        f'<figure id="figure-{text(figure.name)}"{" class=wide" if figure.wide else ""}>'
        f'<figcaption id="title-{text(figure.name)}">{text(figure.title)}</figcaption>'
        f'<div class="picture">{draw(figure)}</div>{note}{numbers if figure.numbers else ""}</figure>'
    )


def _table(table: Table) -> str:
    if table.folded:
        return f"<details><summary>{text(table.caption)}</summary>{_rows(table)}</details>"
    return _rows(table)


def _rows(table: Table | None) -> str:
    if table is None:
        return ""
    caption = f"<caption>{text(table.caption)}</caption>" if table.caption and not table.folded else ""
    kinds = [' class="number"' if name in table.right else "" for name in table.head]
    head = "".join(
        f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(table.head, kinds, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{text(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in table.rows
    )
    inside = f"{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="table"><table>{inside}</table></div>'


def _card(card: Card) -> str:
    step = f'<p class="step">Next: {text(card.step)}</p>' if card.step else ""
    return f'<li class="{text(card.kind)}"><p><b>{text(card.label)}</b> {text(card.text)}</p>{step}</li>'
