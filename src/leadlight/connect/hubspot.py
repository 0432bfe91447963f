"""HubSpot: contacts are leads, with their company, how their deals ended, and what was done with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from leadlight.connect.credentials import BearerToken, SecretReader
from leadlight.connect.hubspot_calls import MOST_LISTED, PAGE, HubSpotCalls, judge, since_cursor
from leadlight.connect.moments import seconds_of
from leadlight.connect.transport import Transport, limits_of
from leadlight.data import cells
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConnectorError

HOST: Final = "api.hubapi.com"
ADDRESS: Final = f"https://{HOST}"

MAPPING: Final = SourceMapping(
    lead="a contact",
    id="hs_object_id",
    time="createdate",
    outcome="outcome",
    won="lifecyclestage is customer or evangelist, or a deal of the contact is closed and won",
    lost="every deal of the contact is closed and lost, or hs_lead_status is UNQUALIFIED",
    open="all others, for as long as the horizon; after it they count as lost",
    dispute="leadlight_dispute",
    horizon_days=180,
    moment="as the contact is now; columns that sales fill in are left out of the learning",
    after=(
        *("lifecyclestage", "hs_lead_status", "num_associated_deals", "notes_last_contacted", "num_notes"),
        *("notes_last_updated", "num_contacted_notes", "notes_next_activity_date", "closedate"),
        *("days_to_close", "recent_deal_amount", "recent_deal_close_date", "first_deal_created_date"),
        *("total_revenue", "hubspot_owner_id", "hs_sales_email_last_replied", "deal_amount", "deal_count"),
        *("associatedcompanyid",),
    ),
    personal=("email", "firstname", "lastname", "phone", "mobilephone", "company_name", "company_domain"),
)
AT_ARRIVAL: Final = (
    *("createdate", "email", "firstname", "lastname", "phone", "mobilephone", "company"),
    *("jobtitle", "industry", "city", "state", "country", "zip", "website", "numemployees", "annualrevenue"),
    *("hs_analytics_source", "hs_analytics_source_data_1", "hs_analytics_source_data_2", "hs_latest_source"),
    *("hs_analytics_num_page_views", "hs_analytics_num_visits", "hs_analytics_num_event_completions"),
    *("hs_email_open", "hs_email_click", "hs_email_optout", "num_conversion_events", "hs_language"),
    *("first_conversion_event_name", "recent_conversion_event_name", "hs_persona", "salutation"),
)
MERGED: Final = "hs_merged_object_ids"
"""The contacts that became this one, as HubSpot lists them."""
UNKEPT: Final = ("lastmodifieddate", MERGED)
"""HubSpot gives the first unasked; writing a score changes it: a lead would look changed by its own score."""
COMPANY: Final = (
    "name",
    "domain",
    "industry",
    "numberofemployees",
    "annualrevenue",
    "country",
    "city",
    "type",
)
DEAL: Final = ("hs_is_closed", "hs_is_closed_won", "amount", "closedate")
ENGAGEMENTS: Final = {
    "calls": ("call", "hs_call_disposition"),
    "emails": ("email", "hs_email_status"),
    "meetings": ("meeting", "hs_meeting_outcome"),
}
SCORES: Final = {
    "leadlight_score": ("Leadlight score", "number", "number"),
    "leadlight_grade": ("Leadlight grade", "string", "text"),
    "leadlight_reasons": ("Leadlight reasons", "string", "textarea"),
    "leadlight_model": ("Leadlight model", "string", "text"),
    "leadlight_scored_at": ("Leadlight scored at", "datetime", "date"),
}


@dataclass(frozen=True)
class HubSpotOptions:
    """What leadlight.toml changes: further properties, and what won and lost mean."""

    fields: tuple[str, ...] = ()
    won: tuple[str, ...] = ("customer", "evangelist")
    lost: tuple[str, ...] = ("UNQUALIFIED",)
    history: tuple[str, ...] = ()


class HubSpot:
    """A HubSpot account."""

    name = "hubspot"
    title = "HubSpot"
    parts = (
        ReadPart("deals", "leads", "contacts anew whose deals changed"),
        ReadPart("companies", "leads", "contacts anew whose company changed"),
        ReadPart(
            "contacts", "leads", "every contact, then those that changed, with the history of some properties"
        ),
        ReadPart("archived", "departures", "contacts that were deleted: they are scored no more"),
        *(ReadPart(kind, "contacts", f"{kind} with contacts") for kind in ENGAGEMENTS),
    )
    mapping = MAPPING
    batch = 100

    def __init__(
        self, transport: Transport, options: HubSpotOptions | None = None, address: str = ADDRESS
    ) -> None:
        self.options, self.calls = options or HubSpotOptions(), HubSpotCalls(transport, address)

    def read(self, part: str, cursor: str | None) -> Iterator[PulledPage]:
        if part == "contacts":
            yield from self._all_then_changed(part, cursor, "lastmodifieddate", self._contacts)
        elif part == "archived":
            yield from self._archived(cursor)
        elif part in ENGAGEMENTS:
            yield from self._all_then_changed(part, cursor, "hs_lastmodifieddate", self._engagements(part))
        elif cursor is None:
            # All contacts come with their deals and company; from here on only what changes counts.
            _, now = self.calls.listed(part, None, 1)
            yield PulledPage(since_cursor(now))
        else:
            yield from self._changed(part, json.loads(cursor), "hs_lastmodifieddate", self._of_related(part))

    def of_contacts(self, ids: Sequence[str]) -> list[PulledPage]:
        """These contacts as leads, for a webhook that names them."""
        return [self._contact_page(some, None) for some in _cut(ids)]

    def missing(self) -> Sequence[Missing]:
        """Properties that are asked for and not there, and what the token does not allow."""
        known = self.calls.properties()
        found = [
            Missing(f"property {name}", "it is not read; check its internal name in HubSpot")
            for name in self.options.fields
            if name not in known
        ]
        for kind in ("deals", "companies", *ENGAGEMENTS):
            try:
                self.calls.listed(kind, None, 1)
            except ConnectorError as problem:
                if problem.code != "forbidden":
                    raise
                found.append(Missing(f"scope for {kind}", f"no {kind} are read; {_LACKING[kind]}"))
        return found

    def missing_fields(self) -> Sequence[str]:
        known = self.calls.properties(fresh=True)
        return [name for name in SCORES if name not in known]

    def make_fields(self) -> None:
        """Add the properties for scores, in a group of their own."""
        group = {"name": "leadlight", "label": "Leadlight"}
        try:
            self.calls.post("group of properties", "/crm/v3/properties/contacts/groups", group)
        except ConnectorError as problem:
            if problem.status != 409:
                raise
        for name in self.missing_fields():
            label, kind, widget = SCORES[name]
            asked = {
                "name": name,
                "label": label,
                "type": kind,
                "fieldType": widget,
                "groupName": "leadlight",
            }
            self.calls.post("property", "/crm/v3/properties/contacts", asked)

    def write(self, deliveries: Sequence[Delivery]) -> Delivered:
        """Update contacts by their own id, which never makes a new one."""
        inputs = [{"id": each.id, "properties": _score(each)} for each in deliveries]
        reply = self.calls.post("scores", "/crm/v3/objects/contacts/batch/update", {"inputs": inputs})
        refused: dict[str, str] = {}
        for problem in reply.get("errors") or []:
            reason = str(problem.get("category", "REFUSED"))[:40]
            refused |= {str(each): reason for each in (problem.get("context") or {}).get("ids", [])}
        taken = {str(each.get("id")) for each in reply.get("results") or []}
        lost = [each.id for each in deliveries if each.id not in taken and each.id not in refused]
        done = tuple(each.id for each in deliveries if each.id in taken and each.id not in refused)
        return Delivered(done, refused, dict.fromkeys(lost, "NO_ANSWER"))

    def close(self) -> None:
        self.calls.transport.close()

    def _all_then_changed(
        self,
        part: str,
        cursor: str | None,
        modified: str,
        pages: Callable[[Sequence[str], str], Iterable[PulledPage]],
    ) -> Iterator[PulledPage]:
        """The whole list by id, from where it was cut off; once it is read, what changed since it began."""
        state = json.loads(cursor) if cursor else {"after": None}
        if "since" in state:
            yield from self._changed(part, state, modified, pages)
            return
        while True:
            listed, now = self.calls.listed(part, state["after"], PAGE)
            state["from"] = state.get("from") or now
            after = ((listed.get("paging") or {}).get("next") or {}).get("after")
            state["after"] = after
            place = json.dumps(state) if after else since_cursor(state["from"])
            yield from pages([str(each["id"]) for each in listed["results"]], place)
            if not after:
                return

    def _changed(
        self,
        part: str,
        state: dict[str, Any],
        modified: str,
        pages: Callable[[Sequence[str], str], Iterable[PulledPage]],
    ) -> Iterator[PulledPage]:
        """What changed since, by the time of its change; HubSpot's own clock says when this reading began."""
        for ids, place in self.calls.search(part, state, modified):
            yield from pages(ids, place)

    def _contacts(self, ids: Sequence[str], cursor: str) -> Iterator[PulledPage]:
        yield self._contact_page(ids, cursor)

    def _contact_page(self, ids: Sequence[str], cursor: str | None) -> PulledPage:
        """Contacts whole, with company and deals; a page of PAGE at most goes to HubSpot at once."""
        asked = self._asked()
        known = {*self.calls.properties()}
        history = [name for name in self.options.history if name in known]
        found = self.calls.batch("contacts", ids, asked, history)
        companies = self._companies(found)
        deals = self._deals([each["id"] for each in found if _count(each, "num_associated_deals")])
        leads = [self._lead(each, companies, deals.get(str(each["id"]), ())) for each in found]
        events = [event for each in found for event in _changes(each, history)]
        return PulledPage(cursor, leads=leads, events=events, merged=_merged(found))

    def _archived(self, cursor: str | None) -> Iterator[PulledPage]:
        """Who lies in the bin, the whole list at each run: HubSpot sorts it by nothing, and empties it."""
        after = json.loads(cursor)["after"] if cursor else None
        while True:
            listed, _ = self.calls.listed("contacts", after, MOST_LISTED, archived=True)
            after = ((listed.get("paging") or {}).get("next") or {}).get("after")
            gone = [str(each["id"]) for each in listed["results"]]
            yield PulledPage(json.dumps({"after": after}), gone=gone)
            if not after:
                return

    def _lead(
        self, contact: Mapping[str, Any], companies: Mapping[str, Record], deals: Sequence[Record]
    ) -> Record:
        said = {name: value or None for name, value in contact["properties"].items() if name not in UNKEPT}
        company = companies.get(str(said.get("associatedcompanyid") or ""), {})
        won = [deal for deal in deals if deal.get("hs_is_closed_won") == "true"]
        amounts = [cells.parse_number(deal.get("amount") or "") or 0.0 for deal in won]
        return {
            **said,
            MAPPING.id: str(contact["id"]),
            **{f"company_{name}": company.get(name) or None for name in COMPANY},
            "deal_count": len(deals),
            "deal_amount": sum(amounts) if amounts else None,
            MAPPING.outcome: self._outcome(said, deals, bool(won)),
        }

    def _outcome(self, said: Record, deals: Sequence[Record], won: bool) -> str:
        if won or said.get("lifecyclestage") in self.options.won:
            return "won"
        closed = bool(deals) and all(deal.get("hs_is_closed") == "true" for deal in deals)
        return "lost" if closed or said.get("hs_lead_status") in self.options.lost else "open"

    def _of_related(self, part: str) -> Callable[[Sequence[str], str], Iterable[PulledPage]]:
        """The contacts of deals or companies, read anew; cut into as many as HubSpot takes at once."""

        def pages(ids: Sequence[str], cursor: str) -> Iterator[PulledPage]:
            contacts = sorted(
                {each for to in self.calls.associated(part, "contacts", ids).values() for each in to}
            )
            for some in _cut(contacts):
                yield self._contact_page(some, None)
            yield PulledPage(cursor)

        return pages

    def _engagements(self, part: str) -> Callable[[Sequence[str], str], Iterable[PulledPage]]:
        channel, result = ENGAGEMENTS[part]

        def pages(ids: Sequence[str], cursor: str) -> Iterator[PulledPage]:
            found = self.calls.batch(part, ids, ("hs_timestamp", "hubspot_owner_id", result), ())
            people = self.calls.associated(part, "contacts", ids)
            rows = [
                _touch(each, lead, channel, result)
                for each in found
                for lead in people.get(str(each["id"]), ())
                if seconds_of(each["properties"].get("hs_timestamp")) is not None
            ]
            yield PulledPage(cursor, contacts=rows)

        return pages

    def _companies(self, contacts: Sequence[Mapping[str, Any]]) -> dict[str, Record]:
        ids = {each["properties"].get("associatedcompanyid") for each in contacts} - {None, ""}
        found = self.calls.batch("companies", sorted(ids), COMPANY, ()) if ids else []
        return {str(each["id"]): each["properties"] for each in found}

    def _deals(self, contacts: Sequence[str]) -> dict[str, list[Record]]:
        """The deals of each contact."""
        links = self.calls.associated("contacts", "deals", contacts)
        ids = sorted({deal for deals in links.values() for deal in deals})
        found: dict[str, Record] = {}
        for some in _cut(ids):
            told = self.calls.batch("deals", some, DEAL, ())
            found |= {str(each["id"]): each["properties"] for each in told}
        return {contact: [found[deal] for deal in deals if deal in found] for contact, deals in links.items()}

    def _asked(self) -> list[str]:
        """The properties to read: those we know, those that were named, and the account's own."""
        known = self.calls.properties()
        own = [name for name, each in known.items() if not each.get("hubspotDefined") and name not in SCORES]
        named = (*AT_ARRIVAL, *MAPPING.after, MERGED, *self.options.fields, *own)
        return [name for name in dict.fromkeys(named) if name in known]


