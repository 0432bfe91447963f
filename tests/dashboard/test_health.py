"""The page Health: nothing yet, then what a look found, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dashboard.desk import Desk
from tests.dashboard.test_pages import violations

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
