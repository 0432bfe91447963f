"""Personas that were planted are found, clouds have none, and playbooks belong to grades."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from leadlight.data.config import PlaybookConfig, parse
from leadlight.data.sample_history import generate_history
from leadlight.errors import ConfigError
from leadlight.insight.clusters import adjusted_rand, find_clusters, k_means, nearest
from leadlight.insight.personas import find_personas
from leadlight.insight.population import Population
from leadlight.insight.segments import Segments, segments
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Feature
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.conftest import TIER
from tests.model.trained import few_rounds

ROWS = {"quick": 4_000, "ci": 20_000, "proof": 20_000}[TIER]


@cache
def planted(seed: int = 0) -> tuple[Bundle, pl.DataFrame, np.ndarray]:
    """Made-up leads, a model of them, and the number of each lead's persona."""
    made = generate_history(ROWS, seed)
    options = Options(target="Stage", positive=("Won",), negative=("Lost",), models=["logistic"], folds=3)
    with few_rounds():
        bundle = train(made.leads, options).bundle
    said = made.leads.select("Lead ID").join(
        made.truth.select("Lead ID", "Persona"), on="Lead ID", how="left"
    )
    return bundle, made.leads, said["Persona"].cast(pl.Categorical).to_physical().to_numpy().astype(np.intp)


@cache
def population(seed: int = 0) -> Population:
    bundle, leads, _ = planted(seed)
    return Population.of(bundle, leads)


@cache
def found(seed: int = 0) -> Segments:
    books = parse('[playbooks.hot]\ndo = "Call"\nwithin = "4 hours"\nby = "Ann"\n').playbooks
    return segments(population(seed), books)


@pytest.mark.parametrize("seed", range({"quick": 1, "ci": 2, "proof": 10}[TIER]))
def test_planted_personas_are_found(seed: int) -> None:
    bundle, leads, truth = planted(seed)
    known = population(seed)
    told = found(seed).personas
    ids = {name: place for place, name in enumerate(leads["Lead ID"].to_list())}
    own = truth[[ids[name] for name in known.raw["Lead ID"].to_list()]]
    assert adjusted_rand(told.clusters.member, own) >= 0.8
    assert len(told.each) == 4
    assert told.clusters.stability > 0.9
    assert sum(persona.figures.leads for persona in told.each) == len(known)
    said = " ".join(persona.text for persona in told.each)
    for word in ("Student", "Software", "Retail"):
        assert f"{word}" in said
    assert bundle.scorer.schema["Industry"].name in told.columns


def test_the_order_of_the_file_makes_no_difference() -> None:
    bundle, leads, _ = planted()
    other = segments(Population.of(bundle, leads.sample(fraction=1.0, shuffle=True, seed=1)))
    assert other.leads.sort("Lead ID").equals(found().leads.sort("Lead ID"))
    assert [each.traits for each in other.personas.each] == [each.traits for each in found().personas.each]


def test_outcomes_take_no_part() -> None:
    bundle, leads, _ = planted()
    blind = Population.of(bundle, leads.with_columns(Stage=pl.lit("New")))
    told, usual = find_personas(blind), found().personas
    assert (told.clusters.member == usual.clusters.member).all()
    assert all(each.figures.rate.value is None for each in told.each)
    assert any("Too few leads are decided" in sentence for sentence in told.sentences)


def cloud(rows: int, seed: int) -> tuple[np.ndarray, list[Feature]]:
    """Columns that have nothing to do with one another."""
    dice = np.random.default_rng(seed)
    numbers = [dice.integers(0, 9, rows) for _ in range(4)]
    words = [dice.integers(0, 6, rows) for _ in range(5)]
    ordered = [Feature(f"n{k}", "value", edges=tuple(range(7))) for k in range(4)]
    levels = [Feature(f"w{k}", "level", levels=tuple("abcd")) for k in range(5)]
    return np.array([*numbers, *words], dtype=np.uint16).T, [*ordered, *levels]


@pytest.mark.parametrize("seed", range({"quick": 2, "ci": 5, "proof": 30}[TIER]))
def test_a_cloud_has_no_personas(seed: int) -> None:
    assert find_clusters(*cloud(3_000, seed)).count == 0


def test_a_line_of_people_has_no_personas() -> None:
    """One thing behind all columns makes leads differ along a line, which is no group."""
    codes, features = cloud(3_000, 0)
    dice = np.random.default_rng(0)
    wealth = dice.normal(size=len(codes))
    for k in range(4):
        noisy = wealth + dice.normal(size=len(codes))
        codes[:, k] = np.clip(4 + 1.5 * noisy, 1, 8).astype(np.uint16)
    assert find_clusters(codes, features).count == 0


def test_few_leads_are_told_to_be_few() -> None:
    bundle, leads, _ = planted()
    told = find_personas(Population.of(bundle, leads.head(150)))
    assert not told.each
    assert told.sentences[0].startswith("Too few leads")


def test_k_means_and_the_index_are_those_of_scikit_learn() -> None:
    dice = np.random.default_rng(3)
    points = dice.normal(size=(900, 3)) + np.repeat(np.eye(3) * 6, 300, axis=0)
    ours = nearest(points, k_means(points, 3, dice))
    theirs = KMeans(3, n_init=4, random_state=0).fit_predict(points)
    assert adjusted_rand_score(ours, theirs) == pytest.approx(1.0)
    first, second = dice.integers(0, 4, 500), dice.integers(0, 3, 500)
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert adjusted_rand(ours, ours) == 1.0


def test_playbooks_stand_beside_their_grades() -> None:
    told = found()
    assert told.grades[0].playbook.text == "Call within 4 hours by Ann"
    assert told.grades[1].playbook == PlaybookConfig()
    assert [each.name for each in told.grades] == list(population().bundle.scorer.grades.names)
    assert sum(each.figures.leads for each in told.grades) == len(population())
    assert told.leads.height == len(population())
    assert set(told.leads["persona"]) == {each.name for each in told.personas.each}
    with pytest.raises(ConfigError, match="lukewarm"):
        segments(population(), {"lukewarm": PlaybookConfig("Wait")})


def test_a_playbook_with_an_unknown_key_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError) as refused:
        parse('[playbooks.hot]\ndo = "Call"\nwhen = "now"\n', "leadlight.toml")
    assert refused.value.where == "leadlight.toml, line 3"
    assert "within" in (refused.value.hint or "")
