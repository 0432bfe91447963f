"""Every kept score computed again from what it was made from, to be the same to the last bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, select

from leadlight.model.bundle import Bundle
from leadlight.store import models
from leadlight.store.scores import address, codes_from_bytes
from leadlight.store.store import Store
from leadlight.store.tables import inputs, scores

PAGE: Final = 5_000
FIGURES: Final = ("margin", "probability", "low", "high")
SHOWN: Final = 20


@dataclass
class Replayed:
    """How many scores came out again, and which did not and why."""

    scores: int = 0
    models: int = 0
    differing: Counter[str] = field(default_factory=Counter)
    numbers: list[int] = field(default_factory=list)

    @property
    def same(self) -> int:
        return self.scores - sum(self.differing.values())


def replay(store: Store, observe: Callable[[int], None] = lambda _: None) -> Replayed:
    """Go through the whole ledger, model by model, in short reads."""
    found = Replayed()
    with store.reading() as connection:
        kept = models.all_models(connection)
    for each in kept:
        with store.reading() as connection:
            bundle = models.load(connection, each.number)
        before = found.scores
        for page in _pages(store, each.number):
            for number, why in _differing(store, bundle, page):
                found.differing[why] += 1
                found.numbers = [*found.numbers, number][:SHOWN]
            found.scores += len(page)
            observe(found.scores)
        found.models += found.scores > before
    return found


def _pages(store: Store, model: int) -> Iterator[Sequence[Any]]:
    after = 0
    while True:
        with store.reading() as connection:
            page = _page(connection, model, after)
        if not page:
            return
        yield page
        after = page[-1].number


def _page(connection: Connection, model: int, after: int) -> Sequence[Any]:
    held = (inputs.c.lead == scores.c.lead) & (inputs.c.address == scores.c.input)
    query = (
        select(scores, inputs.c.codes)
        .join(inputs, held, isouter=True)
        .where(scores.c.model == model, scores.c.number > after)
        .order_by(scores.c.number)
        .limit(PAGE)
    )
    return connection.execute(query).all()


def _differing(store: Store, bundle: Bundle, page: Sequence[Any]) -> Iterator[tuple[int, str]]:
    """The scores that cannot be had again, with the first thing that differs."""
    width = 2 * len(bundle.scorer.encoder.features)
    whole = [row for row in page if row.codes is not None and len(row.codes) == width]
    yield from ((row.number, "input") for row in page if row.codes is None or len(row.codes) != width)
    if not whole:
        return
    said = bundle.scorer.score_codes(codes_from_bytes([bytes(row.codes) for row in whole]))
    figures = [getattr(said, name).view(np.int64) for name in FIGURES]
    kept = [np.array([getattr(row, name) for row in whole]).view(np.int64) for name in FIGURES]
    for k, row in enumerate(whole):
        grade = said.names[int(said.grade[k])]
        checks = (
            ("input", address(store, row.lead, bytes(row.codes)) == bytes(row.input)),
            *((name, now[k] == then[k]) for name, now, then in zip(FIGURES, figures, kept, strict=True)),
            ("grade", grade == row.grade),
            ("call", bool(said.call[k]) == row.call),
        )
        wrong = next((name for name, equal in checks if not equal), None)
        if wrong is not None:
            yield row.number, wrong
