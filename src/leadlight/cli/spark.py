"""`leadlight spark`: score and learn where Spark runs, with the same model and the same scores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page, progress
from leadlight.flows.exclusions import Exclusions, Suppression
from leadlight.model.bundle import Bundle

app = typer.Typer(
    no_args_is_help=True, help="Score and learn where Spark runs, with the same model and the same scores."
)

Leads = Annotated[
    str,
    typer.Argument(
        metavar="LEADS", help="A Parquet file or folder, a .csv file, or jdbc:postgresql://HOST/DATABASE."
    ),
]
Table = Annotated[str | None, typer.Option("--table", help="The table of the database that holds the leads.")]
By = Annotated[
    str | None,
    typer.Option(
        "--by", help="A column of whole numbers, so that the table is read by several tasks at once."
    ),
]
User = Annotated[
    str | None, typer.Option("--user", envvar="LEADLIGHT_JDBC_USER", help="Who logs in to the database.")
]
Password = Annotated[
    str | None,
    typer.Option(
        "--password",
        envvar="LEADLIGHT_JDBC_PASSWORD",
        help="The password: better in the environment than on the command line.",
    ),
]


@app.command(cls=Command)
def score(
    model: given.Model,
    leads: Leads,
    output: Annotated[
        str, typer.Option("--output", "-o", help="A folder of Parquet, one that ends in .csv, or jdbc:...")
    ],
    table: Table = None,
    to_table: Annotated[
        str | None, typer.Option("--to-table", help="The table of the database that takes the scores.")
    ] = None,
    by: By = None,
    user: User = None,
    password: Password = None,
    reasons: Annotated[
        int, typer.Option("--reasons", min=0, max=100, help="How many reasons for each lead.")
    ] = 0,
    groups: Annotated[
        bool, typer.Option("--groups", help="Add how fit, engagement, timing and source multiply the odds.")
    ] = False,
    only_scores: Annotated[bool, typer.Option("--only-scores", help="The id and our columns alone.")] = False,
    events: Annotated[
        str | None, typer.Option("--events", help="What leads did: read as LEADS is, with lead, type, time.")
    ] = None,
    events_table: Annotated[
        str | None, typer.Option("--events-table", help="The table of the database that holds the events.")
    ] = None,
    at: given.EventsAt = None,
    suppress: given.Suppress = None,
    allow_missing: given.AllowMissing = False,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Score leads on Spark, in the session of spark-submit or on this machine.

    Every model goes this way, with the scores of `leadlight score` to the bit. One row comes out for each
    that goes in, but for those that --suppress names. With --force the job may be run again. A model that was
    trained with events needs them here as well; they count as of --at, by default now.
    """
    from leadlight.run import spark

    bundle = Bundle.load(model)
    source = spark.Place(leads, table, user, password, by)
    goal = spark.Place(output, to_table, user, password)
    done = None if events is None else spark.Place(events, events_table, user, password)
    barred = _barred(suppress, bundle)
    with progress("scoring on Spark"):
        session = spark.spark_session()
        scored = spark.score(
            source.read(session),
            bundle,
            reasons=reasons,
            groups=groups,
            only_scores=only_scores,
            at=at,
            allow_missing=allow_missing,
            exclusions=barred,
            events=None if done is None else done.read(session),
        )
        rows = goal.write(scored, force=force)
    told = {"model": bundle.name, "output": goal.shown, "table": to_table, "scored": rows, **barred.to_json()}
    Output(as_json).show(told, partial(_tell, told, [each.note for each in barred.lists if each.note]))


@app.command(cls=Command)
def train(
    leads: Leads,
    target: given.Target = None,
    positive: given.Positive = None,
    negative: given.Negative = None,
    open_: given.Open = None,
    identity: given.Id = None,
    time: given.Time = None,
    drop: given.Drop = None,
    keep: given.Keep = None,
    only: given.Only = None,
    feature: given.Feature = None,
    accept: given.Accept = None,
    models: given.Models = None,
    seed: given.Seed = None,
    sample: Annotated[
        int,
        typer.Option(
            "--sample",
            min=1000,
            help="How many leads are brought here as text; of so many all are learnt from.",
        ),
    ] = 200_000,
    most: Annotated[
        int, typer.Option("--most", min=1, help="How many megabytes of codes are learnt from, of all leads.")
    ] = 1000,
    output: given.NewModel = Path("model.leadlight"),
    config: given.Config = None,
    table: Table = None,
    by: By = None,
    user: User = None,
    password: Password = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Learn from more leads than one machine reads: chosen on a sample, learnt from the codes of all.

    Columns, bins, family and settings are chosen on a sample, as `leadlight train` does it, and tested there.
    Then every decided lead comes to the driver as a byte a feature, and the points are learnt from all of
    them. Of more than --most megabytes a part is learnt from, and it is told how far that may move a score.
    """
    from leadlight import api
    from leadlight.run import spark
    from leadlight.version import __version__

    check_free(output, force=force)
    source = spark.Place(leads, table, user, password, by)
    wanted = api.options(
        None,
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
        features=feature,
        accept=accept,
        models=given.model_names(models),
        seed=seed,
    )
    with progress("starting Spark") as observe:
        read = source.read(spark.spark_session())
        found = spark.train(
            read, wanted, version=__version__, sample=sample, most_bytes=most * 1_000_000, observe=observe
        )
    found.bundle.save(output, force=force)
    sampling = {name: value for name, value in found.sampling.items() if name != "points"}
    told = {
        "model": str(output),
        "chosen": found.bundle.family,
        "rows": {"in": found.rows, "learnt": found.learnt},
        "test": found.bundle.training["test"],
        "sampling": sampling or None,
    }
    Output(as_json).show(told, partial(_tell_training, told, found.bundle.name))


def _tell_training(told: dict[str, Any], name: str, page: Page) -> None:
    rows, sampling = told["rows"], told["sampling"] or {}
    page.say(
        f"{told['model']}: {told['chosen']}, model {name}, learnt from {rows['learnt']:,} decided leads."
    )
    if sampling:
        page.say(
            f"Chosen and tested on {sampling['chosen_on']:,} of them; AUC {told['test']['auc']:.3f} there."
        )
    if "log_odds_most" in sampling:
        page.say(
            f"A model of all {rows['in']:,} leads would differ: nine leads in ten by less than"
            f" {sampling['log_odds_most']:.3f} in log-odds, typically by {sampling['log_odds_typical']:.3f}."
        )


def _barred(suppress: Path | None, bundle: Bundle) -> Exclusions:
    """Those whom the file names; a home is not asked, for the workers cannot reach it."""
    if suppress is None:
        return Exclusions()
    return Exclusions((Suppression.read(suppress, bundle),), checked=True)


def _tell(told: dict[str, Any], notes: list[str], page: Page) -> None:
    if told["objections"] == "not_checked":
        page.say("Objections were not checked: give --suppress FILE.")
    for note in notes:
        page.say(note)
    place = told["output"] if told["table"] is None else f"{told['output']}, table {told['table']}"
    page.say(f"{told['scored']:,} leads scored by model {told['model']}: {place}")
