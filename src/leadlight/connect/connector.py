"""The shape of a connector: one file that says what a system gives, how that maps, and what it takes back.

A connector is any object with these members; it inherits nothing. `hubspot.py` is the one to read first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from leadlight.errors import ConnectorError

Record = Mapping[str, Any]


def odd_answer(where: str, message: str = "The answer is not what was asked for.") -> ConnectorError:
    """A system answered, and not as its documentation says."""
    hint = "Its API may have changed: look for a newer Leadlight."
    return ConnectorError(message, code="odd_answer", where=where, hint=hint)


@dataclass(frozen=True)
class SourceMapping:
    """How a system's records become leads, stated where the connector stands and shown by `sync --check`."""

    lead: str
    """What one lead is, such as "a contact"."""
    id: str
    """The column that holds the lead's id."""
    time: str
    """The column that says when the lead arrived."""
    outcome: str
    """The column, made by the connector, that says won, lost or open."""
    won: str
    lost: str
    open: str
    """In words: when a lead counts as each."""
    horizon_days: int
    """How long a lead may take: one that is undecided for longer counts as lost, before that as open."""
    moment: str
    """In words: as of when a lead is scored."""
    after: tuple[str, ...] = ()
    """Columns that are filled only once sales worked the lead or the outcome was known: never learnt from."""
    personal: tuple[str, ...] = ()
    """Columns with names and addresses: carried to lists, never learnt from."""
    dispute: str = ""
    """The field in which people write why a score is wrong, unless leadlight.toml names another."""

    @property
    def told(self) -> dict[str, str]:
        """The mapping in words."""
        horizon = f"{self.horizon_days} days" if self.horizon_days else "none"
        said = {"lead": self.lead, "id": self.id, "time": self.time, "won": self.won, "lost": self.lost}
        disputed = {"disputed": f"where somebody writes why in {self.dispute}"} if self.dispute else {}
        return {**said, "open": self.open, "horizon": horizon, "scored": self.moment, **disputed}


@dataclass(frozen=True)
class ReadPart:
    """One kind of record that is read in pages, such as contacts; `fills` is the store's table for it."""

    name: str
    fills: str
    about: str


@dataclass(frozen=True)
class PulledPage:
    """What one request brought.

    `cursor` is where to go on, kept in the same transaction as the rows: reading from it again gives what
    is new since, and may give rows again, which does no harm. The rows are as the store takes them: leads
    with their id in the mapping's column; events `id, name, at, properties, key`; contacts `id, channel, at,
    who, result, key`; outcomes `id, outcome, value, at`; spend `channel, day, amount, currency`.

    A system that knows people by their e-mail address alone gives events `email` for `id`, and marks
    `email, fields`: what is now true of whoever has that address, such as that they unsubscribed.

    `gone` are the ids of leads that were deleted there, and `merged` says of leads that were merged which one
    each became. A lead that comes again among `leads` is there again.
    """

    cursor: str | None
    leads: Sequence[Record] = ()
    events: Sequence[Record] = ()
    contacts: Sequence[Record] = ()
    outcomes: Sequence[Record] = ()
    spend: Sequence[Record] = ()
    marks: Sequence[Record] = ()
    gone: Sequence[str] = ()
    merged: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Records that could not be used, counted by reason."""


@dataclass(frozen=True)
class Missing:
    """Something that the system lacks or refuses, and what that means: told by `sync --check`."""

    what: str
    means: str


class Connector(Protocol):
    """One system, ready to be read."""

    name: str
    """What stands before :// in LEADS and in leadlight.toml, such as hubspot."""
    title: str
    """What people call it, such as HubSpot."""
    parts: tuple[ReadPart, ...]

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        """Pages of a part from where an earlier run stopped; from the beginning without a cursor."""
        ...

    def missing(self) -> Sequence[Missing]:
        """What a run would lack, found out by asking the system."""
        ...

    def close(self) -> None: ...


class LeadConnector(Connector, Protocol):
    """A system that leads come from."""

    mapping: SourceMapping


@dataclass(frozen=True)
class Delivery:
    """The score of one lead on its way to a CRM; `at` is when it was made, which orders it among others."""

    id: str
    score: float
    grade: str
    reasons: str
    model: str
    at: float


@dataclass(frozen=True)
class Delivered:
    """What became of a batch: ids that were taken, and for the others a reason and whether to try again."""

    taken: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class ScoreTaker(Protocol):
    """A system that shows scores."""

    batch: int
    """How many scores it takes at once."""

    def missing_fields(self) -> Sequence[str]:
        """The fields for scores that it does not have yet."""
        ...

    def make_fields(self) -> None: ...

    def write(self, deliveries: Sequence[Delivery]) -> Delivered:
        """Put scores in place; sending one twice leaves the same."""
        ...
