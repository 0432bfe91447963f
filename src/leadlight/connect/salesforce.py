"""Salesforce: leads, how they were converted, and what was done with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadlight.connect import salesforce_records as records
from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import (
    Delivered,
    Delivery,
    Missing,
    PulledPage,
    ReadPart,
    Record,
)
from leadlight.connect.credentials import ExchangedToken, SecretReader
from leadlight.connect.moments import iso, seconds_of
from leadlight.connect.salesforce_records import (
    MAPPING,
    NO_LEAD_BECAME,
    OBJECT,
    OF_ACCOUNT,
    OF_CONTACT,
    OPPORTUNITY,
    SCORES,
    STANDARD,
    UNREAD,
    listed_ids,
    mapping_of,
)
from leadlight.connect.transport import ApiCall, Transport, limits_of
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


@dataclass(frozen=True)
class SalesforceOptions:
    """What leadlight.toml changes."""

    fields: tuple[str, ...] = ()
    by_opportunity: bool = False
    lost: tuple[str, ...] = ("Closed - Not Converted",)
    history: bool = False
    """Whether campaigns and changes of fields are read as events."""
    objects: tuple[str, ...] = ("Lead",)
    """What a lead is: a Lead, a Contact that no Lead became, or both."""


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
        ReadPart("OpportunityContactRole", "leads", "contacts anew that came to an opportunity"),
        ReadPart("Contact", "leads", "every contact that no lead became, then those that changed"),
        ReadPart("Lead", "leads", "every lead, then those that changed"),
        ReadPart("deleted", "departures", "leads that were deleted or merged: they are scored no more"),
        ReadPart("deleted contacts", "departures", "contacts that were deleted or merged"),
        ReadPart("Task", "contacts", "calls, e-mails and tasks with leads"),
        ReadPart("CampaignMember", "events", "campaigns that leads are in, and answered"),
        ReadPart("LeadHistory", "events", "each change of a tracked field, at its moment"),
    )
    mapping = MAPPING
    batch = 200

    def __init__(self, transport: Transport, address: str, options: SalesforceOptions | None = None) -> None:
        self.transport, self.address = transport, address
        self.options = options or SalesforceOptions()
        self.parts = tuple(part for part in self.parts if self._is_read(part))
        self.mapping = mapping_of(self.options.objects)
        self._fields: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        """Records by the time of their change and id, so that it can go on anywhere."""
        state = json.loads(cursor) if cursor else None
        if part.startswith("deleted"):
            yield from self._deleted("Contact" if part == "deleted contacts" else "Lead", state)
            return
        read: dict[str, Callable[[Sequence[Record], str], PulledPage]] = {
            "Opportunity": self._of_opportunities,
            "OpportunityContactRole": self._of_roles,
            "Contact": lambda rows, place: PulledPage(place, leads=self._contacts(rows)),
            "Lead": self._leads,
            "Task": lambda rows, place: PulledPage(place, contacts=list(map(records.touch, rows))),
            "CampaignMember": lambda rows, place: PulledPage(place, events=list(map(records.member, rows))),
            "LeadHistory": lambda rows, place: PulledPage(place, events=list(map(records.change, rows))),
        }
        stamp = TIMES[part == "LeadHistory"]
        for rows, place in self._changed(part, stamp, state):
            yield read[part](rows, place)

    def _is_read(self, part: ReadPart) -> bool:
        """Whether these objects and settings ask for a part."""
        if part.name in {"Contact", "OpportunityContactRole", "deleted contacts"}:
            return "Contact" in self.options.objects
        if part.name in {"Lead", "LeadHistory", "deleted"} and "Lead" not in self.options.objects:
            return False
        return part.fills != "events" or self.options.history

    def missing(self) -> Sequence[Missing]:
        known = {name for kind in self.options.objects for name in self._describe(kind)}
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
        self._fields = {}
        return [f"{kind}.{name}" for kind, name in self._lacking()]

    def _lacking(self) -> list[tuple[str, str]]:
        every = ((kind, name) for kind in self.options.objects for name in SCORES)
        return [(kind, name) for kind, name in every if name not in self._describe(kind)]

    def make_fields(self) -> None:
        """Add the fields by the Tooling API; who may see them is set in Salesforce."""
        self._fields = {}
        for kind, name in self._lacking():
            asked = {"FullName": f"{kind}.{name}", "Metadata": SCORES[name]}
            place = f"{self.address}{API}/tooling/sobjects/CustomField"
            self.transport.send(ApiCall("field", place, "POST", json=asked))

    def write(self, deliveries: Sequence[Delivery]) -> Delivered:
        """Update leads by their id, which never makes a new one."""
        asked = {"allOrNone": False, "records": [records.score(each) for each in deliveries]}
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

    def _deleted(self, kind: str, state: dict[str, str] | None) -> Iterator[PulledPage]:
        """Records in the recycle bin; one that was merged there names the one that it became."""
        for rows, place in self._changed(kind, TIMES[0], state, deleted=True):
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
            only = "IsDeleted = true" if deleted else self._only(part)
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

    def _only(self, part: str) -> str:
        """Which records of a part are read, as a condition."""
        if part == "CampaignMember" and "Contact" not in self.options.objects:
            return "LeadId != null"
        return NO_LEAD_BECAME if part == "Contact" else ""

    def _columns(self, part: str) -> Sequence[str]:
        if part == "Lead":
            converted = ("ConvertedContactId",) if "Contact" in self.options.objects else ()
            deals = [f"ConvertedOpportunity.{name}" for name in OPPORTUNITY]
            return [*self._known("Lead", (*STANDARD, *converted)), *deals]
        if part == "Contact":
            account = [name for name in OF_ACCOUNT if name in self._describe("Account")]
            return [
                *self._known("Contact", (*STANDARD, *OF_CONTACT)),
                *(f"Account.{name}" for name in account),
            ]
        return _COLUMNS[part]

    def _known(self, kind: str, standard: Sequence[str]) -> list[str]:
        """The fields of an object that are read: usual ones, those that were named, and its own."""
        known = self._describe(kind)
        own = [name for name, each in known.items() if each.get("custom") and name not in SCORES]
        asked = dict.fromkeys([*standard, *self.options.fields, *own])
        return [name for name in asked if name in known and known[name].get("type") not in UNREAD]

    def _leads(self, rows: Sequence[Record], cursor: str | None) -> PulledPage:
        """Leads; one that became a contact which was read as a lead before is one with it."""
        became = {str(row["ConvertedContactId"]): row["Id"] for row in rows if row.get("ConvertedContactId")}
        return PulledPage(cursor, leads=[self._lead(row) for row in rows], merged=became)

    def _lead(self, row: Record) -> Record:
        deal = row.get("ConvertedOpportunity") or {}
        plain = {name: value for name, value in row.items() if not isinstance(value, dict)}
        plain.pop("SystemModstamp", None)
        if "Contact" in self.options.objects:
            plain[OBJECT] = "Lead"
        amount = deal.get("Amount") if deal.get("IsWon") else None
        return {**plain, "deal_amount": amount, MAPPING.outcome: self._outcome(row, deal)}

    def _outcome(self, row: Record, deal: Record) -> str:
        won = deal.get("IsWon") if self.options.by_opportunity else row.get("IsConverted")
        if won:
            return "won"
        closed = self.options.by_opportunity and deal.get("IsClosed")
        return "lost" if closed or row.get("Status") in self.options.lost else "open"

    def _of_opportunities(self, rows: Sequence[Record], cursor: str) -> PulledPage:
        """The leads that became these opportunities, and the contacts of them, anew."""
        ids = [row["Id"] for row in rows]
        leads: list[Record] = []
        if "Lead" in self.options.objects:
            leads = [self._lead(row) for row in self._among("Lead", "ConvertedOpportunityId", ids)]
        if "Contact" in self.options.objects:
            roles = self._among("OpportunityContactRole", "OpportunityId", ids)
            leads += self._contacts_anew(roles)
        return PulledPage(cursor, leads=leads)

    def _of_roles(self, rows: Sequence[Record], cursor: str) -> PulledPage:
        return PulledPage(cursor, leads=self._contacts_anew(rows))

    def _contacts_anew(self, roles: Sequence[Record]) -> list[Record]:
        ids = sorted({row["ContactId"] for row in roles})
        return self._contacts(self._among("Contact", "Id", ids))

    def _contacts(self, rows: Sequence[Record]) -> list[Record]:
        """Contacts as leads, with how their opportunities ended."""
        deals: dict[str, list[Record]] = {}
        for role in self._among("OpportunityContactRole", "ContactId", [row["Id"] for row in rows]):
            deals.setdefault(role["ContactId"], []).append(role.get("Opportunity") or {})
        return [records.contact(row, deals.get(row["Id"], ())) for row in rows]

    def _among(self, part: str, column: str, ids: Sequence[str]) -> list[Record]:
        """The records of a part that name one of these in a column."""
        columns = ", ".join(dict.fromkeys(["Id", *self._columns(part)]))
        only = self._only(part)
        found: list[Record] = []
        for start in range(0, len(ids), 200):
            where = f"{column} IN ({listed_ids(ids[start : start + 200])})"
            where += f" AND {only}" if only else ""
            found += self._query(part, f"SELECT {columns} FROM {part} WHERE {where}")  # noqa: S608
        return found

    def _query(self, what: str, asked: str, *, deleted: bool = False) -> list[Record]:
        """All records that a query gives; further pages come from the path that the answer names."""
        place = f"{self.address}{API}/{'queryAll' if deleted else 'query'}"
        reply = self.transport.send(ApiCall(what, place, query={"q": asked})).body
        rows = list(reply["records"])
        while not reply.get("done", True):
            reply = self.transport.send(ApiCall(what, f"{self.address}{reply['nextRecordsUrl']}")).body
            rows += reply["records"]
        return rows

    def _describe(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        if kind not in self._fields:
            call = ApiCall(f"fields of {kind}", f"{self.address}{API}/sobjects/{kind}/describe")
            self._fields[kind] = {each["name"]: each for each in self.transport.send(call).body["fields"]}
        return self._fields[kind]


_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "Opportunity": ("Id",),
    "OpportunityContactRole": ("ContactId", *(f"Opportunity.{name}" for name in OPPORTUNITY)),
    "Task": ("WhoId", "TaskSubtype", "Status", "CreatedDate", "CompletedDateTime", "OwnerId"),
    "CampaignMember": ("LeadId", "ContactId", "Campaign.Name", "Status", "HasResponded", "CreatedDate"),
    "LeadHistory": ("LeadId", "Field", "OldValue", "NewValue"),
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

    def exchange() -> Secret:
        form = {
            "grant_type": "client_credentials",
            "client_id": secret("salesforce.client_id").reveal(),
            "client_secret": secret("salesforce.token").reveal(),
        }
        call = ApiCall("login", f"{address}/services/oauth2/token", "POST", form=form)
        with Transport("Salesforce", hosts, limits=limits_of(asked)) as login:
            return Secret(str(login.send(call).body["access_token"]))

    won = asked.won == ("opportunity",)
    options = SalesforceOptions(
        asked.fields,
        won,
        asked.lost or SalesforceOptions.lost,
        bool(asked.history),
        _objects(asked.objects) or SalesforceOptions.objects,
    )
    token = ExchangedToken(exchange)
    transport = Transport("Salesforce", hosts, token, judge=judge, limits=limits_of(asked))
    return Salesforce(transport, address, options)


def _objects(asked: Sequence[str]) -> tuple[str, ...]:
    unknown = [each for each in asked if each not in {"Lead", "Contact"}]
    if unknown:
        raise ConfigError(
            f"Leads do not come from {unknown[0]!r}.",
            code="objects",
            where="leadlight.toml, [connect.salesforce] objects",
            hint='Write objects = ["Lead"], ["Contact"] or ["Lead", "Contact"].',
        )
    return tuple(asked)


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
