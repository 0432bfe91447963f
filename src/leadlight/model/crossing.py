"""Columns made of others: what kind of lead one is by several features at once, as one more code.

A kind that few of the training leads were of is in no model: it counts as one never seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.encode import Codes

Arrays = Mapping[str, np.ndarray]
MOST: Final = 1024
MOST_KINDS: Final = 2.0**52
WRITTEN_OUT: Final = 1 << 16
MOST_COLUMNS: Final = 1 << 14
MOST_EXTENT: Final = 1 << 26
"""Codes that all crossings of a model may take, written out."""


@dataclass(frozen=True)
class Crossing:
    """Each source's codes fall into places; these together are a kind, which has a code in each column."""

    sources: tuple[int, ...]
    places: tuple[np.ndarray, ...]
    kinds: np.ndarray
    columns: np.ndarray
    others: np.ndarray

    @staticmethod
    def of(sources: Sequence[int], places: Sequence[np.ndarray]) -> Crossing:
        """A crossing that knows no kind yet."""
        nothing = np.zeros(0, dtype=np.uint16)
        return Crossing(tuple(sources), tuple(places), np.zeros(0), nothing.reshape(0, 0), nothing)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(int(part.max()) + 1 for part in self.places)

    def kind(self, codes: Codes) -> np.ndarray:
        """A number for the kind of each lead."""
        found = np.zeros(len(codes), dtype=np.int64)
        for source, part, size in zip(self.sources, self.places, self.sizes, strict=True):
            found = found * size + part.take(codes[:, source])
        return found

    def apply(self, codes: Codes) -> np.ndarray:
        """The made columns, a row each."""
        kind = self.kind(codes)
        if self.written is not None:
            return self.written.take(kind, axis=1)
        made = np.repeat(self.others[:, None], len(kind), axis=1)
        if len(self.kinds):
            place = np.minimum(np.searchsorted(self.kinds, kind), len(self.kinds) - 1)
            known = self.kinds.take(place) == kind
            made[:, known] = self.columns.take(place[known], axis=1)
        return made

    @cached_property
    def written(self) -> np.ndarray | None:
        """The code of every kind there can be, where those are not too many."""
        if prod(self.sizes) > WRITTEN_OUT:
            return None
        table = np.repeat(self.others[:, None], prod(self.sizes), axis=1)
        table[:, self.kinds.astype(np.int64)] = self.columns
        return table

    @property
    def count(self) -> int:
        """How many columns it makes."""
        return len(self.others)

    @property
    def extent(self) -> int:
        """How many codes it takes, written out."""
        kinds = prod(self.sizes)
        return self.count * (kinds if kinds <= WRITTEN_OUT else len(self.kinds))

    @cached_property
    def columns_sizes(self) -> list[int]:
        """How many codes each made column has."""
        every = np.column_stack([self.columns, self.others])
        return [int(row.max()) + 1 for row in every]

    def placed(self, order: Sequence[int]) -> Crossing:
        return replace(self, sources=tuple(order[k] for k in self.sources))

    def to_json(self) -> dict[str, Any]:
        return {"sources": list(self.sources)}

    def to_arrays(self) -> dict[str, np.ndarray]:
        own = {
            "kinds": self.kinds,
            "columns": self.columns.astype(np.int32),
            "others": self.others.astype(np.int32),
        }
        return own | {f"places_{k}": part.astype(np.int32) for k, part in enumerate(self.places)}

    @staticmethod
    def restore(data: Mapping[str, Any], arrays: Arrays, sizes: Sequence[int]) -> Crossing:
        """Rebuild from plain data, every index checked."""
        sources = tuple(int(source) for source in data["sources"])
        if not sources or not all(0 <= source < len(sizes) for source in sources):
            raise BundleError("A crossing of the bundle names features that are not there.", code="crossing")
        crossing = Crossing(
            sources,
            tuple(_checked_places(arrays[f"places_{k}"], sizes[source]) for k, source in enumerate(sources)),
            arrays["kinds"],
            _checked_codes(arrays["columns"]),
            _checked_codes(arrays["others"]),
        )
        kinds, most = crossing.kinds, prod(crossing.sizes)
        sound = (
            most <= MOST_KINDS
            and kinds.dtype == np.float64
            and kinds.ndim == 1
            and bool((kinds[1:] > kinds[:-1]).all())
            and bool(((kinds >= 0) & (kinds < most) & (kinds % 1 == 0)).all())
            and crossing.others.ndim == 1
            and crossing.columns.shape == (crossing.count, len(kinds))
        )
        if not sound or not crossing.count:
            raise BundleError("A crossing of the bundle contradicts itself.", code="crossing")
        return crossing


def _checked_places(values: np.ndarray, size: int) -> np.ndarray:
    if values.dtype != np.int32 or values.shape != (size,) or values.min() < 0 or values.max() >= 2**16:
        raise BundleError("A crossing of the bundle does not fit its features.", code="crossing")
    return values.astype(np.intp)


def _checked_codes(values: np.ndarray) -> np.ndarray:
    if values.dtype != np.int32 or ((values < 0) | (values >= 2**16)).any():
        raise BundleError("A crossing of the bundle makes codes that do not exist.", code="crossing")
    return values.astype(np.uint16)


def widened(crossings: Sequence[Crossing], codes: Codes) -> Codes:
    """The codes with the made columns after them."""
    if not crossings:
        return codes
    made = [each.apply(codes) for each in crossings]
    wide = np.empty((len(codes), codes.shape[1] + sum(map(len, made))), dtype=np.uint16, order="F")
    wide[:, : codes.shape[1]] = codes
    wide[:, codes.shape[1] :] = np.concatenate(made).T
    return wide


def narrowed(crossings: Sequence[Crossing], parts: np.ndarray, features: int) -> np.ndarray:
    """What the made columns add goes to the features they are made of, in equal parts."""
    narrow = np.asfortranarray(parts[:, :features])
    place = features
    for crossing in crossings:
        own = sorted(set(crossing.sources))
        for column in range(place, place + crossing.count):
            for source in own:
                narrow[:, source] += parts[:, column] / len(own)
        place += crossing.count
    return narrow
