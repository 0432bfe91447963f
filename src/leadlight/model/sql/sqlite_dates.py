"""Written dates in SQLite, which has no patterns: cut into parts step by step, from the front to the zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from leadlight.data.schema import Column
from leadlight.model.sql.dialects import Dialect
from leadlight.model.sql.step import Columns

DIGIT: Final = "[0-9]"
_NUMBERS: Final = ("year", "month", "day", "hour", "minute", "second", "fraction")
_Part = Callable[[str], str]


def stages(column: Column, dialect: Dialect) -> list[Columns]:
    """What each step adds for one column; the last one has all parts, the year NULL where it is no date."""

    def of(name: str) -> str:
        return dialect.identifier(f"{column.name} ({name})")

    x = f"LOWER({dialect.identifier(column.name)})"
    made = (
        _front(x),
        _day(column.date_format, of),
        _hour(of),
        _second(of),
        _fraction(of),
        _half(of),
        _numbers(of, dialect),
    )
    return [{f"{column.name} ({name})": value for name, value in each.items()} for each in made]


def _front(x: str) -> Columns:
    """What stands between the first two separators, before and behind them."""
    plain = f"REPLACE(REPLACE({x}, '/', '-'), '.', '-')"
    start = f"INSTR({plain}, '-')"
    length = f"INSTR(SUBSTR({plain}, {start} + 1), '-')"
    return {
        "one": f"SUBSTR({x}, 1, {start} - 1)",
        "two": f"SUBSTR({x}, {start} + 1, {length} - 1)",
        "three": f"SUBSTR({x}, {start} + {length} + 1)",
    }


def _day(order: str, of: _Part) -> Columns:
    """Year, month, day, and what stands behind them."""
    one, two, three = of("one"), of("two"), of("three")
    short = f"({{0}} GLOB '{DIGIT}' OR {{0}} GLOB '{DIGIT * 2}')"
    width = f"CASE WHEN {three} GLOB '{DIGIT * 2}*' THEN 2 ELSE 1 END"
    first = f"{one} GLOB '{DIGIT * 4}' AND {short.format(two)} AND {three} GLOB '{DIGIT}*'"
    if order == "iso":
        return {
            "year": f"CASE WHEN {first} THEN {one} END",
            "month": two,
            "day": f"SUBSTR({three}, 1, {width})",
            "rest": f"SUBSTR({three}, 1 + {width})",
        }
    last = f"{short.format(one)} AND {short.format(two)} AND {three} GLOB '{DIGIT * 4}*'"
    day, month = (one, two) if order == "dmy" else (two, one)
    return {
        "year": f"CASE WHEN {last} THEN SUBSTR({three}, 1, 4) WHEN {first} THEN {one} END",
        "month": f"CASE WHEN {last} THEN {month} ELSE {two} END",
        "day": f"CASE WHEN {last} THEN {day} ELSE SUBSTR({three}, 1, {width}) END",
        "rest": f"CASE WHEN {last} THEN SUBSTR({three}, 5) ELSE SUBSTR({three}, 1 + {width}) END",
    }


def _hour(of: _Part) -> Columns:
    rest = of("rest")
    clock = f"LTRIM({rest}, 't ')"
    width = (
        f"CASE WHEN {clock} GLOB '{DIGIT * 2}:{DIGIT * 2}*' THEN 2 "
        f"WHEN {clock} GLOB '{DIGIT}:{DIGIT * 2}*' THEN 1 END"
    )
    behind = f"SUBSTR({clock}, {width} + 4)"
    return {
        "hour": f"SUBSTR({clock}, 1, {width})",
        "minute": f"SUBSTR({clock}, {width} + 2, 2)",
        "rest": f"CASE WHEN {rest} GLOB '[t ]*' THEN {behind} WHEN {rest} = '' THEN '' END",
    }


def _second(of: _Part) -> Columns:
    rest = of("rest")
    is_there = f"{rest} GLOB ':{DIGIT * 2}*'"
    return {
        "second": f"CASE WHEN {is_there} THEN SUBSTR({rest}, 2, 2) END",
        "rest": f"CASE WHEN {is_there} THEN SUBSTR({rest}, 4) ELSE {rest} END",
    }


def _fraction(of: _Part) -> Columns:
    rest = of("rest")
    is_there = f"{of('second')} IS NOT NULL AND {rest} GLOB '[.,]{DIGIT}*'"
    behind = f"LTRIM(SUBSTR({rest}, 2), '0123456789')"
    width = f"LENGTH({rest}) - 1 - LENGTH({behind})"
    digits = f"SUBSTR(SUBSTR({rest}, 2, {width}) || '000000', 1, 6)"
    left = f"CASE WHEN {is_there} THEN CASE WHEN {width} <= 9 THEN {behind} END ELSE {rest} END"
    return {"fraction": f"CASE WHEN {is_there} THEN {digits} END", "rest": f"LTRIM({left}, ' ')"}


def _half(of: _Part) -> Columns:
    rest = of("rest")
    is_there = f"SUBSTR({rest}, 1, 2) IN ('am', 'pm') AND {of('hour')} IS NOT NULL"
    return {
        "half": f"CASE WHEN {is_there} THEN SUBSTR({rest}, 1, 2) END",
        "zone": f"CASE WHEN {is_there} THEN LTRIM(SUBSTR({rest}, 3), ' ') ELSE {rest} END",
    }


def _numbers(of: _Part, dialect: Dialect) -> Columns:
    zone = of("zone")
    is_zone = (
        f"{zone} IN ('', 'z', 'utc') OR {zone} GLOB '[+-]{DIGIT * 2}[0-5]{DIGIT}' "
        f"OR {zone} GLOB '[+-]{DIGIT * 2}:[0-5]{DIGIT}'"
    )
    parts = {name: dialect.whole(of(name)) for name in _NUMBERS}
    return {**parts, "year": f"CASE WHEN {is_zone} THEN {parts['year']} END"}
