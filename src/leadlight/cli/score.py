"""`leadlight score`: a file of leads in, the same file with scores out."""

from __future__ import annotations

from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE


def score(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A .csv, .parquet, .jsonl or .xlsx file, or - for standard output.",
            show_default="named after LEADS, as leads.scored.csv",
        ),
    ] = None,
    reasons: Annotated[
        int, typer.Option("--reasons", min=0, max=100, help="How many reasons for each lead.")
    ] = 0,
    groups: Annotated[
        bool, typer.Option("--groups", help="Add how fit, engagement, timing and source multiply the odds.")
    ] = False,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Only the best N, ranked.")] = None,
    only_scores: Annotated[bool, typer.Option("--only-scores", help="The id and our columns alone.")] = False,
    at: given.At = None,
    suppress: given.Suppress = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Score leads, with an interval, a grade and reasons.

    The leads come back in their order with our columns beside theirs, and every row is accounted for. The
    exit code is 1 if rows were rejected; these are listed in a file beside the scores. With --home alone,
    what is new or changed there is scored by the model in service, and the scores are kept.
    """
    from leadlight.cli import homes, scoring, syncing
    from leadlight.model.scoring import moment

    if model is None and leads is None and output is None:
        syncing.score_home(home, as_json=as_json)
        return
    bundle = homes.model(model, home)
    job = scoring.Job(
        bundle,
        leads or "leads",
        output or scoring.named_after(leads or "leads"),
        reasons=reasons,
        groups=groups,
        top=top,
        only_scores=only_scores,
        at=moment(at),
        gate=homes.gate(suppress, leads, home, bundle),
        allow_missing=allow_missing,
    )
    job.check(force=force, as_json=as_json)
    found = job.run(
        homes.batches(leads, home, bundle, encoding=encoding, delimiter=delimiter, sheet=sheet), force=force
    )
    scoring.tell(job, found, as_json=as_json)
    if found.rejected:
        raise typer.Exit(INCOMPLETE)
