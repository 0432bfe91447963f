"""What has to be settled over all rows before anything is learnt: outcome, id, time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl

from leadlight.data import frame, infer, names, rows, target
from leadlight.data.infer import Kind
from leadlight.data.target import Target, nearest
from leadlight.errors import ColumnError, InputError

NEARLY = 0.9
FEWEST_MOMENTS = 5
_ID_WORDS = (
    " id ",
    " ids ",
    " uuid ",
    " guid ",
    " key ",
    " number ",
    " no ",
    " nr ",
    " code ",
    " lead ",
    " record ",
    " kundennummer ",
    " leadnummer ",
    " numero ",
    " identifiant ",
    " identificador ",
)


_OWN_ID_WORDS = frozenset(
    (
        *(
            "id",
            "ids",
            "uuid",
            "guid",
            "key",
            "number",
            "no",
            "nr",
            "num",
            "nummer",
            "code",
            "ref",
            "reference",
        ),
        *("lead", "leads", "record", "prospect", "contact", "customer", "client", "person", "deal", "opp"),
        *(
            "opportunity",
            "crm",
            "hs",
            "object",
            "sf",
            "salesforce",
            "external",
            "kunde",
            "kunden",
            "interessent",
        ),
        *("kundennummer", "leadnummer", "numero", "identifiant", "identificador"),
    )
)
"""A name of these words alone is about the lead; "Campaign ID" is about something else."""
FEWEST_IDS = 0.1
"""So many different ids a row at least: the leads of an export may stand in it ten times."""


DATES = Kind("date")
ORDER = "order"
"""In the place of a time column: the rows are in the order in which leads arrived."""


@dataclass(frozen=True)
class Structure:
    """The columns that are no features."""

    target: Target
    id: str | None
    time: str | None
    kind: Kind = DATES

    def moment(self, raw: pl.DataFrame) -> np.ndarray | None:
        """When each lead arrived, in seconds; or the number that stands for that."""
        if self.time is None:
            return None
        if self.kind.kind == "number":
            return frame.numbers(raw[self.time], self.kind.decimal, self.kind.thousands).to_numpy()
        return frame.seconds(frame.dates(raw[self.time], self.kind.date_format))


def with_order(raw: pl.DataFrame, time: str | None, first: int = 0) -> pl.DataFrame:
    """The leads with the number of their row as their time, where that is asked for."""
    if time != ORDER or ORDER in raw.columns:
        return raw
    numbers = pl.int_range(first, first + raw.height, eager=True)
    return raw.with_columns(numbers.cast(pl.String).alias(ORDER))


def check_names(raw: pl.DataFrame, wanted: Iterable[str]) -> None:
    """Refuse names that do not occur, with the nearest that does."""
    for name in wanted:
        if name not in raw.columns:
            raise ColumnError(
                f"There is no column {name!r}.", code="no_column", hint=nearest(name, raw.columns)
            )


def settle(
    raw: pl.DataFrame,
    outcome: str | None,
    values: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    id_column: str | None,
    time: str | None,
    date_format: str | None = None,
) -> Structure:
    """Find the outcome, the id and the time, or take what was given."""
    check(raw)
    check_names(raw, (name for name in (id_column, time) if name))
    resolved = target.resolve(raw, outcome or target.find(raw), *values)
    return around(raw, resolved, id_column, time, date_format)


def check(raw: pl.DataFrame) -> None:
    """Refuse a table without rows, and names that the engine would take for more than one."""
    if not raw.height:
        raise InputError(
            "There are no leads to learn from: the table has no rows.",
            code="no_rows",
            hint="Give a file that holds a row for each lead, below the line of column names.",
        )
    _refuse_patterns(raw.columns)


def around(
    raw: pl.DataFrame,
    resolved: Target,
    id_column: str | None,
    time: str | None,
    date_format: str | None = None,
) -> Structure:
    """The id and the time beside an outcome that is settled."""
    check_names(raw, (name for name in (id_column, time) if name))
    identity = id_column or find_id(raw, resolved.column)
    arrived = time or find_time(raw, (resolved.column, identity))
    if arrived is None:
        return Structure(resolved, identity, None)
    kind = Kind("date", date_format=date_format) if date_format else infer.kind_of(raw[arrived])
    return Structure(resolved, identity, arrived, _checked_time(raw[arrived], arrived, kind))


def _checked_time(series: pl.Series, name: str, kind: Kind) -> Kind:
    """A time has to be dates, or numbers that stand for them, and to have a past."""
    if kind.kind not in ("date", "number"):
        raise ColumnError(
            f"{name!r} cannot be read as dates.",
            code="time",
            hint="Choose another column with --time, or declare its date_format in leadlight.toml.",
        )
    read = frame.numbers(series, kind.decimal, kind.thousands)
    if not _is_spread(frame.dates(series, kind.date_format) if kind.kind == "date" else read):
        raise ColumnError(
            f"{name!r} does not tell earlier leads from later ones: it is mostly blank or mostly the same.",
            code="no_past",
            hint="Choose another column with --time, or split at random with --test random.",
        )
    return kind


def _refuse_patterns(columns: Iterable[str]) -> None:
    """The engine would take such a name for a pattern of names."""
    for name in columns:
        if name.startswith("^") and name.endswith("$"):
            raise ColumnError(
                f"A column cannot be called {name!r}, with ^ before and $ after.",
                code="column_name",
                hint="Rename the column.",
            )


def find_id(raw: pl.DataFrame, outcome: str) -> str | None:
    """The leftmost unique column, those named like an id before others; else a nearly unique one so named.

    A number without such a name has to be a counter's: revenues may all differ, too.
    """
    others = [name for name in raw.columns if name != outcome and names.role(name) != "personal"]
    named = (name for name in others if _is_called_id(name) and _is_unique_id(raw[name]))
    counting = (name for name in others if _is_unique_id(raw[name]) and _counts(raw[name]))
    nearly = (name for name in others if _is_nearly_id(name, raw[name]))
    repeating = (name for name in others if _is_repeating_id(name, raw[name]))
    return next(chain(named, nearly, repeating, counting), None)


def _is_unique_id(series: pl.Series) -> bool:
    return infer.is_unique(series) and infer.is_opaque(series, infer.kind_of(series))


def _counts(series: pl.Series) -> bool:
    """Words tell rows apart; numbers do where they are those of a counter."""
    kind = infer.kind_of(series)
    return kind.kind != "number" or infer.is_run(frame.numbers(series, kind.decimal, kind.thousands))


def sure_id(raw: pl.DataFrame) -> str | None:
    """The column of the ids, where both its values and its name say so."""
    found = find_id(raw, "")
    return found if found is not None and _is_called_id(found) else None


def _is_called_id(name: str) -> bool:
    return any(word in names.words(name) for word in _ID_WORDS)


def _is_nearly_id(name: str, series: pl.Series) -> bool:
    if not _is_called_id(name):
        return False
    ids = rows.identities(series)
    known = ids.filter(~ids.str.to_lowercase().is_in(rows.BLANK_IDS))
    enough = len(known) >= NEARLY * len(series) and known.n_unique() >= NEARLY * len(known)
    return enough and infer.is_opaque(known, infer.kind_of(known))


def _is_repeating_id(name: str, series: pl.Series) -> bool:
    """Whether the name says that it is the lead's own id, and many values do, however often they repeat."""
    if not set(names.words(name).split()) <= _OWN_ID_WORDS or not _is_called_id(name):
        return False
    ids = rows.identities(series)
    known = ids.filter(~ids.str.to_lowercase().is_in(rows.BLANK_IDS))
    many = len(known) >= NEARLY * len(series) and known.n_unique() > max(20.0, FEWEST_IDS * len(known))
    return many and infer.is_opaque(known, infer.kind_of(known))


