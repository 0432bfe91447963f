"""The work of `leadlight train` and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import polars as pl

from leadlight import api
from leadlight.cli import asking, byhand, choosing, reporting, story
from leadlight.cli.command import line
from leadlight.cli.page import Page, print_json, progress
from leadlight.connect.files import Leads
from leadlight.errors import TrainingError
from leadlight.insight.plan import planned
from leadlight.insight.pool import Pool
from leadlight.insight.wording import counted
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.training.fit import Trained
from leadlight.training.options import Options

REASONS: Final = 2
NOTHING: Final = "nothing_to_learn"
CHOICE: Final = ("left_out", "settings", "selection", "tuning", "balance")


def run(
    leads: Leads,
    wanted: Options,
    output: Path,
    *,
    report: Path | None,
    force: bool,
    as_json: bool,
    typed: Callable[[Sequence[str]], str],
    source: Sequence[str],
) -> None:
    """Train, save, draw and tell."""
    start = perf_counter()
    trained = fitted(leads, wanted, typed)
    trained.bundle.save(output, force=force)
    choosing.forget_trials(wanted.study)
    if report is not None:
        with progress("drawing"):
            reporting.write(reporting.of_training(trained), report, None, force=force)
    if as_json:
        print_json(summary(trained, leads, output, report, perf_counter() - start))
    else:
        tell(Page.of(), trained, leads, output, report, source)


def fitted(leads: Leads, wanted: Options, typed: Callable[[Sequence[str]], str]) -> Trained:
    def work(options: Options) -> Trained:
        try:
            with progress("reading the columns") as observe:
                return api.trained(leads.frame, options, observe)
        except KeyboardInterrupt:
            choosing.keep_trials(options.study)
            raise
        except TrainingError as problem:
            if problem.code == NOTHING:
                choosing.forget_trials(options.study)
            raise

    return asking.until_answered(work, leads.frame, wanted, typed)


def summary(
    trained: Trained, leads: Leads, output: Path, report: Path | None, seconds: float
) -> dict[str, Any]:
    """The one object that `--json` prints."""
    training = trained.bundle.training
    parts = ("train", "validation", "test", "split", "excluded", "findings", *CHOICE, "early", "rules")
    return {
        "model": str(output),
        "report": None if report is None else str(report),
        "chosen": training["chosen"],
        "candidates": [
            {**each, "fit_seconds": round(trained.seconds[each["name"]], 4)}
            for each in training["candidates"]
        ],
        **{name: training[name] for name in parts if name in training},
        "rows": story.rows(training["rows"], leads),
        "seconds": round(seconds, 3),
    }


def tell(
    page: Page, trained: Trained, leads: Leads, output: Path, report: Path | None, source: Sequence[str]
) -> None:
    """The story of a training, from the file to the next thing to type."""
    training, prepared = trained.bundle.training, trained.prepared
    counts(page, trained, leads)
    story.columns(page, prepared.schema, prepared.structure.target)
    found = prepared.audit.findings
    story.findings(page, "Left out, and why", found, ("excluded",))
    story.findings(page, "Doubtful, and kept", found, ("warning",))
    if trained.bundle.is_early:
        byhand.early(page, trained.bundle)
    else:
        story.candidates(page, training, trained.seconds)
        choosing.tell(page, training)
        byhand.tell(page, training)
        story.promise(page, trained.bundle)
    if prepared.open.height:
        whom_to_call(page, trained.bundle, prepared.open)
    page.heading("Files")
    page.line(f"{output}  (model {trained.bundle.name})")
    if report is not None:
        page.line(f"{report}  (the model in pictures; opens in any browser)")
    page.heading("Next")
    if prepared.open.height:
        page.typed(line("plan", output, *source, "-o", "list.xlsx"))
    else:
        page.line("Score leads that are not decided yet, for example those of a newer export:")
        page.typed(line("score", output, *source, "--reasons", "3"))


def counts(page: Page, trained: Trained, leads: Leads) -> None:
    found, outcome = story.rows(trained.bundle.training["rows"], leads), trained.prepared.outcome
    won = int(outcome.sum())
    share = f", {100 * won / len(outcome):.1f} %" if len(outcome) else ""
    page.say(
        f"{leads.source}: {counted(found['in'], 'lead')}, of which {found['used']:,} are decided"
        f" ({won:,} won{share}) and {found['open']:,} open;"
        f" {counted(found['duplicates'], 'duplicate')}, {found['rejected']:,} rejected;"
        f" {found['repeated']:,} repeat another one under an id of their own."
    )
    for note in leads.notes:
        page.say(f"Note: {note}.")


def whom_to_call(page: Page, bundle: Bundle, leads: pl.DataFrame, count: int = story.TOP) -> None:
    """How many of the open leads are worth a call, and the first few with their reasons."""
    pool = Pool.of(bundle, leads)
    plan = planned(bundle, pool, BatchScorer(bundle, reasons=REASONS).score(pool.frame))
    expected = plan.expected
    page.heading("Whom to call")
    page.line(
        f"Of {counted(plan.counts.leads, 'open lead')}, {plan.counts.listed:,} are above the line and"
        f" {plan.counts.suppressed:,} must not be called. Expect {expected.conversions:,.0f} to buy"
        f" ({expected.low:,.0f} to {expected.high:,.0f}). The first ones:"
    )
    story.first_rows(page, plan, count)
    for sentence in pool.respected.sentences:
        page.say(sentence)
