"""Challengers that a watch has trained: on a schedule or an alarm, one at a time, not too often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from leadlight.data.config import WatchConfig
from leadlight.errors import LeadlightError
from leadlight.flows.challenge import challenge
from leadlight.flows.watch import training_failed
from leadlight.store import Store, audit, models, watching
from leadlight.store.watching import CHALLENGER, DAY, RETRAINING
from leadlight.training.options import Options
from leadlight.training.progress import Observe, silent

ASKS: Final = frozenset(
    {"ranking_fell", "rate_moved", "assumption_fails", "model_stale", "column_moved", "unseen_rose"}
    | {"missing_rose", "column_empty", "level_renamed", "score_moved", "segment_moved"}
)
"""Alarms that a newer model may answer."""
FAULTS: Final = frozenset(
    {"unit_changed", "number_for_missing", "columns_swapped", "column_frozen", "ids_reused"}
    | {"clock_shifted", "tells_outcome"}
)
"""Alarms of values that are wrong: nothing is learnt from them until they are mended."""
PAUSES: Final = {"on-alarm": 7.0, "weekly": 7.0, "monthly": 28.0}
"""The fewest days between two trainings."""
SLACK: Final = 3_600.0


@dataclass(frozen=True)
class Retraining:
    """What became of the question whether a challenger is to be trained.

    `status` is idle, waiting, proposed, applied, refused or failed; `because` are the alarms or the schedule.
    """

    when: str
    promotes: bool
    status: str
    reason: str
    at: float
    because: tuple[str, ...] = ()
    challenger: str | None = None
    verdict: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "because": list(self.because)}


def retrain_home(
    store: Store,
    at: float,
    alarms: Sequence[str],
    rule: WatchConfig,
    wanted: Options,
    who: str,
    *,
    version: str = "",
    observe: Observe = silent,
) -> Retraining | None:
    """Train a challenger where the rule and the alarms that stand ask for one; nothing where none is wanted.

    A training that fails ends nothing: it is kept, stands in the trail, and is an alarm of its own.
    """
    if rule.retrain == "never":
        return None
    because = _because(rule, alarms)
    waits = _waits(store, at, rule, because, alarms)
    if waits is not None:
        status = "waiting" if because else "idle"
        return _noted(store, Retraining(rule.retrain, rule.promote, status, waits, at, because))
    try:
        found = challenge(store, at, wanted, who, promotes=rule.promote, version=version, observe=observe)
    except LeadlightError as problem:
        if problem.code in ("too_few_forward", "training_now"):
            said = Retraining(rule.retrain, rule.promote, "waiting", problem.message, at, because)
        else:
            said = _failed(store, at, rule, because, who, problem.message)
    except Exception as problem:  # noqa: BLE001
        said = _failed(store, at, rule, because, who, f"Training ended with {type(problem).__name__}.")
    else:
        said = Retraining(
            when=rule.retrain,
            promotes=rule.promote,
            status=found.status,
            reason=found.verdict.reason,
            at=at,
            because=because,
            challenger=found.challenger,
            verdict=found.verdict.to_json(),
        )
    return _noted(store, said)


def _because(rule: WatchConfig, alarms: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(ASKS & {*alarms})) if rule.retrain == "on-alarm" else (rule.retrain,)


def _waits(
    store: Store, at: float, rule: WatchConfig, because: Sequence[str], alarms: Sequence[str]
) -> str | None:
    """Why nothing is trained now."""
    if not because:
        return "No alarm stands that a newer model could answer."
    faults = sorted(FAULTS & {*alarms})
    if faults:
        return f"Nothing is learnt while values are wrong: {', '.join(faults)}."
    with store.reading() as connection:
        last = watching.adjustments_of(connection, CHALLENGER, 1)
    pause = PAUSES[rule.retrain]
    if last and at - last[0].at < pause * DAY - SLACK:
        days = (last[0].at + pause * DAY - at) / DAY
        return (
            f"The last challenger is newer than {pause:.0f} days; the next one in {max(days, 0.1):.1f} days."
        )
    return None


def _failed(
    store: Store, at: float, rule: WatchConfig, because: tuple[str, ...], who: str, why: str
) -> Retraining:
    said = Retraining(rule.retrain, rule.promote, "failed", why, at, because)
    with store.writing() as connection:
        serving = models.in_service(connection)
        name = "" if serving is None else serving.name
        detail = {"reason": why, "because": list(because)}
        watching.adjust(connection, at, CHALLENGER, "failed", before=name, after="", detail=detail, who=who)
        audit.append(store, connection, who, "challenger_failed", detail=detail, at=at)
        watching.begin_alarm(connection, at, name, training_failed(why).to_json())
    return said


def _noted(store: Store, said: Retraining) -> Retraining:
    with store.writing() as connection:
        watching.set_mark(connection, RETRAINING, said.to_json())
    return said
