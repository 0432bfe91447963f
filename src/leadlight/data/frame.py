"""Leads as a polars frame, whatever they came as, and whole columns read with the grammar of `cells`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells
from leadlight.errors import ColumnError, InputError

_FIRST_DAY = (date(1, 1, 2) - date(1970, 1, 1)).days
_LAST_DAY = (date(9999, 12, 30) - date(1970, 1, 1)).days


def as_frame(leads: Any) -> pl.DataFrame:
    """Take a dataframe of any library, or a list of dictionaries, as a raw polars frame."""
    if isinstance(leads, pl.DataFrame):
        return leads
    if isinstance(leads, pl.LazyFrame):
        return leads.collect()
    if isinstance(leads, Sequence) and not isinstance(leads, str | bytes):
        return from_records(leads)
    return _through_narwhals(leads)


def is_table(leads: Any) -> bool:
    """Whether it is a dataframe, of whatever library."""
    import narwhals as nw

    return bool(nw.dependencies.is_into_dataframe(leads))


def known_kinds(table: Any) -> list[str | None]:
    """Column by column: number or category where its own library knows it as that."""
    import narwhals as nw

    def kind(dtype: Any) -> str | None:
        if dtype in (nw.Categorical, nw.Enum):
            return "category"
        return "number" if dtype.is_numeric() else None

    return [kind(dtype) for dtype in nw.from_native(table).schema.values()]


def unread(table: Any, leads: pl.DataFrame) -> list[str]:
    """The columns that hold something in the table, but nothing that can be read: lists, durations."""
    import narwhals as nw

    held = nw.from_native(table)
    return [
        series.name
        for k, series in enumerate(leads)
        if not series.dtype.is_numeric()
        and as_text(series).null_count() == leads.height
        and held[:, k].null_count() < leads.height
    ]


def from_records(records: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Make a frame from dictionaries; a key that a record lacks is missing there."""
    names: dict[str, None] = {}
    for number, record in enumerate(records):
        if not isinstance(record, Mapping) or not all(isinstance(name, str) for name in record):
            raise InputError(
                "Each lead has to be a dictionary of column names and values.",
                code="records",
                where=f"item {number}",
            )
        names.update(dict.fromkeys(record))
    columns = {name: column(name, [record.get(name) for record in records]) for name in names}
    return pl.DataFrame(columns or None, height=len(records))


def column(name: str, values: Sequence[Any]) -> pl.Series:
    """Numbers stay numbers where nothing is lost by that; all else becomes text one way."""
    if {*map(type, values)} <= _TEXTS:
        return _text_column(name, values)
    texts = _text_column(name, [cells.text_of(value) for value in values])
    if texts.null_count() == len(texts):
        return texts
    if not any(isinstance(value, str) for value in values):
        for kind in (pl.Int64, pl.Float64):
            typed = texts.cast(kind, strict=False)
            if as_text(typed).equals(texts):
                return typed
    return _among_texts(texts, values)


_TEXTS: Final = frozenset({str, type(None)})
_POINTED: Final = r"^[-+0-9eE]*\.[-+0-9eE]*$"
_CAME: Final = rf"^([-+0-9.eE]+){cells.NUMBER}$"


def _among_texts(texts: pl.Series, values: Sequence[Any]) -> pl.Series:
    """The texts of some values, with those that came as numbers known as such where a mark could tell."""
    pointed = texts.str.contains(_POINTED).fill_null(False).arg_true()
    places = [place for place in pointed.to_list() if not isinstance(values[place], str)]
    return texts.scatter(places, texts.gather(places) + cells.NUMBER) if places else texts


def texts(series: pl.Series) -> pl.Series:
    """Turn a column into text that can stand among other texts: numbers stay known as numbers."""
    plain = as_text(series)
    if not series.dtype.is_float() and not series.dtype.is_decimal():
        return plain
    pointed = plain.str.contains(_POINTED).fill_null(False)
    return plain.zip_with(~pointed, plain + cells.NUMBER)


def shown(raw: pl.DataFrame) -> pl.DataFrame:
    """Leads for whoever looks at them: nothing in their texts says any more what came as a number."""
    told = [series.str.replace(_CAME, "$1") for series in raw if has_numbers(series)]
    return raw.with_columns(told) if told else raw


def has_numbers(series: pl.Series) -> bool:
    """Whether numbers that came as such stand among texts."""
    return series.dtype == pl.String and bool(series.str.ends_with(cells.NUMBER).any())


def _text_column(name: str, texts: Sequence[str | None]) -> pl.Series:
    try:
        return pl.Series(name, texts, dtype=pl.String)
    except UnicodeEncodeError:
        raise InputError(
            f"A text or the name of column {name!a} is not Unicode: it holds half of a surrogate pair.",
            code="records",
            hint="Read the leads again with the encoding that they were written in.",
        ) from None


