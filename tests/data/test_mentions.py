"""What a text mentions that could be somebody's."""

from __future__ import annotations

from time import process_time

import pytest

from leadlight.data.handles import Handle, in_cell, mentioned


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail <Ann@Example.com>.", Handle("email", "ann@example.com")),
        ('{"Email":"ann@example.com"}', Handle("email", "ann@example.com")),
        ("call +44 (7700) 900-123 now", Handle("phone", "447700900123")),
        ("lead-0007,x", Handle("id", "lead-0007")),
        ("Ann of York ,3", Handle("id", "Ann of York")),
        ("id=lead-0007", Handle("id", "lead-0007")),
        ("mail=o'brien@example.com", Handle("email", "o'brien@example.com")),
    ],
)
def test_what_is_mentioned_is_found(text: str, found: Handle) -> None:
    assert found in mentioned(text)


@pytest.mark.parametrize("text", ["", "\x00", "a@", "12", "7"])
def test_what_is_too_short_is_nobody(text: str) -> None:
    assert {each.kind for each in mentioned(text)} <= {"email"}


@pytest.mark.parametrize(
    "text",
    [
        "A@x.org; b@Y.org",
        "a@x.org,b@y.org",
        "a@x.org b@y.org",
        "a@x.org\nb@y.org.",
        "a@x.org/b@y.org",
        "Ann Lee <a@x.org>, 'b@y.org'",
        "mailto:a@x.org | b@y.org\u00a0",
    ],
)
def test_each_address_in_a_cell_is_one(text: str) -> None:
    assert in_cell("email", text) == [Handle("email", "a@x.org"), Handle("email", "b@y.org")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("o'brien@x.org", ["o'brien@x.org"]),
        ("jörg@bücher.example", ["jörg@bücher.example"]),
        ('"Ann Lee"@x.org', ['"ann lee"@x.org']),
        ("ann@[192.0.2.1]", ["ann@[192.0.2.1]"]),
        ("@ann", []),
        ("ann@", []),
        ("ann at x.org", []),
        (None, []),
    ],
)
def test_an_odd_address_is_one_or_none(text: str | None, found: list[str]) -> None:
    assert [each.text for each in in_cell("email", text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+44 7700 900123; 020 7946 0958", ["447700900123", "2079460958"]),
        ("+44 7700 900123 +44 20 7946 0958", ["447700900123", "442079460958"]),
        ("0171/2345678 / 030 7654321", ["1712345678", "307654321"]),
        ("07700900123 02079460958", ["7700900123", "2079460958"]),
        ("07700 900123 or 020 7946 0958", ["7700900123", "2079460958"]),
        ("030/1234567", ["301234567"]),
        ("07700 900123 ext. 12", ["7700900123"]),
        ("07700 900123, a1234567890@x.org", ["7700900123"]),
        (447700900123.0, ["447700900123"]),
        ("06\u00a012\u00a034\u00a056\u00a078", ["612345678"]),
        ("555\u20130123", ["5550123"]),
        ("12", []),
    ],
)
def test_each_number_in_a_cell_is_one(text: object, found: list[str]) -> None:
    assert [each.text for each in in_cell("phone", text)] == found


@pytest.mark.parametrize("word", ["a" * 64_000, "1" * 64_000, "1_" * 32_000, "a." * 32_000 + "@"])
def test_a_long_word_takes_no_long_time(word: str) -> None:
    start = process_time()
    for kind in ("email", "phone"):
        in_cell(kind, word)
    mentioned(word)
    assert process_time() - start < 3.0
