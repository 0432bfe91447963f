"""One module a page: what it reads, what its forms do, which template draws it."""

from leadlight.dashboard.pages import (
    accounts,
    channels,
    lead,
    leads,
    model,
    people,
    plan,
    score,
    setup,
    today,
)

ROUTERS = tuple(
    page.router for page in (today, leads, lead, accounts, plan, channels, model, score, setup, people)
)

__all__ = ["ROUTERS"]
