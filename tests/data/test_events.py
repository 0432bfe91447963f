"""Events: each is taken or rejected with a reason, and what they say of a lead knows nothing later."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.event_features import EventFeatures, EventType, known_types
from leadlight.data.event_line import Happened, columns_of
from leadlight.data.event_log import EventLog
from leadlight.errors import BundleError, ColumnError

START = datetime(2025, 3, 1)
SECOND = START.timestamp() - datetime(1970, 1, 1).timestamp()
DAY = 86_400.0
TYPES = ("visit", "mail", "call", "rare")


def told(*rows: tuple[Any, ...], columns: tuple[str, ...] = ("lead", "type", "time")) -> pl.DataFrame:
    return pl.DataFrame([list(map(str, row)) for row in rows], schema=list(columns), orient="row")


def arrived(*leads: str, days: float = 0.0) -> tuple[pl.Series, np.ndarray]:
    return pl.Series(leads), np.full(len(leads), SECOND + days * DAY)


def asked() -> EventFeatures:
    halves = (("call", 2.0), ("mail", 0.5), ("visit", 5.0))
    return EventFeatures.of(7.0, [EventType(name, days) for name, days in halves])


def test_every_event_is_taken_or_rejected_with_a_reason() -> None:
    """All bad input at once: the account balances, and each reason has its count."""
    rows = [
        ("a", "visit", "2025-03-02 10:00"),
        ("a", "visit", "2025-03-02 10:00"),
        ("a", "visit", "2025-02-27 10:00"),
        ("b", "mail", "2031-01-01 10:00"),
        ("", "mail", "2025-03-03"),
        ("nobody", "mail", "2025-03-03"),
        ("b", " ", "2025-03-03"),
        ("b", "mail", "soon"),
        ("b", "mail", "2025-03-03T10:00:00+02:00"),
        ("a", "mail", "2025-03-01 09:00:00"),
    ]
    log = EventLog.read(told(*rows), *arrived("a", "b"), SECOND + 400 * DAY)
    found = log.account
    assert found.events_in == len(rows) == found.taken + sum(found.rejected.values())
    assert dict(found.rejected) == {
        "no_lead": 1,
        "no_type": 1,
        "no_time": 1,
        "unknown_lead": 1,
        "before_lead": 1,
        "future": 1,
        "twice": 1,
    }
    assert found.remarks["mixed_zones"] == 1
    assert found.remarks["out_of_order"] == 1
    assert log.events["time"].max() == 1e6 * (SECOND + 2 * DAY + 8 * 3600)
    assert "10 events: 3 taken, 7 rejected (1 without a lead" in found.sentences[0]


def test_what_came_to_be_known_late_counts_from_then() -> None:
    """An event of the second day that is known on the fifth says nothing on the third."""
    columns = ("lead", "type", "time", "known_at")
    log = EventLog.read(
        told(
            ("a", "visit", "2025-03-02", "2025-03-05"),
            ("a", "visit", "2025-03-02", "2025-03-04"),
            ("a", "mail", "2025-03-03", ""),
            ("a", "call", "2025-03-03", "2025-03-01"),
            ("a", "call", "2025-03-03", "later"),
            columns=columns,
        ),
        *arrived("a"),
    )
    assert dict(log.account.rejected) == {"no_known_at": 1, "twice": 1}
    assert log.account.remarks["known_early"] == 1
    counts = [asked().apply(log, SECOND + day * DAY)["Events (times)"][0] for day in (1, 2, 3, 4)]
    assert counts == [0.0, 2.0, 3.0, 3.0]


def test_a_key_says_which_events_are_the_same() -> None:
    """Two equal visits with keys of their own are two; one sent again is one."""
    columns = ("lead", "event", "at", "key")
    rows = [("a", "visit", "2025-03-02", key) for key in ("1", "2", "2")]
    log = EventLog.read(told(*rows, columns=columns), *arrived("a"))
    assert (log.account.taken, dict(log.account.rejected)) == (2, {"twice": 1})


def test_events_without_a_needed_column_are_refused() -> None:
    """The sentence says which one, and which was probably meant."""
    with pytest.raises(ColumnError) as refusal:
        EventLog.read(told(("a", "visit"), columns=("lead", "typ")), *arrived("a"))
    assert refusal.value.code == "no_event_column"


def test_columns_of_one_lead_by_hand() -> None:
    """Each definition, worked out with a pencil."""
    log = EventLog.read(
        told(
            ("a", "visit", "2025-03-02 00:00"),
            ("a", "visit", "2025-03-02 00:20"),
            ("a", "call", "2025-03-05 12:00"),
            ("a", "odd", "2025-03-07 00:00"),
        ),
        *arrived("a", "b"),
    )
    found = asked().apply(log, SECOND + 7 * DAY).to_dicts()
    assert found[0] == {
        "call (faded)": 0.42,
        "call (times)": 1.0,
        "call (days since)": 2.5,
        "mail (faded)": 0.0,
        "mail (times)": 0.0,
        "mail (days since)": None,
        "visit (faded)": 0.87,
        "visit (times)": 2.0,
        "visit (days since)": 5.99,
        "Events (1 day)": 1.0,
        "Events (3 days)": 2.0,
        "Events (times)": 4.0,
        "Events (days since)": 1.0,
        "Events (days active)": 3.0,
        "Events (visits)": 3.0,
        "Events (last)": "other",
        "Events (rhythm)": 2.0,
        "Events (trend)": 0.0,
    }
    assert found[1]["Events (times)"] == 0.0
    assert found[1]["Events (last)"] is None


events = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(TYPES),
        st.integers(0, 20 * 24 * 60),
        st.integers(0, 3 * 24 * 60) | st.just(0),
    ),
    max_size=40,
)


def log_of(given_events: list[tuple[str, str, int, int]]) -> EventLog:
    rows = [
        (
            lead,
            kind,
            START + timedelta(minutes=minute),
            START + timedelta(minutes=minute + wait),
            number,
        )
        for number, (lead, kind, minute, wait) in enumerate(given_events)
    ]
    columns = ("lead", "type", "time", "known_at", "key")
    return EventLog.read(told(*rows, columns=columns), *arrived("a", "b", "c"))


@given(events, events, st.integers(0, 14))
def test_whatever_comes_later_changes_nothing(
    past: list[tuple[str, str, int, int]], more: list[tuple[str, str, int, int]], day: int
) -> None:
    """Events that happen or become known after the moment leave every column as it is, in any order."""
    moment = day * 24 * 60
    later = [each for each in more if each[2] + each[3] > moment]
    before = asked().apply(log_of(past), SECOND + day * DAY)
    assert before.equals(asked().apply(log_of([*later, *reversed(past)]), SECOND + day * DAY))


@given(events, st.floats(0.0, 20.0))
def test_one_lead_is_as_many(given_events: list[tuple[str, str, int, int]], days: float) -> None:
    """The columns of a single lead, as the service makes them, are those of a batch to the last bit."""
    at = SECOND + days * DAY
    many = asked().apply(log_of(given_events), at).to_dicts()
    for place, lead in enumerate("abc"):
        own = [
            Happened(kind, SECOND + minute * 60, SECOND + (minute + wait) * 60)
            for name, kind, minute, wait in given_events
            if name == lead
        ]
        assert columns_of(asked(), own, at) == many[place]


def test_definitions_are_data() -> None:
    """They go into JSON and come back the same; nonsense is refused."""
    plain = json.loads(json.dumps(asked().to_json()))
    assert EventFeatures.from_json(plain) == asked()
    for change in (
        {"moment": -1.0},
        {"types": []},
        {"features": [{"column": "x", "take": "secret"}]},
        {"features": [{"column": "x", "take": "faded", "type": "call", "half_life": 0}]},
        {"features": [{"column": "x", "take": "count", "window": 1e9}]},
    ):
        with pytest.raises(BundleError):
            EventFeatures.from_json({**plain, **change})


def test_a_type_that_few_leads_have_is_no_column() -> None:
    """Nothing that fewer than twenty leads did is named in a model."""
    leads = [f"L{number}" for number in range(40)]
    rows = [(lead, "visit", "2025-03-02") for lead in leads[:20]] + [
        (lead, "mail", "2025-03-02") for lead in leads[:19]
    ]
    log = EventLog.read(told(*rows), *arrived(*leads))
    assert known_types(log, np.full(40, SECOND + 7 * DAY)) == ["visit"]
    assert known_types(log, np.full(40, SECOND)) == []


def test_columns_find_names_that_are_free() -> None:
    """A column of the leads with the same name stays what it is."""
    taken = EventFeatures.of(7.0, [EventType("call", 2.0)], ["call (faded)"])
    assert taken.columns[0] == "call (faded) *"
