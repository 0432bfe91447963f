"""What a watch keeps: counts a day, how far it has come, what it found, which alarms stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import Connection, delete, func, insert, select, update

from leadlight.store import bulk
from leadlight.store.scores import codes_from_bytes
from leadlight.store.tables import inputs, scores
from leadlight.store.watch_tables import adjustments, alarms, watch_days, watch_marks, watches

PAGE: Final = 20_000
DAY: Final = 86_400.0
KEPT: Final = 400
"""Watches and days that are kept."""


@dataclass(frozen=True, eq=False)
class ScoresPage:
    """Scores by one model in the order in which they were given, as columns, with the codes behind them."""

    last: int
    at: np.ndarray
    margin: np.ndarray
    probability: np.ndarray
    codes: np.ndarray


def last_score(connection: Connection) -> int:
    """The number of the newest score."""
    return int(connection.execute(select(func.coalesce(func.max(scores.c.number), 0))).scalar_one())


def scores_page(connection: Connection, model: int, after: int, last: int) -> ScoresPage | None:
    """The scores of this model among the next numbers; nothing behind the last."""
    if after >= last:
        return None
    end = min(after + PAGE, last)
    columns = (scores.c.at, scores.c.margin, scores.c.probability, inputs.c.codes)
    behind = (inputs.c.lead == scores.c.lead) & (inputs.c.address == scores.c.input)
    query = (
        select(*columns)
        .select_from(scores.join(inputs, behind))
        .where(scores.c.number > after, scores.c.number <= end, scores.c.model == model)
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    rows = connection.execute(query).all()
    if not rows:
        nothing = np.zeros(0)
        return ScoresPage(end, nothing, nothing, nothing, np.zeros((0, 0), dtype=np.uint16))
    at, margin, rate, codes = zip(*rows, strict=True)
    return ScoresPage(
        end, np.array(at), np.array(margin), np.array(rate), codes_from_bytes([bytes(each) for each in codes])
    )


def recent_margins(connection: Connection, limit: int) -> np.ndarray:
    """The margins of the newest scores."""
    query = select(scores.c.margin).order_by(scores.c.number.desc()).limit(limit)
    return np.array(connection.execute(query).scalars().all(), dtype=np.float64)


def mark(connection: Connection, name: str) -> Any:
    """What was kept under a name."""
    found = connection.execute(select(watch_marks.c.value).where(watch_marks.c.name == name)).scalar()
    return None if found is None else msgspec.json.decode(found)


def set_mark(connection: Connection, name: str, value: Any) -> None:
    """Keep something under a name."""
    bulk.upsert(connection, watch_marks, ("name", "value"), [(name, msgspec.json.encode(value).decode())])


def day_counts(connection: Connection, model: int, first: int, last: int) -> dict[int, Any]:
    """The counts of each day, as they were kept."""
    wanted = (watch_days.c.model == model) & watch_days.c.day.between(first, last)
    query = select(watch_days.c.day, watch_days.c.counts).where(wanted).order_by(watch_days.c.day)
    return {row.day: msgspec.json.decode(row.counts) for row in connection.execute(query)}


def put_days(connection: Connection, model: int, days: Mapping[int, tuple[int, Any]]) -> None:
    """Write the counts of days anew; those of long ago are dropped."""
    rows = [
        (model, day, leads, msgspec.json.encode(counts).decode()) for day, (leads, counts) in days.items()
    ]
    bulk.upsert(connection, watch_days, ("model", "day", "leads", "counts"), rows)
    if days:
        connection.execute(delete(watch_days).where(watch_days.c.day < max(days) - KEPT))


def keep(connection: Connection, at: float, model: str, leads: int, count: int, result: Any) -> int:
    """Keep what a watch found."""
    row = {"at": at, "model": model, "leads": leads, "alarms": count}
    row |= {"result": msgspec.json.encode(result).decode()}
    number = connection.execute(insert(watches).returning(watches.c.number), row).scalar_one()
    connection.execute(delete(watches).where(watches.c.number <= number - KEPT))
    return int(number)


def latest(connection: Connection, count: int = 1) -> list[dict[str, Any]]:
    """What the last watches found, the newest first."""
    query = select(watches).order_by(watches.c.number.desc()).limit(count)
    rows = connection.execute(query).mappings()
    return [{**row, "result": msgspec.json.decode(row["result"])} for row in rows]


def raise_alarms(
    connection: Connection, at: float, model: str, found: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Let the alarms that were found stand, and those that were not end; gives the new ones."""
    standing = {(each["code"], each["column"]): each for each in open_alarms(connection)}
    new, seen = [], set()
    for finding in found:
        key = (finding["code"], finding["column"] or "")
        if key in seen:
            continue
        seen.add(key)
        said = {"finding": msgspec.json.encode(finding).decode(), "last": at, "model": model}
        if key in standing:
            connection.execute(
                update(alarms).where(alarms.c.number == standing[key]["number"]).values(**said)
            )
        else:
            row = {"code": key[0], "column": key[1], "first": at, **said}
            connection.execute(insert(alarms), row)
            new.append(dict(finding))
    over = [each["number"] for key, each in standing.items() if key not in seen]
    if over:
        connection.execute(update(alarms).where(alarms.c.number.in_(over)).values(ended=at))
    return new


