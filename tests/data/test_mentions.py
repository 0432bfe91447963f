"""What a text mentions that could be somebody's."""

from __future__ import annotations

import pytest

from leadlight.data.handles import Handle, mentioned


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail <Ann@Example.com>.", Handle("email", "ann@example.com")),
        ('{"Email":"ann@example.com"}', Handle("email", "ann@example.com")),
        ("call +44 (7700) 900-123 now", Handle("phone", "447700900123")),
        ("lead-0007,x", Handle("id", "lead-0007")),
        ("Ann of York ,3", Handle("id", "Ann of York")),
        ("id=lead-0007", Handle("id", "lead-0007")),
    ],
)
def test_what_is_mentioned_is_found(text: str, found: Handle) -> None:
    assert found in mentioned(text)


@pytest.mark.parametrize("text", ["", "\x00", "a@", "12", "7"])
def test_what_is_too_short_is_nobody(text: str) -> None:
    assert {each.kind for each in mentioned(text)} <= {"email"}
