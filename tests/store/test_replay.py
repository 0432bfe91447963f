"""Any kept score comes out again, to the last bit; what was tampered with does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, select, update

from leadlight import api
from leadlight.data.sample import generate
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import Home, Store, create_store, replay
from leadlight.store.tables import inputs, scores
from tests.store.people import WHO

ROWS = 10_000


@pytest.fixture
def scored(store: Store, bundle: Bundle, other: Bundle, count: Callable[[int], int]) -> Store:
    """Two models, and leads that changed in between."""
    raw = generate(max(200, count(ROWS)), 4).leads
    promote_bundle(store, bundle, 1.0, WHO)
    take_leads(store, raw, raw.columns[0], "crm", 1.0)
    score_waiting(store, 2.0)
    promote_bundle(store, other, 3.0, WHO)
    score_waiting(store, 4.0)
    return store


def test_every_kept_score_comes_out_again(scored: Store) -> None:
    found = replay.replay(scored)
    assert found.scores == 2 * max(200, len(numbers(scored)) // 2)
    assert (found.models, found.same) == (2, found.scores)


@pytest.mark.long
def test_other_kinds_of_models_too(tmp_path: Path) -> None:
    """Trees, tables of pairs and the network, whatever the size of the batch that scored them."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    raw = generate(600, 4).leads
    take_leads(store, raw[:100], raw.columns[0], "crm", 1.0)
    for at, name in enumerate(("glassbox", "lightgbm", "neural")):
        promote_bundle(store, api.train(raw, models=[name], folds=2).bundle, float(at), WHO)
        score_waiting(store, float(at))
        take_leads(store, raw[100 : 107 + 50 * at], raw.columns[0], "crm", 1.0)
        score_waiting(store, float(at))
    found = replay.replay(store)
    assert found.models == 3
    assert found.same == found.scores, found.differing


@pytest.mark.parametrize("name", ["margin", "probability", "low", "high"])
def test_one_bit_of_one_score_is_found(scored: Store, name: str) -> None:
    number = numbers(scored)[37]
    with scored.writing() as connection:
        value = connection.execute(select(scores.c[name]).where(scores.c.number == number)).scalar_one()
        changed = {name: float(np.nextafter(value, 9.0))}
        connection.execute(update(scores).where(scores.c.number == number).values(changed))
    found = replay.replay(scored)
    assert (dict(found.differing), found.numbers) == ({name: 1}, [number])


@pytest.mark.parametrize("values", [{"grade": "best"}, {"input": b"elsewhere"}], ids=["grade", "input"])
def test_what_else_was_altered_is_found(scored: Store, values: dict[str, object]) -> None:
    number = numbers(scored)[5]
    with scored.writing() as connection:
        connection.execute(update(scores).where(scores.c.number == number).values(values))
    assert replay.replay(scored).numbers == [number]


def test_an_input_that_was_exchanged_or_lost_is_found(scored: Store) -> None:
    """Even for one that gives the same score: its address is keyed."""
    with scored.writing() as connection:
        leads = connection.execute(
            select(inputs.c.lead).distinct().order_by(inputs.c.lead).limit(2)
        ).scalars()
        first, second = leads.all()
        connection.execute(delete(inputs).where(inputs.c.lead == first))
        codes = select(inputs.c.codes).where(inputs.c.lead == second).limit(1)
        kept = connection.execute(codes).scalar_one()
        other = bytes(kept)[:-2] + bytes([kept[-2] ^ 1, 0])
        connection.execute(update(inputs).where(inputs.c.lead == second).values(codes=other))
    found = replay.replay(scored)
    assert found.differing["input"] >= 3
    assert found.same < found.scores


def numbers(store: Store) -> list[int]:
    with store.reading() as connection:
        return list(connection.execute(select(scores.c.number).order_by(scores.c.number)).scalars())
