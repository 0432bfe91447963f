"""The page Health: nothing yet, then what a look found, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadlight.store import watching
from tests.dashboard.desk import Desk
from tests.dashboard.test_pages import violations
from tests.insight.test_fairness_trend import treated

pytestmark = pytest.mark.browser


def test_a_look_is_shown(look: Callable[..., Any], served: Desk) -> None:
    """A manager looks; alarms, columns and earlier looks are there, and everybody may read them."""
    page = look("/health", "manager")
    page.get_by_role("button", name="Look now").click()
    page.get_by_text("Columns, the farthest from training first").wait_for()
    assert page.get_by_text("Earlier looks").count() == 1
    assert violations(page) == []
    small = look("/health", "viewer", 390)
    assert small.get_by_role("button", name="Look now").count() == 0
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(small) == []


def test_fairness_and_challengers_are_shown(look: Callable[..., Any], served: Desk) -> None:
    """By month, with "too few"; a proposed challenger can be put in service, and why there is one."""
    page = look("/health", "manager")
    page.get_by_role("button", name="Look now").click()
    page.get_by_text("Earlier looks").wait_for()
    detail = {"reason": "Calling 20 of 100 leads the challenger brings +5 (+1 to +9)."}
    said = {"when": "weekly", "promotes": False, "status": "proposed", "at": 1.0, "because": ["weekly"]}
    with served.store.writing() as connection:
        last = watching.latest(connection)[0]
        shown = {**last["result"], "fairness": [treated(1, a_month=40).to_json()]}
        watching.keep(connection, last["at"] + 1, last["model"], last["leads"], 0, shown)
        names = {"before": last["model"], "after": "0" * 12}
        watching.adjust(connection, 1.0, "challenger", "proposed", **names, detail=detail, who="cli:tests")
        watching.set_mark(connection, watching.RETRAINING, {**said, "reason": detail["reason"]})
    page = look("/health", "manager")
    assert page.get_by_role("heading", name="Fairness: Region, called of all, by month").count() == 1
    assert page.get_by_text("too few").count() > 0
    assert page.get_by_role("button", name="Put in service").count() == 1
    assert "A challenger is trained every week" in page.content()
    assert violations(page) == []
    small = look("/health", "viewer", 390)
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
