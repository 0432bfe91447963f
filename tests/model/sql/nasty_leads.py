"""Leads to learn from with every kind of column, and cells to score that a database could trip over."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import polars as pl

TOML = """
[columns.id]
role = "id"
[columns.Created]
role = "time"
[columns.Seen]
role = "feature"
kind = "date"
[columns.Born]
role = "feature"
kind = "date"
date_format = "dmy"
[columns.Note]
role = "feature"
kind = "text"
"""
FEATURES = {
    "ratio": "Visits / (Visits - 50)",
    "eager": "if(Source = 'google' and Visits > 40, 1, 0)",
    "usual": "mean(Visits, by Source)",
    "gap": "days_between(Seen, Created)",
    "most": "max(Visits, 30)",
    "logged": "log(abs(Visits))",
    "known": "Source in ('google', '1')",
    "unborn": "missing(Born)",
}
KEPT = ["Visits", "Source", "Member", "Seen", "Born", "Note", "Spend"]
NUMBERS = [
    "12",
    "1.5",
    "-3",
    "+4",
    ".5",
    "5.",
    "1e3",
    "1E-2",
    "1e400",
    "-1e400",
    "1e-400",
    "0x10",
    "1_000",
    "inf",
    "nan",
    "NaN",
    "--3",
    "1e",
    "e5",
    "1.2.3",
    "Select",
    "-0",
    "007",
    "1e99999",
    "1e308",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "4.9e-324",
    "2e-324",
    "１２",
    "1,5",
    "",
    "  7 ",
    "\xa08\u202f",
    "9" * 300,
    "0." + "0" * 400 + "1",
    None,
]
LEVELS = [
    "Google",
    "google",
    "STRASSE",
    "Straße",
    "Éa",
    "éa",
    "1",
    "1.0",
    "01",
    "1.00",
    "-0.0",
    "0",
    "select",
    "n/a",
    "unknown",
    "-",
    "a'b",
    'a"b',
    "a\\b",
    "x;y",
    "yes",
    "NO",
    "İ",
    "K",
    " GOOGLE ",
    "line\nbreak",
    "tab\t",
    "\u3000wide",
    "\u200bzero",
    "Organic Search",
    "",
    None,
]
DATES = [
    *(
        [
            "2024-01-05",
            "2024-1-5",
            "2024/02/30",
            "2024-03-10T10:20:30Z",
            "2024-03-10t10:20",
            "05/01/2024",
            "31-12-2023",
        ]
    ),
    *(
        [
            "13/13/2023",
            "0000-01-01",
            "9999-12-31",
            "24-01-01",
            "2024-01-05x",
            "2024-01-0510",
            "2024-02-29",
            "2023-02-29",
        ]
    ),
    *(["1900-02-29", "2024-01-05T"]),
    "2024.12.31 23:59:59",
    "2024-03-10 10:20:30.123456789",
    "2024-03-10 10:20:30,5 +02:00",
    "2024-03-10 1:05 pm",
    "2024-03-10 12:05 am",
    "2024-03-10 13:05 pm",
    "2024-03-10 10:61",
    "5.1.2024 08:00",
    "2024-03-10 10:20 -0530",
    "2024-03-10 10:20 utc",
    "2024-01-05 ",
    "2024-01-05 24:00",
    "2024-01-05 10",
    "2024-01-05 10:00:00+25:00",
    "2000-02-29 5:00",
    "",
    None,
]
NOTES = ["hello", "", "  ", "héllo wörld", "n/a", "😀😀", None, "x" * 50]
MEMBERS = ["Yes", "no", "1", "0", "", "TRUE", "off", "1.0", "maybe", " y ", None]
SPENDS = [
    "1.234,56",
    "1234,5",
    "1.23,4",
    "12.345",
    "1.2345",
    "-1.000,0",
    "1,2,3",
    "1.000.000",
    "1e3",
    "1.000e2",
    "abc",
    ".5",
    ",5",
    "1.",
    "999",
    "+12.000",
    "",
    None,
]


def learnt_from(rows: int, seed: int = 3) -> pl.DataFrame:
    """Leads whose outcome hangs on numbers, levels, weekdays, text and money with German marks."""
    chance = np.random.default_rng(seed)
    visits, source = chance.normal(50, 20, rows), chance.choice(["google", "organic search", "01", "1"], rows)
    seen, born, spend = (
        chance.integers(0, 700, rows),
        chance.integers(0, 700, rows),
        chance.lognormal(8, 1, rows),
    )
    note = chance.choice(["hello", "", "  ", "héllo wörld"], rows)
    length = np.array([len(each) > 5 for each in note])
    odds = (visits - 50) / 15 + (source == "google") + (seen % 7 > 4) * 1.5 + np.log(spend) - 9 + length
    return pl.DataFrame(
        {
            "id": [f"a{k}" for k in range(rows)],
            "Visits": [f"{value:.3f}" for value in visits],
            "Source": source.tolist(),
            "Member": chance.choice(["Yes", "no", "1", "0", ""], rows).tolist(),
            "Seen": [
                f"{_day(day)} {hour:02d}:30:00"
                for day, hour in zip(seen, chance.integers(0, 24, rows), strict=True)
            ],
            "Born": [f"{_day(day):%d/%m/%Y}" for day in born],
            "Note": note.tolist(),
            "Spend": [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in spend],
            "Created": [str(_day(day + 730)) for day in chance.integers(0, 300, rows)],
            "won": (chance.random(rows) < 1 / (1 + np.exp(-odds))).astype(int).astype(str).tolist(),
        }
    )


def _day(number: int) -> date:
    return date(2022, 1, 1) + timedelta(days=int(number))


def nasty(rows: int, seed: int = 5) -> pl.DataFrame:
    """Every hostile cell in every column, in chance company; all text, as a raw table has it."""
    chance = random.Random(seed)
    cells = {
        "Visits": NUMBERS,
        "Source": LEVELS,
        "Member": MEMBERS,
        "Seen": DATES,
        "Born": DATES,
        "Note": NOTES,
        "Spend": SPENDS,
        "Created": DATES,
    }
    drawn = {name: [chance.choice(among) for _ in range(rows)] for name, among in cells.items()}
    return pl.DataFrame(
        {"id": [f"t{k}" for k in range(rows)], **drawn}, schema=dict.fromkeys(("id", *cells), pl.String)
    )
