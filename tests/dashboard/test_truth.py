"""Figures on the pages are those of the command line and of the API, for the same home."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from leadlight.model.policy import Policy
from leadlight.model.regrade import regraded
from leadlight.store import keys, models
from tests.cli.calls import start
from tests.dashboard.desk import Desk, model

pytestmark = pytest.mark.browser


def api(served: Desk, method: str, path: str, **more: Any) -> Any:
    with served.store.writing() as connection:
        _, text = keys.create(connection, ["read"], time.time(), name=f"truth {time.time()}")
    for _ in range(40):
        headers = {"authorization": f"Bearer {text}"}
        answer = httpx.request(method, served.address + path, headers=headers, timeout=60, **more)
        if answer.status_code != 401:
            break
        time.sleep(0.1)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_pages_commands_and_the_api_say_the_same(look: Callable[..., Any], served: Desk) -> None:
    told = start("plan", "--home", str(served.folder), "--json", folder=served.folder)
    assert told.code == 0, told.err
    command = json.loads(told.out)
    sent = api(served, "POST", "/v1/plan", json={})
    page = look("/today", "viewer")
    calls, conversions = page.locator(".tile .value").all_inner_texts()[:2]
    assert int(calls.replace(",", "")) == sent["counts"]["listed"] == command["counts"]["listed"]
    assert int(conversions) == round(sent["expected"]["conversions"])
    assert sent["expected"] == command["expected"]

    day = api(served, "GET", "/v1/today")
    assert day["counts"] == sent["counts"]
    first = page.locator("section[aria-labelledby=now-title] .score > span").all_inner_texts()
    assert [f"{each['score']:.1f}" for each in day["call_now"]] == first

    page.goto(served.address + "/plan")
    assert page.locator(".tile .value").all_inner_texts()[:2] == [calls, conversions]

    page.goto(served.address + "/leads")
    best = api(served, "GET", "/v1/leads?limit=1000")["leads"]
    scores = {each["id"]: each["score"] for each in best}
    rows = page.locator("table.leads tbody tr")
    for place in range(rows.count()):
        text = rows.nth(place).inner_text()
        identity = re.search(r"L-\d{6}", text)
        assert identity is not None
        assert f"{scores[identity[0]]:.1f}" in text

    page.locator("table.leads .name").first.click()
    identity = re.search(r"L-\d{6}", page.inner_text(".top"))
    assert identity is not None
    one = api(served, "GET", f"/v1/leads/{identity[0]}")
    assert float(page.locator(".big").inner_text()) == one["score"]["score"]
    explained = start(
        "explain", "--home", str(served.folder), "--id", identity[0], "--json", folder=served.folder
    )
    if explained.code == 0:
        assert json.loads(explained.out)["score"] == one["score"]["score"]

    page.goto(served.address + "/channels")
    rows_told = api(served, "GET", "/v1/insight/channels")["rows"]
    shown = page.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert [f"{row['leads']:,}" for row in rows_told] == shown

    page.goto(served.address + "/engagement?cell=B1")
    grid = api(served, "GET", "/v1/insight/engagement")
    told = start("insight", "engagement", "--home", str(served.folder), "--json", folder=served.folder)
    assert json.loads(told.out)["cells"] == grid["cells"]
    here = next(each for each in grid["cells"] if each["cell"] == "B1")
    assert f"B1: {here['open']:,} open of {here['leads']:,} lead" in page.inner_text(".crossed")

    page.goto(served.address + "/segments")
    parts = api(served, "GET", "/v1/insight/segments")
    told = start("insight", "segments", "--home", str(served.folder), "--json", folder=served.folder)
    assert json.loads(told.out)["personas"] == parts["personas"]
    leads_shown = page.locator("section[aria-labelledby=grades-title] tbody tr td:nth-child(2)")
    assert [f"{grade['leads']:,}" for grade in parts["grades"]] == leads_shown.all_inner_texts()

    page.goto(served.address + "/model")
    auc = served.state.serving.bundle.training["test"]["auc"]  # type: ignore[union-attr]
    assert f"AUC {auc:.3f}" in page.inner_text("main")


def test_two_models_are_compared_alike_on_the_page_over_http_and_on_the_command_line(
    look: Callable[..., Any], served: Desk
) -> None:
    now = model()
    other = regraded(now, Policy.precision(0.6))
    with served.store.writing() as connection:
        models.add(connection, other, time.time())
    page = look("/model", "viewer")
    page.get_by_role("link", name="Compare two").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#model-0").input_value() == now.name
    assert page.locator("#model-1").input_value() == other.name
    sent = api(served, "GET", f"/v1/models/compare?a={now.name}&b={other.name}")
    words = ("models", "compare", now.name, other.name, "--home", str(served.folder), "--json")
    told = start(*words, folder=served.folder)
    assert json.loads(told.out) == sent
    row = page.locator("section[aria-labelledby=figures-title] tbody tr", has_text="AUC").first.inner_text()
    auc = sent["decided"]["metrics"]["auc"]
    assert f"{auc['a']:.4f}" in row
    assert "equal" in row
    head = page.locator("section[aria-labelledby=moved-title] header").inner_text()
    assert f"{sent['open']['regraded']:,} of {sent['open']['leads']:,}" in head
    assert sent["open"]["regraded"] > 0
    assert page.locator("section[aria-labelledby=moved-title] tbody tr").count() == len(sent["moved"])
