"""Items 27 to 33: files that are large, or that claim or turn out to be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.hostile import craft

MB = 1 << 20
BAR = 700
HIGHEST = "next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if 'VmHWM' in line)"
"""Memory at its highest, in MB, since the process began; what `resource` tells includes the parent's."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


def peak(path: Path, columns: int = 40) -> tuple[int, int]:
    """Rows read and the highest memory in MB of a process of its own that reads a file in batches."""
    code = (
        "import sys\n"
        "from leadlight.connect.files import read_batches\n"
        "batches = read_batches(sys.argv[1])\n"
        "batches = batches.select(batches.columns[:int(sys.argv[2])])\n"
        "print(sum(part.frame.height for part in batches))\n"
        f"print({HIGHEST})\n"
    )
    command = [sys.executable, "-c", code, str(path), str(columns)]
    rows, memory = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return int(rows), int(memory)


def leads(rows: int) -> pl.DataFrame:
    """Rows of twenty columns, as a CRM has them."""
    places = pl.int_range(rows, eager=True)
    texts = {f"text {n}": ("value " + (places * n % 97).cast(pl.String)) for n in range(10)}
    return pl.DataFrame({"id": places, **texts, **{f"number {n}": places * n % 1009 / 8 for n in range(9)}})


def test_27_memory_does_not_grow_with_a_parquet_file(tmp_path: Path, count: Callable[[int], int]) -> None:
    """One row group, so that only its parts can be held; ten million rows at full count."""
    rows = max(count(10_000_000), 1_000_000)
    leads(rows).write_parquet(tmp_path / "leads.parquet", row_group_size=rows)
    read, memory = peak(tmp_path / "leads.parquet")
    assert read == rows
    assert memory < BAR


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_27_memory_does_not_grow_with_a_text_file(
    tmp_path: Path, count: Callable[[int], int], suffix: str
) -> None:
    """Five gigabytes of CSV at full count."""
    path = tmp_path / f"leads.{suffix}"
    block = leads(50_000)
    text = (
        block.write_csv(include_header=False).encode() if suffix == "csv" else block.write_ndjson().encode()
    )
    times = max(count(5_000 if suffix == "csv" else 500), 20) * MB // len(text) + 1
    with open(path, "wb") as stream:
        stream.write(block.head(0).write_csv().encode() if suffix == "csv" else b"")
        for _ in range(times):
            stream.write(text)
    read, memory = peak(path)
    assert read == times * 50_000
    assert memory < BAR


def test_28_a_hundred_thousand_columns_are_refused_at_once(tmp_path: Path, refused) -> None:
    names = [f"c{place}" for place in range(100_000)]
    (tmp_path / "leads.csv").write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    refused(tmp_path / "leads.csv", "too_many_columns")
    (tmp_path / "leads.jsonl").write_text("{" + ",".join(f'"{name}": 1' for name in names) + "}\n")
    refused(tmp_path / "leads.jsonl", "too_many_columns")


