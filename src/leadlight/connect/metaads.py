"""Meta Ads (Facebook, Instagram): what each campaign cost, day by day."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import Missing, PulledPage, ReadPart, odd_answer
from leadlight.connect.credentials import BearerToken, SecretReader
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
from leadlight.connect.transport import ApiCall, Transport, limits_of
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConnectorError

HOST: Final = "graph.facebook.com"
VERSION: Final = "v23.0"
PAGE: Final = 500
EXPIRED: Final = frozenset({102, 190, 463, 467})
NOT_ALLOWED: Final = frozenset({10, 200, 272, 294})
BUSY: Final = frozenset({1, 2, 4, 17, 32, 341, 613, *range(80000, 80015)})


def judge(status: int, body: Any) -> ConnectorError | None:
    """Meta says by a number what went wrong, often with status 400; its texts may hold the token."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    code = error.get("code")
    if code in EXPIRED:
        return ConnectorError("The token was refused.", code="unauthorized", hint=_AGAIN)
    if code in BUSY or error.get("is_transient"):
        return ConnectorError("Too many requests for now.", code="rate_limited", again=True)
    if code in NOT_ALLOWED:
        return ConnectorError("The token does not allow this.", code="forbidden", hint=_ALLOW)
    if status < 300:
        return ConnectorError("The answer was an error.", code="error_body")
    return None


_AGAIN: Final = "Make a new token of the system user, and put it where the old one lies."
_ALLOW: Final = "Give the system user the advertising account, and the token ads_read."


class MetaAds:
    """One advertising account."""

    name: Final = "metaads"
    title: Final = "Meta Ads"
    parts: tuple[ReadPart, ...] = PARTS

    def __init__(
        self,
        transport: Transport,
        address: str,
        account: str,
        *,
        by_campaign: bool = False,
        day: date | None = None,
    ) -> None:
        self.transport, self.address, self.account = transport, address, account
        self.by_campaign, self.day = by_campaign, day

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
        """Page by page; the address of the next page that Meta gives holds the token, so it is not used."""
        after = ""
        while True:
            query: dict[str, str | int] = {
                "level": "campaign",
                "fields": "campaign_id,campaign_name,spend,account_currency",
                "time_increment": 1,
                "time_range": json.dumps({"since": str(first), "until": str(last)}),
                "limit": PAGE,
            }
            call = ApiCall(
                "spend",
                f"{self.address}/{VERSION}/act_{self.account}/insights",
                query=query | ({"after": after} if after else {}),
            )
            body = self.transport.send(call).body
            if not isinstance(body, dict) or not isinstance(body.get("data"), list):
                raise odd_answer("Meta Ads, spend")
            yield from map(_cost, body["data"])
            paging = body.get("paging") or {}
            after = str((paging.get("cursors") or {}).get("after") or "")
            if not after or not paging.get("next"):
                return


def _cost(row: Mapping[str, Any]) -> DayCost:
    day = day_of(row.get("date_start")) if isinstance(row, dict) else None
    if day is None or "spend" not in row or not row.get("account_currency"):
        raise odd_answer("Meta Ads, spend")
    name = str(row.get("campaign_name") or row.get("campaign_id"))
    return DayCost(day, name, amount_of(row["spend"]), str(row["account_currency"]))


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> MetaAds:
    """The account under `account` in leadlight.toml, read with the token `metaads.token`."""
    hint = 'Write account = "1234567890", as it stands behind act= in the address of the Ads Manager.'
    account = account_number((asked.account or "").removeprefix("act_"), "metaads", hint)
    token = BearerToken(lambda: secret("metaads.token"))
    transport = Transport("Meta Ads", hosts, token, judge=judge, limits=limits_of(asked))
    return MetaAds(transport, asked.base(HOST), account, by_campaign=wants_campaigns(asked))