def begin_alarm(connection: Connection, at: float, model: str, finding: Mapping[str, Any]) -> None:
    """Let one alarm stand that is found beside a look."""
    key = (finding["code"], finding["column"] or "")
    if key not in {(each["code"], each["column"]) for each in open_alarms(connection)}:
        said = {"finding": msgspec.json.encode(finding).decode(), "last": at, "model": model}
        connection.execute(insert(alarms), {"code": key[0], "column": key[1], "first": at, **said})


def end_alarm(connection: Connection, code: str, at: float) -> None:
    """Let an alarm end that is no finding of a look."""
    standing = (alarms.c.code == code) & alarms.c.ended.is_(None)
    connection.execute(update(alarms).where(standing).values(ended=at))


def open_alarms(connection: Connection) -> list[dict[str, Any]]:
    """The alarms that stand, the oldest first."""
    query = select(alarms).where(alarms.c.ended.is_(None)).order_by(alarms.c.first, alarms.c.number)
    rows = connection.execute(query).mappings()
    return [{**row, "finding": msgspec.json.decode(row["finding"])} for row in rows]


def untold(connection: Connection) -> list[dict[str, Any]]:
    """Standing alarms that nobody outside has been told of."""
    return [each for each in open_alarms(connection) if each["told"] is None]


def note_told(connection: Connection, numbers: Sequence[int], at: float) -> None:
    """Remember that these alarms were told."""
    if numbers:
        connection.execute(update(alarms).where(alarms.c.number.in_(list(numbers))).values(told=at))


@dataclass(frozen=True)
class Adjustment:
    """A change of the model in service, or one that was proposed or refused."""

    number: int
    at: float
    kind: str
    status: str
    before: str
    after: str
    detail: Mapping[str, Any]
    who: str


def adjust(
    connection: Connection,
    at: float,
    kind: str,
    status: str,
    *,
    before: str,
    after: str,
    detail: Mapping[str, Any],
    who: str,
) -> int:
    """Keep one change with its figures."""
    row = {"at": at, "kind": kind, "status": status, "before": before, "after": after, "who": who}
    row |= {"detail": msgspec.json.encode(detail).decode()}
    return int(connection.execute(insert(adjustments).returning(adjustments.c.number), row).scalar_one())


CHALLENGER: Final = "challenger"
"""The kind of change that a challenger is."""
REPORTS: Final = "reports"
"""The mark of the reports that are to be mailed."""
REPORTED: Final = "reported"
"""The mark of when a report was last made to be mailed."""
MAIL_PROBLEM: Final = "mail_problem"
"""The mark of why the last mail did not go out."""
RETRAINING: Final = "retraining"
"""The mark of what became of the last question whether to train."""
TRAINING: Final = "training"
LONGEST_TRAINING: Final = DAY
"""A training that began longer ago than this was cut short: another one may begin."""


def begin_training(connection: Connection, at: float) -> bool:
    """Take the one turn that there is to train in this home; whether it was free."""
    known = mark(connection, TRAINING)
    if known is not None and known["ended"] is None and at - known["begun"] < LONGEST_TRAINING:
        return False
    set_mark(connection, TRAINING, {"begun": at, "ended": None})
    return True


def end_training(connection: Connection, at: float) -> None:
    """Give the turn back."""
    set_mark(connection, TRAINING, {**(mark(connection, TRAINING) or {"begun": at}), "ended": at})


def adjustments_of(connection: Connection, kind: str | None = None, count: int = 50) -> list[Adjustment]:
    """The last changes, the newest first."""
    query = select(adjustments).order_by(adjustments.c.number.desc()).limit(count)
    if kind is not None:
        query = query.where(adjustments.c.kind == kind)
    rows = connection.execute(query).mappings()
    return [Adjustment(**{**row, "detail": msgspec.json.decode(row["detail"])}) for row in rows]


def settle(connection: Connection, number: int, status: str, at: float | None = None) -> None:
    """Note what became of a proposal, and when it was done."""
    changed: dict[str, Any] = {"status": status} | ({} if at is None else {"at": at})
    connection.execute(update(adjustments).where(adjustments.c.number == number).values(**changed))
