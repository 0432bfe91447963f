"""The quick way from raw batches to codes gives what schema and encoder give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.schema import Column, Schema
from leadlight.model import coder
from leadlight.model.coder import Coder
from leadlight.model.encode import Encoder

SCHEMA = Schema(
    (
        Column("source", aliases={"goggle": "google"}, labels={"google": "Google"}),
        Column("asked", kind="flag"),
        Column("never", kind="category"),
        Column("visits", kind="number"),
        Column("effort", kind="number", expression="visits * 2 + if(source = 'google', 1, 0)"),
        Column("city", missing="mode"),
        Column("id", role="id", kind="text", used=False),
    )
)
LEARNT = pl.DataFrame(
    {
        "source": ["Google", "goggle", "Fair", "select", None] * 40,
        "asked": ["Yes", "no", "1", "0", ""] * 40,
        "never": [None] * 200,
        "visits": [str(row % 17) for row in range(200)],
        "city": ["Bonn", "Bonn", "Kiel", "", None] * 40,
        "id": [str(row) for row in range(200)],
    },
    schema_overrides={"never": pl.String},
)
ENCODER = Encoder.fit(SCHEMA.apply(LEARNT), SCHEMA)
WORDS = st.one_of(
    st.none(), st.sampled_from(["Google", " google ", "GOGGLE", "-", "Select", "Bonn", "é"]), st.text()
)


def expected(raw: pl.DataFrame) -> np.ndarray:
    return ENCODER.apply(SCHEMA.apply(raw))


def table(rows: list[tuple[str | None, ...]]) -> pl.DataFrame:
    names = ["source", "asked", "never", "visits", "city"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


@given(st.lists(st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS, WORDS), max_size=6), min_size=1, max_size=4))
def test_the_same_codes_batch_after_batch(batches: list[list[tuple[str | None, ...]]]) -> None:
    ours = Coder(SCHEMA, ENCODER)
    for rows in batches:
        raw = table(rows)
        found, _ = ours.apply(raw)
        assert found.dtype == np.uint16
        assert (found == expected(raw)).all()


def test_typed_and_absent_columns() -> None:
    raw = pl.DataFrame({"source": [1, None, 2], "asked": [True, False, None], "visits": [1.0, None, 3.5]})
    found, typed = Coder(SCHEMA, ENCODER).apply(raw)
    assert (found == expected(raw)).all()
    assert "visits" in typed.columns


def test_a_column_with_more_words_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coder, "REMEMBERED", 5)
    ours = Coder(SCHEMA, ENCODER)
    for start in (0, 3, 100):
        rows = [(f"word {start + row}", "Yes", None, "3", "Bonn") for row in range(4)]
        assert (ours.apply(table(rows))[0] == expected(table(rows))).all()
    assert all(len(words.memory.words) <= 5 for words in ours.words.values())


def test_threads_may_share_one() -> None:
    ours = Coder(SCHEMA, ENCODER)
    batches = [
        table([(f"{start}-{row % 7}", "Yes", None, str(row), "Kiel") for row in range(50)])
        for start in range(20)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda raw: ours.apply(raw)[0], batches))
    assert all((codes == expected(raw)).all() for codes, raw in zip(found, batches, strict=True))
