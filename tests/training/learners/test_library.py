"""What is not installed: refused where it is asked for by name, left out of a set, never needed to score."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from leadlight.errors import DependencyError
from leadlight.training import candidates
from leadlight.training.fit import train
from leadlight.training.learners import LIBRARIES, SETS
from leadlight.training.options import Options
from tests.model.trained import light, sample

libraries = pytest.mark.parametrize("family", LIBRARIES)


@libraries
@pytest.mark.parametrize("models", ["{}", "bayes,{}", "all,{}"])
def test_a_model_without_its_library_is_refused_before_any_work(
    family: str, models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, family, None)
    steps: list[str] = []
    with pytest.raises(DependencyError) as refused:
        train(sample(100).leads, Options(models=models.format(family)), observe=steps.append)
    assert refused.value.code == f"no_{family}"
    assert refused.value.hint == f"Install it: pip install 'leadlight[{family}]'"
    assert not steps


@libraries
def test_a_set_leaves_out_what_is_not_installed(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert candidates.names_of("all") == SETS["all"]
    assert candidates.left_out("all") == []
    monkeypatch.setitem(sys.modules, family, None)
    assert candidates.names_of("all") == tuple(name for name in SETS["all"] if name != family)
    assert candidates.names_of("fast") == SETS["fast"]
    assert candidates.left_out("fast") == []
    assert candidates.left_out(["all", "fast"]) == [
        {"name": family, "hint": f"Install it: pip install 'leadlight[{family}]'"}
    ]


def test_the_record_of_a_training_says_what_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETS, "some", ("bayes", "catboost"))
    monkeypatch.setitem(sys.modules, "catboost", None)
    made = train(sample(1000).leads, Options(target="Converted", models="some")).bundle
    assert [each["name"] for each in made.training["candidates"]] == ["bayes"]
    assert [each["name"] for each in made.training["left_out"]] == ["catboost"]


SCORE = """
import builtins, sys

import polars as pl

real = builtins.__import__
BLOCKED = {blocked}


def guarded(name, *more, **others):
    if name.split(".")[0] in BLOCKED:
        raise ImportError(name)
    return real(name, *more, **others)


builtins.__import__ = guarded
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.model.lead_scorer import LeadScorer

made = Bundle.load({path!r})
leads = pl.read_csv({leads!r}, infer_schema=False)
scores = BatchScorer(made, reasons=3).score(leads)
one = LeadScorer(made.scorer).answer(leads.row(0, named=True), 3)
assert one.probability == scores.scores.probability[0]
assert not BLOCKED & set(sys.modules)
print(scores.scores.margin.tobytes().hex())
"""
NEEDED = {"tree": {"lightgbm"}, "forest": {"lightgbm"}}
"""LightGBM is the engine of trees that are too large to be written out."""


@pytest.mark.parametrize("family", ["tree", "forest", "lightgbm", "xgboost", "catboost"])
def test_a_model_scores_without_what_it_was_trained_with(family: str, tmp_path: Path) -> None:
    made, leads = light(family), sample(800).leads.head(200)
    made.save(tmp_path / "model.leadlight")
    leads.write_csv(tmp_path / "leads.csv")
    blocked = {"xgboost", "catboost", "sklearn", "lightgbm"} - NEEDED.get(family, set())
    script = SCORE.format(
        blocked=repr(blocked), path=str(tmp_path / "model.leadlight"), leads=str(tmp_path / "leads.csv")
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == made.scorer.score(leads).margin.tobytes().hex()
