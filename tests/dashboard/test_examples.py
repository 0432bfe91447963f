"""The examples for teams that live in Streamlit, Dash or Flask: each is started, looked at and clicked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dashboard.desk import export, model
from tests.serve.running import free_port

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
START_SECONDS = 90
LONGEST = 60
RUN = {
    "flask": ("-m", "flask", "--app", "{file}", "run", "--port", "{port}"),
    "dash": ("{file}",),
    "streamlit": (
        *("-m", "streamlit", "run", "{file}", "--server.port", "{port}", "--server.address", "127.0.0.1"),
        *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `leadlight demo` leaves, smaller."""
    made = tmp_path_factory.mktemp("examples")
    model().save(made / "model.leadlight")
    export().write_csv(made / "leads.csv")
    return made


@contextmanager
def started(name: str, folder: Path) -> Iterator[str]:
    """The example on a port, until it answers."""
    port = free_port()
    words = [each.format(file=EXAMPLES / f"{name}_app.py", port=port) for each in RUN[name]]
    known = os.environ | {"LEADLIGHT_EXAMPLE": str(folder), "PORT": str(port)}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=folder, env=known, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(address):
            assert process.poll() is None, (folder / f"{name}.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Callable[[str], Any]]:
    """The page of an example, which asks nothing of anybody else."""
    elsewhere: list[str] = []

    @contextmanager
    def look(name: str) -> Iterator[Any]:
        with started(name, folder) as address:
            page = browser.new_page()
            page.on("request", lambda asked: _note(asked.url, address, elsewhere))
            page.goto(address)
            yield page
            page.close()

    yield look
    assert elsewhere == []


def _note(url: str, address: str, elsewhere: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        elsewhere.append(url)


@pytest.mark.parametrize("name", RUN)
def test_an_example_fits_on_a_screen(name: str) -> None:
    assert len((EXAMPLES / f"{name}_app.py").read_text().splitlines()) <= LONGEST


def test_flask_lists_and_scores(opened: Callable[..., Any]) -> None:
    with opened("flask") as page:
        assert page.locator("tr").count() == 21
        page.locator("input").first.fill("Referral")
        page.get_by_role("button", name="Score it").click()
        assert "Referral" in page.locator("#answer").inner_text()


def test_dash_plans_as_the_slider_says(opened: Callable[..., Any]) -> None:
    with opened("dash") as page:
        page.locator("#expected", has_text="100 calls").wait_for()
        page.get_by_role("slider").first.focus()
        page.keyboard.press("ArrowRight")
        page.locator("#expected", has_text="110 calls").wait_for()
        assert page.locator("#list tr").count() > 20


def test_streamlit_plans_and_explains(opened: Callable[..., Any]) -> None:
    with opened("streamlit") as page:
        page.get_by_test_id("stMetricValue").first.wait_for(timeout=60_000)
        assert page.get_by_test_id("stMetricValue").first.inner_text() == "100"
        page.get_by_role("slider").first.focus()
        page.keyboard.press("ArrowRight")
        page.get_by_test_id("stMetricValue").first.get_by_text("110").wait_for()
        page.get_by_text("Every lead begins with odds of").wait_for()
        page.get_by_test_id("stTable").locator("tr").nth(3).wait_for()
