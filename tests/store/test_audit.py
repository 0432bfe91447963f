"""The trail: whatever is changed in it is found."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select, update

from leadlight.store import Store, audit
from leadlight.store.tables import audit as table

ENTRIES = 10_000


@pytest.fixture
def trail(store: Store) -> Store:
    grown(store, 100)
    return store


def grown(store: Store, entries: int) -> None:
    with store.writing() as connection:
        for number in range(entries):
            audit.append(store, connection, "ann", "find", bytes([number % 256]), {"n": number}, number / 7)


def verified(store: Store, noted: bytes | None = None) -> audit.Trail:
    with store.reading() as connection:
        return audit.verify(store, connection, noted)


def numbers(store: Store) -> list[int]:
    with store.reading() as connection:
        return list(connection.execute(select(table.c.number).order_by(table.c.number)).scalars())


def test_an_untouched_trail_is_sound(trail: Store) -> None:
    found = verified(trail)
    assert found.sound
    assert found.entries == len(numbers(trail))


def test_an_empty_trail_is_sound(store: Store) -> None:
    assert verified(store) == audit.Trail(0, audit.FIRST)


@pytest.mark.parametrize(
    "values",
    [
        {"at": 3.5},
        {"who": "bob"},
        {"act": "none"},
        {"subject": b"other"},
        {"subject": None},
        {"hash": b"x" * 16},
        {"detail": "{}"},
    ],
    ids=lambda values: "-".join(values),
)
def test_one_altered_entry_is_found(trail: Store, values: dict[str, object]) -> None:
    """Whichever it is; the first one that no longer fits is named."""
    number = random.Random(str(values)).choice(numbers(trail))
    with trail.writing() as connection:
        connection.execute(update(table).where(table.c.number == number).values(values))
    assert verified(trail).broken == number


def test_one_altered_entry_of_many_is_found(store: Store, count: Callable[[int], int]) -> None:
    """Of ten thousand in full; put back, the trail is sound again."""
    grown(store, max(count(ENTRIES), 300))
    for number in random.Random(2).sample(numbers(store), 5):
        for act in ("none", "find"):
            with store.writing() as connection:
                connection.execute(update(table).where(table.c.number == number).values(act=act))
            assert verified(store).broken == (number if act == "none" else None)


def test_an_entry_taken_out_is_found(trail: Store) -> None:
    every = numbers(trail)
    with trail.writing() as connection:
        connection.execute(delete(table).where(table.c.number == every[40]))
    assert verified(trail).broken == every[41]


def test_entries_that_changed_places_are_found(trail: Store) -> None:
    first, second = numbers(trail)[10:12]
    with trail.writing() as connection:
        for old, new in ((first, -1), (second, first), (-1, second)):
            connection.execute(update(table).where(table.c.number == old).values(number=new))
    assert verified(trail).broken == first


def test_a_forged_entry_is_found(trail: Store) -> None:
    """Who lacks the key of the home cannot go on with the trail."""
    row = {"at": 1.0, "who": "eve", "act": "find", "subject": None, "detail": "{}", "hash": b"h" * 16}
    with trail.writing() as connection:
        connection.execute(insert(table), row)
    assert verified(trail).broken == numbers(trail)[-1]


def test_an_end_cut_off_is_found_by_a_head_that_was_noted(trail: Store) -> None:
    noted = verified(trail).head
    with trail.writing() as connection:
        connection.execute(delete(table).where(table.c.number == numbers(trail)[-1]))
    assert verified(trail).sound
    assert not verified(trail, noted).sound


def test_a_head_noted_earlier_stays_on_the_trail(trail: Store) -> None:
    noted = verified(trail).head
    with trail.writing() as connection:
        audit.append(trail, connection, "ann", "find", at=1.0)
    assert verified(trail, noted).sound
