"""The same person under several leads: those that share an e-mail address or a phone number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame, handles

MOST: Final = 10
"""More leads than that share a front desk, or an address that was made up to fill a form."""
_ADDRESS: Final = r"([^\s\"<>,;:|=()\[\]{}\\@]+@[\w.\-]+)"
_LAST_DIGITS: Final = 7

Groups = Iterable[Sequence[int]]


def of_leads(raw: pl.DataFrame) -> np.ndarray:
    """One number a lead, the same for leads of one person.

    Leads that share an e-mail address are one person; those that share a phone are unless their addresses
    differ, as those of colleagues do.
    """
    kinds = {name: kind for name, kind in handles.columns(raw.columns).items() if kind != handles.MAYBE}
    mails = [group for name, kind in kinds.items() if kind == "email" for group in _shared(raw[name], kind)]
    found = joined(np.arange(raw.height), mails)
    numbers = [group for name, kind in kinds.items() if kind == "phone" for group in _shared(raw[name], kind)]
    if not numbers:
        return found
    named = _has_address(raw, [name for name, kind in kinds.items() if kind == "email"])
    return joined(found, (group for group in numbers if _is_one(found, named, group)))


def _is_one(found: np.ndarray, named: np.ndarray, group: Sequence[int]) -> bool:
    """Whether at most one of those who share a phone has an address."""
    return len({int(found[row]) for row in group if named[row]}) <= 1


def _has_address(raw: pl.DataFrame, columns: Sequence[str]) -> np.ndarray:
    said = np.zeros(raw.height, dtype=bool)
    for name in columns:
        said |= frame.as_text(raw[name]).str.contains("@", literal=True).fill_null(False).to_numpy()
    return said


def _shared(series: pl.Series, kind: str) -> Iterator[list[int]]:
    """The rows that hold the same address or number, where they are several and not too many."""
    texts = frame.as_text(series)
    rough = _rough(texts, kind)
    doubled = (rough.is_duplicated() & rough.is_not_null()).arg_true()
    rows: dict[str, list[int]] = {}
    for row, text in zip(doubled.to_list(), texts.gather(doubled).to_list(), strict=True):
        for each in handles.in_cell(kind, text):
            for form in {each.text, *(also.text for also in each.also if also.kind == "national")}:
                rows.setdefault(form, []).append(row)
    yield from (group for group in rows.values() if 1 < len(group) <= MOST)


def _rough(texts: pl.Series, kind: str) -> pl.Series:
    """A key that spellings of the same share: only what shares one is read with care."""
    if kind == "email":
        return texts.str.to_lowercase().str.extract(_ADDRESS)
    return texts.str.replace_all(r"[^0-9]", "").str.tail(_LAST_DIGITS).replace("", None)


def joined(numbers: np.ndarray, groups: Groups) -> np.ndarray:
    """The numbers, those of each group made one: the smallest of them."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while parent.get(number, number) != number:
            number = parent[number]
        return number

    for group in groups:
        roots = {root(int(numbers[row])) for row in group}
        least = min(roots)
        parent |= dict.fromkeys(roots, least)
    if not parent:
        return numbers
    known = np.array(list(parent))
    settled = np.array([root(number) for number in parent])
    return _replaced(numbers, known, settled)


def _replaced(numbers: np.ndarray, known: np.ndarray, settled: np.ndarray) -> np.ndarray:
    order = np.argsort(known)
    place = np.searchsorted(known, numbers, sorter=order)
    place = order[np.minimum(place, len(known) - 1)]
    there = known[place] == numbers
    return np.where(there, settled[place], numbers)


def tied(groups: np.ndarray, persons: np.ndarray) -> np.ndarray:
    """Groups made one where a person stands in several of them."""
    several = np.flatnonzero(under_several(persons))
    order = several[np.argsort(persons[several], kind="stable")]
    starts = np.flatnonzero(persons[order][1:] != persons[order][:-1]) + 1
    return joined(groups, [part.tolist() for part in np.split(order, starts) if len(part)])


def under_several(persons: np.ndarray) -> np.ndarray:
    """The leads whose person has another one."""
    _, place, counts = np.unique(persons, return_inverse=True, return_counts=True)
    found: np.ndarray = counts[place] > 1
    return found
