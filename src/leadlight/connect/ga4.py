"""Google Analytics 4: sessions of leads as events, where the site says who is a lead; what channels cost.

A session meets a lead by a custom dimension that holds the lead's id, named in leadlight.toml under fields.
Without one Analytics cannot say who anybody is: then only the cost of channels is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import Missing, PulledPage, ReadPart, Record, odd_answer
from leadlight.connect.credentials import SecretReader
from leadlight.connect.daily_spend import DayCost, amount_of, day_of, read_spend, today
from leadlight.connect.google_token import HOST as TOKEN_HOST
from leadlight.connect.google_token import google_secret, google_token, judge
from leadlight.connect.transport import ApiCall, Transport, limits_of
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConfigError

HOST: Final = "analyticsdata.googleapis.com"
HOSTS: Final = (HOST, TOKEN_HOST)
PAGE: Final = 10_000
FIRST_DAYS: Final = 365
WHOLE_AFTER_DAYS: Final = 2
"""Analytics counts on for up to two days: younger days are left for the next run."""
STRETCH: Final = 7
NOBODY: Final = frozenset({"", "(not set)", "(other)"})
KEYS: Final = ("customUser:", "customEvent:")
COST: Final = "cost"
SESSIONS: Final = ReadPart("sessions", "events", "sessions of leads, with their source and campaign")
COSTS: Final = ReadPart("costs", "spend", "what each channel cost, as Analytics knows it")
ABOUT: Final = ("sessionSource", "sessionMedium", "sessionCampaignName")
MEASURES: Final = ("sessions", "screenPageViews", "userEngagementDuration", "keyEvents")


class GoogleAnalytics:
    """One property; `key` is the dimension that holds the id of a lead, if there is one."""

    name: Final = "ga4"
    title: Final = "Google Analytics 4"

    def __init__(
        self,
        transport: Transport,
        address: str,
        number: str,
        *,
        key: str | None = None,
        costs: bool = True,
        day: date | None = None,
    ) -> None:
        self.transport, self.address, self.number = transport, address, number
        self.key, self.day = key, day
        self.parts: tuple[ReadPart, ...] = (*((SESSIONS,) if key else ()), *((COSTS,) if costs else ()))

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        if part == SESSIONS.name:
            return self._sessions(cursor)
        return read_spend(cursor, self._costs, "", by_campaign=True, today=self._today())

    def missing(self) -> Sequence[Missing]:
        """A report of yesterday says whether token and property fit."""
        list(self._costs(self._today() - timedelta(days=1), self._today()))
        if self.key:
            return ()
        means = "sessions meet no lead, only what channels cost is read"
        return (Missing("a dimension with the id of the lead", means),)

    def close(self) -> None:
        self.transport.close()

    def _today(self) -> date:
        return self.day or today()

    def _sessions(self, cursor: str | None) -> Iterator[PulledPage]:
        """Stretch by stretch, each durable by itself, up to the last day that is counted to its end."""
        end = self._today() - timedelta(days=WHOLE_AFTER_DAYS)
        reached = date.fromisoformat(json.loads(cursor)["to"]) if cursor else end - timedelta(days=FIRST_DAYS)
        while reached < end:
            first, last = reached + timedelta(days=1), min(end, reached + timedelta(days=STRETCH))
            events, odd = self._visits(first, last)
            rejected = {"odd_moment": odd} if odd else {}
            yield PulledPage(json.dumps({"to": last.isoformat()}), events=events, rejected=rejected)
            reached = last

    def _visits(self, first: date, last: date) -> tuple[list[Record], int]:
        """The sessions of these days, and how many could not be placed in time."""
        events: list[Record] = []
        odd = 0
        for row, zone in self._rows(
            "sessions", ("dateHourMinute", self.key or "", *ABOUT), MEASURES, first, last
        ):
            minute, identity = row["dateHourMinute"], row[self.key or ""]
            at = _moment(minute, zone)
            if identity in NOBODY:
                continue
            if at is None:
                odd += 1
                continue
            about = {name: row[name] for name in ABOUT if row[name] not in NOBODY}
            measures = {name: amount_of(row[name]) for name in MEASURES}
            events.append(
                {
                    "id": identity,
                    "name": "web session",
                    "at": at,
                    "properties": {**about, **measures},
                    "key": ":".join(("ga4", self.number, identity, minute, *(row[name] for name in ABOUT))),
                }
            )
        return events, odd

    def _costs(self, first: date, last: date) -> Iterator[DayCost]:
        names = ("date", "sessionDefaultChannelGroup", "currencyCode")
        for row, _ in self._rows("costs", names[:2], ("advertiserAdCost",), first, last):
            day, amount = day_of(_dashed(row["date"])), amount_of(row["advertiserAdCost"])
            if day is None:
                raise odd_answer("Google Analytics 4, costs")
            if amount:
                yield DayCost(day, row["sessionDefaultChannelGroup"], amount, row["currencyCode"])

    def _rows(
        self, what: str, dimensions: Sequence[str], metrics: Sequence[str], first: date, last: date
    ) -> Iterator[tuple[dict[str, str], tzinfo]]:
        """Each row by the names of its columns, with the currency, and the property's time zone."""
        offset = 0
        while True:
            body = self._report(what, dimensions, metrics, first, last, offset)
            known, rows = body.get("metadata") or {}, body.get("rows") or []
            zone = _zone(known.get("timeZone"))
            for row in rows:
                values = _values(row, dimensions, metrics, what)
                yield values | {"currencyCode": str(known.get("currencyCode") or "")}, zone
            offset += len(rows)
            if not rows or offset >= int(amount_of(body.get("rowCount") or 0)):
                return

    def _report(
        self,
        what: str,
        dimensions: Sequence[str],
        metrics: Sequence[str],
        first: date,
        last: date,
        offset: int,
    ) -> dict[str, Any]:
        asked = {
            "dateRanges": [{"startDate": str(first), "endDate": str(last)}],
            "dimensions": [{"name": name} for name in dimensions],
            "metrics": [{"name": name} for name in metrics],
            "orderBys": [{"dimension": {"dimensionName": name}} for name in dimensions],
            "limit": str(PAGE),
            "offset": str(offset),
        }
        path = f"/v1beta/properties/{self.number}:runReport"
        body = self.transport.send(ApiCall(what, f"{self.address}{path}", "POST", json=asked)).body
        if not isinstance(body, dict) or (
            "rows" not in body and "rowCount" not in body and "metadata" not in body
        ):
            raise odd_answer(f"Google Analytics 4, {what}")
        return body


