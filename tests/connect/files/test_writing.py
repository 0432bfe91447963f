"""What is written: exact, inert in a spreadsheet, whole or not at all."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.connect.files import open_writer, read, read_batches
from leadlight.data.frame import numbers
from leadlight.data.schema import Column, Schema
from leadlight.errors import OutputError

KINDS = ["csv", "jsonl", "parquet", "xlsx"]
FRAME = pl.DataFrame({"id": ["007", "9007199254740993", None], "score": [64.1, None, 0.1]})

FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/?"&A1,"click")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "'=1",
    "''=1",
    "' =1",
    "＝1+1",
    "＋1",
    "－1+1",
    "＠SUM(A1)",
    "-",
    "+",
    "=",
    "@",
    "-5 days",
    "--5",
    "-5-5",
    "=\x01",
    '="x"',
    "=A1,B1",
    "=\n1",
]
PLAIN = [
    "+49 171 555",
    "+49 (0)30/123-456",
    "+1-541-754-3010",
    "-5",
    "+4912345",
    "-.5",
    "-1e5",
    "+0",
    "5",
    "a=b",
    "x",
    "O'Brien",
    "'quoted'",
    "a\n=b",
]


def written(path: Path, *frames: pl.DataFrame, force: bool = False) -> Path:
    with open_writer(path, force=force) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def found_in(path: Path) -> list[list[str]]:
    """The rows of a CSV as Python finds them."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_no_cell_begins_like_a_formula(tmp_path: Path, suffix: str) -> None:
    """But plain numbers stay as they are, and reading gives everything back."""
    texts = [*FORMULAS, *PLAIN]
    frame = pl.DataFrame({"id": [str(place) for place in range(len(texts))], "text": texts})
    path = written(tmp_path / f"leads.{suffix}", frame)
    assert read(path).frame.equals(frame)
    if suffix == "csv":
        found = [row[1] for row in found_in(path)[1:]]
        assert found == [f"'{text}" for text in FORMULAS] + PLAIN
    else:
        sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
        assert b"<f" not in sheet
        assert b"hyperlink" not in sheet
        styles = zipfile.ZipFile(path).read("xl/styles.xml")
        assert b'quotePrefix="1"' in styles
        assert sheet.count(b'<t xml:space="preserve">\'') + sheet.count(b"<t>'") == sum(
            text.startswith("'") for text in texts
        )


LEADS = Schema(
    (
        Column("id", role="id", kind="text"),
        Column("Visits", kind="number"),
        Column("Created", role="time", kind="date"),
        Column("Phone", role="personal", kind="number"),
    )
)


def test_an_excel_file_has_real_numbers_and_dates(tmp_path: Path) -> None:
    """Where the schema knows a column as such and can read the cell; ids and telephone numbers stay texts."""
    frame = pl.DataFrame(
        {
            "id": ["007", "8", "9"],
            "Visits": ["5", "many", " 2.5 "],
            "Created": ["2024-02-29 12:30:00", "1815-06-18", "2024-03-01"],
            "Phone": ["+49 171 5550123", "0171", "=1+1"],
        }
    )
    with open_writer(tmp_path / "list.xlsx", schema=LEADS) as writer:
        writer.write(frame)
    parts = zipfile.ZipFile(tmp_path / "list.xlsx")
    sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    cells = dict(re.findall(r'<c r="([A-Z][0-9])"((?: s="[0-9]")?(?: t="[a-zA-Z]+")?>.*?)</c>', sheet))
    kinds = {name: "text" if "inlineStr" in cell else "number" for name, cell in cells.items()}
    assert [kinds[f"B{row}"] for row in (2, 3, 4)] == ["number", "text", "number"]
    assert [kinds[f"C{row}"] for row in (2, 3, 4)] == ["number", "text", "number"]
    assert {kinds[f"{column}{row}"] for column in "AD" for row in (2, 3, 4)} == {"text"}
    assert "'" not in sheet.partition("<sheetData>")[2].partition("</sheetData>")[0]
    assert '<autoFilter ref="A1:D4"/>' in sheet
    assert 'state="frozen"' in sheet
    back = read(tmp_path / "list.xlsx").frame
    assert back["id"].to_list() == ["007", "8", "9"]
    assert numbers(back["Visits"]).to_list() == [5.0, None, 2.5]
    assert [text[:10] for text in back["Created"]] == ["2024-02-29", "1815-06-18", "2024-03-01"]
    assert back["Phone"].to_list() == frame["Phone"].to_list()


def test_names_of_columns_are_inert_as_well(tmp_path: Path) -> None:
    path = written(tmp_path / "leads.csv", pl.DataFrame({"=1+1": [1]}))
    assert path.read_text() == "'=1+1\n1\n"


@pytest.mark.parametrize("suffix", KINDS)
def test_frames_are_written_one_below_the_other(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"scores.{suffix}", FRAME, FRAME.clear(), FRAME)
    back = read(path).frame
    assert back["id"].to_list() == FRAME["id"].to_list() * 2
    assert numbers(back["score"]).to_list() == [64.1, None, 0.1] * 2


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_numbers_are_written_to_the_last_digit(suffix: str, values: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / f"n.{suffix}", pl.DataFrame({"n": [0.5, *values]}))
        assert numbers(read(path).frame["n"]).to_list() == [0.5, *values]


