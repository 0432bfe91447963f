"""Leads with what is known of their company, their mailbox and their job beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.data.enrichment import mail_kinds
from leadlight.data.enrichment.company_index import NONE, SEVERAL, WAYS, CompanyIndex
from leadlight.data.enrichment.company_names import plain_name
from leadlight.data.enrichment.job_titles import function_of, seniority_of
from leadlight.data.enrichment.lead_columns import WORDS, LeadColumns, check_named, first_named
from leadlight.data.enrichment.web_domains import domain_of
from leadlight.errors import ColumnError

MATCH: Final = "company_match"
MAILBOX: Final = "email_kind"
SENIORITY: Final = "seniority"
FUNCTION: Final = "job_function"
FOUND: Final = ("domain", "name", "fuzzy")
MOST_COMPANIES: Final = 1_000_000


@dataclass(frozen=True)
class CompanyTable:
    """Companies to look leads up in, and what is known of each."""

    facts: pl.DataFrame
    index: CompanyIndex

    @staticmethod
    def of(companies: pl.DataFrame, *, name: str | None = None, domain: str | None = None) -> CompanyTable:
        """Take a table in; its columns beside the name and the domain are what leads get."""
        check_named(companies.columns, {"name": name, "domain": domain})
        name = name or first_named(companies.columns, (*WORDS["name"], " name "))
        domain = domain or first_named(companies.columns, WORDS["website"])
        _check_table(companies, name, domain)
        kept = [each for each in companies.columns if each not in (name, domain)]
        facts = companies.select(kept)
        return CompanyTable(facts, CompanyIndex.of(companies, name, domain, kept))


def _check_table(companies: pl.DataFrame, name: str | None, domain: str | None) -> None:
    if name is None and domain is None:
        raise ColumnError(
            "It is not known which column of the table holds the names of companies or their domains.",
            code="which_company",
            hint=f"Name one of: {', '.join(companies.columns[:20])}",
        )
    if companies.height > MOST_COMPANIES:
        raise ColumnError(
            f"The table has {companies.height:,} companies; {MOST_COMPANIES:,} are the most.",
            code="too_many_companies",
            hint="Keep the companies of the countries that the leads come from.",
        )


@dataclass(frozen=True)
class EnrichmentCounts:
    """What was found for how many leads."""

    rows: int = 0
    matches: Counter[str] = field(default_factory=Counter)
    """How many leads were looked up, by how that ended: domain, name, fuzzy, ambiguous, none."""
    mailboxes: Counter[str] = field(default_factory=Counter)
    titles: int = 0
    titles_read: int = 0

    def __add__(self, other: EnrichmentCounts) -> EnrichmentCounts:
        return EnrichmentCounts(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})

    @property
    def found(self) -> int:
        return sum(self.matches[way] for way in FOUND)

    @property
    def match_rate(self) -> float:
        """The share of the leads whose company is in the table, among those that say where they work."""
        return self.found / self.matches.total() if self.matches else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "matches": {way: self.matches[way] for way in WAYS},
            "without_company": self.rows - self.matches.total(),
            "match_rate": round(self.match_rate, 4),
            "mailboxes": dict(sorted(self.mailboxes.items())),
            "titles": {"filled": self.titles, "read": self.titles_read},
        }


@dataclass(frozen=True)
class Enriched:
    """Leads with columns added."""

    frame: pl.DataFrame
    added: tuple[str, ...]
    counts: EnrichmentCounts


def enriched(
    leads: pl.DataFrame,
    used: LeadColumns,
    companies: CompanyTable | None = None,
    *,
    fuzzy: bool = True,
    prefix: str = "",
) -> Enriched:
    """Add what is known of each lead; every lead stays, in its order.

    With a prefix the columns are always called the same, and replace what was known before.
    """
    domains = _mail_domains(leads, used)
    columns = [*_mailbox(domains), *_job(leads, used)]
    kinds = Counter(dict(frame.counted(columns[0]))) if domains is not None else Counter[str]()
    titles = _filled(leads, used.title)
    read = sum(series.name == SENIORITY and len(series) - series.null_count() for series in columns)
    matches = Counter[str]()
    if companies is not None:
        places, ways = _companies(leads, used, domains, companies, fuzzy=fuzzy)
        matches = Counter(dict(frame.counted(ways)))
        columns = [*_facts(companies.facts, places), ways, *columns]
    fresh = [
        series.alias(prefix + series.name) if prefix else _apart(series, leads.columns) for series in columns
    ]
    whole = leads.with_columns(fresh)
    counts = EnrichmentCounts(leads.height, matches, kinds, titles, read)
    return Enriched(whole, tuple(each.name for each in fresh), counts)


def _apart(series: pl.Series, present: Sequence[str]) -> pl.Series:
    """Under a name of its own: leads keep what they said themselves."""
    name = series.name
    while name in present:
        name = f"company_{name}" if not name.startswith("company_") else f"{name}_found"
    return series.alias(name)


def _filled(leads: pl.DataFrame, column: str | None) -> int:
    return 0 if column is None else leads.height - leads[column].null_count()


def _mail_domains(leads: pl.DataFrame, used: LeadColumns) -> pl.Series | None:
    if used.email is None:
        return None
    return frame.map_distinct(frame.as_text(leads[used.email]), mail_kinds.mail_domain, pl.String)


def _mailbox(domains: pl.Series | None) -> list[pl.Series]:
    if domains is None:
        return []
    return [frame.map_distinct(domains, mail_kinds.kind_of_mailbox, pl.String).alias(MAILBOX)]


def _job(leads: pl.DataFrame, used: LeadColumns) -> list[pl.Series]:
    if used.title is None:
        return []
    titles = frame.as_text(leads[used.title])
    return [
        frame.map_distinct(titles, seniority_of, pl.String).alias(SENIORITY),
        frame.map_distinct(titles, function_of, pl.String).alias(FUNCTION),
    ]


def _companies(
    leads: pl.DataFrame,
    used: LeadColumns,
    domains: pl.Series | None,
    companies: CompanyTable,
    *,
    fuzzy: bool,
) -> tuple[np.ndarray, pl.Series]:
    """The row of each lead's company in the table, and the way it was found."""
    used.check_company(leads.columns, "to look them up by")
    places = np.full(leads.height, NONE, dtype=np.int64)
    ways = np.full(leads.height, "none", dtype=object)
    said = np.zeros(leads.height, dtype=bool)
    for keys in _domains(leads, used, domains):
        said |= keys.is_not_null().to_numpy()
        _take(places, ways, companies.index.by_domain(keys), "domain")
    if used.name is not None:
        plain = frame.map_distinct(frame.as_text(leads[used.name]), plain_name, pl.String)
        plain = plain.set(plain == "", None)
        said |= plain.is_not_null().to_numpy()
        _take(places, ways, companies.index.by_name(plain), "name")
        if fuzzy:
            _take_near(places, ways, plain, companies.index)
    ways[places == SEVERAL] = "ambiguous"
    ways[~said] = None
    return places, pl.Series(MATCH, ways.tolist(), dtype=pl.String)


