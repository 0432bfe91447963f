"""Logs that lie beside the leads: contacts, touches, outcomes and what channels cost.

A log is a table of its own; its columns are found by their names. What cannot be read is never guessed at:
the row is left out and counted by its reason, and taken + left out = all rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from leadlight.data import cells, frame, names
from leadlight.errors import ColumnError

LEAD: Final = ("lead", "id", "lead id", "lead number", "contact id", "prospect id", "record id")
MOMENT: Final = ("at", "time", "timestamp", "date", "moment", "when", "occurred at", "created at", "created")
_CONTACT: Final = {
    "lead": LEAD,
    "at": (*MOMENT, "contacted at", "called at"),
    "who": ("who", "rep", "owner", "caller", "agent", "user", "sales rep", "assigned to"),
    "channel": ("channel", "type", "kind", "medium"),
    "result": ("result", "outcome", "disposition", "status"),
}
_TOUCH: Final = {
    "lead": LEAD,
    "at": MOMENT,
    "channel": ("channel", "utm source", "source", "lead source", "campaign", "utm campaign", "medium"),
}
_OUTCOME: Final = {
    "lead": LEAD,
    "at": (*MOMENT, "closed at", "close date", "decided at"),
    "outcome": ("outcome", "result", "stage", "status", "converted", "won"),
    "value": ("value", "deal value", "amount", "revenue", "worth"),
}
_SPEND: Final = {
    "channel": ("channel", "source", "lead source", "campaign", "medium", "utm source"),
    "day": ("day", "date", "week", "month", "at", "time"),
    "amount": ("amount", "cost", "spend", "spent", "costs"),
    "currency": ("currency",),
}


@dataclass(frozen=True, eq=False)
class Log:
    """The rows of a log that could be read, and how many were left out for which reason."""

    rows: pl.DataFrame
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, Any]:
        taken, out = self.rows.height, dict(self.left_out)
        return {"in": taken + sum(out.values()), "taken": taken, "left_out": out}

    def without(self, marked: pl.Series, reason: str) -> Log:
        """Leave out these rows as well."""
        count = int(marked.sum())
        if not count:
            return self
        told = {**self.left_out, reason: self.left_out.get(reason, 0) + count}
        return Log(self.rows.filter(~marked), told)


def contacts(table: pl.DataFrame) -> Log:
    """Calls and mails to leads: `lead`, `at` in seconds, `who`, `channel` and `result`, the oldest first."""
    found = _found(table, _CONTACT, ("lead", "at"), "contacts")
    read = pl.DataFrame(
        {
            "lead": _ids(table[found["lead"]]),
            "at": _seconds(table[found["at"]]),
            **{name: _words(table, found.get(name)) for name in ("who", "channel", "result")},
        }
    )
    log = _named(read)
    log = log.without(log.rows["at"].is_null(), "no moment")
    log = _once(log)
    return Log(log.rows.sort("at", "lead", maintain_order=True), log.left_out)


def touches(table: pl.DataFrame) -> Log:
    """By which channel a lead came at a moment: `lead`, `at` in seconds and `channel`, the oldest first."""
    found = _found(table, _TOUCH, ("lead", "at", "channel"), "events")
    log = _named(
        pl.DataFrame(
            {
                "lead": _ids(table[found["lead"]]),
                "at": _seconds(table[found["at"]]),
                "channel": _words(table, found["channel"]),
            }
        )
    )
    log = log.without(log.rows["at"].is_null(), "no moment")
    log = log.without(log.rows["channel"].is_null(), "no channel")
    return Log(log.rows.sort("at", "lead", maintain_order=True), log.left_out)


def tells_channels(table: pl.DataFrame) -> bool:
    """Whether a log of events has a column of channels."""
    return any(" ".join(names.words(name).split()) in _TOUCH["channel"] for name in table.columns)


def outcomes(table: pl.DataFrame) -> Log:
    """How leads ended: `lead`, `at` in seconds (may be missing), `outcome` as a plain word and `value`."""
    found = _found(table, _OUTCOME, ("lead", "outcome"), "outcomes")
    read = pl.DataFrame(
        {
            "lead": _ids(table[found["lead"]]),
            "at": _seconds(table[found["at"]]) if "at" in found else _nothing(table.height, pl.Float64),
            "outcome": frame.levels(table[found["outcome"]], cells.PLACEHOLDERS, {}),
            "value": frame.numbers(table[found["value"]])
            if "value" in found
            else _nothing(table.height, pl.Float64),
        }
    )
    log = _named(read)
    return log.without(log.rows["outcome"].is_null(), "no outcome")


def spend(table: pl.DataFrame) -> Log:
    """What channels cost: `channel` as it is written, `day` in seconds, `amount` and `currency`."""
    found = _found(table, _SPEND, ("channel", "amount"), "spend")
    read = pl.DataFrame(
        {
            "channel": _words(table, found["channel"]),
            "day": _seconds(table[found["day"]]) if "day" in found else _nothing(table.height, pl.Float64),
            "amount": frame.numbers(table[found["amount"]]),
            "currency": _words(table, found.get("currency")).fill_null(""),
        }
    )
    log = Log(read)
    log = log.without(log.rows["channel"].is_null(), "no channel")
    log = log.without(log.rows["amount"].is_null(), "no amount")
    log = log.without(log.rows["amount"] < 0, "less than nothing")
    return log if "day" not in found else log.without(log.rows["day"].is_null(), "no day")


def _found(
    table: pl.DataFrame, known: Mapping[str, Sequence[str]], needed: Sequence[str], what: str
) -> dict[str, str]:
    """For each column of a log the one of the table that is called so; the first name counts most."""
    spelt = {" ".join(names.words(name).split()): name for name in reversed(table.columns)}
    found: dict[str, str] = {}
    for column, words in known.items():
        match = next((spelt[word] for word in words if word in spelt), None)
        if match is not None and match not in found.values():
            found[column] = match
    missing = [column for column in needed if column not in found]
    if missing:
        raise ColumnError(
            f"The {what} have no column {missing[0]!r}.",
            code="log_column",
            hint=f"It may be called: {', '.join(known[missing[0]])}. The columns are: "
            + ", ".join(table.columns[:40]),
        )
    return found


def _once(log: Log) -> Log:
    """Rows that say the same count once."""
    first = log.rows.with_row_index("place").unique(log.rows.columns, keep="first")["place"]
    places = pl.int_range(log.rows.height, dtype=pl.UInt32, eager=True)
    return log.without(~places.is_in(first.implode()), "twice")


def _named(read: pl.DataFrame) -> Log:
    return Log(read).without(read["lead"].is_null(), "no lead")


def _ids(series: pl.Series) -> pl.Series:
    """Exact text without blanks around it."""
    texts = frame.as_text(series).str.strip_chars(cells.BLANKS)
    return texts.set(texts == "", None)


def _words(table: pl.DataFrame, name: str | None) -> pl.Series:
    if name is None:
        return _nothing(table.height, pl.String)
    return _ids(table[name])


def _seconds(series: pl.Series) -> pl.Series:
    """Seconds since 1970; numbers are taken as such seconds."""
    if series.dtype.is_numeric():
        return series.cast(pl.Float64)
    read = frame.seconds(frame.dates(series))
    return pl.Series(read).fill_nan(None)


def _nothing(height: int, dtype: Any) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, height)
