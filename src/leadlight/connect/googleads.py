"""Google Ads: what each campaign cost, day by day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import Missing, PulledPage, ReadPart, odd_answer
from leadlight.connect.credentials import SecretReader
from leadlight.connect.daily_spend import (
    PARTS,
    DayCost,
    account_number,
    amount_of,
    day_of,
    read_spend,
    today,
    wants_campaigns,
)
from leadlight.connect.google_token import HOST as TOKEN_HOST
from leadlight.connect.google_token import google_secret, google_token, judge
from leadlight.connect.transport import ApiCall, Transport, limits_of
from leadlight.data.config.record import SystemConfig
from leadlight.data.secret import Secret

HOST: Final = "googleads.googleapis.com"
HOSTS: Final = (HOST, TOKEN_HOST)
VERSION: Final = "v21"
MICROS: Final = 1_000_000
QUERY: Final = (
    "SELECT segments.date, campaign.id, campaign.name, metrics.cost_micros, customer.currency_code"
    " FROM campaign WHERE segments.date BETWEEN '{first}' AND '{last}' AND metrics.cost_micros > 0"
)


class GoogleAds:
    """One advertising account; `manager` is the account that looks after it, if any."""

    name: Final = "googleads"
    title: Final = "Google Ads"
    parts: tuple[ReadPart, ...] = PARTS

    def __init__(
        self,
        transport: Transport,
        address: str,
        customer: str,
        developer_token: Secret,
        *,
        manager: str = "",
        by_campaign: bool = False,
        day: date | None = None,
    ) -> None:
        self.transport, self.address, self.customer = transport, address, customer
        self.by_campaign, self.day = by_campaign, day
        self._own = {"developer-token": developer_token.reveal()} | (
            {"login-customer-id": manager} if manager else {}
        )

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        return read_spend(
            cursor, self._days, self.title, by_campaign=self.by_campaign, today=self.day or today()
        )

    def missing(self) -> Sequence[Missing]:
        """A query for today says whether token and account fit."""
        list(self._days(today(), today()))
        return ()

    def close(self) -> None:
        self.transport.close()

    def _days(self, first: date, last: date) -> Iterator[DayCost]:
        page = ""
        while True:
            asked = {"query": QUERY.format(first=first, last=last)} | ({"pageToken": page} if page else {})
            path = f"/{VERSION}/customers/{self.customer}/googleAds:search"
            body = self.transport.send(
                ApiCall("spend", f"{self.address}{path}", "POST", json=asked, headers=self._own)
            ).body
            if not isinstance(body, dict):
                raise odd_answer("Google Ads, spend")
            for row in body.get("results") or ():
                yield _cost(row)
            page = str(body.get("nextPageToken") or "")
            if not page:
                return


def _cost(row: Mapping[str, Any]) -> DayCost:
    try:
        day, campaign = day_of(row["segments"]["date"]), row["campaign"]
        micros = amount_of(row["metrics"]["costMicros"])
        currency = str(row["customer"]["currencyCode"])
    except (KeyError, TypeError):
        raise odd_answer("Google Ads, spend") from None
    if day is None:
        raise odd_answer("Google Ads, spend")
    return DayCost(day, str(campaign.get("name") or campaign.get("id")), micros / MICROS, currency)


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> GoogleAds:
    """The account under `account` in leadlight.toml, read on behalf of whoever gave the refresh token."""
    hint = 'Write account = "123-456-7890", as it stands at the top of Google Ads.'
    customer = account_number(re.sub(r"[^0-9]", "", asked.account or ""), "googleads", hint)
    own = google_secret("googleads", secret)
    token = google_token(hosts, own, asked.address)
    return GoogleAds(
        Transport("Google Ads", hosts, token, judge=judge, limits=limits_of(asked)),
        asked.base(HOST),
        customer,
        own("developer_token"),
        manager=re.sub(r"[^0-9]", "", asked.user or ""),
        by_campaign=wants_campaigns(asked),
    )
