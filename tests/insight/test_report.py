"""The report on a model: its numbers are those of the record."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from leadlight.errors import BundleError, ColumnError
from leadlight.insight.card import card
from leadlight.insight.explore.counts import LEAST
from leadlight.insight.page import Figure, ReportPage, written
from leadlight.insight.report import report
from leadlight.insight.report.given import Given
from leadlight.insight.wording import decimal, percent, with_decimals
from leadlight.model import metrics
from leadlight.model.grade import PolicyOutcome
from leadlight.model.policy import Policy
from leadlight.model.regrade import outcome_on_test, regraded
from leadlight.model.training_record import TrainingRecord
from leadlight.training.evaluate import Evaluation, HistogramBar
from leadlight.training.fit import Trained, train
from leadlight.training.options import Options
from tests.insight import pages
from tests.model.trained import light, sample

SECTIONS = [
    "grades",
    "rows",
    "candidates",
    "ranking",
    "promise",
    "thresholds",
    "contributions",
    "tables",
    "boundary",
    "honesty",
    "segments",
    "findings",
]
FIGURES = {
    "grades",
    "confusion",
    "candidates",
    "roc",
    "precision-recall",
    "gains",
    "lift",
    "reliability",
    "histogram",
    "thresholds",
    "outcomes",
    "importance",
    "swarm",
    "odds-ratios",
    "shape-1",
    "boundary",
    "parts",
    "folds",
    "split",
    "leaks",
    "segment-1",
    "by-time",
}


def figure(page: ReportPage, name: str) -> Figure:
    return next(each for each in page.figures if each.name == name)


def test_every_section_and_figure_is_there() -> None:
    page = pages.reporting()
    assert [section.name for section in page.sections] == SECTIONS
    assert {each.name for each in page.figures} >= FIGURES


def test_what_a_bundle_alone_cannot_show_is_said() -> None:
    page = pages.reporting(with_leads=False)
    assert [section.name for section in page.sections] == SECTIONS
    names = {each.name for each in page.figures}
    assert names >= FIGURES - {"swarm", "segment-1", "by-time"}
    assert not names & {"swarm", "segment-1", "by-time"}
    text = pages.check_page(pages.reported(with_leads=False)).text
    assert "Give leads whose outcome is known" in text


def test_the_sentences_hold_the_numbers_of_the_record() -> None:
    page, bundle = pages.reporting(), pages.trained("logistic", "glassbox").bundle
    record = bundle.training
    test, line = record["test"], outcome_on_test(bundle)
    auc = with_decimals(test["auc"], test["auc_low"], test["auc_high"])
    assert auc in page.summary[1]
    assert f"{percent(line.recall.value)} of all who buy" in page.summary[2]
    assert f"{percent(line.precision.value)} of the called buy" in page.summary[2]
    assert auc in figure(page, "roc").title
    assert f"{line.called_conversions:,} sales called" in figure(page, "confusion").title
    best = test["deciles"][0]
    assert f"hold {percent(best['total_gain'])} of the sales" in figure(page, "gains").title
    assert f"{decimal(best['lift'], 1)} times" in figure(page, "lift").title
    assert f"{percent(test['reliability'][-1]['observed'])} were won" in figure(page, "reliability").title
    meeting = test["meeting"]
    said = figure(page, "thresholds").title
    assert f"at a probability of {decimal(meeting['threshold'], 2)}" in said
    assert percent(meeting["precision"]) in said
    assert percent(meeting["recall"]) in said
    parts = figure(page, "parts").title
    assert all(decimal(record[part]["auc"]) in parts for part in ("train", "validation", "test"))
    folds = record["validation"]["folds"]["auc"]
    assert f"from {decimal(folds['lowest'])} to {decimal(folds['highest'])}" in figure(page, "folds").title
    assert decimal(record["split"]["random"]["auc"]) in figure(page, "split").title
    leaks = figure(page, "leaks").title
    assert decimal(record["leaks"]["auc"]) in leaks
    assert decimal(record["leaks"]["without"]) in leaks
    strongest = record["coefficients"][0]
    assert f"“{strongest['column']}” = “{strongest['value']}”" in figure(page, "odds-ratios").title


def test_rows_are_accounted_for() -> None:
    rows = pages.trained("logistic", "glassbox").bundle.training["rows"]
    text = pages.Read.of(pages.reported()).text
    assert f"{rows['in']:,} rows = {rows['used']:,} decided + {rows['open']:,} open" in text
    assert "Call Result" in text
    assert text.count("Two or more kinds of evidence") == 1


def test_the_curves_are_those_of_the_test_leads() -> None:
    """The area under the drawn ROC is the AUC of the record, but for groups of 20."""
    points = figure(pages.reporting(), "roc").chart.to_dict()["layer"][1]["data"]["values"]
    x, y = ([point[axis] for point in points] for axis in "xy")
    auc = pages.trained("logistic", "glassbox").bundle.training["test"]["auc"]
    assert auc - 0.015 < float(np.trapezoid(y, x)) <= auc


def test_grades_follow_a_policy_set_anew() -> None:
    bundle = regraded(
        pages.trained("logistic", "glassbox").bundle, Policy.cuts(0.7, 0.3).named("A", "B", "C")
    )
    page = report(bundle)
    assert figure(page, "grades").title.startswith("A: ")
    assert "a score of 70.0" in pages.Read.of(written(page)).text


def test_the_rule_of_twenty_holds() -> None:
    """Neither rare values, nor people, nor groups of fewer than 20 leads."""
    text = pages.Read.of(pages.reported()).text
    leads = pages.leads()
    assert pages.RARE not in text
    for name in ("Lead ID", "Name", "E-mail", "Phone"):
        values = [value for value in leads[name].drop_nulls().unique().to_list() if len(value) > 5]
        assert not [value for value in values if value in text], name
    for each in pages.reporting().figures:
        table = each.numbers
        if (
            table is not None
            and "leads" in table.head
            and each.name.startswith(("segment", "by-time", "reliab"))
        ):
            place = table.head.index("leads")
            assert all(int(row[place].replace(",", "")) >= LEAST for row in table.rows), each.name


def test_segments_hold_what_came_true() -> None:
    made = pages.trained("logistic", "glassbox").bundle
    given = Given.of(made, pages.leads())
    decided = given.raw.with_columns(won=pl.Series(given.outcome), chance=pl.Series(given.scores.probability))
    table = next(
        each
        for each in pages.reporting().figures
        if "“Lead Source”" in each.title and each.name.startswith("segment")
    ).numbers
    column = made.scorer.schema["Lead Source"]
    google = decided.filter(column.read(decided["Lead Source"]) == "google")
    row = next(row for row in table.rows if row[0].lower() == "google")
    assert row[1] == f"{google.height:,}"
    assert row[2] == percent(google["chance"].mean())
    assert row[3] == percent(google["won"].mean())


def test_the_tested_scorer_shows_the_test_leads() -> None:
    made = pages.trained("logistic", "glassbox")
    leads = made.prepared.raw[made.prepared.testing.tolist()]
    given = Given.of(made.bundle, leads, made.tested)
    assert metrics.auc(given.outcome, given.scores.margin) == pytest.approx(
        made.bundle.training["test"]["auc"]
    )
    page = report(made.bundle, leads, tested=made.tested, seconds={"logistic": 0.5, "glassbox": 1.25})
    assert (
        "glass box (1.2)" in figure(page, "seconds").title
        or "glass box (1.3)" in figure(page, "seconds").title
    )
    assert "the tested model" in pages.Read.of(written(page)).text


@pytest.mark.parametrize("family", ["bayes", "lightgbm", "neural"])
def test_other_families(family: str) -> None:
    """A model that is no glass box has no tables, but all else."""
    page = pages.reporting((family,))
    names = [section.name for section in page.sections]
    assert ("tables" in names) == (family == "bayes")
    assert figure(page, "importance").numbers is not None
    pages.check_page(written(page))


@pytest.mark.parametrize("family", ["tree", "forest", "xgboost", "catboost"])
def test_trees_of_any_size_are_explained(family: str) -> None:
    page = report(light(family), sample(800).leads)
    assert figure(page, "importance").numbers is not None
    for name in ("swarm", "boundary"):
        assert figure(page, name).title
    pages.check_page(written(page))


def test_the_boundary_runs_over_any_two_columns() -> None:
    bundle = pages.trained("logistic", "glassbox").bundle
    page = report(bundle, over=("Industry", "Visits"))
    assert "“Industry” and “Visits”" in figure(page, "boundary").title
    with pytest.raises(ColumnError) as caught:
        report(bundle, over=("Nowhere", "Visits"))
    assert caught.value.code == "no_boundary"


def test_the_boundary_calls_as_the_scorer_does() -> None:
    """A lead with the values of a field gets the probability that the field shows."""
    bundle = pages.trained("logistic", "glassbox").bundle
    cells = figure(report(bundle), "boundary").chart.to_dict()
    values = (cells["layer"][0] if "layer" in cells else cells)["data"]["values"]
    assert 0 < min(each["probability"] for each in values) < max(each["probability"] for each in values) < 1


def test_leads_without_outcomes_are_shown_without_being_judged() -> None:
    bundle = pages.trained("logistic", "glassbox").bundle
    leads = pages.leads().filter(pl.col("Stage").is_in(["New", "Working", "Qualified"]))
    page = report(bundle, leads)
    assert "swarm" in {each.name for each in page.figures}
    assert "too few of them have an outcome to judge by" in pages.Read.of(written(page)).text


def test_leads_that_lack_a_column_are_refused() -> None:
    with pytest.raises(ColumnError):
        report(pages.trained("logistic", "glassbox").bundle, pages.leads().drop("Industry"))


@pytest.mark.parametrize("gone", ["test", "tally", "candidates", "rows", "findings", "split", "excluded"])
def test_a_record_that_is_not_whole_is_refused(gone: str) -> None:
    bundle = pages.trained("logistic", "glassbox").bundle
    training = {name: value for name, value in bundle.training.items() if name != gone}
    with pytest.raises(BundleError):
        report(replace(bundle, record=TrainingRecord.from_json(training)))
    with pytest.raises(BundleError):
        report(replace(bundle, record=TrainingRecord.from_json({**bundle.training, gone: "nonsense"})))


@pytest.mark.parametrize("gone", ["importance", "coefficients", "leaks"])
def test_an_older_record_makes_a_report_without_what_it_lacks(gone: str) -> None:
    bundle = pages.trained("logistic", "glassbox").bundle
    training = {name: value for name, value in bundle.training.items() if name != gone}
    pages.check_page(written(report(replace(bundle, record=TrainingRecord.from_json(training)))))


@pytest.mark.long
def test_the_reports_of_x_education_are_small(xeducation, record_property) -> None:
    """Both in one file each, well under five megabytes."""
    from leadlight import api, leads
    from leadlight.insight.explore import explore
    from leadlight.training import inspection

    wanted = api.options(xeducation, target="Converted", models=["glassbox", "logistic"])
    made = api.trained(xeducation, wanted)
    raw = leads.read(xeducation)
    for name, page in (
        ("report", report(made.bundle, raw)),
        ("inspect", explore(raw, inspection.inspect(raw, wanted))),
    ):
        text = written(page)
        pages.check_page(text)
        size = len(text.encode())
        record_property(f"x education: size of the {name} page in megabytes", size / 1e6)
        assert size < 5_000_000


@pytest.mark.parametrize(
    ("metric", "better", "words"),
    [
        ("auc", 1, "too little more to give up the simpler one"),
        ("auc", 0, "but less where equal leads count once"),
        ("log_loss", 0, "but less by log loss"),
    ],
)
def test_why_another_candidate_was_not_taken(metric: str, better: int, words: str) -> None:
    """Candidates are kept simplest first; what is shown is of all leads, whatever they were compared by."""
    bundle = pages.trained("logistic", "glassbox").bundle
    rows = [dict(row) for row in bundle.training["candidates"]]
    rows[better]["auc"] = rows[1 - better]["auc_high"] = 0.99
    changed = {"metric": metric, "candidates": rows, "chosen": rows[1 - better]["name"]}
    page = report(replace(bundle, record=TrainingRecord.from_json({**bundle.training, **changed})))
    assert f"reached 0.990, {words}" in figure(page, "candidates").title


def test_an_ensemble_says_what_it_is_made_of() -> None:
    bundle = pages.trained("logistic", "glassbox").bundle
    rows = [*bundle.training["candidates"], {**bundle.training["candidates"][0], "name": "ensemble"}]
    made_of = {"logistic": 0.25, "glassbox": 0.75, "glassbox.rounds": 100}
    changed = {"candidates": rows, "chosen": "ensemble", "settings": made_of}
    made = replace(bundle, record=TrainingRecord.from_json({**bundle.training, **changed}))
    text = pages.Read.of(written(report(made))).text
    assert "averages the log-odds of its members: a glass box 75 % and logistic regression 25 %." in text


@cache
def tied() -> Trained:
    """A model of one column of three levels: many leads have the same score."""
    rows = 5000
    dice = np.random.Generator(np.random.PCG64(3))
    level = dice.integers(0, 3, rows)
    won = dice.random(rows) < np.array([0.2, 0.4, 0.6])[level]
    frame = pl.DataFrame({"Source": np.array(["web", "fair", "friend"])[level], "won": won.astype(int)})
    return train(frame, Options(target="won", models=["bayes"]))


def test_equal_scores_are_one_step_of_every_curve() -> None:
    page, test = report(tied().bundle), tied().bundle.training["test"]
    points = figure(page, "roc").chart.to_dict()["layer"][1]["data"]["values"]
    assert len(points) == 4
    area = float(np.trapezoid([point["y"] for point in points], [point["x"] for point in points]))
    assert area == pytest.approx(test["auc"], abs=1e-6)
    assert [grade.leads for grade in outcome_on_test(tied().bundle).grades] == [
        grade.leads for grade in _exact(tied()).grades
    ]
    first = test["deciles"][0]
    assert first["total_share"] > 0.2
    assert f"The best {percent(first['total_share'])} buy" in figure(page, "lift").title


def _exact(made: Trained) -> PolicyOutcome:
    testing, scorer = made.prepared.testing, made.tested
    margin = scorer.score(made.prepared.raw[testing.tolist()]).margin
    return made.bundle.scorer.grades.outcome(made.prepared.outcome[testing], margin)


def test_the_histogram_names_a_score_at_which_it_can_count() -> None:
    """Bars are joined to 20 leads each, so none may begin at 50."""
    bundle = tied().bundle
    record = Evaluation.from_json(bundle.training["test"])
    bars = (
        HistogramBar(0.0, 0.05, 500, 0.2, 0.6),
        HistogramBar(0.05, 0.15, 480, 0.5, 0.39),
        HistogramBar(0.15, 1.0, 20, 0.3, 0.01),
    )
    changed = replace(bundle, record=replace(bundle.record, test=replace(record, histogram=bars).to_json()))
    assert figure(report(changed), "histogram").title.startswith(
        "30 % of the won leads have a score of 15 or more, and 1.0 % of the lost ones"
    )


def test_lines_at_low_rates_have_names_of_their_own() -> None:
    bundle = tied().bundle
    record = Evaluation.from_json(pages.trained("logistic", "glassbox").bundle.training["test"])
    low = tuple(replace(cut, threshold=0.01 + k / 5000) for k, cut in enumerate(record.thresholds))
    changed = replace(bundle, record=replace(bundle.record, test=replace(record, thresholds=low).to_json()))
    numbers = figure(report(changed), "outcomes").numbers
    assert numbers is not None
    rows = numbers.rows
    assert len({row[0] for row in rows}) == len(rows)


def test_a_test_without_a_sale_is_said_to_tell_nothing_of_ranking() -> None:
    """The newest fifth may hold none that was won."""
    rows = 1500
    dice = np.random.Generator(np.random.PCG64(4))
    visits = dice.integers(0, 9, rows)
    won = (dice.random(rows) < visits / 12) & (np.arange(rows) < 1100)
    frame = pl.DataFrame(
        {
            "Created": [f"2025-{1 + k // 130:02}-{1 + k // 5 % 26:02}" for k in range(rows)],
            "Visits": visits,
            "won": won.astype(int),
        }
    )
    page = report(train(frame, Options(target="won", models=["bayes"], accept=("one_sided_test",))).bundle)
    text = pages.check_page(written(page)).text
    assert "How well it ranks is not known: the test leads all ended the same way." in text
    assert "none was won" in text
    assert "learnt by heart" not in text
    assert "none of all" not in text


@pytest.mark.parametrize(
    ("test", "said"), [("random", "picked at random"), ("time", "the newest"), ("file", "of a file kept")]
)
def test_where_the_test_leads_come_from(test: str, said: str) -> None:
    leads = sample(1500).leads
    options = Options(target="Converted", models=["bayes"], test="auto" if test == "file" else test)
    held = leads[1200:] if test == "file" else None
    bundle = train(leads[:1200], options, held_out=held).bundle
    assert said in report(bundle).summary[0]
    assert said in card(bundle)
    assert "No column says when" not in pages.check_page(written(report(bundle))).text
