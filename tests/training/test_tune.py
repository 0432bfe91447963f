"""Tuning: other settings are taken only where they are surely better, and it can be interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadlight.data.sample import generate
from leadlight.data.split import Fold
from leadlight.errors import ConfigError, OutputError
from leadlight.model.metrics import auc
from leadlight.training.candidates import CodedFold, FoldedLeads
from leadlight.training.difference import paired_standard_error
from leadlight.training.evaluate import FIGURES
from leadlight.training.fit import Trained, train
from leadlight.training.learners import FAMILIES, SPACES
from leadlight.training.learners.settings import Span
from leadlight.training.options import Options
from leadlight.training.recipe import Recipe
from leadlight.training.study import Study, Trial
from leadlight.training.tune import Bench, Tuned, luck, tune
from tests.training.planted import coded, planted_leads

TRIALS = 4


@cache
def leads(rows: int = 500, seed: int = 1) -> pl.DataFrame:
    return planted_leads(rows, seed, noises=3)


def tuned(
    study: Path | None = None, trials: int = TRIALS, family: str = "logistic", **asked: object
) -> Trained:
    asked = {"models": [family], "tune": trials, "study": study, "folds": 3, "refit": False, **asked}
    return train(leads(), Options(target="Converted", **asked))  # type: ignore[arg-type]


@cache
def whole() -> bytes:
    return tuned().bundle.to_bytes()


def test_the_trials_begin_with_the_default_and_are_told() -> None:
    found = tuned().bundle.training["tuning"]["families"][0]
    assert [trial["number"] for trial in found["trials"]] == list(range(TRIALS + 1))
    assert found["trials"][0]["settings"] == {}
    assert found["adopted"] == (found["gain"] > found["needed"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The study of a tuning that nothing interrupted."""
    study = tmp_path_factory.mktemp("finished") / "a.study"
    assert tuned(study).bundle.to_bytes() == whole()
    return study.read_bytes()


def test_a_study_changes_nothing_and_holds_every_trial(finished: bytes) -> None:
    assert len(finished.splitlines()) == TRIALS + 2


def tried(times: int, *, told: bool) -> Tuned:
    """Trials on folds in which the last held-out leads are there so many times; learnt from once."""
    codes, outcome, encoder = coded(leads(600))
    rows = np.append(np.arange(600), np.repeat(np.arange(580, 600), times - 1))
    folds, number = [], np.arange(600) % 2
    coded_folds = []
    for held in range(2):
        train, validation = np.flatnonzero(number != held), np.flatnonzero(number[rows] == held)
        folds.append(Fold(train, validation))
        coded_folds.append(CodedFold(encoder, codes[train], outcome[train], codes[rows[validation]]))
    part = FoldedLeads(
        leads(600)[rows.tolist()], outcome[rows], folds, rows if told else np.arange(len(rows))
    )
    bench = Bench(part, coded_folds, "auc")
    return tune(Recipe("logistic"), bench, Study(), 3, lambda: True)[0]


def test_trials_look_once_at_leads_that_are_equal() -> None:
    """Thirty times the same lead is not thirty leads: neither in a trial's figure nor in what was gained."""
    once, often, taken_apart = tried(1, told=True), tried(30, told=True), tried(30, told=False)
    assert once.trials == often.trials != taken_apart.trials
    assert (once.gain, once.error) == (often.gain, often.error)
    assert (once.gain, once.error) != (taken_apart.gain, taken_apart.error)


@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        pytest.param(kept, broken, marks=[] if (kept - number) % 3 == 0 else pytest.mark.long)
        for number, broken in enumerate([b"", b'{"family": "logi', b"\xff\xfe"])
        for kept in range(1, TRIALS + 2)
    ],
)
def test_an_interrupted_tuning_ends_with_the_same_model(
    tmp_path: Path, finished: bytes, kept: int, broken: bytes
) -> None:
    """Whatever line it was interrupted in."""
    study = tmp_path / "a.study"
    lines = finished.splitlines(keepends=True)
    study.write_bytes(b"".join(lines[:kept]) + broken)
    assert tuned(study).bundle.to_bytes() == whole()
    assert study.read_bytes().splitlines(keepends=True) == lines


@pytest.mark.parametrize("cut", [0, 1, 20])
def test_a_study_that_was_interrupted_in_its_first_line_begins_anew(
    tmp_path: Path, finished: bytes, cut: int
) -> None:
    study = tmp_path / "a.study"
    study.write_bytes(finished[:cut])
    assert tuned(study).bundle.to_bytes() == whole()


def test_fewer_trials_are_the_first_of_more(tmp_path: Path, finished: bytes) -> None:
    study = tmp_path / "a.study"
    study.write_bytes(finished)
    assert tuned(study, trials=2).bundle.to_bytes() == tuned(trials=2).bundle.to_bytes()


@pytest.mark.parametrize(
    "other",
    [{"metric": "log_loss"}, {"seed": 5}, {"folds": 4}, {"balance": "weights"}, {"drop": ("Visits",)}],
    ids=str,
)
def test_the_study_of_another_tuning_is_refused(
    tmp_path: Path, finished: bytes, other: dict[str, object]
) -> None:
    study = tmp_path / "a.study"
    study.write_bytes(finished)
    with pytest.raises(ConfigError) as caught:
        tuned(study, **other)
    assert caught.value.code == "other_study"
    assert str(study) in str(caught.value.where)
    assert study.read_bytes() == finished


