"""Points that were set by hand: their grammar, what is refused and where, and that they hold exactly."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import rules
from leadlight.data.config import ColumnConfig, Inferred, PointsConfig, applied, parse, render
from leadlight.data.schema import Column, Schema
from leadlight.errors import BundleError, ConfigError
from leadlight.model.encode import Encoder, Feature

TOML = """
[points]
rate = 0.1
double = 20

[columns."Lead Source"]
points = { Reference = 40, "Olark Chat" = 10, missing = -10, other = 0.5 }

[columns.Visits]
kind = "number"
points = { "3 to 9" = 10, "10 or more" = 30, missing = 1 }
"""


def test_points_are_read() -> None:
    config = parse(TOML, "x.toml")
    assert config.points == PointsConfig(0.1, 20.0)
    told = config.columns["Lead Source"]
    assert told.points == {"Reference": 40.0, "Olark Chat": 10.0, "missing": -10.0, "other": 0.5}
    assert told.points_at == "x.toml, line 7"


REFUSED = [
    ("[points]\nrate = 1.5", 2, "between 0 and 1"),
    ("[points]\nrate = nan", 2, "between 0 and 1"),
    ("[points]\ndouble = 0", 2, "above 0"),
    ("[points]\ndouble = inf", 2, "a number"),
    ("[points]\nbase = 1", 2, "no setting 'base'"),
    ("[columns.A]\npoints = 3", 2, "takes a table"),
    ("[columns.A]\npoints = { a = 'much' }", 2, "a number"),
    ("[columns.A]\npoints = { a = nan }", 2, "a number"),
    ("[columns.A]\npoints = { a = -inf }", 2, "a number"),
    ("[columns.A]\npoints = { a = true }", 2, "a number"),
    ("[columns.A]\npoints = { a = 1e300 }", 2, "20 times"),
    ("[columns.A]\nkind = 'category'\npoints = { a = 401 }", 3, "20 times"),
    ("[points]\ndouble = 1\n[columns.A]\npoints = { a = 21 }", 4, "20 times"),
    ("[columns.A]\npoints = {" + ", ".join(f"a{k} = 1" for k in range(1001)) + "}", 2, "more than 1,000"),
    ("[columns.A]\npoints = { a = 1, a = 2 }", 2, "not valid TOML"),
    ("[columns.A]\nkind = 'category'\npoints = { a = 1, ' A ' = 2 }", 3, "has points already"),
    ("[columns.A]\nkind = 'category'\naliases = { b = 'a' }\npoints = { a = 1, b = 1 }", 4, "points already"),
    ("[columns.A]\nkind = 'category'\npoints = { Select = 1 }", 3, "counts as no value"),
    ("[columns.A]\nkind = 'category'\npoints = { '' = 1 }", 3, "counts as no value"),
    ("[columns.A]\nkind = 'number'\npoints = { '3 to 9' = 1, '9 to 12' = 2 }", 3, "overlap"),
    ("[columns.A]\nkind = 'number'\npoints = { '5' = 1, 'up to 7' = 2 }", 3, "overlap"),
    ("[columns.A]\nkind = 'number'\npoints = { 'under 3' = 1, 'up to 2' = 2 }", 3, "overlap"),
    ("[columns.A]\nkind = 'number'\npoints = { '9 to 3' = 1 }", 3, "holds no number"),
    ("[columns.A]\nkind = 'number'\npoints = { 'over 3 to under 3' = 1 }", 3, "holds no number"),
    ("[columns.A]\nkind = 'number'\npoints = { '3-9' = 1 }", 3, "no range of numbers"),
    ("[columns.A]\nkind = 'number'\npoints = { 'nan' = 1 }", 3, "no range of numbers"),
    ("[columns.A]\nkind = 'number'\npoints = { 'over 1e999' = 1 }", 3, "holds no number"),
    ("[columns.A]\nkind = 'number'\npoints = { missing = 1, Missing = 2 }", 3, "twice"),
    ("[columns.A]\nkind = 'flag'\npoints = { '3 to 9' = 1 }", 3, "neither"),
    ("[columns.A]\nkind = 'flag'\npoints = { true = 1, Yes = 1 }", 3, "points already"),
    ("[columns.A]\nkind = 'date'\npoints = { a = 1 }", 3, "kind 'date'"),
    ("[columns.A]\nkind = 'text'\npoints = { a = 1 }", 3, "kind 'text'"),
    ("[columns.A]\nrole = 'id'\npoints = { a = 1 }", 3, "role 'id'"),
    ("[columns.A]\nrole = 'sensitive'\npoints = { a = 1 }", 3, "role 'sensitive'"),
    ("[target]\ncolumn = 'A'\n[columns.A]\npoints = { a = 1 }", 4, "role 'target'"),
    ("[columns.A]\nmissing = 'mode'\npoints = { missing = 1 }", 3, "leaves no lead without a value"),
]


@pytest.mark.parametrize(("text", "line", "said"), REFUSED)
def test_what_cannot_be_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, "x.toml")
    assert f"x.toml, line {line}" in str(refused.value.where)
    assert said in refused.value.message + (refused.value.hint or "")


BELOW_3, BELOW_10 = math.nextafter(3, -math.inf), math.nextafter(10, -math.inf)
FORMS = {
    "3 to 9": (BELOW_3, 9),
    " 3  TO 9 ": (BELOW_3, 9),
    "over 3 to 9": (3, 9),
    "3 to under 10": (BELOW_3, BELOW_10),
    "10 or more": (BELOW_10, math.inf),
    "over 9": (9, math.inf),
    "up to 2": (-math.inf, 2),
    "under 3": (-math.inf, BELOW_3),
    "3": (BELOW_3, 3),
    "-5 to -.5": (math.nextafter(-5, -math.inf), -0.5),
    "1e2 or more": (math.nextafter(100, -math.inf), math.inf),
}


@pytest.mark.parametrize(("words", "ends"), FORMS.items())
def test_every_form_of_a_range(words: str, ends: tuple[float, float]) -> None:
    (found,) = rules.by_range({words: 1.0})
    assert (found.low, found.high) == ends


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=2, max_size=8, unique=True),
    st.lists(st.floats(-2e6, 2e6), max_size=20),
)
def test_each_number_gets_the_points_of_its_range(bounds: list[float], values: list[float]) -> None:
    """Whatever the quantiles, the bins keep to the bounds of the table, the bounds themselves included."""
    bounds = sorted(bounds)
    points = {f"over {low!r} to {high!r}": float(k) for k, (low, high) in enumerate(pairwise(bounds), 1)}
    points |= {"missing": -7.0, "other": -1.0}
    numbers = [*values, *bounds, *(math.nextafter(bound, math.inf) for bound in bounds)]
    column = Column("a", kind="number", points=points)
    typed = pl.DataFrame({"a": [None, *numbers]}, schema={"a": pl.Float64})
    encoder = Encoder.fit(typed, Schema((column,)))
    found = np.array(encoder.features[0].points).take(encoder.apply(typed)[:, 0])
    wanted = [
        next((k for k, high in enumerate(bounds[1:], 1) if bounds[k - 1] < x <= high), -1.0) for x in numbers
    ]
    assert found.tolist() == [-7.0, *wanted]


LEVELS = Column("a", points={"reference": 40.0, "rare": 5.0, "missing": -10.0, "other": 3.0})


def test_levels_of_the_table_have_a_code_however_rare() -> None:
    typed = pl.DataFrame({"a": ["reference"] * 30 + ["rare", "unheard of", "other", None] + ["other"] * 25})
    encoder = Encoder.fit(typed, Schema((LEVELS,)))
    feature = encoder.features[0]
    assert set(feature.levels) == {"reference", "rare", "other"}
    found = np.array(feature.points).take(encoder.apply(typed)[:, 0])
    assert found[[0, 30, 31, 32, 33]].tolist() == [40.0, 5.0, 3.0, 3.0, -10.0]


def test_a_level_that_is_called_other_gets_points_of_its_own_by_an_alias() -> None:
    told = ColumnConfig(aliases={"Other": "other trade"}, points={"other trade": 7.0, "other": 1.0})
    column = applied(Column("a"), told)
    typed = Schema((column,)).apply(pl.DataFrame({"a": ["Other"] * 20 + ["x"] * 20}))
    encoder = Encoder.fit(typed, Schema((column,)))
    found = np.array(encoder.features[0].points).take(encoder.apply(typed)[:, 0])
    assert found.tolist() == [7.0] * 20 + [1.0] * 20


def test_levels_are_cleaned_and_spellings_are_one() -> None:
    told = ColumnConfig(kind="flag", points={" TRUE ": 3.0, "no": -1.0})
    assert applied(Column("a"), told).points == {"yes": 3.0, "no": -1.0}
    merged = replace(Column("a"), aliases={"gogle": "google"})
    assert applied(merged, ColumnConfig(points={"Gogle": 3.0})).points == {"google": 3.0}
    with pytest.raises(ConfigError) as refused:
        applied(merged, ColumnConfig(points={"Gogle": 3.0, "Google": 3.0}, points_at="x.toml, line 9"))
    assert refused.value.where == "x.toml, line 9"


def test_nothing_is_written_where_there_are_no_points() -> None:
    assert "points" not in Column("a").to_json()
    assert "points" not in Feature("a", "value", edges=(1.0,)).to_json()
    old = Column("a").to_json()
    assert Column.from_json(old) == Column("a")


def test_points_survive_a_bundle() -> None:
    assert Column.from_json(LEVELS.to_json()) == LEVELS
    feature = Feature("a", "value", edges=(1.0, 2.0), points=(0.0, 1.0, 2.0, 3.0))
    assert Feature.from_json(feature.to_json()) == feature
    for spoilt in ([1.0], [0.0, 1.0, 2.0, math.inf]):
        with pytest.raises(BundleError):
            Feature.from_json({**feature.to_json(), "points": spoilt})
    for points in ({"3-9": 1.0}, {"1 to 3": 1.0, "2 to 5": 1.0}):
        with pytest.raises(BundleError):
            Column.from_json({**Column("a", kind="number").to_json(), "points": points})


def test_a_written_file_keeps_the_points() -> None:
    columns = [Inferred("Visits", "feature", "number", points={"3 to 9": 10, "missing": -1})]
    found = parse(render(columns, points=PointsConfig(0.1, 15.0)))
    assert found.columns["Visits"].points == {"3 to 9": 10.0, "missing": -1.0}
    assert found.points == PointsConfig(0.1, 15.0)