def _domains(leads: pl.DataFrame, used: LeadColumns, mails: pl.Series | None) -> list[pl.Series]:
    """Domains by which a lead may be looked up, the surer first; those of free mailboxes are nobody's."""
    found = []
    if used.website is not None:
        found.append(frame.map_distinct(frame.as_text(leads[used.website]), domain_of, pl.String))
    if mails is not None:
        found.append(mails)
    return [mail_kinds.of_companies(each) for each in found]


def _take(places: np.ndarray, ways: np.ndarray, found: np.ndarray, way: str) -> None:
    """What was found counts for leads that nothing was found for yet; one company beats several."""
    fresh = (places < 0) & (found != NONE)
    ways[fresh & (found >= 0)] = way
    places[fresh] = found[fresh]


def _take_near(places: np.ndarray, ways: np.ndarray, plain: pl.Series, index: CompanyIndex) -> None:
    """Compare only names that were not found, each once."""
    open_ = pl.Series(places == NONE)
    wanted = plain.filter(open_).drop_nulls().unique(maintain_order=True).to_list()
    near = dict(zip(wanted, index.by_near_name(wanted).tolist(), strict=True))
    found = np.full(len(places), NONE, dtype=np.int64)
    found[open_.to_numpy()] = [near.get(name, NONE) for name in plain.filter(open_).to_list()]
    _take(places, ways, found, "fuzzy")


def _facts(facts: pl.DataFrame, places: np.ndarray) -> list[pl.Series]:
    """What is known of each lead's company; nothing where it was not found."""
    rows = pl.Series([place if place >= 0 else None for place in places.tolist()], dtype=pl.UInt32)
    return [facts[name].gather(rows) for name in facts.columns]
