"""The page of a stream: nothing of a lead, and what a person has to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dashboard.desk import Desk
from tests.dashboard.test_pages import violations
from tests.serve.test_stream_figures import written

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_how_far_a_stream_is_and_what_it_could_not_use(
    look: Callable[..., Any], served: Desk, width: int
) -> None:
    if width == 1280:
        assert "No stream has been read yet" in look("/stream").locator("main").inner_text()
        written(served.store)
    page = look("/stream", width=width)
    values = page.locator(".tile .value").all_inner_texts()
    assert values == ["60", "1", "1", "1"]
    text = page.locator("main").inner_text()
    assert "leads/0/3" in text
    assert "malformed" in text
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
