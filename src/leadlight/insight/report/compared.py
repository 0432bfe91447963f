"""Candidates and parts side by side, the spread over folds, and what dishonest figures would claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadlight.insight.charts import calls as call_charts
from leadlight.insight.charts import glass as glass_charts
from leadlight.insight.charts import ranking as charts
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.report.glance import TEST_LEADS, figures_table, named
from leadlight.insight.report.record import Record
from leadlight.insight.wording import decimal, listed, percent, quoted, some, with_decimals
from leadlight.insight.wording import figure as figure_name
from leadlight.model.training_record import CandidateFigures

SHARES = ("auc", "accuracy", "precision", "recall", "f1", "f1_negative")


def candidates(record: Record, seconds: Mapping[str, float] | None) -> Section:
    """Who was tried, how good each is out of fold, and how long it took."""
    rows = record.training.candidates
    blocks: list[Block] = [_candidates(record, rows, seconds), *_members(record)]
    if seconds:
        blocks.append(_seconds(rows, seconds))
    else:
        blocks.append(Words("How long each took is not in a model; leadlight train --report shows it."))
    title = f"{len(rows)} candidates, compared on the same folds" if len(rows) > 1 else "The one candidate"
    return Section("candidates", title, tuple(blocks))


def _candidates(
    record: Record, rows: Sequence[CandidateFigures], seconds: Mapping[str, float] | None
) -> Figure:
    chosen = record.training.chosen
    own = next(row for row in rows if row.name == chosen)
    best = max(rows, key=lambda row: row.auc)
    title = f"Chosen: {named(chosen)}, with an AUC of {decimal(own.auc)} on leads it had not seen"
    if best.name != chosen:
        title += f"; {named(best.name)} reached {decimal(best.auc)}, {_why_not(record, best, own)}"
    names = ("log_loss", "accuracy", "precision", "recall", "f1")
    table = Table.of(
        (
            "model",
            "AUC",
            *(figure_name(name) for name in names),
            *(["seconds a fold"] if seconds else []),
        ),
        [
            (
                row.name,
                with_decimals(row.auc, row.auc_low, row.auc_high),
                *(decimal(getattr(row, name)) for name in names),
                *([f"{seconds.get(row.name, 0.0):.2f}"] if seconds else []),
            )
            for row in rows
        ],
    )
    note = (
        "Of the models that can be read, the best is taken, unless its figure is more than one standard "
        "error of the paired difference behind the best of all; leads that are equal in every column count "
        "once."
    )
    chart = charts.candidates([vars(row) for row in rows], chosen)
    return Figure("candidates", f"{title}.", chart, note if len(rows) > 1 else "", table)


def _why_not(record: Record, best: CandidateFigures, own: CandidateFigures) -> str:
    """Candidates are kept simplest first; the figures shown are of all leads."""
    rows, metric = record.training.candidates, record.training.metric
    if rows.index(best) > rows.index(own):
        return "too little more to give up the simpler one"
    return (
        "but less where equal leads count once" if metric == "auc" else f"but less by {figure_name(metric)}"
    )


def _members(record: Record) -> list[Block]:
    """What an ensemble is made of."""
    names = [row.name for row in record.training.candidates]
    weights = {name: share for name, share in record.training.settings.items() if name in names}
    if record.training.chosen != "ensemble" or not weights:
        return []
    heaviest = sorted(weights, key=lambda name: -weights[name])
    told = listed([f"{named(name)} {percent(weights[name])}" for name in heaviest])
    return [Words(f"The ensemble averages the log-odds of its members: {told}.")]


def _seconds(rows: Sequence[CandidateFigures], seconds: Mapping[str, float]) -> Figure:
    found: list[dict[str, Any]] = [{"name": row.name, "seconds": seconds.get(row.name, 0.0)} for row in rows]
    slow = max(found, key=lambda row: row["seconds"])
    total = sum(row["seconds"] for row in found)
    title = f"Learning a fold took {total:.1f} seconds"
    if len(found) > 1:
        title += f" in all, the longest {named(slow['name'])} ({slow['seconds']:.1f})"
    return Figure("seconds", f"{title}.", charts.seconds(found))


def honesty(record: Record) -> Section:
    """Whether the figures hold: parts, folds, the split, the leaks."""
    blocks: list[Block] = [_parts(record)]
    folds = record.training.validation.get("folds")
    if folds:
        blocks.append(_folds(folds))
    blocks.append(_split(record))
    blocks += _leaks(record)
    return Section("honesty", "Can the figures be trusted?", tuple(blocks))


def _parts(record: Record) -> Figure:
    auc = {part: each.figures["auc"] for part, each in record.parts.items()}
    tested = auc["test"].value
    title = (
        f"AUC {decimal(auc['train'].value)} on the leads learnt from, {decimal(auc['validation'].value)} out "
        "of fold"
    )
    if tested is None:
        title += "; the test leads all ended the same way."
    else:
        gap = (auc["train"].value or 0.0) - tested
        much = "little" if gap < 0.03 else "part"
        title += f", {decimal(tested)} on the test: {much} of it is learnt by heart."
    rows = [
        {
            "figure": figure_name(name),
            "part": part,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
        }
        for part, each in record.parts.items()
        for name in SHARES
        if (figure := each.figures[name]).value is not None
    ]
    chart = call_charts.measured(rows, [figure_name(name) for name in SHARES], call_charts.PARTS, "")
    note = "Train: leads it learnt from. Validation: each left out in turn. Test: looked at once, at the end."
    return Figure("parts", title, chart, note, figures_table(record))


def _folds(folds: Mapping[str, Any]) -> Figure:
    auc = folds["auc"]
    title = (
        f"Over the folds the AUC runs from {decimal(auc['lowest'])} to {decimal(auc['highest'])} "
        f"(mean {decimal(auc['mean'])}, standard deviation {decimal(auc['deviation'])})."
    )
    rows = [
        {
            "figure": figure_name(name),
            "part": "folds",
            "value": each["mean"],
            "low": each["lowest"],
            "high": each["highest"],
        }
        for name, each in folds.items()
        if name in SHARES
    ]
    table = Table.of(
        ("figure", "mean", "deviation", "lowest", "highest"),
        [
            (
                figure_name(name),
                *(decimal(each[part]) for part in ("mean", "deviation", "lowest", "highest")),
            )
            for name, each in folds.items()
        ],
    )
    chart = call_charts.measured(
        rows, [figure_name(name) for name in SHARES], {"folds": call_charts.PARTS["validation"]}, ""
    )
    return Figure("folds", title, chart, "Dots: the mean. Lines: from the worst fold to the best.", table)


def _split(record: Record) -> Block:
    mixed = record.training.split.random
    if mixed is None:
        return Words(
            f"The test leads are {TEST_LEADS[record.training.split.by]}; leads that repeat one another "
            "stand on the same side. Where a column says when leads arrived (--time), a test on the newest "
            "fifth is the more honest one."
        )
    forward = record.parts["validation"].figures
    gap = mixed.auc - (forward["auc"].value or 0.0)
    title = (
        f"Folds that mix old and new leads would claim an AUC of {decimal(mixed.auc)}; learning from the "
        "past and "
        f"looking ahead gives {decimal(forward['auc'].value)}"
    )
    title += f", {abs(gap):.3f} {'less' if gap > 0 else 'more'}." if abs(gap) >= 0.0005 else ", the same."
    rows: list[dict[str, Any]] = [
        {"name": "random folds", "value": mixed.auc, "kind": "other"},
        {"name": "forward in time", "value": forward["auc"].value, "kind": "honest"},
    ]
    table = Table.of(
        ("folds", "AUC", "log loss"),
        [
            ("random", decimal(mixed.auc), decimal(mixed.log_loss)),
            ("forward in time", decimal(forward["auc"].value), decimal(forward["log_loss"].value)),
        ],
    )
    return Figure("split", title, glass_charts.compared(rows, "AUC"), "", table)


def _leaks(record: Record) -> list[Block]:
    leaks = [each for each in record.training.findings if each.code == "leak"]
    if not leaks:
        return [Words("No column was taken for a leak.")]
    claim = record.training.leaks
    alone = [(str(each.column), float(each.evidence["auc"])) for each in leaks if "auc" in each.evidence]
    names = some([quoted(str(each.column)) for each in leaks])
    if claim is None and not alone:
        return [Words(f"Taken for leaks: {names}.")]
    rows: list[dict[str, Any]] = [
        {"name": f"{name} alone", "value": auc, "kind": "other"} for name, auc in alone[:8]
    ]
    if claim is None:
        title = f"Taken for leaks: {names}. Alone: AUC {listed([decimal(auc) for _, auc in alone])}."
    else:
        rows += [
            {"name": "with all leaks", "value": claim.auc, "kind": "other"},
            {"name": "without", "value": claim.without, "kind": "honest"},
        ]
        title = (
            f"With {names} the AUC would seem to be {decimal(claim.auc)} instead of "
            f"{decimal(claim.without)}: what is filled in when sales already know is not there for a new "
            "lead."
        )
    table = Table.of(("columns", "AUC"), [(row["name"], decimal(row["value"])) for row in rows])
    note = "" if claim is None else f"Out of fold, by {named(claim.family)} with and without these columns."
    return [Figure("leaks", title, glass_charts.compared(rows, "AUC"), note, table)]
