"""Leads of any library become one kind of frame, and whole columns are read like single cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadlight.data import cells, frame, rows
from leadlight.errors import ColumnError, InputError
from tests.data.nasty import TEXTS, VALUES

FIVE = timezone(timedelta(hours=5))
MOMENT = datetime(2024, 2, 29, 10, 5)
PAIRS = [pair for pair in product(cells.DECIMALS, cells.THOUSANDS) if pair[0] != pair[1]]


def same(read: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Equal, and minus zero is not zero."""
    return list(map(repr, read)) == list(map(repr, wanted))


@given(st.lists(TEXTS | st.none(), max_size=30))
@example(["1e-400", "4.9e-324", "1.7976931348623159e308", "0." + "0" * 400 + "1", "9007199254740993"])
def test_a_column_of_text_is_read_as_its_cells_are(texts: list[str | None]) -> None:
    series = pl.Series("x", texts, dtype=pl.String)
    read = [None if text is None else cells.parse_number(text) for text in texts]
    assert same(frame.numbers(series).to_list(), read)
    for decimal, thousands in PAIRS:
        wanted = [None if text is None else cells.parse_number(text, decimal, thousands) for text in texts]
        assert same(frame.numbers(series, decimal, thousands).to_list(), wanted)
    for order in cells.DATE_ORDERS:
        moments = [None if text is None else cells.parse_date(text, order) for text in texts]
        assert frame.dates(series, order).to_list() == moments


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_float_written_as_text_is_read_bit_for_bit(values: list[float]) -> None:
    texts = pl.Series([repr(value) for value in values])
    assert same(frame.numbers(texts).to_list(), values)
    assert same(frame.numbers(frame.as_text(pl.Series(values))).to_list(), [value + 0.0 for value in values])


PLAIN = st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{1,14})?", fullmatch=True)


@given(st.lists(PLAIN | TEXTS | st.none(), max_size=30))
@example(["0", "-0", "0.0", "-0.5", "0.0001", "0.00001", "1.50", "999999999999999", "9999999999999999"])
def test_numbers_that_are_spared_would_have_been_left_as_they_are(texts: list[str | None]) -> None:
    series = pl.Series("x", texts, dtype=pl.String)
    spared = frame.map_but_numbers(series, lambda text: None)
    for text in spared.drop_nulls():
        assert cells.clean(text) == text
        assert cells.text_of(cells.parse_number(text)) == text
    read = frame.levels(series, ("0", "12"), {"7": "seven"}).to_list()
    plain = [None if text is None else cells.clean(text) for text in texts]
    assert read == [None if each in (None, "0", "12") else {"7": "seven"}.get(each, each) for each in plain]


@given(st.lists(TEXTS | st.none(), max_size=20))
def test_levels_are_plain_forms_with_placeholders_missing(texts: list[str | None]) -> None:
    missing, aliases = ("", "select", "n/a"), {"google": "search", "na": "namibia"}
    read = frame.levels(pl.Series(texts, dtype=pl.String), missing, aliases).to_list()
    plain = [None if text is None else cells.clean(text) for text in texts]
    assert read == [None if each is None or each in missing else aliases.get(each, each) for each in plain]


