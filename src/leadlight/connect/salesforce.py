"""Salesforce: leads, how they were converted, and what was done with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import (
    Delivered,
    Delivery,
    Missing,
    PulledPage,
    ReadPart,
    Record,
    SourceMapping,
)
from leadlight.connect.credentials import ExchangedToken, SecretReader
from leadlight.connect.moments import iso, seconds_of
from leadlight.connect.transport import ApiCall, Transport
from leadlight.data.config.record import SystemConfig
from leadlight.data.secret import Secret
from leadlight.errors import ConfigError, ConnectorError

HOST: Final = ""
"""Each organisation has a host of its own, which leadlight.toml names."""
API: Final = "/services/data/v62.0"
PAGE: Final = 2_000
LAG: Final = 60.0
"""Seconds that a long transaction may take to show what it stamped at its beginning."""
TIMES: Final = ("SystemModstamp", "CreatedDate")

MAPPING: Final = SourceMapping(
    lead="a Lead",
    id="Id",
    time="CreatedDate",
    outcome="outcome",
    won='IsConverted; with won = ["opportunity"]: the opportunity that it became is won',
    lost='Status is Closed - Not Converted, or with won = ["opportunity"] its opportunity is closed and lost',
    open="all others, for as long as the horizon; after it they count as lost",
    horizon_days=180,
    moment="as the lead is now; columns that sales fill in are left out of the learning",
    after=(
        *("Status", "IsConverted", "ConvertedDate", "ConvertedOpportunityId", "ConvertedAccountId"),
        *("ConvertedContactId", "LastActivityDate", "OwnerId", "Rating", "IsUnreadByOwner"),
        *("LastViewedDate", "LastReferencedDate", "deal_amount", "FirstCallDateTime", "FirstEmailDateTime"),
    ),
    personal=("Name", "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Fax", "Company", "Street"),
)
STANDARD: Final = (
    *("Id", "CreatedDate", "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Company", "Title"),
    *(
        "LeadSource",
        "Industry",
        "AnnualRevenue",
        "NumberOfEmployees",
        "City",
        "State",
        "Country",
        "PostalCode",
    ),
    *(
        "Website",
        "Salutation",
        "HasOptedOutOfEmail",
        "DoNotCall",
        "Status",
        "Rating",
        "OwnerId",
    ),
    *("IsConverted", "ConvertedDate", "ConvertedOpportunityId", "LastActivityDate", "IsUnreadByOwner"),
)
UNREAD: Final = ("address", "location", "base64", "complexvalue", "anyType", "encryptedstring")
OPPORTUNITY: Final = ("IsWon", "IsClosed", "Amount")
SCORES: Final = {
    "Leadlight_Score__c": {"label": "Leadlight Score", "type": "Number", "precision": 4, "scale": 1},
    "Leadlight_Grade__c": {"label": "Leadlight Grade", "type": "Text", "length": 40},
    "Leadlight_Reasons__c": {"label": "Leadlight Reasons", "type": "LongTextArea", "length": 4000}
    | {"visibleLines": 4},
    "Leadlight_Model__c": {"label": "Leadlight Model", "type": "Text", "length": 40},
    "Leadlight_Scored_At__c": {"label": "Leadlight Scored At", "type": "DateTime"},
}


@dataclass(frozen=True)
class SalesforceOptions:
    """What leadlight.toml changes."""

    fields: tuple[str, ...] = ()
    by_opportunity: bool = False
    lost: tuple[str, ...] = ("Closed - Not Converted",)
    history: bool = False
    """Whether campaigns and changes of fields are read as events."""


def judge(status: int, body: Any) -> ConnectorError | None:
    """Salesforce says an error code in a list; its messages may hold values."""
    if status < 300 or not isinstance(body, list) or not body or not isinstance(body[0], dict):
        return None
    code = str(body[0].get("errorCode", ""))
    if code == "INVALID_SESSION_ID":
        return ConnectorError("The session has ended.", code="unauthorized")
    if code in {"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT"}:
        return ConnectorError("Too many requests for now.", code="rate_limited", again=True)
    if code in {"INSUFFICIENT_ACCESS", "API_DISABLED_FOR_ORG", "INVALID_TYPE"}:
        hint = "Give the connected app's user the permissions that docs/how-to/salesforce.md lists."
        return ConnectorError("The user may not do this.", code="forbidden", hint=hint)
    return None


class Salesforce:
    """A Salesforce organisation."""

    name = "salesforce"
    title = "Salesforce"
    parts: tuple[ReadPart, ...] = (
        ReadPart("Opportunity", "leads", "leads anew whose opportunity changed"),
        ReadPart("Lead", "leads", "every lead, then those that changed"),
        ReadPart("deleted", "departures", "leads that were deleted or merged: they are scored no more"),
        ReadPart("Task", "contacts", "calls, e-mails and tasks with leads"),
        ReadPart("CampaignMember", "events", "campaigns that leads are in, and answered"),
        ReadPart("LeadHistory", "events", "each change of a tracked field, at its moment"),
    )
    mapping = MAPPING
    batch = 200

    def __init__(self, transport: Transport, address: str, options: SalesforceOptions | None = None) -> None:
        self.transport, self.address = transport, address
        self.options = options or SalesforceOptions()
        kept = [part for part in self.parts if part.fills != "events" or self.options.history]
        self.parts = tuple(kept)
        self._fields: Mapping[str, Mapping[str, Any]] | None = None

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        """Records by the time of their change and id, so that it can go on anywhere."""
        if part == "deleted":
            yield from self._deleted(json.loads(cursor) if cursor else None)
            return
        read: dict[str, Callable[[Sequence[Record], str], PulledPage]] = {
            "Opportunity": self._of_opportunities,
            "Lead": lambda rows, place: PulledPage(place, leads=[self._lead(row) for row in rows]),
            "Task": lambda rows, place: PulledPage(place, contacts=[_touch(row) for row in rows]),
            "CampaignMember": lambda rows, place: PulledPage(place, events=[_member(row) for row in rows]),
            "LeadHistory": lambda rows, place: PulledPage(place, events=[_change(row) for row in rows]),
        }
        stamp = TIMES[part == "LeadHistory"]
        for rows, place in self._changed(part, stamp, json.loads(cursor) if cursor else None):
            yield read[part](rows, place)

    def missing(self) -> Sequence[Missing]:
        known = self._describe()
        found = [
            Missing(f"field {name}", "it is not read; check its API name in Salesforce")
            for name in self.options.fields
            if name not in known
        ]
        for part in self.parts:
            if part.fills == "departures":
                continue
            try:
                self._query(part.name, f"SELECT Id FROM {part.name} LIMIT 1")  # noqa: S608
            except ConnectorError as problem:
                if problem.code != "forbidden":
                    raise
                found.append(Missing(f"access to {part.name}", f"not read: {part.about}"))
        return found

    def missing_fields(self) -> Sequence[str]:
        self._fields = None
        return [name for name in SCORES if name not in self._describe()]

    def make_fields(self) -> None:
        """Add the fields by the Tooling API; who may see them is set in Salesforce."""
        for name in self.missing_fields():
            asked = {"FullName": f"Lead.{name}", "Metadata": SCORES[name]}
            place = f"{self.address}{API}/tooling/sobjects/CustomField"
            self.transport.send(ApiCall("field", place, "POST", json=asked))

    def write(self, deliveries: Sequence[Delivery]) -> Delivered:
        """Update leads by their id, which never makes a new one."""
        records = [_score(each) for each in deliveries]
        asked = {"allOrNone": False, "records": records}
        place = f"{self.address}{API}/composite/sobjects"
        answers = self.transport.send(ApiCall("scores", place, "PATCH", json=asked)).body
        taken, refused, again = [], {}, {}
        for each, answer in zip(deliveries, answers, strict=False):
            codes = [str(problem.get("statusCode", "REFUSED"))[:40] for problem in answer.get("errors") or []]
            if answer.get("success"):
                taken.append(each.id)
            elif codes and codes[0] in {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"}:
                again[each.id] = codes[0]
            else:
                refused[each.id] = codes[0] if codes else "REFUSED"
        return Delivered(tuple(taken), refused, again)

    def close(self) -> None:
        self.transport.close()

    def _deleted(self, state: dict[str, str] | None) -> Iterator[PulledPage]:
        """Leads in the recycle bin; one that was merged there names the lead that it became."""
        for rows, place in self._changed("Lead", TIMES[0], state, deleted=True):
            merged = {row["Id"]: row["MasterRecordId"] for row in rows if row.get("MasterRecordId")}
            yield PulledPage(
                place, gone=[row["Id"] for row in rows if row["Id"] not in merged], merged=merged
            )

    def _changed(
        self, part: str, stamp: str, state: dict[str, str] | None, *, deleted: bool = False
    ) -> Iterator[tuple[list[Record], str]]:
        since, after = (state["since"], state["after"]) if state else ("", "")
        while True:
            behind = f"({stamp} > {since} OR ({stamp} = {since} AND Id > '{after}'))" if since else ""
            only = "IsDeleted = true" if deleted else _LEADS_ONLY.get(part, "")
            where = " AND ".join(each for each in (behind, only) if each)
            asked_for = ("MasterRecordId",) if deleted else self._columns(part)
            columns = ", ".join(dict.fromkeys(["Id", stamp, *asked_for]))
            asked = f"SELECT {columns} FROM {part}{' WHERE ' + where if where else ''}"  # noqa: S608
            rows = self._query(part, f"{asked} ORDER BY {stamp} ASC, Id ASC LIMIT {PAGE}", deleted=deleted)
            if rows:
                since, after = _literal(rows[-1][stamp]), rows[-1]["Id"]
            done = len(rows) < PAGE
            yield rows, _place(since, "" if done else after, LAG if done else 0.0)
            if done:
                return

    def _columns(self, part: str) -> Sequence[str]:
        if part == "Lead":
            known = self._describe()
            own = [name for name, each in known.items() if each.get("custom") and name not in SCORES]
            asked = dict.fromkeys([*STANDARD, *self.options.fields, *own])
            plain = [name for name in asked if name in known and known[name].get("type") not in UNREAD]
            return [*plain, *(f"ConvertedOpportunity.{name}" for name in OPPORTUNITY)]
        return _COLUMNS[part]

    def _lead(self, row: Record) -> Record:
        deal = row.get("ConvertedOpportunity") or {}
        plain = {name: value for name, value in row.items() if not isinstance(value, dict)}
        plain.pop("SystemModstamp", None)
        amount = deal.get("Amount") if deal.get("IsWon") else None
        return {**plain, "deal_amount": amount, MAPPING.outcome: self._outcome(row, deal)}

    def _outcome(self, row: Record, deal: Record) -> str:
        won = deal.get("IsWon") if self.options.by_opportunity else row.get("IsConverted")
        if won:
            return "won"
        closed = self.options.by_opportunity and deal.get("IsClosed")
        return "lost" if closed or row.get("Status") in self.options.lost else "open"

    def _of_opportunities(self, rows: Sequence[Record], cursor: str) -> PulledPage:
        """The leads that became these opportunities, anew."""
        ids = [row["Id"] for row in rows]
        leads: list[Record] = []
        for start in range(0, len(ids), 200):
            names = ", ".join(f"'{each}'" for each in ids[start : start + 200])
            columns = ", ".join(dict.fromkeys(["Id", *self._columns("Lead")]))
            asked = f"SELECT {columns} FROM Lead WHERE ConvertedOpportunityId IN ({names})"  # noqa: S608
            leads += [self._lead(row) for row in self._query("Lead", asked)]
        return PulledPage(cursor, leads=leads)

    def _query(self, what: str, asked: str, *, deleted: bool = False) -> list[Record]:
        """All records that a query gives; further pages come from the path that the answer names."""
        place = f"{self.address}{API}/{'queryAll' if deleted else 'query'}"
        reply = self.transport.send(ApiCall(what, place, query={"q": asked})).body
        rows = list(reply["records"])
        while not reply.get("done", True):
            reply = self.transport.send(ApiCall(what, f"{self.address}{reply['nextRecordsUrl']}")).body
            rows += reply["records"]
        return rows

    def _describe(self) -> Mapping[str, Mapping[str, Any]]:
        if self._fields is None:
            call = ApiCall("fields of leads", f"{self.address}{API}/sobjects/Lead/describe")
            self._fields = {each["name"]: each for each in self.transport.send(call).body["fields"]}
        return self._fields


_LEADS_ONLY: Final = {"CampaignMember": "LeadId != null"}
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "Opportunity": ("Id",),
    "Task": ("WhoId", "TaskSubtype", "Status", "CreatedDate", "CompletedDateTime", "OwnerId"),
    "CampaignMember": ("LeadId", "Campaign.Name", "Status", "HasResponded", "CreatedDate"),
    "LeadHistory": ("LeadId", "Field", "NewValue"),
}


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> Salesforce:
    """The organisation at `address`, as the user of a connected app with client credentials."""
    if not asked.address:
        raise ConfigError(
            "It is not said which Salesforce organisation is meant.",
            code="no_address",
            hint='Write into leadlight.toml: [connect.salesforce] address = "https://NAME.my.salesforce.com"',
        )
    address = asked.address.rstrip("/")
    login = Transport("Salesforce", hosts)

    def exchange() -> Secret:
        form = {
            "grant_type": "client_credentials",
            "client_id": secret("salesforce.client_id").reveal(),
            "client_secret": secret("salesforce.token").reveal(),
        }
        call = ApiCall("login", f"{address}/services/oauth2/token", "POST", form=form)
        return Secret(str(login.send(call).body["access_token"]))

    won = asked.won == ("opportunity",)
    options = SalesforceOptions(asked.fields, won, asked.lost or SalesforceOptions.lost, bool(asked.history))
    return Salesforce(Transport("Salesforce", hosts, ExchangedToken(exchange), judge=judge), address, options)


def _place(since: str, after: str, lag: float) -> str:
    if lag and since:
        at = seconds_of(since)
        since = iso((at or 0.0) - lag)
    return json.dumps({"since": since, "after": after})


def _literal(moment: str) -> str:
    """A moment as the query language writes it."""
    at = seconds_of(moment)
    if at is None:
        raise ConnectorError("A moment could not be read.", code="odd_moment")
    return f"{iso(at)[:-1]}.{round(at * 1000) % 1000:03d}Z"


def _touch(row: Record) -> Record:
    at = seconds_of(row.get("CompletedDateTime")) or seconds_of(row.get("CreatedDate")) or 0.0
    channel = str(row.get("TaskSubtype") or "Task").lower()
    return {
        "id": str(row.get("WhoId") or ""),
        "channel": channel,
        "at": at,
        "who": row.get("OwnerId") or "",
        "result": row.get("Status") or "",
        "key": f"salesforce:{row['Id']}",
    }


def _member(row: Record) -> Record:
    name = "campaign_answered" if row.get("HasResponded") else "campaign"
    said = {"campaign": (row.get("Campaign") or {}).get("Name"), "status": row.get("Status")}
    at = seconds_of(row.get("CreatedDate")) or 0.0
    return {
        "id": row["LeadId"],
        "name": name,
        "at": at,
        "properties": said,
        "key": f"salesforce:{row['Id']}:{name}",
    }


def _change(row: Record) -> Record:
    return {
        "id": row["LeadId"],
        "name": f"property:{row['Field']}",
        "at": seconds_of(row["CreatedDate"]) or 0.0,
        "properties": {"value": row.get("NewValue")},
        "key": f"salesforce:{row['Id']}",
    }


def _score(each: Delivery) -> dict[str, Any]:
    return {
        "attributes": {"type": "Lead"},
        "id": each.id,
        "Leadlight_Score__c": each.score,
        "Leadlight_Grade__c": each.grade,
        "Leadlight_Reasons__c": each.reasons[:4000],
        "Leadlight_Model__c": each.model,
        "Leadlight_Scored_At__c": iso(each.at),
    }
