"""What the report says of selection, tuning and balancing, from records as training writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadlight.insight.page import ReportPage, written
from leadlight.insight.report import report
from leadlight.model.training_record import TrainingRecord
from tests.insight import pages

SELECTION = {
    "method": "shap",
    "folds": 3,
    "columns": [
        {"column": "Visits", "kept": True, "strength": 2.5, "in_folds": 3},
        {"column": "Industry", "kept": True, "strength": 1.0, "in_folds": 1},
        {"column": "Newsletter", "kept": False, "strength": 0.0, "in_folds": 0},
    ],
}
BALANCE = {
    "method": "weights",
    "balanced": {"auc": 0.8012, "ece": 0.021, "recall": 0.71},
    "none": {"auc": 0.8034, "ece": 0.019, "recall": 0.69},
    "auc_difference": {"difference": -0.0022, "low": -0.004, "high": 0.001, "standard_error": 0.0011},
}


def family(*, adopted: bool = False, best: int = 3) -> dict[str, Any]:
    values = [0.80, 0.79, 0.795, 0.81 if best == 3 else 0.798, 0.70, 0.799]
    trials = [
        {
            "number": number,
            "settings": {}
            if number == 0
            else {"C": 0.01 * 10 ** (number % 3), "solver": ("lbfgs", "saga")[number % 2]},
            "value": value,
            "complete": number != 4,
        }
        for number, value in enumerate(values)
    ]
    return {
        "family": "logistic",
        "adopted": adopted,
        "settings": {},
        "gain": 0.01,
        "needed": 0.002 if adopted else 0.02,
        "importance": {"C": 0.7, "solver": 0.3},
        "trials": trials,
    }


def tuned(metric: str = "auc", **asked: Any) -> dict[str, Any]:
    return {"metric": metric, "trials": 5, "families": [family(**asked)]}


def page_with(**more: Any) -> ReportPage:
    bundle = pages.trained("logistic", "glassbox").bundle
    return report(replace(bundle, record=TrainingRecord.from_json({**bundle.training, **more})))


def titles(page: ReportPage) -> dict[str, str]:
    return {figure.name: figure.title for figure in page.figures}


def test_nothing_is_said_of_what_was_not_asked_for() -> None:
    page = page_with(selection=None, tuning=None, balance=None)
    assert "choosing" not in {section.name for section in page.sections}


def test_all_of_it_at_once() -> None:
    page = page_with(selection=SELECTION, tuning=tuned(), balance=BALANCE)
    text = pages.check_page(written(page)).text
    assert "changed the AUC from 0.8034 to 0.8012 (difference -0.0022" in text
    assert "the recall at the line from 69 % to 71 %" in text
    found = titles(page)
    assert found["selection"].startswith("Of 3 columns 2 were kept by shap, 1 of them in each of 3 folds")
    assert found["mattered-1"].endswith("“C” mattered most (70 %).")
    assert {"tuning-1", "setting-1-1", "setting-1-2"} <= found.keys()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"adopted": True}, "the best of 5 trials reaches AUC 0.8100, the default 0.8000; ahead by 0.0100"),
        ({"adopted": True}, "they were taken."),
        ({"adopted": False}, "where luck alone would explain 0.0200: the default stays."),
        ({"best": 0}, "none of 5 trials is better than the default (AUC 0.8000)."),
        ({"metric": "log_loss"}, "reaches log loss 0.7900"),
    ],
)
def test_what_tuning_came_to(asked: dict[str, Any], said: str) -> None:
    assert said in titles(page_with(tuning=tuned(**asked)))["tuning-1"]


def test_the_best_so_far_never_counts_what_was_given_up() -> None:
    page = page_with(tuning=tuned(metric="log_loss"))
    chart = next(figure for figure in page.figures if figure.name == "tuning-1").chart.to_dict()
    rows = (chart.get("data") or chart["layer"][0]["data"])["values"]
    assert [row["best"] for row in rows] == [0.8, 0.79, 0.79, 0.79, 0.79, 0.79]


def test_a_family_without_trials_is_left_out() -> None:
    empty = {**family(), "trials": family()["trials"][:1], "importance": {}}
    page = page_with(tuning={"metric": "auc", "trials": 5, "families": [empty]})
    assert not any(name.startswith("tuning") for name in titles(page))


@pytest.mark.parametrize(("strongest", "kind"), [(6.0, None), (400.0, "symlog")])
def test_one_strong_column_does_not_squeeze_the_rest(strongest: float, kind: str | None) -> None:
    columns = [
        {**row, "strength": strongest if row["column"] == "Visits" else row["strength"]}
        for row in SELECTION["columns"]
    ]
    page = page_with(selection={**SELECTION, "columns": columns})
    chart = next(figure for figure in page.figures if figure.name == "selection").chart.to_dict()
    assert chart["layer"][1]["encoding"]["x"].get("scale", {}).get("type") == kind


def test_settings_are_shown_in_plain_figures() -> None:
    """Twenty is 20, not 2e+1."""
    tuning = tuned()
    for trial in tuning["families"][0]["trials"][1:]:
        trial["settings"] = {"C": 20.0 * trial["number"]}
    text = pages.check_page(written(page_with(tuning=tuning))).text
    assert "e+" not in text
