"""From an empty home to scores without a command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dashboard.conftest import watch
from tests.dashboard.desk import Desk, desk, export, signed_in

pytestmark = pytest.mark.browser
PATIENCE = 240_000


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "home", empty=True) as made:
        yield made


def set_up(page: Any, served: Desk, path: Path, *actionable: str) -> None:
    """Upload, look, name what can be changed, train, put in service."""
    page.goto(served.address + "/")
    page.click("text=Upload an export")
    page.set_input_files("#file", path)
    page.click("text=Upload and look at it")
    page.wait_for_url("**/setup/*", timeout=PATIENCE)
    for name in actionable:
        page.get_by_label(f"{name} can be changed").check()
    page.click("button[value=train]")
    page.wait_for_selector("text=Put it in service and bring the leads in", timeout=PATIENCE)
    assert "AUC" in page.inner_text("main")
    page.click("text=Put it in service and bring the leads in")
    page.wait_for_url("**/today", timeout=PATIENCE)


def test_an_export_becomes_a_model_and_scores(empty: Desk, browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    export().write_csv(path)
    noticed: list[str] = []
    context = signed_in(browser, empty, "admin")
    page = context.new_page()
    watch(page, empty, noticed)
    set_up(page, empty, path, "Asked for Demo")
    assert int(page.locator(".tile .value").first.inner_text()) > 0
    page.goto(empty.address + "/leads")
    assert page.locator("table.leads tbody tr").count() == 25
    assert not (empty.folder / "set-up").exists()
    page.goto(empty.address + "/leads?sort=score-up")
    page.locator("table.leads .name").first.click()
    assert (
        page.locator("section[aria-labelledby=change-title] tbody td").first.inner_text() == "Asked for Demo"
    )
    page.goto(empty.address + "/model")
    page.click("text=Train a new one")
    page.wait_for_url("**/setup/*", timeout=PATIENCE)
    kept = page.locator("input[name=actionable]:checked")
    assert [kept.nth(place).get_attribute("value") for place in range(kept.count())] == ["Asked for Demo"]
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert noticed == []
    context.close()


def test_an_export_without_arrival_or_id_can_be_looked_at(empty: Desk) -> None:
    headers = {"cookie": f"ll_session={empty.session('admin')}; ll_form=known", "x-form": "known"}
    bare = export().drop("Created", "Lead ID").write_csv().encode()
    address = f"{empty.address}/setup/upload"
    sent = httpx.post(address, params={"name": "bare.csv"}, content=bare, headers=headers, timeout=60)
    assert sent.status_code == 201, sent.text
    page = httpx.get(empty.address + sent.headers["location"], headers=headers, timeout=60)
    assert page.status_code == 200
    assert "When it arrived" in page.text


@pytest.mark.long
@pytest.mark.xeducation
def test_the_leads_of_x_education_become_a_model_and_scores(
    empty: Desk, browser: Any, xeducation: Path
) -> None:
    context = signed_in(browser, empty, "admin")
    page = context.new_page()
    set_up(page, empty, xeducation)
    page.goto(empty.address + "/leads?status=all")
    assert "of 9,240" in page.inner_text(".pager")
    context.close()
