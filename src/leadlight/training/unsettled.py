"""What leads leave open before anything is learnt: it is asked about, or told."""

from __future__ import annotations

import shlex

import polars as pl

from leadlight.data import infer, names, structure
from leadlight.data.finding import Finding
from leadlight.data.structure import Structure
from leadlight.errors import QuestionError
from leadlight.training.options import Options


def unsettled_consent(raw: pl.DataFrame, options: Options) -> list[str]:
    """The columns of which nobody has said whether a yes there forbids to contact a lead, though it may."""
    settled = {options.target, options.id, options.time, *options.objection, *options.permission}
    settled |= {*options.keep, *options.drop, *(name for name, told in options.columns.items() if told.role)}
    asked = [name for name in raw.columns if name not in settled and names.target_rank(name) is None]
    return [name for name in asked if infer.could_be_consent(name, raw[name])]


def ask_of_consent(raw: pl.DataFrame, options: Options) -> None:
    structure.check_names(raw, (*options.objection, *options.permission))
    unsettled = unsettled_consent(raw, options)
    if unsettled:
        raise QuestionError(
            f"Does a yes in {unsettled[0]!r} mean that the lead must not be contacted?",
            code="which_consent",
            hint="If so, name the column as objection; as permission if a yes allows it; to keep if neither.",
        )


def totals(count: int) -> list[Finding]:
    if not count:
        return []
    text = "1 row adds up the others and is" if count == 1 else f"{count} rows add up the others and are"
    return [
        Finding("totals", "warning", None, f"{text} left out.", "Take it out of the export.", {"rows": count})
    ]


def chance_test(raw: pl.DataFrame, found: Structure, options: Options, has_file: bool) -> list[Finding]:
    """Who did not ask for a random test is told that it is one, and which dates could change that."""
    if found.time is not None or has_file or options.test in ("random", "time"):
        return []
    dates = structure.dates_like_arrival(raw, (found.target.column, found.id))
    text = "No column says when leads arrived: the test leads are drawn at random, and later ones may differ."
    if not dates:
        return [
            Finding("no_arrival", "note", None, text, "Export the date of creation as well, if there is one.")
        ]
    step = f"If one says it: --time {shlex.quote(dates[0])}"
    listed = ", ".join(map(repr, dates[:5]))
    return [
        Finding("no_arrival", "warning", None, f"{text} Dates are in {listed}.", step, {"dates": len(dates)})
    ]
