"""Leads of a made-up company and a quick model of them, made once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadlight.data.sample import generate
from tests.cli.calls import call

ROWS = 1_200


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leads")


@pytest.fixture(scope="session")
def leads(home: Path) -> Path:
    """An export in which every lead is decided."""
    path = home / "leads.csv"
    generate(ROWS, 1).leads.write_csv(path)
    return path


@pytest.fixture(scope="session")
def stages(home: Path) -> Path:
    """An export with five stages, four in ten leads open."""
    path = home / "stages.csv"
    generate(ROWS, 2, stages=True).leads.write_csv(path)
    return path


@pytest.fixture(scope="session")
def model(home: Path, leads: Path) -> Path:
    path = home / "model.leadlight"
    answer = call("train", leads, "--models", "logistic", "--folds", "3", "-o", path)
    assert answer.code == 0, answer.err
    return path


@pytest.fixture(scope="session")
def stages_model(home: Path, stages: Path) -> Path:
    path = home / "stages.leadlight"
    words = ("--positive", "Won", "--negative", "Lost", "--models", "logistic", "--folds", "3")
    answer = call("train", stages, *words, "-o", path)
    assert answer.code == 0, answer.err
    return path


@pytest.fixture
def frame(leads: Path) -> pl.DataFrame:
    return pl.read_csv(leads, infer_schema=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
