"""HubSpot as its public documentation tells: objects, search, batches, associations, properties, webhooks."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from tests.connect.standin import Answer, Asked

TOKEN = "pat-eu1-5e8c2f"
MOST_SHOWN = 10_000


def iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass
class Account:
    """One HubSpot account, with what is in it."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    history: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    links: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    token: str = TOKEN
    forbidden: set[str] = field(default_factory=set)
    unwritable: dict[str, str] = field(default_factory=dict)
    bin: dict[str, dict[str, Any]] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)
    """Old ids of merged contacts, which still lead to the new ones."""
    groups: set[str] = field(default_factory=set)
    ahead: float = 0.0
    """How far the account's clock is ahead of ours."""
    updates: int = 0

    def now(self) -> int:
        return int((time.time() + self.ahead) * 1000)

    def put(self, kind: str, identity: str, at: int | None = None, **said: Any) -> None:
        """Make or change a record, at a moment of the account's clock."""
        moment = self.now() if at is None else at
        modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        kept = self.objects.setdefault(kind, {}).setdefault(
            identity, {"createdate": iso(moment), "hs_object_id": identity}
        )
        kept |= {name: None if value is None else str(value) for name, value in said.items()}
        kept[modified] = iso(moment)
        if kind == "contacts":
            for name, value in said.items():
                self.properties.setdefault(name, {"name": name, "hubspotDefined": name != "own_field"})
                entry = {"value": value, "timestamp": iso(moment), "sourceType": "CRM_UI"}
                self.history.setdefault(identity, {}).setdefault(name, []).insert(0, entry)

    def archive(self, identity: str) -> None:
        """Put a contact into the bin."""
        self.bin[identity] = self.objects["contacts"].pop(identity)

    def restore(self, identity: str) -> None:
        self.put("contacts", identity, **self.bin.pop(identity))

    def merge(self, old: str, new: str) -> None:
        """One contact out of two: the old id is no more, and stands in a property of the new."""
        del self.objects["contacts"][old]
        self.became[old] = new
        before = self.objects["contacts"][new].get("hs_merged_object_ids")
        self.put("contacts", new, hs_merged_object_ids=";".join(filter(None, (before, old))))

    def link(self, one: str, first: str, other: str, second: str) -> None:
        for from_, to, a, b in ((one, other, first, second), (other, one, second, first)):
            self.links.setdefault((from_, to), {}).setdefault(a, []).append(b)
        if {one, other} == {"contacts", "deals"}:
            contact = first if one == "contacts" else second
            count = len(self.links["contacts", "deals"][contact])
            self.put("contacts", contact, num_associated_deals=count)

    def __call__(self, asked: Asked) -> Answer:
        answer = self._answer(asked)
        return Answer(answer.status, answer.body, answer.headers, answer.wait, clock=self.ahead)

    def _answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "EXPIRED_AUTHENTICATION")
        match asked.path.strip("/").split("/"):
            case ["crm", "v3", "properties", "contacts"]:
                return self._properties(asked)
            case ["crm", "v3", "properties", "contacts", "groups"]:
                known = asked.json["name"] in self.groups
                self.groups.add(asked.json["name"])
                return error(409, "OBJECT_ALREADY_EXISTS") if known else Answer(201, asked.json)
            case ["crm", "v3", "objects", kind, *rest] if kind not in self.forbidden:
                return self._object(kind, "/".join(rest), asked)
            case ["crm", "v4", "associations", from_, to, "batch", "read"] if to not in self.forbidden:
                return self._associations(from_, to, asked.json["inputs"])
        return error(403, "MISSING_SCOPES")

    def _properties(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(200, {"results": [*self.properties.values()]})
        if asked.json["groupName"] not in self.groups:
            return error(400, "VALIDATION_ERROR")
        self.properties[asked.json["name"]] = {**asked.json, "hubspotDefined": False}
        return Answer(201, asked.json)

    def _object(self, kind: str, rest: str, asked: Asked) -> Answer:
        kept = self.objects.get(kind, {})
        if not rest:
            return self._listed(kind, kept, asked)
        if rest == "search":
            return self._search(kind, kept, asked.json)
        if rest == "batch/read":
            return self._read(kind, kept, asked.json)
        return self._update(kept, asked.json["inputs"])

    def _listed(self, kind: str, kept: dict[str, Any], asked: Asked) -> Answer:
        if asked.query.get("archived") == "true":
            kept = self.bin
        limit, after = int(asked.query.get("limit", 10)), int(unquote(asked.query.get("after", "0")))
        ids = sorted((each for each in kept if int(each) > after), key=int)
        page = ids[:limit]
        body: dict[str, Any] = {"results": [self._shown(kept, each, ()) for each in page]}
        if len(ids) > limit:
            body["paging"] = {"next": {"after": page[-1], "link": "https://evil.example/next"}}
        return Answer(200, body)

    def _search(self, kind: str, kept: dict[str, Any], asked: dict[str, Any]) -> Answer:
        (wanted,) = asked["filterGroups"][0]["filters"]
        name, least = wanted["propertyName"], iso(int(wanted["value"]))
        offset, limit = int(asked["after"]), asked["limit"]
        if offset + limit > MOST_SHOWN:
            return error(400, "VALIDATION_ERROR")
        fit = sorted((each for each in kept if kept[each][name] >= least), key=lambda each: kept[each][name])
        page = fit[offset : offset + limit]
        body: dict[str, Any] = {
            "total": len(fit),
            "results": [self._shown(kept, each, asked["properties"]) for each in page],
        }
        if len(fit) > offset + limit:
            body["paging"] = {"next": {"after": str(offset + limit)}}
        return Answer(200, body)

    def _read(self, kind: str, kept: dict[str, Any], asked: dict[str, Any]) -> Answer:
        ids = [each["id"] for each in asked["inputs"]]
        history = asked.get("propertiesWithHistory", [])
        if len(ids) > (50 if history else 100):
            return error(400, "VALIDATION_ERROR")
        results = [self._shown(kept, each, asked["properties"], history) for each in ids if each in kept]
        body: dict[str, Any] = {"status": "COMPLETE", "results": results}
        missing = [each for each in ids if each not in kept]
        if missing:
            body |= {"numErrors": len(missing), "errors": [{"context": {"ids": missing}}]}
        return Answer(207 if missing else 200, body)

    def _shown(
        self, kept: dict[str, Any], identity: str, names: Iterable[str], history: Iterable[str] = ()
    ) -> dict[str, Any]:
        said = kept[identity]
        shown: dict[str, Any] = {
            "id": identity,
            "properties": {
                name: said.get(name) for name in ("hs_object_id", "createdate", "lastmodifieddate", *names)
            },
            "archived": False,
        }
        if history:
            shown["propertiesWithHistory"] = {
                name: self.history.get(identity, {}).get(name, []) for name in history
            }
        return shown

    def _associations(self, from_: str, to: str, inputs: list[dict[str, str]]) -> Answer:
        links = self.links.get((from_, to), {})
        results = [
            {"from": {"id": each["id"]}, "to": [{"toObjectId": int(other)} for other in links[each["id"]]]}
            for each in inputs
            if each["id"] in links
        ]
        return Answer(200 if len(results) == len(inputs) else 207, {"results": results})

    def _update(self, kept: dict[str, Any], inputs: list[dict[str, Any]]) -> Answer:
        ids = [self.became.get(each["id"], each["id"]) for each in inputs]
        if len(inputs) > 100 or len({*ids}) < len(ids):
            return error(400, "VALIDATION_ERROR")
        self.updates += 1
        results, errors = [], []
        for each, identity in zip(inputs, ids, strict=True):
            if identity not in kept or identity in self.unwritable:
                category = self.unwritable.get(identity, "OBJECT_NOT_FOUND")
                errors.append({"status": "error", "category": category, "context": {"ids": [identity]}})
                continue
            unknown = [name for name in each["properties"] if name not in self.properties]
            if unknown:
                return error(400, "VALIDATION_ERROR")
            self.put("contacts", identity, **each["properties"])
            results.append({"id": identity, "properties": each["properties"]})
        body: dict[str, Any] = {"status": "COMPLETE", "results": results}
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return Answer(207 if errors else 200, body)


def error(status: int, category: str) -> Answer:
    said = {"status": "error", "category": category, "message": "secret-value", "correlationId": "aeb5f871"}
    return Answer(status, said)


def filled(count: int, seed: int = 0, at: int = 1_700_000_000_000) -> Account:
    """An account with contacts, of whom those from a webinar buy more often, their companies and deals."""
    chance, account = random.Random(seed), Account()
    for number in range(20):
        account.put("companies", str(900 + number), at, name=f"Company {number}", industry="SOFTWARE")
    for number in range(1, count + 1):
        identity, source = str(1000 + number), chance.choice(["WEBINAR", "PAID_SEARCH", "OFFLINE"])
        won = chance.random() < {"WEBINAR": 0.7, "PAID_SEARCH": 0.3}.get(source, 0.1)
        decided = chance.random() < 0.85
        account.put(
            "contacts",
            identity,
            at + number * 1000,
            email=f"person{number}@example.org",
            firstname=f"Person {number}",
            hs_analytics_source=source,
            hs_analytics_num_visits=chance.randint(0, 30),
            own_field=chance.choice(["a", "b", ""]),
            lifecyclestage="lead",
            associatedcompanyid=900 + number % 20,
        )
        if decided:
            deal = str(500_000 + number)
            said = {"hs_is_closed": "true", "hs_is_closed_won": "true" if won else "false"}
            account.put("deals", deal, at + number * 1000 + 5, amount=chance.randint(1, 90) * 100, **said)
            account.link("contacts", identity, "deals", deal)
            account.put("contacts", identity, at + number * 1000 + 9, num_associated_deals=1)
        account.links.setdefault(("companies", "contacts"), {}).setdefault(str(900 + number % 20), [])
        account.links["companies", "contacts"][str(900 + number % 20)].append(identity)
        if number % 3 == 0:
            call = str(700_000 + number)
            account.put("calls", call, at + number * 1000, hs_timestamp=iso(at + number * 2000))
            account.link("calls", call, "contacts", identity)
    return account
