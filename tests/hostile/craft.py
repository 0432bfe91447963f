"""Hostile files, made small: what they claim is large."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def relations(targets: Iterable[tuple[str, str, str]]) -> str:
    """A part that says what another part refers to: identifier, kind and place of each."""
    lines = (
        f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{place}"/>' for i, kind, place in targets
    )
    return f"<Relationships {_PACKAGE}>{''.join(lines)}</Relationships>"


def sheet(rows: str, after: str = "", before: str = "") -> str:
    return f"{before}<worksheet {_NAMESPACE}><sheetData>{rows}</sheetData>{after}</worksheet>"


def text_row(number: int, *texts: str) -> str:
    cells = (f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{number}">{"".join(cells)}</row>'


def workbook_parts(*sheets: str, states: Mapping[int, str] | None = None, extra: str = "") -> dict[str, str]:
    """The parts of an Excel file with these sheets."""
    states = states or {}
    listed = "".join(
        f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}" state="{states.get(n, "visible")}"/>'
        for n in range(1, len(sheets) + 1)
    )
    book = f'<workbook {_NAMESPACE} xmlns:r="{_OFFICE}">{extra}<sheets>{listed}</sheets></workbook>'
    parts = {
        "_rels/.rels": relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations(
            (f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)
        ),
    }
    return parts | {f"xl/worksheets/sheet{n}.xml": content for n, content in enumerate(sheets, start=1)}


def excel(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def lying_zip(data: bytes, part: str, size: int) -> bytes:
    """The same archive, whose directory says that a part unpacks to another size."""
    entry = struct.pack("<H", len(part)) + b"\x00\x00"
    changed = bytearray(data)
    local = data.index(part.encode()) - 30
    changed[local + 22 : local + 26] = struct.pack("<I", size)
    central = data.index(part.encode(), data.index(b"PK\x01\x02")) - 46
    assert data[central + 28 : central + 30] == entry[:2]
    changed[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(changed)


def gzip_bomb(megabytes: int) -> bytes:
    """A CSV that packs a thousand times smaller."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as stream:
        stream.write(b"id,a\n")
        for _ in range(megabytes):
            stream.write(b"1,2\n" * (1 << 18))
    return packed.getvalue()


def zero_bytes(megabytes: int) -> bytes:
    """So many zero bytes, packed as raw deflate."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    pieces = [packer.compress(bytes(1 << 20)) for _ in range(megabytes)]
    return b"".join([*pieces, packer.flush()])
