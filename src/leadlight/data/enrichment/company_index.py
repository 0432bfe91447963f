"""A table of companies that leads are looked up in: by domain, by name, by a name that is nearly the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.data.enrichment import mail_kinds, near_names
from leadlight.data.enrichment.company_names import loose_name, plain_name, squeezed_name
from leadlight.data.enrichment.web_domains import domain_of

NONE: Final = -1
SEVERAL: Final = -2
"""No company, and more than one that it could be."""
WAYS: Final = ("domain", "name", "fuzzy", "ambiguous", "none")
_DIGITS: Final = frozenset("0123456789")

Keys = Mapping[str, int]


@dataclass(frozen=True)
class CompanyIndex:
    """Where each company stands in its table, by the keys that leads are looked up by."""

    domains: Keys
    plain: Keys
    loose: Keys
    squeezed: Keys
    words: Mapping[str, int]
    """How many companies have a word in their name."""

    @staticmethod
    def of(
        companies: pl.DataFrame, name: str | None, domain: str | None, facts: Sequence[str]
    ) -> CompanyIndex:
        """Index a table; rows that say the same of a company are one, rows that contradict are several."""
        same = _told(companies, facts)
        names = _keys(companies, name, plain_name)
        distinct = [each for each in dict.fromkeys(names) if each]
        return CompanyIndex(
            _index(_keys(companies, domain, _company_domain), same),
            _index(names, same),
            _index(_mapped(names, loose_name), same),
            _index(_mapped(names, squeezed_name), same),
            Counter(word for each in distinct for word in set(each.split())),
        )

    def by_domain(self, domains: pl.Series) -> np.ndarray:
        """The row of the company of each domain."""
        return _looked_up(self.domains, domains)

    def by_name(self, names: pl.Series) -> np.ndarray:
        """The row of each plain name's company, alike but for blanks, order and the weakest words."""
        found = _looked_up(self.plain, names)
        for keys, form in ((self.squeezed, squeezed_name), (self.loose, loose_name)):
            open_ = found == NONE
            if open_.any():
                rest = names.filter(pl.Series(open_))
                found[open_] = _looked_up(keys, frame.map_distinct(rest, form, pl.String))
        return found

    def by_near_name(self, names: Sequence[str]) -> np.ndarray:
        """The row of the company that was probably meant; several where others are about as near."""
        known = list(self.plain)
        best, near = near_names.nearest_names(names, known)
        found = np.full(len(names), NONE, dtype=np.int64)
        for place in np.flatnonzero(best >= 0).tolist():
            meant = known[best[place]]
            doubtful = near[place] or not self._is_slip(names[place], meant)
            found[place] = SEVERAL if doubtful else self.plain[meant]
        return found

    def _is_slip(self, written: str, meant: str) -> bool:
        """Whether it is a slip of the pen: numbers agree, and no word of it is that of another company."""
        if _numbers(written) != _numbers(meant):
            return False
        known = set(meant.split())
        return not any(self.words.get(word) for word in written.split() if word not in known)


def _numbers(name: str) -> list[str]:
    return sorted(word for word in name.split() if not _DIGITS.isdisjoint(word))


def _company_domain(address: str) -> str | None:
    """Free and thrown-away mailboxes belong to no company."""
    found = domain_of(address)
    return found if found and mail_kinds.kind_of_mailbox(found) == mail_kinds.COMPANY else None


def _told(companies: pl.DataFrame, facts: Sequence[str]) -> np.ndarray:
    """One number for all rows that say the same."""
    if not facts:
        return np.arange(companies.height)
    plain = companies.select(frame.as_text(companies[name]) for name in facts)
    return plain.select(pl.struct(pl.all()).rank("dense")).to_series().to_numpy()


def _keys(companies: pl.DataFrame, column: str | None, form: Callable[[str], str | None]) -> list[str | None]:
    if column is None:
        return []
    return frame.map_distinct(frame.as_text(companies[column]), form, pl.String).to_list()


def _mapped(keys: Sequence[str | None], form: Callable[[str], str]) -> list[str | None]:
    return [form(key) if key else None for key in keys]


def _index(keys: Sequence[str | None], same: np.ndarray) -> dict[str, int]:
    """The first row of each key; a key of rows that contradict each other is of several."""
    found: dict[str, int] = {}
    for row, key in enumerate(keys):
        if not key:
            continue
        first = found.setdefault(key, row)
        if first >= 0 and same[first] != same[row]:
            found[key] = SEVERAL
    return found


def _looked_up(keys: Keys, wanted: pl.Series) -> np.ndarray:
    places = frame.map_distinct(wanted, lambda key: keys.get(key, NONE), pl.Int64)
    return places.fill_null(NONE).to_numpy().copy()
