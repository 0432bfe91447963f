"""One module a page: what it reads, what its forms do, which template draws it."""

from leadlight.dashboard.pages import lead, leads, model, people, plan, score, setup, sources, today

ROUTERS = tuple(page.router for page in (today, leads, lead, plan, sources, model, score, setup, people))

__all__ = ["ROUTERS"]
