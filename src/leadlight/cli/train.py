"""`leadlight train`: from a file of leads to a model, and all that is worth knowing on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final

import polars as pl
import typer

from leadlight import api
from leadlight.cli import asking, byhand, choice_text, drawing, events_story, homes, story
from leadlight.cli import parameters as given
from leadlight.cli.command import line, typed
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page, progress
from leadlight.connect.files import Leads
from leadlight.errors import TrainingError
from leadlight.insight import verdict as verdicts
from leadlight.insight.plan import Plan, planned
from leadlight.insight.pool import Pool
from leadlight.insight.sentences import chosen_because
from leadlight.insight.wording import counted
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.training.as_of import MOMENT, LeadLogs
from leadlight.training.fit import Trained
from leadlight.training.options import Options

REASONS: Final = 2
NOTHING: Final = "nothing_to_learn"
SELDOM: Final = ("early", "rules", "events", "maturity")
CHOICE: Final = ("left_out", "settings", "selection", "tuning", "balance")


def train(
    context: typer.Context,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    target: given.Target = None,
    positive: given.Positive = None,
    negative: given.Negative = None,
    open_: given.Open = None,
    identity: given.Id = None,
    time: given.Time = None,
    drop: given.Drop = None,
    keep: given.Keep = None,
    only: given.Only = None,
    objection: given.Objection = None,
    permission: given.Permission = None,
    feature: given.Feature = None,
    events: given.Events = None,
    outcomes: given.Outcomes = None,
    moment: given.Moment = MOMENT,
    accept: given.Accept = None,
    models: given.Models = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="What models are chosen by.", show_default="auc")
    ] = None,
    folds: Annotated[
        int | None, typer.Option("--folds", min=2, help="How many folds.", show_default="5")
    ] = None,
    test: Annotated[
        str | None,
        typer.Option("--test", help="What is held out: time, random, a share such as 0.2, or a file."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option("--select", help="Use fewer columns: recursive, shap, iv or l1.", show_default="none"),
    ] = None,
    tune: Annotated[
        int | None,
        typer.Option(
            "--tune", min=0, help="How many other settings to try for each model.", show_default="0"
        ),
    ] = None,
    tune_minutes: Annotated[
        float | None,
        typer.Option("--tune-minutes", min=0.01, help="Begin no trial after so many minutes of tuning."),
    ] = None,
    balance: Annotated[
        str | None,
        typer.Option(
            "--balance",
            help="Make won and lost equally many to learn from: weights, oversample, undersample or smote.",
            show_default="none",
        ),
    ] = None,
    seed: given.Seed = None,
    output: given.NewModel = Path("model.leadlight"),
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Where a report in pictures goes, such as report.html."),
    ] = None,
    config: given.Config = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    verbose: given.Verbose = False,
    as_json: given.AsJson = False,
) -> None:
    """Learn from leads that were won and lost.

    Says how good the model is on leads that it has not seen, what calling above the line gives, what is
    doubtful, which open leads to call and where the files are; with --verbose also what each column was taken
    for, what was left out and why, and how the candidates compare.
    """
    check_free(output, force=force)
    drawing.check_places(report, None, force=force)
    wanted = api.options(
        homes.beside(leads, home),
        config,
        target=target,
        positive=positive,
        negative=negative,
        open=open_,
        id=identity,
        time=time,
        drop=drop,
        keep=keep,
        only=only,
        objection=objection,
        permission=permission,
        features=feature,
        accept=accept,
        models=given.model_names(models),
        metric=metric,
        folds=folds,
        test=test,
        seed=seed,
        select=select,
        tune=tune,
        tune_minutes=tune_minutes,
        study=f"{output}.study",
        balance=balance,
    )
    if not wanted.tune:
        wanted = replace(wanted, study=None)
    read = homes.leads(
        leads, home, target=target, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows
    )
    _run(
        read,
        wanted,
        homes.logs_to_learn(events, outcomes, moment, leads, home),
        output,
        report=report,
        force=force,
        as_json=as_json,
        verbose=verbose,
        typed=partial(typed, context),
        source=[*homes.words(leads, home), *([] if events is None else ["--events", str(events)])],
    )


def _run(
    leads: Leads,
    wanted: Options,
    logs: LeadLogs | None,
    output: Path,
    *,
    report: Path | None,
    force: bool,
    as_json: bool,
    verbose: bool,
    typed: Callable[[Sequence[str]], str],
    source: Sequence[str],
) -> None:
    """Train, save, draw and tell."""
    start = perf_counter()
    trained = _fitted(leads, wanted, logs, typed)
    trained.bundle.save(output, force=force)
    choice_text.forget_trials(wanted.study)
    if report is not None:
        with progress("drawing"):
            drawing.write(drawing.of_training(trained), report, None, force=force)
    told = _summary(trained, leads, output, report, perf_counter() - start)
    tell = partial(_tell, trained, leads, (output, report), source, verbose=verbose)
    Output(as_json).show(told, tell)


def _fitted(
    leads: Leads, wanted: Options, logs: LeadLogs | None, typed: Callable[[Sequence[str]], str]
) -> Trained:
    def work(options: Options) -> Trained:
        try:
            with progress("reading the columns") as observe:
                return api.trained(leads.frame, options, observe, logs)
        except KeyboardInterrupt:
            choice_text.keep_trials(options.study)
            raise
        except TrainingError as problem:
            if problem.code == NOTHING:
                choice_text.forget_trials(options.study)
            raise

    return asking.until_answered(work, leads.frame, wanted, typed)


def _summary(
    trained: Trained, leads: Leads, output: Path, report: Path | None, seconds: float
) -> dict[str, Any]:
    """The one object that `--json` prints."""
    training = trained.bundle.training
    parts = ("train", "validation", "test", "split", "excluded", "findings", *CHOICE, *SELDOM)
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


def _tell(
    trained: Trained,
    leads: Leads,
    places: tuple[Path, Path | None],
    source: Sequence[str],
    page: Page,
    *,
    verbose: bool,
) -> None:
    """The verdict, what led to it, and the next thing to type."""
    bundle, waiting = trained.bundle, trained.prepared.open
    pool, plan = plan_open_leads(bundle, waiting) if waiting.height else (None, None)
    if bundle.is_early:
        byhand.early(page, bundle)
        page.say("")
        page.say(verdicts.whom_to_call(plan))
    else:
        for sentence in verdicts.verdict(bundle, trained.prepared.audit.findings, plan, *places):
            page.say(sentence)
    page.say("")
    _counts(page, trained, leads)
    if verbose:
        _whole_story(page, trained)
        if pool and plan:
            whom_to_call(page, pool, plan)
        _files(page, bundle, *places)
    else:
        _topics(page, trained, pool)
    page.heading("Next")
    if waiting.height:
        page.typed(line("plan", places[0], *source, "-o", "list.xlsx"))
    else:
        page.line("Score leads that are not decided yet, for example those of a newer export:")
        page.typed(line("score", places[0], *source, "--reasons", "3"))


def _topics(page: Page, trained: Trained, pool: Pool | None) -> None:
    """A sentence a topic, and where the rest is."""
    bundle, found = trained.bundle, trained.prepared.audit.findings
    page.say(verdicts.columns_used(bundle, found))
    for sentence in verdicts.warnings(found):
        page.say(sentence)
    if not bundle.is_early:
        page.say(chosen_because(bundle.record))
        claimed = verdicts.claim(bundle.record)
        if claimed:
            page.say(claimed)
        choice_text.tell(page, bundle.record)
        byhand.tell(page, bundle.record)
    for sentence in pool.respected.sentences if pool else ():
        page.say(sentence)
    page.say("Every column, finding and figure: --verbose, or --report report.html in pictures.")


def _whole_story(page: Page, trained: Trained) -> None:
    """All that was found on the way, from the columns to the test."""
    training, prepared = trained.bundle.record, trained.prepared
    story.columns(page, prepared.schema, prepared.structure.target)
    found = prepared.audit.findings
    story.findings(page, "Left out, and why", found, ("excluded",))
    story.findings(page, "Doubtful, and kept", found, ("warning",))
    if not trained.bundle.is_early:
        story.candidates(page, training, trained.seconds)
        choice_text.tell(page, training)
        byhand.tell(page, training)
        story.promise(page, trained.bundle)


def _files(page: Page, bundle: Bundle, output: Path, report: Path | None) -> None:
    page.heading("Files")
    page.line(f"{output}  (model {bundle.name})")
    if report is not None:
        page.line(f"{report}  (the model in pictures; opens in any browser)")


def _counts(page: Page, trained: Trained, leads: Leads) -> None:
    found, outcome = story.rows(trained.bundle.record.rows.to_json(), leads), trained.prepared.outcome
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
    record = trained.bundle.record
    events_story.tell(page, record.events, record.rows)
    events_story.tell_maturity(page, record.maturity, record.rows)


def plan_open_leads(bundle: Bundle, leads: pl.DataFrame) -> tuple[Pool, Plan]:
    """Which of the open leads may be called, and those above the line with their reasons."""
    pool = Pool.of(bundle, leads)
    return pool, planned(bundle, pool, BatchScorer(bundle, reasons=REASONS).score(pool.frame))


def whom_to_call(page: Page, pool: Pool, plan: Plan, count: int = story.TOP) -> None:
    """How many of the open leads are worth a call, and the first few with their reasons."""
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
