"""The board: one narrow row a lead for lists, kept in the transaction that changes what it says.

Lists of a million leads are filtered, searched, sorted and paged here alone, on indexes that hold all that is
asked for; the wide rows (`leads`, `current`) are joined after, for one page (`store/browse.py`). Who objected
to being scored is not on the board. Everything in it is derived: `rebuild` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, or_, select

from leadlight.data import cells
from leadlight.data.handles import Handle
from leadlight.data.lead_words import named_of
from leadlight.store import bulk, handle_keys, leads, models
from leadlight.store.leads import StoredLead
from leadlight.store.tables import board, current, outcomes
from leadlight.store.tables import leads as lead_table

UNSCORED: Final = -1.0
"""Stands for the probability of a lead that has no score, so that it comes last on every database."""
LONGEST: Final = 100
LONGEST_SEARCHED: Final = 400
SAID: Final = ("lead", "id", "name", "company", "source", "search", "created", "changed", "outcome")
SCORED: Final = ("probability", "grade", "call")


def put(
    connection: Connection, kept: Sequence[StoredLead], people: Sequence[Sequence[Handle]] | None = None
) -> None:
    """Write what these leads say now; scores stay, new leads have none yet.

    `people` are the handles of each, where they have been read already.
    """
    column, ended = models.outcome_column(connection), _recorded(connection, [lead.number for lead in kept])
    if people is None:
        people = [handle_keys.handles_of_lead(lead.fields, lead.id) for lead in kept]
    rows = [
        (*_said(lead, known, column, ended.get(lead.number)), UNSCORED, "", False)
        for lead, known in zip(kept, people, strict=True)
    ]
    bulk.upsert(connection, board, (*SAID, *SCORED), rows, changing=SAID)


def take_off(connection: Connection, numbers: Sequence[int]) -> None:
    """Show these leads no more."""
    connection.execute(delete(board).where(bulk.among(connection, board.c.lead, numbers)))


def put_scores(connection: Connection, rows: Iterable[tuple[float, str, bool, int]]) -> None:
    """Write probability, grade and call of leads by number; near probabilities lie near in the index."""
    bulk.update(connection, board, SCORED, sorted(rows))


def put_outcomes(connection: Connection, numbers: Iterable[int]) -> None:
    """Write how these leads ended, by what was recorded last."""
    ended = _recorded(connection, sorted(set(numbers)))
    bulk.update(connection, board, ("outcome",), [(_plain(word), lead) for lead, word in ended.items()])


def use_outcome_column(connection: Connection, before: str) -> None:
    """After another model came into service: how leads ended is read from the column that it learnt from."""
    column = models.outcome_column(connection)
    if column == before:
        return
    for page in leads.pages(connection):
        ended = _recorded(connection, [lead.number for lead in page])
        rows = [(_outcome(lead, column, ended.get(lead.number)), lead.number) for lead in page]
        bulk.update(connection, board, ("outcome",), rows)


def rebuild(connection: Connection) -> None:
    """Write the whole board anew from the leads and the scores that count."""
    connection.execute(delete(board))
    for page in leads.pages(connection):
        put(connection, [lead for lead in page if not lead.suppressed])
        _put_current(connection, page[0].number, page[-1].number)


def _put_current(connection: Connection, first: int, last: int) -> None:
    columns = (current.c.probability, current.c.grade, current.c.call, current.c.lead)
    rows = connection.execute(select(*columns).where(current.c.lead.between(first, last)))
    put_scores(connection, [(row[0], row[1], bool(row[2]), row[3]) for row in rows])


def count_differing(connection: Connection) -> int:
    """How many leads stand on the board otherwise than in the tables that it is derived from."""
    both = board.outerjoin(current, current.c.lead == board.c.lead)
    other = or_(
        func.coalesce(current.c.probability, UNSCORED) != board.c.probability,
        func.coalesce(current.c.grade, "") != board.c.grade,
    )
    differing = select(func.count()).select_from(both).where(other)
    shown = select(board.c.lead).where(board.c.lead == lead_table.c.number).exists()
    lacking = select(func.count()).select_from(lead_table).where(~lead_table.c.suppressed, ~shown)
    kept = (lead_table.c.number == board.c.lead) & ~lead_table.c.suppressed
    astray = select(func.count()).select_from(board).where(~select(lead_table.c.number).where(kept).exists())
    return sum(int(connection.execute(query).scalar_one()) for query in (differing, lacking, astray))


def _recorded(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """How these leads ended, as it was recorded last."""
    those = bulk.among(connection, outcomes.c.lead, numbers)
    query = select(outcomes.c.lead, outcomes.c.outcome).where(those)
    return {
        row.lead: row.outcome for row in connection.execute(query.order_by(outcomes.c.at, outcomes.c.number))
    }


def _said(lead: StoredLead, known: Sequence[Handle], column: str, recorded: str | None) -> tuple[Any, ...]:
    fields, named = lead.fields, named_of(lead.fields)
    name, company = named.person_of(fields), named.company_of(fields) or ""
    emails = [each.text for each in known if each.kind == "email"]
    return (
        lead.number,
        _short(lead.id),
        _short(name),
        _short(company),
        _short(named.source_of(fields) or ""),
        searched(lead.id, name, company, *emails),
        lead.created,
        lead.changed,
        _outcome(lead, column, recorded),
    )


def searched(*parts: str) -> str:
    """The text that a search looks through."""
    return _short("\n".join(part for part in parts if part), LONGEST_SEARCHED).lower()


def _outcome(lead: StoredLead, column: str, recorded: str | None) -> str:
    return _plain(lead.fields.get(column) if recorded is None else recorded)


def _plain(word: Any) -> str:
    """An outcome as a model's target has it: cleaned, blank where nothing is said."""
    text = cells.text_of(word)
    return _short(cells.clean(text) or "") if text else ""


def _short(text: str, longest: int = LONGEST) -> str:
    """As long as an index can hold, and without the sign that PostgreSQL has no place for."""
    return text.replace("\0", "")[:longest]
