"""A column is read the same way whole or cell by cell, typed or as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.data import frame
from leadlight.data.cells import PLACEHOLDERS
from leadlight.data.schema import FLAG_SPELLINGS, KINDS, Column, Schema
from leadlight.errors import BundleError, ColumnError
from tests.data.nasty import TEXTS, VALUES

COLUMNS = (
    *(Column("x", kind=kind) for kind in KINDS),
    Column("x", kind="number", decimal=",", thousands="."),
    Column("x", kind="number", decimal=".", thousands=","),
    Column("x", kind="number", placeholders=("-1", "999", "0", "unknown")),
    Column("x", kind="number", decimal=",", placeholders=("9,5",)),
    Column("x", kind="date", date_format="dmy"),
    Column("x", kind="date", date_format="mdy"),
    Column("x", kind="category", placeholders=("", "na", "1"), aliases={"google": "search", "7": "seven"}),
    Column("x", kind="flag", aliases={"si": "yes"}),
    Column("x", kind="text", placeholders=("select", "k", "1")),
)
TYPED = {
    pl.Int64: st.integers(-(2**63), 2**63 - 1),
    pl.UInt64: st.integers(0, 2**64 - 1),
    pl.Int128: st.integers(-(2**100), 2**100),
    pl.Float64: st.floats(),
    pl.Boolean: st.booleans(),
    pl.String: TEXTS,
    pl.Date: st.dates(date(1, 1, 3), date(9999, 12, 29)),
    pl.Datetime("us"): st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),
    pl.Time: st.times(),
    pl.Decimal(30, 4): st.decimals(-(10**20), 10**20, places=4),
}
read_as = pytest.mark.parametrize(
    "column", COLUMNS, ids=lambda each: f"{each.kind}{each.date_format}{each.decimal}"
)


def unsigned(values: list[Any]) -> list[Any]:
    """Minus zero is written as 0."""
    return [value + 0.0 if isinstance(value, float) else value for value in values]


def alike(whole: list[Any], single: list[Any]) -> bool:
    return list(map(repr, whole)) == list(map(repr, single))


@read_as
@given(values=st.lists(VALUES, min_size=1, max_size=20))
def test_a_column_of_dictionaries_is_read_as_its_cells_are(column: Column, values: list[Any]) -> None:
    """Numbers and texts in one column as well, whatever marks the texts have."""
    raw = frame.from_records([{"x": value} for value in values])["x"]
    whole = column.read(raw).to_list()
    assert alike(whole, [column.read_one(cell) for cell in raw.to_list()])
    assert alike(unsigned(whole), unsigned([column.read_one(value) for value in values]))


@read_as
@pytest.mark.parametrize("kind", TYPED, ids=str)
@settings(max_examples=10)
@given(data=st.data())
def test_a_typed_column_is_read_as_its_cells_are(column: Column, kind: Any, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | TYPED[kind], min_size=1, max_size=20))
    series = pl.Series("x", values, dtype=kind)
    whole = column.read(series)
    assert alike(whole.to_list(), [column.read_one(value) for value in series.to_list()])
    assert alike(unsigned(column.read(frame.texts(series)).to_list()), unsigned(whole.to_list()))


@read_as
@given(texts=st.lists(TEXTS | st.none(), min_size=1, max_size=20))
def test_the_type_of_the_output_does_not_depend_on_the_cells(column: Column, texts: list[str | None]) -> None:
    kinds = {"number": pl.Float64, "date": pl.Datetime("us")}
    series = pl.Series("x", texts, dtype=pl.String)
    read = column.read(series)
    assert read.dtype == kinds.get(column.kind, pl.String)
    assert len(read) == len(texts)
    order = list(reversed(range(len(texts))))
    assert alike(column.read(series[order]).to_list(), read[order].to_list())


@pytest.mark.parametrize("value", [1, 1.0, "1", "1.0", " 1 ", Decimal("1.00"), True])
def test_one_value_is_one_level_however_it_is_typed(value: Any) -> None:
    column = Column("x", aliases={"true": "1"})
    assert column.read_one(value) == "1"
    assert column.read(frame.from_records([{"x": value}])["x"]).to_list() == ["1"]


def test_what_is_missing_and_what_is_not() -> None:
    column = Column("Country")
    texts = ["Select", " N/A ", "unknown", "-", "", "\u00a0", "NULL", "NA", "None", "nan", "0"]
    assert column.read(pl.Series(texts)).to_list() == [None] * 7 + ["na", "none", "nan", "0"]


def test_flags_are_yes_and_no() -> None:
    column = Column("x", kind="flag")
    for word, meaning in FLAG_SPELLINGS.items():
        assert column.read_one(word.upper()) == meaning
    assert column.read(pl.Series([True, False, None])).to_list() == ["yes", "no", None]
    assert column.read(pl.Series([1, 0, None])).to_list() == ["yes", "no", None]
    assert column.read(pl.Series([1.0, 0.0, float("nan")])).to_list() == ["yes", "no", None]


def test_numbers_that_mean_missing() -> None:
    column = Column("x", kind="number", placeholders=("-1", "999", "n/a"))
    assert column.read(pl.Series(["-1", "999.0", "9.99e2", "998", "-1.5"])).to_list() == [
        None,
        None,
        None,
        998.0,
        -1.5,
    ]
    assert column.read_one(-1) is None
    assert Column("x", kind="number", decimal=",", placeholders=("9,5",)).read_one("9,50") is None


def test_a_day_first_column_may_come_typed() -> None:
    column = Column("x", kind="date", date_format="dmy")
    wanted = datetime(2024, 4, 3)
    zone = timezone(timedelta(hours=2))
    for value in ("03/04/2024", date(2024, 4, 3), wanted, datetime(2024, 4, 3, 2, tzinfo=zone)):
        assert column.read_one(value) == wanted
        assert column.read(frame.from_records([{"x": value}])["x"]).to_list() == [wanted]
    assert column.read(pl.Series([wanted.replace(tzinfo=UTC)])).to_list() == [wanted]


def test_only_ascii_letters_are_lowered_where_placeholders_are_sought() -> None:
    column = Column("x", kind="text", placeholders=("k", "étage"))
    texts = ["K", "\u212a", "ÉTAGE", "étage"]
    assert column.read(pl.Series(texts)).to_list() == [None, "\u212a", "ÉTAGE", None]
    assert [column.read_one(text) for text in texts] == [None, "\u212a", "ÉTAGE", None]


def test_apply_types_what_the_model_needs_and_absent_columns_are_missing() -> None:
    schema = Schema(
        (
            Column("id", role="id", kind="text"),
            Column("n", kind="number"),
            Column("gone", kind="category"),
            Column("left out", kind="category", used=False),
            Column("mail", role="personal"),
            Column("when", role="time", kind="date"),
            Column("no calls", role="consent", kind="flag"),
        )
    )
    raw = pl.DataFrame({"n": ["1", "x"], "when": ["2024-02-29", ""], "no calls": ["Yes", ""], "more": [1, 2]})
    before = raw.clone()
    typed = schema.apply(raw)
    assert typed.columns == ["n", "gone", "when", "no calls"]
    assert typed.rows() == [(1.0, None, datetime(2024, 2, 29), "yes"), (None, None, None, None)]
    assert raw.equals(before)
    assert schema.apply(pl.DataFrame(height=3)).shape == (3, 4)
    assert schema.apply(raw.select(reversed(raw.columns))).equals(typed)
    assert schema.apply(raw[:0]).schema == typed.schema


@pytest.mark.parametrize("column", COLUMNS, ids=lambda each: each.kind)
def test_a_column_survives_json(column: Column) -> None:
    schema = Schema((column, Column("y", role="id", labels={"a": "A"}, group="source")))
    assert Schema.from_json(schema.to_json()).to_json() == schema.to_json()
    assert Schema.from_json(schema.to_json()) == schema


WRONG: list[dict[str, Any]] = [
    {"role": "boss"},
    {"kind": "json"},
    {"group": "misc"},
    {"date_format": "ymd"},
    {"decimal": ""},
    {"decimal": ";"},
    {"decimal": ",", "thousands": ","},
    {"thousands": "x"},
    {"name": 7},
    {"used": "no"},
    {"placeholders": [None]},
    {"aliases": {"a": 1}},
    {"labels": {"a": None}},
    {"missing": [1]},
    {"expression": None},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_contradicts_itself_in_a_bundle_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        Column.from_json(Column("x").to_json() | wrong)


def test_a_name_stands_once() -> None:
    with pytest.raises(ColumnError) as refused:
        Schema((Column("x"), Column("y"), Column("x")))
    assert refused.value.code == "doubled_column"


def test_roles() -> None:
    schema = Schema((Column("a", role="id"), Column("b", role="sensitive"), Column("c"), Column("d")))
    assert schema.name_of("id") == "a"
    assert schema.name_of("time") is None
    assert [column.name for column in schema.inputs] == ["c", "d"]
    assert "b" in schema
    changed = schema.replacing([Column("c", used=False)])
    assert [column.name for column in changed.inputs] == ["d"]
    assert [column.name for column in changed.columns] == ["a", "b", "c", "d"]
    assert schema["c"].placeholders == PLACEHOLDERS
