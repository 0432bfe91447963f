"""Where leads and tables of companies say what they are looked up by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from leadlight.data import handles, names
from leadlight.data.target import nearest
from leadlight.errors import ColumnError

_PHRASES: Final[Mapping[str, str]] = {
    "name": """
        company | company name | account name | organization | organisation | account | firma | firmenname
        | unternehmen | unternehmensname | companyname | employer | organization name | organisation name
        | societe | entreprise | empresa | azienda | bedrijf | bedrijfsnaam | business name | partner name
        | associated company
    """,
    "website": """
        domain | website | company domain | company domain name | web | url | homepage | web address
        | company website | email domain | website url | webseite | site
    """,
    "title": """
        job title | jobtitle | title | position | role | job | function | job role | funktion
        | berufsbezeichnung | beruf | poste | fonction | cargo | puesto | qualifica | functie | stanowisko
        | designation | occupation
    """,
}
WORDS: Final = {
    what: tuple(f" {' '.join(each.split())} " for each in phrases.split("|"))
    for what, phrases in _PHRASES.items()
}
"""What such columns are called, the surest first, as `names.words` writes them."""


@dataclass(frozen=True)
class LeadColumns:
    """Where leads say what they are looked up by; none where there is no such column."""

    name: str | None = None
    website: str | None = None
    email: str | None = None
    title: str | None = None

    @staticmethod
    def among(present: Sequence[str], **given: str | None) -> LeadColumns:
        """The columns that were named, else those whose names say it."""
        check_named(present, given)
        kinds = handles.columns(present)
        found = {what: first_named(present, WORDS[what]) for what in WORDS}
        found["email"] = next((name for name, kind in kinds.items() if kind == "email"), None)
        return LeadColumns(**{**found, **{what: name for what, name in given.items() if name}})

    def check_company(self, present: Sequence[str], purpose: str) -> None:
        """Refuse leads that say nowhere at which company they are."""
        if self.name is None and self.website is None and self.email is None:
            raise ColumnError(
                f"The leads have no column of companies, websites or e-mail addresses {purpose}.",
                code="which_company",
                hint=f"Name one of: {', '.join(present[:20])}",
            )


def check_named(present: Sequence[str], given: Mapping[str, str | None]) -> None:
    """Refuse columns that were named and are not there."""
    for name in filter(None, given.values()):
        if name not in present:
            raise ColumnError(f"There is no column {name!r}.", code="no_column", hint=nearest(name, present))


def first_named(present: Sequence[str], known: Sequence[str]) -> str | None:
    """The column whose name is the first of these words that there is."""
    by_words = {names.words(name): name for name in reversed(present)}
    return next((by_words[each] for each in known if each in by_words), None)