def _through_narwhals(leads: Any) -> pl.DataFrame:
    import narwhals as nw

    try:
        frame = nw.from_native(leads)
    except nw.exceptions.DuplicateError:
        raise _doubled() from None
    except TypeError:
        raise InputError(
            f"A {type(leads).__name__} is not a table of leads.",
            code="not_a_table",
            hint="Give a path, a dataframe or a list of dictionaries.",
        ) from None
    table = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    if table.implementation.is_pandas_like():
        return _from_pandas(table.to_pandas())
    return table.to_polars()


def _from_pandas(frame: Any) -> pl.DataFrame:
    """Numbers and moments stay typed; columns of Python objects hold anything and become text one way."""
    columns = {str(name): _pandas_column(str(name), frame[name]) for name in frame.columns}
    if len(columns) < len(frame.columns):
        raise _doubled()
    return pl.DataFrame(columns or None, height=len(frame))


def _doubled() -> ColumnError:
    return ColumnError("More than one column has the same name.", code="doubled_column")


def _pandas_column(name: str, values: Any) -> pl.Series:
    kind = getattr(values.dtype, "kind", "O")
    if isinstance(values.dtype, np.dtype) and kind in "iufb":
        return pl.Series(name, values.to_numpy(), nan_to_null=True)
    if kind == "M":
        moments = [
            None if cells.text_of(value) is None else value.to_pydatetime() for value in values.tolist()
        ]
        return pl.Series(name, moments, dtype=None if any(moments) else pl.Datetime("us"))
    objects = values.tolist()
    return _among_texts(_text_column(name, [cells.text_of(value) for value in objects]), objects)


def map_distinct(series: pl.Series, function: Callable[[Any], Any], dtype: Any) -> pl.Series:
    """Apply a Python function to each distinct value once."""
    distinct, places = _distinct(series)
    mapped = pl.Series(series.name, [function(value) for value in distinct], dtype=dtype, strict=False)
    return mapped.gather(places)


_PLAIN_NUMBER: Final = r"^(?:0|-?[1-9][0-9]*(?:\.[0-9]*[1-9])?|-?0\.0{0,3}[1-9](?:[0-9]*[1-9])?)$"
_LONGEST_PLAIN: Final = 15
"""A double holds so many digits exactly, and is written back with the same ones."""


def _is_plain_number(texts: pl.Series) -> pl.Series:
    return texts.str.contains(_PLAIN_NUMBER) & (texts.str.len_bytes() <= _LONGEST_PLAIN)


def map_but_numbers(texts: pl.Series, function: Callable[[str], str | None]) -> pl.Series:
    """Apply a function to each distinct text once, sparing it numbers in their plainest form.

    For functions that leave such numbers as they are: columns of measures have as many as rows.
    """
    plain = _is_plain_number(texts).fill_null(value=False)
    if not plain.any():
        return map_distinct(texts, function, pl.String)
    return texts.zip_with(plain, map_distinct(texts.set(plain, None), function, pl.String))


def _distinct(series: pl.Series) -> tuple[list[Any], pl.Series]:
    """The distinct values, and which of them stands in each place; texts are hashed once for both."""
    if series.dtype != pl.String:
        distinct = series.unique().drop_nulls()
        numbers = pl.int_range(len(distinct), dtype=pl.UInt32, eager=True)
        return distinct.to_list(), series.replace_strict(distinct, numbers, default=None)
    texts = pl.Categories.random()
    coded = series.cast(pl.Categorical(texts))
    return texts.to_series().to_list(), coded.to_physical()


def counted(series: pl.Series) -> list[tuple[Any, int]]:
    """Each known value with its number of rows, the most frequent first, equally frequent ones by value."""
    counts = series.drop_nulls().alias("value").value_counts(name="rows")
    return list(counts.sort("rows", "value", descending=[True, False]).iter_rows())


def as_text(series: pl.Series) -> pl.Series:
    """Turn a typed column into text one way (see `cells.text_of`); text stays as it is."""
    if series.dtype == pl.String:
        return series
    if series.dtype in (pl.Categorical, pl.Enum, pl.Boolean) or series.dtype.is_integer():
        return series.cast(pl.String)
    if series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object, pl.Null):
        return pl.Series(series.name, [None], dtype=pl.String).new_from_index(0, len(series))
    if series.dtype in (pl.Float32, pl.Float16):
        return map_distinct(series.cast(pl.String), lambda text: cells.text_of(float(text)), pl.String)
    return map_distinct(_within_reach(series), cells.text_of, pl.String)


