"""The models that are kept, which of them is in service, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from leadlight.errors import StoreError
from leadlight.model.bundle import Bundle
from leadlight.store.tables import models, promotions


@dataclass(frozen=True)
class StoredModel:
    """One model of the store, without its bytes."""

    number: int
    hash: str
    name: str
    family: str
    added: float
    in_service: bool = False


def add(connection: Connection, bundle: Bundle, at: float) -> int:
    """Keep a model; the same one is kept once. Gives its number."""
    known = select(models.c.number).where(models.c.hash == bundle.hash)
    number = connection.execute(known).scalar()
    if number is not None:
        return int(number)
    row = {
        "hash": bundle.hash,
        "name": bundle.name,
        "family": bundle.family,
        "bundle": bundle.to_bytes(),
        "added": at,
        "outcome": bundle.target.column,
    }
    return int(connection.execute(insert(models).returning(models.c.number), row).scalar_one())


def promote(connection: Connection, number: int, at: float, who: str) -> None:
    """Put a kept model in service."""
    connection.execute(insert(promotions), {"model": number, "at": at, "who": who, "undone": False})


def roll_back(connection: Connection) -> StoredModel:
    """Take the model in service out of it; the one before is in service again."""
    last = connection.execute(_standing().limit(2)).scalars().all()
    if len(last) < 2:
        raise StoreError(
            "There is no earlier model to go back to.",
            code="no_earlier_model",
            hint="See what is kept with: leadlight models list --home HOME",
        )
    connection.execute(update(promotions).where(promotions.c.number == last[0]).values(undone=True))
    found = in_service(connection)
    assert found is not None
    return found


def in_service(connection: Connection) -> StoredModel | None:
    """The model that scores now."""
    row = connection.execute(
        _without_bytes().join(promotions, promotions.c.model == models.c.number)
        .where(promotions.c.number == _standing().limit(1).scalar_subquery())
    ).one_or_none()  # fmt: skip
    return None if row is None else _kept(row, row.number)


def outcome_column(connection: Connection) -> str:
    """The column of the leads that the model in service learnt from; blank where none is in service."""
    now = in_service(connection)
    if now is None:
        return ""
    return str(connection.execute(select(models.c.outcome).where(models.c.number == now.number)).scalar_one())


def note_outcome_columns(connection: Connection) -> None:
    """Write beside each model the column that it learnt from, where an earlier Leadlight kept it."""
    for number in connection.execute(select(models.c.number).where(models.c.outcome == "")).scalars().all():
        column = load(connection, number).target.column
        connection.execute(update(models).where(models.c.number == number).values(outcome=column))


def all_models(connection: Connection) -> list[StoredModel]:
    """Every model, the newest first."""
    now = in_service(connection)
    rows = connection.execute(_without_bytes().order_by(models.c.number.desc())).all()
    return [_kept(row, None if now is None else now.number) for row in rows]


def find_by_name(connection: Connection, name: str) -> StoredModel:
    """The model whose name or hash begins like this."""
    if name:
        begins = models.c.hash.startswith(name.lower(), autoescape=True)
        rows = connection.execute(_without_bytes().where(begins).limit(2)).all()
        if len(rows) == 1:
            now = in_service(connection)
            return _kept(rows[0], None if now is None else now.number)
    raise StoreError(
        "No kept model has this name.",
        code="no_model",
        hint="See what is kept with: leadlight models list --home HOME",
    )


def load(connection: Connection, number: int) -> Bundle:
    """A kept model, checked whole, and whether it is the one that was kept."""
    row = connection.execute(select(models.c.hash, models.c.bundle).where(models.c.number == number)).one()
    if not _is_as_kept(row):
        raise StoreError(
            f"The bytes of model {row.hash[:12]} are not those that were kept.",
            code="altered_model",
            hint="Restore a backup: leadlight db restore FILE --home HOME",
        )
    return Bundle.from_bytes(bytes(row.bundle))


def count_altered(connection: Connection) -> int:
    """How many models are not those that were kept."""
    numbers = connection.execute(select(models.c.number)).scalars().all()
    query = select(models.c.hash, models.c.bundle)
    rows = (connection.execute(query.where(models.c.number == number)).one() for number in numbers)
    return sum(not _is_as_kept(row) for row in rows)


def _is_as_kept(row: Any) -> bool:
    """A bundle ends with the hash of all before, which is the one that it is kept under."""
    body, end = bytes(row.bundle)[: -len(row.hash)], bytes(row.bundle)[-len(row.hash) :]
    return bool(sha256(body).hexdigest() == row.hash == end.decode("ascii", "replace"))


def serving(connection: Connection) -> Bundle:
    """The model in service, ready to score."""
    found = in_service(connection)
    if found is None:
        raise StoreError(
            "No model is in service here.",
            code="no_model",
            hint="Put one in service with: leadlight promote MODEL --home HOME",
        )
    return load(connection, found.number)


def _without_bytes() -> Select[Any]:
    return select(models.c.number, models.c.hash, models.c.name, models.c.family, models.c.added)


def _kept(row: Any, now: int | None) -> StoredModel:
    return StoredModel(row.number, row.hash, row.name, row.family, row.added, in_service=row.number == now)


def _standing() -> Select[Any]:
    """Promotions that were not undone, the last first."""
    return select(promotions.c.number).where(~promotions.c.undone).order_by(promotions.c.number.desc())
