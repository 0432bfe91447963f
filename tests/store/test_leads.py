"""Leads in the store: taken in once, merged when they come again, exact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.connect.files import read
from leadlight.data.sample import generate
from leadlight.data.schema import Column
from leadlight.errors import InputError
from leadlight.flows.gather import gather_leads
from leadlight.flows.take import take_leads
from leadlight.store import Store, intake, leads, open_store, retention
from leadlight.store.intake import Taken

ONE = {"Email": "ann@example.com", "Visits": 3, "Country": "France"}


def take(store: Store, records: dict[str, dict[str, object]], at: float = 1.0) -> Taken:
    with store.writing() as connection:
        return intake.upsert(store, connection, list(records), list(records.values()), "test", at)


def find(store: Store, identity: str) -> leads.StoredLead:
    with store.reading() as connection:
        found = leads.find(connection, identity)
    assert found is not None
    return found


NAMES = st.text(st.characters(codec="utf-8"), max_size=4) | st.sampled_from(['a"b', "a\\b", "a\nb", "a", "b"])
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"))


@given(st.lists(NAMES, max_size=4, unique=True), st.lists(st.dictionaries(NAMES, PLAIN), max_size=4))
def test_columns_hold_what_the_leads_say(names: list[str], records: list[dict[str, object]]) -> None:
    read = leads.Columns(names).of([leads.encoded(record) for record in records])
    told = {name: [record.get(name) for record in records] for name in names} if records else {}
    assert {name: list(values) for name, values in read.items()} == told


def test_a_lead_comes_back_as_it_came(store: Store) -> None:
    fields = {"Größe": "ä\x00'\"😀", "n": 2**53 + 1, "x": 0.1 + 0.2, "yes": True, "text": "007"}
    take(store, {"9007199254740993": fields})
    kept = find(store, "9007199254740993")
    assert kept.fields == fields
    assert [type(value) for value in kept.fields.values()] == [type(value) for value in fields.values()]


def test_a_lead_that_comes_again_is_merged(store: Store) -> None:
    """What it says replaces, what it leaves out stays, and nothing clears."""
    take(store, {"1": ONE})
    assert take(store, {"1": {"Visits": 4, "Country": None, "City": "Lyon"}}, 2.0) == Taken(changed=1)
    kept = find(store, "1")
    assert kept.fields == {"Email": "ann@example.com", "Visits": 4, "City": "Lyon"}
    assert (kept.created, kept.changed, kept.version) == (1.0, 2.0, 2)


def test_the_same_again_changes_nothing(store: Store) -> None:
    take(store, {"1": ONE})
    assert take(store, {"1": ONE}, 2.0) == Taken(same=1)
    assert find(store, "1").version == 1


def test_an_id_twice_is_refused(store: Store) -> None:
    with pytest.raises(InputError), store.writing() as connection:
        intake.upsert(store, connection, ["1", "1"], [ONE, ONE], "test", 1.0)


def test_a_table_is_taken_in_whole(store: Store) -> None:
    """Every row and cell of an export, in its order."""
    raw = generate(700, 3).leads
    name = raw.columns[0]
    assert take_leads(store, raw, name, "test", 1.0) == Taken(new=700)
    with store.reading() as connection:
        kept = [lead for page in leads.pages(connection, 100) for lead in page]
    assert [lead.id for lead in kept] == raw[name].cast(pl.String).to_list()
    told = [{key: value for key, value in row.items() if value is not None} for row in intake.records_of(raw)]
    assert [lead.fields for lead in kept] == told


def test_what_is_no_number_is_missing_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    """NaN equals nothing, itself neither: a lead with one was changed each time, and so never grew old."""
    values = {"id": ["1", "2", "3", "4"], "Visits": [1.5, nan, inf, -inf]}
    small = pl.Series("Hours", values["Visits"], dtype=pl.Float32)
    pl.DataFrame(values).with_columns(small).write_parquet(tmp_path / "leads.parquet")
    raw = pl.read_parquet(tmp_path / "leads.parquet")
    first, *later = (take_leads(store, raw, "id", "test", at * retention.DAY) for at in (1.0, 2.0, 3.0))
    assert first == Taken(new=4)
    assert later == [Taken(same=4)] * 2
    assert [find(store, each).fields.get("Visits") for each in values["id"]] == [1.5, None, None, None]
    assert retention.expire(store, 30, "test", 32 * retention.DAY).leads == 4


def test_a_number_stays_one_beside_texts_with_a_decimal_comma(store: Store, tmp_path: Path) -> None:
    """A home takes CSV and JSON lines, and what JSON has as a number is kept as one."""
    (tmp_path / "leads.csv").write_text('id,n\na,"12,125"\nb,950\n')
    (tmp_path / "leads.jsonl").write_text('{"id": "c", "n": 12.125}\n{"id": "d", "n": "1.234,5"}\n')
    for name in ("leads.csv", "leads.jsonl"):
        take_leads(store, read(tmp_path / name).frame, "id", name, 1.0)
    assert [find(store, identity).fields["n"] for identity in "abcd"] == ["12,125", "950", 12.125, "1.234,5"]
    column = Column("n", kind="number", decimal=",", thousands=".")
    assert column.read(gather_leads(store)["n"]).to_list() == [12.125, 950.0, 12.125, 1234.5]


def test_writers_take_turns(store: Store) -> None:
    """Two processes that say something of the same lead at once lose neither's word."""
    other = open_store(store.home)
    take(store, {"1": ONE})

    def write(which: Store, name: str) -> None:
        for number in range(20):
            take(which, {"1": {name: number}})

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(write, which, name) for which, name in ((store, "a"), (other, "b"))]
    for each in done:
        each.result()
    other.close()
    kept = find(store, "1")
    assert (kept.fields["a"], kept.fields["b"], kept.version) == (19, 19, 41)


@given(words=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), unique=True, max_size=8))
def test_any_words_are_kept_exactly(words: list[str]) -> None:
    """Through JSON and back."""
    assert leads.decode(leads.encoded({word: word for word in words})) == {word: word for word in words}
