"""Models that an earlier version made keep loading, and score bit for bit as they did then.

`tests/fixtures/bundles` holds a bundle of each family, made at 8a14b10 of 700 leads of the sample with few
rounds, some leads (`leads.json`) and what that version answered for each of them (`FAMILY.json`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from leadlight.model.reasons import CALIBRATION
from leadlight.ready import load
from tests.conftest import ROOT

STORED: Final = ROOT / "tests" / "fixtures" / "bundles"
FAMILIES: Final = sorted(path.stem for path in STORED.glob("*.leadlight"))
FIGURES: Final = ("probability", "low", "high", "score", "grade", "call")
LEADS: Final[list[dict[str, Any]]] = json.loads((STORED / "leads.json").read_text("utf-8"))
EVERY: Final = 100


def answered(family: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((STORED / f"{family}.json").read_text("utf-8"))
    return found


def test_every_family_is_stored() -> None:
    from leadlight.training.learners import FAMILIES as LEARNT

    assert {*LEARNT} <= {*FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_one_lead_scores_as_it_did(family: str) -> None:
    model = load(STORED / f"{family}.leadlight")
    for lead, then in zip(LEADS, answered(family), strict=True):
        one = model.score_one(lead)
        assert {name: getattr(one, name) for name in FIGURES} == {name: then[name] for name in FIGURES}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_reasons_are_those_that_were_given(family: str) -> None:
    model = load(STORED / f"{family}.leadlight")
    for lead, then in list(zip(LEADS, answered(family), strict=True))[::4]:
        found = {
            each.column: (each.value, each.odds) for each in model.score_one(lead, reasons=EVERY).reasons
        }
        for column, value, odds in then["reasons"]:
            if column != CALIBRATION:
                assert found[column] == (value, pytest.approx(odds, rel=1e-12))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_scores_as_it_did(family: str) -> None:
    model, then = load(STORED / f"{family}.leadlight"), answered(family)
    names = dict.fromkeys(column.name for column in model.bundle.scorer.schema.columns)
    found = model.score([{**names, **lead} for lead in LEADS])
    assert found["probability"].to_list() == [each["probability"] for each in then]
    assert found["grade"].to_list() == [each["grade"] for each in then]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_bytes_are_those_that_were_stored(family: str) -> None:
    """Saved again it is the same file, so that its name, which scores carry, stays."""
    path: Path = STORED / f"{family}.leadlight"
    assert load(path).bundle.to_bytes() == path.read_bytes()
    load(path).bundle.check()
