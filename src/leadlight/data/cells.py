"""How one cell is read: the same grammar for files, dataframes, dictionaries and HTTP."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache
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
DATE_ORDERS = ("iso", "dmy", "mdy", "mixed", "mixed dmy", "mixed mdy")
"""How dates are written. Mixed ones are read each by itself: points put the day first, a month may be a word,
and what strokes leave open is missing unless the order is named."""
DECIMALS = (".", ",")
THOUSANDS = ("", ",", ".", " ", "'", "\u2019", "\u00a0", "\u202f", "\u2009")
NUMBER = "\u2007\u202f"
"""Blanks behind a number that came as one among texts: the marks of its column do not apply to it."""

_SPACES = " \u00a0\u202f\u2009"
_APOSTROPHES = "'\u2019"
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_LONGEST_INTEGER = 10_000
_PLAIN_DECIMALS = 40
_WHOLE = re.compile(r"-?[0-9]+\.0+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_CLOCK = (
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm)?\s*(Z|UTC|[+-]\d{2}:?[0-5]\d)?)?"
)
_NO_HOUR = 24
_MOST_MONTHS = 12
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK, re.ASCII | re.IGNORECASE)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK, re.ASCII | re.IGNORECASE)
_DATES = {"iso": _YEAR_FIRST, "dmy": _YEAR_LAST, "mdy": _YEAR_LAST}
_MONTHS = {
    start: number
    for number, starts in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro januari janv ene gen",
            "feb february februar fevrier febrero febbraio fevereiro februari fev",
            "mar march maerz marz mars marzo marco maart mrt",
            "apr april avril abril aprile avr abr",
            "may mai mayo maggio maio mei maj mag",
            "jun june juni juin junio giugno junho giu",
            "jul july juli juillet julio luglio julho juil lug",
            "aug august aout agosto augustus augusti ago",
            "sep sept september septembre septiembre settembre setembro set",
            "oct october oktober octobre octubre ottobre outubro okt ott out",
            "nov november novembre noviembre novembro",
            "dec december dezember decembre diciembre dicembre dezembro dez dic",
        ),
        start=1,
    )
    for start in starts.split()
}
_DAY_WORD_YEAR = re.compile(
    r"(\d{1,2})[. \-/]{1,2}([a-z]{3,10})[. \-/,]{1,2}(\d{4})" + _CLOCK, re.ASCII | re.IGNORECASE
)
_WORD_DAY_YEAR = re.compile(r"([a-z]{3,10})[. ]{1,2}(\d{1,2}),? (\d{4})" + _CLOCK, re.ASCII | re.IGNORECASE)


def text_of(value: Any) -> str | None:
    """Turn a typed value into text one way: 1, 1.0 and "1" become one text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < _LONGEST_INTEGER else None
    if isinstance(value, float):
        return _text_of_float(value)
    if isinstance(value, date | time):
        return value.isoformat() if value == value else None
    return _text_of_decimal(value) if isinstance(value, Decimal) else _text_of_scalar(value)


