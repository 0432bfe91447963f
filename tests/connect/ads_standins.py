"""Google Ads, Meta Ads, LinkedIn Ads and Google Analytics as their public documentation tells."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.connect.standin import Answer, Asked

Costs = Mapping[tuple[date, str], float]


@dataclass
class AdAccount:
    """What campaigns cost by day; a token is good for so many calls where `calls` says so."""

    costs: dict[tuple[date, str], float] = field(default_factory=dict)
    currency: str = "EUR"
    token: str = "token-1"
    page: int = 25
    calls: int | None = None
    made: int = 1

    def is_welcome(self, asked: Asked) -> bool:
        """Whether the token still counts."""
        if self.calls is not None:
            self.calls -= 1
            if self.calls < 0:
                self.token, self.calls = f"token-{self.made + 1}", None
        return asked.headers.get("authorization") == f"Bearer {self.token}"

    def between(self, first: str, last: str) -> list[tuple[date, str, float]]:
        rows = ((day, name, amount) for (day, name), amount in self.costs.items())
        return sorted(row for row in rows if first <= row[0].isoformat() <= last)

    def exchanged(self, asked: Asked) -> Answer:
        """Google's exchange of a refresh token."""
        form = asked.form
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != "refresh-1":
            return Answer(400, {"error": "invalid_grant", "error_description": "secret words"})
        self.made = int(self.token.removeprefix("token-"))
        return Answer(body={"access_token": self.token, "expires_in": 3599, "token_type": "Bearer"})


def google_error(code: int, status: str) -> Answer:
    return Answer(code, {"error": {"code": code, "status": status, "message": "secret words"}})


class GoogleAdsAccount(AdAccount):
    """googleAds:search."""

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self.exchanged(asked)
        if not self.is_welcome(asked):
            return google_error(401, "UNAUTHENTICATED")
        if asked.headers.get("developer-token") != "developer-1":
            return google_error(403, "PERMISSION_DENIED")
        assert re.fullmatch(r"/v\d+/customers/\d+/googleAds:search", asked.path)
        query = asked.json["query"]
        assert "FROM campaign" in query
        found = re.search(r"BETWEEN '([\d-]+)' AND '([\d-]+)'", query)
        assert found
        rows = self.between(*found.groups())
        start = int(asked.json.get("pageToken") or 0)
        body: dict[str, Any] = {
            "results": [
                {
                    "customer": {"resourceName": "customers/1", "currencyCode": self.currency},
                    "campaign": {"resourceName": f"customers/1/campaigns/{name}", "name": name, "id": "1"},
                    "metrics": {"costMicros": str(round(amount * 1_000_000))},
                    "segments": {"date": day.isoformat()},
                }
                for day, name, amount in rows[start : start + self.page]
                if amount > 0
            ],
            "fieldMask": "segments.date",
        }
        if start + self.page < len(rows):
            body["nextPageToken"] = str(start + self.page)
        return Answer(body=body)


class MetaAccount(AdAccount):
    """insights of an advertising account."""

    def __call__(self, asked: Asked) -> Answer:
        if not self.is_welcome(asked):
            return meta_error(190, status=400)
        assert re.fullmatch(r"/v[\d.]+/act_\d+/insights", asked.path)
        assert asked.query["level"] == "campaign"
        days = json.loads(asked.query["time_range"])
        rows = self.between(days["since"], days["until"])
        start = int(asked.query.get("after") or 0)
        end = start + min(self.page, int(asked.query["limit"]))
        data = [
            {
                "campaign_id": "1",
                "campaign_name": name,
                "spend": f"{amount:.2f}",
                "account_currency": self.currency,
                "date_start": day.isoformat(),
                "date_stop": day.isoformat(),
            }
            for day, name, amount in rows[start:end]
        ]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}} if data else {}
        if end < len(rows):
            paging["next"] = f"https://graph.facebook.com/next?access_token={self.token}&after={end}"
        return Answer(body={"data": data, "paging": paging})


