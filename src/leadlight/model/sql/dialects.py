"""What differs between databases: how each quotes, trims, lowers, and reads text as a number.

Nothing here may raise in a query, whatever a cell holds: what cannot be read is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from leadlight.data import cells
from leadlight.errors import InputError

UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER: Final = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
WHOLE: Final = "-?[0-9]+[.]0+"
INFINITE: Final = "179769313486231580793728971405303415e273"
LARGEST: Final = "1.7976931348623157e308"
NOTHING: Final = "2.5e-324"


@dataclass(frozen=True)
class Dialect:
    """One database's way to say what a score needs; `x` is a trimmed text, `raw` a column as it stands."""

    name: str
    number: Callable[[str], str]
    matches: Callable[[str, str], str]
    group: Callable[[str, str, int], str]
    lower: Callable[[str], str]
    trim: Callable[[str], str]
    quotient: Callable[[str, str], str]
    text_type: str = "VARCHAR"
    real_type: str = "DOUBLE"
    whole_type: str = "BIGINT"
    mark: str = '"'
    escapes: bool = False
    materialized: str = "MATERIALIZED "
    least: str = "LEAST"
    greatest: str = "GREATEST"
    has_patterns: bool = True
    row: str = "ROW_NUMBER() OVER ()"
    now: str = "epoch_us(now())"
    """Microseconds since 1970, at the moment of the query."""

    def identifier(self, name: str) -> str:
        return self.mark + name.replace(self.mark, self.mark * 2) + self.mark

    def literal(self, text: str) -> str:
        quoted = text.replace("\\", "\\\\") if self.escapes else text
        return "'" + quoted.replace("'", "\\'" if self.escapes else "''") + "'"

    def cell(self, raw: str) -> str:
        """A column as trimmed text; SQLite's own numbers stay numbers, as their text has fewer digits."""
        text = self.trim(f"CAST({raw} AS {self.text_type})")
        return text if self.has_patterns else f"CASE typeof({raw}) WHEN 'real' THEN {raw} ELSE {text} END"

    def real(self, expression: str) -> str:
        return f"CAST({expression} AS {self.real_type})"

    def whole(self, expression: str) -> str:
        return f"CAST({expression} AS {self.whole_type})"

    def one_decimal(self, expression: str) -> str:
        """For display; PostgreSQL rounds its exact numbers alone to so many places."""
        if self.name == "postgres":
            return self.real(f"ROUND(CAST({expression} AS NUMERIC), 1)")
        return f"ROUND({expression}, 1)"

    def value(self, number: float) -> str:
        """A double as it is, to the last bit."""
        text = repr(float(number))
        return self.real(text) if self.name == "postgres" else text if "e" in text else f"{text}e0"


def named(name: str) -> Dialect:
    """The dialect of this name, or a refusal that lists them."""
    plain = {"postgresql": "postgres", "sqlite3": "sqlite"}.get(name.lower(), name.lower())
    if plain not in DIALECTS:
        raise InputError(
            f"There is no SQL for {name!r}.", code="dialect", hint=f"Choose one of: {', '.join(DIALECTS)}."
        )
    return DIALECTS[plain]


def _characters(function: str) -> str:
    return " || ".join(f"{function}({ord(blank)})" for blank in cells.BLANKS)


def _escaped() -> str:
    return "".join(f"\\u{ord(blank):04x}" for blank in cells.BLANKS)


def _translated(x: str) -> str:
    """ASCII letters alone; `lower` of many databases takes the others too."""
    return f"TRANSLATE({x}, '{UPPER}', '{UPPER.lower()}')"


def _duckdb_lower(x: str) -> str:
    """As many bytes as letters means ASCII, which `lower` is much quicker with."""
    return f"CASE WHEN STRLEN({x}) = LENGTH({x}) THEN LOWER({x}) ELSE {_translated(x)} END"


def _only(pattern: str, place: int) -> str:
    """The pattern with its group of this number as the only one: databases know nine at most, or one."""
    pieces = pattern.split("(")
    return pieces[0] + "".join(
        f"{'(' if number == place else '(?:'}{piece}" for number, piece in enumerate(pieces[1:], start=1)
    )


def _cast_if(matches: Callable[[str, str], str], cast: str) -> Callable[[str], str]:
    """A guarded cast: the pattern first, since casts of several databases take more than numbers."""

    def number(x: str) -> str:
        value = cast.format(x=x)
        return f"CASE WHEN {matches(x, NUMBER)} AND ABS({value}) <= {LARGEST} THEN {value} END"

    return number


def _duckdb_matches(x: str, pattern: str) -> str:
    return f"regexp_full_match({x}, '{pattern}')"


def _postgres_matches(x: str, pattern: str) -> str:
    return f"{x} ~ '^({pattern})$'"


def _rlike(x: str, pattern: str) -> str:
    return f"{x} RLIKE '^({pattern})$'"


def _bigquery_matches(x: str, pattern: str) -> str:
    return f"REGEXP_CONTAINS({x}, r'^({pattern})$')"