def _text_of_float(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(float(value))


def _text_of_decimal(value: Decimal) -> str | None:
    """As a float has it where a float holds it exactly, else every digit."""
    if not value.is_finite():
        return None
    if abs(value.adjusted()) >= _PLAIN_DECIMALS:
        return str(value) if value else "0"
    if value == value.to_integral_value():
        return str(int(value))
    near = repr(float(value))
    return near if Decimal(near) == value else format(value, "f").rstrip("0")


def _text_of_scalar(value: Any) -> str | None:
    """A number or moment of numpy, by its own shortest digits."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if getattr(value, "shape", None) != ():
        return None
    if kind == "M":
        text = str(value)
        return None if text == "NaT" else text
    if kind == "f":
        return _text_of_float(float(str(value)))
    return text_of(value.item()) if kind in ("i", "u", "b") else None


def number_text(written: str) -> str | None:
    """The one text of what a file holds as a number, however it is written: 1.50 and 15e-1 are 1.5.

    One with a point stays known as a number (see `NUMBER`).
    """
    text = _text_of_float(float(written))
    return text + NUMBER if text is not None and "." in text else text


def whole_number_text(written: str) -> str:
    """All digits of a whole number, and a zero without a sign."""
    return "0" if written == "-0" else written


def trim(text: str) -> str:
    """Take ASCII blanks and no-break spaces off both ends."""
    return text.strip(BLANKS)


def lowered(text: str) -> str:
    """Lower the ASCII letters and no others."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def clean(text: str) -> str:
    """Bring a level to its plain form: trimmed, lower ASCII, whole numbers without a fraction of zeros."""
    lower = lowered(text.strip(BLANKS))
    if not _WHOLE.fullmatch(lower):
        return lower
    whole = lower.partition(".")[0]
    return "0" if whole == "-0" else whole


def parse_number(text: str, decimal: str = ".", thousands: str = "") -> float | None:
    """Read a number: sign, ASCII digits, one point, optional exponent, and the declared separators only.

    One that came as a number (see `NUMBER`) has a point, whatever is declared.
    """
    short = text.strip(BLANKS)
    if (thousands or decimal != ".") and not text.endswith(NUMBER):
        pattern, plain = _marked(decimal, thousands)
        if not pattern.fullmatch(short):
            return None
        short = short.translate(plain)
    if not _NUMBER.fullmatch(short):
        return None
    value = float(short)
    return value if math.isfinite(value) else None


def grammar(decimal: str, thousands: str) -> str:
    """The pattern of numbers with these marks; thousands stand in threes, and blanks are one mark."""
    whole = "[0-9]+"
    if thousands:
        whole = f"(?:[0-9]{{1,3}}(?:[{alike(thousands)}][0-9]{{3}})+|[0-9]+)"
    return f"[+-]?(?:{whole}(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)(?:[eE][+-]?[0-9]+)?"


def alike(thousands: str) -> str:
    """All marks that are read where one is declared: whichever blank it is, and either apostrophe."""
    return next((marks for marks in (_SPACES, _APOSTROPHES) if thousands in marks), thousands)


@cache
def _marked(decimal: str, thousands: str) -> tuple[re.Pattern[str], Mapping[int, str]]:
    """The grammar of these marks, and what makes a plain number of a text that has them."""
    dropped = alike(thousands) if thousands else ""
    return re.compile(grammar(decimal, thousands)), {
        **dict.fromkeys(map(ord, dropped), ""),
        ord(decimal): ".",
    }


def value_of(text: str) -> float | str:
    """What a number among texts (see `NUMBER`) stands for; one that no float can hold stays a text."""
    number = parse_number(text)
    return trim(text) if number is None else number


def parse_date(text: str, order: str = "iso") -> datetime | None:
    """Read a date with or without a time of day, as naive UTC; None where it is not one.

    Whatever order is declared, a date that begins with its year is read: typed dates are written so.
    """
    short = text.strip(BLANKS)
    if order.startswith("mixed"):
        return _parse_mixed(short, order.removeprefix("mixed").strip())
    match = _DATES[order].fullmatch(short)
    if match is None:
        return None if order == "iso" else parse_date(short)
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


def _parse_mixed(text: str, strokes: str) -> datetime | None:
    """A date that says itself in which order it stands, else in the order of those with strokes, if any."""
    if match := _YEAR_LAST.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        order = strokes or ("same" if first == second else "")
        order = "dmy" if first > _MOST_MONTHS or "." in match[0][: match.end(3)] else order
        order = "mdy" if second > _MOST_MONTHS else order
        return parse_date(text, order.replace("same", "dmy")) if order else None
    if match := _DAY_WORD_YEAR.fullmatch(text):
        day, word, year = match[1], match[2], match[3]
    elif match := _WORD_DAY_YEAR.fullmatch(text):
        word, day, year = match[1], match[2], match[3]
    else:
        return parse_date(text)
    month = _MONTHS.get(word.lower())
    try:
        return None if month is None else _moment(int(year), month, int(day), match)
    except (ValueError, OverflowError):
        return None


def _moment(year: int, month: int, day: int, match: re.Match[str]) -> datetime:
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    fraction = int((match.group(7) or "0").ljust(6, "0")[:6])
    half = (match.group(8) or "").lower()
    if half:
        hour = (hour % 12 + (12 if half == "pm" else 0)) if hour <= 12 else _NO_HOUR
    moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=_zone(match.group(9)))
    return moment.astimezone(UTC).replace(tzinfo=None)


def _zone(text: str | None) -> timezone:
    if text is None or text.upper() in ("Z", "UTC"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
