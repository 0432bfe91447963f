"""Rows in an order that no file decides, one row an id, every row accounted for."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import frame, rows
from leadlight.data.rows import PreparedRows, RowCounts
from leadlight.data.target import Target
from tests.data.nasty import TEXTS

TARGET = Target("won", ("1",), ("0",), ("new",))
CELLS = (
    st.sampled_from(["a", "A", " a", "b", "1", "1.0", "1e0", "", "Select", "2024-01-05", "\x1f", "x\x1fy"])
    | TEXTS
)
IDS = st.sampled_from(
    ["1", "01", "1 ", "\u00a01", "2", "null", "NULL", "", " ", "9007199254740993", "a", "A"]
)
LEADS = st.lists(
    st.fixed_dictionaries(
        {
            "id": IDS | st.none(),
            "when": st.sampled_from(
                ["2024-01-01", "2024-01-02T10:00:00Z", "2024-01-02 11:00+01:00", "", "soon"]
            ),
            "won": st.sampled_from(["0", "1", "1.0", "new", "", None]),
            "first": CELLS,
            "second": CELLS | st.none(),
        }
    ),
    max_size=12,
)


def made(leads: list[dict[str, Any]]) -> pl.DataFrame:
    names = ("id", "when", "won", "first", "second")
    return pl.DataFrame(
        {name: [lead.get(name) for lead in leads] for name in names}, schema=dict.fromkeys(names, pl.String)
    )


def prepared(raw: pl.DataFrame, id_column: str | None = "id", time: bool = True) -> PreparedRows:
    moment = frame.seconds(frame.dates(raw["when"])) if time else None
    return rows.prepare(raw, TARGET, id_column, moment)


def accounted(counts: RowCounts) -> bool:
    return counts.rows_in == counts.used + counts.open + counts.duplicates + counts.rejected


ways = pytest.mark.parametrize(("id_column", "time"), [("id", True), ("id", False), (None, False)])


@ways
@given(leads=LEADS, dice=st.randoms())
def test_the_order_of_the_file_does_not_matter(
    id_column: str | None, time: bool, leads: list[dict[str, Any]], dice: random.Random
) -> None:
    raw = made(leads)
    one = prepared(raw, id_column, time)
    other = prepared(raw[dice.sample(range(len(leads)), len(leads))], id_column, time)
    assert one.frame.equals(other.frame)
    assert one.open.equals(other.open)
    assert one.outcome.tolist() == other.outcome.tolist()
    assert (one.counts, one.blank_ids, one.conflicting) == (other.counts, other.blank_ids, other.conflicting)
    columns = ["first", "second"]
    assert rows.groups(one.frame, columns).tolist() == rows.groups(other.frame, columns).tolist()
    assert (
        rows.draws(one.frame, columns, 3, "split").tolist()
        == rows.draws(other.frame, columns, 3, "split").tolist()
    )


@ways
@given(leads=LEADS)
def test_every_row_is_accounted_for(id_column: str | None, time: bool, leads: list[dict[str, Any]]) -> None:
    raw = made(leads)
    before = raw.clone()
    found = prepared(raw, id_column, time)
    assert accounted(found.counts)
    assert raw.equals(before)
    assert found.frame.height == len(found.outcome) == found.counts.used
    assert found.open.height == found.counts.open
    assert found.counts.rejected == found.blank_ids + found.conflicting
    assert set(found.outcome.tolist()) <= {0.0, 1.0}
    kept = rows.identities(pl.concat([found.frame, found.open])["id"]).to_list()
    if id_column:
        assert len(kept) == len(set(kept))
        assert None not in kept
        assert "" not in kept


@given(leads=LEADS)
def test_equal_ids_meet_and_different_ones_do_not(leads: list[dict[str, Any]]) -> None:
    """Ids are exact text but for the blanks around them: 1, 01 and A, a are four people."""
    found = prepared(made(leads))
    known = [(lead["id"] or "").strip(" \u00a0") for lead in leads]
    people = {name for name in known if name.lower() not in ("", "null")}
    kept = set(rows.identities(pl.concat([found.frame, found.open])["id"]).to_list())
    assert kept <= people
    alone = {name for name in people if known.count(name) == 1}
    assert alone <= kept


@pytest.mark.parametrize(
    ("leads", "time", "kept", "counts"),
    [
        ([("1", "", "0", "a"), ("1", "", "0", "a")], False, ["a"], RowCounts(2, used=1, duplicates=1)),
        ([("1", "", "0", "a"), ("1 ", "", "0.0", " A")], False, [" A"], RowCounts(2, used=1, duplicates=1)),
        ([("1", "", "0", "a"), ("1", "", "0", "b")], False, [], RowCounts(2, rejected=2)),
        (
            [("1", "2024-01-01", "0", "a"), ("1", "2024-01-02", "1", "b")],
            True,
            ["b"],
            RowCounts(2, used=1, duplicates=1),
        ),
        ([("1", "2024-01-02", "0", "a"), ("1", "2024-01-02", "1", "b")], True, [], RowCounts(2, rejected=2)),
        ([("1", "2024-01-02", "0", "a"), ("1", "", "1", "b")], True, [], RowCounts(2, rejected=2)),
        (
            [("1", "2024-01-02T00:00Z", "0", "a"), ("1", "2024-01-02", "0", "a")],
            True,
            ["a"],
            RowCounts(2, used=1, duplicates=1),
        ),
        (
            [("1", "", "", "a"), ("2", "", "new", "b"), ("3", "", "1", "c")],
            False,
            ["c"],
            RowCounts(3, used=1, open=2),
        ),
        (
            [("", "", "1", "a"), ("NULL", "", "1", "b"), ("x", "", "1", "c")],
            False,
            ["c"],
            RowCounts(3, used=1, rejected=2),
        ),
        ([("007", "", "1", "a"), ("7", "", "1", "b")], False, ["a", "b"], RowCounts(2, used=2)),
        (
            [("9007199254740992", "", "1", "a"), ("9007199254740993", "", "1", "b")],
            False,
            ["a", "b"],
            RowCounts(2, used=2),
        ),
        ([("none", "", "1", "a"), ("NA", "", "1", "b")], False, ["b", "a"], RowCounts(2, used=2)),
    ],
)
def test_what_becomes_of_equal_ids(
    leads: list[tuple[str, str, str, str]], time: bool, kept: list[str], counts: RowCounts
) -> None:
    names = ("id", "when", "won", "first")
    for order in (leads, leads[::-1]):
        found = prepared(made([dict(zip(names, lead, strict=True)) for lead in order]), time=time)
        assert found.frame["first"].to_list() == kept
        assert found.counts == counts


def test_counts_are_told_in_plain_words() -> None:
    counts = rows.with_repeats(RowCounts(9, used=3, open=2, duplicates=1, rejected=3), 2)
    assert counts.to_json() == {"in": 9, "used": 3, "open": 2, "duplicates": 1, "repeated": 2, "rejected": 3}


TYPED = pl.DataFrame(
    {
        "id": [2**53 + 1, 2, 3, 4],
        "visits": [1.0, 2.5, None, 1.0],
        "small": pl.Series([0.1, 0.1, 2.5, None], dtype=pl.Float32),
        "flag": [True, False, None, True],
        "day": [date(2024, 1, 5), None, date(2024, 1, 5), date(2024, 1, 5)],
        "moment": pl.Series([datetime(2024, 1, 5, 10), None, datetime(2024, 1, 5), datetime(2024, 1, 5, 10)]),
        "source": pl.Series(["Google", "google ", None, "Google"], dtype=pl.Categorical),
        "won": [1, 0, 1, 0],
    }
)


def texts(*spelt: dict[str, list[str | None]]) -> pl.DataFrame:
    """The same leads as a file of text would hold them, some cells spelt in another way."""
    raw = TYPED.select(frame.as_text(TYPED[name]).alias(name) for name in TYPED.columns)
    return raw.with_columns(*(pl.Series(name, values) for part in spelt for name, values in part.items()))


@pytest.mark.parametrize(
    "other",
    [
        texts(),
        texts({"visits": ["1", "2.50", "", "1.0"], "small": ["0.1", ".1", "2.5", ""]}),
        texts({"day": ["2024-01-05", "", "2024/01/05", "2024-1-5"]}),
        texts({"moment": ["2024-01-05T10:00:00Z", "", "2024-01-05", "2024-01-05 12:00+02:00"]}),
        texts({"flag": ["True", "FALSE", "", "true"], "source": ["GOOGLE", "Google", "", "google"]}),
        TYPED.with_columns(pl.col("moment").dt.replace_time_zone("UTC")),
        TYPED.with_columns(pl.col("moment").cast(pl.Datetime("ns")), pl.col("won").cast(pl.Float64)),
        TYPED.with_columns(pl.col("visits").cast(pl.Decimal(10, 3)), pl.col("id").cast(pl.Int128)),
    ],
)
def test_the_same_leads_typed_or_as_text_are_parted_alike(other: pl.DataFrame) -> None:
    columns = TYPED.columns[1:-1]
    for column in ("id", None):
        one, two = (rows.prepare(raw, TARGET, column, None) for raw in (TYPED, other))
        assert one.outcome.tolist() == two.outcome.tolist()
        assert one.counts == two.counts
        assert rows.groups(one.frame, columns).tolist() == rows.groups(two.frame, columns).tolist()
        assert (
            rows.draws(one.frame, columns, 0, "x").tolist() == rows.draws(two.frame, columns, 0, "x").tolist()
        )


@given(LEADS)
def test_rows_are_of_one_group_exactly_where_they_are_equal(leads: list[dict[str, Any]]) -> None:
    raw = made(leads)
    groups = rows.groups(raw, ["second", "first"])
    contents = rows.contents(raw, ["first", "second"]).to_list()
    assert len(groups) == len(leads)
    assert groups.tolist() == [list(dict.fromkeys(contents)).index(content) for content in contents]
    draws = rows.draws(raw, ["first", "second"], 1, "split")
    assert len(set(draws.tolist())) == len(set(contents))


def test_cells_do_not_run_together() -> None:
    raw = pl.DataFrame({"a": ["x\x1fy", "x", "x\x1f"], "b": ["z", "y\x1fz", "z"]})
    assert len(set(rows.groups(raw, ["a", "b"]).tolist())) == 3


def test_no_columns_and_no_rows() -> None:
    raw = pl.DataFrame({"a": ["x", "y"]})
    assert rows.groups(raw, []).tolist() == [0, 0]
    assert len(rows.groups(raw[:0], ["a"])) == len(rows.draws(raw[:0], ["a"], 0, "split")) == 0
    assert rows.prepare(made([]), TARGET, "id", None).counts == RowCounts(0)


def test_a_draw_depends_on_content_seed_and_purpose_alone() -> None:
    raw = pl.DataFrame({"a": [str(k) for k in range(5000)], "won": ["0"] * 5000})
    draws = rows.draws(raw, ["a"], 0, "split")
    assert np.array_equal(draws[::-1], rows.draws(raw[::-1], ["a"], 0, "split"))
    for seed, purpose in ((1, "split"), (0, "folds")):
        other = rows.draws(raw, ["a"], seed, purpose)
        assert abs(np.corrcoef(draws, other)[0, 1]) < 0.05
    assert 0 <= draws.min() < draws.max() < 1
    assert np.abs(np.sort(draws) - (np.arange(5000) + 0.5) / 5000).max() < 0.03


@pytest.mark.parametrize("name", ["id", "content", "spelling", "index", "0", "count"])
def test_any_column_name_will_do(name: str) -> None:
    raw = pl.DataFrame({"key": ["2", "1"], name: ["x", "y"], "won": ["1", "0"]})
    found = rows.prepare(raw, TARGET, "key", None)
    assert found.frame[name].to_list() == ["y", "x"]


@given(LEADS)
def test_people_are_told_apart_as_training_tells_them(leads: list[dict[str, Any]]) -> None:
    """One row of each is the latest: as many as there are ids, and rows without one."""
    raw = made(leads)
    people = rows.people(raw, "id")
    ids = rows.identities(raw["id"])
    blank = (ids.is_null() | ids.str.to_lowercase().is_in(rows.BLANK_IDS)).to_numpy()
    names = [f"row {row}" if blank[row] else f"id {ids[row]}" for row in range(raw.height)]
    assert len(set(zip(names, people.tolist(), strict=True))) == len(set(names)) == len(set(people.tolist()))
    moment = frame.seconds(frame.dates(raw["when"]))
    for told in (None, moment):
        one = rows.latest(people, told)
        assert sorted(people[one].tolist()) == sorted(set(people.tolist()))
        chosen = rows.of_anyone(one, people)
        assert chosen.all()


def test_the_newest_row_stands_for_an_id_and_of_equals_the_first() -> None:
    people = np.array([0, 1, 0, 1, 2, 2])
    moment = np.array([1.0, 5.0, 2.0, 5.0, np.nan, 0.0])
    assert np.flatnonzero(rows.latest(people, moment)).tolist() == [1, 2, 5]
    assert np.flatnonzero(rows.latest(people, None)).tolist() == [0, 1, 4]
    marked = np.array([False, False, True, False, False, False])
    assert rows.of_anyone(marked, people).tolist() == [True, False, True, False, False, False]
    assert rows.people(pl.DataFrame({"a": ["x", "x"]}), "id").tolist() == [0, 1]
