"""Rows above the header and Western Windows text: passed over or guessed where that is plain, and told."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from leadlight.connect.files import read, read_batches
from leadlight.errors import FileError

TABLE = [["id", "Source", "Visits", "Won"], *([f"L{row}", "Web", str(row), "no"] for row in range(30))]
TITLES = {
    "one": [["Leads of the year"]],
    "three": [["Leads of the year"], ["as of", "2026-01-31"], ["all regions"]],
}


def csv(rows: list[list[str]], delimiter: str, *, padded: bool) -> str:
    width = len(TABLE[0])
    full = [row + [""] * (width - len(row)) if padded else row for row in rows]
    return "".join(delimiter.join(row) + "\n" for row in full)


@pytest.mark.parametrize("titles", TITLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("padded", [True, False])
def test_titles_above_a_csv_are_skipped_and_told(
    titles: str, delimiter: str, padded: bool, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(csv([*TITLES[titles], *TABLE], delimiter, padded=padded))
    leads = read(path)
    assert leads.frame.columns == TABLE[0]
    assert leads.frame.rows() == [tuple(row) for row in TABLE[1:]]
    assert leads.first_line == len(TITLES[titles]) + 2
    assert any("skipped" in note for note in leads.notes)
    batches = read_batches(path, batch_bytes=64)
    assert sum(part.frame.height for part in batches) == 30


@pytest.mark.parametrize("titles", TITLES)
@pytest.mark.parametrize("merged", [True, False])
def test_titles_above_a_sheet_are_skipped_and_told(titles: str, merged: bool, tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([*TITLES[titles], *TABLE]):
            sheet.write_row(place, 0, row)
        if merged:
            sheet.merge_range(0, 0, 0, 3, TITLES[titles][0][0])
    leads = read(path)
    assert leads.frame.columns == TABLE[0]
    assert leads.frame.height == 30
    assert any("skipped" in note for note in leads.notes)


def test_how_many_rows_are_skipped_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Person,,Company,\n" + csv(TABLE, ",", padded=False))
    with pytest.raises(FileError):
        read(path)
    assert read(path, skip_rows=1).frame.columns == TABLE[0]
    assert read(path, skip_rows=1).notes == ()
    with pytest.raises(FileError) as caught:
        read(path, skip_rows=99)
    assert caught.value.code == "empty"


@pytest.mark.parametrize("text", ["note\nfine; really; yes\nno\nperhaps\n", "a,b,c\n1,2,3\n"])
def test_what_is_not_plainly_a_title_is_the_header(text: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(text)
    assert not any("skipped" in note for note in read(path).notes)


@pytest.mark.parametrize("text", ["id,name\n1,a,b\n2,c,d\n", "Total,,\n1,2,3\n4,5,6\n7,8,9\n"])
def test_a_broken_header_is_refused_as_before(text: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(text)
    with pytest.raises(FileError):
        read(path)


@pytest.mark.parametrize("early", [True, False])
def test_western_text_is_guessed_and_told(early: bool, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = ["1,J\u00f6rg \u20ac"] + ["2,x"] * (0 if early else 400_000)
    path.write_bytes("\n".join(["id,name", *(rows if early else rows[::-1]), ""]).encode("cp1252"))
    leads = read(path)
    assert "J\u00f6rg \u20ac" in leads.frame["name"].to_list()
    assert "cp1252" in leads.notes[0]
    assert "--encoding" in leads.notes[0]


@pytest.mark.parametrize(
    "data",
    [
        "id,\u0438\u043c\u044f\n1,\u0410\u043d\u043d\u0430\n".encode("cp1251"),
        "id,\u540d\n1,\u7530\u4e2d\n".encode("shift_jis"),
        "id,name\n1,J\u00f6rg\n".encode() + b"2,\xff\n",
        b"id,a\n1,\x81\n",
    ],
)
def test_other_text_is_not_guessed(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read(path)
    assert caught.value.code == "not_utf8"
