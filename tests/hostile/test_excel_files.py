"""Items 42 to 45: Excel files."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from leadlight.connect.files import read
from leadlight.data.cells import NUMBER
from tests.hostile import craft
from tests.hostile.conftest import CANARY


@pytest.fixture
def book(tmp_path: Path):
    """An Excel file written by a function that is given the book."""

    def write(fill, name: str = "leads.xlsx", **options) -> Path:
        with xlsxwriter.Workbook(tmp_path / name, options) as workbook:
            fill(workbook)
        return tmp_path / name

    return write


@pytest.fixture
def excel(tmp_path: Path):
    """An Excel file of the parts given."""
    return lambda parts: craft.excel(tmp_path / "leads.xlsx", parts)


def table(workbook, rows, name: str | None = None):
    sheet = workbook.add_worksheet(name)
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    return sheet


ROWS = [["id", "name"], ["007", "a"], ["008", "b"]]


def test_42_formulas_give_the_value_that_was_stored_with_them(book, accepted) -> None:
    def fill(workbook) -> None:
        sheet = table(workbook, [["id", "sum", "text", "none"], ["1"]])
        sheet.write_formula(1, 1, "=1+1", None, 7)
        sheet.write_formula(1, 2, '=CONCAT("a","b")', None, "stored")
        sheet.write_formula(1, 3, '=WEBSERVICE("http://127.0.0.1:9/")', None, "")

    assert accepted(book(fill)).frame.rows() == [("1", "7", "stored", None)]


def test_43_several_visible_sheets_have_to_be_told_apart(book, refused, accepted) -> None:
    def fill(workbook) -> None:
        table(workbook, ROWS, "Leads 2024")
        table(workbook, [["x"], ["1"]], "Notes")
        table(workbook, [["y"], ["2"]], "Secret").hide()

    path = book(fill)
    error = refused(path, "several_sheets")
    assert "'Leads 2024', 'Notes'" in error.hint
    assert "Secret" not in error.hint
    assert accepted(path, sheet="Leads 2024").frame.rows() == [("007", "a"), ("008", "b")]
    assert accepted(path, sheet="Secret").frame.columns == ["y"]
    assert "'Secret'" in refused(path, "no_sheet", sheet="Lead").hint


def test_43_hidden_sheets_do_not_count(book, accepted) -> None:
    def fill(workbook) -> None:
        table(workbook, ROWS)
        table(workbook, [["y"], ["2"]], "Lists").very_hidden()

    assert accepted(book(fill)).frame.columns == ["id", "name"]


@pytest.mark.parametrize("place", ["A1:B1", "A2:A3"])
def test_43_merged_cells_are_refused(book, refused, place: str) -> None:
    def fill(workbook) -> None:
        sheet = table(workbook, ROWS)
        sheet.merge_range(place, CANARY)

    error = refused(book(fill), "merged_cells")
    assert place in error.where
    assert "--sheet" in error.hint


def test_43_two_header_rows_are_refused(book, refused) -> None:
    rows = [["Person", "", "", "Company"], ["id", "mail", "name", "city"], ["1", "2", "3", "4"]]
    assert "title" in refused(book(lambda workbook: table(workbook, rows)), "nameless_columns").hint


def test_43_rows_wider_than_the_header_are_rejected(book, accepted) -> None:
    leads = accepted(book(lambda workbook: table(workbook, [*ROWS, ["009", "c", "lost"], [], ["010"]])))
    assert leads.frame.rows() == [("007", "a"), ("008", "b"), ("010", None)]
    assert leads.lines.tolist() == [2, 3, 6]
    assert leads.rejected == ((4, "too_many_fields"),)


OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


@pytest.mark.parametrize("name", ["leads.xlsx", "leads.xls", "leads"])
def test_44_passwords_and_old_files_are_refused(tmp_path: Path, refused, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(OFFICE + "EncryptedPackage".encode("utf-16-le"))
    refused(path, "password")
    path.write_bytes(OFFICE + "Workbook".encode("utf-16-le"))
    assert ".xlsx" in refused(path, "old_excel").hint


def test_44_macros_are_refused_whatever_the_name(tmp_path: Path, refused) -> None:
    parts = craft.workbook_parts(craft.sheet(craft.text_row(1, "id"))) | {"xl/vbaProject.bin": b"macro"}
    refused(craft.excel(tmp_path / "leads.xlsm", parts), "macros")
    refused(craft.excel(tmp_path / "leads.xlsx", parts), "macros")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leads.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
        ("letter.xlsx", {"_rels/.rels": craft.relations([("rId1", "officeDocument", "word/document.xml")])}),
        ("leads.xlsx", {"leads.csv": "id\n1\n"}),
        ("leads.xlsb", {"_rels/.rels": craft.relations([("rId1", "officeDocument", "xl/workbook.bin")])}),
    ],
)
def test_44_other_archives_are_no_workbooks(tmp_path: Path, refused, name: str, content: dict) -> None:
    path = craft.excel(tmp_path / name, content)
    refused(path, "not_excel" if name != "letter.xlsx" else "damaged_excel")


LAUGHS = (
    "<!DOCTYPE x ["
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else CANARY}">' for n in range(10))
    + "]>"
)
FETCHES = '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [LAUGHS, FETCHES, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_45_entities_are_refused(excel, refused, doctype: str, part: str, encoding: str) -> None:
    parts = craft.workbook_parts(craft.sheet(craft.text_row(1, "&a9;")))
    text = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{parts[part]}'
    refused(excel(parts | {part: text.encode(encoding)}), "entities")


def test_45_errors_are_missing_and_dates_are_dates(book, accepted) -> None:
    def fill(workbook) -> None:
        sheet = table(workbook, [["day", "moment", "clock", "error", "flag", "number", "id"]])
        sheet.write_column(1, 6, "abcde")
        for row, number in enumerate((1.0, 59.0, 60.0, 61.0, 45000.0), start=1):
            sheet.write_number(row, 0, number, workbook.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime(1, 1, datetime(2024, 2, 29, 13, 5, 7), workbook.add_format({"num_format": 22}))
        sheet.write_datetime(1, 2, time(6, 30), workbook.add_format({"num_format": "hh:mm"}))
        sheet.write_formula(1, 3, "=NA()", None, "#N/A")
        sheet.write_boolean(1, 4, True)
        sheet.write_number(1, 5, 0.1)

    frame = accepted(book(fill)).frame
    assert frame["day"].to_list() == ["1900-01-01", "1900-02-28", None, "1900-03-01", "2023-03-15"]
    assert frame.row(0)[1:] == ("2024-02-29T13:05:07", "06:30:00", None, "true", f"0.1{NUMBER}", "a")


def test_45_dates_may_count_from_1904(book, accepted) -> None:
    def fill(workbook) -> None:
        sheet = table(workbook, [["day"]])
        sheet.write_datetime(1, 0, date(2024, 2, 29), workbook.add_format({"num_format": 14}))

    assert accepted(book(fill, date_1904=True)).frame.rows() == [("2024-02-29",)]


NUMBERS = {
    "007": "007",
    "9007199254740993": "9007199254740993",
    "0.10000000000000001": f"0.1{NUMBER}",
    "1E+3": "1000",
    "-2.50": f"-2.5{NUMBER}",
    "1e999": None,
    "x": None,
}


@pytest.mark.parametrize(("stored", "text"), NUMBERS.items())
def test_numbers_are_written_as_one_would_type_them(excel, accepted, stored: str, text: str | None) -> None:
    row = f'<row r="2"><c r="A2"><v>{stored}</v></c><c r="B2" t="str"><v>x</v></c></row>'
    leads = accepted(excel(craft.workbook_parts(craft.sheet(craft.text_row(1, "n", "x") + row))))
    assert leads.frame.rows() == [(text, "x")]


def test_shared_rich_and_phonetic_texts_are_read(excel, accepted) -> None:
    parts = craft.workbook_parts(
        craft.sheet(
            craft.text_row(1, "a", "b")
            + '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>'
        )
    )
    targets = [("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "sharedStrings", "texts.xml")]
    texts = (
        "<x:sst xmlns:x='u'><x:si><x:r><x:t>two </x:t></x:r><x:r><x:t>runs_x000D_</x:t></x:r></x:si>"
        "<x:si><x:t>kanji</x:t><x:rPh><x:t>kana</x:t></x:rPh></x:si></x:sst>"
    )
    parts |= {"xl/_rels/workbook.xml.rels": craft.relations(targets), "xl/texts.xml": texts}
    assert accepted(excel(parts)).frame.rows() == [("two runs\r", "kanji")]


BROKEN_ROWS = {
    "rows out of order": '<row r="3"/><row r="2"/>',
    "no such column": '<row r="2"><c r="1A"><v>1</v></c></row>',
    "no such text": '<row r="2"><c r="A2" t="s"><v>5</v></c></row>',
    "a text before the first": '<row r="2"><c r="A2" t="s"><v>-1</v></c></row>',
    "XML that breaks off": '<row r="2"><c r="A2">',
}


@pytest.mark.parametrize("kind", BROKEN_ROWS)
def test_sheets_that_make_no_sense_are_refused(excel, refused, kind: str) -> None:
    rows = craft.text_row(1, "id") + BROKEN_ROWS[kind]
    assert refused(excel(craft.workbook_parts(craft.sheet(rows))), "damaged_excel").where


def test_an_empty_sheet_is_refused(excel, refused) -> None:
    refused(excel(craft.workbook_parts(craft.sheet(""))), "empty")


def test_a_tag_that_does_not_end_is_given_up(excel, refused) -> None:
    spans = random.Random(0).randbytes(6 << 20).hex()
    rows = craft.text_row(1, "id") + f'<row r="2" spans="{spans}"/>'
    refused(excel(craft.workbook_parts(craft.sheet(rows))), "damaged_excel")


def test_missing_parts_and_wrong_sums_are_refused(tmp_path: Path, refused) -> None:
    parts = craft.workbook_parts(craft.sheet(craft.text_row(1, "id")))
    for name in parts:
        rest = {part: text for part, text in parts.items() if part != name}
        refused(
            craft.excel(tmp_path / "leads.xlsx", rest), "not_excel" if "rels" in name else "damaged_excel"
        )
    data = bytearray(craft.excel(tmp_path / "leads.xlsx", parts).read_bytes())
    place = bytes(data).index(b"xl/worksheets/sheet1.xml")
    data[place + 30] ^= 255
    (tmp_path / "leads.xlsx").write_bytes(data)
    refused(tmp_path / "leads.xlsx", "damaged_excel")


def test_a_password_on_the_archive_is_told(tmp_path: Path, refused) -> None:
    path = craft.excel(tmp_path / "leads.xlsx", craft.workbook_parts(craft.sheet(craft.text_row(1, "id"))))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        start = archive.start_dir
    data[start + 8] |= 1
    path.write_bytes(data)
    refused(path, "password")


def test_formulas_of_leads_stay_text(book) -> None:
    rows = [["id", "name"], ["1", "'=1+1"], ["2", "it's"]]

    def fill(workbook) -> None:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)

    assert read(book(fill)).frame["name"].to_list() == ["=1+1", "it's"]
