"""What people are found by: an id, an e-mail address, a phone number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from leadlight.data import cells, names

FEWEST_DIGITS: Final = 7
MOST_DIGITS: Final = 15
COUNTRY_DIGITS: Final = 3
SHORTEST_ID: Final = 4
REMEMBERED: Final = 256
KINDS: Final = ("id", "email", "phone")
_MAIL: Final = ("email", "e mail", "mail", "mailbox")
_WORD: Final = re.compile(r"[^\s\"'<>,;:|=()\[\]{}\\]+")
_ADDRESS: Final = re.compile(r"[^\s\"<>,;:|=()\[\]{}\\@]+(?:@[\w.\-]+)?")
"""A word is read once, whether an address or not: a long one must not take long."""
_EDGES: Final = "'./&-"
_ONE_NUMBER: Final = re.compile(r"[+(]?[0-9() .\-]*")
_NO_NUMBER: Final = re.compile(r"(?<![^\s,;|])[^\s,;|]*@[^\s,;|]*|[,;:|&+\r\n\t]|[^\W\d_]+")
_DIALLED: Final = re.compile(r"[+(]?[0-9][0-9 ()./\-]{5,}[0-9]")
_PHONE: Final = ("phone", "telephone", "mobile", "tel", "fax")


class Handle(NamedTuple):
    """One way to find a person, in the one form that all spellings of it share."""

    kind: str
    text: str


def kind_of(name: str, identity: str | None) -> str | None:
    """What a column tells people by, from its name."""
    text = names.words(name)
    if identity is not None and text == names.words(identity):
        return "id"
    if any(f" {word} " in text for word in _MAIL):
        return "email"
    return "phone" if any(f" {word} " in text for word in _PHONE) else None


def is_kind(name: str) -> bool:
    """Whether the name says what it tells people by and nothing else: "Mail", "Tel."."""
    return names.words(name).strip() in (*_MAIL, *_PHONE)


def digits(text: str) -> str:
    """A phone number without signs and leading zeros; what is too short for one is nothing."""
    found = re.sub(r"[^0-9]", "", text).lstrip("0")
    return found if len(found) >= FEWEST_DIGITS else ""


def national(number: str) -> list[str]:
    """The number as it would be dialled at home, where it may begin with a country's digits."""
    tails = [number[cut:] for cut in range(1, COUNTRY_DIGITS + 1)]
    return [tail for tail in tails if len(tail) >= FEWEST_DIGITS + 2 and not tail.startswith("0")]


def in_cell(kind: str, value: Any) -> list[Handle]:
    """The handles of this kind that a value holds: an id is one, e-mails and phones may be several."""
    text = cells.trim(cells.text_of(value) or "")
    if not text:
        return []
    if kind == "id":
        return [Handle(kind, text)]
    return [Handle(kind, each) for each in (_mails(text) if kind == "email" else _numbers(text))]


def _mails(text: str) -> list[str]:
    """Each address; where none is plain, as with a quoted name, all of the text that is around the sign."""
    found = _addresses(text)
    return found or ([text.lower()] if text[0] != "@" != text[-1] and "@" in text else [])


def _addresses(text: str) -> list[str]:
    words = (found.strip(_EDGES).lower() for found in _ADDRESS.findall(text) if "@" in found)
    return [word for word in words if word[0] != "@" != word[-1]]


def _numbers(text: str) -> list[str]:
    """Each number; strokes and blanks part numbers only where both sides are long enough for one."""
    if _ONE_NUMBER.fullmatch(text) and len(number := digits(text)) <= MOST_DIGITS:
        return [number] if number else []
    pieces = _NO_NUMBER.split(text)
    for mark in (" / ", "/", None):
        pieces = [piece for part in pieces for piece in _apart(part, mark)]
    return [number for piece in pieces if (number := digits(piece))]


def _apart(text: str, mark: str | None) -> list[str]:
    pieces = text.split(mark)
    return pieces if all(map(digits, pieces)) else [text]


def kept(found: Handle) -> list[Handle]:
    """The forms under which a handle is kept: a phone also without what may be its country."""
    if found.kind != "phone":
        return [found]
    return [found, *(Handle("national", tail) for tail in national(found.text))]


def sought(found: Handle) -> list[Handle]:
    """The kept forms that are the same as this handle."""
    if found.kind != "phone":
        return [found]
    tails = [Handle("phone", tail) for tail in national(found.text)]
    return [found, Handle("national", found.text), *tails]


def columns(present: Iterable[str]) -> Mapping[str, str]:
    """The columns that hold an e-mail address or a phone number, with their kind."""
    return _columns(tuple(present))


@lru_cache(REMEMBERED)
def _columns(present: tuple[str, ...]) -> Mapping[str, str]:
    """Leads of one source have the same columns, and names take long to read."""
    return MappingProxyType({name: kind for name in present if (kind := kind_of(name, None))})


def of(lead: Mapping[str, Any], identity: str, kinds: Mapping[str, str]) -> list[Handle]:
    """The handles of one lead; `kinds` are its columns from `columns`."""
    found = {Handle("id", identity): None}
    for name, kind in kinds.items():
        if (value := lead.get(name)) is not None:
            found |= dict.fromkeys(in_cell(kind, value))
    return list(found)


def mentioned(text: str) -> set[Handle]:
    """Everything in a text that could be somebody's e-mail, phone or id; a short id could be anything."""
    parts = [cells.trim(part) or "" for part in re.split(r"[\r\n,;\t|]", text)]
    words = _WORD.findall(text)
    found = {Handle("id", each) for each in (*parts, *words) if len(each) >= SHORTEST_ID}
    found |= {Handle("email", address) for address in _addresses(text)}
    numbers = (digits(match) for match in _DIALLED.findall(text))
    return found | {Handle("phone", number) for number in numbers if number}
