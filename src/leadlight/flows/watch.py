"""Watching a home: what came in since the last look, what is decided, which alarms stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data.finding import Finding
from leadlight.errors import StoreError
from leadlight.flows.decided import decided_leads, undecided_at
from leadlight.flows.events import with_past_events
from leadlight.flows.fair import fairness_of_home
from leadlight.insight import outcomes
from leadlight.insight.drift import FEWEST, BatchCounts, Drift, Judged, drift
from leadlight.insight.fairness_trend import FairnessTrend
from leadlight.insight.outcomes import EstimatedPerformance, Foretold, RealisedPerformance
from leadlight.insight.watching import Watched, sorted_findings, watched
from leadlight.model.bundle import Bundle
from leadlight.store import Store, models, watched_leads, watching
from leadlight.store.models import StoredModel
from leadlight.store.watching import DAY

WINDOW: Final = 7
LONGEST_WINDOW: Final = 28
ENOUGH: Final = 1_000
BATCH: Final = 1_000
LARGEST_BATCH: Final = 5_000
RECENT: Final = 5_000
OLDEST_PAGE: Final = 10
"""How many times as many leads are gone through for some that are old enough."""
OPENINGS: Final = 1_000
QUIET_DAYS: Final = 3.0
MARK: Final = "scores"
LEADS: Final = "leads"

Tell = Callable[[int], None]


@dataclass(frozen=True)
class HomeWatch:
    """One look at a home."""

    at: float
    found: Watched
    estimated: EstimatedPerformance | None
    realised: RealisedPerformance | None
    fairness: tuple[FairnessTrend, ...] = ()
    new: tuple[dict[str, Any], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return {
            **self.found.to_json(),
            "at": self.at,
            "estimated": None if self.estimated is None else self.estimated.to_json(),
            "realised": None if self.realised is None else self.realised.to_json(),
            "fairness": [each.to_json() for each in self.fairness],
            "new": [dict(each) for each in self.new],
        }


def watch_home(store: Store, at: float, *, observe: Tell = lambda _: None) -> HomeWatch:
    """Look once, keep what was found, and let alarms begin and end."""
    kept, bundle = serving_model(store)
    count_new_scores(store, kept.number, bundle, observe)
    counts = recent_counts(store, kept.number, bundle, at)
    found = _of_leads(store, bundle, counts, at)
    decided = decided_leads(store, bundle, kept.number, at)
    realised = outcomes.realised(bundle, decided) if len(decided.outcome) >= outcomes.FEWEST else None
    estimated = _estimated(store, bundle, counts)
    findings = [*found.findings, *(realised.findings if realised else ())]
    findings += [*_quiet(store, at), *_untrained(store), *_unsent(store)]
    fairness = fairness_of_home(store, bundle, kept.number, at)
    findings += [each for trend in fairness for each in trend.findings]
    found = replace(found, findings=sorted_findings(findings), decided=len(decided.outcome))
    look = HomeWatch(at, found, estimated, realised, fairness)
    with store.writing() as connection:
        new = watching.raise_alarms(connection, at, bundle.name, [each.to_json() for each in found.alarms])
        look = replace(look, new=tuple(new))
        watching.keep(connection, at, bundle.name, found.leads, len(found.alarms), look.to_json())
    return look


def serving_model(store: Store) -> tuple[StoredModel, Bundle]:
    """The model in service with its number; refused where there is none."""
    with store.reading() as connection:
        kept = models.in_service(connection)
        if kept is None:
            raise StoreError(
                "No model is in service here.",
                code="no_model",
                hint="Put one in service with: leadlight promote MODEL --home HOME",
            )
        return kept, models.load(connection, kept.number)


def count_new_scores(store: Store, number: int, bundle: Bundle, observe: Tell = lambda _: None) -> int:
    """Add the scores that were given since the last look to the counts of their days; gives how many."""
    name = f"{MARK}:{number}"
    with store.reading() as connection:
        after, last = watching.mark(connection, name) or 0, watching.last_score(connection)
    found: dict[int, BatchCounts] = {}
    seen = 0
    while after < last:
        with store.reading() as connection:
            page = watching.scores_page(connection, number, after, last)
        if page is None:
            break
        after = page.last
        seen += len(page.at)
        for day in np.unique(page.at // DAY).astype(int).tolist():
            rows = page.at // DAY == day
            counts = BatchCounts.of(bundle, page.codes[rows], page.margin[rows], page.probability[rows])
            found[day] = found[day] + counts if day in found else counts
        observe(seen)
    _keep_counts(store, number, found, name, last)
    return seen


def _keep_counts(store: Store, number: int, found: dict[int, BatchCounts], name: str, last: int) -> None:
    with store.writing() as connection:
        if found:
            before = watching.day_counts(connection, number, min(found), max(found))
            for day, plain in before.items():
                if day in found:
                    found[day] = found[day] + BatchCounts.from_json(plain)
        days = {day: (counts.leads, counts.to_json()) for day, counts in found.items()}
        watching.put_days(connection, number, days)
        watching.set_mark(connection, name, last)


def recent_counts(store: Store, number: int, bundle: Bundle, at: float) -> BatchCounts:
    """The scores of the last seven days, or of as many as hold a thousand, at most 28."""
    today = int(at // DAY)
    with store.reading() as connection:
        days = watching.day_counts(connection, number, today - LONGEST_WINDOW, today)
    total = _nothing(bundle)
    for day in sorted(days, reverse=True):
        if day <= today - WINDOW and total.leads >= ENOUGH:
            break
        total = total + BatchCounts.from_json(days[day])
    return total


def _nothing(bundle: Bundle) -> BatchCounts:
    width = len(bundle.scorer.encoder.features)
    return BatchCounts.of(bundle, np.zeros((0, width), dtype=np.uint16), np.zeros(0), np.zeros(0))


def _of_leads(store: Store, bundle: Bundle, counts: BatchCounts, at: float) -> Watched:
    """The counts of all recent scores, and the newest leads as they came."""
    identity = bundle.scorer.schema.name_of("id") or "id"
    outcome = bundle.target.column
    with store.reading() as connection:
        since = watching.mark(connection, LEADS)
        new = 0 if since is None else watched_leads.count_since(connection, since)
        size = min(max(new, BATCH), LARGEST_BATCH)
        newest = watched_leads.newest(connection, identity, outcome, None, size)
        first = int(newest["#"][0]) if newest.height else None
        earlier = watched_leads.newest(connection, identity, outcome, first, LARGEST_BATCH)
    any_age = Judged.beside_events(bundle)
    before = earlier.drop("#") if earlier.height else None
    close = watched(bundle, newest.drop("#"), earlier=before, at=at, judged=any_age)
    with store.writing() as connection:
        watching.set_mark(connection, LEADS, int(newest["#"][-1]) if newest.height else 0)
    by_counts = drift(bundle, counts, any_age)
    looks: list[Watched | Drift] = [close, by_counts]
    if bundle.events is not None:
        looks.append(_of_events(store, bundle, at))
    told = {(each.code, each.column): each for look in looks for each in look.findings}
    return replace(
        close,
        leads=max(counts.leads, close.leads),
        findings=sorted_findings(list(told.values())),
        columns=tuple(column for look in looks[1:] for column in look.columns),
        score=looks[-1].score,
    )


def _of_events(store: Store, bundle: Bundle, at: float) -> Watched | Drift:
    """What leads did, and their scores by it, as of the moment at which the model learnt from leads.

    Nothing is judged where too few are old enough.
    """
    old = _old_enough(store, bundle, at)
    if old.height >= FEWEST:
        return watched(bundle, with_past_events(store, bundle, old), at=at, judged=Judged.of_events(bundle))
    nothing = drift(bundle, _nothing(bundle), Judged.of_events(bundle))
    return replace(nothing, columns=())


def _old_enough(store: Store, bundle: Bundle, at: float) -> pl.DataFrame:
    """The newest leads that are past the moment of the model, and were undecided still at it."""
    assert bundle.events is not None
    identity, days = bundle.scorer.schema.name_of("id") or "id", bundle.events.moment
    parts: list[pl.DataFrame] = []
    first = None
    while sum(part.height for part in parts) < BATCH and len(parts) < OLDEST_PAGE:
        with store.reading() as connection:
            page = watched_leads.newest(connection, identity, bundle.target.column, first, LARGEST_BATCH)
        came = bundle.scorer.schema.moments(page) if page.height else None
        if came is None:
            break
        then = came + days * DAY
        parts.insert(0, page.filter((then <= at) & undecided_at(store, page["#"].to_numpy(), then)))
        first = int(page["#"][0])
    return pl.concat(parts, how="diagonal_relaxed").tail(BATCH).drop("#") if parts else pl.DataFrame()


def _estimated(store: Store, bundle: Bundle, counts: BatchCounts) -> EstimatedPerformance | None:
    """What is to be expected of the recent scores: a lead in the middle of each bin of the margin."""
    with store.reading() as connection:
        margin = watching.recent_margins(connection, RECENT)
    if not len(margin) or not counts.leads:
        return None
    return outcomes.estimated(Foretold.of(bundle, margin))


def _untrained(store: Store) -> list[Finding]:
    """The last challenger, where it could not be trained."""
    with store.reading() as connection:
        last = watching.adjustments_of(connection, watching.CHALLENGER, 1)
    return [training_failed(each.detail["reason"]) for each in last if each.status == "failed"]


def training_failed(why: str) -> Finding:
    """The alarm of a training that failed."""
    message = f"A challenger could not be trained: {why}"
    step = "Mend what it names, then train by hand: leadlight challenge --home HOME"
    return Finding("training_failed", "alarm", None, message, step, {})


def _unsent(store: Store) -> list[Finding]:
    """Reports that were to be mailed, and that nobody took."""
    with store.reading() as connection:
        waiting = watching.mark(connection, watching.REPORTS)
        problem = watching.mark(connection, watching.MAIL_PROBLEM)
    return [report_unsent(problem)] if waiting and problem else []


def report_unsent(problem: str) -> Finding:
    """The alarm of a report that could not be mailed."""
    message = f"The report of the week was not mailed to everybody: {problem}"
    step = "Check LEADLIGHT_MAIL, the password and the server; it is sent again with: leadlight watch --mail"
    return Finding("report_unsent", "alarm", None, message, step, {})


def _quiet(store: Store, at: float) -> list[Finding]:
    """No lead for far longer than ever before among the last thousand."""
    with store.reading() as connection:
        times = watched_leads.arrival_times(connection, OPENINGS)
    if len(times) < 50 or times[-1] - times[0] < 7 * DAY:
        return []
    longest, now = float(np.diff(times).max()), at - float(times[-1])
    if now < max(QUIET_DAYS * DAY, 3 * longest):
        return []
    message = (
        f"No lead has come in for {now / DAY:.0f} days; the longest pause before was {longest / DAY:.1f}."
    )
    step = "See whether the connector, `leadlight sync` or the form still runs."
    return [Finding("no_leads", "alarm", None, message, step, {"days": round(now / DAY, 1)})]
