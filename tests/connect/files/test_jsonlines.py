"""JSON lines: values as they stand in the file, odd lines rejected, keys that come late or twice."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.connect.files import read, read_batches
from leadlight.connect.files.jsonlines import lead_of
from leadlight.data.cells import NUMBER, text_of
from leadlight.errors import FileError


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes, name: str = "leads.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def code_of(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        read(path)
    assert caught.value.where
    assert caught.value.hint
    return caught.value.code


def test_texts_are_delivered_as_they_stand_and_numbers_in_their_one_form(file) -> None:
    line = '{"id": 9007199254740993, "zip": "007", "x": 1e5, "y": 1.0, "z": -0, "ok": true, "no": false'
    (row,) = read(file(f'{line}, "n": null}}')).frame.to_dicts()
    assert row == {
        "id": "9007199254740993",
        "zip": "007",
        "x": "100000",
        "y": "1",
        "z": "0",
        "ok": "true",
        "no": "false",
        "n": None,
    }


def test_what_no_number_can_be_is_missing(file) -> None:
    """As it is in a dataframe and in Python; over HTTP it is refused."""
    (row,) = read(file('{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999, "e": ""}')).frame.rows()
    assert row == (None, None, None, None, None)


def test_a_key_that_a_line_lacks_is_missing(file) -> None:
    leads = read(file('{"a": 1}\n{"b": "x", "a": 2}\r\n{}\n'))
    assert leads.frame.to_dicts() == [{"a": "1", "b": None}, {"a": "2", "b": "x"}, {"a": None, "b": None}]
    assert leads.lines.tolist() == [1, 2, 3]


ODD = {
    "not_json": ['{"a": 1', "a,b", '{"a": 01}', "{'a': 1}", '{"a": "\t"}', '{"a": 1} x'],
    "not_an_object": ["[1]", '"a"', "5", "null"],
    "duplicate_keys": ['{"a": 1, "a": 2}'],
    "half_character": ['{"a": "\\ud800"}', '{"\\udc00": 1}'],
    "nul": ['{"a": "x\\u0000"}'],
    "too_deep": ['{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"],
    "long_field": ['{"a": "' + "x" * (2 << 20) + '"}'],
}


@pytest.mark.parametrize(
    ("reason", "line"), [(reason, line) for reason, lines in ODD.items() for line in lines]
)
def test_odd_lines_are_rejected(file, reason: str, line: str) -> None:
    leads = read(file(f'{{"a": "good"}}\n{line}\n{{"a": "fine"}}\n'))
    assert leads.frame["a"].to_list() == ["good", "fine"]
    assert leads.rejected == ((2, reason),)


def test_pairs_of_surrogates_are_one_character(file) -> None:
    assert read(file('{"a": "\\ud83d\\ude00"}')).frame.rows() == [("\U0001f600",)]


def test_blank_lines_are_told_but_not_at_the_end(file) -> None:
    leads = read(file('{"a": 1}\n\n \n{"a": 2}\n\n\n'))
    assert leads.rejected == ((2, "blank_line"),)
    assert leads.lines.tolist() == [1, 4]


def test_lists_and_objects_are_missing_and_told_once(file) -> None:
    path = file('{"a": [1], "b": {"c": 1}, "d": []}\n' * 100)
    leads = read(path)
    assert leads.frame.row(0) == (None, None, None)
    assert [note.split("'")[1] for note in leads.notes] == ["a", "b"]
    told = [note for part in read_batches(path, batch_bytes=50) for note in part.notes]
    assert len(told) == 2


def test_what_is_not_one_object_a_line_is_refused(file) -> None:
    assert code_of(file('[{"a": 1}, {"a": 2}]')) == "json_list"
    assert code_of(file('{\n  "a": 1\n}\n')) == "bad_rows"
    assert code_of(file('{"a": 1, "A ": 2}\n')) == "duplicate_columns"
    assert code_of(file(b'{"a": "\xff"}\n')) == "not_utf8"
    assert code_of(file('{"a": "' + "x" * (9 << 20))) == "long_row"
    assert code_of(file("", "empty.jsonl")) == "empty"


def test_other_encodings_and_gzip_are_read(file) -> None:
    text = '{"a": "é"}\n'
    assert read(file(text.encode("utf-16"))).frame.rows() == [("é",)]
    assert read(file(text.encode("latin-1")), encoding="latin-1").frame.rows() == [("é",)]
    assert read(file(gzip.compress(text.encode()), "leads.jsonl.gz")).frame.rows() == [("é",)]
    assert read(file(text, "leads")).frame.rows() == [("é",)]


@pytest.fixture
def late(file) -> Path:
    """A file in which a key first stands behind the beginning that is looked at for the header."""
    return file('{"a": "x"}\n' * 300_000 + '{"a": "y", "unsubscribed": true}\n' * 2)


def test_a_key_that_comes_late_is_a_column_of_the_whole(late: Path) -> None:
    leads = read(late)
    assert leads.frame.columns == ["a", "unsubscribed"]
    assert leads.frame["unsubscribed"].drop_nulls().to_list() == ["true", "true"]
    assert leads.notes == ()
    assert read(late, columns=["unsubscribed"]).frame.width == 1


def test_a_key_that_comes_late_is_told_in_batches(late: Path) -> None:
    """The header has to be known before the first batch."""
    batches = read_batches(late)
    assert batches.columns == ("a",)
    parts = list(batches)
    assert all(part.frame.columns == ["a"] for part in parts)
    assert [note for part in parts for note in part.notes] == [
        "column 'unsubscribed' stands only further back in the file: left out"
    ]


def test_whole_rows_can_be_carried_along(file) -> None:
    (part,) = read_batches(file('{"a": 1, "b": 2}'), columns=["b"], carry=True)
    assert part.frame.to_dicts() == [{"b": "2"}]
    assert part.carried is not None
    assert part.carried.frame().to_dicts() == [{"a": "1", "b": "2"}]


VALUE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("a\"\\\n\u2028é=' ", max_size=5)
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUE), min_size=1, max_size=10), st.booleans())
def test_what_python_writes_is_read_back(leads: list[dict], ascii_only: bool) -> None:
    lines = [json.dumps(lead, ensure_ascii=ascii_only).encode() for lead in leads]
    for lead, line in zip(leads, lines, strict=True):
        expected = {key: None if value == "" else value for key, value in lead.items()}
        assert lead_of(line) == {key: as_written(value) for key, value in expected.items()}


def as_written(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    text = text_of(value)
    return text + NUMBER if isinstance(value, float) and text and "." in text else text


def test_a_hundred_keys_and_a_thousand_lines_make_a_frame(file) -> None:
    line = json.dumps({f"k{place}": place for place in range(100)})
    frame = read(file(f"{line}\n" * 1000)).frame
    assert frame.shape == (1000, 100)
    assert set(frame.dtypes) == {pl.String}
