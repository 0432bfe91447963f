"""Which stretches of a block of CSV are quoted.

A quote opens at the beginning of a field and closes at its end; two together inside are one that is meant.
A quote inside a field that did not begin with one is meant literally, as Excel, pandas and Python read it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]

QUOTE, LINE_FEED, RETURN, NUL = 34, 10, 13, 0


_NONE: Places = np.empty(0, np.intp)

_PIECE = 1 << 18
"""Bytes compared at once: what fits the cache of a core is twice as fast."""


def places_of(view: Bytes, byte: int) -> Places:
    """Where a byte stands."""
    starts = range(0, len(view), _PIECE)
    return np.concatenate([_NONE, *(np.flatnonzero(view[s : s + _PIECE] == byte) + s for s in starts)])


def number_of(view: Bytes, byte: int) -> int:
    """How often a byte stands there."""
    starts = range(0, len(view), _PIECE)
    return sum(int(np.count_nonzero(view[start : start + _PIECE] == byte)) for start in starts)


@dataclass(frozen=True)
class Quotes:
    """Places where quoting begins and ends, in turn; the last one stays open where their number is odd."""

    turns: Places
    literal: Places
    broken: Places
    lost: int | None = None

    @property
    def doubled(self) -> bool:
        """Whether two quotes may stand together, as they do in a field that is quoted and blank."""
        return bool(len(self.literal)) or bool((np.diff(self.turns) == 1).any())

    @property
    def open_at(self) -> int | None:
        """Where the quote stands that is not closed in this block; later, doubled ones are passed over."""
        if len(self.turns) % 2 == 0:
            return None
        parted = np.flatnonzero(np.diff(self.turns)[1::2] > 1)
        return int(self.turns[2 * parted[-1] + 2 if len(parted) else 0])


def quotes_among(data: bytes, view: Bytes, places: Places, delimiter: int) -> Quotes:
    """The quoted stretches: at once where all quotes are regular, else one quote at a time."""
    if not len(places) or _regular(view, places, delimiter):
        return Quotes(places, _NONE, _NONE)
    return _walk(data, places.tolist(), frozenset((delimiter, LINE_FEED, RETURN)))


def _regular(view: Bytes, places: Places, delimiter: int) -> bool:
    """Whether every other quote stands where a field begins, and those between where it ends.

    Then, by induction, they are exactly the quotes that a reader from the front would take to open and close.
    """
    edges = np.zeros(256, bool)
    edges[[delimiter, LINE_FEED, RETURN, QUOTE]] = True
    opening, closing = places[0::2], places[1::2]
    before = view[opening[opening > 0] - 1]
    after = view[closing[closing < len(view) - 1] + 1]
    return bool(edges[before].all() and edges[after].all())


def _walk(data: bytes, places: list[int], edges: frozenset[int]) -> Quotes:
    turns: list[int] = []
    literal: list[int] = []
    broken: list[int] = []
    opened, passed = -1, 0
    for place in places:
        if place < passed:
            continue
        if opened < 0:
            if place == 0 or data[place - 1] in edges:
                opened = place
            else:
                literal.append(place)
            continue
        following = data[place + 1 : place + 2]
        if following == b'"':
            passed = place + 2
        elif not following or following[0] in edges:
            turns += (opened, place)
            opened = -1
        elif _line_end(data, opened, place) < place:
            return _quotes(turns, literal, broken, lost=opened)
        else:
            broken.append(opened)
            passed, opened = _line_end(data, place, len(data)), -1
    if opened >= 0:
        turns.append(opened)
    return _quotes(turns, literal, broken)


def _quotes(turns: list[int], literal: list[int], broken: list[int], lost: int | None = None) -> Quotes:
    return Quotes(np.array(turns, np.intp), np.array(literal, np.intp), np.array(broken, np.intp), lost)


def _line_end(data: bytes, start: int, end: int) -> int:
    """Where the line ends, or `end`."""
    feed, back = data.find(b"\n", start, end), data.find(b"\r", start, end)
    return min(place if place >= 0 else end for place in (feed, back))
