"""Which columns of a company's leads name a person, where they work and where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from leadlight.data import cells, names

_WHOLE: Final = ("name", "full name", "contact name", "lead name", "contact", "prospect name")
_GIVEN: Final = ("first name", "given name", "firstname", "vorname")
_FAMILY: Final = ("last name", "family name", "surname", "lastname", "nachname")
_COMPANY: Final = ("company", "company name", "account", "account name", "organisation", "organization")
_SOURCE: Final = ("lead source", "source", "original source", "channel", "utm source")
REMEMBERED: Final = 256


@dataclass(frozen=True)
class Named:
    """The columns that say who somebody is."""

    names: tuple[str, ...]
    company: str | None
    source: str | None

    def title(self, fields: Mapping[str, Any], identity: str) -> str:
        """What a lead is called: the person, else the company, else the id."""
        return self.person_of(fields) or self.company_of(fields) or identity

    def person_of(self, fields: Mapping[str, Any]) -> str:
        """The name of the person, blank where none is said."""
        parts = [cells.text_of(fields.get(name)) for name in self.names]
        return " ".join(part for part in parts if part)

    def company_of(self, fields: Mapping[str, Any]) -> str | None:
        return cells.text_of(fields.get(self.company)) if self.company else None

    def source_of(self, fields: Mapping[str, Any]) -> str | None:
        return cells.text_of(fields.get(self.source)) if self.source else None


def named_of(known: Iterable[str]) -> Named:
    """Read from the names of the columns."""
    return _named_of(tuple(known))


@lru_cache(REMEMBERED)
def _named_of(known: tuple[str, ...]) -> Named:
    """Leads of one source have the same columns, and names take long to read."""
    plain = {names.words(name).strip(): name for name in known}

    def first(wanted: tuple[str, ...]) -> str | None:
        return next((plain[name] for name in wanted if name in plain), None)

    whole, given, family = first(_WHOLE), first(_GIVEN), first(_FAMILY)
    parts = (whole,) if whole else (given, family)
    return Named(tuple(part for part in parts if part), first(_COMPANY), first(_SOURCE))
