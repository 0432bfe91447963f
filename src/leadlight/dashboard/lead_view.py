"""What the page of one lead shows: its score taken apart, its history, leads like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.dashboard.visitor import PageVisit
from leadlight.errors import RequestError
from leadlight.flows.events import with_past_events
from leadlight.flows.explain_kept import frame_of
from leadlight.insight.similar import Alike, similar
from leadlight.insight.waterfall import Waterfall, waterfall
from leadlight.model import whatif
from leadlight.model.bundle import Bundle
from leadlight.model.whatif import Change, Explanation
from leadlight.store import browse, departures, leads, overrides, ranking, records
from leadlight.store.browse import Row, Sought
from leadlight.store.leads import StoredLead

ID: Final = "id"
DECIDED: Final = 200
CHANGES: Final = 5
DAY: Final = 86_400.0


@dataclass(frozen=True)
class Activity:
    """How often a lead did something in the days that the model looks back, and when last."""

    type: str
    times: int
    last: float
    half_life: float | None


@dataclass(frozen=True)
class LeadView:
    """Everything that is known of one lead."""

    kept: StoredLead
    deleted: float | None
    """When it became known that its system deleted it."""
    score: Mapping[str, Any] | None
    history: list[dict[str, Any]]
    override: Any
    records: Mapping[str, list[dict[str, Any]]]
    outcome: str

    @staticmethod
    def of(visit: PageVisit, identity: str) -> LeadView:
        bundle = serving(visit)
        with visit.store.reading() as connection:
            kept = None if "\0" in identity else leads.find(connection, identity)
            if kept is None:
                raise RequestError(404, "There is no such lead.", code="no_such_lead", hint="Search: Leads.")
            standing = overrides.standing(connection, [kept.number]).get(kept.number)
            happened = records.of_lead(connection, kept.number)
            return LeadView(
                kept=kept,
                deleted=departures.since(connection, kept.number),
                score=ranking.current_score(connection, kept),
                history=ranking.score_history(connection, kept),
                override=None if kept.suppressed else standing,
                records=happened,
                outcome=_outcome(bundle, kept, happened),
            )


def serving(visit: PageVisit) -> Bundle | None:
    return None if visit.state.serving is None else visit.state.serving.bundle


def _outcome(bundle: Bundle | None, kept: StoredLead, happened: Mapping[str, list[dict[str, Any]]]) -> str:
    """won, lost or open, by what was said last."""
    if bundle is None:
        return "open"
    said = [row["outcome"] for row in happened["outcomes"][:1]]
    word = said[0] if said else kept.fields.get(bundle.target.column)
    return browse.is_ended(bundle.target, None if word is None else str(word))


def activities(bundle: Bundle | None, view: LeadView, at: float) -> list[Activity]:
    """What a lead did of late, the most recent first."""
    asked = None if bundle is None else bundle.events
    if asked is None:
        return []
    half = {each.name: each.half_life for each in asked.types if each.fitted}
    recent = [row for row in view.records["events"] if at - asked.moment * DAY <= row["at"] <= at]
    times = Counter(row["name"] for row in recent)
    last = {row["name"]: row["at"] for row in reversed(recent)}
    return [Activity(name, times[name], last[name], half.get(name)) for name in times]


def every_change(bundle: Bundle, kept: StoredLead) -> list[Change]:
    """Over all columns: to understand, not to act on."""
    codes = bundle.scorer.encode(frame_of(bundle, [kept.fields], [kept.id]))
    return whatif.changes(bundle.scorer, codes, every=True)[:CHANGES]


def steps(explained: Explanation) -> Waterfall:
    return waterfall(explained)


def alike(visit: PageVisit, bundle: Bundle, kept: StoredLead) -> tuple[Alike, list[Row]] | None:
    """Decided leads nearest to this one, and which they are."""
    rows = [row for row in _decided(visit, bundle) if row.id != kept.id]
    if not rows:
        return None
    decided = frame_of(bundle, [row.fields for row in rows], [row.id for row in rows])
    known = bundle.scorer.encode(with_past_events(visit.store, bundle, decided))
    own = bundle.scorer.encode(frame_of(bundle, [kept.fields], [kept.id]))
    won = np.array([browse.is_ended(bundle.target, row.outcome) == "won" for row in rows])
    found = similar(bundle.scorer, own, known, won)
    return None if found is None else (found, [rows[place] for place in found.places])


def _decided(visit: PageVisit, bundle: Bundle) -> list[Row]:
    """The leads that were decided and came last, won and lost in the share that they have in the home."""
    with visit.store.reading() as connection:
        asked = [Sought(ended=ended, order="created") for ended in ("won", "lost")]
        sizes = [sum(browse.counts(connection, each, bundle.target).values()) for each in asked]
        total = max(sum(sizes), 1)
        return [
            row
            for each, size in zip(asked, sizes, strict=True)
            for row in browse.page(connection, each, bundle.target, 0, round(2 * DECIDED * size / total))
        ]
