"""The pages: the list, the reasons and the money in a browser, in the same application as the HTTP API."""

from __future__ import annotations

from fastapi import FastAPI


def add(app: FastAPI) -> None:
    """Put the pages into an application that has the login."""
    from leadlight.dashboard import assets, desks, door, histories
    from leadlight.dashboard.pages import ROUTERS

    door.add(app)
    app.state.desks = desks.Desks()
    app.state.histories = histories.Histories()
    app.include_router(assets.router)
    for router in ROUTERS:
        app.include_router(router)
