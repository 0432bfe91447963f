"""Putting a model in service, and taking it out again."""

from __future__ import annotations

from leadlight.model.bundle import Bundle
from leadlight.store import Store, audit, board, models


def promote_bundle(store: Store, bundle: Bundle, at: float, who: str) -> str:
    """Keep a model and put it in service, once its own test has passed."""
    bundle.check()
    with store.writing() as connection:
        number, now = models.add(connection, bundle, at), models.in_service(connection)
        if now is None or now.number != number:
            before = models.outcome_column(connection)
            models.promote(connection, number, at, who)
            board.use_outcome_column(connection, before)
            audit.append(store, connection, who, "promote", detail={"model": bundle.name}, at=at)
    return bundle.name


def promote_kept(store: Store, name: str, at: float, who: str) -> str:
    """Put a model in service that is kept already."""
    with store.reading() as connection:
        kept = models.find_by_name(connection, name)
        bundle = models.load(connection, kept.number)
    return promote_bundle(store, bundle, at, who)


def roll_back_model(store: Store, at: float, who: str) -> str:
    """Take the model in service out of it; gives the name of the one that is back."""
    with store.writing() as connection:
        before = models.outcome_column(connection)
        name = models.roll_back(connection).name
        board.use_outcome_column(connection, before)
        audit.append(store, connection, who, "rollback", detail={"model": name}, at=at)
    return name


def model_in_service(store: Store) -> Bundle | None:
    """The model in service, where there is one."""
    with store.reading() as connection:
        kept = models.in_service(connection)
        return None if kept is None else models.load(connection, kept.number)
