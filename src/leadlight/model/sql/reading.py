"""The grammar of cells as SQL: from the columns of a table to levels, numbers, texts and moments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from leadlight.data import cells
from leadlight.data.schema import Column
from leadlight.model.sql import dates
from leadlight.model.sql.dialects import WHOLE, Dialect

_LIKE_A_WHOLE: Final = re.compile(r"-?[0-9]+", re.ASCII)
_GROUPS: Final = 6
"""Of three digits, behind the first: more than any number of a CRM has."""


def typed(column: Column, dialect: Dialect) -> str:
    """What a column of cells says, typed; NULL where it cannot be read."""
    x = dialect.identifier(column.name)
    if column.kind == "number":
        return _number(column, x, dialect)
    if column.kind == "date":
        return dates.moment(column.name, dialect)
    if column.kind == "text":
        return (
            f"CASE WHEN {dialect.lower(x)} IN {_listed(column.placeholders, dialect)} THEN NULL ELSE {x} END"
        )
    return _level(column, x, dialect)


def _number(column: Column, x: str, dialect: Dialect) -> str:
    value = dialect.number(_plain(column, x, dialect))
    if not column.missing_numbers:
        return value
    barred = ", ".join(dialect.value(number) for number in column.missing_numbers)
    return f"CASE WHEN {value} IN ({barred}) THEN NULL ELSE {value} END"


def _plain(column: Column, x: str, dialect: Dialect) -> str:
    """The text of a number without the separators that its column declares; NULL where they stand wrongly."""
    if column.decimal == "." and not column.thousands:
        return x
    marks = cells.alike(column.thousands) if column.thousands else ""
    fits = (
        _fits_pattern(column, x, dialect) if dialect.has_patterns else _fits_globs(column, marks, x, dialect)
    )
    plain = x
    for mark in marks:
        plain = f"REPLACE({plain}, {dialect.literal(mark)}, '')"
    if column.decimal != ".":
        plain = f"REPLACE({plain}, {dialect.literal(column.decimal)}, '.')"
    return f"(CASE WHEN {fits} THEN {plain} END)"


def _fits_pattern(column: Column, x: str, dialect: Dialect) -> str:
    pattern = cells.grammar(column.decimal, column.thousands).replace("(?:", "(")
    return dialect.matches(x, dialect.literal(pattern)[1:-1])


def _fits_globs(column: Column, marks: str, x: str, dialect: Dialect) -> str:
    """Whether the part before the decimal mark is in threes; the rest is judged as a number afterwards."""
    other = "," if column.decimal == "." else "."
    unsigned = f"LTRIM({x}, '+-')"
    ended = f"REPLACE({dialect.lower(unsigned)}, 'e', {dialect.literal(column.decimal)})"
    cut = f"INSTR({ended} || {dialect.literal(column.decimal)}, {dialect.literal(column.decimal)}) - 1"
    whole = f"SUBSTR({unsigned}, 1, {cut})"
    rest = f"SUBSTR({unsigned}, {cut} + 1)"
    if not marks:
        return f"INSTR({x}, {dialect.literal(other)}) = 0"
    allowed = "".join(marks)
    threes = f"[{allowed}][0-9][0-9][0-9]"
    shapes = [
        f"{whole} GLOB {dialect.literal('[0-9]' * first + threes * count)}"
        for first in (1, 2, 3)
        for count in range(1, _GROUPS + 1)
    ]
    plain = f"{whole} NOT GLOB {dialect.literal(f'*[{allowed}{other}]*')}"
    tail = f"{rest} NOT GLOB {dialect.literal(f'*[{allowed}{other}]*')}"
    return f"({tail} AND ({plain} OR {' OR '.join(shapes)}))"


def word(column: Column, vocabulary: Iterable[str], dialect: Dialect) -> str:
    """The plain form of a cell: lower ASCII, and `12.00` as `12` where any known word is a whole number."""
    lower = dialect.lower(dialect.identifier(column.name))
    known = [*column.placeholders, *column.spellings, *vocabulary]
    return whole_numbers(lower, dialect) if any(map(_LIKE_A_WHOLE.fullmatch, known)) else lower


def _level(column: Column, x: str, dialect: Dialect) -> str:
    cases = [f"WHEN {x} IN {_listed(column.placeholders, dialect)} THEN NULL"] * bool(column.placeholders)
    cases += [
        f"WHEN {x} IN {_listed(spelt, dialect)} THEN {dialect.literal(level)}"
        for level, spelt in _by_level(column.spellings).items()
    ]
    return f"CASE {' '.join(cases)} ELSE {x} END" if cases else x


def whole_numbers(lower: str, dialect: Dialect) -> str:
    """`12.00` is `12`, and `-0.0` is `0`."""
    if not dialect.has_patterns:
        short = f"RTRIM({lower}, '0')"
        whole = f"SUBSTR({short}, 1, LENGTH({short}) - 1)"
        digits = f"LTRIM(SUBSTR({whole}, 1, 1), '-') || SUBSTR({whole}, 2)"
        fits = (
            f"{lower} GLOB '*[0-9].0*' AND SUBSTR({short}, -1) = '.' "
            f"AND {digits} <> '' AND {digits} NOT GLOB '*[^0-9]*'"
        )
    else:
        whole = f"SUBSTR({lower}, 1, {_place_of_point(lower, dialect)} - 1)"
        fits = dialect.matches(lower, WHOLE)
    return f"(CASE WHEN {fits} THEN CASE {whole} WHEN '-0' THEN '0' ELSE {whole} END ELSE {lower} END)"


def _place_of_point(text: str, dialect: Dialect) -> str:
    return (
        f"POSITION('.' IN {text})"
        if dialect.name in ("postgres", "duckdb", "spark")
        else f"STRPOS({text}, '.')"
    )


def _by_level(spellings: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for spelt, level in spellings.items():
        if spelt != level:
            found.setdefault(level, []).append(spelt)
    return found


def _listed(words: Iterable[str], dialect: Dialect) -> str:
    return f"({', '.join(dialect.literal(word) for word in words)})"