_LACKING: Final = {
    "deals": "a contact is won by its lifecycle stage alone",
    "companies": "contacts come without what is known of their company",
    **dict.fromkeys(ENGAGEMENTS, "how quickly leads were followed up is not known"),
}


def _cut(ids: Sequence[str]) -> list[Sequence[str]]:
    """As many as HubSpot takes at once."""
    return [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]


def connect(asked: SystemConfig, hosts: AllowedHosts, secret: SecretReader) -> HubSpot:
    """The account that the token `hubspot.token` belongs to."""
    options = HubSpotOptions(
        asked.fields,
        asked.won or HubSpotOptions.won,
        asked.lost or HubSpotOptions.lost,
        asked.history or (),
    )
    address = (asked.address or ADDRESS).rstrip("/")
    token = BearerToken(lambda: secret("hubspot.token"))
    return HubSpot(Transport("HubSpot", hosts, token, judge=judge, limits=limits_of(asked)), options, address)


def _count(contact: Mapping[str, Any], name: str) -> int:
    return int(cells.parse_number(contact["properties"].get(name) or "") or 0)


def _changes(contact: Mapping[str, Any], history: Sequence[str]) -> Iterator[Record]:
    """Each value that a property had, as an event at the moment when it became known."""
    for name in history:
        for each in (contact.get("propertiesWithHistory") or {}).get(name) or []:
            at = seconds_of(each.get("timestamp"))
            if at is not None:
                yield {
                    "id": str(contact["id"]),
                    "name": f"property:{name}",
                    "at": at,
                    "properties": {"value": each.get("value"), "by": each.get("sourceType")},
                    "key": f"hubspot:{contact['id']}:{name}:{each.get('timestamp')}",
                }


def _merged(contacts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Of contacts that were merged, which one each became."""
    return {
        old: str(each["id"])
        for each in contacts
        for old in (each["properties"].get(MERGED) or "").split(";")
        if old.strip() and old != str(each["id"])
    }


def _touch(engagement: Mapping[str, Any], lead: str, channel: str, result: str) -> Record:
    said = engagement["properties"]
    return {
        "id": lead,
        "channel": channel,
        "at": seconds_of(said["hs_timestamp"]),
        "who": said.get("hubspot_owner_id") or "",
        "result": said.get(result) or "",
        "key": f"hubspot:{channel}:{engagement['id']}:{lead}",
    }


def _score(delivery: Delivery) -> dict[str, str]:
    return {
        "leadlight_score": str(delivery.score),
        "leadlight_grade": delivery.grade,
        "leadlight_reasons": delivery.reasons,
        "leadlight_model": delivery.model,
        "leadlight_scored_at": str(int(delivery.at * 1000)),
    }