TRIAL = {"family": "logistic", "number": 0, "settings": {}, "values": [0.5], "complete": True}
HEAD = b'{"format": 1, "fingerprint": "f"}\n'


@pytest.mark.parametrize(
    "content",
    [
        b"hello\n",
        b"5\n",
        b"[]\n",
        b"\n",
        HEAD + b"5\n",
        HEAD + b"{}\n",
        HEAD + json.dumps({**TRIAL, "values": []}).encode() + b"\n",
        HEAD + json.dumps({**TRIAL, "values": [float("nan")]}).encode() + b"\n",
        HEAD + json.dumps({**TRIAL, "number": 2}).encode() + b"\n",
        HEAD + 2 * (json.dumps(TRIAL).encode() + b"\n"),
        HEAD + b"[" * 100_000 + b"\n",
    ],
    ids=range(11),
)
def test_a_file_that_is_no_study_is_refused_and_left(tmp_path: Path, content: bytes) -> None:
    study = tmp_path / "a.study"
    study.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        Study.open(study, "f")
    assert caught.value.code == "other_study"
    assert study.read_bytes() == content


def test_a_study_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    study = Study.open(tmp_path / "nowhere" / "a.study", "f")
    with pytest.raises(OutputError):
        study.with_trial(Trial("logistic", 0, {}, (0.5,), complete=True))


@pytest.mark.parametrize("metric", FIGURES)
def test_every_metric_can_be_tuned_by(metric: str) -> None:
    found = tuned(metric=metric, trials=1).bundle.training["tuning"]
    assert found["metric"] == metric
    assert np.isfinite([trial["value"] for trial in found["families"][0]["trials"]]).all()


def test_no_trial_begins_when_time_is_up() -> None:
    ticks = iter(range(10_000))
    asked = Options(target="Converted", models=["logistic"], tune=50, tune_minutes=0.1, folds=3)
    found = train(leads(), asked, clock=lambda: float(next(ticks))).bundle.training["tuning"]
    assert 1 <= len(found["families"][0]["trials"]) < 15


def test_a_family_with_nothing_to_set_is_not_tuned() -> None:
    assert tuned(family="bayes").bundle.training["tuning"] is None


@pytest.mark.long
@pytest.mark.parametrize("family", SPACES)
def test_every_setting_can_be_learnt_with(family: str) -> None:
    """Both ends of every span, and every choice, with all the rounds (few: in the contract of learners)."""
    codes, outcome, encoder = coded(leads(300))
    for settings in ends(family):
        learner = FAMILIES[family](codes, outcome, encoder, settings=settings)
        assert np.isfinite(learner.margin(codes)).all()


def ends(family: str) -> list[dict[str, object]]:
    space = SPACES[family]
    if isinstance(space, tuple):
        return [dict(each) for each in space]
    sides = {
        name: (each.low, each.high) if isinstance(each, Span) else (each[0], each[-1])
        for name, each in space.items()
    }
    return [{name: side[k] for name, side in sides.items()} for k in (0, 1)]


def test_the_grid_of_the_logistic_regression_has_every_solver_and_penalty() -> None:
    grid = SPACES["logistic"]
    assert {each["solver"] for each in grid} == {"liblinear", "lbfgs", "saga"}  # type: ignore[index]
    assert {each["penalty"] for each in grid} >= {"l1", "l2"}  # type: ignore[index]
    assert len({each["C"] for each in grid}) >= 5  # type: ignore[index]


@pytest.mark.filterwarnings("error")
def test_the_whole_grid_is_learnt_without_a_warning() -> None:
    codes, outcome, encoder = coded(generate(1_500, 3, positives=0.05).leads)
    for settings in SPACES["logistic"]:
        FAMILIES["logistic"](codes, outcome, encoder, settings=settings)  # type: ignore[arg-type]


def test_the_luckiest_of_more_is_farther_ahead() -> None:
    assert luck(0) == 0
    assert luck(1) == pytest.approx(0)
    assert 1.8 < luck(20) < 1.95
    assert luck(5) < luck(20) < luck(200)


def worlds(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    if seed % 2:
        return generate(2_000, seed).leads, generate(10_000, seed + 50).leads
    return planted_leads(1_500, seed), planted_leads(10_000, seed + 50)


def is_never_worse(family: str, seed: int, trials: int) -> bool:
    """Whether tuning costs at most one standard error on fresh leads."""
    learnt, fresh = worlds(seed)
    options = Options(target="Converted", models=[family], seed=seed, refit=False, test="random")
    default = train(learnt, options).bundle.scorer.score(fresh).margin
    other = train(learnt, replace(options, tune=trials)).bundle.scorer.score(fresh).margin
    won = fresh["Converted"].to_numpy().astype(float)
    gap = auc(won, default) - auc(won, other)
    return bool(gap <= paired_standard_error(won, other, default))


@pytest.mark.parametrize("seed", [1, 2])
def test_tuned_is_never_worse_than_the_default_by_more_than_a_standard_error(seed: int) -> None:
    assert is_never_worse("logistic", seed, 8)


@pytest.mark.long
@pytest.mark.parametrize("family", SPACES)
def test_tuned_is_never_worse_than_the_default_in_any_family(
    family: str, count: Callable[[int], int]
) -> None:
    """Twenty trials on six seeds in the proof; chance alone puts one in six a standard error behind."""
    least = 3 if family in ("catboost", "neural") else 6
    seeds = range(1, 1 + max(count(6), 3))
    worse = sum(not is_never_worse(family, seed, max(least, count(20))) for seed in seeds)
    assert worse <= len(seeds) // 3