def find_time(raw: pl.DataFrame, taken: Iterable[str | None]) -> str | None:
    """The leftmost column of dates that is named like an arrival, filled nearly everywhere and spread out.

    Where none is, the only column that is called a date and nothing else.
    """
    taken = tuple(taken)
    named = (name for name in raw.columns if name not in taken and names.role(name) == "time")
    found = next((name for name in named if _tells_arrival(raw[name])), None)
    if found is not None:
        return found
    plain = [name for name in raw.columns if name not in taken and names.is_plain_date(name)]
    return plain[0] if len(plain) == 1 and _tells_arrival(raw[plain[0]]) else None


def dates_like_arrival(raw: pl.DataFrame, taken: Iterable[str | None]) -> list[str]:
    """The columns of dates that could say when leads arrived, though their names do not."""
    taken = tuple(taken)
    return [
        name
        for name in raw.columns
        if name not in taken
        and names.role(name) is None
        and not names.suggests_after(name)
        and _tells_arrival(raw[name])
    ]


def _tells_arrival(series: pl.Series) -> bool:
    kind = infer.kind_of(series)
    return kind.kind == "date" and _is_spread(frame.dates(series, kind.date_format))


def _is_spread(moments: pl.Series) -> bool:
    """Whether there is a past and a present: leads that were all loaded on one day have none."""
    counts = [count for _, count in frame.counted(moments)]
    if len(counts) < FEWEST_MOMENTS or sum(counts) < infer.MOSTLY * len(moments):
        return False
    return counts[0] <= 0.5 * len(moments)
