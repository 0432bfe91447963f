"""The ledger of scores: what was said of a lead, by which model, from which input."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import Column, ColumnElement, Connection, bindparam, select, update

from leadlight.model.answer import Reason
from leadlight.store import board, bulk, hot_leads
from leadlight.store.store import Store
from leadlight.store.tables import current, inputs, leads, scores

SCORED: Final = (
    "lead",
    "model",
    "input",
    "at",
    "margin",
    "probability",
    "low",
    "high",
    "grade",
    "call",
    "reasons",
)
CURRENT: Final = ("lead", "version", *SCORED[1:])
INPUT: Final = ("lead", "address", "codes")
SPARSE: Final = 2
"""Numbers that spread over more than so many times their count are asked for one by one."""


@dataclass(frozen=True)
class WaitingPage:
    """Leads that are to be scored, in the order of their numbers, as plain columns."""

    numbers: Sequence[int]
    ids: Sequence[str]
    fields: Sequence[str]
    versions: Sequence[int]


@dataclass(frozen=True)
class FiguresPage:
    """Scores of a page of leads as plain columns."""

    codes: np.ndarray
    margin: Sequence[float]
    probability: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    grade: Sequence[str]
    call: Sequence[bool]
    reasons: Sequence[Sequence[Reason]]
    heat: Sequence[int]
    """Whether each is hot, cold (`store/hot_leads.py`), or between the two."""


@dataclass(frozen=True)
class ScoredPage:
    """Scores that are ready to be written: of each lead its version, its codes and its row."""

    versions: Sequence[int]
    codes: Sequence[bytes]
    rows: Sequence[tuple[Any, ...]]
    heat: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def last(self) -> int:
        """The number of its last lead."""
        return int(self.rows[-1][0])


def waiting(
    connection: Connection, model: int, after: int, limit: int, *, everything: bool = False
) -> WaitingPage | None:
    """The next leads to score, if any; people who objected are not among them."""
    scored = (current.c.lead == leads.c.number) & (current.c.version == leads.c.version)
    by_model = (current.c.lead > after) & (current.c.model == model)
    stale = ~select(current.c.lead).where(scored, by_model).exists()
    wanted = (leads.c.number > after) & ~leads.c.suppressed
    query = (
        select(leads.c.number, leads.c.id, leads.c.fields, leads.c.version)
        .where(wanted if everything else wanted & stale)
        .order_by(leads.c.number)
        .limit(limit)
    )
    _walk(connection)
    rows = connection.execute(query).all()
    return WaitingPage(*zip(*rows, strict=True)) if rows else None


def page_of(connection: Connection, ids: Sequence[str]) -> WaitingPage | None:
    """Those of these leads that may be scored, in the order of their numbers."""
    query = select(leads.c.number, leads.c.id, leads.c.fields, leads.c.version)
    wanted = bulk.among(connection, leads.c.id, ids) & ~leads.c.suppressed
    rows = connection.execute(query.where(wanted).order_by(leads.c.number)).all()
    return WaitingPage(*zip(*rows, strict=True)) if rows else None


_STEPWISE: Final = ("enable_hashjoin = off", "enable_sort = off", "max_parallel_workers_per_gather = 0")


def _walk(connection: Connection) -> None:
    """PostgreSQL takes few leads to wait and gathers all for each page; walking stops when that is full."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("; ".join(f"SET LOCAL {setting}" for setting in _STEPWISE))


def page_to_write(store: Store, model: int, page: WaitingPage, said: FiguresPage, at: float) -> ScoredPage:
    """Put scores into the form in which they are kept."""
    codes = codes_as_bytes(said.codes)
    addresses = [address(store, number, each) for number, each in zip(page.numbers, codes, strict=True)]
    reasons = [stored_reasons(each) for each in said.reasons]
    models, times = [model] * len(codes), [at] * len(codes)
    figures = (said.margin, said.probability, said.low, said.high, said.grade, said.call)
    rows = zip(page.numbers, models, addresses, times, *figures, reasons, strict=True)
    return ScoredPage(page.versions, codes, list(rows), said.heat)


def stored_reasons(reasons: Sequence[Reason]) -> str:
    """The reasons of a score as they are kept."""
    return msgspec.json.encode([each.to_stored() for each in reasons]).decode()


def told_reasons(stored: str) -> list[dict[str, Any]]:
    """Reasons that were kept; of those that an earlier version kept there is the text alone."""
    found = map(Reason.from_stored, msgspec.json.decode(stored))
    return [{"text": each} if isinstance(each, str) else each.to_json() for each in found]


