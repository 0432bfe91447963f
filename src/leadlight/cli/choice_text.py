"""What is told of how the model was chosen: columns, settings, balance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadlight.cli.page import Page
from leadlight.insight.wording import counted
from leadlight.model.training_record import TrainingRecord


def tell(page: Page, training: TrainingRecord) -> None:
    """Only what was asked for, and what could not be tried."""
    for each in training.left_out:
        page.line(f"Not tried: {each['name']}, which is not installed. {each['hint']}")
    if training.selection:
        selection(page, training.selection)
    if training.tuning:
        tuning(page, training.tuning)
    if training.balance:
        balance(page, training.balance)


def selection(page: Page, found: Mapping[str, Any]) -> None:
    columns = found["columns"]
    dropped = [each["column"] for each in columns if not each["kept"]]
    rest = f"; not needed: {', '.join(dropped)}" if dropped else ""
    page.line(
        f"By {found['method']}, {len(columns) - len(dropped)} of {len(columns)} columns are used{rest}."
    )


def tuning(page: Page, found: Mapping[str, Any]) -> None:
    """One line a family: what was tried, and whether the best of it was taken."""
    metric = found["metric"].replace("_", " ")
    for family in found["families"]:
        tried = len(family["trials"]) - 1
        if not family["gain"] or family["needed"] is None:
            told = f"none of {counted(tried, 'trial')} is surely better than the default"
            page.line(f"Tuning {family['family']}: {told} by {metric}.")
            continue
        ahead = (
            f"the best is {family['gain']:.4f} ahead of the default by {metric};"
            f" luck alone would explain {family['needed']:.4f}"
        )
        taken = ", ".join(f"{name} {value}" for name, value in family["settings"].items())
        end = f"taken: {taken}." if family["adopted"] else "the default stays."
        page.line(f"Tuning {family['family']}, {counted(tried, 'trial')}: {ahead}: {end}")


def balance(page: Page, found: Mapping[str, Any]) -> None:
    """What balancing changed on the folds, against the same model without it."""
    ours, none, gap = found["balanced"], found["none"], found["auc_difference"]
    page.line(
        f"Balanced by {found['method']}, against none: AUC {ours['auc']:.3f} against {none['auc']:.3f}"
        f" ({gap['low']:+.3f} to {gap['high']:+.3f}), recall at the line {percent(ours['recall'])} against"
        f" {percent(none['recall'])}, calibration error {100 * ours['ece']:.1f} points against"
        f" {100 * none['ece']:.1f}."
    )


def percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.0f} %"


def keep_trials(study: Path | None) -> None:
    """After an interruption: where the trials are, and how to go on."""
    if study is not None and study.is_file():
        page = Page.of(error=True)
        page.say(f"The trials so far are in {study}: the same command goes on from there.")


def forget_trials(study: Path | None) -> None:
    """The model holds them now."""
    if study is not None:
        study.unlink(missing_ok=True)
