"""One cell, read by the grammar: what is a number, a date, a level, and what is missing."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import cells
from tests.data.nasty import LAST, STRANGERS, TEXTS, VALUES

JUNK = (
    "- + . -- +-1 1..2 1.2.3 1,234 1.234,5 1_000 $5 5% 0x10 1e 1e+ e5 1e400 inf -Infinity nan NaN NA yes "
    "\uff11\uff12 \u0661 \u00b2 1d 1f 1\x00 \u30001 \ufeff1 \u22121"
)
IST = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        (" Google ", " Google "),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (2.0**53, "9007199254740992"),
        (1e16, "1e+16"),
        (2**53 + 1, "9007199254740993"),
        (10**30, "1" + "0" * 30),
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (Decimal("1"), "1"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("0.0000001"), "1e-07"),
        (Decimal("0.12345678901234567890123456789012345"), "0.12345678901234567890123456789012345"),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Decimal("-Infinity"), None),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 10, 5), "2024-02-29T10:05:00"),
        (datetime(2024, 2, 29, 10, 5, tzinfo=IST), "2024-02-29T10:05:00+05:30"),
        (time(10, 5), "10:05:00"),
        (np.int64(7), "7"),
        (np.uint64(2**64 - 1), "18446744073709551615"),
        (np.float64(7), "7"),
        (np.float32(0.1), "0.1"),
        (np.float32("nan"), None),
        (np.longdouble(2), "2"),
        (np.bool_(True), "true"),
        (np.str_("x"), "x"),
        (np.datetime64("NaT"), None),
        (np.array(3), "3"),
        (np.array([3]), None),
    ],
)
def test_typed_values_become_text_one_way(value: Any, text: str | None) -> None:
    assert cells.text_of(value) == text


def test_an_integer_that_no_one_writes_is_missing() -> None:
    assert cells.text_of(10**5000) is None


def test_a_moment_of_numpy_is_a_date() -> None:
    text = cells.text_of(np.datetime64("2024-02-29T10:05:00.123456789"))
    assert text is not None
    assert cells.parse_date(text) == datetime(2024, 2, 29, 10, 5, 0, 123456)


def test_missing_values_of_pandas_are_missing() -> None:
    pandas = pytest.importorskip("pandas")
    assert cells.text_of(pandas.NaT) is None
    assert cells.text_of(pandas.NA) is None
    assert cells.text_of(pandas.Timestamp("2024-02-29")) == "2024-02-29T00:00:00"


@given(VALUES | st.sampled_from(STRANGERS) | st.sampled_from(LAST))
def test_any_value_is_text_or_missing(value: Any) -> None:
    assert isinstance(cells.text_of(value), str | None)


@pytest.mark.parametrize("value", STRANGERS, ids=lambda value: type(value).__name__)
def test_what_is_no_cell_is_missing(value: object) -> None:
    assert cells.text_of(value) is None


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_one_level_however_it_is_typed(number: int) -> None:
    forms = [number, float(number), Decimal(number), str(number), f"{number}.0", f" {number}.000\u00a0"]
    assert {cells.clean(cells.text_of(form) or "") for form in forms} == {str(number)}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_a_decimal_and_a_float_are_one_level(number: Decimal) -> None:
    assert cells.text_of(number) == cells.text_of(float(number))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("  Google\u00a0", "google"),
        ("\u202fGOOGLE\t", "google"),
        ("ZÜRICH", "zÜrich"),
        ("İ", "İ"),
        ("\u212a", "\u212a"),
        ("Two  Words", "two  words"),
        ("007", "007"),
        ("007.0", "007"),
        ("1.50", "1.50"),
        ("-0.0", "0"),
        ("-3.00", "-3"),
        ("1.", "1."),
        ("+1", "+1"),
        ("\uff11.0", "\uff11.0"),
        ("\u3000x", "\u3000x"),
        ("\x00", "\x00"),
        ("\u00a0", ""),
    ],
)
def test_a_level_is_trimmed_and_its_ascii_letters_are_lowered(text: str, level: str) -> None:
    assert cells.clean(text) == level


@given(TEXTS)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert cells.clean(cells.clean(text)) == cells.clean(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("+1", 1.0),
        ("-0", -0.0),
        (" 12.5\u00a0", 12.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e5", 1e5),
        ("1E-05", 1e-5),
        ("1e-400", 0.0),
        ("9007199254740993", 9007199254740992.0),
        ("9" * 300, 1e300),
    ],
)
def test_numbers(text: str, number: float) -> None:
    parsed = cells.parse_number(text)
    assert parsed == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [*JUNK.split(" "), "", " ", "1 2", "- 1", "9" * 400, "1e5.5"],
)
def test_what_is_not_a_number(text: str) -> None:
    assert cells.parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "number"),
    [
        ("1,234", ".", ",", 1234.0),
        ("-1,234,567.5", ".", ",", -1234567.5),
        ("1,5", ",", "", 1.5),
        ("1.234,5", ",", ".", 1234.5),
        ("1 234,5", ",", " ", 1234.5),
        ("1'234.5", ".", "'", 1234.5),
        ("12", ",", ".", 12.0),
        ("1,5e3", ",", "", 1500.0),
        ("1.5", ",", "", None),
        ("1,5", ".", "", None),
        ("12,34", ".", ",", None),
        ("1,2345", ".", ",", None),
        ("1234,567", ".", ",", None),
        (",234", ".", ",", None),
        ("1,,234", ".", ",", None),
        ("1.5,000", ".", ",", None),
        ("1,234", ",", ".", 1.234),
        ("1.234.5", ",", ".", None),
        ("1,\uff12\uff13\uff14", ".", ",", None),
        ("1.1e5", ",", ".", None),
        ("1.e10", ",", ".", None),
        ("1 234\u00a0567,5", ",", " ", 1234567.5),
        ("1\u2009234", ".", "\u202f", 1234.0),
        ("1'234\u2019567", ".", "\u2019", 1234567.0),
        ("1 23", ".", " ", None),
        (f"12.125{cells.NUMBER}", ",", ".", 12.125),
        (f" -1.5e-07{cells.NUMBER}", ",", "", -1.5e-7),
        (f"12,5{cells.NUMBER}", ",", "", None),
    ],
)
def test_only_declared_separators_are_read(
    text: str, decimal: str, thousands: str, number: float | None
) -> None:
    assert cells.parse_number(text, decimal, thousands) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_as_it_was_written(number: float) -> None:
    assert cells.parse_number(repr(number)) == number
    assert cells.parse_number(cells.text_of(number) or "") == number


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("2024-02-29", "iso", datetime(2024, 2, 29)),
        ("2024/2/9", "iso", datetime(2024, 2, 9)),
        (" 2024.02.09 ", "iso", datetime(2024, 2, 9)),
        ("2024-02-29 10:20", "iso", datetime(2024, 2, 29, 10, 20)),
        ("2024-02-29T10:20:30Z", "iso", datetime(2024, 2, 29, 10, 20, 30)),
        ("2024-02-29T10:20:30.5+05:30", "iso", datetime(2024, 2, 29, 4, 50, 30, 500000)),
        ("2024-03-01T00:30:00-0100", "iso", datetime(2024, 3, 1, 1, 30)),
        ("2024-02-29 10:20:30 UTC", "iso", datetime(2024, 2, 29, 10, 20, 30)),
        ("2024-02-29 12:05 am", "iso", datetime(2024, 2, 29, 0, 5)),
        ("2024-02-29 12:05 PM", "iso", datetime(2024, 2, 29, 12, 5)),
        ("9999-12-31", "iso", datetime(9999, 12, 31)),
        ("03/04/2024", "dmy", datetime(2024, 4, 3)),
        ("03/04/2024", "mdy", datetime(2024, 3, 4)),
        ("31.12.2024 23:59", "dmy", datetime(2024, 12, 31, 23, 59)),
        ("2024-04-03", "dmy", datetime(2024, 4, 3)),
    ],
)
def test_dates(text: str, order: str, moment: datetime) -> None:
    assert cells.parse_date(text, order) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "2023-02-29",
        "0000-00-00",
        "2024-13-01",
        "03/04/05",
        "03/04/2024",
        "20240229",
        "1709164800",
        "1709164800000",
        "2024-02-29 25:00",
        "2024-02-29 24:00",
        "2024-02-29 10:60",
        "2024-02-29 10:20:60",
        "2024-02-29 13:00 PM",
        "2024-02-29 25:00 pm",
        "2024-02-29T10:20+99:00",
        "2024-02-29T10:20+01:75",
        "2024-02-29T10",
        "9999-12-31T23:59:59-05:00",
        "0001-01-01T00:00:00+05:00",
        "\uff12024-02-29",
        "\u0662\u0660\u0662\u0664-02-29",
        "12024-02-29",
        "yesterday",
        "",
    ],
)
def test_what_is_not_a_date(text: str) -> None:
    assert cells.parse_date(text) is None


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.sampled_from([None, UTC, IST])))
def test_typed_moments_are_read_in_every_order(moment: datetime) -> None:
    """A column declared as day first may come typed from Excel or Parquet."""
    plain = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    text = cells.text_of(moment) or ""
    assert {cells.parse_date(text, order) for order in cells.DATE_ORDERS} == {plain}


@given(TEXTS)
def test_any_text_is_read_or_missing(text: str) -> None:
    number = cells.parse_number(text)
    assert number is None or math.isfinite(number)
    for order in cells.DATE_ORDERS:
        moment = cells.parse_date(text, order)
        assert moment is None or moment.tzinfo is None


def test_namibia_is_not_missing() -> None:
    assert not {"na", "none", "nan"} & set(cells.PLACEHOLDERS)
    assert all(cells.clean(word) == word for word in cells.PLACEHOLDERS)