def test_28_a_hundred_thousand_columns_of_parquet_are_refused_at_once(tmp_path: Path, refused) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(f"c{place}", pa.bool_()) for place in range(100_000)])
    pq.write_metadata(schema, tmp_path / "leads.parquet")
    refused(tmp_path / "leads.parquet", "too_many_columns")


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("megabytes", [2, 60])
def test_29_one_huge_cell_is_refused(tmp_path: Path, refused, megabytes: int, quote: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(f"a,b\n1,{quote}{'x,' if quote else 'x'}{'y' * (megabytes * MB)}{quote}\n2,3\n")
    expected = "long_field" if megabytes == 2 else "unclosed_quote" if quote else "long_row"
    assert refused(path, expected).where.endswith("leads.csv:2")


def test_30_a_gzip_bomb_is_given_up_early(tmp_path: Path, refused) -> None:
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(craft.gzip_bomb(24))
    refused(path, "bomb")


def test_30_a_zip_is_not_unpacked(tmp_path: Path, refused) -> None:
    path = craft.excel(tmp_path / "leads.zip", {"leads.csv": "a,b\n" + "1,2\n" * MB})
    refused(path, "not_excel")


@pytest.fixture(scope="module")
def parquet_bombs(tmp_path_factory) -> Path:
    """Repeated text of 50 GB, told by the footer or not, and packed zeros that may pass."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("bombs")
    rows = 2_000_000
    texts = pa.table({"a": pa.DictionaryArray.from_arrays(np.zeros(rows, np.int8), ["x" * 1000])})
    with pq.ParquetWriter(folder / "repeated.parquet", texts.schema) as writer:
        for _ in range(25):
            writer.write_table(texts)
    zeros = pa.table({f"c{place}": np.zeros(MB) for place in range(2)})
    options = {"use_dictionary": False, "compression": "zstd", "write_statistics": False}
    with pq.ParquetWriter(folder / "packed.parquet", zeros.schema, **options) as writer:
        writer.write_table(zeros)
    text = pl.Series("a", ["x" * 20_000]).cast(pl.Categorical).new_from_index(0, 2_500_000)
    text.to_frame().write_parquet(folder / "silent.parquet")
    return folder


def test_31_a_parquet_bomb_is_refused_from_its_footer(parquet_bombs: Path, refused) -> None:
    path = parquet_bombs / "repeated.parquet"
    assert path.stat().st_size < 6 * MB
    assert "47 GB" in str(refused(path, "bomb"))


def test_31_what_the_footer_does_not_tell_is_counted_while_reading(parquet_bombs: Path, refused) -> None:
    path = parquet_bombs / "silent.parquet"
    assert path.stat().st_size < MB
    refused(path, "bomb")
    assert peak_refused(path) < BAR


def test_31_packed_zeros_below_the_bar_are_read(parquet_bombs: Path, accepted) -> None:
    """A high ratio alone is no crime: leads repeat themselves."""
    assert accepted(parquet_bombs / "packed.parquet").frame.shape == (MB, 2)


def peak_refused(path: Path) -> int:
    """The highest memory in MB of a process that refuses a file."""
    code = (
        "import sys\n"
        "from leadlight.connect.files import read_batches\n"
        "from leadlight.errors import FileError\n"
        "try: print(sum(part.frame.height for part in read_batches(sys.argv[1])))\n"
        f"except FileError as error: print({HIGHEST})\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


SPACES = "<row/>" + " " * (100 * MB)


def test_32_an_excel_bomb_is_refused_from_its_directory(tmp_path: Path, refused) -> None:
    path = craft.excel(tmp_path / "leads.xlsx", craft.workbook_parts(craft.sheet(SPACES)))
    assert path.stat().st_size < MB
    refused(path, "bomb")
    assert peak_refused(path) < BAR


def test_32_a_directory_that_tells_too_little_is_caught_while_reading(tmp_path: Path, refused) -> None:
    path = craft.excel(tmp_path / "leads.xlsx", craft.workbook_parts(craft.sheet(SPACES)))
    path.write_bytes(craft.lying_zip(path.read_bytes(), "xl/worksheets/sheet1.xml", 5000))
    refused(path, "damaged_excel")
    assert peak_refused(path) < BAR


def test_32_two_cells_far_apart_take_no_memory(tmp_path: Path, accepted) -> None:
    """A reader that lays out the rectangle between them asks for 500 GB and dies."""
    rows = craft.text_row(1, "id", "a") + craft.text_row(2, "1", "2")
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    leads = accepted(craft.excel(tmp_path / "leads.xlsx", craft.workbook_parts(craft.sheet(rows + far))))
    assert leads.frame.rows() == [("1", "2")]
    assert leads.rejected == ((1_048_576, "too_many_fields"),)


def test_32_too_many_parts_and_too_many_shared_texts_are_refused(tmp_path: Path, refused) -> None:
    parts = craft.workbook_parts(craft.sheet(""))
    crowd = {f"docProps/{place}.xml": "" for place in range(10_001)}
    refused(craft.excel(tmp_path / "crowd.xlsx", parts | crowd), "bomb")
    targets = [("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId9", "sharedStrings", "sharedStrings.xml")]
    relations = craft.relations(targets)
    texts = "<sst>" + "".join(f"<si><t>{place:x}</t></si>" for place in range(100)) * 90_000 + "</sst>"
    many = parts | {"xl/_rels/workbook.xml.rels": relations, "xl/sharedStrings.xml": texts}
    refused(craft.excel(tmp_path / "texts.xlsx", many), "bomb")


def test_33_a_million_categories_are_only_text(tmp_path: Path, accepted) -> None:
    places = pl.int_range(1_000_000, eager=True)
    pl.DataFrame({"id": places, "category": "level " + places.cast(pl.String)}).write_csv(
        tmp_path / "leads.csv"
    )
    assert accepted(tmp_path / "leads.csv").frame["category"].n_unique() == 1_000_000
