"""Leads whose names are markup, script, formulas or turn lines around: text everywhere, run nowhere."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from tests.dashboard.conftest import watch
from tests.dashboard.desk import Desk, desk, export, signed_in

pytestmark = pytest.mark.browser

STEMS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://evil.example")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "' OR 1=1 --",
    "javascript:window.hit=1",
)
NAMES = [f"{stem} {number}" for number in range(10) for stem in STEMS]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    leads = export().filter(pl.col("Stage").is_in(["New", "Working"])).head(len(NAMES))
    hostile = leads.with_columns(pl.Series("Name", NAMES), pl.Series("Lead ID", NAMES), Job=pl.Series(NAMES))
    with desk(tmp_path_factory.mktemp("hostile") / "home", leads=hostile) as made:
        yield made


def test_a_hundred_names_are_text_on_every_page(attacked: Desk, browser: Any) -> None:
    noticed: list[str] = []
    context = signed_in(browser, attacked, "admin")
    page = context.new_page()
    watch(page, attacked, noticed)
    shown = 0
    for path in ("/leads?size=100", "/today", "/plan", "/channels", "/engagement", "/segments", "/people"):
        page.goto(attacked.address + path)
        shown += page.locator("table.leads .name").count()
        assert page.evaluate("window.hit") is None
        assert page.locator("main script, main img, main svg[onload]").count() == 0
    assert shown >= 100
    page.goto(attacked.address + "/leads?size=100")
    places = page.locator("table.leads .name").evaluate_all(
        "all => all.map(each => each.getAttribute('href'))"
    )
    for place in places[:20]:
        page.goto(attacked.address + place)
        assert page.locator(".big").count() == 1
        assert page.evaluate("window.hit") is None
        assert "\u202e" not in page.content()
    assert noticed == []
    context.close()


def test_files_hold_the_names_as_words(attacked: Desk) -> None:
    headers = {"cookie": f"ll_session={attacked.session('admin')}"}
    answer = httpx.get(attacked.address + "/leads/list.csv", headers=headers, timeout=60)
    frame = pl.read_csv(io.BytesIO(answer.content), infer_schema=False)
    assert frame.height == len(NAMES)
    assert not [name for name in frame["Name"] if name.startswith(("=", "@", "+", "-"))]
    book = httpx.get(attacked.address + "/leads/list.xlsx", headers=headers, timeout=60).content
    assert pl.read_excel(io.BytesIO(book)).height == len(NAMES)


def test_a_search_for_signs_finds_them_and_nothing_else(attacked: Desk) -> None:
    headers = {"cookie": f"ll_session={attacked.session('viewer')}"}
    for text, count in (("' OR 1=1", 10), ("%", 10), ("_____", 0)):
        page = httpx.get(
            attacked.address + "/leads", params={"search": text}, headers=headers, timeout=60
        ).text
        assert page.count('class="name"') == count, text


def test_the_log_names_nobody(attacked: Desk, tmp_path: Path) -> None:
    assert "window.hit" not in attacked.said()
