"""A model that is loaded to score: what that brings along, and how long one waits for it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

import leadlight as ll
from leadlight.data import cells
from leadlight.errors import ColumnError
from tests.model.trained import sample

FRESH = """
import sys
import leadlight as ll
model = ll.load(sys.argv[1])
one = model.score_one({"Lead Source": "Google", "Total Visits": 3}, reasons=3)
assert 0 < one.probability < 1 and len(one.reasons) == 3
"""
LEARNS = [
    "training",
    "data.infer",
    "connect",
    "settings",
    "api",
]
TIMES = 5
AS_IMPORTING_POLARS = 2.0


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ready") / "model.leadlight"
    ll.train(sample(1_500, 3).leads, target="Converted", models=["glassbox"]).save(path)
    return path


@pytest.mark.parametrize("verb", ["evaluate", "explain", "plan"])
def test_leads_have_to_have_the_columns_of_the_model(bundle: Path, verb: str) -> None:
    """As for `score`; a dictionary takes what there is, as for `score_one`."""
    model, leads = ll.load(bundle), sample(1_500, 3).leads.head(200)
    asked = {"id": leads["Lead ID"][2]} if verb == "explain" else {}
    with pytest.raises(ColumnError) as refused:
        getattr(model, verb)(leads.drop("Visits"), **asked)
    assert refused.value.code == "missing_columns"
    assert getattr(model, verb)(leads.drop("Visits"), allow_missing=True, **asked)
    assert model.explain({"Visits": 3}).answer.probability == model.score_one({"Visits": 3}).probability


def test_a_time_that_a_feature_is_made_of_has_to_be_there() -> None:
    leads = sample(1_500, 3).leads
    features = {"late": "Created > date('2024-06-01') and Visits > 2"}
    for made in ({}, features):
        model = ll.train(leads, target="Converted", models=["logistic"], folds=2, features=made)
        if made:
            with pytest.raises(ColumnError, match="'Created'"):
                model.score(leads.drop("Created"), at="2027-01-01")
        else:
            assert model.score(leads.drop("Created")).height == leads.height


def test_numbers_beside_texts_are_listed_as_they_came(bundle: Path) -> None:
    leads = sample(1_500, 3).leads.head(100).drop("Converted").to_dicts()
    model = ll.load(bundle)
    wanted = model.score([*leads])
    leads[0]["Minutes on Site"] = str(leads[0]["Minutes on Site"])
    assert model.score(leads).equals(wanted)
    listed = model.plan(leads, capacity=100).frame["Minutes on Site"].drop_nulls().to_list()
    assert set(listed) <= {cells.text_of(lead["Minutes on Site"]) for lead in leads}


def fresh(*words: str | Path) -> float:
    """The processor time of a new process, which waiting for others does not lengthen."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", *map(str, words)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_one_who_scores_does_not_load_what_learns(bundle: Path) -> None:
    found = "print(*(name for name in sys.modules if name.startswith('leadlight.')))"
    answer = subprocess.run(
        [sys.executable, "-c", FRESH + found, bundle], check=True, capture_output=True, text=True
    )
    loaded = answer.stdout.split()
    assert "leadlight.model.scorer" in loaded
    assert not [name for name in LEARNS if f"leadlight.{name}" in loaded]


def test_loading_and_scoring_one_lead_takes_at_most_twice_as_long_as_importing_polars(
    bundle: Path, record_property
) -> None:
    """The quickest of several in turn, so that a slow moment of the machine hits neither."""
    ours, theirs = [], []
    for _ in range(TIMES):
        ours.append(fresh(FRESH, bundle))
        theirs.append(fresh("import polars"))
    ratio = min(ours) / min(theirs)
    record_property("load and score one lead, in times of importing polars", ratio)
    assert ratio <= AS_IMPORTING_POLARS
