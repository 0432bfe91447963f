"""Cells as hostile files, programs and people make them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

BLANKS = st.text(" \t\n\r\f\v\u00a0\u2007\u202f", max_size=3)
STRANGE = st.sampled_from(
    ["\u1680", "\u2003", "\u2028", "\u3000", "\ufeff", "\u200b", "\x00", "\x1f", "\x85", "\u202e", "\u0130"]
)
DIGITS = st.sampled_from(["\uff11\uff12", "\u0661\u0662", "\u0967", "\u00b2", "\u2460", "\U0001d7d8"])
LETTERS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
SAID = """
Select select SELECT N/A n/a NA na unknown Unknown null NULL None nan NaN inf -inf Infinity yes No TRUE t 1 0
Google google GOOGLE Zürich ZÜRICH zurich ß ẞ İstanbul \u212a ſ - -- ? #N/A
"""
DAYS = "2024-02-29 2024-02-30 0000-00-00 9999-12-31 03/04/05 13/04/2024 04/13/2024 2024/1/5 5.1.2024"
WORDS = st.sampled_from([*SAID.split(), "", "Please Select"])
PLAIN_NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "+", "-", "--", "$"]),
    st.sampled_from(["", "0", "7", "007", "1234", "1,234", "1.234,5", "1 234", "1_000", "9" * 400]),
    st.sampled_from(["", ".", ".0", ".000", ".5", ".10", ",5", "..1"]),
    st.sampled_from(["", "e5", "E-3", "e+400", "e-400", "e", "%", " ", "\u00a0"]),
)
DATES = st.builds(
    "{}{}".format,
    st.sampled_from(DAYS.split()),
    st.sampled_from(
        ["", " 10:20", "T10:20:30Z", "T23:59:59.123456789+05:30", " 1:05 pm", " 25:00", " 13:00 PM"]
    ),
)
TEXTS = st.one_of(
    st.builds("{}{}{}".format, BLANKS, WORDS, BLANKS),
    st.builds("{}{}{}".format, BLANKS, PLAIN_NUMBERS, BLANKS),
    st.builds("{}{}{}".format, LETTERS, STRANGE | DIGITS, LETTERS),
    st.builds("{}{}{}".format, BLANKS, DATES, BLANKS),
    st.floats().map(repr),
    st.integers().map(str),
    LETTERS,
)
INTEGERS = st.integers() | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 10**20, 10**400, 10**4000])
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11))])
MOMENTS = st.datetimes() | st.datetimes(timezones=ZONES)
DECIMALS = st.decimals(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [Decimal("1.50"), Decimal("1E+5000"), Decimal("-0"), Decimal("sNaN"), Decimal("0.1"), Decimal(10) ** 30]
)
VALUES = st.one_of(
    st.none(), TEXTS, INTEGERS, st.floats(), st.booleans(), DECIMALS, MOMENTS, st.dates(), st.times()
)
STRANGERS: tuple[object, ...] = (b"x", [1], {"a": 1}, timedelta(1), object(), 1j, (1, 2), {1})
LAST = datetime(9999, 12, 31, 23, 59, 59), date(1, 1, 1), time(0, 0)
