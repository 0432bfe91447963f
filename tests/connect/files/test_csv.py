"""CSV files: delimiters, headers, encodings, quotes, line ends, and rows told from odd ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from leadlight.connect.files import read, read_batches
from leadlight.errors import ColumnError, FileError


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes, name: str = "leads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def rows(path: Path, **options) -> list[tuple]:
    return read(path, **options).frame.rows()


def refused(path: Path, code: str, **options) -> FileError:
    with pytest.raises(FileError) as caught:
        read(path, **options)
    assert caught.value.code == code
    assert caught.value.hint
    assert caught.value.where
    return caught.value


@pytest.mark.parametrize(("character", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_another_delimiter_is_found_and_told(file, character: str, word: str) -> None:
    leads = read(file("id,amount\n1,2\n".replace(",", character)))
    assert leads.frame.rows() == [("1", "2")]
    assert leads.notes == (f"fields are parted by {word}",)


def test_a_decimal_comma_does_not_hide_the_semicolon(file) -> None:
    assert rows(file("id;amount\n1;2,5\n2;3,75\n")) == [("1", "2,5"), ("2", "3,75")]


def test_two_delimiters_that_fit_alike_are_asked_about(file) -> None:
    path = file("a,b;c\n1,2;3\n")
    assert "--delimiter" in refused(path, "ambiguous_delimiter").hint
    assert rows(path, delimiter=",") == [("1", "2;3")]
    assert rows(path, delimiter=";") == [("1,2", "3")]


def test_a_quoted_header_tells_the_delimiter(file) -> None:
    assert read(file('id,"a;b"\n1,"x;y"\n')).frame.columns == ["id", "a;b"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_first_line_may_tell_the_delimiter(file, end: str) -> None:
    leads = read(file(end.join(["sep=;", "a,b;c", "1,2;3"])))
    assert leads.frame.to_dicts() == [{"a,b": "1,2", "c": "3"}]
    assert leads.lines.tolist() == [3]
    refused(file("sep=;\na;a\n"), "duplicate_columns")


def test_a_header_with_a_nul_is_refused(file) -> None:
    refused(file("id,na\x00me\n1,2\n"), "nul")


def test_one_column_needs_no_delimiter(file) -> None:
    assert rows(file('id\n007\n""\n1e5\n')) == [("007",), (None,), ("1e5",)]


def test_names_are_trimmed_and_one_without_a_name_is_called_by_its_place(file) -> None:
    leads = read(file(", id ,\u00a0Country\n0,1,NA\n"))
    assert leads.frame.columns == ["column_1", "id", "Country"]
    assert leads.notes == ("column 1 has no name: column_1",)


@pytest.mark.parametrize("header", ["id,Mail,mail", "id,a, a ", "id,STRASSE,straße", "id,,column_2"])
def test_a_name_twice_is_refused(file, header: str) -> None:
    assert "Columns 2 and 3" in str(refused(file(f"{header}\n1,2,3\n"), "duplicate_columns")).replace(
        "1 and 2", "2 and 3"
    )


def test_several_nameless_columns_are_refused(file) -> None:
    assert refused(file("Contact,,,Company\n1,2,3,4\n"), "nameless_columns").where.endswith("leads.csv:1")


def test_text_is_delivered_as_it_stands(file) -> None:
    texts = ["007", "9007199254740993", "1e5", "NA", "None", "nan", "null", " x ", "-0", "１２", "03/04/05"]
    path = file("t,u\n" + "".join(f"{text},-\n" for text in texts))
    assert read(path).frame["t"].to_list() == texts


def test_blank_is_missing_quoted_or_not(file) -> None:
    assert rows(file('a,b\n,""\n" ",x\n')) == [(None, None), (" ", "x")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_known(file, end: str) -> None:
    leads = read(file(end.join(["a,b", "1,2", '"x\ny",3', "4,5"])))
    assert leads.frame.rows() == [("1", "2"), ("x\ny", "3"), ("4", "5")]
    assert leads.lines.tolist() == [2, 3, 5]


def test_line_ends_may_be_mixed(file) -> None:
    assert rows(file("a,b\r\n1,2\r3,4\n5,6")) == [("1", "2"), ("3", "4"), ("5", "6")]


def test_blank_lines_inside_are_told_and_those_at_the_end_are_not(file) -> None:
    leads = read(file("\na,b\n1,2\n\n\r\n3,4\n\n\n"))
    assert leads.frame.rows() == [("1", "2"), ("3", "4")]
    assert leads.rejected == ((4, "blank_line"),)


def test_a_quote_inside_a_field_is_meant_literally(file) -> None:
    text = 'size,note,n\n5" pipe,he said "yes","a ""b"""\r\n1,2,3\n'
    assert rows(file(text)) == [('5" pipe', 'he said "yes"', 'a "b"'), ("1", "2", "3")]


def test_odd_rows_are_rejected_with_line_and_reason(file) -> None:
    leads = read(file('a,b\n1,2\n1\n1,2,3\n"x"y,2\n1,\x002\n"p\nq",4\n'))
    assert leads.frame.rows() == [("1", "2"), ("p\nq", "4")]
    assert leads.lines.tolist() == [2, 7]
    assert leads.rejected == (
        (3, "too_few_fields"),
        (4, "too_many_fields"),
        (5, "text_after_quote"),
        (6, "nul"),
    )


