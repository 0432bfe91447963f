"""One served home for the tests that change little in it, one browser for all, and a page that is watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.dashboard.desk import Desk, desk, signed_in
from tests.insight.test_browser import QUIET

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("dashboard") / "home") as made:
        yield made


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    if CHROMIUM is None and os.environ.get("LEADLIGHT_TIER") != "ci":
        pytest.skip("there is no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM or "/usr/bin/chromium", args=QUIET.split())
        yield opened
        opened.close()


@pytest.fixture
def look(browser: Any, served: Desk) -> Iterator[Callable[..., Any]]:
    """Open a page as a role; the test fails on any console error, dialog or request to elsewhere."""
    noticed: list[str] = []
    opened = []

    def open_page(path: str, role: str = "admin", width: int = 1280, **more: Any) -> Any:
        context = signed_in(browser, served, role, width, **more)
        opened.append(context)
        page = context.new_page()
        watch(page, served, noticed)
        page.goto(served.address + path)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in opened:
        context.close()
    assert noticed == []


def watch(page: Any, served: Desk, noticed: list[str]) -> None:
    """Write down whatever a page should not do."""

    def asked(request: Any) -> None:
        if not request.url.startswith((served.address, "data:")):
            noticed.append(f"request: {request.url}")

    page.on("console", lambda message: noticed.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noticed.append(f"error: {error}"))
    page.on("request", asked)
