"""Every kind of file gives the same leads in batches as in one piece, and says where each stands."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from leadlight.connect.files import Batches, open_writer, read, read_batches
from leadlight.data import frame
from leadlight.data.rows import contents
from leadlight.data.schema import Column
from leadlight.errors import ColumnError, FileError

KINDS = ["csv", "jsonl", "parquet", "xlsx"]
LEADS = pl.DataFrame(
    {
        "id": [f"{place:04}" for place in range(1000)],
        "source": ["Google", "Reference", None, "Direct, typed"] * 250,
        "note": [None if place % 3 else f"line one\nline {place}" for place in range(1000)],
    }
)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("kinds")
    for suffix in KINDS:
        with open_writer(folder / f"leads.{suffix}") as writer:
            writer.write(LEADS)
    return {suffix: folder / f"leads.{suffix}" for suffix in KINDS}


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("size", [1, 10, 333, 1 << 20])
def test_batches_of_any_size_make_the_whole(files: dict[str, Path], suffix: str, size: int) -> None:
    batches = read_batches(files[suffix], batch_bytes=size * 30, batch_rows=size)
    assert batches.columns == ("id", "source", "note")
    parts = list(batches)
    whole = read(files[suffix])
    assert pl.concat([part.frame for part in parts]).equals(whole.frame)
    assert whole.frame.equals(LEADS)
    assert [line for part in parts for line in part.lines] == whole.lines.tolist()
    assert len(parts) > 1 or size > 1000


@pytest.mark.parametrize("suffix", KINDS)
def test_lines_lead_back_to_the_file(files: dict[str, Path], suffix: str) -> None:
    leads = read(files[suffix])
    first = {"csv": 2, "jsonl": 1, "parquet": 1, "xlsx": 2}[suffix]
    assert leads.first_line == first
    assert leads.lines[0] == first
    if suffix == "csv":
        text = files[suffix].read_text().split("\n")
        assert all(
            text[line - 1].startswith(lead) for lead, line in zip(leads.frame["id"], leads.lines, strict=True)
        )
    else:
        assert leads.lines.tolist() == list(range(first, first + 1000))


@pytest.mark.parametrize("suffix", KINDS)
def test_columns_are_chosen_after_the_header_is_known(files: dict[str, Path], suffix: str) -> None:
    batches = read_batches(files[suffix])
    (part,) = batches.select(["note", "id"], carry=True)
    assert part.frame.equals(LEADS.select("note", "id"))
    assert part.carried is not None
    assert part.carried.columns == ("id", "source", "note")
    assert part.carried.frame().equals(LEADS)
    with pytest.raises(ColumnError):
        batches.select(["id", "Source"])
    assert isinstance(batches, Batches)


@pytest.mark.parametrize("suffix", KINDS)
def test_reading_can_stop_early_and_start_again(files: dict[str, Path], suffix: str) -> None:
    batches = read_batches(files[suffix], batch_bytes=3000, batch_rows=50)
    first = next(iter(batches)).frame
    assert next(iter(batches)).frame.equals(first)
    assert sum(part.frame.height for part in batches) == 1000


@pytest.mark.parametrize("suffix", KINDS)
def test_the_leads_at_hand_are_the_same_in_every_kind(tmp_path: Path, xeducation: Path, suffix: str) -> None:
    leads = read(xeducation).frame.head(500)
    with open_writer(tmp_path / f"leads.{suffix}") as writer:
        writer.write(leads)
    assert read(tmp_path / f"leads.{suffix}").frame.equals(leads)


GERMAN = Column("n", kind="number", decimal=",", thousands=".")
SPELT = ["12,125", "950", "1.234.567,5", None, "-0,5", "12.125", "0,00000015"]


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "xlsx"])
def test_a_number_is_the_same_however_the_file_has_it(tmp_path: Path, suffix: str, size: int) -> None:
    """As a German text, or as a number; JSON and Excel have both in one column."""
    wanted = GERMAN.read(pl.Series(SPELT)).to_list()
    mixed = [wanted[0], *SPELT[1:3], *wanted[3:]]
    path = tmp_path / f"leads.{suffix}"
    if suffix == "jsonl":
        path.write_text("".join(json.dumps({"n": value, "id": 2**53 + 1}) + "\n" for value in mixed))
    elif suffix == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_column(0, 0, ["n", *mixed])
            book.worksheets()[0].write_column(0, 1, ["id", *[str(2**53 + 1)] * len(mixed)])
    else:
        pl.DataFrame({"n": wanted, "id": [2**53 + 1] * len(wanted)}).write_parquet(path)
    parts = [part.frame for part in read_batches(path, batch_rows=size, batch_bytes=size * 20)]
    found = [value for part in parts for value in GERMAN.read(part["n"]).to_list()]
    assert found == wanted
    assert {text for part in parts for text in frame.as_text(part["id"])} == {str(2**53 + 1)}
    assert [GERMAN.read_one(value) for part in parts for value in part["n"]] == wanted


@pytest.mark.parametrize("suffix", KINDS)
def test_rows_of_one_content_are_equal_in_every_kind(tmp_path: Path, suffix: str) -> None:
    leads = pl.DataFrame({"n": [12.125, None, 7.0, 1e-7], "code": ["7", "1.50", "x", None], "k": range(4)})
    with open_writer(tmp_path / f"leads.{suffix}") as writer:
        writer.write(leads)
    back = read(tmp_path / f"leads.{suffix}").frame
    assert contents(back, back.columns).to_list() == contents(leads, leads.columns).to_list()


@pytest.mark.parametrize("suffix", KINDS)
def test_what_is_written_again_says_no_more_of_numbers_than_was_read(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "leads.jsonl").write_text('{"n": 12.125}\n{"n": "3,5"}\n{"n": 1.0}\n')
    (part,) = read_batches(tmp_path / "leads.jsonl", carry=True)
    with open_writer(tmp_path / f"again.{suffix}") as writer:
        writer.write(pl.DataFrame({"score": ["a", "b", "c"]}), part.carried)
    assert read(tmp_path / f"again.{suffix}").frame["n"].to_list() == ["12.125", "3,5", "1"]


def test_the_leads_at_hand_are_read_whole(xeducation: Path) -> None:
    leads = read(xeducation)
    assert leads.frame.shape == (9240, 37)
    assert leads.rejected == ()
    assert leads.notes == ()
    assert leads.lines[-1] == 9241


def test_a_pipe_is_read_only_once(tmp_path: Path) -> None:
    import os
    import threading

    pipe = tmp_path / "leads.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"a,b\n1,2\n"))
    writer.start()
    batches = read_batches(pipe)
    assert [part.frame.rows() for part in batches] == [[("1", "2")]]
    writer.join()
    with pytest.raises(FileError) as caught:
        list(batches)
    assert caught.value.code == "read_once"
