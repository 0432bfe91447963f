"""XML read as a stream of elements. Document types, and so entities, are refused: nothing expands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NoReturn, Protocol
from xml.parsers import expat

from leadlight.connect.files.archive import damaged
from leadlight.connect.files.limits import MAX_ELEMENTS, MB
from leadlight.errors import FileError

Attributes = Mapping[str, str]

MAX_DEPTH = 1_000

_MAX_WAIT = 4 * MB
"""Longest tag that is waited for: expat looks through an unfinished one again with every piece."""


class Handler(Protocol):
    """What is told of a document; names come with their prefix."""

    def start(self, name: str, attributes: Attributes, /) -> None: ...

    def end(self, name: str, /) -> None: ...

    def text(self, text: str, /) -> None: ...


class LocalNames(dict[str, str]):
    """Names without their prefix, worked out once each."""

    def __missing__(self, name: str) -> str:
        self[name] = name.rpartition(":")[2]
        return self[name]


def feed(pieces: Iterable[bytes], handler: Handler, where: str) -> Iterator[None]:
    """Tell the handler what stands in the document, with a pause after each piece."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_entities(where)
    fed = 0
    for piece in pieces:
        _parse(parser, piece, where)
        fed += len(piece)
        if fed - parser.CurrentByteIndex > _MAX_WAIT:
            raise damaged(where, "a tag in its XML does not end")
        yield
    _parse(parser, b"", where)
    yield


def _parse(parser: expat.XMLParserType, piece: bytes, where: str) -> None:
    try:
        parser.Parse(piece, not piece)
    except (expat.ExpatError, ValueError, LookupError):
        raise damaged(where, "its XML cannot be read") from None


def _refuse_entities(where: str) -> NoReturn:
    raise FileError(
        "The Excel file declares a document type, which could expand or fetch; it is not read.",
        code="entities",
        where=where,
        hint="Excel writes no such files. Open it in Excel and save it again, if you trust it.",
    )


def elements(
    pieces: Iterable[bytes], where: str, wanted: Collection[str]
) -> list[tuple[str, str, Attributes]]:
    """Elements of these names in a small document: the name of the parent, the name, the attributes."""
    collector = _Elements(where, frozenset(wanted))
    for _ in feed(pieces, collector, where):
        pass
    return collector.found


class _Elements:
    def __init__(self, where: str, wanted: frozenset[str]) -> None:
        self.found: list[tuple[str, str, Attributes]] = []
        self._where, self._wanted = where, wanted
        self._path = [""]
        self._local = LocalNames()

    def start(self, name: str, attributes: Attributes, /) -> None:
        local = self._local[name]
        if local in self._wanted:
            self.found.append((self._path[-1], local, attributes))
        if len(self.found) > MAX_ELEMENTS or len(self._path) > MAX_DEPTH:
            raise damaged(self._where, "a part of it has more elements than Excel allows")
        self._path.append(local)

    def end(self, name: str, /) -> None:
        self._path.pop()

    def text(self, text: str, /) -> None:
        """Small documents say everything in attributes."""
