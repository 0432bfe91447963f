"""The ledger of scores: what was said of a lead, by which model, from which input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import Connection, bindparam, select, update

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
class Standing:
    """A lead's version, and the model and the input of the score that counts for it."""

    version: int
    made_from: tuple[int, bytes] | None


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


@dataclass(frozen=True)
class Page:
    """Scores that are ready to be written: of each lead its version, its codes and its row."""

    versions: Sequence[int]
    codes: Sequence[bytes]
    rows: Sequence[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def last(self) -> int:
        """The number of its last lead."""
        return int(self.rows[-1][0])


def waiting(
    connection: Connection, model: int, after: int, limit: int, *, everything: bool = False
) -> list[Kept]:
    """The next leads to score; people who objected are not among them."""
    scored = (current.c.lead == leads.c.number) & (current.c.version == leads.c.version)
    stale = ~select(current.c.lead).where(scored, current.c.model == model).exists()
    wanted = (leads.c.number > after) & ~leads.c.suppressed
    query = (
        select(leads.c.number, leads.c.id, leads.c.fields, leads.c.version)
        .where(wanted if everything else wanted & stale)
        .order_by(leads.c.number)
        .limit(limit)
    )
    return [
        Kept(row.number, row.id, decode(row.fields), row.version) for row in connection.execute(query).all()
    ]


def ready(store: Store, model: int, page: Sequence[Kept], said: Said, at: float) -> Page:
    """Put scores into the form in which they are kept."""
    codes = kept_codes(said.codes)
    rows = [
        _row(said, lead.number, model, address(store, lead.number, codes[k]), at, k)
        for k, lead in enumerate(page)
    ]
    return Page([lead.version for lead in page], codes, rows)


def record(connection: Connection, page: Page) -> int:
    """Write what is new; the same model on the same input says nothing new. Gives how many were written.

    A lead that was changed, erased or barred since it was read is left for the next time.
    """
    now = _standing(connection, [row[0] for row in page.rows])
    fresh: list[int] = []
    same: list[int] = []
    for k, row in enumerate(page.rows):
        there = now.get(row[0])
        if there is not None and there.version == page.versions[k]:
            (same if there.made_from == row[1:3] else fresh).append(k)
    rows = [page.rows[k] for k in fresh]
    held = [(page.rows[k][0], page.rows[k][2], page.codes[k]) for k in fresh]
    new, known = _parted(held, _with_inputs(connection, [row[0] for row in rows]))
    bulk.insert(connection, inputs, INPUT, new)
    bulk.insert_missing(connection, inputs, INPUT, known)
    bulk.insert(connection, scores, SCORED, rows)
    _now(connection, page, fresh, {number for number, each in now.items() if each.made_from})
    _seen(connection, page, same)
    return len(fresh)


def _standing(connection: Connection, numbers: Sequence[int]) -> dict[int, Standing]:
    """Leads as they are now; two questions, for a join would read whole tables."""
    those, scored = (bulk.among(connection, c, numbers) for c in (leads.c.number, current.c.lead))
    versions = select(leads.c.number, leads.c.version).where(those, ~leads.c.suppressed)
    made_from = select(current.c.lead, current.c.model, current.c.input).where(scored)
    known = {lead: (model, bytes(content)) for lead, model, content in connection.execute(made_from).all()}
    return {
        number: Standing(version, known.get(number)) for number, version in connection.execute(versions).all()
    }


def _with_inputs(connection: Connection, numbers: Sequence[int]) -> set[int]:
    query = select(inputs.c.lead).where(bulk.among(connection, inputs.c.lead, numbers))
    return set(connection.execute(query).scalars())


def _parted(rows: Sequence[Any], known: set[int]) -> tuple[list[Any], list[Any]]:
    """Rows of leads that stand nowhere yet, which go in without a look at what is there, and the others."""
    return [row for row in rows if row[0] not in known], [row for row in rows if row[0] in known]


def _now(connection: Connection, page: Page, fresh: Sequence[int], scored: set[int]) -> None:
    """The scores that count from here on."""
    rows = [(page.rows[k][0], page.versions[k], *page.rows[k][1:]) for k in fresh]
    new, known = _parted(rows, scored)
    bulk.insert(connection, current, CURRENT, new)
    bulk.upsert(connection, current, CURRENT, known)


def _seen(connection: Connection, page: Page, same: Sequence[int]) -> None:
    """The score that counts is of these values too."""
    if same:
        change = update(current).where(current.c.lead == bindparam("row")).values(version=bindparam("seen"))
        connection.execute(change, [{"row": page.rows[k][0], "seen": page.versions[k]} for k in same])


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
