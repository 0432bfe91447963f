"""What a text mentions that could be somebody's."""

from __future__ import annotations

from time import process_time

import pytest

from leadlight.data.handles import (
    Handle,
    columns,
    in_cell,
    kinds_of,
    lookup_forms,
    mentioned,
    of_lead,
    stored_forms,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail <Ann@Example.com>.", Handle("email", "ann@example.com")),
        ('{"Email":"ann@example.com"}', Handle("email", "ann@example.com")),
        ("call +44 (7700) 900-123 now", Handle("phone", "447700900123")),
        ("lead-0007,x", Handle("id", "lead-0007")),
        ("Ann of York ,3", Handle("id", "Ann of York")),
        ("id=lead-0007", Handle("id", "lead-0007")),
        ("+82003024", Handle("phone", "82003024")),
        ("mail=o'brien@example.com", Handle("email", "o'brien@example.com")),
    ],
)
def test_what_is_mentioned_is_found(text: str, found: Handle) -> None:
    assert found in mentioned(text)


@pytest.mark.parametrize("text", ["", "\x00", "a@", "12", "7"])
def test_what_is_too_short_is_nobody(text: str) -> None:
    assert {each.kind for each in mentioned(text)} <= {"email"}


@pytest.mark.parametrize(
    "text",
    [
        "A@x.org; b@Y.org",
        "a@x.org,b@y.org",
        "a@x.org b@y.org",
        "a@x.org\nb@y.org.",
        "a@x.org/b@y.org",
        "Ann Lee <a@x.org>, 'b@y.org'",
        "mailto:a@x.org | b@y.org\u00a0",
    ],
)
def test_each_address_in_a_cell_is_one(text: str) -> None:
    assert in_cell("email", text) == [Handle("email", "a@x.org"), Handle("email", "b@y.org")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("o'brien@x.org", ["o'brien@x.org"]),
        ("jörg@bücher.example", ["jörg@bücher.example"]),
        ('"Ann Lee"@x.org', ['"ann lee"@x.org']),
        ("ann@[192.0.2.1]", ["ann@[192.0.2.1]"]),
        ("@ann", []),
        ("ann@", []),
        ("ann at x.org", []),
        (None, []),
    ],
)
def test_an_odd_address_is_one_or_none(text: str | None, found: list[str]) -> None:
    assert [each.text for each in in_cell("email", text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+44 7700 900123; 020 7946 0958", ["447700900123", "2079460958"]),
        ("+44 7700 900123 +44 20 7946 0958", ["447700900123", "442079460958"]),
        ("0171/2345678 / 030 7654321", ["1712345678", "307654321"]),
        ("07700900123 02079460958", ["7700900123", "2079460958"]),
        ("07700 900123 or 020 7946 0958", ["7700900123", "2079460958"]),
        ("030/1234567", ["301234567"]),
        ("07700 900123 ext. 12", ["7700900123"]),
        ("07700 900123, a1234567890@x.org", ["7700900123"]),
        (447700900123.0, ["447700900123"]),
        ("06\u00a012\u00a034\u00a056\u00a078", ["612345678"]),
        ("555\u20130123", ["5550123"]),
        ("12", []),
        ("2026-03-31", []),
        ("2026-03-31T09:00:00Z", []),
        ("2026-03-31 12:34:56.123456+02:00", []),
        ("31/03/2026", []),
        ("03-31-2026", []),
        ("31.03.2026 14:05 Uhr", []),
        ("2026/03/31 - 2026/04/02", []),
        ("07700 900123 (2026-03-31)", ["7700900123"]),
        ("22-12-3456", ["22123456"]),
        ("+49 (0)30 1234567", ["49301234567"]),
    ],
)
def test_each_number_in_a_cell_is_one(text: object, found: list[str]) -> None:
    assert [each.text for each in in_cell("phone", text)] == found


@pytest.mark.parametrize("word", ["a" * 64_000, "1" * 64_000, "1_" * 32_000, "a." * 32_000 + "@"])
def test_a_long_word_takes_no_long_time(word: str) -> None:
    start = process_time()
    for kind in ("email", "phone"):
        in_cell(kind, word)
    mentioned(word)
    assert process_time() - start < 3.0