@pytest.mark.parametrize(
    ("series", "texts"),
    [
        (pl.Series([None, None]), [None, None]),
        (pl.Series([], dtype=pl.String), []),
        (pl.Series([1, None, -7]), ["1", None, "-7"]),
        (pl.Series([2**53 + 1]), ["9007199254740993"]),
        (pl.Series([2**64 - 1], dtype=pl.UInt64), ["18446744073709551615"]),
        (pl.Series([10**30], dtype=pl.Int128), ["1" + "0" * 30]),
        (pl.Series([1.0, 0.1, -0.0, None, math.nan, math.inf]), ["1", "0.1", "0", None, None, None]),
        (pl.Series([0.1, 1.0, 1e20], dtype=pl.Float32), ["0.1", "1", "1e+20"]),
        (pl.Series([True, None, False]), ["true", None, "false"]),
        (pl.Series(["x", None], dtype=pl.Categorical), ["x", None]),
        (pl.Series(["x", None], dtype=pl.Enum(["x", "y"])), ["x", None]),
        (pl.Series([Decimal("1.50"), Decimal("2.00"), None]), ["1.5", "2", None]),
        (pl.Series([date(2024, 2, 29), None]), ["2024-02-29", None]),
        (pl.Series([MOMENT]), ["2024-02-29T10:05:00"]),
        (pl.Series([time(10, 5)]), ["10:05:00"]),
        (pl.Series([timedelta(1)]), [None]),
        (pl.Series([[1], [2]]), [None, None]),
        (pl.Series([{"a": 1}]), [None]),
        (pl.Series([b"x"]), [None]),
        (pl.Series([10**15], dtype=pl.Int64).cast(pl.Datetime("ms")), [None]),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pl.Series) else "",
)
def test_typed_columns_become_text_one_way(series: pl.Series, texts: list[str | None]) -> None:
    read = frame.as_text(series)
    assert read.dtype == pl.String
    assert read.to_list() == texts


@pytest.mark.parametrize(
    "series",
    [
        pl.Series([MOMENT]),
        pl.Series([MOMENT]).cast(pl.Datetime("ns")),
        pl.Series([MOMENT]).cast(pl.Datetime("ms")),
        pl.Series([MOMENT.replace(tzinfo=UTC)]),
        pl.Series([datetime(2024, 2, 29, 15, 5, tzinfo=FIVE)]),
        pl.Series([MOMENT.replace(tzinfo=UTC)]).dt.convert_time_zone("Asia/Kolkata"),
        pl.Series(["2024-02-29 10:05"]),
        pl.Series(["2024-02-29T15:35:00+05:30"]),
        pl.Series(["2024-02-29T10:05:00Z"], dtype=pl.Categorical),
    ],
    ids=lambda series: str(series.dtype),
)
def test_one_moment_in_every_type(series: pl.Series) -> None:
    read = frame.dates(series)
    assert read.dtype == pl.Datetime("us")
    assert read.to_list() == [MOMENT]
    assert frame.seconds(read).tolist() == [frame.seconds_of(MOMENT)]


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_moments_beyond_the_calendar_are_missing(unit: Any) -> None:
    ticks = pl.Series([2**62, -(2**62), 0, None], dtype=pl.Int64).cast(pl.Datetime(unit))
    assert frame.dates(ticks).to_list() == [None, None, datetime(1970, 1, 1), None]
    days = pl.Series([2**31 - 1, 0], dtype=pl.Int32).cast(pl.Date)
    assert frame.dates(days).to_list() == [None, datetime(1970, 1, 1)]


CLOCK = st.integers(0, 61)
NEARLY_DATES = st.builds(
    "{:04d}-{:02d}-{:02d}{}".format,
    st.integers(0, 10_010),
    st.integers(0, 13),
    st.integers(0, 32),
    st.just("") | st.builds("{}{:02d}:{:02d}:{:02d}".format, st.sampled_from(" T"), *[CLOCK] * 3),
)


@given(st.lists(NEARLY_DATES | TEXTS | st.none(), max_size=20), st.sampled_from(cells.DATE_ORDERS))
@example(["2024-02-30", "2024-02-29 24:00:00", "2024-02-29 10:20:60", "1900-02-29T01:02:03"], "iso")
def test_columns_of_written_dates_are_read_as_their_cells_are(texts: list[str | None], order: str) -> None:
    column = pl.Series(texts, dtype=pl.String)
    wanted = [None if text is None else cells.parse_date(text, order) for text in texts]
    assert frame.dates(column, order).to_list() == wanted


def test_missing_moments_have_no_seconds() -> None:
    assert np.isnan(frame.seconds(pl.Series([None], dtype=pl.Datetime("us")))).all()
    assert np.isnan(frame.seconds(frame.dates(pl.Series([None])))).all()


