"""Who must not be approached, from the names and values of consent columns."""

from __future__ import annotations

import polars as pl
import pytest

from leadlight.data.permission import yes_allows
from leadlight.data.schema import Column, Schema
from leadlight.insight.consent import barred, concerns


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
        ("Do not phone", {"call"}),
        ("No Calls", {"call"}),
        ("NoCall", {"call"}),
        ("Do not mail", {"email"}),
    ],
)
def test_which_channel_a_column_is_about(name: str, channels: set[str]) -> None:
    assert {channel for channel in ("call", "email") if concerns(name, channel)} == channels  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Do Not Call", False),
        ("Opted Out", False),
        ("unsubscribed", False),
        ("Opt In", True),
        ("Marketing Consent", True),
        ("no consent", False),
        ("Consent withdrawn", False),
        ("Opt In (Yes/No)", True),
        ("Do not phone? Yes/No", False),
    ],
)
def test_what_yes_means(name: str, expected: bool) -> None:
    assert yes_allows(name) is expected


def test_yes_forbids_or_no_does() -> None:
    values = ["Yes", "no", None, "", "1", "FALSE"]
    assert rows("Do Not Call", values, "call") == [0, 4]
    assert rows("Call Consent", values, "call") == [1, 5]
    assert rows("Do Not Email", values, "call") == []


def test_words_that_refuse_are_heard_in_any_column() -> None:
    values = ["Subscribed", "Unsubscribed", "opted out", None]
    assert rows("Email Consent", values, "email", kind="category") == [1, 2]


@pytest.mark.parametrize(
    ("name", "values", "forbidden"),
    [
        ("Do Not Call", ["X", "", None, "x", "-"], [0, 3]),
        ("DoNotCall", ["Ja", "Nein", "JA", ""], [0, 2]),
        ("DoNotCall", ["WAHR", "FALSCH"], [0]),
        ("Do Not Call", ["oui", "non", "S\u00ed", "n\u00e3o", "S\u00cc"], [0, 2, 4]),
        ("Do Not Call", ["Yes", "No", "Ask first", "Temporary", "none", "not given"], [0, 2, 3]),
        ("Do Not Call", ["2026-01-31", None, "0"], [0]),
        ("Call Opt Out", ["opted out", "opted in", "Opted-In", "withdrawn"], [0, 3]),
        ("Marketing Consent", ["Granted", "Declined", "", "unknown"], [1]),
        ("Marketing Consent", ["Given", "Not given", "Withdrawn", "Refused"], [1, 2, 3]),
        ("Opt-In", ["opted in", "none", "Opted-In", "opted out"], [1, 3]),
        ("Opt-In", ["Ja", "Nein", "s\u00ed", "SI", "X", "\u2713"], [1]),
        ("Opt-In", ["perhaps", "e-mail only", "\u0434\u0430"], [0, 1, 2]),
    ],
)
def test_what_is_given_forbids_unless_it_is_known_to_be_harmless(
    name: str, values: list[str | None], forbidden: list[int]
) -> None:
    assert rows(name, values, "call", kind="category") == forbidden


@pytest.mark.parametrize("values", [[True, False, None], [1, 0, None], [1.0, 0.0, None]])
def test_typed_columns_forbid_like_text(values: list[object]) -> None:
    schema = Schema((Column("Do Not Call", role="consent", kind="number"),))
    mask = barred(schema, pl.DataFrame({"Do Not Call": values}), "call")
    assert mask.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("name", "values", "forbidden"),
    [
        ("Do Not Call", ["Yes", "No", ""], [0]),
        ("No calls", ["asked by mail", None, "ask first"], [0, 2]),
        ("Call Consent", ["Granted", "Declined", None], [1]),
        ("Consent text", ["Version 1", "Version 2", None], []),
        ("Do Not Email", ["Yes", "No", ""], []),
        ("Notes", ["Yes", "No", ""], []),
    ],
)
def test_a_column_that_the_model_does_not_know_is_read_by_its_name(
    name: str, values: list[str | None], forbidden: list[int]
) -> None:
    mask = barred(Schema(()), pl.DataFrame({name: values}), "call")
    assert [row for row, forbids in enumerate(mask.tolist()) if forbids] == forbidden


def test_what_a_column_was_declared_to_be_counts_more_than_its_name() -> None:
    schema = Schema((Column("Do Not Call", role="feature"),))
    assert not barred(schema, pl.DataFrame({"Do Not Call": ["Yes"]}), "call").any()


def test_columns_that_are_not_there_forbid_nothing() -> None:
    schema = Schema((Column("Do Not Call", role="consent", kind="flag"),))
    assert not barred(schema, pl.DataFrame({"other": ["Yes"]}), "call").any()