def same(kind: str, left: str, right: str) -> bool:
    """Whether who is kept under one is found by the other, both ways."""
    one, other = in_cell(kind, left), in_cell(kind, right)
    both = [
        not {form for each in a for form in stored_forms(each)}.isdisjoint(
            form for each in b for form in lookup_forms(each)
        )
        for a, b in ((one, other), (other, one))
    ]
    assert both[0] == both[1]
    return both[0]


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("+49 (0)30 1234567", "+49 30 1234567", True),
        ("+49 (0)30 1234567", "030 1234567", True),
        ("+44 (0)7700 900123", "+44 7700 900123", True),
        ("+44 (0)7700 900123", "0044 7700 900123", True),
        ("+44 07700 900123", "+44 7700 900123", True),
        ("(+353) (0)87 1234567", "087 1234567", True),
        ("+47 22 12 34 56", "22 12 34 56", True),
        ("+47 22 12 34 56", "0047 22123456", True),
        ("+39 06 12345678", "06 12345678", True),
        ("+39 06 12345678", "390612345678", True),
        ("447700900123", "07700 900123", True),
        ("+1 202 555 0123", "(202) 555-0123", True),
        ("(472) 212-3456", "22 12 34 56", False),
        ("+45 22 12 34 56", "+47 22 12 34 56", False),
        ("+354 555 1234", "555 1234", False),
        ("07700 900123", "700 900 123", False),
        ("0171 2345678", "712345678", False),
        ("+1 202 555 0123", "302-555-0123", False),
    ],
)
def test_spellings_of_a_number_are_one_and_strangers_are_not(left: str, right: str, alike: bool) -> None:
    assert same("phone", left, right) == alike


@pytest.mark.parametrize("text", ["\u200bAnn@x.org", "\ufeffann@x.org", "an\u00adn@x.org"])
def test_what_cannot_be_seen_makes_no_other_address(text: str) -> None:
    """And who is kept under what an earlier Leadlight read is still found."""
    assert in_cell("email", text) == [Handle("email", "ann@x.org")]
    assert same("email", text, "ann@x.org")
    assert Handle("email", text.lower()) in lookup_forms(*in_cell("email", text))


def test_accents_are_one_however_they_are_put_together() -> None:
    assert same("email", "jo\u0308rg@x.org", "j\u00f6rg@x.org")
    assert [each.also for each in in_cell("email", "ann@x.o\u00adrg")] == [()]
    assert in_cell("email", "\u200b") == []


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("email", "emailaddress1|email2|emailaddress|E-Mail-Adresse|Work Email|workEmail|Mail|Correo"),
        ("phone", "telephone1|mobilephone|Phone1|phonenumber|Telefon|Handy|Cell|cellphone|Mobile No|TelNr"),
        (None, "Last Phone Call|Phone Call Date|Mobile Opt-In Date|Mobile Minutes|First call on mobile"),
        (None, "Owner Email|Lead Owner Phone|Created By Email|Excellent|Cellar|Country|Hotel"),
    ],
)
def test_what_a_column_is_called(kind: str | None, names: str) -> None:
    every = names.split("|")
    assert {name: kinds_of(name, None) for name in every} == dict.fromkeys(every, (kind,) if kind else ())


def test_an_id_column_may_tell_of_two_kinds() -> None:
    assert kinds_of("E-mail", "e_mail") == ("id", "email")


@pytest.mark.parametrize(
    ("lead", "found"),
    [
        ({"Contact": "Ann@x.org"}, ["ann@x.org"]),
        ({"Phone": "ann@x.org"}, ["ann@x.org"]),
        ({"Contact": "Ann@x.org", "Email": "bob@x.org"}, ["bob@x.org"]),
        ({"Contact": "Ann@x.org", "Email": None}, ["ann@x.org"]),
        ({"Notes": "write to ann@x.org"}, []),
        ({"Twitter": "ann@home"}, []),
        ({"Lead Owner": "rep@firm.org", "Referred By": "bob@x.org", "Sales Rep": "cy@firm.org"}, []),
    ],
)
def test_an_address_under_another_name_counts_where_there_is_no_other(
    lead: dict[str, str | None], found: list[str]
) -> None:
    told = of_lead(lead, "7", columns(lead))
    assert [each.text for each in told if each.kind == "email"] == found
