"""Phone numbers out of a text, however they are written, with and without the digits of their country."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from leadlight.data import cells

FEWEST_DIGITS: Final = 7
MOST_DIGITS: Final = 15
FEWEST_AT_HOME: Final = 8
FEWEST_UNSAID: Final = 9
"""Without a sign of a country its digits are a guess, so that more of them have to be left."""
NORTH_AMERICA_AND_RUSSIA: Final = ("1", "7")
TEN: Final = 10
YEARS: Final = range(1900, 2101)
_ABROAD: Final = re.compile(r"[\s(]*(?:\+|00)")
_COUNTRY: Final = re.compile(
    r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}", re.ASCII
)
"""The digits of each country; none begins like another."""
_DATE: Final = re.compile(
    r"(?<![^\s,;|(])(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?![\d./\-])"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?",
    re.ASCII,
)
_ONE_NUMBER: Final = re.compile(r"[+(]?[0-9() .\-]*")
_NO_NUMBER: Final = re.compile(r"(?<![^\s,;|])[^\s,;|]*@[^\s,;|]*|[,;:|&\r\n\t]|[^\W\d_]+|(?=\+)")
_DIALLED: Final = re.compile(r"[+(]?[0-9][0-9 ()./\-]{5,}[0-9]")


class PhoneNumber(NamedTuple):
    """A phone number: as it is dialled, at home, and as some write it, with a zero after the country."""

    digits: str
    at_home: str = ""
    with_zero: str = ""


def digits(text: str) -> str:
    """A phone number without signs and leading zeros; what is too short for one is nothing."""
    found = re.sub(r"[^0-9]", "", text).lstrip("0")
    return found if len(found) >= FEWEST_DIGITS else ""


def read(text: str) -> PhoneNumber | None:
    """One number; after the digits of a country that is said to be one, a zero is not dialled."""
    written = digits(text)
    if not written:
        return None
    is_abroad = _ABROAD.match(text) is not None
    country, rest = _parted(written)
    number = country + rest if is_abroad and len(country + rest) >= FEWEST_DIGITS else written
    at_home = _at_home(country, rest, is_abroad=is_abroad)
    return PhoneNumber(number, at_home, f"{country}0{rest}" if is_abroad or at_home else "")


def _parted(number: str) -> tuple[str, str]:
    """The digits of the country, if these are, and what is dialled at home, without its zero."""
    country = _COUNTRY.match(number)
    assert country is not None
    return country[0], number[country.end() :].lstrip("0")


def _at_home(country: str, rest: str, *, is_abroad: bool) -> str:
    """What is dialled at home, where that tells enough for one not to be taken for another."""
    if country in NORTH_AMERICA_AND_RUSSIA:
        return rest if len(rest) == TEN else ""
    return rest if len(rest) >= (FEWEST_AT_HOME if is_abroad else FEWEST_UNSAID) else ""


def within(text: str) -> list[PhoneNumber]:
    """Each number of a cell; strokes and blanks part numbers where both sides are long enough for one."""
    text = _DATE.sub(_unless_a_date, text)
    if _ONE_NUMBER.fullmatch(text) and len(digits(text)) <= MOST_DIGITS:
        pieces = [text]
    else:
        pieces = _NO_NUMBER.split(text)
        for mark in (" / ", "/", None):
            pieces = [piece for part in pieces for piece in _apart(part, mark)]
    return [number for piece in pieces if (number := read(piece))]


def _unless_a_date(found: re.Match[str]) -> str:
    moments = (cells.parse_date(found[1], order) for order in cells.DATE_ORDERS)
    return ";" if any(moment and moment.year in YEARS for moment in moments) else found[0]


def _apart(text: str, mark: str | None) -> list[str]:
    pieces = text.split(mark)
    return pieces if all(map(digits, pieces)) else [text]


def mentioned(text: str) -> list[PhoneNumber]:
    """Every number in a text of whatever kind."""
    dialled = _DIALLED.findall(_DATE.sub(_unless_a_date, text))
    return [number for match in dialled if (number := read(match))]
