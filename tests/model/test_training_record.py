"""The training record: every name of the JSON is a field, and the JSON comes back as it went in."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from leadlight.errors import BundleError
from leadlight.model.bundle import Bundle
from leadlight.model.training_record import NAMES, TrainingRecord
from tests.insight import pages

STORED = sorted((Path(__file__).parents[1] / "fixtures" / "bundles").glob("*.leadlight"))


@cache
def fresh() -> Bundle:
    return pages.trained("logistic", "glassbox").bundle


@cache
def plain() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(fresh().record.to_json()))
    return found


def test_a_training_names_fields_alone_and_all_but_those_of_other_ways_to_train() -> None:
    assert set(NAMES) - set(plain()) == {"early", "rules", "policy", "events", "maturity"}
    assert set(plain()) <= set(NAMES)
    assert TrainingRecord.from_json(plain()).more == {}


def test_a_read_record_says_what_the_made_one_says() -> None:
    made, read = fresh().record, TrainingRecord.from_json(plain())
    assert read.to_json() == plain()
    assert read.split == made.split
    assert read.rows == made.rows
    assert list(read.candidates) == list(made.candidates)
    assert list(read.findings) == list(made.findings)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_bundle_is_written_as_it_was_read(path: Path) -> None:
    data = path.read_bytes()
    bundle = Bundle.from_bytes(data)
    assert bundle.to_bytes() == data
    assert set(bundle.training) <= set(NAMES)


def test_what_an_older_or_newer_version_wrote_comes_back_as_it_was() -> None:
    """Names that lack stay away, unknown ones stay, in the record and within its parts."""
    newer = {**plain(), "weather": {"rain": True}, "split": {**plain()["split"], "moons": 2}}
    older = {name: value for name, value in plain().items() if name not in ("leaks", "balance", "findings")}
    for given in (newer, older, {}):
        assert TrainingRecord.from_json(given).to_json() == given
    assert TrainingRecord.from_json(older).findings == ()
    assert TrainingRecord.from_json(newer).split.train_rows == fresh().record.split.train_rows


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("chosen", 3),
        ("seed", True),
        ("seed", "0"),
        ("refit", 1),
        ("train", []),
        ("settings", None),
        ("candidates", [{"name": "bayes"}]),
        ("candidates", {"name": "bayes"}),
        ("split", {"by": "time", "folds": "5"}),
        ("findings", "nonsense"),
        ("rows", {"in": "many"}),
        ("rows", {"in": True}),
        ("importance", {"Source": "much"}),
        ("leaks", {"columns": [1], "family": "bayes", "auc": 0.5, "without": 0.5}),
        ("early", {"won": 1}),
        ("tally", "nonsense"),
    ],
)
def test_an_odd_type_is_refused_and_the_part_named(name: str, odd: Any) -> None:
    with pytest.raises(BundleError) as refusal:
        TrainingRecord.from_json({**plain(), name: odd})
    assert name in str(refusal.value)
