"""Reading a connection into the store: page by page, each durable together with the place to go on from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from leadlight.connect.connector import Connector, PulledPage, ReadPart, Record, SourceMapping
from leadlight.connect.moments import seconds_of
from leadlight.errors import ConnectorError
from leadlight.flows.take_disputes import take_disputes, without_disputes
from leadlight.store import Store, connections, departures, intake, leads, mail_leads, records
from leadlight.store.intake import Taken

if TYPE_CHECKING:
    from sqlalchemy import Connection

Clock = Callable[[], float]
Observe = Callable[[str], None]
DAY: Final = 86_400.0
UNKNOWN_LEAD: Final = "unknown_lead"
NO_ID: Final = "blank_id"


@dataclass
class Pulled:
    """What a run brought: rows in = taken + rejected."""

    taken: Taken = field(default_factory=Taken)
    added: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    """Parts that the token does not allow."""
    aged: int = 0
    """Leads that were open for longer than the horizon, and count as lost from now on."""
    merged: int = 0
    """Leads that became one with another there."""
    deleted: int = 0
    """Leads that were deleted there, and are scored and listed no more."""
    returned: int = 0
    """Leads that were deleted there, and are there again."""
    disputed: int = 0
    """Scores that people dispute there, and did not before."""
    columns: dict[str, None] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.taken.rows + self.added.total() + self.rejected.total()

    def to_json(self) -> dict[str, int]:
        said = {name: count for name, count in vars(self.taken).items() if name != "suppressed"}
        more = {f"{name}_added": count for name, count in self.added.items()}
        moved = {"merged": self.merged, "deleted": self.deleted, "returned": self.returned}
        moved |= {"disputed": self.disputed}
        rejected = self.rejected.total()
        return {"in": self.rows, **said, **more, "aged": self.aged, **moved, "rejected": rejected}


def pull(
    store: Store,
    connector: Connector,
    clock: Clock,
    *,
    again: bool = False,
    horizon_days: int | None = None,
    observe: Observe = lambda _: None,
) -> Pulled:
    """Read all parts from where they stand; a part that the token does not allow is left out and told."""
    found = Pulled()
    mapping = mapping_of(connector, horizon_days)
    if again:
        with store.writing() as connection:
            connections.forget_cursors(connection, connector.name)
    for part in connector.parts:
        with store.reading() as connection:
            cursor = connections.cursor(connection, connector.name, part.name)
        try:
            for page in connector.read(part.name, cursor):
                take_page(store, connector.name, part.name, page, mapping, clock(), found)
                observe(f"reading {part.name}, {found.rows:,} rows so far")
        except ConnectorError as problem:
            if problem.code != "forbidden" or part == _lead_part(connector):
                raise
            found.left_out.append(part.name)
    if mapping is not None:
        found.aged = close_undecided(store, mapping, connector.name, clock())
    return found


def mapping_of(connector: Connector, horizon_days: int | None = None) -> SourceMapping | None:
    """How the records of a system become leads, if they do, with the horizon that was asked for."""
    mapping: SourceMapping | None = getattr(connector, "mapping", None)
    if mapping is None or horizon_days is None:
        return mapping
    return replace(mapping, horizon_days=horizon_days)


def take_page(
    store: Store,
    name: str,
    part: str,
    page: PulledPage,
    mapping: SourceMapping | None,
    at: float,
    found: Pulled,
) -> None:
    """Take a page in; what stands for leads that are not here is counted, not taken."""
    kept = list(_last_of_each(page.leads, mapping, at, found)) if mapping is not None else []
    identity, field_of_disputes = ("", "") if mapping is None else (mapping.id, mapping.dispute)
    disputed = without_disputes(kept, identity, field_of_disputes)
    with store.writing() as connection:
        if kept:
            ids = [str(lead[identity]) for lead in kept]
            found.returned += departures.come_back(connection, ids)
            found.taken += intake.upsert(store, connection, ids, kept, name, at)
            found.disputed += take_disputes(connection, disputed, name, at)
        events, unknown = of_leads(store, connection, page.events)
        _add(connection, replace(page, events=events), found)
        marked, nobody = _mark(store, connection, page.marks, name, at)
        found.taken += marked
        found.rejected[UNKNOWN_LEAD] += unknown + nobody
        _take_away(store, connection, page, name, at, found)
        found.rejected += Counter()
        if page.cursor is not None:
            connections.put_cursor(connection, name, part, page.cursor, at)
    found.columns.update(dict.fromkeys(each for lead in kept for each in lead if lead[each] is not None))
    found.rejected.update(page.rejected)


def _take_away(
    store: Store, connection: Connection, page: PulledPage, source: str, at: float, found: Pulled
) -> None:
    """What was merged or deleted there: two leads become one, and who is gone is scored no more."""
    if page.merged:
        found.merged += departures.merge(store, connection, page.merged, source, at)
    if page.gone:
        found.deleted += departures.depart(connection, page.gone, source, at)


def of_leads(store: Store, connection: Connection, rows: Sequence[Record]) -> tuple[list[Record], int]:
    """Rows that name people by their address, once for each lead of theirs; and how many name no lead."""
    named = {str(row["email"]) for row in rows if "email" in row}
    if not named:
        return list(rows), 0
    ids = mail_leads.ids_of_addresses(store, connection, named)
    found: list[Record] = []
    for row in rows:
        found += [_of_lead(row, each) for each in ids.get(str(row["email"]), ())]
    return found, sum(not ids.get(str(row["email"])) for row in rows)


def _of_lead(row: Record, identity: str) -> Record:
    own = {name: value for name, value in row.items() if name != "email"} | {"id": identity}
    return own | {"key": f"{row['key']}:{identity}"} if row.get("key") else own


def _mark(
    store: Store, connection: Connection, marks: Sequence[Record], source: str, at: float
) -> tuple[Taken, int]:
    """Write what is now true of people to the leads that they are; where two say it, the last counts."""
    rows, nobody = of_leads(store, connection, marks)
    fields: dict[str, dict[str, Any]] = {}
    for row in rows:
        fields.setdefault(row["id"], {}).update(row["fields"])
    if not fields:
        return Taken(), nobody
    taken = intake.upsert(store, connection, list(fields), list(fields.values()), source, at)
    return taken, nobody


def _last_of_each(
    rows: Iterable[Record], mapping: SourceMapping, at: float, found: Pulled
) -> Iterable[dict[str, Any]]:
    """Each lead once, as it came last, with an outcome even where nobody decided in time."""
    by_id: dict[str, dict[str, Any]] = {}
    for row in rows:
        identity = str(row.get(mapping.id) or "").strip()
        if not identity:
            found.rejected[NO_ID] += 1
            continue
        by_id[identity] = {**row, mapping.id: identity, mapping.outcome: _outcome(row, mapping, at)}
    return by_id.values()


def _outcome(row: Record, mapping: SourceMapping, at: float) -> Any:
    said = row.get(mapping.outcome)
    return "lost" if said == "open" and _is_stale(row, mapping, at) else said


def _is_stale(row: Record, mapping: SourceMapping, at: float) -> bool:
    arrived = seconds_of(row.get(mapping.time))
    return bool(mapping.horizon_days) and arrived is not None and at - arrived > mapping.horizon_days * DAY


def _add(connection: Connection, page: PulledPage, found: Pulled) -> None:
    added = (
        ("events", page.events, records.add_events),
        ("contacts", page.contacts, records.add_contacts),
        ("outcomes", page.outcomes, lambda there, rows: records.add_outcomes(there, rows, "sync")),
    )
    for kind, rows, add in added:
        known = leads.known_ids(connection, [str(row["id"]) for row in rows]) if rows else set()
        kept = [row for row in rows if str(row["id"]) in known]
        found.rejected[UNKNOWN_LEAD] += len(rows) - len(kept)
        if kept:
            found.added[kind] += add(connection, kept)
    if page.spend:
        found.added["spend"] += records.put_spend(connection, page.spend)


def close_undecided(store: Store, mapping: SourceMapping, source: str, at: float) -> int:
    """Count leads as lost that stayed open for longer than the horizon."""
    if not mapping.horizon_days:
        return 0
    with store.reading() as connection:
        stale = [
            lead.id
            for page in leads.pages(connection, source=source)
            for lead in page
            if lead.fields.get(mapping.outcome) == "open" and _is_stale(lead.fields, mapping, at)
        ]
    if not stale:
        return 0
    rows: Sequence[dict[str, Any]] = [{mapping.outcome: "lost"}] * len(stale)
    with store.writing() as connection:
        intake.upsert(store, connection, stale, rows, source, at)
    return len(stale)


def sample(connector: Connector, count: int) -> list[Record]:
    """The first leads that a run would read; nothing is kept."""
    part = _lead_part(connector)
    pages = connector.read(part.name, None) if part else ()
    return list(next((page.leads for page in pages if page.leads), ()))[:count]


def _lead_part(connector: Connector) -> ReadPart | None:
    """The part that lists every lead: the last one that fills leads."""
    return next((part for part in reversed(connector.parts) if part.fills == "leads"), None)
