"""Exports as they come: ids that repeat, dates of many forms, totals below, stages under way."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.cli.calls import call

ROWS = 400


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(**columns: Any) -> pl.DataFrame:
    dice = np.random.default_rng(3)
    visits = dice.poisson(4, ROWS)
    won = dice.random(ROWS) < 1 / (1 + np.exp(3 - 0.7 * visits))
    plain = {
        "Visits": visits,
        "Source": dice.choice(["Web", "Fair"], ROWS),
        "Won": np.where(won, "yes", "no"),
    }
    return pl.DataFrame({**plain, **columns})


def inspected(leads: pl.DataFrame, *more: str) -> Any:
    leads.write_csv("leads.csv")
    return call("inspect", "leads.csv", *more, "--json").json


def role(found: Any, name: str) -> str:
    return str(next(column["role"] for column in found["columns"] if column["name"] == name))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("name", ["Lead ID", "Kundennummer", "opportunity_id", "Record No."])
def test_an_id_that_repeats_is_an_id_and_its_duplicates_are_counted(
    name: str, share: float, here: Path
) -> None:
    leads = export(**{name: [f"L-{row:05}" for row in range(ROWS)]})
    again = leads.head(int(share * ROWS))
    found = inspected(pl.concat([leads, again]))
    assert role(found, name) == "id"
    assert found["rows"]["duplicates"] == again.height


@pytest.mark.parametrize("name", ["Campaign ID", "Owner ID", "Product Code"])
def test_the_id_of_something_else_is_not_the_leads(name: str, here: Path) -> None:
    found = inspected(export(**{name: [f"C-{row % 60:05}" for row in range(ROWS)]}))
    assert role(found, name) != "id"
    assert found["rows"]["duplicates"] == 0


FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y")
MOMENTS = [datetime(2024, 1, 1) + timedelta(days=row) for row in range(ROWS)]
ARRIVALS = (
    *("Created", "Erstellt am", "Date de cr\u00e9ation", "Fecha de creaci\u00f3n", "Data di creazione"),
    *("Criado em", "Aangemaakt op", "Data utworzenia", "Skapad", "Datum"),
)


@pytest.mark.parametrize("name", ARRIVALS)
def test_dates_of_four_forms_are_the_arrival(name: str, here: Path) -> None:
    written = [moment.strftime(FORMS[row % 4]) for row, moment in enumerate(MOMENTS)]
    found = inspected(export(**{name: written}))
    assert role(found, name) == "time"
    codes = {finding["code"]: finding for finding in found["findings"]}
    assert codes["dates_mixed"]["evidence"] == {"unread": 0}
    assert "no_arrival" not in codes


def test_what_no_form_tells_apart_is_missing_and_counted(here: Path) -> None:
    written = [moment.strftime(("%m/%d/%Y", "%d/%m/%Y")[row % 2]) for row, moment in enumerate(MOMENTS)]
    found = inspected(export(Created=written))
    open_ones = sum(moment.day <= 12 and moment.day != moment.month for moment in MOMENTS)
    mixed = next(finding for finding in found["findings"] if finding["code"] == "dates_mixed")
    assert mixed["evidence"]["unread"] > 0.95 * open_ones * 0.7
    assert "read in two ways" in mixed["message"]


def test_a_random_test_that_nobody_asked_for_is_told(here: Path) -> None:
    written = [moment.strftime("%Y-%m-%d") for moment in MOMENTS]
    found = inspected(export(Kundenstichtag=written))
    told = next(finding for finding in found["findings"] if finding["code"] == "no_arrival")
    assert "drawn at random" in told["message"]
    assert told["next_step"] == "If one says it: --time Kundenstichtag"
    asked = inspected(export(Kundenstichtag=written), "--time", "Kundenstichtag")
    assert "no_arrival" not in {finding["code"] for finding in asked["findings"]}


def suggested(leads: pl.DataFrame) -> list[str]:
    leads.write_csv("leads.csv")
    answer = call("train", "leads.csv", "--models", "bayes", "--folds", "3")
    assert (answer.code, answer.error) == (2, "which_values")
    command = next(line for line in answer.err.splitlines() if line.startswith("    leadlight "))
    return shlex.split(command)[1:]


STAGES = {
    "Stage": ("Won", "Lost", "Engaging", "Prospecting"),
    "Status": ("gewonnen", "verloren", "in Bearbeitung", "qualifiziert"),
    "Statut": ("Gagn\u00e9", "Perdu", "En cours", "Devis envoy\u00e9"),
    "Etapa": ("Ganado", "Perdido", "En proceso", "Llamada dos"),
}


@pytest.mark.parametrize("name", STAGES)
def test_what_is_under_way_is_suggested_as_open(name: str, here: Path) -> None:
    won, lost, *going = STAGES[name]
    dice = np.random.default_rng(1)
    leads = export(**{name: dice.choice(STAGES[name], ROWS)}).drop("Won")
    words = suggested(leads)
    pairs = set(zip(words[-8::2], words[-7::2], strict=True))
    lowered = {("--positive", won), ("--negative", lost), *(("--open", stage) for stage in going)}
    assert {(flag, value.casefold()) for flag, value in pairs} == {
        (flag, value.casefold()) for flag, value in lowered
    }
    stage = pl.col("Won").replace_strict({"yes": won, "no": lost})
    under_way = pl.Series([row % 3 for row in range(ROWS)])
    real = export().with_columns(pl.when(under_way == 0).then(pl.lit(going[0])).otherwise(stage).alias(name))
    real[0, name] = going[1]
    assert call(*suggested(real.drop("Won"))).code == 0


def test_the_outcome_is_taken_before_an_objection(here: Path) -> None:
    leads = export(**{"Nicht anrufen": ["Ja", "Nein"] * (ROWS // 2)})
    german = leads.with_columns(Gewonnen=pl.col("Won").replace({"yes": "Ja", "no": "Nein"})).drop("Won")
    assert inspected(german)["target"] == "Gewonnen"
    german.rename({"Gewonnen": "Blauer Haken"}).write_csv("leads.csv")
    answer = call("train", "leads.csv")
    assert (answer.code, answer.error) == (2, "which_target")
    assert "--target 'Blauer Haken'" in answer.err
    assert "Nicht anrufen" not in answer.err


@pytest.mark.parametrize("label", ["Total", "Summe:", "TOTALE", "Suma"])
def test_a_row_that_adds_up_the_others_is_left_out(label: str, here: Path) -> None:
    leads = export(**{"Lead ID": [f"L{row:04}" for row in range(ROWS)]})
    leads.cast(pl.String).write_csv("leads.csv")
    with Path("leads.csv").open("a") as file:
        file.write(f"1602,,{ROWS},{label}\n")
    found = call("inspect", "leads.csv", "--json").json
    assert found["problem"] is None
    assert found["rows"]["in"] == ROWS + 1
    assert found["rows"]["rejected"] == 1
    told = next(finding for finding in found["findings"] if finding["code"] == "totals")
    assert told["message"] == "1 row adds up the others and is left out."


def test_a_hint_names_another_column_than_the_one_that_was_given(here: Path) -> None:
    export().write_csv("leads.csv")
    answer = call("train", "leads.csv", "--models", "bayes", "--folds", "3", "--id", "sourc")
    assert "Did you mean 'Source'?" in answer.err


@pytest.mark.parametrize("words", [("--target", "zz"), ("--time", "Red"), ("--id", "Sourc")])
def test_no_name_of_a_column_steers_the_terminal(words: tuple[str, str], here: Path) -> None:
    steering = "\x1b[31mRed\x1b[0m\u202e"
    export(**{steering: ["a", "b"] * (ROWS // 2)}).write_csv("leads.csv")
    answer = call("train", "leads.csv", "--models", "bayes", "--folds", "3", *words)
    assert answer.code == 2
    assert not set("\x1b\u202e") & set(answer.err + answer.out)
