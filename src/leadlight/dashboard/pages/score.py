"""Score: a form made of the model's columns that answers as one types, and a file that comes back scored."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from leadlight.dashboard import drawing, lead_view
from leadlight.dashboard.draft import file_name
from leadlight.dashboard.routing import pages
from leadlight.dashboard.uploading import write_upload
from leadlight.dashboard.visitor import PageVisit, caller, viewer
from leadlight.errors import RequestError
from leadlight.flows.explain_kept import frame_of
from leadlight.flows.list_file import score_upload
from leadlight.model import whatif
from leadlight.model.bundle import Bundle
from leadlight.model.encode import representatives
from leadlight.store.leads import StoredLead

PREFIX: Final = "column:"
FOLDER: Final = "scored-files"
KEPT_SECONDS: Final = 3_600.0
OTHER: Final = ("missing", "other")
_TOKEN: Final = re.compile("[0-9a-f]{32}")

router = pages()


@dataclass(frozen=True)
class Question:
    """One column of the form: how it is asked, and what it may hold."""

    name: str
    kind: str
    group: str
    levels: tuple[str, ...]


def questions(bundle: Bundle) -> list[Question]:
    """The columns that the model looks at, those that matter most first."""
    matters = bundle.record.importance
    levels: dict[str, tuple[str, ...]] = {}
    for feature in bundle.scorer.encoder.features:
        if feature.take == "level":
            column = bundle.scorer.schema[feature.column]
            words = [column.label(word) for word in representatives(feature) if word not in OTHER]
            levels[feature.column] = tuple(words)
    asked = [each for each in bundle.scorer.schema.needed if not each.expression]
    found = [Question(each.name, each.kind, each.group, levels.get(each.name, ())) for each in asked]
    return sorted(found, key=lambda each: (-matters.get(each.name, 0.0), each.name))


@router.get("/score")
def asked(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    bundle = lead_view.serving(visit)
    if bundle is None:
        return drawing.page(visit, "nothing_yet.html", section="score")
    made = questions(bundle)
    return drawing.page(
        visit, "score/page.html", section="score", questions=made, prefix=PREFIX, **_answer(bundle, {})
    )


@router.post("/score")
def answered(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    """The answer as one types; nothing is kept."""
    bundle = lead_view.serving(visit)
    if bundle is None:
        raise RequestError(409, "No model is in service.", code="no_model", hint="Set-up makes one.")
    names = {question.name for question in questions(bundle)}
    given = {name: visit.given(PREFIX + name) for name in names}
    fields = {name: value for name, value in given.items() if value}
    return drawing.page(visit, "score/answer.html", section="score", **_answer(bundle, fields))


def _answer(bundle: Bundle, fields: Mapping[str, Any]) -> dict[str, Any]:
    raw = frame_of(bundle, [fields], [""])
    explained = whatif.explain(bundle.scorer, dict(fields), bundle.scorer.encode(raw))
    place = bundle.scorer.grades.names.index(explained.answer.grade)
    every = lead_view.every_change(bundle, StoredLead(0, "", fields, 0))
    steps = lead_view.steps(explained)
    return {"explained": explained, "steps": steps, "place": place, "every": every, "given_any": bool(fields)}


@router.post("/score/file")
async def uploaded(request: Request, visit: Annotated[PageVisit, Depends(caller)]) -> Response:
    """A file comes in, is scored, and waits for an hour to be fetched."""
    name = file_name(visit.given("name"))
    folder = _folder(visit, secrets.token_hex(16), new=True)
    await write_upload(request, folder / name)
    return Response(status_code=201, headers={"location": f"/score/file/{folder.name}"})


def _folder(visit: PageVisit, token: str, *, new: bool = False) -> Path:
    parent = visit.store.home.folder / FOLDER
    folder = parent / token
    if new:
        for old in parent.glob("*"):
            if old.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    if not _TOKEN.fullmatch(token) or not folder.is_dir():
        raise RequestError(404, "This file is gone.", code="scored_file", hint="Upload it again: Score.")
    return folder


@router.get("/score/file/{token}")
def scored(visit: Annotated[PageVisit, Depends(caller)], token: str) -> Response:
    folder, bundle = _folder(visit, token), lead_view.serving(visit)
    source = next((path for path in folder.iterdir() if not path.name.startswith("scored-")), None)
    if bundle is None or source is None:
        raise RequestError(409, "No model is in service.", code="no_model", hint="Set-up makes one.")
    objections = visit.state.objections
    target = folder / f"scored-{source.stem}.csv"
    bars = (lambda lead, identity: False) if objections is None else objections.bars
    found = score_upload(bundle, source, target, bars)
    return drawing.page(visit, "score/file.html", section="score", found=found, token=token, name=source.name)


@router.get("/score/file/{token}/download")
def fetched(visit: Annotated[PageVisit, Depends(caller)], token: str) -> Response:
    folder = _folder(visit, token)
    made = next(folder.glob("scored-*.csv"), None)
    if made is None:
        raise RequestError(404, "This file is gone.", code="scored_file", hint="Upload it again: Score.")
    kept = {"content-disposition": f'attachment; filename="{made.name}"'}
    return Response(made.read_bytes(), media_type="text/csv", headers=kept)
