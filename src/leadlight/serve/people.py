"""Routes for people's rights: who somebody is, all that is held, no more scores, erasure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from leadlight.data import handles
from leadlight.data.handles import Handle
from leadlight.errors import RequestError
from leadlight.flows.export import export_person
from leadlight.flows.forget import forget_person
from leadlight.flows.suppress import suppress_people
from leadlight.serve import shapes
from leadlight.serve.identity import BY_ID
from leadlight.serve.openapi import described
from leadlight.serve.policy import PolicyRequest, caller_of
from leadlight.serve.problem import pointer
from leadlight.serve.writing import answered, incoming, state_of
from leadlight.store import Store, data_subject, leads
from leadlight.store.data_subject import Person

router = APIRouter()
ADMIN = PolicyRequest.needs("admin")


def asked(given: shapes.PersonBody) -> list[Handle]:
    """What the person is looked for by."""
    found = []
    for kind in handles.KINDS:
        value = getattr(given, kind)
        told = [] if value is None else handles.in_cell(kind, value)
        found += told
        if value is not None and not told:
            raise RequestError(
                422,
                f"This is no {kind}.",
                code="no_handle",
                where=pointer(kind),
                hint="Send it as it stands in the lead.",
            )
    if not found:
        raise RequestError(
            422,
            "It is not said who is meant.",
            code="who_is_meant",
            hint="Send an id, an email or a phone.",
        )
    return found


@router.post(
    "/v1/people/find",
    dependencies=[ADMIN],
    summary="The leads of a person",
    openapi_extra=described(shapes.PersonBody),
)
async def find(request: Request) -> Response:
    _, given = await incoming(request, shapes.PersonBody)
    wanted, who = asked(given), caller_of(request).name

    def work(store: Store, now: float) -> Any:
        person = _known(data_subject.find_and_log(store, wanted, who, "find", now))
        return {
            "leads": [lead.id for lead in person.leads],
            "related": [lead.id for lead in person.related],
        }

    return await _done(request, work)


@router.post(
    "/v1/people/export",
    dependencies=[ADMIN],
    summary="All that is held about a person",
    openapi_extra=described(shapes.PersonBody),
)
async def export(request: Request) -> Response:
    _, given = await incoming(request, shapes.PersonBody)
    wanted, who = asked(given), caller_of(request).name

    def work(store: Store, now: float) -> Any:
        _known(data_subject.find_and_log(store, wanted, who, "export", now))
        return export_person(store, wanted, now)

    return await _done(request, work)


@router.post(
    "/v1/people/suppress",
    dependencies=[ADMIN],
    summary="Score a person no more",
    openapi_extra=described(shapes.Objection),
)
async def suppress(request: Request) -> Response:
    _, given = await incoming(request, shapes.Objection)
    wanted, who = asked(given), caller_of(request).name

    def work(store: Store, now: float) -> Any:
        done = suppress_people(store, wanted, who, given.reason, now)
        person = done.person
        related, strangers = len(person.related), len(person.strangers)
        scores = done.scores_ended
        return {"leads": len(person.leads), "scores": scores, "related": related, "strangers": strangers}

    return await _done(request, work)


@router.delete(BY_ID, dependencies=[ADMIN], summary="Erase the person behind a lead, for good")
async def erase(request: Request, identity: str) -> Response:
    who = caller_of(request).name

    def work(store: Store, now: float) -> Any:
        with store.reading() as connection:
            lead = None if "\0" in identity else leads.find(connection, identity)
        if lead is None:
            raise RequestError(404, "There is no such lead.", code="no_such_lead")
        person = data_subject.find_before_acting(store, handles.in_cell("id", lead.id))
        erased = forget_person(store, person, who, now)
        told = {"leads": erased.leads, "related": len(person.related)}
        return {**told, "models": list(erased.models), "clean": erased.clean}

    return await _done(request, work)


def _known(person: Person) -> Person:
    if not person.leads and not person.related:
        raise RequestError(
            404, "No lead of this person is here.", code="no_such_person", hint="Try another handle."
        )
    return person


async def _done(request: Request, work: Callable[[Store, float], Any]) -> Response:
    found = await asyncio.to_thread(work, state_of(request).store, time.time())
    return answered(found)
