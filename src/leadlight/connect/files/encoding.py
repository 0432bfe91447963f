"""Text files as UTF-8: byte order marks are obeyed, other encodings have to be named.

Western Windows text alone is guessed, where the bytes are no UTF-8 and stand as its letters do.
"""

from __future__ import annotations

import codecs
import re

from leadlight.connect.files.limits import MB
from leadlight.connect.files.source import Readable, Source
from leadlight.errors import FileError

_UTF8 = "utf-8"
_WESTERN = "cp1252"
_LOOKED_AT = 64 * MB
_IN_UTF8 = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]")
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_MOSTLY_ALONE = 0.8
_MARKS = (
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(source: Source, given: str | None) -> str:
    """That of the byte order mark, else the one that was named, else UTF-8."""
    named = None if given is None else _known(given)
    for mark, name in _MARKS:
        if source.head.startswith(mark):
            return name
    if named is not None:
        return named
    if b"\x00" in source.head[:2]:
        raise FileError(
            "The file looks like UTF-16 without its byte order mark.",
            code="not_utf8",
            where=f"{source.name}: byte {source.head.index(0)}",
            hint="Give its encoding: --encoding utf-16-le (or utf-16-be).",
        )
    return _UTF8


def encoding_or_guess(source: Source, given: str | None) -> tuple[str, tuple[str, ...]]:
    """The encoding, and a note where it was guessed."""
    codec = encoding_of(source, given)
    if given is not None or codec != _UTF8 or not _is_western(_sample(source)):
        return codec, ()
    return _WESTERN, (
        "the file is not UTF-8 and was read as Western Windows text (cp1252);"
        " if letters look wrong, name another --encoding",
    )


def _sample(source: Source) -> bytes:
    """As much of the file as can be looked at beforehand; a pipe can be taken once."""
    if source.complete or source.path is None:
        return source.head
    stream = source.open()
    try:
        pieces: list[bytes] = []
        size = 0
        while size < _LOOKED_AT and (piece := stream.read(_LOOKED_AT - size)):
            pieces.append(piece)
            size += len(piece)
    finally:
        stream.close()
    return b"".join(pieces)


def _is_western(data: bytes) -> bool:
    """Whether bytes beyond ASCII stand alone among letters, as accents do, and none belongs to UTF-8."""
    if data.isascii() or _IN_UTF8.search(data):
        return False
    try:
        data.decode(_WESTERN)
    except UnicodeDecodeError:
        return False
    high, alone = len(_HIGH.findall(data)), len(_ALONE.findall(data))
    return alone >= _MOSTLY_ALONE * high


def head_as_utf8(source: Source, encoding: str) -> bytes:
    """The first bytes of a file in UTF-8; a character cut in two at their end is left out."""
    if encoding == _UTF8:
        return source.head.removeprefix(codecs.BOM_UTF8)
    return _Decoder(source.name, encoding).decode(source.head, final=source.complete)


def opened_as_utf8(source: Source, encoding: str) -> Readable:
    """The whole file in UTF-8, without a byte order mark."""
    stream = source.open()
    return _WithoutMark(stream) if encoding == _UTF8 else _Transcoded(stream, source.name, encoding)


def mark_size(source: Source) -> int:
    """The bytes that a UTF-8 mark takes, so that offsets are those of the file."""
    return len(codecs.BOM_UTF8) if source.head.startswith(codecs.BOM_UTF8) else 0


def check_utf8(data: bytes, name: str, offset: int) -> None:
    """Refuse bytes that are no UTF-8, naming the place of the first; `offset` is that of the data."""
    if data.isascii():
        return
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise not_utf8(name, offset + error.start) from None


def not_utf8(name: str, offset: int, encoding: str = "UTF-8") -> FileError:
    """The refusal that names the first byte which cannot be read."""
    return FileError(
        f"The file is not {encoding}: byte {offset} cannot be read.",
        code="not_utf8",
        where=f"{name}: byte {offset}",
        hint="Save it as UTF-8, or name its encoding, for example --encoding cp1252 (Western Windows).",
    )


def _known(given: str) -> str:
    try:
        name = codecs.lookup(given).name
        "".encode(given)
    except (LookupError, ValueError):
        raise FileError(
            "There is no such text encoding.",
            code="unknown_encoding",
            where="--encoding",
            hint="Common ones: utf-8, utf-16, cp1252, latin-1, cp1250, cp1251, shift_jis, gb18030.",
        ) from None
    return _UTF8 if name in (_UTF8, "utf-8-sig") else name


class _WithoutMark:
    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._begun = False

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        if not self._begun:
            self._begun = True
            data = data.removeprefix(codecs.BOM_UTF8)
        return data

    def close(self) -> None:
        self._stream.close()


class _Transcoded:
    def __init__(self, stream: Readable, name: str, encoding: str) -> None:
        self._stream = stream
        self._decoder = _Decoder(name, encoding)

    def read(self, size: int = -1, /) -> bytes:
        while data := self._stream.read(size):
            if text := self._decoder.decode(data, final=False):
                return text
        return self._decoder.decode(b"", final=True)

    def close(self) -> None:
        self._stream.close()


class _Decoder:
    """Bytes in pieces to UTF-8; the first one that cannot be read is named by its place in the file."""

    def __init__(self, name: str, encoding: str) -> None:
        self._name = name
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._seen = 0

    def decode(self, data: bytes, final: bool) -> bytes:
        kept = self._decoder.getstate()[0]
        try:
            text = self._decoder.decode(data, final)
            encoded = text.encode()
        except UnicodeError as error:
            start = getattr(error, "start", 0) if isinstance(error, UnicodeDecodeError) else 0
            raise not_utf8(self._name, self._seen - len(kept) + start, self._encoding) from None
        self._seen += len(data)
        return encoded.removeprefix(codecs.BOM_UTF8) if self._seen == len(data) else encoded
