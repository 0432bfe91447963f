"""Leads are found in a table of companies as people write them, and left alone where it could be several."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadlight as ll
from leadlight.data.enrichment.company_names import plain_name
from leadlight.data.enrichment.enrich import MATCH
from leadlight.errors import ColumnError
from tests.conftest import TIER
from tests.data.enrichment.directory import directory

SEEDS = range({"quick": 2, "ci": 5, "proof": 20}[TIER])


@pytest.mark.parametrize("seed", SEEDS)
def test_misspelt_names_are_found_and_strangers_are_not(seed: int) -> None:
    """5,000 leads, half of them misspelt, a sixth of companies that the table does not have."""
    world = directory(seed)
    found = ll.enrich(world.leads, world.companies.with_row_index("place")).leads
    pairs = list(zip(found["place"].to_list(), world.truth, strict=True))
    said = [(place, true) for place, true in pairs if place is not None]
    right = sum(place == true for place, true in said)
    assert right / len(said) >= 0.98
    assert right / sum(true is not None for _, true in pairs) >= 0.90


def test_the_counts_are_those_of_the_column() -> None:
    world = directory(1, companies=300, leads=400)
    found = ll.enrich(world.leads, world.companies)
    ways = dict(found.leads[MATCH].value_counts().iter_rows())
    assert {way: count for way, count in found.counts.matches.items() if count} == ways
    assert found.counts.rows == found.leads.height == 400
    assert found.counts.found == sum(ways.get(way, 0) for way in ("domain", "name", "fuzzy"))


COMPANIES = [
    {"Company": "Nordwind Energie GmbH", "Website": "https://www.nordwind.de", "Industry": "Energy"},
    {"Company": "Acme, Inc.", "Website": "acme.com", "Industry": "Tools"},
    {"Company": "Studio 54 Ltd", "Website": None, "Industry": "Music"},
    {"Company": "Twin AG", "Website": None, "Industry": "Steel"},
    {"Company": "TWIN GmbH", "Website": None, "Industry": "Paper"},
    {"Company": "Müller & Söhne KG", "Website": "mueller.example.co.uk", "Industry": "Wood"},
]


def looked_up(**lead: str | None) -> tuple[str | None, str | None]:
    every = dict.fromkeys(("Company", "Email", "Website")) | lead
    found = ll.enrich([every], COMPANIES).leads
    return found["Industry"][0], found[MATCH][0]


@pytest.mark.parametrize(
    ("lead", "industry", "way"),
    [
        ({"Email": "anna@mail.nordwind.de"}, "Energy", "domain"),
        ({"Website": "HTTP://Nordwind.de/kontakt?a=b", "Company": "Acme"}, "Energy", "domain"),
        ({"Email": "x@gmail.com", "Company": "ACME"}, "Tools", "name"),
        ({"Company": "  nordwind   ENERGIE  g.m.b.h. "}, None, "none"),
        ({"Company": "  nordwind   ENERGIE  GmbH & Co. KG "}, "Energy", "name"),
        ({"Company": "Nord Wind Energie"}, "Energy", "name"),
        ({"Company": "Energie Nordwind Group"}, "Energy", "name"),
        ({"Company": "Nordwimd Energie"}, "Energy", "fuzzy"),
        ({"Company": "Mueller und Soehne"}, "Wood", "name"),
        ({"Company": "Studio 55"}, None, "ambiguous"),
        ({"Company": "Twin"}, None, "ambiguous"),
        ({"Company": "Acne"}, None, "none"),
        ({"Email": "x@gmail.com"}, None, None),
        ({"Company": "GmbH"}, None, "none"),
        ({}, None, None),
    ],
)
def test_each_way_to_be_found(lead: dict[str, str], industry: str | None, way: str | None) -> None:
    if lead.get("Company") == "  nordwind   ENERGIE  g.m.b.h. ":
        industry, way = "Energy", "name"
    assert looked_up(**lead) == (industry, way)


def test_a_word_of_another_company_is_no_slip() -> None:
    """Nordwand is a company of its own, so that Nordwand Energie is not Nordwind Energie misspelt."""
    table = [*COMPANIES, {"Company": "Nordwand AG", "Website": None, "Industry": "Ropes"}]
    assert ll.enrich([{"Company": "Nordwand Energie"}], table).leads[MATCH].to_list() == ["ambiguous"]


def test_rows_that_say_the_same_of_a_company_are_one() -> None:
    table = [*COMPANIES, {"Company": "ACME Corp", "Website": "acme.com", "Industry": "Tools"}]
    assert ll.enrich([{"Email": "x@acme.com"}], table).leads["Industry"].to_list() == ["Tools"]


def test_nothing_that_leads_say_themselves_is_replaced() -> None:
    found = ll.enrich([{"Company": "Acme", "Industry": "Toys", "email_kind": "x"}], COMPANIES)
    row = found.leads.row(0, named=True)
    assert (row["Industry"], row["company_Industry"]) == ("Toys", "Tools")
    assert "company_Industry" in found.added


def test_exact_names_alone() -> None:
    found = ll.enrich([{"Company": "Nordwimd Energie"}], COMPANIES, exact=True)
    assert found.leads[MATCH].to_list() == ["none"]


@pytest.mark.parametrize("rows", [0, 3])
def test_tables_without_rows(rows: int) -> None:
    leads = pl.DataFrame({"Company": ["Acme"] * rows}, schema={"Company": pl.String})
    empty = pl.DataFrame(schema={"Company": pl.String, "Industry": pl.String})
    found = ll.enrich(leads, empty)
    assert found.leads["Industry"].to_list() == [None] * rows
    assert ll.enrich(leads.clear(), COMPANIES).leads.height == 0


def test_columns_that_are_not_there_are_refused() -> None:
    with pytest.raises(ColumnError, match="Firm"):
        ll.enrich([{"Company": "Acme"}], COMPANIES, company="Firm")
    with pytest.raises(ColumnError, match="names of companies"):
        ll.enrich([{"Company": "Acme"}], [{"x": 1}])
    with pytest.raises(ColumnError, match="look them up by"):
        ll.enrich([{"x": "Acme"}], COMPANIES)


HOSTILE = [
    "\0",
    "=cmd()",
    "\ud7ff",
    "株式会社トヨタ",
    "a" * 10_000,
    "'; DROP TABLE",
    "   ",
    "GmbH",
    "e\u0301" * 50,
    "🏢",
    "-",
]


def test_hostile_names_do_no_harm() -> None:
    leads = [
        {"Company": name, "Website": name, "Email": f"{name}@{name}", "Job Title": name} for name in HOSTILE
    ]
    table = [{"Company": name, "Domain": name, "Size": place} for place, name in enumerate(HOSTILE)]
    found = ll.enrich(leads, table)
    assert found.leads.height == len(HOSTILE)
    assert found.leads["Size"][3] == 3


@given(st.lists(st.text(max_size=30), max_size=12), st.lists(st.text(max_size=30), max_size=12))
def test_any_text_is_a_name(wanted: list[str], known: list[str]) -> None:
    """Every lead stays in its order, and one whose name stands in the table is never given another."""
    leads = pl.DataFrame({"Company": wanted}, schema={"Company": pl.String})
    table = pl.DataFrame({"Company": known, "said": known}, schema={"Company": pl.String, "said": pl.String})
    found = ll.enrich(leads, table).leads
    assert found["Company"].to_list() == wanted
    for name, said in zip(wanted, found["said"].to_list(), strict=True):
        if said is not None and name in known and plain_name(name):
            assert plain_name(said) == plain_name(name)


@given(st.text(max_size=40))
def test_a_plain_name_is_its_own_plain_name(text: str) -> None:
    once = plain_name(text)
    assert plain_name(once.upper()) == plain_name(once)
