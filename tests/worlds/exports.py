"""Whole CRM exports: five stages, four in ten leads open, German decimal commas in one column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from leadlight.data.sample import generate

HUBSPOT = {
    "Lead ID": "hs_object_id",
    "Created": "createdate",
    "Lead Source": "hs_analytics_source",
    "Campaign": "hs_analytics_source_data_1",
    "Country": "country",
    "Seniority": "hs_seniority",
    "Industry": "industry",
    "Company Size": "numberofemployees_band",
    "Last Page": "hs_analytics_last_url",
    "Job Title": "jobtitle",
    "Visits": "hs_analytics_num_visits",
    "Pages Viewed": "hs_analytics_num_page_views",
    "Minutes on Site": "hs_analytics_minutes",
    "Asked for Demo": "demo_requested",
    "Newsletter": "newsletter",
    "Do Not Email": "hs_email_optout",
    "Do Not Call": "do_not_call",
    "Magazine Advert": "magazine_advert",
    "Privacy Notice": "hs_legal_basis",
    "Name": "full_name",
    "E-mail": "email",
    "Phone": "phone",
    "Owner": "hubspot_owner_id",
    "Expected Value": "amount",
    "Stage": "lifecyclestage",
}
STAGES = {
    "plain": {"New": "New", "Working": "Working", "Qualified": "Qualified", "Won": "Won", "Lost": "Lost"},
    "hubspot": {
        "New": "lead",
        "Working": "marketingqualifiedlead",
        "Qualified": "opportunity",
        "Won": "customer",
        "Lost": "disqualified",
    },
}


@dataclass(frozen=True)
class Export:
    """An export as text, which of its stages mean what, and the true probability by id."""

    frame: pl.DataFrame
    target: str
    positives: tuple[str, ...]
    negatives: tuple[str, ...]
    opens: tuple[str, ...]
    identity: str
    time: str
    comma_column: str
    truth: pl.DataFrame


def crm_export(seed: int, style: str = "plain", rows: int = 5_000) -> Export:
    """A five-stage export; `style` is "plain" or "hubspot" (its column names, stages, and times with a Z)."""
    sample = generate(rows, seed, stages=True)
    words = STAGES[style]
    names = HUBSPOT if style == "hubspot" else {name: name for name in HUBSPOT}
    values = pl.Series("Expected Value", [german(value) for value in sample.leads["Expected Value"]])
    frame = sample.leads.with_columns(pl.col("Stage").replace_strict(words), values)
    if style == "hubspot":
        frame = frame.with_columns(pl.col("Created").str.replace(" ", "T") + "Z")
    return Export(
        frame=frame.cast(pl.String).rename(names),
        target=names["Stage"],
        positives=(words["Won"],),
        negatives=(words["Lost"],),
        opens=tuple(words[stage] for stage in ("New", "Working", "Qualified")),
        identity=names["Lead ID"],
        time=names["Created"],
        comma_column=names["Expected Value"],
        truth=sample.truth.rename({"Lead ID": names["Lead ID"]}),
    )


def german(value: float, digits: int = 2) -> str:
    """1234.5 as 1.234,50."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))
