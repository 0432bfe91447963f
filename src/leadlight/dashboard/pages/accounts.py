"""Accounts: at which company somebody will probably buy, and the leads behind each."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of, figures_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.errors import ColumnError
from leadlight.flows.desk import Desk
from leadlight.flows.whole_leads import accounts_of_home
from leadlight.insight.accounts import Accounts

router = pages()
SHOWN: Final = 100
NOBODY: Final = Accounts((), 0.0, 0, 0)


def _found(visit: PageVisit, desk: Desk) -> Accounts:
    try:
        return accounts_of_home(visit.store, desk.bundle)
    except ColumnError:
        return NOBODY


@router.get("/accounts")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="accounts")
    found = figures_of(visit).once("accounts", lambda: _found(visit, desk))
    wanted = visit.given("key")
    return drawing.page(
        visit,
        "accounts.html",
        found=found,
        rows=found.rows[:SHOWN],
        one=found.find(wanted),
        is_gone=bool(wanted) and found.find(wanted) is None,
        grades=desk.bundle.scorer.grades.names,
    )