def _within_reach(series: pl.Series) -> pl.Series:
    """Moments outside the years that Python knows are no dates."""
    ticks = {"ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}.get(getattr(series.dtype, "time_unit", ""), 0)
    if series.dtype == pl.Date or (isinstance(series.dtype, pl.Datetime) and ticks):
        days = series.to_physical().cast(pl.Int64) // (ticks * 86_400 or 1)
        return series.set(~days.is_between(_FIRST_DAY, _LAST_DAY), None)
    return series


def levels(series: pl.Series, placeholders: Sequence[str], aliases: Mapping[str, str]) -> pl.Series:
    """Read a column as levels: plain forms, placeholders missing, learnt spellings made one."""
    missing = frozenset(placeholders)

    def level(text: str) -> str | None:
        plain = cells.clean(text)
        return None if plain in missing else aliases.get(plain, plain)

    named = pl.Series([*missing, *aliases], dtype=pl.String)
    if _is_plain_number(named).any():
        return map_distinct(as_text(series), level, pl.String)
    return map_but_numbers(as_text(series), level)


def numbers(series: pl.Series, decimal: str = ".", thousands: str = "") -> pl.Series:
    """Read a column as numbers; what is not a finite number is missing."""
    if series.dtype.is_integer() or series.dtype == pl.Float64:
        plain = series.cast(pl.Float64)
    elif series.dtype.is_numeric():
        plain = as_text(series).cast(pl.Float64, strict=False)
    elif decimal == "." and not thousands:
        plain = _plain_numbers(as_text(series))
    else:
        plain = _marked_numbers(as_text(series), decimal, thousands)
    finite = plain.is_finite()
    return plain if finite.all() else plain.set(~finite, None)


def _plain_numbers(texts: pl.Series) -> pl.Series:
    """Blanks around numbers are rare, so they are taken off only where something could not be read."""
    values = texts.cast(pl.Float64, strict=False)
    if values.null_count() == texts.null_count():
        return values
    return texts.str.strip_chars(cells.BLANKS).cast(pl.Float64, strict=False)


def _marked_numbers(texts: pl.Series, decimal: str, thousands: str) -> pl.Series:
    """What the grammar of these marks takes, and what came as a number."""
    came = texts.str.ends_with(cells.NUMBER)
    short = texts.str.strip_chars(cells.BLANKS)
    plain = short.set(~(short.str.contains(f"^{cells.grammar(decimal, thousands)}$") | came), None)
    for mark in cells.alike(thousands) if thousands else "":
        plain = plain.str.replace_all(mark, "", literal=True)
    plain = plain.str.replace(decimal, ".", literal=True)
    return plain.zip_with(~came, short).cast(pl.Float64, strict=False)


def dates(series: pl.Series, order: str = "iso") -> pl.Series:
    """Read a column as naive UTC moments; what is not a date is missing."""
    if series.dtype in (pl.Date, pl.Datetime):
        series = _within_reach(series)
    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("us"))
    if isinstance(series.dtype, pl.Datetime):
        local = (
            series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            if series.dtype.time_zone
            else series
        )
        return local.cast(pl.Datetime("us"))
    return _written_dates(as_text(series), order)


_DAY: Final = "[12][0-9]{3}-[01][0-9]-[0-3][0-9]"
_CLOCK: Final = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
_PLAIN_DATES: Final = {
    f"^{_DAY} {_CLOCK}$": "%Y-%m-%d %H:%M:%S",
    f"^{_DAY}T{_CLOCK}$": "%Y-%m-%dT%H:%M:%S",
    f"^{_DAY}T{_CLOCK}Z$": "%Y-%m-%dT%H:%M:%SZ",
    f"^{_DAY}T{_CLOCK}[.][0-9]{{1,6}}$": "%Y-%m-%dT%H:%M:%S%.f",
    f"^{_DAY}T{_CLOCK}[.][0-9]{{1,6}}Z$": "%Y-%m-%dT%H:%M:%S%.fZ",
    f"^{_DAY}$": "%Y-%m-%d",
}
"""Forms that say the same in every order, and are read as whole columns."""


def _written_dates(texts: pl.Series, order: str) -> pl.Series:
    found = pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, len(texts)).alias(texts.name)
    for pattern, form in _PLAIN_DATES.items():
        plain = texts.set(~texts.str.contains(pattern), None)
        if plain.null_count() < len(texts):
            read = plain.str.to_datetime(form, time_unit="us", strict=False)
            found, texts = found.zip_with(found.is_not_null(), read), texts.set(read.is_not_null(), None)
    if texts.null_count() == len(texts):
        return found
    read = map_distinct(texts, lambda text: cells.parse_date(text, order), pl.Datetime("us"))
    return found.zip_with(found.is_not_null(), read)


def seconds(series: pl.Series) -> np.ndarray:
    """Moments as seconds since 1970, missing ones NaN."""
    return series.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64).to_numpy() / 1e6


def seconds_of(moment: datetime) -> float:
    """A moment as seconds since 1970."""
    return (moment - datetime(1970, 1, 1)).total_seconds()