def meta_error(code: int, *, status: int = 400, transient: bool = False) -> Answer:
    said = {"message": "secret words", "type": "OAuthException", "code": code, "is_transient": transient}
    return Answer(status, {"error": said})


class LinkedInAccount(AdAccount):
    """adAnalytics, adAccounts, adCampaigns."""

    def __call__(self, asked: Asked) -> Answer:
        if not self.is_welcome(asked):
            return Answer(401, {"serviceErrorCode": 65600, "status": 401, "message": "secret words"})
        assert asked.headers["x-restli-protocol-version"] == "2.0.0"
        assert re.fullmatch(r"\d{6}", asked.headers["linkedin-version"])
        names = sorted({name for _, name in self.costs})
        if re.fullmatch(r"/rest/adAccounts/\d+", asked.path):
            return Answer(body={"id": 5, "currency": self.currency, "name": "An account"})
        if asked.path.endswith("/adCampaigns"):
            start = int(asked.query.get("pageToken") or 0)
            body = {
                "elements": [{"id": k, "name": names[k]} for k in range(start, min(start + 2, len(names)))],
                "metadata": {"nextPageToken": str(start + 2)} if start + 2 < len(names) else {},
            }
            return Answer(body=body)
        assert asked.path == "/rest/adAnalytics"
        assert asked.query["accounts"].startswith("List(urn:li:sponsoredAccount:")
        told = re.findall(r"year:(\d+),month:(\d+),day:(\d+)", asked.query["dateRange"])
        first, last = (date(*map(int, each)).isoformat() for each in told)
        rows = self.between(first, last)
        elements = [
            {
                "dateRange": {part: _parts(day) for part in ("start", "end")},
                "pivotValues": [f"urn:li:sponsoredCampaign:{names.index(name)}"],
                "costInLocalCurrency": str(amount),
            }
            for day, name, amount in rows
        ]
        return Answer(body={"elements": elements, "paging": {"start": 0, "count": 10, "links": []}})


def _parts(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


@dataclass
class AnalyticsProperty(AdAccount):
    """runReport: sessions by minute, lead, source, medium, campaign; and costs by channel group."""

    key: str = "customUser:lead_id"
    zone: str = "Europe/Berlin"
    sessions: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self.exchanged(asked)
        if not self.is_welcome(asked):
            return google_error(401, "UNAUTHENTICATED")
        assert re.fullmatch(r"/v1beta/properties/\d+:runReport", asked.path)
        said = asked.json
        dimensions = [each["name"] for each in said["dimensions"]]
        days = said["dateRanges"][0]
        rows = self._sessions(days) if self.key in dimensions else self._costs(days)
        if self.key not in dimensions and "dateHourMinute" in dimensions:
            return google_error(400, "INVALID_ARGUMENT")
        start = int(said["offset"])
        body: dict[str, Any] = {
            "dimensionHeaders": [{"name": name} for name in dimensions],
            "metadata": {"currencyCode": self.currency, "timeZone": self.zone},
            "kind": "analyticsData#runReport",
        }
        if rows:
            body |= {"rowCount": len(rows), "rows": rows[start : start + self.page]}
        return Answer(body=body)

    def _sessions(self, days: Mapping[str, str]) -> list[dict[str, Any]]:
        first, last = (days[name].replace("-", "") for name in ("startDate", "endDate"))
        kept = sorted(each for each in self.sessions if first <= each[0][:8] <= last)
        return [_row(each, ("1", "3", "42.5", "1")) for each in kept]

    def _costs(self, days: Mapping[str, str]) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], float] = defaultdict(float)
        for day, name, amount in self.between(days["startDate"], days["endDate"]):
            found[day.strftime("%Y%m%d"), name] += amount
        return [_row(key, (str(amount),)) for key, amount in sorted(found.items())]


def _row(dimensions: Sequence[str], metrics: Sequence[str]) -> dict[str, Any]:
    return {
        "dimensionValues": [{"value": value} for value in dimensions],
        "metricValues": [{"value": value} for value in metrics],
    }