def test_what_is_not_finite_is_no_number() -> None:
    series = pl.Series([1.0, math.nan, math.inf, -math.inf, None])
    assert frame.numbers(series).to_list() == [1.0, None, None, None, None]
    assert frame.numbers(pl.Series([True, False])).to_list() == [None, None]
    assert frame.numbers(pl.Series([Decimal("0.1"), None])).to_list() == [0.1, None]
    assert frame.numbers(pl.Series([0.1], dtype=pl.Float32)).to_list() == [0.1]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "ü", ""]), VALUES, max_size=4), min_size=1, max_size=10
    )
)
def test_nothing_is_lost_of_dictionaries_and_absent_keys_are_missing(records: list[dict[str, Any]]) -> None:
    read = frame.from_records(records)
    assert read.height == len(records)
    assert set(read.dtypes) <= {pl.String, pl.Int64, pl.Float64}
    shown = frame.shown(read)
    for name in read.columns:
        assert frame.as_text(shown[name]).to_list() == [cells.text_of(record.get(name)) for record in records]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, -3], pl.Int64),
        ([1, 2.5, Decimal("0.25"), np.float32(0.1), math.nan], pl.Float64),
        ([1, "2"], pl.String),
        ([2**53 + 1, 0.5], pl.String),
        ([2**70], pl.String),
        ([Decimal("0.12345678901234567890")], pl.String),
        ([True, False], pl.String),
        ([1, True], pl.String),
        ([date(2024, 2, 29)], pl.String),
        ([None, math.inf], pl.String),
    ],
)
def test_numbers_stay_numbers_where_nothing_is_lost(values: list[Any], kind: Any) -> None:
    """So that 1.5 is one and a half in a column whose texts have decimal commas."""
    assert frame.from_records([{"x": value} for value in values])["x"].dtype == kind


def test_a_number_keeps_its_value_beside_texts_with_other_marks() -> None:
    """And is the same level, id and content as the text that one would type for it."""
    values = [12.125, "3,5", "12.125", Decimal("0.250"), np.float32(0.5), 7, "7", 1.5e-7, None]
    raw = frame.from_records([{"x": value} for value in values])
    assert raw["x"].dtype == pl.String
    read = frame.numbers(raw["x"], ",", ".").to_list()
    assert read == [12.125, 3.5, 12125.0, 0.25, 0.5, 7.0, 7.0, 1.5e-7, None]
    typed = pl.DataFrame({"x": [cells.text_of(value) for value in values]})
    assert frame.levels(raw["x"], (), {}).to_list() == frame.levels(typed["x"], (), {}).to_list()
    assert rows.identities(raw["x"]).to_list() == typed["x"].to_list()
    assert rows.contents(raw, ["x"]).to_list() == rows.contents(typed, ["x"]).to_list()
    assert frame.shown(raw).equals(typed)


@pytest.mark.parametrize(
    "series",
    [
        pl.Series([12.125, 7.0, None, math.nan]),
        pl.Series([12.125, 7.0, None], dtype=pl.Float32),
        pl.Series([Decimal("12.125"), Decimal("7"), None]),
    ],
    ids=lambda series: str(series.dtype),
)
def test_a_typed_column_can_stand_among_texts(series: pl.Series) -> None:
    written = frame.texts(series)
    assert written.dtype == pl.String
    assert frame.numbers(written, ",", ".").to_list()[:3] == [12.125, 7.0, None]
    assert frame.texts(pl.Series(["12.125"])).to_list() == ["12.125"]


def test_objects_of_pandas_keep_numbers_beside_texts() -> None:
    pandas = pytest.importorskip("pandas")
    exact = pandas.array([12.125, None] * 2, "Float64")
    leads = pandas.DataFrame({"x": [12.125, "3,5", None, 7], "y": exact})
    read = frame.as_frame(leads)
    assert frame.numbers(read["x"], ",", ".").to_list() == [12.125, 3.5, None, 7.0]
    assert frame.numbers(read["y"], ",", ".").to_list() == [12.125, None] * 2


