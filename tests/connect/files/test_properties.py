"""Whatever is written is read back exactly, in batches as in one piece; whatever is not leads is refused."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadlight.connect.files import open_writer, read, read_batches
from leadlight.errors import FileError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
LIKELY = st.text("ab\"',;\t|\n\r =+-@1é", max_size=6)
CELL = LIKELY | TEXT
INERT = re.compile(r"'[\s']*[=+\-@\t\r＝＋－＠]")
SUFFIXES = ["csv", "jsonl", "parquet", "xlsx", "txt"]


def tables(cell: st.SearchStrategy) -> st.SearchStrategy:
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), max_size=8)
    )


def meant(cell: str) -> str | None:
    """Blank is missing; one apostrophe that makes a formula inert is taken off."""
    return (cell[1:] if INERT.match(cell) else cell) or None


def whole_and_parts(path: Path, sizes: tuple[int, ...], **options) -> list[tuple]:
    """The rows of a file, which are the same in batches of every size."""
    whole = read(path, **options)
    for size in sizes:
        parts = list(read_batches(path, batch_bytes=size, batch_rows=size, **options))
        assert pl.concat([part.frame for part in parts]).equals(whole.frame)
        assert [line for part in parts for line in part.lines] == whole.lines.tolist()
        assert tuple(row for part in parts for row in part.rejected) == whole.rejected
    return whole.frame.rows()


@given(tables(CELL), st.sampled_from(["excel", "excel-tab", "unix"]))
def test_what_python_writes_is_read_back(table: list[list[str]], dialect: str) -> None:
    """Any text in any dialect of Python's csv module, quotes, line ends and delimiters included."""
    names = [f"column {place}" for place in range(len(table[0]) if table else 1)]
    written = io.StringIO(newline="")
    csv.writer(written, dialect=dialect).writerows([names, *table])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        path.write_bytes(written.getvalue().encode())
        rows = whole_and_parts(path, (1, 7, 64), delimiter="\t" if dialect == "excel-tab" else ",")
    assert rows == [tuple(map(meant, row)) for row in table]


PIECE = st.sampled_from(["a", "1", '"', '"', ",", "\n", "\r\n", "\r", " "])


@given(st.lists(PIECE, max_size=60).map("".join))
def test_odd_quotes_are_read_as_python_reads_them(text: str) -> None:
    """Or a row is rejected, or the file refused; and always alike, however the file is cut into batches."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        path.write_bytes(f"p,q\n{text}".encode())
        outcomes = {outcome(path, size) for size in (1, 2, 5, 1 << 20)}
    assert len(outcomes) == 1
    (rows, rejected), *_ = outcomes
    if isinstance(rows, tuple) and "text_after_quote" not in {row.reason for row in rejected}:
        read_by_python = [row for row in csv.reader(io.StringIO(text, newline="")) if len(row) == 2]
        assert list(rows) == [tuple(map(meant, row)) for row in read_by_python]


def outcome(path: Path, size: int) -> tuple:
    try:
        parts = list(read_batches(path, delimiter=",", batch_bytes=size))
    except FileError as error:
        return error.code, error.where
    rows = tuple(row for part in parts for row in part.frame.rows())
    return rows, tuple(row for part in parts for row in part.rejected)


@given(tables(CELL | st.none()), st.sampled_from(["csv", "jsonl", "parquet", "xlsx"]))
def test_what_leadlight_writes_is_read_back(table: list[list[str | None]], suffix: str) -> None:
    """Formulas were made inert on the way out and are themselves again."""
    names = ["id", *(f"=name {place}" for place in range(1, len(table[0]) if table else 1))]
    rows = [[str(place), *row[1:]] for place, row in enumerate(table)]
    assume(rows or suffix != "jsonl")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scores.{suffix}"
        with open_writer(path) as writer:
            for part in frame.iter_slices(3) if frame.height else [frame]:
                writer.write(part)
        back = read(path)
        whole_and_parts(path, (1, 50))
    blank = pl.all().replace("", None) if suffix != "parquet" else pl.all()
    assert back.frame.equals(frame.select(blank))
    assert back.rejected == ()


@given(st.binary(max_size=300), st.sampled_from(SUFFIXES))
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    """Never another exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"leads.{suffix}"
        path.write_bytes(data)
        read_or_refused(path)


def read_or_refused(path: Path) -> None:
    error = refusal(path)
    assert error is None or (error.where and error.hint)


def refusal(path: Path) -> FileError | None:
    try:
        read(path)
        for _ in read_batches(path, batch_bytes=50, batch_rows=3):
            pass
    except FileError as error:
        return error
    return None


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> dict[str, bytes]:
    """A sound file of each kind."""
    folder = tmp_path_factory.mktemp("samples")
    frame = pl.DataFrame({"id": ["1", "2", "3"], "name": ["José", None, 'a "b", c'], "n": ["1.5", "-2", ""]})
    found = {}
    for suffix in ("csv", "jsonl", "parquet", "xlsx"):
        with open_writer(folder / f"leads.{suffix}") as writer:
            writer.write(frame)
        found[suffix] = (folder / f"leads.{suffix}").read_bytes()
    return found


CHANGE = st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.integers(0, 6))


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "xlsx"])
@given(changes=st.lists(CHANGE, min_size=1, max_size=4))
def test_damaged_files_are_read_or_refused(samples: dict[str, bytes], suffix: str, changes: list) -> None:
    """Bytes replaced, put in and taken out anywhere: rows or a sentence, never another exception."""
    data = samples[suffix]
    for share, put, taken in changes:
        place = int(share * len(data))
        data = data[:place] + put + data[place + taken :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"leads.{suffix}"
        path.write_bytes(data)
        read_or_refused(path)
