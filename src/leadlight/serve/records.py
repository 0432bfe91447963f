"""Routes for what is kept of leads: the leads themselves, and what happened to them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from leadlight.data.target import UNKNOWN
from leadlight.errors import InputError, RequestError
from leadlight.flows.take import lead_id
from leadlight.serve import shapes
from leadlight.serve.identity import BY_ID
from leadlight.serve.moments import dated, moment
from leadlight.serve.openapi import described
from leadlight.serve.policy import PolicyRequest, caller_of
from leadlight.serve.problem import pointer
from leadlight.serve.serving import Serving
from leadlight.serve.writing import answered, incoming, read, state_of, written
from leadlight.store import departures, intake, leads, overrides, ranking, records
from leadlight.store.event_rows import KNOWN
from leadlight.store.happened import what_happened
from leadlight.store.ranking import RankingPlace

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE: Final = 100
LARGEST_PAGE: Final = 1_000
ID: Final = "id"
CURSOR: Final = "^[0-9a-f]{16}[0-7][0-9a-f]{15}$"


router = APIRouter()


@router.post(
    "/v1/leads",
    dependencies=[PolicyRequest.needs("write")],
    summary="Take leads in, new or again",
    openapi_extra=described(shapes.LeadsBody),
)
async def take(request: Request) -> Response:
    raw, given = await incoming(request, shapes.LeadsBody)
    state = state_of(request)
    name = state.identity()
    ids = [_identity(lead, name, place) for place, lead in enumerate(given.leads)]
    fields = [{column: value for column, value in lead.items() if column != ID} for lead in given.leads]

    warnings = _unknown_fields(state.serving, fields)

    def work(connection: Connection, now: float) -> Any:
        taken = intake.upsert(state.store, connection, ids, fields, given.source, now)
        return {**vars(taken), "warnings": warnings}

    answer = await written(request, raw, work)
    state.has_waiting = True
    return answer


def _unknown_fields(serving: Serving | None, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fields that the model in service does not know, once each; they are kept all the same."""
    if serving is None:
        return []
    every: dict[str, Any] = {}
    for lead in given:
        every |= lead
    found = serving.scorer.known.unknown(every)
    near = {name: column for name, column in found.items() if column is not None}
    told = {"code": "unknown_fields", "columns": list(found)} | ({"nearest": near} if near else {})
    return [told] if found else []


def _identity(lead: dict[str, Any], name: str | None, place: int) -> str:
    try:
        return lead_id(lead, name)
    except InputError as refused:
        status, where = 409 if refused.code == "two_ids" else 422, pointer("leads", place)
        raise RequestError(
            status, refused.message, code=refused.code, where=where, hint=refused.hint
        ) from None


@router.get("/v1/leads", dependencies=[PolicyRequest.needs("read")], summary="The leads by score, best first")
async def listed(
    request: Request,
    grade: Annotated[str | None, Query(max_length=100)] = None,
    min_score: Annotated[float | None, Query(ge=0, le=100)] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
    cursor: Annotated[str | None, Query(pattern=CURSOR)] = None,
) -> Response:
    after = None if cursor is None else _place(cursor)
    least = None if min_score is None else min_score / 100

    def ask(connection: Connection) -> Any:
        return ranking.best_first(connection, limit, grade=_plain(grade), least=least, after=after)

    found = await read(request, ask)
    following = _cursor(found[-1][0]) if len(found) == limit else None
    told = [{ID: identity, **dated(said)} for _, identity, said in found]
    return answered({"leads": told, "next": following})


def _plain(text: str | None) -> str | None:
    """No grade has a NUL in its name, and PostgreSQL knows no such text."""
    return None if text is None else text.replace("\0", "\ufffd")


def _cursor(place: RankingPlace) -> str:
    return struct.pack(">dq", place.probability, place.lead).hex()


def _place(cursor: str) -> RankingPlace:
    return RankingPlace(*struct.unpack(">dq", bytes.fromhex(cursor)))


