"""How one cell is read: the same grammar for files, dataframes, dictionaries and HTTP."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

BLANKS = " \t\n\r\f\v\u00a0\u2007\u202f"
PLACEHOLDERS = (
    "",
    "-",
    "--",
    "?",
    "#n/a",
    "(blank)",
    "n/a",
    "not available",
    "not provided",
    "not specified",
    "null",
    "please select",
    "select",
    "unknown",
)
TRUE_WORDS = ("yes", "y", "true", "t", "1", "on")
FALSE_WORDS = ("no", "n", "false", "f", "0", "off")
DATE_ORDERS = ("iso", "dmy", "mdy")

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_WHOLE = re.compile(r"-?[0-9]+\.0+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_CLOCK = (
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm|AM|PM)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_DATES = {
    "iso": re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK, re.ASCII),
    "dmy": re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK, re.ASCII),
    "mdy": re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK, re.ASCII),
}


def text_of(value: Any) -> str | None:
    """Turn a typed value into text one way: 1, 1.0 and "1" become one text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _text_of_float(value)
    if isinstance(value, date):
        return value.isoformat()
    return _text_of_other(value)


def _text_of_float(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(float(value))


def _text_of_other(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return text_of(int(value)) if value == value.to_integral_value() else str(value.normalize())
    item = getattr(value, "item", None)
    return text_of(item()) if callable(item) and getattr(value, "shape", None) == () else None


def trim(text: str) -> str:
    """Take ASCII blanks and no-break spaces off both ends."""
    return text.strip(BLANKS)


def clean(text: str) -> str:
    """Bring a level to its plain form: trimmed, lower ASCII, whole numbers without a fraction of zeros."""
    short = text.strip(BLANKS)
    lower = short.lower() if short.isascii() else short.translate(_ASCII_LOWER)
    return lower.partition(".")[0] if _WHOLE.fullmatch(lower) else lower


def parse_number(text: str, decimal: str = ".", thousands: str = "") -> float | None:
    """Read a number: sign, ASCII digits, one point, optional exponent, and the declared separators only."""
    short = text.strip(BLANKS)
    if thousands or decimal != ".":
        plain = _without_separators(short, decimal, thousands)
        if plain is None:
            return None
        short = plain
    if not _NUMBER.fullmatch(short):
        return None
    value = float(short)
    return value if math.isfinite(value) else None


def _without_separators(text: str, decimal: str, thousands: str) -> str | None:
    whole, point, rest = text.partition(decimal)
    if thousands and thousands in whole:
        sign, digits = (whole[:1], whole[1:]) if whole[:1] in "+-" else ("", whole)
        first, *groups = digits.split(thousands)
        if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
            return None
        whole = sign + first + "".join(groups)
    if "." in whole or "." in rest:
        return None
    return whole + ("." + rest if point else "")


def parse_date(text: str, order: str = "iso") -> datetime | None:
    """Read a date with or without a time of day, as naive UTC; None where it is not one."""
    match = _DATES[order].fullmatch(text.strip(BLANKS))
    if match is None:
        return None
    first, second, third = (int(part) for part in match.group(1, 2, 3))
    year, month, day = {
        "iso": (first, second, third),
        "dmy": (third, second, first),
        "mdy": (third, first, second),
    }[order]
    try:
        return _moment(year, month, day, match)
    except (ValueError, OverflowError):
        return None


def _moment(year: int, month: int, day: int, match: re.Match[str]) -> datetime:
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    fraction = int((match.group(7) or "0").ljust(6, "0")[:6])
    half = (match.group(8) or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=_zone(match.group(9)))
    return moment.astimezone(UTC).replace(tzinfo=None)


def _zone(text: str | None) -> timezone:
    if text in (None, "Z", "UTC"):
        return UTC
    assert text is not None
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
