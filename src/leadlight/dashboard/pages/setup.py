"""Set-up: from an export to a model that serves, step by step, without a command line."""

from __future__ import annotations

import threading
import time
from importlib.metadata import version
from typing import Annotated, Final

import polars as pl
from fastapi import Depends, Request, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.draft import ROLES, Draft, TrainingProgress
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.uploading import write_upload
from leadlight.dashboard.visitor import PageVisit, admin
from leadlight.data import stages, target
from leadlight.data.target import Target
from leadlight.errors import LeadlightError, RequestError
from leadlight.flows.setup import (
    SetupChoices,
    inspected,
    leads_of_file,
    leads_of_home,
    learnt,
    put_in_service,
)
from leadlight.insight.report.standing import verdict
from leadlight.model.bundle import Bundle
from leadlight.store import changes

MOST_VALUES: Final = 30

router = pages()


@router.get("/setup")
def begun(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    with visit.store.reading() as connection:
        standing = changes.standing(connection)
    return drawing.page(visit, "setup/begin.html", section="setup", leads=standing.leads)


@router.post("/setup/upload")
async def uploaded(request: Request, visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    """The file itself is the body; it is written as it comes."""
    name = visit.given("name")
    if not name:
        raise RequestError(422, "The file has no name.", code="upload", hint="Choose a file.")
    draft = Draft.begin(visit.store, name)
    await write_upload(request, draft.upload)
    return Response(status_code=201, headers={"location": f"/setup/{draft.token}"})


@router.post("/setup/home")
def from_home(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    draft = Draft.begin(visit.store, "")
    draft.choose(SetupChoices.as_in_service(visit.store))
    return elsewhere(visit.request, f"/setup/{draft.token}")


@router.get("/setup/{token}")
def looked_at(visit: Annotated[PageVisit, Depends(admin)], token: str) -> Response:
    draft = Draft.find(visit.store, token)
    if draft.progress is not None:
        return _progress(visit, draft)
    raw, choices = _raw(visit, draft), draft.choices
    found = inspected(raw, choices.options())
    codes = {finding.column: finding for finding in found.findings if finding.column}
    return drawing.page(
        visit,
        "setup/columns.html",
        section="setup",
        draft=draft,
        choices=choices,
        found=found,
        findings=codes,
        excluded={each["column"]: each for each in found.excluded},
        values=_values(raw, choices.target or found.target, found.meanings, choices),
        roles=ROLES,
        names=raw.columns,
        examples={name: _examples(raw[name]) for name in raw.columns},
    )


def _raw(visit: PageVisit, draft: Draft) -> pl.DataFrame:
    return leads_of_file(draft.upload) if draft.source else leads_of_home(visit.store)


def _values(
    raw: pl.DataFrame, name: str | None, known: Target | None, choices: SetupChoices
) -> list[tuple[str, int, str]]:
    """What the outcome column holds, the commonest first, and what each value means as far as is known."""
    if name is None or name not in raw.columns:
        return []
    counts = target.levels(raw[name]).drop_nulls().value_counts(sort=True).head(MOST_VALUES)
    return [(value, count, _meaning_of(value, known, choices)) for value, count in counts.iter_rows()]


def _meaning_of(value: str, known: Target | None, choices: SetupChoices) -> str:
    """As it was chosen, else as it was read, else as it sounds."""
    if value in choices.won or value in choices.lost:
        return "won" if value in choices.won else "lost"
    if known is not None:
        is_won, is_lost = value in known.positive, value in known.negative
    else:
        is_won, is_lost = stages.is_won(value), stages.sounds_lost(value)
    return "won" if is_won else "lost" if is_lost else "open"


def _examples(column: pl.Series) -> str:
    """The commonest value, where so many share it that it is nobody's own."""
    counts = column.drop_nulls().cast(pl.String).value_counts(sort=True)
    common = [str(value) for value, count in counts.head(3).iter_rows() if count >= 20]
    return ", ".join(common)


@router.post("/setup/{token}")
def chosen(visit: Annotated[PageVisit, Depends(admin)], token: str) -> Response:
    draft = Draft.find(visit.store, token)
    draft.choose(_choices(visit))
    if visit.given("go") == "train":
        draft.tell(TrainingProgress("looking at the columns"))
        threading.Thread(target=_train, args=(visit, draft), name="training", daemon=True).start()
    return elsewhere(visit.request, f"/setup/{token}")


def _choices(visit: PageVisit) -> SetupChoices:
    prefix = "role:"
    columns = {name.removeprefix(prefix): visit.given(name) for name in visit.sent if name.startswith(prefix)}
    meanings = {name: visit.given(name) for name in visit.sent if name.startswith("value:")}
    return SetupChoices(
        target=visit.given("target"),
        won=_meaning(meanings, "won"),
        lost=_meaning(meanings, "lost"),
        id=visit.given("id"),
        time=visit.given("time"),
        columns={name: role for name, role in columns.items() if role in ROLES and role},
        actionable=tuple(visit.several("actionable")),
    )


def _meaning(meanings: dict[str, str], wanted: str) -> tuple[str, ...]:
    return tuple(name.removeprefix("value:") for name, meaning in meanings.items() if meaning == wanted)


def _train(visit: PageVisit, draft: Draft) -> None:
    """In a thread of its own; what goes wrong is told on the page."""
    steps = 0

    def observe(step: str) -> None:
        nonlocal steps
        steps += 1
        draft.tell(TrainingProgress(step, steps))

    try:
        bundle = learnt(_raw(visit, draft), draft.choices.options(), version("leadlight"), observe)
        bundle.save(draft.bundle, force=True)
        draft.tell(TrainingProgress("done", steps, model=bundle.name))
    except LeadlightError as problem:
        draft.tell(TrainingProgress("", steps, failed=problem.message, hint=problem.hint or ""))
    except Exception as problem:  # noqa: BLE001 - a thread has nobody else to tell
        visit.state.journal.mistake(problem)
        draft.tell(TrainingProgress("", steps, failed="Leadlight made a mistake."))


def _progress(visit: PageVisit, draft: Draft) -> Response:
    progress = draft.progress
    assert progress is not None
    if progress.model and visit.is_part:
        return elsewhere(visit.request, f"/setup/{draft.token}")
    if progress.model:
        bundle = Bundle.load(draft.bundle)
        told = verdict(bundle)
        return drawing.page(
            visit, "setup/result.html", section="setup", draft=draft, bundle=bundle, verdict=told
        )
    template = "setup/progress.html" if visit.is_part else "setup/training.html"
    return drawing.page(visit, template, section="setup", draft=draft, progress=progress)


@router.post("/setup/{token}/again")
def again(visit: Annotated[PageVisit, Depends(admin)], token: str) -> Response:
    """Back to the columns."""
    draft = Draft.find(visit.store, token)
    (draft.folder / "progress.json").unlink(missing_ok=True)
    return elsewhere(visit.request, f"/setup/{token}")


@router.post("/setup/{token}/promote")
def promoted(visit: Annotated[PageVisit, Depends(admin)], token: str) -> Response:
    """The model serves from here on, and the leads of the upload are kept and scored."""
    draft = Draft.find(visit.store, token)
    if not draft.bundle.is_file():
        raise RequestError(409, "Nothing was learnt yet.", code="no_model", hint="Train first.")
    raw = _raw(visit, draft) if draft.source else None
    put_in_service(visit.store, Bundle.load(draft.bundle), raw, draft.source, time.time(), visit.who)
    draft.end()
    _wait(visit)
    return elsewhere(visit.request, "/today")


def _wait(visit: PageVisit, seconds: float = 5.0) -> None:
    """Until this process has noticed which model serves now."""
    until = time.monotonic() + seconds
    with visit.store.reading() as connection:
        name = changes.name_in_service(connection)
    while time.monotonic() < until:
        if visit.state.serving is not None and visit.state.serving.name == name:
            return
        time.sleep(0.1)
