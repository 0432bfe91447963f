"""Personas of a home stay as they were found: the same names and the same people, whatever comes since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from leadlight.data.sample_history import generate_history
from leadlight.errors import InputError
from leadlight.flows.personas import FILE, kept_personas, segments_of_home
from leadlight.insight.kept_personas import KeptPersonas
from leadlight.insight.population import Population
from leadlight.insight.segments import Segments, segments
from leadlight.model.bundle import Bundle
from leadlight.store import Home, Store, create_store
from leadlight.training.fit import train
from leadlight.training.options import Options

ROWS = 2_400


@cache
def leads() -> pl.DataFrame:
    return generate_history(ROWS, seed=3).leads


@cache
def bundle(seed: int = 0) -> Bundle:
    options = Options(
        target="Stage", positive=("Won",), negative=("Lost",), models=["bayes"], folds=2, seed=seed
    )
    return train(leads(), options).bundle


@cache
def known(count: int, seed: int = 0) -> Population:
    return Population.of(bundle(seed), leads().head(count))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = create_store(Home.of(tmp_path / "home", tmp_path / "home"))
    yield found
    found.close()


def names(found: Segments) -> list[str]:
    return [each.name for each in found.personas.each]


def test_a_page_shows_tomorrow_what_it_shows_today(store: Store) -> None:
    """Of other leads the same personas under the same names, each lead where it was, figures of the day."""
    first = segments_of_home(store, known(1_600), {})
    assert len(names(first)) > 1
    again = segments_of_home(store, known(ROWS), {})
    assert names(again) == names(first)
    both = first.leads.join(again.leads, on="Lead ID", suffix=" again")
    assert both.height == 1_600
    assert both["persona"].equals(both["persona again"].alias("persona"))
    assert sum(each.figures.leads for each in again.personas.each) == ROWS
    assert again.sentences[0] == first.sentences[0]
    few = segments_of_home(store, known(210), {})
    assert names(few) == names(first)


def test_they_are_found_anew_for_another_model_and_for_twice_the_leads(store: Store) -> None:
    segments_of_home(store, known(1_000), {})
    assert kept_personas(store).leads == 1_000  # type: ignore[union-attr]
    segments_of_home(store, known(1_999), {})
    assert kept_personas(store).leads == 1_000  # type: ignore[union-attr]
    segments_of_home(store, known(2_000), {})
    assert kept_personas(store).leads == 2_000  # type: ignore[union-attr]
    segments_of_home(store, known(1_200, seed=1), {})
    found = kept_personas(store)
    assert found is not None
    assert (found.leads, found.model) == (1_200, bundle(1).name)


def test_what_is_kept_comes_back_and_what_is_broken_is_found_anew(store: Store) -> None:
    """A file that cannot be read, or contradicts itself, is none."""
    found = segments_of_home(store, known(1_600), {})
    place = store.home.folder / FILE
    told = json.loads(place.read_text())
    assert KeptPersonas.from_json(told).to_json() == told
    assert not set(leads()["Lead ID"]) & set(place.read_text().split('"'))
    for changes in (
        {"names": []},
        {"centres": [[1.0, 2.0]]},
        {"centres": [["a"]]},
        {"tables": []},
        {"leads": 0},
        {"stability": None},
        {"tables": [[[float("nan")]]]},
    ):
        with pytest.raises(InputError, match="cannot be read"):
            KeptPersonas.from_json({**told, **changes})
    for text in ("", "[]", "{}", '{"model": 1}', "[" * 100_000):
        place.write_text(text)
        assert kept_personas(store) is None
        assert names(segments_of_home(store, known(1_600), {})) == names(found)
    assert kept_personas(store) is not None


def test_tables_of_other_columns_do_not_hold() -> None:
    kept = segments(known(1_600)).personas.kept
    assert kept is not None
    features = bundle().scorer.encoder.features
    assert not kept.holds(bundle().name, 1_600, features[:1])
    assert names(segments(known(1_600), kept=kept)) == list(kept.names)


def test_of_leads_without_groups_that_is_kept_as_well(store: Store) -> None:
    """Nothing is looked for again and again; too few leads are asked again each time."""
    segments_of_home(store, known(150), {})
    assert kept_personas(store) is None
    none = KeptPersonas(bundle().name, 300, (), None)
    (store.home.folder / FILE).write_text(json.dumps(none.to_json()))
    assert names(segments_of_home(store, known(500), {})) == []
    assert names(segments_of_home(store, known(1_600), {})) != []