@router.get(
    BY_ID,
    dependencies=[PolicyRequest.needs("read")],
    summary="One lead, its score and history, its events, contacts and outcome",
)
async def one(request: Request, identity: str) -> Response:
    def ask(connection: Connection) -> Any:
        kept = None if "\0" in identity else leads.find(connection, identity)
        if kept is None:
            raise RequestError(
                404, "There is no such lead.", code="no_such_lead", hint="Send it: POST /v1/leads"
            )
        score = ranking.current_score(connection, kept)
        gone = departures.since(connection, kept.number)
        word = None if kept.suppressed else overrides.standing(connection, [kept.number]).get(kept.number)
        return {
            ID: kept.id,
            "fields": kept.fields,
            "source": kept.source,
            "created": moment(kept.created),
            "changed": moment(kept.changed),
            "suppressed": bool(kept.suppressed),
            "deleted": None if gone is None else moment(gone),
            "score": None if score is None else dated(score),
            "override": None if word is None else dated(vars(word)),
            "history": [dated(each) for each in ranking.score_history(connection, kept)],
            **_happened(connection, kept.number),
        }

    return answered(await read(request, ask))


def _happened(connection: Connection, lead: int) -> dict[str, Any]:
    told = {name: [dated(row) for row in rows] for name, rows in what_happened(connection, lead).items()}
    return {**told, "outcome": next(iter(told["outcomes"]), None)}


@router.post(
    "/v1/events",
    dependencies=[PolicyRequest.needs("write")],
    summary="What leads did",
    openapi_extra=described(shapes.Events),
)
async def events(request: Request) -> Response:
    raw, given = await incoming(request, shapes.Events)

    def work(connection: Connection, now: float) -> Any:
        rows = [_with_known(row, place) for place, row in enumerate(_dated("events", given.events, now))]
        return {"written": records.add_events(connection, rows)}

    answer = await written(request, raw, work)
    state_of(request).has_waiting = True
    return answer


@router.post(
    "/v1/contacts",
    dependencies=[PolicyRequest.needs("write")],
    summary="Calls and mails to leads",
    openapi_extra=described(shapes.Contacts),
)
async def contacts(request: Request) -> Response:
    raw, given = await incoming(request, shapes.Contacts)

    def work(connection: Connection, now: float) -> Any:
        rows = _dated("contacts", given.contacts, now)
        return {"written": records.add_contacts(connection, rows)}

    return await written(request, raw, work)


@router.post(
    "/v1/outcomes",
    dependencies=[PolicyRequest.needs("write")],
    summary="How leads ended",
    openapi_extra=described(shapes.Outcomes),
)
async def outcomes(request: Request) -> Response:
    raw, given = await incoming(request, shapes.Outcomes)
    who, serving = caller_of(request).name, state_of(request).serving

    def work(connection: Connection, now: float) -> Any:
        _check_outcomes(given.outcomes, serving)
        rows = _dated("outcomes", given.outcomes, now)
        return {"written": records.add_outcomes(connection, rows, who)}

    return await written(request, raw, work)


def _check_outcomes(given: Sequence[shapes.Outcome], serving: Serving | None) -> None:
    """What the model in service was not told of would stop the next training."""
    target = UNKNOWN if serving is None else serving.bundle.target
    for place, each in enumerate(given):
        if not target.knows(each.outcome):
            raise RequestError(
                422,
                "The outcome is none that the model in service was told of.",
                code="unknown_outcome",
                where=pointer("outcomes", place, "outcome"),
                hint=f"Send one of these as the outcome: {target.meanings}.",
            )


@router.post(
    "/v1/spend",
    dependencies=[PolicyRequest.needs("write")],
    summary="What channels cost",
    openapi_extra=described(shapes.Spend),
)
async def spend(request: Request) -> Response:
    raw, given = await incoming(request, shapes.Spend)
    rows = [
        {**_row(each), "day": shapes.day(each.day, "spend", place, "day")}
        for place, each in enumerate(given.spend)
    ]
    return await written(
        request, raw, lambda connection, now: {"written": records.put_spend(connection, rows)}
    )


def _dated(
    name: str, given: Sequence[shapes.Event | shapes.Contact | shapes.Outcome], now: float
) -> list[dict[str, Any]]:
    """Rows with the moment of each, which is now where none is told."""
    return [
        {**_row(each), "at": shapes.seconds(each.at, now, name, place, "at")}
        for place, each in enumerate(given)
    ]


def _with_known(row: dict[str, Any], place: int) -> dict[str, Any]:
    """An event of which it is kept when it came to be known, where that was later."""
    known = row.pop("known_at")
    if known is None:
        return row
    shapes.seconds(known, 0.0, "events", place, "known_at")
    return {**row, "properties": {**row["properties"], KNOWN: known}}


def _row(shape: shapes.Shape) -> dict[str, Any]:
    return msgspec.structs.asdict(shape)
