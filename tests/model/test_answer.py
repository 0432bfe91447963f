"""One answer for one lead, for many, and for a batch: figures, reasons, and what could not be used."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadlight.insight.letter import letter
from leadlight.insight.wording import percent
from leadlight.model.answer import Answer, Reason, displayed
from leadlight.model.polyline import Polyline
from leadlight.model.reasons import CALIBRATION
from leadlight.model.scoring import BatchScorer
from leadlight.ready import Model, load
from tests.model.test_stored_bundles import FAMILIES, LEADS, STORED


@cache
def model(family: str = "glassbox") -> Model:
    return load(STORED / f"{family}.leadlight")


def warned(lead: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["code"]: each for each in model().score_one(lead).warnings}


def test_an_answer_tells_of_what_it_could_not_use() -> None:
    answer = model().score_one({"Visits": "abc", "Lead Sorce": "Google"})
    assert list(answer.unreadable) == ["Visits"]
    assert dict(answer.unknown) == {"Lead Sorce": "Lead Source"}
    assert "Lead Source" in answer.missing
    assert "Visits" not in answer.missing
    assert warned({"Visits": "abc", "Lead Sorce": "Google"})["unknown_fields"]["nearest"] == {
        "Lead Sorce": "Lead Source"
    }


def test_a_column_that_is_there_was_not_meant_by_another_name() -> None:
    assert model().score_one({"Lead Source": "Google", "Lead Sorce": "Google"}).unknown == {
        "Lead Sorce": None
    }


def test_a_whole_lead_has_no_warning() -> None:
    lead = next(each for each in LEADS if all(value is not None for value in each.values()))
    assert model().score_one(lead).warnings == []


@pytest.mark.parametrize("value", [None, "", "Select", float("nan"), "n/a"])
def test_what_says_nothing_is_missing_and_not_unreadable(value: Any) -> None:
    answer = model().score_one({"Visits": value})
    assert "Visits" in answer.missing
    assert not answer.unreadable


@pytest.mark.parametrize("value", ["abc", True, "1,5", "2024-13-45"])
def test_what_is_no_number_is_unreadable(value: Any) -> None:
    batch = BatchScorer(model().bundle).score(pl.DataFrame({"Visits": [str(value)]}))
    assert list(model().score_one({"Visits": value}).unreadable) == ["Visits"]
    assert batch.noticed.unreadable["Visits"] == 1


def test_names_that_no_column_has_cost_little_however_many_they_are() -> None:
    lead = {f"Lead Sorce {number}": 1 for number in range(5_000)}
    assert len(model().score_one(lead).unknown) == len(lead)


@pytest.mark.parametrize("family", FAMILIES)
def test_many_leads_are_answered_as_each_alone(family: str) -> None:
    from leadlight.model.lead_scorer import LeadScorer

    scorer = LeadScorer(model(family).bundle.scorer)
    leads = LEADS[:16]
    many = scorer.answer_inputs(leads, [scorer.read(lead) for lead in leads], 3)
    for lead, answer in zip(leads, many, strict=True):
        alone = scorer.answer(lead, 3)
        assert answer.to_json() | {"reasons": []} == alone.to_json() | {"reasons": []}
        assert [(each.column, each.value) for each in answer.reasons] == [
            (each.column, each.value) for each in alone.reasons
        ]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_has_the_reasons_of_one_lead(family: str) -> None:
    names = dict.fromkeys(column.name for column in model(family).bundle.scorer.schema.columns)
    leads = [{**names, **lead} for lead in LEADS[:16]]
    frame = pl.DataFrame({name: [each[name] for each in leads] for name in names}, strict=False)
    batch = BatchScorer(model(family).bundle, reasons=3).score(frame)
    assert batch.reasons is not None
    for row, (lead, reasons) in enumerate(zip(leads, batch.reasons.to_lists(), strict=True)):
        alone = model(family).score_one(lead, reasons=3).reasons
        assert [(each.column, each.value) for each in reasons] == [
            (each.column, each.value) for each in alone
        ]
        texts = [batch.frame[f"reason_{k}"][row] for k in (1, 2, 3)]
        assert [each.text for each in reasons] == [text for text in texts if text]


def test_the_calibration_is_no_reason_of_a_lead_but_a_factor_of_an_explanation() -> None:
    lift = Polyline.fit(np.array([-3.0, 0.0, 3.0]), np.array([-0.5, 0.4, 0.9]))
    bundle = model().bundle
    calibrator = replace(bundle.scorer.calibrator, lift=lift)
    bent = Model(bundle.with_scorer(replace(bundle.scorer, calibrator=calibrator)))
    for lead in LEADS:
        assert CALIBRATION not in [each.column for each in bent.score_one(lead, reasons=100).reasons]
        found = bent.explain(lead)
        assert found.reasons[-1].column == CALIBRATION
        odds = found.base_odds * math.prod(each.odds for each in found.reasons)
        assert odds == pytest.approx(found.answer.probability / (1 - found.answer.probability), rel=1e-9)
    listed = bent.score(pl.DataFrame(LEADS[:8]), reasons=100)
    assert not [
        name
        for name in listed.columns
        if listed[name].dtype == pl.String and listed[name].str.starts_with(CALIBRATION).any()
    ]


@pytest.mark.parametrize("share", [0.0015, 0.0025, 0.0035, 0.00449999, 0.0005, 0.9915, 1e-9])
def test_a_score_is_rounded_in_one_way(share: float) -> None:
    answer = Answer(share, share, share, "cold", False)
    assert percent(share) == f"{displayed(share)} %"
    assert answer.score == displayed(share)


def test_a_reason_is_kept_short_and_comes_back() -> None:
    reason = Reason("Visits: odds x 2", "= 5: odds x 9", 0.1 + 0.2)
    assert Reason.from_stored(json.loads(json.dumps(reason.to_stored()))) == reason
    assert Reason.from_stored("Visits = 5: odds x 1.5") == "Visits = 5: odds x 1.5"


def told(reasons: list[dict[str, Any]]) -> str:
    score = {
        "at": "2026-01-01T10:00:00",
        "model": "m",
        "score": 12.0,
        "low": 0.1,
        "high": 0.2,
        "grade": "hot",
        "reasons": reasons,
        "would_change_it": [],
    }
    lead = {
        "id": "a",
        "source": "form",
        "first_seen": "2026-01-01T",
        "last_changed": "2026-01-01T",
        "objected": False,
        "fields": {},
        "scores": [score],
        "overrides": [],
        "events": [],
        "contacts": [],
        "outcomes": [],
    }
    return letter(
        {
            "made": "2026-01-02T",
            "leads": [lead],
            "models": [],
            "dead_letters": [],
            "forgotten": False,
            "recipients": {"programs": [], "people": {}},
        }
    )


def test_the_letter_takes_a_reason_as_it_is() -> None:
    """A value that looks like the text of a factor is not read as one."""
    odd = Reason("Visits", "9: odds x 0.1", 2.5)
    text = told([odd.to_json()])
    assert "“Visits = 9: odds x 0.1” makes it more likely: the odds times 2.5" in text
    assert "Visits = 5: odds x 1.5" in told([{"text": "Visits = 5: odds x 1.5"}])
    assert math.isclose(odd.odds, 2.5)
