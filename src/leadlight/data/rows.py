"""Which rows can be learnt from: same ids made one, rows in an order that no file decides, repeats known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame
from leadlight.data.target import Target

BLANK_IDS = ("", "null")
_BREAK = "\x1f"


_SELDOM: Final = ("decided_early", "immature", "lapsed")
"""What leads are counted as only where it is known when they were decided."""


@dataclass(frozen=True)
class RowCounts:
    """What became of the rows that came in.

    `decided_early` were decided before the moment at which they would be looked at, and `immature` are too
    young for it to be known how they end; `lapsed` are those of the used ones that are open for longer than
    leads take to buy, and count as lost.
    """

    rows_in: int
    used: int = 0
    open: int = 0
    duplicates: int = 0
    repeated: int = 0
    rejected: int = 0
    decided_early: int = 0
    immature: int = 0
    lapsed: int = 0

    def to_json(self) -> dict[str, int]:
        data = {name: count for name, count in vars(self).items() if count or name not in _SELDOM}
        return {"in": data.pop("rows_in"), **data}

    @staticmethod
    def from_json(data: Mapping[str, int]) -> RowCounts:
        given = {name: count for name, count in data.items() if name in RowCounts.__dataclass_fields__}
        return RowCounts(data["in"], **given)


@dataclass(frozen=True)
class PreparedRows:
    """Leads in canonical order with their outcome (1, 0; open ones apart), and what was put aside."""

    frame: pl.DataFrame
    outcome: np.ndarray
    open: pl.DataFrame
    counts: RowCounts
    blank_ids: int = 0
    conflicting: int = 0


def prepare(
    raw: pl.DataFrame, target: Target, id_column: str | None, moment: np.ndarray | None
) -> PreparedRows:
    """Make rows of one id one, put them in canonical order, and part the open from the decided ones."""
    ids = _ids(raw, id_column)
    order = _canonical(raw, ids)
    keep, duplicates, conflicting = _one_row_an_id(raw, ids, moment, order)
    blank = 0 if ids is None else ids.null_count()
    kept = raw[order[keep[order]].tolist()]
    outcome = target.apply(kept)
    decided = outcome.is_not_null()
    counts = RowCounts(
        rows_in=raw.height,
        used=int(decided.sum()),
        open=int((~decided).sum()),
        duplicates=duplicates,
        rejected=blank + conflicting,
    )
    return PreparedRows(
        frame=kept.filter(decided),
        outcome=outcome.drop_nulls().to_numpy().astype(np.float64),
        open=kept.filter(~decided),
        counts=counts,
        blank_ids=blank,
        conflicting=conflicting,
    )


_TOTALS: Final = (
    *("total", "totals", "grand total", "subtotal", "sum", "overall", "summe", "gesamt", "gesamtsumme"),
    *(
        "zwischensumme",
        "somme",
        "total g\u00e9n\u00e9ral",
        "total general",
        "suma",
        "totale",
        "soma",
        "totaal",
    ),
    *("razem", "\u0142\u0105cznie", "summa", "totalt", "count", "anzahl"),
)
_TOTALS_AS_WRITTEN: Final = tuple(
    form + end
    for word in _TOTALS
    for form in dict.fromkeys((word, word.upper(), word.capitalize(), word.title()))
    for end in ("", ":", " :")
)


def without_totals(raw: pl.DataFrame) -> pl.DataFrame:
    """The rows but those that add up the others: a word that says so, beside it numbers and blanks alone."""
    texts = [name for name, kind in raw.schema.items() if kind == pl.String]
    if not texts or raw.height <= 1:
        return raw
    said = raw.select(pl.any_horizontal(pl.col(texts).is_in(_TOTALS_AS_WRITTEN)))
    suspects = [row for row in said.to_series().fill_null(False).arg_true().to_list() if _adds_up(raw, row)]
    if not suspects:
        return raw
    kept = np.ones(raw.height, dtype=bool)
    kept[suspects] = False
    return raw.filter(kept)


def _adds_up(raw: pl.DataFrame, row: int) -> bool:
    words = [cells.clean(cells.text_of(value) or "") for value in raw.row(row)]
    others = [word for word in words if word and word.rstrip(" :") not in _TOTALS]
    marks = str.maketrans("", "", " .,'%\u20ac$\u00a3\u00a0\u202f")
    return len(others) < len(words) - 1 and all(
        word.translate(marks).lstrip("-+").isdigit() for word in others
    )


def with_totals(counts: RowCounts, totals: int) -> RowCounts:
    """Rows that add up others came in and were not taken."""
    return replace(counts, rows_in=counts.rows_in + totals, rejected=counts.rejected + totals)


def with_repeats(counts: RowCounts, repeated: int) -> RowCounts:
    return replace(counts, repeated=repeated)


def _ids(raw: pl.DataFrame, id_column: str | None) -> pl.Series | None:
    if id_column is None:
        return None
    ids = identities(raw[id_column])
    return ids.set(ids.str.to_lowercase().is_in(BLANK_IDS), None)


def identities(series: pl.Series) -> pl.Series:
    """Ids as exact text, without the blanks around them."""
    return frame.as_text(series).str.strip_chars(cells.BLANKS)


def people(raw: pl.DataFrame, id_column: str | None) -> np.ndarray:
    """One number for all rows of an id; a row without an id stands for itself."""
    ids = _ids(raw, id_column if id_column in raw.columns else None)
    if ids is None or ids.n_unique() == raw.height:
        return np.arange(raw.height)
    found = np.arange(raw.height, 2 * raw.height)
    if ids is not None:
        known = ids.is_not_null().to_numpy()
        found[known] = ids.drop_nulls().rank("dense").to_numpy() - 1
    numbers: np.ndarray = np.unique(found, return_inverse=True)[1]
    return numbers


def of_anyone(marked: np.ndarray, people: np.ndarray) -> np.ndarray:
    """All rows of those of whom one row is marked."""
    found = np.zeros(len(people), dtype=bool)
    found[people[marked]] = True
    return found.take(people)


def latest(people: np.ndarray, moment: np.ndarray | None) -> np.ndarray:
    """One row of each: the newest where there is a time, and of equals the first."""
    if len(people) and people.max() == len(people) - 1:
        return np.ones(len(people), dtype=bool)
    age = np.zeros(len(people)) if moment is None else -np.nan_to_num(moment, nan=-np.inf)
    order = np.lexsort((age, people))
    found = np.zeros(len(people), dtype=bool)
    found[order[np.unique(people[order], return_index=True)[1]]] = True
    return found


def _one_row_an_id(
    raw: pl.DataFrame, ids: pl.Series | None, moment: np.ndarray | None, order: np.ndarray
) -> tuple[np.ndarray, int, int]:
    """Identical rows keep one; conflicting ones the newest where there is a time, else none."""
    if ids is None:
        return np.ones(raw.height, dtype=bool), 0, 0
    keep = ids.is_not_null().to_numpy().copy()
    doubled = order[(ids.is_duplicated() & ids.is_not_null()).to_numpy()[order]]
    if not len(doubled):
        return keep, 0, 0
    keep[doubled] = False
    part = raw[doubled.tolist()]
    groups: dict[str, list[int]] = {}
    for row, key in zip(doubled.tolist(), ids[doubled.tolist()].to_list(), strict=True):
        groups.setdefault(key, []).append(row)
    text = dict(zip(doubled.tolist(), contents(part, part.columns).to_list(), strict=True))
    duplicates = conflicting = 0
    for members in groups.values():
        chosen = _choose(members, text, moment)
        if chosen is None:
            conflicting += len(members)
        else:
            keep[chosen] = True
            duplicates += len(members) - 1
    return keep, duplicates, conflicting


def kept(raw: pl.DataFrame, moment: np.ndarray | None) -> int | None:
    """Which of some rows of one id is kept; none where they contradict each other."""
    text = dict(enumerate(contents(raw, raw.columns).to_list()))
    return _choose(range(raw.height), text, moment)


def _choose(members: Sequence[int], text: dict[int, str], moment: np.ndarray | None) -> int | None:
    if len({text[row] for row in members}) == 1:
        return members[0]
    if moment is None or np.isnan(moment[list(members)]).any():
        return None
    newest = max(moment[row] for row in members)
    last = [row for row in members if moment[row] == newest]
    return last[0] if len({text[row] for row in last}) == 1 else None


def _canonical(raw: pl.DataFrame, ids: pl.Series | None) -> np.ndarray:
    """Order by id, then by content, then by spelling, so that the order of the file does not matter."""
    content = contents(raw, raw.columns)
    spelling = _joined([frame.as_text(raw[name]).fill_null("\0") for name in sorted(raw.columns)], raw.height)
    keys = pl.DataFrame({"id": content if ids is None else ids, "content": content, "spelling": spelling})
    order: np.ndarray = keys.with_row_index().sort(pl.exclude("index"), nulls_last=True)["index"].to_numpy()
    return order


def contents(raw: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """One text a row for the content of some columns, the same for every file format."""
    parts = [frame.map_but_numbers(frame.as_text(raw[name]), _content) for name in sorted(columns)]
    return _joined(parts, raw.height)


def _joined(parts: Sequence[pl.Series], height: int) -> pl.Series:
    if not parts:
        return pl.Series([""], dtype=pl.String).new_from_index(0, height)
    table = pl.DataFrame([part.fill_null("").alias(str(k)) for k, part in enumerate(parts)])
    return table.select(pl.concat_str(pl.all(), separator=_BREAK)).to_series()


def _content(text: str) -> str:
    plain = cells.clean(text).replace(_BREAK, " ")
    number = cells.parse_number(plain)
    if number is not None:
        return cells.text_of(number) or ""
    moment = cells.parse_date(plain) if plain[:1].isdigit() else None
    return plain if moment is None else moment.isoformat()


def groups(raw: pl.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """One number for all rows that are equal in these columns, counted in canonical order."""
    keys = contents(raw, columns)
    first = keys.unique(maintain_order=True)
    index = pl.Series(range(len(first)), dtype=pl.Int64)
    return keys.replace_strict(first, index, return_dtype=pl.Int64).to_numpy()


def draws(
    raw: pl.DataFrame, columns: Sequence[str], seed: int, purpose: str, *, apart: bool = False
) -> np.ndarray:
    """A number in [0, 1) a row that depends on nothing but its content, the seed and the purpose.

    Equal rows have the same one, unless they draw `apart`: then it depends on which of them it is, too.
    """
    salt = f"{purpose}\x1f{seed}\x1f"

    @cache
    def draw(text: str) -> float:
        digest = blake2b((salt + text).encode("utf-8", "surrogatepass"), digest_size=7).digest()
        return int.from_bytes(digest, "big") / 2**56

    content = contents(raw, columns)
    if apart:
        table = pl.DataFrame({"content": content})
        which = pl.int_range(pl.len()).over("content").cast(pl.String)
        content = table.select(pl.concat_str("content", which, separator=_BREAK)).to_series()
    return frame.map_distinct(content, draw, pl.Float64).to_numpy()
