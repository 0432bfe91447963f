"""Mailchimp: what was sent to leads, opened and clicked, as events; who unsubscribed is not mailed again.

A member is the lead with the same e-mail address; who is no lead here is counted and left out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.connector import Missing, PulledPage, ReadPart, Record, odd_answer
from leadlight.connect.credentials import BearerToken, SecretReader
from leadlight.connect.moments import iso, seconds_of
from leadlight.connect.transport import ApiCall, Reply, Transport, limits_of
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConfigError, ConnectorError

HOST: Final = ""
"""Every account has a host of its own: us21.api.mailchimp.com."""
PAGE: Final = 500
LAG: Final = 300.0
DAY: Final = 86_400.0
FIRST_DAYS: Final = 365
"""How far back campaigns are read at first."""
LIVE_DAYS: Final = 60
"""How long after it was sent a campaign is asked for new opens and clicks."""
GONE: Final = frozenset({"unsubscribed", "cleaned"})
ACTIONS: Final = {"open": "mail opened", "click": "mail clicked", "bounce": "mail bounced"}
PARTS: Final = (
    ReadPart("members", "leads", "who is subscribed and who has unsubscribed, by audience"),
    ReadPart("sends", "events", "which campaign was sent to whom"),
    ReadPart("activity", "events", "opens, clicks and bounces, with their moment"),
)


class MailchimpKey(BearerToken):
    """A key that stands where a password stands; it is read anew when it is refused."""

    def __init__(self, secret: SecretReader) -> None:
        super().__init__(lambda: secret("mailchimp.token"))

    def headers(self) -> Mapping[str, str]:
        pair = base64.b64encode(f"leadlight:{self._token.reveal()}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


def judge(status: int, body: Any) -> ConnectorError | None:
    """Mailchimp says what went wrong in a problem document, which may hold values."""
    if not isinstance(body, dict) or "title" not in body or "status" not in body:
        return None
    said = body.get("status")
    if status < 300 and isinstance(said, int) and said >= 400:
        return ConnectorError("The answer was an error.", code="error_body", again=said in {429, 500, 503})
    if status == 403 and "User" not in str(body.get("title")):
        return ConnectorError("Too many requests for now.", code="rate_limited", again=True)
    return None


@dataclass(frozen=True)
class _Place:
    """How far a part was read: when that began, since when it reads, and where in its lists it is."""

    begun: float | None = None
    since: float | None = None
    at: str = ""
    moved: float | None = None
    offset: int = 0

    @staticmethod
    def of(cursor: str | None) -> _Place:
        return _Place(**json.loads(cursor)) if cursor else _Place()

    def __str__(self) -> str:
        return json.dumps(vars(self))


class Mailchimp:
    """One account."""

    name: Final = "mailchimp"
    title: Final = "Mailchimp"
    parts = PARTS

    def __init__(self, transport: Transport, address: str) -> None:
        self.transport, self.address = transport, address

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        place = _Place.of(cursor)
        if part == "members":
            return self._members(place)
        return self._campaigns(place, self._sends if part == "sends" else self._activity)

    def missing(self) -> Sequence[Missing]:
        if self._all("audiences", "/lists", "lists", fields="lists.id"):
            return ()
        return (Missing("audiences", "the account has none, so nobody's mail is known"),)

    def close(self) -> None:
        self.transport.close()

    def _members(self, place: _Place) -> Iterator[PulledPage]:
        """Whoever changed since, audience by audience, in the order of the change.

        Each page begins at the moment at which the last one ended, so that who changes meanwhile, and moves
        to the end, pushes nobody out of sight.
        """
        begun = place.begun
        for audience in sorted(self._all("audiences", "/lists", "lists"), key=lambda each: str(each["id"])):
            here = str(audience["id"])
            if here < place.at:
                continue
            since, offset = (place.moved, place.offset) if here == place.at else (place.since, 0)
            while True:
                reply = self._asked("members", f"/lists/{here}/members", offset, **_changed(since))
                begun, members = begun or reply.at, _rows(reply, "members")
                since, offset = _next(members, since, offset)
                cursor = str(_Place(begun, place.since, here, since, offset))
                yield _member_page(members, str(audience.get("name") or here), cursor)
                if len(members) < PAGE:
                    break
        yield PulledPage(str(_Place(since=place.since if begun is None else begun - LAG)))

    def _campaigns(self, place: _Place, read: Any) -> Iterator[PulledPage]:
        """Campaign by campaign, in the order in which they were sent."""
        probe = self._asked("campaigns", "/campaigns", 0, count=1, fields="total_items")
        begun = place.begun or probe.at
        days = FIRST_DAYS if place.since is None else LIVE_DAYS
        sent_since = iso((begun or 0.0) - days * DAY)
        order = {
            "sort_field": "send_time",
            "sort_dir": "ASC",
            "status": "sent",
            "since_send_time": sent_since,
        }
        for campaign in self._all("campaigns", "/campaigns", "campaigns", **order):
            mark = f"{campaign.get('send_time')} {campaign['id']}"
            if mark < place.at:
                continue
            offset = place.offset if mark == place.at else 0
            for events, offset_now in read(campaign, place, offset):
                cursor = str(_Place(begun, place.since, mark, None, offset_now))
                yield PulledPage(cursor, events=events)
        yield PulledPage(str(_Place(since=None if begun is None else begun - LAG)))

    def _sends(
        self, campaign: Mapping[str, Any], place: _Place, offset: int
    ) -> Iterator[tuple[list[Record], int]]:
        """To whom it was sent, once: a campaign that was read whole by an earlier run is left alone."""
        at = seconds_of(campaign.get("send_time"))
        if at is None or (place.since is not None and at < place.since - DAY):
            return
        for rows, offset_now in self._paged("sends", f"/reports/{campaign['id']}/sent-to", "sent_to", offset):
            yield [_event(each, "mail sent", at, campaign, "sent") for each in rows], offset_now

    def _activity(
        self, campaign: Mapping[str, Any], place: _Place, offset: int
    ) -> Iterator[tuple[list[Record], int]]:
        since = {} if place.since is None else {"since": iso(place.since)}
        path = f"/reports/{campaign['id']}/email-activity"
        for rows, offset_now in self._paged("activity", path, "emails", offset, **since):
            yield [event for each in rows for event in _acted(each, campaign)], offset_now

    def _paged(
        self, what: str, path: str, key: str, offset: int, **query: str
    ) -> Iterator[tuple[list[Mapping[str, Any]], int]]:
        while True:
            rows = _rows(self._asked(what, path, offset, **query), key)
            offset += len(rows)
            yield rows, offset
            if len(rows) < PAGE:
                return

    def _all(self, what: str, path: str, key: str, **query: str) -> list[Mapping[str, Any]]:
        return [each for rows, _ in self._paged(what, path, key, 0, **query) for each in rows]

    def _asked(self, what: str, path: str, offset: int, **query: str | int) -> Reply:
        asked = {"count": PAGE, "offset": offset, **query}
        return self.transport.send(ApiCall(what, f"{self.address}/3.0{path}", query=asked))


def _rows(reply: Reply, key: str) -> list[Mapping[str, Any]]:
    """The rows of an answer; one without them is not the answer that was asked for."""
    rows = reply.body.get(key) if isinstance(reply.body, dict) else None
    if not isinstance(rows, list):
        raise odd_answer("Mailchimp", f"The answer has no list of {key.replace('_', ' ')}.")
    return [row for row in rows if isinstance(row, dict)]


def _changed(since: float | None) -> dict[str, str]:
    order = {"sort_field": "last_changed", "sort_dir": "ASC"}
    return order if since is None else {**order, "since_last_changed": iso(since)}


def _next(members: Sequence[Mapping[str, Any]], since: float | None, offset: int) -> tuple[float | None, int]:
    """From where the next page is asked for: the last moment of this one, a second before to be sure."""
    last = seconds_of(members[-1].get("last_changed")) if members else None
    if last is not None and (since is None or last - 1.0 > since):
        return last - 1.0, 0
    return since, offset + len(members)


def _member_page(members: Sequence[Mapping[str, Any]], audience: str, cursor: str) -> PulledPage:
    """Whether each may be mailed, and an event for those who unsubscribed."""
    column = f"Mailchimp unsubscribed: {audience}"
    marks, events = [], []
    for each in members:
        email, status = str(each.get("email_address") or ""), each.get("status")
        if not email or status not in {*GONE, "subscribed"}:
            continue
        marks.append({"email": email, "fields": {column: "yes" if status in GONE else "no"}})
        at = seconds_of(each.get("last_changed"))
        if status == "unsubscribed" and at is not None:
            key = f"mailchimp:unsubscribed:{each.get('id')}:{each.get('list_id')}:{int(at)}"
            told = {"audience": audience}
            events.append(
                {"email": email, "name": "mail unsubscribed", "at": at, "properties": told, "key": key}
            )
    return PulledPage(cursor, marks=marks, events=events)


def _event(
    member: Mapping[str, Any], name: str, at: float, campaign: Mapping[str, Any], what: str, **more: Any
) -> Record:
    settings = campaign.get("settings") or {}
    title = settings.get("title") or settings.get("subject_line") or campaign["id"]
    return {
        "email": str(member.get("email_address") or ""),
        "name": name,
        "at": at,
        "properties": {"campaign": title, **more},
        "key": f"mailchimp:{what}:{campaign['id']}:{member.get('email_id')}",
    }


def _acted(member: Mapping[str, Any], campaign: Mapping[str, Any]) -> Iterator[Record]:
    """Each open, click and bounce of one member."""
    for each in member.get("activity") or ():
        action, at = str(each.get("action")), seconds_of(each.get("timestamp"))
        if action in ACTIONS and at is not None:
            link = {"link": each["url"]} if each.get("url") else {}
            yield _event(
                member, ACTIONS[action], at, campaign, f"{action}:{at:.0f}:{each.get('url', '')}", **link
            )


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> Mailchimp:
    """The account that the key `mailchimp.token` belongs to, at the address in leadlight.toml."""
    if not asked.address:
        raise ConfigError(
            "It is not said at which address the Mailchimp account is.",
            code="no_address",
            where="leadlight.toml, [connect.mailchimp]",
            hint='The end of the key says it: for a key that ends in -us21 write address = "https://us21.api.mailchimp.com"',
        )
    return Mailchimp(
        Transport("Mailchimp", hosts, MailchimpKey(secret), judge=judge, limits=limits_of(asked)),
        asked.address.rstrip("/"),
    )
