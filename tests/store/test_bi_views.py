"""What a BI tool reads of a home: five views without people, and a role that reads nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from leadlight.data.sample import generate
from leadlight.errors import InputError
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import Store, bi_views

ROWS = 200


@pytest.fixture
def raw() -> pl.DataFrame:
    return generate(ROWS, 5).leads


@pytest.fixture
def filled(store: Store, bundle: Bundle, raw: pl.DataFrame) -> Store:
    promote_bundle(store, bundle, 1.0, "test")
    take_leads(store, raw, raw.columns[0], "test", 2.0)
    score_waiting(store, 3.0)
    with store.writing() as connection:
        bi_views.create(connection)
    return store


def test_the_views_say_what_the_home_says(filled: Store, bundle: Bundle, raw: pl.DataFrame) -> None:
    with filled.reading() as connection:
        told = {name: bi_views.read(connection, name) for name in bi_views.VIEWS}
    each = told["bi_leads"]
    assert set(each["id"]) == set(raw[raw.columns[0]])
    assert set(each["model"]) == {bundle.name}
    assert each["score"].cast(pl.Float64).to_list() == [round(100 * p, 1) for p in each["probability"]]
    assert told["bi_sources"]["leads"].sum() == ROWS == told["bi_scores_daily"]["scores"].sum()
    assert told["bi_spend"].is_empty()
    assert told["bi_outcomes"].is_empty()


def test_no_view_holds_a_name_an_address_or_a_phone(filled: Store, raw: pl.DataFrame) -> None:
    personal = {str(value) for name in ("Name", "E-mail", "Phone") for value in raw[name].drop_nulls()}
    with filled.reading() as connection:
        for name in bi_views.VIEWS:
            told = bi_views.read(connection, name)
            assert not personal & {str(value) for row in told.iter_rows() for value in row}


def test_making_them_again_changes_nothing(filled: Store) -> None:
    with filled.writing() as connection:
        assert bi_views.create(connection) == list(bi_views.VIEWS)
    with filled.reading() as connection:
        assert bi_views.read(connection, "bi_leads").height == ROWS


def test_the_role_reads_the_views_and_nothing_else(filled: Store) -> None:
    if filled.home.is_sqlite:
        with filled.writing() as connection, pytest.raises(InputError) as caught:
            bi_views.grant(connection, "bi_reader")
        assert caught.value.code == "no_roles"
        return
    import psycopg

    role = f"bi_{filled.engine.url.database}"
    with filled.writing() as connection:
        password = bi_views.grant(connection, role)
        tables = [
            row[0]
            for row in connection.exec_driver_sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
    url = filled.engine.url
    with psycopg.connect(
        host=url.host, port=url.port, dbname=url.database, user=role, password=password, autocommit=True
    ) as reader:
        for name in bi_views.VIEWS:
            assert reader.execute(f"SELECT COUNT(*) FROM {name}").fetchone() is not None
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f'SELECT * FROM "{table}"')
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("CREATE TABLE mine (a int)")
