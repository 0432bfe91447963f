"""Dates in SQL: the parts of a written date, and whole microseconds since the year 1 made of them.

Whole-number arithmetic alone, which no database does differently and which raises for no text.
"""

from __future__ import annotations

from typing import Final

from leadlight.data.schema import Column
from leadlight.model.sql.dialects import Dialect

SINCE_1970: Final = 62_135_596_800_000_000
"""Microseconds from the first day of the year 1, a Monday, to 1970."""
DAY: Final = 86_400_000_000
PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "fraction", "half", "zone")

_SECONDS: Final = "(:([0-9]{2})([.,]([0-9]{1,9}))?)?"
_ZONE: Final = "(z|utc|[+-][0-9]{2}:?[0-5][0-9])?"
_CLOCK: Final = f"([t ]+([0-9]{{1,2}}):([0-9]{{2}}){_SECONDS} *(am|pm)? *{_ZONE})?"
_YEAR_FIRST: Final = "([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})" + _CLOCK
_YEAR_LAST: Final = "([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})" + _CLOCK
_PLACES: Final = {"hour": 5, "minute": 6, "second": 8, "fraction": 10, "half": 11, "zone": 12}
_DAY_PLACES: Final = {
    "iso": {"year": 1, "month": 2, "day": 3},
    "dmy": {"day": 1, "month": 2, "year": 3},
    "mdy": {"month": 1, "day": 2, "year": 3},
}


def part(column: str, name: str, dialect: Dialect) -> str:
    """The column that holds one part of a date."""
    return dialect.identifier(f"{column} ({name})")


def parts(column: Column, dialect: Dialect) -> dict[str, str]:
    """Each part of a written date: numbers as whole numbers, am or pm and the zone as text, else NULL."""
    x = dialect.lower(dialect.identifier(column.name))
    return {name: _part(x, name, column.date_format, dialect) for name in PARTS}


def _part(x: str, name: str, order: str, dialect: Dialect) -> str:
    first = _found(x, _YEAR_FIRST, {**_PLACES, **_DAY_PLACES["iso"]}[name], dialect)
    if order != "iso":
        last = _found(x, _YEAR_LAST, {**_PLACES, **_DAY_PLACES[order]}[name], dialect)
        first = f"COALESCE({last}, {first})"
    if name == "fraction":
        first = f"SUBSTR({first} || '000000', 1, 6)"
    return first if name in ("half", "zone") else dialect.whole(first)


def _found(x: str, pattern: str, place: int, dialect: Dialect) -> str:
    return f"NULLIF({dialect.group(x, pattern, place)}, '')"


def moment(column: str, dialect: Dialect) -> str:
    """Microseconds since the year 1, UTC; NULL where there is no such day or hour."""
    of = {name: part(column, name, dialect) for name in PARTS}
    hour, minute, second = (f"COALESCE({of[name]}, 0)" for name in ("hour", "minute", "second"))
    hour = (
        f"CASE {of['half']} WHEN 'am' THEN {hour} - {dialect.quotient(hour, '12')} * 12 "
        f"WHEN 'pm' THEN {hour} - {dialect.quotient(hour, '12')} * 12 + 12 ELSE {hour} END"
    )
    exists = (
        f"{of['year']} > 0 AND {of['month']} BETWEEN 1 AND 12"
        f" AND {of['day']} BETWEEN 1 AND {_length(of, dialect)}"
        f" AND COALESCE({of['hour']}, 0) <= CASE WHEN {of['half']} IN ('am', 'pm') THEN 12 ELSE 23 END"
        f" AND {minute} < 60 AND {second} < 60 AND ABS({_offset(of, dialect)}) < 1440"
    )
    minutes = f"(({_days(of, dialect)}) * 24 + {hour}) * 60 + {minute} - {_offset(of, dialect)}"
    return (
        f"CASE WHEN {exists} THEN (({minutes}) * 60 + {second}) * 1000000 + COALESCE({of['fraction']}, 0) END"
    )


def _offset(of: dict[str, str], dialect: Dialect) -> str:
    """The minutes by which a zone is ahead of UTC."""
    zone = of["zone"]
    hours = dialect.whole(f"SUBSTR({zone}, 2, 2)")
    minutes = dialect.whole(f"SUBSTR({zone}, LENGTH({zone}) - 1, 2)")
    sign = f"CASE WHEN SUBSTR({zone}, 1, 1) = '-' THEN -1 ELSE 1 END"
    return f"CASE WHEN SUBSTR({zone}, 1, 1) IN ('+', '-') THEN ({hours} * 60 + {minutes}) * {sign} ELSE 0 END"


def _length(of: dict[str, str], dialect: Dialect) -> str:
    year = of["year"]
    leap = " AND ".join(
        (
            f"{year} - {dialect.quotient(year, '4')} * 4 = 0",
            f"({year} - {dialect.quotient(year, '100')} * 100 <> 0"
            f" OR {year} - {dialect.quotient(year, '400')} * 400 = 0)",
        )
    )
    return (
        f"CASE WHEN {of['month']} = 2 THEN CASE WHEN {leap} THEN 29 ELSE 28 END "
        f"WHEN {of['month']} IN (4, 6, 9, 11) THEN 30 ELSE 31 END"
    )


def _days(of: dict[str, str], dialect: Dialect) -> str:
    """Days since the first of the year 1; the year is taken to begin in March."""
    late = f"CASE WHEN {of['month']} > 2 THEN 0 ELSE 1 END"
    year = f"({of['year']} - {late})"
    month = f"({of['month']} + 12 * ({late}) - 3)"
    leaps = (
        f"{dialect.quotient(year, '4')} - {dialect.quotient(year, '100')} + {dialect.quotient(year, '400')}"
    )
    return f"365 * {year} + {leaps} + {dialect.quotient(f'(153 * {month} + 2)', '5')} + {of['day']} - 307"


def days(moment: str, dialect: Dialect) -> str:
    return dialect.quotient(moment, str(DAY))


def weekday(moment: str, dialect: Dialect) -> str:
    """1 for Monday."""
    return f"({days(moment, dialect)} - {dialect.quotient(days(moment, dialect), '7')} * 7 + 1)"


def hour(moment: str, dialect: Dialect) -> str:
    hours = dialect.quotient(moment, "3600000000")
    return f"({hours} - {dialect.quotient(hours, '24')} * 24)"


def seconds(moment: str, dialect: Dialect) -> str:
    """Seconds since 1970, as a double."""
    return f"({dialect.real(f'({moment} - {SINCE_1970})')} / {dialect.value(1e6)})"
