"""Routes for what leads do and bring: the figures of the pages and of `leadlight insight`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.errors import ColumnError, LeadlightError, RequestError
from leadlight.flows.lead_history import history_of, spend_of, touches_of
from leadlight.flows.whole_leads import accounts_of_home
from leadlight.insight import advice, channels, followup
from leadlight.insight.channel_money import in_currency
from leadlight.insight.history import History
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.state import State
from leadlight.serve.writing import answered, state_of

router = APIRouter()
Name = Annotated[str | None, Query(max_length=200)]
Money = Annotated[float | None, Query(ge=0, le=1e15)]


@router.get(
    "/v1/insight/channels",
    dependencies=[PolicyRequest.needs("read")],
    summary="How the leads of each source did, what they cost and brought",
)
async def by_channel(
    request: Request, column: Name = None, currency: Name = None, deal_value: Money = None
) -> Response:
    def told(state: State, history: History) -> dict[str, Any]:
        spend, touched = spend_of(state.store), touches_of(state.store)
        spend = None if spend is None else in_currency(spend, currency)
        chosen = channels.chosen(history, column, spend)
        return channels.by_value(
            history, chosen, spend=spend, touched=touched, deal_value=deal_value
        ).to_json()

    return await _answer(request, told)


@router.get(
    "/v1/insight/followup",
    dependencies=[PolicyRequest.needs("read")],
    summary="How soon leads are contacted, what that is worth, and who grows cold",
)
async def by_contact(
    request: Request, within: Annotated[float, Query(ge=0.1, le=720)] = followup.WITHIN
) -> Response:
    def told(_: State, history: History) -> dict[str, Any]:
        return followup.follow_up(history, within).to_json()

    return await _answer(request, told)


@router.get(
    "/v1/insight/advice",
    dependencies=[PolicyRequest.needs("read")],
    summary="What to do next, the most money first",
)
async def what_next(request: Request, currency: Name = None, deal_value: Money = None) -> Response:
    def told(state: State, history: History) -> dict[str, Any]:
        spend = spend_of(state.store)
        spend = None if spend is None else in_currency(spend, currency)
        return advice.advise_on(history, spend, deal_value).to_json()

    return await _answer(request, told)


async def _answer(request: Request, told: Callable[[State, History], dict[str, Any]]) -> Response:
    """The figures of this moment; what cannot be asked of these leads is not found."""
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        try:
            return told(state, history_of(state.store, serving.bundle, time.time()))
        except RequestError:
            raise
        except LeadlightError as refused:
            raise RequestError(404, refused.message, code=refused.code, hint=refused.hint) from None

    return answered(await asyncio.to_thread(asked))


@router.get(
    "/v1/insight/accounts",
    dependencies=[PolicyRequest.needs("read")],
    summary="The open leads of each company as one account, the most promising first",
)
async def by_account(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    key: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        try:
            found = accounts_of_home(state.store, serving.bundle)
        except ColumnError as refused:
            raise RequestError(404, refused.message, code=refused.code, hint=refused.hint) from None
        if key is None:
            return found.to_json(limit)
        one = found.find(key)
        if one is None:
            raise RequestError(404, "There is no such account with open leads.", code="no_such_account")
        return replace(found, rows=(one,)).to_json()

    return answered(await asyncio.to_thread(asked))
