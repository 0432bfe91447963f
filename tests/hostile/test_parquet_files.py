"""Items 34 to 41: Parquet files that are cut, corrupt, foreign or clever."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadlight.connect.files import read, read_batches
from leadlight.errors import ColumnError
from tests.hostile.conftest import CANARY


@pytest.fixture
def file(tmp_path: Path):
    def write(content: bytes | pa.Table, name: str = "leads.parquet", **options) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else parquet(content, **options))
        return path

    return write


def parquet(table: pa.Table, **options) -> bytes:
    written = io.BytesIO()
    pq.write_table(table, written, **options)
    return written.getvalue()


def leads(rows: int = 1000) -> pa.Table:
    names = [f"{CANARY} {place % 50}" for place in range(rows)]
    return pa.table({"id": range(rows), "name": names, "x": [place / 7 for place in range(rows)]})


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_34_a_file_cut_short_is_refused(file, refused, share: float) -> None:
    data = parquet(leads())
    cut = data[: max(int(len(data) * share), 4)]
    assert "damaged" in str(refused(file(cut), "damaged_parquet"))


def test_35_a_wrong_beginning_or_end_is_refused(file, refused) -> None:
    data = parquet(leads())
    refused(file(b"XXXX" + data[4:]), "wrong_kind")
    refused(file(data[:-4] + b"XXXX"), "damaged_parquet")
    refused(file(b"PARE" + data[4:-4] + b"PARE"), "not_leads")
    refused(file(b"id,name\n1,2\n"), "wrong_kind")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_36_a_page_that_does_not_match_its_checksum_is_refused(
    file, refused, version: str, compression: str
) -> None:
    options = {"write_page_checksum": True, "data_page_version": version, "compression": compression}
    data = bytearray(parquet(leads(), use_dictionary=False, **options))
    chunk = pq.read_metadata(io.BytesIO(bytes(data))).row_group(0).column(2)
    data[chunk.data_page_offset + chunk.total_compressed_size - 9] ^= 16
    refused(file(bytes(data)), "damaged_parquet")


def test_36_columns_that_are_not_read_are_not_decoded(file) -> None:
    data = bytearray(parquet(leads(), write_page_checksum=True, use_dictionary=False))
    chunk = pq.read_metadata(io.BytesIO(bytes(data))).row_group(0).column(2)
    data[chunk.data_page_offset + chunk.total_compressed_size - 9] ^= 16
    assert read(file(bytes(data)), columns=["id"]).frame.height == 1000


def test_37_nested_columns_are_left_out_and_told(file, accepted) -> None:
    table = pa.table({"id": [1, 2], "tags": [["a"], None], "address": [{"city": "x"}, None]})
    leads = accepted(file(table))
    assert leads.frame.columns == ["id"]
    assert len(leads.notes) == 2
    assert all("left out" in note for note in leads.notes)
    with pytest.raises(ColumnError):
        read(file(table), columns=["id", "tags"])


def test_38_ids_with_missing_ones_stay_exact(file, accepted) -> None:
    ids = [9_007_199_254_740_993, None, -1, 2**63 - 1]
    frame = accepted(file(pa.table({"id": pa.array(ids, pa.int64())}))).frame
    assert frame["id"].to_list() == ids
    assert frame.schema["id"] == pl.Int64


def test_39_types_keep_their_values(file, accepted) -> None:
    moment = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
    table = pa.table(
        {
            "price": pa.array([Decimal("12.50"), None], pa.decimal128(9, 2)),
            "source": pa.array(["a", None]).dictionary_encode(),
            "micro": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "nano": pa.array([moment, None], pa.timestamp("ns", "Europe/Paris")),
            "day": pa.array([date(2024, 3, 1), None]),
            "flag": [True, None],
            "bytes": pa.array([b"text", None], pa.binary()),
            "nothing": pa.nulls(2),
        }
    )
    row, missing = accepted(file(table)).frame.rows()
    assert row[:2] == (Decimal("12.50"), "a")
    assert row[2] == row[3] == moment
    assert row[4:] == (date(2024, 3, 1), True, "text", None)
    assert set(missing) == {None}


class Evil(pa.ExtensionType):
    """The form in which a file asks its reader to unpickle."""

    def __init__(self) -> None:
        super().__init__(pa.int64(), "arrow.py_extension_type")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"cos\nsystem\n(S'touch pwned'\ntR."

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type, serialized):
        raise AssertionError("the file was believed")


def test_40_an_extension_type_that_asks_for_python_is_refused(file, refused, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = pa.ExtensionArray.from_storage(Evil(), pa.array([1, 2], pa.int64()))
    error = refused(file(pa.table({"id": [1, 2], "x": values})), "extension")
    assert "not run" in str(error)
    assert not (tmp_path / "pwned").exists()


def test_40_other_extension_types_are_left_out_and_told(file, accepted) -> None:
    values = pa.array([b"\xff" * 16, None], pa.uuid())
    leads = accepted(file(pa.table({"id": [1, 2], "key": values})))
    assert leads.frame.columns == ["id"]
    assert "'key'" in leads.notes[0]


def test_41_a_footer_with_another_number_of_rows_is_refused(file, refused) -> None:
    """The pages of one file under the footer of another."""
    few, many = (parquet(leads(rows), use_dictionary=False, compression="none") for rows in (900, 1000))
    start, length = body(many)
    swapped = few[: body(few)[0]].ljust(start, b"\x00") + many[start:]
    assert length
    refused(file(swapped), "damaged_parquet")


def body(data: bytes) -> tuple[int, int]:
    length = int.from_bytes(data[-8:-4], "little")
    return len(data) - 8 - length, length


@pytest.mark.parametrize("length", [0, 7, 2**31, 2**32 - 1])
def test_41_an_impossible_footer_is_refused(file, refused, length: int) -> None:
    data = parquet(leads())
    refused(file(data[:-8] + length.to_bytes(4, "little") + b"PAR1"), "damaged_parquet")


def test_a_file_without_rows_keeps_its_types(file, accepted) -> None:
    frame = accepted(file(leads(1).slice(0, 0))).frame
    assert frame.height == 0
    assert frame.schema["id"] == pl.Int64


def test_names_that_look_like_patterns_are_only_names(file) -> None:
    path = file(leads(), name="leads[1]*?.parquet")
    assert read(path).frame.height == 1000
    assert sum(part.frame.height for part in read_batches(path, batch_rows=333)) == 1000


def test_a_long_cell_is_refused(file, refused) -> None:
    refused(file(pa.table({"note": ["x", CANARY * 200_000]})), "long_field")


def test_bytes_that_are_no_text_are_left_out_and_told(file, accepted) -> None:
    leads = accepted(file(pa.table({"id": [1], "raw": pa.array([b"\xff\xfe"], pa.binary())})))
    assert leads.frame.columns == ["id"]
    assert "'raw'" in leads.notes[0]


def test_bytes_that_stop_being_text_are_refused(file, refused) -> None:
    raw = pa.array([b"text"] * 2000 + [b"\xff\xfe"], pa.binary())
    refused(file(pa.table({"raw": raw})), "not_utf8")
