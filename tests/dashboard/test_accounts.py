"""The page Accounts shows what the API and the command tell, and the leads behind each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest

from tests.dashboard.desk import Desk, desk, export, signed_in
from tests.dashboard.test_pages import violations
from tests.dashboard.test_truth import api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The leads of the other tests, with four at each company; one has a name that wants to be a page."""
    names = [f"Firm {k} GmbH" for k in range(299)] + ["<b>Firm</b> & Söhne"]
    leads = export().with_columns(Company=pl.Series([names[k % 300] for k in range(export().height)]))
    with desk(tmp_path_factory.mktemp("accounts") / "home", leads=leads) as made:
        yield made


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_accounts_lead_to_the_leads_behind_them(firms: Desk, browser: Any, width: int) -> None:
    context = signed_in(browser, firms, "viewer", width)
    page = context.new_page()
    page.goto(f"{firms.address}/accounts")
    rows = page.locator("tbody tr")
    assert rows.count() == 100
    first = rows.first.locator("a")
    name = first.inner_text()
    shown = int(rows.first.locator("td").nth(3).inner_text())
    first.click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#one-title").inner_text() == name
    behind = page.locator("section[aria-labelledby=one-title] tbody tr")
    assert behind.get_by_text("open", exact=True).count() == shown
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    behind.first.locator("a").click()
    page.wait_for_load_state("networkidle")
    assert "/lead/" in page.url
    page.goto(f"{firms.address}/accounts?key=nobody")
    assert page.get_by_text("no open leads any more").count() == 1
    context.close()


def test_a_name_is_text(firms: Desk, browser: Any) -> None:
    context = signed_in(browser, firms, "viewer")
    page = context.new_page()
    page.goto(f"{firms.address}/accounts?key=b+firm+b+und+sohne")
    assert page.locator("#one-title").inner_text() == "<b>Firm</b> & Söhne"
    context.close()


def test_the_api_tells_what_the_page_shows(firms: Desk, browser: Any) -> None:
    found = api(firms, "GET", "/v1/insight/accounts?limit=7")
    assert len(found["accounts"]) == 7
    context = signed_in(browser, firms, "viewer")
    page = context.new_page()
    page.goto(f"{firms.address}/accounts")
    shown = page.locator("tbody tr td:first-child").all_inner_texts()[:7]
    assert shown == [row["name"] for row in found["accounts"]]
    one = api(firms, "GET", f"/v1/insight/accounts?key={quote(found['accounts'][3]['key'])}")
    assert one["accounts"] == [found["accounts"][3]]
    context.close()
