"""Written dates in SQLite, which has no patterns: cut into parts step by step, from the front to the zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from leadlight.data.schema import Column
from leadlight.model.sql.dialects import Dialect
from leadlight.model.sql.step import Columns

DIGIT: Final = "[0-9]"
_NUMBERS: Final = "year month day hour minute second fraction"


def stages(column: Column, dialect: Dialect) -> list[Columns]:
    """What each step adds for one column; the last one has all parts, the year NULL where it is no date."""

    def of(name: str) -> str:
        return dialect.identifier(f"{column.name} ({name})")

    def named(columns: Columns) -> Columns:
        return {f"{column.name} ({name})": value for name, value in columns.items()}

    x = f"LOWER({dialect.identifier(column.name)})"
    plain = f"REPLACE(REPLACE({x}, '/', '-'), '.', '-')"
    start = f"INSTR({plain}, '-')"
    end = f"INSTR(SUBSTR({plain}, {start} + 1), '-')"
    front = {
        "one": f"SUBSTR({x}, 1, {start} - 1)",
        "two": f"SUBSTR({x}, {start} + 1, {end} - 1)",
        "three": f"SUBSTR({x}, {start} + {end} + 1)",
    }
    day = _day(column.date_format, of)
    clock = f"LTRIM({of('rest')}, 't ')"
    width = f"CASE WHEN {clock} GLOB '{DIGIT * 2}:{DIGIT * 2}*' THEN 2 WHEN {clock} GLOB '{DIGIT}:{DIGIT * 2}*' THEN 1 END"
    hours = {
        "hour": f"SUBSTR({clock}, 1, {width})",
        "minute": f"SUBSTR({clock}, {width} + 2, 2)",
        "rest": f"CASE WHEN {of('rest')} GLOB '[t ]*' THEN SUBSTR({clock}, {width} + 4) "
        f"WHEN {of('rest')} = '' THEN '' END",
    }
    has_seconds = f"{of('rest')} GLOB ':{DIGIT * 2}*'"
    seconds = {
        "second": f"CASE WHEN {has_seconds} THEN SUBSTR({of('rest')}, 2, 2) END",
        "rest": f"CASE WHEN {has_seconds} THEN SUBSTR({of('rest')}, 4) ELSE {of('rest')} END",
    }
    has_fraction = f"{of('second')} IS NOT NULL AND {of('rest')} GLOB '[.,]{DIGIT}*'"
    behind = f"LTRIM(SUBSTR({of('rest')}, 2), '0123456789')"
    width = f"LENGTH({of('rest')}) - 1 - LENGTH({behind})"
    fractions = {
        "fraction": f"CASE WHEN {has_fraction} THEN SUBSTR(SUBSTR({of('rest')}, 2, {width}) || '000000', 1, 6) END",
        "rest": f"LTRIM(CASE WHEN {has_fraction} THEN CASE WHEN {width} <= 9 THEN {behind} END ELSE {of('rest')} END, ' ')",
    }
    has_half = f"SUBSTR({of('rest')}, 1, 2) IN ('am', 'pm') AND {of('hour')} IS NOT NULL"
    halves = {
        "half": f"CASE WHEN {has_half} THEN SUBSTR({of('rest')}, 1, 2) END",
        "zone": f"CASE WHEN {has_half} THEN LTRIM(SUBSTR({of('rest')}, 3), ' ') ELSE {of('rest')} END",
    }
    zone = of("zone")
    is_zone = (
        f"{zone} IN ('', 'z', 'utc') OR {zone} GLOB '[+-]{DIGIT * 2}[0-5]{DIGIT}' "
        f"OR {zone} GLOB '[+-]{DIGIT * 2}:[0-5]{DIGIT}'"
    )
    parts = {name: dialect.whole(of(name)) for name in _NUMBERS.split()}
    parts["year"] = f"CASE WHEN {is_zone} THEN {parts['year']} END"
    return [named(each) for each in (front, day, hours, seconds, fractions, halves, parts)]


def _day(order: str, of: Callable[[str], str]) -> Columns:
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
