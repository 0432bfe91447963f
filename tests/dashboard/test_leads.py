"""The list and the page of a lead in Chromium: what is shown, filtered, marked and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadlight.store import leads, records
from tests.dashboard.desk import PASSWORD, Desk

pytestmark = pytest.mark.browser


def test_a_login_leads_to_the_list_and_from_there_to_a_lead(served: Desk, browser: Any) -> None:
    served.session("viewer")
    page = browser.new_page()
    page.goto(served.address + "/leads")
    assert page.url.endswith("/login")
    page.fill("#name", "viewer of the tests")
    page.fill("#password", PASSWORD)
    page.click("button")
    page.goto(served.address + "/leads")
    first = page.locator("table.leads tbody tr").first
    name = first.locator(".name").inner_text()
    score = first.locator(".score span").first.inner_text()
    first.locator(".name").click()
    assert page.locator("h1").inner_text() == name
    assert page.locator(".big").inner_text() == score
    page.close()


def test_filters_stand_in_the_address_and_the_list_follows(look: Callable[..., Any]) -> None:
    page = look("/leads")
    page.select_option("#grade", "hot")
    page.wait_for_url("**grade=hot**")
    assert set(page.locator("table.leads .chip").all_inner_texts()) == {"hot"}
    page.fill("#search", "L-0010")
    page.wait_for_url("**search=L-0010**")
    page.wait_for_timeout(300)
    ids = page.locator("td.lead .faint").all_inner_texts()
    assert ids
    assert all("L-0010" in each for each in ids)
    page.reload()
    assert page.locator("td.lead .faint").all_inner_texts() == ids


def test_many_are_marked_at_once_and_the_store_knows_who_said_so(
    look: Callable[..., Any], served: Desk
) -> None:
    page = look("/leads?sort=score-up", "sales")
    assert not page.locator("#bulk").is_visible()
    boxes = page.locator("input[name=lead]")
    ids = [boxes.nth(place).get_attribute("value") for place in range(2)]
    for place in range(2):
        boxes.nth(place).check()
    assert page.locator("[data-count]").inner_text() == "2 leads"
    page.select_option("#as", "lost")
    page.click("#bulk button")
    page.wait_for_load_state("networkidle")
    with served.store.reading() as connection:
        for identity in ids:
            kept = leads.find(connection, str(identity))
            assert kept is not None
            assert [row["outcome"] for row in records.of_lead(connection, kept.number)["outcomes"]] == [
                "lost"
            ]
    assert not set(ids) & set(page.locator("input[name=lead]").evaluate_all("all => all.map(e => e.value)"))


def test_the_waterfall_ends_at_the_odds_of_the_score(look: Callable[..., Any]) -> None:
    page = look("/leads")
    page.locator("table.leads .name").first.click()
    odds = float(page.locator(".waterfall .total .number").inner_text())
    score = float(page.locator(".big").inner_text()) / 100
    assert odds == pytest.approx(score / (1 - score), rel=0.1)


def test_a_note_is_kept_with_its_author(look: Callable[..., Any]) -> None:
    page = look("/leads", "sales")
    page.locator("table.leads .name").first.click()
    page.fill("#why", "Asked to be called after Easter <b>")
    page.click("text=Keep the note")
    page.wait_for_load_state("networkidle")
    assert "Note by sales of the tests: Asked to be called after Easter <b>" in page.inner_text("main")


def test_a_view_is_saved_found_shared_renamed_and_deleted(look: Callable[..., Any]) -> None:
    page = look("/leads", "manager")
    page.select_option("#grade", "hot")
    page.wait_for_url("**grade=hot**")
    page.get_by_text("Save this view").click()
    page.fill("#view-name", "Hot <b>ones</b>")
    page.check("input[name=shared]")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#views a[aria-current]").inner_text().startswith("Hot <b>ones</b>")

    other = look("/leads", "sales")
    other.get_by_role("link", name="Hot <b>ones</b>").click()
    other.wait_for_load_state("networkidle")
    assert other.locator("#grade").input_value() == "hot"
    assert other.get_by_text("Rename or delete").count() == 0
    other.select_option("#sort", "created-down")
    other.wait_for_url("**sort=created-down**")
    other.get_by_text("Save this view").click()
    assert other.locator("input[name=shared]").count() == 0
    other.fill("#view-name", "Mine")
    other.get_by_role("button", name="Save").click()
    other.wait_for_load_state("networkidle")
    assert other.locator("#views a[aria-current]").inner_text() == "Mine"

    page.reload()
    assert page.get_by_role("link", name="Mine").count() == 0
    page.get_by_text("Rename or delete").click()
    page.fill("#view-name", "Hot")
    page.get_by_role("button", name="Rename").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#views a[aria-current]").inner_text().startswith("Hot team")
    page.get_by_text("Rename or delete").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#views a").all_inner_texts() == ["All open"]


def test_the_files_follow_the_filters(look: Callable[..., Any]) -> None:
    page = look("/leads")
    page.select_option("#grade", "hot")
    page.wait_for_url("**grade=hot**")
    page.wait_for_load_state("networkidle")
    assert page.locator("#files a").first.get_attribute("href").endswith("list.csv?grade=hot")
