"""The ledger of scores: what was said of a lead, by which model, from which input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import Connection, and_, bindparam, or_, select, update

from leadlight.store import bulk
from leadlight.store.leads import Kept, decode
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


@dataclass(frozen=True)
class Waiting:
    """A lead whose score is not of its present values and the present model, with what it was scored from."""

    lead: Kept
    model: int | None
    input: bytes | None


@dataclass(frozen=True)
class Said:
    """Scores of a page of leads as plain columns."""

    codes: np.ndarray
    margin: Sequence[float]
    probability: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    grade: Sequence[str]
    call: Sequence[bool]
    reasons: Sequence[Sequence[str]]


def waiting(
    connection: Connection, model: int, after: int, limit: int, *, everything: bool = False
) -> list[Waiting]:
    """The next leads to score, held until the transaction ends; people who objected are not among them."""
    stale = or_(current.c.lead.is_(None), current.c.model != model, current.c.version != leads.c.version)
    wanted = and_(leads.c.number > after, ~leads.c.suppressed)
    query = (
        select(leads.c.number, leads.c.id, leads.c.fields, leads.c.version, current.c.model, current.c.input)
        .join(current, current.c.lead == leads.c.number, isouter=True)
        .where(wanted if everything else and_(wanted, stale))
        .order_by(leads.c.number)
        .limit(limit)
        .with_for_update(of=leads)
    )
    return [_waiting(row) for row in connection.execute(query)]


def _waiting(row: Any) -> Waiting:
    lead = Kept(row.number, row.id, decode(row.fields), row.version)
    return Waiting(lead, row.model, None if row.input is None else bytes(row.input))


def record(
    store: Store, connection: Connection, model: int, page: Sequence[Waiting], said: Said, at: float
) -> int:
    """Write what is new; the same model on the same input says nothing new. Gives how many were written."""
    codes = kept_codes(said.codes)
    addresses = [address(store, each.lead.number, content) for each, content in zip(page, codes, strict=True)]
    fresh = [k for k, each in enumerate(page) if (each.model, each.input) != (model, addresses[k])]
    rows = [_row(said, page[k].lead.number, model, addresses[k], at, k) for k in fresh]
    held = [(page[k].lead.number, addresses[k], codes[k]) for k in fresh]
    new, known = _parted(held, _with_inputs(connection, [row[0] for row in held]))
    bulk.insert(connection, inputs, INPUT, new)
    bulk.insert_missing(connection, inputs, INPUT, known)
    bulk.insert(connection, scores, SCORED, rows)
    _now(connection, page, fresh, rows)
    return len(fresh)


def _with_inputs(connection: Connection, numbers: Sequence[int]) -> set[int]:
    query = select(inputs.c.lead).where(bulk.among(connection, inputs.c.lead, numbers))
    return set(connection.execute(query).scalars())


def _parted(rows: Sequence[Any], known: set[int]) -> tuple[list[Any], list[Any]]:
    """Rows of leads that stand nowhere yet, which go in without a look at what is there, and the others."""
    return [row for row in rows if row[0] not in known], [row for row in rows if row[0] in known]


def _now(connection: Connection, page: Sequence[Waiting], fresh: Sequence[int], rows: Sequence[Any]) -> None:
    versions = [(row[0], page[k].lead.version, *row[1:]) for k, row in zip(fresh, rows, strict=True)]
    new, known = _parted(versions, {each.lead.number for each in page if each.model is not None})
    bulk.insert(connection, current, CURRENT, new)
    bulk.upsert(connection, current, CURRENT, known)
    kept = set(fresh)
    seen = [
        {"row": each.lead.number, "seen": each.lead.version} for k, each in enumerate(page) if k not in kept
    ]
    if seen:
        change = update(current).where(current.c.lead == bindparam("row")).values(version=bindparam("seen"))
        connection.execute(change, seen)


def _row(said: Said, lead: int, model: int, input: bytes, at: float, k: int) -> tuple[Any, ...]:  # noqa: A002
    return (
        lead,
        model,
        input,
        at,
        said.margin[k],
        said.probability[k],
        said.low[k],
        said.high[k],
        said.grade[k],
        said.call[k],
        msgspec.json.encode(said.reasons[k]).decode(),
    )


def kept_codes(codes: np.ndarray) -> list[bytes]:
    """Each lead's codes as they are kept."""
    plain = np.ascontiguousarray(codes, dtype="<u2")
    width = plain.shape[1] * 2
    content = plain.tobytes()
    return [content[start : start + width] for start in range(0, len(content), width)]


def codes_of(kept: Sequence[bytes]) -> np.ndarray:
    """The same way back."""
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