@pytest.mark.parametrize("suffix", KINDS)
def test_plain_values_of_every_kind_are_written(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame(
        {
            "whole": [2**60, -1],
            "flag": [True, None],
            "day": [date(2024, 2, 29), None],
            "moment": [datetime(2024, 2, 29, 12, 30), None],
            "nothing": pl.Series([None, None], dtype=pl.Null),
            "level": pl.Series(["a", None], dtype=pl.Categorical),
        }
    )
    texts = read(written(tmp_path / f"leads.{suffix}", frame)).frame.select(pl.all().cast(pl.String))
    assert texts.row(0)[:3] == (str(2**60), "true", "2024-02-29")
    assert texts.row(0)[3].startswith("2024-02-29")
    assert texts.row(0)[4:] == (None, "a")


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "xlsx"])
def test_values_that_are_not_plain_are_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError) as caught:
        written(tmp_path / f"leads.{suffix}", pl.DataFrame({"tags": [["a", "b"]]}))
    assert caught.value.code == "not_plain"
    assert not list(tmp_path.iterdir())


def test_one_column_with_a_missing_value_keeps_its_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["1", None, "3"]})
    assert read(written(tmp_path / "leads.csv", frame)).frame.equals(frame)


@pytest.mark.parametrize("suffix", KINDS)
def test_what_exists_is_kept_unless_forced(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scores.{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(OutputError) as caught:
        written(path, FRAME)
    assert caught.value.code == "exists"
    assert path.read_bytes() == b"old"
    assert read(written(path, FRAME, force=True)).frame.height == 3


@pytest.mark.parametrize("suffix", KINDS)
def test_a_failure_on_the_way_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    def broken():
        yield FRAME
        yield FRAME
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / f"scores.{suffix}", *(), *broken())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scores.{suffix}"
    path.symlink_to("/dev/full")
    with pytest.raises(OutputError) as caught:
        written(path, *[FRAME] * 3)
    assert caught.value.code == "disk_full"


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.csv", FRAME)
    before = path.read_bytes()
    code = (
        "import resource, signal, sys\n"
        "import polars as pl\n"
        "from leadlight.connect.files import open_writer\n"
        "from leadlight.errors import OutputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    with open_writer(sys.argv[1], force=True) as writer:\n"
        "        for _ in range(9): writer.write(pl.DataFrame({'id': range(10_000)}))\n"
        "except OutputError as error: print(error.code)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "disk_full\n"
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_standard_output_is_csv() -> None:
    code = (
        "import polars as pl\n"
        "from leadlight.connect.files import open_writer\n"
        "with open_writer('-') as writer: writer.write(pl.DataFrame({'id': ['=1']}))\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "id\n'=1\n"


def test_an_ending_that_tells_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        written(tmp_path / "scores.doc", FRAME)
    assert caught.value.code == "unknown_output"
    assert ".xlsx" in caught.value.hint


def test_excel_says_what_it_cannot_hold(tmp_path: Path) -> None:
    for frame in (pl.DataFrame({"id": range(1_048_576)}), pl.DataFrame({"note": ["x" * 32_768]})):
        with pytest.raises(OutputError) as caught:
            written(tmp_path / "scores.xlsx", frame)
        assert caught.value.code == "too_large_for_excel"
    assert not list(tmp_path.iterdir())


def test_a_column_of_the_leads_is_not_written_over(tmp_path: Path) -> None:
    leads = written(tmp_path / "leads.csv", FRAME)
    (part,) = read_batches(leads, columns=["id"], carry=True)
    with pytest.raises(OutputError) as caught, open_writer(tmp_path / "scores.csv") as writer:
        writer.write(part.frame.select(score=pl.lit(1)), part.carried)
    assert caught.value.code == "duplicate_columns"


CELL = st.text("ab\"',;\n\r =+-@1é\u00a0", max_size=5) | st.sampled_from([*FORMULAS, *PLAIN])
TABLE = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6)
)


@pytest.mark.parametrize("suffix", KINDS)
@given(table=TABLE, end=st.sampled_from(["\n", "\r\n"]), size=st.sampled_from([20, 1 << 20]))
def test_carried_rows_are_written_as_they_were_read(
    suffix: str, table: list[list[str]], end: str, size: int
) -> None:
    """Whether as lines that are passed on, or parsed and written anew because something in them could run."""
    names = [f"column {place}" for place in range(len(table[0]))]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([names, *table])
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "leads.csv", Path(folder) / f"scores.{suffix}"
        source.write_bytes(text.getvalue().encode())
        with open_writer(target) as writer:
            for part in read_batches(source, columns=names[:1], carry=True, batch_bytes=size):
                writer.write(
                    pl.DataFrame({"score": part.lines, "why": ['a "b",\nc'] * len(part.lines)}), part.carried
                )
        given, back = read(source).frame, read(target).frame
        assert back.select(names).equals(given)
        assert back["score"].cast(pl.Int64).to_list() == read(source).lines.tolist()
        if suffix == "csv":
            risky = [cell for row in found_in(target) for cell in row if cell.lstrip()[:1] in tuple("=@＝＠")]
            assert risky == []


@given(table=TABLE)
def test_lines_are_passed_on_byte_for_byte(table: list[list[str]]) -> None:
    """Where nothing in them could run, down to the quotes around each field."""
    harmless = str.maketrans("", "", "\n\r=+-@\t' ＝＋－＠\u00a0\x01")
    rows = [[f"x{cell.translate(harmless)}" for cell in row] for row in table]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [[*map(str, range(len(rows[0])))], *rows]
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "leads.csv", Path(folder) / "scores.csv"
        source.write_text(text.getvalue())
        with open_writer(target) as writer:
            for part in read_batches(source, carry=True):
                writer.write(pl.DataFrame({"score": [1] * len(part.lines)}), part.carried)
        expected = [f"{line},1" for line in text.getvalue().splitlines()[1:]]
        assert target.read_text().splitlines()[1:] == expected