def record(connection: Connection, page: ScoredPage) -> int:
    """Write what is new; the same model on the same input says nothing new. Gives how many were written.

    A lead that was changed, erased or barred since it was read is left for the next time.
    """
    numbers = [row[0] for row in page.rows]
    versions, made_from = _versions(connection, numbers), _made_from(connection, numbers)
    fresh: list[int] = []
    same: list[int] = []
    for k, row in enumerate(page.rows):
        if versions.get(row[0]) == page.versions[k]:
            (same if made_from.get(row[0]) == row[1:3] else fresh).append(k)
    rows = [page.rows[k] for k in fresh]
    held = [(page.rows[k][0], page.rows[k][2], page.codes[k]) for k in fresh]
    new, known = _parted(held, _with_inputs(connection, numbers))
    bulk.insert(connection, inputs, INPUT, new)
    bulk.insert_missing(connection, inputs, INPUT, known)
    bulk.insert(connection, scores, SCORED, rows)
    _write_current(connection, page, fresh, made_from.keys())
    _touch_version(connection, page, same)
    _note_heat(connection, page, fresh, made_from)
    return len(fresh)


def _note_heat(
    connection: Connection, page: ScoredPage, fresh: Sequence[int], before: Mapping[int, tuple[int, bytes]]
) -> None:
    if not fresh or not hot_leads.is_followed(connection):
        return
    _, model, _, at, *_ = page.rows[fresh[0]]
    heat = {page.rows[k][0]: page.heat[k] for k in fresh if page.heat[k]}
    hot_leads.note(connection, heat, {lead: made[0] for lead, made in before.items()}, model, at)


def _versions(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Of these leads the ones that are there and may be scored, perhaps with others between them."""
    query = select(leads.c.number, leads.c.version).where(_page_filter(connection, leads.c.number, numbers))
    return dict(connection.execute(query.where(~leads.c.suppressed)).all())


def _made_from(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[int, bytes]]:
    """What the scores that count were made from; asked for alone, since a join would read whole tables."""
    query = select(current.c.lead, current.c.model, current.c.input)
    rows = connection.execute(query.where(_page_filter(connection, current.c.lead, numbers))).all()
    return {lead: (model, bytes(content)) for lead, model, content in rows}


def _with_inputs(connection: Connection, numbers: Sequence[int]) -> set[int]:
    query = select(inputs.c.lead).where(_page_filter(connection, inputs.c.lead, numbers))
    return set(connection.execute(query).scalars())


def _page_filter(connection: Connection, column: Column[Any], numbers: Sequence[int]) -> ColumnElement[bool]:
    """What is asked of a page in order: all from the first to the last where that is hardly more."""
    if numbers[-1] - numbers[0] < SPARSE * len(numbers):
        return column.between(numbers[0], numbers[-1])
    return bulk.among(connection, column, numbers)


def _parted(rows: Sequence[Any], known: Collection[int]) -> tuple[list[Any], list[Any]]:
    """Rows of leads that stand nowhere yet, which go in without a look at what is there, and the others."""
    return [row for row in rows if row[0] not in known], [row for row in rows if row[0] in known]


def _write_current(
    connection: Connection, page: ScoredPage, fresh: Sequence[int], scored: Collection[int]
) -> None:
    """The scores that count from here on."""
    rows = [(page.rows[k][0], page.versions[k], *page.rows[k][1:]) for k in fresh]
    new, known = _parted(rows, scored)
    bulk.insert(connection, current, CURRENT, new)
    bulk.upsert(connection, current, CURRENT, known)
    place = [SCORED.index(name) for name in (*board.SCORED, "lead")]
    board.put_scores(connection, [tuple(page.rows[k][each] for each in place) for k in fresh])


def _touch_version(connection: Connection, page: ScoredPage, same: Sequence[int]) -> None:
    """The score that counts is of these values too."""
    if same:
        change = update(current).where(current.c.lead == bindparam("row")).values(version=bindparam("seen"))
        connection.execute(change, [{"row": page.rows[k][0], "seen": page.versions[k]} for k in same])


def codes_as_bytes(codes: np.ndarray) -> list[bytes]:
    """Each lead's codes as they are kept."""
    plain = np.ascontiguousarray(codes, dtype="<u2")
    width = plain.shape[1] * 2
    content = plain.tobytes()
    return [content[start : start + width] for start in range(0, len(content), width)]


def codes_from_bytes(kept: Sequence[bytes]) -> np.ndarray:
    """Codes as numbers again, a row a lead."""
    return np.frombuffer(b"".join(kept), dtype="<u2").reshape(len(kept), -1).astype(np.uint16)


def address(store: Store, lead: int, codes: bytes) -> bytes:
    """Where an input is kept; nobody without the key can tell whose or what it is."""
    return store.keyed("input", lead.to_bytes(8, "little") + codes)


def latest(connection: Connection, lead: int) -> Mapping[str, Any] | None:
    """The score that counts for a lead now."""
    row = connection.execute(select(current).where(current.c.lead == lead)).mappings().one_or_none()
    return None if row is None else dict(row)


def history(connection: Connection, lead: int) -> list[Mapping[str, Any]]:
    """Every score of a lead, the last first."""
    query = select(scores).where(scores.c.lead == lead).order_by(scores.c.number.desc())
    return [dict(row) for row in connection.execute(query).mappings()]
