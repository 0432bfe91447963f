"""What people say of leads: reached, won, lost, wrongly scored, a note; each kept with who said it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from leadlight.dashboard.visitor import PageVisit
from leadlight.data.target import Target
from leadlight.errors import RequestError
from leadlight.insight.disputes import route_of
from leadlight.store import disputes, records

MARKS: Final = {
    "contacted": "Contacted",
    "won": "Won",
    "lost": "Lost",
    "wrong": "Wrongly scored",
}
LONGEST: Final = 1_000
CALL: Final = "call"
DISPUTE: Final = "dispute"
NOTE: Final = "note"


def mark(visit: PageVisit, ids: Sequence[str], kind: str, why: str, at: float) -> None:
    """Mark each of these leads, in one transaction."""
    if kind not in {*MARKS, NOTE}:
        raise RequestError(422, "This cannot be said of a lead.", code="mark", hint="Choose one of the list.")
    if kind in ("wrong", NOTE) and not why:
        raise RequestError(422, "Say why, in a few words.", code="why", hint="What does the score not know?")
    if len(why) > LONGEST:
        raise RequestError(422, f"At most {LONGEST:,} characters.", code="why_long")
    if kind in ("won", "lost"):
        _end(visit, ids, kind, at)
    else:
        channel = {"contacted": CALL, "wrong": DISPUTE, NOTE: NOTE}[kind]
        rows = [
            {"id": each, "channel": channel, "at": at, "who": visit.user.name, "result": why} for each in ids
        ]
        write(visit, lambda connection: _said(connection, visit, rows, kind))


def _said(connection: Any, visit: PageVisit, rows: Sequence[dict[str, Any]], kind: str) -> None:
    """A contact, and where a score is said to be wrong, a dispute that goes where its words say."""
    records.add_contacts(connection, rows)
    for row in rows if kind == "wrong" else ():
        route = route_of(row["result"])
        disputes.add(connection, row["id"], route, row["result"], visit.user.name, row["at"])


def _end(visit: PageVisit, ids: Sequence[str], kind: str, at: float) -> None:
    serving = visit.state.serving
    word = outcome_word(None if serving is None else serving.bundle.target, kind)
    rows = [{"id": each, "outcome": word, "at": at} for each in ids]
    write(visit, lambda connection: records.add_outcomes(connection, rows, visit.who))


def outcome_word(target: Target | None, kind: str) -> str:
    """Won or lost as the model in service was told of it."""
    words = () if target is None else target.positive if kind == "won" else target.negative
    return words[0] if words else kind


def write(visit: PageVisit, work: Any) -> Any:
    """Do it in the one writer; durable when it returns."""
    return visit.state.writer.submit(work).result()
