"""Who must not be approached, from the names and values of consent columns."""

from __future__ import annotations

import polars as pl
import pytest

from leadlight.data.schema import Column, Schema
from leadlight.insight.consent import allows, barred, concerns


def rows(name: str, values: list[str | None], channel: str, kind: str = "flag") -> list[int]:
    """The rows that one consent column forbids."""
    schema = Schema((Column(name, role="consent", kind=kind),))
    mask = barred(schema, pl.DataFrame({name: values}), channel)  # type: ignore[arg-type]
    return [row for row, forbidden in enumerate(mask.tolist()) if forbidden]


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("Do Not Call", {"call"}),
        ("DoNotEmail", {"email"}),
        ("hs_email_optout", {"email"}),
        ("unsubscribed", {"email"}),
        ("Has Opted Out of Email", {"email"}),
        ("phone_opt_in", {"call"}),
        ("Marketing Consent", {"call", "email"}),
        ("Opt Out", {"call", "email"}),
        ("do_not_contact", {"call", "email"}),
    ],
)
def test_which_channel_a_column_is_about(name: str, channels: set[str]) -> None:
    assert {channel for channel in ("call", "email") if concerns(name, channel)} == channels  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "yes_allows"),
    [
        ("Do Not Call", False),
        ("Opted Out", False),
        ("unsubscribed", False),
        ("Opt In", True),
        ("Marketing Consent", True),
        ("no consent", False),
    ],
)
def test_what_yes_means(name: str, yes_allows: bool) -> None:
    assert allows(name) is yes_allows


def test_yes_forbids_or_no_does() -> None:
    values = ["Yes", "no", None, "", "1", "FALSE"]
    assert rows("Do Not Call", values, "call") == [0, 4]
    assert rows("Call Consent", values, "call") == [1, 5]
    assert rows("Do Not Email", values, "call") == []


def test_words_that_refuse_are_heard_in_any_column() -> None:
    values = ["Subscribed", "Unsubscribed", "opted out", None]
    assert rows("Email Consent", values, "email", kind="category") == [1, 2]


def test_columns_that_are_not_there_forbid_nothing() -> None:
    schema = Schema((Column("Do Not Call", role="consent", kind="flag"),))
    assert not barred(schema, pl.DataFrame({"other": ["Yes"]}), "call").any()
