"""`leadlight train`: from a file of leads to a model, and all that is worth knowing on the way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.command import typed


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
    models: Annotated[
        str | None,
        typer.Option("--models", help="fast, all, or names with commas.", show_default="fast"),
    ] = None,
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
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, max=2**32 - 1, help="Where chance begins.", show_default="0"),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the model goes.")] = Path(
        "model.leadlight"
    ),
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Where a report in pictures goes, such as report.html."),
    ] = None,
    config: given.Config = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Learn from leads that were won and lost.

    Says what each column was taken for, what was left out and why, how the candidates compare, how good the
    chosen one is on leads that it has not seen, and which open leads to call.
    """
    from leadlight import api
    from leadlight.cli import homes, reporting, training
    from leadlight.cli.output import check_free

    check_free(output, force=force)
    reporting.check_places(report, None, force=force)
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
        models=models.split(",") if models and "," in models else models,
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
    read = homes.leads(leads, home, target=target, encoding=encoding, delimiter=delimiter, sheet=sheet)
    training.run(
        read,
        wanted,
        output,
        report=report,
        force=force,
        as_json=as_json,
        typed=partial(typed, context),
        source=homes.words(leads, home),
    )
