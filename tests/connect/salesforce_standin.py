"""Salesforce as its public documentation tells: login, describe, SOQL, collections, the Tooling API."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.connect.standin import Answer, Asked

SECRET = "3MVG9-client-secret"
MOST = 500
ASKED = re.compile(
    r"SELECT (.*?) FROM (\w+)(?: WHERE (.*?))?(?: ORDER BY (\w+) ASC, Id ASC)?(?: LIMIT (\d+))?$"
)
NOT_CONVERTED = "Id NOT IN (SELECT ConvertedContactId FROM Lead WHERE ConvertedContactId != null)"
BEHIND = re.compile(r"\((\w+) > (\S+) OR \(\w+ = \S+ AND Id > '(\w*)'\)\)")


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@dataclass
class Organisation:
    """One organisation, with its records by kind and id."""

    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    described: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """The fields of each object."""
    tokens: set[str] = field(default_factory=set)
    logins: int = 0
    rest: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    expire_after: int = 10_000
    calls: int = 0

    def put(self, kind: str, identity: str, at: float | None = None, **said: Any) -> None:
        moment = stamp(time.time() if at is None else at)
        kept = self.records.setdefault(kind, {}).setdefault(identity, {"Id": identity, "CreatedDate": moment})
        kept |= said | {"SystemModstamp": moment}
        known = self.described.setdefault(kind, {})
        for name in kept:
            known.setdefault(name, {"name": name, "type": "string", "custom": name.endswith("__c")})

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/services/oauth2/token":
            if asked.form.get("client_secret") != SECRET:
                return Answer(400, {"error": "invalid_client", "error_description": "secret-value"})
            self.logins += 1
            self.tokens = {f"00D-session-{self.logins}"}
            return Answer(200, {"access_token": f"00D-session-{self.logins}", "token_type": "Bearer"})
        self.calls += 1
        if self.calls % self.expire_after == 0:
            self.tokens = set()
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Answer(401, [{"errorCode": "INVALID_SESSION_ID", "message": "secret-value"}])
        path = asked.path.removeprefix("/services/data/v62.0/")
        if path in {"query", "queryAll"}:
            return self._query(asked.query["q"], deleted=path == "queryAll")
        if path.startswith("query/"):
            return self._page(path.removeprefix("query/"))
        if path.endswith("/describe"):
            return Answer(200, {"fields": [*self.described.get(path.split("/")[1], {}).values()]})
        if path == "tooling/sobjects/CustomField":
            kind, _, name = asked.json["FullName"].partition(".")
            self.described[kind][name] = {
                "name": name,
                "type": asked.json["Metadata"]["type"],
                "custom": True,
            }
            return Answer(201, {"success": True})
        return self._update(asked.json)

    def delete(self, identity: str, master: str | None = None) -> None:
        """Into the recycle bin; a lead that was merged names the one that it became."""
        self.put("Lead", identity, IsDeleted=True, MasterRecordId=master)

    def _query(self, asked: str, *, deleted: bool = False) -> Answer:
        found = ASKED.match(asked)
        assert found, asked
        columns, kind, where, order, limit = found.groups()
        every = self.records.get(kind, {}).values()
        rows = [
            row for row in every if (deleted or not row.get("IsDeleted")) and self._fits(row, where or "")
        ]
        if order:
            rows.sort(key=lambda row: (row[order], row["Id"]))
        shown = [self._shown(kind, row, columns.split(", ")) for row in rows[: int(limit or 50_000)]]
        self.rest[str(len(self.rest))] = shown
        return self._page(f"{len(self.rest) - 1}-0")

    def _page(self, place: str) -> Answer:
        name, start = place.split("-")
        rows, first = self.rest[name], int(start)
        body = {"totalSize": len(rows), "done": True, "records": rows[first : first + MOST]}
        if first + MOST < len(rows):
            body |= {"done": False, "nextRecordsUrl": f"/services/data/v62.0/query/{name}-{first + MOST}"}
        return Answer(200, body)

    def _fits(self, row: dict[str, Any], where: str) -> bool:
        if NOT_CONVERTED in where:
            became = {each.get("ConvertedContactId") for each in self.records.get("Lead", {}).values()}
            if row["Id"] in became:
                return False
            where = where.replace(NOT_CONVERTED, "")
        return fits(row, where)

    def _shown(self, kind: str, row: dict[str, Any], columns: list[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {"attributes": {"type": kind, "url": "/x"}}
        for column in columns:
            head, _, tail = column.partition(".")
            if not tail:
                shown[column] = row.get(column)
                continue
            key = {"ConvertedOpportunity": "Opportunity"}.get(head, head)
            other = self.records.get(key, {}).get(row.get(f"{head}Id") or "")
            shown[head] = None if other is None else {**(shown.get(head) or {}), tail: other.get(tail)}
        return shown

    def _update(self, asked: dict[str, Any]) -> Answer:
        assert asked["allOrNone"] is False
        answers = []
        if len({each["id"] for each in asked["records"]}) < len(asked["records"]):
            return Answer(400, [{"errorCode": "DUPLICATE_VALUE", "message": "secret-value"}])
        for each in asked["records"]:
            kind = each["attributes"]["type"]
            kept = self.records[kind].get(each["id"])
            if kept is None or kept.get("IsConverted"):
                code = "CANNOT_UPDATE_CONVERTED_LEAD" if kept else "ENTITY_IS_DELETED"
                answers.append(
                    {"success": False, "errors": [{"statusCode": code, "message": "secret-value"}]}
                )
                continue
            said = {name: value for name, value in each.items() if name.endswith("__c")}
            assert said.keys() <= self.described[kind].keys()
            self.put(kind, each["id"], **said)
            answers.append({"success": True, "id": each["id"], "errors": []})
        return Answer(200, answers)


def fits(row: dict[str, Any], where: str) -> bool:
    behind = BEHIND.search(where)
    if behind:
        column, moment, after = behind.groups()
        since = datetime.fromisoformat(moment).timestamp()
        at = datetime.fromisoformat(row[column]).timestamp()
        if not (at > since or (at == since and row["Id"] > after)):
            return False
    if "LeadId != null" in where and not row.get("LeadId"):
        return False
    if "IsDeleted = true" in where and not row.get("IsDeleted"):
        return False
    within = re.search(r"(\w+) IN \((.*?)\)", where)
    return not within or f"'{row.get(within[1])}'" in within[2]


def filled(count: int, at: float = 1_700_000_000.0) -> Organisation:
    """Leads of whom every third was converted, with opportunities, tasks, campaigns and histories."""
    made = Organisation()
    made.put("Campaign", "701000", at, Name="Spring")
    for number in range(count):
        identity, converted = f"00Q{number:06}", number % 3 == 0
        said: dict[str, Any] = {"IsConverted": converted, "Status": "Open", "Own__c": number % 5}
        is_partner = (converted and number % 5 > 0) or number % 4 == 2
        said["LeadSource"] = "Partner" if is_partner else "Web"
        if converted:
            deal = f"006{number:06}"
            won = number % 2 == 0
            made.put("Opportunity", deal, at + number, IsWon=won, IsClosed=True, Amount=100.0 * number)
            said |= {"ConvertedOpportunityId": deal}
        if number % 7 == 1:
            said["Status"] = "Closed - Not Converted"
        made.put("Lead", identity, at + number // 4, Email=f"p{number}@example.org", LastName="L", **said)
        if number % 4 == 0:
            call = {"WhoId": identity, "TaskSubtype": "Call", "Status": "Done"}
            made.put("Task", f"00T{number:06}", at + number, **call)
            member = {"LeadId": identity, "CampaignId": "701000", "HasResponded": True}
            made.put("CampaignMember", f"00v{number:06}", at, **member)
            change = {"LeadId": identity, "Field": "Status", "NewValue": "Open"}
            made.put("LeadHistory", f"017{number:06}", at + 9, **change)
    made.put("Task", "00T999999", at, WhoId="003000001", TaskSubtype="Email", Status="Done")
    return made
