"""Bodies in JSON, read strictly: UTF-8, no name twice, nothing that is not a finite number or whole text.

Most bodies are read by msgspec, and used where it is certain that the slow, strict reading would give the
same; that one finds the place of what is wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from leadlight.errors import RequestError
from leadlight.serve.problem import pointer

LARGEST_INTEGER: Final = 2**63 - 1
MOST_DIGITS: Final = 19
SCALARS: Final = frozenset({str, int, float, bool, type(None)})
DEEPEST: Final = 64
LONGEST: Final = 32_768
SMALL: Final = 32_768
"""No text in a body of so many bytes is too long, and no list in it too large."""
MOST_OBJECTS: Final = 20_001
"""A body, a record for each of 10,000 and an object in each."""
MOST_VALUES: Final = 1_000_000
MOST_FIELDS: Final = 5_000
"""In one record."""
_SLICE: Final = 1 << 20
_MEDIA_TYPES: Final = (b"application/json", b"text/json")

_BEFORE_COLONS: Final = (b" :", b"\t:", b"\n:", b"\r:")

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Refused:
    """Stands in the tree in the place of what cannot be accepted."""

    code: str
    detail: str
    hint: str


NOT_FINITE: Final = Refused(
    "not_finite", "A number is not finite.", "Leave the field out, or send null, where nothing is known."
)
TOO_LONG: Final = Refused(
    "integer_too_large", "An integer has more than 64 bits.", "Send ids and other codes as text, in quotes."
)
HALF: Final = Refused(
    "half_surrogate", "A text holds half of a surrogate pair.", "Send whole characters, as UTF-8."
)
DOUBLED: Final = Refused("doubled_name", "An object has a name more than once.", "Send each field once.")


def check_media_type(header: bytes | None) -> None:
    """Only JSON, and only as UTF-8."""
    kind, _, rest = (header or b"").lower().partition(b";")
    charset = rest.replace(b" ", b"").replace(b'"', b"")
    if kind.strip() not in _MEDIA_TYPES or charset not in (b"", b"charset=utf-8"):
        raise RequestError(
            415, "The body has to be JSON.", code="media_type", hint="Send Content-Type: application/json"
        )


def read(raw: bytes) -> Any:
    """The document; what is not JSON is 400, what no field can be is 422, what is too much 413."""
    if len(raw) > SMALL:
        check_measure(raw)
    document = _read(raw)
    if len(raw) > SMALL:
        check_lengths(document)
    return document


def _read(raw: bytes) -> Any:
    try:
        document = _decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return strict(raw)
    return document if is_plain(document) and most_names(raw) == count_names(document) else strict(raw)


def check_measure(raw: bytes) -> None:
    """Refuse what would take much memory as values, before it is any."""
    if _is_too_much(*_count_structure(raw)) and _is_too_much(*_count_exactly(raw)):
        raise RequestError(
            413,
            "The body has more than 10,000 records, 5,000 fields a record or 1,000,000 values.",
            code="too_many",
            hint="Send fewer at a time; leadlight score takes a file of any size.",
        )


def _is_too_much(objects: int, values: int) -> bool:
    return objects > MOST_OBJECTS or values > min(MOST_VALUES, max(objects, 1) * MOST_FIELDS)


def _count_structure(raw: bytes) -> tuple[int, int]:
    """At least the objects, and the values, that these bytes stand for."""
    objects = raw.count(b"{")
    return objects, objects + raw.count(b"[") + raw.count(b",")


def _count_exactly(raw: bytes) -> tuple[int, int]:
    """Those outside of texts, slice by slice."""
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    objects = values = is_text = 0
    for start in range(0, len(plain), _SLICE):
        parts = plain[start : start + _SLICE].split(b'"')
        more = _count_structure(b"".join(parts[is_text::2]))
        objects, values = objects + more[0], values + more[1]
        is_text ^= len(parts) % 2 == 0
    return objects, values


def check_lengths(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Refuse texts that are longer than any field, and records that are wider than any."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise RequestError(
                422,
                f"A text has more than {LONGEST} characters.",
                code="text",
                where=pointer(*path),
                hint="Shorten it, or leave the field out.",
            )
    elif isinstance(value, dict):
        if len(value) > MOST_FIELDS:
            raise RequestError(
                422,
                f"A record has more than {MOST_FIELDS} fields.",
                code="too_many_fields",
                where=pointer(*path),
                hint="Send the fields that the model looks at; GET /openapi.json lists them.",
            )
        for name, inner in value.items():
            check_lengths(name, path)
            check_lengths(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            check_lengths(inner, (*path, place))


def is_plain(document: Any) -> bool:
    """An object of plain values and lists of objects of plain values, and no integer that is too large."""
    if type(document) is not dict:
        return False
    for value in document.values():
        records = value if type(value) is list else ({"": value},)
        for record in records:
            if type(record) is not dict or not holds_scalars(record):
                return False
    return True


def holds_scalars(record: dict[str, Any]) -> bool:
    kinds = set(map(type, record.values()))
    if not kinds <= SCALARS:
        return False
    return int not in kinds or all(
        -LARGEST_INTEGER <= value <= LARGEST_INTEGER for value in record.values() if type(value) is int
    )


def count_names(document: dict[str, Any]) -> int:
    """The names that a plain document was left with. Where it is as many as there can be, none came twice."""
    count = len(document)
    for value in document.values():
        if type(value) is list:
            count += sum(map(len, value))
    return count


def most_names(raw: bytes) -> int:
    """At least the names in a body: before the colon after each there is its quote or a blank."""
    close = raw.count(b'":')
    return close if raw.count(b":") == close else close + sum(map(raw.count, _BEFORE_COLONS))


def strict(raw: bytes) -> Any:
    """The document read slowly, with the place of what is wrong."""
    try:
        document = json.loads(
            raw.decode("utf-8"),
            parse_constant=lambda text: NOT_FINITE,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise _malformed("The body is not UTF-8.") from None
    except RecursionError:
        raise _malformed("The body is nested too deeply.") from None
    except ValueError:
        raise _malformed("The body is not JSON.") from None
    for place, refused in _refusals(document):
        raise RequestError(
            422, refused.detail, code=refused.code, where=pointer(*place), hint=refused.hint
        ) from None
    return document


def _malformed(detail: str) -> RequestError:
    return RequestError(400, detail, code="malformed", hint="Send one JSON document, in UTF-8.")


def _float(text: str) -> float | Refused:
    value = float(text)
    return value if math.isfinite(value) else NOT_FINITE


def _integer(text: str) -> int | Refused:
    if len(text) > MOST_DIGITS + 1:
        return TOO_LONG
    value = int(text)
    return value if -LARGEST_INTEGER <= value <= LARGEST_INTEGER else TOO_LONG


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else {**found, "": DOUBLED}


def _refusals(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Refused]]:
    if len(path) > DEEPEST:
        raise _malformed("The body is nested too deeply.")
    if isinstance(value, Refused):
        yield (path[:-1] if value is DOUBLED else path), value
    elif isinstance(value, str):
        if not _is_whole(value):
            yield path, HALF
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not _is_whole(name):
                yield path, HALF
            yield from _refusals(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _refusals(inner, (*path, place))


def _is_whole(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
