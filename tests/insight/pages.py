"""Reports made once, and how a page is read back: as a browser would, without one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import polars as pl

from leadlight.data.sample import generate
from leadlight.insight.explore import explore
from leadlight.insight.page import ReportPage, written
from leadlight.insight.report import report
from leadlight.training import inspection
from leadlight.training.fit import Trained, train
from leadlight.training.options import Options
from tests.model.trained import few_rounds

VOID = {"meta", "link", "br", "hr", "img", "input"}
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
ATTACKS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "'-window.hit-'",
    "</style><script>window.hit=1</script>",
    "</title></head><body onload=window.hit=1>",
    "javascript:window.hit=1",
    "<a href=javascript:window.hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "${window.hit=1}{{window.hit=1}}",
    "<!--<script>window.hit=1</script>-->",
    "]]><script>window.hit=1</script>",
    '\\"];window.hit=1;["',
    "'+alert(1)+'",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "url(http://evil.example/x)",
    "\u202eevil\u202c \x07 \x1b[31m",
    "<use href=#clip0 id=clip0>",
    "<text/><foreignObject><body onload=window.hit=1>",
    "|`*_[x](http://evil.example)_*`|",
)
RARE = "Zyxwv77"
"""A value of fewer than 20 leads, which may stand in no report."""


@dataclass
class Read(HTMLParser):
    """What a page holds."""

    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> Read:
        page = cls()
        HTMLParser.__init__(page)
        page.feed(text)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def reaches_out(self) -> list[tuple[str, str, str]]:
        """Attributes that would fetch or run something."""
        found = []
        for tag, name, value in self.attributes:
            inside = value.startswith("#") or value == "data:," or value in NAMESPACES
            fetching = name in {
                "src",
                "href",
                "xlink:href",
                "action",
                "srcset",
                "data",
                "poster",
                "formaction",
            }
            styling = name not in {"content"} and "url(" in value.replace("url(#", "")
            if (fetching and not inside) or name.startswith("on") or styling:
                found.append((tag, name, value))
        return found


def check_page(text: str) -> Read:
    """Sound markup, nothing from outside, nothing that runs."""
    page = Read.of(text)
    assert not page.unbalanced
    assert not page.open
    assert not page.reaches_out
    assert not {"script", "iframe", "object", "embed", "foreignobject", "form", "base", "image", "img"} & set(
        page.tags
    )
    assert len(page.ids) == len(set(page.ids))
    markup = re.sub(r">[^<]*<", "><", text)
    outside = {found for found in re.findall(r"https?://[^\s\"'<>]+", markup) if found not in NAMESPACES}
    assert not outside
    assert "default-src 'none'" in text
    return page


@cache
def leads() -> pl.DataFrame:
    """A made-up export with a leak, open leads, a sensitive column, a rare value and the names of people."""
    made = generate(1600, 4, stages=True, leak=True).leads
    dice = np.random.Generator(np.random.PCG64(7))
    gender = dice.choice(["female", "male", "diverse", ""], made.height, p=[0.5, 0.44, 0.01, 0.05])
    industry = made["Industry"].to_list()
    for row in range(0, 7 * 90, 90):
        industry[row] = RARE
    return made.with_columns(pl.Series("Gender", gender), pl.Series("Industry", industry))


OPTIONS: dict[str, Any] = {
    "target": "Stage",
    "positive": ("Won",),
    "negative": ("Lost",),
    "open": ("New", "Working", "Qualified"),
    "folds": 3,
}


@cache
def trained(*models: str) -> Trained:
    with few_rounds():
        return train(leads(), Options(**OPTIONS, models=models))


@cache
def exploring() -> ReportPage:
    found = inspection.inspect(leads(), Options(**OPTIONS))
    return explore(leads(), found)


@cache
def explored() -> str:
    return written(exploring())


@cache
def reporting(models: tuple[str, ...] = ("logistic", "glassbox"), *, with_leads: bool = True) -> ReportPage:
    return report(trained(*models).bundle, leads() if with_leads else None)


@cache
def reported(models: tuple[str, ...] = ("logistic", "glassbox"), *, with_leads: bool = True) -> str:
    return written(reporting(models, with_leads=with_leads))


@cache
def attacked() -> tuple[pl.DataFrame, Trained]:
    """Leads whose column names and values are markup, and a model of them."""
    dice = np.random.Generator(np.random.PCG64(3))
    rows = 900
    columns: dict[str, Any] = {"Lead ID": [f"L-{k:05}" for k in range(rows)]}
    won = dice.random(rows) < 0.4
    for k, attack in enumerate(ATTACKS):
        if k % 3 == 2:
            columns[f"n{k} {attack}"] = np.round(dice.normal(won * 0.6, 1.0, rows), 3)
            continue
        values = [ATTACKS[(k + 1) % len(ATTACKS)], ATTACKS[(k + 5) % len(ATTACKS)], f"plain {k}"]
        place = np.where(dice.random(rows) < 0.3, won.astype(int), dice.integers(0, 3, rows))
        columns[f"{attack} {k}"] = [values[each] for each in place]
    columns["Converted"] = np.where(won, "<b>won</b>", "<i>lost</i>")
    frame = pl.DataFrame(columns)
    asked = Options(
        target="Converted",
        positive=("<b>won</b>",),
        negative=("<i>lost</i>",),
        models=("glassbox", "logistic"),
        folds=3,
    )
    return frame, train(frame, asked)


@cache
def attacked_pages() -> tuple[str, str]:
    frame, made = attacked()
    asked = Options(target="Converted", positive=("<b>won</b>",), negative=("<i>lost</i>",))
    found = inspection.inspect(frame, asked)
    return written(explore(frame, found)), written(report(made.bundle, frame))
