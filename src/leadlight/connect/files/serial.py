"""Numbers and dates as Excel stores them, as text. A date is a number of days that is formatted as one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from leadlight.data import cells

_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|general|standard', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_DAY = 86_400_000
_FALSE_DAY = 60
_LAST_DAY = 2_958_465


def is_date_format(number: int, code: str | None) -> bool:
    """Whether a number format shows dates or times of day; elapsed times are numbers."""
    if code is None:
        return number in _DATE_FORMATS
    return not _ELAPSED.search(code) and bool(_DATE_LETTERS.search(_NOT_LETTERS.sub("", code)))


def number_text(stored: str) -> str | None:
    """A number as one would type it: whole numbers digit by digit, others as short as they can be exact.

    One with a point stays known as a number, so that no decimal comma of its column makes another of it.
    """
    if _WHOLE.fullmatch(stored):
        return cells.whole_number_text(stored)
    try:
        return cells.number_text(stored)
    except ValueError:
        return None


def date_text(stored: str, from_1904: bool) -> str | None:
    """A date, with its time of day where there is one. Excel's 29 February 1900 never was: missing."""
    try:
        milliseconds = round(float(stored) * _DAY)
    except (ValueError, OverflowError):
        return None
    days = milliseconds // _DAY
    if not 0 <= days <= _LAST_DAY or (days == _FALSE_DAY and not from_1904):
        return None
    if from_1904:
        start = datetime(1904, 1, 1)
    else:
        start = datetime(1899, 12, 30) if days > _FALSE_DAY else datetime(1899, 12, 31)
    return _iso(start, milliseconds)


def _iso(start: datetime, milliseconds: int) -> str | None:
    try:
        moment = start + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    if milliseconds < _DAY:
        return moment.time().isoformat()
    return moment.isoformat() if milliseconds % _DAY else moment.date().isoformat()
