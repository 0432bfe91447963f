"""Salesforce's records as Leadlight takes them: which fields are read, what each means, what goes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from leadlight.connect.connector import Delivery, Record, SourceMapping
from leadlight.connect.moments import iso, seconds_of

MAPPING: Final = SourceMapping(
    lead="a Lead",
    id="Id",
    time="CreatedDate",
    outcome="outcome",
    won='IsConverted; with won = ["opportunity"]: the opportunity that it became is won',
    lost='Status is Closed - Not Converted, or with won = ["opportunity"] its opportunity is closed and lost',
    open="all others, for as long as the horizon; after it they count as lost",
    dispute="Leadlight_Dispute__c",
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
CONTACT_PREFIX: Final = "003"
"""What the id of every Contact begins with."""
OF_CONTACT: Final = {
    "MailingCity": "City",
    "MailingState": "State",
    "MailingCountry": "Country",
    "MailingPostalCode": "PostalCode",
}
OF_ACCOUNT: Final = {
    "Name": "Company",
    "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue",
    "NumberOfEmployees": "NumberOfEmployees",
    "Website": "Website",
}
"""What a Contact or its Account calls otherwise than a Lead, or has in its place."""
OBJECT: Final = "Object"
"""The column that says whether a lead is a Lead or a Contact, where both are read."""
NO_LEAD_BECAME: Final = "Id NOT IN (SELECT ConvertedContactId FROM Lead WHERE ConvertedContactId != null)"


def mapping_of(objects: Sequence[str]) -> SourceMapping:
    """How records become leads, where these objects are read."""
    if "Contact" not in objects:
        return MAPPING
    lead = f"{'a Lead, or ' if 'Lead' in objects else ''}a Contact that no Lead became"
    won = f"of a Lead: {MAPPING.won}; of a Contact: one of its opportunities is won"
    lost = f"of a Lead: {MAPPING.lost}; of a Contact: all its opportunities are closed and lost"
    return replace(MAPPING, lead=lead, won=won, lost=lost)


def kind_of(identity: str) -> str:
    """The object that an id is of."""
    return "Contact" if identity.startswith(CONTACT_PREFIX) else "Lead"


def contact(row: Record, deals: Sequence[Record]) -> Record:
    """A Contact as a lead, with the names that a Lead has, and how its opportunities ended."""
    plain = {OF_CONTACT.get(name, name): value for name, value in row.items() if not isinstance(value, dict)}
    account = row.get("Account") or {}
    company = {own: account.get(name) for name, own in OF_ACCOUNT.items()}
    plain.pop("SystemModstamp", None)
    won = [float(deal.get("Amount") or 0.0) for deal in deals if deal.get("IsWon")]
    closed = bool(deals) and all(deal.get("IsClosed") for deal in deals)
    outcome = "won" if won else "lost" if closed else "open"
    amount = sum(won) if won else None
    return {**plain, **company, OBJECT: "Contact", "deal_amount": amount, MAPPING.outcome: outcome}


def listed_ids(ids: Sequence[str]) -> str:
    """Ids as the query language lists them."""
    return ", ".join(f"'{each}'" for each in ids)


def touch(row: Record) -> Record:
    """A task as a contact with a lead."""
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


def member(row: Record) -> Record:
    """A campaign that a lead or a contact is in, as an event."""
    name = "campaign_answered" if row.get("HasResponded") else "campaign"
    said = {"campaign": (row.get("Campaign") or {}).get("Name"), "status": row.get("Status")}
    at = seconds_of(row.get("CreatedDate")) or 0.0
    return {
        "id": row.get("LeadId") or row["ContactId"],
        "name": name,
        "at": at,
        "properties": said,
        "key": f"salesforce:{row['Id']}:{name}",
    }


def change(row: Record) -> Record:
    """A changed field as an event."""
    return {
        "id": row["LeadId"],
        "name": f"property:{row['Field']}",
        "at": seconds_of(row["CreatedDate"]) or 0.0,
        "properties": {"value": row.get("NewValue"), "before": row.get("OldValue")},
        "key": f"salesforce:{row['Id']}",
    }


def score(each: Delivery) -> dict[str, Any]:
    """A score as the fields of the record that it is of."""
    return {
        "attributes": {"type": kind_of(each.id)},
        "id": each.id,
        "Leadlight_Score__c": each.score,
        "Leadlight_Grade__c": each.grade,
        "Leadlight_Reasons__c": each.reasons[:4000],
        "Leadlight_Model__c": each.model,
        "Leadlight_Scored_At__c": iso(each.at),
    }
