"""Names that were probably meant: few letters off, and nothing else as near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.errors import DependencyError

SHORTEST: Final = 5
"""A letter more or less makes another company of a name that is shorter."""
PAIRS: Final = 4_000_000
FEW: Final = (40, 300)
"""Each name is compared with so many at least and at most, and all names together with about that many."""
END: Final = 8
CHUNK: Final = 500_000
_DISTANCES: Final = ((18, 3), (10, 2), (SHORTEST, 1))
"""How many letters may be wrong, by the length of the name."""


def nearest_names(wanted: Sequence[str], known: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """For each name the known one that is nearest, or -1; and whether others are about as near.

    Letters may be wrong, missing, added or swapped: one in five to nine, two from ten, three from eighteen.
    """
    best, near = _nothing(len(wanted))
    pairs = _candidates(wanted, known)
    if not pairs.height:
        return best, near
    allowed = _allowed(np.array([len(name) for name in wanted]))
    left, right, off = _compared(pairs, wanted, known, allowed)
    if not len(left):
        return best, near
    order = np.lexsort((right, off, left))
    left, right, off = left[order], right[order], off[order]
    first = np.flatnonzero(np.r_[True, left[1:] != left[:-1]])
    first = first[off[first] <= allowed[left[first]]]
    best[left[first]] = right[first]
    second = first + 1
    has_second = (second < len(left)) & (left[np.minimum(second, len(left) - 1)] == left[first])
    close = np.zeros(len(first), dtype=bool)
    close[has_second] = off[second[has_second]] <= off[first[has_second]] + 1
    near[left[first]] = close
    return best, near


def _nothing(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=bool)


def _candidates(wanted: Sequence[str], known: Sequence[str]) -> pl.DataFrame:
    """Pairs worth comparing: they share one of the rarest pieces of the name that is sought."""
    few = min(max(PAIRS // max(len(wanted), 1), FEW[0]), FEW[1])
    pieces = _pieces(known)
    counts = pieces.group_by("piece").agg(pl.len().alias("count"))
    sought = _pieces(wanted).join(counts, on="piece").sort("row", "count", "piece")
    before = pl.col("count").cum_sum().over("row") - pl.col("count")
    first = (before == 0) & (pl.col("count") <= FEW[1] * 2)
    rare = sought.filter(first | (before + pl.col("count") <= few))
    found = rare.select("row", "piece").join(pieces.rename({"row": "known"}), on="piece")
    return found.select("row", "known").unique()


def _pieces(names: Sequence[str]) -> pl.DataFrame:
    """What names that are nearly the same share: some group of three letters, or how they begin or end.

    A name begins as another one does if one letter is left out on either side.
    """
    table = pl.DataFrame({"name": names}, schema={"name": pl.String}).with_row_index("row")
    table = table.filter(pl.col("name").str.len_chars() >= SHORTEST)
    name = pl.col("name").str.replace_all(" ", "", literal=True)
    triples = [
        (pl.lit("^^") + name + pl.lit("$")).str.slice(skip).str.extract_all("...") for skip in range(3)
    ]
    begins = [*_one_left_out(name.str.head(END), "<"), *_one_left_out(name.str.tail(END), ">")]
    parts = [table.select("row", piece=each).explode("piece") for each in triples]
    parts += [table.select("row", piece=each) for each in begins]
    whole = pl.concat(parts).drop_nulls()
    return whole.select("row", pl.col("piece").hash()).unique()


def _one_left_out(part: pl.Expr, mark: str) -> list[pl.Expr]:
    return [pl.lit(mark) + part.str.head(place) + part.str.slice(place + 1) for place in range(END)]


def _compared(
    pairs: pl.DataFrame, wanted: Sequence[str], known: Sequence[str], allowed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs whose names are near, or nearly so, with the number of letters that they differ in."""
    left, right = (pairs[name].to_numpy().astype(np.int64) for name in ("row", "known"))
    sought, there = (np.array(names, dtype=object) for names in (wanted, known))
    off = np.empty(len(left), dtype=np.uint8)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        off[part] = _distances(sought[left[part]], there[right[part]])
    near = off <= allowed[left] + 1
    return left[near], right[near], off[near]


def _allowed(lengths: np.ndarray) -> np.ndarray:
    found = np.zeros(len(lengths), dtype=np.uint8)
    for length, most in reversed(_DISTANCES):
        found[lengths >= length] = most
    return found


def _distances(left: Any, right: Any) -> np.ndarray:
    """How many letters are wrong, missing, added or swapped with their neighbour, pair by pair."""
    try:
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cpdist
    except ImportError:
        raise DependencyError(
            "Comparing misspelt names needs a part that is not installed.",
            code="missing_extra",
            hint="pip install 'leadlight[connect]', or match exact names alone: --exact",
        ) from None
    most = _DISTANCES[0][1]
    found: np.ndarray = cpdist(
        left, right, scorer=OSA.distance, score_cutoff=most + 1, dtype=np.uint8, workers=1
    )
    return found