def test_records_without_anything_are_still_rows() -> None:
    assert frame.from_records([{}, {}]).height == 2
    assert frame.from_records([]).height == 0


@pytest.mark.parametrize("records", [[1], [["a"]], [{"a": 1}, None], [{1: "x"}], ["ab"]])
def test_what_is_no_dictionary_is_refused(records: list[Any]) -> None:
    with pytest.raises(InputError) as refused:
        frame.from_records(records)
    assert refused.value.code == "records"
    assert refused.value.where == f"item {len(records) - 1}"


@pytest.mark.parametrize("record", [{"a": "x\ud800"}, {"\udfff": "x"}])
def test_half_a_character_is_refused(record: dict[str, str]) -> None:
    with pytest.raises(InputError) as refused:
        frame.from_records([{"a": "fine"}, record])
    assert refused.value.code == "records"
    str(refused.value).encode()


@pytest.mark.parametrize("leads", [None, 5, "leads.csv", b"x", {"a": [1]}, np.zeros((2, 2)), pl.Series([1])])
def test_what_is_no_table_is_refused(leads: Any) -> None:
    with pytest.raises(InputError) as refused:
        frame.as_frame(leads)
    assert refused.value.code == "not_a_table"
    assert refused.value.hint


def test_polars_stays_as_it_is() -> None:
    leads = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    assert frame.as_frame(leads) is leads
    assert frame.as_frame(leads.lazy()).equals(leads)


def test_pandas_keeps_numbers_and_moments_and_writes_the_rest() -> None:
    pandas = pytest.importorskip("pandas")
    leads = pandas.DataFrame(
        {
            "whole": [1, 2],
            "gap": [1.0, None],
            "exact": pandas.array([2**53 + 1, None], dtype="Int64"),
            "truth": pandas.array([True, None], dtype="boolean"),
            "words": ["x", None],
            "level": pandas.Categorical(["x", None]),
            "mixed": [1.0, {"a": 1}],
            "lists": [np.array([1, 2]), date(2024, 2, 29)],
            "when": pandas.to_datetime(["2024-02-29T10:05:00", None]),
            "zone": pandas.to_datetime(["2024-02-29T15:05:00+05:00", None]),
            "never": pandas.to_datetime([None, None]),
            7: [1, 2],
        },
        index=[9, 9],
    )
    read = frame.as_frame(leads)
    assert read.drop("when", "zone", "never").rows() == [
        (1, 1.0, "9007199254740993", "true", "x", "x", "1", None, 1),
        (2, None, None, None, None, None, None, "2024-02-29", 2),
    ]
    assert frame.dates(read["when"]).to_list() == frame.dates(read["zone"]).to_list() == [MOMENT, None]
    assert frame.dates(read["never"]).to_list() == [None, None]
    assert read.columns[-1] == "7"
    assert frame.as_frame(pandas.DataFrame(index=[1, 2])).height == 2


def test_arrow_comes_through() -> None:
    arrow = pytest.importorskip("pyarrow")
    assert frame.as_frame(arrow.table({"a": [1, None], "b": ["x", None]})).rows() == [(1, "x"), (None, None)]


@pytest.mark.parametrize("names", [["a", "a"], [1, "1"]])
def test_doubled_names_are_refused(names: list[Any]) -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ColumnError) as refused:
        frame.as_frame(pandas.DataFrame([[1, 2]], columns=names))
    assert refused.value.code == "doubled_column"


def test_the_input_is_not_changed() -> None:
    pandas = pytest.importorskip("pandas")
    leads = pandas.DataFrame({"a": [1.0, None], "b": [" x", "y"]})
    before = leads.copy(deep=True)
    frame.levels(frame.as_frame(leads)["b"], ("y",), {})
    assert leads.equals(before)
