"""Reports in headless Chromium: no error, no request, nothing that runs, readable on a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.insight import pages

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WIDER = """
() => [...document.querySelectorAll("main *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".picture, .table"))
    .map(each => each.outerHTML.slice(0, 80))
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("LEADLIGHT_TIER") != "ci", reason="there is no Chromium here"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM or "/usr/bin/chromium", args=QUIET.split())
        yield opened
        opened.close()


@pytest.fixture
def see(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Open a page and fail on any console error, request, dialog or script."""

    def open_page(text: str, width: int = 1200) -> Any:
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 800})
        noticed: list[str] = []
        page.on("console", lambda message: noticed.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: noticed.append(f"error: {error}"))
        page.on("dialog", lambda dialog: noticed.append("dialog"))
        page.on("request", lambda request: noticed.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_timeout(200)
        assert [each for each in noticed if not each.startswith(("file://", "data:,"))] == []
        assert sum(each.startswith("file://") for each in noticed) == 1
        assert page.evaluate("window.hit") is None
        return page

    return open_page


@pytest.mark.parametrize("made", [pages.explored, pages.reported], ids=["inspect", "report"])
def test_a_report_opens_without_an_error_or_a_request(see: Callable[..., Any], made: Any) -> None:
    page = see(made())
    assert page.locator("figure svg").count() > 20
    assert page.locator("h2").count() > 5
    page.close()


@pytest.mark.parametrize("made", [pages.explored, pages.reported], ids=["inspect", "report"])
def test_it_fits_a_phone(see: Callable[..., Any], made: Any) -> None:
    """At 360 pixels nothing stands out but what scrolls within its own box."""
    page = see(made(), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(WIDER) == []
    widths = page.eval_on_selector_all(
        "figure:not(.wide) svg", "all => all.map(each => each.getBoundingClientRect().width)"
    )
    assert max(widths) <= 344
    page.close()


@pytest.mark.parametrize("place", [0, 1], ids=["inspect", "report"])
def test_hostile_names_and_values_run_nothing(see: Callable[..., Any], place: int) -> None:
    page = see(pages.attacked_pages()[place])
    assert page.locator("script, iframe, img, foreignObject").count() == 0
    page.close()


def test_it_prints(browser: Any, see: Callable[..., Any]) -> None:
    page = see(pages.reported())
    paper = page.pdf(format="A4", print_background=True)
    assert paper.startswith(b"%PDF")
    page.close()