def test_a_bom_is_taken_off(file) -> None:
    assert read(file(b"\xef\xbb\xbfid,a\n\xef\xbb\xbf1,2\n")).frame.rows() == [("\ufeff1", "2")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_marked_encodings_are_read(file, encoding: str) -> None:
    assert rows(file("né,b\n1,é\n".encode(encoding))) == [("1", "é")]


def test_other_bytes_are_refused_with_their_place_and_read_when_named(file) -> None:
    path = file("id,name\n1,Jos\u0418\u0419\n".encode("cp1251"))
    error = refused(path, "not_utf8")
    assert error.where.endswith("leads.csv: byte 13")
    assert "--encoding" in error.hint
    assert rows(path, encoding="cp1251") == [("1", "Jos\u0418\u0419")]


def test_the_place_of_a_bad_byte_counts_from_the_front_of_the_file(file) -> None:
    text = b"\xef\xbb\xbfid,name\n" + b"1,x\n" * 10_000 + b"2,\xff\n"
    with pytest.raises(FileError) as caught:
        list(read_batches(file(text), batch_bytes=1000))
    assert caught.value.where.endswith(f"byte {text.index(255)}")


def test_a_named_encoding_that_does_not_fit_is_refused(file) -> None:
    refused(file(b"id,a\n1,\x81\n"), "not_utf8", encoding="cp1252")
    refused(file("id,a\n1,2\n"), "unknown_encoding", encoding="klingon")
    refused(file("id,a\n1,2\n"), "unknown_encoding", encoding="base64")
    refused(file("id,a\n1,2\n".encode("utf-16-le")), "not_utf8")


def test_gzip_is_unpacked(file) -> None:
    packed = gzip.compress(b"id,a\n1,2\n")
    assert rows(file(packed, "leads.csv.gz")) == [("1", "2")]
    assert rows(file(packed + gzip.compress(b"3,4\n"), "two.csv.gz")) == [("1", "2"), ("3", "4")]
    refused(file(packed[:-6], "short.csv.gz"), "damaged_gzip")
    refused(file(packed[:20] + b"\xff\xff\xff" + packed[23:], "broken.csv.gz"), "damaged_gzip")


def test_columns_are_chosen_by_name_in_the_order_asked_for(file) -> None:
    path = file("a,b,c\n1,2,3\n")
    assert read(path, columns=["c", "a"]).frame.to_dicts() == [{"c": "3", "a": "1"}]
    with pytest.raises(ColumnError) as caught:
        read(path, columns=["a", "B"])
    assert caught.value.code == "missing_columns"


def test_close_names_are_offered_for_a_missing_column(file) -> None:
    with pytest.raises(ColumnError) as caught:
        read(file("Lead Source,b\n1,2\n"), columns=["Lead Sources"])
    assert "Lead Source" in caught.value.hint


def test_columns_that_are_not_chosen_are_checked_as_well(file) -> None:
    """Leaving out a column must not hide that a row is odd."""
    leads = read(file("a,b,c\n1,2,3\n4,5\n6,7,8,9\n"), columns=["a"])
    assert leads.frame["a"].to_list() == ["1"]
    assert len(leads.rejected) == 2


def test_columns_are_known_before_the_first_batch(file) -> None:
    batches = read_batches(file("a,b\n" + "1,2\n" * 1000), batch_bytes=100)
    assert batches.columns == ("a", "b")
    parts = list(batches)
    assert len(parts) > 10
    assert sum(part.frame.height for part in parts) == 1000
    assert parts[1].first_line == parts[0].frame.height + 2


def test_a_file_without_rows_has_a_frame(file) -> None:
    leads = read(file("a,b\n"))
    assert leads.frame.schema == {"a": pl.String, "b": pl.String}
    assert leads.frame.height == 0
    assert len(list(read_batches(file("a,b")))) == 1


def test_whole_rows_can_be_carried_along(file) -> None:
    batches = read_batches(file('a,b,c\n1,"x,y",3\n4,,6\n'), columns=["c"], carry=True)
    (part,) = batches
    assert part.frame.columns == ["c"]
    assert part.carried is not None
    assert part.carried.frame().rows() == [("1", "x,y", "3"), ("4", None, "6")]


def test_wide_tables_are_counted_right(file) -> None:
    names = ",".join(f"c{place}" for place in range(700))
    row = ",".join("1" for _ in range(700))
    leads = read(file(f"{names}\n{row}\n{row},9\n" + f"{row},,{row}\n" + f'{row[:-1]}"a,b"\n'))
    assert leads.frame.shape == (2, 700)
    assert [odd.line for odd in leads.rejected] == [3, 4]


def test_counts_do_not_wrap(file) -> None:
    """256 fields too many look like none to a counter of eight bits."""
    leads = read(file("a,b\n1,2\n" + "1" + "," * 257 + "\n3\n" + "4,5\n" + '"' + "," * 256 + '",7\n'))
    assert [row[1] for row in leads.frame.rows()] == ["2", "5", "7"]
    assert [odd.line for odd in leads.rejected] == [3, 4]


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "é", "\n"])
def test_a_delimiter_is_one_plain_character(file, delimiter: str) -> None:
    refused(file("a,b\n1,2\n"), "bad_delimiter", delimiter=delimiter)
    assert rows(file("a\tb\n1\t2\n"), delimiter="tab") == [("1", "2")]


def test_an_option_that_means_nothing_is_told(file) -> None:
    refused(file("a,b\n1,2\n"), "idle_option", sheet="Leads")
    refused(file('{"a": 1}\n', "leads.jsonl"), "idle_option", delimiter=";")
