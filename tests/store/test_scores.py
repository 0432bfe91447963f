"""The ledger: what a batch gives, once, and again only when something changed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sqlalchemy import delete, update

from leadlight.data.sample import generate
from leadlight.flows.promote import promote_bundle, roll_back_model
from leadlight.flows.score import Scored, page_scorer, score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.store import Store, changes, leads, models, scores
from leadlight.store.scores import told_reasons
from leadlight.store.tables import current
from leadlight.store.tables import leads as lead_table

ROWS = 300


@pytest.fixture
def raw() -> pl.DataFrame:
    return generate(ROWS, 5).leads


@pytest.fixture
def filled(store: Store, bundle: Bundle, raw: pl.DataFrame) -> Store:
    promote_bundle(store, bundle, 1.0, "test")
    take_leads(store, raw, raw.columns[0], "test", 2.0)
    return store


def ledger(store: Store) -> list[dict[str, object]]:
    from sqlalchemy import select

    from leadlight.store.tables import scores as table

    with store.reading() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.number)).mappings()]


def test_the_ledger_holds_what_a_batch_gives(filled: Store, bundle: Bundle, raw: pl.DataFrame) -> None:
    """Bit for bit, with its reasons and the exact input behind it."""
    assert score_waiting(filled, 3.0) == Scored(bundle.name, ROWS, ROWS)
    kept, batch = ledger(filled), BatchScorer(bundle, reasons=3).score(raw)
    for name in ("margin", "probability", "low", "high"):
        assert [row[name] for row in kept] == getattr(batch.scores, name).tolist()
    assert [row["grade"] for row in kept] == batch.frame["grade"].to_list()
    told = batch.frame.select(pl.concat_list("^reason_.$").list.drop_nulls()).to_series().to_list()
    found = [[reason["text"] for reason in told_reasons(str(row["reasons"]))] for row in kept]
    assert found == told


def test_scoring_again_writes_nothing(filled: Store, bundle: Bundle) -> None:
    score_waiting(filled, 3.0)
    assert score_waiting(filled, 4.0) == Scored(bundle.name, 0, 0)
    assert score_waiting(filled, 4.0, everything=True) == Scored(bundle.name, ROWS, 0)
    assert len(ledger(filled)) == ROWS


def test_a_corrected_value_scores_anew(filled: Store, raw: pl.DataFrame) -> None:
    score_waiting(filled, 3.0)
    one = raw[:1].with_columns(pl.lit(None, pl.String).alias(name) for name in raw.columns[1:])
    take_leads(filled, one, raw.columns[0], "test", 4.0)
    found = score_waiting(filled, 5.0)
    assert (found.looked_at, found.written) == (1, 1)
    assert len(ledger(filled)) == ROWS + 1


def test_a_change_that_the_model_does_not_see_writes_no_score(filled: Store, raw: pl.DataFrame) -> None:
    score_waiting(filled, 3.0)
    one = raw[:1].select(raw.columns[0], pl.lit("x").alias("Colour of the door"))
    take_leads(filled, one, raw.columns[0], "test", 4.0)
    found = score_waiting(filled, 5.0)
    assert (found.looked_at, found.written) == (1, 0)
    assert score_waiting(filled, 6.0).looked_at == 0


def test_another_model_scores_all_anew_and_back(filled: Store, bundle: Bundle, other: Bundle) -> None:
    """The list shows the model in service; the ledger keeps both."""
    score_waiting(filled, 3.0)
    promote_bundle(filled, other, 4.0, "test")
    assert score_waiting(filled, 5.0).written == ROWS
    assert roll_back_model(filled, 5.5, "test") == bundle.name
    assert score_waiting(filled, 6.0).written == ROWS
    rows = ledger(filled)
    before, after = rows[:ROWS], rows[2 * ROWS :]
    assert [row["margin"] for row in before] == [row["margin"] for row in after]


def test_a_kept_input_gives_its_score_again(filled: Store, bundle: Bundle) -> None:
    from sqlalchemy import select

    from leadlight.store.tables import inputs
    from leadlight.store.tables import scores as table

    score_waiting(filled, 3.0)
    with filled.reading() as connection:
        query = select(table.c.margin, inputs.c.codes).join(
            inputs, (inputs.c.address == table.c.input) & (inputs.c.lead == table.c.lead)
        )
        rows = connection.execute(query).all()
    again = bundle.scorer.margin(scores.codes_from_bytes([bytes(row.codes) for row in rows]))
    assert again.tolist() == [row.margin for row in rows]


def test_models_are_kept_whole(store: Store, bundle: Bundle, other: Bundle) -> None:
    for each in (bundle, other, bundle):
        promote_bundle(store, each, 1.0, "test")
    with store.reading() as connection:
        assert [kept.name for kept in models.all_models(connection)] == [other.name, bundle.name]
        assert models.serving(connection).to_bytes() == bundle.to_bytes()
        assert models.find_by_name(connection, other.name[:6]).hash == other.hash


def test_pages_lose_nobody(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadlight.flows.score.PAGE", 7)
    assert score_waiting(filled, 3.0).written == ROWS
    with filled.reading() as connection:
        assert leads.count(connection) == len({row["lead"] for row in ledger(filled)}) == ROWS


def test_codes_come_back_as_they_were() -> None:
    codes = np.asfortranarray(np.arange(12, dtype=np.uint16).reshape(4, 3) * 5000)
    assert (scores.codes_from_bytes(scores.codes_as_bytes(codes)) == codes).all()


def test_what_changes_while_it_is_scored_is_left_for_the_next_time(
    filled: Store, bundle: Bundle, raw: pl.DataFrame
) -> None:
    """Between reading a page and writing it a lead is changed, one is barred, one is erased."""
    score_waiting(filled, 3.0)
    page = page_scorer(filled, 1, bundle, 4.0, everything=True)(0)
    assert page is not None
    name = raw.columns[0]
    take_leads(filled, raw[:1].with_columns(pl.lit("x").alias(raw.columns[2])), name, "test", 4.0)
    with filled.writing() as connection:
        connection.execute(update(lead_table).where(lead_table.c.number == 2).values(suppressed=True))
        connection.execute(delete(lead_table).where(lead_table.c.number == 3))
        connection.execute(update(current).values(input=b"as if all were new"))
        assert scores.record(connection, page) == ROWS - 3
    assert {row["lead"] for row in ledger(filled)[-(ROWS - 3) :]} == set(range(4, ROWS + 1))
    found = score_waiting(filled, 5.0)
    assert found.looked_at == 1


def test_what_moved_lately_is_told_with_what_was_before(filled: Store, raw: pl.DataFrame) -> None:
    """The latest first, each lead once, and nobody who objected."""
    score_waiting(filled, 3.0)
    with filled.reading() as connection:
        before = {each.id: each for each in changes.moved_since(connection, 3.0)}
    assert set(before) == set(raw[raw.columns[0]])
    one = raw[:2].with_columns(pl.lit(None, pl.String).alias(name) for name in raw.columns[1:])
    take_leads(filled, one, raw.columns[0], "test", 4.0)
    score_waiting(filled, 5.0)
    with filled.writing() as connection:
        hidden = one[raw.columns[0]][1]
        connection.execute(update(lead_table).where(lead_table.c.id == hidden).values(suppressed=True))
    with filled.reading() as connection:
        (moved,) = changes.moved_since(connection, 4.5)
        assert (moved.id, moved.at) == (one[raw.columns[0]][0], 5.0)
        known = before[moved.id]
        assert (moved.grade_before, moved.probability_before) == (known.grade, known.probability)
        assert len(changes.moved_since(connection, 2.0)) == ROWS - 1
        assert changes.moved_since(connection, 6.0) == []
