"""`leadlight enrich`: leads with what is known of their company, mailbox and job."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE
from leadlight.cli.output import STANDARD, Output, check_places, rejects_beside, stem_of
from leadlight.cli.page import Page, progress
from leadlight.connect import files
from leadlight.data.enrichment.company_index import WAYS
from leadlight.data.enrichment.enrich import CompanyTable, EnrichmentCounts
from leadlight.data.enrichment.lead_columns import LeadColumns
from leadlight.errors import ColumnError
from leadlight.flows.enrich import EnrichmentRun, enrich_file, enrich_home
from leadlight.flows.row_accounting import open_rejects
from leadlight.insight.wording import counted, listed
from leadlight.store.intake import Taken

WAY_WORDS = {
    "domain": "by the domain",
    "name": "by the name",
    "fuzzy": "by a name that is nearly the same",
    "ambiguous": "could be several companies and were left alone",
    "none": "not in the table",
}


def enrich(
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    companies: given.Companies = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A .csv, .parquet, .jsonl or .xlsx file, or - for standard output.",
            show_default="named after LEADS, as leads.enriched.csv",
        ),
    ] = None,
    company: given.CompanyColumn = None,
    website: given.WebsiteColumn = None,
    email: given.EmailColumn = None,
    title: given.TitleColumn = None,
    table_name: given.TableName = None,
    table_domain: given.TableDomain = None,
    exact: given.Exact = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Add what is known of a lead's company, and what its mailbox and its job title say.

    Companies come from a table of yours (--with), by the domain of website or e-mail, else by name: spelt
    alike, or with few letters wrong. Where it could be several, nothing is added. All of it happens on this
    machine. The exit code is 1 if rows were rejected; they are listed beside the output. With --home alone
    the leads of the home are looked up, and keep what was found.
    """
    if leads is None:
        columns = {"name": company, "website": website, "email": email, "title": title}
        _enrich_home(
            home, company_table(companies, table_name, table_domain), columns, exact=exact, as_json=as_json
        )
        return
    place = output or (STANDARD if leads == STANDARD else f"{stem_of(leads)}.enriched.csv")
    rejects = rejects_beside(leads, place)
    check_places("Leads", leads, place, rejects, force=force, as_json=as_json)
    batches = files.read_batches(
        leads, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows
    )
    used = LeadColumns.among(batches.columns, name=company, website=website, email=email, title=title)
    with progress("looking leads up") as observe, open_rejects(rejects) as odd:
        run = EnrichmentRun(used, company_table(companies, table_name, table_domain), fuzzy=not exact)
        check_useful(run, batches.columns)
        enrich_file(run, batches, place, odd, force=force, observe=observe)
    told = str(rejects) if run.rejected else None
    Output(as_json, error=place == STANDARD).show(
        _summary(run, place, told), partial(_tell, run, place, told)
    )
    if run.rejected:
        raise typer.Exit(INCOMPLETE)


def _enrich_home(
    home: str | None,
    companies: CompanyTable | None,
    columns: Mapping[str, str | None],
    *,
    exact: bool,
    as_json: bool,
) -> None:
    def used(present: list[str]) -> LeadColumns:
        return LeadColumns.among(present, **columns)

    with homes.opened(homes.asked(home, "LEADS")) as store, progress("looking leads up") as observe:
        run, taken = enrich_home(store, used, companies, homes.now(), fuzzy=not exact, observe=observe)
    told = {**enrichment_json(run), "changed": taken.changed, "same": taken.same}
    Output(as_json).show(told, partial(_tell_home, run, taken))


def _tell_home(run: EnrichmentRun, taken: Taken, page: Page) -> None:
    page.say(f"{run.counts.rows:,} leads looked up: {taken.changed:,} changed, {taken.same:,} as before.")
    say_enriched(run, page)


def company_table(path: Path | None, name: str | None, domain: str | None) -> CompanyTable | None:
    """The table of companies that was named, read and indexed."""
    return None if path is None else CompanyTable.of(files.read(path).frame, name=name, domain=domain)


def check_useful(run: EnrichmentRun, columns: tuple[str, ...]) -> None:
    """Refuse leads to which nothing could be added."""
    if run.companies is None and run.used.email is None and run.used.title is None:
        raise ColumnError(
            "There is nothing to add: no table of companies was named, and no column holds e-mail addresses"
            " or job titles.",
            code="nothing_to_add",
            hint=f"Name a table with --with companies.csv, or a column with --email or --title:"
            f" {', '.join(columns[:20])}",
        )


def enrichment_json(run: EnrichmentRun) -> dict[str, Any]:
    used = {what: name for what, name in vars(run.used).items() if name}
    return {"used": used, "added": list(run.added), **run.counts.to_json()}


def _summary(run: EnrichmentRun, place: str, rejects: str | None) -> dict[str, Any]:
    rejected = run.rejected.total()
    return {
        "output": place,
        **enrichment_json(run),
        "rows": {"in": run.counts.rows + rejected, "written": run.counts.rows, "rejected": rejected},
        "rejected": dict(run.rejected),
        "rejects": rejects,
    }


def _tell(run: EnrichmentRun, place: str, rejects: str | None, page: Page) -> None:
    rejected = run.rejected.total()
    page.say(f"{run.counts.rows + rejected:,} in = {run.counts.rows:,} written + {rejected:,} rejected.")
    say_enriched(run, page)
    if place != STANDARD:
        page.say(f"Leads: {place}")
    if rejects:
        page.say(f"Rejected rows: {rejects}")


def say_enriched(run: EnrichmentRun, page: Page) -> None:
    """What was found for how many, and what that rests on."""
    counts = run.counts
    if run.companies is not None:
        _say_matches(run, counts, page)
    if counts.mailboxes:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.mailboxes.most_common())
        page.say(f"Mailboxes in {run.used.email!r}: {kinds}.")
    if counts.titles:
        page.say(f"Job titles in {run.used.title!r}: {counts.titles_read:,} of {counts.titles:,} understood.")
    if run.added:
        page.say(f"Columns added: {listed([repr(name) for name in run.added])}.")


def _say_matches(run: EnrichmentRun, counts: EnrichmentCounts, page: Page) -> None:
    by = listed([repr(name) for name in (run.used.website, run.used.email, run.used.name) if name])
    named = counts.matches.total()
    page.say(
        f"Companies, looked up by {by}: {counts.found:,} of {counted(named, 'lead')} found"
        f" ({counts.match_rate:.1%} of those that say where they work)."
    )
    for way in WAYS:
        if counts.matches[way]:
            page.line(f"{counts.matches[way]:,} {WAY_WORDS[way]}")
    if counts.rows > named:
        page.line(f"{counts.rows - named:,} do not say where they work")
