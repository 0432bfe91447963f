"""LinkedIn Ads: what each campaign cost, day by day."""

from __future__ import annotations

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
    read_spend,
    today,
    wants_campaigns,
)
from leadlight.connect.transport import ApiCall, Transport, limits_of
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConnectorError

HOST: Final = "api.linkedin.com"
VERSION: Final = "202510"
PAGE: Final = 500
MOST: Final = 15_000
"""LinkedIn gives so many rows of a report and leaves out the rest without a word."""
URN: Final = "urn:li:sponsoredCampaign:"


class LinkedInAds:
    """One advertising account."""

    name: Final = "linkedinads"
    title: Final = "LinkedIn Ads"
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
        self._names: dict[str, str] | None = None
        self._currency: str | None = None

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        return read_spend(
            cursor, self._days, self.title, by_campaign=self.by_campaign, today=self.day or today()
        )

    def missing(self) -> Sequence[Missing]:
        """A look at the account says whether the token fits."""
        self._money()
        return ()

    def close(self) -> None:
        self.transport.close()

    def _days(self, first: date, last: date) -> Iterator[DayCost]:
        """A report of these days; one that may have been cut is asked for in halves."""
        rows = self._report(first, last)
        if len(rows) < MOST:
            yield from (self._cost(row) for row in rows)
            return
        if first == last:
            raise ConnectorError(
                "One day has more rows than LinkedIn gives.", code="too_many_at_once", where=self.title
            )
        middle = date.fromordinal((first.toordinal() + last.toordinal()) // 2)
        yield from self._days(first, middle)
        yield from self._days(date.fromordinal(middle.toordinal() + 1), last)

    def _report(self, first: date, last: date) -> list[Mapping[str, Any]]:
        """The query is written as LinkedIn wants it: its brackets and commas must arrive as they are."""
        account = f"List(urn%3Ali%3AsponsoredAccount%3A{self.account})"
        days = f"(start:{_written(first)},end:{_written(last)})"
        query = (
            f"q=analytics&pivot=CAMPAIGN&timeGranularity=DAILY&dateRange={days}&accounts={account}"
            "&fields=dateRange,costInLocalCurrency,pivotValues"
        )
        return _elements(self._asked("spend", f"/rest/adAnalytics?{query}"))

    def _cost(self, row: Mapping[str, Any]) -> DayCost:
        try:
            start = row["dateRange"]["start"]
            day = date(start["year"], start["month"], start["day"])
            campaign, amount = str(row["pivotValues"][0]), amount_of(row["costInLocalCurrency"])
        except (KeyError, IndexError, TypeError, ValueError):
            raise odd_answer("LinkedIn Ads, spend") from None
        name = self._named(campaign) if self.by_campaign else ""
        return DayCost(day, name, amount, self._money())

    def _money(self) -> str:
        """The currency of the account."""
        if self._currency is None:
            body = self._asked("account", f"/rest/adAccounts/{self.account}")
            if not isinstance(body, dict) or not body.get("currency"):
                raise odd_answer("LinkedIn Ads, account")
            self._currency = str(body["currency"])
        return self._currency

    def _named(self, campaign: str) -> str:
        if self._names is None:
            self._names = dict(self._campaigns())
        return self._names.get(campaign, campaign.removeprefix(URN))

    def _campaigns(self) -> Iterator[tuple[str, str]]:
        token = ""
        while True:
            query = f"q=search&pageSize={PAGE}" + (f"&pageToken={token}" if token else "")
            body = self._asked("campaigns", f"/rest/adAccounts/{self.account}/adCampaigns?{query}")
            for each in _elements(body):
                yield f"{URN}{each.get('id')}", str(each.get("name") or each.get("id"))
            token = str((body.get("metadata") or {}).get("nextPageToken") or "")
            if not token:
                return

    def _asked(self, what: str, path: str) -> Any:
        headers = {"LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"}
        return self.transport.send(ApiCall(what, f"{self.address}{path}", headers=headers)).body


def _written(day: date) -> str:
    return f"(year:{day.year},month:{day.month},day:{day.day})"


def _elements(body: Any) -> list[Mapping[str, Any]]:
    rows = body.get("elements") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise odd_answer("LinkedIn Ads, spend")
    return rows


def judge(status: int, body: Any) -> ConnectorError | None:
    """LinkedIn says in the body what went wrong, with the status once more."""
    if not isinstance(body, dict) or ("serviceErrorCode" not in body and "code" not in body):
        return None
    said = body.get("status")
    if status == 401 or said == 401:
        return ConnectorError("The token was refused.", code="unauthorized", hint=_AGAIN)
    if status < 300 and isinstance(said, int) and said >= 400:
        again = said in {429, 500, 503}
        return ConnectorError("The answer was an error.", code="error_body", again=again)
    return None


_AGAIN: Final = "A token lives for 60 days: make a new one, and put it where the old one lies."


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> LinkedInAds:
    """The account under `account` in leadlight.toml, read with the token `linkedinads.token`."""
    hint = 'Write account = "512345678", as it stands in the address of the Campaign Manager.'
    account = account_number((asked.account or "").rpartition(":")[2], "linkedinads", hint)
    token = BearerToken(lambda: secret("linkedinads.token"))
    transport = Transport("LinkedIn Ads", hosts, token, judge=judge, limits=limits_of(asked))
    return LinkedInAds(transport, asked.base(HOST), account, by_campaign=wants_campaigns(asked))
