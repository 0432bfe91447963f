"""What people are found by: an id, an e-mail address, a phone number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from leadlight.data import cells, names

FEWEST_DIGITS: Final = 7
COUNTRY_DIGITS: Final = 3
SHORTEST_ID: Final = 4
REMEMBERED: Final = 256
KINDS: Final = ("id", "email", "phone")
_MAIL: Final = ("email", "e mail", "mail", "mailbox")
_WORD: Final = re.compile(r"[^\s\"'<>,;:|=()\[\]{}\\]+")
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


def digits(text: str) -> str:
    """A phone number without signs and leading zeros; what is too short for one is nothing."""
    found = re.sub(r"[^0-9]", "", text).lstrip("0")
    return found if len(found) >= FEWEST_DIGITS else ""


def national(number: str) -> list[str]:
    """The number as it would be dialled at home, where it may begin with a country's digits."""
    tails = [number[cut:] for cut in range(1, COUNTRY_DIGITS + 1)]
    return [tail for tail in tails if len(tail) >= FEWEST_DIGITS + 2 and not tail.startswith("0")]


def handle(kind: str, value: Any) -> Handle | None:
    """A value as a handle of this kind, if it can be one."""
    text = cells.text_of(value)
    trimmed = "" if text is None else cells.trim(text) or ""
    if kind == "email":
        return Handle(kind, trimmed.lower()) if "@" in trimmed else None
    if kind == "phone":
        number = "" if "@" in trimmed else digits(trimmed)
        return Handle(kind, number) if number else None
    return Handle(kind, trimmed) if trimmed else None


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
        if (value := lead.get(name)) is not None and (each := handle(kind, value)) is not None:
            found[each] = None
    return list(found)


def mentioned(text: str) -> set[Handle]:
    """Everything in a text that could be somebody's e-mail, phone or id; a short id could be anything."""
    parts = [cells.trim(part) or "" for part in re.split(r"[\r\n,;\t|]", text)]
    words = _WORD.findall(text)
    found = {Handle("id", each) for each in (*parts, *words) if len(each) >= SHORTEST_ID}
    found |= {Handle("email", word.strip(".").lower()) for word in words if "@" in word}
    numbers = (digits(match) for match in _DIALLED.findall(text))
    return found | {Handle("phone", number) for number in numbers if number}
