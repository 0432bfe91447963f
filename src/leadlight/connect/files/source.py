"""Where leads come from: a path or standard input, its first bytes, and a stream that refuses bombs."""

from __future__ import annotations

import difflib
import gzip
import io
import re
import stat
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from leadlight.connect.files.limits import FREE_EXPANSION_BYTES, HEAD_BYTES, MAX_DECODED_BYTES, MAX_RATIO
from leadlight.errors import FileError

STANDARD_INPUT = "standard input"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_GZIP = b"\x1f\x8b"


class Readable(Protocol):
    """Bytes that are read from front to back."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Source:
    """A place that leads are read from. `path` is None for a pipe, which can be read but once."""

    name: str
    path: Path | None
    head: bytes = field(repr=False)
    complete: bool
    zipped: bool
    pipe: Pipe | None = field(default=None, repr=False)

    def open(self) -> Readable:
        """All bytes from the front, unzipped."""
        if self.pipe is not None:
            return self.pipe.take(self.head)
        assert self.path is not None
        return _stream(_open(self.path), self.name, self.zipped)


class Pipe:
    """A stream whose beginning was looked at and which can be taken once."""

    def __init__(self, stream: Readable, name: str) -> None:
        self._stream = stream
        self._name = name
        self._taken = False

    def take(self, head: bytes) -> Readable:
        if self._taken:
            raise FileError(
                "A pipe can be read only once.",
                code="read_once",
                where=self._name,
                hint="Save it to a file first, then give the file.",
            )
        self._taken = True
        return _Joined(io.BytesIO(head), self._stream)


class _Joined:
    """What was read ahead, then the rest."""

    def __init__(self, head: BinaryIO, rest: Readable) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1, /) -> bytes:
        return self._head.read(size) or self._rest.read(size)

    def close(self) -> None:
        self._rest.close()


class _Plain:
    """A file whose faults are told as FileError."""

    def __init__(self, raw: BinaryIO, name: str) -> None:
        self._raw = raw
        self._name = name
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._raw.read(size)
        except OSError as error:
            raise unreadable(self._name, error) from None
        self.taken += len(data)
        return data

    def close(self) -> None:
        self._raw.close()


class _Unzipped:
    """A gzip stream that is given up when it grows like a bomb."""

    def __init__(self, packed: _Plain, name: str) -> None:
        self._packed = packed
        self._name = name
        self._given = 0
        self._plain = gzip.GzipFile(fileobj=cast("BinaryIO", packed), mode="rb")

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._plain.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise FileError(
                "The gzip file is cut short or damaged.",
                code="damaged_gzip",
                where=self._name,
                hint="Get the file again, or unpack it and give the file inside.",
            ) from None
        self._given += len(data)
        self._check()
        return data

    def _check(self) -> None:
        grown = self._given / max(self._packed.taken, 1)
        if self._given <= FREE_EXPANSION_BYTES:
            return
        if grown > MAX_RATIO or self._given > MAX_DECODED_BYTES:
            raise FileError(
                f"The gzip file unpacks to more than {grown:.0f} times its size.",
                code="bomb",
                where=self._name,
                hint="Unpack it yourself and give the file inside, if you trust it.",
            )

    def close(self) -> None:
        self._packed.close()


def locate(place: str | Path) -> Source:
    """Find a path or standard input and look at its beginning."""
    if str(place) == "-":
        return _from_pipe(sys.stdin.buffer, STANDARD_INPUT)
    if _URL.match(str(place)):
        raise _unknown_address(str(place))
    path = _expanded(place)
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        raise FileError(
            "The path is a folder.", code="is_folder", where=str(place), hint="Give a file in the folder."
        )
    if not stat.S_ISREG(mode):
        return _from_pipe(_open(path), str(place))
    raw = _open(path)
    with raw:
        zipped = raw.read(2) == _GZIP
        raw.seek(0)
        head, complete = _head(_stream(raw, str(place), zipped))
    return Source(str(place), path, head, complete, zipped)


def _expanded(place: str | Path) -> Path:
    try:
        return Path(place).expanduser()
    except RuntimeError:
        raise FileError(
            "There is no such user, or no home folder of theirs.",
            code="no_file",
            where=str(place),
            hint="Write the path out, or put ./ in front of a name that begins with ~.",
        ) from None


def _from_pipe(raw: BinaryIO, name: str) -> Source:
    buffered = io.BufferedReader(cast("io.RawIOBase", raw))
    zipped = buffered.peek(2)[:2] == _GZIP
    stream = _stream(buffered, name, zipped)
    head, complete = _head(stream)
    return Source(name, None, head, complete, zipped, Pipe(stream, name))


def _stream(raw: BinaryIO, name: str, zipped: bool) -> Readable:
    plain = _Plain(raw, name)
    return _Unzipped(plain, name) if zipped else plain


def _head(stream: Readable) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all there is; a pipe gives them in pieces."""
    pieces, size = [], 0
    while size < HEAD_BYTES and (piece := stream.read(HEAD_BYTES - size)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces), size < HEAD_BYTES


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _not_found(path) from None
    except (OSError, ValueError) as error:
        raise unreadable(str(path), error) from None


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise unreadable(str(path), error) from None


def _not_found(path: Path) -> FileError:
    folder = path.parent
    if not folder.is_dir():
        hint = "Its folder does not exist either: check the path."
    else:
        names = [entry.name for entry in folder.iterdir()]
        close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
        hint = f"Close names there: {', '.join(close)}." if close else "Check the name."
    return FileError("There is no such file.", code="not_found", where=str(path), hint=hint)


def unreadable(name: str, error: OSError | ValueError) -> FileError:
    """The system's own words for why a file could not be read."""
    reason = (getattr(error, "strerror", None) or "the name cannot be used").lower()
    return FileError(
        f"The file could not be read: {reason}.",
        code="unreadable",
        where=name,
        hint="Check that the file is yours to read, and that its disk is there.",
    )


def _unknown_address(place: str) -> FileError:
    scheme = place.partition("://")[0].lower()
    return FileError(
        f"Leads cannot be read from {scheme}:// here.",
        code="unknown_address",
        where=f"{scheme}://",
        hint="Known are files (.csv, .xlsx, .parquet, .jsonl; .csv.gz too), here or at https://, - for"
        " standard input, and databases (postgresql, mysql, mariadb, sqlite, duckdb).",
    )
