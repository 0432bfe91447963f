"""From a pasted token to leads that come by themselves, in a browser."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadlight.store import connections
from tests.connect.hubspot_standin import TOKEN, Account, filled
from tests.connect.standin import Answer, running
from tests.dashboard.desk import Desk, desk, signed_in
from tests.dashboard.test_pages import violations

pytestmark = pytest.mark.browser


@pytest.fixture
def account() -> Account:
    return filled(60)


@pytest.fixture
def connected(tmp_path: Path, account: Account) -> Iterator[Desk]:
    with running(account) as standin, desk(tmp_path / "home", empty=True) as made:
        said = f'[connect]\nprivate = ["{standin.host}"]\n[connect.hubspot]\naddress = "{standin.address}"\n'
        (made.store.home.folder / "leadlight.toml").write_text(said)
        yield made


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_a_pasted_token_leads_to_leads(
    browser: Any, connected: Desk, account: Account, width: int, tmp_path: Path
) -> None:
    page = signed_in(browser, connected, "admin", width).new_page()
    page.goto(connected.address + "/connections")
    page.locator("#token-hubspot").fill("wrong")
    page.locator("section", has_text="HubSpot").get_by_role("button", name="Keep it and look").click()
    page.get_by_text("The token was refused.").first.wait_for()
    page.locator("section", has_text="HubSpot").get_by_text("Another token").click()
    page.locator("#token-hubspot").fill(TOKEN)
    page.locator("section", has_text="HubSpot").get_by_role("button", name="Keep it and look").click()
    page.get_by_text("How it becomes leads").wait_for()
    assert TOKEN not in page.content()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"check-{width}.png", full_page=True)
    page.get_by_role("button", name="Read everything").click()
    until = time.monotonic() + 30
    while page.get_by_text("new 60").count() == 0 and time.monotonic() < until:
        page.goto(connected.address + "/connections")
    assert page.get_by_text("new 60").count() == 1
    assert violations(page) == []
    page.screenshot(path=tmp_path / f"read-{width}.png", full_page=True)
    account.token = "another"
    page.get_by_role("button", name="Read what changed").click()
    until = time.monotonic() + 30
    while page.get_by_text("The token was refused.").count() == 0 and time.monotonic() < until:
        page.goto(connected.address + "/connections")
    assert page.get_by_text("failed").count() == 1
    assert TOKEN not in connected.said()
    kept = connected.store.home.folder / "secrets" / "hubspot.token"
    assert kept.stat().st_mode & 0o077 == 0


def test_the_webhook_stands_there_with_its_last_run_and_its_error(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(lambda _: Answer(204)) as receiver, desk(tmp_path / "home", empty=True) as made:
        page = signed_in(browser, made, "admin").new_page()
        page.goto(made.address + "/connections")
        section = page.locator("section", has_text="who became hot")
        assert section.get_by_text("Not set.").count() == 1
        monkeypatch.setenv("LEADLIGHT_HOT_WEBHOOK", f"{receiver.address}/in?token=hush")
        page.reload()
        assert section.get_by_text("There is no webhook secret.").count() == 1
        monkeypatch.setenv("LEADLIGHT_WEBHOOK_SECRET", "whsec_" + base64.b64encode(bytes(32)).decode())
        page.reload()
        assert section.get_by_text(receiver.host).count() == 1
        section.get_by_role("button", name="Send a trial").click()
        page.get_by_text("The message arrived.").wait_for()
        receiver.faults.extend([Answer(401)])
        section.get_by_role("button", name="Send a trial").click()
        page.get_by_text("The token was refused.").first.wait_for()
        with made.store.writing() as connection:
            number = connections.begin_run(connection, "webhook", time.time())
            connections.end_run(connection, number, time.time(), {"sent": 3}, "The system failed.", "Wait.")
        page.goto(made.address + "/connections")
        assert section.get_by_text("The system failed.").count() == 1
        assert "hush" not in page.content()
        assert violations(page) == []
