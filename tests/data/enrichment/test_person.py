"""What a mailbox and a job title say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadlight as ll
from leadlight.data.enrichment.job_titles import function_of, seniority_of
from leadlight.data.enrichment.web_domains import domain_of

TITLES = [
    ("CEO", "c_level", "management"),
    ("Assistant to the CEO", "staff", "management"),
    ("Vice President Sales", "vp", "sales"),
    ("Geschäftsführer", "c_level", "management"),
    ("Geschäftsführerin Vertrieb", "c_level", "sales"),
    ("Head of Marketing", "director", "marketing"),
    ("Vertriebsleiter Nord", "manager", "sales"),
    ("Software Engineer", "staff", "engineering"),
    ("Senior Software Engineer", "senior", "engineering"),
    ("Directeur général", "c_level", "management"),
    ("Responsable des achats", "manager", "purchasing"),
    ("Werkstudent Marketing", "student", "marketing"),
    ("Account Executive", "staff", "sales"),
    ("Leiterin Einkauf", "manager", "purchasing"),
    ("Chief Technology Officer", "c_level", "engineering"),
    ("IT-Leiter", "manager", "it"),
    ("Gerente de ventas", "manager", "sales"),
    ("Direttore commerciale", "director", "sales"),
    ("Product Owner", "staff", "product"),
    ("Inhaberin", "owner", "management"),
    ("Kierownik sprzedaży", "manager", "sales"),
    ("Sachbearbeiterin Buchhaltung", "staff", "finance"),
    ("HR Business Partner", "staff", "human_resources"),
    ("Inkoper", "staff", "purchasing"),
    ("Principal Engineer", "senior", "engineering"),
    ("Junior Consultant", "junior", "consulting"),
    ("Mr", None, None),
    ("", None, None),
    ("-", None, None),
]


@pytest.mark.parametrize(
    ("title", "seniority", "function"), TITLES, ids=[title or "blank" for title, *_ in TITLES]
)
def test_a_title_says_how_senior_and_what_about(
    title: str, seniority: str | None, function: str | None
) -> None:
    assert (seniority_of(title), function_of(title)) == (seniority, function)
    assert (seniority_of(title.upper()), function_of(f"  {title} ")) == (seniority, function)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://www.shop.acme.co.uk/de", "acme.co.uk"),
        ("info@mail.acme.de", "acme.de"),
        ("http://user:secret@acme.com:80/x?y", "acme.com"),
        ("münchen.de", "münchen.de"),
        ("xn--mnchen-3ya.de", "münchen.de"),
        ("https://de.linkedin.com/in/x", None),
        ("foo.github.io", "foo.github.io"),
        ("localhost", None),
        ("10.0.0.1", None),
        ("n/a", None),
    ],
)
def test_the_domain_that_was_registered(address: str, domain: str | None) -> None:
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("anna@acme.de", "company"),
        ("Anna <ANNA@GMAIL.COM>", "free"),
        ("a@yahoo.co.in", "free"),
        ("a@mailinator.com", "disposable"),
        ("no address", None),
        (None, None),
    ],
)
def test_the_kind_of_a_mailbox(address: str | None, kind: str | None) -> None:
    found = ll.enrich([{"Email": address, "Job Title": "CEO"}])
    assert found.leads["email_kind"].to_list() == [kind]
    assert found.added == ("email_kind", "seniority", "job_function")


@given(st.text(max_size=300))
def test_any_text_may_be_a_title_or_an_address(text: str) -> None:
    assert (seniority_of(text) is None) or isinstance(seniority_of(text), str)
    assert domain_of(text) is None or "." in str(domain_of(text))
