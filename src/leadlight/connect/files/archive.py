"""The zip around an Excel file: its directory is held against bombs before a byte is unpacked."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from leadlight.connect.files.limits import (
    FREE_EXPANSION_BYTES,
    KB,
    MAX_PART_BYTES,
    MAX_RATIO,
    MAX_SHEET_BYTES,
    MAX_ZIP_ENTRIES,
    MB,
)
from leadlight.errors import FileError

_PIECE = 256 * KB
_ENCRYPTED = 1


def damaged(where: str, what: str = "it cannot be unpacked") -> FileError:
    """The refusal of an Excel file that is broken."""
    return FileError(
        f"The Excel file is damaged: {what}.",
        code="damaged_excel",
        where=where,
        hint="Open it in Excel and save it again as .xlsx, or save it as CSV.",
    )


class Archive:
    """The parts of an Excel file, unpacked piece by piece."""

    def __init__(self, path: Path, where: str) -> None:
        self.where = where
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise damaged(where, "its directory cannot be read") from None
        entries = self._zip.infolist()
        self._entries = {entry.filename.lstrip("/").lower(): entry for entry in entries}
        _check(entries, where)

    def has(self, part: str) -> bool:
        return part.lower() in self._entries

    def pieces(self, part: str, limit: int = MAX_PART_BYTES) -> Iterator[bytes]:
        """The bytes of a part; zipfile stops at the size that the directory tells, and checks the sum."""
        entry = self._entries.get(part.lower())
        if entry is None:
            raise damaged(self.where, f"its part {part} is missing")
        if entry.file_size > limit:
            raise _bomb(self.where, f"its part {part} unpacks to more than {limit // MB:,} MB")
        try:
            with self._zip.open(entry) as stream:
                while piece := stream.read(_PIECE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise damaged(self.where, f"its part {part} cannot be unpacked") from None

    def close(self) -> None:
        self._zip.close()


def _check(entries: list[zipfile.ZipInfo], where: str) -> None:
    if len(entries) > MAX_ZIP_ENTRIES:
        raise _bomb(where, f"it has more than {MAX_ZIP_ENTRIES:,} parts")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise FileError(
                "The Excel file is protected by a password.",
                code="password",
                where=where,
                hint="Save it without a password.",
            )
        if entry.filename.lower().endswith("vbaproject.bin"):
            raise FileError(
                "The Excel file holds macros; it is not opened.",
                code="macros",
                where=where,
                hint="Save it as .xlsx (without macros) or as CSV.",
            )
        grown = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > MAX_SHEET_BYTES or (
            grown > MAX_RATIO and entry.file_size > FREE_EXPANSION_BYTES
        ):
            raise _bomb(where, f"a part of it unpacks to {grown:,.0f} times its size")


def _bomb(where: str, what: str) -> FileError:
    return FileError(
        f"The Excel file is not unpacked: {what}.",
        code="bomb",
        where=where,
        hint="Save the sheet as CSV, if you trust the file.",
    )
