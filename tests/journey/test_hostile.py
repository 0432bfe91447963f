"""Bad input at the command line: refused with code, place and fix; or good rows scored and bad ones listed.

Numbers are those of the list in RELIABILITY: D is refused (exit 2), R rejects rows (exit 1), S is accepted.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from leadlight.data.sample import generate
from tests.cli.calls import call

CANARY = "canary-4711"
LONG = "L-1," + "0" * 500_000 + "," * 23


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A model, and leads as text with a value that must never be echoed."""
    folder = tmp_path_factory.mktemp("hostile")
    leads = folder / "leads.csv"
    generate(1_000, 5).leads.write_csv(leads)
    model = folder / "model.leadlight"
    assert call("train", leads, "--models", "bayes", "--folds", "3", "-o", model).code == 0
    rows = generate(30, 6).leads.with_columns(pl.lit(CANARY).alias("Name"))
    return model, rows.write_csv()


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines(text: str) -> list[str]:
    return text.splitlines()


def joined(rows: list[str], end: str = "\n") -> bytes:
    return (end.join(rows) + end).encode()


def many(rows: list[str]) -> list[str]:
    return [rows[0], *rows[1:] * 3]


REFUSED = {
    "1 empty": ("empty", lambda text: b""),
    "5 cp1251": ("not_utf8", lambda text: text.replace("No", "\u043d\u0435\u0442").encode("cp1251")),
    "7 extra field everywhere": (
        "bad_rows",
        lambda text: joined([lines(text)[0], *(row + ",x" for row in lines(text)[1:])]),
    ),
    "10 unclosed quote": ("unclosed_quote", lambda text: text.encode() + b'L-9,"' + b"never closed\n" * 9),
    "13 doubled names": (
        "duplicate_columns",
        lambda text: joined([lines(text)[0].replace("Visits", "Country"), *lines(text)[1:]]),
    ),
    "14 doubled but for case": (
        "duplicate_columns",
        lambda text: joined([lines(text)[0].replace("Visits", " country "), *lines(text)[1:]]),
    ),
    "16 a needed column is missing": (
        "missing_columns",
        lambda text: text.replace("Visits", "Vistis", 1).encode(),
    ),
    "26 a login page": ("not_leads", lambda text: b"<!doctype html><html><body>Log in</body></html>"),
    "26 a PDF": ("not_leads", lambda text: b"%PDF-1.7\n" + text.encode()),
    "30 a bomb": ("bomb", lambda text: gzip.compress(joined([lines(text)[0], *[LONG] * 100]))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_leads_is_refused(name: str, made: tuple[Path, str]) -> None:
    code, spoil = REFUSED[name]
    path = Path("leads.csv.gz" if "bomb" in name else "leads.csv")
    path.write_bytes(spoil(made[1]))
    for words in (("score", made[0], path), ("train", path), ("inspect", path)):
        if name.startswith("16") and words[0] != "score":
            continue
        answer = call(*words)
        assert answer.code == 2, (words[0], answer.err)
        assert answer.error == code
        assert "\n  at: " in answer.err
        assert "\n  next: " in answer.err
        assert CANARY not in answer.out + answer.err
    assert [each.name for each in Path().iterdir()] == [path.name]


REJECTED = {
    "6 NUL": ("nul", lambda rows: [*rows[:3], rows[3].replace("No", "N\x00", 1), *rows[4:]]),
    "8 extra fields": ("too_many_fields", lambda rows: [*rows[:3], rows[3] + ",,x", *rows[4:]]),
    "9 short rows": ("too_few_fields", lambda rows: [*rows[:3], "L-3,short", *rows[4:]]),
    "20 blank ids": ("blank_id", lambda rows: [*rows[:3], " " + rows[3][8:], *rows[4:]]),
    "20 null ids": ("blank_id", lambda rows: [*rows[:3], "NULL" + rows[3][8:], *rows[4:]]),
    "26 total line": ("too_few_fields", lambda rows: [*rows, "Total,30"]),
    "26 blank line": ("blank_line", lambda rows: [*rows[:3], "", *rows[3:]]),
}


@pytest.mark.parametrize("name", REJECTED)
def test_bad_rows_do_not_keep_good_ones_back(name: str, made: tuple[Path, str]) -> None:
    reason, spoil = REJECTED[name]
    Path("leads.csv").write_bytes(joined(spoil(lines(made[1]))))
    answer = call("score", made[0], "leads.csv", "--json")
    assert answer.code == 1
    rows = answer.json["rows"]
    assert rows["in"] == rows["scored"] + rows["rejected"] + rows["suppressed"]
    assert (rows["rejected"], answer.json["rejected"]) == (1, {reason: 1})
    assert pl.read_csv("leads.scored.csv", infer_schema=False).height == rows["scored"]
    listed = Path(answer.json["rejects"]).read_text()
    assert listed.splitlines()[1].endswith(f",{reason}")
    assert CANARY not in answer.out + answer.err + listed


ACCEPTED = {
    "2 header only": lambda text: joined(lines(text)[:1]),
    "3 UTF-8 mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "4 UTF-16 LE": lambda text: text.encode("utf-16"),
    "4 UTF-16 BE": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "11 line ends of three kinds": lambda text: (
        joined(lines(text)[:9], "\r\n") + joined(lines(text)[9:], "\r")
    ),
    "12 semicolons": lambda text: (
        pl.read_csv(text.encode(), infer_schema=False).write_csv(separator=";").encode()
    ),
    "17 further columns": lambda text: joined([row + ",Extra" for row in lines(text)]),
    "18 the same row twice": lambda text: joined(many(lines(text))),
    "22 words that look missing": lambda text: (
        text.replace("Google", "None").replace("Germany", "NA").encode()
    ),
    "23 numbers of all sorts": lambda text: spoiled(
        text, "Visits", ["1e400", "inf", "$5", "1,234", "5 %", "-0"]
    ),
    "24 dates of all sorts": lambda text: spoiled(
        text, "Created", ["0000-00-00", "2024-02-30", "9999-12-31"]
    ),
    "25 truths of all sorts": lambda text: spoiled(text, "Newsletter", ["True", "y", "1", "OFF", "0"]),
}


def spoiled(text: str, column: str, values: list[str]) -> bytes:
    frame = pl.read_csv(text.encode(), infer_schema=False)
    put = [values[row % len(values)] for row in range(frame.height)]
    return frame.with_columns(pl.Series(column, put)).write_csv().encode()


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_odd_but_plain_is_scored(name: str, made: tuple[Path, str]) -> None:
    Path("leads.csv").write_bytes(ACCEPTED[name](made[1]))
    answer = call("score", made[0], "leads.csv", "--json")
    assert answer.code == 0, answer.err
    rows = answer.json["rows"]
    assert rows["in"] == rows["scored"] == {"2": 0, "18": 90}.get(name.split()[0], 30)
    scored = pl.read_csv("leads.scored.csv", infer_schema=False)
    assert scored.height == rows["scored"]
    assert scored["probability"].cast(pl.Float64).is_between(0, 1).all()
    if name.startswith("23"):
        assert answer.json["unreadable"]["Visits"] > 0


def test_15_columns_in_another_order_give_the_same_bytes(made: tuple[Path, str]) -> None:
    frame = pl.read_csv(made[1].encode(), infer_schema=False)
    frame.write_csv("a.csv")
    frame.select(sorted(frame.columns)).write_csv("b.csv")
    for name in ("a", "b"):
        assert call("score", made[0], f"{name}.csv", "--only-scores", "-o", f"{name}.out.csv").code == 0
    assert Path("a.out.csv").read_bytes() == Path("b.out.csv").read_bytes()


def test_21_ids_stay_exact_text(made: tuple[Path, str]) -> None:
    ids = ["007", "9007199254740993", "1e5", "123456789012345678901234567890"]
    frame = pl.read_csv(made[1].encode(), infer_schema=False).head(4)
    frame.with_columns(pl.Series("Lead ID", ids)).write_csv("leads.csv")
    assert call("score", made[0], "leads.csv", "--only-scores", "-o", "out.csv").code == 0
    assert pl.read_csv("out.csv", infer_schema=False)["Lead ID"].to_list() == ids