def _no_patterns(x: str, pattern: str) -> str:
    """SQLite matches none: what needs one goes other ways there."""
    return "NULL"


def _postgres_number(x: str) -> str:
    """Short ones by a cast; long ones by way of NUMERIC, as a cast would raise beyond what a double holds."""
    plain = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$"
    large = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)[eE][+-]?0*[0-9]{1,3}$"
    exact = f"ABS({x}::numeric)"
    return (
        f"CASE WHEN LENGTH({x}) <= 200 AND {x} ~ '{plain}' THEN {x}::float8 "
        f"WHEN LENGTH({x}) <= 1000 AND ({x} ~ '{large}' OR {x} ~ '{plain}') THEN "
        f"CASE WHEN {exact} < {NOTHING} THEN 0 WHEN {exact} < {INFINITE} THEN {x}::numeric::float8 END END"
    )


def _sqlite_number(x: str) -> str:
    """A text that is a number compares as one with a real, and any other is more than all of them."""
    return (
        f"CASE WHEN {x} < CAST('9e999' AS REAL) AND {x} > CAST('-9e999' AS REAL) THEN CAST({x} AS REAL) END"
    )


DIALECTS: Final = {
    each.name: each
    for each in (
        Dialect(
            "duckdb",
            number=_cast_if(_duckdb_matches, "TRY_CAST({x} AS DOUBLE)"),
            matches=_duckdb_matches,
            group=lambda x, pattern, place: f"regexp_extract({x}, '^{_only(pattern, place)}$', 1)",
            lower=_duckdb_lower,
            trim=lambda x: f"TRIM({x}, {_characters('chr')})",
            quotient=lambda one, other: f"({one} // {other})",
        ),
        Dialect(
            "postgres",
            number=_postgres_number,
            matches=_postgres_matches,
            group=lambda x, pattern, place: f"(regexp_match({x}, '^{_only(pattern, place)}$'))[1]",
            lower=lambda x: f'LOWER({x} COLLATE "C")',
            trim=lambda x: f"BTRIM({x}, E'{_escaped()}')",
            quotient=lambda one, other: f"({one} / {other})",
            text_type="TEXT",
            real_type="DOUBLE PRECISION",
            now="CAST(FLOOR(EXTRACT(EPOCH FROM now()) * 1000000) AS BIGINT)",
        ),
        Dialect(
            "sqlite",
            number=_sqlite_number,
            matches=_no_patterns,
            group=lambda x, pattern, place: _no_patterns(x, pattern),
            lower=lambda x: f"LOWER({x})",
            trim=lambda x: f"TRIM({x}, char({', '.join(str(ord(blank)) for blank in cells.BLANKS)}))",
            quotient=lambda one, other: f"({one} / {other})",
            text_type="TEXT",
            real_type="REAL",
            whole_type="INTEGER",
            least="MIN",
            greatest="MAX",
            has_patterns=False,
            now="CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
        ),
        Dialect(
            "spark",
            number=_cast_if(_rlike, "TRY_CAST({x} AS DOUBLE)"),
            matches=_rlike,
            group=lambda x, pattern, place: f"regexp_extract({x}, '^{_only(pattern, place)}$', 1)",
            lower=_translated,
            trim=lambda x: f"TRIM(BOTH '{_escaped()}' FROM {x})",
            quotient=lambda one, other: f"({one} DIV {other})",
            text_type="STRING",
            mark="`",
            escapes=True,
            materialized="",
            row="monotonically_increasing_id()",
            now="UNIX_MICROS(CURRENT_TIMESTAMP())",
        ),
        Dialect(
            "snowflake",
            number=_cast_if(_rlike, "TRY_CAST({x} AS DOUBLE)"),
            matches=_rlike,
            group=lambda x, pattern, place: f"REGEXP_SUBSTR({x}, '^{pattern}$', 1, 1, 'e', {place})",
            lower=_translated,
            trim=lambda x: f"TRIM({x}, {_characters('CHR')})",
            quotient=lambda one, other: f"FLOOR({one} / {other})",
            materialized="",
            row="ROW_NUMBER() OVER (ORDER BY NULL)",
            now="DATE_PART(EPOCH_MICROSECOND, CURRENT_TIMESTAMP())",
            escapes=True,
        ),
        Dialect(
            "bigquery",
            number=_cast_if(_bigquery_matches, "SAFE_CAST({x} AS FLOAT64)"),
            matches=_bigquery_matches,
            group=lambda x, pattern, place: f"REGEXP_EXTRACT({x}, r'^{_only(pattern, place)}$')",
            lower=_translated,
            trim=lambda x: f"TRIM({x}, '{_escaped()}')",
            quotient=lambda one, other: f"DIV({one}, {other})",
            text_type="STRING",
            real_type="FLOAT64",
            whole_type="INT64",
            now="UNIX_MICROS(CURRENT_TIMESTAMP())",
            mark="`",
            escapes=True,
            materialized="",
        ),
    )
}
