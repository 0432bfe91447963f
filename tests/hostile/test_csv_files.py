"""Items 1 to 26: CSV files as systems export them, and files that are none."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from leadlight.connect.files import read
from leadlight.errors import ColumnError, FileError
from tests.hostile import craft
from tests.hostile.conftest import CANARY


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes, name: str = "leads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n", b"\xff\xfe", b"\xfe\xff\x00\n"])
def test_01_an_empty_file_has_no_header(file, refused, content: bytes) -> None:
    assert "header" in str(refused(file(content), "empty"))


def test_02_a_header_alone_is_a_table_without_rows(file, accepted) -> None:
    leads = accepted(file("id,name\n"))
    assert leads.frame.columns == ["id", "name"]
    assert leads.frame.height == 0


def test_03_a_utf8_mark_is_no_part_of_the_first_name(file, accepted) -> None:
    assert accepted(file("\ufeffid,name\n1,é\n")).frame.to_dicts() == [{"id": "1", "name": "é"}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_04_utf16_with_its_mark_is_read(file, accepted, encoding: str) -> None:
    path = file("\ufeffid;name\r\n1;é\U0001f600\r\n".encode(encoding))
    assert accepted(path).frame.to_dicts() == [{"id": "1", "name": "é\U0001f600"}]


def test_05_other_encodings_are_not_guessed(file, refused, accepted) -> None:
    text = f"id,name\n1,{CANARY}\n2,\u0418\u0432\u0430\u043d\n"
    content = text.encode("cp1251")
    error = refused(file(content), "not_utf8")
    assert f"byte {content.index(0xC8)}" in str(error)
    assert "--encoding" in error.hint
    name = "\u0418\u0432\u0430\u043d"
    assert accepted(file(content), encoding="cp1251").frame["name"].to_list() == [CANARY, name]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_05_western_text_is_guessed_and_told(file, accepted, encoding: str) -> None:
    leads = accepted(file(f"id,name\n1,{CANARY}\n2,\xe9\n".encode(encoding)))
    assert leads.frame["name"].to_list() == [CANARY, "\xe9"]
    assert "cp1252" in leads.notes[0]


def test_06_a_row_with_a_nul_is_rejected(file, accepted) -> None:
    leads = accepted(file(f"id,name\n1,a\n2,{CANARY}\x00\n3,c\n"))
    assert leads.frame["id"].to_list() == ["1", "3"]
    assert leads.rejected == ((3, "nul"),)


@pytest.mark.parametrize("count", [1, 2, 5000])
def test_07_one_field_too_many_on_every_row_is_a_wrong_header(file, refused, count: int) -> None:
    """pandas shifts every value by one column here, without a word."""
    error = refused(file("a,b\n" + f"1,{CANARY},3\n" * count), "bad_rows")
    assert error.where.endswith("leads.csv:2")
    assert "2 names" in error.hint


def test_08_one_field_too_many_on_some_rows_rejects_these(file, accepted) -> None:
    leads = accepted(file("a,b\n1,2\n1,2,3\n4,5,\n6,7\n"))
    assert leads.frame.rows() == [("1", "2"), ("6", "7")]
    assert leads.rejected == ((3, "too_many_fields"), (4, "too_many_fields"))


def test_09_short_rows_are_rejected(file, accepted) -> None:
    leads = accepted(file("a,b,c\n1,2,3\n4,5\n6\n7,8,9\n"))
    assert leads.frame["a"].to_list() == ["1", "7"]
    assert [row.reason for row in leads.rejected] == ["too_few_fields"] * 2


def test_10_a_quote_that_is_not_closed_is_named_by_its_line(file, refused) -> None:
    text = "a,b\n1,2\n3,4\n" + f'5,"{CANARY}\n' + "6,7\n" * 1000
    assert refused(file(text), "unclosed_quote").where.endswith("leads.csv:4")
    text = text.replace("6,7\n" * 500, '6,"7"\n' * 500, 1)
    assert refused(file(text), "unclosed_quote").where.endswith("leads.csv:4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize(("start", "code"), [('5,"', "unclosed_quote"), ("5,6", "long_row")])
def test_10_reading_on_is_bounded_where_a_row_never_ends(tmp_path: Path, start: str, code: str) -> None:
    """The other end of the pipe would write for ever."""
    pipe = tmp_path / "leads.csv"
    os.mkfifo(pipe)
    written = []

    def write() -> None:
        with open(pipe, "wb", buffering=0) as stream:
            stream.write(f"a,b\n{start}".encode())
            try:
                while sum(written) < 1 << 30:
                    written.append(stream.write(b"x" * (1 << 20)))
            except BrokenPipeError:
                pass

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(FileError) as caught:
        read(pipe)
    assert caught.value.code == code
    writer.join(timeout=10)
    assert not writer.is_alive()
    assert sum(written) < 64 << 20


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_11_line_ends_inside_quotes_are_text(file, accepted, end: str) -> None:
    path = file(f'a,b{end}"x\ny",1{end}"p\r\nq",2{end}"r\rs",3{end}')
    assert accepted(path).frame["a"].to_list() == ["x\ny", "p\r\nq", "r\rs"]


def test_11_line_ends_may_be_mixed(file, accepted) -> None:
    leads = accepted(file("a,b\r\n1,2\n3,4\r5,6\r\n"))
    assert leads.frame["a"].to_list() == ["1", "3", "5"]
    assert leads.lines.tolist() == [2, 3, 4]


def test_12_semicolons_are_found_where_nothing_else_can_be_meant(file, accepted, refused) -> None:
    assert accepted(file("id;amount\n1;2,5\n2;3\n")).frame["amount"].to_list() == ["2,5", "3"]
    assert "--delimiter" in refused(file("a;b,c\n1;2,3\n"), "ambiguous_delimiter").hint


@pytest.mark.parametrize(
    "header", ["id,Source,Source", "id,Source, source ", "id,Source,SOURCE", 'id,Source,"Source"']
)
def test_13_14_a_name_twice_is_refused(file, refused, header: str) -> None:
    error = refused(file(f"{header}\n1,{CANARY},3\n"), "duplicate_columns")
    assert "Columns 2 and 3" in str(error)
    assert error.where.endswith("leads.csv:1")


def test_15_the_order_of_columns_does_not_matter(file) -> None:
    one = read(file("a,b\n1,2\n"), columns=["a", "b"]).frame
    other = read(file("b,a\n2,1\n", "other.csv"), columns=["a", "b"]).frame
    assert one.equals(other)


def test_16_a_missing_column_is_named_with_close_ones(file) -> None:
    with pytest.raises(ColumnError) as caught:
        read(file("Lead Source,City\n1,2\n"), columns=["Lead source", "Age"])
    assert "Lead source, Age" in str(caught.value)
    assert "Lead Source" in caught.value.hint


def test_17_columns_that_nobody_asked_for_do_no_harm(file) -> None:
    assert read(file("a,b,c\n1,2,3\n"), columns=["b"]).frame.to_dicts() == [{"b": "2"}]


def test_18_19_20_doubled_and_blank_ids_are_delivered_as_they_are(file, accepted) -> None:
    """What to do about them is the schema's to say."""
    ids = ["7", "7", "7", None, " ", "null"]
    path = file("id,a\n" + "".join(f"{number or ''},{place}\n" for place, number in enumerate(ids)))
    assert accepted(path).frame["id"].to_list() == ids


