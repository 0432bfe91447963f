"""Small files that grow: repeated texts, gaps between rare columns, endless rows, styles and footers."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.hostile import craft
from tests.hostile.test_bombs import HIGHEST, MB

MEMORY = 2_000


def read_in_a_process(path: Path) -> tuple[str, int]:
    """The code of the refusal, or how many rows were read whole, and the highest memory in MB."""
    code = (
        "import sys\n"
        "from leadlight.connect.files import read\n"
        "from leadlight.errors import FileError\n"
        "try:\n"
        "    print(read(sys.argv[1]).frame.height)\n"
        "except FileError as error:\n"
        "    print(error.code)\n"
        f"print({HIGHEST})\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    answer = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120).stdout.split()
    return answer[0], int(answer[1])


def with_shared_texts(path: Path, texts: list[str], rows: str) -> Path:
    """An Excel file whose cells point into a table of texts."""
    parts = craft.workbook_parts(craft.sheet(rows))
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = craft.relations(
        [("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId9", "sharedStrings", "shared.xml")]
    )
    listed = "".join(f"<si><t>{text}</t></si>" for text in texts)
    parts["xl/shared.xml"] = f"<sst>{listed}</sst>"
    return craft.excel(path, parts)


def test_a_long_text_that_every_row_points_to_is_refused(tmp_path: Path) -> None:
    """11 kB took 8 GB: one text of a megabyte, in 60,000 rows."""
    rows = "".join(f'<row r="{k}"><c t="s"><v>1</v></c></row>' for k in range(2, 60_000))
    header = '<row r="1"><c t="s"><v>0</v></c></row>'
    path = with_shared_texts(tmp_path / "leads.xlsx", ["note", "x" * (MB - 10)], header + rows)
    code, memory = read_in_a_process(path)
    assert (code, memory < MEMORY) == ("bomb", True)


def test_a_row_of_ten_million_cells_is_refused(tmp_path: Path, refused) -> None:
    rows = craft.text_row(1, "id") + '<row r="2">' + "<c><v>1</v></c>" * 500_000 + "</row>"
    refused(craft.excel(tmp_path / "leads.xlsx", craft.workbook_parts(craft.sheet(rows))), "damaged_excel")


def test_a_row_beyond_what_a_sheet_holds_is_refused(tmp_path: Path, refused) -> None:
    rows = craft.text_row(1, "id") + craft.text_row(1_048_577, "1")
    refused(craft.excel(tmp_path / "leads.xlsx", craft.workbook_parts(craft.sheet(rows))), "damaged_excel")


def test_endless_styles_are_refused(tmp_path: Path) -> None:
    """1.3 MB of packed styles took 3.9 GB."""
    parts = craft.workbook_parts(craft.sheet(craft.text_row(1, "id") + craft.text_row(2, "1")))
    parts["xl/_rels/workbook.xml.rels"] = craft.relations(
        [("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId9", "styles", "styles.xml")]
    )
    with zipfile.ZipFile(tmp_path / "leads.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        styles = "".join(f'<xf numFmtId="14" a="{k * 7919 % 1_000_003}"/>' for k in range(600_000))
        archive.writestr("xl/styles.xml", f"<styleSheet><cellXfs>{styles}</cellXfs></styleSheet>")
    code, memory = read_in_a_process(tmp_path / "leads.xlsx")
    assert (code, memory < MEMORY) == ("damaged_excel", True)


@pytest.mark.long
@pytest.mark.parametrize(("keys", "rows"), [(9_900, 400_000), (9_000, 9_000)], ids=["sparse", "diagonal"])
def test_lines_of_few_keys_among_thousands_are_refused(tmp_path: Path, keys: int, rows: int) -> None:
    """5 MB aborted the process: every row has a cell for each of the keys."""
    lines = [f'{{"k{k}":1}}' for k in range(keys)]
    lines += ['{"k1":1}'] * (rows - keys)
    (tmp_path / "leads.jsonl").write_text("\n".join(lines) + "\n")
    code, memory = read_in_a_process(tmp_path / "leads.jsonl")
    assert (code, memory < MEMORY) == ("bomb", True)


def test_a_footer_of_empty_structs_is_refused(tmp_path: Path) -> None:
    """20 MB of Parquet footer took 1.5 GB."""
    many = 12_000_000
    size = bytearray()
    left = many
    while left > 127:
        size.append(left & 127 | 128)
        left >>= 7
    size.append(left)
    footer = b"\x19\xfc" + bytes(size) + b"\x00" * many + b"\x00"
    data = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    (tmp_path / "leads.parquet").write_bytes(data)
    code, memory = read_in_a_process(tmp_path / "leads.parquet")
    assert (code, memory < MEMORY) == ("damaged_parquet", True)
