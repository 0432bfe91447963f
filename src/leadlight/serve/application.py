"""The application: routes, each with a policy, around the state of one process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from leadlight.errors import LeadlightError, RequestError
from leadlight.serve import (
    daily,
    health,
    hooks,
    insights,
    listing,
    login,
    metrics,
    models,
    openapi,
    overview,
    people,
    planning,
    problem,
    records,
    segmenting,
    views,
)
from leadlight.serve.edge import Edge
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.state import State
from leadlight.serve.stream_figures import stream_figures

FLUSH_SECONDS: Final = 0.25


def build(
    state: State, *backgrounds: Callable[[], Any], more: Callable[[FastAPI], None] | None = None
) -> Edge:
    """An ASGI application; the backgrounds are what runs for as long as it serves, `more` adds routes."""

    @contextlib.asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        work = (state.load.watch, lambda: _flushing(state), *backgrounds)
        tasks = [asyncio.create_task(make()) for make in work]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if state.writer is not None:
            await asyncio.to_thread(state.writer.close)
        state.journal.flush()

    app = FastAPI(
        title="Leadlight",
        version=version("leadlight"),
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.leadlight = state
    _translate(app)
    _add_watching(app, state)
    if state.store is not None:
        app.include_router(records.router)
        app.include_router(models.router)
        app.include_router(people.router)
        app.include_router(planning.router)
        app.include_router(daily.router)
        app.include_router(health.router)
        app.include_router(insights.router)
        app.include_router(hooks.router)
        app.include_router(segmenting.router)
        app.include_router(views.router)
        app.include_router(listing.router)
        app.include_router(overview.router)
        login.add(app)
    if more is not None:
        more(app)
    return Edge(app, state)


async def _flushing(state: State) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        state.journal.flush()


def _translate(app: FastAPI) -> None:
    """What FastAPI and the parts below raise becomes a problem of ours; the edge sends it."""

    async def refuse(request: Request, refused: Any) -> Response:
        return _sent(request, refused)

    async def refuse_path(request: Request, refused: Any) -> Response:
        return _sent(request, _of_path(request, refused))

    async def refuse_parameter(request: Request, refused: Any) -> Response:
        return _sent(request, _of_parameter(refused))

    app.add_exception_handler(LeadlightError, refuse)
    app.add_exception_handler(HTTPException, refuse_path)
    app.add_exception_handler(RequestValidationError, refuse_parameter)


def _sent(request: Request, refused: LeadlightError) -> Response:
    body = problem.encoded(refused, request.scope.get("request_id"))
    response = Response(body, problem.status_of(refused), media_type=problem.MEDIA_TYPE)
    for name, value in problem.headers(refused):
        response.headers[name.decode()] = value.decode()
    if answer := request.scope.get("answer"):
        answer.noted["code"] = refused.code
    return response


def _of_path(request: Request, refused: HTTPException) -> RequestError:
    if refused.status_code == 405:
        return problem.method(", ".join(_methods(request)))
    is_nothing = refused.status_code == 404
    return RequestError(
        refused.status_code,
        "There is nothing here." if is_nothing else "The request was refused.",
        code="no_such_route" if is_nothing else "request",
        hint="GET /openapi.json lists what there is.",
    )


def _methods(request: Request) -> list[str]:
    """What may be asked of this path, whichever route answers it."""
    asked = request.scope
    every = openapi.routes(request.app)
    return sorted({method for route, method in every if route.matches(asked)[0] is not Match.NONE})


def _of_parameter(refused: RequestValidationError) -> RequestError:
    """Which parameter; what it held is not told."""
    kind, *names = next((error["loc"] for error in refused.errors()), ("",))
    said = f"The parameter {names[0]!r} in the {kind}" if names else "A parameter"
    return RequestError(
        422, f"{said} cannot be used.", code="parameter", hint="GET /openapi.json says what it takes."
    )


def _add_watching(app: FastAPI, state: State) -> None:
    """What tells orchestrators and Prometheus how the process is; it holds nothing of anyone."""

    @app.get("/healthz", dependencies=[PolicyRequest.none()], summary="Whether the process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", dependencies=[PolicyRequest.none()], summary="Whether a tested model is in service")
    async def readyz() -> dict[str, str]:
        return {"status": "ready", "model": state.ready_for_more().name}

    @app.get("/openapi.json", dependencies=[PolicyRequest.any_key()], summary="This description")
    async def description() -> Response:
        return JSONResponse(openapi.document(app, state.serving))

    @app.get(
        "/metrics",
        dependencies=[PolicyRequest.none()],
        summary="Figures for Prometheus",
        response_class=PlainTextResponse,
    )
    async def figures() -> Response:
        page = state.metrics.page() + await stream_figures(state.store) + await health.alarms_page(state)
        return Response(page, media_type=metrics.MEDIA_TYPE)