def test_21_to_25_text_is_exact(file, accepted) -> None:
    texts = ["007", "9007199254740993", "1e5", "1" * 30, "NA", "None", "nan", "1,234", "1.234,5", "$5", "5 %"]
    texts += [
        "1e400",
        "inf",
        "-0",
        "１２",
        "03/04/05",
        "0000-00-00",
        "2024-02-30",
        "9999-12-31",
        "1700000000000",
    ]
    texts += ["2024-01-01T00:00:00+02:00", "True", "yes", "Y"]
    leads = accepted(file("id,a\n" + "".join(f'"{text}",1\n' for text in texts)))
    assert leads.frame["id"].to_list() == texts
    assert leads.frame.schema["id"] == pl.String


def test_26_totals_comments_and_blank_lines_are_told_apart_by_their_shape(file, accepted) -> None:
    leads = accepted(file('id,a,b\n1,2,3\n\n# made on Monday\n4,5,6\n"Total",2\n\n'))
    assert leads.frame["id"].to_list() == ["1", "4"]
    assert leads.rejected == ((3, "blank_line"), (4, "too_few_fields"), (6, "too_few_fields"))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (f"<!DOCTYPE html><html><body>Please log in {CANARY}</body></html>", "web page"),
        (f"\n  <html>{CANARY}</html>", "web page"),
        ("<?xml version='1.0'?><leads/>", "web page or XML"),
        ("%PDF-1.7\n%\xe2\xe3", "PDF"),
        ("SQLite format 3\x00", "SQLite"),
        ("{\\rtf1 leads}", "RTF"),
        ("\x89PNG\r\n", "picture"),
        ('\ufeff{"id": 1}\n'.encode().decode("latin-1"), "JSON"),
        (f' [\n{{"id": "{CANARY}"}}]', "JSON"),
    ],
)
def test_26_what_is_no_table_is_called_by_its_name(file, refused, content: str, word: str) -> None:
    code = "wrong_kind" if word == "JSON" else "not_leads"
    assert word in str(refused(file(content.encode("latin-1")), code))


def test_26_other_kinds_renamed_to_csv_are_told(file, refused, tmp_path: Path) -> None:
    excel = craft.excel(tmp_path / "one.xlsx", craft.workbook_parts(craft.sheet("")))
    assert "Excel" in str(refused(file(excel.read_bytes()), "wrong_kind"))
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "one.parquet")
    assert "Parquet" in str(refused(file((tmp_path / "one.parquet").read_bytes()), "wrong_kind"))
    refused(file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "old_excel")


def test_a_place_that_is_no_file_is_told(tmp_path: Path, refused, file) -> None:
    file("a,b\n", "leads.csv")
    error = refused(tmp_path / "lead.csv", "not_found")
    assert "leads.csv" in error.hint
    refused(tmp_path, "is_folder")
    refused(tmp_path / "none" / "leads.csv", "not_found")
    refused("ftp://user:secret@host/leads", "unknown_address")
    refused("bad\x00name.csv", "unreadable")
    refused("x" * 5000 + ".csv", "unreadable")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_someone_else_is_told(file, refused) -> None:
    path = file("a,b\n")
    path.chmod(0)
    refused(path, "unreadable")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"a;b\n1;2\n", "[('1', '2')]"),
        (b'{"a": "1", "b": 2}\n', "[('1', '2')]"),
        (b"\x1f\x8b", "damaged_gzip"),
        (b"PAR1", "wrong_kind"),
        (b"", "empty"),
        (b'[{"a": 1}]', "json_list"),
    ],
)
def test_standard_input_is_known_by_its_first_bytes(given: bytes, told: str) -> None:
    code = (
        "from leadlight.connect.files import read\n"
        "from leadlight.errors import FileError\n"
        "try: print(read('-').frame.rows())\n"
        "except FileError as error: print(error.code)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True)
    assert answer.stdout.decode().strip() == told
    assert not answer.stderr