def _values(
    row: Mapping[str, Any], dimensions: Sequence[str], metrics: Sequence[str], what: str
) -> dict[str, str]:
    try:
        said = [each["value"] for each in (*row["dimensionValues"], *row["metricValues"])]
    except (KeyError, TypeError):
        raise odd_answer(f"Google Analytics 4, {what}") from None
    if len(said) != len(dimensions) + len(metrics):
        raise odd_answer(f"Google Analytics 4, {what}")
    return dict(zip((*dimensions, *metrics), map(str, said), strict=True))


def _zone(name: Any) -> tzinfo:
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _moment(minute: str, zone: tzinfo) -> float | None:
    """202603310905 in the time zone of the property."""
    try:
        return datetime.strptime(minute, "%Y%m%d%H%M").replace(tzinfo=zone).timestamp()
    except ValueError:
        return None


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> GoogleAnalytics:
    """The property under `account` in leadlight.toml, read on behalf of whoever gave the refresh token."""
    number = (asked.account or "").removeprefix("properties/")
    if not number.isascii() or not number.isdigit():
        raise ConfigError(
            "It is not said which property is read.",
            code="no_account",
            where="leadlight.toml, [connect.ga4]",
            hint='Write account = "123456789", the number under Admin, Property details.',
        )
    own = google_secret("ga4", secret)
    token = google_token(hosts, own, asked.address)
    key = next((name for name in asked.fields if name.startswith(KEYS)), None)
    costs = COST in asked.fields or key is None
    return GoogleAnalytics(
        Transport("Google Analytics 4", hosts, token, judge=judge, limits=limits_of(asked)),
        asked.base(HOST),
        number,
        key=key,
        costs=costs,
    )
