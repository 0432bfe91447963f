"""Every page as every role, on a desk and on a phone: no error, no request to elsewhere, readable by all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.dashboard.desk import Desk

pytestmark = pytest.mark.browser

EVERYBODY = (
    "/today",
    "/leads?column=Job&column=Country",
    "/accounts",
    "/plan?kind=capacity",
    "/channels",
    "/followup",
    "/engagement?cell=B2",
    "/segments",
    "/model",
    "/model/compare",
    "/health",
    "/score",
)
ADMINS = ("/setup", "/stream", "/connections", "/people")
GRAVE = ("serious", "critical")


def violations(page: Any) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found if each["impact"] in GRAVE]


def lead(served: Desk) -> str:
    with served.store.reading() as connection:
        return str(connection.exec_driver_sql("SELECT id FROM leads ORDER BY number DESC LIMIT 1").scalar())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_every_page_is_sound(look: Callable[..., Any], served: Desk, width: int, theme: str) -> None:
    page = look("/today", width=width, color_scheme=theme)
    for path in (*EVERYBODY, *ADMINS, f"/lead/{lead(served)}", "/model?part=promise"):
        page.goto(served.address + path)
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").count() == 1, path
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("role", ["viewer", "sales"])
def test_a_role_sees_what_it_may_and_is_told_of_the_rest(
    look: Callable[..., Any], served: Desk, role: str
) -> None:
    page = look("/today", role)
    links = page.locator(".side > ul a").all_inner_texts()
    assert links == [
        "Today",
        "Leads",
        "Accounts",
        "Plan",
        "Channels",
        "Follow-up",
        "Engagement",
        "Segments",
        "Model",
        "Health",
        "Score",
    ]
    for path in (*EVERYBODY, f"/lead/{lead(served)}"):
        page.goto(served.address + path)
        assert page.locator("h1").count() == 1
        assert page.get_by_text("Save as the policy").count() == 0
        assert page.get_by_text("Erase this person").count() == 0
    assert (page.get_by_text("Keep the note").count() == 1) is (role == "sales")
    page.goto(served.address + "/leads")
    assert (page.locator("input[name=lead]").count() > 0) is (role == "sales")


def test_a_page_can_be_walked_with_the_keyboard(look: Callable[..., Any]) -> None:
    page = look("/leads")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_the_theme_is_kept(look: Callable[..., Any], served: Desk) -> None:
    page = look("/today")
    page.click("[data-theme-switch] >> visible=true")
    page.goto(served.address + "/leads")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_form_answers_as_one_types(look: Callable[..., Any]) -> None:
    page = look("/score", "viewer")
    before = page.locator(".big").inner_text()
    page.get_by_label("Lead Source").select_option("Referral")
    page.locator(".waterfall", has_text="Referral").wait_for()
    assert page.locator(".big").inner_text() != before


def test_the_plan_follows_what_is_asked(look: Callable[..., Any]) -> None:
    page = look("/plan?kind=capacity", "viewer")
    page.locator("#calls").evaluate(
        "slider => { slider.value = 40; slider.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.wait_for_url("**calls=40**")
    page.locator("figcaption", has_text="40 calls").wait_for()
    assert page.locator(".tile .value").first.inner_text() == "40"
    assert re.search(r"^40 calls bring about", page.locator("figcaption").first.inner_text())
