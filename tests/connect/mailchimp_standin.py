"""Mailchimp as its public documentation tells: audiences, members, campaigns, and reports on them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from tests.connect.standin import Answer, Asked

KEY = "0a1b2c3d4e5f-us21"
MOST = 1_000


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def email_id(address: str) -> str:
    return md5(address.lower().encode(), usedforsecurity=False).hexdigest()


def problem(status: int, title: str) -> Answer:
    body = {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": title,
        "status": status,
    }
    return Answer(status, body | {"detail": "person1@nowhere.example is not allowed", "instance": "x"})


@dataclass
class MailchimpAccount:
    """One account; `changed` runs before each answer, so that things change while they are read."""

    key: str = KEY
    lists: dict[str, str] = field(default_factory=dict)
    members: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: dict[str, list[str]] = field(default_factory=dict)
    activity: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    changed: Callable[[], None] = lambda: None

    def member(self, audience: str, address: str, at: float, status: str = "subscribed") -> None:
        self.members.setdefault(audience, {})[address] = {
            "id": email_id(address),
            "email_address": address,
            "status": status,
            "last_changed": iso(at),
            "list_id": audience,
        }

    def campaign(self, name: str, at: float, to: Sequence[str]) -> None:
        self.campaigns[name] = {
            "id": name,
            "send_time": iso(at),
            "status": "sent",
            "settings": {"title": f"Campaign {name}", "subject_line": "Hello"},
        }
        self.sent[name] = list(to)

    def act(self, campaign: str, address: str, action: str, at: float, **more: Any) -> None:
        rows = self.activity.setdefault(campaign, {}).setdefault(address, [])
        rows.append({"action": action, "timestamp": iso(at), "ip": "198.51.100.1", **more})

    def __call__(self, asked: Asked) -> Answer:
        self.changed()
        wanted = base64.b64encode(f"leadlight:{self.key}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {wanted}":
            return problem(401, "API Key Invalid")
        parts = asked.path.removeprefix("/3.0/").split("/")
        if parts == ["lists"]:
            return _page(asked, "lists", [{"id": each, "name": name} for each, name in self.lists.items()])
        if parts[0] == "lists" and parts[2:] == ["members"]:
            return self._members(asked, parts[1])
        if parts == ["campaigns"]:
            return self._campaigns(asked)
        if parts[0] == "reports" and parts[1] in self.campaigns:
            return self._report(asked, parts[1], parts[2])
        return problem(404, "Resource Not Found")

    def _members(self, asked: Asked, audience: str) -> Answer:
        assert asked.query["sort_field"] == "last_changed"
        since = asked.query.get("since_last_changed")
        rows = [
            each
            for each in self.members.get(audience, {}).values()
            if since is None or moment(each["last_changed"]) > moment(since)
        ]
        return _page(asked, "members", sorted(rows, key=lambda each: each.get("last_changed", "")))

    def _campaigns(self, asked: Asked) -> Answer:
        since = asked.query.get("since_send_time")
        rows = [
            each
            for each in self.campaigns.values()
            if since is None or moment(each["send_time"]) > moment(since)
        ]
        return _page(asked, "campaigns", sorted(rows, key=lambda each: (each["send_time"], each["id"])))

    def _report(self, asked: Asked, campaign: str, what: str) -> Answer:
        if what == "sent-to":
            rows = [{"email_id": email_id(each), "email_address": each} for each in self.sent[campaign]]
            return _page(asked, "sent_to", rows)
        if what != "email-activity":
            return problem(404, "Resource Not Found")
        since = asked.query.get("since")
        found = []
        for address, acts in self.activity.get(campaign, {}).items():
            kept = [each for each in acts if since is None or moment(each["timestamp"]) > moment(since)]
            if kept:
                found.append({"email_id": email_id(address), "email_address": address, "activity": kept})
        return _page(asked, "emails", found)


def _page(asked: Asked, key: str, rows: Sequence[Any]) -> Answer:
    count, offset = int(asked.query.get("count", 10)), int(asked.query.get("offset", 0))
    assert count <= MOST
    return Answer(body={key: rows[offset : offset + count], "total_items": len(rows)})
