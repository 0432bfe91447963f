"""What a file is: by its first bytes, held against its name."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal, get_args

from leadlight.connect.files.source import Source
from leadlight.errors import FileError

Kind = Literal["csv", "jsonlines", "excel", "parquet"]

_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
    ".json": "jsonlines",
    ".xlsx": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_NAMES = {"csv": "CSV", "jsonlines": "JSON lines", "excel": "Excel (.xlsx)", "parquet": "Parquet"}
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (b"PARE", "an encrypted Parquet file"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
    (b"\x1f\x8b", "a gzip file inside a gzip file"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"{\\rtf", "an RTF document"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_JSON = re.compile(rb"[{]\s*[\"}]|\[\s*[{]")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def kind_of(source: Source) -> Kind:
    """The kind of a file; refused where its content is none of ours or is not what its name says."""
    if not source.head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileError(
            "The file is empty: there is no header.",
            code="empty",
            where=source.name,
            hint="Export the leads again, with a first row that names the columns.",
        )
    named, found = _by_name(source), _by_content(source.head)
    if found == "office":
        raise _office(source)
    if found == "zip":
        found = "excel"
    if found not in (*get_args(Kind), "json", "text"):
        raise _not_leads(source, found)
    return _agreed(source, named, found)


def _agreed(source: Source, named: Kind | None, found: str) -> Kind:
    if found in ("excel", "parquet"):
        kind: Kind = "excel" if found == "excel" else "parquet"
        if named not in (None, kind) or source.zipped or source.path is None:
            raise _mismatch(source, named, kind)
        return kind
    if named in ("excel", "parquet"):
        raise _mismatch(source, named, None)
    if found == "json" and named == "csv":
        raise _mismatch(source, named, "jsonlines")
    return named or ("jsonlines" if found == "json" else "csv")


def _by_name(source: Source) -> Kind | None:
    name = PurePath(source.name.lower())
    suffix = name.suffix if name.suffix != ".gz" else PurePath(name.stem).suffix
    if suffix == ".xlsm":
        raise FileError(
            "An Excel file with macros is not opened.",
            code="macros",
            where=source.name,
            hint="Save it as .xlsx (without macros) or as CSV.",
        )
    return _SUFFIXES.get(suffix)


def _by_content(head: bytes) -> str:
    for sign, found in _SIGNS:
        if head.startswith(sign):
            return found
    text = head[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"<" and (text[1:2].isalpha() or text[1:2] in (b"!", b"?")):
        return "a web page or XML"
    return "json" if _JSON.match(text) else "text"


def _office(source: Source) -> FileError:
    """Old Excel files and password-protected new ones share a container."""
    if _ENCRYPTED in source.head:
        return FileError(
            "The Excel file is protected by a password.",
            code="password",
            where=source.name,
            hint="Open it in Excel and save it without a password.",
        )
    return FileError(
        "The file is of Excel's old kind (.xls).",
        code="old_excel",
        where=source.name,
        hint="Open it in Excel and save it as .xlsx or CSV.",
    )


def _not_leads(source: Source, found: str) -> FileError:
    return FileError(
        f"The file is {found}, not a table of leads.",
        code="not_leads",
        where=source.name,
        hint="Give leads as .csv, .xlsx, .parquet or .jsonl. A web page is often the login page of the CRM.",
    )


def _mismatch(source: Source, named: Kind | None, found: Kind | None) -> FileError:
    claimed = f"is called {_NAMES[named]}" if named else "came packed or through a pipe"
    if source.zipped or source.path is None:
        hint = "Unpack or save it to a file of its own, and give that file."
    else:
        hint = f"Give it its true ending ({_NAMES[found]})." if found else "Export the leads again."
    return FileError(
        f"The file {claimed}, but its content is {_NAMES[found] if found else 'something else'}.",
        code="wrong_kind",
        where=source.name,
        hint=hint,
    )
