"""Outcome, id and time of a table, found or taken as told."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import frame, structure
from leadlight.data.frame import seconds_of
from leadlight.errors import ColumnError, InputError, QuestionError

NOTHING: tuple[tuple[str, ...], ...] = ((), (), ())
ROWS = 60


def table(**columns: list[Any]) -> pl.DataFrame:
    return pl.DataFrame({"Won": [str(k % 2) for k in range(ROWS)], **columns}, strict=False)


def settled(raw: pl.DataFrame, **asked: Any) -> structure.Structure:
    told: dict[str, Any] = {"outcome": None, "values": NOTHING, "id_column": None, "time": None, **asked}
    return structure.settle(raw, **told)


CODES = [f"L-{k:04}" for k in range(ROWS)]
NUMBERS = [str(1000 + k) for k in range(ROWS)]
DAYS = [f"2024-{1 + k // 28:02}-{1 + k % 28:02}" for k in range(ROWS)]
NAMES = [f"Anna Meier {k}" for k in range(ROWS)]
MAILS = [f"a{k}@example.org" for k in range(ROWS)]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"Key": CODES, "Number": NUMBERS}, "Key"),
        ({"Number": NUMBERS, "Key": CODES}, "Number"),
        ({"Number": [int(number) for number in NUMBERS]}, "Number"),
        ({"Number": [float(number) for number in NUMBERS]}, "Number"),
        ({"Number": [f"{number}.0" for number in NUMBERS]}, "Number"),
        ({"Created": DAYS, "Key": CODES}, "Key"),
        ({"Full Name": NAMES, "Mail": MAILS}, None),
        ({"Mail": MAILS, "Email": CODES}, None),
        ({"Comment": NAMES}, None),
        ({"Price": [f"{k}.5" for k in range(ROWS)]}, None),
        ({"Source": ["a", "b"] * 30}, None),
        ({"Lead ID": [*CODES[:-3], "", "null", None]}, "Lead ID"),
        ({"Lead ID": [*CODES[:-3], *CODES[:3]]}, "Lead ID"),
        ({"Code X": [*CODES[:-20], *CODES[:20]]}, None),
        ({"Visits": [*CODES[:-3], *CODES[:3]]}, None),
    ],
)
def test_the_id_is_the_leftmost_column_that_tells_rows_apart(
    columns: dict[str, list[Any]], found: str | None
) -> None:
    raw = table(**columns)
    assert structure.find_id(raw, "Won") == found
    texts = raw.select(frame.as_text(raw[name]).alias(name) for name in raw.columns)
    assert structure.find_id(texts, "Won") == found


@given(st.randoms())
def test_the_order_of_rows_decides_nothing(dice: random.Random) -> None:
    raw = table(Comment=["two words", *CODES[1:]], Key=[*CODES[:-2], "x", "x"], Created=DAYS)
    shuffled = raw[dice.sample(range(ROWS), ROWS)]
    assert settled(shuffled) == settled(raw)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"Created": DAYS}, "Created"),
        ({"create_date": DAYS, "Arrived": DAYS}, "create_date"),
        ({"CreatedAt": [datetime(2024, 1, 1 + k % 28) for k in range(ROWS)]}, "CreatedAt"),
        ({"Created": ["2024-01-01"] * ROWS}, None),
        ({"Created": [*DAYS[:29], *DAYS[:1] * 31]}, None),
        ({"Created": DAYS[:4] * 15}, None),
        ({"Created": [f"{day}T10:00:00.000Z" for day in DAYS]}, "Created"),
        ({"Created": ["03/04/2024"] * ROWS}, None),
        ({"Created": [*DAYS[:50], *[""] * 10]}, None),
        ({"Last seen": DAYS}, None),
        ({"Created": ["yesterday"] * ROWS}, None),
        ({"Created": [1709164800 + k for k in range(ROWS)]}, None),
    ],
)
def test_the_time_is_a_column_of_dates_named_like_an_arrival(
    columns: dict[str, list[Any]], found: str | None
) -> None:
    assert structure.find_time(table(**columns), ("Won",)) == found


def test_everything_is_settled_at_once() -> None:
    raw = table(
        Key=CODES, Created=[f"{1 + k % 28:02}.01.2024 10:00" for k in range(ROWS)], Visits=["1"] * ROWS
    )
    found = settled(raw)
    assert (found.target.column, found.id, found.time, found.kind.date_format) == (
        "Won",
        "Key",
        "Created",
        "dmy",
    )
    moments = found.moment(raw)
    assert moments is not None
    assert moments[1] == seconds_of(datetime(2024, 1, 2, 10))
    assert settled(table()).moment(table()) is None


def test_what_is_told_wins() -> None:
    raw = table(Key=CODES, Number=NUMBERS, Seen=DAYS, Created=DAYS, Stage=["Won", "Lost"] * 30)
    found = settled(raw, outcome="Stage", id_column="Number", time="Seen")
    assert (found.target.column, found.id, found.time) == ("Stage", "Number", "Seen")


@pytest.mark.parametrize(
    ("asked", "error", "code", "hint"),
    [
        ({"id_column": "Kye"}, ColumnError, "no_column", "Did you mean 'Key'?"),
        ({"time": "created"}, ColumnError, "no_column", "Did you mean 'Created'?"),
        ({"outcome": "WON"}, ColumnError, "no_target", "Did you mean 'Won'?"),
        ({"time": "Key"}, ColumnError, "time", "Choose another column with --time"),
        ({"outcome": "Key"}, QuestionError, "target_many_values", "Choose another column with --target"),
    ],
)
def test_what_cannot_be_is_refused_with_a_next_step(
    asked: dict[str, Any], error: type[Exception], code: str, hint: str
) -> None:
    with pytest.raises(error) as refused:
        settled(table(Key=CODES, Created=DAYS), **asked)
    assert refused.value.code == code  # type: ignore[attr-defined]
    assert hint in str(refused.value)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        settled(table(Key=CODES)[:0])
    assert refused.value.code == "no_rows"


def test_a_name_that_the_engine_would_take_for_a_pattern_is_refused() -> None:
    with pytest.raises(ColumnError) as refused:
        settled(table(**{"^.*$": CODES}))
    assert refused.value.code == "column_name"


def test_a_number_can_stand_for_time() -> None:
    """The audit offers numbers along which leads change; taken up, they part old from new."""
    raw = table(Key=CODES, Order=[str(600_000 + k) for k in range(ROWS)])
    found = settled(raw, time="Order")
    moments = found.moment(raw)
    assert moments is not None
    assert moments.tolist() == [600_000.0 + k for k in range(ROWS)]


def test_a_time_without_a_past_is_refused() -> None:
    raw = table(Key=CODES, Created=["2024-01-01"] * ROWS)
    with pytest.raises(ColumnError) as caught:
        settled(raw, time="Created")
    assert caught.value.code == "no_past"


def test_the_declared_order_of_dates_is_used() -> None:
    """03/04/2024 is not guessed, but it may be told."""
    raw = table(Key=CODES, Created=[f"0{1 + k % 9}/0{1 + k % 7}/2024" for k in range(ROWS)])
    found = settled(raw, time="Created", date_format="dmy")
    assert found.kind.date_format == "dmy"


REVENUES = [int(100_000 + 9_900_000 * ((k * 0.618) % 1)) for k in range(ROWS)]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"Annual Revenue": REVENUES, "Lead ID": CODES}, "Lead ID"),
        ({"Annual Revenue": REVENUES}, None),
        ({"Annual Revenue": [str(value) for value in REVENUES], "Visits": ["1", "2"] * (ROWS // 2)}, None),
        ({"Hash": CODES, "Lead ID": NUMBERS}, "Lead ID"),
        ({"Counter": NUMBERS}, "Counter"),
    ],
)
def test_a_number_that_happens_to_differ_in_each_lead_is_no_id(
    columns: dict[str, list[Any]], found: str | None
) -> None:
    assert structure.find_id(table(**columns), "Won") == found
