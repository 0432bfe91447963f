"""Selection of columns: what is true stays, noise goes, and it is chosen inside the folds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from leadlight.data.schema import Column, Schema
from leadlight.errors import ConfigError
from leadlight.model.encode import Encoder
from leadlight.training import candidates
from leadlight.training.candidates import FoldedLeads
from leadlight.training.fit import Trained, train
from leadlight.training.options import Options
from leadlight.training.prepare import prepare
from leadlight.training.select import METHODS, ColumnSelection, checked, picking, select
from tests.training.planted import TRUE, coded, dice, planted_leads

WAYS = METHODS[1:]
QUICK_WAYS = ("iv", "l1")


@cache
def selected(method: str, rows: int, seed: int) -> ColumnSelection:
    return select(method, *coded(planted_leads(rows, seed)))


def check_planted(method: str, seed: int, rows: int) -> None:
    kept = selected(method, rows, seed).kept
    assert set(TRUE) <= set(kept)
    assert sum(name.startswith("Noise") for name in kept) <= 2


@pytest.mark.parametrize("method", WAYS)
def test_true_columns_stay_and_eight_of_ten_of_noise_go(method: str) -> None:
    check_planted(method, 1, 2_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("method", WAYS)
def test_true_columns_stay_for_every_seed(method: str, seed: int) -> None:
    check_planted(method, seed, 4_000)


@pytest.mark.parametrize("method", WAYS)
def test_what_is_kept_is_what_is_stronger_than_chance(method: str) -> None:
    found = selected(method, 2_000, 1)
    assert set(found.kept) == {name for name, strength in found.strength.items() if strength > 1}
    assert all(np.isfinite(list(found.strength.values())))


@pytest.mark.parametrize("method", WAYS)
def test_neither_the_order_of_columns_nor_of_equal_calls_matters(method: str) -> None:
    codes, outcome, encoder = coded(planted_leads(300, 5, noises=4))
    order = dice(1).permutation(len(encoder.features)).tolist()
    turned = replace(encoder, features=tuple(encoder.features[k] for k in order))
    assert select(method, codes, outcome, encoder) == select(method, codes[:, order], outcome, turned)


@pytest.mark.parametrize("method", WAYS)
def test_constant_columns_go_and_columns_to_keep_stay(method: str) -> None:
    leads = planted_leads(400, 6, noises=2).with_columns(Flat=pl.lit("x"), Empty=pl.lit(None, pl.String))
    codes, outcome, encoder = coded(leads.with_columns(Rare=pl.Series(["a"] * 399 + ["b"])))
    found = select(method, codes, outcome, encoder, keep=["Noise 0"])
    assert "Noise 0" in found.kept
    assert not {"Flat", "Empty", "Rare"} & set(found.kept)


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_where_all_outcomes_are_alike_nothing_is_kept(method: str, outcome: float) -> None:
    codes, seen, encoder = coded(planted_leads(200, 7))
    assert select(method, codes, np.full_like(seen, outcome), encoder).kept == ()


@pytest.mark.parametrize("method", WAYS)
def test_inputs_are_left_as_they_are(method: str) -> None:
    codes, outcome, encoder = coded(planted_leads(200, 8, noises=1))
    before = codes.copy(), outcome.copy()
    select(method, codes, outcome, encoder)
    assert np.array_equal(codes, before[0])
    assert np.array_equal(outcome, before[1])


def test_an_unknown_way_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        trained(planted_leads(200, 1), select="magic")
    assert caught.value.code == "unknown_selection"
    assert "recursive, shap, iv, l1" in str(caught.value.hint)


@pytest.mark.parametrize(("elsewhere", "here"), [("rfe", "recursive"), ("lasso", "l1")])
def test_a_name_from_elsewhere_is_answered_with_ours(elsewhere: str, here: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(elsewhere)
    assert str(caught.value.hint).endswith(f"What others call {elsewhere} is like {here}.")


def trained(leads: pl.DataFrame, **asked: object) -> Trained:
    options = {"target": "Converted", "models": ["logistic"], "refit": False, **asked}
    return train(leads, Options(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", QUICK_WAYS)
def test_the_model_has_the_columns_that_were_selected(method: str) -> None:
    made = trained(planted_leads(1_500, 9, noises=5), select=method, folds=3)
    record = made.bundle.training["selection"]
    kept = {each["column"] for each in record["columns"] if each["kept"]}
    assert kept == {column.name for column in made.bundle.scorer.schema.inputs}
    assert record["method"] == method
    assert record["folds"] == 3
    assert all(each["in_folds"] == 3 for each in record["columns"] if each["column"] in ("Source", "Demo"))


def test_columns_are_chosen_inside_the_folds() -> None:
    """What a fold does not learn from has no say in which columns it uses."""
    leads = planted_leads(500, 3)
    prepared = prepare(leads, Options(target="Converted"))
    typed, outcome = prepared.schema.apply(prepared.raw), prepared.outcome
    folds = prepared.folds(np.arange(len(outcome)), 3, by_time=False)
    changed = outcome.copy()
    changed[folds[0].validation] = 1 - changed[folds[0].validation]
    pick = picking("iv", "auc", 0)
    first = candidates.coded(FoldedLeads(typed, outcome, folds), prepared.schema, pick)
    second = candidates.coded(FoldedLeads(typed, changed, folds), prepared.schema, pick)
    assert first[0].selection == second[0].selection
    assert first[1].selection != second[1].selection


def vanishing(kind: str) -> pl.DataFrame:
    """A column that says something in the newest fifth of the training part alone."""
    rows = 500
    leads = planted_leads(rows, 10, noises=1)
    late = pl.int_range(0, rows, eager=True) > 0.65 * rows
    days = [f"2024-{1 + k * 12 // rows:02d}-{1 + k * 336 // rows % 28:02d}" for k in range(rows)]
    gone = pl.lit("none" if kind == "constant" else None, pl.String)
    shown = pl.when(pl.Series(late)).then(pl.col("Source") + " line").otherwise(gone)
    return leads.with_columns(pl.Series("Created", days), shown.alias("Line"))


@pytest.mark.parametrize(("method", "kind"), [*((way, "missing") for way in WAYS), ("iv", "constant")])
def test_a_column_that_is_not_there_in_some_folds_is_borne(method: str, kind: str) -> None:
    made = trained(vanishing(kind), select=method, time="Created", folds=2)
    record = {each["column"]: each for each in made.bundle.training["selection"]["columns"]}
    assert sum(each["kept"] for each in record.values()) >= 2
    assert record.get("Line", {"in_folds": 0})["in_folds"] < 2
    assert made.bundle.training["test"]["auc"] > 0.6


@pytest.mark.parametrize("seed", range(1, 4))
def test_what_few_leads_say_fifty_times_each_is_no_reason_to_keep_a_column(seed: int) -> None:
    """Of noise: six lost leads that lie high in it are there again and again, each in one fold."""
    draw = dice(seed)
    strong, chance = draw.normal(size=(2, 1_500)).round(3)
    won = draw.random(1_500) < 1 / (1 + np.exp(-1.5 * strong))
    highest_lost = np.argsort(np.where(won, -np.inf, chance))[-6:]
    rows = np.append(np.arange(1_500), np.repeat(highest_lost, 50))
    leads = pl.DataFrame({"Strong": strong[rows], "Chance": chance[rows], "Converted": won[rows].astype(int)})
    assert select("recursive", *coded(leads)).kept == ("Strong",)


@pytest.mark.parametrize("won", [8, 30])
def test_few_that_were_won_lose_no_column_that_tells(won: int) -> None:
    """With few of one outcome a fold holds one or none, and no fold says how sure a difference is."""
    rows = 160
    dice = np.random.Generator(np.random.PCG64(3))
    outcome = (np.arange(rows) < won).astype(float)
    leads = pl.DataFrame({"tells": outcome + dice.normal(0, 0.2, rows), "noise": dice.normal(size=rows)})
    schema = Schema(tuple(Column(name, kind="number") for name in leads.columns))
    encoder = Encoder.fit(leads, schema, support=5)
    found = select("recursive", encoder.apply(leads), outcome, encoder)
    assert "tells" in found.kept
    assert all(np.isfinite(list(found.strength.values())))
