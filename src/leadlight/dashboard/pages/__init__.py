"""One module a page: what it reads, what its forms do, which template draws it."""

from leadlight.dashboard.pages import (
    accounts,
    channels,
    connections,
    engagement,
    followup,
    health,
    lead,
    leads,
    model,
    people,
    plan,
    score,
    segments,
    setup,
    stream,
    today,
)

ROUTERS = tuple(
    page.router
    for page in (
        today,
        leads,
        lead,
        accounts,
        plan,
        channels,
        followup,
        engagement,
        segments,
        model,
        health,
        score,
        setup,
        stream,
        connections,
        people,
    )
)

__all__ = ["ROUTERS"]
