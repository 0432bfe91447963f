"""`leadlight score`: a file of leads in, the same file with scores out; or the leads of a home."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE
from leadlight.cli.output import STANDARD, Output, check_places, rejects_beside, stem_of
from leadlight.cli.page import Page, progress
from leadlight.errors import StoreError
from leadlight.flows.row_accounting import RowAccount, open_rejects
from leadlight.flows.score_file import ScoringJob
from leadlight.insight.wording import counted
from leadlight.model.scoring import moment

if TYPE_CHECKING:
    from leadlight.flows.score import Scored
    from leadlight.store import Store

SHOWN: Final = 8


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
    events: given.Events = None,
    at: given.EventsAt = None,
    suppress: given.Suppress = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Score leads, with an interval, a grade and reasons.

    The leads come back in their order with our columns beside theirs, and every row is accounted for. The
    exit code is 1 if rows were rejected; these are listed in a file beside the scores. With --home alone,
    what is new or changed there is scored by the model in service, and the scores are kept.
    """
    if model is None and leads is None and output is None:
        _score_home(home, as_json=as_json)
        return
    bundle = homes.model(model, home)
    job = ScoringJob(
        bundle,
        output or _named_after(leads or "leads"),
        reasons=reasons,
        groups=groups,
        top=top,
        only_scores=only_scores,
        at=moment(at),
        exclusions=homes.exclusions(suppress, leads, home, bundle),
        allow_missing=allow_missing,
        events=homes.events_of(events, bundle, moment(at), leads),
    )
    rejects = rejects_beside(leads or "leads", job.output)
    check_places("Scores", leads, job.output, rejects, force=force, as_json=as_json)
    batches = homes.batches(
        leads,
        home,
        bundle,
        at=job.at,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    with progress("scoring") as observe, open_rejects(rejects) as odd:
        found = job.run(batches, odd, force=force, observe=observe)
    place = str(rejects) if found.rejected else None
    Output(as_json, error=job.output == STANDARD).show(
        _summary(job, found, place), partial(_tell, job, found, place)
    )
    if found.rejected:
        raise typer.Exit(INCOMPLETE)


def _named_after(leads: str) -> str:
    """Where scores go unless it is said: leads.scored.csv; from a pipe on to a pipe."""
    return STANDARD if leads == STANDARD else f"{stem_of(leads)}.scored.csv"


def _summary(job: ScoringJob, found: RowAccount, rejects: str | None) -> dict[str, Any]:
    places = {"model": job.bundle.name, "output": job.output, "rejects": rejects}
    return {**places, **found.to_json(), **job.exclusions.to_json()}


def _tell(job: ScoringJob, found: RowAccount, rejects: str | None, page: Page) -> None:
    """What was scored and what was noticed, beside the scores if these take standard output."""
    page.say(f"{found.balance}.")
    for note in job.exclusions.notes:
        page.say(note)
    grades = ", ".join(f"{count:,} {name}" for name, count in found.grades.items())
    if found.scored:
        page.say(f"Grades: {grades}; {found.calls:,} above the line.")
    for note in found.notes:
        page.say(f"Note: {note}.")
    _say_noticed(page, found)
    for sentence in found.events.sentences if found.events else ():
        page.say(sentence)
    if job.output != STANDARD:
        best = "" if job.top is None else f"the best {min(job.top, found.scored):,}, "
        page.say(f"Scores: {job.output} ({best}model {job.bundle.name})")
    if rejects:
        page.say(f"Rejected rows: {rejects}")


def _say_noticed(page: Page, found: RowAccount) -> None:
    """Cells that could not be read and levels that training has not seen, the most frequent columns first."""
    for what, counts in (
        ("could not be read as what the column holds; they count as missing", found.noticed.unreadable),
        ("hold a value that the model has not learnt; they count as 'other'", found.noticed.unseen),
    ):
        if counts:
            columns = ", ".join(f"{name!r} {count:,}" for name, count in counts.most_common(SHOWN))
            more = f" and {len(counts) - SHOWN} more columns" if len(counts) > SHOWN else ""
            page.say(f"{counted(counts.total(), 'cell')} {what}: {columns}{more}.")


def score_store(store: Store) -> Scored | None:
    """Score what waits, where a model is in service; all leads where it looks at events, which fade."""
    from leadlight.flows.score import score_waiting
    from leadlight.store import models

    with store.reading() as connection:
        if models.in_service(connection) is None:
            return None
        fades = models.serving(connection).events is not None
    with progress("scoring") as observe:
        return score_waiting(
            store,
            homes.now(),
            everything=fades,
            observe=lambda count: observe(f"scoring, {count:,} so far"),
        )


def _score_home(home: str | None, *, as_json: bool) -> None:
    """Score what waits in a home, and tell."""
    with homes.opened(homes.asked(home, "MODEL")) as store:
        found = score_store(store)
    if found is None:
        raise StoreError(
            "No model is in service here.",
            code="no_model",
            hint="Put one in service with: leadlight promote MODEL --home HOME",
        )
    Output(as_json).show(scored_json(found), partial(say_scored, found))


def say_scored(scored: Scored, page: Page) -> None:
    page.say(
        f"{counted(scored.looked_at, 'lead')} looked at by model {scored.model}:"
        f" {counted(scored.written, 'score')} written,"
        f" {scored.unchanged:,} as before."
    )


def scored_json(scored: Scored) -> dict[str, Any]:
    return {
        "model": scored.model,
        "looked_at": scored.looked_at,
        "written": scored.written,
        "unchanged": scored.unchanged,
    }
